"""Customers: ``/v1/customers``."""

from __future__ import annotations

from tests.sandbox.payments import methods
from tests.sandbox.payments.errors import ApiError, JsonObject
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.store import Call

_TEXTS = ("address", "description", "email", "name", "phone", "shipping")


def create(call: Call) -> JsonObject:
    """``POST /v1/customers``; `payment_method` is attached at once."""
    world, params = call.world, call.params
    if "source" in params:
        # Sources were replaced by payment methods; silence would hide the mistake.
        raise ApiError(400, "Sources are not served here.", param="source")
    metadata = merged({}, params)
    method = None
    if "payment_method" in params:
        method = methods.resolve(world, params["payment_method"])
        methods.check_attachable(world, method)
    customer = {
        "id": world.new_id("cus"),
        "object": "customer",
        **{name: params.get(name) or None for name in _TEXTS},
        "balance": params.get("balance", 0),
        "created": world.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "discount": None,
        "invoice_prefix": world.random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
            **params.get("invoice_settings", {}),
        },
        "livemode": False,
        "metadata": metadata,
        "next_invoice_sequence": 1,
        "preferred_locales": params.get("preferred_locales", []),
        "tax_exempt": params.get("tax_exempt") or "none",
        "test_clock": None,
    }
    world.add(customer)
    world.emit("customer.created", customer)
    if method is not None:
        methods.bind(world, method, customer["id"])
    return customer


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/customers/{id}``."""
    return call.world.get("customer", call.id, param="id")


def delete(call: Call) -> JsonObject:
    """``DELETE /v1/customers/{id}``; its cards are detached and used up."""
    world = call.world
    customer = world.get("customer", call.id, param="customer")
    for method in methods.of_customer(world, customer["id"], None):
        methods.unbind(world, world.get("payment_method", method["id"]))
    world.emit("customer.deleted", customer)
    return world.bury(customer)


def list_methods(call: Call) -> JsonObject:
    """``GET /v1/customers/{id}/payment_methods``."""
    call.world.get("customer", call.id, param="id")
    rows = methods.of_customer(call.world, call.id, call.params.get("type"))
    return page(rows, call.params, f"/v1/customers/{call.id}/payment_methods")


def retrieve_method(call: Call) -> JsonObject:
    """``GET /v1/customers/{id}/payment_methods/{method}``."""
    customer_id, method_id = call.ids
    call.world.get("customer", customer_id, param="id")
    method = call.world.get("payment_method", method_id, param="id")
    if method["customer"] != customer_id:
        message = (
            f"The customer does not have a payment method with the ID {method_id}."
        )
        raise ApiError(404, message, code="resource_missing", param="payment_method")
    return method
