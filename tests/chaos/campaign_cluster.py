"""A cluster that is crashed and started again on purpose, in memory where possible."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.local.accounts import server_account
from sidecar.local.cluster import SETTINGS, Cluster
from sidecar.local.packages import find_installation
from tests.factories import until

# What was committed outlives the server, not the machine: a commit is written before it
# is acknowledged, as in production, and only the disk is spared.
_SETTINGS = {**SETTINGS, "fsync": "off", "shared_buffers": "128MB"}


class MortalCluster:
    """A private server that can be killed; committed work survives it."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self.cluster = Cluster(find_installation(), base, server_account("postgres"))
        self.cluster.prepare(cron_database="postgres", settings=_SETTINGS)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        with (self._base / "log").open("ab") as output:
            self._server = subprocess.Popen(
                self.cluster.command(die_with_parent="QUIT"),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(self.cluster.accepts_connections, seconds=60)

    def stop(self, *, crash: bool) -> None:
        """Stop at once, with or without a checkpoint."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
            self._server.wait(timeout=60)
            self._server = None


@contextmanager
def mortal_cluster() -> Iterator[MortalCluster]:
    """Serve a cluster and remove it afterwards."""
    memory = Path("/dev/shm")
    parent = memory if shutil.disk_usage(memory).free > 2**31 else None
    base = Path(tempfile.mkdtemp(prefix="skylatch-campaign-", dir=parent))
    server = None
    try:
        server = MortalCluster(base)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop(crash=True)
        shutil.rmtree(base, ignore_errors=True)
