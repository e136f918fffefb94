"""A primary dies under sagas and its replica takes over: ``make failover``.

Each trip is brought to a state, and there its replica stops to hear of it. Its saga
goes on, on the former primary, to its end or to where the sidecar dies; then the
primary is killed, the replica promoted, and a sidecar works there until all is at rest.
Meanwhile the offer is there still, or sold out. What the sandboxes' books say of each
trip is the oracle.

    async   the replica stops to hear at the state
    sync    each commit waits for the replica: nothing is lost
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import structlog
from psycopg.conninfo import make_conninfo

from sidecar.db import Call, Database
from sidecar.deploy import deploy
from sidecar.flights import Flights
from sidecar.local.plpython import install_plpython
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from tests.chaos.replica_pair import Pair, replica_pair
from tests.factories import Row, World, until
from tests.sandbox.control import Fault
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.flights.cancellations import Terms
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

Mode = Literal["async", "sync"]
Offer = Literal["alive", "sold out"]
MODES: tuple[Mode, ...] = ("async", "sync")
OFFERS: tuple[Offer, ...] = ("alive", "sold out")
# Trips to one place share their offers.
_PLACES = {"alive": "JFK", "sold out": "BOS"}

_REFUSED = Fault(
    match="POST /air/orders",
    kind="status",
    status=422,
    body={"errors": [{"type": "airline_error", "code": "offer_no_longer_available"}]},
)
_LOST = Fault(match="POST /air/orders", kind="drop_after")
_LAPSED = Fault(
    match="POST /v1/payment_intents/*/capture",
    kind="status",
    status=400,
    body={
        "error": {
            "type": "invalid_request_error",
            "code": "charge_expired_for_capture",
            "message": "expired",
        }
    },
)
# What befalls a call on the way to a state; the other states are on the plain way.
_WAYS: dict[str, dict[str, Fault]] = {
    "VOIDING": {"create_order": _REFUSED},
    "FAILED": {"create_order": _REFUSED},
    "ORDER_UNKNOWN": {"create_order": _LOST},
    "NEEDS_REVIEW": {"create_order": _LOST},
    "QUOTING_ORDER": {"capture_payment": _LAPSED},
    "CANCELLING_ORDER": {"capture_payment": _LAPSED},
}
# Booked, and then cancelled by the traveller.
_CANCELLED = {"QUOTING_BOOKING", "CANCELLING_BOOKING", "REFUNDING", "CANCELLED"}
# "PENDING" is the trip's: its search is out, and no attempt begun.
BEFORE_THE_ORDER = (
    *("PENDING", "REPRICING", "CREATING_PAYMENT", "AUTHORIZING", "ORDERING"),
)
STATES = (
    *BEFORE_THE_ORDER,
    *("ORDER_UNKNOWN", "CAPTURING", "CONFIRMED", "VOIDING", "FAILED"),
    *("QUOTING_ORDER", "CANCELLING_ORDER", "QUOTING_BOOKING", "CANCELLING_BOOKING"),
    *("REFUNDING", "CANCELLED", "NEEDS_REVIEW"),
)
_AT_REST = {"CONFIRMED", "CANCELLED", "NEEDS_REVIEW"}
# How its saga goes on, on the former primary:
ENDS = "ends"  # to its end
MADE = "call made"  # its call is made, and sidecar and server die
TOLD = "answer told"  # its call is made, and its answer told to the new server
HELD = "hold made"  # on, and it dies before its order is sent
ORDERED = "order made"  # on, and it dies before the answer is told
IN_FLIGHT = "order in flight"  # on, and the order arrives after the promotion
_DIES_ORDERING = (HELD, ORDERED, IN_FLIGHT)

_PATIENCE = 600.0  # seconds, with a hundred trips on a busy machine
_MARGIN = "interval '1 hour'"  # at least what the engine waits for
_QUIET = """
select not exists (
  select from engine.provider_calls as c
  inner join engine.operations as o on c.operation = o.operation
  where (
    c.state in ('CLAIMED', 'SENT')
    or c.state = 'READY'
    and (o.waits is null or c.tries < 2)
    and c.run_at <= clock_timestamp()
  )
  and not (o.awaits_history and engine.history_problem() is not null)
)
"""


@dataclass
class Case:
    """One trip: where its replica stopped to hear of it, and what came then."""

    state: str
    offer: Offer
    then: str
    trip: UUID = field(init=False)
    # What a worker holds: the call that its state waits for, and later its answer.
    call: Call | None = None
    report: Row | None = None
    reached: bool = False

    def __str__(self) -> str:
        return f"{self.state}, {self.offer}, {self.then}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the providers' books say of one trip in the end, and our tables."""

    orders: int  # live
    captures: int  # not returned
    cases: tuple[str, ...]
    sent_again: int  # orders of attempts for which more than one was asked for
    restored: int  # attempts that failed because of the failover
    lost: bool  # the replica knew less of it than the primary
    status: str

    @property
    def doubled(self) -> bool:
        """Tell whether the trip is ordered or paid more than once."""
        return self.orders > 1 or self.captures > 1


