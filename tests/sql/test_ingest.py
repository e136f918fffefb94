"""What a search answered goes in whole: every offer, every column, to the last digit.

The oracle is the provider's JSON, read again in plain Python: `tests.sql.offers`.
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

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sidecar.local.cluster import Cluster
from tests.sql import cloned_database
from tests.sql.offers import (
    AKL,
    APW,
    CDG,
    CHT,
    DEL,
    DUB,
    HNL,
    JFK,
    KTM,
    LAX,
    LGW,
    LHR,
    Json,
    Row,
    expected,
    flight,
    offer,
    place,
    segment,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# Every recording that is an answer to an offer request, and how many offers it has.
RECORDED = {
    "components/offer-requests/spirit.json": 18,
    "components/offer-requests/orq_0000Ab7taNqbK8y5YqW6Zk.json": 3,
    "java/offer_request.json": 11,
    "ruby/offer_requests/create_with_offers.json": 68,
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

    def quarantined(self) -> dict[str | None, str]:
        """Return why each quarantined offer is there, by the offers' ids."""
        rows = self.sql.execute(
            "select offer_id, reason from engine.quarantined_offers"
            " where trip_request_id = %s order by id",
            [self.trip_id],
        ).fetchall()
        return {row["offer_id"]: row["reason"] for row in rows}

    def quarantine_size(self) -> int:
        """Return how many offers are quarantined."""
        row = self.sql.execute(
            "select count(*) as n from engine.quarantined_offers"
            " where trip_request_id = %s",
            [self.trip_id],
        ).fetchone()
        assert row is not None
        return int(row["n"])

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
    assert desk.quarantine_size() == 2
    reason = f'id is that of an offer before it: "{first["id"]}"'
    assert desk.quarantined() == {first["id"]: reason}


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
    assert desk.quarantine_size() == 1


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


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (
            change("total_amount", to="-1.00"),
            'total_amount is no exact amount: "-1.00"',
        ),
        (drop("total_currency"), "total_currency is no currency: missing"),
        (change("base_currency", to=[None]), "base_currency is no currency: [null]"),
        (change("owner", to=None), "owner has no airline code: null"),
        (
            change("expires_at", to="2026-02-30T12:00:00Z"),
            'expires_at is no time in UTC: "2026-02-30T12:00:00Z"',
        ),
        (
            change("passengers", 0, "age", to="9" * 500),
            'passengers.age is no age in years: "' + "9" * 79,
        ),
        (
            change("conditions", "refund_before_departure", "allowed", to="perhaps"),
            'conditions.*.allowed is neither true nor false: "perhaps"',
        ),
        (
            change("conditions", "refund_before_departure", to=[]),
            "conditions does not say what may be changed and refunded: ",
        ),
        (
            change("payment_requirements", "payment_required_by", to="soon"),
            'payment_requirements.payment_required_by is no time in UTC: "soon"',
        ),
        (
            change("supported_passenger_identity_document_types", to=["passport", 1]),
            "supported_passenger_identity_document_types is no list of document types:"
            ' ["passport", 1]',
        ),
        (
            change("slices", 0, "duration", to="P1DT"),
            'slices.duration is no duration: "P1DT"',
        ),
        (
            change(*_SEGMENT, "departing_at", to="2027-02-29T10:00:00"),
            'slices.segments.departing_at is no local time: "2027-02-29T10:00:00"',
        ),
        (
            change(*_SEGMENT, "arriving_at", to="2026-06-15T05:00:00"),
            "slices.segments.arriving_at is not after departing_at:"
            ' "2026-06-15T05:00:00"',
        ),
        (
            change(*_SEGMENT, "origin", to=place("XQX", "UTC+5")),
            'slices.segments.origin has no time zone: "XQX"',
        ),
        (
            change(*_SEGMENT, "stops", to=[{"airport": None}]),
            "slices.segments.stops.airport has no airport code: null",
        ),
        (
            change(*_SEGMENT, "marketing_carrier_flight_number", to="١٢"),
            'slices.segments.marketing_carrier_flight_number is no flight number: "١٢"',
        ),
        (
            change(*_BAG, "quantity", to=True),
            "slices.segments.passengers.baggages.quantity is no number of bags: true",
        ),
    ],
)
def test_the_reason_names_the_field_what_is_wrong_and_the_value(
    desk: Desk, damage: Callable[[Json], None], reason: str
) -> None:
    """Enough for whoever mends the reader, and no more of the value than helps."""
    bad = copy.deepcopy(offer("off_bad"))
    damage(bad)
    assert desk.ingest([bad]) == 0
    found = desk.quarantined()["off_bad"]
    assert found.startswith(reason)
    assert len(found) < 200


