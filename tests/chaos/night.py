"""The audit of a made-up night: what breaks is known within a minute, and what to do.

A server with pg_cron, a worker and the relay as processes of their own, a chat that the
relay tells. One thing breaks after the other; each is measured from the fault until the
chat has it, put right, and then it has to be told that it is over.

    make night
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo
from rich.console import Console

from sidecar import status_report
from sidecar.local.packages import find_installation
from sidecar.local.places import CHECKOUT
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.alert_receiver import AlertReceiver
from tests.factories import (
    FLAGS,
    World,
    in_days,
    running_world,
    sidecar_settings,
    until,
)
from tests.sandbox.control import Fault

DATABASE = "skylatch_night"
PATIENCE_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Known:
    """One row of the table."""

    fault: str
    kind: str
    seconds: float
    told: str
    status: str
    cleared: bool

    @property
    def page(self) -> str:
        """The page that the message names."""
        found = re.search(r"What to do: (\S+)", self.told)
        return found[1] if found else ""


@dataclass
class Night:
    """Everything that runs, and where it is told."""

    world: World
    directory: Path
    chat: AlertReceiver
    worker: subprocess.Popen[bytes]

    def status(self) -> dict[str, str]:
        """Return the ten lines, as an operator reads them now."""
        console = Console(file=io.StringIO(), width=80)
        dsn = make_conninfo(self.world.dsn, user="skylatch_watch")
        status_report.show(dsn, console)
        assert isinstance(console.file, io.StringIO)
        lines = console.file.getvalue().splitlines()
        return {line[:10].strip(): line[10:] for line in lines}

    def audit(
        self,
        fault: str,
        kind: str,
        line: str,
        spoil: Callable[[], float],
        mend: Callable[[], None],
    ) -> Known:
        """Break one thing, wait until it is told, mend it, wait until that is told.

        `spoil` returns when it began to be wrong.
        """
        self.chat.posted.clear()
        began = spoil()
        raised = until(
            lambda: self.chat.line(f"[RAISED] {kind} "), seconds=PATIENCE_SECONDS
        )
        known = time.time()
        said = self.status()[line]
        mend()
        until(lambda: self.chat.line(f"[CLEARED] {kind} "), seconds=PATIENCE_SECONDS)
        return Known(fault, kind, known - began, raised, f"{line}: {said}", True)

    # -- the faults --------------------------------------------------------------------

    def duffel_answers_500(self) -> Known:
        """Five searches in a row: as many trips are new that night."""

        ill = Fault(match="*", kind="status", status=500, body={}, times=None)

        def spoil() -> float:
            self.world.flights.faults.arm(ill)
            traveller = self.world.traveller()
            for day in range(40, 48):
                self.world.trip(traveller, departure_from=in_days(day))
            began = time.time()
            self.world.tick()
            return began

        return self.audit(
            "Duffel answers 500",
            "BREAKER_OPEN",
            "providers",
            spoil,
            self.world.flights.faults.clear,
        )

    def a_flags_file_is_deleted(self) -> Known:
        """As by a deploy that forgot it."""
        path = self.directory / "flags.json"

        def spoil() -> float:
            path.unlink()
            return time.time()

        return self.audit(
            "the flags' file is deleted",
            "FLAG_SOURCE_GONE",
            "flags",
            spoil,
            lambda: _write_flags(path),
        )

    def a_worker_is_frozen(self) -> Known:
        """SIGSTOP: its process is there, and its supervisor calls it running."""

        def spoil() -> float:
            self.worker.send_signal(signal.SIGSTOP)
            return time.time()

        return self.audit(
            "the worker is frozen",
            "SIDECARS_SILENT",
            "workers",
            spoil,
            lambda: self.worker.send_signal(signal.SIGCONT),
        )

    def cron_is_silent(self) -> Known:
        """Its launcher is frozen. Measured from the turn that it missed."""
        last = (
            "select extract(epoch from cron_succeeded_at)::float8 from engine.job_beats"
            " where job = 'recover'"
        )
        launcher = self.world.value(
            "select pid from pg_stat_activity where backend_type = 'pg_cron launcher'"
        )

        def spoil() -> float:
            before = until(lambda: self.world.value(last), seconds=PATIENCE_SECONDS)
            # Just after a turn, so that the next one is a whole minute away.
            succeeded = until(
                lambda: found if (found := self.world.value(last)) != before else None,
                seconds=PATIENCE_SECONDS,
            )
            os.kill(launcher, signal.SIGSTOP)
            turn: float = succeeded + 60
            return turn

        return self.audit(
            "pg_cron falls silent",
            "CRON_SILENT",
            "jobs",
            spoil,
            lambda: os.kill(launcher, signal.SIGCONT),
        )


@contextmanager
def falling(world: World) -> Iterator[Night]:
    """Run a worker and the relay of `world`; yield the night, all well."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        chat = AlertReceiver()
        address = stack.enter_context(chat.serving())
        settings = sidecar_settings(world, directory)
        told = {
            "SKYLATCH_WATCH_URL": make_conninfo(world.dsn, user="skylatch_watch"),
            "SKYLATCH_ALERT_WEBHOOK_URL": f"{address}/hook/secret-path",
            "SKYLATCH_ALERT_HEARTBEAT_URL": f"{address}/beat",
            "SKYLATCH_ALERT_MEMORY": str(directory / "alerts.json"),
            # A relay's first question is asked before a worker's first beat.
            "SKYLATCH_ALERT_POLL_SECONDS": "2",
        }
        worker = stack.enter_context(_running(directory, "work", settings))
        # All is well before anything breaks.
        well = (
            "select source = 'file' and source_failed_at is null from engine.flag_sync"
        )
        until(lambda: world.value(well), seconds=60)
        beats = "select count(*) from engine.workers"
        until(lambda: world.value(beats), seconds=60)
        stack.enter_context(_running(directory, "alert-relay", told))
        until(lambda: chat.beats, seconds=60)
        yield Night(world, directory, chat, worker)


