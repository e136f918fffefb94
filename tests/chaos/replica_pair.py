"""A primary and its streaming replica, on this machine: stalled, killed, promoted.

The replica is a base backup that follows over the primary's own socket. A replica that
is stalled receives nothing any more, while the primary goes on: what is committed from
then on is lost when the primary dies.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from sidecar.local.accounts import make_directory, run_as, server_account
from sidecar.local.cluster import SETTINGS, Cluster
from sidecar.local.packages import find_installation
from tests.factories import until

_STANDBY = "standby"
_SETTINGS = {
    **SETTINGS,
    "fsync": "off",  # the machine itself does not crash here
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "wal_level": "replica",
    "max_wal_senders": "4",
    # A sender that is stalled is not to be replaced by another.
    "wal_sender_timeout": "0",
    "wal_receiver_timeout": "0",
}


class _Server:
    """One cluster and the process that serves it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.cluster.base / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.cluster.command(die_with_parent="QUIT"),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(self.cluster.accepts_connections, seconds=60)

    def kill(self) -> None:
        """End every process of the server as `kill -9` does, stalled or not."""
        if self._process is None:
            return
        tasks = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        children = [int(pid) for pid in tasks.read_text().split()]
        for pid in (self._process.pid, *children):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()
        self._process = None

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(
            self.cluster.dsn("postgres"), autocommit=True
        ) as connection:
            return connection.execute(query.encode()).fetchall()


class Pair:
    """A primary, and the replica that is to take its place."""

    def __init__(self, directory: Path) -> None:
        self._primary = _Server(_cluster(directory / "a"))
        self._replica = _Server(_cluster(directory / "b"))
        self._primary.cluster.prepare(cron_database="none", settings=_SETTINGS)
        with (self._primary.cluster.data / "pg_hba.conf").open("a") as hba:
            hba.write("local replication all peer map=skylatch\n")
        self._primary.start()

    @property
    def primary(self) -> Cluster:
        """The cluster that is written to at first."""
        return self._primary.cluster

    def follow(self, *, synchronous: bool) -> Cluster:
        """Begin to stream to a new replica; return its cluster.

        With `synchronous` a commit is acknowledged when the replica has it too.
        """
        replica, primary = self._replica.cluster, self.primary
        make_directory(replica.base, replica.account)
        backup = [
            *(str(replica.installation.bin_dir / "pg_basebackup"), "-c", "fast"),
            *("-h", str(primary.socket_dir), "-p", str(primary.port)),
            *("-U", "postgres", "-X", "stream", "-D", str(replica.data)),
        ]
        made = run_as(replica.account, replica.base, backup)
        assert made.returncode == 0, made.stderr
        link = (
            f"host={primary.socket_dir} port={primary.port} user=postgres"
            f" application_name={_STANDBY}"
        )
        replica.prepare(
            cron_database="none", settings={**_SETTINGS, "primary_conninfo": link}
        )
        signal_file = replica.data / "standby.signal"
        signal_file.touch()
        os.chown(signal_file, replica.account.uid, replica.account.gid)
        self._replica.start()
        until(lambda: self._primary.rows("select 1 from pg_stat_replication"))
        if synchronous:
            with psycopg.connect(primary.dsn("postgres"), autocommit=True) as admin:
                admin.execute(
                    f"alter system set synchronous_standby_names = {_STANDBY}"
                )
                admin.execute("select pg_reload_conf()")
            until(
                lambda: self._primary.rows(
                    "select 1 from pg_stat_replication where sync_state = 'sync'"
                )
            )
        return replica

    def stall(self) -> None:
        """Let the replica have all there is, and nothing from now on."""
        ((lsn,),) = self._primary.rows("select pg_current_wal_flush_lsn()::text")
        until(
            lambda: self._replica.rows(
                f"select 1 where pg_last_wal_replay_lsn() >= '{lsn}'"
            )
        )
        for (pid,) in self._primary.rows("select pid from pg_stat_replication"):
            os.kill(pid, signal.SIGSTOP)

    def fail_over(self) -> None:
        """Kill the primary and promote the replica."""
        self._primary.kill()
        self._replica.rows("select pg_promote(true, 60)")

    def end(self) -> None:
        """End both."""
        self._primary.kill()
        self._replica.kill()


@contextmanager
def replica_pair() -> Iterator[Pair]:
    """Serve a primary, in memory where possible; remove everything afterwards."""
    memory = Path("/dev/shm")
    parent = memory if shutil.disk_usage(memory).free > 2**31 else None
    directory = Path(tempfile.mkdtemp(prefix="skylatch-pair-", dir=parent))
    directory.chmod(0o755)
    pair = None
    try:
        pair = Pair(directory)
        yield pair
    finally:
        if pair is not None:
            pair.end()
        shutil.rmtree(directory, ignore_errors=True)


def _cluster(base: Path) -> Cluster:
    return Cluster(find_installation(), base, server_account("postgres"))
