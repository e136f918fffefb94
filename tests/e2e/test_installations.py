"""Two installations on one account of each provider: neither touches the other's.

The oracle is what the sandboxes themselves say of every order and every payment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import stripe

from sidecar.deploy import deploy
from sidecar.flights import Flights
from sidecar.local.cluster import Cluster
from sidecar.webhooks import read_event
from tests.callbacks import STRIPE_SECRET, as_bytes, sign, snapshot
from tests.conftest import Connect
from tests.e2e.cases import book, hold_elsewhere, kinds, scan, state
from tests.factories import World, until
from tests.sandbox.control import Fault
from tests.sandbox.flights.cancellations import Terms
from tests.sql import cloned_database

RENEW = "select engine.renew_installation(%s)"
NAME = "select engine.installation_id()"


@pytest.fixture
def other(
    world: World, cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[World]:
    """Return another installation on the same accounts: a copy with its own name."""
    with cloned_database(cluster, template, clone_name) as dsn:
        found = World(
            dsn=dsn,
            flights=world.flights,
            flights_url=world.flights_url,
            payments=world.payments,
            payments_url=world.payments_url,
        )
        assert found.value(NAME) == world.value(NAME)  # a copy keeps the name
        found.value(RENEW, "lives beside its original")
        yield found
        found.close()


def truth(world: World) -> dict[str, Any]:
    """Return what became of every order and every payment on the accounts."""
    return {
        **{one["id"]: one["cancelled_at"] for one in world.orders()},
        **{one["id"]: (one["status"], one["refunded"]) for one in world.intents()},
    }


def mark(world: World, trip: UUID) -> dict[str, str]:
    """Return the mark of an attempt of this installation that nobody else knows."""
    return {
        "attempt_id": str(uuid4()),
        "trip_request_id": str(trip),
        "installation_id": str(world.value(NAME)),
    }


def test_two_installations_on_one_account_leave_each_other_alone(
    world: World, other: World
) -> None:
    """Both book and both scan: no case, no cancellation, no trip that waits."""
    for clock in (world.flights.clock, world.payments.clock):
        clock.advance(-420)
    trips = [(place, book(place)) for place in (world, other)]
    for clock in (world.flights.clock, world.payments.clock):
        clock.advance(420)
    # What a scan would otherwise release: never confirmed, a day old; and holds.
    for place, trip in trips:
        place.rows("update engine.history set confirmed_at = now() - interval '3 days'")
        traveller = place.traveller()
        hold_elsewhere(place, traveller, mark(place, trip), confirm=False, hours_ago=25)
    for place in (world, other):
        theirs = other if place is world else world
        before = truth(place)
        scan(place)
        with place.working():
            until(place.at_rest)
        after = truth(place)
        changed = {one for one, what in before.items() if after[one] != what}
        # Only the payment that nobody confirmed, and only one's own.
        (intent,) = (one for one in place.intents() if one["id"] in changed)
        assert changed == {intent["id"]}
        assert intent["metadata"]["installation_id"] == str(place.value(NAME))
        assert kinds(place) == []
        assert kinds(theirs) == []
    for place, trip in trips:
        assert place.status(trip) == "BOOKED"
        assert place.violations() == []


def test_everything_that_is_made_at_a_provider_carries_the_installation(
    world: World,
) -> None:
    """The order, the payment and the refund."""
    trip = book(world)
    # Which fare is the best, and whether it is returned, changes with the hour.
    world.flights.set_cancellations(Terms(refund_share=Decimal(1)))
    booking = world.value("select id from public.flight_bookings")
    world.value("select public.cancel_booking(%s)", booking)
    with world.working():
        until(lambda: state(world, trip) == "CANCELLED")
    client = stripe.StripeClient(
        "sk_test_fixture", base_addresses={"api": world.payments_url}
    )
    (refund,) = client.v1.refunds.list().data
    made = [
        world.orders(trip)[0]["metadata"],
        world.intents(trip)[0]["metadata"],
        refund.metadata.to_dict(),
    ]
    assert {one["installation_id"] for one in made} == {str(world.value(NAME))}
    assert {one["attempt_id"] for one in made} == {str(world.attempt(trip)["id"])}


def test_an_attempt_that_began_before_the_name_goes_on_without_it(world: World) -> None:
    """Under the same key a provider takes the same body only."""
    world.rows("update engine.installation set made_at = now() + interval '1 hour'")
    trip = book(world)
    assert "installation_id" not in world.intents(trip)[0]["metadata"]
    scan(world)
    assert kinds(world) == []


def test_events_about_another_installation_are_passed_over(
    world: World, other: World
) -> None:
    """Delivered or found in the list: nothing is looked at because of them."""
    trip = book(other)
    (intent,) = other.intents(trip)
    world.rows("select engine.sweep_events(now())")
    with world.working():
        until(lambda: world.value("select count(*) = 2 from engine.scans"))
        world.rows("select engine.apply_events(1000, clock_timestamp())")
        until(world.at_rest)
    events = world.rows(
        "select state, outcome from engine.provider_events where object_id = %s",
        intent["id"],
    )
    assert len(events) > 1
    assert {(row["state"], row["outcome"]) for row in events} == {
        ("IGNORED", "of another installation")
    }
    assert (
        world.rows(
            "select operation from engine.provider_calls"
            " where object_id is not null and operation like 'look%%'"
        )
        == []
    )
    assert kinds(world) == []


def test_an_event_about_anothers_order_breaks_no_promise_while_it_is_kept(
    world: World, other: World
) -> None:
    """Duffel's events do not say whose an order is: each is kept for an hour."""
    book(other)
    world.rows("select engine.sweep_events(now())")
    received = "select count(*) from engine.provider_events where state = 'RECEIVED'"
    with world.working():
        until(lambda: world.value("select count(*) = 2 from engine.scans"))
        world.rows("select engine.apply_events(1000, clock_timestamp())")
        until(world.at_rest)
    assert world.value(received) > 0
    age = "update engine.provider_events set received_at = received_at - %s::interval"
    world.rows(age, "50 minutes")
    assert world.violations() == []
    world.rows("select engine.watch_invariants()")
    assert kinds(world) == []
    world.rows(age, "2 hours")
    assert {row["invariant"] for row in world.violations()} == {"an event is acted on"}
    world.rows("select engine.apply_events(1000, clock_timestamp())")
    assert world.value(received) == 0
    assert world.violations() == []