@contextmanager
def _running(
    directory: Path, command: str, settings: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one command of the sidecar, its log in `directory`."""
    with (directory / f"{command}.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("/usr/bin/setpriv", "--pdeathsig", "KILL"),
                *(sys.executable, "-m", "sidecar", command),
            ],
            cwd=CHECKOUT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(directory),
                "no_proxy": "127.0.0.1",
                **settings,
            },
            stderr=log,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=60)


def _write_flags(path: Path) -> None:
    path.write_text(json.dumps({"flagValues": FLAGS}))


def table(rows: list[Known]) -> str:
    """Return what is printed of a night."""
    lines = [
        "| fault | known by the relay's message | after | and by `status` | page |",
        "|---|---|--:|---|---|",
    ]
    lines += [
        f"| {row.fault} | `{row.kind}` | {row.seconds:.0f} s | {row.status[:90]} |"
        f" {row.page} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Play the night on a server of its own, and print what was known when."""
    from sidecar.deploy import deploy

    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        cluster.create_database(DATABASE)
        deploy(cluster.dsn(DATABASE), cron=True)
        with (
            running_world(cluster.dsn(DATABASE), recordings=False) as world,
            falling(world) as night,
        ):
            rows = [
                night.a_flags_file_is_deleted(),
                night.duffel_answers_500(),
                night.a_worker_is_frozen(),
                night.cron_is_silent(),
            ]
            print(table(rows))
            print("\nWhat the chat was told of the last one:")
            print("\n".join(f"  {line}" for line in night.chat.text.splitlines()))
    slow = [row.fault for row in rows if row.seconds > 60 or not row.page]
    if slow:
        raise SystemExit(f"not known within a minute, or without a page: {slow}")


if __name__ == "__main__":
    main()
