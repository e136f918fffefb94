"""Offers for tests, and an oracle: every column of one, from its JSON, in plain Python.

Amounts as Decimal, durations by a parser of our own, local times through the zones of
the airportsdata package and Python's own zone arithmetic: nothing of it is SQL.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import itertools
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import airportsdata

Json = dict[str, Any]
Row = dict[str, Any]

CABINS = ("economy", "premium_economy", "business", "first")


# -- the oracle --------------------------------------------------------------------


@functools.cache
def zones() -> dict[str, ZoneInfo]:
    """Return each airport's time zone by its IATA code."""
    return {
        code: ZoneInfo(airport["tz"])
        for code, airport in airportsdata.load("IATA").items()
    }


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of days, hours, minutes and seconds."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    assert found, text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def clock(segment: Json, end: str) -> datetime:
    """Return the local time at which a segment leaves its origin or lands."""
    return datetime.fromisoformat(
        segment["departing_at" if end == "origin" else "arriving_at"]
    )


def readings(segment: Json, end: str) -> list[datetime]:
    """Return the instants at which the place's clock shows a time, the latest first.

    A time that a clock skips is taken as standard time, which is the later.
    """
    place = segment[end]
    zone = zones().get(place["iata_code"]) or ZoneInfo(place["time_zone"])
    local = clock(segment, end)
    latest, *earlier = sorted(
        {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)},
        reverse=True,
    )
    shown = [at for at in earlier if at.astimezone(zone).replace(tzinfo=None) == local]
    return [latest, *shown]


def instant(segment: Json, end: str) -> datetime:
    """Return when a segment leaves its origin or reaches its destination, in UTC.

    A time that a clock shows twice is the later, unless only the other makes the
    segment as long as it says.
    """
    leaves, lands = readings(segment, "origin"), readings(segment, "destination")
    told = [
        (departs, arrives)
        for departs, arrives in itertools.product(leaves, lands)
        if segment.get("duration") is not None
        and arrives - departs == parse_duration(segment["duration"])
    ]
    departs, arrives = max(told) if told else (leaves[0], lands[0])
    return departs if end == "origin" else arrives


def flown(segment: Json) -> timedelta:
    """Return how long a segment takes by the clocks."""
    return instant(segment, "destination") - instant(segment, "origin")


def slice_duration(slice_: Json) -> timedelta:
    """Return the slice's own duration, else its segments' and the waits between."""
    if slice_.get("duration") is not None:
        return parse_duration(slice_["duration"])
    waits = [layover(*pair) for pair in itertools.pairwise(slice_["segments"])]
    return sum(waits, timedelta()) + sum(
        (
            parse_duration(one["duration"]) if one.get("duration") else flown(one)
            for one in slice_["segments"]
        ),
        timedelta(),
    )


def duration_gap(slices: list[Json]) -> timedelta | None:
    """Return by how much a stated duration is not the clocks', at the most."""
    gaps = [
        abs(parse_duration(one["duration"]) - flown(one))
        for slice_ in slices
        for one in slice_["segments"]
        if one.get("duration") is not None
    ] + [
        abs(
            parse_duration(one["duration"])
            - (
                instant(one["segments"][-1], "destination")
                - instant(one["segments"][0], "origin")
            )
        )
        for one in slices
        if one.get("duration") is not None
    ]
    return max(gaps, default=None)


def told(slices: list[Json]) -> list[Json]:
    """Return slices whose only segment is as long as the slice says it is."""
    slices = copy.deepcopy(slices)
    for one in slices:
        if len(one["segments"]) == 1 and one["segments"][0].get("duration") is None:
            one["segments"][0]["duration"] = one.get("duration")
    return slices


def connections(offer: Json) -> list[tuple[Json, Json]]:
    """Return each segment that is followed by another of its slice, with that one."""
    return [
        pair
        for slice_ in offer["slices"]
        for pair in itertools.pairwise(slice_["segments"])
    ]


def layover(arriving: Json, leaving: Json) -> timedelta:
    """Return the wait between two segments."""
    return instant(leaving, "origin") - instant(arriving, "destination")


def is_red_eye(segment: Json) -> bool:
    """Tell whether it leaves from 18:00 to 04:59 and lands from 00:30 to 10:59."""
    leaves, lands = clock(segment, "origin").time(), clock(segment, "destination")
    in_the_evening = leaves >= time(18) or leaves < time(5)
    return in_the_evening and time(0, 30) <= lands.time() < time(11)


def lowest_cabin(seats: list[Json]) -> str | None:
    """Return the lowest of the seats' cabins; None when one of them is unknown."""
    cabins = [seat.get("cabin_class") for seat in seats]
    if not all(cabin in CABINS for cabin in cabins):
        return None
    return min(cabins, key=lambda cabin: CABINS.index(str(cabin)))


