"""Workers in slow motion: one thread claims, sends and reports, each when told to.

Real engine, real clients, real sandboxes; only the order of things and the time are the
test's: the database's clock and both providers' go on together, and only when told to.
What depends on chance in the database (the jitter of a retry) follows a seed, so that
the same steps lead to the same end.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe
from psycopg.conninfo import make_conninfo

from sidecar.db import Call, Database
from sidecar.flights import Flights
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from sidecar.providers import NOT_SENT, Answer
from sidecar.sandbox.control import Fault
from sidecar.sandbox.flights.outcomes import OrderOutcome
from sidecar.sandbox.payments.events import notification
from sidecar.webhooks import Provider, read_event
from tests.callbacks import SECRETS
from tests.chaos.troubles import fresh
from tests.factories import World

# More than any back-off, less than any wait that is written down in hours.
_PATIENCE_SECONDS = 301.0
_LONGEST_LEASE_SECONDS = 201.0
_NEXT_CALL = """
select extract(epoch from min(greatest(c.run_at, b.open_until)) - clock_timestamp())
from engine.provider_calls as c
inner join engine.operations as o on c.operation = o.operation
left join engine.breakers as b on c.operation = b.operation
where c.state = 'READY' and (%s or o.waits is null)
"""
_LIVE_ATTEMPTS = """
select count(*)
from public.booking_attempts as a
inner join engine.saga_states as s on a.state = s.state
where not s.is_final and not s.is_parked
"""


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
        # Whether the flags are still mirrored: without it they are stale in a minute.
        self.mirrors = True
        self._database = Database(
            make_conninfo(world.dsn, user="skylatch_sidecar"), size=1
        )
        with self._database._pool.connection() as connection:
            connection.execute("select setseed(0)")
        world.rows("select setseed(0)")
        self._stripe = stripe.StripeClient(
            "sk_test_fixture", base_addresses={"api": world.payments_url}
        )
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
        """Wait for what is due soon and claim all that is; return how many.

        What is looked for again and again is not waited for.
        """
        wait = self.next_call(again_and_again=False)
        if wait is not None and 0 < wait <= _PATIENCE_SECONDS:
            self.pass_time(wait)
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
        finished = self._database.finish_calls(worker, reports, hand_on=hand_on)
        assert not finished.set_aside
        self._take(worker, finished.calls)

    def work(self, worker: str) -> int:
        """Send and report all that the worker holds, once; return how many."""
        mine = [hand for hand in self.hands if hand.worker == worker]
        for hand in mine:
            self.send(hand)
        self.report([hand for hand in self.hands if hand.worker == worker])
        return len(mine)

    def happened(self) -> list[tuple[Provider, dict[str, Any]]]:
        """Return the events of both providers so far, oldest first, as they are sent.

        Stripe's come in their whole form and as a notification that names its object.
        """
        now = self.world.flights.clock.now()
        duffels = [
            event
            for event in self.world.flights.state()["events"]
            if datetime.fromisoformat(event["created_at"]) <= now
        ]
        stripes = [
            event.to_dict()
            for event in self._stripe.v1.events.list({"limit": 100}).data[::-1]
        ]
        return [
            *(("duffel", event) for event in duffels),
            *(("stripe", event) for event in stripes),
            *(("stripe", notification(event)) for event in stripes),
        ]

    def receive(self, provider: Provider, body: bytes, header: str) -> None:
        """Take a callback as the sidecar does; raises Refused for a forged one."""
        event = read_event(
            provider,
            body,
            header,
            secrets=[SECRETS[provider]],
            live_mode=False,
            now=time.time(),
        )
        self._database.receive_events(provider, [event])

    def apply_events(self) -> None:
        """Apply what was received, as the sidecar does after it has answered."""
        while self._database.apply_events(100):
            pass

    def next_call(self, *, again_and_again: bool = True) -> float | None:
        """Return in how many seconds a call is due; None when none waits."""
        wait = self.world.value(_NEXT_CALL, again_and_again)
        return None if wait is None else float(wait)

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the database and for both providers."""
        self.world.let_time_pass(seconds)
        if self.mirrors:
            self.world.rows("select engine.beat_flags('test')")

    def run_schedules(self) -> None:
        """Do what is done each minute."""
        self.world.rows("select engine.recover()")
        self.world.rows("select engine.watch_invariants()")

    def end_leases(self) -> None:
        """Whoever holds a call holds it too long; recovery settles it."""
        self.pass_time(_LONGEST_LEASE_SECONDS)
        self.run_schedules()

    def run_to_rest(self, *, rounds: int) -> None:
        """Work on without troubles until every attempt has ended or is a person's.

        Searches, sweeps and scans come again for ever: they are made, not waited for.
        """
        self.hands.clear()
        self.end_leases()
        for _ in range(rounds):
            if self.claim("last"):
                while self.work("last"):
                    pass
                continue
            if not self.world.value(_LIVE_ATTEMPTS):
                return
            self.pass_time(max(self.next_call() or 0, 3 * 3600))
            self.run_schedules()
        raise AssertionError(f"not at rest after {rounds} rounds")

    def _take(self, worker: str, calls: list[Call]) -> None:
        calls = sorted(calls, key=lambda call: call.call_id)
        self.hands += [Hand(call, worker) for call in calls]