def test_a_flight_that_leaves_before_the_one_before_it_landed_is_quarantined(
    desk: Desk,
) -> None:
    """Within a slice and from slice to slice: nobody can fly it."""
    out = segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    too_early = segment(JFK, LAX, "2026-06-15T13:00:00", "2026-06-15T16:00:00")
    in_time = segment(JFK, LAX, "2026-06-15T14:00:00", "2026-06-15T17:00:00")
    offers: list[Any] = [
        offer("off_slice", slices=flight(out, too_early)),
        offer("off_return", slices=[*flight(out), *flight(too_early)]),
        offer("off_in_time", slices=flight(out, in_time)),
    ]
    assert desk.ingest(offers) == 1
    reason = (
        "slices.segments.departing_at is before the landing before it:"
        ' "2026-06-15T13:00:00"'
    )
    assert desk.quarantined() == {"off_slice": reason, "off_return": reason}


def test_a_quarantined_offer_is_kept_cut_where_it_is_long(desk: Desk) -> None:
    """The engineer sees what came, and a flood does not fill the table."""
    bad = offer("off_bad", total_amount=-1, remark="x" * 50_000)
    flood: list[Any] = [7] * 3_000
    assert desk.ingest([bad, offer(), *flood]) == 1
    row = desk.sql.execute(
        "select * from engine.quarantined_offers where offer_id = 'off_bad'"
    ).fetchone()
    assert row is not None
    assert len(row["offer"]) == 20_000
    assert (row["user_id"], row["search_round"]) == (desk.user_id, 1)
    assert (row["offer_request_id"], row["quarantined_at"]) == ("orq_test", NOW)
    assert desk.quarantine_size() == 1_000
    assert desk.history()["malformed"] == 3_001


def test_every_zone_of_our_airports_is_one_that_the_server_knows(desk: Desk) -> None:
    """Otherwise the first flight from there would fail the whole answer."""
    unknown = desk.sql.execute(
        "select a.time_zone from engine.airports as a"
        " except select z.name from pg_timezone_names as z"
    ).fetchall()
    assert unknown == []


# -- anything at all ---------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    """Return lists in lists."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


_TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
    max_size=20,
)
_HOSTILE: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e300, "", " ", "0"),
            *("-0.01", "NaN", "Infinity", "1e9", "0x10", "9" * 5_000, "100.00 "),
            *("2026-02-30T10:00:00", "2026-06-15 10:00:00", "20:6-T", "infinity"),
            *("P", "PT", "PT1H30", "P99Y", "PT99999H", "now", "epoch", "UTC+5"),
            *("'); drop table public.flight_offers; --", "{}", "$", "\\", "\n"),
            *("\u202e", "\U0001f6eb", "٣", "É", "XQX", "LHR", "off_x", "pas_1"),
            *([], {}, [[]], [None], [{}], [["100.00"]], {"iata_code": "LHR"}),
            *([{}] * 300, {"": ""}, {"type": "checked", "quantity": 99}),
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | _TEXT,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.integers(50, 200).map(nested),
    # Almost times and amounts.
    st.from_regex(r"\A20[0-9]{2}-[0-9:T -]{5,14}\Z"),
    st.from_regex(r"\A[0-9]{1,14}\.?[0-9]{0,4}\Z"),
    st.from_regex(r"\AP[0-9DTHMS]{1,9}\Z"),
)


def paths(
    value: Any, so_far: tuple[str | int, ...] = ()
) -> list[tuple[str | int, ...]]:
    """Return the path of everything inside a value."""
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    else:
        inside = []
    found = [(*so_far, step) for step, _ in inside]
    return found + [p for step, v in inside for p in paths(v, (*so_far, step))]


