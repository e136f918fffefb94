"""The error codes of the Duffel API that the sandbox can give.

Types and codes are stable at Duffel; titles and messages are not, so no client
should read them.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """What the envelope says of one code."""

    type: str
    status: int
    title: str
    message: str


_AUTH = "authentication_error"
_REQUEST = "invalid_request_error"
_STATE = "invalid_state_error"
INVALID = "validation_error"
_AIRLINE = "airline_error"

CATALOGUE = {
    "missing_authorization_header": Entry(
        _AUTH,
        401,
        "Missing authorization header",
        "The 'Authorization' header needs to be set and contain a valid API token.",
    ),
    "invalid_authorization_header": Entry(
        _AUTH,
        401,
        "Invalid authorization header",
        "The 'Authorization' header needs to be of the form 'Bearer <token>'.",
    ),
    "access_token_not_found": Entry(
        _AUTH,
        401,
        "Access token not found",
        "The access token used is not recognised by our system.",
    ),
    "missing_version_header": Entry(
        _REQUEST,
        400,
        "Missing version header",
        "The 'Duffel-Version' header needs to be set to a valid API version.",
    ),
    "unsupported_version": Entry(
        _REQUEST,
        400,
        "Unsupported version",
        "The version set in the 'Duffel-Version' header is no longer supported "
        "by the API. Please upgrade.",
    ),
    "unsupported_format": Entry(
        _REQUEST,
        406,
        "Unsupported format",
        "The 'Accept' header needs to be set to 'application/json'.",
    ),
    "invalid_content_type_header": Entry(
        _REQUEST,
        415,
        "Invalid content type header",
        "The 'Content-Type' header needs to be set to 'application/json'.",
    ),
    "malformed_data_param": Entry(
        _REQUEST, 400, "Malformed data param", "The 'data' parameter is malformed."
    ),
    "missing_data_param": Entry(
        _REQUEST, 400, "Missing data param", "The 'data' parameter is missing."
    ),
    "bad_request": Entry(
        _REQUEST, 400, "Bad request", "The request body is not valid JSON."
    ),
    "not_found": Entry(
        _REQUEST,
        404,
        "Not found",
        "The resource you are trying to access does not exist.",
    ),
    "method_not_allowed": Entry(
        _REQUEST, 405, "Method not allowed", "This method is not supported here."
    ),
    "rate_limit_exceeded": Entry(
        "rate_limit_error",
        429,
        "Rate limit exceeded",
        "Too many requests hit the API too quickly. Please retry your request "
        "after the time specified in the `ratelimit-reset` header.",
    ),
    "gateway_timeout_error": Entry(
        "api_error",
        504,
        "Gateway timeout",
        "The airline took too long to answer. Please try again later.",
    ),
    "offer_no_longer_available": Entry(
        _AIRLINE,
        422,
        "Requested offer is no longer available",
        "Please select another offer, or create a new offer request to get the "
        "latest availability.",
    ),
    "offer_expired": Entry(
        _STATE, 422, "Offer expired", "The selected offer has expired."
    ),
    "price_changed": Entry(
        _STATE,
        422,
        "Price changed",
        "The price of the offer has changed. Please get the latest price.",
    ),
    "internal_server_error": Entry(
        "api_error",
        500,
        "Internal server error",
        "An unexpected error occurred. Please contact us.",
    ),
    "service_unavailable": Entry(
        "api_error",
        503,
        "Service unavailable",
        "The service is temporarily unavailable. Please try again later.",
    ),
    "order_not_created": Entry(
        _AIRLINE,
        502,
        "Order not created",
        "The airline did not create the order, and nothing was paid.",
    ),
    "duplicate_booking": Entry(
        _STATE,
        422,
        "Duplicate booking",
        "A booking with the same details already exists for the itinerary.",
    ),
    "schedule_changed": Entry(
        _STATE,
        422,
        "Schedule changed",
        "The schedule of the flight has changed.",
    ),
    "airline_internal": Entry(
        _AIRLINE,
        500,
        "Internal airline error",
        "The airline had an internal error.",
    ),
    "airline_unknown": Entry(
        _AIRLINE,
        502,
        "Unexpected Airline Error",
        "The airline responded with an unexpected error. Please contact us.",
    ),
    "insufficient_balance": Entry(
        _STATE,
        422,
        "Insufficient balance",
        "The balance is not sufficient for this payment.",
    ),
    "offer_request_already_booked": Entry(
        INVALID,
        422,
        "Offer request already booked",
        "Can't book multiple offers from the same offer request.",
    ),
    "order_creation_already_attempted": Entry(
        _STATE,
        422,
        "Order creation already attempted",
        "The creation of an order was already attempted for this offer request.",
    ),
    "invalid_order_create_type": Entry(
        _STATE,
        422,
        "Invalid order create type",
        "The specified `type` was incorrect.",
    ),
    "payments_not_allowed_for_order_type": Entry(
        _STATE,
        422,
        "Payments not allowed for order type",
        "Payments cannot be given for an order of type `hold`.",
    ),
    "services_not_allowed_for_order_type": Entry(
        _STATE,
        422,
        "Services not allowed for order type",
        "Services cannot be given for an order of type `hold`.",
    ),
    "ancillary_service_not_available": Entry(
        _STATE,
        422,
        "Ancillary service not available",
        "A requested service is not available for this offer.",
    ),
    "unavailable_feature": Entry(
        _REQUEST,
        403,
        "Unavailable feature",
        "The feature you requested is not available for your account.",
    ),
    "payment_amount_does_not_match_order_amount": Entry(
        INVALID,
        422,
        "Payment amount does not match order amount",
        "The payment amount must match the total amount of the order.",
    ),
    "payment_currency_does_not_match_order_currency": Entry(
        INVALID,
        422,
        "Payment currency does not match order currency",
        "The payment currency must match the currency of the order.",
    ),
    "order_passengers_incompatible_with_offer": Entry(
        INVALID,
        422,
        "Order passengers incompatible with offer",
        "The passengers do not match those of the offer.",
    ),
    "already_cancelled": Entry(
        _STATE, 422, "Already cancelled", "The order has already been cancelled."
    ),
    "order_not_cancellable": Entry(
        _STATE, 422, "Order not cancellable", "The order cannot be cancelled."
    ),
    "stale_airline_initiated_change_accept": Entry(
        _STATE,
        422,
        "Stale airline-initiated change",
        "The change you tried to accept is not the latest.",
    ),
    "stale_airline_initiated_change_update": Entry(
        _STATE,
        422,
        "Stale airline-initiated change",
        "The change you tried to update is not the latest.",
    ),
    "order_change_already_actioned": Entry(
        _STATE,
        422,
        "Order change already actioned",
        "An action was already taken on this change.",
    ),
    "webhook_client_error": Entry(
        _STATE,
        422,
        "Webhook client error",
        "The webhook's receiver did not answer with a success.",
    ),
    "order_cancellation_stale": Entry(
        _STATE,
        422,
        "Order cancellation stale",
        "The order cancellation is out of date. Please create a new one.",
    ),
}
