"""Who may send what before anything is read, and that nobody holds up anybody."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.waiting_room import Place, WaitingRoom, source_of
from sidecar.web import build_app
from sidecar.webhooks import MAX_BYTES
from tests.asgi import post
from tests.callbacks import (
    HEADERS,
    PATHS,
    SECRETS,
    STRIPE_SECRET,
    as_bytes,
    sign,
    snapshot,
)
from tests.endpoint import Client, head, served
from tests.raw_server import closed_port
from tests.sidecar.test_webhooks import Door, opened
from tests.waiting import wait_until

TOKEN = "a-token-of-the-test"
BEARER = f"Authorization: Bearer {TOKEN}"
JSON = "Content-Type: application/json"
LAST = "Connection: close"
RPC_LIMIT = 4096
RPCS = [
    "/rpc/duffel_search",
    "/rpc/auto_book_production",
    "/rpc/auto_book_monitor",
]
CLOSED = [
    *RPCS,
    *("/rpc/", "/rpc/nothing", "/nothing", "/docs", "/redoc", "/", "//rpc/x"),
    *("/metrics", "/metrics/", "//metrics", "/wake"),
]
OPEN = ["/livez", "/readyz", "/openapi.json", *PATHS.values()]
SECURITY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@contextmanager
def stranded_app(**changes: Any) -> Iterator[Any]:
    """Build the endpoint without a database; `changes` are settings."""
    url = f"host=127.0.0.1 port={closed_port()} dbname=none"
    settings = ServeSettings(
        **{
            "database_url": SecretStr(url),
            "http_token": SecretStr(TOKEN),
            "stripe_webhook_secrets": (SecretStr(STRIPE_SECRET),),
            **changes,
        }
    )
    database = Database(make_conninfo(url), patience=0.2)
    try:
        yield build_app(settings, database)
    finally:
        database.close()


@pytest.fixture
def app() -> Iterator[Any]:
    """Build the endpoint without a database."""
    with stranded_app() as app:
        yield app


@pytest.fixture
def port(app: Any) -> Iterator[int]:
    """Serve the endpoint without a database."""
    with served(app) as port:
        yield port


@pytest.fixture
def door(database: str) -> Iterator[Door]:
    """Build the endpoint for the test's database."""
    with opened(database) as door:
        yield door


def good_event(source: str, port: int) -> int:
    """Deliver a good event; return the status."""
    body = as_bytes(snapshot("charge.updated", {"id": "ch_1"}))
    signature = f"Stripe-Signature: {sign(body, STRIPE_SECRET)}"
    length = f"Content-Length: {len(body)}"
    request = head("POST", PATHS["stripe"], length, signature, LAST) + body
    return Client(port, request, source=source).answer()[0]


@contextmanager
def slow_senders(
    count: int, started: bytes, port: int, *, kept: int, source: str = "127.0.0.1"
) -> Iterator[list[Client]]:
    """Send a beginning so many times, until only `kept` are left to wait."""
    with ExitStack() as stack:
        slow: list[Client] = []
        while len(slow) < count:
            slow.append(Client(port, started, source=source))
            stack.callback(slow[-1].close)
            # So few at once that none is sent away before its head is read.
            if len(slow) % 64 == 0 or len(slow) == count:
                wait_until(lambda: sum(one.is_open() for one in slow) <= kept)
        yield slow


# -- before the body -----------------------------------------------------------------


@pytest.mark.parametrize("path", CLOSED + OPEN)
@pytest.mark.parametrize("length", ["200000000", "9" * 5000])
def test_a_body_announced_over_the_limit_is_refused_unread(
    port: int, path: str, length: str
) -> None:
    """413 on every route, while nothing of the body has been sent; then we hang up."""
    asked = Client(port, head("POST", path, BEARER, f"Content-Length: {length}"))
    status, headers, body = asked.answer()
    # So long a number is no request for the server itself.
    assert status in ((413,) if len(length) < 20 else (413, 400))
    if status == 413:
        assert headers["connection"] == "close"
        assert body == b"" if path in PATHS.values() else json.loads(body)


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize(
    "authorization",
    [(), ("Authorization: Bearer wrong",), (f"Authorization: Basic {TOKEN}",)],
)
def test_the_token_is_asked_for_before_the_body(
    port: int, path: str, authorization: tuple[str, ...]
) -> None:
    """401 while nothing of it has been sent, also where nobody thought of a route."""
    announced = "Transfer-Encoding: chunked"
    asked = Client(port, head("POST", path, announced, *authorization))
    status, headers, _ = asked.answer()
    assert (status, headers["www-authenticate"]) == (401, "Bearer")


