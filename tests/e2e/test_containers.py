"""`docker-compose.yml`: each service's own command and environment, run as processes.

There is no container engine here. What an engine would give a service (its files below
/run, its peers' names, its ports) is put in place by rewriting exactly those words.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from sidecar.local.accounts import clean_command, make_directory, run_as, server_account
from sidecar.local.containers import server_settings, write_secrets
from sidecar.local.packages import find_installation
from sidecar.local.places import CHECKOUT
from sidecar.local.settings import free_port
from sidecar.local.throwaway import roomiest_parent
from tests.alerts.prometheus import SHIPPED
from tests.factories import World, until
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox

FILE = CHECKOUT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if name not in {"postgres", "redis"}]
PROFILES = ("sandbox", "live")
_HOSTS = ("postgres", "redis", "sandbox", "serve")


def in_profile(profile: str) -> list[str]:
    """Return the services that run under one profile."""
    return [n for n, s in SERVICES.items() if profile in s.get("profiles", [profile])]


def test_the_secrets_are_files_that_only_their_services_name(tmp_path: Path) -> None:
    """What is named is made, or is what only a real account can give."""
    made = write_secrets(tmp_path / "secrets")
    assert write_secrets(tmp_path / "secrets") == []
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    given_by_hand = {"skylatch_launchdarkly_sdk_key"}
    assert set(COMPOSE["secrets"]) == set(made) | given_by_hand
    for name, secret in COMPOSE["secrets"].items():
        # From an environment it would be copied, which a read-only service refuses.
        assert secret == {"file": f"./secrets/{name}"}
    used = {s for service in SERVICES.values() for s in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])
    assert "postgres_password" in SERVICES["deploy"]["secrets"]
    for name in ("work", "serve", "sidecar-sandbox", "sandbox"):
        assert "postgres_password" not in SERVICES[name]["secrets"], name
    for name in ("alerts", "alerts-sandbox"):
        assert "skylatch_database_url" not in SERVICES[name]["secrets"], name
        assert "postgres_password" not in SERVICES[name]["secrets"], name


def test_no_environment_and_no_argument_holds_a_secret() -> None:
    """All may read those; a name that ends like a secret's points to a file."""
    for name, service in SERVICES.items():
        for key in service.get("environment", {}):
            if re.search("PASSWORD|TOKEN|KEY|SECRET|DATABASE_URL|REDIS_URL", key):
                assert key.endswith(("_FILE", "_DIR")), (name, key)
    assert "trust" not in str(SERVICES["postgres"]["environment"])
    assert "--auth-host=scram-sha-256" in str(SERVICES["postgres"]["environment"])


def test_each_service_can_start_where_nothing_can_be_written() -> None:
    """Files come in as mounts, never as copies; the networks are each service's own."""
    for name in [*OURS, "redis"]:
        service = SERVICES[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
    for source in (*COMPOSE["configs"].values(), *COMPOSE["secrets"].values()):
        assert set(source) == {"file"}
    for name, service in SERVICES.items():
        assert "network_mode" not in service, name
        assert service["networks"], name
        assert name == "deploy" or "healthcheck" in service, name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), (name, port)
    assert COMPOSE["networks"]["data"]["internal"]
    assert COMPOSE["networks"]["providers"]["internal"]
    for name in ("sandbox", "redis", "deploy"):
        networks = SERVICES[name]["networks"]
        assert all(COMPOSE["networks"][n].get("internal") for n in networks), name


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_service_waits_for_is_in_its_profile(profile: str) -> None:
    """Nobody waits for a service that is not started."""
    running = in_profile(profile)
    for name in running:
        assert set(SERVICES[name].get("depends_on", {})) <= set(running), name
    assert ("sandbox" in running) == (profile == "sandbox")


