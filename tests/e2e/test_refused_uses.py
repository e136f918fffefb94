"""Commands that are used wrongly: each says so in one line, without a traceback.

docs/refusals.md is the table of it. Every case is a process of its own, as a person
would start it.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sidecar import endings
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from tests.e2e.refusals import USED, compare, write
from tests.raw_server import RawServer, closed_port, raw_server
from tests.sql import cloned_database

ROOT = Path(__file__).resolve().parents[2]
# Where nobody can make anything, root neither: below a file.
NOWHERE = "{tmp}/flags.json/of"
_SECRET = "pass-word"


@dataclass(frozen=True, slots=True)
class Use:
    """One command line and what is set for it; `{names}` are the fixture's places."""

    command: str
    code: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    # Instead of its standard output.
    output: str | None = None
    # Other variables of the environment.
    around: dict[str, str] = field(default_factory=dict)


def use(command: str, code: int = 1, output: str | None = None, **settings: str) -> Use:
    """Return a use; settings are named without their SKYLATCH_."""
    return Use(command, code, settings, output)


WORKS = {
    "DATABASE_URL": "{dsn} user=skylatch_sidecar",
    "DUFFEL_TOKEN": "duffel_test_x",
    "DUFFEL_URL": "http://127.0.0.1:{closed}",
    "STRIPE_KEY": "sk_test_x",
    "STRIPE_URL": "http://127.0.0.1:{closed}",
    "FLAGS_FILE": "{tmp}/flags.json",
}
SERVES = {"DATABASE_URL": WORKS["DATABASE_URL"], "HTTP_TOKEN": "token-token-token"}
PORTS = {"SANDBOX_FLIGHTS_PORT": "0", "SANDBOX_PAYMENTS_PORT": "0"}
AWAY = f"host=127.0.0.1 port={{closed}} user=me password={_SECRET} dbname=travel"
ANYBODY = "00000000-0000-4000-8000-000000000000"

