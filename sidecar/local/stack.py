"""The local stack as a whole: up, down, status.

Order of `up`: packages, plpython package, database server, deploy, then Redis, the mail
catcher, the sandbox and the sidecar, each awaited. Everything may be repeated: what
runs already is left alone unless its configuration or the code it runs has changed.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from sidecar.deploy import deploy
from sidecar.errors import SetupError
from sidecar.local import redis_server
from sidecar.local.accounts import server_account
from sidecar.local.application import (
    Application,
    load_door,
    set_password,
    switch_on_email,
)
from sidecar.local.cluster import Cluster
from sidecar.local.packages import ensure_installed, find_installation
from sidecar.local.places import CHECKOUT, Places
from sidecar.local.plpython import SOURCE, content_hash, install_plpython
from sidecar.local.rates import record_rates
from sidecar.local.settings import DATABASE, Settings, is_free, load_settings
from sidecar.local.supervision import (
    Program,
    Supervisor,
    clean_environment,
    last_lines,
    log_file,
    render,
)
from sidecar.local.waiting import wait_until

# Program -> the settings' names of the ports it listens on.
_PORTS = {
    "redis": ["redis"],
    "mail": ["mail"],
    "sandbox": ["flights", "payments"],
    "sidecar": ["http"],
    "sidecar-alerts": [],
}
PROGRAMS = ("postgres", *_PORTS)


@dataclass(frozen=True, slots=True)
class Stack:
    """One local stack; `say` is told what is going on, in a few words."""

    places: Places
    say: Callable[[str], None]

    def up(self, *, only_database: bool = False) -> Settings:
        """Bring the stack up and to this version of the code; return its settings.

        Raises SetupError with one reason when something does not work.
        """
        installation = ensure_installed(self.say, self.places.data_major())
        self.places.create()
        with self.places.lock():
            account = server_account("postgres")
            self.places.check_reachable(account)
            door = load_door(self.places)
            cluster = Cluster(
                installation, self.places.cluster, account, tcp_port=door.port
            )
            settings = load_settings(self.places, cluster.socket_dir, cluster.port)
            supervisor = Supervisor(self.places)
            install_plpython()
            config = render(
                self.places, self._programs(cluster, settings), _revision(settings)
            )
            if not supervisor.runs(config):
                if supervisor.shut_down():
                    self.say("code or settings changed: starting anew")
                self._await_former_server(cluster)
                cluster.prepare(cron_database=DATABASE)
                supervisor.launch(config, clean_environment(settings.values))
            self._start("postgres", supervisor, settings, cluster)
            if cluster.create_database(DATABASE):
                self.say(f"created database {DATABASE}")
            self.say("applying schema and code")
            deploy(cluster.dsn(DATABASE), cron=True)
            set_password(cluster.dsn(DATABASE), door.password)
            switch_on_email(cluster.dsn(DATABASE))
            record_rates(lambda user: cluster.dsn(DATABASE, user))
            if not only_database:
                for program in _PORTS:
                    self._start(program, supervisor, settings, cluster)
                application = Application(
                    settings, lambda user: cluster.dsn(DATABASE, user)
                )
                application.welcome(door)
                application.close()
        return settings

    def down(self) -> bool:
        """Stop everything; False when nothing was running."""
        if not self.places.exists():
            return False
        with self.places.lock():
            return Supervisor(self.places).shut_down()

    def down_to(self, running: set[str]) -> None:
        """Stop all programs but those in `running`; if that is empty, everything."""
        if not running:
            self.down()
            return
        with self.places.lock():
            supervisor = Supervisor(self.places)
            # Each is stopped before what it relies on.
            for name in reversed(PROGRAMS):
                if name not in running:
                    supervisor.stop(name)

    def destroy(self) -> None:
        """Stop everything and remove the state directory with all its data."""
        self.down()
        self.places.destroy()

    def states(self) -> dict[str, str]:
        """Return each program's state as supervisord names it, STOPPED when down.

        FROZEN is one that a signal has stopped, which supervisord calls RUNNING.
        """
        supervisor = Supervisor(self.places)
        states = supervisor.states() | dict.fromkeys(supervisor.frozen(), "FROZEN")
        return {name: states.get(name, "STOPPED") for name in PROGRAMS}

    def settings(self) -> Settings:
        """Return the settings; SetupError when there is no stack yet."""
        if not self.places.settings.exists():
            raise SetupError("there is no local stack yet: run make up")
        cluster = self.cluster()
        return load_settings(self.places, cluster.socket_dir, cluster.port)

    def cluster(self) -> Cluster:
        """Return the stack's cluster, running or not."""
        installation = find_installation(self.places.data_major())
        return Cluster(
            installation,
            self.places.cluster,
            server_account("postgres"),
            tcp_port=load_door(self.places).port,
        )

    def _programs(self, cluster: Cluster, settings: Settings) -> list[Program]:
        redis = redis_server.prepare_redis(self.places.redis, settings)
        programs = [
            Program("postgres", cluster.command(), cluster.base, "INT", 60),
            Program("redis", redis, self.places.redis),
        ]
        catcher = ["aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Mailbox"]
        listens = ["-l", f"127.0.0.1:{settings.port('mail')}"]
        for name, arguments in (
            ("mail", [*catcher, *listens, str(self.places.mail)]),
            # The sandbox keeps its books as long as the database beside it, which knows
            # of its orders.
            ("sandbox", ["tests.sandbox", "--state", str(self.places.sandbox)]),
            ("sidecar", ["sidecar", "run"]),
            ("sidecar-alerts", ["sidecar", "alert-relay"]),
        ):
            command = ["/usr/bin/setpriv", "--pdeathsig", "TERM", sys.executable]
            programs.append(Program(name, [*command, "-m", *arguments], CHECKOUT))
        return programs

    def _start(
        self, name: str, supervisor: Supervisor, settings: Settings, cluster: Cluster
    ) -> None:
        """Start one program and wait until it does its work."""
        if supervisor.states().get(name) != "RUNNING":
            for port in _PORTS.get(name, []):
                self._check_port(name, settings.port(port))
            self.say(f"starting {name}")
            supervisor.start(name)

        def ready() -> bool:
            if name == "postgres":
                return cluster.accepts_connections()
            if name == "redis":
                return redis_server.answers(settings)
            ports = [settings.port(port) for port in _PORTS[name]]
            running = supervisor.states().get(name) == "RUNNING"
            return running and all(map(_accepts, ports))

        if not wait_until(ready, seconds=60, failed=lambda: supervisor.failure(name)):
            log = log_file(self.places, name)
            raise SetupError(
                f"{name} is not ready after 60 s; the end of {log}:\n{last_lines(log)}"
            )

    def _check_port(self, name: str, port: int) -> None:
        if not is_free(port):
            raise SetupError(
                f"port {port} of {name} is taken by another program: stop that, or "
                f"remove the lines naming {port} from {self.places.settings} to let "
                "make up choose another"
            )

    def _await_former_server(self, cluster: Cluster) -> None:
        """Wait for a server whose supervisord was killed: it is stopping by itself."""
        if not wait_until(
            lambda: cluster.serving_pid() is None, seconds=60, failed=lambda: None
        ):
            raise SetupError(
                f"process {cluster.serving_pid()} serves {cluster.data} but was not "
                "started by this stack: stop it and run this again"
            )


def database_is_up(cluster: Cluster) -> bool:
    """Tell whether the stack's database answers and exists."""
    try:
        psycopg.connect(cluster.dsn(DATABASE)).close()
    except psycopg.OperationalError:
        return False
    return True


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _revision(settings: Settings) -> str:
    """Return a digest of the code and settings that running programs have loaded."""
    digest = hashlib.sha256(content_hash(SOURCE).encode())
    for directory in ("sidecar", "tests/sandbox"):
        for path in sorted((CHECKOUT / directory).rglob("*.py")):
            digest.update(path.read_bytes())
    # Not reversible, and the file it is written to is as private as the settings.
    digest.update(repr(sorted(settings.values.items())).encode())
    digest.update(os.fsencode(sys.executable))
    return digest.hexdigest()[:16]
