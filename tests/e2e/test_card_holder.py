"""A bank wants its card's holder: the attempt waits, and goes on or is undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import requests
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.payments import Payments
from sidecar.web import build_app
from tests.conftest import Connect
from tests.e2e.cases import state
from tests.factories import WANTS_ITS_HOLDER, Traveller, World, until
from tests.receivers import running_post
from tests.sandbox.control import Fault
from tests.sandbox.payments.errors import ApiError
from tests.sandbox.server import running_in_thread

TO_CONFIRM = "select public.payment_to_confirm(%s)"


def waiting(world: World) -> tuple[Traveller, UUID]:
    """Return a traveller and a trip whose payment waits for its card's holder."""
    traveller = world.traveller(card=WANTS_ITS_HOLDER)
    trip = world.trip(traveller)
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "AWAITING_HOLDER")
    return traveller, trip


def secret(world: World, trip: UUID) -> str:
    """Return the client secret of a trip's payment, as Stripe itself has it."""
    client = Payments(world.payments_url, "sk_test_fixture")
    found = client.client_secret(world.attempt(trip)["payment_intent_id"])
    assert found is not None
    return found


def confirm(world: World, trip: UUID, *, succeed: bool = True) -> None:
    """The holder confirms in a browser, or fails to."""
    world.payments.controls.confirm(secret(world, trip), succeed=succeed)


def look(world: World, trip: UUID) -> None:
    """Let the next read be due, as an event of Stripe does."""
    attempt = world.attempt(trip)
    world.rows(
        "select engine.nudge_attempt(%s, %s, clock_timestamp())",
        attempt["user_id"],
        attempt["id"],
    )


def told(world: World, trip: UUID) -> list[str]:
    """Return what the traveller was told of a trip, in order."""
    rows = world.rows(
        "select kind from public.notifications where trip_request_id = %s"
        " order by created_at",
        trip,
    )
    return [row["kind"] for row in rows]


def assert_undone(world: World, trip: UUID) -> None:
    """No order, nothing held or taken, and every promise kept."""
    (intent,) = world.intents(trip)
    assert intent["status"] == "canceled"
    assert (intent["held"], intent["captured"]) == (0, 0)
    assert world.orders(trip) == []
    assert world.violations() == []


def test_a_payment_that_its_holder_confirms_in_time_is_booked_by_the_same_attempt(
    world: World, connect: Connect
) -> None:
    """With the same payment; meanwhile the trip and a message say until when."""
    world.rows(
        "select engine.set_message_settings('a test', p_confirm_link =>"
        " 'https://app.example.com/confirm/{trip}')"
    )
    traveller, trip = waiting(world)
    before = world.attempt(trip)
    (intent,) = world.intents(trip)
    assert intent["held"] == 0
    stated = world.row("select * from public.trip_requests where id = %s", trip)
    assert stated["auto_book_status"] == "BOOKING"
    assert f"{before['deadline_at']:%Y-%m-%d %H:%M} UTC" in stated["status_reason"]
    message = world.row("select * from public.notifications")
    assert message["kind"] == "payment.authentication_required"
    facts = message["facts"]
    assert facts["link"] == f"https://app.example.com/confirm/{trip}"
    assert facts["price"] == str(before["agreed_amount"])
    caller = connect("authenticated", user_id=traveller.user_id)
    row = caller.execute(TO_CONFIRM, [trip]).fetchone()
    assert row is not None
    assert row[0]["payment_intent"] == intent["id"]
    assert row[0]["deadline"] == facts["deadline"]
    assert row[0]["amount"] == facts["price"]

    confirm(world, trip)
    look(world, trip)
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    after = world.attempt(trip)
    assert (after["id"], after["payment_intent_id"]) == (before["id"], intent["id"])
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["authorized"] > 0
    assert len(world.orders(trip)) == 1
    assert caller.execute(TO_CONFIRM, [trip]).fetchone() == (None,)
    assert told(world, trip) == ["payment.authentication_required", "booking.confirmed"]
    assert world.violations() == []


