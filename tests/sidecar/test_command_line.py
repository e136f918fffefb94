"""The command line: help without settings, and errors without tracebacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import __version__
from sidecar.config import NOT_SET
from tests.raw_server import closed_port

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "SKYLATCH_DATABASE_URL": "postgresql://nobody:pass-word@127.0.0.1:{port}/none",
    "SKYLATCH_DUFFEL_TOKEN": "duffel_test_secret123",
    "SKYLATCH_STRIPE_KEY": "sk_test_secret123",
    "SKYLATCH_FLAGS_FILE": "/nowhere/flags.json",
    "SKYLATCH_HTTP_TOKEN": "secret-secret-secret",
}


def sidecar(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with these settings and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")}
    return subprocess.run(
        [sys.executable, "-m", "sidecar", *arguments],
        cwd=ROOT,
        env={**inherited, "COLUMNS": "80", "NO_COLOR": "1", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_lists_the_commands() -> None:
    """Nothing has to be set to read it."""
    result = sidecar("--help")
    assert result.returncode == 0
    for command in ("run", "work", "serve", "check", "deploy", "local", "trips"):
        assert command in result.stdout
    assert result.stderr == ""


def test_version_is_the_package_s() -> None:
    """The same that the database is asked for."""
    result = sidecar("--version")
    assert (result.returncode, result.stdout.strip()) == (0, __version__)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (
            "work",
            ["DATABASE_URL", "DUFFEL_TOKEN", "STRIPE_KEY"],
        ),
        ("serve", ["DATABASE_URL", "HTTP_TOKEN"]),
        ("run", ["DATABASE_URL", "HTTP_TOKEN", "DUFFEL_TOKEN", "STRIPE_KEY"]),
    ],
)
def test_missing_settings_are_one_line_each(command: str, missing: list[str]) -> None:
    """Status 1, every name, no traceback."""
    result = sidecar(command)
    assert result.returncode == 1
    lines = result.stderr.removeprefix("error: ").splitlines()
    assert lines == [f"SKYLATCH_{name}: {NOT_SET}" for name in missing]
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["work", "check"])
def test_a_wrong_setting_is_one_line_without_its_value(command: str) -> None:
    """However long the line, and whatever brackets are in it."""
    settings = {**COMPLETE, "SKYLATCH_DUFFEL_TOKEN": "duffel_live_secret123"}
    result = sidecar(command, **settings)
    assert result.returncode == 1
    output = result.stdout + result.stderr
    assert (
        "SKYLATCH_DUFFEL_TOKEN is not a duffel_test_ token but a live token of Duffel"
        in output
    )
    assert "secret123" not in output
    assert "Traceback" not in output


def test_a_database_that_is_away_ends_the_command_with_one_error() -> None:
    """The supervisor starts it again; the password is not in the message."""
    settings = dict(COMPLETE)
    url = settings["SKYLATCH_DATABASE_URL"].format(port=closed_port())
    result = sidecar("serve", **{**settings, "SKYLATCH_DATABASE_URL": url})
    assert result.returncode == 1
    assert "error: the database does not answer as Skylatch" in result.stderr
    assert "Connection refused" in result.stderr.splitlines()[-1]
    assert "check SKYLATCH_DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr
    assert "pass-word" not in result.stderr


@pytest.mark.parametrize(
    ("dsn", "reason"),
    [
        ("nonsense-secret123", "--dsn is not a connection string"),
        ("postgresql://u:secret123@[db/x", "--dsn is not a connection string"),
        ("postgresql://u:secret123@127.0.0.1:{port}/x", "the database does not answer"),
    ],
)
def test_a_deploy_to_nowhere_is_one_error_that_names_the_option(
    dsn: str, reason: str
) -> None:
    """Neither a traceback with the password, nor the advice to start another stack."""
    result = sidecar("deploy", "--dsn", dsn.format(port=closed_port()))
    assert result.returncode == 1
    said = result.stdout + result.stderr
    assert reason in said
    for unwanted in ("Traceback", "secret123", "make up"):
        assert unwanted not in said


def test_an_operators_command_says_why_there_is_no_connection() -> None:
    """Once, and not that a pool waited for five seconds."""
    url = COMPLETE["SKYLATCH_DATABASE_URL"].format(port=closed_port())
    result = sidecar("flags", "show", SKYLATCH_OPERATOR_URL=url)
    assert result.returncode == 2
    assert result.stderr.startswith("error: SKYLATCH_OPERATOR_URL: OperationalError")
    assert result.stderr.count("Connection refused") == 1


def test_a_refusal_of_the_database_says_what_to_do(database: str) -> None:
    """The hint too, which is where that is written."""
    deny = ("flags", "stop", "--reason", "x")
    result = sidecar(*deny, SKYLATCH_OPERATOR_URL=database)
    assert result.returncode == 1
    assert result.stderr.startswith("error: SK016 a decision needs its reason: ")


def test_a_terminal_of_another_encoding_gets_every_line() -> None:
    """Passed and failed are still told apart, and there is no traceback."""
    settings = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    result = sidecar("check", **settings)
    assert "Traceback" not in result.stderr
    assert result.stdout.splitlines()[0] == "x settings"
    url = COMPLETE["SKYLATCH_DATABASE_URL"].format(port=closed_port())
    complete = {**COMPLETE, "SKYLATCH_DATABASE_URL": url}
    result = sidecar("check", **complete, **settings)
    assert result.stdout.splitlines()[0] == "+ settings"


def test_an_unknown_command_is_refused() -> None:
    """Status 2, as everywhere."""
    assert sidecar("fly").returncode == 2
