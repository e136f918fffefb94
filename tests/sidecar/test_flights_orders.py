"""Reading and cancelling orders: a list is whole or it is no list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sidecar import duffel, flights, http
from sidecar.events import cut_event
from sidecar.flights import Flights
from sidecar.order_facts import order_facts
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer
from tests.raw_server import answering, http_answer
from tests.sandbox.account import (
    LONG_AGO,
    TOKEN,
    TRAVELLER,
    Account,
    open_account,
    order_for,
)
from tests.sandbox.control import Fault

JSON = "Content-Type: application/json"
OURS = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def account() -> Iterator[Account]:
    """Serve a sandbox of the test's own."""
    with open_account() as opened:
        yield opened


def ids(answer: Answer) -> list[str]:
    """Return the ids of the orders found."""
    assert answer.http_status == 200, answer
    return [order["id"] for order in answer.body["orders"]]


# -- finding an order ----------------------------------------------------------------


def test_an_order_whose_answer_was_lost_is_found_by_its_offer(account: Account) -> None:
    """The offer's id is known before the order is sent."""
    offer = account.offer()
    account.sandbox.faults.arm(Fault(match="POST /air/orders", kind="drop_after"))
    assert account.order(offer, "a-7") == NO_ANSWER
    answer = account.client.find_orders(offer["id"], None, "key")
    (truth,) = account.truth()["orders"]
    assert ids(answer) == [truth["id"]]
    assert answer.body["searched"] == {"offer_id": offer["id"], "order_id": None}
    (order,) = answer.body["orders"]
    assert order["offer_id"] == offer["id"]
    assert order["metadata"] == {"attempt_id": "a-7"}
    assert order["booking_reference"] == truth["booking_reference"]
    assert answer.request_id


def test_no_order_is_an_empty_list_and_says_what_was_searched(account: Account) -> None:
    """Empty, and a success: what that proves is not for the client to say."""
    account.booked()
    answer = account.client.find_orders("off_other", "ord_unknown", "key")
    assert ids(answer) == []
    searched = {"offer_id": "off_other", "order_id": "ord_unknown"}
    assert answer.body["searched"] == searched


def test_a_hint_finds_what_the_list_does_not_and_nothing_is_listed_twice(
    account: Account,
) -> None:
    """The list may lag behind, or the hint may be of another offer."""
    one, other = account.booked(attempt="a-1"), account.booked(attempt="a-2")
    assert ids(account.client.find_orders(one["offer_id"], one["id"], "k")) == [
        one["id"]
    ]
    both = ids(account.client.find_orders(one["offer_id"], other["id"], "k"))
    assert sorted(both) == sorted([one["id"], other["id"]])
    late = account.client.find_orders("off_other", one["id"], "k")
    assert ids(late) == [one["id"]]


def test_rows_of_other_offers_are_not_filtered_away(account: Account) -> None:
    """A filter that Duffel ignores is to be seen, not to be repaired here."""
    wanted, other = account.booked(attempt="a-1"), account.booked(attempt="a-2")
    account.sandbox.set_list_filter(ignore=True)
    found = ids(account.client.find_orders(wanted["offer_id"], None, "k"))
    assert sorted(found) == sorted([wanted["id"], other["id"]])


