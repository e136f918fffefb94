"""A doorbell that anybody may ring, and may jam, holds up nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sql import test_protocol
from tests.sql.test_protocol import Stage

stage = test_protocol.stage
SQL = Path(__file__).resolve().parents[2] / "sql"


@pytest.mark.parametrize(("usage", "heard"), [(0.4, 1), (0.6, 0)])
def test_nothing_is_notified_while_the_queue_fills_up(
    stage: Stage, usage: float, heard: int
) -> None:
    """A full queue fails every transaction that notifies, at its end."""
    stage.rows(
        "create or replace function pg_catalog.pg_notification_queue_usage()"
        f" returns double precision language sql volatile as 'select {usage}::float8'"
    )
    with stage.connect("skylatch_sidecar") as listener:
        listener.execute("listen skylatch_calls")
        stage.rows("select engine.wake_sidecar()")
        # Told apart from one that is on its way: whoever asks is told what was sent.
        stage.rows("select pg_notify('skylatch_calls', 'last')")
        said = []
        for one in listener.notifies(timeout=30):
            if one.payload == "last":
                break
            said.append(one)
    assert len(said) == heard


def test_there_is_one_place_that_notifies() -> None:
    """So that none forgets to ask for room."""
    notifying = [
        str(path.relative_to(SQL))
        for path in sorted(SQL.glob("*/*.sql"))
        if path.parent.name != "migrations"
        and re.search(
            r"\b(pg_notify|notify\s+\w)", re.sub(r"--.*", "", path.read_text())
        )
    ]
    assert notifying == ["calls/ring.sql"]
