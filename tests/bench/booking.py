"""What a booking costs beside a bare saga of five commits: `make bench`.

Bookings through the engine's own functions, answers supplied, from a claimed search to
the capture: one at a time, by eight connections, and with the reports of 50 or 200
bookings in one commit. Then one at a time without the audit, the flags, the guards, the
counters: what each of these promises costs, so that nobody drops one to win. In turns,
on a server with default durability.

Prints processor time of the server and bytes of WAL for each booking, and the ratios to
the bare saga of the same round; keeps them as JSON; asserts nothing.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import SETTINGS
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.bench.traces import book, prepare, server_seconds
from tests.factories import accept_history
from tests.sql.test_protocol import Stage

BOOKINGS = 40
# Of a bare saga a few would last no longer than the clock of a process ticks.
BARE_SAGAS = 800
ROUNDS = 6
COALESCED = (50, 200)
KEPT = Path(".bench/booking.json")
# In memory a commit would cost a bare saga, which is little else, a third.
DISK = Path("/var/tmp")

BARE = """
create table job (
  id bigint generated always as identity primary key,
  state smallint not null default 0,
  run_at timestamptz not null default now(),
  lease_until timestamptz,
  step smallint not null default 0
) with (fillfactor = 80);
create index job_due on job (run_at, id) where state = 0;
create table job_step (
  job_id bigint, step smallint, result jsonb, at timestamptz default now(),
  primary key (job_id, step)
)
"""
CLAIM = (
    "update job set state = 1, lease_until = now() + interval '30 s' where id = (select"
    " id from job where state = 0 and run_at <= now() order by run_at, id"
    " for update skip locked limit 1) returning id"
)
STEP = (
    "with s as (insert into job_step (job_id, step, result) values (%(id)s, %(step)s,"
    " '{\"ok\": true}')) update job set step = %(step)s, state = %(state)s,"
    " lease_until = now() + interval '30 s' where id = %(id)s"
)
# What is replaced by a function that does nothing, or finds nothing.
PROMISES = {
    "the audit": ("log_event",),
    "the flags": ("evaluate_flags",),
    "the guards": (
        "ceiling_problem",
        "spending_problem",
        "overlap_problem",
        "party_problem",
        "party_change",
        "consent_problem",
        "check_card",
        "check_failures",
        "selected_offer_problem",
    ),
    "the counters": ("raise_counter",),
}


@dataclass(slots=True)
class Way:
    """One way to book, and what it cost: seconds of CPU and bytes, a round each."""

    name: str
    database: str
    run: Callable[[str], object]
    # How many bookings, or bare sagas, one round is.
    size: int = BOOKINGS
    cpu: list[float] = field(default_factory=list)
    wal: list[float] = field(default_factory=list)


def bare(dsn: str) -> None:
    """Run bare sagas one after the other."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into job (run_at) select now() from generate_series(1, %s)",
            [BARE_SAGAS],
        )
        while row := connection.execute(CLAIM, prepare=True).fetchone():
            for step in (1, 2, 3, 4):
                state = 2 if step == 4 else 1
                values = {"id": row[0], "step": step, "state": state}
                connection.execute(STEP, values, prepare=True)


