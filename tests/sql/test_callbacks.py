"""What each event leads to, and what is made of what was read then.

Events go the way they come: signed, verified and cut by the sidecar, stored, applied.
Every row of `webhooks/event_effects.sql` has its line in `EFFECTS`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sidecar.events import cut_event
from sidecar.local.cluster import Cluster
from sidecar.payment_records import EVENT_TYPES
from sidecar.webhooks import read_event
from tests.callbacks import SECRETS, Row, as_bytes, duffel, sign, snapshot, thin
from tests.factories import Traveller, World, running_world, until
from tests.sandbox.flights.webhooks import EVENT_TYPES as DUFFEL_TYPES
from tests.sql import cloned_database
from tests.sql.sources import SQL

NAMED = re.findall(
    r"^  \('(stripe|duffel)', '([\w.]+)', '(\w+)', (?:null|'(\w+)')\)",
    (SQL / "webhooks" / "event_effects.sql").read_text(),
    re.MULTILINE,
)


class Led(NamedTuple):
    """What an event about an attempt in flight, an ended one and nobody's leads to.

    None: it waits for its attempt to be there.
    """

    live: str | None
    ended: str | None
    nobodys: str | None


IGNORED = Led(*["of no consequence"] * 3)
PAYMENT = Led("nudged", "look_payment", None)
ORDER = Led("nudged", "look_order", None)
ORDER_LOOK = Led("look_order", "look_order", None)
DISPUTE = Led(*["look_dispute"] * 3)
METHOD = Led(*["look_method"] * 3)

EFFECTS = {
    ("stripe", "payment_intent.created"): IGNORED,
    ("stripe", "payment_intent.partially_funded"): IGNORED,
    ("stripe", "payment_intent.processing"): PAYMENT,
    ("stripe", "payment_intent.requires_action"): PAYMENT,
    ("stripe", "payment_intent.amount_capturable_updated"): PAYMENT,
    ("stripe", "payment_intent.payment_failed"): PAYMENT,
    ("stripe", "payment_intent.succeeded"): PAYMENT,
    ("stripe", "payment_intent.canceled"): PAYMENT,
    ("stripe", "charge.captured"): PAYMENT,
    ("stripe", "charge.expired"): PAYMENT,
    ("stripe", "charge.refunded"): PAYMENT,
    ("stripe", "charge.updated"): Led("look_payment", "look_payment", None),
    ("stripe", "charge.dispute.created"): DISPUTE,
    ("stripe", "charge.dispute.updated"): DISPUTE,
    ("stripe", "charge.dispute.closed"): DISPUTE,
    ("stripe", "charge.dispute.funds_withdrawn"): DISPUTE,
    ("stripe", "charge.dispute.funds_reinstated"): DISPUTE,
    ("stripe", "radar.early_fraud_warning.created"): Led(*["look_warning"] * 3),
    ("stripe", "refund.created"): Led("nudged", "look_refund", "look_refund"),
    ("stripe", "refund.updated"): Led(*["look_refund"] * 3),
    ("stripe", "refund.failed"): Led(*["look_refund"] * 3),
    ("stripe", "setup_intent.succeeded"): IGNORED,
    ("stripe", "setup_intent.setup_failed"): IGNORED,
    ("stripe", "setup_intent.requires_action"): IGNORED,
    ("stripe", "setup_intent.canceled"): IGNORED,
    ("stripe", "payment_method.attached"): IGNORED,
    ("stripe", "payment_method.updated"): METHOD,
    ("stripe", "payment_method.automatically_updated"): METHOD,
    ("stripe", "payment_method.detached"): METHOD,
    ("stripe", "customer.deleted"): Led("looks", "looks", "not ours"),
    ("duffel", "ping.triggered"): IGNORED,
    ("duffel", "order.created"): Led("nudged", "known", None),
    ("duffel", "order.creation_failed"): ORDER,
    ("duffel", "order.updated"): ORDER_LOOK,
    ("duffel", "order.airline_initiated_change_detected"): ORDER_LOOK,
    ("duffel", "air.order.changed"): ORDER_LOOK,
    ("duffel", "order_cancellation.created"): IGNORED,
    ("duffel", "order_cancellation.confirmed"): ORDER,
    ("duffel", "payment.created"): IGNORED,
    ("duffel", "air.payment.pending"): ORDER,
    ("duffel", "air.payment.succeeded"): ORDER,
    ("duffel", "air.payment.failed"): ORDER_LOOK,
    ("duffel", "air.payment.cancelled"): ORDER_LOOK,
    ("duffel", "air.airline_credit.created"): IGNORED,
    ("duffel", "air.airline_credit.spent"): IGNORED,
    ("duffel", "air.airline_credit.invalidated"): IGNORED,
}
# What the thin kind leads to where it differs: it names its object and nothing else.
THIN = {
    **{
        ("stripe", f"charge.{kind}"): Led(*["look_charge"] * 3)
        for kind in ("captured", "expired", "refunded", "updated")
    },
    # Whose refund it is, is not known before it is read.
    ("stripe", "refund.created"): Led(*["look_refund"] * 3),
}
FORMS = [
    (provider, kind, form)
    for provider, kind in EFFECTS
    for form in (["whole", "thin"] if provider == "stripe" else ["whole"])
]


class Booked:
    """A booked trip, and the names by which the providers know it; rolled back."""

    def __init__(
        self, world: World, traveller: Traveller, trip: UUID, connection: Any
    ) -> None:
        self.world = world
        self.traveller = traveller
        self.trip = trip
        self._connection = connection
        # The sidecar that booked has heard of it already.
        self.rows("delete from engine.provider_events")
        self.rows("delete from engine.provider_calls where object_id is not null")
        self.attempt = self.row(
            "select * from public.booking_attempts where trip_request_id = %s", trip
        )
        self.card = self.row(
            "select * from public.payment_methods where user_id = %s",
            traveller.user_id,
        )

    def rows(self, query: str, *args: object) -> list[Row]:
        """Run a query in the test's transaction."""
        cursor = self._connection.execute(query.encode(), args)
        found: list[Row] = cursor.fetchall() if cursor.description else []
        return found

    def row(self, query: str, *args: object) -> Row:
        """Run a query that returns one row."""
        (row,) = self.rows(query, *args)
        return row

    def value(self, query: str, *args: object) -> Any:
        """Run a query that returns one value."""
        return next(iter(self.row(query, *args).values()))

    # -- scenes ------------------------------------------------------------------

    def in_flight(self, state: str = "ORDER_UNKNOWN") -> None:
        """Put the attempt back into flight: it waits for its next look."""
        self.rows("delete from public.booking_passengers")
        self.rows("delete from public.flight_bookings")
        self.rows(
            "update public.booking_attempts set state = %s, status = 'PENDING',"
            " ended_at = null, order_id = null, booking_reference = null,"
            " captured_amount = null where id = %s",
            state,
            self.attempt["id"],
        )
        self.rows(
            "update engine.provider_calls set state = 'READY', finished_at = null,"
            " run_at = now() + interval '5 minutes'"
            " where booking_attempt_id = %s and operation = 'create_payment'",
            self.attempt["id"],
        )

    def ended(self, state: str, **changes: object) -> None:
        """Let the attempt have ended another way, an hour ago."""
        self.rows(
            "update public.booking_attempts set state = %s,"
            " state_changed_at = now() - interval '1 hour' where id = %s",
            state,
            self.attempt["id"],
        )
        for name, value in changes.items():
            self.rows(
                f"update public.booking_attempts set {name} = %s where id = %s",
                value,
                self.attempt["id"],
            )

    # -- events ------------------------------------------------------------------

    def receive(self, provider: Any, event: Row) -> str:
        """Let an event in as the endpoint does; return its id."""
        body = as_bytes(event)
        cut = read_event(
            provider,
            body,
            sign(body, SECRETS[provider]),
            secrets=[SECRETS[provider]],
            live_mode=False,
            now=time.time(),
        )
        self.rows(
            "select engine.receive_events(%s, %s, 'webhook')", provider, Jsonb([cut])
        )
        return str(cut["event_id"])

    def apply(self, *, later: str = "0") -> int:
        """Work the inbox off, at a later time; return how many were taken up."""
        return int(
            self.value(
                "select engine.apply_events(100, clock_timestamp() + %s::interval)",
                later,
            )
        )

    def event(self, event_id: str) -> Row:
        """Return an event's row."""
        return self.row(
            "select * from engine.provider_events where event_id = %s", event_id
        )

    def looks(self) -> dict[str, Row]:
        """Return what is to be read, by operation."""
        return {
            row["operation"]: row
            for row in self.rows(
                "select * from engine.provider_calls where object_id is not null"
                " and state = 'READY'"
            )
        }

    def is_nudged(self) -> bool:
        """Tell whether the attempt's waiting call is due."""
        return bool(
            self.value(
                "select run_at <= clock_timestamp() from engine.provider_calls"
                " where booking_attempt_id = %s and operation = 'create_payment'",
                self.attempt["id"],
            )
        )

    # -- what was read -----------------------------------------------------------

    def note(
        self, function: str, operation: str, body: Row, *, whose: bool = True
    ) -> str:
        """Hand a body to what judges it, as the answer of a read that began now."""
        known = self.attempt if whose else None
        call = self.value(
            "select engine.enqueue_read(%s, %s, '{}', a, now())"
            " from (select 1) as one left join public.booking_attempts as a"
            " on a.id = %s",
            operation,
            body["id"],
            known["id"] if known else None,
        )
        self.rows(
            "update engine.provider_calls set state = 'DONE', finished_at = now(),"
            " claimed_at = clock_timestamp() where id = %s",
            call,
        )
        return str(
            self.value(
                f"select engine.{function}(c, %s, clock_timestamp())"
                " from engine.provider_calls as c where id = %s",
                Jsonb(body),
                call,
            )
        )

    def cases(self) -> list[tuple[str, str, bool]]:
        """Return every case: kind, object, still open."""
        return [
            (row["kind"], row["object_id"], row["resolved_at"] is None)
            for row in self.rows("select * from engine.review_cases order by id")
        ]

    def attention(self) -> str | None:
        """Return what the traveller is told of the booking."""
        text: str | None = self.value("select attention from public.flight_bookings")
        return text

    def payment(self, **changes: object) -> Row:
        """Return the attempt's payment as Stripe tells it."""
        amount = int(self.attempt["agreed_amount"] * 100)
        charge = {
            "id": "ch_1",
            "status": "succeeded",
            "amount_refunded": changes.pop("amount_refunded", 0),
            "payment_method_details": {"card": {"capture_before": 1_790_000_000}},
        }
        return {
            "id": self.attempt["payment_intent_id"],
            "status": "succeeded",
            "amount": amount,
            "amount_received": amount,
            "currency": self.attempt["currency"].lower(),
            "latest_charge": charge,
            **changes,
        }