@pytest.mark.parametrize("profile", PROFILES)
def test_prometheus_scrapes_what_is_there(profile: str) -> None:
    """By names and ports that services have on its network, with a token."""
    observed = SHIPPED / "prometheus.yml"
    assert COMPOSE["configs"]["prometheus"]["file"] == (
        f"./{observed.relative_to(CHECKOUT)}"
    )
    names = {
        alias
        for name in in_profile(profile)
        if "metrics" in (networks := SERVICES[name]["networks"])
        for alias in (
            networks["metrics"]["aliases"] if isinstance(networks, dict) else [name]
        )
    }
    assert names >= {"serve", "work"}
    ports = {"serve": "8787", "work": "9464", "alertmanager": "9093"}
    for name in in_profile(profile):
        if name.startswith(("work", "sidecar")):
            environment = SERVICES[name]["environment"]
            assert environment["SKYLATCH_METRICS_PORT"] == ports["work"]
        if name.startswith(("serve", "sidecar")):
            assert "skylatch_metrics_token" in SERVICES[name]["secrets"]
    found = yaml.safe_load(observed.read_text())
    targets = {
        target
        for scrape in (*found["scrape_configs"], *found["alerting"]["alertmanagers"])
        for static in scrape["static_configs"]
        for target in static["targets"]
    }
    assert targets == {f"{name}:{port}" for name, port in ports.items()}
    (secret,) = SERVICES["prometheus"]["secrets"]
    endpoint = found["scrape_configs"][0]
    assert endpoint["authorization"]["credentials_file"] == f"/run/secrets/{secret}"


def test_what_watches_is_started_by_its_profile_alone() -> None:
    """And has every file that its configuration names."""
    watching = {
        n for n, s in SERVICES.items() if s.get("profiles") == ["observability"]
    }
    assert watching == {"prometheus", "alertmanager", "grafana"}
    for name in watching:
        for config in SERVICES[name]["configs"]:
            source = COMPOSE["configs"][config["source"]]["file"]
            assert (CHECKOUT / source).is_file(), source
    example = (CHECKOUT / ".env.example").read_text()
    for name in watching:
        assert f"#SKYLATCH_{name.upper()}_IMAGE=" in example
        assert f"#{name.upper()}_PORT=" in example


