"""Thousands of bookings while everything around them fails; then the counting.

``make campaign SAGAS=2000`` or ``make campaign MINUTES=30``: real sidecars that are
killed at random, real sandbox servers behind a bad network, which call back twice and
out of order, a cluster that crashes, a Redis that comes and goes. Then the faults stop,
time passes for what waits, and the sandboxes' own truth is compared with what was
promised. Exits with 1 when a promise is broken. `SEED` repeats the choices, though not
the race between processes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import requests
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from sidecar.local.accounts import make_directory, server_account
from sidecar.local.plpython import install_plpython
from tests.callbacks import DUFFEL_SECRET, STRIPE_SECRET
from tests.chaos.campaign_cluster import MortalCluster, mortal_cluster
from tests.chaos.oracle import Truth
from tests.clock import make_clock_movable
from tests.factories import (
    DECLINED,
    FLAGS,
    VISA,
    Row,
    Traveller,
    World,
    in_days,
    until,
)
from tests.raw_server import closed_port
from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
# A process that is stopped would not notice that its parent is gone.
_DIE_TOO = ("/usr/bin/setpriv", "--pdeathsig", "KILL")
_CARDS = [VISA] * 9 + [DECLINED]
_TRIPS_AT_ONCE = 60
# Long enough for a busy machine, short enough that a dead worker is noticed.
_LEASES = "update engine.operations set lease = '8 seconds' where operation <> 'search'"
_SEARCH_LEASE = (
    "update engine.operations set lease = '40 seconds' where operation = 'search'"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do; `minutes` ends the fault phase if `sagas` does not."""

    sagas: int = 2000
    minutes: float = 60.0
    seed: int = 0
    faults: float = 0.15
    sidecars: int = 3


@dataclass(frozen=True, slots=True)
class RemoteClock:
    """The clock of a sandbox in another process."""

    url: str

    def advance(self, seconds: float) -> None:
        """Move the provider's clock."""
        requests.post(
            f"{self.url}/__sandbox/clock", json={"advance_seconds": seconds}, timeout=60
        ).raise_for_status()