def test_a_letter_says_until_when_and_where(world: World) -> None:
    """In the reader's language and zone, with the link that the settings have."""
    world.rows(
        "select engine.set_message_settings('a test', p_confirm_link =>"
        " 'https://app.example.com/confirm/{trip}')"
    )
    with running_post(world) as post:
        traveller = world.traveller(card=WANTS_ITS_HOLDER)
        post.address(traveller.user_id)
        world.rows(
            "insert into public.notification_preferences (user_id, language, time_zone)"
            " values (%s, 'de', 'Europe/Berlin')",
            traveller.user_id,
        )
        trip = world.trip(traveller)
        with post.courier(), world.working():
            world.tick()
            until(lambda: state(world, trip) == "AWAITING_HOLDER")
            until(post.is_told)
        (letter,) = post.box.letters
        deadline = world.value(
            "select to_char(deadline_at at time zone 'Europe/Berlin', 'HH24:MI')"
            " from public.booking_attempts"
        )
        link = f"https://app.example.com/confirm/{trip}"
        for part in ("plain", "html"):
            body: Any = letter.get_body((part,))
            said = body.get_content()
            assert f"{deadline} (Berlin)" in said
            assert link in said


def test_a_lost_answer_of_the_bank_is_read_and_the_payment_waits(world: World) -> None:
    """What Stripe keeps of the payment says what the bank wants."""
    confirmed = "POST /v1/payment_intents/*/confirm"
    world.payments.faults.arm(Fault(match=confirmed, kind="drop_after"))
    _, trip = waiting(world)
    assert world.value(
        "select count(*) from engine.provider_calls"
        " where operation = 'read_authorization' and state = 'DONE'"
    )
    assert told(world, trip) == ["payment.authentication_required"]
    assert world.violations() == []


def test_a_payment_that_is_confirmed_twice_is_taken_once(world: World) -> None:
    """The second click is refused by Stripe, and a second look finds nothing to do."""
    _, trip = waiting(world)
    confirm(world, trip)
    with pytest.raises(ApiError):
        confirm(world, trip)
    look(world, trip)
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
        look(world, trip)
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["authorized"]
    assert len(world.orders(trip)) == 1
    assert world.violations() == []


def test_a_payment_that_nobody_confirms_is_undone_and_told(world: World) -> None:
    """At its deadline; the trip then waits for its traveller."""
    _, trip = waiting(world)
    world.pass_time("2 hours")
    with world.working():
        until(lambda: state(world, trip) == "FAILED")
    assert world.status(trip) == "ACTION_REQUIRED"
    assert world.attempt(trip)["error_code"] == "not_confirmed"
    assert told(world, trip) == ["payment.authentication_required", "payment.declined"]
    assert_undone(world, trip)


def test_a_payment_that_is_confirmed_after_its_deadline_is_released(
    world: World,
) -> None:
    """Between the last read and the cancellation: the hold is let go."""
    _, trip = waiting(world)
    cancel = "POST /v1/payment_intents/*/cancel"
    world.payments.faults.arm(
        Fault(match=cancel, kind="status", status=429, times=None)
    )
    world.pass_time("2 hours")
    with world.working():
        until(lambda: state(world, trip) == "VOIDING")
    confirm(world, trip)
    world.payments.faults.clear()
    world.pass_time("1 hour")
    with world.working():
        until(lambda: state(world, trip) == "FAILED")
    (intent,) = world.intents(trip)
    assert intent["authorized"] > 0
    assert_undone(world, trip)


def test_a_holder_who_fails_may_try_again(world: World) -> None:
    """A failed challenge ends nothing; only the deadline does."""
    _, trip = waiting(world)
    confirm(world, trip, succeed=False)
    look(world, trip)
    read = "select tries from engine.provider_calls where operation = 'read_holder'"
    tries = world.value(read)
    with world.working():
        until(lambda: world.value(read) > tries)
        until(world.at_rest)
    assert state(world, trip) == "AWAITING_HOLDER"
    confirm(world, trip)
    look(world, trip)
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    assert world.violations() == []


def test_another_user_learns_nothing_of_a_payment(
    world: World, connect: Connect
) -> None:
    """The trip of somebody else is the same as none, for every caller."""
    _, trip = waiting(world)
    other = connect("authenticated", user_id=world.traveller().user_id)
    for asked in (trip, uuid4()):
        with pytest.raises(psycopg.Error) as refused:
            other.execute(TO_CONFIRM, [asked])
        assert refused.value.sqlstate == "SK104"


