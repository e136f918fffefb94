"""What a traveller agreed to is on record, and nothing else is bought."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from sidecar.errors import SQLSTATES, Conflict, InvalidInput
from tests.factories import in_days
from tests.sql import test_protocol
from tests.sql.test_guards import found, reason, search_again
from tests.sql.test_protocol import PERSON, Connection, Row, Stage, Trip

stage = test_protocol.stage

CURRENT = "2026-11"


def consents(stage: Stage, trip: Trip) -> list[Row]:
    """Return what was agreed to about a trip, oldest first."""
    return stage.rows(
        "select * from public.consents where trip_request_id = %s order by id",
        trip.trip_id,
    )


def as_traveller(stage: Stage, trip: Trip) -> Connection:
    """Log in as PostgREST does for the traveller of a trip."""
    connection = stage.connect("authenticator")
    connection.execute("set role authenticated")
    connection.execute(
        "select set_config('request.jwt.claims',"
        " json_build_object('sub', %s::text, 'role', 'authenticated')::text, false)",
        [trip.user_id],
    )
    return connection


def wish(stage: Stage, trip: Trip, **columns: object) -> None:
    """Change a trip as its traveller."""
    names = ", ".join(f"{name} = %s" for name in columns)
    with as_traveller(stage, trip) as connection:
        connection.execute(
            f"update public.trip_requests set {names} where id = %s".encode(),
            [*columns.values(), trip.trip_id],
        )


def agree(stage: Stage, trip: Trip) -> None:
    """Agree to a trip as it is now, as its traveller."""
    with as_traveller(stage, trip) as connection:
        connection.execute(
            "select public.consent_to_trip(%s, %s)", [trip.trip_id, CURRENT]
        )


def add_passenger(stage: Stage, trip: Trip, given_name: str = "Bessie") -> None:
    """Let somebody else fly along."""
    person = {**PERSON, "given_name": given_name}
    profile = uuid4()
    stage.insert(
        "public.traveler_profiles", {"user_id": trip.user_id, "id": profile, **person}
    )
    with as_traveller(stage, trip) as connection:
        connection.execute(
            "insert into public.trip_passengers (trip_request_id, traveler_profile_id)"
            " values (%s, %s)",
            [trip.trip_id, profile],
        )


def raise_limit(stage: Stage, trip: Trip) -> None:
    """From 500 pounds to 3000."""
    wish(stage, trip, max_price=3000)


def change_currency(stage: Stage, trip: Trip) -> None:
    """The same number of another currency."""
    stage.rows(
        "insert into engine.exchange_rates values ('USD', 'GBP', now(), 0.9, 'a test')"
    )
    wish(stage, trip, currency="USD")


def change_card(stage: Stage, trip: Trip) -> None:
    """Another card of the same traveller."""
    card = uuid4()
    stage.insert(
        "public.payment_methods",
        {
            "user_id": trip.user_id,
            "id": card,
            "stripe_customer_id": "cus_1",
            "stripe_payment_method_id": f"pm_{card.hex}",
            "brand": "visa",
            "last4": "1881",
            "exp_month": 12,
            "exp_year": 2034,
        },
    )
    wish(stage, trip, payment_method_id=card)


def become_somebody_else(stage: Stage, trip: Trip) -> None:
    """The same profile, another person."""
    with as_traveller(stage, trip) as connection:
        connection.execute("update public.traveler_profiles set given_name = 'Neta'")


def withdraw(stage: Stage, trip: Trip) -> None:
    """The text that was agreed to is taken off the trip, and booking stays on."""
    stage.rows(
        "insert into engine.consent_texts (version, body, sha256, published_at,"
        " published_by, reason) select 'next', body, sha256, now(), 'test', 'test'"
        " from engine.consent_texts"
    )
    stage.rows("alter table public.trip_requests disable trigger user")
    stage.rows("update public.trip_requests set consent_text_version = 'next'")
    stage.rows("alter table public.trip_requests enable trigger user")


CHANGES: dict[Callable[[Stage, Trip], None], str] = {
    raise_limit: "the highest price",
    change_currency: "the currency",
    change_card: "the card",
    add_passenger: "who flies",
    become_somebody_else: "who flies",
    withdraw: "this trip",
}


@pytest.mark.parametrize(
    "version", ["", " ", "nobody published this", CURRENT + "x", "x" * 20_000_000]
)
def test_consent_to_a_text_that_nobody_published_is_refused(
    stage: Stage, version: str
) -> None:
    """When a trip is stated, when it is changed, and when it is agreed to again."""
    trip = stage.trip()
    before = consents(stage, trip)
    for attempt in (
        lambda: stage.trip(consent_text_version=version),
        lambda: wish(stage, trip, consent_text_version=version),
        lambda: stage.rows(
            "select public.consent_to_trip(%s, %s)", trip.trip_id, version
        ),
    ):
        with pytest.raises(psycopg.Error) as caught:
            attempt()
        if len(version) > 1000:
            assert caught.value.sqlstate == "SK025"
            continue
        assert caught.value.sqlstate == "SK020"
        assert SQLSTATES["SK020"] is InvalidInput
        assert caught.value.diag.column_name == "consent_text_version"
        detail = json.loads(caught.value.diag.message_detail or "{}")
        assert detail["published"] == CURRENT
        assert len(detail["value"]) <= 40
    assert consents(stage, trip) == before
    assert stage.row("select count(*) as n from public.trip_requests")["n"] == 1


def test_a_retired_text_can_no_longer_be_agreed_to(stage: Stage) -> None:
    """What was agreed to before stays agreed to, and the trip can be changed."""
    trip = stage.trip()
    stage.rows("select engine.retire_consent_text(%s, 'a lawyer asked')", CURRENT)
    for attempt in (stage.trip, lambda: agree(stage, trip)):
        with pytest.raises(psycopg.Error) as caught:
            attempt()
        assert caught.value.sqlstate == "SK020"
    wish(stage, trip, max_connections=0)
    stage.book(trip)


def test_a_consent_says_what_was_agreed_to(stage: Stage) -> None:
    """The limit, its currency, the text, the card, who flies, when, and who says so."""
    trip = stage.trip()
    named, whole = consents(stage, trip)
    assert (named["party"], len(whole["party"])) == ([], 1)
    stated = stage.row("select * from public.trip_requests where id = %s", trip.trip_id)
    for one in (named, whole):
        assert {name: one[name] for name in ("max_price", "currency")} == {
            "max_price": Decimal(500),
            "currency": "GBP",
        }
        assert one["payment_method_id"] == stated["payment_method_id"]
        assert one["text_version"] == CURRENT
        assert one["actor"] == "postgres"
    assert named["given_at"] == stated["consent_at"]

    raise_limit(stage, trip)
    assert len(consents(stage, trip)) == 2
    agree(stage, trip)
    third = consents(stage, trip)[2]
    assert (third["max_price"], third["party"]) == (Decimal(3000), whole["party"])
    assert third["actor"] == "authenticator as authenticated"
    renewed = stage.row(
        "select consent_at from public.trip_requests where id = %s", trip.trip_id
    )
    assert renewed["consent_at"] == third["given_at"] > stated["consent_at"]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_was_not_agreed_to_is_not_booked(
    stage: Stage, change: Callable[[Stage, Trip], None]
) -> None:
    """The traveller is told what, agrees again, and then it is booked."""
    trip = stage.trip()
    change(stage, trip)
    call = search_again(stage)[trip.trip_id]
    assert stage.finish(found(call, 40)) == []
    assert stage.status(trip) == "ACTION_REQUIRED"
    assert reason(stage, trip).startswith(
        f"Your consent does not cover {CHANGES[change]}: agree again"
    )
    assert stage.rows("select from public.booking_attempts") == []

    agree(stage, trip)
    with as_traveller(stage, trip) as connection:
        connection.execute("select public.resume_trip(%s)", [trip.trip_id])
    call = search_again(stage)[trip.trip_id]
    stage.finish(found(call, 40))
    assert stage.status(trip) == "BOOKING"


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_booking_by_hand_asks_for_the_same_consent(
    stage: Stage, change: Callable[[Stage, Trip], None]
) -> None:
    """`auto_book_production` is no way round it."""
    trip = stage.trip(auto_book_enabled=False)
    call = search_again_watched(stage, trip)
    stage.finish(found(call, 40))
    stage.rows("update public.trip_requests set auto_book_enabled = true")
    change(stage, trip)
    stage.rows(
        "update public.flight_offers set search_round = t.search_round"
        " from public.trip_requests as t"
    )
    with pytest.raises(psycopg.Error) as caught:
        stage.rows("select public.auto_book_production(%s)", trip.trip_id)
    assert caught.value.sqlstate == "SK114"
    assert SQLSTATES["SK114"] is Conflict


def test_a_trip_that_is_only_watched_is_never_booked(stage: Stage) -> None:
    """Consent was given, and automatic booking is off: by hand neither."""
    trip = stage.trip(auto_book_enabled=False)
    stage.finish(found(search_again_watched(stage, trip), 40))
    with pytest.raises(psycopg.Error) as caught:
        stage.rows("select public.auto_book_production(%s)", trip.trip_id)
    assert caught.value.sqlstate == "SK103"
    detail = json.loads(caught.value.diag.message_detail or "{}")
    assert detail["problem"] == "consent"
    assert stage.rows("select from public.booking_attempts") == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [("search_round = search_round + 1", "offer"), ("max_price = 39", "price")],
)
def test_an_offer_of_an_earlier_round_or_above_the_limit_begins_no_booking(
    stage: Stage, change: str, problem: str
) -> None:
    """What was ranked before is held against the trip as it is when it is booked."""
    trip = stage.trip(auto_book_enabled=False)
    stage.finish(found(search_again_watched(stage, trip), 40))
    stage.rows("update public.trip_requests set auto_book_enabled = true")
    stage.rows(f"update public.trip_requests set {change}")
    with pytest.raises(psycopg.Error) as caught:
        stage.rows(
            "select engine.begin_attempt(t, o.id, 'test', clock_timestamp())"
            " from public.trip_requests as t, public.flight_offers as o"
            " where o.rank is not null"
        )
    assert caught.value.sqlstate == "SK102"
    detail = json.loads(caught.value.diag.message_detail or "{}")
    assert detail["problem"] == problem


def search_again_watched(stage: Stage, trip: Trip) -> Row:
    """Search for a trip that is only watched; return the claimed search."""
    stage.rows("select public.duffel_search(%s)", trip.trip_id)
    return stage.claim_operation("search")


def lower_limit(stage: Stage, trip: Trip) -> None:
    """To less than was agreed to."""
    wish(stage, trip, max_price=400)


def raise_it_back(stage: Stage, trip: Trip) -> None:
    """To what was agreed to, and no further."""
    wish(stage, trip, max_price=400)
    wish(stage, trip, max_price=500)


def agree_at_once(stage: Stage, trip: Trip) -> None:
    """The statement that raises the limit names the text."""
    wish(stage, trip, max_price=3000, consent_text_version=CURRENT)


@pytest.mark.parametrize("change", [lower_limit, raise_it_back, agree_at_once])
def test_what_was_agreed_to_needs_no_second_consent(
    stage: Stage, change: Callable[[Stage, Trip], None]
) -> None:
    """Less is covered, and a consent in the same statement covers what it states."""
    trip = stage.trip()
    change(stage, trip)
    stage.book(trip)


def test_the_final_check_asks_for_consent_itself(stage: Stage) -> None:
    """It does not rely on the trip's version, which moves with the same change."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    version = "select version from public.trip_requests where id = %s"
    before = stage.row(version, trip.trip_id)["version"]
    raise_limit(stage, trip)
    stage.rows("update public.trip_requests set version = %s", before)
    assert stage.mark_sent(call) == "the consent does not cover the highest price"
    assert stage.attempt(trip)["state"] == "VOIDING"


