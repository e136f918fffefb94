"""The Stripe client: refunds, records cut to what is kept, and lists that are whole."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe

from sidecar import payment_calls, payment_records
from sidecar.payments import Payments
from sidecar.providers import NO_ANSWER, Answer
from tests.raw_server import RawServer, answering, closed_port, http_answer, raw_server
from tests.sandbox.control import Fault
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import authorized, captured, intent_for, saved_card
from tests.waiting import wait_until
from tests.webhook_receiver import receiving

KEY = "sk_test_notForAnyLog"
# The server hangs up after each answer, and says so: a kept connection may break.
JSON = "Content-Type: application/json\r\nConnection: close"
WHOLE = b'{"object": "list", "data": [], "has_more": false}'
SINCE = 1_600_000_000
LISTS: dict[str, Callable[[Payments], Answer]] = {
    "refunds": lambda client: client.find_refunds("pi_1"),
    "payment_intents": lambda client: client.list_intents(SINCE),
    "events": lambda client: client.list_events(SINCE),
}
READS: dict[str, Callable[[Payments, str], Answer]] = {
    "refund": Payments.read_refund,
    "charge": Payments.read_charge,
    "dispute": Payments.read_dispute,
    "fraud_warning": Payments.read_fraud_warning,
    "setup": Payments.read_setup,
    "method": Payments.read_method,
}
each_list = pytest.mark.parametrize("call", LISTS.values(), ids=LISTS.keys())
each_read = pytest.mark.parametrize("name", READS)


@pytest.fixture
def client(url: str) -> Payments:
    """Return our client of the sandbox."""
    return Payments(url, KEY)


def refund_of(intent_id: str, amount: int = 1_000, refund: str = "r-1") -> Any:
    return {
        "payment_intent": intent_id,
        "amount": amount,
        "metadata": {"attempt_id": "a-1", "refund_id": refund},
    }


def asked(sandbox: PaymentsSandbox, line: str) -> int:
    count: int = sandbox.faults.describe()["requests"].get(line, 0)
    return count


def test_a_refund_is_made_once_under_its_key(
    sandbox: PaymentsSandbox, api: Any, client: Payments
) -> None:
    """The sandbox's books say how much went back."""
    intent = captured(api)
    first = client.refund(refund_of(intent.id), "key-1")
    again = client.refund(refund_of(intent.id), "key-1")
    assert first.body == again.body
    assert first.body["metadata"] == {"attempt_id": "a-1", "refund_id": "r-1"}
    assert {name: first.body[name] for name in ("status", "amount", "reason")} == {
        "status": "succeeded",
        "amount": 1_000,
        "reason": "requested_by_customer",
    }
    assert sandbox.state()["totals"]["eur"]["refunded"] == 1_000
    refused = client.refund(refund_of(intent.id, 24_001), "key-2")
    assert (refused.http_status, refused.error_code) == (400, None)
    assert "greater than unrefunded" in refused.body["error"]["message"]


def test_a_refund_whose_answer_was_lost_is_found_by_its_metadata(
    sandbox: PaymentsSandbox, api: Any, client: Payments
) -> None:
    intent = captured(api)
    sandbox.faults.arm(Fault(match="POST /v1/refunds", kind="drop_after"))
    assert client.refund(refund_of(intent.id), "key-1") == NO_ANSWER
    (found,) = client.find_refunds(intent.id).body["refunds"]
    assert found["metadata"]["refund_id"] == "r-1"
    assert client.read_refund(found["id"]).body == found


