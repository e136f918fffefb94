"""Stripe's steps, through the sidecar's own client; no real money in test mode.

Cards are Stripe's published ones; customers are made for the run and deleted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import stripe

from sidecar.payments import Payments
from sidecar.providers import Answer
from tests.contract.seen import Seen, Stuck, need, require_access, see
from tests.sandbox.payments.driver import client_for, saved_card

_AMOUNT = 25_000
_FACTS = ("status", "amount", "amount_capturable", "amount_received", "currency")


def steps(url: str, key: str) -> Iterator[Seen]:
    """Make every step; raises Stuck when the next one cannot be made."""
    client = Payments(url, key)
    yield see("a key that is none", Payments(url, "nonsense").reachable())
    balance = client.reachable()
    yield require_access(see("the balance", balance), balance)
    if isinstance(balance.body, dict) and balance.body.get("livemode"):
        raise Stuck("the account answers live: nothing is charged")
    yield see("an intent that is none", client.read("pi_none"))
    api = client_for(url, key)
    customers: list[str] = []
    try:
        yield from _payment(client, _request(api, "pm_card_visa", customers))
        yield from _void(client, _request(api, "pm_card_visa", customers))
        for card in ("pm_card_chargeCustomerFail", "pm_card_authenticationRequired"):
            request = _request(api, card, customers)
            _, intent_id = _created(client, request)
            yield _step(f"{card}: a confirmation", client.confirm(intent_id, _key()))
            yield _step(f"{card}: the intent", client.read(intent_id))
            yield _step(f"{card}: a void", client.cancel(intent_id, _key()))
    except stripe.StripeError as error:
        raise Stuck(f"{type(error).__name__} {error.http_status}") from None
    finally:
        for customer in customers:
            with suppress(stripe.StripeError):
                api.customers.delete(customer)


def _payment(client: Payments, request: dict[str, Any]) -> Iterator[Seen]:
    """Hold, take, give back."""
    began = int(time.time()) - 300
    key = _key()
    created = client.create(request, key)
    seen = _step("a payment", created)
    yield seen
    intent_id = need(seen, created, "id")
    again = client.create(request, key)
    is_same = _field(again, "id") == intent_id
    yield _step("the same key again", again, is_the_same=is_same)
    other = client.create({**request, "amount": _AMOUNT + 1}, key)
    yield _step("the same key for something else", other)
    yield _step("a capture too early", client.capture(intent_id, _AMOUNT, _key()))
    yield _step("a confirmation", client.confirm(intent_id, _key()))
    yield _step("a second confirmation", client.confirm(intent_id, _key()))
    yield _step("a capture of too much", client.capture(intent_id, _AMOUNT + 1, _key()))
    yield _step("a capture", client.capture(intent_id, _AMOUNT, _key()))
    yield _step("a second capture", client.capture(intent_id, _AMOUNT, _key()))
    yield _step("a void too late", client.cancel(intent_id, _key()))
    read = client.read(intent_id)
    seen = _step("the intent", read)
    yield seen
    charge = need(seen, read, "latest_charge", "id")
    yield _step("the charge", client.read_charge(charge))
    yield _step("the card", client.read_method(request["payment_method"]))
    back = {
        "payment_intent": intent_id,
        "amount": _AMOUNT,
        "metadata": request["metadata"],
    }
    refunded = client.refund(back, _key())
    seen = _step("a refund", refunded)
    yield seen
    yield _step("a second refund", client.refund(back, _key()))
    yield _step("the refund", client.read_refund(need(seen, refunded, "id")))
    refunds = client.find_refunds(intent_id)
    yield see("the refunds", refunds, count=len(_rows(refunds, "refunds")))
    listed = client.list_intents(began)
    ids = [one["id"] for one in _rows(listed, "payment_intents")]
    yield see("the intents since", _without_rows(listed), is_among=intent_id in ids)
    events = client.list_events(began)
    yield see("the events since", _without_rows(events))


def _void(client: Payments, request: dict[str, Any]) -> Iterator[Seen]:
    """Hold, and let go."""
    seen, intent_id = _created(client, request)
    yield seen
    yield _step("a hold", client.confirm(intent_id, _key()))
    yield _step("a void", client.cancel(intent_id, _key()))
    yield _step("a second void", client.cancel(intent_id, _key()))
    yield _step("a capture after a void", client.capture(intent_id, _AMOUNT, _key()))


def _created(client: Payments, request: dict[str, Any]) -> tuple[Seen, str]:
    created = client.create(request, _key())
    seen = _step("a payment to let go", created)
    return seen, need(seen, created, "id")


def _request(api: Any, card: str, customers: list[str]) -> dict[str, Any]:
    customer, method = saved_card(api, card)
    customers.append(customer)
    return {
        "amount": _AMOUNT,
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "metadata": {"attempt_id": "contract"},
    }


def _key() -> str:
    return str(uuid4())


def _step(step: str, answer: Answer, **facts: Any) -> Seen:
    body = answer.body if isinstance(answer.body, dict) else {}
    known = {name: body[name] for name in _FACTS if name in body}
    return see(step, answer, **known, **facts)


def _field(answer: Answer, name: str) -> Any:
    return answer.body.get(name) if isinstance(answer.body, dict) else None


def _rows(answer: Answer, name: str) -> list[dict[str, Any]]:
    return _field(answer, name) or []


def _without_rows(answer: Answer) -> Answer:
    """Return an answer whose rows an account may have of its own."""
    return Answer(http_status=answer.http_status, error_code=answer.error_code)