@pytest.fixture(scope="module")
def made(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[tuple[World, Traveller, UUID]]:
    """Book one trip through both sandboxes, once."""
    with cloned_database(cluster, template, clone_name) as dsn, running_world(dsn) as w:
        traveller = w.traveller()
        trip = w.trip(traveller)
        with w.working():
            w.tick()
            until(lambda: w.status(trip) == "BOOKED")
        yield w, traveller, trip


@contextmanager
def rolled_back(dsn: str) -> Iterator[Any]:
    with psycopg.connect(make_conninfo(dsn), row_factory=dict_row) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def booked(made: tuple[World, Traveller, UUID]) -> Iterator[Booked]:
    """Return the booked trip in a transaction of the test's own."""
    world, traveller, trip = made
    with rolled_back(world.dsn) as connection:
        yield Booked(world, traveller, trip, connection)


def about(kind: str, booked: Booked, *, ours: bool) -> Row:
    """Return the object of an event of this kind, ours or somebody else's."""
    attempt, known = booked.attempt, booked.card
    intent = attempt["payment_intent_id"] if ours else "pi_of_nobody"
    order = attempt["order_id"] if ours else "ord_of_nobody"
    offer = attempt["offer_id"] if ours else "off_of_nobody"
    method = known["stripe_payment_method_id"] if ours else "pm_of_nobody"
    customer = known["stripe_customer_id"] if ours else "cus_of_nobody"
    things: dict[str, Row] = {
        "": {},
        "payment_intent.": {"id": intent, "status": "succeeded"},
        "charge.": {"id": "ch_1", "payment_intent": intent},
        "charge.dispute.": {"id": "dp_1", "payment_intent": intent},
        "radar.": {"id": "issfr_1", "charge": "ch_1", "payment_intent": intent},
        "refund.": {"id": "re_1", "payment_intent": {"id": intent}},
        "setup_intent.": {"id": "seti_1", "customer": customer},
        "payment_method.": {"id": method, "customer": None},
        "customer.": {"id": customer},
        "order.": {"id": order, "offer_id": offer},
        "order.creation_failed": {"id": order, "offer_id": offer},
        "order.airline_initiated": {"order_id": order, "aic_id": "aic_1"},
        "air.order.": {"id": order, "offer_id": offer},
        "order_cancellation.": {"id": "ore_1", "order_id": order},
        "payment.": {"payment_id": "pay_1", "order_id": order},
        "air.payment.": {"payment_id": "pay_1", "order_id": order},
        "air.airline_credit.": {"id": "acd_1"},
    }
    return things[max((name for name in things if kind.startswith(name)), key=len)]


def event_about(booked: Booked, provider: str, kind: str, form: str, scene: str) -> Row:
    """Return an event in the form in which its provider sends it."""
    thing = about(kind, booked, ours=scene != "nobodys")
    if form == "thin":
        return thin(kind, thing["id"])
    if provider == "stripe":
        return snapshot(kind, thing)
    if scene == "live" and "order_id" in thing:
        # Nobody knows the order yet: only its metadata says whose it is.
        thing = {**thing, "metadata": {"attempt_id": str(booked.attempt["id"])}}
    return duffel(kind, thing)


def test_every_effect_has_a_line_here() -> None:
    """And no line is about a kind that is not in the table."""
    assert {(provider, kind) for provider, kind, *_ in NAMED} == set(EFFECTS)
    assert len(NAMED) == len(EFFECTS)


def test_the_rows_in_the_database_are_those_in_the_file(booked: Booked) -> None:
    """The words are a closed set; what ignores needs no read, and nothing else does."""
    rows = booked.rows(
        "select provider, type, effect, operation from engine.event_effects"
    )
    assert {tuple(row.values()) for row in rows} == {
        (provider, kind, effect, operation or None)
        for provider, kind, effect, operation in NAMED
    }
    for row in rows:
        assert row["effect"] in {"NUDGE", "HINT", "LOOK", "CARDS", "IGNORE"}
        assert (row["operation"] is None) == (row["effect"] == "IGNORE"), row


def test_what_has_an_effect_is_subscribed_to_and_swept() -> None:
    """A kind that the sweep does not ask for would be lost with its delivery."""
    swept = {("stripe", kind) for kinds in EVENT_TYPES for kind in kinds}
    told = {
        (provider, kind) for provider, kind, effect, _ in NAMED if effect != "IGNORE"
    }
    assert {one for one in told if one[0] == "stripe"} <= swept
    assert swept | {("duffel", kind) for kind in DUFFEL_TYPES} <= set(EFFECTS)


@pytest.mark.parametrize("scene", Led._fields)
@pytest.mark.parametrize(("provider", "kind", "form"), FORMS)
def test_an_event_leads_to_what_is_written(
    booked: Booked, provider: str, kind: str, form: str, scene: str
) -> None:
    """For an attempt in flight, one that ended, and somebody else's."""
    if scene == "live":
        booked.in_flight()
    led = EFFECTS[provider, kind]
    if form == "thin":
        led = THIN.get((provider, kind), led)
    expected = getattr(led, scene)

    event = event_about(booked, provider, kind, form, scene)
    event_id = booked.receive(provider, event)
    assert booked.apply() == 1

    row = booked.event(event_id)
    state = "APPLIED" if expected and led != IGNORED else "IGNORED"
    assert row["outcome"] == (expected or "no attempt of ours")
    assert row["state"] == (state if expected else "RECEIVED")
    looks = {"looks": {"look_method"}, "known": set(), "nudged": set()}
    read = (
        {expected} if str(expected).startswith("look_") else looks.get(expected, set())
    )
    assert booked.looks().keys() == read
    if scene == "live":
        assert booked.is_nudged() or expected != "nudged"
        # Whatever an event says, it moves no attempt by itself.
        assert booked.value("select state from public.booking_attempts") == (
            "ORDER_UNKNOWN"
        )


# -- the inbox -----------------------------------------------------------------------


def test_an_order_that_was_told_of_is_read_beside_the_list(booked: Booked) -> None:
    """A hint, and no more: the order is believed when it was read."""
    booked.in_flight()
    thing = {"id": "ord_told", "offer_id": booked.attempt["offer_id"]}
    booked.receive("duffel", duffel("order.created", thing))
    booked.apply()
    found = booked.row("select order_hint, order_id from public.booking_attempts")
    assert found == {"order_hint": "ord_told", "order_id": None}
    assert booked.is_nudged()


def test_an_order_that_could_not_be_made_is_found_by_its_offer(booked: Booked) -> None:
    """Told or swept: the row in the inbox is what the saga believes."""
    offer = booked.attempt["offer_id"]
    told = duffel("order.creation_failed", {"id": "ord_never", "offer_id": offer})
    booked.receive("duffel", told)
    swept = {
        "id": "wev_swept",
        "type": "order.creation_failed",
        "created_at": "2026-11-23T07:00:00Z",
        "data": {"object": {"id": "ord_never", "offer_id": offer}},
    }
    body = {"id": "account", "events": [cut_event("duffel", swept)]}
    booked.note("receive_sweep", "sweep_order_events", body, whose=False)
    found = booked.rows("select object_id, type from engine.provider_events")
    assert found == [{"object_id": offer, "type": "order.creation_failed"}] * 2


def test_an_order_nobody_asked_for_is_looked_at(booked: Booked) -> None:
    """Another one than the attempt's own, when the attempt has long ended."""
    thing = {"id": "ord_other", "offer_id": booked.attempt["offer_id"]}
    booked.receive("duffel", duffel("order.created", thing))
    booked.apply()
    look = booked.looks()["look_order"]
    assert look["object_id"] == "ord_other"
    assert look["payload"] == {"offer_id": thing["offer_id"], "order_id": "ord_other"}
    assert look["booking_attempt_id"] == booked.attempt["id"]


def test_a_person_is_shown_the_present_state_while_they_decide(booked: Booked) -> None:
    """In review the saga reads nothing by itself, so the event does."""
    booked.in_flight("NEEDS_REVIEW")
    thing = {"id": "ord_told", "offer_id": booked.attempt["offer_id"]}
    booked.receive("duffel", duffel("order.created", thing))
    booked.apply()
    assert booked.looks()["look_order"]["object_id"] == "ord_told"


def test_a_burst_of_events_is_one_read(booked: Booked) -> None:
    """Ten events in any order, one look at the payment."""
    thing = {"id": booked.attempt["payment_intent_id"]}
    for kind in ("succeeded", "canceled", "processing") * 4:
        booked.receive("stripe", snapshot(f"payment_intent.{kind}", thing))
    assert booked.apply() == 12
    found = booked.rows(
        "select state from engine.provider_calls where operation = 'look_payment'"
    )
    assert found == [{"state": "READY"}]


def test_an_event_before_its_attempt_is_applied_when_that_is_there(
    booked: Booked,
) -> None:
    """The answer that tells us the payment's id may come after the event."""
    booked.rows("update public.booking_attempts set payment_intent_id = 'pi_other'")
    thing = {"id": booked.attempt["payment_intent_id"]}
    event_id = booked.receive("stripe", thin("payment_intent.succeeded", thing["id"]))
    assert booked.apply() == 1
    # Not again at once, but soon, and less and less often.
    assert booked.apply() == 0
    assert booked.apply(later="6 seconds") == 1
    assert booked.apply(later="6 seconds") == 0
    booked.rows(
        "update public.booking_attempts set payment_intent_id = %s", thing["id"]
    )
    assert booked.apply(later="20 seconds") == 1
    assert booked.event(event_id)["outcome"] == "look_payment"


def test_our_metadata_says_whose_a_payment_is_before_its_id_does(
    booked: Booked,
) -> None:
    """It was written when the payment was made."""
    booked.in_flight()
    booked.rows("update public.booking_attempts set payment_intent_id = null")
    thing = {"id": "pi_new", "metadata": {"attempt_id": str(booked.attempt["id"])}}
    event_id = booked.receive("stripe", snapshot("payment_intent.processing", thing))
    booked.apply()
    assert booked.event(event_id)["outcome"] == "nudged"


def test_somebody_elses_event_is_let_go_after_an_hour(booked: Booked) -> None:
    """With the reason; it is read no more."""
    event_id = booked.receive(
        "stripe", snapshot("payment_intent.succeeded", {"id": "pi_of_nobody"})
    )
    booked.rows(
        "update engine.provider_events set received_at = now() - interval '61 minutes'"
    )
    booked.apply()
    row = booked.event(event_id)
    assert (row["state"], row["outcome"]) == ("IGNORED", "no attempt of ours")
    assert booked.apply(later="1 day") == 0


def test_an_unknown_kind_is_stored_and_ignored(booked: Booked) -> None:
    """A provider adds kinds whenever it likes."""
    for provider, event in (
        ("stripe", snapshot("invoice.paid", {"id": "in_1"})),
        ("duffel", duffel("stays.booking.created", {"id": "bok_1"})),
    ):
        event_id = booked.receive(provider, event)
        assert booked.apply() == 1
        row = booked.event(event_id)
        assert (row["state"], row["outcome"]) == ("IGNORED", "unknown type")


def test_an_event_that_cannot_be_applied_holds_up_no_other(booked: Booked) -> None:
    """It is tried again, and in the end it is a person's."""
    booked.rows(
        "alter table engine.provider_calls add constraint provider_calls_poison"
        " check (object_id <> 'dp_poison') not valid"
    )
    poison = booked.receive("stripe", thin("charge.dispute.created", "dp_poison"))
    sound = booked.receive("stripe", thin("charge.dispute.created", "dp_sound"))
    assert booked.apply() == 2
    assert booked.event(sound)["state"] == "APPLIED"
    assert booked.event(poison)["state"] == "RECEIVED"
    for _ in range(7):
        assert booked.apply(later="1 day") == 1
    row = booked.event(poison)
    assert row["state"] == "DEAD"
    assert row["outcome"].startswith("23514 ")
    assert booked.cases() == [("POISON", poison, True)]
    assert booked.apply(later="1 day") == 0


# -- payments ------------------------------------------------------------------------


def test_a_payment_as_agreed_is_no_case(booked: Booked) -> None:
    """The booked trip's own."""
    look = booked.note("note_payment", "look_payment", booked.payment())
    assert (look, booked.cases()) == ("as expected", [])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "canceled", "amount_received": 0}, "less was collected"),
        ({"status": "requires_capture", "amount_received": 0}, "still held"),
        ({"amount_received": 1}, "less was collected"),
        ({"amount_received": 10**8}, "more was collected"),
        ({"amount_refunded": 5}, "less was collected"),
        ({"currency": "eur"}, "another currency"),
    ],
)
def test_a_booking_whose_payment_is_another_is_a_case(
    booked: Booked, changes: Row, problem: str
) -> None:
    """Told once, however often it is read, and closed when it is right again."""
    for _ in range(2):
        noted = booked.note("note_payment", "look_payment", booked.payment(**changes))
        assert noted == "contradiction"
    intent = booked.attempt["payment_intent_id"]
    assert booked.cases() == [("PAYMENT_CONTRADICTION", intent, True)]
    assert problem in booked.value("select summary from engine.review_cases")
    booked.note("note_payment", "look_payment", booked.payment())
    assert booked.cases() == [("PAYMENT_CONTRADICTION", intent, False)]


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({"status": "canceled", "amount_received": 0}, "as expected"),
        ({"status": "requires_payment_method", "amount_received": 0}, "as expected"),
        ({"status": "requires_capture", "amount_received": 0}, "contradiction"),
        ({}, "contradiction"),
        ({"amount_refunded": "all"}, "as expected"),
    ],
)
def test_a_failed_attempt_keeps_no_money(
    booked: Booked, changes: Row, noted: str
) -> None:
    """Neither held nor collected; what was given back in full is settled."""
    booked.rows("delete from public.booking_passengers")
    booked.rows("delete from public.flight_bookings")
    booked.ended("FAILED", error_message="it failed", status="FAILED")
    if changes.get("amount_refunded") == "all":
        changes = {"amount_refunded": int(booked.attempt["agreed_amount"] * 100)}
    look = booked.note("note_payment", "look_payment", booked.payment(**changes))
    assert look == noted
    assert bool(booked.cases()) == (noted == "contradiction")


