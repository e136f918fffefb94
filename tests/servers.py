"""Servers beside the tests' own: with other settings, and with a standby.

SKYLATCH_TEST_SERVER names the directory of another server's programs (say, a copy of
/usr/lib/postgresql/15/bin beside which pg_net or a newer pg_cron is installed).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from sidecar.local.accounts import make_directory, run_as, server_account
from sidecar.local.cluster import PORT, Cluster
from sidecar.local.packages import Installation, find_installation
from sidecar.local.throwaway import THROWAWAY_SETTINGS
from tests.factories import until

_REPLICATED = {
    **THROWAWAY_SETTINGS,
    "wal_level": "replica",
    "max_wal_senders": "4",
    "hot_standby": "on",
}


@dataclass(frozen=True, slots=True)
class Server(Cluster):
    """A cluster whose `fixed` settings win over what the local stack insists on."""

    fixed: Mapping[str, str] = field(default_factory=dict)

    def _fixed_settings(self) -> dict[str, str]:
        return {**Cluster._fixed_settings(self), **self.fixed}


def installation() -> Installation:
    """Return the server that SKYLATCH_TEST_SERVER names, else the installed one."""
    programs = os.environ.get("SKYLATCH_TEST_SERVER")
    if programs is None:
        return find_installation()
    share = subprocess.run(
        [Path(programs) / "pg_config", "--sharedir"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    major = int(Path(programs).parent.name)
    return Installation(major, Path(programs), Path(share) / "extension")


def has_extension(name: str) -> bool:
    """Tell whether the server has the extension's files."""
    return (installation().extension_dir / f"{name}.control").exists()


@contextmanager
def server(*, cron_database: str = "postgres", **fixed: str) -> Iterator[Server]:
    """Serve a fresh cluster with these settings ("__" for a dot); gone afterwards."""
    settings = {name.replace("__", "."): value for name, value in fixed.items()}
    with _directory() as base:
        account = server_account("postgres")
        found = Server(installation(), base, account, fixed=settings)
        found.prepare(cron_database=cron_database, settings=_REPLICATED)
        hba = found.data / "pg_hba.conf"
        hba.write_text(hba.read_text() + "local replication all peer map=skylatch\n")
        with _running(found):
            yield found


@contextmanager
def standby(primary: Server, *, cron_database: str = "postgres") -> Iterator[Server]:
    """Serve a hot standby of `primary`, at a socket of its own; gone afterwards."""
    with _directory() as base:
        found = Server(primary.installation, base, primary.account, fixed=primary.fixed)
        make_directory(found.socket_dir, found.account)
        copy = [
            str(found.installation.bin_dir / "pg_basebackup"),
            f"--host={primary.socket_dir}",
            f"--port={PORT}",
            "--username=postgres",
            f"--pgdata={found.data}",
            "--write-recovery-conf",
            "--checkpoint=fast",
        ]
        result = run_as(found.account, base, copy)
        assert result.returncode == 0, result.stderr
        found.prepare(cron_database=cron_database, settings=_REPLICATED)
        with _running(found):
            yield found


def caught_up(primary: Server, second: Server) -> bool:
    """Tell whether the standby has replayed what the primary has committed.

    Also what it has not written yet: it may not wait for that at a commit.
    """
    with psycopg.connect(primary.dsn("postgres")) as connection:
        row = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()
    with psycopg.connect(second.dsn("postgres")) as connection:
        query = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
        answer = connection.execute(query, [row[0] if row else None]).fetchone()
    return bool(answer and answer[0])


def fail_over(primary: Server, second: Server) -> None:
    """Kill the primary and promote its standby."""
    pid = primary.serving_pid()
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)
    until(lambda: primary.serving_pid() is None)
    with psycopg.connect(second.dsn("postgres"), autocommit=True) as connection:
        connection.execute("select pg_promote()")


@contextmanager
def _directory() -> Iterator[Path]:
    """Make a directory of the server's account, where its socket's path is short."""
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    base = Path(tempfile.mkdtemp(prefix=f"skylatch-test-{os.getpid()}-", dir=parent))
    make_directory(base, server_account("postgres"))
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def _running(found: Server) -> Iterator[None]:
    log = found.base / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            found.command(die_with_parent="QUIT"),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            return found.accepts_connections()

        until(answers)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=30)
