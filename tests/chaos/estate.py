"""Everything that runs in production, as processes that can be hurt one by one.

A cluster on a disk of its own, a Redis, both providers, sidecars; between a sidecar and
everybody else a line that can be cut (`tests.chaos.cutter`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import make_conninfo

from sidecar.deploy import deploy
from sidecar.local.accounts import make_directory, server_account
from sidecar.local.cluster import PORT
from sidecar.local.plpython import install_plpython
from tests.chaos.campaign import CampaignWorld, start_python
from tests.chaos.campaign_cluster import MortalCluster
from tests.chaos.cutter import Cutter
from tests.chaos.small_disk import SmallDisk, small_disk
from tests.clock import make_clock_movable
from tests.factories import FLAGS
from tests.redis_server import RedisServer

_SIDECAR = ("-m", "sidecar", "work")
_SOCKET = f".s.PGSQL.{PORT}"
# Short, so that a worker that is gone is noticed while a campaign runs.
_LEASES = "update engine.operations set lease = make_interval(secs => %s)"

# A sandbox, here or in a process of its own, and its address.
Provider = tuple[Any, str]


@dataclass
class Estate:
    """The processes of one installation, and the world they serve."""

    world: CampaignWorld
    server: MortalCluster
    disk: SmallDisk | None
    redis: RedisServer
    lines: dict[str, Cutter]
    environment: dict[str, str]
    log: Path
    sidecars: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def keep_sidecars(self, number: int, *program: str) -> None:
        """Start sidecars in place of those that ended, up to `number`.

        `program` is Python's arguments, for a sidecar that is not as usual.
        """
        self.sidecars = [one for one in self.sidecars if one.poll() is None]
        while len(self.sidecars) < number:
            self.sidecars.append(
                start_python(self.environment, self.log, *(program or _SIDECAR))
            )

    def end_sidecars(self) -> None:
        """End them all, also those that are stopped."""
        for one in self.sidecars:
            one.kill()
            one.wait()
        self.sidecars = []

    def calls_out(self, sidecar: subprocess.Popen[bytes], operation: str = "%") -> int:
        """Return how many calls `sidecar` has claimed and not reported."""
        return int(
            self.world.value(
                "select count(*) from engine.provider_calls where worker like %s"
                " and state in ('CLAIMED', 'SENT') and operation like %s",
                f"%:{sidecar.pid}:%",
                operation,
            )
        )

    def backends(self) -> list[int]:
        """Return the server processes that serve the sidecars."""
        found = self.world.rows(
            "select pid from pg_stat_activity where usename = 'skylatch_sidecar'"
        )
        return [row["pid"] for row in found]

    def serves_again(self) -> bool:
        """Tell whether the server answers; one that gave up is started again.

        As its service manager would.
        """
        if self.server.cluster.serving_pid() is None:
            self.server.stop(crash=True)
            self.server.start()
        return self.server.cluster.accepts_connections()

    def thaw(self, sidecar: subprocess.Popen[bytes]) -> None:
        """Let a stopped sidecar go on, if it is still there."""
        sidecar.send_signal(signal.SIGCONT)

    def settled(self) -> bool:
        """Recover what is due, as pg_cron would; tell whether all is at rest."""
        self.world.rows("select engine.recover()")
        return self.world.at_rest()


@contextmanager
def running_estate(
    flights: Provider,
    payments: Provider,
    *,
    lease_seconds: float = 4.0,
    disk_mebibytes: int = 1024,
) -> Iterator[Estate]:
    """Build everything around two providers and their addresses, without sidecars."""
    install_plpython()
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(disk_mebibytes))
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="skylatch-estate-"))
        )
        make_directory(directory, server_account("redis", "nobody"), mode=0o755)
        # The server's account must reach its data; root's own directories are closed.
        server = MortalCluster((disk.path if disk else directory) / "cluster")
        stack.callback(lambda: server.stop(crash=True))
        server.start()
        server.cluster.create_database("chaos")
        dsn = server.cluster.dsn("chaos")
        make_clock_movable(dsn)
        deploy(dsn, cron=False)
        redis = RedisServer(directory)
        redis.start()
        stack.callback(redis.stop)
        lines = {}
        for name, (_, url) in (("flights", flights), ("payments", payments)):
            address = urlsplit(url)
            assert address.hostname is not None
            assert address.port is not None
            lines[name] = stack.enter_context(Cutter((address.hostname, address.port)))
        lines["postgres"] = stack.enter_context(
            Cutter(server.cluster.socket_dir / _SOCKET, at=directory / _SOCKET)
        )
        flags = directory / "flags.json"
        flags.write_text(json.dumps({"flagValues": FLAGS}))
        world = CampaignWorld(
            dsn=dsn,
            flights=flights[0],
            flights_url=flights[1],
            payments=payments[0],
            payments_url=payments[1],
        )
        stack.callback(world.close)
        world.rows(_LEASES, lease_seconds)
        estate = Estate(
            world,
            server,
            disk,
            redis,
            lines,
            {
                **os.environ,
                "SKYLATCH_DATABASE_URL": make_conninfo(
                    dsn, host=str(directory), user="skylatch_sidecar"
                ),
                "SKYLATCH_REDIS_URL": redis.url,
                "SKYLATCH_DUFFEL_URL": f"http://127.0.0.1:{lines['flights'].port}",
                "SKYLATCH_DUFFEL_TOKEN": "duffel_test_chaos",
                "SKYLATCH_STRIPE_URL": f"http://127.0.0.1:{lines['payments'].port}",
                "SKYLATCH_STRIPE_KEY": "sk_test_chaos",
                "SKYLATCH_FLAGS_FILE": str(flags),
                "SKYLATCH_SEARCHES_PER_MINUTE": "100000",
                "SKYLATCH_DUFFEL_PER_MINUTE": "100000",
                "SKYLATCH_STRIPE_PER_SECOND": "10000",
                "SKYLATCH_POLL_SECONDS": "0.3",
            },
            directory / "sidecars.log",
        )
        stack.callback(estate.end_sidecars)
        yield estate