def one_by_one(dsn: str, connections: int = 1) -> None:
    """Book what is due, a report a commit, by so many connections at once."""
    stage = Stage(dsn)
    workers = [stage.connect("skylatch_sidecar") for _ in range(connections)]
    threads = [threading.Thread(target=book, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.close()
    stage.close()


def coalesced(dsn: str, batch: int) -> None:
    """Book what is due by one connection, so many bookings in each commit."""
    stage = Stage(dsn)
    book(stage.sidecar, batch)
    stage.close()


def drop(stage: Stage, name: str) -> None:
    """Replace a function by one that does nothing, finds nothing, or always agrees."""
    row = stage.row(
        "select p.oid::regprocedure::text as is_called,"
        " pg_get_function_arguments(p.oid) as takes, pg_get_function_result(p.oid) as"
        " gives from pg_proc as p where p.pronamespace = 'engine'::regnamespace and"
        " p.proname = %s",
        name,
    )
    value = "" if row["gives"] == "void" else "null"
    if row["gives"] == "boolean":
        value = "false"
    elif name == "evaluate_flags":
        answers = stage.row("select engine.flag_answers(gen_random_uuid())::text as a")
        value = sql.Literal(answers["a"]).as_string(stage.sql)
    stage.rows(
        f"create or replace function engine.{name}({row['takes']})"
        f" returns {row['gives']} language plpgsql as $$ begin return {value}; end $$"
    )


def main(rounds: int) -> None:
    """Measure, print and keep."""
    install_plpython()
    settings = {**SETTINGS, "shared_buffers": "1GB", "max_wal_size": "8GB"}
    with throwaway_cluster(
        find_installation(), "bench_cron", settings, parent=DISK
    ) as cluster:
        cluster.create_database("bare")
        with psycopg.connect(cluster.dsn("bare"), autocommit=True) as connection:
            connection.execute(BARE)
        cluster.create_database("booking")
        deploy(cluster.dsn("booking"), cron=False)
        accept_history(cluster.dsn("booking"))
        ways = [
            Way("a bare saga", "bare", bare, BARE_SAGAS),
            Way("a booking", "booking", one_by_one),
            Way("of eight at once", "booking", partial(one_by_one, connections=8)),
            *(
                Way(
                    f"of {batch} a commit",
                    "booking",
                    partial(coalesced, batch=batch),
                    batch,
                )
                for batch in COALESCED
            ),
        ]
        for number, (promise, names) in enumerate(PROMISES.items()):
            database = f"without_{number}"
            with psycopg.connect(
                cluster.dsn("postgres"), autocommit=True
            ) as connection:
                connection.execute(f"create database {database} template booking")
            accept_history(cluster.dsn(database))
            stage = Stage(cluster.dsn(database))
            prepare(stage, 1)
            for name in names:
                drop(stage, name)
            stage.close()
            ways.append(Way(f"without {promise}", database, one_by_one))
        measure(ways, rounds, cluster.serving_pid() or 0, cluster.dsn)
    show(ways)


def measure(
    ways: list[Way], rounds: int, postmaster: int, dsn: Callable[[str], str]
) -> None:
    """Go all ways in turns, in another order each round."""
    with psycopg.connect(dsn("postgres"), autocommit=True) as meter:

        def wal() -> int:
            row = meter.execute("select pg_current_wal_lsn() - '0/0'").fetchone()
            return int(row[0]) if row else 0

        for number in range(rounds + 1):
            for way in random.sample(ways, len(ways)):
                if way.database != "bare":
                    stage = Stage(dsn(way.database))
                    prepare(stage, way.size)
                    stage.close()
                others = children(postmaster)
                began, written = server_seconds(postmaster), wal()
                way.run(dsn(way.database))
                # A process that has ended counts when its parent has noticed.
                while children(postmaster) - others:
                    time.sleep(0.01)
                if number:  # the first round warms up
                    way.cpu.append((server_seconds(postmaster) - began) / way.size)
                    way.wal.append((wal() - written) / way.size)


def children(postmaster: int) -> set[str]:
    """Return the processes of a server."""
    return set(
        Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    )


def show(ways: list[Way]) -> None:
    """Print the table, and keep it as JSON."""
    table = Table("", "server ms", "x bare", "KB of WAL", box=None)
    kept = []
    for way in ways:
        # Of each round by itself: what else runs on the machine changes over time.
        ratio = statistics.median(
            mine / its for mine, its in zip(way.cpu, ways[0].cpu, strict=True)
        )
        cpu, wal = statistics.median(way.cpu), statistics.median(way.wal)
        table.add_row(
            way.name, f"{1000 * cpu:.2f}", f"{ratio:.1f}", f"{wal / 1000:.1f}"
        )
        kept.append(
            {"way": way.name, "server_ms": 1000 * cpu, "bare": ratio, "wal": wal}
        )
    Console().print(table)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"kept as {KEPT}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
