"""Thousands of bookings while the machine around them fails; then the counting.

``make chaos TRIPS=5000 MINUTES=10``: sidecars are killed and stopped past their leases,
Postgres restarts every few seconds, Redis goes and forgets, lines are cut in the middle
of a message, the disk fills up. The providers themselves answer well: what they may do
wrong is `tests.chaos.campaign`'s part. Then the faults stop, what waits is given its
time, and the sandboxes' own truth is held against what was promised. Exits with 1 when
a promise is broken. `SEED` repeats the choices, though not the race between processes.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from sidecar.local.accounts import run_as
from tests.chaos.campaign import Sandbox
from tests.chaos.estate import Estate, running_estate
from tests.chaos.oracle import Truth
from tests.chaos.process_faults import FAULTS
from tests.factories import Traveller, in_days, until

_TRAVELLERS = 40
_UNDER_WAY = 150
_AT_ONCE = 2  # faults that may overlap, beside those of Postgres
# Minutes in production: what is opened by one fault would keep the next from mattering.
_HASTE = """
update engine.breakers
set open_until = clock_timestamp() + interval '2 seconds'
where open_until > clock_timestamp() + interval '2 seconds'
"""
_SEARCHES_WAIT = """
select exists (
  select from engine.provider_calls where operation = 'search' and state = 'READY'
)
"""
_INDEXES = """
select c.oid::regclass::text as index, bt_index_check(c.oid, true)
from pg_class as c
inner join pg_index as i on i.indexrelid = c.oid and i.indisvalid
inner join pg_am as m on m.oid = c.relam and m.amname = 'btree'
where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
  and c.relkind = 'i'
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do; `minutes` ends the faults if `trips` does not. `pause` in seconds."""

    trips: int = 5000
    minutes: float = 60.0
    seed: int = 0
    sidecars: int = 3
    pause: float = 2.0


@dataclass
class Chaos:
    """One campaign, from the first trip to the verdict."""

    plan: Plan
    estate: Estate
    chance: random.Random = field(init=False)
    befell: Counter[str] = field(default_factory=Counter)
    people: list[Traveller] = field(default_factory=list)
    lasting: dict[str, tuple[float, ExitStack]] = field(default_factory=dict)
    stated: int = 0  # trips so far

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)

    def run(self) -> bool:
        """Run it, print what came of it; False when a promise was broken."""
        self.people = [self.estate.world.traveller() for _ in range(_TRAVELLERS)]
        self.estate.keep_sidecars(self.plan.sidecars)
        started = time.monotonic()
        until_then = started + self.plan.minutes * 60
        next_fault = started + self.plan.pause
        shown = 0
        while time.monotonic() < until_then:
            if not self._keep_busy():
                break
            if self.stated >= shown + 500:
                shown = self.stated
                print(f"{time.monotonic() - started:4.0f} s: {shown} trips", flush=True)
            self._end_faults(before=time.monotonic())
            if time.monotonic() >= next_fault:
                self._strike()
                wait = self.chance.expovariate(1 / self.plan.pause)
                next_fault = time.monotonic() + wait
            self.estate.keep_sidecars(self.plan.sidecars)
            self.estate.world.rows("select engine.recover()")
            time.sleep(0.5)
        self._end_faults()
        calm = time.monotonic()
        print(f"{calm - started:4.0f} s: the faults are over", flush=True)
        until(self.estate.settled, seconds=900)
        rested = time.monotonic()
        self._let_waits_pass()
        return self._judge(calm - started, rested - calm, time.monotonic() - rested)

    def _keep_busy(self) -> bool:
        """State new trips while few are under way; False when nothing is left to do."""
        world = self.estate.world
        self.stated = world.value("select count(*) from public.trip_requests")
        under_way = world.value(
            "select count(*) from public.trip_requests"
            " where auto_book_status in ('PENDING', 'BOOKING')"
        )
        for n in range(min(_UNDER_WAY - under_way, self.plan.trips - self.stated, 50)):
            # Each on a day of its own: nobody is booked on two flights at once.
            day, person = divmod(self.stated + n, len(self.people))
            world.trip(
                self.people[person],
                origins=["PPT"],
                destinations=["BOB"],
                departure_from=in_days(10 + day % 300),
                currency="USD",
            )
        world.rows(_HASTE)
        # A tick takes back the searches that the last one asked for and nobody claimed.
        if not world.value(_SEARCHES_WAIT):
            world.rows("select public.auto_book_monitor()")
        return bool(self.stated < self.plan.trips or not world.at_rest())

    def _strike(self) -> None:
        """Begin one fault; one that we could not ask through is sat out."""
        possible = [
            name
            for name, kind in FAULTS.items()
            if name not in self.lasting
            and (name != "disk full" or self.estate.disk is not None)
            and (not kind.asks or len(self.lasting) < _AT_ONCE)
            # One state of Redis, and of one line, at a time.
            and not any(_subject(name) == _subject(other) for other in self.lasting)
        ]
        weights = [FAULTS[name].weight for name in possible]
        (name,) = self.chance.choices(possible, weights)
        kind = FAULTS[name]
        self.befell[name] += 1
        lasting = ExitStack()
        lasting.enter_context(kind.begin(self.estate, self.chance))
        seconds = self.chance.uniform(*kind.seconds)
        if kind.asks:
            self.lasting[name] = (time.monotonic() + seconds, lasting)
        else:
            time.sleep(seconds)
            lasting.close()

    def _end_faults(self, *, before: float = float("inf")) -> None:
        for name, (end, lasting) in list(self.lasting.items()):
            if end <= before:
                del self.lasting[name]
                lasting.close()

    def _let_waits_pass(self) -> None:
        """Let an order that is looked for, and never was, be looked for to the end."""
        world = self.estate.world
        while world.value(
            "select count(*) from engine.provider_calls"
            " where state = 'READY' and booking_attempt_id is not null"
        ):
            world.let_time_pass(3 * 3600)
            until(self.estate.settled, seconds=300)

    # -- the verdict ------------------------------------------------------------------

    def _judge(self, storm: float, rest: float, waits: float) -> bool:
        world = self.estate.world
        truth = Truth(world)
        broken = truth.broken() + truth.loose_ends() + self._open_trips()
        broken += self._damage()
        print(f"seed {self.plan.seed}, {self.plan.sidecars} sidecars")
        print("\nwhat was done")
        for name in FAULTS:
            if name == "disk full" and self.estate.disk is None:
                print(f"  {name:36} skipped: mounting a disk is not permitted here")
            else:
                print(f"  {name:36} {self.befell[name]}")
        for name, line in self.estate.lines.items():
            print(f"  cuts on the line to {name:16} {dict(line.cuts)}")
        print("\nwhat came of it")
        figures = truth.summary() | {
            "trips": dict(_counted(world.rows, "auto_book_status", "trip_requests")),
            "seconds of faults": round(storm),
            "seconds from their end to rest": round(rest, 1),
            "seconds for what waits to pass": round(waits, 1),
        }
        for name, value in figures.items():
            print(f"  {name:36} {value}")
        for line_ in broken[:50]:
            print("BROKEN:", line_)
        print("every promise was kept" if not broken else f"{len(broken)} BROKEN")
        return not broken

    def _open_trips(self) -> list[str]:
        """Return the trips that hang on nothing: neither booked nor under review."""
        return [
            f"trip {row['id']} is BOOKING, and nobody is at work or reviewing"
            for row in self.estate.world.rows(
                "select t.id from public.trip_requests as t"
                " where t.auto_book_status = 'BOOKING' and not exists ("
                " select from public.booking_attempts as a"
                " where a.trip_request_id = t.id and a.state = 'NEEDS_REVIEW')"
            )
        ]

    def _damage(self) -> list[str]:
        """Return what the server's own tools find wrong with its files."""
        estate = self.estate
        estate.world.rows("create extension if not exists amcheck")
        checked = estate.world.rows(_INDEXES)  # raises, naming the index
        estate.end_sidecars()
        estate.server.stop(crash=False)
        cluster = estate.server.cluster
        program = str(cluster.installation.bin_dir / "pg_checksums")
        done = run_as(
            cluster.account, cluster.base, [program, "--check", "-D", str(cluster.data)]
        )
        estate.server.start()
        print(f"amcheck: {len(checked)} indexes; {' '.join(done.stdout.split())}")
        return [f"checksums: {done.stderr}"] if done.returncode else []


