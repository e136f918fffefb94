"""What a search answered goes in whole: every offer, every column, to the last digit.

The oracle is the provider's JSON, read again here in plain Python: amounts as Decimal,
durations by a parser of our own, local times through the airport's zone as the answer
itself names it (the database uses its own list of airports).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sidecar.local.cluster import Cluster
from tests.sql import cloned_database

Json = dict[str, Any]
Row = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# Every recording that is an answer to an offer request, and how many offers it has.
RECORDED = {
    "components/offer-requests/spirit.json": 18,
    "components/offer-requests/orq_0000Ab7taNqbK8y5YqW6Zk.json": 3,
    "java/offer_request.json": 11,
    "ruby/offer_requests/create_with_offers.json": 68,
}


# -- the oracle --------------------------------------------------------------------


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of days, hours, minutes and seconds."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    assert found, text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def instant(segment: Json, end: str) -> datetime:
    """Return when a segment leaves its origin or reaches its destination, in UTC."""
    field = "departing_at" if end == "origin" else "arriving_at"
    zone = ZoneInfo(segment[end]["time_zone"])
    return datetime.fromisoformat(segment[field]).replace(tzinfo=zone).astimezone(UTC)


def slice_duration(slice_: Json) -> timedelta:
    """Return the slice's own duration, else from first departure to last arrival."""
    if slice_.get("duration") is not None:
        return parse_duration(slice_["duration"])
    segments = slice_["segments"]
    return instant(segments[-1], "destination") - instant(segments[0], "origin")


def included_bags(offer: Json, kind: str) -> int:
    """Return how many bags of a kind everybody with a seat has on every segment."""
    laps = {p["id"] for p in offer["passengers"] if (p.get("age") or 99) < 2}
    counts = [
        sum(b["quantity"] for b in passenger.get("baggages") or [] if b["type"] == kind)
        for slice_ in offer["slices"]
        for segment in slice_["segments"]
        for passenger in segment["passengers"]
        if passenger["passenger_id"] not in laps
    ]
    return min(counts, default=0)


def amount(value: str | None) -> Decimal | None:
    """Return an exact amount; None stays None."""
    return None if value is None else Decimal(value)


def expected(offer: Json) -> Row:
    """Derive every column of an offer from its JSON."""
    slices = offer["slices"]
    durations = [slice_duration(s) for s in slices]
    connections = [len(s["segments"]) - 1 for s in slices]
    conditions = offer.get("conditions") or {}
    refund = conditions.get("refund_before_departure") or {}
    change = conditions.get("change_before_departure") or {}
    return {
        "offer_id": offer["id"],
        "price_amount": amount(offer["total_amount"]),
        "price_currency": offer["total_currency"],
        "base_amount": amount(offer.get("base_amount")),
        "tax_amount": amount(offer.get("tax_amount")),
        "expires_at": datetime.fromisoformat(offer["expires_at"]),
        "status": "ACTIVE",
        "airline": offer["owner"]["iata_code"],
        "duration": sum(durations, timedelta()),
        "longest_slice": max(durations),
        "connections": sum(connections),
        "most_connections": max(connections),
        "technical_stops": sum(
            len(g.get("stops") or []) for s in slices for g in s["segments"]
        ),
        "departs_at": instant(slices[0]["segments"][0], "origin"),
        "arrives_at": instant(slices[-1]["segments"][-1], "destination"),
        "carry_on_bags": included_bags(offer, "carry_on"),
        "checked_bags": included_bags(offer, "checked"),
        "refundable": refund.get("allowed"),
        "refund_penalty": amount(refund.get("penalty_amount")),
        "refund_penalty_currency": refund.get("penalty_currency"),
        "changeable": change.get("allowed"),
        "change_penalty": amount(change.get("penalty_amount")),
        "change_penalty_currency": change.get("penalty_currency"),
        "emissions_kg": amount(offer.get("total_emissions_kg")),
        # Absent means nobody said that none are needed.
        "documents_required": offer.get("passenger_identity_documents_required", True),
        "passengers": [
            {"id": p["id"], "type": p.get("type"), "age": p.get("age")}
            for p in offer["passengers"]
        ],
        "itinerary": [
            {
                "origin": s["segments"][0]["origin"]["iata_code"],
                "destination": s["segments"][-1]["destination"]["iata_code"],
                "duration": s.get("duration"),
                "fare_brand": s.get("fare_brand_name"),
                "segments": [
                    {
                        "origin": g["origin"]["iata_code"],
                        "destination": g["destination"]["iata_code"],
                        "departing_at": g["departing_at"],
                        "arriving_at": g["arriving_at"],
                        "carrier": g["marketing_carrier"]["iata_code"],
                        "flight_number": g["marketing_carrier_flight_number"],
                        "operated_by": g["operating_carrier"]["iata_code"],
                        "cabin": g["passengers"][0]["cabin_class"],
                    }
                    for g in s["segments"]
                ],
            }
            for s in slices
        ],
    }


