"""What the sidecar itself costs: `make bench-sidecar`.

With a null transport, whose answers are there at once: its processor time for each call
(claim, log line, report), as ratios to one bare statement over the same driver in the
same run. With providers that keep every thread waiting: its memory and connections. For
each number of threads a process of its own. Prints JSON and a table; asserts nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from sidecar import telemetry
from sidecar.db import Database
from sidecar.deploy import deploy
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from sidecar.payments import Payments
from sidecar.processes import CONNECTIONS
from sidecar.providers import Answer
from sidecar.worker import Worker
from tests.factories import accept_history

THREADS = (8, 50, 200)
CALLS = 2000
STATEMENTS = 1000
EMPTY = {"data": [], "meta": {"after": None}}
ENQUEUE = """
select engine.enqueue_read(
  'scan_orders', 'bench_' || n,
  '{"created_after": "2026-11-01T00:00:00Z"}'::jsonb,
  null::public.booking_attempts, clock_timestamp()
) from generate_series(1, %s) as n
"""


# -- the process that is measured ------------------------------------------------------


def worker_for(dsn: str, url: str, threads: int) -> tuple[Worker, Database]:
    """Return a worker as `work` builds one, and its database."""
    database = Database(dsn, process="work", size=CONNECTIONS)
    worker = Worker(
        database,
        flights=Flights(url, "duffel_test_bench"),
        payments=Payments(url, "sk_test_bench"),
        locks=Locks(None),
        budgets=Budgets(
            None,
            searches_per_minute=1_000_000,
            duffel_per_minute=1_000_000,
            stripe_per_second=1_000_000,
        ),
        threads=threads,
        search_threads=threads - 1,
    )
    return worker, database


def bare_statement(database: Database) -> float:
    """Return the processor seconds of one statement that does next to nothing."""
    database.check_login()
    began = time.process_time()
    for _ in range(STATEMENTS):
        database.check_login()
    return (time.process_time() - began) / STATEMENTS


def measured(dsn: str, url: str, threads: int, calls: int) -> None:
    """Work until `calls` calls are reported, or with none until stdin ends; tell."""
    telemetry.configure()
    worker, database = worker_for(dsn, url, threads)
    bare = bare_statement(database)
    thread = threading.Thread(target=worker.run)
    if not calls:
        thread.start()
        sys.stdin.read()
        worker.stop()
        thread.join()
        return
    answer = Answer(http_status=200, body={"orders": [], "searched": {}})
    worker._operations = dict.fromkeys(worker._operations, lambda _r, _k: answer)
    finish, batches, done = database.finish_calls, [], threading.Event()

    def counting(name: str, reports: list[Any], *, hand_on: bool) -> Any:
        finished = finish(name, reports, hand_on=hand_on)
        batches.append(len(reports))
        if sum(batches) >= calls:
            done.set()
        return finished

    database.finish_calls = counting  # type: ignore[method-assign]
    cpu, wall = time.process_time(), time.monotonic()
    thread.start()
    done.wait()
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    worker.stop()
    thread.join()
    print(
        json.dumps(
            {
                "threads": threads,
                "cpu_ms_a_call": 1000 * cpu / calls,
                "bare_ms": 1000 * bare,
                "ratio": cpu / calls / bare,
                "reports_a_commit": sum(batches) / len(batches),
                "calls_a_second": calls / wall,
            }
        )
    )


# -- around it -------------------------------------------------------------------------


class Holding(BaseHTTPRequestHandler):
    """A provider that keeps everybody waiting until it is told to answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Wait, then say that there is nothing."""
        server: Any = self.server
        server.held.append(None)
        server.release.wait()
        body = json.dumps(EMPTY).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def holding() -> Iterator[Any]:
    """Serve a provider that holds its answers."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Holding)
    server.held, server.release = [], threading.Event()
    server.request_queue_size = 256
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()


def child(dsn: str, url: str, threads: int, calls: int) -> subprocess.Popen[str]:
    """Start what is measured."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.bench.sidecar"),
            *("measured", dsn, url, str(threads), str(calls)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def resident_megabytes(pid: int) -> float:
    """Return how much memory a process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [one for one in status.splitlines() if one.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def fill(sql: psycopg.Connection[Any], calls: int) -> None:
    """Leave exactly so many calls to make."""
    sql.execute("delete from engine.provider_calls")
    sql.execute(ENQUEUE, [calls])


def main() -> None:
    """Measure and print."""
    install_plpython()
    found = []
    with throwaway_cluster(find_installation(), "bench_cron") as cluster:
        cluster.create_database("sidecar")
        superuser = cluster.dsn("sidecar")
        deploy(superuser, cron=False)
        accept_history(superuser)
        dsn = make_conninfo(superuser, user="skylatch_sidecar")
        with psycopg.connect(superuser, autocommit=True) as sql:
            for threads in THREADS:
                fill(sql, CALLS)
                told, _ = child(dsn, "http://127.0.0.1:9", threads, CALLS).communicate()
                found.append({**json.loads(told), **waiting(sql, dsn, threads)})
    print(json.dumps(found))
    names = list(found[0])
    table = Table(*(name.replace("_", " ") for name in names), box=None)
    for row in found:
        table.add_row(*(f"{row[name]:.3g}" for name in names))
    Console(width=120).print(table)


def waiting(sql: psycopg.Connection[Any], dsn: str, threads: int) -> dict[str, float]:
    """Let every thread wait for a provider; return memory and connections."""
    fill(sql, threads)
    with holding() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        process = child(dsn, url, threads, 0)
        while len(server.held) < threads:
            time.sleep(0.05)
        (connections,) = sql.execute(
            "select count(*) from pg_stat_activity where usename = 'skylatch_sidecar'"
        ).fetchone() or (0,)
        memory = resident_megabytes(process.pid)
        server.release.set()
        process.communicate()
    return {"resident_mb": memory, "connections": connections}


if __name__ == "__main__":
    if sys.argv[1:2] == ["measured"]:
        measured(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
