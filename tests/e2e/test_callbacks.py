"""The whole path: sandboxes deliver what they signed, and bookings end as they must.

The worker has no pg_cron here: the heartbeat stands in for it, so that what is not
applied right after its answer is applied by a recovery that the test asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import requests
import stripe
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.payment_records import EVENT_TYPES
from sidecar.web import build_app
from tests.factories import World, until
from tests.raw_server import closed_port
from tests.sandbox.flights.courier import Switches
from tests.sandbox.flights.outcomes import OrderOutcome
from tests.sandbox.flights.webhooks import EVENT_TYPES as DUFFEL_TYPES
from tests.sandbox.payments.webhooks import Switch
from tests.sandbox.server import running_in_thread

Row = dict[str, Any]
SUBSCRIBED: Any = [kind for kinds in EVENT_TYPES for kind in kinds]


@dataclass
class Called:
    """A world whose providers call back."""

    world: World
    port: int
    stripe: stripe.StripeClient
    secrets: dict[str, str]

    @contextmanager
    def listening(self, **changes: Any) -> Iterator[Any]:
        """Serve the endpoint; yields the application."""
        url = make_conninfo(self.world.dsn, user="skylatch_sidecar")
        settings = ServeSettings(
            **{
                "database_url": SecretStr(url),
                "http_token": SecretStr("a-token-of-the-test"),
                "stripe_webhook_secrets": (SecretStr(self.secrets["stripe"]),),
                "duffel_webhook_secrets": (SecretStr(self.secrets["duffel"]),),
                **changes,
            }
        )
        with ExitStack() as stack:
            database = Database(url, patience=1.0)
            stack.callback(database.close)
            app = build_app(settings, database)
            stack.callback(app.state.inbox.close)
            stack.enter_context(running_in_thread(app, port=self.port))
            yield app

    def inbox(self, kind: str) -> list[Row]:
        """Return the events of one kind that were stored."""
        return self.world.rows(
            "select * from engine.provider_events where type = %s", kind
        )

    def cases(self) -> list[str]:
        """Return the kinds of what waits for a person."""
        found = self.world.rows(
            "select kind from engine.review_cases where resolved_at is null order by id"
        )
        return [row["kind"] for row in found]

    def book(self, **card: Any) -> UUID:
        """Book one trip; the workers have to run."""
        trip = self.world.trip(self.world.traveller(**card))
        self.world.tick()
        until(lambda: self.world.status(trip) == "BOOKED")
        return trip

    def intent(self, trip: UUID) -> str:
        """Return the payment of a trip."""
        return str(self.world.attempt(trip)["payment_intent_id"])

    def heard(self) -> bool:
        """Tell whether every stored event was applied and no call is waiting."""
        waiting = self.world.value(
            "select count(*) from engine.provider_events where state = 'RECEIVED'"
        )
        return not waiting and self.world.at_rest()


@pytest.fixture
def called(world: World) -> Iterator[Called]:
    """Subscribe to both sandboxes."""
    port = closed_port()
    address = f"http://127.0.0.1:{port}/webhooks"
    client = stripe.StripeClient(
        "sk_test_fixture", base_addresses={"api": world.payments_url}
    )
    endpoint = client.v1.webhook_endpoints.create(
        {"url": f"{address}/stripe", "enabled_events": SUBSCRIBED}
    )
    answer = requests.post(
        f"{world.flights_url}/air/webhooks",
        json={"data": {"url": f"{address}/duffel", "events": list(DUFFEL_TYPES)}},
        headers={
            "Authorization": "Bearer duffel_test_fixture",
            "Duffel-Version": "v2",
            "Accept": "application/json",
        },
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    assert endpoint.secret
    secrets = {"stripe": endpoint.secret, "duffel": answer.json()["data"]["secret"]}
    try:
        yield Called(world, port, client, secrets)
    finally:
        world.flights.close()
        world.payments.close()


def test_a_booking_is_told_of_by_both_providers(called: Called) -> None:
    """Every delivery is answered with 200, stored once, and opens no case."""
    with called.listening(), called.world.working():
        trip = called.book()
        until(lambda: called.inbox("order.created"))
        until(lambda: called.inbox("payment_intent.succeeded"))
        until(called.heard)
    assert called.cases() == []
    assert called.world.violations() == []
    statuses = {
        one["response_status_code"]
        for one in called.world.flights.state()["deliveries"]
    }
    assert statuses == {200}
    assert len(called.world.orders(trip)) == 1


def test_an_order_whose_answer_was_lost_is_found_by_its_event(called: Called) -> None:
    """Long before the next poll would have found it."""
    called.world.flights.arm_outcome(OrderOutcome(status=202))
    with called.listening(), called.world.working():
        trip = called.book()
        until(called.heard)
    assert len(called.world.orders(trip)) == 1
    assert called.world.violations() == []


def test_an_order_that_was_never_made_frees_its_trip(called: Called) -> None:
    """The event alone says so; nothing is charged for it, and the trip books anew."""
    world = called.world
    world.flights.arm_outcome(OrderOutcome(status=202, order="failed"))
    with called.listening(), world.working():
        trip = called.book()
        until(called.heard)
    states = world.rows("select state from public.booking_attempts order by attempt_no")
    assert [row["state"] for row in states] == ["FAILED", "CONFIRMED"]
    assert len(world.orders(trip)) == 1
    paid = [intent["status"] for intent in world.intents(trip)]
    assert sorted(paid) == ["canceled", "succeeded"]
    assert world.violations() == []


def test_duplicates_out_of_order_change_nothing(called: Called) -> None:
    """Each twice at once, the newest first, and facts told by two events."""
    called.world.flights.set_deliveries(Switches(copies=3, newest_first=True))
    for kind in ("duplicate", "twin", "reorder"):
        called.world.payments.controls.bend(Switch(kind, times=None))  # type: ignore[arg-type]
    with called.listening(), called.world.working():
        trips = [called.book() for _ in range(2)]
        until(lambda: called.inbox("payment_intent.succeeded"))
        until(called.heard)
    assert called.cases() == []
    assert called.world.violations() == []
    for trip in trips:
        assert len(called.world.orders(trip)) == 1
    twice = called.world.rows(
        "select event_id from engine.provider_events group by 1 having count(*) > 1"
    )
    assert twice == []


@pytest.mark.parametrize(
    "kind",
    [
        "bad_signature",
        "no_signature",
        "future_signature",
        "old_signature",
        "altered_body",
        "wrong_livemode",
    ],
)
def test_a_forged_delivery_is_refused_and_the_sound_one_taken(
    called: Called, kind: Any
) -> None:
    """The provider tries again, and then it is stored, once."""
    called.world.payments.controls.bend(Switch(kind, match="payment_intent.succeeded"))
    with called.listening() as app, called.world.working():
        called.book()
        until(lambda: app.state.inbox.refusals() or refused(called))
        # Stripe tries again an hour later.
        called.world.payments.clock.advance(2 * 3600)
        until(lambda: called.inbox("payment_intent.succeeded"))
        until(called.heard)
        app.state.inbox.close()
    assert sum(row["refused"] for row in refused(called)) == 1
    assert called.cases() == []


def refused(called: Called) -> list[Row]:
    """Return what was counted."""
    return called.world.rows("select * from engine.refused_events")


def test_what_was_never_delivered_is_swept_up(called: Called) -> None:
    """Nobody listens; both lists are read, and what they tell is applied."""
    called.world.flights.set_deliveries(Switches(drop=["*"]))
    called.world.payments.controls.bend(Switch("drop", times=None))
    with called.world.working():
        trip = called.book()
        client = called.stripe
        client.v1.refunds.create({"payment_intent": called.intent(trip)})
        called.world.rows(
            "update engine.provider_calls set finished_at = now() - interval '1 hour'"
            " where operation like 'sweep%%' and state = 'DONE'"
        )

        def swept() -> bool:
            called.world.rows("select engine.recover()")
            return bool(called.inbox("charge.refunded")) and bool(
                called.inbox("order.created")
            )

        until(swept)
        until(lambda: called.cases() == ["PAYMENT_CONTRADICTION"])
    by = called.world.rows("select distinct received_by from engine.provider_events")
    assert by == [{"received_by": "sweep"}]


def test_a_refund_made_by_hand_is_a_case(called: Called) -> None:
    """Somebody gave the money of a confirmed booking back at the provider."""
    with called.listening(), called.world.working():
        trip = called.book()
        called.stripe.v1.refunds.create({"payment_intent": called.intent(trip)})
        until(lambda: called.cases() == ["PAYMENT_CONTRADICTION"])


def test_a_dispute_is_opened_and_closed_by_the_providers_word(called: Called) -> None:
    """With a warning before it; the booking says so meanwhile."""
    controls = called.world.payments.controls
    attention = "select attention from public.flight_bookings"
    with called.listening(), called.world.working():
        intent = called.intent(called.book())
        controls.warn_of_fraud(intent)
        until(lambda: called.cases() == ["FRAUD_WARNING"])
        dispute = controls.open_dispute(intent)
        until(lambda: called.cases() == ["FRAUD_WARNING", "DISPUTE"])
        until(lambda: called.world.value(attention))
        controls.decide_dispute(dispute["id"], "won")
        until(lambda: "DISPUTE" not in called.cases())
    assert called.world.value(attention) is None
    resolution = "select resolution from engine.review_cases where kind = 'DISPUTE'"
    assert called.world.value(resolution) == "won"


def test_a_card_that_was_taken_away_stops_its_trips(called: Called) -> None:
    """Removed at the provider, not with us."""
    world = called.world
    # Nothing fits, so nothing but its card can ask for the traveller.
    trip = world.trip(world.traveller(), max_price=1)
    method = world.value("select stripe_payment_method_id from public.payment_methods")
    with called.listening(), world.working():
        called.stripe.v1.payment_methods.detach(method)
        until(lambda: world.status(trip) == "ACTION_REQUIRED")
    assert world.value("select detached_at is not null from public.payment_methods")


def test_events_wait_for_an_endpoint_that_is_away(called: Called) -> None:
    """The provider's own repetition, much later, is stored and applied."""
    with called.world.working():
        # Nobody is there to answer: the provider holds on to it.
        called.book()
    flights = called.world.flights
    until(lambda: flights.state()["deliveries"])
    assert called.inbox("order.created") == []
    with called.listening():
        flights.clock.advance(60)
        until(lambda: called.inbox("order.created"))


def test_a_secret_is_rotated_without_losing_an_event(called: Called) -> None:
    """Both are valid for as long as both are set."""
    (endpoint,) = called.stripe.v1.webhook_endpoints.list().data
    controls = called.world.payments.controls
    new = controls.roll_secret(endpoint.id, overlap_seconds=3600)
    old = called.secrets["stripe"]
    with called.world.working():
        for secrets in ((old,), (old, new), (new,)):
            set_to = tuple(SecretStr(secret) for secret in secrets)
            with called.listening(stripe_webhook_secrets=set_to):
                before = len(called.inbox("payment_intent.succeeded"))
                called.book()
                until(
                    lambda: len(called.inbox("payment_intent.succeeded")) > before  # noqa: B023
                )
    assert refused(called) == []
