"""``sidecar flags``: an operator sees the flags and stops booking, with a reason."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from sidecar.switches import app
from tests.factories import FLAGS, World

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _operator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYLATCH_OPERATOR_URL", world.dsn)
    monkeypatch.setenv("COLUMNS", "200")


def test_the_flags_are_listed_with_what_they_served(world: World) -> None:
    """Key, state, version and age of every mirrored flag."""
    shown = RUNNER.invoke(app, ["show"])
    assert shown.exit_code == 0
    for flag in ("auto_booking_pipeline_enabled", "price_optimization"):
        assert flag in shown.output
    assert "STALE" not in shown.output
    world.rows("update engine.flag_sync set stale_after = '0'")
    assert "STALE" in RUNNER.invoke(app, ["show"]).output


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_terminal_cuts_nothing_off(
    world: World, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """Nor does a pipe, which is eighty columns wide."""
    monkeypatch.setenv("COLUMNS", str(columns))
    world.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
    told = RUNNER.invoke(app, ["show"]).output
    assert "…" not in told
    assert columns < 80 or re.search(
        r"auto_booking_emergency_disable +true +FALLTHROUGH +STOPPED +yes", told
    )


def test_what_is_served_is_told_from_what_is_on(world: World) -> None:
    """A flag that is on and serves true stops everything, or lets everything go."""
    world.rows("select engine.set_kill_switch(true, 'a [drill]')")
    world.set_flags({**FLAGS, "auto_booking_emergency_disable": True, "other": 1})
    shown = RUNNER.invoke(app, ["show"]).output.splitlines()
    assert shown[0] == "kill switch: ENGAGED, a [drill]"
    rows = {line.split()[0]: line.split()[1:5] for line in shown[2:7]}
    stops = ["true", "FALLTHROUGH", "STOPPED", "yes"]
    assert rows["auto_booking_emergency_disable"] == stops
    goes = ["true", "FALLTHROUGH", "allowed", "yes"]
    assert rows["auto_booking_pipeline_enabled"] == goes
    assert rows["other"][:3] == ["1", "FALLTHROUGH", "yes"]


def test_the_audit_lists_what_to_tidy_up(world: World) -> None:
    """The exit code is 1 only when a flag is expired."""
    world.rows(
        "update engine.flag_register set created_on = current_date - 1,"
        " expires_on = current_date + 90"
    )
    told = RUNNER.invoke(app, ["audit"])
    assert (
        told.output.strip() == "every flag is registered, mirrored, asked and in time"
    )
    assert told.exit_code == 0
    world.set_flags({**FLAGS, "other": 1})
    told = RUNNER.invoke(app, ["audit"])
    assert (told.exit_code, "NOT_REGISTERED" in told.output) == (0, True)
    world.rows(
        "update engine.flag_register set created_on = '2020-01-01',"
        " expires_on = '2021-01-01' where flag = 'price_optimization'"
    )
    told = RUNNER.invoke(app, ["audit"])
    assert (told.exit_code, "EXPIRED" in told.output) == (1, True)


def test_the_kill_switch_stops_and_allows_and_is_audited(world: World) -> None:
    """Both ways need a reason, which is kept."""
    assert RUNNER.invoke(app, ["stop"]).exit_code == 2
    assert RUNNER.invoke(app, ["stop", "--reason", "fare bug"]).exit_code == 0
    user = "select engine.flag_problem(gen_random_uuid(), clock_timestamp())"
    assert world.value(user) == "kill switch: fare bug"
    assert RUNNER.invoke(app, ["allow", "--reason", "fixed"]).exit_code == 0
    changes = world.rows(
        "select engaged, reason from engine.kill_switch_changes order by id"
    )
    assert [(c["engaged"], c["reason"]) for c in changes][-2:] == [
        (True, "fare bug"),
        (False, "fixed"),
    ]