def test_a_delivered_event_names_its_installation(world: World) -> None:
    """What the sidecar keeps of it says whose it is."""
    name = str(uuid4())
    body = as_bytes(
        snapshot(
            "payment_intent.succeeded",
            {"id": "pi_1", "metadata": {"installation_id": name}},
        )
    )
    event = read_event(
        "stripe",
        body,
        sign(body, STRIPE_SECRET, at=1_790_000_000),
        secrets=[STRIPE_SECRET],
        live_mode=False,
        now=1_790_000_000,
    )
    assert event["hints"]["installation_id"] == name
    world.rows(
        "select engine.receive_events('stripe', %s::jsonb, 'webhook')",
        json.dumps([event]),
    )
    world.rows("select engine.apply_events(10, now())")
    assert world.row("select state, outcome from engine.provider_events") == {
        "state": "IGNORED",
        "outcome": "of another installation",
    }


def test_a_dispute_of_another_installations_payment_is_not_ours(
    world: World, other: World
) -> None:
    """Its event does not say whose it is; the payment, read with it, does."""
    trip = book(other)
    (intent,) = other.intents(trip)
    dispute = world.payments.controls.open_dispute(intent["id"])["id"]
    for place in (world, other):
        place.rows(
            "select engine.enqueue_read('look_dispute', %s, jsonb_build_object("
            "'dispute', %s::text), null, now())",
            dispute,
            dispute,
        )
        with place.working():
            until(place.at_rest)
    assert kinds(world) == []
    assert kinds(other) == ["DISPUTE"]