@pytest.mark.parametrize("size", [1, 2, 200])
def test_every_page_of_orders_is_read(
    account: Account, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that matters may be on the last page."""
    made = [account.booked(attempt=f"a-{n}")["id"] for n in range(5)]
    monkeypatch.setattr(duffel, "_PAGE", size)
    answer = account.client.list_orders(LONG_AGO, "k")
    assert sorted(ids(answer)) == sorted(made)
    assert answer.body["searched"] == {"created_after": LONG_AGO}
    assert account.asked("GET /air/orders") == -(-5 // size)


def test_only_orders_created_after_the_moment_are_listed(account: Account) -> None:
    """Microseconds and offset reach Duffel as they are."""
    first = account.booked(attempt="a-1")
    second = account.booked(attempt="a-2")
    moment = first["created_at"].replace("Z", "+00:00")
    assert ids(account.client.list_orders(moment, "k")) == [second["id"]]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "status", "status": 500, "body": "x"}, Answer(http_status=500)),
        ({"kind": "status", "status": 200, "body": "x"}, Answer(http_status=200)),
        ({"kind": "drop_before"}, NO_ANSWER),
        ({"kind": "truncate"}, NO_ANSWER),
    ],
)
def test_a_page_that_fails_fails_the_whole_list(
    account: Account,
    fault: dict[str, Any],
    expected: Answer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half a list must never look like an empty one."""
    orders = [account.booked(attempt=f"a-{n}") for n in range(3)]
    monkeypatch.setattr(duffel, "_PAGE", 1)
    account.sandbox.set_list_filter(ignore=True)

    def fail_second(match: str) -> None:
        for one in ({"kind": "slow", "seconds": 0}, fault):
            account.sandbox.faults.arm(Fault(match=match, **one))

    fail_second("GET /air/orders")
    assert account.client.find_orders(orders[0]["offer_id"], None, "k") == expected
    fail_second("GET /air/orders")
    assert account.client.list_orders(LONG_AGO, "k") == expected
    fail_second("GET /air/webhooks/events")
    assert account.client.list_events(LONG_AGO, "k") == expected


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_hint_that_fails_otherwise_than_by_404_fails_the_search(
    account: Account, status: int
) -> None:
    """Whether that order exists is then unknown."""
    order = account.booked()
    line = f"GET /air/orders/{order['id']}"
    account.sandbox.faults.arm(
        Fault(match=line, kind="status", status=status, body={"errors": []})
    )
    answer = account.client.find_orders("off_other", order["id"], "k")
    assert answer.http_status == status
    assert account.asked("GET /air/orders") == 0


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "{}",
        '{"data": null, "meta": {"after": null}}',
        '{"data": {"id": "ord_1"}, "meta": {"after": null}}',
        '{"data": []}',
        '{"data": [], "meta": null}',
        '{"data": [], "meta": {"limit": 200}}',
        '{"data": [], "meta": {"after": 7}}',
        '{"data": [], "meta": {"after": ""}}',
        '{"data": ["ord_1"], "meta": {"after": null}}',
        '{"data": [{"offer_id": "off_1"}], "meta": {"after": null}}',
        '{"data": [{"id": null}], "meta": {"after": null}}',
        '{"data": [], "meta": {"after": null}',
        "[" * 100_000,
    ],
)
def test_what_is_no_list_is_unreadable_and_never_empty(body: str) -> None:
    """A page that does not say that it is the last is not the last."""
    with answering(http_answer("200 OK", body.encode(), JSON)) as server:
        for answer in (
            Flights(server.url, TOKEN).find_orders("off_1", None, "k"),
            Flights(server.url, TOKEN).list_orders(LONG_AGO, "k"),
            Flights(server.url, TOKEN).list_events(LONG_AGO, "k"),
        ):
            assert answer == Answer(http_status=200, body=None)


