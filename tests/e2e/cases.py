"""What the tests of the review share: strays at the providers, cases, decisions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import stripe

from sidecar.flights import Flights
from tests.factories import Row, Traveller, World, in_days, until
from tests.sandbox.control import Fault

ORDER = "POST /air/orders"


def book(world: World, traveller: Traveller | None = None) -> UUID:
    """Book a trip and return it."""
    trip = world.trip(traveller or world.traveller())
    with world.working():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    return trip


def uncertain(world: World, kind: Any) -> UUID:
    """Return a trip whose order's answer was lost, in review, with evidence."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(Fault(match=ORDER, kind=kind))
    # Nobody finds the order by looking: that is for the person.
    blind = Fault(match="GET /air/orders", kind="status", times=None, status=503)
    world.flights.faults.arm(blind)
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "ORDER_UNKNOWN")
    command(world, trip, "FREEZE")
    world.flights.faults.clear()
    gather(world, trip)
    return trip


def state(world: World, trip: UUID) -> str | None:
    """Return the state of the trip's newest attempt."""
    found = world.rows(
        "select state from public.booking_attempts where trip_request_id = %s"
        " order by attempt_no desc limit 1",
        trip,
    )
    return found[0]["state"] if found else None


def command(world: World, trip: UUID, verdict: str) -> None:
    """Order a verdict as the engine itself would."""
    attempt = world.attempt(trip)
    world.rows(
        "select engine.command_attempt(%s, %s, %s, 'test', 'test', 'a test', now())",
        attempt["user_id"],
        attempt["id"],
        verdict,
    )


def queue(world: World, kind: str) -> Row:
    """Return the one case of this kind in the queue."""
    return world.row("select * from public.review_queue where kind = %s", kind)


def kinds(world: World) -> list[str]:
    """Return the kinds of the open cases, sorted."""
    found = world.rows("select kind from public.review_queue order by kind")
    return [row["kind"] for row in found]


def gather(world: World, trip: UUID) -> None:
    """Work until both providers have said what they know of the trip's case."""
    with world.working():
        until(
            lambda: world.value(
                "select evidence ?& '{order,payment}' from public.review_queue"
                " where trip_request_id = %s and kind = 'ATTEMPT'",
                trip,
            )
        )


def decide(world: World, case: Row, action: str, order_id: str | None = None) -> str:
    """Decide a case and return where that leads."""
    outcome: str = world.value(
        "select public.review_attempt(%s, %s, 'as agreed by phone', %s)",
        case["case_id"],
        action,
        order_id,
    )
    return outcome


def possible(case: Row) -> dict[str, str | None]:
    """Return a case's actions, each with the reason why it is not possible now."""
    return {one["action"]: one.get("not_now") for one in case["actions"]}


def scan(world: World) -> None:
    """Compare both providers' lists with our rows, once."""
    before = world.value("select clock_timestamp()")
    world.rows("select engine.start_scan('orders', now())")
    with world.working():
        until(
            lambda: world.rows(
                "select 1 from engine.scans"
                " where scan = 'payments' and finished_at > %s",
                before,
            )
        )


def promote(world: World) -> None:
    """Let the database write another timeline of the same server, and be worked on."""
    world.rows("update engine.history set timeline = '00000000'")
    assert world.value("select engine.history_is_confirmed(clock_timestamp())") is False


def settle(world: World) -> None:
    """Let everything that a former server had under way have shown by now."""
    world.rows("update engine.history set noticed_at = noticed_at - interval '1 day'")
    world.rows("update engine.scans set read_at = read_at - interval '1 day'")
    world.rows("update engine.provider_calls set run_at = now() where state = 'READY'")
    world.rows("select engine.recover()")


def confirm(world: World) -> None:
    """Compare both lists, asked for late enough, with what this history knows."""
    settle(world)
    until(lambda: world.value("select engine.history_problem()") is None)


def order_elsewhere(
    world: World, metadata: dict[str, str], *, seconds_ago: float = 600
) -> str:
    """Order at Duffel behind the engine's back; return the order's id."""
    flights = Flights(world.flights_url, "duffel_test_fixture")
    world.flights.clock.advance(-seconds_ago)
    wish = {
        "slices": [
            {
                "origin": "LHR",
                "destination": "JFK",
                "departure_date": in_days(40).isoformat(),
            }
        ],
        "passengers": [{"type": "adult"}],
        "cabin_class": "economy",
    }
    found = flights.search(wish, "stray").body
    offer = flights.get_offer(found["offers"][0]["id"], "stray").body["data"]
    answer = flights.create_order(
        {
            "type": "instant",
            "selected_offers": [offer["id"]],
            "passengers": [
                {
                    "id": offer["passengers"][0]["id"],
                    "title": "ms",
                    "gender": "f",
                    "given_name": "Amelia",
                    "family_name": "Earhart",
                    "born_on": "1987-07-24",
                    "email": "amelia@example.com",
                    "phone_number": "+442080160508",
                }
            ],
            "payments": [
                {
                    "type": "balance",
                    "amount": offer["total_amount"],
                    "currency": offer["total_currency"],
                }
            ],
            "metadata": metadata,
        },
        "stray",
    )
    world.flights.clock.advance(seconds_ago)
    assert answer.http_status == 201, answer
    return str(answer.body["data"]["id"])


def hold_elsewhere(
    world: World,
    traveller: Traveller,
    metadata: dict[str, str],
    *,
    confirm: bool = True,
    hours_ago: float = 1,
    amount: Decimal = Decimal(123),
) -> str:
    """Hold money at Stripe behind the engine's back; return the payment's id."""
    client = stripe.StripeClient(
        "sk_test_fixture", base_addresses={"api": world.payments_url}
    )
    card = world.row(
        "select * from public.payment_methods where id = %s", traveller.card_id
    )
    world.payments.clock.advance(-3600 * hours_ago)
    intent = client.v1.payment_intents.create(
        {
            "amount": int(amount * 100),
            "currency": "gbp",
            "customer": card["stripe_customer_id"],
            "payment_method": card["stripe_payment_method_id"],
            "metadata": metadata,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": confirm,
        }
    )
    world.payments.clock.advance(3600 * hours_ago)
    return intent.id


def payment(world: World, intent_id: str) -> Row:
    """Return what Stripe knows of a payment."""
    (found,) = [i for i in world.intents() if i["id"] == intent_id]
    return found