def laps_of(offer: Json) -> set[str]:
    """Return the passengers who have no seat."""
    return {
        p["id"]
        for p in offer["passengers"]
        if p.get("type") == "infant_without_seat"
        or (p.get("age") is not None and p["age"] < 2)
    }


def lists_everybody(offer: Json, segment: Json) -> bool:
    """Tell whether a segment speaks of everybody who has a seat."""
    listed = {p["passenger_id"] for p in segment["passengers"]}
    return {p["id"] for p in offer["passengers"]} - laps_of(offer) <= listed


def worst_cabin(offer: Json, segments: list[Json]) -> str | None:
    """Return the lowest cabin on some segments; None when one seat's is unknown."""
    if not all(lists_everybody(offer, one) for one in segments):
        return None
    return lowest_cabin([p for one in segments for p in one["passengers"]])


def included_bags(offer: Json, kind: str) -> int:
    """Return how many bags of a kind everybody with a seat has on every segment."""
    segments = [one for slice_ in offer["slices"] for one in slice_["segments"]]
    if not all(lists_everybody(offer, one) for one in segments):
        return 0
    laps = laps_of(offer)
    counts = [
        sum(
            b["quantity"]
            for b in passenger.get("baggages") or []
            if b.get("type") == kind
        )
        for segment in segments
        for passenger in segment["passengers"]
        if passenger["passenger_id"] not in laps
    ]
    return min(counts, default=0)


def itinerary_key(offer: Json) -> str:
    """Return the hash of the flights at their times."""
    flights = [
        f"{g['marketing_carrier']['iata_code']}"
        f"{g['marketing_carrier_flight_number'].lstrip('0')} {g['departing_at']}"
        for slice_ in offer["slices"]
        for g in slice_["segments"]
    ]
    return hashlib.md5(",".join(flights).encode()).hexdigest()


def itinerary(offer: Json, slice_: Json) -> Json:
    """Return what is shown of a slice."""
    segments = slice_["segments"]
    waits = [
        int(layover(*pair).total_seconds()) // 60
        for pair in itertools.pairwise(segments)
    ]
    return {
        "origin": segments[0]["origin"]["iata_code"],
        "destination": segments[-1]["destination"]["iata_code"],
        "duration": slice_.get("duration"),
        "fare_brand": slice_.get("fare_brand_name"),
        "segments": [
            {
                "origin": g["origin"]["iata_code"],
                "destination": g["destination"]["iata_code"],
                "departing_at": g["departing_at"],
                "arriving_at": g["arriving_at"],
                "carrier": g["marketing_carrier"]["iata_code"],
                "flight_number": g["marketing_carrier_flight_number"],
                "operated_by": (g.get("operating_carrier") or {}).get("iata_code"),
                "cabin": worst_cabin(offer, [g]),
                "stops": [
                    stop["airport"]["iata_code"] for stop in g.get("stops") or []
                ],
                "layover_minutes": wait,
            }
            for g, wait in zip(segments, [*waits, None], strict=True)
        ],
    }


def amount(value: str | None) -> Decimal | None:
    """Return an exact amount; None stays None."""
    return None if value is None else Decimal(value)


def moment(value: str | None) -> datetime | None:
    """Return an instant; None stays None."""
    return None if value is None else datetime.fromisoformat(value)