def test_a_trip_that_is_stated_in_two_steps_is_agreed_to_with_its_first_party(
    stage: Stage,
) -> None:
    """By plain inserts; and nobody who joins later was agreed to."""
    other = stage.trip()
    card = stage.row("select payment_method_id as id from public.trip_requests")["id"]
    profile = stage.row("select id from public.traveler_profiles")["id"]
    with as_traveller(stage, other) as connection:
        row = connection.execute(
            "insert into public.trip_requests (origins, destinations, departure_from,"
            " departure_to, max_price, currency, payment_method_id, auto_book_enabled,"
            " consent_text_version) values ('{LHR}', '{JFK}', %s, %s, 500, 'GBP', %s,"
            " true, %s) returning id",
            [in_days(60), in_days(60), card, CURRENT],
        ).fetchone()
        assert row is not None
        trip = Trip(other.user_id, row["id"])
        connection.execute(
            "insert into public.trip_passengers (trip_request_id, traveler_profile_id)"
            " values (%s, %s)",
            [trip.trip_id, profile],
        )
    problem = (
        "select engine.consent_problem(t) as p from public.trip_requests as t"
        " where t.id = %s"
    )
    assert stage.row(problem, trip.trip_id)["p"] is None
    add_passenger(stage, trip)
    assert stage.row(problem, trip.trip_id)["p"] == "who flies"
    assert len(consents(stage, trip)) == 2


