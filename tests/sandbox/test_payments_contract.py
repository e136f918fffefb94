"""The payments sandbox speaks the provider's wire format, as the SDK types it."""

import typing
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import captured, client_for
from tests.sandbox.payments.parameters import legal_parameters
from tests.sandbox.payments.routes import ROUTES
from tests.sandbox.payments.wire import parse_form


def post(url: str, path: str, body: str, **headers: str) -> requests.Response:
    return requests.post(
        f"{url}{path}",
        data=body,
        headers={
            "Authorization": "Bearer sk_test_x",
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
        },
        timeout=5,
    )


def non_nullable(cls: Any) -> set[str]:
    return {
        name
        for name, annotation in cls.__annotations__.items()
        if name != "OBJECT_NAME" and type(None) not in typing.get_args(annotation)
    }


def test_form_bodies_nest_by_brackets() -> None:
    assert parse_form("a[b][c]=1&a[d]=2&e[]=x&e[]=y&f=") == {
        "a": {"b": {"c": "1"}, "d": "2"},
        "e": {"0": "x", "1": "y"},
        "f": "",
    }


@pytest.mark.parametrize("body", ["a=1&a[b]=2", "[a]=1", "a[b=1"])
def test_malformed_forms_are_refused(url: str, body: str) -> None:
    answer = post(url, "/v1/customers", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_every_answer_carries_a_request_id_and_echoes_the_version(url: str) -> None:
    for path, version in (("/v1/balance", "2026-09-30.endive"), ("/v1/nothing", "")):
        headers = {"Authorization": "Bearer sk_test_x"}
        if version:
            headers["Stripe-Version"] = version
        answer = requests.get(f"{url}{path}", headers=headers, timeout=5)
        assert answer.headers["Request-Id"].startswith("req_")
        assert answer.headers["Stripe-Version"] == (version or "2026-10-28.endive")


@pytest.mark.parametrize("key", ["sk_live_123456789", "nonsense", "pk_test_12345"])
def test_keys_other_than_test_secrets_are_refused(url: str, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        client_for(url, key).balance.retrieve()
    assert refused.value.http_status == 401
    assert key not in str(refused.value)
    assert ("Live API keys are refused" in str(refused.value)) == ("live" in key)


def test_a_missing_key_is_refused_and_basic_credentials_are_taken(url: str) -> None:
    assert requests.get(f"{url}/v1/balance", timeout=5).status_code == 401
    basic = requests.get(f"{url}/v1/balance", auth=("sk_test_x", ""), timeout=5)
    assert basic.json()["object"] == "balance"


def test_unknown_objects_are_404_in_the_path_and_400_in_a_parameter(api: Any) -> None:
    for retrieve in (
        api.payment_intents.retrieve,
        api.customers.retrieve,
        api.payment_methods.retrieve,
        api.setup_intents.retrieve,
        api.charges.retrieve,
        api.refunds.retrieve,
        api.events.retrieve,
    ):
        with pytest.raises(stripe.InvalidRequestError) as missing:
            retrieve("none_1")
        assert missing.value.http_status == 404
        assert missing.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError) as missing:
        api.refunds.create({"payment_intent": "pi_none"})
    assert missing.value.http_status == 400
    assert (missing.value.code, missing.value.param) == (
        "resource_missing",
        "payment_intent",
    )


def test_an_empty_id_reaches_the_collection(url: str) -> None:
    headers = {"Authorization": "Bearer sk_test_x"}
    answer = requests.get(f"{url}/v1/payment_intents/", headers=headers, timeout=5)
    assert answer.json()["object"] == "list"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 100, "currency": "usd", "colour": "red"}, "unknown", "colour"),
        ({"amount": 100}, "missing", "currency"),
        ({"amount": "1.5", "currency": "usd"}, "invalid_integer", "amount"),
        ({"amount": 100, "currency": ""}, "invalid_empty", "currency"),
        (
            {
                "amount": 100,
                "currency": "usd",
                "payment_method_options": {"card": {"speed": "high"}},
            },
            "unknown",
            "payment_method_options[card][speed]",
        ),
        (
            {"amount": 100, "currency": "usd", "idempotency_key": "misplaced"},
            "unknown",
            "idempotency_key",
        ),
    ],
)
def test_illegal_parameters_name_themselves(
    api: Any, params: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(params)
    assert (refused.value.code, refused.value.param) == (f"parameter_{code}", param)


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("refunds", {"payment_intent": "pi_1", "reason": "changed_my_mind"}),
        ("payment_intents", {"amount": 100, "currency": "usd", "expand": ["mood"]}),
        ("payment_intents", {"amount": 9, "currency": "usd", "capture_method": "no"}),
        ("payment_intents", {"amount": 9, "currency": "usd", "off_session": True}),
        ("payment_intents", {"amount": 9, "currency": "usd", "metadata": "x"}),
    ],
)
def test_illegal_values_are_refused_before_anything_runs(
    sandbox: PaymentsSandbox, api: Any, call: str, params: dict[str, Any]
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        getattr(api, call).create(params)
    assert refused.value.http_status == 400
    assert sandbox.state()["payment_intents"] == []
    assert sandbox.state()["executions"] == {}


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("PaymentIntentCreateParams", 37),
        ("PaymentIntentConfirmParams", 22),
        ("PaymentIntentCaptureParams", 11),
        ("PaymentIntentCancelParams", 2),
        ("RefundCreateParams", 12),
        ("PaymentIntentListParams", 7),
    ],
)
def test_legal_parameters_are_those_of_the_sdk(name: str, count: int) -> None:
    assert len(legal_parameters(name)) == count
    assert "idempotency_key" not in legal_parameters(name)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_every_route_knows_its_parameters(route: Any) -> None:
    plain = route.method == "DELETE" or route.path.startswith("/v2/")
    assert ("expand" in legal_parameters(route.params)) is not plain


