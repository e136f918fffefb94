"""The payments sandbox forgets nothing when it is stopped."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.sandbox.checked_state import CheckedState
from tests.sandbox.control import Fault
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import (
    authorized,
    captured,
    client_for,
    intent_for,
    saved_card,
)
from tests.sandbox.payments.webhooks import Switch
from tests.sandbox.persistence import SandboxState
from tests.sandbox.server import running_in_thread
from tests.waiting import wait_until
from tests.webhook_receiver import receiving

DAY = 86_400


@contextmanager
def started(directory: Path, seed: int = 1) -> Iterator[tuple[PaymentsSandbox, Any]]:
    """Serve a sandbox that keeps its memory in `directory`."""
    sandbox = PaymentsSandbox(seed=seed, kept=CheckedState(directory, "payments"))
    with running_in_thread(sandbox.app) as url:
        yield sandbox, client_for(url)
    sandbox.close()
    assert sandbox.state()["defects"] == []


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(stripe, "enable_telemetry", False)


def told(sandbox: PaymentsSandbox) -> dict[str, Any]:
    """Return its whole truth but the time."""
    state = sandbox.state()
    del state["now"]
    copied: dict[str, Any] = json.loads(json.dumps(state))
    return copied


def test_everything_is_as_it_was(tmp_path: Path) -> None:
    with started(tmp_path) as (sandbox, api), receiving() as receiver:
        api.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["charge.refunded"]}
        )
        api.refunds.create({"payment_intent": captured(api).id, "amount": 1_000})
        receiver.wait(1)
        captured(api, "pm_card_createDispute")
        authorized(api, metadata={"attempt_id": "a-1"})
        customer, method = saved_card(api, "pm_card_authenticationRequiredOnSetup")
        api.setup_intents.create({"customer": customer, "payment_method": method})
        slow = intent_for(api, customer, method)
        sandbox.controls.slow_down(slow.id, seconds=DAY)
        later = authorized(api, "pm_card_refundFail")
        api.payment_intents.capture(later.id)
        failing = api.refunds.create({"payment_intent": later.id})
        gone, _ = saved_card(api)
        api.customers.delete(gone)
        sandbox.controls.set_card_behavior(method, "4000000000009995")
        sandbox.controls.bend(Switch("delay", match="charge.expired", times=None))
        wait_until(
            lambda: sandbox.state()["webhooks"]["deliveries"][0]["state"] != "pending"
        )
        before = told(sandbox)
        read = api.charges.retrieve, api.payment_methods.retrieve
        charge = sandbox.state()["payment_intents"][0]["latest_charge"]
        shown = [read[0](charge).to_dict(), read[1](method).to_dict()]
    with started(tmp_path) as (sandbox, api):
        assert told(sandbox) == before
        again = api.charges.retrieve(charge), api.payment_methods.retrieve(method)
        assert [one.to_dict() for one in again] == shown
        assert api.customers.retrieve(gone).deleted is True
        intent = intent_for(api, customer, method)
        with pytest.raises(stripe.CardError) as declined:
            api.payment_intents.confirm(intent.id, {"off_session": True})
        assert declined.value.http_status == 402
        waiting = api.payment_intents.confirm(slow.id, {"off_session": True})
        assert waiting.status == "processing"
    with started(tmp_path) as (sandbox, api):
        sandbox.clock.advance(DAY)
        assert api.refunds.retrieve(failing.id).status == "failed"
        answered = api.payment_intents.retrieve(slow.id)
        assert answered.last_payment_error.decline_code == "insufficient_funds"


def test_a_key_used_before_does_not_execute_again(tmp_path: Path) -> None:
    order = {"amount": 1_000, "currency": "eur"}
    with started(tmp_path) as (_, api):
        first = api.payment_intents.create(order, {"idempotency_key": "k"})
    with started(tmp_path) as (sandbox, api):
        again = api.payment_intents.create(order, {"idempotency_key": "k"})
        assert again.to_dict() == first.to_dict()
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        other = {**order, "amount": 2_000}
        with pytest.raises(stripe.IdempotencyError):
            api.payment_intents.create(other, {"idempotency_key": "k"})
        sandbox.clock.advance(DAY)
        third = api.payment_intents.create(order, {"idempotency_key": "k"})
        assert third.id != first.id


def test_no_id_comes_twice(tmp_path: Path) -> None:
    """The seed is the same, and so would the ids be."""
    with started(tmp_path) as (_, api):
        first = api.customers.create().id
    with started(tmp_path) as (_, api):
        assert api.customers.create().id != first
        assert api.customers.retrieve(first).id == first


def test_a_hold_lapses_at_its_time_and_the_clock_stays_ahead(tmp_path: Path) -> None:
    with started(tmp_path) as (sandbox, api):
        intent = authorized(api)
        sandbox.clock.advance(4 * DAY)
        api.customers.create()
    with started(tmp_path) as (sandbox, api):
        assert api.payment_intents.retrieve(intent.id).status == "requires_capture"
        sandbox.clock.advance(DAY)
        assert api.payment_intents.retrieve(intent.id).status == "canceled"
    with started(tmp_path) as (sandbox, api):
        assert sandbox.state()["payment_intents"][0]["released"] == 25_000


def test_an_event_not_yet_taken_is_delivered_after_the_restart(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.decide = lambda letter: 500
        with started(tmp_path) as (sandbox, api):
            secret = api.webhook_endpoints.create(
                {"url": receiver.url, "enabled_events": ["customer.created"]}
            ).secret
            api.customers.create()
            wait_until(
                lambda: sandbox.state()["webhooks"]["deliveries"][0]["statuses"] != []
            )
        receiver.decide = lambda letter: 200
        with started(tmp_path) as (sandbox, _):
            sandbox.clock.advance(DAY)
            refused, taken = receiver.wait(2)
    assert refused.body == taken.body
    assert stripe.Webhook.construct_event(taken.body, taken.signature, secret)


def test_an_answer_is_saved_before_it_is_sent(tmp_path: Path) -> None:
    """Killed at that moment, the sandbox still knows what it did."""
    with started(tmp_path) as (sandbox, api):
        sandbox.faults.arm(Fault(match="POST /v1/customers", kind="drop_after"))
        with pytest.raises(stripe.APIConnectionError):
            api.customers.create(
                {"email": "traveller@example.com"}, {"max_network_retries": 0}
            )
        saved = SandboxState(tmp_path, "payments").load()
    assert saved is not None
    emails = [one["email"] for one in saved["objects/customer"].values()]
    assert emails == ["traveller@example.com"]


def test_a_reset_is_remembered_too(tmp_path: Path) -> None:
    with started(tmp_path) as (sandbox, api):
        captured(api)
        sandbox.reset(5)
    with started(tmp_path) as (sandbox, _):
        state = sandbox.state()
        assert (state["payment_intents"], state["seed"]) == ([], 5)


def test_without_a_place_nothing_is_kept(tmp_path: Path) -> None:
    sandbox = PaymentsSandbox()
    with running_in_thread(sandbox.app) as url:
        client_for(url).customers.create()
    assert list(tmp_path.iterdir()) == []