def test_a_cancelled_booking_keeps_what_the_airline_kept(booked: Booked) -> None:
    """And not a cent more."""
    amount = int(booked.attempt["agreed_amount"] * 100)
    booked.ended(
        "CANCELLED",
        refund_amount=booked.attempt["agreed_amount"] - 10,
    )
    for refunded, noted in ((amount - 1000, "as expected"), (0, "contradiction")):
        body = booked.payment(amount_refunded=refunded)
        assert booked.note("note_payment", "look_payment", body) == noted


def test_a_second_payment_of_one_attempt_is_nobodys_to_keep(booked: Booked) -> None:
    """Our metadata names the attempt, and the attempt has paid by another."""
    body = booked.payment(id="pi_second", status="requires_capture", amount_received=0)
    assert booked.note("note_payment", "look_payment", body) == "contradiction"
    assert booked.cases() == [("PAYMENT_CONTRADICTION", "pi_second", True)]


def test_a_read_from_before_the_end_proves_nothing(booked: Booked) -> None:
    """It began when the hold was still there: it is read again."""
    booked.rows(
        "update public.booking_attempts"
        " set state_changed_at = clock_timestamp() + interval '1 minute'"
    )
    body = booked.payment(status="requires_capture", amount_received=0)
    assert booked.note("note_payment", "look_payment", body) == "read again"
    assert booked.cases() == []
    assert "look_payment" in booked.looks()


