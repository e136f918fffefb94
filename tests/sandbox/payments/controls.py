"""What customer, bank, issuer and network do meanwhile, for tests in this process.

``control_routes`` has the same over HTTP.
"""

from __future__ import annotations

from tests.sandbox.payments import (
    authorization,
    cards,
    disputes,
    endpoints,
    refunds,
    setups,
)
from tests.sandbox.payments.errors import ApiError, JsonObject
from tests.sandbox.payments.store import World
from tests.sandbox.payments.webhooks import Switch


class Controls:
    """The same switches for tests that hold the sandbox in their own process."""

    def __init__(self, world: World) -> None:
        self._world = world

    def authenticate(self, intent_id: str, *, succeed: bool = True) -> JsonObject:
        """The customer passes or fails 3-D Secure for a PaymentIntent or setup."""
        with self._world.changing():
            if intent_id in self._world.objects["setup_intent"]:
                setup = self._world.get("setup_intent", intent_id)
                setups.authenticate(self._world, setup, succeed=succeed)
                return setup
            intent = self._world.get("payment_intent", intent_id)
            authorization.authenticate(self._world, intent, succeed=succeed)
            return intent

    def confirm(self, client_secret: str, *, succeed: bool = True) -> JsonObject:
        """The holder confirms a PaymentIntent in a browser, as Stripe.js does.

        With the card that was declined, and with the challenge of its bank.
        """
        with self._world.changing():
            for intent in self._world.objects["payment_intent"].values():
                if intent["client_secret"] == client_secret:
                    break
            else:
                raise ApiError(400, "The client_secret does not match any intent.")
            authorization.check_confirmable(intent)
            if intent["status"] == "requires_payment_method":
                declined = intent["last_payment_error"]["payment_method"]
                intent["payment_method"] = declined["id"]
            if intent["status"] != "requires_action":
                authorization.confirm(self._world, intent, {})
            if intent["status"] == "requires_action":
                authorization.authenticate(self._world, intent, succeed=succeed)
            return intent

    def set_card_behavior(self, method_id: str, number: str) -> JsonObject:
        """The issuer treats the saved card like test card `number` from now on."""
        with self._world.changing():
            self._world.touched = True
            method = self._world.get("payment_method", method_id)
            card = cards.BY_NUMBER.get(number)
            if card is None:
                raise ApiError(400, f"No such test card: {number}", param="behaves_as")
            self._world.cards[method_id].card = card
            return method

    def slow_down(self, intent_id: str, *, seconds: int) -> JsonObject:
        """The issuer takes `seconds` over the next confirmation: it is processing."""
        with self._world.changing():
            self._world.touched = True
            intent = self._world.get("payment_intent", intent_id)
            self._world.slow_issuers[intent_id] = seconds
            return intent

    def settle_refund(
        self, refund_id: str, *, failure_reason: str | None = None
    ) -> JsonObject:
        """The bank completes a pending refund, or fails it when given a reason."""
        with self._world.changing():
            refund = self._world.get("refund", refund_id)
            refunds.settle(self._world, refund, failure_reason=failure_reason)
            return refund

    def renew_card(
        self, method_id: str, *, exp_year: int, last4: str | None = None
    ) -> JsonObject:
        """The card's network replaces a saved card that ran out or was lost."""
        with self._world.changing():
            method = self._world.get("payment_method", method_id)
            method["card"]["exp_year"] = exp_year
            method["card"]["last4"] = last4 or method["card"]["last4"]
            self._world.emit("payment_method.automatically_updated", method)
            return method

    def open_dispute(
        self, paid_id: str, *, amount: int | None = None, reason: str = "fraudulent"
    ) -> JsonObject:
        """The cardholder disputes a charge, named by itself or its PaymentIntent."""
        with self._world.changing():
            charge = self._charge(paid_id)
            return disputes.open_dispute(
                self._world, charge, amount=amount, reason=reason
            )

    def decide_dispute(self, dispute_id: str, status: str) -> JsonObject:
        """The issuer decides: under_review, won or lost."""
        with self._world.changing():
            dispute = self._world.get("dispute", dispute_id)
            disputes.decide(self._world, dispute, status)
            return dispute

    def warn_of_fraud(
        self, paid_id: str, *, fraud_type: str = "made_with_stolen_card"
    ) -> JsonObject:
        """The issuer sends an early fraud warning of a charge."""
        with self._world.changing():
            return disputes.warn(
                self._world, self._charge(paid_id), fraud_type=fraud_type
            )

    def bend(self, switch: Switch) -> None:
        """Arm a switch over the delivery of events."""
        with self._world.changing():
            self._world.touched = True
            self._world.webhooks.arm(switch)

    def unbend(self) -> None:
        """Disarm every switch over deliveries."""
        with self._world.changing():
            self._world.touched = True
            self._world.webhooks.disarm()

    def describe_webhooks(self) -> JsonObject:
        """Return destinations, armed switches and deliveries."""
        with self._world.lock:
            return self._world.webhooks.describe()

    def roll_secret(self, destination_id: str, *, overlap_seconds: float) -> str:
        """Return a new signing secret; both sign until the overlap has passed."""
        with self._world.changing():
            self._world.touched = True
            return endpoints.roll_secret(
                self._world, destination_id, overlap_seconds=overlap_seconds
            )

    def tell(self, event_type: str, kind: str, object_id: str) -> None:
        """Send an event of any type about any object, to whoever listens."""
        with self._world.changing():
            obj = self._world.get(kind, object_id)
            self._world.emit(event_type, obj, to_all=True)

    def tell_again(self, event_id: str) -> JsonObject:
        """Deliver an old event once more, as the dashboard's "resend" does."""
        with self._world.changing():
            self._world.touched = True
            event = self._world.get("event", event_id)
            self._world.webhooks.plan(event, None, now=self._world.time())
            return event

    def _charge(self, paid_id: str) -> JsonObject:
        if paid_id in self._world.objects["charge"]:
            return self._world.get("charge", paid_id)
        intent = self._world.get("payment_intent", paid_id)
        return self._world.get("charge", str(intent["latest_charge"]))