def all_cases(mode: Mode) -> list[Case]:
    """Return every state with every way to go on, alive and sold out."""
    found = []
    for offer in OFFERS:
        for state in STATES:
            ways = [ENDS]
            if state not in _AT_REST | {"PENDING"}:
                ways += [MADE, TOLD]
            # Where nothing is lost they are the same as from ORDERING itself.
            if state in BEFORE_THE_ORDER and (mode == "async" or state == "ORDERING"):
                ways += [HELD, ORDERED, IN_FLIGHT]
            found += [Case(state, offer, then) for then in ways]
    return found


def few_cases(mode: Mode) -> list[Case]:
    """Return every state once or twice: what a test run can afford."""
    if mode == "sync":
        return [
            *(Case("REPRICING", "sold out", MADE), Case("AUTHORIZING", "alive", TOLD)),
            *(Case("ORDERING", offer, ORDERED) for offer in OFFERS),
            *(Case("ORDERING", "alive", IN_FLIGHT), Case("CAPTURING", "alive", MADE)),
        ]
    cases = [Case(state, "sold out", ENDS) for state in STATES]
    cases += [
        *(Case("PENDING", "alive", then) for then in _DIES_ORDERING),
        *(Case("REPRICING", "sold out", then) for then in (IN_FLIGHT, HELD)),
        Case("CREATING_PAYMENT", "alive", ORDERED),
        *(Case("AUTHORIZING", "alive", then) for then in (ENDS, TOLD)),
        *(Case("ORDERING", "alive", then) for then in (TOLD, IN_FLIGHT, HELD)),
        Case("VOIDING", "alive", MADE),
    ]
    return cases


