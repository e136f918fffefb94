"""The error envelope and the codes of the Duffel API that the sandbox can give.

Types and codes are stable at Duffel; titles and messages are not, so no client
should read them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_DOCS = "https://duffel.com/docs/api/overview/errors"


class _Entry(NamedTuple):
    type: str
    status: int
    title: str
    message: str


_AUTH = "authentication_error"
_REQUEST = "invalid_request_error"
_STATE = "invalid_state_error"
_INVALID = "validation_error"
_AIRLINE = "airline_error"

_CATALOGUE = {
    "missing_authorization_header": _Entry(
        _AUTH,
        401,
        "Missing authorization header",
        "The 'Authorization' header needs to be set and contain a valid API token.",
    ),
    "invalid_authorization_header": _Entry(
        _AUTH,
        401,
        "Invalid authorization header",
        "The 'Authorization' header needs to be of the form 'Bearer <token>'.",
    ),
    "access_token_not_found": _Entry(
        _AUTH,
        401,
        "Access token not found",
        "The access token used is not recognised by our system.",
    ),
    "missing_version_header": _Entry(
        _REQUEST,
        400,
        "Missing version header",
        "The 'Duffel-Version' header needs to be set to a valid API version.",
    ),
    "unsupported_version": _Entry(
        _REQUEST,
        400,
        "Unsupported version",
        "The version set in the 'Duffel-Version' header is no longer supported "
        "by the API. Please upgrade.",
    ),
    "unsupported_format": _Entry(
        _REQUEST,
        406,
        "Unsupported format",
        "The 'Accept' header needs to be set to 'application/json'.",
    ),
    "invalid_content_type_header": _Entry(
        _REQUEST,
        415,
        "Invalid content type header",
        "The 'Content-Type' header needs to be set to 'application/json'.",
    ),
    "malformed_data_param": _Entry(
        _REQUEST, 400, "Malformed data param", "The 'data' parameter is malformed."
    ),
    "missing_data_param": _Entry(
        _REQUEST, 400, "Missing data param", "The 'data' parameter is missing."
    ),
    "bad_request": _Entry(
        _REQUEST, 400, "Bad request", "The request body is not valid JSON."
    ),
    "not_found": _Entry(
        _REQUEST,
        404,
        "Not found",
        "The resource you are trying to access does not exist.",
    ),
    "method_not_allowed": _Entry(
        _REQUEST, 405, "Method not allowed", "This method is not supported here."
    ),
    "rate_limit_exceeded": _Entry(
        "rate_limit_error",
        429,
        "Rate limit exceeded",
        "Too many requests hit the API too quickly. Please retry your request "
        "after the time specified in the `ratelimit-reset` header.",
    ),
    "gateway_timeout_error": _Entry(
        "api_error",
        504,
        "Gateway timeout",
        "The airline took too long to answer. Please try again later.",
    ),
    "offer_no_longer_available": _Entry(
        _AIRLINE,
        422,
        "Requested offer is no longer available",
        "Please select another offer, or create a new offer request to get the "
        "latest availability.",
    ),
    "offer_expired": _Entry(
        _STATE, 422, "Offer expired", "The selected offer has expired."
    ),
    "price_changed": _Entry(
        _STATE,
        422,
        "Price changed",
        "The price of the offer has changed. Please get the latest price.",
    ),
    "airline_unknown": _Entry(
        _AIRLINE,
        502,
        "Unexpected Airline Error",
        "The airline responded with an unexpected error. Please contact us.",
    ),
    "insufficient_balance": _Entry(
        _STATE,
        422,
        "Insufficient balance",
        "The balance is not sufficient for this payment.",
    ),
    "offer_request_already_booked": _Entry(
        _INVALID,
        422,
        "Offer request already booked",
        "Can't book multiple offers from the same offer request.",
    ),
    "order_creation_already_attempted": _Entry(
        _STATE,
        422,
        "Order creation already attempted",
        "The creation of an order was already attempted for this offer request.",
    ),
    "invalid_order_create_type": _Entry(
        _STATE,
        422,
        "Invalid order create type",
        "The specified `type` was incorrect.",
    ),
    "payments_not_allowed_for_order_type": _Entry(
        _STATE,
        422,
        "Payments not allowed for order type",
        "Payments cannot be given for an order of type `hold`.",
    ),
    "services_not_allowed_for_order_type": _Entry(
        _STATE,
        422,
        "Services not allowed for order type",
        "Services cannot be given for an order of type `hold`.",
    ),
    "ancillary_service_not_available": _Entry(
        _STATE,
        422,
        "Ancillary service not available",
        "A requested service is not available for this offer.",
    ),
    "unavailable_feature": _Entry(
        _REQUEST,
        403,
        "Unavailable feature",
        "The feature you requested is not available for your account.",
    ),
    "payment_amount_does_not_match_order_amount": _Entry(
        _INVALID,
        422,
        "Payment amount does not match order amount",
        "The payment amount must match the total amount of the order.",
    ),
    "payment_currency_does_not_match_order_currency": _Entry(
        _INVALID,
        422,
        "Payment currency does not match order currency",
        "The payment currency must match the currency of the order.",
    ),
    "order_passengers_incompatible_with_offer": _Entry(
        _INVALID,
        422,
        "Order passengers incompatible with offer",
        "The passengers do not match those of the offer.",
    ),
    "already_cancelled": _Entry(
        _STATE, 422, "Already cancelled", "The order has already been cancelled."
    ),
    "order_not_cancellable": _Entry(
        _STATE, 422, "Order not cancellable", "The order cannot be cancelled."
    ),
    "order_cancellation_stale": _Entry(
        _STATE,
        422,
        "Order cancellation stale",
        "The order cancellation is out of date. Please create a new one.",
    ),
}


class ApiError(Exception):
    """An answer other than success: a status and one or more error objects."""

    def __init__(self, status: int, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{status} {[e['code'] for e in errors]}")
        self.status = status
        self.errors = errors

    def envelope(self, request_id: str) -> dict[str, Any]:
        """Return the response body."""
        meta = {"status": self.status, "request_id": request_id}
        return {"errors": self.errors, "meta": meta}


def refusal(
    code: str,
    *,
    field: str | None = None,
    airline: str | None = None,
    message: str | None = None,
) -> ApiError:
    """Return the error `code`, raised about a request field or by an airline."""
    entry = _CATALOGUE[code]
    body: dict[str, Any] = {
        "type": entry.type,
        "code": code,
        "title": entry.title,
        "message": message or entry.message,
        "documentation_url": _DOCS,
    }
    if field is not None:
        body["source"] = {"field": field.rsplit("/", 1)[-1], "pointer": f"/{field}"}
    if airline is not None:
        body["source"] = airline.lower().replace(" ", "_")
    return ApiError(entry.status, [body])


class Problems:
    """Collects validation errors: Duffel reports all of them in one response."""

    _TITLES = {  # noqa: RUF012 - a constant table
        "validation_required": "Required field",
        "validation_format": "Invalid format",
        "validation_length": "Invalid length",
        "validation_inclusion": "Value not allowed",
        "validation_type": "Invalid type",
        "validation_unique": "Value not unique",
    }

    def __init__(self) -> None:
        self._errors: list[dict[str, Any]] = []

    def add(self, code: str, pointer: str, message: str) -> None:
        """Note one problem; `pointer` is a path such as ``passengers/0/title``."""
        field = pointer.rsplit("/", 1)[-1]
        self._errors.append(
            {
                "type": _INVALID,
                "code": code,
                "title": self._TITLES.get(code, "Invalid value"),
                "message": f"Field '{field}' {message}",
                "documentation_url": _DOCS,
                "source": {"field": field, "pointer": f"/{pointer}"},
            }
        )

    def required(self, pointer: str) -> None:
        """Note a missing or blank field."""
        self.add("validation_required", pointer, "can't be blank")

    def __bool__(self) -> bool:
        return bool(self._errors)

    def raise_if_any(self) -> None:
        """Raise every noted problem as one 422 answer."""
        if self._errors:
            raise ApiError(422, self._errors)
