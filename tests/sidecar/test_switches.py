"""``sidecar flags``: an operator sees the flags and stops booking, with a reason."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sidecar.switches import app
from tests.factories import World

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
