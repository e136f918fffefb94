"""The Duffel client: one try a call, and never in doubt about what did not leave."""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sidecar import duffel as transport
from sidecar import flights, http
from sidecar.flights import Flights
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer
from tests.factories import in_days
from tests.raw_server import (
    RawServer,
    answering,
    closed_port,
    http_answer,
    raw_server,
)
from tests.sandbox.control import Fault
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.server import running_in_thread

TOKEN = "duffel_test_not-for-any-log"
JSON = "Content-Type: application/json"
WISH = {
    "slices": [
        {"origin": "LHR", "destination": "JFK", "departure_date": str(in_days(40))}
    ],
    "passengers": [{"type": "adult"}],
}
ORDER = {"selected_offers": ["off_1"], "passengers": []}


class Duffel:
    """The sandbox with a client of it."""

    def __init__(self, url: str, sandbox: FlightsSandbox) -> None:
        self.url = url
        self.sandbox = sandbox
        self.client = Flights(url, TOKEN)

    def asked(self, line: str) -> int:
        """Return how often one route was asked for."""
        return int(self.sandbox.faults.describe()["requests"].get(line, 0))


@pytest.fixture
def duffel() -> Iterator[Duffel]:
    """Serve a sandbox of the test's own."""
    sandbox = FlightsSandbox()
    with running_in_thread(sandbox.app) as url:
        yield Duffel(url, sandbox)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return a server's TLS context; the client trusts its certificate."""
    key, crt = tmp_path / "key.pem", tmp_path / "crt.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    command += " -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(crt)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(crt))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    return context


def each_call(url: str) -> Iterator[Answer]:
    """Make every kind of call once, each with a client of its own."""
    yield Flights(url, TOKEN).search(WISH, "c")
    yield Flights(url, TOKEN).get_offer("off_1", "c")
    yield Flights(url, TOKEN).create_order(ORDER, "c")
    yield Flights(url, TOKEN).find_orders("off_1", None, "c")
    yield Flights(url, TOKEN).find_orders("off_1", "ord_1", "c")
    yield Flights(url, TOKEN).list_orders("2026-11-01T00:00:00Z", "c")
    yield Flights(url, TOKEN).get_order("ord_1", "c")
    yield Flights(url, TOKEN).quote_cancellation("ord_1", "c")
    yield Flights(url, TOKEN).confirm_cancellation("ore_1", "c")
    yield Flights(url, TOKEN).list_events("2026-11-01T00:00:00Z", "c")


# -- nothing left --------------------------------------------------------------------


def test_a_refused_connection_means_not_sent() -> None:
    """Nobody listened, so nothing was received."""
    for answer in each_call(f"http://127.0.0.1:{closed_port()}"):
        assert answer == NOT_SENT