def _subject(fault: str) -> str:
    """Return whom a fault befalls: Redis, or one line; sidecars may fall together."""
    words = fault.split()
    return (
        " ".join(words[:3])
        if words[0] == "line"
        else words[0].replace("sidecar", fault)
    )


def _counted(
    rows: Callable[[str], list[dict[str, object]]], column: str, table: str
) -> Counter[str]:
    found = rows(f"select {column} as what from public.{table}")
    return Counter(str(row["what"]) for row in found)


def main() -> int:
    """Run one campaign as the command line says."""
    default = Plan(seed=random.SystemRandom().randrange(10**6))
    parser = argparse.ArgumentParser(description="Run one campaign of broken machines.")
    for name, kind in Plan.__annotations__.items():
        parser.add_argument(
            f"--{name}",
            type=float if kind == "float" else int,
            default=getattr(default, name),
        )
    plan = Plan(**vars(parser.parse_args()))
    print(f"seed {plan.seed}", flush=True)
    # What was mounted is unmounted, also when somebody ends the campaign.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        providers = [Sandbox(name, plan.seed) for name in ("flights", "payments")]
        for provider in providers:
            stack.callback(provider.close)
        estate = stack.enter_context(
            running_estate(*((p, p.url) for p in providers), disk_mebibytes=4096)
        )
        return 0 if Chaos(plan, estate).run() else 1


if __name__ == "__main__":
    sys.exit(main())
