"""What the sandbox can do to an order, on any route and at any time after it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.account import LONG_AGO, Account, open_account
from tests.sandbox.checked_state import CheckedState
from tests.sandbox.control import Fault
from tests.sandbox.flights.cancellations import Terms
from tests.sandbox.flights.outcomes import OrderOutcome


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """Serve a sandbox of the test's own."""
    with open_account(kept=CheckedState(tmp_path, "flights")) as opened:
        yield opened


def found(account: Account, offer: dict[str, Any]) -> list[str]:
    """Return the ids of the offer's orders as a client sees them."""
    answer = account.client.find_orders(offer["id"], None, "k")
    assert answer.http_status == 200
    return [order["id"] for order in answer.body["orders"]]


def told(account: Account) -> list[str]:
    """Return the types of the events that have happened."""
    events = account.client.list_events(LONG_AGO, "k").body["events"]
    return [event["type"] for event in events]


def money_out(account: Account) -> Decimal:
    """Return what left the balance and did not come back, in one currency."""
    out = account.truth()["ledger"]["money_out"]
    return sum(map(Decimal, out.values()), Decimal(0))


def code(answer: Any) -> str:
    """Return the one error code of a refusal."""
    (error,) = answer.body["errors"]
    return str(error["code"])


# -- how an order ends ---------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 500, 502, 503, 504])
def test_an_order_can_appear_later_whatever_was_answered(
    account: Account, status: int
) -> None:
    """On any route; the event comes with the order, not with the answer."""
    account.arm(status=status, order="created", after_seconds=60)
    offer = account.offer()
    answer = account.order(offer)
    assert answer.http_status == status
    assert "ord_" not in repr(answer.body)
    assert (found(account, offer), told(account)) == ([], [])
    (truth,) = account.truth()["orders"]
    assert not truth["visible"]
    account.sandbox.clock.advance(61)
    assert found(account, offer) == [truth["id"]]
    assert told(account) == ["order.created"]
    assert money_out(account) == Decimal(offer["total_amount"])


@pytest.mark.parametrize("status", [200, 202, 500, 504])
def test_an_order_can_fail_later(account: Account, status: int) -> None:
    """The event is the only thing that ever says so."""
    account.arm(status=status, order="failed", after_seconds=60)
    offer = account.offer()
    assert account.order(offer).http_status == status
    assert told(account) == []
    account.sandbox.clock.advance(61)
    (event,) = account.client.list_events(LONG_AGO, "k").body["events"]
    assert event["type"] == "order.creation_failed"
    assert event["object_id"] == offer["id"]
    assert found(account, offer) == []
    assert code(account.order(offer)) == "order_creation_already_attempted"
    assert money_out(account) == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize("made", ["created", "none"])
def test_a_server_error_says_nothing_about_the_order(
    account: Account, status: int, envelope: bool, made: Any
) -> None:
    """The same answer, with an order and without."""
    account.arm(status=status, order=made, envelope=envelope)
    offer = account.offer()
    answer = account.order(offer)
    assert answer.http_status == status
    assert (answer.body is not None) == envelope
    assert len(found(account, offer)) == (made == "created")
    again = account.order(offer)
    if made == "created":
        assert code(again) == "offer_request_already_booked"
    else:
        assert again.http_status == 201
    assert len(account.truth()["orders"]) == 1


@pytest.mark.parametrize(
    ("status", "name"),
    [(502, "order_not_created"), (422, "duplicate_booking"), (500, "airline_internal")],
)
def test_an_outcome_can_have_any_code_of_duffel(
    account: Account, status: int, name: str
) -> None:
    """Through the control route, as a campaign sets it."""
    outcome = {"status": status, "order": "none", "code": name}
    assert account.control("order_outcomes", outcome).status_code == 200
    answer = account.order(account.offer())
    assert (answer.http_status, code(answer)) == (status, name)
    assert account.truth()["orders"] == []


def test_an_order_can_appear_without_any_event(account: Account) -> None:
    """Then reading is the only way to learn of it."""
    account.arm(status=202, after_seconds=5, event=False)
    offer = account.offer()
    assert account.order(offer).http_status == 202
    account.sandbox.clock.advance(6)
    assert len(found(account, offer)) == 1
    assert told(account) == []


def test_an_event_can_come_before_the_order_can_be_read(account: Account) -> None:
    """A 404 right after a webhook is no proof of absence."""
    account.sandbox.set_orders_visibility(600)
    order = account.booked()
    assert told(account) == ["order.created"]
    assert account.client.get_order(order["id"], "k").http_status == 404
    account.sandbox.clock.advance(601)
    assert account.client.get_order(order["id"], "k").http_status == 200