def test_all_pages_are_read_and_nothing_of_others(
    sandbox: PaymentsSandbox,
    api: Any,
    client: Payments,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(payment_calls, "_PAGE", 2)
    other, intent = captured(api), captured(api)
    client.refund(refund_of(other.id), "other")
    made = [
        client.refund(refund_of(intent.id, 100 + n, f"r-{n}"), f"key-{n}").body
        for n in range(5)
    ]
    assert client.find_refunds(intent.id).body == {"refunds": made[::-1]}
    assert asked(sandbox, "GET /v1/refunds") == 3
    customer, method = saved_card(api)
    ids = [intent_for(api, customer, method).id for _ in range(3)]
    listed = client.list_intents(SINCE).body["payment_intents"]
    assert [one["id"] for one in listed] == [*ids[::-1], intent.id, other.id]
    later = int(time.time()) + 1_000
    assert client.list_intents(later).body == {"payment_intents": []}


def test_an_intent_is_cut_to_what_recovery_reads(api: Any, client: Payments) -> None:
    held = authorized(api, metadata={"attempt_id": "a-1"})
    (found,) = client.list_intents(SINCE).body["payment_intents"]
    assert found == {
        "id": held.id,
        "status": "requires_capture",
        "amount": 25_000,
        "currency": "eur",
        "amount_capturable": 25_000,
        "amount_received": 0,
        "created": held.created,
        "canceled_at": None,
        "metadata": {"attempt_id": "a-1"},
        "customer": held.customer,
        "latest_charge": held.latest_charge.id,
    }


def test_events_are_cut_as_callbacks_are_and_only_those_we_act_on(
    sandbox: PaymentsSandbox,
    api: Any,
    client: Payments,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(payment_calls, "_PAGE", 3)
    intent = captured(api)
    sandbox.clock.advance(10)
    dispute = sandbox.controls.open_dispute(intent.id)
    sandbox.clock.advance(10)
    sandbox.controls.decide_dispute(dispute["id"], "lost")
    events = client.list_events(SINCE).body["events"]
    subscribed = {kind for types in payment_records.EVENT_TYPES for kind in types}
    logged = [kind for kind in sandbox.state()["events"] if kind in subscribed]
    assert sorted(event["type"] for event in events) == sorted(logged)
    (closed,) = [one for one in events if one["type"] == "charge.dispute.closed"]
    closed_at = datetime.fromtimestamp(dispute["created"] + 10, UTC)
    assert closed == {
        "event_id": closed["event_id"],
        "type": "charge.dispute.closed",
        "object_id": dispute["id"],
        "hints": {
            "charge": intent.latest_charge,
            "payment_intent": intent.id,
            "status": "lost",
        },
        "occurred_at": closed_at.isoformat(),
    }
    late = client.list_events(dispute["created"] + 10).body["events"]
    assert closed in late
    assert len(late) < len(events)


def test_the_types_are_those_subscribed_to_and_few_enough_to_ask_for() -> None:
    families = payment_records.EVENT_TYPES
    names = [name for types in families for name in types]
    assert len(names) == len(set(names)) == 28
    assert all(len(types) <= 20 for types in families)


@each_list
@pytest.mark.parametrize("status", [200, 400, 429, 500, 503])
def test_half_a_list_never_looks_like_a_whole_one(
    call: Callable[[Payments], Answer], status: int
) -> None:
    """The first page is sound and says that there is more."""
    row = {"id": "x_1", "object": "x", "created": SINCE + 1}
    first = json.dumps({"object": "list", "data": [row], "has_more": True}).encode()
    pages = iter([first])

    def handler(server: RawServer, connection: socket.socket) -> None:
        if server.read_request(connection):
            body = next(pages, None)
            line = "200 OK" if body else f"{status} X"
            connection.sendall(http_answer(line, body or b"{}", JSON))

    with raw_server(handler) as server:
        answer = call(Payments(server.url, KEY))
        assert b"starting_after=x_1" in server.requests[1]
    if status == 200:
        assert answer == Answer(error_code="unreadable")
    else:
        assert (answer.http_status, answer.body) == (status, {})


@each_list
@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"data": null, "has_more": false}',
        b'{"data": [], "has_more": true}',
        b'{"data": [], "has_more": "no"}',
        b'{"data": [5], "has_more": false}',
        b'{"data": [{"id": 5, "created": 1}], "has_more": false}',
        b'{"data": [{"id": "x", "created": null}], "has_more": false}',
    ],
)
def test_a_page_that_makes_no_sense_is_unreadable(
    call: Callable[[Payments], Answer], body: bytes
) -> None:
    with answering(http_answer("200 OK", body, JSON)) as server:
        assert call(Payments(server.url, KEY)) == Answer(error_code="unreadable")


