"""The payments sandbox: what cardholders, issuers and networks do after the payment."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import authorized, captured, saved_card, truth


def balance(api: Any) -> int:
    amounts = {b.currency: b.amount for b in api.balance.retrieve().available}
    return int(amounts.get("eur", 0))


def control(url: str, path: str, **body: Any) -> requests.Response:
    return requests.post(f"{url}/__sandbox/{path}", json=body, timeout=5)


@pytest.mark.parametrize(
    ("outcome", "events", "left"),
    [
        ("won", ["funds_reinstated", "closed"], 25_000),
        ("lost", ["closed"], 20_000),
    ],
)
def test_a_dispute_takes_money_and_gives_it_back_only_when_won(
    sandbox: PaymentsSandbox,
    api: Any,
    url: str,
    *,
    outcome: str,
    events: list[str],
    left: int,
) -> None:
    intent = captured(api)
    opened = control(url, f"charges/{intent.id}/dispute", amount=5_000)
    dispute = api.disputes.retrieve(opened.json()["id"])
    assert (dispute.status, dispute.amount) == ("needs_response", 5_000)
    assert dispute.evidence_details.due_by > dispute.created
    assert api.charges.retrieve(intent.latest_charge).disputed is True
    assert balance(api) == 20_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"
    control(url, f"disputes/{dispute.id}", status="under_review")
    control(url, f"disputes/{dispute.id}", status=outcome)
    (listed,) = api.disputes.list({"payment_intent": intent.id}).data
    assert (listed.status, balance(api)) == (outcome, left)
    told = [e.type for e in api.events.list({"type": "charge.dispute.*"}).data]
    assert [t.removeprefix("charge.dispute.") for t in reversed(told)] == [
        "created",
        "funds_withdrawn",
        "updated",
        *events,
    ]
    assert truth(sandbox, intent.id)["captured"] == 25_000
    assert sandbox.state()["disputes"][0]["status"] == outcome


def test_a_dispute_that_was_won_leaves_the_charge_refundable(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = captured(api)
    dispute = sandbox.controls.open_dispute(intent.id)
    sandbox.controls.decide_dispute(dispute["id"], "won")
    assert api.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_a_dispute_that_cannot_be_is_refused(
    sandbox: PaymentsSandbox, api: Any, url: str
) -> None:
    held, taken = authorized(api), captured(api)
    assert control(url, f"charges/{held.id}/dispute").status_code == 400
    too_much = control(url, f"charges/{taken.id}/dispute", amount=25_001)
    assert too_much.status_code == 400
    dispute = control(url, f"charges/{taken.latest_charge}/dispute").json()
    assert control(url, f"charges/{taken.id}/dispute").status_code == 400
    assert control(url, f"disputes/{dispute['id']}", status="gone").status_code == 400
    control(url, f"disputes/{dispute['id']}", status="lost")
    assert control(url, f"disputes/{dispute['id']}", status="won").status_code == 400
    assert len(sandbox.state()["disputes"]) == 1


def test_the_published_cards_are_disputed_and_reported(api: Any) -> None:
    disputed = captured(api, "pm_card_createDispute")
    (dispute,) = api.disputes.list({"charge": disputed.latest_charge}).data
    assert (dispute.reason, dispute.amount) == ("fraudulent", 25_000)
    reported = captured(api, "pm_card_createIssuerFraudRecord")
    (warning,) = api.radar.early_fraud_warnings.list(
        {"charge": reported.latest_charge}
    ).data
    assert (warning.actionable, warning.payment_intent) == (True, reported.id)


def test_an_issuer_warns_of_fraud(api: Any, url: str) -> None:
    intent = captured(api)
    sent = control(url, f"charges/{intent.id}/warn", fraud_type="misc").json()
    warning = api.radar.early_fraud_warnings.retrieve(sent["id"])
    assert (warning.fraud_type, warning.charge) == ("misc", intent.latest_charge)
    (event,) = api.events.list({"type": "radar.early_fraud_warning.created"}).data
    assert event.data.object.id == warning.id
    api.refunds.create({"payment_intent": intent.id})
    settled = api.radar.early_fraud_warnings.retrieve(sent["id"])
    assert settled.actionable is False


@pytest.mark.parametrize(
    ("card", "first", "then", "refunded", "events"),
    [
        (
            "pm_card_refundFail",
            "succeeded",
            "failed",
            0,
            ["refund.created", "refund.updated", "refund.failed"],
        ),
        (
            "pm_card_pendingRefund",
            "pending",
            "succeeded",
            25_000,
            ["refund.created", "refund.updated"],
        ),
        ("pm_card_visa", "succeeded", "succeeded", 25_000, ["refund.created"]),
    ],
)
def test_a_refund_becomes_in_time_what_its_card_promises(
    sandbox: PaymentsSandbox,
    api: Any,
    *,
    card: str,
    first: str,
    then: str,
    refunded: int,
    events: list[str],
) -> None:
    intent = captured(api, card)
    refund = api.refunds.create({"payment_intent": intent.id})
    assert refund.status == first
    sandbox.clock.advance(3_600)
    assert api.refunds.retrieve(refund.id).status == then
    assert truth(sandbox, intent.id)["refunded"] == refunded
    told = [event.type for event in api.events.list({"type": "refund.*"}).data]
    assert told[::-1] == events


def test_a_deleted_customer_can_be_read_but_not_charged(api: Any) -> None:
    intent = authorized(api)
    deleted = api.customers.delete(intent.customer)
    assert deleted.deleted is True
    assert api.customers.retrieve(intent.customer).deleted is True
    assert api.payment_methods.retrieve(intent.payment_method).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        api.payment_intents.create(
            {"amount": 100, "currency": "eur", "customer": intent.customer}
        )
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        api.customers.delete(intent.customer)
    assert api.payment_intents.capture(intent.id).status == "succeeded"
    told = [e.type for e in api.events.list({"limit": 100}).data]
    assert {"customer.deleted", "payment_method.detached"} <= set(told)


def test_a_card_is_changed_by_its_holder_or_renewed_by_its_network(
    api: Any, url: str
) -> None:
    customer, method = saved_card(api)
    changed = api.payment_methods.update(
        method, {"card": {"exp_year": 2041}, "metadata": {"a": "1"}}
    )
    assert (changed.card.exp_year, changed.metadata["a"]) == (2041, "1")
    control(url, f"payment_methods/{method}/renew", exp_year=2045, last4="1111")
    renewed = api.payment_methods.retrieve(method)
    assert (renewed.card.exp_year, renewed.card.last4) == (2045, "1111")
    assert renewed.customer == customer
    api.payment_methods.detach(method)
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_methods.update(method, {"card": {"exp_year": 2042}})
    told = [e.type for e in api.events.list({"type": "payment_method.*"}).data]
    assert [t.removeprefix("payment_method.") for t in reversed(told)] == [
        "attached",
        "updated",
        "automatically_updated",
        "detached",
    ]


def test_a_setup_that_was_canceled_cannot_be_confirmed(api: Any) -> None:
    customer, method = saved_card(api)
    setup = api.setup_intents.create({"customer": customer, "payment_method": method})
    canceled = api.setup_intents.cancel(setup.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    for call in (api.setup_intents.confirm, api.setup_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError):
            call(setup.id)
    (event,) = api.events.list({"type": "setup_intent.canceled"}).data
    assert event.data.object.id == setup.id


def test_the_money_of_an_attempt_is_told_in_one_place(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    """A first authorization was given back, a second one taken and half refunded."""
    ours = {"metadata": {"attempt_id": "a-1"}}
    api.payment_intents.cancel(authorized(api, **ours).id)
    paid = authorized(api, **ours)
    assert sandbox.attempt("a-1")["holds"] == [paid.id]
    api.payment_intents.capture(paid.id, {"amount_to_capture": 20_000})
    api.refunds.create({"payment_intent": paid.id, "amount": 9_000})
    authorized(api, metadata={"attempt_id": "a-2"})
    money = sandbox.attempt("a-1")
    assert (len(money["intents"]), money.pop("intents")[1]) == (2, paid.id)
    assert money == {
        "currency": "eur",
        "authorized": 50_000,
        "held": 0,
        "captured": 20_000,
        "released": 30_000,
        "refunded": 9_000,
        "holds": [],
    }
    assert sandbox.attempt("never")["authorized"] == 0
