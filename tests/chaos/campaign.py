"""Thousands of bookings while everything around them fails; then the counting.

``make campaign SAGAS=2000`` or ``make campaign MINUTES=30``: real sidecars that are
killed at random, real sandbox servers behind a bad network, which call back twice and
out of order, a cluster that crashes, a Redis that comes and goes; travellers who become
others in mid-saga, keep their rows locked or ask for everything; a database with other
settings than ours (`SERVER`), and another installation on the same accounts. Then the
faults stop, time passes for what waits, and the sandboxes' own truth is compared with
what was promised. Exits with 1 when a promise is broken. `SEED` repeats the choices,
though not the race between processes.
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
from uuid import UUID

import psycopg
import requests
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from sidecar.local.accounts import make_directory, server_account
from sidecar.local.plpython import install_plpython
from sidecar.sessions import pinned
from tests.callbacks import DUFFEL_SECRET, STRIPE_SECRET
from tests.chaos.campaign_cluster import MortalCluster, mortal_cluster
from tests.chaos.neighbour import Border, move_in
from tests.chaos.oracle import Truth
from tests.chaos.servers import SERVERS, set_up
from tests.chaos.travellers import (
    HOLDS,
    SWAPS,
    TEXT,
    Holder,
    Intents,
    is_searched,
    state_greedily,
    swap,
)
from tests.clock import make_clock_movable
from tests.factories import (
    DECLINED,
    FLAGS,
    VISA,
    Row,
    Traveller,
    World,
    accept_history,
    in_days,
    until,
)
from tests.raw_server import closed_port
from tests.receivers import KEY, Post, Weather, app_endpoint, mail_server
from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
# A process that is stopped would not notice that its parent is gone.
_DIE_TOO = ("/usr/bin/setpriv", "--pdeathsig", "KILL")
_CARDS = [VISA] * 9 + [DECLINED]
_TRIPS_AT_ONCE = 60
_NEIGHBOURS_TRIPS = 4
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
    server: str = ""  # one of SERVERS; by chance without


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
                        self.reconnect()


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
    neighbour: CampaignWorld
    neighbours_environment: dict[str, str]
    server_settings: str = "as installed"
    chance: random.Random = field(init=False)
    intents: Intents = field(default_factory=Intents)
    holders: list[Holder] = field(default_factory=list)
    wanted: list[UUID] = field(default_factory=list)
    next_door: subprocess.Popen[bytes] | None = None
    neighbours: list[Traveller] = field(default_factory=list)
    cards: dict[UUID, UUID] = field(default_factory=dict)
    sidecars: list[subprocess.Popen[bytes]] = field(default_factory=list)
    endpoint: subprocess.Popen[bytes] | None = None
    done: Counter[str] = field(default_factory=Counter)
    people: list[Traveller] = field(default_factory=list)
    post: Post | None = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)

    # -- the phases -----------------------------------------------------------------

    def run(self) -> bool:
        """Run it, print what came of it; False when a promise was broken."""
        print(
            f"seed {self.plan.seed}, {self.plan.faults:.0%} of calls in trouble,"
            f" server: {self.server_settings}",
            flush=True,
        )
        self.people = [self.world.traveller(card=card) for card in _CARDS * 3]
        # While the provider of payments can be reached.
        self.cards = {p.user_id: self.world.card(p.user_id) for p in self.people}
        self.neighbours = [self.neighbour.traveller(card=card) for card in _CARDS[:5]]
        self.wanted = state_greedily(self.world, self.world.traveller(), 5)
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
            self._keep_neighbours_busy()
            self._let_travellers_be()
            self._strike()
            self._keep_sidecars()
            for world in (self.world, self.neighbour):
                world.rows("select engine.recover()")
            time.sleep(0.25)
        befell = Counter(self.flights.storm(0)) + Counter(self.payments.storm(0))
        calm = time.monotonic()
        print(f"{calm - started:4.0f} s: the faults are over", flush=True)
        self._heal()
        if self.post is not None:
            self.post.box.weather.rate = self.post.app.weather.rate = 0
        self._rest()
        rested = time.monotonic()
        starved = self._share()
        self._rest()
        self._deliver()
        return self._judge(befell, calm - started, rested - calm, starved)

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

    def _keep_neighbours_busy(self) -> None:
        """Let the other installation book a little; both read their lists."""
        under_way = self.neighbour.value(
            "select count(*) from public.trip_requests"
            " where auto_book_status in ('PENDING', 'BOOKING')"
        )
        if under_way < _NEIGHBOURS_TRIPS:
            number = self.done["trips of the neighbour"]
            day, person = divmod(number, len(self.neighbours))
            self.neighbour.trip(
                self.neighbours[person],
                origins=["PPT"],
                destinations=["BOB"],
                departure_from=in_days(10 + day % 300),
                currency="USD",
            )
            self.done["trips of the neighbour"] += 1
        self.neighbour.rows("select public.auto_book_monitor()")
        if self.chance.random() < 0.05:
            for world in (self.world, self.neighbour):
                for scan in ("orders", "payments"):
                    world.rows(f"select engine.start_scan('{scan}', clock_timestamp())")
                world.rows("select engine.sweep_events(clock_timestamp())")
            self.done["lists read by both"] += 1

    def _let_travellers_be(self) -> None:
        """Let some swap who flies, some hold rows, and one ask for everything."""
        if self.chance.random() < 0.25:
            self._swap(self.chance.choice(SWAPS))
        if self.chance.random() < 0.25:
            # The server ends it, so that nobody here need come back to do so.
            with contextlib.suppress(psycopg.Error):
                holder = Holder(
                    self.world,
                    self.chance.choice(self.people),
                    self.chance.choice(sorted(HOLDS)),
                    seconds=self.chance.uniform(0.5, 4),
                )
                self.holders = [*self.holders[-20:], holder]
                self.done["rows held"] += 1
        if self.chance.random() < 0.1:
            for trip in self.wanted * 4:
                for function in ("duffel_search", "auto_book_production"):
                    self._one(
                        f"select public.{{}}('{trip}')", function, "greedy asks served"
                    )
                    self.done["greedy asks"] += 1

    def _swap(self, what: str) -> None:
        """Change a trip, or who flies on it, and note what began before that.

        Under the locks that a booking takes when it begins, so that each began either
        before the change or after it.
        """
        chosen = self.world.rows(
            "select user_id, id from public.trip_requests"
            " where auto_book_status in ('PENDING', 'BOOKING') and max_price > 1"
            " order by auto_book_status, random() limit 1"
        )
        if not chosen:
            return
        person = next(p for p in self.people if p.user_id == chosen[0]["user_id"])
        trip = chosen[0]["id"]
        try:
            with psycopg.connect(
                pinned(self.world.dsn), row_factory=dict_row
            ) as session:
                session.isolation_level = psycopg.IsolationLevel.READ_COMMITTED

                def rows(query: str, *args: object) -> list[Row]:
                    cursor = session.execute(query.encode(), args)
                    return cursor.fetchall() if cursor.description else []

                rows("set lock_timeout = '1s'")
                rows(
                    "select from public.trip_requests where user_id = %s"
                    " order by id for no key update",
                    person.user_id,
                )
                self.intents.note(rows, person.user_id)
                swap(
                    self.world,
                    rows,
                    what,
                    traveller=person,
                    trip=trip,
                    number=self.chance.randrange(1000),
                    card=self.cards[person.user_id],
                )
                if self.chance.random() < 0.7:
                    rows(
                        "select public.consent_to_trip(id, %s)"
                        " from public.trip_requests where user_id = %s"
                        " and auto_book_status in ('PENDING', 'BOOKING')",
                        *(TEXT, person.user_id),
                    )
            self.done[f"swapped: {what}"] += 1
        except psycopg.OperationalError:
            pass  # somebody holds it, or the server is away: changed or not
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith("SK"):
                raise

    def _share(self) -> list[str]:
        """Return whom a greedy traveller makes wait for longer than one tick."""
        world, person = self.world, self.world.traveller()
        world.let_time_pass(601)  # the tick before this one is over
        self.neighbour.move_on(601)
        world.let_cron_do_it()
        # Thirty searches a tick, of which one traveller may ask for ten; and no search
        # but the tick's and those that are asked for, or there would be nothing to wait
        # for.
        world.rows(
            "select engine.set_search_settings("
            "'campaign', p_searches_per_minute => 3, p_search_at_once => false)"
        )
        world.rows(
            "select engine.set_traveller_limits('campaign', p_searches_per_hour => 10)"
        )
        until(self._is_quiet, seconds=300)
        self.wanted += state_greedily(world, world.traveller(), 5, day=100)
        trip = world.trip(
            person,
            origins=["PPT"],
            destinations=["BOB"],
            departure_from=in_days(320),
            currency="USD",
        )
        for one in self.wanted * 4:
            self._one(f"select public.{{}}('{one}')", "duffel_search", "greedy asks")
        world.let_cron_do_it()
        world.rows("select engine.beat_flags('campaign')")
        world.tick()
        found = [] if is_searched(world, trip) else ["a fair share waits for a tick"]
        for one in [*self.wanted, trip]:
            self._one(f"select public.{{}}('{one}')", "cancel_trip", "trips cancelled")
        return found

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
        if self.chance.random() < 0.01 and self.next_door is not None:
            self.next_door.kill()
            self.done["sidecars of the neighbour killed"] += 1
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
        if self.next_door is None or self.next_door.poll() is not None:
            self.next_door = start_python(
                self.neighbours_environment, self.log, "-m", "sidecar", "work"
            )

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return start_python(self.environment, self.log, "-m", "sidecar", command)

    def _heal(self) -> None:
        if self.done["Redis stopped"] > self.done["Redis started"]:
            self.redis.start()
        for world in (self.world, self.neighbour):
            world.rows("select engine.set_kill_switch(false, 'campaign')")
        for holder in self.holders:
            holder.let_go()
        self._keep_sidecars()

    def _rest(self) -> None:
        """Let everything end: first what is due, then time passes for what waits.

        Back-offs pass in minutes, so that no hold lapses by the waiting itself; what is
        looked for all day passes in hours.
        """
        for _ in range(400):
            until(self._is_quiet, seconds=300)
            waits = [
                world.value(
                    "select extract(epoch from min(run_at) - clock_timestamp())"
                    " from engine.provider_calls"
                    " where state = 'READY' and booking_attempt_id is not null"
                )
                for world in (self.world, self.neighbour)
            ]
            wait = min((one for one in waits if one is not None), default=None)
            if wait is None:
                return
            seconds = 300.0 if wait < 300 else 3 * 3600.0
            self.world.let_time_pass(seconds)
            self.neighbour.move_on(seconds)
        raise AssertionError("not at rest")

    def _is_quiet(self) -> bool:
        """Tell whether no call is out, nor due at once."""
        both = (self.world, self.neighbour)
        for world in both:
            world.rows("select engine.recover()")
        time.sleep(0.05)
        return not any(
            world.value(
                "select count(*) from engine.provider_calls"
                " where state in ('CLAIMED', 'SENT') or state = 'READY'"
                " and delivery_id is null"
                " and run_at < clock_timestamp() + interval '1 second'"
            )
            for world in both
        )

    def _deliver(self) -> None:
        """Let every message arrive: what waits for another try is due."""

        def is_told() -> bool:
            self.world.rows(
                "update engine.provider_calls set run_at = clock_timestamp()"
                " where state = 'READY' and delivery_id is not null"
                " and run_at > clock_timestamp()"
            )
            self.world.rows(
                "update engine.breakers set open_until = clock_timestamp()"
                " where operation = 'send_email' and open_until > clock_timestamp()"
            )
            self.world.rows("select engine.recover()")
            return self.post is None or self.post.is_told()

        until(is_told, seconds=300)

    # -- the verdict ------------------------------------------------------------------

    def _judge(
        self, befell: Counter[str], storm: float, rest: float, starved: list[str]
    ) -> bool:
        truth = Truth(self.world, intents=self.intents, neighbour=self.neighbour)
        broken = truth.broken() + truth.loose_ends() + starved
        summary = truth.summary()
        theirs = Truth(self.neighbour, neighbour=self.world)
        broken += [
            f"next door: {line}" for line in theirs.broken() + theirs.loose_ends()
        ]
        broken += Border(self.world, self.neighbour).named()
        if self.post is not None:
            broken += self.post.amiss()
            letters, ids = self.post.box.letters, self.post.app.ids
            repeated = len(ids) - len(set(ids))
            repeated += len(letters) - len({one["Message-ID"] for one in letters})
            self.done["letters"], self.done["events told"] = len(letters), len(ids)
            self.done["sent again under the same id"] = repeated
        summary["states next door"] = theirs.summary()["states"]
        summary["reports set aside"] = self.log.read_text().count("report.set_aside")
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
        for holder in self.holders:
            holder.let_go()
        for one in [*self.sidecars, *filter(None, [self.endpoint, self.next_door])]:
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
        beside = server.cluster.dsn("neighbour")
        with psycopg.connect(server.cluster.dsn("postgres"), autocommit=True) as admin:
            admin.execute("create database neighbour template campaign")
        accept_history(beside)
        settings = plan.server or random.Random(plan.seed).choice(sorted(SERVERS))
        set_up(dsn, settings)
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
        neighbour = move_in(world, beside, CampaignWorld)
        stack.callback(neighbour.close)
        for place in (world, neighbour):
            place.rows(_LEASES)
            place.rows(_SEARCH_LEASE)
        world.rows(
            "select engine.set_traveller_limits('campaign', 10000, 10000, '20 seconds',"
            " 200, 10000)"
        )
        # The travellers and the application of this installation are told.
        box, mail = stack.enter_context(mail_server())
        post = Post(world, box, mail, stack.enter_context(app_endpoint()))
        world.rows("alter table auth.users alter email set default 'a@example.com'")
        post.begin()
        post.box.weather = Weather(plan.faults, random.Random(plan.seed))
        post.app.weather = Weather(plan.faults, random.Random(plan.seed + 1))
        environment = {
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
            "SKYLATCH_SMTP_URL": mail.url,
            "SKYLATCH_WEBHOOK_KEY": KEY,
        }
        nearby = directory / "neighbour"
        make_directory(nearby, server_account("redis", "nobody"), mode=0o755)
        other_redis = RedisServer(nearby)
        other_redis.start()
        stack.callback(other_redis.stop)
        campaign = Campaign(
            plan,
            world,
            server,
            redis,
            flights,
            payments,
            environment,
            directory / "sidecars.log",
            neighbour,
            {
                **environment,
                "SKYLATCH_DATABASE_URL": make_conninfo(beside, user="skylatch_sidecar"),
                "SKYLATCH_REDIS_URL": other_redis.url,
            },
            settings,
            post=post,
        )
        stack.callback(campaign.close)
        yield campaign


def main() -> int:
    """Run one campaign as the command line says."""
    default = Plan(seed=random.SystemRandom().randrange(10**6))
    parser = argparse.ArgumentParser(description="Run one campaign of faults.")
    for name in Plan.__annotations__:
        value = getattr(default, name)
        parser.add_argument(
            f"--{name}",
            type=type(value),
            default=value,
            choices=sorted(SERVERS) if name == "server" else None,
        )
    plan = Plan(**vars(parser.parse_args()))
    # What runs is ended, also when somebody ends the campaign.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with prepared(plan) as campaign:
        return 0 if campaign.run() else 1


if __name__ == "__main__":
    sys.exit(main())
