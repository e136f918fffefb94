"""The API's table of contents, second part: events and who is told of them."""

from __future__ import annotations

from tests.sandbox.payments import disputes, endpoints, events
from tests.sandbox.payments.route import ApiRoute

EVENT_ROUTES = (
    ApiRoute(
        "GET", "/v1/events", "EventListParams", events.list_all, "event", listed=True
    ),
    ApiRoute("GET", "/v1/events/{id}", "EventRetrieveParams", events.retrieve, "event"),
    ApiRoute(
        "GET",
        "/v2/core/events/{id}",
        "v2.core.EventRetrieveParams",
        events.retrieve_thin,
        "v2.core.event",
    ),
    ApiRoute(
        "GET",
        "/v1/disputes",
        "DisputeListParams",
        disputes.list_all,
        "dispute",
        listed=True,
    ),
    ApiRoute(
        "GET",
        "/v1/disputes/{id}",
        "DisputeRetrieveParams",
        disputes.retrieve,
        "dispute",
    ),
    ApiRoute(
        "GET",
        "/v1/radar/early_fraud_warnings",
        "radar.EarlyFraudWarningListParams",
        disputes.list_warnings,
        "radar.early_fraud_warning",
        listed=True,
    ),
    ApiRoute(
        "GET",
        "/v1/radar/early_fraud_warnings/{id}",
        "radar.EarlyFraudWarningRetrieveParams",
        disputes.retrieve_warning,
        "radar.early_fraud_warning",
    ),
    ApiRoute(
        "POST",
        "/v1/webhook_endpoints",
        "WebhookEndpointCreateParams",
        endpoints.create,
        "webhook_endpoint",
    ),
    ApiRoute(
        "GET",
        "/v1/webhook_endpoints",
        "WebhookEndpointListParams",
        endpoints.list_all,
        "webhook_endpoint",
        listed=True,
    ),
    ApiRoute(
        "GET",
        "/v1/webhook_endpoints/{id}",
        "WebhookEndpointRetrieveParams",
        endpoints.retrieve,
        "webhook_endpoint",
    ),
    ApiRoute(
        "POST",
        "/v1/webhook_endpoints/{id}",
        "WebhookEndpointUpdateParams",
        endpoints.update,
        "webhook_endpoint",
    ),
    ApiRoute(
        "DELETE",
        "/v1/webhook_endpoints/{id}",
        "WebhookEndpointDeleteParams",
        endpoints.delete,
        "webhook_endpoint",
    ),
    ApiRoute(
        "POST",
        "/v2/core/event_destinations",
        "v2.core.EventDestinationCreateParams",
        endpoints.create_destination,
        "v2.core.event_destination",
    ),
    ApiRoute(
        "GET",
        "/v2/core/event_destinations/{id}",
        "v2.core.EventDestinationRetrieveParams",
        endpoints.retrieve_destination,
        "v2.core.event_destination",
    ),
    ApiRoute(
        "DELETE",
        "/v2/core/event_destinations/{id}",
        "v2.core.EventDestinationDeleteParams",
        endpoints.delete_destination,
        "v2.core.event_destination",
    ),
)
