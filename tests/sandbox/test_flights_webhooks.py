"""The sandbox calls back as Duffel does: signed, at least once, in no certain order."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sidecar.local.waiting import wait_until
from tests.sandbox.account import (
    LONG_AGO,
    Account,
    Receiver,
    open_account,
    receiving,
)
from tests.sandbox.checked_state import CheckedState
from tests.sandbox.flights.courier import Switches
from tests.sandbox.flights.signatures import sign, signature_header

EVENTS = ["order.created", "order.creation_failed", "order_cancellation.confirmed"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen for webhooks."""
    with receiving() as listening:
        yield listening


@pytest.fixture
def account(receiver: Receiver, tmp_path: Path) -> Iterator[Account]:
    """Serve a sandbox of the test's own; it stops calling before `receiver` does."""
    with open_account(kept=CheckedState(tmp_path, "flights")) as opened:
        yield opened


def subscribe(account: Account, url: str, **more: Any) -> dict[str, Any]:
    """Create the webhook; the answer has its secret."""
    answer = account.ask(
        "POST", "/air/webhooks", {"url": url, "events": EVENTS, **more}
    )
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()["data"]
    return created


def until(condition: Any) -> None:
    """Wait until a condition holds; fail when it does not."""
    assert wait_until(condition, seconds=20, failed=lambda: None)


def settled(account: Account) -> bool:
    """Tell whether nothing is left to deliver."""
    return not account.truth()["undelivered"]


def moments(rows: list[dict[str, Any]]) -> list[datetime]:
    """Return when the rows were made, by the sandbox's clock."""
    return [datetime.fromisoformat(row["created_at"]) for row in rows]


# -- signature -----------------------------------------------------------------------


def test_the_signature_is_the_known_answer() -> None:
    """The vector that the official Ruby client's own test reproduces."""
    secret, body = "c2VjcmV0LWZvci10ZXN0cw==", b'{"id":"wev_1","type":"ping.triggered"}'
    expected = "d9de35c0603b264d75abc75f382c0dad64d8a1607a6e2fed5f0c4e9ba5cd3dbb"
    assert sign(secret, 1_700_000_000, body) == expected
    header = signature_header(secret, 1_700_000_000, body)
    assert header == f"t=1700000000,v1={expected}"


def genuine(secret: str, header: str, body: bytes) -> list[str]:
    """Return the names of the elements that verify, by a computation of our own."""
    moment, *elements = header.split(",")
    message = moment.removeprefix("t=").encode() + b"." + body
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    pairs = [element.split("=") for element in elements]
    return [name for name, value in pairs if value == expected]


@pytest.mark.parametrize(
    ("how", "names", "elements"),
    [
        ("v1", ["v1"], 1),
        ("v2", ["v2"], 1),
        ("several", ["v1"], 2),
        ("forged", [], 1),
        ("altered", [], 1),
        ("stale", ["v1"], 1),
    ],
)
def test_deliveries_are_signed_as_the_switch_says(
    account: Account, receiver: Receiver, how: Any, names: list[str], elements: int
) -> None:
    """A forged one is wrong in nothing but its signature."""
    secret = subscribe(account, receiver.url)["secret"]
    account.sandbox.set_deliveries(Switches(signature=how))
    order = account.booked()
    until(lambda: receiver.bodies)
    header = receiver.signatures[0]
    assert header is not None
    assert genuine(secret, header, receiver.bodies[0]) == names
    assert header.count("=") == elements + 1
    assert receiver.events[0]["data"]["object"]["id"] == order["id"]


def test_a_delivery_can_be_unsigned_or_of_the_wrong_mode(
    account: Account, receiver: Receiver
) -> None:
    """What a receiver must refuse."""
    subscribe(account, receiver.url)
    account.sandbox.set_deliveries(Switches(signature="none", live_mode=True))
    account.booked()
    until(lambda: receiver.bodies)
    assert receiver.signatures == [None]
    assert receiver.events[0]["live_mode"] is True
    listed = account.ask("GET", "/air/webhooks/events").json()["data"]
    assert listed[0]["live_mode"] is False


# -- management ----------------------------------------------------------------------


