"""A local stand-in for LaunchDarkly: the stream, the poll and the event intake.

It speaks the protocol that server-side SDKs use by default, lets a test change a flag
or break the connection, and keeps its own truth about flags and reported evaluations.
It is never asked for a decision: the SDK's evaluator makes those from the flags' data.
"""

from tests.sandbox.flags.app import FlagsSandbox

__all__ = ["FlagsSandbox"]