@dataclass
class Engine:
    """Runs services as processes, each with files of its own below `root`."""

    root: Path
    made: Path
    ports: dict[str, int]
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def place(self, name: str, text: str) -> str:
        """Return `text` of service `name` with a container's names replaced."""
        for inside, here in {
            "/run/secrets": str(self.root / name),
            "/run/flags.json": str(CHECKOUT / COMPOSE["configs"]["flags"]["file"]),
            "/var/lib/skylatch": str(self.root / name),
            "/tmp/alive": str(self.root / name / "alive"),
            "0.0.0.0": "127.0.0.1",
            "$$": "$",
        }.items():
            text = text.replace(inside, here)
        text = re.sub(
            rf"\b(?:{'|'.join(_HOSTS)}|127\.0\.0\.1):({'|'.join(self.ports)})\b",
            lambda found: f"127.0.0.1:{self.ports[found[1]]}",
            text,
        )
        text = re.sub(r"\bport (\d+)\b", lambda m: f"port {self.ports[m[1]]}", text)
        return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)

    def environment(self, name: str) -> dict[str, str]:
        """Put a service's secrets where it reads them; return its whole environment."""
        service = SERVICES[name]
        place = self.root / name
        place.mkdir(mode=0o700, exist_ok=True)
        for secret in service.get("secrets", []):
            text = (self.made / secret).read_text()
            (place / secret).write_text(self.place(name, text))
        environment = {
            key: self.place(name, value)
            for key, value in service.get("environment", {}).items()
        }
        for key, value in environment.items():
            environment[key] = str(self.ports.get(value, value))
        if name.startswith(("serve", "sidecar")):
            environment["SKYLATCH_HTTP_PORT"] = str(self.ports["8787"])
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(place),
            **environment,
        }

    def command(self, name: str) -> list[str]:
        """Return what a service executes."""
        service = SERVICES[name]
        image = [] if name == "redis" else ["python", "-m", "sidecar"]
        words = [*service.get("entrypoint", image), *service["command"]]
        return [self.place(name, word) for word in words]

    def finish(self, name: str, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run `words` as service `name` to their end."""
        return subprocess.run(
            words,
            cwd=CHECKOUT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, name: str) -> None:
        """Start a service and wait until its health check says that it is well."""
        environment = self.environment(name)
        log = self.root / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig", "KILL", *self.command(name)],
                cwd=CHECKOUT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._running.append(process)
        kind, *words = SERVICES[name]["healthcheck"]["test"]
        words = [self.place(name, word) for word in words]
        words = [
            re.sub(r"8\d{3}", lambda m: str(self.ports.get(m[0], m[0])), w)
            for w in words
        ]
        if kind == "CMD-SHELL":
            words = [
                "sh",
                "-c",
                words[0].replace("redis-cli", f"redis-cli -p {self.ports['6379']}"),
            ]

        def is_well() -> bool:
            assert process.poll() is None, log.read_text()
            return self.finish(name, words).returncode == 0

        until(is_well, seconds=120)

    def stop(self) -> None:
        """Stop what runs, last first, as an engine does; each has to end in order."""
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) in (0, -signal.SIGTERM)


@contextmanager
def _server(root: Path, port: int, password: Path) -> Iterator[None]:
    """Serve a cluster made as the image makes one, with the settings it includes."""
    installation = find_installation()
    account = server_account("postgres")
    make_directory(root, account)
    pwfile = root / "password"
    pwfile.write_text(password.read_text())
    pwfile.chmod(0o644)
    data = root / "data"
    made = run_as(
        account,
        root,
        [
            *(str(installation.bin_dir / "initdb"), f"--pgdata={data}"),
            *("--username=postgres", f"--pwfile={pwfile}"),
            *SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split(),
        ],
    )
    assert made.returncode == 0, made.stderr
    with (data / "postgresql.conf").open("a") as written:
        written.write(server_settings(installation))
        # This machine's: nothing leaves loopback, and no other server is disturbed.
        written.write(
            f"listen_addresses = '127.0.0.1'\nport = {port}\nfsync = off\n"
            f"unix_socket_directories = '{root}'\n"
            "dynamic_shared_memory_type = mmap\nshared_buffers = 32MB\n"
        )
    with (data / "pg_hba.conf").open("a") as written:
        # The image's last line.
        written.write("host all all all scram-sha-256\n")
    log = (root / "log").open("wb")
    server = subprocess.Popen(
        clean_command(
            account,
            root,
            [str(installation.bin_dir / "postgres"), "-D", str(data)],
            die_with_parent="QUIT",
        ),
        cwd="/",
        stdout=log,
        stderr=log,
    )
    try:
        yield
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=30)
        log.close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A place for services, and free ports for those of the file."""
    root = Path(
        tempfile.mkdtemp(prefix=f"skylatch-test-{os.getpid()}-", dir=roomiest_parent())
    )
    root.chmod(0o755)
    taken: set[int] = set()
    ports = {}
    for inside in ("5432", "6379", "8001", "8002", "8787", "9464"):
        ports[inside] = free_port(taken)
        taken.add(ports[inside])
    made = root / "secrets"
    write_secrets(made)
    running = Engine(root, made, ports)
    try:
        yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_the_services_of_the_sandbox_book_a_trip(engine: Engine) -> None:
    """Over TCP with passwords only, from the files' secrets, to the last service."""
    password = engine.made / "postgres_password"
    superuser = make_conninfo(
        host="127.0.0.1",
        port=engine.ports["5432"],
        user="postgres",
        password=password.read_text(),
    )

    def answers() -> bool:
        try:
            psycopg.connect(superuser, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    with _server(engine.root / "postgres", engine.ports["5432"], password):
        until(answers, seconds=60)
        with psycopg.connect(
            superuser, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("create database skylatch")
        deployed = engine.finish("deploy", engine.command("deploy"))
        assert deployed.returncode == 0, deployed.stderr
        # The sidecar's role needs its password.
        with pytest.raises(psycopg.OperationalError, match=r"password authentication"):
            psycopg.connect(
                superuser, dbname="skylatch", user="skylatch_sidecar", password="no"
            )
        for name in ("redis", "alerts-sandbox", "sandbox", "sidecar-sandbox"):
            engine.start(name)
        ready = urllib.request.urlopen(
            f"http://127.0.0.1:{engine.ports['8787']}/readyz"
        )
        assert ready.status == 200
        with psycopg.connect(
            superuser, dbname="skylatch", autocommit=True
        ) as connection:
            connection.execute(
                f"alter role skylatch_feed password '{password.read_text()}'"
            )
        world = World(
            make_conninfo(superuser, dbname="skylatch"),
            flights=FlightsSandbox(recordings=None),
            flights_url=f"http://127.0.0.1:{engine.ports['8001']}",
            payments=PaymentsSandbox(),
            payments_url=f"http://127.0.0.1:{engine.ports['8002']}",
        )
        trip = world.trip(world.traveller())
        world.tick()
        until(lambda: world.status(trip) == "BOOKED", seconds=120)
        token = (engine.made / "skylatch_metrics_token").read_text()
        told = urllib.request.Request(
            f"http://127.0.0.1:{engine.ports['8787']}/metrics",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(told) as answer:
            assert b"\nauto_booking_success_total 1.0\n" in answer.read()
        worker = f"http://127.0.0.1:{engine.ports['9464']}/metrics"
        with urllib.request.urlopen(worker) as answer:
            assert b'call_seconds_count{operation="create_order"} 1.0' in answer.read()
        engine.stop()
        world.close()
