"""Workers in slow motion: one thread claims, sends and reports, each when told to.

Real engine, real clients, real sandboxes; only the order of things is the test's. What
depends on chance in the database (the jitter of a retry) follows a seed, and waits are
over when the stepper claims, so that the same steps lead to the same end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg.conninfo import make_conninfo

from sidecar.db import Call, Database
from sidecar.flights import Flights
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from sidecar.providers import NOT_SENT, Answer
from sidecar.sandbox.control import Fault
from sidecar.sandbox.flights.outcomes import OrderOutcome
from tests.chaos.troubles import fresh
from tests.factories import World

# More than any back-off, less than any wait that is written down in hours.
_PATIENCE = "301 seconds"


@dataclass(slots=True)
class Hand:
    """A call that some worker holds, and what came back if it was made."""

    call: Call
    worker: str
    answer: Answer | None = None

    def report(self) -> dict[str, Any]:
        """Return what the worker reports."""
        assert self.answer is not None
        return self.answer.as_report(self.call.call_id, self.call.epoch)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls one call: a fault outside, one under Stripe's key, or no network."""

    fault: Callable[[str, str], Fault | None] = lambda _operation, _provider: None
    under_key: Fault | None = None
    not_sent: bool = False


class Stepper:
    """Two or more workers of one world, moved by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hands: list[Hand] = []
        # Orders that were told to come again, by attempt.
        self.throttled: Counter[str] = Counter()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._database = Database(
            make_conninfo(world.dsn, user="skylatch_sidecar"), size=1
        )
        with self._database._pool.connection() as connection:
            connection.execute("select setseed(0)")
        world.rows("select setseed(0)")
        self._operations = outward_calls(
            Flights(world.flights_url, "duffel_test_fixture"),
            Payments(world.payments_url, "sk_test_fixture"),
        )
        self._providers = {
            row["operation"]: row["provider"]
            for row in world.rows("select operation, provider from engine.operations")
        }

    def close(self) -> None:
        """Close the sidecar's connection."""
        self._database.close()

    def claim(self, worker: str) -> int:
        """Let short waits be over and claim all that is due; return how many."""
        self.world.pass_time(_PATIENCE)
        calls = self._database.claim_calls(worker, limit=100, searches=100)
        self._take(worker, calls)
        return len(calls)

    def send(
        self,
        hand: Hand,
        trouble: Trouble | None = None,
        outcome: OrderOutcome | None = None,
    ) -> None:
        """Make the call; one that may not leave any more is laid down."""
        call, trouble = hand.call, trouble or Trouble()
        if hand.answer is not None:
            return
        if call.request is None or trouble.not_sent:
            hand.answer = NOT_SENT
            return
        if call.marks_sent and self._database.mark_sent(call) is not None:
            self.hands.remove(hand)
            return
        flights, payments = self.world.flights, self.world.payments
        provider = self._providers[call.operation]
        fault = trouble.fault(call.operation, provider)
        if fault is not None:
            if call.marks_sent and fault.status == 429:
                self.throttled[call.request["metadata"]["attempt_id"]] += 1
            sandbox = flights if provider == "duffel" else payments
            sandbox.faults.arm(fresh(fault))
        if trouble.under_key is not None:
            payments.execution_faults.arm(fresh(trouble.under_key))
        if outcome is not None:
            flights.arm_outcome(fresh(outcome))
        try:
            hand.answer = self._operations[call.operation](
                call.request, call.idempotency_key
            )
        finally:
            flights.clear_outcomes()
            for faults in (flights.faults, payments.faults, payments.execution_faults):
                faults.clear()

    def report(self, hands: list[Hand], *, hand_on: bool = True) -> None:
        """Report these answers in one transaction; take what is handed on."""
        answered = [hand for hand in hands if hand.answer is not None]
        if not answered:
            return
        worker = answered[0].worker
        reports = [hand.report() for hand in answered]
        self.hands = [hand for hand in self.hands if hand not in answered]
        self.told += [(worker, report) for report in reports]
        self.tell(worker, reports, hand_on=hand_on)

    def tell(
        self, worker: str, reports: list[dict[str, Any]], *, hand_on: bool = True
    ) -> None:
        """Report, perhaps not for the first time."""
        self._take(
            worker, self._database.finish_calls(worker, reports, hand_on=hand_on)
        )

    def work(self, worker: str) -> int:
        """Send and report all that the worker holds, once; return how many."""
        mine = [hand for hand in self.hands if hand.worker == worker]
        for hand in mine:
            self.send(hand)
        self.report([hand for hand in self.hands if hand.worker == worker])
        return len(mine)

    def end_leases(self) -> None:
        """Whoever holds a call holds it too long; recovery settles it."""
        self.world.rows(
            "update engine.provider_calls set lease_until = clock_timestamp()"
            " where state in ('CLAIMED', 'SENT')"
        )
        self.world.rows("select engine.recover()")

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the engine and for both providers."""
        interval = f"{seconds} seconds"
        self.world.pass_time(interval)
        for table, column in (
            ("public.flight_offers", "expires_at"),
            ("public.booking_attempts", "capture_before"),
        ):
            self.world.rows(
                f"update {table} set {column} = {column} - %s::interval", interval
            )
        self.world.flights.clock.advance(seconds)
        self.world.payments.clock.advance(seconds)

    def run_to_rest(self, *, rounds: int) -> None:
        """Work on without troubles, time passing for what waits, until nothing does."""
        self.hands.clear()
        self.end_leases()
        for _ in range(rounds):
            if self.claim("last") or self.hands:
                while self.work("last"):
                    pass
                continue
            wait = self.world.value(
                "select extract(epoch from min(run_at) - clock_timestamp())"
                " from engine.provider_calls where state = 'READY'"
            )
            if wait is None:
                return
            self.pass_time(max(float(wait) + 1, 3 * 3600))
            self.end_leases()
        raise AssertionError(f"not at rest after {rounds} rounds")

    def _take(self, worker: str, calls: list[Call]) -> None:
        calls = sorted(calls, key=lambda call: call.call_id)
        self.hands += [Hand(call, worker) for call in calls]