def test_a_stranger_is_not_read(app: Any) -> None:
    """However much he sends: not one byte is taken of it."""
    flood = (b"x" * 65_536 for _ in range(3_000))
    answer = asyncio.run(post(app, RPCS[0], flood))
    assert (answer.status, answer.taken) == (401, 0)


@pytest.mark.parametrize("path", [*RPCS, "/wake", "/livez", "/nothing"])
def test_no_more_is_read_than_the_limit(app: Any, path: str) -> None:
    """Thirty megabytes of JSON, with the token and without a length."""
    chunk = b"[1,1,1," * 100
    endless = (chunk for _ in range(40_000))
    header = (b"authorization", f"Bearer {TOKEN}".encode())
    answer = asyncio.run(post(app, path, endless, [header]))
    assert answer.status == 413
    limit = RPC_LIMIT if path in {*RPCS, "/wake"} else 0
    assert answer.taken <= limit + len(chunk)


# -- slow senders --------------------------------------------------------------------


@pytest.mark.parametrize("slow_source", ["127.0.0.1", "127.0.0.2"])
@pytest.mark.parametrize("senders", [64, 400])
def test_slow_senders_do_not_turn_a_good_event_away(
    door: Door, senders: int, slow_source: str
) -> None:
    """Also not when they share its address; the greediest gives way."""
    started = head("POST", PATHS["stripe"], "Content-Length: 100") + b"{"
    with (
        served(door.app) as port,
        slow_senders(senders, started, port, kept=64, source=slow_source) as slow,
    ):
        assert good_event("127.0.0.1", port) == 200
        # Those that gave way are told to be quicker.
        first, *_, last = slow
        assert senders <= 64 or first.answer()[0] == 408
        assert last.is_open()
    assert len(door.stored()) == 1


def test_slow_bodies_with_the_token_do_not_stop_an_entry_point(
    app: Any, port: int
) -> None:
    """Places belong to those who use them."""
    started = head("POST", RPCS[0], BEARER, JSON, "Content-Length: 100") + b"{"
    with slow_senders(100, started, port, kept=16):
        asked = Client(port, head("POST", RPCS[0], BEARER, JSON, LAST))
        assert asked.answer()[0] == 422