def test_in_flight_a_payment_is_the_sagas(booked: Booked) -> None:
    """Its own read is due, and the time until which it can be collected is kept."""
    booked.in_flight("CAPTURING")
    body = booked.payment(status="requires_capture", amount_received=0)
    assert booked.note("note_payment", "look_payment", body) == "nudged"
    assert booked.is_nudged()
    before = booked.value("select capture_before from public.booking_attempts")
    assert before.timestamp() == 1_790_000_000
    assert booked.cases() == []


def test_a_charge_leads_to_its_payment(booked: Booked) -> None:
    """An intent may have been charged more than once: the charge alone says little."""
    charge = {"id": "ch_1", "payment_intent": booked.attempt["payment_intent_id"]}
    noted = booked.note("note_payment", "look_charge", charge, whose=False)
    assert noted == "passed on"
    look = booked.looks()["look_payment"]
    assert look["object_id"] == booked.attempt["payment_intent_id"]
    assert look["booking_attempt_id"] == booked.attempt["id"]
    charge["payment_intent"] = "pi_of_nobody"
    assert booked.note("note_payment", "look_charge", charge, whose=False) == "not ours"


# -- refunds, disputes, cards --------------------------------------------------------


def test_a_refund_that_fails_after_it_succeeded_is_a_case(booked: Booked) -> None:
    """And the traveller is told that their money is not there."""
    refund = {
        "id": "re_1",
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "payment_intent": booked.attempt["payment_intent_id"],
    }
    booked.ended("CANCELLED", refund_id="re_1", refunded_at="2026-11-01")
    assert booked.note("note_refund", "look_refund", refund, whose=False) == (
        "refund failed"
    )
    assert booked.cases() == [("REFUND_FAILED", "re_1", True)]
    assert "lost_or_stolen_card" in booked.value(
        "select summary from engine.review_cases"
    )
    assert "refund did not arrive" in (booked.attention() or "")
    booked.note("note_refund", "look_refund", refund, whose=False)
    assert len(booked.cases()) == 1