def test_a_list_without_end_is_not_a_success(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More pages than any filter leaves, or a cursor that turns in circles."""
    for n in range(4):
        account.booked(attempt=f"a-{n}")
    monkeypatch.setattr(duffel, "_MOST_PAGES", 2)
    monkeypatch.setattr(duffel, "_PAGE", 2)
    assert len(ids(account.client.list_orders(LONG_AGO, "k"))) == 4
    monkeypatch.setattr(duffel, "_PAGE", 1)
    answer = account.client.list_orders(LONG_AGO, "k")
    assert (answer.http_status, answer.error_code) == (None, "too_large")
    assert answer.body is None


def test_a_search_for_orders_ends_within_its_lease(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not whole by then is no answer."""
    monkeypatch.setattr(flights, "_PAGES_SECONDS", 0.0)
    assert account.client.find_orders("off_1", None, "k") == NO_ANSWER
    assert account.asked("GET /air/orders") == 0


# -- limits --------------------------------------------------------------------------


def test_a_body_beyond_the_limit_is_read_no_further(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted as decoded: a small answer may unfold without end."""
    offer = account.offer()
    monkeypatch.setattr(http, "_CHUNK_BYTES", 100)
    real = Flights(account.url, TOKEN)
    sizes = len(json.dumps(real.get_offer(offer["id"], "k").body))
    assert sizes > 500
    send = duffel.Duffel(account.url, TOKEN).send
    path = f"/air/offers/{offer['id']}"
    answer = send("GET", path, correlation="k", seconds=5, most_bytes=500)
    assert (answer.http_status, answer.error_code) == (None, "too_large")
    assert answer.request_id
    # The connection was dropped with the rest, and the next request has one.
    whole = send("GET", path, correlation="k", seconds=5)
    assert whole.body["data"]["id"] == offer["id"]


def test_an_order_with_too_large_an_answer_may_exist() -> None:
    """Nothing of it counts as an answer, so the attempt stays unknown."""
    body = b'{"data": {"id": "ord_1", "x": "' + b"y" * duffel._MOST_BYTES + b'"}}'
    with answering(http_answer("201 Created", body, JSON)) as server:
        answer = Flights(server.url, TOKEN).create_order({}, "k")
    assert answer == Answer(error_code="too_large")


@pytest.mark.parametrize("bad", ["", "..", "ord_1/../x", "ord_1?x=1", "ord 1", "é", 7])
def test_what_is_no_id_is_refused_before_anything_is_sent(
    account: Account, bad: Any
) -> None:
    """An empty id would name the list, and ".." another route."""
    client = account.client
    calls = [
        client.get_offer(bad, "k"),
        client.find_orders(bad, None, "k"),
        client.find_orders("off_1", bad, "k"),
        client.get_order(bad, "k"),
        client.quote_cancellation(bad, "k"),
        client.confirm_cancellation(bad, "k"),
        client.list_orders("", "k"),
        client.list_events("", "k"),
    ]
    assert calls == [NOT_SENT] * len(calls)
    assert account.sandbox.faults.describe()["requests"] == {}


# -- travellers ----------------------------------------------------------------------


def test_no_order_brings_its_travellers_along(account: Account) -> None:
    """The sandbox shows that there was something to leave out."""
    created = account.order(account.offer())
    order = created.body["data"]
    answers = [
        created,
        account.client.get_order(order["id"], "k"),
        account.client.find_orders(order["offer_id"], order["id"], "k"),
        account.client.list_orders(LONG_AGO, "k"),
    ]
    shown = account.ask("GET", f"/air/orders/{order['id']}").text
    for secret in ("Earhart", "1987-07-24", TRAVELLER["email"], "+442080160508"):
        assert secret in shown
        assert secret not in repr(answers)
    assert all(
        "passengers" not in repr(answer) and "users" not in repr(answer)
        for answer in answers
    )


def test_the_facts_of_an_order_are_those_that_decide(account: Account) -> None:
    """Every fact that the engine reads, as Duffel gave it."""
    order = account.booked()
    read = account.client.get_order(order["id"], "k").body["data"]
    whole = account.ask("GET", f"/air/orders/{order['id']}").json()["data"]
    for name in (
        "id",
        "offer_id",
        "booking_reference",
        "created_at",
        "total_amount",
        "total_currency",
        "cancelled_at",
        "cancellation",
        "available_actions",
        "payment_status",
        "void_window_ends_at",
        "metadata",
    ):
        assert read[name] == order[name] == whole[name]
    assert read["void_window_ends_at"] is not None
    assert read["documents"] == [{"type": "electronic_ticket"}]
    assert read["people"] == len(whole["passengers"]) == 1
    segment = whole["slices"][0]["segments"][0]
    assert read["slices"][0]["segments"][0] == {
        "origin": segment["origin"]["iata_code"],
        "destination": segment["destination"]["iata_code"],
        "departing_at": segment["departing_at"],
        "arriving_at": segment["arriving_at"],
        "carrier": segment["marketing_carrier"]["iata_code"],
        "number": segment["marketing_carrier_flight_number"],
    }


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"slices": None, "documents": "x", "airline_initiated_changes": [None]},
        {"slices": [{"segments": [{"origin": "LHR", "marketing_carrier": None}]}]},
        {"slices": [None, {"segments": [7]}], "documents": [{}]},
    ],
)
def test_an_order_of_another_shape_has_fewer_facts_and_raises_nothing(
    order: dict[str, Any],
) -> None:
    """What is missing is null, as if Duffel had said so."""
    facts = order_facts(order)
    assert facts is not None
    assert facts["id"] is None


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_what_is_no_object_has_no_facts(value: Any) -> None:
    """Neither an order nor an event."""
    assert order_facts(value) is None
    assert flights._cut_listed(value) is None


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"object": {"id": "ord_1", "offer_id": "off_1"}}, {"order_id", "offer_id"}),
        ({"id": "ord_1"}, {"order_id"}),
        (
            {"object": {"id": "ord_1", "passengers": [TRAVELLER], "born": "x"}},
            {"order_id"},
        ),
        ({"object": {"order_id": {"email": "x"}, "aic_id": "aic_1"}}, {"aic_id"}),
        # Whose it is, where a whole order says so.
        (
            {
                "object": {
                    "id": "ord_1",
                    "metadata": {"installation_id": OURS, "n": "x"},
                }
            },
            {"order_id", "installation_id"},
        ),
        ({"object": {"id": "ord_1", "metadata": {"installation_id": 7}}}, {"order_id"}),
        ({"object": None}, set()),
        (None, set()),
    ],
)
def test_an_event_keeps_the_ids_of_its_object_only(data: Any, kept: set[str]) -> None:
    """Older versions of the API put a whole order there."""
    told = {"id": "wev_1", "type": "order.created", "data": data}
    event = cut_event("duffel", told)
    assert event is not None
    assert event["type"] == "order.created"
    assert set(event["hints"]) == kept


# -- cancelling ----------------------------------------------------------------------


def test_a_cancellation_is_quoted_confirmed_and_read(account: Account) -> None:
    """The money comes back once, and the order says so."""
    order = account.booked()
    quote = account.client.quote_cancellation(order["id"], "k")
    assert quote.http_status == 201
    quoted = quote.body["data"]
    assert quoted["order_id"] == order["id"]
    assert quoted["refund_amount"] == order["total_amount"]
    assert quoted["confirmed_at"] is None
    assert account.truth()["orders"][0]["cancelled_at"] is None

    confirmed = account.client.confirm_cancellation(quoted["id"], "k")
    assert confirmed.http_status == 200
    assert confirmed.body["data"]["confirmed_at"] is not None
    read = account.client.get_order(order["id"], "k").body["data"]
    assert read["cancelled_at"] is not None
    assert read["cancellation"]["id"] == quoted["id"]
    assert read["available_actions"] == []
    out = account.truth()["ledger"]["money_out"]
    assert {float(amount) for amount in out.values()} == {0.0}

    again = account.client.confirm_cancellation(quoted["id"], "k")
    assert again.body["errors"][0]["code"] == "already_cancelled"
    assert len(account.truth()["ledger"]["movements"]) == 2


def test_a_confirmation_whose_answer_was_lost_can_be_read(account: Account) -> None:
    """The order tells what became of it."""
    order = account.booked()
    quoted = account.client.quote_cancellation(order["id"], "k").body["data"]
    account.sandbox.faults.arm(Fault(match="*/actions/confirm", kind="drop_after"))
    assert account.client.confirm_cancellation(quoted["id"], "k") == NO_ANSWER
    assert account.client.get_order(order["id"], "k").body["data"]["cancelled_at"]


def test_events_are_listed_with_their_ids(account: Account) -> None:
    """A webhook that never came is read here."""
    order = account.booked()
    answer = account.client.list_events(LONG_AGO, "k")
    assert answer.http_status == 200
    (event,) = answer.body["events"]
    assert event["type"] == "order.created"
    assert event["object_id"] == order["id"]
    hints = {"order_id": order["id"], "offer_id": order["offer_id"]}
    assert hints.items() <= event["hints"].items()
    at = event["occurred_at"]
    assert account.client.list_events(at, "k").body == {"events": []}
    earlier = account.client.list_events(LONG_AGO, "k", created_before=LONG_AGO)
    assert earlier.body == {"events": []}
    both = account.client.list_events(
        LONG_AGO, "k", created_before="2099-01-01T00:00:00Z"
    )
    assert both.body == {"events": [event]}


def test_the_request_for_an_order_is_received_once(account: Account) -> None:
    """Also where a fault kept it from being executed."""
    offer = account.offer()
    for kind in ("drop_before", "status", "drop_after"):
        account.sandbox.faults.arm(Fault(match="POST /air/orders", kind=kind))
        account.client.create_order(order_for(offer, f"a-{kind}"), "k")
    truth = account.truth()
    attempts = [one["metadata"]["attempt_id"] for one in truth["order_requests"]]
    assert attempts == ["a-drop_before", "a-status", "a-drop_after"]
    assert len(truth["order_attempts"]) == 1
    assert truth["orders_by_attempt"] == {"a-drop_after": [truth["orders"][0]["id"]]}
