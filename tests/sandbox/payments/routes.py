"""The API's table of contents: path, legal parameters, handler, answer type."""

from __future__ import annotations

from tests.sandbox.payments import (
    balances,
    customers,
    intents,
    methods,
    refunds,
    settlement,
    setups,
)
from tests.sandbox.payments.errors import ApiError
from tests.sandbox.payments.event_routes import EVENT_ROUTES
from tests.sandbox.payments.route import ApiRoute

_PM = "payment_method"
_PI = "payment_intent"
_SI = "setup_intent"

ROUTES = (
    ApiRoute(
        "GET", "/v1/balance", "BalanceRetrieveParams", balances.retrieve, "balance"
    ),
    ApiRoute(
        "GET",
        "/v1/balance_transactions/{id}",
        "BalanceTransactionRetrieveParams",
        balances.retrieve_transaction,
        "balance_transaction",
    ),
    ApiRoute(
        "GET",
        "/v1/charges/{id}",
        "ChargeRetrieveParams",
        balances.retrieve_charge,
        "charge",
    ),
    ApiRoute(
        "POST", "/v1/customers", "CustomerCreateParams", customers.create, "customer"
    ),
    ApiRoute(
        "GET",
        "/v1/customers/{id}",
        "CustomerRetrieveParams",
        customers.retrieve,
        "customer",
    ),
    ApiRoute(
        "DELETE",
        "/v1/customers/{id}",
        "CustomerDeleteParams",
        customers.delete,
        "customer",
    ),
    ApiRoute(
        "GET",
        "/v1/customers/{id}/payment_methods",
        "CustomerPaymentMethodListParams",
        customers.list_methods,
        _PM,
        listed=True,
    ),
    ApiRoute(
        "GET",
        "/v1/customers/{id}/payment_methods/{id}",
        "CustomerPaymentMethodRetrieveParams",
        customers.retrieve_method,
        _PM,
    ),
    ApiRoute(
        "POST", "/v1/payment_intents", "PaymentIntentCreateParams", intents.create, _PI
    ),
    ApiRoute(
        "GET",
        "/v1/payment_intents",
        "PaymentIntentListParams",
        intents.list_all,
        _PI,
        listed=True,
    ),
    ApiRoute(
        "GET",
        "/v1/payment_intents/{id}",
        "PaymentIntentRetrieveParams",
        intents.retrieve,
        _PI,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_intents/{id}",
        "PaymentIntentUpdateParams",
        intents.update,
        _PI,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        "PaymentIntentConfirmParams",
        intents.confirm,
        _PI,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_intents/{id}/capture",
        "PaymentIntentCaptureParams",
        settlement.capture,
        _PI,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_intents/{id}/cancel",
        "PaymentIntentCancelParams",
        settlement.cancel,
        _PI,
    ),
    ApiRoute(
        "POST", "/v1/payment_methods", "PaymentMethodCreateParams", methods.create, _PM
    ),
    ApiRoute(
        "GET",
        "/v1/payment_methods",
        "PaymentMethodListParams",
        methods.list_all,
        _PM,
        listed=True,
    ),
    ApiRoute(
        "GET",
        "/v1/payment_methods/{id}",
        "PaymentMethodRetrieveParams",
        methods.retrieve,
        _PM,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_methods/{id}",
        "PaymentMethodUpdateParams",
        methods.update,
        _PM,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_methods/{id}/attach",
        "PaymentMethodAttachParams",
        methods.attach,
        _PM,
    ),
    ApiRoute(
        "POST",
        "/v1/payment_methods/{id}/detach",
        "PaymentMethodDetachParams",
        methods.detach,
        _PM,
    ),
    ApiRoute("POST", "/v1/refunds", "RefundCreateParams", refunds.create, "refund"),
    ApiRoute(
        "GET",
        "/v1/refunds",
        "RefundListParams",
        refunds.list_all,
        "refund",
        listed=True,
    ),
    ApiRoute(
        "GET", "/v1/refunds/{id}", "RefundRetrieveParams", refunds.retrieve, "refund"
    ),
    ApiRoute(
        "POST", "/v1/setup_intents", "SetupIntentCreateParams", setups.create, _SI
    ),
    ApiRoute(
        "GET",
        "/v1/setup_intents/{id}",
        "SetupIntentRetrieveParams",
        setups.retrieve,
        _SI,
    ),
    ApiRoute(
        "POST",
        "/v1/setup_intents/{id}/confirm",
        "SetupIntentConfirmParams",
        setups.confirm,
        _SI,
    ),
    ApiRoute(
        "POST",
        "/v1/setup_intents/{id}/cancel",
        "SetupIntentCancelParams",
        setups.cancel,
        _SI,
    ),
    *EVENT_ROUTES,
)


def find_route(method: str, path: str) -> tuple[ApiRoute, tuple[str, ...]]:
    """Return the endpoint and its ids, or raise the provider's 404."""
    # An empty id leaves a trailing slash, which the provider takes for the
    # collection: a client must guard against that by itself.
    trimmed = path.rstrip("/")
    for route in ROUTES:
        ids = route.match(method, trimmed)
        if ids is not None:
            return route, ids
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see "
        "https://stripe.com/docs or we can help at https://support.stripe.com/."
    )
    raise ApiError(404, message, executed=False)