class FormerServer:
    """The primary that is going to die, and the sidecar that works for it."""

    def __init__(self, world: World, cases: list[Case]) -> None:
        self.world = world
        self.cases = cases
        self._database = Database(
            make_conninfo(world.dsn, user="skylatch_sidecar"), size=1
        )
        self._make = outward_calls(
            Flights(world.flights_url, "duffel_test_fixture"),
            Payments(world.payments_url, "sk_test_fixture"),
        )
        self._by_trip: dict[UUID | None, Case] = {}
        # What it knew of each trip's attempts when it died.
        self.knew: dict[UUID, set[tuple[object, ...]]] = {}
        # Whoever steps by hand is slow.
        world.rows("update engine.operations set lease = '1 hour'")

    def state(self, case: Case) -> str:
        """Return the state of the trip's newest attempt, PENDING without one."""
        found = self.world.rows(
            "select state from public.booking_attempts where trip_request_id = %s"
            " order by attempt_no desc limit 1",
            case.trip,
        )
        return str(found[0]["state"]) if found else "PENDING"

    def bring_to_their_states(self) -> None:
        """State a trip for each case, and go on until each is where it is to be."""
        for case in self.cases:
            case.trip = self.world.trip(
                self.world.traveller(),
                destinations=[_PLACES[case.offer]],
                max_connections=0,
            )
            self._by_trip[case.trip] = case
        self.world.tick()
        self._work(self._hold_at_its_state)
        for case in self.cases:
            if case.state in _CANCELLED:
                self._command(case, "CANCEL")
        self._work(self._hold_at_its_state)
        for case in self.cases:
            if case.state == "NEEDS_REVIEW":
                self._command(case, "FREEZE")
                case.call = None
            assert self.state(case) == case.state, (case, self.state(case))

    def go_on(self) -> None:
        """Let each saga go on to where it ends or its sidecar dies."""
        for case in self.cases:
            case.reached = True
            call, case.call = case.call, None
            if call is None:
                continue
            if case.then in (MADE, TOLD):
                case.call = call
                case.report = self._answer(call, case)
            elif case.then in _DIES_ORDERING and call.marks_sent:
                case.call = call
            else:
                self._tell(call, case)
        self._work(self._hold_before_its_order)
        for case in self.cases:
            if case.state == "NEEDS_REVIEW":
                self._command(case, "RESUME")
        self._work(self._hold_before_its_order)
        for case in self.cases:
            if case.then in _DIES_ORDERING:
                assert case.call is not None, case
                assert case.call.marks_sent, case
            if case.then in (ORDERED, IN_FLIGHT):
                assert case.call is not None
                assert self._database.mark_sent(case.call) is None
            if case.then == ORDERED:
                assert case.call is not None
                self._send(case.call)

    def let_orders_arrive(self) -> None:
        """Let what was under way when the server died reach Duffel."""
        for case in self.cases:
            if case.then == IN_FLIGHT:
                assert case.call is not None
                self._send(case.call)

    def close(self) -> None:
        """Close the sidecar's connections; those of the world are its own."""
        self._database.close()

    def _hold_at_its_state(self, call: Call, case: Case) -> bool:
        state = self.state(case)
        if case.state == "FAILED":
            return state == "FAILED"  # its next search
        if case.state in _CANCELLED and not case.reached:
            return False
        return state == case.state and (call.operation == "search") == (
            state == "PENDING"
        )

    def _hold_before_its_order(self, call: Call, case: Case) -> bool:
        return case.then in _DIES_ORDERING and call.marks_sent

    def _command(self, case: Case, verdict: str) -> None:
        attempt = self.world.attempt(case.trip)
        self.world.rows(
            "update public.booking_attempts set min_refund = 0 where id = %s",
            attempt["id"],
        )
        self.world.rows(
            "select engine.command_attempt("
            "%s, %s, %s, 'test', 'test', 'a test', now())",
            attempt["user_id"],
            attempt["id"],
            verdict,
        )
        case.reached = True

    def _work(self, hold: Callable[[Call, Case], bool]) -> None:
        """Make and report what is due until nothing is; keep what is to be held."""
        while calls := self._claim():
            for call in calls:
                case = self._by_trip.get(call.trip_request_id)
                if case is None:
                    self._tell(call, None)
                elif hold(call, case):
                    case.call = call
                else:
                    self._tell(call, case)

    def _claim(self) -> list[Call]:
        self.world.rows(
            "update engine.provider_calls as c set run_at = now()"
            " from engine.operations as o"
            " where c.state = 'READY' and o.operation = c.operation and c.tries < 3"
        )
        return self._database.claim_calls("former", limit=200, searches=200)

    def _tell(self, call: Call, case: Case | None) -> None:
        report = self._answer(call, case)
        # What is handed on would be claimed already: each is claimed anew instead.
        self._database.finish_calls("former", [report], hand_on=False)

    def _answer(self, call: Call, case: Case | None) -> Row:
        if call.marks_sent:
            assert self._database.mark_sent(call) is None
        fault = None
        if case is not None and not case.reached:
            fault = _WAYS.get(case.state, {}).get(call.operation)
        return self._send(call, fault)

    def _send(self, call: Call, fault: Fault | None = None) -> Row:
        assert call.request is not None
        if fault is not None:
            provider = "flights" if "/air/" in fault.match else "payments"
            getattr(self.world, provider).faults.arm(
                Fault(fault.match, fault.kind, 1, fault.status, fault.body)
            )
        answer = self._make[call.operation](call.request, call.idempotency_key)
        report: Row = answer.as_report(call.call_id, call.epoch)
        return report


def sell_out(world: World, offer_ids: Iterable[str]) -> None:
    """Let these offers be sold out, and no others."""
    flights = Flights(world.flights_url, "duffel_test_fixture")
    for offer_id in offer_ids:
        world.flights.vanish("LHR", _PLACES["sold out"])
        flights.get_offer(offer_id, "sold out")
        world.flights.vanish("LHR", _PLACES["sold out"], 0)


