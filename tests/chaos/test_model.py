"""Random lives of trips, told by rules, with every promise checked after every step.

Faults go on throughout (safety); then they stop, time passes, and everything must have
ended or wait for a person (liveness). One thread moves everything, so that a failing
run can be replayed: Hypothesis prints it as steps and as a blob. Every run tries the
same lives; ``make model LIVES=500 SEED=7`` tries others.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sidecar.webhooks import Refused
from tests.callbacks import SECRETS, as_bytes, sign
from tests.chaos.neighbour import Border, move_in
from tests.chaos.oracle import Truth
from tests.chaos.servers import SERVERS, set_up
from tests.chaos.stepper import Hand, Stepper, Trouble
from tests.chaos.travellers import (
    HOLDS,
    SWAPS,
    Agreement,
    Holder,
    Intents,
    is_searched,
    passengers,
    state_greedily,
    swap,
)
from tests.chaos.troubles import NETWORK, OUTCOMES, STORED_500, refusal, throttled
from tests.factories import (
    DECLINED,
    FLAGS,
    VISA,
    WANTS_ITS_HOLDER,
    Traveller,
    World,
    in_days,
    running_world,
)
from tests.flagdata import EMERGENCY, PIPELINE
from tests.sandbox.flights.cancellations import Terms

CHEAP = "update public.trip_requests set max_price = 90 where id = %s"
BY_HAND = "update public.trip_requests set auto_book_enabled = false where id = %s"
ROUTE = ("PPT", "BOB")  # three offers: the cheapest search there is
CARDS = [VISA, VISA, VISA, VISA, DECLINED, WANTS_ITS_HOLDER, "4000000000007726"]
WORKERS = st.sampled_from(["one", "two"])
INDEX = st.integers(0, 30)
BEFORE_THE_ORDER = ["get_offer", "create_payment", "confirm_payment", "create_order"]
ASKED = ["select public.duffel_search(%s)", "select public.auto_book_production(%s)"]
# Booking was stopped by the engine itself, or searches wait for whatever reason.
_BUSY = """
select exists (select from engine.kill_switch where engaged)
  or exists (
    select from engine.provider_calls where operation = 'search' and state = 'READY'
  )