def test_a_name_that_does_not_resolve_means_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an address there was no connection."""
    monkeypatch.setenv("NO_PROXY", "*")

    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    for answer in each_call("http://duffel.invalid"):
        assert answer == NOT_SENT


def test_a_connection_that_times_out_means_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full backlog never completes the TCP handshake."""
    monkeypatch.setattr(http, "_CONNECT_SECONDS", 0.2)
    with socket.socket() as listener, socket.socket() as filler:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        filler.connect(listener.getsockname())
        port = listener.getsockname()[1]
        for answer in each_call(f"http://127.0.0.1:{port}"):
            assert answer == NOT_SENT


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_failed_tls_handshake_means_not_sent(greeting: bytes) -> None:
    """No request leaves before the handshake is over, however it fails."""

    def handler(_: RawServer, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(greeting)

    with raw_server(handler, scheme="https") as server:
        for answer in each_call(server.url):
            assert answer == NOT_SENT


def test_a_tls_handshake_that_hangs_means_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that never says hello has not been told anything."""
    monkeypatch.setattr(http, "_CONNECT_SECONDS", 0.2)

    def handler(server: RawServer, _: socket.socket) -> None:
        server.stopping.wait()

    with raw_server(handler, scheme="https") as server:
        for answer in each_call(server.url):
            assert answer == NOT_SENT


def test_a_certificate_that_is_not_trusted_means_not_sent(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's server never sees the token."""
    monkeypatch.undo()

    def handler(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)

    with raw_server(handler, scheme="https", tls=certificate) as server:
        for answer in each_call(server.url):
            assert answer == NOT_SENT
        assert server.requests == []


# -- it may have ---------------------------------------------------------------------


def test_a_tls_error_after_the_request_left_is_no_answer(
    certificate: ssl.SSLContext,
) -> None:
    """The order may exist: a broken record in its answer is not a failed handshake."""

    def handler(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        with socket.socket(fileno=os.dup(connection.fileno())) as beneath:
            beneath.sendall(b"this is no TLS record at all, and no answer either")

    with raw_server(handler, scheme="https", tls=certificate) as server:
        assert Flights(server.url, TOKEN).create_order(ORDER, "c") == NO_ANSWER
        assert len(server.requests) == 1


def test_an_answer_over_tls_is_read(certificate: ssl.SSLContext) -> None:
    """The connections of ours speak TLS as the library's do."""

    def handler(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(http_answer("201 Created", b'{"data": {"id": "ord_1"}}'))

    with raw_server(handler, scheme="https", tls=certificate) as server:
        answer = Flights(server.url, TOKEN).create_order(ORDER, "c")
    assert answer.http_status == 201
    assert answer.body["data"]["id"] == "ord_1"


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_connection_cut_after_the_request_is_no_answer(
    duffel: Duffel, kind: Any
) -> None:
    """Whether the server acted before it hung up cannot be seen from here."""
    duffel.sandbox.faults.arm(Fault(match="*", kind=kind, times=None))
    for answer in each_call(duffel.url):
        assert answer == NO_ANSWER


def test_a_server_that_stays_silent_is_no_answer(
    duffel: Duffel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read timeout ends the wait and proves nothing."""
    times = dict.fromkeys(flights._READ_SECONDS, 0.2)
    monkeypatch.setattr(flights, "_READ_SECONDS", times)
    duffel.sandbox.faults.arm(Fault(match="*", kind="hold_before", times=None))
    for answer in each_call(duffel.url):
        assert answer == NO_ANSWER
    duffel.sandbox.faults.clear()


@pytest.mark.parametrize("part", ["headers", "body", "chunks"])
def test_a_server_that_drips_is_given_up(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every read is quick, and still the whole answer has a deadline."""
    times = dict.fromkeys(flights._READ_SECONDS, 0.3)
    monkeypatch.setattr(flights, "_READ_SECONDS", times)
    monkeypatch.setattr(http, "_SLACK_SECONDS", 0.2)
    opening, drop = {
        "headers": (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x"),
        "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
        "chunks": (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\n \r\n",
        ),
    }[part]

    def handler(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(opening)
        while not server.stopping.wait(0.02):
            connection.sendall(drop)

    with raw_server(handler) as server:
        for answer in each_call(server.url):
            assert answer == NO_ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff garbage\r\n\r\n",
        b"HTTP/1.1 999999 What\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\nContent-Length: 5, 6\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}",
        http_answer("201 Created", b"no gzip", "Content-Encoding: gzip"),
        b"HTTP/1.1 201 Created\r\n" + b"X: y\r\n" * 500 + b"\r\n{}",
        b"HTTP/1.1 201 Created\r\nX: " + b"y" * 70000 + b"\r\n\r\n{}",
    ],
)
def test_a_broken_answer_is_no_answer_and_never_an_exception(answer: bytes) -> None:
    """Half an answer says no more than none."""
    with answering(answer) as server:
        assert Flights(server.url, TOKEN).create_order(ORDER, "c") == NO_ANSWER
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Bad Gateway</html>", b'{"data": ', b"\xff\xfe", b"[" * 5],
)
@pytest.mark.parametrize("status", ["200 OK", "502 Bad Gateway"])
def test_a_body_that_is_not_json_leaves_the_status_alone(
    status: str, body: bytes
) -> None:
    """The status is kept word for word, and the body is none."""
    with answering(http_answer(status, body, JSON)) as server:
        for answer in each_call(server.url):
            assert answer == Answer(http_status=int(status[:3]), body=None)


# -- one try -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """An order goes where it was sent, and the token nowhere else."""
    with answering(http_answer("201 Created", b"{}")) as other:
        moved = http_answer(f"{status} Moved", b"", f"Location: {other.url}/air/orders")
        with answering(moved) as server:
            answers = list(each_call(server.url))
            assert [answer.http_status for answer in answers] == [status] * 10
            assert len(server.requests) == 10
        assert other.requests == []


@pytest.mark.parametrize("kind", ["drop_after", "status"])
def test_a_failure_is_not_tried_again(duffel: Duffel, kind: Any) -> None:
    """What to do next is decided in Postgres: the client asks once."""
    duffel.sandbox.faults.arm(
        Fault(match="*", kind=kind, times=None, status=503, body={"errors": []})
    )
    list(each_call(duffel.url))
    for line in ("POST /air/offer_requests", "GET /air/offers/off_1"):
        assert duffel.asked(line) == 1
    assert duffel.asked("POST /air/orders") == 1
    assert duffel.asked("POST /air/order_cancellations") == 1
    assert duffel.asked("GET /air/offers") == 0


def test_an_order_does_not_use_a_connection_that_may_be_dead() -> None:
    """A kept connection that the server drops would make the order ambiguous."""

    def handler(server: RawServer, connection: socket.socket) -> None:
        # One answer a connection; a second request on it is lost with it.
        server.read_request(connection)
        connection.sendall(http_answer("200 OK", b'{"data": {}}', JSON))
        server.read_request(connection)

    with raw_server(handler) as server:
        client = Flights(server.url, TOKEN)
        assert client.get_offer("off_1", "c").http_status == 200
        assert client.create_order(ORDER, "c").http_status == 200
        assert client.create_order(ORDER, "c").http_status == 200
        assert server.connections == 3
        # The danger is real: the read that reuses its connection has no answer.
        assert client.get_offer("off_1", "c") == NO_ANSWER
        assert server.connections == 3


# -- what is asked, and what is kept -------------------------------------------------


def test_every_request_names_itself(duffel: Duffel) -> None:
    """Version, token, format and our correlation id are in each request."""
    body = b'{"data": {"id": "x"}, "meta": null}'
    with answering(http_answer("200 OK", body, JSON, "Connection: close")) as server:
        client = Flights(server.url + "/", TOKEN)
        client.search(WISH, "key-1")
        client.get_offer("off_1", "key-1")
        client.create_order(ORDER, "key-1")
        requested = [request.decode() for request in server.requests]
    lines = [request.partition(" HTTP/1.1")[0] for request in requested]
    assert [line.partition("?")[0] for line in lines] == [
        "POST /air/offer_requests",
        "GET /air/offers",
        "GET /air/offers/off_1",
        "POST /air/orders",
    ]
    assert "return_offers=false&supplier_timeout=20000" in lines[0]
    assert "offer_request_id=x&limit=200" in lines[1]
    for request in requested:
        assert "\r\nDuffel-Version: v2\r\n" in request
        assert f"\r\nAuthorization: Bearer {TOKEN}\r\n" in request
        assert "\r\nAccept: application/json\r\n" in request
        assert "\r\nx-client-correlation-id: key-1\r\n" in request
        assert "gzip" in request
    assert json.loads(requested[0].partition("\r\n\r\n")[2]) == {"data": WISH}
    assert json.loads(requested[3].partition("\r\n\r\n")[2]) == {"data": ORDER}
    assert "\r\nContent-Type: application/json\r\n" in requested[3]


@pytest.mark.parametrize("size", [1, 3, 200])
def test_all_pages_of_offers_are_read(
    duffel: Duffel, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cheapest offer may be on the last page."""
    monkeypatch.setattr(transport, "_PAGE", size)
    monkeypatch.setattr(transport, "_MOST_PAGES", 100)
    answer = duffel.client.search(WISH, "c")
    request_id = answer.body["offer_request"]["id"]
    path = f"/air/offer_requests/{request_id}"
    shown = transport.Duffel(duffel.url, TOKEN).send(
        "GET", path, correlation="c", seconds=10
    )
    everything = [offer["id"] for offer in shown.body["data"]["offers"]]
    assert [offer["id"] for offer in answer.body["offers"]] == everything
    assert len(everything) > 3
    assert duffel.asked("GET /air/offers") == -(-len(everything) // size)


def test_a_search_keeps_the_id_of_its_request_and_nothing_else(duffel: Duffel) -> None:
    """The client key is a secret, and the rest repeats the offers."""
    answer = duffel.client.search(WISH, "c")
    assert answer.http_status == 201
    assert answer.request_id
    assert set(answer.body) == {"offer_request", "offers"}
    assert set(answer.body["offer_request"]) == {"id"}
    assert "client_key" not in json.dumps(answer.body)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            Fault(match="GET /air/offers", kind="status", status=500, body="oops"),
            Answer(http_status=500, body=None),
        ),
        (Fault(match="GET /air/offers", kind="drop_before"), NO_ANSWER),
        (Fault(match="GET /air/offers", kind="truncate"), NO_ANSWER),
    ],
)
def test_a_page_that_fails_fails_the_search(
    duffel: Duffel,
    fault: Fault,
    expected: Answer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half of the offers must not pass for all of them."""
    monkeypatch.setattr(transport, "_PAGE", 2)
    first = Fault(match="GET /air/offers", kind="slow", seconds=0)
    duffel.sandbox.faults.arm(first)
    duffel.sandbox.faults.arm(fault)
    assert duffel.client.search(WISH, "c") == expected
    assert duffel.asked("GET /air/offers") == 2


def test_a_search_of_many_slow_pages_ends_within_its_lease(
    duffel: Duffel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not whole by then is no answer, and is searched again."""
    monkeypatch.setattr(flights, "_PAGES_SECONDS", 0.0)
    assert duffel.client.search(WISH, "c") == Answer(error_code="no_answer")
    assert duffel.asked("GET /air/offers") == 0


def test_a_rate_limit_says_how_long_to_wait(duffel: Duffel) -> None:
    """The reset is an HTTP date, and becomes seconds from now."""
    duffel.sandbox.set_rate_limits(search=0)
    answer = duffel.client.search(WISH, "c")
    assert answer.http_status == 429
    assert answer.retry_after is not None
    assert 50 < answer.retry_after <= 61


@pytest.mark.parametrize(
    ("write", "low", "high"),
    [
        (format_datetime, 3000, 3600),
        (lambda moment: format_datetime(moment, usegmt=True), 3000, 3600),
        (lambda moment: moment.strftime("%d %b %Y %T -0000"), 3000, 3600),
        (lambda _: "Wed, 01 Jan 2020 00:00:00 GMT", 0, 0),
    ],
    ids=["no zone", "gmt", "no weekday", "past"],
)
def test_a_reset_in_any_form_of_date_is_understood(
    write: Callable[[datetime], str], low: float, high: float
) -> None:
    """A moment that has passed is no wait, never a negative one."""
    reset = write(datetime.now(UTC) + timedelta(hours=1))
    limited = http_answer("429 Slow", b"{}", f"ratelimit-reset: {reset}")
    with answering(limited) as server:
        answer = Flights(server.url, TOKEN).create_order(ORDER, "c")
    assert answer.retry_after is not None
    assert low <= answer.retry_after <= high


@pytest.mark.parametrize(
    "header", ["ratelimit-reset: soon", "ratelimit-reset:", "X: y"]
)
def test_a_reset_that_cannot_be_read_is_no_wait(header: str) -> None:
    """The engine's own backoff applies then."""
    with answering(http_answer("429 Slow", b"{}", header)) as server:
        answer = Flights(server.url, TOKEN).create_order(ORDER, "c")
    assert answer == Answer(http_status=429, body={})


def test_only_a_rate_limit_asks_to_wait(duffel: Duffel) -> None:
    """Duffel sends the rate headers with every answer."""
    assert duffel.client.get_offer("off_1", "c").retry_after is None


def test_a_refusal_comes_back_word_for_word(duffel: Duffel) -> None:
    """Status, envelope and request id are the provider's own."""
    answer = duffel.client.get_offer("off_unknown", "c")
    assert answer.http_status == 404
    assert answer.body["errors"][0]["code"] == "not_found"
    assert answer.request_id == answer.body["meta"]["request_id"]
    assert answer.error_code is None


def test_the_token_is_nowhere_but_in_the_header(
    duffel: Duffel, caplog: pytest.LogCaptureFixture
) -> None:
    """No log line, no representation and no answer repeats it."""
    caplog.set_level(logging.DEBUG)
    answers = [
        *each_call(duffel.url),
        *each_call(f"http://127.0.0.1:{closed_port()}"),
        duffel.client.reachable(),
    ]
    duffel.sandbox.faults.arm(Fault(match="*", kind="drop_before", times=None))
    answers += each_call(duffel.url)
    seen = caplog.text + repr(answers) + repr(duffel.client) + str(duffel.client)
    assert TOKEN not in seen
