"""Each process and each line fails once, at a chosen moment: booked once, or frozen.

A few trips are caught in mid-saga (the provider holds its answer back), then something
breaks. The oracle is what the sandboxes say; `make chaos` does the same at random and
by the thousand.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from tests.chaos.cutter import CUTS, Cut
from tests.chaos.estate import Estate, running_estate
from tests.chaos.oracle import Truth
from tests.chaos.process_faults import (
    backend_killed,
    disk_full,
    postgres_crashed,
    postgres_restarted,
    redis_flushed,
    redis_frozen,
    redis_gone,
    sessions_ended,
)
from tests.factories import in_days, until
from tests.sandbox.control import Fault
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

CHANCE = random.Random(1)
ROUTES = {
    "search": ("flights", "POST /air/offer_requests"),
    "create_payment": ("payments", "POST /v1/payment_intents"),
    "get_offer": ("flights", "GET /air/offers/*"),
    "create_order": ("flights", "POST /air/orders"),
    "capture_payment": ("payments", "POST /v1/payment_intents/*/capture"),
}


@pytest.fixture(scope="module")
def whole_estate() -> Iterator[Estate]:
    """Build the processes once: each test leaves them as they were."""
    flights, payments = FlightsSandbox(), PaymentsSandbox()
    with (
        running_in_thread(flights.app) as flights_url,
        running_in_thread(payments.app) as payments_url,
        running_estate(
            (flights, flights_url), (payments, payments_url), lease_seconds=2
        ) as estate,
    ):
        yield estate


@pytest.fixture
def estate(whole_estate: Estate) -> Estate:
    """Return the processes, with one sidecar at work and its sessions alone."""
    for one in whole_estate.sidecars[1:]:
        one.kill()
        one.wait()
    whole_estate.keep_sidecars(1)
    return whole_estate


def state_trips(estate: Estate, number: int) -> list[UUID]:
    """State trips on a route with few offers, and let the monitor see them."""
    traveller = estate.world.traveller()
    trips = [
        estate.world.trip(
            traveller,
            origins=["PPT"],
            destinations=["BOB"],
            departure_from=in_days(40 + day),
            currency="USD",
        )
        for day in range(number)
    ]
    estate.world.tick()
    return trips


class Caught:
    """Trips whose providers have done what was asked, and keep the answers back."""

    def __init__(self, estate: Estate, operation: str, trips: int) -> None:
        sandbox, match = ROUTES[operation]
        self._faults = getattr(estate.world, sandbox).faults
        self._faults.arm(Fault(match, "hold_after", times=trips))
        self.trips = state_trips(estate, trips)
        until(lambda: self._faults.held == trips, seconds=60)

    def release(self) -> None:
        """Let the providers answer, and wait until they have."""
        self._faults.clear()
        until(lambda: self._faults.held == 0)


@contextmanager
def caught(estate: Estate, operation: str, *, trips: int = 2) -> Iterator[Caught]:
    """Catch trips at one call; whatever happens, they are let go."""
    held = Caught(estate, operation, trips)
    try:
        yield held
    finally:
        held.release()


def rest(estate: Estate, trips: list[UUID]) -> set[str]:
    """Let everything end; return the attempts' states once no promise is broken."""
    until(estate.settled, seconds=120)
    assert Truth(estate.world).broken() == []
    return {estate.world.attempt(trip)["state"] for trip in trips}


def assert_each_booked_once(estate: Estate, trips: list[UUID]) -> None:
    """Assert one order and one capture for each trip, in the sandboxes' truth."""
    assert rest(estate, trips) == {"CONFIRMED"}
    for trip in trips:
        assert len(estate.world.orders(trip)) == 1
        captured = [i["captured"] for i in estate.world.intents(trip)]
        assert len(captured) == 1
        assert captured[0] > 0


@pytest.mark.parametrize("operation", ROUTES)
def test_an_answer_that_finds_postgres_crashed_is_kept_until_it_is_back(
    estate: Estate, operation: str
) -> None:
    """Wherever the saga is, the answer is reported after the restart."""
    with caught(estate, operation) as held, postgres_crashed(estate, CHANCE):
        held.release()
    assert_each_booked_once(estate, held.trips)


@pytest.mark.parametrize("fault", [postgres_restarted, backend_killed, sessions_ended])
def test_sessions_that_end_in_mid_saga_lose_and_double_nothing(
    estate: Estate, fault: type[postgres_restarted]
) -> None:
    """A fast restart, a killed backend, and sessions that somebody ended."""
    with caught(estate, "create_order") as held, fault(estate, CHANCE):
        held.release()
    assert_each_booked_once(estate, held.trips)