def known(world: World) -> dict[UUID, set[tuple[object, ...]]]:
    """Return what a server knows of the attempts of each trip."""
    found: dict[UUID, set[tuple[object, ...]]] = {}
    for row in world.rows(
        "select trip_request_id, id, state, epoch from public.booking_attempts"
    ):
        trip, *facts = row.values()
        found.setdefault(trip, set()).add(tuple(facts))
    return found


def fail_over(pair: Pair, former: FormerServer, mode: Mode) -> list[str]:
    """Lose what is to be lost, kill the primary and promote.

    Returns the offers of the trips whose offers are sold out meanwhile.
    """
    if mode == "async":
        pair.stall()
    former.go_on()
    offers = [
        row["offer_id"]
        for row in former.world.rows(
            "select distinct a.offer_id from public.booking_attempts as a"
            " where a.trip_request_id = any (%s)",
            [case.trip for case in former.cases if case.offer == "sold out"],
        )
    ]
    former.knew = known(former.world)
    former.world.close()
    former.close()
    pair.fail_over()
    return offers


def _rest(world: World) -> None:
    until(lambda: world.value(_QUIET), seconds=_PATIENCE)


def work_unconfirmed(world: World, former: FormerServer) -> None:
    """Work on the new primary before its history is confirmed: nothing may begin.

    What was under way arrives after a first look at the lists.
    """
    begun = len(world.flights.state()["order_attempts"])
    attempts = "select count(*) from public.booking_attempts where status = 'FAILED'"
    known = "select count(*) from public.booking_attempts"
    before = (world.value(attempts), world.value(known))
    with world.working():
        # Whoever outlived the former primary tells its answers.
        survivor = Database(make_conninfo(world.dsn, user="skylatch_sidecar"), size=1)
        told = [case.report for case in former.cases if case.then == TOLD]
        survivor.finish_calls("former", [one for one in told if one], hand_on=True)
        survivor.close()
        world.rows(
            "update engine.provider_calls"
            " set lease_until = lease_until - interval '1 day'"
        )
        world.rows("select engine.recover()")
        world.rows("select engine.start_scan('orders', clock_timestamp())")
        _rest(world)
        world.tick()
        _rest(world)
    assert world.value("select engine.history_problem()") is not None
    assert len(world.flights.state()["order_attempts"]) == begun
    assert (world.value(attempts), world.value(known)) == before
    former.let_orders_arrive()


def work_to_rest(world: World) -> None:
    """Let the margin pass and everything after it, until nothing is left to do."""
    world.rows(f"update engine.history set noticed_at = noticed_at - {_MARGIN}")
    world.rows(f"update engine.scans set read_at = read_at - {_MARGIN}")
    with world.working():
        for _ in range(4):
            world.rows(
                "update engine.provider_calls set run_at = now() where state = 'READY'"
            )
            world.rows(
                "update public.trip_requests set next_search_at = now()"
                " where auto_book_status = 'PENDING'"
            )
            world.rows("select engine.recover()")
            until(
                lambda: world.value("select engine.history_problem()") is None,
                seconds=_PATIENCE,
            )
            _rest(world)
            world.tick()
            _rest(world)
        world.rows("select engine.start_scan('orders', clock_timestamp())")
        _rest(world)


def judge(world: World, case: Case, *, lost: bool) -> Outcome:
    """Return what became of a trip, by the providers' own books."""
    orders = world.orders(case.trip)
    attempts = world.rows(
        "select * from public.booking_attempts where trip_request_id = %s", case.trip
    )
    sent = Counter(
        request["metadata"]["attempt_id"]
        for request in world.flights.state()["order_requests"]
        if request["metadata"].get("trip_request_id") == str(case.trip)
    )
    cases = world.rows(
        "select kind from engine.review_cases where trip_request_id = %s"
        " and resolved_at is null order by kind",
        case.trip,
    )
    return Outcome(
        orders=sum(order["cancelled_at"] is None for order in orders),
        captures=sum(
            intent["captured"] > intent["refunded"]
            for intent in world.intents(case.trip)
        ),
        cases=tuple(row["kind"] for row in cases),
        sent_again=sum(
            sent[order["metadata"]["attempt_id"]] > 1
            for order in orders
            if order["cancelled_at"] is None
        ),
        restored=sum(
            attempt["status"] == "FAILED"
            and "restored" in (attempt["error_message"] or "")
            for attempt in attempts
        ),
        lost=lost,
        status=world.status(case.trip),
    )