def test_an_outcome_waits_for_its_route_and_its_attempt(account: Account) -> None:
    """Several can be armed; each is used up by the orders that it is for."""
    account.arm(status=202, route="LHR-CDG", times=2)
    account.arm(status=504, attempt_id="a-5")
    assert account.order(account.offer("LHR-JFK"), "a-1").http_status == 201
    for n, expected in ((2, 202), (3, 202), (4, 201)):
        answer = account.order(account.offer("LHR-CDG"), f"a-{n}")
        assert answer.http_status == expected
    assert account.order(account.offer("LHR-JFK"), "a-5").http_status == 504
    assert account.order(account.offer("LHR-JFK"), "a-5").http_status == 201


def test_a_refused_order_uses_no_outcome_up(account: Account) -> None:
    """An outcome is of an order that passed every check."""
    account.arm(status=202)
    gone = account.offer("LGW-LHR")
    assert code(account.order(gone)) == "offer_no_longer_available"
    assert account.order(account.offer()).http_status == 202


def test_outcomes_can_be_disarmed(account: Account) -> None:
    """An empty object is the plain behaviour."""
    account.arm(status=202, times=100)
    assert account.control("order_outcomes", {}).status_code == 200
    assert account.order(account.offer()).http_status == 201


@pytest.mark.parametrize(
    "outcome",
    [
        {"status": 201, "order": "none"},
        {"status": 201, "after_seconds": 5},
        {"status": 302},
        {"status": 418, "order": "none"},
        {"status": 422, "order": "none", "code": "no_such_code"},
        {"status": 202, "order": "perhaps"},
        {"colour": "red"},
    ],
)
def test_an_impossible_outcome_is_refused_when_armed(
    account: Account, outcome: dict[str, Any]
) -> None:
    """A campaign hears of its mistake at once."""
    assert account.control("order_outcomes", outcome).status_code == 400
    with pytest.raises((ValueError, KeyError, TypeError)):
        OrderOutcome(**outcome)


@pytest.mark.parametrize(
    ("route", "status", "event"),
    [
        ("LTN-STN", 200, "order.created"),
        ("SEN-STN", 202, "order.created"),
        ("LCY-STN", 202, "order.creation_failed"),
    ],
)
def test_the_documented_routes_tell_of_their_end(
    account: Account, route: str, status: int, event: str
) -> None:
    """By an event, at the time when it can be read."""
    assert account.order(account.offer(route)).http_status == status
    assert told(account) == []
    account.sandbox.clock.advance(3600)
    assert told(account) == [event]


def test_a_fault_can_say_when_to_come_back(account: Account) -> None:
    """Its headers are those of the answer that it gives."""
    reset = "Wed, 01 Jan 2020 00:00:00 GMT"
    account.sandbox.faults.arm(
        Fault(
            match="GET /air/offers/*",
            kind="status",
            status=429,
            body={"errors": []},
            headers={"ratelimit-reset": reset, "Retry-After": "7"},
        )
    )
    answer = account.client.get_offer("off_1", "k")
    assert (answer.http_status, answer.retry_after) == (429, 0.0)


# -- cancelling ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "share", "refund_to", "back"),
    [
        ({}, 1, "balance", 1),
        ({"refund_share": "0.25"}, Decimal("0.25"), "balance", Decimal("0.25")),
        ({"refund_share": 0}, 0, "balance", 0),
        ({"refund_to": "voucher"}, 1, "voucher", 0),
        ({"refund_to": "original_form_of_payment"}, 1, "original_form_of_payment", 0),
    ],
)
def test_a_cancellation_gives_back_what_was_quoted(
    account: Account, terms: dict[str, Any], share: Any, refund_to: str, back: Any
) -> None:
    """Only what is refunded to the balance comes back to it."""
    assert account.control("cancellations", terms).status_code == 200
    order = account.booked()
    total = Decimal(order["total_amount"])
    quote = account.client.quote_cancellation(order["id"], "k").body["data"]
    cent = Decimal("0.01")
    assert abs(Decimal(quote["refund_amount"]) - total * share) <= cent
    assert quote["refund_to"] == refund_to
    confirmed = account.client.confirm_cancellation(quote["id"], "k")
    assert confirmed.http_status == 200
    assert abs(money_out(account) - total * (1 - Decimal(back))) <= cent
    (truth,) = account.truth()["cancellations"]
    assert truth["confirmed_at"] is not None


def test_a_quote_expires_when_its_terms_say(account: Account) -> None:
    """Nothing is cancelled then, and a new quote can be."""
    account.sandbox.set_cancellations(Terms(expires_seconds=1200))
    order = account.booked()
    old = account.client.quote_cancellation(order["id"], "k").body["data"]
    account.sandbox.clock.advance(1201)
    late = account.client.confirm_cancellation(old["id"], "k")
    assert code(late) == "order_cancellation_stale"
    new = account.client.quote_cancellation(order["id"], "k").body["data"]
    assert account.client.confirm_cancellation(new["id"], "k").http_status == 200
    assert [
        one["confirmed_at"] is None for one in account.truth()["cancellations"]
    ] == [
        True,
        False,
    ]


