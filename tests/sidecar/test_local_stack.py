"""The local stack decides well, fails in one line, and starts what it says."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from typer import Exit
from typer.testing import CliRunner

from sidecar import endings
from sidecar.errors import SetupError
from sidecar.local import packages
from sidecar.local import places as places_module
from sidecar.local.accounts import clean_command, current_account, server_account
from sidecar.local.cluster import SETTINGS, Cluster
from sidecar.local.commands import app as local_app
from sidecar.local.commands import demo, up
from sidecar.local.containers import server_settings
from sidecar.local.packages import (
    Installation,
    choose_major,
    cron_version,
    distribution_major,
    find_installation,
    missing_packages,
)
from sidecar.local.places import CHECKOUT, Places, default_places
from sidecar.local.plpython import content_hash
from sidecar.local.settings import Settings, complete, free_port, is_free, load_settings
from sidecar.local.snapshot import dump_schema
from sidecar.local.stack import PROGRAMS, Stack
from sidecar.local.supervision import (
    Program,
    Supervisor,
    clean_environment,
    render,
)
from sidecar.local.waiting import wait_until

DEBIAN_12 = "postgresql\n  Depends: postgresql-15\n  Suggests: postgresql-doc\n"
UBUNTU_24_04 = "postgresql\n  Depends: postgresql-16\n  Suggests: postgresql-doc\n"
DEBIAN_13 = "postgresql\n  Depends: postgresql-17\n  Suggests: postgresql-doc\n"
UBUNTU_22_04 = "postgresql\n  Depends: postgresql-14\n  Suggests: postgresql-doc\n"


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Make a short-named directory that the servers' accounts can enter."""
    with tempfile.TemporaryDirectory(prefix="sl-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def supervisor(scratch: Path) -> Iterator[Callable[[list[Program]], Supervisor]]:
    """Launch supervisord with some programs; stop it afterwards."""
    places = Places(scratch / "state")
    places.create()
    running = Supervisor(places)

    def launch(programs: list[Program]) -> Supervisor:
        config = render(places, programs, "test")
        running.launch(config, clean_environment({}))
        assert running.runs(config)
        return running

    yield launch
    running.shut_down()


@pytest.mark.parametrize(
    ("answer", "major"),
    [(DEBIAN_12, 15), (UBUNTU_24_04, 16), (DEBIAN_13, 17), ("", None)],
)
def test_the_distribution_names_the_postgresql_version(
    answer: str, major: int | None
) -> None:
    """`apt-cache depends postgresql` is read as each distribution prints it."""
    assert distribution_major(answer) == major


@pytest.mark.parametrize(
    ("complete_majors", "installed", "distribution", "wanted", "expected"),
    [
        ([], [], 15, None, 15),  # bare machine
        ([16], [16], None, None, 16),  # installed without apt
        ([15, 17], [15, 17], None, None, 17),
        ([15, 17], [15, 17], None, 15, 15),  # the data was made by 15
        ([], [13], 15, None, 15),  # a server too old beside a good distribution
        ([], [16], None, None, 16),  # incomplete: the caller names what is missing
    ],
)
def test_a_complete_version_wins_over_the_distributions_default(
    complete_majors: list[int],
    installed: list[int],
    distribution: int | None,
    wanted: int | None,
    expected: int,
) -> None:
    """What is there is used; the version that made the data first of all."""
    chosen = choose_major(
        complete=complete_majors,
        installed=installed,
        distribution=distribution,
        wanted=wanted,
    )
    assert chosen == expected


def test_the_version_that_made_the_data_is_installed_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside a newer one; the version that is asked for wins, or says what it lacks."""
    monkeypatch.setattr(packages, "_installed_majors", lambda: [15, 17])
    lacking = {18: ["postgresql-18"]}
    monkeypatch.setattr(packages, "_missing", lambda major: lacking.get(major, []))
    monkeypatch.delenv(packages.ASKED, raising=False)
    for find in (packages.find_installation, partial(packages.ensure_installed, print)):
        assert find(None).major == 17
        assert find(15).major == 15
        with monkeypatch.context() as asked:
            asked.setenv(packages.ASKED, "15")
            assert find(17).major == 15
            asked.setenv(packages.ASKED, "new")
            with pytest.raises(SetupError, match="is not a version such as 17"):
                find(None)
    monkeypatch.setenv(packages.ASKED, "18")
    with pytest.raises(SetupError, match="not installed: postgresql-18"):
        packages.find_installation()


@pytest.mark.parametrize(
    ("installed", "distribution", "reason"),
    [
        ([], distribution_major(UBUNTU_22_04), "offers PostgreSQL 14"),
        ([13], None, "PostgreSQL 13 is installed"),
        ([], None, "no apt"),
    ],
)
def test_a_postgresql_too_old_or_absent_is_refused_by_name(
    installed: list[int], distribution: int | None, reason: str
) -> None:
    """The error names the version that was found and is one line."""
    with pytest.raises(SetupError, match=reason) as raised:
        choose_major(complete=[], installed=installed, distribution=distribution)
    assert "\n" not in str(raised.value)


def test_the_package_list_carries_the_version_and_skips_what_is_there() -> None:
    """Bare machine: everything; otherwise only what is missing."""
    assert missing_packages(17, lambda _: False, lambda _: False) == [
        "postgresql-17",
        "postgresql-plpython3-17",
        "postgresql-17-cron",
        "postgresql-17-plpgsql-check",
        "redis-server",
        "util-linux",
    ]
    present = {"plpython3u", "plpgsql_check"}
    assert missing_packages(15, present.__contains__, lambda _: True) == [
        "postgresql-15-cron"
    ]


def test_cron_versions_are_read_from_the_control_file() -> None:
    """1.4-1 and 1.6 are told apart, also where the quotes differ in spacing."""
    assert cron_version("comment = 'x'\ndefault_version = '1.4-1'\n") == (1, 4)
    assert cron_version("default_version='1.6'\n") == (1, 6)
    with pytest.raises(SetupError, match="reinstall pg_cron"):
        cron_version("comment = 'x'")


@pytest.mark.parametrize(("version", "workers"), [("1.4-1", "off"), ("1.6", "on")])
def test_old_pg_cron_uses_sockets_and_new_background_workers(
    scratch: Path, version: str, workers: str
) -> None:
    """On 1.4 one long job in a background worker would hold up every other."""
    (scratch / "pg_cron.control").write_text(f"default_version = '{version}'\n")
    real = find_installation()
    cluster = Cluster(
        Installation(real.major, real.bin_dir, scratch),
        scratch / "pg",
        server_account("postgres"),
    )
    cluster.prepare(cron_database="somewhere")
    config = (cluster.data / "skylatch.conf").read_text()
    assert f"cron.use_background_workers = '{workers}'" in config
    assert f"cron.host = '{cluster.socket_dir}'" in config
    assert "listen_addresses = ''" in config
    cluster.prepare(cron_database="elsewhere")  # twice: rewrites, keeps the data
    assert "elsewhere" in (cluster.data / "skylatch.conf").read_text()


def test_a_data_directory_of_another_version_or_owner_is_refused(
    scratch: Path,
) -> None:
    """Neither is touched; the error says what to do."""
    cluster = Cluster(find_installation(), scratch / "pg", server_account("postgres"))
    cluster.data.mkdir(parents=True)
    (cluster.data / "treasure").touch()
    with pytest.raises(SetupError, match="not a data directory of this stack"):
        cluster.prepare(cron_database="x")
    assert (cluster.data / "treasure").exists()
    (cluster.data / "PG_VERSION").write_text("9\n")
    (cluster.data / "skylatch.conf").touch()
    with pytest.raises(SetupError, match="was made by PostgreSQL 9"):
        cluster.prepare(cron_database="x")


def test_a_socket_path_too_long_for_the_kernel_is_refused(scratch: Path) -> None:
    """The kernel takes 107 bytes; the error counts them."""
    base = scratch / ("x" * 100)
    cluster = Cluster(find_installation(), base, server_account("postgres"))
    with pytest.raises(SetupError, match="more than 107"):
        cluster.prepare(cron_database="x")
    assert not base.exists()


def test_a_pid_file_of_a_dead_server_is_not_believed(scratch: Path) -> None:
    """Its number may belong to another process by now: ours, here."""
    cluster = Cluster(find_installation(), scratch / "pg", server_account("postgres"))
    cluster.prepare(cron_database="x")
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.data}\n")
    assert cluster.serving_pid() is None
    cluster.prepare(cron_database="x")
    assert not pid_file.exists()


def test_servers_start_with_nothing_of_the_callers_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A PYTHONHOME that reached PostgreSQL would kill every plpython3u call."""
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    command = clean_command(current_account(), Path("/"), ["/usr/bin/env"])
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    assert output.stdout.splitlines() == [
        "PATH=/usr/bin:/bin",
        "HOME=/",
        "LC_ALL=C.UTF-8",
    ]


def test_the_test_cluster_runs_the_systems_python_and_no_tcp(database: str) -> None:
    """plpython3u works, C extensions of its standard library included."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "create function prefix() returns text language plpython3u"
            " as $$\nimport ssl, sys\nreturn sys.prefix\n$$"
        )
        row = connection.execute(
            "select prefix(), current_setting('listen_addresses'),"
            " current_setting('data_checksums')"
        ).fetchone()
    assert row == ("/usr", "", "on")


def test_a_schema_dump_is_the_same_twice(cluster: Cluster, database: str) -> None:
    """Nothing random or dated is left in it."""
    installation = cluster.installation
    first = dump_schema(installation, database)
    assert first == dump_schema(installation, database)
    assert "restrict " not in first
    assert "Dumped by" not in first


def test_settings_are_generated_once_and_edits_are_kept(scratch: Path) -> None:
    """Every secret is there, private, stable; a hand edit survives."""
    places = Places(scratch)
    socket_dir = scratch / "postgres" / "socket"
    first = load_settings(places, socket_dir, 5432)
    assert stat.S_IMODE(places.settings.stat().st_mode) == 0o600
    assert load_settings(places, socket_dir, 5432) == first
    assert first.values["SKYLATCH_DUFFEL_TOKEN"].startswith("duffel_test_")
    assert first.values["SKYLATCH_STRIPE_KEY"].startswith("sk_test_")
    ports = {first.port(name) for name in ("flights", "payments", "http", "redis")}
    assert len(ports) == 4
    assert all(1024 < port < 32768 for port in ports)
    kept = first.values["SKYLATCH_DUFFEL_URL"]
    text = places.settings.read_text().replace(kept, "https://example.org")
    places.settings.write_text(text)
    again = load_settings(places, socket_dir, 5432)
    assert again.values["SKYLATCH_DUFFEL_URL"] == "https://example.org"


def test_removing_a_ports_lines_chooses_another() -> None:
    """What the error about a taken port advises works."""
    numbers = iter(range(20001, 20100))

    def next_port(_: set[int]) -> int:
        return next(numbers)

    def filled(kept: dict[str, str]) -> dict[str, str]:
        return complete(
            kept,
            database_url="postgresql:///x",
            flags_file=Path("/x"),
            free_port=next_port,
        )

    first = filled({})
    port = first["SKYLATCH_SANDBOX_FLIGHTS_PORT"]
    remaining = {key: value for key, value in first.items() if port not in value}
    second = filled(remaining)
    assert second["SKYLATCH_SANDBOX_FLIGHTS_PORT"] != port
    assert second["SKYLATCH_SANDBOX_FLIGHTS_PORT"] in second["SKYLATCH_DUFFEL_URL"]
    assert second["SKYLATCH_STRIPE_KEY"] == first["SKYLATCH_STRIPE_KEY"]


def test_a_settings_line_that_makes_no_sense_is_named(scratch: Path) -> None:
    """The error carries file and line."""
    places = Places(scratch)
    places.settings.write_text("A=1\nnonsense\n")
    with pytest.raises(SetupError, match=r"line 2 is not KEY=value"):
        load_settings(places, scratch, 5432)


def test_a_free_port_is_one_that_can_be_listened_on() -> None:
    """And one in `avoid` is never chosen."""
    port = free_port(set())
    assert is_free(port)
    assert port < 32768


def test_the_state_directory_of_somebody_else_is_never_touched(scratch: Path) -> None:
    """Neither set up in, nor destroyed."""
    (scratch / "theirs").touch()
    places = Places(scratch)
    with pytest.raises(SetupError, match="not a Skylatch state directory"):
        places.create()
    with pytest.raises(SetupError, match="not a Skylatch state directory"):
        places.destroy()
    assert (scratch / "theirs").exists()


def test_too_little_room_is_said_before_anything_starts(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with how much there is and how much it takes."""
    usage = type("Usage", (), {"free": 7 * 2**20})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(SetupError, match=r"only 7 MB are free"):
        Places(scratch / "state").create()


def test_the_state_directory_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    """SKYLATCH_STATE_DIR wins; otherwise each checkout has its own."""
    monkeypatch.delenv("SKYLATCH_STATE_DIR", raising=False)
    first = default_places()
    monkeypatch.setattr(places_module, "CHECKOUT", Path("/another/checkout"))
    assert default_places() != first
    monkeypatch.setenv("SKYLATCH_STATE_DIR", str(scratch))
    assert default_places() == Places(scratch.resolve())


def test_the_plpython_hash_sees_content_and_names_but_no_caches(
    scratch: Path,
) -> None:
    """A compiled file changes nothing; a renamed module does."""
    package = scratch / "package"
    package.mkdir()
    (package / "a.py").write_text("x = 1\n")
    before = content_hash(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert content_hash(package) == before
    (package / "a.py").rename(package / "b.py")
    assert content_hash(package) != before


def test_the_local_stack_and_the_containers_log_no_persons() -> None:
    """What keeps them out of the server's log is set in both."""
    quiet = {
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
    }
    assert SETTINGS.items() >= quiet.items()
    containers = server_settings(find_installation())
    for name, value in quiet.items():
        assert f"{name} = '{value}'\n" in containers


@pytest.mark.parametrize("target", ["up", "demo"])
def test_make_hands_the_recordings_on(target: str) -> None:
    """Both start the same sandbox."""
    printed = subprocess.run(
        ["make", "--dry-run", target, "RECORDINGS=/some where"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"sidecar local {target} --recordings '/some where'" in printed


@pytest.mark.parametrize("command", [up, demo])
def test_recordings_that_are_named_are_in_the_sandboxs_settings(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., None]
) -> None:
    """Kept, so that the stack replays them when it is started again."""
    monkeypatch.delenv("SKYLATCH_RECORDINGS", raising=False)
    places = Places(scratch / "state")
    places.create()
    seen: list[Settings] = []

    def start(_: Stack, **_how: bool) -> Settings:
        seen.append(load_settings(places, scratch, 5432))
        raise SetupError("far enough")

    monkeypatch.setattr(Stack, "up", start)
    monkeypatch.setattr(Stack, "states", lambda _: {})
    # Or a stack of this checkout that somebody uses would be stopped.
    monkeypatch.setattr(Stack, "down_to", lambda *_: None)
    (scratch / "recorded").mkdir()
    # The command sets it for this process; the fixture takes it away again.
    monkeypatch.setenv("SKYLATCH_RECORDINGS", "")
    with pytest.raises(Exit):
        command(recordings=scratch / "recorded")
    (settings,) = seen
    assert settings.values["SKYLATCH_RECORDINGS"] == str(scratch / "recorded")
    monkeypatch.delenv("SKYLATCH_RECORDINGS")
    again = load_settings(places, scratch, 5432)
    assert again.values["SKYLATCH_RECORDINGS"] == str(scratch / "recorded")
    with pytest.raises(Exit):
        command(recordings=scratch / "nowhere")
    assert len(seen) == 1


def test_waiting_ends_at_once_when_waiting_has_become_pointless() -> None:
    """A program that died is not waited for until the time is up."""
    with pytest.raises(SetupError, match="it died"):
        wait_until(lambda: False, seconds=60, failed=lambda: "it died")
    assert not wait_until(lambda: False, seconds=0, failed=lambda: None)


def test_programs_that_die_while_starting_are_quoted(
    scratch: Path, supervisor: Callable[[list[Program]], Supervisor]
) -> None:
    """The error carries the program's last words; the others run on."""
    program = Program("sad", ["/bin/sh", "-c", "echo no luck; exit 3"], scratch)
    happy = Program("happy", ["/bin/sleep", "600"], scratch)
    running = supervisor([happy, program])
    running.start("happy")
    running.start("sad")
    assert wait_until(
        lambda: running.failure("sad") is not None, seconds=20, failed=lambda: None
    )
    assert "no luck" in (running.failure("sad") or "")
    assert wait_until(
        lambda: running.states()["happy"] == "RUNNING",
        seconds=20,
        failed=lambda: running.failure("happy"),
    )
    assert running.shut_down()
    assert running.states() == {}
    assert not running.shut_down()


def test_a_program_that_a_signal_has_stopped_is_frozen(
    scratch: Path,
    supervisor: Callable[[list[Program]], Supervisor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """supervisord calls it running; the exit code says that the others are not."""
    running = supervisor([Program("sidecar", ["/bin/sleep", "600"], scratch)])
    running.start("sidecar")
    stack = Stack(running._places, print)

    def is_in(state: str) -> bool:
        return stack.states()["sidecar"] == state

    assert wait_until(lambda: is_in("RUNNING"), seconds=20, failed=lambda: None)
    pid = running._info()[0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert wait_until(lambda: is_in("FROZEN"), seconds=20, failed=lambda: None)
        assert running.states()["sidecar"] == "RUNNING"
        monkeypatch.setenv("SKYLATCH_STATE_DIR", str(scratch / "state"))
        shown = CliRunner().invoke(local_app, ["status"])
        assert shown.exit_code == endings.UNKNOWN
        assert "frozen" in shown.output
        # There is no database to ask, which is said, with what to do.
        assert "booking   UNKNOWN: the database does not run; make up" in shown.output
    finally:
        os.kill(pid, signal.SIGCONT)
    assert wait_until(lambda: is_in("RUNNING"), seconds=20, failed=lambda: None)


def test_only_what_was_started_is_stopped_again(
    scratch: Path, supervisor: Callable[[list[Program]], Supervisor]
) -> None:
    """A database that ran before the demo runs on, and nothing beside it."""
    running = supervisor(
        [Program(name, ["/bin/sleep", "600"], scratch) for name in PROGRAMS]
    )
    for name in PROGRAMS:
        running.start(name)
    assert wait_until(
        lambda: set(running.states().values()) == {"RUNNING"},
        seconds=30,
        failed=lambda: None,
    )
    stack = Stack(running._places, print)
    stack.down_to({"postgres"})
    states = running.states()
    assert states.pop("postgres") == "RUNNING"
    assert set(states.values()) == {"STOPPED"}


def test_a_demo_that_is_interrupted_while_it_starts_leaves_nothing_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C counts at every moment, as the end does."""
    stopped: list[set[str]] = []

    def interrupted(_: Stack) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "states", lambda _: {"postgres": "STOPPED"})
    monkeypatch.setattr(Stack, "up", interrupted)
    monkeypatch.setattr(Stack, "down_to", lambda _, running: stopped.append(running))
    with pytest.raises(KeyboardInterrupt):
        demo()
    assert stopped == [set()]


def test_a_state_directory_that_cannot_be_made_says_what_to_do(scratch: Path) -> None:
    """As below a home that is no directory, or may not be written."""
    (scratch / "file").touch()
    with pytest.raises(SetupError, match=r"Not a directory: point SKYLATCH_STATE_DIR"):
        Places(scratch / "file" / "state").create()


def test_without_a_stack_down_and_status_are_calm(scratch: Path) -> None:
    """Nothing there is an answer, not an error."""
    stack = Stack(Places(scratch / "none"), print)
    assert not stack.down()
    assert set(stack.states().values()) == {"STOPPED"}
    with pytest.raises(SetupError, match="make up"):
        stack.settings()


def test_the_sandbox_keeps_its_state_beside_the_database(scratch: Path) -> None:
    """A database that knows of orders meets the Duffel that made them."""
    places = Places(scratch / "state")
    places.create()
    cluster = Cluster(find_installation(None), places.cluster, current_account())
    settings = load_settings(places, cluster.socket_dir, 5432)
    programs = Stack(places, print)._programs(cluster, settings)
    (command,) = [one.command for one in programs if one.name == "sandbox"]
    assert command[-4:] == [
        *("-m", "tests.sandbox"),
        *("--state", str(scratch / "state" / "sandbox")),
    ]


def test_paths_that_supervisord_would_cut_are_refused(scratch: Path) -> None:
    """' ;' starts a comment in its configuration."""
    with pytest.raises(SetupError, match="supervisord cannot take"):
        render(Places(scratch / "a ;b"), [], "r")
    assert "100%%" in render(
        Places(scratch), [Program("p", ["echo", "100%"], scratch)], "r"
    )