def test_a_refund_we_did_not_ask_for_shows_in_the_payment(booked: Booked) -> None:
    """Which is read; nobody else's refund is."""
    refund = {
        "id": "re_2",
        "status": "succeeded",
        "payment_intent": {"id": booked.attempt["payment_intent_id"]},
    }
    assert booked.note("note_refund", "look_refund", refund) == "passed on"
    assert "look_payment" in booked.looks()
    other = {"id": "re_3", "status": "failed", "payment_intent": "pi_of_nobody"}
    assert booked.note("note_refund", "look_refund", other, whose=False) == "not ours"
    assert booked.cases() == []


@pytest.mark.parametrize("end", ["won", "lost", "warning_closed"])
def test_a_dispute_is_a_case_until_it_is_decided(booked: Booked, end: str) -> None:
    """With the day by which evidence is due; its end is kept."""
    dispute: Row = {
        "id": "dp_1",
        "status": "needs_response",
        "reason": "fraudulent",
        "payment_intent": booked.attempt["payment_intent_id"],
        "evidence": {"due_by": 1_795_000_000},
    }
    for status in ("needs_response", "under_review"):
        booked.note("note_dispute", "look_dispute", {**dispute, "status": status})
    assert booked.cases() == [("DISPUTE", "dp_1", True)]
    summary = booked.value("select summary from engine.review_cases")
    assert "fraudulent" in summary
    assert "2026-11-18" in summary
    assert "disputed" in (booked.attention() or "")
    booked.note("note_dispute", "look_dispute", {**dispute, "status": end})
    assert booked.cases() == [("DISPUTE", "dp_1", False)]
    assert booked.value("select resolution from engine.review_cases") == end
    assert (booked.attention() is None) == (end != "lost")