def test_only_the_newest_quote_can_be_confirmed(account: Account) -> None:
    """As at Duffel."""
    order = account.booked()
    first, second = (
        account.client.quote_cancellation(order["id"], "k").body["data"]
        for _ in range(2)
    )
    stale = account.client.confirm_cancellation(first["id"], "k")
    assert code(stale) == "order_cancellation_stale"
    assert account.client.confirm_cancellation(second["id"], "k").http_status == 200


def test_an_order_can_be_made_impossible_to_cancel(account: Account) -> None:
    """Its actions say so, and a quote is refused."""
    order = account.booked()
    actions = {"order_id": order["id"], "actions": ["update"]}
    assert account.control("order_actions", actions).status_code == 200
    read = account.client.get_order(order["id"], "k").body["data"]
    assert read["available_actions"] == ["update"]
    refused = account.client.quote_cancellation(order["id"], "k")
    assert code(refused) == "order_not_cancellable"


@pytest.mark.parametrize(
    "terms", [{"refund_share": 2}, {"refund_to": "me"}, {"colour": "red"}]
)
def test_impossible_terms_are_refused(account: Account, terms: dict[str, Any]) -> None:
    """A campaign hears of its mistake at once."""
    assert account.control("cancellations", terms).status_code == 400


# -- what airlines do ----------------------------------------------------------------


def changes_of(account: Account, order: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the airline-initiated changes of an order, newest first."""
    answer = account.ask("GET", "/air/airline_initiated_changes", order_id=order["id"])
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def test_an_airline_can_move_a_flight_several_times(account: Account) -> None:
    """The order shows the new time at once; only the last change can be accepted."""
    order = account.booked()
    before = order["slices"][0]["segments"][0]["departing_at"]
    move = {"order_id": order["id"], "minutes": 90}
    made = [account.control("airline_changes", move).json()["result"] for _ in range(2)]
    assert [one["id"] for one in changes_of(account, order)] == made[::-1]
    read = account.client.get_order(order["id"], "k").body["data"]
    assert read["slices"][0]["segments"][0]["departing_at"] > before
    listed = [one["id"] for one in read["airline_initiated_changes"]]
    assert listed == made
    assert told(account).count("order.airline_initiated_change_detected") == 2

    path = "/air/airline_initiated_changes/"
    stale = account.ask("POST", f"{path}{made[0]}/actions/accept")
    assert stale.json()["errors"][0]["code"] == "stale_airline_initiated_change_accept"
    accepted = account.ask("POST", f"{path}{made[1]}/actions/accept")
    assert accepted.json()["data"]["action_taken"] == "accepted"
    again = account.ask("PATCH", path + made[1], {"action_taken": "cancelled"})
    assert again.json()["errors"][0]["code"] == "order_change_already_actioned"
    read = account.client.get_order(order["id"], "k").body["data"]
    taken = [one["action_taken"] for one in read["airline_initiated_changes"]]
    assert taken == [None, "accepted"]


def test_an_airline_can_drop_a_flight(account: Account) -> None:
    """A change with nothing added, which cannot be accepted."""
    order = account.booked()
    dropped = account.control("airline_changes", {"order_id": order["id"]})
    assert dropped.status_code == 200
    (change,) = changes_of(account, order)
    assert change["added"] == []
    assert "accept" not in change["available_actions"]
    assert account.truth()["orders"][0]["cancelled_at"] is None


@pytest.mark.parametrize("refund", [None, "10.00", 0])
def test_an_airline_can_cancel_an_order(account: Account, refund: Any) -> None:
    """No cancellation of ours, no webhook; it is seen by reading only."""
    order = account.booked()
    total = Decimal(order["total_amount"])
    body = {"order_id": order["id"], "refund": refund}
    assert account.control("airline_cancellations", body).status_code == 200
    read = account.client.get_order(order["id"], "k").body["data"]
    assert read["cancelled_at"] is not None
    assert read["cancellation"] is None
    assert told(account) == ["order.created"]
    expected = Decimal(0) if refund is None else total - Decimal(refund)
    assert money_out(account) == expected
    late = account.client.quote_cancellation(order["id"], "k")
    assert code(late) == "already_cancelled"
    assert account.control("airline_cancellations", body).status_code == 400


def test_looking_moves_the_flight_on_the_documented_route(account: Account) -> None:
    """LHR-LTN: each read of the changes makes one."""
    order = account.booked("LHR-LTN")
    assert len(changes_of(account, order)) == 1
    assert len(changes_of(account, order)) == 2


def test_controls_of_an_unknown_order_are_refused(account: Account) -> None:
    """Not silently nothing."""
    for path, body in (
        ("airline_changes", {"order_id": "ord_no", "minutes": 5}),
        ("airline_cancellations", {"order_id": "ord_no"}),
        ("order_actions", {"order_id": "ord_no", "actions": []}),
    ):
        assert account.control(path, body).status_code == 404