class Sandbox:
    """One provider in a process of its own, as `World` wants to see it.

    With `callbacks`, the address of an endpoint, it calls back there.
    """

    def __init__(self, provider: str, seed: int, callbacks: str = "") -> None:
        self._process = subprocess.Popen(
            [
                *_DIE_TOO,
                sys.executable,
                "-m",
                "tests.chaos.faulty_sandbox",
                provider,
                str(seed),
                callbacks,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._line()
        self.clock = RemoteClock(self.url)

    def storm(self, rate: float) -> Row:
        """Set the rate of faults; return what befell calls so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"rate {rate}\n")
        self._process.stdin.flush()
        befell: Row = json.loads(self._line())
        return befell

    def state(self) -> Row:
        """Return the provider's own truth."""
        answer = requests.get(f"{self.url}/__sandbox/state", timeout=60)
        answer.raise_for_status()
        truth: Row = answer.json()
        return truth

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the sandbox ended"
        return line


def start_python(
    environment: dict[str, str], log: Path, *arguments: str
) -> subprocess.Popen[bytes]:
    """Start Python with these arguments; what it prints is added to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [*_DIE_TOO, sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@dataclass
class CampaignWorld(World):
    """A world whose database goes away now and then; what is asked is asked again."""

    def rows(self, query: str, *args: object) -> list[Row]:
        """Run a query as superuser, in the end."""
        while True:
            try:
                return super().rows(query, *args)
            except psycopg.errors.RaiseException:
                raise
            except psycopg.OperationalError:
                time.sleep(0.1)
                if self._sql.broken:
                    with contextlib.suppress(psycopg.OperationalError):
                        self._sql = psycopg.connect(
                            self.dsn, autocommit=True, row_factory=dict_row
                        )


@dataclass
class Campaign:
    """One campaign, from the first trip to the verdict."""

    plan: Plan
    world: CampaignWorld
    server: MortalCluster
    redis: RedisServer
    flights: Sandbox
    payments: Sandbox
    environment: dict[str, str]
    log: Path
    chance: random.Random = field(init=False)
    sidecars: list[subprocess.Popen[bytes]] = field(default_factory=list)
    endpoint: subprocess.Popen[bytes] | None = None
    done: Counter[str] = field(default_factory=Counter)
    people: list[Traveller] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)

    # -- the phases -----------------------------------------------------------------

    def run(self) -> bool:
        """Run it, print what came of it; False when a promise was broken."""
        print(
            f"seed {self.plan.seed}, {self.plan.faults:.0%} of calls in trouble",
            flush=True,
        )
        self.people = [self.world.traveller(card=card) for card in _CARDS * 3]
        self._keep_sidecars()
        started = time.monotonic()
        for sandbox in (self.flights, self.payments):
            sandbox.storm(self.plan.faults)
        shown = 0
        while (
            begun := self._count("select count(*) from public.booking_attempts")
        ) < self.plan.sagas and time.monotonic() - started < self.plan.minutes * 60:
            if begun >= shown + 250:
                shown = begun
                print(f"{time.monotonic() - started:4.0f} s: {begun} sagas", flush=True)
            self._keep_busy()
            self._strike()
            self._keep_sidecars()
            self.world.rows("select engine.recover()")
            time.sleep(0.25)
        befell = Counter(self.flights.storm(0)) + Counter(self.payments.storm(0))
        calm = time.monotonic()
        print(f"{calm - started:4.0f} s: the faults are over", flush=True)
        self._heal()
        self._rest()
        rested = time.monotonic()
        return self._judge(befell, calm - started, rested - calm)

    def _keep_busy(self) -> None:
        """State new trips while few are under way; let travellers change their mind."""
        under_way = self._count(
            "select count(distinct c.trip_request_id) from engine.provider_calls as c"
            " join engine.operations as o using (operation)"
            " where c.state in ('READY', 'CLAIMED', 'SENT') and o.waits is null"
            " and c.run_at < clock_timestamp() + interval '1 minute'"
        )
        for _ in range(min(_TRIPS_AT_ONCE - under_way, 20)):
            # Each on a day of its own: nobody is booked on two flights at once.
            day, person = divmod(self.done["trips"], len(self.people))
            self.world.trip(
                self.people[person],
                origins=["PPT"],
                destinations=["BOB"],
                departure_from=in_days(10 + day % 300),
                currency="USD",
            )
            self.done["trips"] += 1
        self.world.rows("select public.auto_book_monitor()")
        if self.chance.random() < 0.3:
            self._one(
                "select public.{}(t.id) from (select id from public.trip_requests"
                " where auto_book_status = 'BOOKING' order by random() limit 1) as t",
                self.chance.choice(["pause_trip", "cancel_trip"]),
                "trips paused or cancelled in mid-saga",
            )
        if self.chance.random() < 0.3:
            self._one(
                "select engine.{}(a.user_id, a.id, 'CANCEL', 'traveller', 'campaign',"
                " 'no longer wanted', clock_timestamp())"
                " from (select * from public.booking_attempts"
                " where state = 'CONFIRMED' and min_refund is not null"
                " order by random() limit 1) as a",
                "command_attempt",
                "bookings cancelled",
            )
            self.world.rows(
                "update public.booking_attempts set min_refund = 0 where id = ("
                "select id from public.booking_attempts where state = 'CONFIRMED'"
                " and min_refund is null limit 1 for no key update skip locked)"
            )
        # Our own balance "ran dry" now and then; somebody looks, and goes on.
        if self.chance.random() < 0.2:
            self.world.rows("select engine.set_kill_switch(false, 'campaign')")

    def _one(self, query: str, function: str, what: str) -> None:
        try:
            self.done[what] += len(self.world.rows(query.format(function)))
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith("SK"):
                raise

    def _strike(self) -> None:
        """Kill, crash, and cut off, each now and then."""
        if self.chance.random() < 0.015:
            self.chance.choice(self.sidecars).kill()
            self.done["sidecars killed"] += 1
        if self.chance.random() < 0.01 and self.endpoint is not None:
            self.endpoint.kill()
            self.done["endpoints killed"] += 1
        if self.chance.random() < 0.012:
            crash = self.chance.random() < 0.5
            self.server.stop(crash=crash)
            time.sleep(self.chance.uniform(0, 2))
            self.server.start()
            self.done["Postgres crashed" if crash else "Postgres restarted"] += 1
        if self.chance.random() < 0.03:
            if self.done["Redis stopped"] > self.done["Redis started"]:
                self.redis.start()
                self.done["Redis started"] += 1
            else:
                self.redis.stop()
                self.done["Redis stopped"] += 1

    def _keep_sidecars(self) -> None:
        self.sidecars = [one for one in self.sidecars if one.poll() is None]
        while len(self.sidecars) < self.plan.sidecars:
            self.sidecars.append(self._start("work"))
        if self.endpoint is None or self.endpoint.poll() is not None:
            self.endpoint = self._start("serve")

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return start_python(self.environment, self.log, "-m", "sidecar", command)

    def _heal(self) -> None:
        if self.done["Redis stopped"] > self.done["Redis started"]:
            self.redis.start()
        self.world.rows("select engine.set_kill_switch(false, 'campaign')")
        self._keep_sidecars()

    def _rest(self) -> None:
        """Let everything end: first what is due, then time passes for what waits.

        Back-offs pass in minutes, so that no hold lapses by the waiting itself; what is
        looked for all day passes in hours.
        """
        for _ in range(400):
            until(self._is_quiet, seconds=300)
            wait = self.world.value(
                "select extract(epoch from min(run_at) - clock_timestamp())"
                " from engine.provider_calls"
                " where state = 'READY' and booking_attempt_id is not null"
            )
            if wait is None:
                return
            self.world.let_time_pass(300.0 if wait < 300 else 3 * 3600.0)
        raise AssertionError("not at rest")

    def _is_quiet(self) -> bool:
        """Tell whether no call is out, nor due at once."""
        self.world.rows("select engine.recover()")
        time.sleep(0.05)
        return not self._count(
            "select count(*) from engine.provider_calls"
            " where state in ('CLAIMED', 'SENT') or state = 'READY'"
            " and run_at < clock_timestamp() + interval '1 second'"
        )

    # -- the verdict ------------------------------------------------------------------

    def _judge(self, befell: Counter[str], storm: float, rest: float) -> bool:
        truth = Truth(self.world)
        broken = truth.broken() + truth.loose_ends()
        summary = truth.summary()
        for name, value in {**summary, **self.done}.items():
            print(f"{name:38} {value}")
        events = self.world.rows(
            "select received_by, state, count(*) as n from engine.provider_events"
            " group by 1, 2 order by 1, 2"
        )
        print(f"{'events':38} {[tuple(row.values()) for row in events]}")
        print(f"{'calls that met trouble':38} {befell.total()}  {dict(befell)}")
        print(f"{'seconds of faults':38} {storm:.0f}")
        print(f"{'seconds from their end to rest':38} {rest:.1f}")
        for line in broken[:50]:
            print("BROKEN:", line)
        print("every promise was kept" if not broken else f"{len(broken)} BROKEN")
        return not broken

    def _count(self, query: str) -> int:
        return int(self.world.value(query))

    def close(self) -> None:
        """End what runs."""
        for one in [*self.sidecars, *filter(None, [self.endpoint])]:
            one.kill()
            one.wait()


@contextmanager
def prepared(plan: Plan) -> Iterator[Campaign]:
    """Build everything that a campaign needs."""
    from sidecar.deploy import deploy

    install_plpython()
    with ExitStack() as stack:
        server = stack.enter_context(mortal_cluster())
        server.cluster.create_database("campaign")
        dsn = server.cluster.dsn("campaign")
        make_clock_movable(dsn)
        deploy(dsn, cron=False)
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-"))
        )
        make_directory(directory, server_account("redis", "nobody"), mode=0o755)
        redis = RedisServer(directory)
        redis.start()
        stack.callback(redis.stop)
        port = closed_port()
        flights, payments = (
            Sandbox(provider, plan.seed, f"http://127.0.0.1:{port}/webhooks")
            for provider in ("flights", "payments")
        )
        stack.callback(flights.close)
        stack.callback(payments.close)
        flags = directory / "flags.json"
        flags.write_text(json.dumps({"flagValues": FLAGS}))
        world = CampaignWorld(
            dsn=dsn,
            flights=flights,  # type: ignore[arg-type]
            flights_url=flights.url,
            payments=payments,  # type: ignore[arg-type]
            payments_url=payments.url,
        )
        stack.callback(world.close)
        world.rows(_LEASES)
        world.rows(_SEARCH_LEASE)
        campaign = Campaign(
            plan,
            world,
            server,
            redis,
            flights,
            payments,
            {
                **os.environ,
                "SKYLATCH_DATABASE_URL": make_conninfo(dsn, user="skylatch_sidecar"),
                "SKYLATCH_REDIS_URL": redis.url,
                "SKYLATCH_DUFFEL_URL": flights.url,
                "SKYLATCH_DUFFEL_TOKEN": "duffel_test_campaign",
                "SKYLATCH_STRIPE_URL": payments.url,
                "SKYLATCH_STRIPE_KEY": "sk_test_campaign",
                "SKYLATCH_FLAGS_FILE": str(flags),
                "SKYLATCH_SEARCHES_PER_MINUTE": "100000",
                "SKYLATCH_DUFFEL_PER_MINUTE": "100000",
                "SKYLATCH_STRIPE_PER_SECOND": "10000",
                "SKYLATCH_POLL_SECONDS": "0.3",
                "SKYLATCH_HTTP_PORT": str(port),
                "SKYLATCH_HTTP_TOKEN": "a-token-of-the-campaign",
                "SKYLATCH_STRIPE_WEBHOOK_SECRETS": STRIPE_SECRET,
                "SKYLATCH_DUFFEL_WEBHOOK_SECRETS": DUFFEL_SECRET,
            },
            directory / "sidecars.log",
        )
        stack.callback(campaign.close)
        yield campaign


def main() -> int:
    """Run one campaign as the command line says."""
    default = Plan(seed=random.SystemRandom().randrange(10**6))
    parser = argparse.ArgumentParser(description="Run one campaign of faults.")
    for name, kind in Plan.__annotations__.items():
        value = getattr(default, name)
        parser.add_argument(
            f"--{name}", type=float if kind == "float" else int, default=value
        )
    plan = Plan(**vars(parser.parse_args()))
    # What runs is ended, also when somebody ends the campaign.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with prepared(plan) as campaign:
        return 0 if campaign.run() else 1


if __name__ == "__main__":
    sys.exit(main())