def test_a_dispute_that_is_first_heard_of_when_it_is_lost_is_on_record(
    booked: Booked,
) -> None:
    """Whoever's payment it was."""
    dispute = {"id": "dp_2", "status": "lost", "reason": "x", "payment_intent": "pi_x"}
    booked.note("note_dispute", "look_dispute", dispute, whose=False)
    assert booked.cases() == [("DISPUTE", "dp_2", False)]
    assert booked.attention() is None


def test_a_fraud_warning_is_a_case(booked: Booked) -> None:
    """A refund in time may spare a dispute: a person decides."""
    warning = {
        "id": "issfr_1",
        "fraud_type": "unauthorized_use_of_card",
        "payment_intent": booked.attempt["payment_intent_id"],
    }
    assert booked.note("note_dispute", "look_warning", warning) == "warned"
    assert booked.cases() == [("FRAUD_WARNING", "issfr_1", True)]


def card(booked: Booked, **changes: object) -> Row:
    """Return the traveller's card as Stripe tells it."""
    return {
        "id": booked.card["stripe_payment_method_id"],
        "customer": booked.card["stripe_customer_id"],
        "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034},
        **changes,
    }


def test_a_card_that_was_replaced_is_shown_as_the_new_one(booked: Booked) -> None:
    """The same method, other digits."""
    assert booked.note("note_method", "look_method", card(booked), whose=False) == (
        "as expected"
    )
    new = {"brand": "visa", "last4": "1881", "exp_month": 1, "exp_year": 2039}
    body = card(booked, card=new)
    assert booked.note("note_method", "look_method", body, whose=False) == (
        "card updated"
    )
    found = booked.row(
        "select brand, last4, exp_month, exp_year from public.payment_methods"
    )
    assert found == new