def test_the_secret_is_shown_once(account: Account, receiver: Receiver) -> None:
    """No later answer repeats it."""
    created = subscribe(account, receiver.url)
    path = f"/air/webhooks/{created['id']}"
    answers = [
        account.ask("GET", path),
        account.ask("GET", "/air/webhooks"),
        account.ask("PATCH", path, {"events": ["order.created"]}),
        account.ask("POST", path + "/actions/ping"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 204]
    assert all(created["secret"] not in answer.text for answer in answers)
    assert answers[2].json()["data"]["events"] == ["order.created"]


def test_there_is_one_webhook_at_a_time(account: Account, receiver: Receiver) -> None:
    """A second is refused until the first is gone; it has another secret."""
    first = subscribe(account, receiver.url)
    second = account.ask(
        "POST", "/air/webhooks", {"url": receiver.url, "events": EVENTS}
    )
    assert second.status_code == 422
    assert second.json()["errors"][0]["code"] == "validation_unique"
    gone = account.ask("DELETE", f"/air/webhooks/{first['id']}")
    assert gone.status_code == 204
    assert account.ask("GET", "/air/webhooks").json()["data"] == []
    assert subscribe(account, receiver.url)["secret"] != first["secret"]


@pytest.mark.parametrize(
    "data",
    [
        {"events": EVENTS},
        {"url": "https://example.com"},
        {"url": "http://example.com", "events": EVENTS},
        {"url": "ftp://127.0.0.1", "events": EVENTS},
        {"url": 7, "events": EVENTS},
        {"url": "https://example.com", "events": []},
        {"url": "https://example.com", "events": ["order.cancelled"]},
        {"url": "https://example.com", "events": EVENTS, "active": "yes"},
    ],
)
def test_a_malformed_webhook_is_refused(account: Account, data: dict[str, Any]) -> None:
    """Plain http is for this machine only."""
    assert account.ask("POST", "/air/webhooks", data).status_code == 422
    assert account.ask("GET", "/air/webhooks").json()["data"] == []


def test_a_ping_tells_whether_the_receiver_answered(
    account: Account, receiver: Receiver
) -> None:
    """It waits for the answer, and is tried once."""
    created = subscribe(account, receiver.url)
    ping = f"/air/webhooks/{created['id']}/actions/ping"
    assert account.ask("POST", ping).status_code == 204
    receiver.statuses = [500]
    refused = account.ask("POST", ping)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "webhook_client_error"
    assert receiver.types == ["ping.triggered"] * 2


# -- delivery ------------------------------------------------------------------------


def test_an_order_is_told_of_with_two_ids_only(
    account: Account, receiver: Receiver
) -> None:
    """The receiver has to read the order itself."""
    subscribe(account, receiver.url)
    order = account.booked()
    until(lambda: receiver.bodies)
    (event,) = receiver.events
    assert event["type"] == "order.created"
    assert event["idempotency_key"] == order["id"]
    content = {"id": order["id"], "offer_id": order["offer_id"]}
    assert event["data"] == {"object": content}
    listed = account.ask("GET", f"/air/webhooks/events/{event['id']}").json()["data"]
    assert listed == event


def test_what_was_not_subscribed_or_came_before_is_not_delivered(
    account: Account, receiver: Receiver
) -> None:
    """It is listed all the same."""
    early = account.booked(attempt="a-1")
    webhook = subscribe(account, receiver.url)
    quote = account.client.quote_cancellation(early["id"], "k").body["data"]
    account.client.confirm_cancellation(quote["id"], "k")
    until(lambda: settled(account))
    assert receiver.types == ["order_cancellation.confirmed"]
    path = f"/air/webhooks/{webhook['id']}"
    assert account.ask("PATCH", path, {"active": False}).status_code == 200
    account.booked(attempt="a-2")
    until(lambda: settled(account))
    assert len(receiver.bodies) == 1
    listed = account.client.list_events(LONG_AGO, "k").body["events"]
    assert sorted(event["type"] for event in listed) == [
        "order.created",
        "order.created",
        "order_cancellation.confirmed",
        "order_cancellation.created",
    ]


def test_a_refused_delivery_is_repeated_with_growing_pauses(
    account: Account, receiver: Receiver
) -> None:
    """The pauses are of the sandbox's clock, and the event stays the same."""
    subscribe(account, receiver.url)
    receiver.statuses = [500, 302, 404]
    account.booked()
    until(lambda: len(receiver.bodies) == 1)
    while not settled(account):
        account.sandbox.clock.advance(1)
    assert len({event["id"] for event in receiver.events}) == 1
    listed = account.ask("GET", "/air/webhooks/deliveries").json()["data"]
    codes = [one["response_status_code"] for one in listed]
    assert codes == [200, 404, 302, 500]
    fourth, third, second, first = moments(listed)
    assert second - first >= timedelta(seconds=10)
    assert third - second >= timedelta(seconds=20)
    assert fourth - third >= timedelta(seconds=40)
    one = account.ask("GET", f"/air/webhooks/deliveries/{listed[0]['id']}")
    assert one.json()["data"] == listed[0]


def test_a_delivery_is_given_up_after_72_hours(
    account: Account, receiver: Receiver
) -> None:
    """Then only the list of events has it, and asking for it again."""
    subscribe(account, receiver.url)
    receiver.statuses = [500] * 100
    account.booked()

    def tried_again(before: int) -> Callable[[], bool]:
        return lambda: len(receiver.bodies) > before or settled(account)

    tries = 0
    while not settled(account):
        until(tried_again(tries))
        tries = len(receiver.bodies)
        # The longest pause, so that every advance is one try.
        account.sandbox.clock.advance(6 * 3600 + 1)
    assert 72 // 6 <= tries <= 72 // 6 + 2
    (event,) = account.client.list_events(LONG_AGO, "k").body["events"]
    receiver.statuses = []
    again = f"/air/webhooks/events/{event['event_id']}/actions/redeliver"
    assert account.ask("POST", again).status_code == 204
    until(lambda: len(receiver.bodies) > tries)
    assert receiver.events[-1]["id"] == event["event_id"]


def test_duplicates_arrive_with_one_id(account: Account, receiver: Receiver) -> None:
    """Sent at the same time, for the receiver to tell apart from two events."""
    subscribe(account, receiver.url)
    account.sandbox.set_deliveries(Switches(copies=5))
    account.booked()
    until(lambda: settled(account))
    assert len(receiver.bodies) == 5
    assert len(set(receiver.bodies)) == 1


def test_events_can_arrive_in_the_wrong_order(
    account: Account, receiver: Receiver
) -> None:
    """The cancellation before the order."""
    subscribe(account, receiver.url)
    account.sandbox.set_deliveries(Switches(paused=True))
    order = account.booked()
    quote = account.client.quote_cancellation(order["id"], "k").body["data"]
    account.client.confirm_cancellation(quote["id"], "k")
    assert receiver.bodies == []
    account.sandbox.set_deliveries(Switches(newest_first=True))
    until(lambda: settled(account))
    assert receiver.types == ["order_cancellation.confirmed", "order.created"]


def test_a_delivery_can_be_late_or_lost(account: Account, receiver: Receiver) -> None:
    """Late by the sandbox's clock; lost from the wire, never from the list."""
    subscribe(account, receiver.url)
    account.sandbox.set_deliveries(
        Switches(delay_seconds=3600, drop=["order_cancellation.*"])
    )
    order = account.booked()
    quote = account.client.quote_cancellation(order["id"], "k").body["data"]
    account.client.confirm_cancellation(quote["id"], "k")
    while not settled(account):
        account.sandbox.clock.advance(60)
    assert receiver.types == ["order.created"]
    (delivery,) = account.ask("GET", "/air/webhooks/deliveries").json()["data"]
    event, sent = moments([receiver.events[0], delivery])
    assert sent - event >= timedelta(hours=1)
    listed = account.client.list_events(LONG_AGO, "k").body["events"]
    assert "order_cancellation.confirmed" in [event["type"] for event in listed]


def test_the_switches_are_set_by_the_control_route(
    account: Account, receiver: Receiver
) -> None:
    """Each setting replaces the one before."""
    subscribe(account, receiver.url)
    answer = account.control("webhooks", {"drop": ["*"], "copies": 2})
    assert answer.status_code == 200
    account.booked(attempt="a-1")
    until(lambda: settled(account))
    assert receiver.bodies == []
    assert account.control("webhooks", {}).status_code == 200
    account.booked(attempt="a-2")
    until(lambda: receiver.bodies)
    until(lambda: settled(account))
    assert len(receiver.bodies) == 1
    for bad in ({"copies": 0}, {"signature": "v3"}, {"colour": "red"}):
        assert account.control("webhooks", bad).status_code == 400