@pytest.mark.parametrize("path", [PATHS["stripe"], RPCS[0]])
def test_a_slow_body_ends(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """408 when its time is over, however often another byte comes."""
    monkeypatch.setattr("sidecar.inbox._READ_SECONDS", 0.3)
    monkeypatch.setattr("sidecar.web._READ_SECONDS", 0.3)
    with stranded_app() as app, served(app) as port:
        slow = Client(port, head("POST", path, BEARER, "Content-Length: 200"))

        def is_over() -> bool:
            if slow.is_open():
                slow.send(b" ")
            return not slow.is_open()

        wait_until(is_over)
        assert slow.answer()[0] == 408


@pytest.mark.parametrize("first", ["", "POST /wake HTT", "GET /livez HTTP/1.1\r\nHo"])
def test_a_connection_without_a_whole_head_is_closed(
    app: Any, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Of which the server itself would wait for ever."""
    monkeypatch.setattr("sidecar.serving._HEAD_SECONDS", 0.2)
    with served(app) as port:
        client = Client(port, first.encode())

        def is_over() -> bool:
            if client.is_open() and first:
                client.send(b"x")
            return not client.is_open()

        wait_until(is_over)
        assert client.rest() == b""


def test_a_connection_that_was_answered_is_closed_when_no_more_comes(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may ask again, and not stay for ever."""
    monkeypatch.setattr("sidecar.serving._HEAD_SECONDS", 0.2)
    with served(app) as port:
        client = Client(port, head("GET", "/livez") * 2)
        assert client.rest().count(b"HTTP/1.1 200") == 2


def test_silent_connections_do_not_shut_others_out(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is always room for one more; who waited longest goes."""
    monkeypatch.setattr("sidecar.serving._MAX_WAITING", 8)
    with served(app) as port:
        silent = [Client(port) for _ in range(30)]
        assert Client(port, head("GET", "/livez", LAST)).answer()[0] == 200
        wait_until(lambda: sum(one.is_open() for one in silent) <= 8)
        for one in silent:
            one.close()


def test_many_who_ask_whether_it_is_ready_ask_the_database_once(
    app: Any, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keep nobody from hearing that the process lives."""
    asked: list[None] = []
    gate = threading.Event()

    def slowly(_: Database) -> None:
        asked.append(None)
        gate.wait(30)

    monkeypatch.setattr(Database, "check_version", slowly)
    for question in ("check_setup", "probe_write"):
        monkeypatch.setattr(Database, question, lambda _: None)
    monkeypatch.setattr(Database, "degradations", lambda _: [])
    many = [Client(port, head("GET", "/readyz", LAST)) for _ in range(60)]
    wait_until(lambda: len(asked) == 1)
    assert Client(port, head("GET", "/livez", LAST)).answer()[0] == 200
    # The last of them has been taken in: whoever came after it was answered.
    assert len(asked) == 1
    gate.set()
    assert {one.answer()[0] for one in many} == {200}


# -- places --------------------------------------------------------------------------


def test_a_newcomer_takes_the_place_of_the_greediest() -> None:
    """The one it has had the longest, and nobody else's."""
    room = WaitingRoom(4)
    gone: list[str] = []

    def enter(source: str, name: str) -> Place:
        return room.enter(source, lambda: gone.append(name))

    enter("b", "b1")
    first = enter("a", "a1")
    enter("a", "a2")
    enter("a", "a3")
    assert gone == []
    enter("b", "b2")
    assert gone == ["a1"]
    # Who gave way leaves too, by and by: nobody else's place is given back for it.
    room.leave(first)
    enter("c", "c1")
    assert gone == ["a1", "b1"]
    enter("c", "c2")
    assert gone == ["a1", "b1", "a2"]


def test_a_place_that_was_given_back_is_free() -> None:
    """Nobody gives way while there is room."""
    room = WaitingRoom(1)
    gone: list[str] = []
    for _ in range(3):
        room.leave(room.enter("a", lambda: gone.append("a")))
    assert gone == []


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        (None, ""),
        ("no address", ""),
    ],
)
def test_a_source_is_an_address_or_a_customers_network(
    address: str | None, source: str
) -> None:
    """Whoever has one IPv6 address has very many."""
    assert source_of(address) == source


# -- what cannot be read -------------------------------------------------------------

CANARY = "Amelia-1987-07-24"


@pytest.mark.parametrize("path", RPCS[:2])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"trip_request_id":1e999999}', "trip_request_id"),
        (b'{"trip_request_id":-1e999999}', "trip_request_id"),
        (b'{"trip_request_id":NaN}', "trip_request_id"),
        (b'{"trip_request_id":"%s"}' % CANARY.encode(), "trip_request_id"),
        (b'{"trip_request_id":{"%s":1}}' % CANARY.encode(), "trip_request_id"),
        (b'{"trip_request_id":"\\ud800"}', "trip_request_id"),
        (b'{"trip_request_id":%s}' % (b"9" * 4000), "trip_request_id"),
        (b'{"%s":1}' % CANARY.encode(), "trip_request_id"),
        (b"{}", "trip_request_id"),
        (b"[]", None),
        (b"1e999999", None),
        (b"NaN", None),
        (b'"%s"' % CANARY.encode(), None),
        (b'{"%s' % CANARY.encode(), None),
        (b"[" * 4000, None),
        (b'{"a":' * 800, None),
        (b"9" * 4090, None),
        (b"\xff\xfe\x00", None),
        (b"", None),
    ],
)
def test_what_cannot_be_read_is_the_callers_fault_and_not_repeated(
    app: Any, path: str, body: bytes, field: str | None
) -> None:
    """With the name of the field, and never with its value."""
    headers = [
        (b"authorization", f"Bearer {TOKEN}".encode()),
        (b"content-type", b"application/json"),
    ]
    answer = asyncio.run(post(app, path, [body], headers))
    assert answer.status in (400, 422), answer
    for echoed in (CANARY, "999999", "NaN", "ud800", "inf"):
        assert echoed.encode() not in answer.body
    if field is not None:
        assert json.loads(answer.body)["field"] == field
        assert field in json.loads(answer.body)["hint"]


# -- headers, and pages that nobody asked for ----------------------------------------


