"""Log lines: one JSON object each, and nothing in them that opens a door."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from sidecar import redaction, telemetry

SECRETS = [
    "sk_test_51HabcdefGHIJ",
    "sk_live_51HabcdefGHIJ",
    "rk_live_51HabcdefGHIJ",
    "duffel_test_abc-DEF_ghi123",
    "duffel_live_abc-DEF_ghi123",
    "whsec_0123456789abcdef",
    "whsec_c2VjcmV0LWZvci10ZXN0cw+/==",
    "sdk-12345678-1234-1234-1234-123456789abc",
    "api-12345678-1234-1234-1234-123456789abc",
    "mob-12345678-1234-1234-1234-123456789abc",
    "pi_3abcdefghijk_secret_Zyxwvut",
]


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the process's logging as it was."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    # Another test's server may have given it handlers of its own; `serve` does not.
    for name in ("uvicorn", "uvicorn.error"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    before = structlog.get_config()
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield
    logging.captureWarnings(False)
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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer can4ry-of-the-test", "Authorization"),
        ("refused bearer can4ry.of.the.test", "refused bearer"),
        ("Basic Y2FuNHJ5OmNhbjRyeQ==can4ry", "Basic"),
        ("postgresql://sidecar:can4ry@db:5432/x", "postgresql://sidecar:"),
        ("redis://:can4ry@127.0.0.1:6379/0 is away", "@127.0.0.1:6379/0 is away"),
        ("https://me:can/4ry@can4ry@api.example", "@api.example"),
        ("host=db password=can4ry user=me", "host=db"),
        ("host=db password='can4ry two' user=me", "user=me"),
        ("?sslmode=on&password=can4ry&user=me", "&user=me"),
        ("{'password': 'can4ry', 'user': 'me'}", "'user': 'me'"),
        ('{"client_secret": "can4ry", "id": "pi_1"}', '"id": "pi_1"'),
        ("PGPASSWORD=can4ry psql", "psql"),
        ("SKYLATCH_HTTP_TOKEN=can4ry", "SKYLATCH_HTTP_TOKEN"),
        ("api_key: can4ry", "api_key"),
        ("X-Api-Key: canary-can4ry", "X-Api-Key"),
        ("REDISCLI_AUTH=can4ry", "REDISCLI_AUTH"),
        ("t=1790000000,v1=" + "ca4" * 22, "t=1790000000"),
    ],
)
def test_a_credential_is_redacted_by_its_form(
    text: str, left: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a message, a value, an exception, and what libraries write."""
    log = configured()
    log.info(text)
    log.info("value", detail=[{"text": text}], raw=text.encode())
    try:
        raise OSError(text)
    except OSError:
        log.exception("crashed")
        logging.getLogger("uvicorn.error").exception("crashed")
    logging.getLogger("urllib3.connectionpool").warning("Retrying: %s", text)
    # Where Python's own warnings go.
    logging.getLogger("py.warnings").warning("%s", text)
    written = lines(capsys)
    assert len(written) == 6
    for secret in ("can4ry", "can/4ry", "ca4ca4"):
        assert secret not in json.dumps(written)
    assert left in written[0]["event"]


def test_a_long_text_is_cut_and_not_searched_for_ever(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a provider or a forger sends ends up in messages."""
    for hostile in ("token_", "://:", "password='\\\\", "a_secret_", "sk_", "v1=a"):
        configured().info("seen", text=hostile * 200_000)
        (line,) = lines(capsys)
        assert len(line["text"]) < 50_000


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Authorization",
        "stripe_key",
        "http_token",
        "webhook_secrets",
        "Stripe-Signature",
        "X-Duffel-Signature",
        "client_secret",
        "sdk_key",
        "api-key",
        "set-cookie",
    ],
)
def test_a_credential_is_redacted_by_its_name(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it looks like, and however deep it is."""
    configured().info(
        "seen", **{name: "can4ry"}, request={"headers": {name: b"can4ry"}}
    )
    (line,) = lines(capsys)
    assert "can4ry" not in json.dumps(line)
    assert line[name] == "[redacted]"


def test_what_nobody_caught_is_a_line_like_any_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also at the end of a thread; Python would print it as it is."""
    configured()

    def crash() -> None:
        raise RuntimeError("redis://:can4ry@redis/0")

    thread = threading.Thread(target=crash, name="beat")
    thread.start()
    thread.join()
    try:
        crash()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    in_thread, in_main = lines(capsys)
    assert (in_thread["event"], in_thread["thread"]) == ("thread.uncaught", "beat")
    assert in_main["event"] == "uncaught"
    for line in (in_thread, in_main):
        assert "redis://:[redacted]@redis/0" in line["exception"]
        assert "can4ry" not in json.dumps(line)


class Shy:
    """An object that does not say what it is."""

    def __repr__(self) -> str:
        """Fail."""
        raise RuntimeError


def test_no_value_of_a_line_ends_who_writes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One that cannot be shown, one without an end, one that is no text."""
    endless: list[Any] = []
    endless.append(endless)
    configured().info("call.answered", shy=Shy(), half="\ud800")
    configured().info("call.answered", endless=endless)
    shown, cut = lines(capsys)
    assert shown["shy"] == "<Shy>"
    assert (cut["event"], cut["endless"]) == ("call.answered", "[redacted]")


def test_a_text_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a person reads the log, and in whatever is made of it."""
    configured().info("call.answered", request_id="\x1b[2J\x9b31m", where="a\tb\nc")
    (line,) = lines(capsys)
    gone = "\N{REPLACEMENT CHARACTER}"
    assert line["request_id"] == f"{gone}[2J{gone}31m"
    assert line["where"] == "a\tb\nc"


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
        "key": "3d1c1f0a-0000-0000-0000-000000000000:create_order",
        "url": "http://127.0.0.1:8787/livez?from=a&to=b",
        "address": "postgresql://me@db.example/x",
        "words": "a bearer token is needed; the api is away",
        "sentence": "SKYLATCH_HTTP_TOKEN: Field required",
        "trip": None,
    }
    configured().info("seen", **ids)
    (line,) = lines(capsys)
    assert line.items() >= ids.items()


@given(st.from_regex(redaction._HARMLESS, fullmatch=True))
def test_what_passes_as_harmless_has_nothing_that_a_pattern_finds(text: str) -> None:
    """The short way gives what the long one would."""
    long_way = redaction.printable(text)
    for pattern, replacement in redaction._REPLACEMENTS:
        long_way = pattern.sub(replacement, long_way)
    assert redaction.redact(text) == long_way == text
