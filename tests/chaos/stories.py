"""The stories of the saga that are crashed at each of their points.

A story is armed, led up to its start by a sidecar that comes to no harm, begun, and let
run until every attempt of its trip has an end. Whenever everything waits, time passes;
what the world outside does meanwhile is the story's, and may be done twice.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.factories import DECLINED, VISA, WANTS_ITS_HOLDER, World, until
from tests.sandbox.control import Fault
from tests.sandbox.flights.cancellations import Terms

PENDING_REFUND = "4000000000007726"
FAILING_REFUND = "4000000000005126"
_HIDDEN = 3_600.0  # seconds
# All points of all stories take half an hour: `make crash-points`.
_STEP = 1 if os.environ.get("CRASH_POINTS") == "all" else 4
ORDER = "POST /air/orders"
CAPTURE = "POST /v1/payment_intents/*/capture"
Act = Callable[[World, UUID], None]


def _nothing(world: World, trip: UUID) -> None:
    """Do nothing."""


def _tick(world: World, _trip: UUID) -> None:
    world.tick()


@dataclass(frozen=True)
class Story:
    """One way through the saga and the ends that a crash may give it."""

    ends: frozenset[str]  # states of the newest attempt
    card: str = VISA
    refund_share: Decimal = Decimal(1)  # of the order, when it is cancelled
    arm: Callable[[World], None] = lambda _world: None
    leads_to: str | None = None  # state that is reached before the points count
    begin: Act = _tick
    meanwhile: Act = _nothing


def order(verdict: str, **attempt: Any) -> Act:
    """Return the act of giving a verdict, with columns of the attempt set before."""

    def act(world: World, trip: UUID) -> None:
        mine = world.attempt(trip)
        for column, value in attempt.items():
            world.rows(
                f"update public.booking_attempts set {column} = {value} where id = %s",
                mine["id"],
            )
        world.rows(
            "select engine.command_attempt(%s, %s, %s, 'operator', 'test', 'test',"
            " clock_timestamp())",
            mine["user_id"],
            mine["id"],
            verdict,
        )

    return act


def _refuse_order(world: World) -> None:
    error = {"type": "airline_error", "code": "offer_no_longer_available"}
    body = {"errors": [{**error, "title": "gone", "message": "gone"}], "meta": {}}
    world.flights.faults.arm(Fault(match=ORDER, kind="status", status=422, body=body))


def _lose_order(world: World) -> None:
    world.flights.faults.arm(Fault(match=ORDER, kind="drop_after"))


def _never_create(world: World) -> None:
    world.flights.faults.arm(Fault(match=ORDER, kind="status", status=202, body={}))


def _hide_order(world: World) -> None:
    _lose_order(world)
    world.flights.set_orders_visibility(_HIDDEN)


def _lapse_hold(world: World) -> None:
    code = "charge_expired_for_capture"
    error = {"type": "invalid_request_error", "code": code, "message": "expired"}
    # For good: asked again after a crash, it is still gone.
    world.payments.faults.arm(
        Fault(
            match=CAPTURE, kind="status", status=400, body={"error": error}, times=None
        )
    )


def _lose_capture(world: World) -> None:
    world.payments.faults.arm(Fault(match=CAPTURE, kind="drop_after"))


def _refuse_cancellation(world: World) -> None:
    _lapse_hold(world)
    body = {"errors": [{"code": "order_not_cancellable"}]}
    match = "POST /air/order_cancellations"
    world.flights.faults.arm(Fault(match=match, kind="status", status=422, body=body))


def _decide_refunds(world: World, trip: UUID) -> None:
    """The bank lets every pending refund of the trip through."""
    ours = {intent["id"] for intent in world.intents(trip)}
    for refund in world.payments.state()["refunds"]:
        if refund["payment_intent"] in ours and refund["status"] == "pending":
            world.payments.controls.settle_refund(refund["id"])


def _confirm(world: World, trip: UUID) -> None:
    """The card's holder does what the bank wants, once."""
    world.confirm_as_holder(trip)


def _show_order(world: World, trip: UUID) -> None:
    """What was hidden appears, and the person who saw it lets the saga go on."""
    world.flights.clock.advance(_HIDDEN)
    order("RESUME")(world, trip)


def _fail_refund(world: World, _trip: UUID) -> None:
    world.payments.faults.arm(
        Fault(
            match="POST /v1/refunds",
            kind="status",
            status=400,
            body={"error": {"type": "invalid_request_error", "message": "no"}},
        )
    )


def _cancel(world: World, trip: UUID) -> None:
    order("CANCEL", min_refund="0")(world, trip)


def _cancel_without_refund(world: World, trip: UUID) -> None:
    _fail_refund(world, trip)
    _cancel(world, trip)


_BOOKED = frozenset({"CONFIRMED"})
_PARKED = frozenset({"NEEDS_REVIEW"})
_UNDONE = frozenset({"FAILED"})