@each_list
def test_a_list_without_an_end_is_no_success(
    call: Callable[[Payments], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_calls, "_MAX_PAGES", 3)
    page = b'{"data": [{"id": "x", "created": 1}], "has_more": true}'
    with answering(http_answer("200 OK", page, JSON)) as server:
        assert call(Payments(server.url, KEY)) == Answer(error_code="too_large")
        assert len(server.requests) == 3


def test_the_pages_of_a_list_share_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless list of prompt pages is given up in time all the same."""
    monkeypatch.setattr(payment_calls, "_CALL_SECONDS", 0.3)
    page = b'{"data": [{"id": "x", "created": 1}], "has_more": true}'
    monkeypatch.setattr(payment_calls, "_MAX_PAGES", 1_000_000)
    with answering(http_answer("200 OK", page, JSON)) as server:
        assert Payments(server.url, KEY).list_intents(SINCE) == NO_ANSWER
        assert len(server.requests) > 1


def test_an_answer_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the answer never would."""
    monkeypatch.setattr("sidecar.http._SLACK_SECONDS", 0.2)
    monkeypatch.setattr(payment_calls, "_READ_SECONDS", 0.2)

    def handler(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not server.stopping.wait(0.01):
            connection.sendall(b" ")

    with raw_server(handler) as server:
        assert Payments(server.url, KEY).read("pi_1") == NO_ANSWER


@pytest.mark.parametrize("length", ["Content-Length: 300", "X-None: 0"])
def test_an_answer_of_too_many_bytes_is_not_read_to_its_end(
    length: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a long body nor one that ends with the connection."""
    monkeypatch.setattr(payment_calls, "_MAX_BYTES", 299)
    answer = (
        f"HTTP/1.1 200 OK\r\nConnection: close\r\n{length}\r\n\r\n".encode()
        + b" " * 300
    )
    too_large = Answer(error_code="too_large")
    with answering(answer) as server:
        client = Payments(server.url, KEY)
        assert client.read("pi_1") == too_large
        assert client.list_intents(SINCE) == too_large
    monkeypatch.setattr(payment_calls, "_MAX_BYTES", 300)
    with answering(answer) as server:
        assert Payments(server.url, KEY).read("pi_1").http_status == 200


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("soon", None)],
)
def test_the_wait_that_stripe_asks_for_is_reported(
    sandbox: PaymentsSandbox,
    client: Payments,
    *,
    status: int,
    header: str,
    seconds: float | None,
) -> None:
    headers = {"Retry-After": header, "Stripe-Should-Retry": "true"}
    sandbox.faults.arm(
        Fault(match="*", kind="status", status=status, body={}, headers=headers)
    )
    assert client.read("pi_1").retry_after == seconds
    assert asked(sandbox, "GET /v1/payment_intents/pi_1") == 1


def test_neither_a_proxy_nor_a_netrc_comes_between(
    sandbox: PaymentsSandbox,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both would otherwise be taken from the environment."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY")
    assert Payments(url, KEY).reachable().http_status == 200
    assert asked(sandbox, "GET /v1/balance") == 1


def test_a_redirect_is_not_followed(sandbox: PaymentsSandbox, client: Payments) -> None:
    """A key belongs to one address only."""
    away = {"Location": "/v1/balance"}
    sandbox.faults.arm(
        Fault(match="*", kind="status", status=302, body={}, headers=away)
    )
    assert client.read("pi_1").http_status == 302
    assert asked(sandbox, "GET /v1/balance") == 0


@pytest.mark.parametrize("status", ["200 OK", "400 X", "402 X", "500 X"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"error": "text"}',
        b'{"error": []}',
        b'{"error": {"type": 5, "code": [], "payment_intent": 7}}',
        b'{"object": 5, "data": 7, "metadata": 3, "last_setup_error": 1}',
        b'{"object": "payment_intent", "latest_charge": {"id": 5}, "card": []}',
        b'{"object": "event", "evidence_details": 1, "related_object": "x"}',
        b'{"payment_method_details": {"card": 1}, "created": {}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_no_body_makes_a_call_raise(status: str, body: bytes) -> None:
    with answering(http_answer(status, body, JSON)) as server:
        client = Payments(server.url, KEY)
        answers = [call(client, "x_1") for call in READS.values()]
        answers += [call(client) for call in LISTS.values()]
        answers.append(client.read("pi_1"))
        answers.append(client.refund(refund_of("pi_1"), "k"))
    expected = int(status[:3])
    assert {answer.http_status for answer in answers} <= {expected, None}


@each_read
def test_an_empty_id_is_refused_before_any_call(
    sandbox: PaymentsSandbox, client: Payments, name: str
) -> None:
    calls: list[Callable[[], Answer]] = [
        lambda: READS[name](client, ""),
        lambda: client.find_refunds(""),
        lambda: client.refund(refund_of(""), "k"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="the id is empty"):
            call()
    assert sandbox.faults.describe()["requests"] == {}


@each_read
def test_an_unknown_object_is_a_404(client: Payments, name: str) -> None:
    answer = READS[name](client, "evt_test_1")
    assert (answer.http_status, answer.error_code) == (404, None)
    assert answer.body["error"]["code"] == "resource_missing"


@pytest.fixture
def objects(sandbox: PaymentsSandbox, api: Any) -> dict[str, str]:
    """Make one object of each kind that is read, and return their ids."""
    intent = captured(api)
    refund = api.refunds.create({"payment_intent": intent.id, "amount": 1_000})
    dispute = sandbox.controls.open_dispute(intent.id)
    customer, method = saved_card(api)
    setup = api.setup_intents.create({"customer": customer, "payment_method": method})
    return {
        "refund": refund.id,
        "charge": intent.latest_charge,
        "dispute": dispute["id"],
        "fraud_warning": sandbox.controls.warn_of_fraud(intent.id)["id"],
        "setup": setup.id,
        "method": method,
        "intent": intent.id,
        "customer": customer,
    }


@each_read
def test_a_record_says_what_an_engine_needs_and_no_more(
    client: Payments, objects: dict[str, str], name: str
) -> None:
    body = READS[name](client, objects[name]).body
    paid = {"payment_intent": objects["intent"], "charge": objects["charge"]}
    expected: dict[str, dict[str, Any]] = {
        "refund": {**paid, "status": "succeeded", "amount": 1_000, "currency": "eur"},
        "charge": {
            "payment_intent": objects["intent"],
            "amount_captured": 25_000,
            "amount_refunded": 1_000,
            "disputed": True,
        },
        "dispute": {**paid, "status": "needs_response", "amount": 24_000},
        "fraud_warning": {**paid, "fraud_type": "made_with_stolen_card"},
        "setup": {
            "status": "requires_confirmation",
            "usage": "off_session",
            "customer": objects["customer"],
            "payment_method": objects["method"],
        },
        "method": {"customer": objects["customer"], "type": "card"},
    }
    assert body.items() >= {"id": objects[name], **expected[name]}.items()
    told = json.dumps(body)
    for secret in ("client_secret", "billing", "fingerprint", "evidence_details"):
        assert secret not in told


def test_what_is_due_and_what_a_card_is_can_be_read(
    client: Payments, objects: dict[str, str]
) -> None:
    """Times are in unix seconds."""
    dispute = client.read_dispute(objects["dispute"]).body
    assert dispute["evidence"]["due_by"] > dispute["created"]
    card = client.read_method(objects["method"]).body["card"]
    assert (card["brand"], card["last4"]) == ("visa", "4242")
    assert set(card) == {"brand", "last4", "exp_month", "exp_year"}


def test_a_hold_says_when_it_lapses(api: Any, client: Payments) -> None:
    held = authorized(api)
    charge = client.read_charge(held.latest_charge.id).body
    assert charge["capture_before"] == charge["created"] + 410_400


def test_a_missed_event_is_found_by_asking(
    sandbox: PaymentsSandbox, api: Any, client: Payments
) -> None:
    """What the inbox was refused with is in the list, under the same id."""
    with receiving() as receiver:
        receiver.decide = lambda letter: 500
        api.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["charge.captured"]}
        )
        captured(api)
        (letter,) = receiver.wait(1)
        wait_until(lambda: sandbox.state()["webhooks"]["deliveries"][0]["statuses"])
    listed = client.list_events(SINCE).body["events"]
    assert letter.event["id"] in {event["event_id"] for event in listed}


def test_the_sdk_never_tries_again(sandbox: PaymentsSandbox, client: Payments) -> None:
    """Not even when Stripe says that it may."""
    assert stripe.enable_telemetry is False
    may = {"Stripe-Should-Retry": "true"}
    sandbox.faults.arm(
        Fault(match="*", kind="status", status=503, body={}, headers=may, times=None)
    )
    assert client.refund(refund_of("pi_1"), "k").http_status == 503
    assert client.list_events(SINCE).http_status == 503
    requests = sandbox.faults.describe()["requests"]
    assert requests == {"POST /v1/refunds": 1, "GET /v1/events": 1}
