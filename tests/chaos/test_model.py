"""Random lives of trips, told by rules, with every promise checked after every step.

Faults go on throughout (safety); then they stop, time passes, and everything must have
ended or wait for a person (liveness). One thread moves everything, so that a failing
run can be replayed: Hypothesis prints it as steps and as a blob, and
``--hypothesis-seed`` repeats a whole run. ``MODEL_EXAMPLES=500`` makes it longer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import sql

from sidecar.local.cluster import Cluster
from sidecar.sandbox.flights import FlightsSandbox
from sidecar.sandbox.flights.cancellations import Terms
from sidecar.sandbox.payments import PaymentsSandbox
from sidecar.sandbox.server import running_in_thread
from tests.chaos.oracle import Truth
from tests.chaos.stepper import Hand, Stepper, Trouble
from tests.chaos.troubles import NETWORK, OUTCOMES, STORED_500, refusal, throttled
from tests.factories import DECLINED, FLAGS, VISA, Traveller, World

ROUTE = ("PPT", "BOB")  # three offers: the cheapest search there is
CARDS = [VISA, VISA, VISA, VISA, DECLINED, "4000002500003155", "4000000000007726"]
WORKERS = st.sampled_from(["one", "two"])
INDEX = st.integers(0, 30)
_MOST_TRIPS = 4

TROUBLES: list[Trouble | None] = [
    *[None] * 10,
    Trouble(not_sent=True),
    Trouble(under_key=STORED_500),
    Trouble(fault=lambda _operation, provider: throttled(provider)),
    *(Trouble(fault=lambda _o, _p, kind=kind: NETWORK[kind]) for kind in NETWORK),
    *(
        Trouble(fault=lambda o, p, number=number: refusal(o, p, number))
        for number in range(9)
    ),
]
TROUBLE = st.sampled_from(range(len(TROUBLES))).map(TROUBLES.__getitem__)
OUTCOME = st.sampled_from([None, None, None, *sorted(OUTCOMES)])


@contextmanager
def plain_world(dsn: str) -> Iterator[World]:
    """Serve generated flights only: the same on every machine."""
    flights, payments = FlightsSandbox(), PaymentsSandbox()
    with (
        running_in_thread(flights.app) as flights_url,
        running_in_thread(payments.app) as payments_url,
    ):
        world = World(
            dsn=dsn,
            flights=flights,
            flights_url=flights_url,
            payments=payments,
            payments_url=payments_url,
        )
        try:
            yield world
        finally:
            world.close()


class Lives(RuleBasedStateMachine):
    """What may happen to a few trips, in any order."""

    def __init__(self, open_database: Callable[[], Any], visited: Counter[str]) -> None:
        super().__init__()
        self.visited = visited
        self.stack = ExitStack()
        self.world = self.stack.enter_context(
            plain_world(self.stack.enter_context(open_database()))
        )
        self.stepper = Stepper(self.world)
        self.stack.callback(self.stepper.close)
        self.people: list[Traveller] = []
        self.trips: list[UUID] = []

    # -- the traveller --------------------------------------------------------------

    @initialize(card=st.sampled_from(CARDS))
    def begin(self, card: str) -> None:
        self.state_a_trip(card)

    @precondition(lambda self: len(self.trips) < _MOST_TRIPS)
    @rule(card=st.sampled_from(CARDS))
    def state_a_trip(self, card: str) -> None:
        person = self.world.traveller(card=card)
        self.people.append(person)
        self.trips.append(
            self.world.trip(
                person, origins=["PPT"], destinations=["BOB"], currency="USD"
            )
        )
        self.world.tick()

    @rule(
        trip=INDEX,
        act=st.sampled_from(
            [
                "public.pause_trip(%s)",
                "public.resume_trip(%s)",
                "public.cancel_trip(%s)",
                "public.duffel_search(%s)",
                "public.auto_book_production(%s)",
            ]
        ),
    )
    def ask(self, trip: int, act: str) -> None:
        self.order(f"select {act}", self.trips[trip % len(self.trips)])

    @rule(
        trip=INDEX,
        change=st.sampled_from(
            [
                "max_price = 5000",
                "max_price = 90",
                "auto_book_enabled = not auto_book_enabled",
            ]
        ),
    )
    def edit(self, trip: int, change: str) -> None:
        self.order(
            f"update public.trip_requests set {change} where id = %s",
            self.trips[trip % len(self.trips)],
        )

    @rule(person=INDEX, phone=st.sampled_from([None, "+442080160508"]))
    def edit_profile(self, person: int, phone: str | None) -> None:
        self.world.rows(
            "update public.traveler_profiles set phone_number = %s where user_id = %s",
            phone,
            self.people[person % len(self.people)].user_id,
        )

    @rule(which=INDEX, least=st.sampled_from([0, 0.5, 1]))
    def cancel_booking(self, which: int, least: float) -> None:
        booked = self.attempts("CONFIRMED")
        if booked:
            attempt = booked[which % len(booked)]
            self.world.rows(
                "update public.booking_attempts"
                " set min_refund = round(agreed_amount * %s) where id = %s",
                least,
                attempt["id"],
            )
            self.command(attempt, "CANCEL")

    # -- the workers ------------------------------------------------------------------

    @rule(
        worker=WORKERS,
        rounds=st.integers(1, 8),
        at=st.integers(0, 7),
        trouble=TROUBLE,
        outcome=OUTCOME,
    )
    def work(
        self,
        worker: str,
        rounds: int,
        at: int,
        trouble: Trouble | None,
        outcome: str | None,
    ) -> None:
        """A worker goes on for a while; one of its rounds meets trouble."""
        self.stepper.claim(worker)
        for number in range(rounds):
            mine = [hand for hand in self.stepper.hands if hand.worker == worker]
            for hand in mine:
                self.send(
                    hand,
                    trouble if number == at % rounds else None,
                    outcome,
                )
            self.stepper.report(
                [hand for hand in self.stepper.hands if hand.worker == worker]
            )

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        self.stepper.claim(worker)

    @precondition(lambda self: self.stepper.hands)
    @rule(which=INDEX, trouble=TROUBLE, outcome=OUTCOME)
    def send_one(
        self, which: int, trouble: Trouble | None, outcome: str | None
    ) -> None:
        hands = self.stepper.hands
        self.send(hands[which % len(hands)], trouble, outcome)

    @precondition(lambda self: any(h.answer for h in self.stepper.hands))
    @rule(which=INDEX, times=st.integers(1, 2), hand_on=st.booleans())
    def report_one(self, which: int, times: int, hand_on: bool) -> None:
        answered = [hand for hand in self.stepper.hands if hand.answer]
        hand = answered[which % len(answered)]
        self.stepper.report([hand], hand_on=hand_on)
        for _ in range(1, times):
            self.stepper.tell(hand.worker, [hand.report()])

    @precondition(lambda self: self.stepper.told)
    @rule(which=INDEX)
    def tell_again(self, which: int) -> None:
        """An old report arrives late, once more, or out of order: nothing is done."""
        worker, report = self.stepper.told[-1 - which % len(self.stepper.told)]
        before = self.attempt_rows()
        self.stepper.tell(worker, [report])
        assert self.attempt_rows() == before

    @rule(worker=WORKERS)
    def die(self, worker: str) -> None:
        """The worker stops in mid-call: what it held, sent or not, is not reported."""
        self.stepper.hands = [
            hand for hand in self.stepper.hands if hand.worker != worker
        ]

    @rule()
    def leases_end(self) -> None:
        self.stepper.end_leases()

    @rule(minutes=st.sampled_from([1, 40, 90, 720, 1500, 7000]))
    def time_passes(self, minutes: int) -> None:
        self.stepper.pass_time(minutes * 60.0)
        self.stepper.end_leases()
        self.world.tick()

    # -- the world outside ------------------------------------------------------------

    @rule(factor=st.sampled_from(["1", "0.8", "1.1", "100"]))
    def price_moves(self, factor: str) -> None:
        self.world.flights.set_fare_factor(*ROUTE, Decimal(factor))

    @rule()
    def offer_vanishes(self) -> None:
        self.world.flights.vanish(*ROUTE)

    @rule(amount=st.sampled_from([0, 100_000]))
    def balance_moves(self, amount: int) -> None:
        self.world.flights.set_balance("USD", Decimal(amount))

    @rule(share=st.sampled_from([None, "1", "0.6", "0"]), elsewhere=st.booleans())
    def airline_sets_terms(self, share: str | None, elsewhere: bool) -> None:
        self.world.flights.set_cancellations(
            Terms(
                refund_share=None if share is None else Decimal(share),
                refund_to="voucher" if elsewhere else None,
                expires_seconds=600,
            )
        )

    @rule(flag=st.sampled_from(sorted(FLAGS)), on=st.booleans())
    def flag_flips(self, flag: str, on: bool) -> None:
        self.world.set_flags({**FLAGS, flag: on})

    @rule(on=st.booleans())
    def kill_switch_flips(self, on: bool) -> None:
        self.world.rows("select engine.set_kill_switch(%s, 'model')", on)

    @rule(which=INDEX, fails=st.booleans())
    def bank_settles_refund(self, which: int, fails: bool) -> None:
        pending = [r for r in Truth(self.world).refunds if r["status"] == "pending"]
        if pending:
            self.world.payments.controls.settle_refund(
                pending[which % len(pending)]["id"],
                failure_reason="lost_or_stolen_card" if fails else None,
            )

    # -- the operator -----------------------------------------------------------------

    @rule(
        which=INDEX,
        verdict=st.sampled_from(["RESUME", "ADOPT", "VOID", "RELEASE", "CANCEL"]),
    )
    def decide(self, which: int, verdict: str) -> None:
        """A person decides, after looking at what both providers say."""
        parked = self.attempts("NEEDS_REVIEW")
        if not parked:
            return
        attempt = parked[which % len(parked)]
        truth = Truth(self.world)
        live = truth.live_orders(str(attempt["id"]))
        if verdict in ("VOID", "RELEASE") and live:
            return  # nobody lets go of a ticket that exists
        if verdict == "CANCEL" and (not live or attempt["order_id"] is None):
            return
        self.command(attempt, verdict)

    # -- what must hold ---------------------------------------------------------------

    @invariant()
    def every_promise_is_kept(self) -> None:
        assert Truth(self.world).broken() == []

    def teardown(self) -> None:
        """Faults stop, and everything ends."""
        try:
            self.world.rows(
                "update public.traveler_profiles set phone_number = '+442080160508'"
            )
            self.world.flights.set_cancellations(Terms())
            self.stepper.run_to_rest(rounds=200)
            truth = Truth(self.world)
            assert truth.broken() == []
            assert truth.loose_ends() == []
            self.visited.update(
                row["to_state"]
                for row in self.world.rows(
                    "select to_state from engine.booking_events"
                    " where from_state <> to_state and booking_attempt_id is not null"
                )
            )
        finally:
            self.stack.close()

    # -- helpers ----------------------------------------------------------------------

    def send(self, hand: Hand, trouble: Trouble | None, outcome: str | None) -> None:
        wanted = hand.call.operation == "create_order" and outcome is not None
        self.stepper.send(
            hand,
            None if wanted else trouble,
            OUTCOMES[outcome] if wanted and outcome is not None else None,
        )

    def attempts(self, state: str) -> list[dict[str, Any]]:
        return self.world.rows(
            "select a.* from public.booking_attempts as a"
            " join public.trip_requests as t on t.id = a.trip_request_id"
            " where a.state = %s order by t.created_at, a.attempt_no",
            state,
        )

    def attempt_rows(self) -> list[dict[str, Any]]:
        return self.world.rows(
            "select id, state, epoch, agreed_amount, captured_amount, order_id,"
            " refund_amount, refunded_at, voided_at"
            " from public.booking_attempts order by id"
        )

    def command(self, attempt: dict[str, Any], verdict: str) -> None:
        self.order(
            "select engine.command_attempt(%s, %s, %s, 'operator', 'model',"
            " 'decided in the model', clock_timestamp())",
            attempt["user_id"],
            attempt["id"],
            verdict,
        )

    def order(self, query: str, *args: object) -> None:
        """Ask for something that the engine may refuse, saying why."""
        try:
            self.world.rows(query, *args)
        except psycopg.Error as error:
            note(f"refused: {error.sqlstate} {error}")
            if not (error.sqlstate or "").startswith("SK"):
                raise


@pytest.fixture
def open_database(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Callable[[], Any]:
    """Return what opens a fresh clone for one life, and drops it."""

    @contextmanager
    def opened() -> Iterator[str]:
        name = clone_name()
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            clone = sql.SQL("create database {} template {}")
            connection.execute(clone.format(*map(sql.Identifier, (name, template))))
            yield cluster.dsn(name)
            dropped = sql.SQL("drop database {} with (force)")
            connection.execute(dropped.format(sql.Identifier(name)))

    return opened


def test_whatever_happens_every_promise_is_kept_and_everything_ends(
    open_database: Callable[[], Any],
) -> None:
    """Safety after every step, liveness after the last."""
    visited: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: Lives(open_database, visited),
        settings=settings(
            max_examples=int(os.environ.get("MODEL_EXAMPLES", "20")),
            stateful_step_count=int(os.environ.get("MODEL_STEPS", "30")),
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    print(f"states entered: {visited}")
    # A model that books nothing would keep every promise.
    assert visited["CONFIRMED"]
    assert visited["FAILED"]