@contextmanager
def _providers() -> Iterator[dict[str, Any]]:
    flights, payments = FlightsSandbox(recordings=None), PaymentsSandbox()
    # A whole refund: an order that cannot be paid is cancelled without asking anybody.
    flights.set_cancellations(Terms(refund_share=Decimal(1)))
    with (
        running_in_thread(flights.app) as flights_url,
        running_in_thread(payments.app) as payments_url,
    ):
        yield {
            "flights": flights,
            "flights_url": flights_url,
            "payments": payments,
            "payments_url": payments_url,
        }


def lose_primary(mode: Mode, cases: list[Case]) -> dict[str, tuple[Case, Outcome]]:
    """Play one failover with all these trips in flight; return what became of each."""
    install_plpython()
    with replica_pair() as pair, _providers() as providers:
        pair.primary.create_database("failover")
        deploy(pair.primary.dsn("failover"), cron=False)
        replica = pair.follow(synchronous=mode == "sync")
        world = World(dsn=pair.primary.dsn("failover"), **providers)
        former = FormerServer(world, cases)
        former.bring_to_their_states()
        sold_out = fail_over(pair, former, mode)
        sell_out(world, sold_out)
        world = World(dsn=replica.dsn("failover"), **providers)
        now_known = known(world)
        lost = {
            case.trip
            for case in cases
            if now_known.get(case.trip) != former.knew.get(case.trip)
        }
        try:
            work_unconfirmed(world, former)
            work_to_rest(world)
            outcomes = {
                str(case): (case, judge(world, case, lost=case.trip in lost))
                for case in cases
            }
            violations = world.violations()
            assert violations == [], violations
        finally:
            world.close()
        return outcomes


def table(mode: Mode, outcomes: Iterable[tuple[Case, Outcome]]) -> list[str]:
    """Return a line for each state and offer: trips, orders, captures, cases."""
    rows: dict[tuple[str, str], list[Outcome]] = {}
    for case, outcome in outcomes:
        rows.setdefault((case.state, case.offer), []).append(outcome)
    lines = []
    for (state, offer), found in sorted(
        rows.items(), key=lambda row: (STATES.index(row[0][0]), row[0][1])
    ):
        kinds = Counter(kind for outcome in found for kind in outcome.cases)
        numbers = (
            len(found),
            sum(outcome.lost for outcome in found),
            sum(outcome.orders for outcome in found),
            sum(outcome.captures for outcome in found),
            ", ".join(f"{times} {kind}" for kind, times in sorted(kinds.items())) or 0,
            sum(outcome.doubled for outcome in found),
            sum(outcome.sent_again for outcome in found),
            sum(outcome.restored for outcome in found),
        )
        lines.append(
            f"| {state} | {offer} | {mode} | " + " | ".join(map(str, numbers)) + " |"
        )
    return lines


def main() -> int:
    """Play every state in both modes and print the table; 1 when anything doubled."""
    parser = argparse.ArgumentParser(
        description="Fail over at every state of the saga."
    )
    parser.add_argument("--details", action="store_true", help="a line for each trip")
    arguments = parser.parse_args()
    # The table alone: what the workers say is not asked for.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
    )
    print(
        "| state | offer | mode | trips | lost | orders | captures | cases | doubled |",
        end="",
    )
    print(' sent again | failed "restored" |')
    print("|---|---|---|--:|--:|--:|--:|---|--:|--:|--:|", flush=True)
    bad = 0
    for mode in MODES:
        began = time.monotonic()
        outcomes = lose_primary(mode, all_cases(mode))
        for line in table(mode, outcomes.values()):
            print(line)
        if arguments.details:
            for name, (_, outcome) in outcomes.items():
                print(f"    {mode}, {name}: {outcome}")
        bad += sum(
            outcome.doubled or outcome.sent_again > 0 or outcome.restored > 0
            for _, outcome in outcomes.values()
        )
        print(f"{mode}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
