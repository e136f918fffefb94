"""A whole local stack with a Prometheus beside it, and each way to break it.

A worker and an endpoint as processes, on a cluster, a Redis, both providers and a
LaunchDarkly that may be taken away. The database's clock can be set forward: what the
engine itself waits for (five minutes until a call is overdue) is in none of the rules,
so it cannot be run faster.
"""

from __future__ import annotations

import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sidecar.local.settings import free_port
from tests.alerts.prometheus import FACTOR, Prometheus, watching
from tests.chaos.campaign import start_python
from tests.chaos.estate import Estate, running_estate
from tests.factories import DECLINED, FLAGS, VISA, until
from tests.flagdata import expand
from tests.sandbox.control import Fault
from tests.sandbox.flags import FlagsSandbox
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

_KEY = "sdk-00000000-0000-4000-8000-00000000a1e7"
MINUTE = 60.0


@dataclass
class Stack:
    """What runs, and who watches it."""

    estate: Estate
    flags: FlagsSandbox
    prometheus: Prometheus
    endpoint: subprocess.Popen[bytes]

    @property
    def worker(self) -> subprocess.Popen[bytes]:
        """Return the one worker."""
        return self.estate.sidecars[0]

    def sql(self, query: str, *args: object) -> list[dict[str, object]]:
        """Run a query as superuser."""
        return self.estate.world.rows(query, *args)

    def trips(self, number: int, card: str = VISA) -> list[UUID]:
        """State trips, each of a traveller of its own, and tick."""
        world = self.estate.world
        trips = [
            world.trip(world.traveller(card, email=f"t{secrets.token_hex(4)}@x.test"))
            for _ in range(number)
        ]
        self.tick()
        return trips

    def tick(self) -> None:
        """Run the monitor, as pg_cron would."""
        self.sql("select public.auto_book_monitor()")

    def booked(self, trips: list[UUID]) -> bool:
        """Tell whether all of `trips` are booked."""
        return all(self.estate.world.status(trip) == "BOOKED" for trip in trips)

    def watch(self) -> None:
        """Look for broken promises, as pg_cron would a minute later."""
        self.sql(
            "update engine.invariant_checks"
            " set checked_at = checked_at - interval '51 seconds'"
        )
        self.sql("select engine.watch_invariants()")


@dataclass(frozen=True)
class Trouble:
    """One fault: how it is caused, which alerts that fires, and how it ends."""

    what: str
    alerts: tuple[str, ...]
    cause: Callable[[Stack], object]
    mend: Callable[[Stack], object]


# -- the faults ----------------------------------------------------------------------

_SEARCH = "POST /air/offer_requests"


def _refuse_cards(stack: Stack) -> None:
    stack.trips(8, DECLINED)


def _break_search(stack: Stack) -> None:
    stack.estate.world.flights.faults.arm(Fault(_SEARCH, "status", None, 500, {}))
    stack.trips(6)


def _mend_flights(stack: Stack) -> None:
    stack.estate.world.flights.faults.clear()
    stack.sql("delete from engine.breakers")
    stack.sql("update engine.provider_calls set run_at = now() where state = 'READY'")


def _lose_order(stack: Stack) -> None:
    world = stack.estate.world
    world.flights.set_orders_visibility(3600)
    world.flights.faults.arm(Fault("POST /air/orders", "drop_after"))
    stack.trips(1)


def _near_capture_before(stack: Stack) -> None:
    """The order of before is still unknown: its hold is about to lapse."""
    stack.sql(
        "update public.booking_attempts set capture_before = now() + interval '1 hour'"
        " where state = 'ORDER_UNKNOWN'"
    )


def _give_up_looking(stack: Stack) -> None:
    """A day has passed, and the order was in no list."""
    stack.estate.world.pass_time("25 hours")


_BREAK = "update public.booking_attempts set epoch = epoch + %s where id = %s"


def _break_promise(stack: Stack) -> None:
    (attempt,) = stack.sql(
        "select id from public.booking_attempts where state = 'CONFIRMED' limit 1"
    )
    stack.sql(_BREAK, 50, attempt["id"])
    stack.watch()


def _keep_promise(stack: Stack) -> None:
    for row in stack.sql(
        "select id from public.booking_attempts"
        " where state = 'CONFIRMED' and epoch > 50"
    ):
        stack.sql(_BREAK, -50, row["id"])
    stack.watch()


def _spend_budget(stack: Stack) -> None:
    stack.sql("select engine.set_search_settings('an alert is tried', 1)")
    stack.trips(14)


def _raise_budget(stack: Stack) -> None:
    stack.sql("select engine.set_search_settings('an alert was tried', 100000)")
    stack.sql("update engine.monitor_runs set free_from = null")
    stack.tick()


def _cut_flags(stack: Stack) -> None:
    # A row, so that it can be run as fast as the rules are.
    stack.sql(
        "update engine.flag_sync set stale_after = stale_after / %s + interval '10 s'",
        FACTOR,
    )
    stack.flags.refuse(503)
    stack.flags.drop_streams()


def _mend_flags(stack: Stack) -> None:
    stack.flags.refuse(None)
    stack.sql("update engine.flag_sync set stale_after = interval '10 minutes'")