def rich_offer() -> Json:
    """Return an offer in which everything is there that an offer may have."""
    stop = {"airport": place("YYT", "America/St_Johns")}
    return offer(
        "off_bad",
        payment_requirements={
            "requires_instant_payment": False,
            "price_guarantee_expires_at": "2026-03-03T12:00:00Z",
            "payment_required_by": "2026-03-04T12:00:00.123456Z",
        },
        slices=[
            *flight(
                segment(LHR, DUB, "2026-06-15T08:00:00", "2026-06-15T09:20:00"),
                segment(
                    DUB, JFK, "2026-06-15T21:30:00", "2026-06-16T01:50:00", stops=[stop]
                ),
                duration="P1DT30M",
            ),
            *flight(segment(JFK, LHR, "2026-06-22T18:00:00", "2026-06-23T06:00:00")),
        ],
    )


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    damage=st.lists(
        st.tuples(st.sampled_from(paths(rich_offer())), _HOSTILE | st.just(...)),
        min_size=1,
        max_size=3,
    )
)
def test_no_value_anywhere_stops_an_answer_or_is_stored_as_what_it_is_not(
    desk: Desk, damage: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    """Any value at any place: stored as the oracle reads it, or quarantined for it."""
    bad = copy.deepcopy(rich_offer())
    for path, value in damage:
        try:
            (drop(*path) if value is ... else change(*path, to=value))(bad)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    first, last = offer("off_first"), offer("off_last")
    with desk.sql.transaction(force_rollback=True):
        stored = desk.ingest([first, bad, last])
        desk.assert_as_sent(first)
        desk.assert_as_sent(last)
        assert desk.quarantine_size() == 3 - stored
        history = desk.history()
        assert (history["offers"], history["malformed"]) == (stored, 3 - stored)
        if stored == 3:
            desk.assert_as_sent(bad)
        else:
            (reason,) = desk.quarantined().values()
            assert re.match(r"(the offer|id|[a-z_.*]+) (is|has|does) ", reason)


def test_an_answer_of_nothing_but_noise_is_counted(desk: Desk) -> None:
    """No offer in it is readable, and it is still an answer."""
    deep = nested(200)
    assert desk.ingest([deep, "x" * 100_000, 1e300, {"id": deep}, None]) == 0
    assert desk.history()["malformed"] == desk.quarantine_size() == 5


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
    one = offer(
        slices=flight(
            segment(LHR, DUB, "2026-06-15T08:00:00", "2026-06-15T09:20:00"),
            segment(DUB, JFK, "2026-06-15T11:30:00", "2026-06-15T13:50:00"),
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
    out = flight(segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00"))
    back = flight(
        segment(
            JFK,
            DUB,
            "2026-06-22T18:00:00",
            "2026-06-23T05:30:00",
            stops=[{"airport": {"iata_code": "YYT"}}, {"airport": LHR}],
        ),
        segment(DUB, LHR, "2026-06-23T08:00:00", "2026-06-23T09:20:00", stops=None),
    )
    one = offer(slices=out + back)
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert row["longest_slice"] == timedelta(hours=10, minutes=20)
    assert row["duration"] == timedelta(hours=18, minutes=25)
    assert row["technical_stops"] == 2
    desk.assert_as_sent(one)


@pytest.mark.parametrize(
    ("case", "wait"),
    [
        # London's clocks go forward in the night of the layover (29 March 2026).
        (
            (
                (JFK, LHR, "2026-03-28T10:00:00", "2026-03-28T22:00:00"),
                (LHR, CDG, "2026-03-29T07:00:00", "2026-03-29T09:20:00"),
            ),
            timedelta(hours=8),
        ),
        # They go back (25 October 2026): the same clock times are ten hours.
        (
            (
                (JFK, LHR, "2026-10-24T10:00:00", "2026-10-24T22:00:00"),
                (LHR, CDG, "2026-10-25T07:00:00", "2026-10-25T09:20:00"),
            ),
            timedelta(hours=10),
        ),
        # New York, three weeks before Europe (8 March 2026), and back (1 November).
        (
            (
                (LHR, JFK, "2026-03-07T18:00:00", "2026-03-07T21:00:00"),
                (JFK, LAX, "2026-03-08T06:00:00", "2026-03-08T09:10:00"),
            ),
            timedelta(hours=8),
        ),
        (
            (
                (LHR, JFK, "2026-10-31T18:00:00", "2026-10-31T21:00:00"),
                (JFK, LAX, "2026-11-01T06:00:00", "2026-11-01T09:10:00"),
            ),
            timedelta(hours=10),
        ),
        # Apia is a day ahead of Honolulu: it lands the day after it left.
        (
            (
                (HNL, APW, "2026-06-15T14:00:00", "2026-06-16T20:15:00"),
                (APW, AKL, "2026-06-16T23:45:00", "2026-06-17T02:45:00"),
            ),
            timedelta(hours=3, minutes=30),
        ),
        # Zones of 45 minutes.
        (
            (
                (DEL, KTM, "2026-06-15T10:00:00", "2026-06-15T11:55:00"),
                (KTM, DEL, "2026-06-15T13:10:00", "2026-06-15T14:30:00"),
            ),
            timedelta(hours=1, minutes=15),
        ),
        (
            (
                (AKL, CHT, "2026-06-15T10:00:00", "2026-06-15T12:55:00"),
                (CHT, AKL, "2026-06-15T13:30:00", "2026-06-15T15:00:00"),
            ),
            timedelta(minutes=35),
        ),
    ],
)
def test_a_layover_is_time_that_passes_not_clocks_that_are_read(
    desk: Desk, case: tuple[tuple[Any, ...], ...], wait: timedelta
) -> None:
    """Clock changes, the date line and odd zones included, without a duration given."""
    one = offer(slices=flight(*(segment(*leg) for leg in case)))
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert (row["shortest_layover"], row["longest_layover"]) == (wait, wait)
    desk.assert_as_sent(one)


def test_a_time_that_a_clock_skips_or_shows_twice_is_standard_time(desk: Desk) -> None:
    """01:30 in London on the two nights of the year, as Postgres reads it."""
    offers: list[Any] = [
        offer(
            "off_skipped",
            slices=flight(
                segment(LHR, CDG, "2026-03-29T01:30:00", "2026-03-29T04:50:00")
            ),
        ),
        offer(
            "off_twice",
            slices=flight(
                segment(LHR, CDG, "2026-10-25T01:30:00", "2026-10-25T03:50:00")
            ),
        ),
    ]
    assert desk.ingest(offers) == 2
    for one in offers:
        desk.assert_as_sent(one)
        assert desk.stored(one["id"])["departs_at"].astimezone(UTC).hour == 1


def test_layovers_are_of_connections_and_not_of_the_stay(desk: Desk) -> None:
    """The week between two slices is no layover; without connections there is none."""
    out = segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    back = segment(JFK, DUB, "2026-06-22T10:00:00", "2026-06-22T21:30:00")
    home = segment(DUB, LHR, "2026-06-22T23:00:00", "2026-06-23T00:20:00")
    offers: list[Any] = [
        offer("off_direct", slices=[*flight(out), *flight(back)]),
        offer("off_connecting", slices=[*flight(out), *flight(back, home)]),
    ]
    assert desk.ingest(offers) == 2
    for one in offers:
        desk.assert_as_sent(one)
    row = desk.stored("off_direct")
    assert (row["shortest_layover"], row["longest_layover"]) == (None, None)
    assert (row["airport_changes"], row["overnight_layovers"]) == (0, 0)
    assert desk.stored("off_connecting")["longest_layover"] == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("lands", "leaves", "nights"),
    [
        ("2026-06-15T09:20:00", "2026-06-15T23:59:00", 0),
        ("2026-06-15T23:50:00", "2026-06-16T00:30:00", 1),
        ("2026-06-16T00:10:00", "2026-06-16T07:00:00", 0),
        ("2026-06-15T18:00:00", "2026-06-17T07:00:00", 1),
    ],
)
def test_a_layover_is_overnight_when_its_date_changes(
    desk: Desk, lands: str, leaves: str, nights: int
) -> None:
    """By the calendar at the connection; two nights are one overnight layover."""
    one = offer(
        slices=flight(
            segment(LHR, DUB, "2026-06-15T08:00:00", lands),
            segment(DUB, LHR, leaves, "2026-06-18T13:50:00"),
        )
    )
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["overnight_layovers"] == nights
    desk.assert_as_sent(one)


def test_leaving_from_another_airport_than_one_landed_at_is_counted(desk: Desk) -> None:
    """Heathrow to Gatwick is a change within one city, and the traveller's to make."""
    one = offer(
        slices=flight(
            segment(JFK, LHR, "2026-06-15T18:00:00", "2026-06-16T06:00:00"),
            segment(LGW, CDG, "2026-06-16T12:00:00", "2026-06-16T14:10:00"),
        )
    )
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert (row["airport_changes"], row["red_eyes"]) == (1, 1)
    assert row["longest_layover"] == timedelta(hours=6)
    desk.assert_as_sent(one)


@pytest.mark.parametrize(
    ("case", "red_eyes"),
    [
        ((LAX, JFK, "2026-06-15T22:00:00", "2026-06-16T06:30:00"), 1),
        ((JFK, LHR, "2026-06-15T19:00:00", "2026-06-16T07:00:00"), 1),
        # Over the date line it lands on the day it left.
        ((AKL, HNL, "2026-06-15T22:00:00", "2026-06-15T07:30:00"), 1),
        ((HNL, LAX, "2026-06-15T17:59:00", "2026-06-16T02:00:00"), 0),
        ((HNL, LAX, "2026-06-15T18:00:00", "2026-06-16T02:00:00"), 1),
        ((LHR, DUB, "2026-06-15T22:30:00", "2026-06-15T23:45:00"), 0),
        ((LHR, DUB, "2026-06-15T23:00:00", "2026-06-16T00:29:59"), 0),
        ((LHR, DUB, "2026-06-15T23:00:00", "2026-06-16T00:30:00"), 1),
        ((LHR, DUB, "2026-06-15T04:59:00", "2026-06-15T06:10:00"), 1),
        ((LHR, DUB, "2026-06-15T05:00:00", "2026-06-15T06:10:00"), 0),
        ((LHR, JFK, "2026-06-15T20:00:00", "2026-06-15T23:00:00"), 0),
        ((LHR, CDG, "2026-06-15T23:00:00", "2026-06-16T10:59:00"), 1),
        ((LHR, CDG, "2026-06-15T23:00:00", "2026-06-16T11:00:00"), 0),
        # The clocks go forward during the flight (29 March 2026).
        ((JFK, LHR, "2026-03-28T19:00:00", "2026-03-29T07:30:00"), 1),
    ],
)
def test_a_red_eye_leaves_in_the_evening_and_lands_in_the_morning(
    desk: Desk, case: tuple[Json, Json, str, str], red_eyes: int
) -> None:
    """From 18:00 to 04:59 and from 00:30 to 10:59, by the clocks at both ends."""
    one = offer(slices=flight(segment(*case)))
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["red_eyes"] == red_eyes
    desk.assert_as_sent(one)


def test_local_times_are_kept_per_slice_as_the_airports_clocks_show_them(
    desk: Desk,
) -> None:
    """A traveller's window is about the clock on the wall."""
    one = offer(
        slices=[
            *flight(segment(AKL, LAX, "2026-06-15T19:30:00", "2026-06-15T12:30:00")),
            *flight(segment(LAX, AKL, "2026-06-22T22:00:00", "2026-06-24T05:50:00")),
        ]
    )
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert [t.isoformat() for t in row["departs_local"]] == [
        "2026-06-15T19:30:00",
        "2026-06-22T22:00:00",
    ]
    assert [t.isoformat() for t in row["arrives_local"]] == [
        "2026-06-15T12:30:00",
        "2026-06-24T05:50:00",
    ]


@pytest.mark.parametrize(("minutes", "fits"), [(26 * 60, False), (14 * 60 + 45, True)])
def test_a_long_duration_is_compared_as_time_and_not_as_digits(
    desk: Desk, minutes: int, fits: bool
) -> None:
    """However it is spelled, 26 hours exceed a day and 14:45 do not."""
    hours, rest = divmod(minutes, 60)
    for text in (
        f"PT{hours}H{rest}M",
        f"PT{minutes}M",
        f"P{hours // 24}DT{hours % 24}H{rest}M",
    ):
        one = offer(f"off_{text}", slices=flight(rich_leg(), duration=text))
        assert desk.ingest([one]) == 1
        assert (desk.stored(one["id"])["longest_slice"] <= timedelta(hours=24)) is fits


def rich_leg() -> Json:
    """Return a segment over which any duration may be claimed."""
    return segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")


# -- airlines, cabins, itineraries -------------------------------------------------


def test_carriers_are_those_on_the_ticket_and_those_that_fly(desk: Desk) -> None:
    """Each once, sorted; an operator without a code is somebody we do not know."""
    one = offer(
        slices=flight(
            segment(
                LHR,
                DUB,
                "2026-06-15T08:00:00",
                "2026-06-15T09:20:00",
                operating_carrier={"iata_code": None, "name": "Wet Lease Ltd"},
            ),
            segment(
                DUB,
                JFK,
                "2026-06-15T11:30:00",
                "2026-06-15T13:50:00",
                operating_carrier={"iata_code": "AA"},
            ),
        )
    )
    assert desk.ingest([one]) == 1
    assert desk.stored("off_good")["carriers"] == ["?", "AA", "BA"]
    desk.assert_as_sent(one)


@pytest.mark.parametrize(
    ("cabins", "lowest"),
    [
        (["first", "business"], "business"),
        (["business", "premium_economy"], "premium_economy"),
        (["first", "economy"], "economy"),
        (["first", "suite"], None),
        (["first", None], None),
    ],
)
def test_the_lowest_cabin_is_that_of_the_worst_seat(
    desk: Desk, cabins: list[str | None], lowest: str | None
) -> None:
    """Of two passengers or two segments; a cabin we do not know is not a good one."""
    alone = [[{"passenger_id": "pas_1", "cabin_class": cabin}] for cabin in cabins]
    seats = [
        {"passenger_id": f"pas_{n}", "cabin_class": c} for n, c in enumerate(cabins)
    ]
    first = segment(LHR, DUB, "2026-06-15T08:00:00", "2026-06-15T09:20:00")
    second = segment(DUB, JFK, "2026-06-15T11:30:00", "2026-06-15T13:50:00")
    apart = offer(
        "off_apart",
        slices=flight(
            {**first, "passengers": alone[0]}, {**second, "passengers": alone[1]}
        ),
    )
    beside = offer(
        "off_beside",
        passengers=[{"id": f"pas_{n}", "type": "adult", "age": None} for n in (0, 1)],
        slices=flight({**first, "passengers": seats}),
    )
    assert desk.ingest([apart, beside]) == 2
    for one in (apart, beside):
        assert desk.stored(one["id"])["lowest_cabin"] == lowest
        desk.assert_as_sent(one)


def test_the_same_flights_have_one_key_whatever_the_fare(desk: Desk) -> None:
    """Brand, price, source and zeros in front make no other itinerary; time does."""
    leg = (LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    other = {"marketing_carrier_flight_number": "0117"}
    later = (LHR, JFK, "2026-06-15T10:05:00", "2026-06-15T13:05:00")
    offers: list[Any] = [
        offer("off_basic"),
        offer("off_flex", total_amount="250.00", slices=flight(segment(*leg, **other))),
        offer("off_later", slices=flight(segment(*later))),
    ]
    assert desk.ingest(offers) == 3
    basic, flex, late = (desk.stored(one["id"])["itinerary_key"] for one in offers)
    assert basic == flex != late


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
    first = segment(LHR, DUB, "2026-06-15T08:00:00", "2026-06-15T09:20:00")
    second = segment(DUB, JFK, "2026-06-15T11:30:00", "2026-06-15T13:50:00")
    second["passengers"][0]["baggages"] = None
    one = offer(slices=flight(first, second))
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert (row["carry_on_bags"], row["checked_bags"]) == (0, 0)
    desk.assert_as_sent(one)


@pytest.mark.parametrize("missing", ["pas_1", "pas_2"])
def test_a_segment_that_leaves_somebody_out_promises_nothing(
    desk: Desk, missing: str
) -> None:
    """Nobody knows of their seat and bags; only a lap has neither."""
    one = party_of(("pas_1", None, 1), ("pas_2", None, 1), ("pas_3", 1, 0))
    (flown,) = one["slices"][0]["segments"]
    kept = [p for p in flown["passengers"] if p["passenger_id"] != missing]
    flown["passengers"] = kept
    assert desk.ingest([one]) == 1
    row = desk.stored("off_good")
    assert (row["checked_bags"], row["lowest_cabin"]) == (0, None)
    desk.assert_as_sent(one)

    flown["passengers"] = [
        {**kept[0], "passenger_id": passenger} for passenger in ("pas_1", "pas_2")
    ]
    one["id"] = "off_whole"
    assert desk.ingest([one]) == 1
    row = desk.stored("off_whole")
    assert (row["checked_bags"], row["lowest_cabin"]) == (1, "economy")


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
    reason = 'id is that of an offer stored before: "off_good"'
    assert (first.quarantined(), second.quarantined()) == ({}, {"off_good": reason})
    owner: UUID = first.stored("off_good")["user_id"]
    assert owner == first.user_id