"""
_MOST_TRIPS = 6
_LIVES = 12
_STEPS = 24  # at most, of a life

TROUBLES: list[Trouble] = [
    Trouble(not_sent=True),
    Trouble(under_key=STORED_500),
    Trouble(fault=lambda _operation, provider: throttled(provider)),
    *(Trouble(fault=lambda _o, _p, kind=kind: NETWORK[kind]) for kind in NETWORK),
    *(
        Trouble(fault=lambda o, p, number=number: refusal(o, p, number))
        for number in range(9)
    ),
]
TROUBLE = st.integers(0, len(TROUBLES) - 1)
# A body and its header, none of which any provider sent.
FORGERIES: dict[str, Callable[[bytes, str], tuple[bytes, str]]] = {
    "another secret": lambda body, _: (body, sign(body, "whsec_of_somebody")),
    "an hour old": lambda body, key: (body, sign(body, key, int(time.time()) - 3600)),
    "of the future": lambda body, key: (body, sign(body, key, int(time.time()) + 3600)),
    "altered": lambda body, key: (body + b" ", sign(body, key)),
    "another scheme": lambda body, key: (body, sign(body, key, scheme="v0")),
}
OUTCOME = st.sampled_from(sorted(OUTCOMES))
OPERATIONS = st.sampled_from(
    [
        "search",
        "get_offer",
        "create_order",
        "find_order",
        "quote_cancellation",
        "confirm_cancellation",
        "read_cancellation",
        "create_payment",
        "confirm_payment",
        "read_authorization",
        "read_holder",
        "capture_payment",
        "read_capture",
        "cancel_payment",
        "read_void",
        "create_refund",
        "find_refunds",
    ]
)


class Lives(RuleBasedStateMachine):
    """What may happen to a few trips, in any order."""

    def __init__(self, open_database: Callable[[], Any], visited: Counter[str]) -> None:
        super().__init__()
        self.visited = visited
        self.stack = ExitStack()
        self.world = self.stack.enter_context(
            running_world(self.stack.enter_context(open_database()), recordings=False)
        )
        self.stepper = Stepper(self.world)
        self.stack.callback(self.stepper.close)
        self.open_database = open_database
        self.people: list[Traveller] = []
        self.trips: list[UUID] = []
        # For whom each booking began, and what was agreed to, as we saw it ourselves.
        self.intents = Intents()
        self.agreed: dict[UUID, Agreement] = {}
        # Somebody who keeps rows locked, and for how many steps still.
        self.holder: Holder | None = None
        self.patience = 0
        # Another installation on the same accounts, in some lives.
        self.other: Stepper | None = None
        self.others_trips: list[UUID] = []
        # What befalls the next call of an operation, and the next order's end.
        self.troubles: dict[str, Trouble] = {}
        self.outcome: str | None = None
        self.off = False

    # -- the traveller --------------------------------------------------------------

    @initialize(
        card=st.sampled_from(CARDS),
        outcome=OUTCOME,
        fate=st.integers(0, 2),
        server=st.sampled_from(sorted(SERVERS)),
        neighbours=st.integers(0, 3),
    )
    def begin(
        self, card: str, outcome: str, fate: int, server: str, neighbours: int
    ) -> None:
        set_up(self.world.dsn, server)
        self.stepper.reconnect()
        if neighbours == 0:
            self.somebody_moves_in()
        self.state_a_trip(card=VISA)
        self.work(worker="one", rounds=12)
        self.outcome = outcome if fate == 0 else None
        self.state_a_trip(card=card)

    @precondition(lambda self: len(self.trips) < _MOST_TRIPS)
    @rule(card=st.sampled_from(CARDS))
    def state_a_trip(self, card: str) -> None:
        person = self.world.traveller(card=card)
        self.trips.append(self.state(self.world, person))
        self.people.append(person)
        self.agreed[self.trips[-1]] = Agreement.now(self.world, self.trips[-1])
        self.tick()

    @staticmethod
    def state(world: World, person: Traveller, *, day: int = 240) -> UUID:
        return world.trip(
            person,
            origins=["PPT"],
            destinations=["BOB"],
            currency="USD",
            departure_from=in_days(day),
        )

    @rule(
        trip=INDEX,
        wish=st.sampled_from(
            [
                "select public.duffel_search(%s)",
                "select public.auto_book_production(%s)",
                "select public.pause_trip(%s)",
                "select public.resume_trip(%s)",
                "select public.resume_trip(%s)",
                "select public.cancel_trip(%s)",
                "update public.trip_requests set max_price = 4000 where id = %s",
                CHEAP,
                BY_HAND,
                "update public.traveler_profiles as p set phone_number = null"
                " from public.trip_requests as t"
                " where t.id = %s and t.user_id = p.user_id",
            ]
        ),
    )
    def traveller_wants(self, trip: int, wish: str) -> None:
        self.order(wish, self.trips[trip % len(self.trips)])

    @rule(trip=INDEX, succeed=st.sampled_from([True, True, False]))
    def holder_confirms(self, trip: int, succeed: bool) -> None:
        """Whoever's card it is does what the bank wants, or fails to."""
        self.world.confirm_as_holder(
            self.trips[trip % len(self.trips)], succeed=succeed
        )

    @rule(trip=INDEX, what=st.sampled_from(SWAPS), number=INDEX, goes_on=st.booleans())
    def traveller_swaps(self, trip: int, what: str, number: int, goes_on: bool) -> None:
        """Names, birth dates, the party, the card or the limit are others from now."""
        chosen = self.trips[trip % len(self.trips)]
        self.swap(chosen, what, number)
        if goes_on:
            self.swap(chosen, "agrees", number)
            self.order("select public.resume_trip(%s)", chosen)

    @precondition(lambda self: len(self.trips) < _MOST_TRIPS)
    @rule(
        worker=WORKERS,
        operation=st.sampled_from(BEFORE_THE_ORDER),
        is_sent=st.booleans(),
        what=st.sampled_from(SWAPS),
        number=INDEX,
    )
    def traveller_swaps_in_mid_saga(
        self, worker: str, operation: str, is_sent: bool, what: str, number: int
    ) -> None:
        """Between any two steps that lead to an order."""
        self.state_a_trip(card=VISA)
        self.interrupted(
            worker=worker,
            operation=operation,
            is_sent=is_sent,
            what=what,
            number=number,
        )
        self.work(worker=worker, rounds=6)

    @precondition(lambda self: self.holder is None)
    @rule(trip=INDEX, what=st.sampled_from(sorted(HOLDS)), steps=st.integers(0, 4))
    def traveller_holds_rows(self, trip: int, what: str, steps: int) -> None:
        """A traveller's open transaction keeps rows while all others go on."""
        person = self.people[trip % len(self.people)]
        self.holder = Holder(self.world, person, what)
        self.stepper.held = person.user_id
        self.patience = steps
        self.work(worker="one", rounds=3)

    @precondition(lambda self: len(self.trips) + 1 < _MOST_TRIPS)
    @rule(worker=WORKERS, rounds=st.integers(0, 6), what=st.sampled_from(sorted(HOLDS)))
    def others_go_on(self, worker: str, rounds: int, what: str) -> None:
        """Two trips go side by side; from some step on rows of one are held."""
        self.let_go()
        self.state_a_trip(card=VISA)
        self.state_a_trip(card=VISA)
        self.work(worker=worker, rounds=rounds)
        self.traveller_holds_rows(trip=len(self.trips) - 1, what=what, steps=1)

    @precondition(lambda self: self.holder is not None)
    @rule()
    def traveller_lets_go(self) -> None:
        self.let_go()

    @precondition(lambda self: self.stepper.aside)
    @rule(which=INDEX)
    def tell_set_aside(self, which: int) -> None:
        """What was set aside is told again, alone, in any order."""
        self.stepper.tell_set_aside(which)

    @precondition(lambda self: self.stepper.mirrors and not self.off)
    @precondition(lambda self: len(self.trips) < _MOST_TRIPS)
    @rule(asks=st.integers(1, 4), function=st.sampled_from(ASKED))
    def somebody_is_greedy(self, asks: int, function: str) -> None:
        """Whatever one traveller states and asks for, another waits for one tick."""
        self.let_go()
        self.stepper.pass_time(601)  # the tick before this one is over
        if self.world.value(_BUSY):
            return
        self.world.rows(
            "select engine.set_traveller_limits('model', p_searches_per_hour => 10)"
        )
        # Twenty searches a tick: those asked for, and the rest for forty that are due.
        self.world.rows("select engine.set_search_settings('model', 2)")
        wanted = state_greedily(self.world, self.world.traveller(), 4)
        person = self.world.traveller()
        # On a day that nobody looked for: no other's answer is told to them.
        fair = self.state(self.world, person, day=300 + len(self.trips))
        self.agreed[fair] = Agreement.now(self.world, fair)
        for _ in range(asks):
            for trip in wanted:
                self.order(function, trip)
        self.tick()
        assert is_searched(self.world, fair), "another's trip waits for the greedy one"
        self.people.append(person)
        self.trips.append(fair)
        for trip in wanted:
            self.order("select public.cancel_trip(%s)", trip)
        self.world.rows("select engine.set_search_settings('model', 100000)")

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

    @rule(worker=WORKERS, rounds=st.integers(1, 12))
    def work(self, worker: str, rounds: int) -> None:
        """A worker goes on for a while, and each call meets what waits for it."""
        self.stepper.claim(worker)
        for _ in range(rounds):
            for hand in self.held_by(worker):
                self.send(hand)
            self.stepper.report(self.held_by(worker))

    @rule(worker=WORKERS, operation=OPERATIONS, number=TROUBLE)
    def work_into_trouble(self, worker: str, operation: str, number: int) -> None:
        self.troubles[operation] = TROUBLES[number]
        self.work(worker=worker, rounds=12)

    @precondition(lambda self: len(self.trips) < _MOST_TRIPS)
    @rule(worker=WORKERS, outcome=OUTCOME)
    def order_ends_in_doubt(self, worker: str, outcome: str) -> None:
        self.outcome = outcome
        self.state_a_trip(card=VISA)
        self.work(worker=worker, rounds=7)

    @rule(
        worker=WORKERS,
        operation=OPERATIONS,
        is_sent=st.booleans(),
        what=st.sampled_from(
            [
                "killed",
                EMERGENCY,
                "leases end",
                "the other takes over",
                "select public.pause_trip(%s)",
                "select public.cancel_trip(%s)",
                CHEAP,
                BY_HAND,
                *SWAPS,
                *HOLDS,
            ]
        ),
        number=INDEX,
    )
    def interrupted(
        self, worker: str, operation: str, is_sent: bool, what: str, number: int
    ) -> None:
        """Something happens right before a call leaves, or right before it is told."""
        self.stepper.claim(worker)
        for _ in range(12):
            chosen = [
                hand
                for hand in self.held_by(worker)
                if hand.call.operation == operation and hand.call.trip_request_id
            ]
            for hand in self.held_by(worker):
                if is_sent or hand not in chosen:
                    self.send(hand)
            if chosen:
                self.happen(what, chosen[0], number)
                for hand in chosen:
                    self.send(hand)
            self.stepper.report(self.held_by(worker))
            if chosen:
                return

    def happen(self, what: str, hand: Hand, number: int) -> None:
        trip = hand.call.trip_request_id
        if "%s" in what:
            self.order(what, trip)
        elif what in SWAPS and trip in self.trips:
            self.swap(trip, what, number)
        elif what in HOLDS and trip in self.trips:
            if self.holder is None:
                self.traveller_holds_rows(
                    trip=self.trips.index(trip), what=what, steps=number % 4
                )
        elif what == "leases end":
            self.stepper.end_leases()
        elif what == "the other takes over":
            self.stepper.end_leases()
            self.work(worker="two" if hand.worker == "one" else "one", rounds=1)
        else:
            self.switches_flip(switch=what)

    @rule(operation=OPERATIONS, number=TROUBLE)
    def trouble_waits(self, operation: str, number: int) -> None:
        self.troubles[operation] = TROUBLES[number]

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        self.stepper.claim(worker)

    @precondition(lambda self: self.stepper.hands)
    @rule(which=INDEX)
    def send_one(self, which: int) -> None:
        hands = self.stepper.hands
        self.send(hands[which % len(hands)])

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
        self.stepper.die(worker)

    @rule()
    def leases_end(self) -> None:
        self.stepper.end_leases()

    @rule(minutes=st.sampled_from([1, 40, 90, 720, 1500, 7000]))
    def time_passes(self, minutes: int) -> None:
        self.stepper.pass_time(minutes * 60.0)
        self.stepper.run_schedules()
        self.tick()

    @rule()
    def lists_are_read(self) -> None:
        """Both providers' lists are compared with what we believe."""
        self.stepper.read_lists()
        self.work(worker="one", rounds=2)

    # -- the neighbours ---------------------------------------------------------------

    def somebody_moves_in(self) -> None:
        """Let another installation live on the same accounts, and book there."""
        world = move_in(self.world, self.stack.enter_context(self.open_database()))
        self.stack.callback(world.close)
        self.other = Stepper(world)
        self.stack.callback(self.other.close)
        self.stepper.beside, self.other.beside = self.other, self.stepper
        border = Border(self.world, world)
        self.stepper.border = self.other.border = border
        self.neighbour_works(rounds=8, states=True, reads=False)

    @precondition(lambda self: self.other is not None)
    @rule(rounds=st.integers(1, 8), states=st.booleans(), reads=st.booleans())
    def neighbour_works(self, rounds: int, states: bool, reads: bool) -> None:
        """The neighbour books and reads its lists: nothing of ours is touched."""
        assert self.other is not None
        self.stepper.keep_to_ours()
        if states and len(self.others_trips) < 2:
            world = self.other.world
            self.others_trips.append(self.state(world, world.traveller()))
            self.other.call("select public.auto_book_monitor()")
        self.other.run_schedules()
        if reads:
            self.other.read_lists()
        self.other.claim("next door")
        for _ in range(rounds):
            self.other.work("next door")
        self.other.keep_to_ours()

    # -- the world outside ------------------------------------------------------------

    @rule(
        change=st.sampled_from(
            ["plain", "plain", "dearer", "cheaper", "too dear", "sold out", "ran dry"]
        )
    )
    def market_moves(self, change: str) -> None:
        flights = self.world.flights
        factor = {"dearer": "1.1", "cheaper": "0.8", "too dear": "100"}
        flights.set_fare_factor(*ROUTE, Decimal(factor.get(change, "1")))
        flights.set_balance("USD", Decimal(0 if change == "ran dry" else 100_000))
        if change == "sold out":
            flights.vanish(*ROUTE)

    @rule(share=st.sampled_from([None, None, "1", "0.6", "0"]), voucher=st.booleans())
    def airline_sets_terms(self, share: str | None, voucher: bool) -> None:
        self.world.flights.set_cancellations(
            Terms(
                refund_share=None if share is None else Decimal(share),
                refund_to="voucher" if share == "0.6" and voucher else None,
                expires_seconds=600,
            )
        )

    @rule(
        switch=st.sampled_from(["on", "on", "on", "killed", "silent", *sorted(FLAGS)])
    )
    def switches_flip(self, switch: str) -> None:
        self.stepper.mirrors = switch != "silent"
        self.off = switch in ("killed", PIPELINE, EMERGENCY)
        flipped = {switch: not FLAGS[switch]} if switch in FLAGS else {}
        self.world.set_flags({**FLAGS, **flipped})
        self.world.rows(
            "select engine.set_kill_switch(%s, 'model')", switch == "killed"
        )

    @rule(which=INDEX, fails=st.booleans())
    def bank_settles_refund(self, which: int, fails: bool) -> None:
        pending = [r for r in self.look().refunds if r["status"] == "pending"]
        if pending:
            self.world.payments.controls.settle_refund(
                pending[which % len(pending)]["id"],
                failure_reason="lost_or_stolen_card" if fails else None,
            )

    @rule(which=INDEX, decision=st.sampled_from(["open", "open", "won", "lost"]))
    def bank_disputes(self, which: int, decision: str) -> None:
        """A charge is disputed, or a dispute decided; it is a person's either way."""
        controls = self.world.payments.controls
        if decision == "open":
            paid = [a for a in self.attempts("CONFIRMED") if not self.is_disputed(a)]
            if paid:
                controls.open_dispute(paid[which % len(paid)]["payment_intent_id"])
            return
        undecided = [
            dispute
            for dispute in self.world.payments.state()["disputes"]
            if dispute["status"] not in ("won", "lost")
        ]
        if undecided:
            controls.decide_dispute(undecided[which % len(undecided)]["id"], decision)

    @rule(which=INDEX, drops=st.booleans())
    def airline_changes_flights(self, which: int, drops: bool) -> None:
        live = [o for o in self.look().orders if o["cancelled_at"] is None]
        if not live:
            return
        order_id = live[which % len(live)]["id"]
        if drops:
            self.world.flights.airline_drops(order_id)
        else:
            self.world.flights.airline_moves(order_id, 90)

    # -- callbacks ---------------------------------------------------------------------

    @rule(
        first=INDEX,
        number=st.integers(1, 30),
        backwards=st.booleans(),
        copies=st.integers(1, 2),
        apply=st.booleans(),
    )
    def providers_call_back(
        self, first: int, number: int, backwards: bool, copies: int, apply: bool
    ) -> None:
        """Some of what happened is told: late, out of order, twice, some never."""
        events = self.stepper.happened()
        start = first % max(1, len(events))
        told = events[start : start + number]
        for provider, event in reversed(told) if backwards else told:
            for _ in range(copies):
                body = as_bytes(event)
                self.stepper.receive(provider, body, sign(body, SECRETS[provider]))
        if apply:
            self.stepper.apply_events()

    @rule(which=INDEX, forgery=st.sampled_from(sorted(FORGERIES)))
    def somebody_forges(self, which: int, forgery: str) -> None:
        """What was not signed by the provider, now, and as it is, is refused."""
        events = self.stepper.happened()
        if not events:
            return
        provider, event = events[which % len(events)]
        body, header = FORGERIES[forgery](as_bytes(event), SECRETS[provider])
        with pytest.raises(Refused):
            self.stepper.receive(provider, body, header)

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
        truth = self.look()
        live = truth.live_orders(str(attempt["id"]))
        if verdict in ("VOID", "RELEASE") and live:
            return  # nobody lets go of a ticket that exists
        if verdict == "CANCEL" and (not live or attempt["order_id"] is None):
            return
        self.command(attempt, verdict)

    # -- what must hold ---------------------------------------------------------------

    @invariant()
    def every_promise_is_kept(self) -> None:
        assert self.look().broken(outage=True) == []
        self.stepper.keep_to_ours()

    @invariant()
    def nobody_holds_rows_for_ever(self) -> None:
        self.patience -= 1
        if self.patience < 0:
            self.let_go()

    def teardown(self) -> None:
        """Faults stop, and everything ends."""
        try:
            self.let_go()
            self.intents.note(self.world.rows)
            self.world.rows(
                "update public.traveler_profiles set phone_number = '+442080160508'"
            )
            self.world.flights.set_cancellations(Terms())
            self.world.flights.set_balance("USD", Decimal(100_000))
            self.stepper.run_to_rest(rounds=200)
            truth = self.look()
            assert truth.broken() == []
            assert truth.loose_ends() == []
            if self.other is not None:
                theirs = Truth(self.other.world, neighbour=self.world)
                assert theirs.broken() == []
                assert theirs.loose_ends() == []
                assert self.other.border is not None
                assert self.other.border.named() == []
                self.visited["lives beside a neighbour"] += 1
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

    def held_by(self, worker: str) -> list[Hand]:
        return [hand for hand in self.stepper.hands if hand.worker == worker]

    def send(self, hand: Hand) -> None:
        if hand.answer is not None:
            return
        trouble = self.troubles.pop(hand.call.operation, None)
        if not hand.call.marks_sent:
            self.stepper.send(hand, trouble)
            return
        outcome = None
        if trouble is None:
            outcome, self.outcome = self.outcome, None
        obstacle = self.obstacle(hand)
        arrived = len(self.look().sent)
        self.stepper.send(hand, trouble, OUTCOMES[outcome] if outcome else None)
        if obstacle is not None:
            assert len(self.look().sent) == arrived, f"ordered though {obstacle}"

    def obstacle(self, hand: Hand) -> str | None:
        """Return why this order must not be sent now, asking nobody but the trip."""
        if self.off:
            return "booking is off"
        trip = self.world.row(
            "select t.auto_book_status, t.auto_book_enabled, t.max_price,"
            " t.payment_method_id"
            " from public.trip_requests as t where t.id = %s",
            hand.call.trip_request_id,
        )
        request = hand.call.request
        if request is None:
            return "there is nothing to send"
        attempt = request["metadata"]["attempt_id"]
        trip_id = hand.call.trip_request_id
        assert trip_id is not None
        self.intents.note(self.world.rows)
        if passengers(self.world, trip_id) != self.intents.parties[attempt]:
            return "those who fly are others by now"
        if trip["payment_method_id"] != self.intents.cards[attempt]:
            return "the traveller pays with another card by now"
        unagreed = self.agreed[trip_id].broken(self.world, trip_id)
        if unagreed is not None:
            return unagreed
        if trip["auto_book_status"] != "BOOKING":
            return f"the trip is {trip['auto_book_status']}"
        if not trip["auto_book_enabled"]:
            return "the traveller books by hand"
        if trip["max_price"] < Decimal(request["payments"][0]["amount"]):
            return "the traveller pays less by now"
        return None

    def is_disputed(self, attempt: dict[str, Any]) -> bool:
        return attempt["payment_intent_id"] in {
            dispute["payment_intent"]
            for dispute in self.world.payments.state()["disputes"]
        }

    def look(self) -> Truth:
        return Truth(
            self.world,
            throttled=self.stepper.throttled,
            intents=self.intents,
            neighbour=self.other.world if self.other is not None else None,
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
        self.intents.note(self.world.rows)
        self.ask(self.stepper.call, query, *args)

    def ask(self, what: Callable[..., None], *args: Any, **how: Any) -> bool:
        """Do what the engine may refuse; tell whether it did it.

        Also what would have to wait for a traveller who keeps rows.
        """
        try:
            what(*args, **how)
        except psycopg.errors.LockNotAvailable:
            if self.holder is None:
                raise
            return False
        except psycopg.Error as error:
            note(f"refused: {error.sqlstate} {error}")
            if not (error.sqlstate or "").startswith("SK"):
                raise
            return False
        return True

    def swap(self, trip: UUID, what: str, number: int) -> None:
        self.intents.note(self.world.rows)
        person = self.people[self.trips.index(trip)]
        done = self.ask(
            swap,
            self.world,
            self.stepper.call,
            what,
            traveller=person,
            trip=trip,
            number=number,
        )
        self.visited[f"swapped: {what}"] += done
        if done and what == "agrees":
            self.agreed[trip] = Agreement.now(self.world, trip)

    def let_go(self) -> None:
        """End the transaction of whoever keeps rows."""
        if self.holder is not None:
            self.visited["reports set aside"] += len(self.stepper.aside)
            self.holder.let_go()
            self.holder = self.stepper.held = None

    def tick(self) -> None:
        """Let the monitor tick, called by somebody with the server's settings."""
        self.stepper.call("select public.auto_book_monitor()")


def test_whatever_happens_every_promise_is_kept_and_everything_ends(
    open_database: Callable[[], Any],
) -> None:
    """Safety after every step, liveness after the last."""
    visited: Counter[str] = Counter()
    lives = os.environ.get("MODEL_LIVES")
    run_state_machine_as_test(
        lambda: Lives(open_database, visited),
        settings=settings(
            max_examples=int(lives or _LIVES),
            stateful_step_count=_STEPS,
            derandomize=lives is None,
            # A life takes a second: to shorten one that fails would take many.
            phases=[Phase.generate],
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    print(f"states entered: {visited}")
    # A model that books nothing would keep every promise.
    ends = ("CONFIRMED", "FAILED", "NEEDS_REVIEW")
    for state in (*ends, "AWAITING_HOLDER", "ORDER_UNKNOWN"):
        assert visited[state], state
