"""What the sidecar writes of LaunchDarkly's data, and what it reads back."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Connect
from tests.flagdata import ON, age, evaluate, flag, mirror, one, problem, upsert


def test_the_same_content_again_moves_the_heartbeat_only(connect: Connect) -> None:
    """So that no connection reads everything again."""
    connection = connect()
    first = mirror(connection, *ON)
    age(connection)
    again = one(connection, "select engine.read_flags(null)")
    assert (first["changed"], again["generation"]) == (2, first["generation"])
    assert problem(connection, uuid4()) == "flags are stale"
    assert mirror(connection, *ON)["changed"] == 0
    assert problem(connection, uuid4()) is None
    changed = mirror(connection, ON[0])
    assert (changed["changed"], changed["generation"] > first["generation"]) == (
        1,
        True,
    )


def test_a_heartbeat_needs_something_that_was_loaded(connect: Connect) -> None:
    """And then ends staleness."""
    connection, sidecar = connect(), connect("skylatch_sidecar")
    assert one(sidecar, "select engine.beat_flags('stream')") is None
    age(connection)
    assert one(sidecar, "select engine.beat_flags('stream')") > 0
    assert problem(connection, uuid4()) is None
    assert one(sidecar, "select engine.read_flags(null)")["source"] == "stream"


def test_a_late_change_does_not_bring_back_what_was_deleted(connect: Connect) -> None:
    """Tombstones have versions; the mirror is told what is stored instead."""
    connection = connect("skylatch_sidecar")
    asker = connect("skylatch_owner")
    mirror(connection, flag("f", 1, version=3))
    assert not upsert(connection, flag("f", 2, version=3))["stored"]
    grave = {"key": "f", "version": 5, "deleted": True}
    assert upsert(connection, grave)["stored"]
    assert evaluate(asker, "f")["reason"] == "FLAG_NOT_FOUND"
    late = upsert(connection, flag("f", 2, version=4))
    assert (late["stored"], late["item"]) == (False, grave)
    assert evaluate(asker, "f")["reason"] == "FLAG_NOT_FOUND"
    read = one(connection, "select engine.read_flags('features')")
    assert (read["initialized"], read["items"]) == (True, {"f": grave})
    assert one(connection, "select engine.read_flags('features', 'x')")["items"] == {}
    assert upsert(connection, flag("f", 2, version=6))["stored"]
    assert evaluate(asker, "f")["value"] == 2


@pytest.mark.parametrize(
    "call",
    [
        "select engine.sync_flags('{}', 'x')",
        "select engine.sync_flags('{\"features\": [], \"segments\": {}}', 'x')",
        "select engine.upsert_flag('flags', '{\"key\": \"f\", \"version\": 1}', 'x')",
        "select engine.upsert_flag('features', '{\"key\": \"f\"}', 'x')",
        "select engine.upsert_flag('features', '[]', 'x')",
    ],
)
def test_what_is_not_launchdarklys_form_is_an_error(
    connect: Connect, call: str
) -> None:
    """And changes nothing."""
    with pytest.raises(psycopg.Error) as caught:
        connect("skylatch_sidecar").execute(call.encode())
    assert caught.value.sqlstate == "SK305"


@pytest.mark.parametrize("role", ["anon", "authenticated", "skylatch_cron"])
def test_only_the_sidecar_writes_the_mirror(connect: Connect, role: str) -> None:
    """And nobody but the engine evaluates for a context of their own."""
    connection = connect(role)
    for call in (
        "engine.sync_flags('{}', 'x')",
        "engine.upsert_flag('features', '{}', 'x')",
        "engine.beat_flags('x')",
        "engine.read_flags('features')",
        "engine.evaluate_flag('f', '{}')",
        "engine.set_kill_switch(false, 'x')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select {call}".encode())
