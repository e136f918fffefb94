"""The worker: whatever happens to it, every call is made once and none is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from sidecar import tracing
from sidecar.db import Call, Database, Finished
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks
from sidecar.payments import Payments
from sidecar.providers import NOT_SENT, Answer
from sidecar.set_aside import SetAside
from sidecar.worker import Worker
from tests.factories import FLAGS, World, until
from tests.sandbox.control import Fault

ROOT = Path(__file__).resolve().parents[2]
SEARCH = "POST /air/offer_requests"
STEPS = {
    "search": SEARCH,
    "get_offer": "GET /air/offers/off_*",
    "create_payment": "POST /v1/payment_intents",
    "confirm_payment": "POST /v1/payment_intents/*/confirm",
    "create_order": "POST /air/orders",
    "capture_payment": "POST /v1/payment_intents/*/capture",
}


class Bench:
    """One worker in a thread, with its parts at hand."""

    def __init__(self, world: World, **options: Any) -> None:
        self.world = world
        self.database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
        self.flights = Flights(world.flights_url, "duffel_test_fixture")
        self.payments = Payments(world.payments_url, "sk_test_fixture")
        budgets = Budgets(
            None,
            searches_per_minute=10_000,
            duffel_per_minute=10_000,
            stripe_per_second=10_000,
        )
        self.worker = Worker(
            self.database,
            flights=self.flights,
            payments=self.payments,
            locks=Locks(None),
            budgets=budgets,
            **{"threads": 4, "search_threads": 3, "poll_seconds": 0.05, **options},
        )
        self.thread = threading.Thread(target=self.worker.run)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work for the block, then stop gracefully and promptly."""
        self.thread.start()
        try:
            yield
        finally:
            self.world.flights.faults.clear()
            self.world.payments.faults.clear()
            self.worker.stop()
            self.thread.join(timeout=20)
            self.database.close()
        assert not self.thread.is_alive()


def hold(world: World, match: str, **options: Any) -> Callable[[], int]:
    """Hold what matches after it was executed; return how to count what is held."""
    provider = world.payments if "/v1/" in match else world.flights
    provider.faults.arm(Fault(match=match, kind="hold_after", **options))
    return lambda: provider.faults.held


def release(world: World) -> None:
    """Let every held answer go."""
    world.flights.faults.clear()
    world.payments.faults.clear()


def calls(world: World, state: str) -> int:
    """Return how many calls are in a state."""
    return int(
        world.value(
            "select count(*) from engine.provider_calls where state = %s", state
        )
    )


def hang_up(world: World) -> int:
    """End every connection of the sidecar; return how many there were."""
    return int(
        world.value(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and usename = 'skylatch_sidecar'"
        )
    )


def assert_booked_once(world: World, trip: UUID) -> None:
    """Assert one order and one capture, in the sandboxes' truth."""
    assert world.status(trip) == "BOOKED"
    assert len(world.orders(trip)) == 1
    intents = world.intents(trip)
    assert [i["captured"] for i in intents if i["captured"]] == [intents[-1]["amount"]]
    assert sum(i["held"] for i in intents) == 0
    assert world.violations() == []


# -- stopping ------------------------------------------------------------------------


