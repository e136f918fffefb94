"""A stateful, local stand-in for the Duffel Flights API v2 in test mode.

It answers recorded searches with the real offers they returned, generates a
plausible network everywhere else, and keeps its own truth about orders and money
so that tests can compare what the system under test believes with what happened.
"""

from tests.sandbox.flights.app import FlightsSandbox

__all__ = ["FlightsSandbox"]