def test_a_limit_raised_before_the_party_is_named_was_not_agreed_to(
    stage: Stage,
) -> None:
    """The party completes the consent as it was given, not the trip as it became."""
    trip = stage.trip()
    stage.rows("delete from public.trip_passengers")
    stage.rows("update public.trip_requests set consent_text_version = %s", CURRENT)
    raise_limit(stage, trip)
    add_passenger(stage, trip)
    assert consents(stage, trip)[-1]["max_price"] == Decimal(500)
    assert (
        stage.row(
            "select engine.consent_problem(t) as p from public.trip_requests as t"
        )["p"]
        == "the highest price"
    )


def test_nobody_writes_a_consent_by_hand(stage: Stage) -> None:
    """A traveller reads their own; the owner adds and changes nothing."""
    mine, other = stage.trip(), stage.trip()
    with as_traveller(stage, mine) as connection:
        rows = connection.execute("select * from public.consents").fetchall()
        assert {row["user_id"] for row in rows} == {mine.user_id}
        for statement in (
            "insert into public.consents (user_id) values (auth.uid())",
            "update public.consents set max_price = 900",
            "delete from public.consents",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(
                "select public.consent_to_trip(%s, %s)", [other.trip_id, CURRENT]
            )
        assert caught.value.sqlstate == "SK104"
    with pytest.raises(psycopg.Error) as caught:
        stage.rows("update public.consents set max_price = 900")
    assert caught.value.sqlstate == "SK302"


def test_a_published_text_keeps_its_words(stage: Stage) -> None:
    """A version is one text for ever; the digest is that of its words."""
    publish = "select engine.publish_consent_text(%s, %s, %s) as sha256"
    body = "I agree to the second text, word for word."
    digest = stage.row(publish, "2026-12", body, "a second text")["sha256"]
    kept = stage.row("select * from engine.consent_texts where version = '2026-12'")
    assert (kept["body"], kept["sha256"]) == (body, digest)
    stage.trip(consent_text_version="2026-12")
    refusals: list[tuple[Any, ...]] = [
        ("2026-12", body, "again"),
        ("", body, "no version"),
        ("a b", body, "a space"),
        ("x" * 41, body, "a long name"),
        ("2027-01", " " * 40, "no words"),
        ("2027-01", "x" * 20_001, "too many words"),
        (None, body, "no version"),
        ("2027-01", None, "no words"),
    ]
    for arguments in refusals:
        with pytest.raises(psycopg.Error) as caught:
            stage.rows(publish, *arguments)
        assert caught.value.sqlstate == "SK023"
        assert caught.value.diag.column_name in ("version", "body")
    for statement in (
        "update engine.consent_texts set body = 'I agree to everything there is.'",
        "delete from engine.consent_texts",
        "truncate engine.consent_texts cascade",
    ):
        with pytest.raises(psycopg.Error) as caught:
            stage.rows(statement)
        assert caught.value.sqlstate == "SK302"
    with pytest.raises(psycopg.Error) as caught:
        stage.rows("select engine.retire_consent_text('never', 'published')")
    assert caught.value.sqlstate == "SK023"
