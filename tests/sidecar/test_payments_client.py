"""The Stripe client: the key that Postgres derived, one try, and no surprises."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
import stripe

from sidecar import payment_calls
from sidecar.payments import STRIPE_VERSION, Payments
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer
from tests.factories import DECLINED, VISA
from tests.raw_server import RawServer, answering, closed_port, http_answer, raw_server
from tests.sandbox.control import Fault
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

KEY = "sk_test_notForAnyLog"
JSON = "Content-Type: application/json"
REQUEST = {
    "amount": 12345,
    "currency": "gbp",
    "customer": "cus_1",
    "payment_method": "pm_1",
    "metadata": {"attempt_id": "a", "trip_request_id": "t"},
}
CALLS: dict[str, Callable[[Payments], Answer]] = {
    "create": lambda client: client.create(REQUEST, "key-create"),
    "confirm": lambda client: client.confirm("pi_1", "key-confirm"),
    "capture": lambda client: client.capture("pi_1", 12345, "key-capture"),
    "cancel": lambda client: client.cancel("pi_1", "key-cancel"),
    "read": lambda client: client.read("pi_1"),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


class Stripe:
    """The sandbox with a client of it and a customer to charge."""

    def __init__(self, url: str, sandbox: PaymentsSandbox) -> None:
        self.url = url
        self.sandbox = sandbox
        self.client = Payments(url, KEY)

    def request(self, card: str = VISA) -> dict[str, Any]:
        """Return a payment request for a new customer with `card`."""
        sdk = stripe.StripeClient(KEY, base_addresses={"api": self.url})
        customer = sdk.v1.customers.create()
        method = sdk.v1.payment_methods.create(
            {
                "type": "card",
                "card": {
                    "number": card,
                    "exp_month": 12,
                    "exp_year": 2034,
                    "cvc": "123",
                },
            }
        )
        sdk.v1.payment_methods.attach(method.id, {"customer": customer.id})
        return {**REQUEST, "customer": customer.id, "payment_method": method.id}

    def asked(self) -> int:
        """Return how many payment requests arrived so far."""
        requests = self.sandbox.faults.describe()["requests"]
        return sum(n for line, n in requests.items() if "payment_intents" in line)


@pytest.fixture
def provider() -> Iterator[Stripe]:
    """Serve a sandbox of the test's own."""
    sandbox = PaymentsSandbox()
    with running_in_thread(sandbox.app) as url:
        yield Stripe(url, sandbox)
    assert sandbox.state()["defects"] == []


def form(request: bytes) -> dict[str, list[str]]:
    """Return the parameters of a request, from its body or its query."""
    head, _, body = request.decode().partition("\r\n\r\n")
    query = head.partition(" HTTP/1.1")[0].partition("?")[2]
    return parse_qs(body or query)


def test_a_payment_is_created_confirmed_and_captured(provider: Stripe) -> None:
    """The sandbox's ledger agrees with what the answers said."""
    created = provider.client.create(provider.request(), str(uuid4()))
    assert (created.http_status, created.body["status"]) == (
        200,
        "requires_confirmation",
    )
    assert created.request_id
    intent_id = created.body["id"]
    confirmed = provider.client.confirm(intent_id, str(uuid4()))
    assert confirmed.body["status"] == "requires_capture"
    assert confirmed.body["latest_charge"]["object"] == "charge"
    captured = provider.client.capture(intent_id, 12345, str(uuid4()))
    assert captured.body["status"] == "succeeded"
    read = provider.client.read(intent_id)
    assert read.body["amount_received"] == 12345
    (intent,) = provider.sandbox.state()["payment_intents"]
    assert (intent["captured"], intent["held"]) == (12345, 0)


def test_a_payment_can_be_voided(provider: Stripe) -> None:
    """The hold is gone in the sandbox's own ledger."""
    created = provider.client.create(provider.request(), str(uuid4()))
    provider.client.confirm(created.body["id"], str(uuid4()))
    canceled = provider.client.cancel(created.body["id"], str(uuid4()))
    assert canceled.body["status"] == "canceled"
    (intent,) = provider.sandbox.state()["payment_intents"]
    assert (intent["status"], intent["held"]) == ("canceled", 0)


def test_a_key_used_twice_makes_one_payment(provider: Stripe) -> None:
    """A repeat is answered from what was stored under the key."""
    request, key = provider.request(), str(uuid4())
    first = provider.client.create(request, key)
    assert provider.client.create(request, key).body == first.body
    assert len(provider.sandbox.state()["payment_intents"]) == 1


@each_call
def test_the_key_is_in_the_header_and_never_in_the_body(
    call: Callable[[Payments], Answer],
) -> None:
    """Among the parameters the SDK would use a random key instead."""
    with answering(http_answer("200 OK", b'{"id": "pi_1"}', JSON)) as server:
        call(Payments(server.url, KEY))
    (request,) = server.requests
    head, _, body = request.decode().partition("\r\n\r\n")
    head += "\r\n"
    assert "idempotency" not in body.lower()
    if request.startswith(b"POST"):
        name = next(name for name, one in CALLS.items() if one is call)
        assert f"\r\nidempotency-key: key-{name}\r\n" in head.replace(
            "Idempotency-Key", "idempotency-key"
        )
    assert f"\r\nStripe-Version: {STRIPE_VERSION}\r\n" in head
    assert f"\r\nAuthorization: Bearer {KEY}\r\n" in head