def test_objects_have_every_field_the_sdk_calls_non_nullable(
    sandbox: PaymentsSandbox, api: Any, url: str
) -> None:
    customer = api.customers.create()
    setup = api.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    )
    intent = api.payment_intents.create(
        {
            "amount": 100,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": setup.payment_method,
            "confirm": True,
            "off_session": True,
            "expand": ["latest_charge.balance_transaction", "payment_method"],
        }
    )
    refund = api.refunds.create({"payment_intent": intent.id})
    event = api.events.list({"limit": 1}).data[0]
    paid = captured(api)
    dispute = sandbox.controls.open_dispute(paid.id)
    warning = sandbox.controls.warn_of_fraud(paid.id)
    endpoint = api.webhook_endpoints.create(
        {"url": f"{url}/nobody", "enabled_events": ["charge.expired"]}
    )
    v2 = stripe.StripeClient("sk_test_x", base_addresses={"api": url}).v2.core
    thin = v2.events.retrieve(event.id.replace("evt_", "evt_test_"))
    destination = v2.event_destinations.create(
        {
            "name": "n",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["v1.charge.expired"],
            "webhook_endpoint": {"url": f"{url}/nobody"},
        }
    )
    objects = {
        stripe.Customer: customer,
        stripe.SetupIntent: setup,
        stripe.PaymentIntent: intent,
        stripe.PaymentMethod: intent.payment_method,
        stripe.Charge: intent.latest_charge,
        stripe.BalanceTransaction: intent.latest_charge.balance_transaction,
        stripe.Refund: refund,
        stripe.Event: event,
        stripe.Balance: api.balance.retrieve(),
        stripe.Dispute: api.disputes.retrieve(dispute["id"]),
        stripe.radar.EarlyFraudWarning: api.radar.early_fraud_warnings.retrieve(
            warning["id"]
        ),
        stripe.WebhookEndpoint: endpoint,
        stripe.v2.core.Event: thin,
        stripe.v2.core.EventDestination: destination,
    }
    for cls, obj in objects.items():
        assert isinstance(obj, cls)
        body = obj.to_dict()
        absent = {name for name in non_nullable(cls) if body.get(name) is None}
        assert absent == set(), cls
    counted = (stripe.PaymentIntent, stripe.Charge, stripe.SetupIntent, stripe.Refund)
    assert [len(non_nullable(cls)) for cls in counted] == [13, 15, 7, 5]


def test_method_types_are_narrowed_by_the_parameter_of_this_version(api: Any) -> None:
    order = {"amount": 100, "currency": "usd"}
    with pytest.raises(stripe.InvalidRequestError) as removed:
        api.payment_intents.create({**order, "payment_method_types": ["card"]})
    assert removed.value.code == "payment_method_types_no_longer_supported"
    narrowed = {**order, "allowed_payment_method_types": ["card"]}
    assert api.payment_intents.create(narrowed).payment_method_types == ["card"]
    both = {**narrowed, "automatic_payment_methods": {"enabled": True}}
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        api.payment_intents.create(both)


def test_an_on_session_confirm_that_may_redirect_needs_a_return_url(api: Any) -> None:
    order = {
        "amount": 100,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
    }
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(order)
    assert refused.value.param == "return_url"
    assert api.payment_intents.list().data == []
    done = api.payment_intents.create({**order, "return_url": "https://example.com"})
    assert done.status == "succeeded"


def test_ids_are_expanded_on_request_only(api: Any) -> None:
    customer = api.customers.create()
    intent = api.payment_intents.create(
        {"amount": 100, "currency": "usd", "customer": customer.id}
    )
    assert intent.customer == customer.id
    got = api.payment_intents.retrieve(intent.id, {"expand": ["customer"]})
    assert got.customer.id == customer.id
    listed = api.payment_intents.list({"expand": ["data.customer"]})
    assert listed.data[0].customer.id == customer.id


def test_metadata_merges_and_an_empty_value_unsets_its_key(api: Any) -> None:
    intent = api.payment_intents.create(
        {"amount": 100, "currency": "usd", "metadata": {"a": "1", "b": "2"}}
    )
    changed = api.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    emptied = api.payment_intents.update(intent.id, {"metadata": ""})
    assert emptied.metadata.to_dict() == {}
    with pytest.raises(stripe.InvalidRequestError, match="500"):
        api.payment_intents.update(intent.id, {"metadata": {"a": "x" * 501}})
