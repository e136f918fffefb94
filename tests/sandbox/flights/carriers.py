"""The airlines and aircraft of the generated network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.ids import fixed_id

_LOGO = "https://assets.duffel.com/img/airlines/for-light-background"


@dataclass(frozen=True, slots=True)
class Carrier:
    """An airline: where it connects, how dear it is and what it offers."""

    iata: str
    name: str
    realm: tuple[str, ...]  # countries between which it also flies past its hubs
    hubs: tuple[str, ...]
    price_percent: int
    has_first: bool = False
    known_id: str | None = None
    point_to_point: bool = False  # never leaves its realm, sells no connections

    @property
    def id(self) -> str:
        """Duffel's airline id, the real one where it is known."""
        return self.known_id or fixed_id("arl", self.iata)


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NORTH_AMERICA = _codes("US CA MX")
_SOUTH_AMERICA = _codes("BR AR CL PE CO EC UY PY BO")
_EUROPE = _codes("GB IE FR ES PT IT DE AT CH NL BE DK SE NO FI PL CZ SK HU GR HR")
_AFRICA = _codes("ET KE TZ UG RW NG GH SN CI CM ZA ZM ZW EG MU")

# Duffel's fictitious airline flies from anywhere to anywhere, as it does in
# Duffel's own test mode, and may connect at any of the world's hubs.
DUFFEL_AIRWAYS = Carrier(
    "ZZ",
    "Duffel Airways",
    ("GB",),
    _codes("LHR JFK ATL MIA GRU FRA MAD VIE IST DXB ADD JNB DEL SIN HKG HND SYD LAX"),
    96,
    has_first=True,
    known_id="arl_00009VME7D6ivUu8dn35WK",
)
REAL_CARRIERS = (
    Carrier("AA", "American Airlines", _NORTH_AMERICA, ("DFW", "MIA", "ORD"), 101),
    Carrier("AF", "Air France", ("FR",), ("CDG",), 104, has_first=True),
    Carrier(
        "BA",
        "British Airways",
        ("GB",),
        ("LHR",),
        106,
        has_first=True,
        known_id="arl_00009VME7DBKeMags5CliQ",
    ),
    Carrier("DL", "Delta Air Lines", _NORTH_AMERICA, ("ATL", "DTW", "SLC"), 105),
    Carrier("EK", "Emirates", ("AE",), ("DXB",), 110, has_first=True),
    Carrier("ET", "Ethiopian Airlines", _AFRICA, ("ADD",), 88),
    Carrier("IB", "Iberia", ("ES",), ("MAD",), 94),
    Carrier("JL", "Japan Airlines", ("JP",), ("HND",), 112, has_first=True),
    Carrier("LA", "LATAM Airlines", _SOUTH_AMERICA, ("GRU", "LIM", "SCL"), 92),
    Carrier("LH", "Lufthansa", ("DE",), ("FRA", "MUC"), 108, has_first=True),
    Carrier(
        "QF",
        "Qantas",
        ("AU",),
        ("SYD", "MEL"),
        109,
        has_first=True,
        known_id="arl_00009VME7DD6Xm0axa2BU8",
    ),
    Carrier("QR", "Qatar Airways", ("QA",), ("DOH",), 107, has_first=True),
    Carrier("SQ", "Singapore Airlines", ("SG",), ("SIN",), 114, has_first=True),
    Carrier("TK", "Turkish Airlines", ("TR",), ("IST",), 90),
    Carrier("U2", "easyJet", _EUROPE, ("LGW", "GVA", "MXP"), 78, point_to_point=True),
    Carrier("UA", "United Airlines", _NORTH_AMERICA, ("EWR", "ORD", "SFO"), 100),
)
ALL_CARRIERS = (DUFFEL_AIRWAYS, *REAL_CARRIERS)


@lru_cache(maxsize=64)
def carrier_json(carrier: Carrier) -> dict[str, Any]:
    """Return the airline object. The result is shared: never change it."""
    lockup = f"{_LOGO}/full-color-lockup/{carrier.iata}.svg"
    return {
        "name": carrier.name,
        "logo_symbol_url": f"{_LOGO}/full-color-logo/{carrier.iata}.svg",
        "logo_lockup_url": None if carrier.iata == "ZZ" else lockup,
        "id": carrier.id,
        "iata_code": carrier.iata,
        "conditions_of_carriage_url": None,
    }


_SHORT_HAUL = (
    ("320", "Airbus A320"),
    ("73H", "Boeing 737-800"),
    ("319", "Airbus A319"),
)
_LONG_HAUL = (
    ("773", "Boeing 777-300"),
    ("789", "Boeing 787-9"),
    ("359", "Airbus A350-900"),
)


def aircraft_json(dice: Dice, km: float, *labels: object) -> dict[str, Any] | None:
    """Return a fitting aircraft; some airlines do not say which."""
    if dice.chance(10, "no aircraft", *labels):
        return None
    fleet = _LONG_HAUL if km > 4500 else _SHORT_HAUL
    code, name = dice.pick(fleet, "aircraft", *labels)
    return {"name": name, "id": fixed_id("arc", code), "iata_code": code}
