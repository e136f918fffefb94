"""The names of log lines are a closed list, and nothing private is in a line."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict
from starlette.datastructures import Headers
from structlog.testing import capture_logs

import sidecar
from sidecar import config, tracing
from sidecar.log_events import EVENTS
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer
from tests.sidecar.test_telemetry import _restored as _restored  # noqa: PLC0414
from tests.sidecar.test_telemetry import configured, lines

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
SOURCE = Path(sidecar.__file__).parent


def logged(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the level and the name of every line that a module writes."""
    aliases: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found = {
                one.attr for one in ast.walk(node.value) if is_method_of_a_log(one)
            }
            if found:
                aliases[node.targets[0].id] = found
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if is_method_of_a_log(node.func):
            levels = {node.func.attr}
        elif isinstance(node.func, ast.Name) and node.func.id in aliases:
            levels = aliases[node.func.id]
        else:
            continue
        name = node.args[0]
        assert isinstance(name, ast.Constant), ast.unparse(node)
        for level in levels:
            yield ("error" if level == "exception" else level), name.value


def is_method_of_a_log(node: ast.AST) -> bool:
    """Tell whether a node is `_log.info` or `structlog.get_logger().info`."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in LEVELS
        and ast.unparse(node.value) in ("_log", "structlog.get_logger()")
    )


def everything_logged() -> set[tuple[str, str]]:
    """Return the level and the name of every line that the sidecar writes."""
    return {
        found
        for path in SOURCE.rglob("*.py")
        # The local stack is not what runs in production.
        if "local" not in path.relative_to(SOURCE).parts
        for found in logged(ast.parse(path.read_text()))
    }


def test_every_line_has_a_name_and_a_level_of_the_list() -> None:
    """And every name of the list is written somewhere, at each of its levels."""
    listed = {(level, name) for name, one in EVENTS.items() for level in one.levels}
    assert everything_logged() == listed
    assert all(one.meaning for one in EVENTS.values())


def test_a_name_that_is_not_in_the_list_is_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So that it is seen where no test has looked."""
    log = configured()
    log.info("worker.started")
    log.info("worker.startled")
    known, unknown = lines(capsys)
    assert "unlisted" not in known
    assert unknown["unlisted"] is True


@pytest.mark.parametrize(
    ("answer", "level", "event"),
    [
        (Answer(http_status=201), "info", "call.answered"),
        (Answer(http_status=422), "info", "call.answered"),
        (Answer(http_status=429), "warning", "call.failed"),
        (Answer(http_status=503), "warning", "call.failed"),
        (NO_ANSWER, "warning", "call.failed"),
        (NOT_SENT, "warning", "call.failed"),
        (Answer(error_code="too_large"), "warning", "call.failed"),
        (Answer(http_status=401), "error", "call.unauthorized"),
        (Answer(http_status=403), "error", "call.unauthorized"),
    ],
)
def test_a_level_says_whether_a_person_has_to_look(
    answer: Answer, level: str, event: str
) -> None:
    """A provider's bad day is no error."""
    with capture_logs() as told:
        tracing.tell_answer(answer, seconds=0.25)
    assert [(line["log_level"], line["event"]) for line in told] == [(level, event)]
    assert told[0]["ms"] == 250


def test_somebody_at_a_terminal_reads_lines_and_not_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what has to be taken out taken out all the same."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log = configured()
    log.info("call.answered", ms=12, header={"Authorization": "Bearer can4ry-token"})
    try:
        raise OSError("redis://:can4ry@redis/0")
    except OSError:
        log.exception("call.crashed", key=SecretStr("can4ry"))
    err = capsys.readouterr().err
    assert "call.answered" in err
    assert "OSError" in err
    assert "can4ry" not in err
    with pytest.raises(ValueError, match=r"Expecting|Extra"):
        json.loads(err.splitlines()[0])


class Canary:
    """An object that says everything of itself."""

    def __repr__(self) -> str:
        return "Canary(password='can4ry', given_name='can4ry')"


def settings() -> config.WorkSettings:
    """Return settings with a canary in each secret."""
    return config.WorkSettings(
        database_url=SecretStr("postgresql://sidecar:can4ry@db/x"),
        redis_url=SecretStr("redis://:can4ry@redis/0"),
        otlp_endpoint=SecretStr("https://me:can4ry@collector:4318"),
        duffel_token=SecretStr("duffel_test_can4ry"),
        stripe_key=SecretStr("sk_test_can4ry"),
        flags_file=Path("flags.json"),
    )


def prepared() -> requests.PreparedRequest:
    """Return a request with a canary in its headers, address and body."""
    return requests.Request(
        "POST",
        "https://me:can4ry@api.example/x?client_secret=can4ry",
        headers={"Authorization": "Bearer can4ry-token"},
        json={"given_name": "can4ry"},
    ).prepare()


PASSENGER = {
    "given_name": "can4ry",
    "family_name": "can4ry",
    "born_on": "can4ry",
    "email": "can4ry@example.com",
    "phone_number": "+44can4ry",
    "identity_documents": [{"unique_identifier": "can4ry"}],
}


@pytest.mark.parametrize(
    "planted",
    [
        CaseInsensitiveDict(
            {"Authorization": "can4ry", "X-Duffel-Signature": "can4ry"}
        ),
        Headers({"stripe-signature": "t=1,v1=can4ry", "cookie": "can4ry"}),
        prepared().headers,
        prepared(),
        settings(),
        settings().model_dump(),
        {"settings": settings()},
        SecretStr("can4ry"),
        [SecretStr("can4ry")],
        ValueError("password=can4ry"),
        Canary(),
        {"deep": [Canary()]},
        {"passengers": [PASSENGER]},
        json.dumps({"passengers": [PASSENGER]}),
        repr({"passengers": [PASSENGER]}),
        f"order refused: {PASSENGER}",
        "host=db password=can4ry user=me",
        "can4ry@example.com wrote",
        "write to <can4ry.of.the.test@example.co.uk>",
    ],
    ids=lambda planted: type(planted).__name__,
)
def test_nothing_private_is_in_a_line_wherever_it_was_planted(
    planted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a value, inside of one, in an exception's text, in a library's line."""
    log = configured()
    log.warning("call.failed", found=planted, inside={"of": [planted]})
    try:
        raise RuntimeError(planted)
    except RuntimeError as error:
        log.warning("call.not_sent", reason=str(error))
        if not isinstance(planted, Exception):
            log.exception("call.crashed")
    assert "can4ry" not in json.dumps(lines(capsys))


def test_a_birth_date_is_taken_out_whatever_its_type(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A date by its name; the date of a flight stays."""
    configured().info(
        "call.answered", born_on=date(1931, 4, 27), flight={"departs_on": "2027-01-02"}
    )
    (line,) = lines(capsys)
    assert "1931" not in json.dumps(line)
    assert line["flight"] == {"departs_on": "2027-01-02"}