def _freeze(stack: Stack) -> None:
    stack.worker.send_signal(signal.SIGSTOP)


def _let_wait(stack: Stack) -> None:
    stack.trips(1)
    stack.estate.world.let_time_pass(6 * MINUTE)


def _let_pass(stack: Stack) -> None:
    stack.estate.world.let_time_pass(16 * MINUTE)


def _thaw(stack: Stack) -> None:
    stack.worker.send_signal(signal.SIGCONT)


def _restore(stack: Stack) -> None:
    """Another history, and no list of Duffel's to compare it with."""
    stack.estate.world.flights.faults.arm(
        Fault("GET /air/orders", "status", None, 500, {})
    )
    stack.sql("update engine.history set timeline = 'ffffffff'")
    stack.sql("select engine.recover()")
    stack.estate.world.let_time_pass(30 * MINUTE)


def _compare(stack: Stack) -> None:
    stack.estate.world.flights.faults.clear()
    stack.sql("select engine.confirm_history(now())")


def _kill(stack: Stack) -> None:
    stack.worker.kill()
    stack.worker.wait()


def _start_again(stack: Stack) -> None:
    stack.estate.keep_sidecars(1)


def _nothing(_: Stack) -> None:
    pass


TROUBLES = (
    Trouble(
        "the kill switch is pulled",
        ("KillSwitchEngaged",),
        lambda s: s.sql("select engine.set_kill_switch(true, 'an alert is tried')"),
        lambda s: s.sql("select engine.set_kill_switch(false, 'an alert was tried')"),
    ),
    Trouble(
        "eight cards are declined", ("BookingFailureRatio",), _refuse_cards, _nothing
    ),
    Trouble("the worker is killed", ("SidecarDown",), _kill, _start_again),
    Trouble(
        "the database is stopped",
        ("DatabaseUnreachable",),
        lambda s: s.estate.server.stop(crash=True),
        lambda s: s.estate.server.start(),
    ),
    Trouble(
        "Duffel answers searches with 500",
        ("NoSearchSuccess", "BreakerOpen"),
        _break_search,
        _mend_flights,
    ),
    Trouble(
        "an epoch is changed by hand",
        ("InvariantViolated",),
        _break_promise,
        _keep_promise,
    ),
    Trouble(
        "one search a minute for fourteen trips",
        ("ProviderBudgetSpent",),
        _spend_budget,
        _raise_budget,
    ),
    Trouble(
        "LaunchDarkly refuses, its stream is cut",
        ("FlagSourceGone", "FlagsStale"),
        _cut_flags,
        _mend_flags,
    ),
    Trouble(
        "an order's answer is lost, and no list has it",
        ("OrderUnknown",),
        _lose_order,
        _nothing,
    ),
    Trouble(
        "its hold lapses in an hour",
        ("HoldNearCaptureBefore",),
        _near_capture_before,
        _nothing,
    ),
    Trouble(
        "it is looked for in vain for a day",
        ("ReviewCaseOpen",),
        _give_up_looking,
        _nothing,
    ),
    Trouble("the worker is frozen", ("SidecarDown",), _freeze, _nothing),
    Trouble(
        "frozen, a search is due, six minutes pass",
        ("QueueOld", "JobSilent"),
        _let_wait,
        _nothing,
    ),
    Trouble("frozen, sixteen minutes pass", ("NoSuccessfulTick",), _let_pass, _thaw),
    Trouble(
        "a restore, and Duffel's lists fail for half an hour",
        ("HistoryUnconfirmed",),
        _restore,
        _compare,
    ),
)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Run everything, booking nothing yet; every target was scraped."""
    flights, payments = FlightsSandbox(), PaymentsSandbox()
    flags = FlagsSandbox(sdk_key=_KEY)
    for key, flag in expand(FLAGS)["features"].items():
        flags.set_flag(key, flag)
    token = secrets.token_hex(16)
    http = free_port(set())
    metrics = free_port({http})
    with ExitStack() as stack:
        urls = [
            stack.enter_context(running_in_thread(one.app))
            for one in (flights, payments, flags)
        ]
        estate = stack.enter_context(
            running_estate((flights, urls[0]), (payments, urls[1]))
        )
        del estate.environment["SKYLATCH_FLAGS_FILE"]
        estate.environment.update(
            {
                "SKYLATCH_LAUNCHDARKLY_SDK_KEY": _KEY,
                "SKYLATCH_LAUNCHDARKLY_URL": urls[2],
                "SKYLATCH_METRICS_PORT": str(metrics),
                "SKYLATCH_HTTP_PORT": str(http),
                "SKYLATCH_HTTP_TOKEN": secrets.token_hex(16),
                "SKYLATCH_METRICS_TOKEN": token,
            }
        )
        estate.keep_sidecars(1)
        endpoint = start_python(
            estate.environment, estate.log, "-m", "sidecar", "serve"
        )
        stack.callback(endpoint.wait)
        stack.callback(endpoint.kill)
        directory = Path(estate.log).parent / "prometheus"
        directory.mkdir()
        prometheus = stack.enter_context(
            watching(directory, endpoint=http, worker=metrics, token=token)
        )
        until(prometheus.healthy, seconds=60)
        yield Stack(estate, flags, prometheus, endpoint)