@pytest.mark.parametrize("customer", [None, "cus_other"])
def test_a_card_that_was_removed_stops_the_trips_that_would_use_it(
    booked: Booked, customer: str | None
) -> None:
    """Those that would book by themselves; a booking in flight and a pause stay."""
    statuses = {"PENDING": "ACTION_REQUIRED", "BOOKING": "BOOKING", "PAUSED": "PAUSED"}
    trips = {}
    for status in statuses:
        trips[status] = booked.value(
            "select public.create_trip_request(p_origins => array['LHR'],"
            " p_destinations => array['JFK'], p_departure_from => current_date + 40,"
            " p_max_price => 500, p_currency => 'GBP',"
            " p_passengers => array[%s::uuid], p_payment_method_id => %s,"
            " p_auto_book_enabled => true, p_consent_text_version => '2026-11',"
            " p_user_id => %s)",
            booked.traveller.profile_id,
            booked.traveller.card_id,
            booked.traveller.user_id,
        )
        booked.rows(
            "update public.trip_requests set auto_book_status = %s, selected_offer_id ="
            " (select flight_offer_id from public.booking_attempts) where id = %s",
            status,
            trips[status],
        )
    for noted in ("card removed", "card removed"):
        body = card(booked, customer=customer)
        assert booked.note("note_method", "look_method", body, whose=False) == noted
    found = {
        row["id"]: row["auto_book_status"]
        for row in booked.rows("select id, auto_book_status from public.trip_requests")
    }
    assert {old: found[trips[old]] for old in statuses} == statuses
    assert found[booked.trip] == "BOOKED"
    assert booked.value("select detached_at is not null from public.payment_methods")
    reason = booked.value(
        "select status_reason from public.trip_requests where id = %s",
        trips["PENDING"],
    )
    assert reason == "Your card was removed. Please add another one."


# -- what never arrived --------------------------------------------------------------


def test_both_lists_are_asked_for_every_ten_minutes(booked: Booked) -> None:
    """From where the last one ended, with half an hour read twice."""

    def sweeps(later: str) -> dict[str, Any]:
        booked.rows("select engine.sweep_events(%s::timestamptz)", later)
        found = {
            name: look["payload"]["created_after"]
            for name, look in booked.looks().items()
            if name.startswith("sweep_")
        }
        booked.rows(
            "update engine.provider_calls set state = 'DONE', verdict = 'OK',"
            " finished_at = %s where operation like 'sweep%%' and state = 'READY'",
            later,
        )
        return found

    booked.rows("delete from engine.scans")
    assert sweeps("2026-11-23 12:00Z") == {
        "sweep_order_events": "2026-11-23T11:30:00Z",
        "sweep_payment_events": 1_795_433_400,
    }
    booked.rows(
        "insert into engine.scans (scan, provider, scanned_to) values"
        " ('order_events', 'duffel', '2026-11-20 00:00Z')"
    )
    assert sweeps("2026-11-23 12:09Z") == {}
    assert sweeps("2026-11-23 12:10Z") == {
        "sweep_order_events": "2026-11-19T23:30:00Z",
        "sweep_payment_events": 1_795_434_000,
    }


def test_a_list_too_long_to_be_read_is_read_in_parts(booked: Booked) -> None:
    """Half of what failed, then twice of what did not, until it has caught up."""
    booked.rows("delete from engine.scans")
    booked.rows("delete from engine.provider_calls where operation like 'sweep%%'")
    booked.rows(
        "insert into engine.scans (scan, provider, scanned_to)"
        " values ('order_events', 'duffel', '2026-11-23 08:00Z')"
    )

    def sweep(at: str, verdict: str) -> tuple[str, str | None] | None:
        at = f"2026-11-23 {at}Z"
        booked.rows("select engine.sweep_events(%s::timestamptz)", at)
        look = booked.looks().get("sweep_order_events")
        if look is None:
            return None
        if verdict == "OK":
            booked.rows(
                "select engine.receive_sweep(c, '{\"events\": []}', %s)"
                " from engine.provider_calls as c where id = %s",
                at,
                look["id"],
            )
        booked.rows(
            "update engine.provider_calls set state = 'DONE', verdict = %s,"
            " finished_at = %s where id = %s",
            verdict,
            at,
            look["id"],
        )
        asked = look["payload"]
        assert asked["created_after"].startswith("2026-11-23T")
        return asked["created_after"][11:-1], asked.get("created_before", "")[11:-1]

    assert sweep("12:00:00", "FAIL") == ("07:30:00", "")
    assert sweep("12:00:10", "FAIL") is None
    assert sweep("12:01:00", "FAIL") == ("07:30:00", "10:00:30")
    assert sweep("12:02:00", "OK") == ("07:30:00", "09:00:15")
    assert sweep("12:03:00", "OK") == ("08:30:15", "11:00:45")
    booked.rows(
        "update engine.provider_calls set claimed_at = '2026-11-23 12:04Z'"
        " where operation = 'sweep_order_events'"
    )
    assert sweep("12:04:00", "OK") == ("10:30:45", "")
    assert sweep("12:13:00", "OK") is None
    assert sweep("12:15:00", "OK") == ("11:34:00", "")


