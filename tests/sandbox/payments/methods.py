"""Payment methods (cards only): ``/v1/payment_methods``."""

from __future__ import annotations

from typing import Any

from tests.sandbox.payments import cards, shapes
from tests.sandbox.payments.cards import Decline, PublishedCard
from tests.sandbox.payments.errors import ApiError, JsonObject, invalid_parameter
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.store import Call, CardFacts, World


def card_error(decline: Decline, **objects: Any) -> ApiError:
    """Return the 402 for a decline; `objects` go into the envelope."""
    details: JsonObject = {
        "advice_code": decline.advice_code,
        "decline_code": decline.decline_code,
        **objects,
    }
    return ApiError(
        402, decline.message, kind="card_error", code=decline.code, details=details
    )


def create(call: Call) -> JsonObject:
    """``POST /v1/payment_methods`` with ``card[number]`` or ``card[token]``."""
    world, params = call.world, call.params
    if params.get("type") != "card":
        shown = params.get("type", "")
        message = f"Only payment methods of type card are served here, not '{shown}'."
        raise invalid_parameter(message, "type")
    given = params.get("card")
    if not given:
        message = "Missing required param: card."
        raise invalid_parameter(message, "card", "parameter_missing")
    params = {**params, "metadata": merged({}, params)}
    if "token" in given:
        token = given["token"]
        card = cards.find_test_id(token, "tok_")
        if card is None:
            message = f"No such token: '{token}'"
            raise ApiError(400, message, code="resource_missing", param="card[token]")
        return _store(world, card, params)
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            param = f"card[{name}]"
            message = f"Missing required param: {param}."
            raise invalid_parameter(message, param, "parameter_missing")
    return _store(world, _raw_card(world, given), params)


def _raw_card(world: World, given: JsonObject) -> PublishedCard:
    number = given["number"].replace(" ", "")
    if not number.isdigit() or not cards.passes_luhn(number):
        raise ApiError(
            402,
            "Your card number is incorrect.",
            kind="card_error",
            code="incorrect_number",
            param="card[number]",
        )
    now = world.clock.now()
    if not 1 <= given["exp_month"] <= 12:
        raise ApiError(
            402,
            "Your card's expiration month is invalid.",
            kind="card_error",
            code="invalid_expiry_month",
            param="card[exp_month]",
        )
    if (given["exp_year"], given["exp_month"]) < (now.year, now.month):
        raise ApiError(
            402,
            "Your card's expiration year is invalid.",
            kind="card_error",
            code="invalid_expiry_year",
            param="card[exp_year]",
        )
    card = cards.BY_NUMBER.get(number)
    if card is None:
        message = (
            "Your card was declined. Your request was in test mode, but used a non "
            "test card."
        )
        raise card_error(Decline("card_declined", message, "test_mode_live_card"))
    return card


def _store(world: World, card: PublishedCard, params: JsonObject) -> JsonObject:
    given = params.get("card", {})
    method = shapes.payment_method(
        world,
        card,
        exp_month=given.get("exp_month", 12),
        exp_year=given.get("exp_year", world.clock.now().year + 3),
        cvc_given="cvc" in given,
        params=params,
    )
    world.cards[method["id"]] = CardFacts(card)
    return world.add(method)


def resolve(world: World, method_id: str, *, param: str | None = None) -> JsonObject:
    """Return the method, making a new one from a shared id like pm_card_visa."""
    card = cards.find_test_id(method_id, "pm_card_")
    if card is not None:
        return _store(world, card, {})
    return world.get("payment_method", method_id, param=param or "payment_method")


def check_attachable(world: World, method: JsonObject) -> None:
    """Raise unless the method may be saved: unused, and the issuer agrees."""
    facts = world.cards[method["id"]]
    if facts.spent:
        message = (
            "This PaymentMethod was previously used without being attached to a "
            "Customer or was detached from a Customer, and may not be used again."
        )
        raise ApiError(400, message, code="payment_method_unexpected_state")
    if method["customer"] is not None:
        message = (
            "The payment method you provided has already been attached to a customer."
        )
        raise ApiError(400, message, code="payment_method_unexpected_state")
    if facts.card.attach_decline is not None:
        raise card_error(facts.card.attach_decline)


def bind(world: World, method: JsonObject, customer_id: str) -> None:
    """Attach an attachable method to a customer."""
    method["customer"] = customer_id
    world.emit("payment_method.attached", method)


def attach(call: Call) -> JsonObject:
    """``POST /v1/payment_methods/{id}/attach``."""
    world = call.world
    customer_id = call.params.get("customer")
    if customer_id is None:
        message = "Missing required param: customer."
        raise invalid_parameter(message, "customer", "parameter_missing")
    world.get("customer", customer_id, param="customer")
    method = resolve(world, call.id, param="id")
    if method["customer"] != customer_id:
        check_attachable(world, method)
        bind(world, method, customer_id)
    return method


def detach(call: Call) -> JsonObject:
    """``POST /v1/payment_methods/{id}/detach``; the method is unusable afterwards."""
    world = call.world
    method = world.get("payment_method", call.id, param="id")
    if method["customer"] is None:
        message = (
            "The payment method you provided is not attached to a customer so "
            "detachment is impossible."
        )
        raise ApiError(400, message, code="payment_method_unexpected_state")
    unbind(world, method)
    return method


def unbind(world: World, method: JsonObject) -> None:
    """Detach a method, which uses it up."""
    method["customer"] = None
    world.cards[method["id"]].spent = True
    world.emit("payment_method.detached", method)


def update(call: Call) -> JsonObject:
    """``POST /v1/payment_methods/{id}``: a customer's card that was renewed."""
    world, params = call.world, call.params
    method = world.get("payment_method", call.id, param="id")
    if method["customer"] is None:
        message = "You must save this PaymentMethod to a customer before updating it."
        raise ApiError(400, message, code="payment_method_unexpected_state")
    method["metadata"] = merged(method["metadata"], params)
    for name in ("exp_month", "exp_year"):
        method["card"][name] = params.get("card", {}).get(name, method["card"][name])
    method["billing_details"].update(params.get("billing_details") or {})
    if "allow_redisplay" in params:
        method["allow_redisplay"] = params["allow_redisplay"]
    world.emit("payment_method.updated", method)
    return method


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/payment_methods/{id}``."""
    return call.world.get("payment_method", call.id, param="id")


def of_customer(
    world: World, customer_id: str, method_type: str | None
) -> list[JsonObject]:
    """Return a customer's methods, oldest first."""
    return [
        method
        for method in world.all("payment_method")
        if method["customer"] == customer_id and method_type in (None, method["type"])
    ]


def list_all(call: Call) -> JsonObject:
    """``GET /v1/payment_methods?customer=``; without a customer nothing is listed."""
    rows: list[JsonObject] = []
    if "customer" in call.params:
        customer_id = call.params["customer"]
        call.world.get("customer", customer_id, param="customer")
        rows = of_customer(call.world, customer_id, call.params.get("type"))
    return page(rows, call.params, "/v1/payment_methods")
