"""Confirmation: the issuer is asked, and holds the money, takes it or declines.

requires_confirmation -> requires_capture (manual) | succeeded (automatic)
requires_confirmation -> requires_action -> one of the above | payment failed
requires_confirmation -> requires_payment_method, answered with 402
requires_confirmation -> processing -> one of the above, when the issuer is slow
"""

from __future__ import annotations

import copy
from contextlib import suppress

from tests.sandbox.payments import disputes, methods, shapes
from tests.sandbox.payments.cards import (
    AUTHENTICATION_REQUIRED,
    Decline,
    authorization_seconds,
)
from tests.sandbox.payments.errors import (
    ApiError,
    JsonObject,
    invalid_parameter,
    unexpected_state,
)
from tests.sandbox.payments.store import World

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def check_confirmable(intent: JsonObject) -> None:
    """Raise 400 unless the PaymentIntent is still open."""
    status = intent["status"]
    if status == "succeeded":
        message = (
            "You cannot confirm this PaymentIntent because it has already succeeded "
            "after being previously confirmed."
        )
    elif status not in _CONFIRMABLE:
        message = (
            "You cannot confirm this PaymentIntent because it has a status of "
            f"{status}. Only a PaymentIntent with one of the following statuses may "
            "be confirmed: requires_confirmation, requires_action."
        )
    else:
        return
    raise unexpected_state(message, kind="payment_intent", body=intent)


def check_ready(world: World, draft: JsonObject, params: JsonObject) -> None:
    """Raise 400 when an attempt cannot be made; nothing has changed by then."""
    off_session = bool(params.get("off_session", False))
    _check_method(world, draft, off_session=off_session)
    _check_return_url(draft, params, off_session=off_session)


def confirm(world: World, intent: JsonObject, params: JsonObject) -> None:
    """Make one attempt with the method set on the checked PaymentIntent.

    Raises the 402 envelope on a decline; the PaymentIntent is then back in
    requires_payment_method and may be confirmed again.
    """
    off_session = bool(params.get("off_session", False))
    method = world.get("payment_method", intent["payment_method"])
    facts = world.cards[method["id"]]
    world.ledgers[intent["id"]].attempts += 1
    intent["last_payment_error"] = None
    intent["next_action"] = None
    if facts.card.asks(off_session=off_session, set_up=facts.set_up):
        if off_session or params.get("error_on_requires_action", False):
            raise _fail(world, intent, method, AUTHENTICATION_REQUIRED)
        _ask_customer(world, intent, params)
        return
    wait = world.slow_issuers.pop(intent["id"], None)
    if wait is not None:
        intent["status"] = "processing"
        world.confirms_due[intent["id"]] = (world.now() + wait, off_session)
        world.emit("payment_intent.processing", intent)
        return
    _ask_issuer(world, intent, method, off_session=off_session)


def answer_due(world: World) -> None:
    """Let slow issuers answer whose time has come; nobody waits for a 402 any more."""
    for intent_id, (due, off_session) in list(world.confirms_due.items()):
        if world.now() < due:
            continue
        del world.confirms_due[intent_id]
        intent = world.get("payment_intent", intent_id)
        if intent["status"] != "processing":
            continue  # canceled meanwhile
        method = world.get("payment_method", intent["payment_method"])
        with suppress(ApiError):
            _ask_issuer(world, intent, method, off_session=off_session)


def authenticate(world: World, intent: JsonObject, *, succeed: bool) -> None:
    """The customer passes or fails the challenge of a requires_action intent."""
    if intent["status"] != "requires_action":
        message = f"Nothing to authenticate in status {intent['status']}."
        raise unexpected_state(message, kind="payment_intent", body=intent)
    method = world.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if not succeed:
        message = (
            "We are unable to authenticate your payment method. Please choose a "
            "different payment method and try again."
        )
        _fail(
            world,
            intent,
            method,
            Decline("payment_intent_authentication_failure", message),
            with_charge=False,
        )
        return
    # A decline after the challenge is seen by the browser, not by an API caller.
    decline = world.cards[method["id"]].card.decline
    if decline is not None:
        _fail(world, intent, method, decline)
        return
    _ask_issuer(world, intent, method, off_session=False)


def _check_method(world: World, intent: JsonObject, *, off_session: bool) -> None:
    if intent["payment_method"] is None:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment "
            "method. You can either update the PaymentIntent with a payment method "
            "and then confirm it again, or confirm it again directly with a payment "
            "method or ConfirmationToken."
        )
        raise unexpected_state(message, kind="payment_intent", body=intent)
    method = world.get("payment_method", intent["payment_method"])
    owner, customer = method["customer"], intent["customer"]
    gone = world.cards[method["id"]].spent
    unsaved = off_session and customer is not None and owner is None
    if gone or unsaved or (owner is not None and owner != customer):
        message = (
            "The customer does not have a payment method with the ID "
            f"{method['id']}. The payment method must be attached to the customer."
        )
        raise ApiError(400, message, code="resource_missing", param="payment_method")