def crash(*_: object) -> None:
    """Fail as only a defect does."""
    raise RuntimeError(CANARY)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head("GET", "/livez", LAST), 200),
        (head("POST", "/wake", BEARER, LAST), 204),
        (head("GET", "/openapi.json", LAST), 200),
        (head("POST", RPCS[0], LAST), 401),
        (head("GET", "/nothing", BEARER, LAST), 404),
        (head("GET", "/wake", BEARER, LAST), 405),
        (head("POST", "/wake", "Content-Length: 9999999"), 413),
        (head("POST", RPCS[0], BEARER, LAST), 422),
        (head("GET", "/readyz", LAST), 503),
        (head("POST", PATHS["stripe"], LAST), 400),
    ],
)
def test_every_answer_has_the_security_headers(
    port: int, request_bytes: bytes, status: int
) -> None:
    """Refusals too."""
    found, headers, _ = Client(port, request_bytes).answer()
    assert found == status
    assert headers.items() >= SECURITY.items()
    assert "server" not in headers


def test_a_defect_has_them_too_and_says_nothing(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went wrong is for the log."""
    monkeypatch.setattr(Database, "rpc", crash)
    with served(app) as port:
        body = json.dumps({"trip_request_id": str(uuid4())}).encode()
        lines = (BEARER, JSON, f"Content-Length: {len(body)}", LAST)
        asked = Client(port, head("POST", RPCS[0], *lines) + body)
        status, headers, text = asked.answer()
    assert status == 500
    assert headers.items() >= SECURITY.items()
    assert set(json.loads(text)) == {"message"}
    assert CANARY.encode() not in text


@pytest.mark.parametrize("asked_for", [False, True])
def test_the_docs_are_off_unless_asked_for(asked_for: bool) -> None:
    """What they would load is of others; the description itself is always there."""
    with stranded_app(http_docs=asked_for) as app, served(app) as port:

        def status(path: str) -> int:
            return Client(port, head("GET", path, BEARER, LAST)).answer()[0]

        assert status("/docs") == (200 if asked_for else 404)
        assert status("/redoc") == 404
        assert status("/docs/oauth2-redirect") == 404
        assert status("/openapi.json") == 200


@pytest.mark.parametrize("path", ["/livez/", "/wake/", "/openapi.json/", "/rpc/x/"])
def test_what_a_request_says_of_itself_is_not_believed(port: int, path: str) -> None:
    """No redirect to the host that was claimed, no source but the connection."""
    claims = (
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-Proto: https",
        "Forwarded: for=203.0.113.9;host=evil.example",
        LAST,
        BEARER,
    )
    request = head("GET", path, *claims).replace(b"Host: here", b"Host: evil.example")
    answer = Client(port, request).rest()
    assert b" 404 " in answer.split(b"\r\n")[0]
    assert b"evil" not in answer
    assert b"location" not in answer.lower()


def test_who_sends_is_who_is_connected(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one sender could pass for many, and never be the greediest."""
    seen: list[str] = []
    enter = WaitingRoom.enter

    def entering(room: WaitingRoom, source: str, give_way: Callable[[], None]) -> Place:
        seen.append(source)
        return enter(room, source, give_way)

    monkeypatch.setattr(WaitingRoom, "enter", entering)
    with served(app) as port:
        claim = "X-Forwarded-For: 203.0.113.9"
        request = head("POST", "/wake", BEARER, claim, LAST)
        assert Client(port, request, source="127.0.0.3").answer()[0] == 204
    assert set(seen) == {"127.0.0.3"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\r\n\r\n",
        head("GET", "/livez", "X: " + "x" * 50_000)[:-4],
        b"\xff" * 70_000,
    ],
)
def test_what_is_no_http_is_hung_up_on(port: int, garbage: bytes) -> None:
    """And the next one is served."""
    Client(port, garbage).rest()
    assert Client(port, head("GET", "/livez", LAST)).answer()[0] == 200


def test_a_body_of_an_event_may_be_as_long_as_ever(door: Door) -> None:
    """The limit of the entry points is not the callbacks'."""
    for provider, path in PATHS.items():
        body = b'{"pad":"' + b"x" * (MAX_BYTES - 10) + b'"}'
        assert len(body) == MAX_BYTES
        signature = sign(body, SECRETS[provider]).encode()
        name = HEADERS[provider].lower().encode()
        answer = asyncio.run(post(door.app, path, [body], [(name, signature)]))
        assert answer.status == 400
    assert door.reasons() == {("stripe", "no_event"): 1, ("duffel", "no_event"): 1}


@pytest.mark.parametrize("kept", [1, 2])
def test_a_pipelined_request_is_answered_too(port: int, kept: int) -> None:
    """A kept connection is one whose requests came one after the other."""
    with ExitStack() as stack:
        client = Client(
            port, head("GET", "/livez") * kept + head("GET", "/livez", LAST)
        )
        stack.callback(client.close)
        assert client.rest().count(b"HTTP/1.1 200") == kept + 1