def test_events_that_never_arrived_are_received_from_the_list(booked: Booked) -> None:
    """Those that did arrive are there already."""
    attempt = booked.attempt
    arrived = snapshot("payment_intent.succeeded", {"id": attempt["payment_intent_id"]})
    booked.receive("stripe", arrived)
    missed = snapshot("payment_intent.canceled", {"id": attempt["payment_intent_id"]})
    missed["id"] = "evt_missed"
    listed = [cut_event("stripe", one) for one in (arrived, missed)]
    body = {"id": "account", "events": listed}
    noted = booked.note("receive_sweep", "sweep_payment_events", body, whose=False)
    assert noted == "1 missed"
    order = {"id": "ord_x", "offer_id": attempt["offer_id"]}
    told = [
        {**duffel("order.created", order), "id": "wev_missed"},
        {**duffel("ping.triggered", {}), "id": "wev_ping"},
    ]
    listed = [cut_event("duffel", one) for one in told]
    body = {"id": "account", "events": listed}
    noted = booked.note("receive_sweep", "sweep_order_events", body, whose=False)
    assert noted == "2 missed"
    found = {
        row["event_id"]: (row["received_by"], row["object_id"], row["hints"])
        for row in booked.rows("select * from engine.provider_events")
    }
    intent = attempt["payment_intent_id"]
    assert found == {
        arrived["id"]: ("webhook", intent, {}),
        "evt_missed": ("sweep", intent, {}),
        "wev_missed": (
            "sweep",
            "ord_x",
            {"order_id": "ord_x", "offer_id": attempt["offer_id"]},
        ),
        "wev_ping": ("sweep", "wev_ping", {}),
    }
    scans = booked.rows(
        "select scan, found, scanned_to <= now() as done from engine.scans"
    )
    assert {row["scan"]: row["found"] for row in scans} == {
        "order_events": 2,
        "payment_events": 1,
    }
    booked.apply()
    assert booked.event("wev_missed")["outcome"] == "look_order"
    assert booked.event("evt_missed")["outcome"] == "look_payment"


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, {"id": "of_another"}, {"orders": {}}),
        # As a sidecar of the last release reads it.
        {"events": [{"id": "evt_1", "type": "charge.captured"}]},
    ],
)
def test_an_answer_about_nothing_that_was_asked_is_asked_for_again(
    booked: Booked, body: Any
) -> None:
    """Of every look: no case is opened, no list counts as read."""
    scans = booked.rows("select * from engine.scans order by scan")
    calls = booked.rows(
        "select engine.enqueue_read(o.operation, 'asked_for', '{}', a, now()) as id"
        " from engine.operations as o join public.booking_attempts as a on a.id = %s"
        " where o.observes",
        booked.attempt["id"],
    )
    assert len(calls) > 10
    for call in calls:
        booked.rows(
            "update engine.provider_calls set state = 'CLAIMED', epoch = 1, tries = 1,"
            " claimed_at = now(), lease_until = now() + interval '1 minute'"
            " where id = %s",
            call["id"],
        )
        booked.rows(
            "select engine.settle_call(row(%s, 1, 200, null, %s, null, null), false,"
            " 'test', clock_timestamp())",
            call["id"],
            Jsonb(body),
        )
    states = booked.rows(
        "select operation, state, error_code from engine.provider_calls"
        " where object_id = 'asked_for' and (state, error_code)"
        " is distinct from ('READY', 'unreadable')"
    )
    assert states == []
    assert booked.rows("select * from engine.scans order by scan") == scans
    assert booked.rows("select kind from engine.review_cases") == []


def test_events_are_removed_a_quarter_of_a_year_later(booked: Booked) -> None:
    """Those that were acted on; what still waits stays, however old."""
    old = booked.receive("duffel", duffel("ping.triggered", {}))
    new = booked.receive("duffel", duffel("ping.triggered", {}))
    booked.apply()
    waits = booked.receive("duffel", duffel("ping.triggered", {}))
    booked.rows(
        "update engine.provider_events set received_at = now() - interval '91 days'"
        " where event_id in (%s, %s)",
        old,
        waits,
    )
    purged = booked.value("select engine.purge_events(10, now())")
    left = booked.rows("select event_id from engine.provider_events")
    assert purged == 1
    assert {old, new, waits} & {row["event_id"] for row in left} == {new, waits}
