"""The payments sandbox neither makes nor loses money."""

import random
from typing import Any

import pytest
import requests
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


def test_no_more_is_refunded_than_was_captured(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    held = authorized(api)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": held.id})
    assert refused.value.code == "charge_not_refundable"

    api.payment_intents.capture(held.id)
    api.refunds.create({"payment_intent": held.id, "amount": 24_000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.refunds.create({"payment_intent": held.id, "amount": 1_001})
    api.refunds.create({"charge": held.latest_charge.id})
    with pytest.raises(stripe.InvalidRequestError) as spent:
        api.refunds.create({"payment_intent": held.id})
    assert spent.value.code == "charge_already_refunded"
    assert truth(sandbox, held.id)["refunded"] == 25_000
    assert api.charges.retrieve(held.latest_charge.id).refunded is True


def test_a_refund_that_succeeded_can_fail_later(
    sandbox: PaymentsSandbox, api: Any, url: str
) -> None:
    intent = captured(api, "pm_card_refundFail")
    refund = api.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    requests.post(
        f"{url}/__sandbox/refunds/{refund.id}", json={"status": "failed"}, timeout=5
    )
    failed = api.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == (
        "failed",
        "expired_or_canceled_card",
    )
    assert failed.failure_balance_transaction
    assert truth(sandbox, intent.id)["refunded"] == 0
    assert api.refunds.create({"payment_intent": intent.id}).amount == 25_000


def test_a_pending_refund_is_settled_by_the_bank(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = captured(api, "pm_card_pendingRefund")
    refund = api.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    sandbox.controls.settle_refund(refund.id)
    assert api.refunds.retrieve(refund.id).status == "succeeded"


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        (0, "usd", "parameter_invalid_integer"),
        (49, "jpy", "amount_too_small"),
        (10_001, "kwd", None),
        (10_050, "isk", None),
        (1_000, "zzz", None),
    ],
)
def test_amounts_a_currency_cannot_carry_are_refused(
    sandbox: PaymentsSandbox, api: Any, amount: int, currency: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create({"amount": amount, "currency": currency})
    assert refused.value.code == code
    assert sandbox.state()["payment_intents"] == []


@pytest.mark.parametrize(
    ("amount", "currency"), [(50, "jpy"), (10_010, "KWD"), (2_500_000_000, "idr")]
)
def test_amounts_a_currency_can_carry_are_taken(
    api: Any, amount: int, currency: str
) -> None:
    intent = api.payment_intents.create({"amount": amount, "currency": currency})
    assert (intent.amount, intent.currency) == (amount, currency.lower())
    assert intent.status == "requires_payment_method"


@pytest.mark.parametrize("seed", range(3))
def test_no_sequence_of_calls_makes_or_loses_money(
    sandbox: PaymentsSandbox, api: Any, seed: int
) -> None:
    rng = random.Random(seed)
    customer, method = saved_card(api)
    intents: list[str] = []
    steps = {
        "confirm": lambda i: api.payment_intents.confirm(
            i, {"off_session": True, "payment_method": method}
        ),
        "challenge": api.payment_intents.confirm,
        "capture": lambda i: api.payment_intents.capture(
            i, {"amount_to_capture": rng.randint(1, 30_000)}
        ),
        "cancel": api.payment_intents.cancel,
        "refund": lambda i: api.refunds.create(
            {"payment_intent": i, "amount": rng.randint(1, 20_000)}
        ),
        "issuer": lambda i: sandbox.controls.set_card_behavior(
            method, rng.choice(["4242424242424242", "4000000000009995"])
        ),
        "wait": lambda i: sandbox.clock.advance(rng.choice([60, 2 * DAY])),
    }
    weights = {"confirm": 8, "capture": 8, "refund": 8, "challenge": 2}
    odds = [weights.get(name, 1) for name in steps]
    refused = 0
    for _ in range(150):
        if len(intents) < 3 or rng.random() < 0.1:
            intents.append(intent_for(api, customer, method).id)
        try:
            step = rng.choices(list(steps.values()), odds)[0]
            step(rng.choice(intents[-4:]))
        except stripe.StripeError as error:
            refused += error.http_status in (400, 402)
    state = sandbox.state()
    assert refused > 0
    for row in state["payment_intents"]:
        assert row["authorized"] == row["held"] + row["captured"] + row["released"]
        paid_back = sum(
            refund["amount"]
            for refund in state["refunds"]
            if refund["payment_intent"] == row["id"]
        )
        assert paid_back == row["refunded"] <= row["captured"] <= row["amount"]
    total = state["totals"]["eur"]
    assert total["captured"] > total["refunded"] > 0
    balance = {b.currency: b.amount for b in api.balance.retrieve().available}
    assert balance["eur"] == total["captured"] - total["refunded"]