# -- feeding it --------------------------------------------------------------------


class Desk:
    """One trip, and the engine's door for search answers."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.sql = connection
        self.user_id, self.trip_id = uuid4(), uuid4()
        self.sql.execute("insert into auth.users (id) values (%s)", [self.user_id])
        self.sql.execute(
            "insert into public.trip_requests (user_id, id, origins, destinations,"
            " departure_from, departure_to, max_price, currency)"
            " values (%s, %s, '{LHR}', '{JFK}', current_date + 40, current_date + 40,"
            " 1000, 'GBP')",
            [self.user_id, self.trip_id],
        )

    def ingest(self, offers: list[Any], request_id: str = "orq_test") -> int:
        """Feed one answer; return how many offers were stored."""
        request = {
            "slices": [
                {
                    "origin": "LHR",
                    "destination": "JFK",
                    "departure_date": "2026-06-15",
                }
            ]
        }
        body = {"offer_request": {"id": request_id}, "offers": offers}
        row = self.sql.execute(
            "select engine.ingest_offers(%s, %s, 1, %s, %s, %s) as stored",
            [self.user_id, self.trip_id, Jsonb(request), Jsonb(body), NOW],
        ).fetchone()
        assert row is not None
        return int(row["stored"])

    def stored(self, offer_id: str) -> Row:
        """Return one stored offer."""
        row = self.sql.execute(
            "select * from public.flight_offers where offer_id = %s", [offer_id]
        ).fetchone()
        assert row is not None, f"{offer_id} was not stored"
        return row

    def history(self) -> Row:
        """Return the newest line of fare history."""
        row = self.sql.execute(
            "select * from public.fare_history order by id desc limit 1"
        ).fetchone()
        assert row is not None
        return row

    def ids(self) -> set[str]:
        """Return every stored offer's id."""
        rows = self.sql.execute("select offer_id from public.flight_offers")
        return {row["offer_id"] for row in rows}

    def assert_as_sent(self, offer: Json) -> None:
        """Assert that every column says what the JSON says."""
        wanted, row = expected(offer), self.stored(offer["id"])
        assert {name: row[name] for name in wanted} == wanted