def _check_return_url(
    intent: JsonObject, params: JsonObject, *, off_session: bool
) -> None:
    automatic = intent["automatic_payment_methods"]
    if off_session or not automatic or automatic.get("allow_redirects") != "always":
        return
    if "return_url" not in params:
        message = (
            "This PaymentIntent is configured to accept payment methods enabled in "
            "your Dashboard. Because some of these payment methods might redirect "
            "your customer off of your page, you must provide a `return_url`. If you "
            "don't want to accept redirect-based payment methods, set "
            "`automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never`."
        )
        raise invalid_parameter(message, "return_url")


def _ask_customer(world: World, intent: JsonObject, params: JsonObject) -> None:
    intent["status"] = "requires_action"
    url = f"https://hooks.stripe.com/redirect/authenticate/{intent['id']}"
    if "return_url" in params:
        redirect = {"return_url": params["return_url"], "url": url}
        intent["next_action"] = {
            "redirect_to_url": redirect,
            "type": "redirect_to_url",
        }
    else:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": url}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    world.emit("payment_intent.requires_action", intent)


def _ask_issuer(
    world: World, intent: JsonObject, method: JsonObject, *, off_session: bool
) -> None:
    facts = world.cards[method["id"]]
    if facts.card.decline is not None:
        raise _fail(world, intent, method, facts.card.decline)
    amount = intent["amount"]
    ledger = world.ledgers[intent["id"]]
    charge = shapes.charge(world, intent, method, off_session=off_session)
    card = charge["payment_method_details"]["card"]
    charge.update(status="succeeded", paid=True, outcome=shapes.outcome(approved=True))
    card.update(
        amount_authorized=amount, authorization_code=world.random_text(6).upper()
    )
    world.add(charge)
    intent["latest_charge"] = charge["id"]
    options = intent["payment_method_options"]["card"]
    manual = "manual" in (intent["capture_method"], options.get("capture_method"))
    if manual:
        seconds = authorization_seconds(card["brand"], off_session=off_session)
        card["capture_before"] = world.now() + seconds
        ledger.authorize(amount, card["capture_before"])
        intent.update(status="requires_capture", amount_capturable=amount)
        world.emit("charge.succeeded", charge)
        world.emit("payment_intent.amount_capturable_updated", intent)
    else:
        ledger.authorize(amount, None)
        ledger.capture(amount)
        movement = shapes.balance_transaction(world, charge, amount, "charge")
        charge.update(
            captured=True,
            amount_captured=amount,
            balance_transaction=movement["id"],
        )
        intent.update(status="succeeded", amount_received=amount)
        world.emit("charge.succeeded", charge)
        world.emit("payment_intent.succeeded", intent)
        disputes.after_capture(world, charge)
    _remember_use(world, intent, method, off_session=off_session)
    assert ledger.matches(intent), "ledger and PaymentIntent disagree"


def _remember_use(
    world: World, intent: JsonObject, method: JsonObject, *, off_session: bool
) -> None:
    facts = world.cards[method["id"]]
    future = intent["setup_future_usage"]
    if future == "off_session" and not off_session:
        facts.set_up = True
    if method["customer"] is not None:
        return
    if future and intent["customer"] is not None:
        methods.bind(world, method, intent["customer"])
    else:
        facts.spent = True


def _fail(
    world: World,
    intent: JsonObject,
    method: JsonObject,
    decline: Decline,
    *,
    with_charge: bool = True,
) -> ApiError:
    """Record a failed attempt and return the 402 that reports it."""
    charge_id = None
    if with_charge:
        charge = shapes.charge(world, intent, method, off_session=False)
        reason = decline.decline_code or decline.code
        charge.update(
            status="failed",
            failure_code=decline.code,
            failure_message=decline.message,
            outcome=shapes.outcome(approved=False, reason=reason),
        )
        charge["outcome"]["advice_code"] = decline.advice_code
        world.add(charge)
        charge_id = charge["id"]
        intent["latest_charge"] = charge_id
        world.emit("charge.failed", charge)
    seen = copy.deepcopy(method)
    error = methods.card_error(decline, charge=charge_id, payment_method=seen)
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error.fields(),
    )
    world.emit("payment_intent.payment_failed", intent)
    assert world.ledgers[intent["id"]].matches(intent), "a decline moved money"
    return methods.card_error(
        decline,
        charge=charge_id,
        payment_method=seen,
        payment_intent=copy.deepcopy(intent),
    )
