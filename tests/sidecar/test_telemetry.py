"""Log lines: one JSON object each, and nothing in them that opens a door."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from sidecar import telemetry

SECRETS = [
    "sk_test_51HabcdefGHIJ",
    "sk_live_51HabcdefGHIJ",
    "rk_live_51HabcdefGHIJ",
    "duffel_test_abc-DEF_ghi123",
    "duffel_live_abc-DEF_ghi123",
    "whsec_0123456789abcdef",
]


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the process's logging as it was."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def configured() -> Any:
    """Configure as a command does; return a logger."""
    logging.getLogger().handlers.clear()
    telemetry.configure()
    return structlog.get_logger()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was written to standard error; nothing else was written."""
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_redacted_wherever_it_slipped_in(
    secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the event, in a value, inside of one, in an object and in a traceback."""
    log = configured()
    log.warning(f"refused {secret}", header=f"Bearer {secret}")
    log.info("nested", request={"headers": [{"Authorization": secret}], secret: 1})
    log.info("object", error=ValueError(secret))
    try:
        raise ValueError(f"wrong key: {secret}")
    except ValueError:
        log.exception("crashed")
    logging.getLogger("psycopg.pool").warning("no connection with %s", secret)
    written = lines(capsys)
    assert len(written) == 5
    assert secret not in json.dumps(written)
    assert written[0]["event"] == "refused [redacted]"
    assert written[0]["header"] == "Bearer [redacted]"
    assert "wrong key: [redacted]" in written[3]["exception"]
    assert written[4]["event"] == "no connection with [redacted]"


def test_a_line_says_when_what_and_how_bad(capsys: pytest.CaptureFixture[str]) -> None:
    """Ours and the libraries' have one form."""
    configured().info("call.answered", call=7, http_status=201)
    logging.getLogger("library").error("broken")
    logging.getLogger("library").info("not worth a line")
    ours, theirs = lines(capsys)
    assert ours["timestamp"].endswith("Z")
    del ours["timestamp"]
    assert ours == {
        "event": "call.answered",
        "level": "info",
        "call": 7,
        "http_status": 201,
    }
    assert (theirs["event"], theirs["level"]) == ("broken", "error")
    assert theirs["timestamp"].endswith("Z")


def test_ordinary_words_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids are what a log is searched for."""
    ids = {
        "order": "ord_0000A1",
        "intent": "pi_3abcdefghijk",
        "request": "req_12345678",
    }
    configured().info("seen", **ids)
    (line,) = lines(capsys)
    assert line.items() >= ids.items()