USES: dict[str, Use] = {
    # -- arguments
    "no such command": use("sidecar frobnicate", 2),
    "no such option": use("sidecar check --loudly", 2),
    "a command without its option": use("sidecar deploy", 2),
    "a command without its argument": use("sidecar trace", 2),
    "an id that is none": use(
        "sidecar trace TRIP-1", OPERATOR_URL="{dsn} user=postgres"
    ),
    "a trip's id that is none": use("sidecar offers TRIP-1", 2),
    "a status that no trip has": use("sidecar trips --status LOST", 2),
    "a word for a count": use("sidecar bookings --limit many", 2),
    "no such kind of fault": use(
        "tests.sandbox fault set flights earthquake ANY/THING", **PORTS
    ),
    "a fault for a request that is none": use(
        "tests.sandbox fault set flights slow anything", **PORTS
    ),
    "a change without a reason": use("sidecar flags stop", 2),
    "no such command of the stack": use("sidecar local launch", 2),
    "no such option of the sandbox": use("tests.sandbox --loudly", 2),
    # -- the database
    "no address for `status`": use("sidecar status", 2),
    "an address that is none for `status`": use(
        "sidecar status", 2, DATABASE_URL=f"me:{_SECRET} at the server"
    ),
    "a port where nobody listens for `status`": use(
        "sidecar status", 2, DATABASE_URL=AWAY
    ),
    "a port where nobody listens for `alerts`": use(
        "sidecar alerts", 2, WATCH_URL=AWAY
    ),
    "a port where nobody listens for `cases`": use(
        "sidecar cases", 2, OPERATOR_URL=AWAY
    ),
    "a port where nobody listens for `trips`": use(
        "sidecar trips", 2, OPERATOR_URL=AWAY
    ),
    "no address for `trips`": use("sidecar trips", 2),
    "no address for `cases`": use("sidecar cases", 2),
    "no address for `alerts`": use("sidecar alerts", 2),
    "no address for `flags`": use("sidecar flags show", 2),
    "a host that does not exist": use(
        "sidecar status", 2, DATABASE_URL="host=nowhere.invalid user=me"
    ),
    "an option that libpq does not know": use(
        "sidecar status", 2, DATABASE_URL="postgresql://127.0.0.1/x?sslmode=perhaps"
    ),
    "a port where nobody listens for `flags`": use(
        "sidecar flags show", 2, OPERATOR_URL=AWAY
    ),
    "a wrong password for `flags`": use(
        "sidecar flags show",
        2,
        OPERATOR_URL=f"host=127.0.0.1 port={{refusing}} user=me password={_SECRET}"
        " sslmode=disable gssencmode=disable",
    ),
    "a database that `flags` does not find": use(
        "sidecar flags show", 2, OPERATOR_URL="{server} user=postgres dbname=nowhere"
    ),
    "a database without Skylatch for `trace`": use(
        f"sidecar trace {ANYBODY}",
        2,
        OPERATOR_URL="{server} user=postgres dbname=postgres",
    ),
    "an id that nothing has": use(
        f"sidecar trace {ANYBODY}", OPERATOR_URL="{dsn} user=postgres"
    ),
    "the sidecar's login for an operator": use(
        "sidecar flags stop --reason x", 2, OPERATOR_URL="{dsn} user=skylatch_sidecar"
    ),
    "a traveller's login for the sidecar": use(
        "sidecar work", **{**WORKS, "DATABASE_URL": "{dsn} user=authenticator"}
    ),
    "a deploy as the sidecar": use(
        "sidecar deploy --no-cron --dsn dsn={dsn_of_sidecar}"
    ),
    # -- settings and files of settings
    "a word for a number": use("sidecar work", **WORKS, POLL_SECONDS="often"),
    "secrets in a file": use("sidecar work", SECRETS_DIR="{tmp}/flags.json"),
    "an empty file of a secret": use(
        "sidecar work", **{**WORKS, "STRIPE_KEY": "", "SECRETS_DIR": "{tmp}/empty"}
    ),
    "a secret that is no text": use(
        "sidecar work", **{**WORKS, "STRIPE_KEY": "", "SECRETS_DIR": "{tmp}/binary"}
    ),
    "a directory for a secret": use(
        "sidecar work", **{**WORKS, "STRIPE_KEY": "", "SECRETS_DIR": "{tmp}/directory"}
    ),
    "Redis on a port that is none": use(
        "sidecar work", **WORKS, REDIS_URL="redis://cache:port/0"
    ),
    "traces to no host": use("sidecar serve", **SERVES, OTLP_ENDPOINT="http://"),
    "Duffel at an address that is none": use(
        "sidecar work", **{**WORKS, "DUFFEL_URL": "api.duffel.com"}
    ),
    "reports to an address that is none": use(
        "sidecar work", **WORKS, SENTRY_DSN="https://nowhere"
    ),
    "a live key for `make contract`": use("tests.contract", STRIPE_KEY="sk_live_x"),
    # -- ports
    "the endpoint's port is taken": use("sidecar serve", **SERVES, HTTP_PORT="{taken}"),
    "an endpoint on a host that does not exist": use(
        "sidecar serve", **SERVES, HTTP_HOST="nowhere.invalid", HTTP_PORT="{closed}"
    ),
    "the metrics' port is taken": use("sidecar work", **WORKS, METRICS_PORT="{taken}"),
    "the sandbox's port is taken": use(
        "tests.sandbox", **{**PORTS, "SANDBOX_PAYMENTS_PORT": "{taken}"}
    ),
    "a port of the sandbox that is none": use(
        "tests.sandbox", **{**PORTS, "SANDBOX_FLIGHTS_PORT": "70000"}
    ),
    "a sandbox that does not run": use(
        "tests.sandbox fault show flights",
        SANDBOX_FLIGHTS_PORT="{closed}",
        SANDBOX_PAYMENTS_PORT="{closed}",
    ),
    "a sandbox without ports": use("tests.sandbox", SANDBOX_FLIGHTS_PORT="0"),
    # -- directories and files
    "the sandbox's state where nobody can write": use(
        f"tests.sandbox --state {NOWHERE}", **PORTS
    ),
    "the sandbox's state is no JSON": use(
        "tests.sandbox --state {tmp}/broken", **PORTS
    ),
    "recordings that are not there": use(
        "tests.sandbox", **PORTS, RECORDINGS="/nowhere"
    ),
    "the relay's memory where nobody can write": use(
        "sidecar alert-relay",
        WATCH_URL="{dsn} user=skylatch_watch",
        ALERT_MEMORY=f"{NOWHERE}/alerts.json",
    ),
    "the relay's mail to an address that is none": use(
        "sidecar alert-relay",
        WATCH_URL="{dsn} user=skylatch_watch",
        ALERT_SMTP_URL="mail.example.com",
        ALERT_EMAIL_TO="me@example.com",
    ),
    "the stack's state where nobody can write": use(
        "sidecar local up", STATE_DIR=NOWHERE
    ),
    "a file for the stack's state": use(
        "sidecar local up", STATE_DIR="{tmp}/flags.json"
    ),
    "somebody else's directory for the stack's state": use(
        "sidecar local up", STATE_DIR="{tmp}/foreign"
    ),
    "a home that nobody has": use("sidecar local env", STATE_DIR="~nobody-such/state"),
    "nobody to say yes": use("sidecar local destroy", STATE_DIR="{tmp}/stack"),
    "no stack yet": use("sidecar local env", STATE_DIR="{tmp}/none"),
    "nothing to destroy": use("sidecar local destroy --yes", STATE_DIR="{tmp}/none"),
    "the stack's settings are no settings": use(
        "sidecar local env", STATE_DIR="{tmp}/stack"
    ),
    "an application's port that is none": use(
        "sidecar local app", STATE_DIR="{tmp}/door"
    ),
    "the stack's recordings are not there": use(
        "sidecar local up --recordings /nowhere", STATE_DIR="{tmp}/none"
    ),
    "the containers' secrets where nobody can write": use(
        f"sidecar local secrets {NOWHERE}"
    ),
    # -- who reads
    "a terminal that knows ASCII alone": Use(
        "sidecar deploy --dsn nonsense",
        around={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ),
    "a full disk behind the output": use("sidecar --help", output="/dev/full"),
}
# What is said nothing of, for nobody is there to read it.
SILENT = {"nobody reads the output": use("sidecar --help", output="a closed pipe")}


@dataclass(frozen=True, slots=True)
class Said:
    """What a process left behind."""

    code: int
    output: str
    errors: str


@pytest.fixture(scope="module", autouse=True)
def _page() -> Iterator[None]:
    yield
    write()


def _refuse(_: RawServer, connection: socket.socket) -> None:
    """Be a PostgreSQL that takes nobody's password."""
    connection.recv(65536)
    fields = ("SFATAL", "VFATAL", "C28P01", 'Mpassword authentication failed for "me"')
    body = b"".join(one.encode() + b"\0" for one in fields) + b"\0"
    connection.sendall(b"E" + (len(body) + 4).to_bytes(4, "big") + body)


@pytest.fixture(scope="module")
def places(
    cluster: Cluster,
    template: str,
    clone_name: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """Return what stands for the braces of the uses."""
    tmp = tmp_path_factory.mktemp("uses")
    (tmp / "flags.json").write_text('{"flagValues": {}}')
    for name in ("empty", "binary", "directory", "foreign", "broken", "stack", "door"):
        (tmp / name).mkdir()
    (tmp / "empty" / "skylatch_stripe_key").touch()
    (tmp / "binary" / "skylatch_stripe_key").write_bytes(b"\xff\xfe\x00")
    (tmp / "directory" / "skylatch_stripe_key").mkdir()
    (tmp / "foreign" / "thesis.tex").touch()
    (tmp / "broken" / "flights.json").write_text("{")
    (tmp / "stack" / "skylatch-state").touch()
    (tmp / "door" / "sidecar.env").touch()
    (tmp / "door" / "application.env").write_text("PORT=http\n")
    (tmp / "stack" / "sidecar.env").write_text("not a setting\n")
    with ExitStack() as stack:
        dsn = stack.enter_context(cloned_database(cluster, template, clone_name))
        refusing = stack.enter_context(raw_server(_refuse))
        taken = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        plain = dsn.replace(" user=postgres", "").replace("user=postgres ", "")
        yield {
            "tmp": str(tmp),
            "dsn": plain,
            "dsn_of_sidecar": make_conninfo(dsn, user="skylatch_sidecar"),
            "socket": str(cluster.socket_dir),
            "name": str(conninfo_to_dict(dsn)["dbname"]),
            "server": f"host={cluster.socket_dir} port={cluster.port}",
            "refusing": str(refusing.port),
            "closed": str(closed_port()),
            "taken": str(taken.getsockname()[1]),
        }


def _environment(one: Use, places: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SKYLATCH_", "PG", "OTEL_"))
    }
    given = {
        f"SKYLATCH_{name}": value.format_map(places)
        for name, value in one.settings.items()
        if value
    }
    return {**kept, "COLUMNS": "80", "NO_COLOR": "1", **one.around, **given}


def _output(name: str | None) -> int:
    if name is None:
        return subprocess.PIPE
    if name != "a closed pipe":
        return os.open(name, os.O_WRONLY)
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def _run(one: Use, places: dict[str, str]) -> Said:
    words = [
        part.removeprefix("dsn=").format_map(places) for part in one.command.split(" ")
    ]
    output = _output(one.output)
    try:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=_environment(one, places),
            stdout=output,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        if output != subprocess.PIPE:
            os.close(output)
    return Said(done.returncode, done.stdout or "", done.stderr)


def _no_such_host() -> str:
    """Return how this machine says that a host does not exist."""
    try:
        socket.getaddrinfo("nowhere.invalid", 1)
    except socket.gaierror as error:
        return str(error.strerror)
    return ""


def _lines(found: Said) -> list[str]:
    """Return what was said of the use, of everything that was printed.

    `status`, `alerts`, `cases` and `deploy` say it in their report, on standard output.
    """
    told = [line for line in found.errors.splitlines() if line]
    return told or [
        line.removeprefix("booking   ")
        for line in found.output.splitlines()
        if line.startswith(("booking", "alerts", "cases", "✗", "x "))
    ]


@pytest.mark.parametrize("what", USES)
def test_wrong_use_is_said_in_one_line(places: dict[str, str], what: str) -> None:
    """With the code that belongs to it, and no secret."""
    one = USES[what]
    found = _run(one, places)
    assert "Traceback" not in found.output + found.errors
    assert _SECRET not in found.output + found.errors
    (line,) = _lines(found)
    assert found.code == one.code
    ports = {places[name]: "PORT" for name in ("refusing", "closed", "taken")}
    names = {
        places["tmp"]: "/home/me",
        places["socket"]: "/run/postgresql",
        places["name"]: "travel",
        _no_such_host(): "Name or service not known",
        "[Errno -3]": "[Errno -2]",
        **ports,
    }
    command = one.command.format_map({**places, "tmp": "/home/me"})
    given = command.replace(f"dsn={places['dsn_of_sidecar']}", "…")
    compare(USED, what, [f"`{given}`", line, str(found.code)], names)


@pytest.mark.parametrize("what", SILENT)
def test_an_output_that_nobody_reads_is_no_error(
    places: dict[str, str], what: str
) -> None:
    """As of `| head`: nothing is said of it."""
    found = _run(SILENT[what], places)
    assert (found.code, found.errors) == (1, "")


@contextmanager
def _started(words: list[str], **around: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=_environment(Use("", around=around), {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "words", [["sidecar", "check"], ["sidecar.local", "up"], ["tests.sandbox"]]
)
def test_ctrl_c_while_a_command_is_imported_is_one_line(
    tmp_path: Path, words: list[str]
) -> None:
    """For a second, whoever changes their mind is in the middle of an import."""
    slow = "import signal\nprint('importing', flush=True)\nsignal.pause()\n"
    (tmp_path / "typer.py").write_text(slow)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with _started(words, PYTHONPATH=path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "interrupted\n")


def test_ctrl_c_while_a_command_works_is_one_line() -> None:
    """Here it waits for a server that says nothing."""
    asked = threading.Event()

    def hang(server: RawServer, connection: socket.socket) -> None:
        connection.recv(65536)
        asked.set()
        server.stopping.wait()

    with raw_server(hang) as mute:
        address = f"host=127.0.0.1 port={mute.port} user=me sslmode=disable"
        with _started(
            ["sidecar", "flags", "show"], SKYLATCH_OPERATOR_URL=address
        ) as process:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "interrupted\n")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left"), "No space left"),
        (OSError(errno.EROFS, "Read-only", "/srv/x"), "Read-only: /srv/x"),
        (PermissionError(errno.EACCES, "Denied", "/srv/x"), "Denied: /srv/x"),
        (SetupError("mend it"), "mend it"),
    ],
)
def test_what_a_machine_refuses_is_no_defect(error: Exception, line: str) -> None:
    """Wherever it happens."""
    assert endings.told(error) == line


def test_a_defect_keeps_its_traceback() -> None:
    """It is for whoever mends it."""
    assert endings.told(KeyError("a defect")) is None
    with pytest.raises(KeyError):
        endings.run(lambda: {}["a defect"], lambda _: None)
