"""The payments sandbox delivers its events as the provider does, or as told to."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.payments import PaymentsSandbox, courier
from tests.sandbox.payments.driver import authorized, captured
from tests.sandbox.payments.signatures import sign
from tests.sandbox.payments.webhooks import TWISTS, Switch
from tests.waiting import wait_until
from tests.webhook_receiver import Letter, Receiver, receiving

DAY = 86_400
PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.amount_capturable_updated",
    "charge.captured",
    "payment_intent.succeeded",
    "charge.updated",
]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def listen(api: Any, receiver: Receiver, *types: str) -> str:
    """Send snapshots of these types to the receiver; return the secret."""
    endpoint = api.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": list(types) or ["*"]}
    )
    secret: str = endpoint.secret
    return secret


def sdk(url: str) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_x", base_addresses={"api": url})


def accepts(letter: Letter, secret: str) -> bool:
    """Tell whether the SDK takes the letter for the provider's."""
    try:
        stripe.Webhook.construct_event(letter.body, letter.signature, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


def deliveries(sandbox: PaymentsSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.state()["webhooks"]["deliveries"]
    return found


def tries(sandbox: PaymentsSandbox, count: int) -> None:
    """Wait until the only delivery was tried so often, and the outcome noted."""
    wait_until(lambda: len(deliveries(sandbox)[0]["statuses"]) == count)


def test_the_signature_is_the_documented_one() -> None:
    """The digests were computed with openssl."""
    header = sign(b'{"id": "evt_1"}', ["whsec_test", "whsec_old"], timestamp=1700000000)
    assert header == (
        "t=1700000000"
        ",v1=a0c091828640f0b68061abc7c03981ad1100ff7160c5dba6b656239494a2b537"
        ",v1=45604a379d33c8c38c77e8f47754d7fcceaf2fb9378a09b8bbf9bc8ff48fd41c"
        ",v0=5d17ba3282d896fc1a2ccfc70610dda167e4200955b10d84cc115216c769efd4"
    )


def test_every_event_is_delivered_and_the_sdk_accepts_it(
    sandbox: PaymentsSandbox, api: Any, url: str, receiver: Receiver
) -> None:
    secret = listen(api, receiver)
    captured(api)
    logged = sandbox.state()["events"]
    letters = receiver.wait(len(logged))
    events = [
        sdk(url).construct_event(letter.body, letter.signature, secret)
        for letter in letters
    ]
    assert [event.type for event in events] == logged
    assert [event.id for event in events] == [
        event.id for event in reversed(api.events.list({"limit": 100}).data)
    ]
    taken = next(event for event in events if event.type == "payment_intent.succeeded")
    assert isinstance(taken.data.object, stripe.PaymentIntent)
    assert taken.data.object.amount_received == 25_000
    assert not accepts(letters[0], "whsec_other")


def test_a_thin_event_names_its_object_and_its_snapshot(
    sandbox: PaymentsSandbox, api: Any, url: str, receiver: Receiver
) -> None:
    client = sdk(url)
    destination = client.v2.core.event_destinations.create(
        {
            "name": "inbox",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["v1.payment_intent.succeeded", "v1.charge.captured"],
            "webhook_endpoint": {"url": receiver.url},
            "include": ["webhook_endpoint.signing_secret"],
        }
    )
    assert destination.webhook_endpoint
    intent = captured(api)
    letter = receiver.wait(2)[1]
    notification = client.parse_event_notification(
        letter.body,
        letter.signature,
        destination.webhook_endpoint.signing_secret,
    )
    assert isinstance(
        notification, stripe.events.V1PaymentIntentSucceededEventNotification
    )
    assert "data" not in letter.event
    assert notification.related_object.id == intent.id
    assert notification.fetch_related_object().status == "succeeded"
    event = notification.fetch_event()
    snapshot = api.events.retrieve(event.snapshot_event)
    assert (snapshot.type, snapshot.data.object.id) == (
        "payment_intent.succeeded",
        intent.id,
    )
    assert event.id == notification.id != snapshot.id
    client.v2.core.event_destinations.delete(destination.id)
    captured(api)
    assert len(deliveries(sandbox)) == 2
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.event_destinations.retrieve(destination.id)


def test_every_endpoint_hears_what_it_asked_for(api: Any, receiver: Receiver) -> None:
    with receiving() as other:
        listen(api, receiver, "payment_intent.succeeded", "charge.captured")
        secret = listen(api, other, "charge.captured", "charge.expired")
        captured(api)
        assert receiver.types(2) == ["charge.captured", "payment_intent.succeeded"]
        (letter,) = other.wait(1)
        assert accepts(letter, secret)
        assert not accepts(receiver.letters[0], secret)


def test_an_endpoint_can_be_changed_disabled_and_deleted(
    api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, "charge.captured")
    (endpoint,) = api.webhook_endpoints.list().data
    assert not hasattr(api.webhook_endpoints.retrieve(endpoint.id), "secret")
    change = {"enabled_events": ["charge.expired"], "disabled": True}
    assert api.webhook_endpoints.update(endpoint.id, change).status == "disabled"
    captured(api)
    change = {"enabled_events": ["charge.refunded"], "disabled": False}
    api.webhook_endpoints.update(endpoint.id, change)
    api.refunds.create({"payment_intent": captured(api).id})
    assert receiver.types(1) == ["charge.refunded"]
    assert api.webhook_endpoints.delete(endpoint.id).deleted is True
    assert api.webhook_endpoints.list().data == []


def test_events_leave_for_this_machine_only(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="loopback"):
        api.webhook_endpoints.create(
            {"url": "https://example.com/inbox", "enabled_events": ["*"]}
        )


def test_a_refused_event_comes_again_each_time_freshly_signed(
    sandbox: PaymentsSandbox,
    api: Any,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = itertools.count(int(courier.time.time()))
    monkeypatch.setattr(courier.time, "time", lambda: next(seconds))
    secret = listen(api, receiver, "customer.created")
    answers = iter([500, 302, 404, 204])
    receiver.decide = lambda letter: next(answers)
    api.customers.create()
    for count, wait in enumerate((10, 40, 160), 1):
        receiver.wait(count)
        tries(sandbox, count)
        sandbox.clock.advance(wait)
    letters = receiver.wait(4)
    tries(sandbox, 4)
    assert len({letter.body for letter in letters[1:]}) == 1
    assert len({letter.signature for letter in letters}) == 4
    assert all(accepts(letter, secret) for letter in letters)
    assert deliveries(sandbox)[0]["state"] == "delivered"


def test_a_receiver_that_is_away_gets_the_event_when_it_is_back(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    with receiving() as gone:
        listen(api, gone, "customer.created")
    api.customers.create()
    tries(sandbox, 1)
    (endpoint,) = api.webhook_endpoints.list().data
    assert deliveries(sandbox)[0]["statuses"] == [None]
    with receiving() as back:
        api.webhook_endpoints.update(endpoint.id, {"url": back.url})
        sandbox.clock.advance(10)
        assert back.types(1) == ["customer.created"]


def test_after_three_days_an_event_is_not_tried_again(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, "customer.created")
    receiver.decide = lambda letter: 503
    api.customers.create()
    for count in itertools.count(1):
        tries(sandbox, count)
        if deliveries(sandbox)[0]["state"] != "pending":
            break
        sandbox.clock.advance(DAY / 2)
    assert deliveries(sandbox)[0]["state"] == "given_up"
    (event,) = api.events.list({"delivery_success": False}).data
    assert (event.type, event.pending_webhooks) == ("customer.created", 0)


def test_what_was_not_taken_can_be_listed(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, "customer.created", "charge.captured")
    receiver.decide = lambda letter: (
        500 if letter.event["type"] == "charge.captured" else 200
    )
    captured(api)
    receiver.wait(2)
    wait_until(lambda: all(d["statuses"] for d in deliveries(sandbox)))
    (refused,) = api.events.list({"delivery_success": False}).data
    assert (refused.type, refused.pending_webhooks) == ("charge.captured", 1)
    taken = api.events.list({"delivery_success": True, "limit": 100}).data
    assert {event.type for event in taken} >= {"customer.created"}
    assert refused.id not in {event.id for event in taken}


def test_a_hold_that_lapses_tells_of_itself(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    """Nobody asks for anything: the clock is enough."""
    listen(api, receiver, "charge.expired", "payment_intent.canceled")
    authorized(api)
    sandbox.clock.advance(5 * DAY)
    assert receiver.types(2) == ["charge.expired", "payment_intent.canceled"]


def test_two_secrets_sign_until_the_old_one_ends(
    sandbox: PaymentsSandbox, api: Any, url: str, receiver: Receiver
) -> None:
    old = listen(api, receiver, "customer.created")
    (endpoint,) = api.webhook_endpoints.list().data
    rolled = requests.post(
        f"{url}/__sandbox/webhooks/{endpoint.id}/roll",
        json={"overlap_seconds": 3_600},
        timeout=5,
    )
    new = rolled.json()["secret"]
    api.customers.create()
    (both,) = receiver.wait(1)
    assert (accepts(both, old), accepts(both, new)) == (True, True)
    sandbox.clock.advance(3_600)
    api.customers.create()
    latest = receiver.wait(2)[1]
    assert (accepts(latest, old), accepts(latest, new)) == (False, True)


def test_a_duplicate_is_the_same_event_twice(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, "customer.created")
    sandbox.controls.bend(Switch("duplicate"))
    api.customers.create()
    api.customers.create()
    ids = [letter.event["id"] for letter in receiver.wait(3)]
    assert ids[0] == ids[1] != ids[2]


def test_twins_are_two_events_of_one_fact(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, *PAID)
    sandbox.controls.bend(Switch("twin", match="payment_intent.succeeded"))
    captured(api)
    twins = [
        letter.event
        for letter in receiver.wait(7)
        if letter.event["type"] == "payment_intent.succeeded"
    ]
    assert len({event["id"] for event in twins}) == 2
    assert twins[0]["data"] == twins[1]["data"]


def test_events_may_share_a_second(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, "customer.created")
    api.customers.create()
    sandbox.clock.advance(100)
    sandbox.controls.bend(Switch("same_second", match="customer.*"))
    api.customers.create()
    first, second = (letter.event for letter in receiver.wait(2))
    assert first["created"] == second["created"]
    assert first["data"]["object"]["created"] < second["data"]["object"]["created"]


def test_an_event_can_be_late(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, *PAID)
    late = Switch("delay", match="charge.captured", seconds=3 * DAY)
    sandbox.controls.bend(late)
    captured(api)
    assert "charge.captured" not in receiver.types(5)
    sandbox.clock.advance(3 * DAY)
    assert receiver.types(6)[5] == "charge.captured"


def test_events_can_come_in_the_wrong_order(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, *PAID)
    sandbox.controls.bend(Switch("reorder", match="charge.captured"))
    captured(api)
    assert receiver.types(6)[3:] == [
        "payment_intent.succeeded",
        "charge.captured",
        "charge.updated",
    ]


def test_a_dropped_event_is_listed_and_never_comes(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver
) -> None:
    listen(api, receiver, *PAID)
    sandbox.controls.bend(Switch("drop", match="charge.captured"))
    captured(api)
    assert "charge.captured" not in receiver.types(5)
    wait_until(lambda: all(d["state"] != "pending" for d in deliveries(sandbox)))
    (dropped,) = api.events.list({"delivery_success": False}).data
    assert dropped.type == "charge.captured"


@pytest.mark.parametrize("kind", sorted(TWISTS))
def test_a_bent_delivery_is_followed_by_a_sound_one(
    sandbox: PaymentsSandbox, api: Any, receiver: Receiver, kind: Any
) -> None:
    secret = listen(api, receiver, "customer.created")
    receiver.decide = lambda letter: (
        200 if sound(letter) and letter.event["livemode"] is False else 400
    )

    def sound(letter: Letter) -> bool:
        if not accepts(letter, secret) or letter.signature is None:
            return False
        signed = int(letter.signature.split(",")[0].removeprefix("t="))
        return signed < courier.time.time() + 60

    sandbox.controls.bend(Switch(kind, seconds=400))
    api.customers.create()
    tries(sandbox, 1)
    sandbox.clock.advance(10)
    bent, straight = receiver.wait(2)
    assert (bent.status, straight.status) == (400, 200)
    # The SDK alone takes what was signed in the future, and knows no mode.
    taken = accepts(bent, secret)
    assert taken == (kind in ("future_signature", "wrong_livemode"))
    assert bent.event["livemode"] is (kind == "wrong_livemode")


def test_an_event_of_an_unheard_type_reaches_everybody(
    api: Any, url: str, receiver: Receiver
) -> None:
    secret = listen(api, receiver, "customer.created")
    customer = api.customers.create()
    sent = requests.post(
        f"{url}/__sandbox/events",
        json={"type": "customer.levitated", "object": "customer", "id": customer.id},
        timeout=5,
    )
    assert sent.status_code == 200
    assert receiver.types(2) == ["customer.created", "customer.levitated"]
    assert accepts(receiver.letters[1], secret)


def test_an_old_event_can_be_sent_once_more(
    api: Any, url: str, receiver: Receiver
) -> None:
    listen(api, receiver, "customer.created")
    api.customers.create()
    (first,) = receiver.wait(1)
    requests.post(f"{url}/__sandbox/events/{first.event['id']}/resend", timeout=5)
    assert receiver.wait(2)[1].event["id"] == first.event["id"]


def test_switches_are_armed_shown_and_cleared_over_http(
    api: Any, url: str, receiver: Receiver
) -> None:
    address = f"{url}/__sandbox/webhooks"
    listen(api, receiver, "customer.created")
    armed = {"kind": "drop", "match": "charge.*", "times": 2, "seconds": 5.0}
    assert requests.post(address, json=armed, timeout=5).json() == {"armed": True}
    refused = requests.post(address, json={"kind": "lose"}, timeout=5)
    assert (refused.status_code, "lose" in refused.text) == (400, True)
    shown = requests.get(address, timeout=5).json()
    assert shown["switches"] == [armed]
    assert shown["destinations"][0]["types"] == ["customer.created"]
    assert "whsec_" not in requests.get(f"{url}/__sandbox/state", timeout=5).text
    requests.delete(address, timeout=5)
    assert requests.get(address, timeout=5).json()["switches"] == []


def test_types_are_listed_by_name_or_by_one_pattern(api: Any) -> None:
    captured(api)
    named = api.events.list({"types": ["charge.captured", "charge.updated"]})
    assert [e.type for e in named.data] == ["charge.updated", "charge.captured"]
    matched = api.events.list({"type": "charge.*"})
    assert len(matched.data) == 3
    assert api.events.list({"types": ["charge.*"]}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="up to 20"):
        api.events.list({"types": ["charge.captured"] * 21})