def test_what_is_sent_says_manual_capture_and_off_session() -> None:
    """Amounts are whole minor units, and nothing is confirmed by the creation."""
    with answering(http_answer("200 OK", b'{"id": "pi_1"}', JSON)) as server:
        for call in CALLS.values():
            call(Payments(server.url, KEY))
        created, confirmed, captured, canceled, read = map(form, server.requests)
    assert created["amount"] == ["12345"]
    assert created["capture_method"] == ["manual"]
    assert created["metadata[attempt_id]"] == ["a"]
    assert created["allowed_payment_method_types[0]"] == ["card"]
    assert "confirm" not in created
    assert confirmed["off_session"] == ["true"]
    assert confirmed["expand[0]"] == ["latest_charge"]
    assert captured == {"amount_to_capture": ["12345"]}
    assert canceled == {"cancellation_reason": ["abandoned"]}
    assert read == {"expand[0]": ["latest_charge"]}


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.confirm("", "k"),
        lambda client: client.capture("", 1, "k"),
        lambda client: client.cancel("", "k"),
        lambda client: client.read(""),
    ],
)
def test_an_empty_intent_id_is_refused_before_a_call(
    provider: Stripe, call: Callable[[Payments], Answer]
) -> None:
    """The SDK would call the address of the whole collection instead."""
    with pytest.raises(ValueError, match="the id is empty"):
        call(provider.client)
    assert provider.asked() == 0


def test_a_decline_comes_back_with_its_envelope(provider: Stripe) -> None:
    """402 with the provider's own code and the intent inside."""
    created = provider.client.create(provider.request(DECLINED), str(uuid4()))
    declined = provider.client.confirm(created.body["id"], str(uuid4()))
    assert declined.http_status == 402
    assert declined.error_code is None
    assert declined.request_id
    error = declined.body["error"]
    assert (error["code"], error["type"]) == ("card_declined", "card_error")
    assert error["payment_intent"]["status"] == "requires_payment_method"


@each_call
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_connection_cut_is_no_answer(
    provider: Stripe, call: Callable[[Payments], Answer], kind: Any
) -> None:
    """What happened is read from the intent later on; it is asked for once here."""
    provider.sandbox.faults.arm(Fault(match="*", kind=kind, times=None))
    assert call(provider.client) == NO_ANSWER
    assert provider.asked() == 1


@each_call
def test_nobody_listening_is_not_sent(call: Callable[[Payments], Answer]) -> None:
    """Nothing left, so there is nothing to find out."""
    assert call(Payments(f"http://127.0.0.1:{closed_port()}", KEY)) == NOT_SENT


def test_a_server_that_stays_silent_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The read timeout ends the wait."""
    monkeypatch.setattr(payment_calls, "_READ_SECONDS", 0.2)

    def handler(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        server.stopping.wait()

    with raw_server(handler) as server:
        assert Payments(server.url, KEY).read("pi_1") == NO_ANSWER


@each_call
@pytest.mark.parametrize("status", [200, 500, 503])
@pytest.mark.parametrize("body", ["<html>sorry</html>", "", '{"id": '])
def test_a_page_instead_of_json_leaves_the_status_alone(
    provider: Stripe, call: Callable[[Payments], Answer], status: int, body: str
) -> None:
    """A status without a readable body, and no second try."""
    provider.sandbox.faults.arm(
        Fault(match="*", kind="status", status=status, body=body, times=None)
    )
    answer = call(provider.client)
    assert (answer.http_status, answer.body, answer.error_code) == (status, None, None)
    assert provider.asked() == 1


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"'])
def test_json_that_is_no_object_is_no_crash(body: bytes) -> None:
    """The engine calls an answer without an object unreadable."""
    with answering(http_answer("200 OK", body, JSON)) as server:
        answer = Payments(server.url, KEY).confirm("pi_1", "k")
    assert (answer.http_status, answer.body, answer.error_code) == (200, None, None)


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_a_failure_is_not_tried_again(provider: Stripe, status: int) -> None:
    """What to do next is decided in Postgres."""
    error = {"error": {"type": "api_error", "code": "x", "message": "m"}}
    provider.sandbox.faults.arm(
        Fault(match="*", kind="status", status=status, body=error, times=None)
    )
    answer = provider.client.confirm("pi_1", "k")
    assert (answer.http_status, answer.body) == (status, error)
    assert provider.asked() == 1


def test_no_telemetry_is_sent() -> None:
    """The SDK would tell of earlier calls, and write a file to remember them."""
    with answering(http_answer("200 OK", b'{"id": "pi_1"}', JSON)) as server:
        client = Payments(server.url, KEY)
        # The server hangs up after each answer, which a call may run into.
        while len(server.requests) < 3:
            client.read("pi_1")
        assert all(b"telemetry" not in one.lower() for one in server.requests)


def test_the_key_is_nowhere_but_in_the_header(
    provider: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    """No log line, no representation and no answer repeats it."""
    caplog.set_level(logging.DEBUG)
    answers = [call(provider.client) for call in CALLS.values()]
    provider.sandbox.faults.arm(Fault(match="*", kind="drop_before", times=None))
    answers += [call(provider.client) for call in CALLS.values()]
    assert KEY not in caplog.text + repr(answers) + repr(provider.client)


def test_a_wrong_key_is_told_from_a_silent_provider(provider: Stripe) -> None:
    """The check says which of the two it was."""
    assert provider.client.reachable().http_status == 200
    assert Payments(provider.url, "sk_live_x").reachable().http_status == 401
