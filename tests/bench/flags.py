"""What deciding a flag costs in the server: `python -m tests.bench.flags`.

Prints a table and asserts nothing: times are this machine's, so most are also given as
ratios to `select true` on the same connection.
"""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.flagdata import EMERGENCY, PIPELINE, clause, flag, mirror, rule

DATABASE = "skylatch_bench"
USERS = 10_000
CALLS = 20_000
SECONDS = 3.0
CLIENTS = 4
CONTEXT = '{"kind": "user", "key": "u1", "plan": "gold"}'
Connection = psycopg.Connection[Any]


def items() -> tuple[list[dict[str, Any]], tuple[dict[str, Any], ...]]:
    """Return the flags of a middling environment: 200, and 6 segments."""
    rollout = [{"variation": 0, "weight": 25_000}, {"variation": 1, "weight": 75_000}]
    in_segment = clause("", "segmentMatch", "segment-0")
    measured = [
        flag("constant"),
        flag("rule", rules=[rule(0, in_segment, clause("plan", "in", "gold"))]),
        flag("rollout", fallthrough={"rollout": {"variations": rollout}}),
        flag("prerequisite", prerequisites=[{"key": "rule", "variation": 0}]),
        flag(PIPELINE),
        flag(EMERGENCY, False),
    ]
    others = [
        flag(f"flag-{n}", rules=[rule(0, clause("key", "in", *map(str, range(40))))])
        for n in range(194)
    ]
    segments = tuple(
        {"key": f"segment-{n}", "version": 1, "included": [f"u{i}" for i in range(200)]}
        for n in range(6)
    )
    return measured + others, segments


def evaluation(key: str) -> str:
    """Return the expression that evaluates a flag."""
    return f"engine.evaluate_flag('{key}', '{CONTEXT}')"


def per_call(connection: Connection, expression: str) -> float:
    """Return microseconds for one evaluation of `expression` inside the server."""
    block = f"""
    do $$
    begin
      for i in 1..{CALLS} loop
        perform {expression};
      end loop;
    end $$
    """
    connection.execute(block.encode())
    return statistics.median(timed(connection, block) for _ in range(5)) / CALLS * 1e6


def timed(connection: Connection, statement: str) -> float:
    """Return the seconds that a statement takes."""
    began = time.perf_counter()
    connection.execute(statement.encode())
    return time.perf_counter() - began


def private_bytes(connection: Connection) -> int:
    """Return the private memory of the connection's server process."""
    rollup = Path(f"/proc/{connection.info.backend_pid}/smaps_rollup").read_text()
    kilobytes = re.findall(r"^Private_\w+:\s+(\d+) kB$", rollup, re.MULTILINE)
    return sum(map(int, kilobytes)) * 1024


def throughput(connect: Callable[[], Connection], statement: str) -> float:
    """Return statements per second over several connections."""
    counts = [0] * CLIENTS
    ready = threading.Barrier(CLIENTS)

    def run(number: int) -> None:
        with connect() as connection:
            connection.prepare_threshold = 0
            connection.execute(statement.encode())
            ready.wait()
            end = time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                connection.execute(statement.encode())
                counts[number] += 1

    threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def measure(cluster: Cluster) -> Table:
    """Run everything against a fresh database."""
    cluster.create_database(DATABASE)
    deploy(cluster.dsn(DATABASE), cron=False)

    def connect() -> Connection:
        connection = psycopg.connect(cluster.dsn(DATABASE), autocommit=True)
        connection.execute("set role skylatch_owner")
        return connection

    table = Table("what", "measured", "ratio to select true")
    flags, segments = items()
    with connect() as connection:
        mirror(connection, *flags, segments=segments)
        baseline = per_call(connection, "true")
        for name in ("constant", "rule", "rollout", "prerequisite"):
            cost = per_call(connection, evaluation(name))
            table.add_row(
                f"warm evaluation: {name}", f"{cost:.1f} us", f"{cost / baseline:.0f}"
            )
        user = "'6e0c62a4-74a1-4a7b-a3a9-4a1f6f9b6a01'::uuid"
        gate = per_call(connection, f"engine.flag_problem({user}, now())")
        table.add_row(
            "the whole gate, one user", f"{gate:.1f} us", f"{gate / baseline:.0f}"
        )

    cold, plain, memory = [], [], []
    for _ in range(9):
        with connect() as connection:
            connection.execute("select true")
            before = private_bytes(connection)
            plain.append(timed(connection, "select true"))
            cold.append(timed(connection, f"select {evaluation('rule')}"))
            memory.append(private_bytes(connection) - before)
    first = statistics.median(cold)
    ratio = first / statistics.median(plain)
    table.add_row(
        "first evaluation of a connection", f"{first * 1e3:.0f} ms", f"{ratio:.0f}"
    )
    table.add_row("memory it keeps", f"{statistics.median(memory) / 2**20:.1f} MB", "")

    least = throughput(connect, "select true")
    most = throughput(connect, f"select {evaluation('rule')}")
    table.add_row(f"{CLIENTS} clients: select true", f"{least:,.0f} /s", "1")
    table.add_row(
        f"{CLIENTS} clients: evaluation", f"{most:,.0f} /s", f"{most / least:.2f}"
    )

    with connect() as connection:
        connection.execute(
            "insert into auth.users (id, email) select gen_random_uuid(),"
            " n || '@example.com' from generate_series(1, %s) as n",
            [USERS],
        )
        connection.execute("select engine.flag_problem(gen_random_uuid(), now())")
        gated = timed(
            connection,
            "select count(*) from (select engine.flag_problem(u.id, now()) as problem"
            " from auth.users as u offset 0) as g where problem is null",
        )
        table.add_row(
            f"{USERS:,} users gated in one statement",
            f"{gated:.2f} s",
            f"{gated / USERS * 1e6 / baseline:.0f} each",
        )
    return table


def main() -> None:
    """Measure in a throwaway cluster and print."""
    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        Console().print(measure(cluster))


if __name__ == "__main__":
    main()
