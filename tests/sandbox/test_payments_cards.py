"""The payments sandbox lets cards, issuers and customers behave as published."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import (
    authorized,
    intent_for,
    saved_card,
    truth,
)

DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline"),
    ("4000000000009995", "card_declined", "insufficient_funds"),
    ("4000000000000069", "expired_card", None),
    ("4000000000000341", "card_declined", "generic_decline"),
]


@pytest.mark.parametrize(("number", "code", "decline_code"), DECLINES)
def test_a_decline_returns_the_intent_for_another_card(
    sandbox: PaymentsSandbox,
    api: Any,
    number: str,
    code: str,
    decline_code: str | None,
) -> None:
    customer, method = saved_card(api)
    intent = intent_for(api, customer, method)
    sandbox.controls.set_card_behavior(method, number)
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(intent.id, {"off_session": True})

    error = declined.value.error
    assert declined.value.http_status == 402
    assert (error.code, getattr(error, "decline_code", None)) == (code, decline_code)
    assert error.advice_code
    assert error.payment_method.id == method
    assert error.payment_intent.status == "requires_payment_method"
    now = api.payment_intents.retrieve(intent.id)
    assert now.payment_method is None
    assert now.last_payment_error.code == code
    assert now.last_payment_error.payment_method.id == method
    assert now.latest_charge == error.charge
    assert api.charges.retrieve(error.charge).status == "failed"

    with pytest.raises(stripe.InvalidRequestError) as missing:
        api.payment_intents.confirm(intent.id, {"off_session": True})
    assert missing.value.code == "payment_intent_unexpected_state"
    other = api.payment_methods.attach("pm_card_mastercard", {"customer": customer})
    again = api.payment_intents.confirm(
        intent.id, {"off_session": True, "payment_method": other.id}
    )
    assert again.status == "requires_capture"
    assert again.latest_charge != error.charge
    assert truth(sandbox, intent.id)["attempts"] == 2


@pytest.mark.parametrize("number", [n for n, _, _ in DECLINES[:3]])
def test_a_card_that_declines_cannot_be_saved(api: Any, number: str) -> None:
    customer = api.customers.create()
    card = {"number": number, "exp_month": 12, "exp_year": 2099, "cvc": "123"}
    method = api.payment_methods.create({"type": "card", "card": card})
    with pytest.raises(stripe.CardError):
        api.payment_methods.attach(method.id, {"customer": customer.id})
    assert api.payment_methods.retrieve(method.id).customer is None


def test_a_card_that_always_asks_is_declined_off_session_and_finished_on_session(
    sandbox: PaymentsSandbox, api: Any, url: str
) -> None:
    customer, method = saved_card(api, "pm_card_authenticationRequired")
    intent = intent_for(api, customer, method)
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(intent.id, {"off_session": True})
    assert declined.value.error.decline_code == "authentication_required"

    asked = api.payment_intents.confirm(intent.id, {"payment_method": method})
    assert asked.status == "requires_action"
    assert asked.next_action.type == "use_stripe_sdk"
    answer = requests.post(
        f"{url}/__sandbox/payment_intents/{intent.id}/authenticate", json={}, timeout=5
    )
    assert answer.json()["status"] == "requires_capture"
    assert truth(sandbox, intent.id)["held"] == 25_000


def test_a_failed_challenge_leaves_no_money_held(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = intent_for(api, *saved_card(api, "pm_card_authenticationRequired"))
    api.payment_intents.confirm(intent.id)
    sandbox.controls.authenticate(intent.id, succeed=False)
    now = api.payment_intents.retrieve(intent.id)
    assert now.status == "requires_payment_method"
    assert now.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_setup_lets_a_card_be_charged_off_session(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    customer = api.customers.create()
    setup = api.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "usage": "off_session",
            "confirm": True,
        }
    )
    assert setup.status == "requires_action"
    sandbox.controls.authenticate(setup.id)
    done = api.setup_intents.retrieve(setup.id, {"expand": ["payment_method"]})
    assert done.status == "succeeded"
    assert done.payment_method.customer == customer.id

    held = intent_for(api, customer.id, done.payment_method.id)
    held = api.payment_intents.confirm(held.id, {"off_session": True})
    assert held.status == "requires_capture"

    never_set_up = intent_for(
        api, *saved_card(api, "pm_card_authenticationRequiredOnSetup")
    )
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(never_set_up.id, {"off_session": True})
    assert declined.value.error.code == "authentication_required"


def test_a_card_set_up_elsewhere_passes_off_session_and_asks_on_session(
    api: Any,
) -> None:
    name = "pm_card_authenticationRequiredSetupForOffSession"
    assert authorized(api, name).status == "requires_capture"
    intent = intent_for(api, *saved_card(api, name))
    assert api.payment_intents.confirm(intent.id).status == "requires_action"


def test_an_authenticated_card_may_still_lack_funds(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    name = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    customer = api.customers.create()
    setup = api.setup_intents.create(
        {"customer": customer.id, "payment_method": name, "confirm": True}
    )
    sandbox.controls.authenticate(setup.id)
    intent = intent_for(api, customer.id, setup.payment_method)
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(intent.id, {"off_session": True})
    assert declined.value.error.decline_code == "insufficient_funds"


def test_a_declined_one_shot_leaves_an_intent_to_confirm_again(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.create(
            {
                "amount": 1_000,
                "currency": "usd",
                "payment_method": "pm_card_visa_chargeDeclined",
                "allowed_payment_method_types": ["card"],
                "confirm": True,
            }
        )
    row = truth(sandbox, declined.value.error.payment_intent.id)
    assert row["status"] == "requires_payment_method"


def test_a_method_pays_only_for_its_own_customer(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    customer, method = saved_card(api)
    stranger = api.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="another Customer"):
        intent_for(api, stranger.id, method)
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_methods.attach(method, {"customer": stranger.id})

    intent = intent_for(api, customer, method)
    api.payment_methods.detach(method)
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        api.payment_intents.confirm(intent.id, {"off_session": True})
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_methods.attach(method, {"customer": customer})
    loose = api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        api.payment_intents.confirm(
            intent.id, {"off_session": True, "payment_method": loose.id}
        )
    assert truth(sandbox, intent.id)["attempts"] == 0
    assert api.payment_intents.retrieve(intent.id).payment_method == method


def test_saved_cards_are_found_under_their_customer(api: Any) -> None:
    customer, method = saved_card(api)
    under = api.customers.payment_methods.list(customer)
    flat = api.payment_methods.list({"customer": customer, "type": "card"})
    assert [m.id for m in under.data] == [m.id for m in flat.data] == [method]
    assert api.customers.payment_methods.retrieve(customer, method).card.last4 == "4242"
    api.payment_methods.detach(method)
    assert api.customers.payment_methods.list(customer).data == []


@pytest.mark.parametrize(
    ("card", "status", "event"),
    [
        ("pm_card_visa", "requires_capture", "amount_capturable_updated"),
        ("pm_card_chargeCustomerFail", "requires_payment_method", "payment_failed"),
    ],
)
def test_a_slow_issuer_leaves_the_intent_processing_until_it_answers(
    sandbox: PaymentsSandbox,
    api: Any,
    url: str,
    *,
    card: str,
    status: str,
    event: str,
) -> None:
    intent = intent_for(api, *saved_card(api, card))
    requests.post(
        f"{url}/__sandbox/payment_intents/{intent.id}/slow",
        json={"seconds": 60},
        timeout=5,
    )
    waiting = api.payment_intents.confirm(intent.id, {"off_session": True})
    assert (waiting.status, waiting.latest_charge) == ("processing", None)
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.confirm(intent.id, {"off_session": True})
    assert truth(sandbox, intent.id)["held"] == 0
    sandbox.clock.advance(60)
    assert api.payment_intents.retrieve(intent.id).status == status
    told = api.events.list({"type": "payment_intent.*", "limit": 2}).data
    assert [e.type for e in told] == [
        f"payment_intent.{event}",
        "payment_intent.processing",
    ]


def test_a_payment_canceled_while_the_issuer_thinks_stays_canceled(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = intent_for(api, *saved_card(api))
    sandbox.controls.slow_down(intent.id, seconds=60)
    api.payment_intents.confirm(intent.id, {"off_session": True})
    api.payment_intents.cancel(intent.id)
    sandbox.clock.advance(60)
    assert api.payment_intents.retrieve(intent.id).status == "canceled"
    assert truth(sandbox, intent.id)["authorized"] == 0
