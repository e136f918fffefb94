"""``python -m sidecar check``: one line for each thing, and what to do about it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from sidecar import __version__, checks, setting_names
from sidecar.config import NOT_SET
from sidecar.versions import OLDEST_SCHEMA
from tests.factories import World, set_versions, sidecar_settings
from tests.raw_server import closed_port
from tests.redis_server import RedisServer
from tests.sandbox.control import Fault

ROOT = Path(__file__).resolve().parents[2]
Check = Callable[[], tuple[bool, list[str]]]


@pytest.fixture
def settings(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Set everything that a worker against the sandboxes needs; return it."""
    values = sidecar_settings(world, tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    for name in ("REDIS_URL", "HTTP_TOKEN", "HTTP_PORT"):
        monkeypatch.delenv(f"SKYLATCH_{name}", raising=False)
    return values


def check() -> tuple[bool, list[str]]:
    """Run the checks; return whether they passed, and what was printed."""
    output = io.StringIO()
    passed = checks.run(Console(file=output, width=60))
    return passed, output.getvalue().splitlines()


def only_failure() -> str:
    """Return the one line that failed; everything else passed."""
    passed, lines = check()
    assert not passed
    (failed,) = [line for line in lines if line.startswith("✗")]
    # What else there is to say of a database, only one that passed is asked.
    assert len(lines) == (7 if failed.startswith("✗ database") else 9)
    return failed


def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set live mode, with providers that do not answer."""
    monkeypatch.setenv("SKYLATCH_LIVE_MODE", "true")
    monkeypatch.setenv("SKYLATCH_DUFFEL_TOKEN", "duffel_live_fixture")
    monkeypatch.setenv("SKYLATCH_STRIPE_KEY", "sk_live_fixture")
    for provider in ("DUFFEL", "STRIPE"):
        url = f"https://[::2]:{closed_port()}"
        monkeypatch.setenv(f"SKYLATCH_{provider}_URL", url)


@pytest.mark.usefixtures("settings")
def test_everything_there_is_all_green(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line each, in the order in which to repair them."""
    monkeypatch.setenv("SKYLATCH_REDIS_URL", redis_server.url)
    monkeypatch.setenv("SKYLATCH_HTTP_TOKEN", "long-enough-token")
    names = ("settings", "database", "flags", "duffel", "stripe", "wake-ups")
    names += ("endpoint", "redis")
    passed, lines = check()
    # A test's server keeps nothing over a crash.
    assert lines.pop(5).startswith("- durability")
    assert (passed, lines) == (True, [f"✓ {name}" for name in names])


@pytest.mark.usefixtures("settings")
def test_a_server_that_forgets_what_it_committed_takes_no_real_money(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intent that a crash loses is an order that may be made twice."""
    said = (
        "durability: the server has fsync = off, full_page_writes = off:"
        " a crash loses what was committed"
    )
    assert f"- {said}" in check()[1]
    _live(monkeypatch)
    passed, lines = check()
    assert not passed
    assert f"✗ {said}" in lines


@pytest.mark.usefixtures("settings")
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is tried without it."""
    monkeypatch.delenv("SKYLATCH_STRIPE_KEY")
    passed, lines = check()
    assert not passed
    assert lines[:2] == ["✗ settings", f"SKYLATCH_STRIPE_KEY: {NOT_SET}"]


@pytest.mark.usefixtures("settings")
def test_a_misspelled_setting_is_named_with_the_one_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the environment or in a file: it would have no effect, and nobody noticed."""
    monkeypatch.setenv("SKYLATCH_LIVE_MOD", "true")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "skylatch_redis_ulr").write_text("redis://cache")
    (tmp_path / "secrets" / "another_programs_secret").touch()
    monkeypatch.setenv("SKYLATCH_SECRETS_DIR", str(tmp_path / "secrets"))
    passed, lines = check()
    assert not passed
    said = "no setting has this name; SKYLATCH_{} has a similar one"
    assert lines[:3] == [
        f"✗ SKYLATCH_LIVE_MOD: {said.format('LIVE_MODE')}",
        f"✗ SKYLATCH_REDIS_ULR: {said.format('REDIS_URL')}",
        "✓ settings",
    ]


@pytest.mark.usefixtures("settings")
def test_a_misspelled_setting_explains_the_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are said."""
    monkeypatch.delenv("SKYLATCH_STRIPE_KEY")
    monkeypatch.setenv("SKYLATCH_STIRPE_KEY", "sk_test_x")
    lines = check()[1]
    assert lines[0].startswith("✗ SKYLATCH_STIRPE_KEY: no setting has this name;")
    assert lines[1:3] == ["✗ settings", f"SKYLATCH_STRIPE_KEY: {NOT_SET}"]


@pytest.mark.usefixtures("settings")
def test_a_name_like_no_setting_is_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application may have names of its own; what others read is not mentioned."""
    monkeypatch.setenv("SKYLATCH_FLAVOUR", "mint")
    for name in ("STATE_DIR", "SANDBOX_HOST", "POSTGRES_IMAGE", "TOKEN"):
        monkeypatch.setenv(f"SKYLATCH_{name}", "x")
    passed, lines = check()
    assert (passed, lines[0]) == (True, "- SKYLATCH_FLAVOUR: no setting has this name")
    assert lines[1] == "✓ settings"


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WATCH_URL", "the server", "is no connection string"),
        ("OPERATOR_URL", "postgresql://x?sslmode", "is no connection string"),
        ("ALERT_WEBHOOK_URL", "chat", "needs http:// or https:// and a host"),
        ("ALERT_SMTP_URL", "mail", "needs smtp:// or smtps:// and a host"),
        ("ALERT_EMAIL_TO", "nobody", "String should match pattern"),
        ("ALERT_POLL_SECONDS", "often", "Input should be a valid number"),
        ("ALERT_REPEAT_HOURS", "0", "Input should be greater than 0"),
        ("COMMIT", "two words", "String should match pattern"),
    ],
)
def test_settings_of_every_command_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """Also of those that a worker has no need of."""
    monkeypatch.setenv(f"SKYLATCH_{name}", value)
    passed, lines = check()
    assert not passed
    assert [line for line in lines if line[0] == "✗"] == [lines[1]]
    assert lines[1].startswith(f"✗ SKYLATCH_{name}: {said}")


def test_every_name_that_a_document_or_a_program_uses_is_known() -> None:
    """So that `check` finds fault with none of them."""
    used = set()
    for path in (
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("sidecar/**/*.py"),
        *ROOT.glob("tests/sandbox/*.py"),
        *(ROOT / name for name in ("README.md", "docker-compose.yml", ".env.example")),
    ):
        used |= set(re.findall(r"SKYLATCH_[A-Z]+(?:_[A-Z]+)*\b", path.read_text()))
    assert len(used) > 50
    # The beginning of several names.
    assert setting_names.unknown(used - {"SKYLATCH_ALERT", "SKYLATCH_SANDBOX"}) == {}


@pytest.mark.usefixtures("settings")
def test_a_refused_token_names_the_setting(world: World) -> None:
    """Each provider has its own line."""
    refused = Fault(match="*", kind="status", status=401, body={"errors": []})
    world.flights.faults.arm(refused)
    assert only_failure() == (
        "✗ duffel: refused our credentials: check SKYLATCH_DUFFEL_TOKEN"
    )
    world.payments.faults.arm(
        Fault(match="*", kind="status", status=403, body={"error": {}})
    )
    assert only_failure() == (
        "✗ stripe: refused our credentials: check SKYLATCH_STRIPE_KEY"
    )


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("provider", ["duffel", "stripe"])
def test_a_provider_that_is_away_names_the_address(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address may be wrong, or the network."""
    name = f"SKYLATCH_{provider.upper()}_URL"
    monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    said = f"no connection: check {name} and the network"
    assert only_failure() == f"✗ {provider}: {said}"


@pytest.mark.usefixtures("settings")
def test_a_provider_in_trouble_is_said_with_its_status(world: World) -> None:
    """Neither the key nor the address is to blame."""
    world.flights.faults.arm(Fault(match="*", kind="status", status=503, body=""))
    assert only_failure() == "✗ duffel: answered 503"


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("schema", "serves", "said"),
    [
        (
            "9.9.9",
            "9.9.8",
            "the database runs version 9.9.9, which serves sidecars from 9.9.8 on;"
            f" this one is {__version__}: install sidecar 9.9.9",
        ),
        (
            "0.0.9",
            "0.0.8",
            f"this sidecar is {__version__}, which works with databases from"
            f" {OLDEST_SCHEMA} on; this one runs 0.0.9: deploy {__version__} to it",
        ),
    ],
)
def test_a_database_out_of_range_says_which_and_what_to_do(
    world: World, schema: str, serves: str, said: str
) -> None:
    """Two releases ahead, or two behind; in one line."""
    set_versions(world, schema, serves)
    assert only_failure() == f"✗ database: {said}"


@pytest.mark.usefixtures("settings")
def test_a_database_one_release_ahead_is_worked_with(world: World) -> None:
    """It says that it serves this sidecar; its Python package came before it."""
    set_versions(world, "0.9.0", __version__)
    world.rows(
        "create or replace function engine.plpython_handshake() returns jsonb"
        """ language sql stable return '{"package": "0.9.0"}'::jsonb"""
    )
    assert check()[0]


@pytest.mark.usefixtures("settings")
def test_a_database_that_lacks_what_a_deploy_sets_says_what(world: World) -> None:
    """As after pg_restore into a new database: named, and what to do."""
    world.rows(
        "do $$ begin execute 'grant temporary on database '"
        " || quote_ident(current_database()) || ' to public'; end $$"
    )
    world.rows("grant execute on function pg_advisory_lock(bigint) to public")
    assert only_failure() == (
        "✗ database: the database lacks what a deploy sets:"
        " everybody may create temporary tables in this database;"
        " everybody may call pg_advisory_lock: deploy"
    )


@pytest.mark.usefixtures("settings")
def test_a_servers_python_package_of_another_version_says_which(world: World) -> None:
    """The evaluator would refuse to decide: better to know before the first trip."""
    world.rows(
        "create or replace function engine.plpython_handshake() returns jsonb"
        """ language sql stable return '{"package": "0.0.9"}'::jsonb"""
    )
    assert "Python package is 0.0.9" in only_failure()


@pytest.mark.usefixtures("settings")
def test_a_database_that_is_away_says_so_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits half a minute for a wrong port."""
    monkeypatch.setattr(checks, "_PATIENCE_SECONDS", 0.3)
    url = f"host=127.0.0.1 port={closed_port()} user=u password=pass-word dbname=d"
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", url)
    line = only_failure()
    assert line.startswith("✗ database: the database does not answer as Skylatch")
    assert "pass-word" not in line


@pytest.mark.usefixtures("settings")
def test_a_database_without_a_connection_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is in the line itself, not that a pool has waited."""
    monkeypatch.setattr(checks, "_PATIENCE_SECONDS", 0.3)
    url = f"host=127.0.0.1 port={closed_port()} user=u dbname=d"
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", url)
    line = only_failure()
    assert "Connection refused" in line
    assert "check SKYLATCH_DATABASE_URL" in line


def test_a_superusers_login_is_a_remark_and_takes_no_real_money(
    world: World, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule of the database would bind the sidecar."""
    assert "skylatch_sidecar" in settings["SKYLATCH_DATABASE_URL"]
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", world.dsn)
    said = (
        "login: SKYLATCH_DATABASE_URL names a superuser, whom no rule of the database"
        " binds: name skylatch_sidecar"
    )
    passed, lines = check()
    assert passed
    assert f"- {said}" in lines
    _live(monkeypatch)
    passed, lines = check()
    assert not passed
    assert f"✗ {said}" in lines


def test_a_port_where_nobody_listens_is_not_waited_for(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However patient the pool behind it is."""
    waited: list[float] = []
    monkeypatch.setattr(checks.Database, "check_version", lambda _: waited.append(1.0))
    assert "skylatch_sidecar" in settings["SKYLATCH_DATABASE_URL"]
    url = f"host=127.0.0.1 port={closed_port()} user=u dbname=d"
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", url)
    assert "Connection refused" in only_failure()
    assert waited == []


@pytest.mark.usefixtures("settings")
def test_a_sidecar_without_an_endpoint_passes_with_a_remark() -> None:
    """`work` needs no token."""
    passed, lines = check()
    assert passed
    assert lines[7] == (
        f"- endpoint: SKYLATCH_HTTP_TOKEN: {NOT_SET}; serve does not start"
    )


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SKYLATCH_HTTP_TOKEN", "short"),
        ("SKYLATCH_HTTP_PORT", "99999"),
        ("SKYLATCH_STRIPE_WEBHOOK_SECRETS", "short"),
    ],
)
def test_a_wrong_setting_of_the_endpoint_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Before `serve` is the first to say it."""
    monkeypatch.setenv("SKYLATCH_HTTP_TOKEN", "long-enough-token")
    monkeypatch.setenv(name, value)
    assert only_failure().startswith(f"✗ endpoint: {name}: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("{", "Expecting property name"),
        ('{"flagValues": []}', 'no "flagValues" object'),
        ('{"flagValues": {}}', "has no boolean auto_booking_pipeline_enabled"),
        (
            '{"flagValues": {"auto_booking_pipeline_enabled": true}}',
            "has no boolean auto_booking_emergency_disable",
        ),
        (
            '{"flagValues": {"auto_booking_pipeline_enabled": "yes"}}',
            "has no boolean auto_booking_pipeline_enabled",
        ),
    ],
)
def test_a_flags_file_that_will_not_do_says_why(
    settings: dict[str, str], text: str | None, reason: str
) -> None:
    """Without it the flags go stale and nothing is booked."""
    path = Path(settings["SKYLATCH_FLAGS_FILE"])
    path.unlink()
    if text is not None:
        path.write_text(text)
    line = only_failure()
    assert line.startswith("✗ flags: ")
    assert str(path) in line
    assert reason in line


@pytest.mark.usefixtures("settings")
def test_without_redis_the_checks_pass_with_a_remark(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only speed suffers."""
    passed, lines = check()
    assert passed
    assert lines[-1] == "- redis: not configured; limits are per sidecar"
    monkeypatch.setenv("SKYLATCH_REDIS_URL", redis_server.url)
    redis_server.stop()
    passed, lines = check()
    assert passed
    assert lines[-1] == "- redis: ConnectionError; limits are per sidecar"


def test_brackets_in_a_path_are_printed_as_they_are(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks like markup is a part of the message."""
    monkeypatch.setenv("SKYLATCH_FLAGS_FILE", "/nowhere/[/red]/[bold]")
    assert "/nowhere/[/red]/[bold]" in only_failure()