def expected(offer: Json) -> Row:
    """Derive every column of an offer from its JSON."""
    slices = told(offer["slices"])
    offer = {**offer, "slices": slices}
    segments = [g for s in slices for g in s["segments"]]
    durations = [slice_duration(s) for s in slices]
    changes = [len(s["segments"]) - 1 for s in slices]
    waits = [layover(*pair) for pair in connections(offer)]
    conditions = offer.get("conditions") or {}
    refund = conditions.get("refund_before_departure") or {}
    change = conditions.get("change_before_departure") or {}
    payment = offer.get("payment_requirements") or {}
    return {
        "offer_id": offer["id"],
        "price_amount": amount(offer["total_amount"]),
        "price_currency": offer["total_currency"],
        "base_amount": amount(offer.get("base_amount")),
        "base_currency": offer.get("base_currency"),
        "tax_amount": amount(offer.get("tax_amount")),
        "tax_currency": offer.get("tax_currency"),
        "expires_at": moment(offer["expires_at"]),
        "status": "ACTIVE",
        "airline": offer["owner"]["iata_code"],
        "carriers": sorted(
            {g["marketing_carrier"]["iata_code"] for g in segments}
            | {
                (g.get("operating_carrier") or {}).get("iata_code") or "?"
                for g in segments
            }
        ),
        "lowest_cabin": worst_cabin(offer, segments),
        "duration": sum(durations, timedelta()),
        "duration_gap": duration_gap(slices),
        "longest_slice": max(durations),
        "connections": sum(changes),
        "most_connections": max(changes),
        "technical_stops": sum(len(g.get("stops") or []) for g in segments),
        "departs_at": instant(segments[0], "origin"),
        "arrives_at": instant(segments[-1], "destination"),
        "departs_local": [clock(s["segments"][0], "origin") for s in slices],
        "arrives_local": [clock(s["segments"][-1], "destination") for s in slices],
        "shortest_layover": min(waits, default=None),
        "longest_layover": max(waits, default=None),
        "airport_changes": sum(
            a["destination"]["iata_code"] != b["origin"]["iata_code"]
            for a, b in connections(offer)
        ),
        "overnight_layovers": sum(
            clock(a, "destination").date() < clock(b, "origin").date()
            for a, b in connections(offer)
        ),
        "red_eyes": sum(map(is_red_eye, segments)),
        "carry_on_bags": included_bags(offer, "carry_on"),
        "checked_bags": included_bags(offer, "checked"),
        "refundable": refund.get("allowed"),
        "refund_penalty": amount(refund.get("penalty_amount")),
        "refund_penalty_currency": refund.get("penalty_currency"),
        "changeable": change.get("allowed"),
        "change_penalty": amount(change.get("penalty_amount")),
        "change_penalty_currency": change.get("penalty_currency"),
        "emissions_kg": amount(offer.get("total_emissions_kg")),
        # Only "no" is no: absent or null means nobody said that none are needed.
        "documents_required": offer.get("passenger_identity_documents_required")
        is not False,
        "document_types": offer.get("supported_passenger_identity_document_types")
        or [],
        "requires_instant_payment": payment.get("requires_instant_payment"),
        "price_guaranteed_until": moment(payment.get("price_guarantee_expires_at")),
        "payment_required_by": moment(payment.get("payment_required_by")),
        "passengers": [
            {"id": p["id"], "type": p.get("type"), "age": p.get("age")}
            for p in offer["passengers"]
        ],
        "itinerary_key": itinerary_key(offer),
        "itinerary": [itinerary(offer, s) for s in slices],
    }


# -- offers of our own -------------------------------------------------------------


def place(code: str, zone: str) -> Json:
    """Return an airport as a segment names it."""
    return {"iata_code": code, "time_zone": zone, "type": "airport"}


LHR = place("LHR", "Europe/London")
LGW = place("LGW", "Europe/London")
DUB = place("DUB", "Europe/Dublin")
CDG = place("CDG", "Europe/Paris")
JFK = place("JFK", "America/New_York")
LAX = place("LAX", "America/Los_Angeles")
HNL = place("HNL", "Pacific/Honolulu")
AKL = place("AKL", "Pacific/Auckland")
APW = place("APW", "Pacific/Apia")
CHT = place("CHT", "Pacific/Chatham")
KTM = place("KTM", "Asia/Kathmandu")
DEL = place("DEL", "Asia/Kolkata")


def segment(
    origin: Json, destination: Json, departing_at: str, arriving_at: str, **other: Any
) -> Json:
    """Return one flown segment with one bag of each kind; `other` replaces keys."""
    return {
        "origin": origin,
        "destination": destination,
        "departing_at": departing_at,
        "arriving_at": arriving_at,
        "marketing_carrier": {"iata_code": "BA"},
        "operating_carrier": {"iata_code": "BA"},
        "marketing_carrier_flight_number": "117",
        "stops": [],
        "passengers": [
            {
                "passenger_id": "pas_1",
                "cabin_class": "economy",
                "baggages": [
                    {"type": "checked", "quantity": 1},
                    {"type": "carry_on", "quantity": 1},
                ],
            }
        ],
        **other,
    }


def flight(*segments: Json, duration: str | None = None) -> list[Json]:
    """Return the slices of a one-way offer."""
    return [{"duration": duration, "fare_brand_name": None, "segments": list(segments)}]


def offer(offer_id: str = "off_good", **other: Any) -> Json:
    """Return one complete, bookable offer; `other` replaces its keys."""
    return {
        "id": offer_id,
        "total_amount": "100.00",
        "total_currency": "GBP",
        "base_amount": "80.00",
        "base_currency": "GBP",
        "tax_amount": "20.00",
        "tax_currency": "GBP",
        "expires_at": "2026-03-01T12:30:00Z",
        "owner": {"iata_code": "BA"},
        "passengers": [{"id": "pas_1", "type": "adult", "age": None}],
        "passenger_identity_documents_required": False,
        "supported_passenger_identity_document_types": ["passport"],
        "payment_requirements": {
            "requires_instant_payment": True,
            "price_guarantee_expires_at": None,
            "payment_required_by": None,
        },
        "total_emissions_kg": "412",
        "conditions": {
            "refund_before_departure": {
                "allowed": True,
                "penalty_amount": "10.00",
                "penalty_currency": "GBP",
            },
            "change_before_departure": None,
        },
        "slices": [
            {
                "duration": "PT8H5M",
                "fare_brand_name": "Basic",
                "segments": [
                    segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
                ],
            }
        ],
        **other,
    }
