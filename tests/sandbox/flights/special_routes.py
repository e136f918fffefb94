"""Duffel's documented test routes: one-way, one slice, a fixed misbehaviour.

They are matched on the searched codes, so a city code never triggers one.
"""

from __future__ import annotations

from enum import Enum

from tests.sandbox.flights.wishes import SearchWish


class Special(Enum):
    """What is special about a route."""

    NO_OFFERS = "PVD-RAI"
    SEARCH_TIMES_OUT = "STN-LHR"
    ALL_HOLDABLE = "JFK-EWR"
    CONNECTING = "LHR-DXB"
    TECHNICAL_STOP = "DXB-AMS"
    NO_BAGGAGE = "BTS-MRU"
    NO_SERVICES = "BTS-ABV"
    GONE_ON_READ = "LGW-LHR"
    DEARER_ON_READ = "LHR-STN"
    AIRLINE_FAILS = "LHR-LGW"
    NO_BALANCE = "LGW-STN"
    BOOKED_ANSWERS_200 = "LTN-STN"
    ACCEPTED_ANSWERS_202 = "SEN-STN"
    ACCEPTED_THEN_FAILS = "LCY-STN"
    AIRLINE_MOVES_FLIGHT = "LHR-LTN"
    REFUNDS_TO_CREDIT = "LTN-SYD"


_BY_CODES = {special.value: special for special in Special}


def special_of(wish: SearchWish) -> Special | None:
    """Return what is special about a search, if anything."""
    if len(wish.slices) != 1:
        return None
    (route,) = wish.route
    return _BY_CODES.get("-".join(route))
