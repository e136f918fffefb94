"""The payments sandbox keeps the provider's rules about money and state."""

from typing import Any

import pytest
import stripe

from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import (
    authorized,
    captured,
    intent_for,
    saved_card,
    truth,
)

DAY = 86_400


def test_a_booking_is_authorized_captured_and_refunded(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    customer, method = saved_card(api)
    created = intent_for(api, customer, method)
    assert created.status == "requires_confirmation"
    assert created.latest_charge is None

    held = api.payment_intents.confirm(
        created.id,
        {
            "off_session": True,
            "expand": ["latest_charge"],
            "payment_method_options": {
                "card": {"stored_credential_usage": "unscheduled"}
            },
        },
    )
    assert held.status == "requires_capture"
    assert (held.amount_capturable, held.amount_received) == (25_000, 0)
    card = held.latest_charge.payment_method_details.card
    assert card.capture_before == held.latest_charge.created + 4 * DAY + 18 * 3_600
    assert card.stored_credential_usage == "unscheduled"

    taken = api.payment_intents.capture(created.id, {"amount_to_capture": 20_000})
    assert taken.status == "succeeded"
    assert (taken.amount_capturable, taken.amount_received) == (0, 20_000)
    assert isinstance(taken.latest_charge, str)

    refund = api.refunds.create(
        {
            "payment_intent": created.id,
            "amount": 5_000,
            "reason": "requested_by_customer",
            "metadata": {"refund_id": "r-1"},
        }
    )
    assert refund.status == "succeeded"
    listed = api.refunds.list({"payment_intent": created.id})
    assert [r.metadata["refund_id"] for r in listed.data] == ["r-1"]
    assert api.refunds.retrieve(refund.id).amount == 5_000
    assert api.charges.retrieve(taken.latest_charge).amount_refunded == 5_000

    row = truth(sandbox, created.id)
    assert row["metadata"] == {"booking_id": "b-1"}
    assert sandbox.state()["totals"]["eur"] == {
        "authorized": 25_000,
        "held": 0,
        "captured": 20_000,
        "released": 5_000,
        "refunded": 5_000,
    }


@pytest.mark.parametrize(
    ("method", "off_session", "seconds"),
    [
        ("pm_card_visa", True, 4 * DAY + 18 * 3_600),
        ("pm_card_mastercard", True, 7 * DAY),
        ("pm_card_visa", False, 7 * DAY),
    ],
)
def test_an_authorization_lapses_exactly_at_capture_before(
    sandbox: PaymentsSandbox, api: Any, method: str, off_session: bool, seconds: int
) -> None:
    intent = intent_for(api, *saved_card(api, method))
    api.payment_intents.confirm(intent.id, {"off_session": off_session})
    sandbox.clock.advance(seconds - 60)
    assert api.payment_intents.retrieve(intent.id).status == "requires_capture"

    sandbox.clock.advance(61)
    lapsed = api.payment_intents.retrieve(intent.id)
    assert (lapsed.status, lapsed.amount_capturable) == ("canceled", 0)
    assert lapsed.cancellation_reason == "expired"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.capture(intent.id)
    assert refused.value.code == "charge_expired_for_capture"
    assert sandbox.state()["events"][-2:] == [
        "charge.expired",
        "payment_intent.canceled",
    ]
    assert truth(sandbox, intent.id)["released"] == 25_000


@pytest.mark.parametrize("end", ["capture", "cancel"])
def test_a_closed_intent_can_neither_be_captured_canceled_nor_confirmed(
    sandbox: PaymentsSandbox, api: Any, end: str
) -> None:
    intent = authorized(api)
    getattr(api.payment_intents, end)(intent.id)
    before = truth(sandbox, intent.id)
    for call in ("capture", "cancel", "confirm"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            getattr(api.payment_intents, call)(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"
        assert refused.value.error.payment_intent.id == intent.id
    assert truth(sandbox, intent.id) == before


def test_cancel_gives_the_held_money_back(sandbox: PaymentsSandbox, api: Any) -> None:
    intent = authorized(api)
    canceled = api.payment_intents.cancel(
        intent.id, {"cancellation_reason": "abandoned"}
    )
    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    row = truth(sandbox, intent.id)
    assert (row["held"], row["released"], row["captured"]) == (0, 25_000, 0)
    with pytest.raises(stripe.InvalidRequestError):
        api.refunds.create({"payment_intent": intent.id})


def test_no_more_is_captured_than_was_held(sandbox: PaymentsSandbox, api: Any) -> None:
    intent = authorized(api)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.capture(intent.id, {"amount_to_capture": 25_001})
    assert refused.value.code == "amount_too_large"
    assert truth(sandbox, intent.id)["held"] == 25_000


def test_automatic_capture_takes_the_money_on_confirm(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = api.payment_intents.create(
        {
            "amount": 1_000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
        }
    )
    assert (intent.status, intent.amount_received) == ("succeeded", 1_000)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        api.payment_intents.create(
            {
                "amount": 1_000,
                "currency": "usd",
                "payment_method": intent.payment_method,
            }
        )
    assert api.balance.retrieve().available[0].amount == 1_000


def test_only_an_open_intent_changes_its_price(api: Any) -> None:
    customer, method = saved_card(api)
    intent = intent_for(api, customer, method)
    changed = api.payment_intents.update(intent.id, {"amount": 26_000})
    assert changed.amount == 26_000
    api.payment_intents.confirm(intent.id, {"off_session": True})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.update(intent.id, {"amount": 27_000})
    assert refused.value.code == "payment_intent_unexpected_state"
    noted = api.payment_intents.update(intent.id, {"metadata": {"pnr": "ABC123"}})
    assert noted.metadata.to_dict() == {"booking_id": "b-1", "pnr": "ABC123"}


def test_intents_are_listed_by_customer_and_time_in_pages(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    customer, method = saved_card(api)
    intent_for(api, *saved_card(api))
    ids = []
    for _ in range(5):
        ids.append(intent_for(api, customer, method).id)
        sandbox.clock.advance(100)
    first = api.payment_intents.list({"customer": customer, "limit": 2})
    assert [i.id for i in first.data] == [ids[4], ids[3]]
    assert first.has_more is True
    assert [i.id for i in first.auto_paging_iter()] == ids[::-1]
    middle = api.payment_intents.retrieve(ids[2]).created
    window = {"customer": customer, "created": {"gte": middle, "lt": middle + 150}}
    found = api.payment_intents.list(window)
    assert [i.id for i in found.data] == [ids[3], ids[2]]
    page = api.payment_intents.list(
        {"customer": customer, "ending_before": ids[1], "limit": 2}
    )
    assert [i.id for i in page.data] == [ids[3], ids[2]]


def test_every_state_change_is_in_the_event_log(api: Any) -> None:
    intent = captured(api)
    events = api.events.list({"type": "payment_intent.*"})
    assert [e.type for e in reversed(events.data)] == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
    ]
    held = api.events.retrieve(events.data[1].id)
    assert held.data.object.id == intent.id
    assert held.data.object.status == "requires_capture"


def test_reset_and_seed_reproduce_ids(sandbox: PaymentsSandbox, api: Any) -> None:
    sandbox.reset(7)
    first = api.customers.create().id
    sandbox.reset(7)
    assert api.customers.create().id == first
    assert len(sandbox.state()["customers"]) == 1