STORIES = {
    "booked": Story(_BOOKED),
    "declined card": Story(_UNDONE, card=DECLINED),
    "holder confirms": Story(_BOOKED, card=WANTS_ITS_HOLDER, meanwhile=_confirm),
    "holder stays away": Story(_UNDONE, card=WANTS_ITS_HOLDER),
    "order refused": Story(_BOOKED, arm=_refuse_order),
    "order's answer lost": Story(_BOOKED, arm=_lose_order),
    "order never created": Story(_PARKED, arm=_never_create),
    "hold lapsed": Story(_UNDONE, arm=_lapse_hold),
    "capture's answer lost": Story(_BOOKED, arm=_lose_capture),
    "booking cancelled": Story(
        frozenset({"CANCELLED"}),
        refund_share=Decimal("0.5"),
        leads_to="CONFIRMED",
        begin=_cancel,
    ),
    "refund pending": Story(
        frozenset({"CANCELLED"}),
        card=PENDING_REFUND,
        leads_to="CONFIRMED",
        begin=_cancel,
        meanwhile=_decide_refunds,
    ),
    "refund refused": Story(
        # Refused once: where the crash hides that, the second try goes through.
        frozenset({"NEEDS_REVIEW", "CANCELLED"}),
        leads_to="CONFIRMED",
        begin=_cancel_without_refund,
    ),
    "review: void": Story(
        _UNDONE, arm=_never_create, leads_to="NEEDS_REVIEW", begin=order("VOID")
    ),
    "review: release": Story(
        _BOOKED, arm=_never_create, leads_to="NEEDS_REVIEW", begin=order("RELEASE")
    ),
    "review: resume": Story(
        _BOOKED, arm=_hide_order, leads_to="NEEDS_REVIEW", begin=_show_order
    ),
    "review: cancel": Story(
        _UNDONE,
        arm=_refuse_cancellation,
        leads_to="NEEDS_REVIEW",
        begin=order("CANCEL"),
    ),
}


def crash_points(name: str) -> Iterator[int]:
    """Yield the points of a story to try: all, or the first and some others."""
    second = 2 + list(STORIES).index(name) % _STEP
    return itertools.chain([1], itertools.count(second, _STEP))


def prepare(world: World, story: Story, begin_again: Callable[[], None]) -> UUID:
    """State a trip, let a sidecar bring it to where the points begin to count.

    `begin_again` tells it to count from there on.
    """
    world.flights.faults.clear()
    world.payments.faults.clear()
    world.flights.set_orders_visibility(0)
    # Time passes in a story; the trips of those before are not to be searched again.
    world.rows("update public.trip_requests set next_search_at = 'infinity'")
    # Nobody mirrors the flags here, and all points together take a while.
    world.rows("select engine.beat_flags('test')")
    world.flights.set_cancellations(Terms(story.refund_share, "balance"))
    trip = world.trip(world.traveller(card=story.card))
    story.arm(world)
    if story.leads_to is not None:
        world.tick()
        run(world, story, trip)
        assert world.attempt(trip)["state"] == story.leads_to
    begin_again()
    story.begin(world, trip)
    return trip


def run(
    world: World,
    story: Story,
    trip: UUID,
    *,
    stopped: Callable[[], bool] = lambda: False,
    idle: Callable[[], bool] = lambda: False,
) -> None:
    """Let time pass, whenever everything waits, until rest or until `stopped`.

    A lease of a sidecar that is `idle` is one that it never heard of.
    """

    def is_over() -> bool:
        if stopped():
            return True
        queue = _queue(world)
        if queue["out"]:
            if idle():
                lapse_leases(world)
            return False
        if queue["due"]:
            return False
        if queue["waiting"]:
            story.meanwhile(world, trip)
            # What polls for long is at rest after its second look: on to its deadline.
            world.pass_time("1 day" if world.at_rest() else queue["waiting"])
            world.rows("select engine.wake_sidecar()")
            return False
        return not queue["live"]

    until(is_over, seconds=60)


def lapse_leases(world: World) -> None:
    """Let the leases of the dead run out, and what runs each minute find them."""
    world.rows(
        "update engine.provider_calls set lease_until = clock_timestamp()"
        " where state in ('CLAIMED', 'SENT')"
    )
    world.rows("select engine.recover()")


def _queue(world: World) -> dict[str, Any]:
    """Return what is out, due, waiting (and for how long), and not at its end.

    What an open breaker holds up is not due before it closes.
    """
    return world.row(
        "with calls as ("
        " select c.state, greatest(c.run_at, b.open_until) as run_at"
        " from engine.provider_calls as c"
        " left join engine.breakers as b using (operation))"
        " select"
        " count(*) filter (where state in ('CLAIMED', 'SENT')) as out,"
        " count(*) filter (where state = 'READY' and run_at <= clock_timestamp())"
        " as due,"
        " (min(run_at) filter (where state = 'READY') - clock_timestamp())::text"
        " as waiting,"
        " (select count(*) from public.booking_attempts as a"
        "  join engine.saga_states as s using (state)"
        "  where not s.is_final and not s.is_parked) as live"
        " from calls"
    )


def describe(world: World, trip: UUID) -> str:
    """Return what the trip went through and what is still to be called."""
    events = world.rows(
        "select to_state, reason from engine.booking_events"
        " where trip_request_id = %s order by id",
        trip,
    )
    calls = world.rows(
        "select operation, state, verdict, error_code, tries, run_at, lease_until"
        " from engine.provider_calls where trip_request_id = %s"
        " and state not in ('DONE', 'UNKNOWN')",
        trip,
    )
    return "\n".join(str(list(row.values())) for row in events + calls)
