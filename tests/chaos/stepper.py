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
from uuid import UUID

import psycopg
import stripe
from psycopg.conninfo import make_conninfo

from sidecar.db import Call, Database
from sidecar.flights import Flights
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from sidecar.providers import NOT_SENT, Answer
from sidecar.webhooks import Provider, read_event
from tests.callbacks import SECRETS
from tests.chaos.neighbour import Border
from tests.chaos.troubles import fresh
from tests.factories import World
from tests.sandbox.control import Fault
from tests.sandbox.flights.outcomes import OrderOutcome
from tests.sandbox.payments.events import notification

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
        # Reports that somebody's lock kept from being applied; to be told alone.
        self.aside: list[tuple[str, dict[str, Any]]] = []
        # The user who keeps rows of theirs locked.
        self.held: UUID | None = None
        # Whether the flags are still mirrored: without it they are stale in a minute.
        self.mirrors = True
        # Another installation on the same accounts, and what neither may do.
        self.beside: Stepper | None = None
        self.border: Border | None = None
        self._open()
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
        """Close the connections."""
        self._database.close()
        self._caller.close()

    def reconnect(self) -> None:
        """Connect anew, after the database got other settings."""
        self.close()
        self.world.close()
        self.world.reconnect()
        self._open()

    def _open(self) -> None:
        self._database = Database(
            make_conninfo(self.world.dsn, user="skylatch_sidecar"), size=1
        )
        # Somebody who asks for no formats and no isolation of their own.
        self._caller = psycopg.connect(self.world.dsn, autocommit=True)
        with self._database._pool.connection() as connection:
            connection.execute("select setseed(0)")
        self._caller.execute("select setseed(0)")
        self.world.rows("select setseed(0)")
        # Whoever would wait for a traveller who keeps rows would wait for ever here.
        for sql in (self._caller.execute, self.world.rows):
            sql("set lock_timeout = '250ms'")

    def call(self, query: str, *args: object) -> None:
        """Call the engine as whoever takes the server as it is set up."""
        self._caller.execute(query.encode(), args)

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
        # Answered, or laid down before.
        if hand.answer is not None or hand not in self.hands:
            return
        if call.request is None or trouble.not_sent:
            hand.answer = NOT_SENT
            return
        try:
            if call.marks_sent and self._database.mark_sent(call) is not None:
                self.hands.remove(hand)
                return
        except psycopg.errors.LockNotAvailable:
            self._assert_held(call.call_id)
            hand.answer = NOT_SENT
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
        self.tell(worker, reports, hand_on=hand_on)

    def tell(
        self, worker: str, reports: list[dict[str, Any]], *, hand_on: bool = True
    ) -> None:
        """Report, perhaps not for the first time; keep what is set aside."""
        finished = self._database.finish_calls(worker, reports, hand_on=hand_on)
        for report in reports:
            key = (report["call_id"], report["epoch"])
            if key in finished.set_aside:
                self._assert_held(key[0])
                self.aside.append((worker, report))
            else:
                self.told.append((worker, report))
        if self.held is not None:
            # Nobody holds up anybody: all others' were applied with it.
            others = [(r["call_id"], r["epoch"]) for r in reports]
            open_still = self.world.rows(
                "select id, epoch from engine.provider_calls"
                " where id = any (%s) and state in ('CLAIMED', 'SENT')",
                [call for call, _ in others],
            )
            left = {(row["id"], row["epoch"]) for row in open_still} & set(others)
            assert left <= finished.set_aside, f"not applied: {left}"
        self._take(worker, finished.calls)

    def tell_set_aside(self, which: int = 0) -> None:
        """Tell one of the reports that were set aside again, alone."""
        worker, report = self.aside.pop(which % len(self.aside))
        self.tell(worker, [report])

    def die(self, worker: str) -> None:
        """Lose what a worker held, and what it had not told."""
        self.hands = [hand for hand in self.hands if hand.worker != worker]
        self.aside = [one for one in self.aside if one[0] != worker]

    def _assert_held(self, call_id: int) -> None:
        """Assert that a call which could not go on is one of the user who holds rows.

        Or one of nobody's, which may have come upon a trip of theirs.
        """
        call = self.world.row(
            "select operation, user_id, object_id from engine.provider_calls"
            " where id = %s",
            call_id,
        )
        assert self.held is not None, f"{call} waits for nobody"
        assert call["user_id"] in (None, self.held), f"{call} waits for {self.held}"

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
        """Let time pass for both providers and for whoever uses them."""
        self.keep_to_ours()
        self.world.let_time_pass(seconds)
        self._beat()
        if self.beside is not None:
            self.beside.world.move_on(seconds)
            self.beside._beat()
        if self.border is not None:
            self.border.look_anew()

    def keep_to_ours(self) -> None:
        """Assert that whatever was done since the last time was done to our own."""
        if self.border is not None:
            assert self.border.crossed(self.world) == []

    def _beat(self) -> None:
        if self.mirrors:
            self.world.rows("select engine.beat_flags('test')")

    def run_schedules(self) -> None:
        """Do what is done each minute."""
        self.call("select engine.recover()")
        self.call("select engine.watch_invariants()")

    def read_lists(self) -> None:
        """Ask for both providers' lists, whether that is due or not."""
        self.call("select engine.start_scan('orders', clock_timestamp())")
        self.call("select engine.start_scan('payments', clock_timestamp())")
        self.call("select engine.sweep_events(clock_timestamp())")

    def end_leases(self) -> None:
        """Whoever holds a call holds it too long; recovery settles it."""
        self.pass_time(_LONGEST_LEASE_SECONDS)
        self.run_schedules()

    def run_to_rest(self, *, rounds: int) -> None:
        """Work on without troubles until every attempt has ended or is a person's.

        Of a neighbour too. Searches, sweeps and scans come again for ever: they are
        made, not waited for.
        """
        everybody = [self, *([self.beside] if self.beside is not None else [])]
        for one in everybody:
            one.hands.clear()
            while one.aside:
                one.tell_set_aside()
            one.end_leases()
        for _ in range(rounds):
            # Each has a turn, whoever had something to do.
            if sum(one._worked_off() for one in everybody):
                continue
            if not any(one.world.value(_LIVE_ATTEMPTS) for one in everybody):
                for one in everybody:
                    one.run_schedules()
                return
            waits = [one.next_call() or 0 for one in everybody]
            self.pass_time(max(min(waits), 3 * 3600))
            for one in everybody:
                one.run_schedules()
                one.keep_to_ours()
        raise AssertionError(f"not at rest after {rounds} rounds")

    def _worked_off(self) -> bool:
        """Make all that is due; tell whether there was anything."""
        claimed = self.claim("last")
        while self.work("last"):
            pass
        self.keep_to_ours()
        return claimed > 0

    def _take(self, worker: str, calls: list[Call]) -> None:
        calls = sorted(calls, key=lambda call: call.call_id)
        self.hands += [Hand(call, worker) for call in calls]