@pytest.mark.parametrize(
    ("wish", "then"), [("cancel_trip", "CANCELLED"), ("pause_trip", "PAUSED")]
)
def test_a_traveller_who_goes_away_meanwhile_pays_nothing(
    world: World, connect: Connect, wish: str, then: str
) -> None:
    """The payment is cancelled at once, also when it was confirmed just before."""
    traveller, trip = waiting(world)
    confirm(world, trip)
    caller = connect("authenticated", user_id=traveller.user_id)
    caller.execute(f"select public.{wish}(%s)", [trip])
    assert state(world, trip) == "VOIDING"
    with world.working():
        until(lambda: state(world, trip) == "FAILED")
    assert world.status(trip) == then
    assert_undone(world, trip)


def test_a_trip_that_is_paused_before_the_bank_answers_asks_nobody(
    world: World, connect: Connect
) -> None:
    """The payment is cancelled after one look, and no message was sent."""
    traveller = world.traveller(card=WANTS_ITS_HOLDER)
    trip = world.trip(traveller)
    confirmed = "POST /v1/payment_intents/*/confirm"
    world.payments.faults.arm(
        Fault(match=confirmed, kind="status", status=429, times=None)
    )
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "AUTHORIZING")
        connect("authenticated", user_id=traveller.user_id).execute(
            "select public.pause_trip(%s)", [trip]
        )
        world.payments.faults.clear()
        until(lambda: state(world, trip) == "FAILED")
    assert world.status(trip) == "PAUSED"
    assert told(world, trip) == []
    assert_undone(world, trip)


def test_a_trip_that_is_changed_meanwhile_is_searched_anew(world: World) -> None:
    """The payment for what was wished before is cancelled at the next look."""
    _, trip = waiting(world)
    world.rows(
        "update public.trip_requests set max_price = 60 where id = %s",
        trip,
    )
    look(world, trip)
    with world.working():
        until(lambda: state(world, trip) == "FAILED")
    assert world.attempt(trip)["error_code"] == "trip_changed"
    assert world.status(trip) == "PENDING"
    assert_undone(world, trip)


def test_an_offer_that_expires_while_its_payment_waits_is_not_ordered(
    world: World,
) -> None:
    """Though the holder confirmed: the final check sees it, and the hold is let go."""
    _, trip = waiting(world)
    world.rows(
        "update public.flight_offers set expires_at = clock_timestamp()"
        " where trip_request_id = %s and day = '9999-12-31'",
        trip,
    )
    confirm(world, trip)
    look(world, trip)
    with world.working():
        until(lambda: state(world, trip) == "FAILED")
    assert "Not ordered" in world.attempt(trip)["error_message"]
    assert_undone(world, trip)


def test_the_wait_ends_while_an_order_is_still_possible(world: World) -> None:
    """Three minutes before the offer expires, whatever the setting says."""
    world.rows(
        "select engine.set_message_settings('a test', p_holder_time => '2 hours')"
    )
    _, trip = waiting(world)
    left = world.value(
        "select (o.expires_at - a.deadline_at)::text from public.booking_attempts as a"
        " join public.flight_offers as o on o.id = a.flight_offer_id"
        " where a.trip_request_id = %s",
        trip,
    )
    assert left == "00:03:00"


def test_the_endpoint_hands_the_client_secret_to_the_owner_and_keeps_it_nowhere(
    world: World,
) -> None:
    """Not in a row of any table; another user gets what a trip that is none gets."""
    traveller, trip = waiting(world)
    url = make_conninfo(world.dsn, user="skylatch_sidecar")
    settings = ServeSettings(
        database_url=SecretStr(url), http_token=SecretStr("t" * 16)
    )
    database = Database(url)
    client = Payments(world.payments_url, "sk_test_fixture")
    try:
        app = build_app(settings, database, payments=client)
        with running_in_thread(app) as address:

            def ask(user_id: UUID) -> Any:
                return requests.post(
                    f"{address}/rpc/payment_to_confirm",
                    json={"trip_request_id": str(trip), "user_id": str(user_id)},
                    headers={"Authorization": f"Bearer {'t' * 16}"},
                    timeout=30,
                )

            answer = ask(traveller.user_id)
            refused = ask(world.traveller().user_id)
    finally:
        database.close()
    assert refused.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    payment = answer.json()["payment"]
    assert payment["client_secret"] == secret(world, trip)
    tables = world.rows(
        "select format('%%I.%%I', n.nspname, c.relname) as name from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and n.nspname in ('public', 'engine')"
    )
    for table in tables:
        found = world.value(
            f"select count(*) from {table['name']} as t"
            " where t::text like '%%_secret_%%'"
        )
        assert found == 0, table["name"]