@pytest.fixture(scope="module")
def shared(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[psycopg.Connection[Row]]:
    """Connect to one clone for the whole module: every test rolls back."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, row_factory=dict_row) as connection,
    ):
        yield connection


@pytest.fixture
def desk(shared: psycopg.Connection[Row]) -> Iterator[Desk]:
    """Return a desk whose work is undone afterwards."""
    yield Desk(shared)
    shared.rollback()


def place(code: str, zone: str) -> Json:
    """Return an airport as a segment names it."""
    return {"iata_code": code, "time_zone": zone, "type": "airport"}


LHR = place("LHR", "Europe/London")
JFK = place("JFK", "America/New_York")
AKL = place("AKL", "Pacific/Auckland")
LAX = place("LAX", "America/Los_Angeles")


def segment(
    origin: Json, destination: Json, departing_at: str, arriving_at: str, **other: Any
) -> Json:
    """Return one flown segment with one bag of each kind."""
    return {
        "origin": origin,
        "destination": destination,
        "departing_at": departing_at,
        "arriving_at": arriving_at,
        "marketing_carrier": {"iata_code": "BA"},
        "operating_carrier": {"iata_code": "BA"},
        "marketing_carrier_flight_number": "117",
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


def offer(offer_id: str = "off_good", **other: Any) -> Json:
    """Return one complete, bookable offer; `other` replaces its keys."""
    return {
        "id": offer_id,
        "total_amount": "100.00",
        "total_currency": "GBP",
        "base_amount": "80.00",
        "tax_amount": "20.00",
        "expires_at": "2026-03-01T12:30:00Z",
        "owner": {"iata_code": "BA"},
        "passengers": [{"id": "pas_1", "type": "adult", "age": None}],
        "passenger_identity_documents_required": False,
        "total_emissions_kg": "412",
        "conditions": {
            "refund_before_departure": None,
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


def flight(*segments: Json, duration: str | None = None) -> list[Json]:
    """Return the slices of a one-way offer."""
    return [{"duration": duration, "fare_brand_name": None, "segments": list(segments)}]


# -- recorded answers --------------------------------------------------------------


def recorded_answer(recordings: Path, name: str) -> Json:
    """Return an offer request's answer; one recording lacks the `data` envelope."""
    document = json.loads((recordings / name).read_text())
    answer: Json = document.get("data", document)
    return answer


def named_apart(offers: list[Json]) -> list[Json]:
    """Return the offers with an ending on every id but its first use.

    One recording calls three different offers by one id, which no live answer may.
    """
    seen: set[str] = set()
    for number, one in enumerate(offers):
        if one["id"] in seen:
            one["id"] += f"_{number}"
        seen.add(one["id"])
    return offers


@pytest.mark.parametrize(("name", "count"), RECORDED.items(), ids=list(RECORDED))
def test_every_offer_of_a_recorded_answer_is_stored_column_by_column(
    desk: Desk, recordings: Path, name: str, count: int
) -> None:
    """Nothing is dropped, and nothing is rounded, shifted or guessed."""
    answer = recorded_answer(recordings, name)
    offers = named_apart(answer["offers"])
    assert len(offers) == count
    assert desk.ingest(offers, answer["id"]) == count
    assert desk.ids() == {o["id"] for o in offers}
    for one in offers:
        desk.assert_as_sent(one)
        row = desk.stored(one["id"])
        assert row["offer_request_id"] == answer["id"]
        assert (row["rank"], row["score"], row["ineligible"]) == (None, None, [])
    history = desk.history()
    assert (history["offers"], history["malformed"]) == (count, 0)
    prices = sorted(Decimal(o["total_amount"]) for o in offers)
    (currency,) = {o["total_currency"] for o in offers}
    assert history["currency"] == currency
    assert history["cheapest"] == prices[0]
    assert history["median"] == prices[(len(prices) - 1) // 2]


def test_of_recorded_offers_under_one_id_the_first_is_stored_and_the_others_counted(
    desk: Desk, recordings: Path
) -> None:
    """An id is one offer: its segments are never mixed with those of a namesake."""
    name = "components/offer-requests/orq_0000Ab7taNqbK8y5YqW6Zk.json"
    first, *others = recorded_answer(recordings, name)["offers"]
    assert {one["id"] for one in others} == {first["id"]}
    assert desk.ingest([first, *others]) == 1
    desk.assert_as_sent(first)
    history = desk.history()
    assert (history["offers"], history["malformed"]) == (1, 2)


def test_the_list_of_recorded_answers_is_complete(recordings: Path) -> None:
    """A recording that is added is also tested."""
    found = {
        str(path.relative_to(recordings))
        for path in recordings.rglob("*.json")
        if isinstance(document := json.loads(path.read_text()), dict)
        and isinstance(data := document.get("data", document), dict)
        and "offers" in data
    }
    assert found == set(RECORDED)


def test_a_recorded_offer_without_a_word_on_documents_needs_them(
    desk: Desk, recordings: Path
) -> None:
    """Silence is not "no": such an offer is stored and later refused, never ordered."""
    name = "components/offer-requests/spirit.json"
    one = recorded_answer(recordings, name)["offers"][0]
    del one["passenger_identity_documents_required"]
    assert desk.ingest([one]) == 1
    assert desk.stored(one["id"])["documents_required"] is True


# -- what must not pass, and must not stop the others ------------------------------


def change(*path: str | int, to: Any) -> Callable[[Json], None]:
    """Return a change that replaces the value at a path."""

    def apply(one: Json) -> None:
        target: Any = one
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return apply


def drop(*path: str | int) -> Callable[[Json], None]:
    """Return a change that removes the key at a path."""

    def apply(one: Json) -> None:
        target: Any = one
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]

    return apply


_SEGMENT = ("slices", 0, "segments", 0)
_BAG = (*_SEGMENT, "passengers", 0, "baggages", 0)
MALFORMED: dict[str, Callable[[Json], None]] = {
    "no id": drop("id"),
    "id of another kind": change("id", to="ord_1"),
    "id is a number": change("id", to=7),
    "no price": drop("total_amount"),
    "null price": change("total_amount", to=None),
    "negative price": change("total_amount", to="-1.00"),
    "NaN": change("total_amount", to="NaN"),
    "Infinity": change("total_amount", to="Infinity"),
    "price in words": change("total_amount", to="a hundred"),
    "price with an exponent": change("total_amount", to="1e3"),
    "price with a comma": change("total_amount", to="1,000.00"),
    "price with four decimals": change("total_amount", to="1.0001"),
    "huge price": change("total_amount", to="9" * 40),
    "price is an object": change("total_amount", to={"amount": "1.00"}),
    "price is a number": change("total_amount", to=100),
    "price is a list": change("total_amount", to=["100.00"]),
    "negative base": change("base_amount", to="-1.00"),
    "tax in words": change("tax_amount", to="some"),
    "no currency": drop("total_currency"),
    "currency in lower case": change("total_currency", to="gbp"),
    "currency is a number": change("total_currency", to=826),
    "no expiry": drop("expires_at"),
    "garbage expiry": change("expires_at", to="tomorrow"),
    "impossible expiry": change("expires_at", to="2026-13-41T25:61:61Z"),
    "expiry without a zone": change("expires_at", to="2026-03-01T12:30:00"),
    "expiry is a number": change("expires_at", to=1772368200),
    "no owner": drop("owner"),
    "owner is a string": change("owner", to="BA"),
    "no passengers": drop("passengers"),
    "empty passengers": change("passengers", to=[]),
    "passengers is an object": change("passengers", to={"id": "pas_1"}),
    "an age in words": change("passengers", 0, "age", to="grown up"),
    "a huge age": change("passengers", 0, "age", to=10**12),
    "an age in a list": change("passengers", 0, "age", to=[1]),
    "a passenger in a list": change("passengers", 0, to=[{"id": "pas_1"}]),
    "base in a list": change("base_amount", to=["80.00"]),
    "no slices": drop("slices"),
    "null slices": change("slices", to=None),
    "slices is an object": change("slices", to={"0": {}}),
    "slices is a string": change("slices", to="none"),
    "empty slices": change("slices", to=[]),
    "a slice is a string": change("slices", 0, to="LHR-JFK"),
    "a slice in a list": change("slices", 0, to=[{"segments": []}]),
    "no segments": drop("slices", 0, "segments"),
    "null segments": change("slices", 0, "segments", to=None),
    "empty segments": change("slices", 0, "segments", to=[]),
    "segments is a string": change("slices", 0, "segments", to="one"),
    "segments is an object": change("slices", 0, "segments", to={"0": {}}),
    "a segment is a number": change(*_SEGMENT, to=1),
    "garbage duration": change("slices", 0, "duration", to="quite long"),
    "duration is an object": change("slices", 0, "duration", to={}),
    "negative duration": change("slices", 0, "duration", to="PT-8H"),
    "huge duration": change("slices", 0, "duration", to="P99999999999Y"),
    "no departure": drop(*_SEGMENT, "departing_at"),
    "null departure": change(*_SEGMENT, "departing_at", to=None),
    "garbage departure": change(*_SEGMENT, "departing_at", to="soon"),
    "impossible departure": change(*_SEGMENT, "departing_at", to="2026-02-30T10:00:00"),
    "departure is a number": change(*_SEGMENT, "departing_at", to=20260615),
    "impossible arrival": change(*_SEGMENT, "arriving_at", to="2026-06-15T99:99:99"),
    "arrival before departure": change(
        *_SEGMENT, "arriving_at", to="2026-06-14T13:05:00"
    ),
    "no origin": drop(*_SEGMENT, "origin"),
    "null origin": change(*_SEGMENT, "origin", to=None),
    "origin without a code": drop(*_SEGMENT, "origin", "iata_code"),
    "a zone nobody has": change(
        *_SEGMENT, "origin", to=place("XQX", "Mars/Olympus_Mons")
    ),
    "an airport without a zone": change(*_SEGMENT, "origin", to={"iata_code": "XQX"}),
    "stops is a string": change(*_SEGMENT, "stops", to="two"),
    "segment passengers is a string": change(*_SEGMENT, "passengers", to="one"),
    "baggages is a string": change(*_BAG[:-1], to="one"),
    "segment without passengers": drop(*_SEGMENT, "passengers"),
    "half a bag": change(*_BAG, "quantity", to=0.5),
    "a negative quantity": change(*_BAG, "quantity", to=-1),
    "a quantity in a list": change(*_BAG, "quantity", to=[1]),
    "a quantity in words": change(*_BAG, "quantity", to="one"),
    "a huge quantity": change(*_BAG, "quantity", to=10**6),
    "allowed is a word": change(
        "conditions", to={"refund_before_departure": {"allowed": "perhaps"}}
    ),
    "negative penalty": change(
        "conditions", to={"refund_before_departure": {"penalty_amount": "-5"}}
    ),
    "penalty in words": change(
        "conditions", to={"change_before_departure": {"penalty_amount": "some"}}
    ),
    "penalty in a list": change(
        "conditions", to={"change_before_departure": {"penalty_amount": ["5.00"]}}
    ),
    "emissions in words": change("total_emissions_kg", to="many"),
    "documents in words": change("passenger_identity_documents_required", to="?"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_one_malformed_offer_is_counted_and_hides_no_good_one(
    desk: Desk, name: str
) -> None:
    """Whatever it is that cannot be read, the offers beside it are stored as sent."""
    bad = copy.deepcopy(offer("off_bad"))
    MALFORMED[name](bad)
    first, last = offer("off_first"), offer("off_last")
    assert desk.ingest([first, bad, last]) == 2
    assert desk.ids() == {"off_first", "off_last"}
    desk.assert_as_sent(first)
    history = desk.history()
    assert (history["offers"], history["malformed"]) == (2, 1)


def test_an_offer_that_is_no_object_is_counted_as_malformed(desk: Desk) -> None:
    """Lists, words, numbers and nulls where offers should be change nothing."""
    junk: list[Any] = [None, 1, "off_x", [], [offer("off_y")], True, {}]
    assert desk.ingest([*junk, offer()]) == 1
    history = desk.history()
    assert (history["offers"], history["malformed"]) == (1, len(junk))


def test_every_kind_of_malformed_offer_at_once_leaves_the_good_one(desk: Desk) -> None:
    """All of them in one answer: each is counted once."""
    bad = []
    for number, damage in enumerate(MALFORMED.values()):
        one = copy.deepcopy(offer(f"off_bad{number}"))
        damage(one)
        bad.append(one)
    assert desk.ingest([*bad, offer()]) == 1
    assert desk.ids() == {"off_good"}
    history = desk.history()
    assert (history["offers"], history["malformed"]) == (1, len(bad))


def test_an_empty_answer_is_a_line_of_history(desk: Desk) -> None:
    """No flights is also an answer."""
    assert desk.ingest([]) == 0
    history = desk.history()
    assert (history["offers"], history["malformed"]) == (0, 0)
    assert (history["cheapest"], history["median"]) == (None, None)


def test_sql_in_a_string_is_stored_as_the_string(desk: Desk) -> None:
    """Text from a provider is data."""
    text = "'); drop table public.flight_offers; --"
    one = offer()
    one["slices"][0]["fare_brand_name"] = text
    assert desk.ingest([one]) == 1
    desk.assert_as_sent(one)
    for field in ("total_amount", "total_currency", "expires_at"):
        damaged = offer("off_bad", **{field: text})
        assert desk.ingest([damaged], f"orq_{field}") == 0
    assert desk.ids() == {"off_good"}


def test_an_offer_seen_twice_in_one_answer_is_stored_once_and_as_sent(
    desk: Desk,
) -> None:
    """Pages may overlap: a nonstop flight does not become a connection by it."""
    one = offer()
    assert desk.ingest([one, copy.deepcopy(one)]) == 1
    desk.assert_as_sent(one)


# -- times -------------------------------------------------------------------------


def test_a_missing_duration_is_computed_from_the_airports_zones(desk: Desk) -> None:
    """Null is not zero: the clocks at both ends say how long it takes."""
    one = offer(
        slices=flight(segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00"))
    )
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["duration"] == timedelta(hours=8, minutes=5)
    desk.assert_as_sent(one)


def test_a_missing_duration_counts_the_layover(desk: Desk) -> None:
    """From the first departure to the last arrival, waiting included."""
    dub = place("DUB", "Europe/Dublin")
    one = offer(
        slices=flight(
            segment(LHR, dub, "2026-06-15T08:00:00", "2026-06-15T09:20:00"),
            segment(dub, JFK, "2026-06-15T11:30:00", "2026-06-15T13:50:00"),
        )
    )
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert row["duration"] == timedelta(hours=10, minutes=50)
    assert (row["connections"], row["most_connections"]) == (1, 1)
    desk.assert_as_sent(one)


@pytest.mark.parametrize(
    ("case", "hours"),
    [
        # Lands "before" it left: the date line lies between.
        ((AKL, LAX, "2026-06-15T19:30:00", "2026-06-15T12:30:00"), 12.0),
        # Loses a day the other way.
        ((LAX, AKL, "2026-06-15T22:00:00", "2026-06-17T05:50:00"), 12 + 5 / 6),
        # The clocks go forward in the night of the flight (29 March 2026, London).
        ((JFK, LHR, "2026-03-28T19:00:00", "2026-03-29T07:30:00"), 7.5),
        # The night before, the same clock times are an hour more.
        ((JFK, LHR, "2026-03-27T19:00:00", "2026-03-28T07:30:00"), 8.5),
        # The clocks go back (25 October 2026, London).
        ((JFK, LHR, "2026-10-24T19:00:00", "2026-10-25T06:30:00"), 7.5),
        # New York has changed its clocks, London has not yet (8 to 29 March 2026).
        ((LHR, JFK, "2026-03-15T10:00:00", "2026-03-15T14:00:00"), 8.0),
    ],
)
def test_the_date_line_and_clock_changes_are_counted_right(
    desk: Desk, case: tuple[Json, Json, str, str], hours: float
) -> None:
    """Local times become instants by the airport's zone on that very day."""
    one = offer(slices=flight(segment(*case)))
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["duration"] == timedelta(hours=hours)
    desk.assert_as_sent(one)


@pytest.mark.parametrize("text", ["PT26H5M", "P1DT2H5M", "PT1565M", "P0DT26H5M0S"])
def test_every_spelling_of_a_duration_is_the_same_time(desk: Desk, text: str) -> None:
    """A day in a duration is 24 hours."""
    one = offer(
        slices=flight(
            segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-16T07:05:00"),
            duration=text,
        )
    )
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["duration"] == timedelta(hours=26, minutes=5)


def test_a_return_journey_sums_its_slices_and_keeps_the_longest(desk: Desk) -> None:
    """Limits are per slice; the score is about the whole journey."""
    dub = place("DUB", "Europe/Dublin")
    out = flight(segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00"))
    back = flight(
        segment(JFK, dub, "2026-06-22T18:00:00", "2026-06-23T05:30:00", stops=[{}, {}]),
        segment(dub, LHR, "2026-06-23T08:00:00", "2026-06-23T09:20:00", stops=None),
    )
    one = offer(slices=out + back)
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert row["longest_slice"] == timedelta(hours=10, minutes=20)
    assert row["duration"] == timedelta(hours=18, minutes=25)
    assert row["technical_stops"] == 2
    desk.assert_as_sent(one)


# -- bags, conditions, money -------------------------------------------------------


def party_of(*bags: tuple[str, int | None, int]) -> Json:
    """Return an offer for passengers given as (id, age, checked bags)."""
    seated = [
        {
            "passenger_id": passenger,
            "cabin_class": "economy",
            "baggages": [{"type": "checked", "quantity": checked}],
        }
        for passenger, _, checked in bags
    ]
    only = segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    only["passengers"] = seated
    return offer(
        passengers=[
            {"id": passenger, "type": None if age else "adult", "age": age}
            for passenger, age, _ in bags
        ],
        slices=flight(only, duration="PT8H5M"),
    )


@pytest.mark.parametrize(
    ("party", "bags"),
    [
        ([("pas_1", None, 1), ("pas_2", 1, 0)], 1),  # a lap has no bag, and needs none
        ([("pas_1", None, 2), ("pas_2", 2, 1)], 1),  # a child of two has a seat
        ([("pas_1", None, 1), ("pas_2", None, 0)], 0),
        ([("pas_1", None, 2), ("pas_2", None, 3)], 2),
    ],
)
def test_the_bag_count_is_what_everybody_with_a_seat_has(
    desk: Desk, party: list[tuple[str, int | None, int]], bags: int
) -> None:
    """Infants on laps do not lower it; anybody else does."""
    one = party_of(*party)
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["checked_bags"] == bags
    desk.assert_as_sent(one)


def test_an_infant_of_no_age_yet_is_on_a_lap_too(desk: Desk) -> None:
    """Age zero is an age."""
    one = party_of(("pas_1", None, 1), ("pas_2", 0, 0))
    one["passengers"][1] = {"id": "pas_2", "type": None, "age": 0}
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["checked_bags"] == 1


def test_the_bag_count_is_what_the_poorest_segment_has(desk: Desk) -> None:
    """A bag that flies the first leg only is not included."""
    dub = place("DUB", "Europe/Dublin")
    first = segment(LHR, dub, "2026-06-15T08:00:00", "2026-06-15T09:20:00")
    second = segment(dub, JFK, "2026-06-15T11:30:00", "2026-06-15T13:50:00")
    second["passengers"][0]["baggages"] = None
    one = offer(slices=flight(first, second))
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert (row["carry_on_bags"], row["checked_bags"]) == (0, 0)
    desk.assert_as_sent(one)


@pytest.mark.parametrize(
    ("refund", "refundable"),
    [
        (None, None),
        ({}, None),
        ({"allowed": None}, None),
        ({"allowed": False}, False),
        ({"allowed": True, "penalty_amount": None, "penalty_currency": None}, True),
        (
            {"allowed": True, "penalty_amount": "0.500", "penalty_currency": "KWD"},
            True,
        ),
    ],
)
def test_what_the_airline_does_not_say_stays_unknown(
    desk: Desk, refund: Json | None, refundable: bool | None
) -> None:
    """Null is neither yes nor no, and a penalty that is not named is not zero."""
    one = offer(conditions={"refund_before_departure": refund})
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert (row["refundable"], row["changeable"]) == (refundable, None)
    desk.assert_as_sent(one)


def test_an_offer_without_any_conditions_or_emissions_is_stored(desk: Desk) -> None:
    """Optional means optional."""
    one = offer()
    for field in ("conditions", "total_emissions_kg", "base_amount", "tax_amount"):
        del one[field]
    assert desk.ingest([one]) == 1
    desk.assert_as_sent(one)


@pytest.mark.parametrize(
    ("price", "currency"),
    [
        ("123456", "JPY"),
        ("0.001", "KWD"),
        ("1234.567", "BHD"),
        ("99999999999.99", "USD"),
        ("0.10", "GBP"),
        ("0", "GBP"),
    ],
)
def test_amounts_are_stored_to_the_last_digit(
    desk: Desk, price: str, currency: str
) -> None:
    """No decimals, two or three: what was sent is what is kept."""
    one = offer(total_amount=price, total_currency=currency)
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert str(row["price_amount"]) == price
    assert row["price_currency"] == currency


def test_an_answer_in_two_currencies_has_no_cheapest_fare(desk: Desk) -> None:
    """Pounds and dollars are not compared by their numbers."""
    offers: list[Any] = [
        offer("off_1"),
        offer("off_2", total_amount="90.00", total_currency="USD"),
    ]
    assert desk.ingest(offers) == 2
    history = desk.history()
    assert (history["currency"], history["cheapest"]) == (None, None)


def test_an_offer_of_one_traveller_is_never_taken_over_by_another(
    desk: Desk,
) -> None:
    """An offer id that is already stored stays with whom it was found for."""
    first, second = desk, Desk(desk.sql)
    assert first.ingest([offer()]) == 1
    assert second.ingest([offer(), offer("off_other")], "orq_other") == 1
    owner: UUID = first.stored("off_good")["user_id"]
    assert owner == first.user_id
