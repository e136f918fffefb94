"""`sidecar run`: worker, endpoint and flag mirror in one process, which is woken."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import requests
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.chaos.campaign import start_python
from tests.factories import World, until
from tests.main_path import assert_booked_once, environment
from tests.pooler import pooler
from tests.raw_server import closed_port
from tests.sandbox.control import Fault
from tests.sql.test_net import FAKE

TOKEN = "endpoint-token-of-the-test"
WAITING = """
select count(*) from engine.provider_calls
where operation = 'search' and state = 'READY'
"""
# What pg_net would post next, and how.
NEXT = """
select url, headers, convert_from(body, 'UTF8') as body,
  timeout_milliseconds / 1000.0 as timeout
from net.http_request_queue order by id limit 1
"""


@contextmanager
def running(
    world: World, directory: Path, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """Run `sidecar run`; yield the process, its endpoint's address and its log."""
    port = settings.setdefault("SKYLATCH_HTTP_PORT", str(closed_port()))
    log = directory / "log"
    given = environment(world, directory, **{"SKYLATCH_HTTP_TOKEN": TOKEN, **settings})
    process = start_python(given, log, "-m", "sidecar", "run")
    url = f"http://127.0.0.1:{port}"

    def works() -> bool:
        assert process.poll() is None, log.read_text()
        # Its worker has begun, and looks for work for the first time meanwhile.
        return bool(world.value("select count(*) from engine.workers"))

    try:
        until(works, seconds=60)
        yield process, url, log
        process.terminate()
        assert process.wait(timeout=60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def ring(url: str, **given: object) -> int:
    """Post to the doorbell; return the status."""
    return requests.post(url, timeout=30, **given).status_code  # type: ignore[arg-type]


def let_pg_net_ring(world: World) -> None:
    """Put what pg_net has in its place: its queue, which nobody works off."""
    with psycopg.connect(world.dsn, autocommit=True) as admin:
        admin.execute(FAKE.encode())
        admin.execute(
            sql.SQL("alter database {0} set pg_net.database_name = {1}").format(
                sql.Identifier(admin.info.dbname), admin.info.dbname
            )
        )
    world.rows("select set_config('pg_net.database_name', current_database(), false)")


def test_behind_a_transaction_pooler_the_doorbell_brings_work_at_once(
    world: World, tmp_path: Path
) -> None:
    """LISTEN hears nothing there and the next poll is a minute off."""
    port = closed_port()
    address = f"http://127.0.0.1:{port}/wake"
    let_pg_net_ring(world)
    told = world.value("select engine.set_endpoint('a test', %s)", address)
    with (
        pooler(world.dsn, "transaction", size=3) as through,
        running(
            world,
            tmp_path,
            SKYLATCH_DATABASE_URL=make_conninfo(through, user="skylatch_sidecar"),
            SKYLATCH_LISTEN_URL="none",
            SKYLATCH_POLL_SECONDS="60",
            SKYLATCH_HTTP_PORT=str(port),
            SKYLATCH_WAKE_TOKEN=told["secret"],
        ),
    ):
        trip = world.trip(world.traveller())
        world.tick()
        (posted,) = world.rows(NEXT)
        assert posted["url"] == address
        assert ring(address, data=b"{}") == 401
        assert world.value(WAITING) == 1
        assert ring(address, data=posted["body"], headers=posted["headers"]) == 204
        until(lambda: world.value(WAITING) == 0)
        until(lambda: world.status(trip) == "BOOKED")
    assert_booked_once(world, trip)


def test_one_process_takes_callbacks_until_its_last_call_is_reported(
    world: World, tmp_path: Path
) -> None:
    """Told to stop, it claims no more; what is out is finished."""
    held = Fault(match="POST /air/offer_requests", kind="hold_after")
    world.flights.faults.arm(held)
    trip = world.trip(world.traveller())
    with running(world, tmp_path) as (process, url, log):
        world.tick()
        until(lambda: world.flights.faults.held)
        for path in ("livez", "readyz"):
            assert requests.get(f"{url}/{path}", timeout=30).status_code == 200
        metrics = requests.get(
            f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
        )
        assert 'skylatch_build_info{process="run"' in metrics.text
        process.send_signal(signal.SIGTERM)
        until(lambda: "worker.stopping" in log.read_text())
        assert requests.get(f"{url}/livez", timeout=30).status_code == 200
        world.flights.faults.clear()
        assert process.wait(timeout=60) == 0, log.read_text()
    assert world.value(
        "select bool_and(state = 'DONE') from engine.provider_calls"
        " where operation = 'search'"
    )
    assert world.value(
        "select count(*) > 0 from public.flight_offers where trip_request_id = %s", trip
    )


def test_a_port_that_is_taken_ends_it_with_one_line(
    world: World, tmp_path: Path
) -> None:
    """Before its worker has claimed anything."""
    trip = world.trip(world.traveller())
    world.tick()
    log = tmp_path / "log"
    taken = world.flights_url.rpartition(":")[2]
    given = environment(
        world, tmp_path, SKYLATCH_HTTP_PORT=taken, SKYLATCH_HTTP_TOKEN=TOKEN
    )
    process = start_python(given, log, "-m", "sidecar", "run")
    assert process.wait(timeout=60) == 1
    assert f"error: the endpoint did not start on port {taken}" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert world.value(WAITING) == 1
    assert world.status(trip) == "PENDING"