@contextmanager
def sidecar_process(
    world: World, flags: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m sidecar work`` against the world, its log in `log`."""
    flags.write_text(json.dumps({"flagValues": FLAGS}))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sidecar", "work"],
            cwd=ROOT,
            env={
                **inherited,
                "SKYLATCH_DATABASE_URL": make_conninfo(
                    world.dsn, user="skylatch_sidecar"
                ),
                "SKYLATCH_DUFFEL_URL": world.flights_url,
                "SKYLATCH_DUFFEL_TOKEN": "duffel_test_fixture",
                "SKYLATCH_STRIPE_URL": world.payments_url,
                "SKYLATCH_STRIPE_KEY": "sk_test_fixture",
                "SKYLATCH_FLAGS_FILE": str(flags),
                "SKYLATCH_POLL_SECONDS": "30",
            },
            stderr=output,
        )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("step", ["search", "create_order"])
def test_a_signal_finishes_what_is_out_and_claims_nothing_more(
    world: World, tmp_path: Path, step: str, number: signal.Signals
) -> None:
    """The answer is reported, the next call is left to others, the exit is clean."""
    trip = world.trip(world.traveller())
    held = hold(world, STEPS[step], times=1)
    log = tmp_path / "log"
    with sidecar_process(world, tmp_path / "flags.json", log) as process:
        world.tick()
        until(lambda: held() == 1)
        process.send_signal(number)
        until(lambda: "worker.stopping" in log.read_text())
        late = world.trip(world.traveller())
        world.tick()
        assert process.poll() is None
        release(world)
        assert process.wait(timeout=15) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1]["event"] == "worker.stopped"
    tries = "select tries from engine.provider_calls where trip_request_id = %s"
    assert world.rows(tries, late) == [{"tries": 0}]
    assert calls(world, "CLAIMED") == calls(world, "SENT") == 0
    operations = world.rows(
        "select operation from engine.provider_calls"
        " where state = 'READY' and trip_request_id = %s",
        trip,
    )
    following = {"search": "get_offer", "create_order": "capture_payment"}[step]
    assert operations == [{"operation": following}]
    # Another sidecar takes it from there.
    with world.working():
        until(world.at_rest)
    assert_booked_once(world, trip)


def test_stopping_does_not_wait_for_the_poll(world: World) -> None:
    """An idle worker is gone at once, however seldom it polls."""
    bench = Bench(world, poll_seconds=60.0)
    with bench.running():
        until(lambda: world.rows("select * from engine.workers"))
    assert not bench.thread.is_alive()


def test_a_call_handed_back_while_stopping_is_still_made(world: World) -> None:
    """It was claimed for this worker: left alone it would wait for its lease."""
    trip = world.trip(world.traveller())
    bench = Bench(world)
    handed_back = threading.Event()
    finish = bench.database.finish_calls

    def stop_meanwhile(
        worker: str, reports: list[dict[str, Any]], *, hand_on: bool
    ) -> Finished:
        following = finish(worker, reports, hand_on=hand_on)
        if following.calls and not handed_back.is_set():
            bench.worker.stop()
            # Had the runners been sent home already, they would be gone by now.
            next(t for t in threading.enumerate() if t.name == "_run_calls").join(0.5)
            handed_back.set()
        return following

    bench.database.finish_calls = stop_meanwhile  # type: ignore[method-assign]
    with bench.running():
        world.tick()
        assert handed_back.wait(timeout=30)
    assert calls(world, "CLAIMED") == calls(world, "SENT") == 0
    assert calls(world, "READY") == 1
    with world.working():
        until(world.at_rest)
    assert_booked_once(world, trip)


# -- the database goes and comes -----------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_connections_that_end_in_mid_saga_lose_nothing(world: World, step: str) -> None:
    """The answer is reported over a new connection: the trip is booked, once."""
    trip = world.trip(world.traveller())
    held = hold(world, STEPS[step], times=1)
    with Bench(world).running():
        world.tick()
        until(lambda: held() == 1)
        assert hang_up(world) > 0
        release(world)
        until(world.at_rest, seconds=60)
    assert_booked_once(world, trip)
    assert len(world.intents(trip)) == 1


def test_an_answer_outlasts_a_database_that_is_away(world: World) -> None:
    """Nobody can connect for a while; the order is known to us all the same."""
    trip = world.trip(world.traveller())
    held = hold(world, STEPS["create_order"], times=1)
    bench = Bench(world)
    failures = []
    finish = bench.database.finish_calls

    def watched(*args: Any, **options: Any) -> Finished:
        try:
            return finish(*args, **options)
        except Exception as error:
            failures.append(error)
            raise

    bench.database.finish_calls = watched  # type: ignore[method-assign]
    with bench.running():
        world.tick()
        until(lambda: held() == 1)
        world.rows("alter role skylatch_sidecar nologin")
        try:
            hang_up(world)
            release(world)
            until(lambda: len(failures) >= 1)
            assert len(world.orders(trip)) == 1
            assert world.attempt(trip)["order_id"] is None
        finally:
            world.rows("alter role skylatch_sidecar login")
        until(world.at_rest, seconds=60)
    assert_booked_once(world, trip)


# -- waking up -----------------------------------------------------------------------


def test_a_wake_up_claims_at_once(world: World) -> None:
    """The poll is a minute away, the booking is not."""
    trip = world.trip(world.traveller())
    listening = (
        "select 1 from pg_stat_activity where datname = current_database()"
        " and usename = 'skylatch_sidecar' and query like 'listen%'"
    )
    with Bench(world, poll_seconds=60.0).running():
        until(lambda: world.rows(listening.replace("%", "%%")))
        world.tick()
        until(lambda: world.status(trip) == "BOOKED", seconds=20)
    assert_booked_once(world, trip)


def test_a_wake_up_that_is_lost_costs_one_poll(world: World) -> None:
    """Nothing depends on being told."""
    trip = world.trip(world.traveller())
    bench = Bench(world)
    deaf = bench.worker._stopping.wait
    bench.worker._listen = deaf  # type: ignore[method-assign,assignment]
    with bench.running():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")


# -- many at once --------------------------------------------------------------------


def test_answers_that_come_together_share_one_report(world: World) -> None:
    """Under load a commit is shared: it is what a booking costs the database."""
    many = 6
    traveller = world.traveller()
    for _ in range(many):
        world.trip(traveller, max_price=1)  # nothing to book: the report ends it
    # Or the heartbeat stands in for it, and asks for what never arrived.
    world.let_cron_do_it()
    bench = Bench(world, threads=many + 1, search_threads=many)
    finish = bench.database.finish_calls
    sizes: list[int] = []

    def counted(
        worker: str, reports: list[dict[str, Any]], *, hand_on: bool
    ) -> Finished:
        if not sizes:
            # While the first is on its way, the others come in.
            until(lambda: bench.worker._reports.qsize() == many - len(reports))
        sizes.append(len(reports))
        return finish(worker, reports, hand_on=hand_on)

    bench.database.finish_calls = counted  # type: ignore[method-assign]
    held = hold(world, SEARCH, times=None)
    with bench.running():
        world.tick()
        until(lambda: held() == many)
        release(world)
        until(world.at_rest)
    assert sum(sizes) == many
    assert len(sizes) == 2


def test_in_flight_calls_never_exceed_the_threads(world: World) -> None:
    """Nothing is claimed to wait in a queue while its lease runs."""
    trips = [world.trip(world.traveller()) for _ in range(8)]
    bench = Bench(world, threads=3, search_threads=2)
    dispatch, most = bench.worker._dispatch, [0]

    def watched(handed: list[Call], **options: Any) -> None:
        dispatch(handed, **options)
        with bench.worker._lock:
            most[0] = max(most[0], sum(bench.worker._in_flight.values()))

    bench.worker._dispatch = watched  # type: ignore[assignment,method-assign]
    with bench.running():
        world.tick()
        until(world.at_rest, seconds=60)
    assert [world.status(trip) for trip in trips] == ["BOOKED"] * len(trips)
    assert most[0] == 3


def test_searches_leave_room_for_bookings(world: World) -> None:
    """Two searches hang, more are due, and a booking passes them all."""
    trip = world.trip(world.traveller())
    held_order = hold(world, STEPS["get_offer"], times=1)
    with Bench(world, threads=3, search_threads=2).running():
        world.tick()
        until(lambda: held_order() == 1)
        traveller = world.traveller()
        release(world)
        hold(world, SEARCH, times=None)
        for _ in range(6):
            world.trip(traveller)
        world.tick()
        until(lambda: world.flights.faults.held == 2)
        until(lambda: world.status(trip) == "BOOKED")
        assert world.flights.faults.held == 2
        assert calls(world, "CLAIMED") == 2
        assert calls(world, "READY") == 4
        release(world)
        until(world.at_rest)


def test_no_connection_is_held_while_a_provider_is_asked(world: World) -> None:
    """However slow it is: more calls are out than there are connections."""
    many = 6
    for _ in range(many):
        world.trip(world.traveller())
    bench = Bench(world, threads=many + 1, search_threads=many, poll_seconds=60.0)
    held = hold(world, SEARCH, times=None)
    with bench.running():
        world.tick()
        until(lambda: held() == many)

        def all_free() -> bool:
            stats = bench.database._pool.get_stats()
            assert stats["pool_max"] < many
            return stats["pool_available"] == stats["pool_size"]

        until(all_free)
        assert held() == many
        release(world)
        until(world.at_rest, seconds=60)


# -- what a traveller holds ------------------------------------------------------------


@contextmanager
def held(world: World, trip: UUID) -> Iterator[None]:
    """Keep a trip's row locked, as its traveller may."""
    with psycopg.connect(world.dsn) as traveller:
        traveller.execute(
            "select from public.trip_requests where id = %s for update", [trip]
        )
        yield
        traveller.rollback()


def test_a_locked_trip_holds_up_no_other_booking(world: World) -> None:
    """The others are booked while it is held; it is booked when it is let go."""
    greedy = world.trip(world.traveller())
    others = [world.trip(world.traveller()) for _ in range(3)]
    searched = hold(world, SEARCH, times=None)
    bench = Bench(world, threads=5, search_threads=4)
    with bench.running():
        world.tick()
        until(lambda: searched() == 4)
        with held(world, greedy):
            release(world)
            until(lambda: all(world.status(trip) == "BOOKED" for trip in others))
            until(lambda: len(bench.worker._set_aside) == 1)
            # Its runner is free meanwhile: what is set aside is nobody's call.
            until(lambda: not bench.worker._is_busy())
        until(lambda: world.status(greedy) == "BOOKED")
        assert len(bench.worker._set_aside) == 0
    again = "select from engine.provider_calls where tries > 1"
    assert world.rows(f"{again} and operation = 'search'") == []
    for trip in (greedy, *others):
        assert_booked_once(world, trip)


def test_a_worker_stops_though_a_trip_is_locked(world: World) -> None:
    """It tries a moment more and goes; the order it knew of is found, and paid once."""
    trip = world.trip(world.traveller())
    ordered = hold(world, STEPS["create_order"], times=1)
    bench = Bench(world)
    with bench.running():
        world.tick()
        until(lambda: ordered() == 1)
        with held(world, trip):
            release(world)
            until(lambda: len(bench.worker._set_aside) == 1)
            bench.worker.stop()
            bench.thread.join(timeout=20)
            assert not bench.thread.is_alive()
    assert calls(world, "SENT") == 1
    world.rows(
        "update engine.provider_calls set lease_until = now() where state = 'SENT'"
    )
    with world.working():
        until(lambda: world.status(trip) == "BOOKED", seconds=60)
    assert_booked_once(world, trip)


def test_far_too_many_reports_set_aside_lose_searches_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A search is made again when its lease ends; what an order said is kept."""
    monkeypatch.setattr("sidecar.set_aside._MOST", 2)
    aside = SetAside()
    for number, operation in enumerate(["search", "search", "search", "create_order"]):
        call = Call(number, 1, operation, uuid4(), "key", False, None)
        aside.put(call, {"call_id": number})
    aside.close()
    taken = [aside.take() for _ in range(4)]
    assert [one.call.call_id for one in taken if one] == [0, 1, 3]


def test_what_was_set_aside_last_is_tried_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody who was held up for a moment is not behind those who hold for long."""
    monkeypatch.setattr("sidecar.set_aside._FIRST_PAUSE", 0.0)
    aside = SetAside()
    for number, tries in enumerate([7, 3, 0]):
        call = Call(number, 1, "search", uuid4(), "key", False, None)
        aside.put(call, {}, tries=tries)
    taken = [aside.take() for _ in range(3)]
    assert [one.call.call_id for one in taken if one] == [2, 1, 0]


# -- what must not end a worker ------------------------------------------------------


@pytest.mark.parametrize("method", ["get_offer", "create_order"])
def test_a_crash_inside_a_client_ends_no_runner(
    world: World, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether bytes left is unknown: the lease runs out, and recovery decides."""
    trip = world.trip(world.traveller())
    crashes: list[str] = []
    working = getattr(Flights, method)

    def crash(*args: object) -> Answer:
        if crashes:
            answer: Answer = working(*args)
            return answer
        crashes.append(method)
        raise RuntimeError("a defect")

    monkeypatch.setattr(Flights, method, crash)
    bench = Bench(world, threads=2, search_threads=1)
    with bench.running():
        world.tick()
        until(lambda: crashes and sum(bench.worker._in_flight.values()) == 0)
        runners = [t for t in threading.enumerate() if t.name == "_run_calls"]
        assert len(runners) == 2
        (stuck,) = world.rows(
            "update engine.provider_calls set lease_until = clock_timestamp()"
            " where state in ('CLAIMED', 'SENT') returning state"
        )
        world.rows("select engine.recover()")
        if method == "get_offer":
            assert stuck == {"state": "CLAIMED"}
            until(lambda: world.status(trip) == "BOOKED")
        else:
            assert stuck == {"state": "SENT"}
            until(lambda: world.attempt(trip)["state"] == "ORDER_UNKNOWN")
    assert crashes == [method]
    if method == "get_offer":
        assert_booked_once(world, trip)
    else:
        assert world.orders(trip) == []


@pytest.mark.parametrize(
    "value", ["\\u0000", "\\ud800"], ids=["NUL", "half a surrogate pair"]
)
def test_a_body_that_the_database_cannot_keep_holds_nobody_up(
    world: World, value: str
) -> None:
    """It counts as unreadable; the worker goes on, and the trip is booked."""
    trips = [world.trip(world.traveller()) for _ in range(3)]
    world.flights.faults.arm(
        Fault(
            match=STEPS["get_offer"],
            kind="status",
            status=200,
            body=f'{{"data": {{"id": "{value}"}}}}',
            times=2,
        )
    )
    with Bench(world).running():
        world.tick()
        until(world.at_rest)
    for trip in trips:
        assert_booked_once(world, trip)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", float("nan"), float("inf")])
def test_what_the_database_cannot_keep_of_one_offer_does_not_cost_the_others(
    world: World, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that is taken out, though it comes with every answer to the search."""
    search = Flights.search

    def noisy(self: Flights, request: dict[str, Any], correlation: str) -> Answer:
        answer = search(self, request, correlation)
        answer.body["offers"][0]["owner"]["name"] = value
        return answer

    monkeypatch.setattr(Flights, "search", noisy)
    trip = world.trip(world.traveller())
    with Bench(world).running():
        world.tick()
        until(world.at_rest)
    assert_booked_once(world, trip)
    assert world.rows("select from engine.quarantined_offers") == []


def too_deep() -> Any:
    """Return what can be read, and not written any more."""
    body: list[Any] = []
    for _ in range(2 * sys.getrecursionlimit()):
        body = [body]
    return body


@pytest.mark.parametrize(
    "refusal",
    [
        None,
        psycopg.errors.StatementTooComplex("too deep"),
        psycopg.errors.ProgramLimitExceeded("too large"),
    ],
    ids=["by Python", "as too deep", "as too large"],
)
def test_a_body_that_is_too_deep_or_too_large_to_report_stops_nobody(
    world: World, refusal: psycopg.Error | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is unreadable; the worker lives, and everybody's trip is booked."""
    read, finish = Flights.get_offer, Database.finish_calls
    bodies = [too_deep() if refusal is None else {"poison": True}]

    def poisoned(self: Flights, offer_id: str, correlation: str) -> Answer:
        if bodies:
            return Answer(http_status=200, body={"data": bodies.pop()})
        return read(self, offer_id, correlation)

    def strict(
        self: Database, worker: str, reports: list[dict[str, Any]], **how: Any
    ) -> Finished:
        if refusal and any("poison" in str(one["body"])[:40] for one in reports):
            raise refusal
        return finish(self, worker, reports, **how)

    monkeypatch.setattr(Flights, "get_offer", poisoned)
    monkeypatch.setattr(Database, "finish_calls", strict)
    trips = [world.trip(world.traveller()) for _ in range(3)]
    with Bench(world).running():
        world.tick()
        until(world.at_rest)
    for trip in trips:
        assert_booked_once(world, trip)


def test_a_number_that_is_none_is_unreadable_too(world: World) -> None:
    """Python reads NaN where JSON has no such thing."""
    trip = world.trip(world.traveller())
    body = '{"data": {"total_amount": NaN}}'
    world.flights.faults.arm(
        Fault(match=STEPS["get_offer"], kind="status", status=200, body=body)
    )
    with Bench(world).running():
        world.tick()
        until(world.at_rest)
    assert_booked_once(world, trip)


def test_a_call_without_a_request_is_not_sent(world: World) -> None:
    """What could not be built is not made up here."""
    bench = Bench(world)
    for operation in STEPS:
        call = Call(
            call_id=1,
            epoch=1,
            operation=operation,
            trip_request_id=uuid4(),
            idempotency_key="k",
            marks_sent=operation == "create_order",
            request=None,
        )
        assert bench.worker._make(call) == NOT_SENT
    bench.database.close()
    assert world.flights.faults.describe()["requests"] == {}
    assert world.payments.faults.describe()["requests"] == {}


def test_an_operation_that_is_not_known_is_not_sent(world: World) -> None:
    """A newer database may ask for more than this sidecar can do."""
    bench = Bench(world)
    call = Call(
        call_id=1,
        epoch=1,
        operation="teleport",
        trip_request_id=uuid4(),
        idempotency_key="k",
        marks_sent=False,
        request={},
    )
    assert bench.worker._make(call) == NOT_SENT
    bench.database.close()
    assert world.flights.faults.describe()["requests"] == {}


def test_each_call_says_who_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `engine.operations` has it, whether it was claimed or handed on."""
    bench = Bench(world)
    asked: dict[str, str | None] = {}

    def made(call: Call) -> Answer | None:
        asked[call.operation] = call.provider
        return make(call)

    make = bench.worker._make
    monkeypatch.setattr(bench.worker, "_make", made)
    trip = world.trip(world.traveller())
    with bench.running():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    rows = world.rows("select operation, provider from engine.operations")
    assert asked.keys() >= STEPS.keys()
    assert asked.items() <= {r["operation"]: r["provider"] for r in rows}.items()


def test_a_call_about_no_trip_has_no_trip_in_the_log(world: World) -> None:
    """Not the word None, which a search for trips would find."""
    bench = Bench(world)
    call = Call(
        call_id=1,
        epoch=1,
        operation="scan_payments",
        trip_request_id=None,
        idempotency_key="k",
        marks_sent=False,
        request={"created_after": 0},
    )
    with capture_logs([merge_contextvars]) as lines, tracing.at_work_on(call):
        bench.worker._make(call)
    bench.database.close()
    (line,) = [line for line in lines if line["event"] == "call.answered"]
    assert "trip" not in line
    assert "None" not in line.values()