def test_an_order_of_another_installation_is_never_adopted(world: World) -> None:
    """Of our offer it is a person's; naming our attempt alone, it is not there."""
    trip = book(world)
    code = (
        "select engine.found_order(a, %s::jsonb) ->> 'code'"
        " from public.booking_attempts as a where trip_request_id = %s"
    )
    flights = Flights(world.flights_url, "duffel_test_fixture")
    order = flights.get_order(world.attempt(trip)["order_id"], "test").body["data"]

    def judged(**changes: object) -> Any:
        orders = {"orders": [{**order, **changes}]}
        return world.value(code, json.dumps(orders), trip)

    foreign = {**order["metadata"], "installation_id": str(uuid4())}
    assert judged() == "ok"
    assert judged(metadata=foreign) == "wrong_offer"
    assert judged(metadata=foreign, offer_id="off_0") == "none"


def test_a_booking_of_another_installation_is_not_cancelled_here(world: World) -> None:
    """A copy knows its original's bookings and leaves them to it."""
    trip = book(world)
    world.value(RENEW, "lives beside its original")
    assert world.row("select next_look_at from public.flight_bookings") == {
        "next_look_at": None
    }
    (order,) = world.orders(trip)
    world.flights.airline_cancels(order["id"])
    scan(world)
    assert kinds(world) == []
    assert world.status(trip) == "BOOKED"


def test_the_name_of_an_installation_outlives_a_deploy(database: str) -> None:
    """Made once: what it booked before is still its own."""
    with psycopg.connect(database, autocommit=True) as connection:
        before = connection.execute("select id, made_at from engine.installation")
        found = before.fetchall()
        deploy(database, cron=False)
        after = connection.execute("select id, made_at from engine.installation")
        assert found == after.fetchall() != []


def test_a_copy_takes_a_name_of_its_own_only_at_rest_and_for_a_reason(
    world: World, connect: Connect
) -> None:
    """The operator's act, on record for ever."""
    operator = connect("skylatch_operator")
    former = world.value(NAME)
    with pytest.raises(psycopg.Error) as caught:
        operator.execute(RENEW, ["  "])
    assert caught.value.sqlstate == "SK016"
    world.trip(world.traveller())
    held = Fault(match="POST /v1/payment_intents", kind="hold_before", times=None)
    world.payments.faults.arm(held)
    with world.working():
        world.tick()
        until(lambda: world.payments.faults.held > 0)
        with pytest.raises(psycopg.Error) as caught:
            operator.execute(RENEW, ["a copy of a database that was at work"])
        world.payments.faults.clear()
    assert caught.value.sqlstate == "SK309"
    assert world.value(NAME) == former
    with world.working():
        until(world.at_rest)
    operator.execute(RENEW, ["lives beside its original"])
    assert world.value(NAME) != former
    change = world.row("select * from engine.installation_changes")
    assert (change["former_id"], change["new_id"]) == (former, world.value(NAME))
    with pytest.raises(psycopg.Error) as caught:
        world.rows("delete from engine.installation_changes")
    assert caught.value.sqlstate == "SK302"


def test_an_installation_without_a_name_makes_nothing(world: World) -> None:
    """It could not tell its own from another's afterwards."""
    trip = world.trip(world.traveller())
    world.rows("delete from engine.installation")
    with pytest.raises(psycopg.Error) as caught:
        world.rows(NAME)
    assert caught.value.sqlstate == "SK312"
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "CREATING_PAYMENT")
        until(
            lambda: world.rows(
                "select 1 from engine.provider_calls"
                " where operation = 'create_payment' and tries > 1"
            )
        )
    assert world.intents(trip) == []