def test_a_full_disk_loses_and_doubles_nothing(estate: Estate) -> None:
    """The order is made while nothing can be written; then there is room again."""
    if estate.disk is None:
        pytest.skip("mounting a disk of its own is not permitted here")
    with caught(estate, "create_order") as held, disk_full(estate, CHANCE):
        with (
            pytest.raises(psycopg.OperationalError),
            psycopg.connect(estate.world.dsn, autocommit=True) as connection,
        ):
            connection.execute(
                "create table public.heap as select g from generate_series(1, 1e6) as g"
            )
        held.release()
    assert_each_booked_once(estate, held.trips)


@pytest.mark.parametrize("fault", [redis_gone, redis_frozen, redis_flushed])
def test_bookings_are_made_while_redis_is_no_help(
    estate: Estate, fault: type[redis_gone]
) -> None:
    """Gone, stopped, or without memory while locks are held: all the same."""
    with caught(estate, "create_order") as held, fault(estate, CHANCE):
        held.release()
        assert_each_booked_once(estate, held.trips)


def test_an_order_whose_sidecar_was_killed_is_found_by_another(estate: Estate) -> None:
    """The order was made and its answer died with the sidecar."""
    with caught(estate, "create_order") as held:
        estate.end_sidecars()
        estate.keep_sidecars(1)
    assert_each_booked_once(estate, held.trips)


def test_a_sidecar_that_slept_past_its_lease_changes_nothing(estate: Estate) -> None:
    """Another one has found the order; what the sleeper says is kept as evidence."""
    with caught(estate, "create_order") as held:
        (sleeper,) = estate.sidecars
        sleeper.send_signal(signal.SIGSTOP)
        try:
            estate.keep_sidecars(2)
            held.release()
            assert_each_booked_once(estate, held.trips)
        finally:
            estate.thaw(sleeper)
    until(
        lambda: (
            estate.world.value(
                "select count(*) from engine.booking_events"
                " where trip_request_id = any (%s)"
                " and reason = 'create_order: a late report was ignored'",
                held.trips,
            )
            == len(held.trips)
        )
    )
    assert_each_booked_once(estate, held.trips)


@pytest.mark.parametrize("cut", CUTS)
def test_an_order_on_a_cut_line_is_found_or_frozen_and_never_repeated(
    estate: Estate, cut: Cut
) -> None:
    """Duffel heard it: found. Duffel may not have heard it: frozen, nothing paid."""
    heard = "answer" in cut
    line = estate.lines["flights"]
    before = line.cuts[cut]
    with caught(estate, "create_order" if heard else "get_offer", trips=1) as held:
        line.arm(cut)
        held.release()
        until(lambda: line.cuts[cut] > before)
    if heard:
        assert_each_booked_once(estate, held.trips)
    else:
        assert rest(estate, held.trips) == {"ORDER_UNKNOWN"}
        (intent,) = estate.world.intents(held.trips[0])
        assert intent["captured"] == 0
        assert estate.world.orders(held.trips[0]) == []


@pytest.mark.parametrize("cut", CUTS)
def test_a_capture_on_a_cut_line_is_made_once(estate: Estate, cut: Cut) -> None:
    """Heard or not, the same key captures once."""
    line = estate.lines["payments"]
    before = line.cuts[cut]
    with caught(estate, "create_order", trips=1) as held:
        line.arm(cut)
        held.release()
        until(lambda: line.cuts[cut] > before)
    assert_each_booked_once(estate, held.trips)


@pytest.mark.parametrize("cut", CUTS)
def test_a_commit_whose_acknowledgement_is_lost_is_not_done_twice(
    estate: Estate, cut: Cut
) -> None:
    """Claims and reports are cut, committed or not, several times in a row."""
    line = estate.lines["postgres"]
    before = line.cuts[cut]
    with caught(estate, "create_order") as held:
        line.arm(*[cut] * 6)
        held.release()
        until(lambda: line.cuts[cut] == before + 6, seconds=60)
    assert_each_booked_once(estate, held.trips)


def test_calls_that_wait_for_a_provider_hold_no_transaction(estate: Estate) -> None:
    """Six orders are out, and no session of the sidecar is inside a transaction."""
    with caught(estate, "create_order", trips=6) as held:
        until(
            lambda: (
                not estate.world.value(
                    "select count(*) from pg_stat_activity"
                    " where usename = 'skylatch_sidecar' and xact_start is not null"
                )
            )
        )
    assert_each_booked_once(estate, held.trips)


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_sidecar_whose_clock_is_wrong_books_as_the_others_do(
    estate: Estate, seconds: int
) -> None:
    """Leases, deadlines and limits are the database's."""
    estate.end_sidecars()
    estate.keep_sidecars(1, "-m", "tests.chaos.skewed_sidecar", str(seconds))
    trips = state_trips(estate, 2)
    try:
        assert_each_booked_once(estate, trips)
    finally:
        estate.end_sidecars()
