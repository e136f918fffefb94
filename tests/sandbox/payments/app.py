"""The sandbox as one object: application, clock, faults and its own truth."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from tests.sandbox.control import (
    FaultMiddleware,
    Faults,
    SandboxClock,
    control_routes,
)
from tests.sandbox.payments import ledger
from tests.sandbox.payments.control_routes import payment_control_routes
from tests.sandbox.payments.controls import Controls
from tests.sandbox.payments.courier import Courier
from tests.sandbox.payments.due import catch_up
from tests.sandbox.payments.errors import JsonObject
from tests.sandbox.payments.gateway import ExecutionFaults, Gateway
from tests.sandbox.payments.idempotency import IdempotencyKeys
from tests.sandbox.payments.memory import Memory
from tests.sandbox.payments.methods import of_customer
from tests.sandbox.payments.store import World
from tests.sandbox.payments.webhook_controls import webhook_control_routes
from tests.sandbox.payments.webhooks import Destination
from tests.sandbox.persistence import SandboxState

_INTENT_FIELDS = (
    "id",
    "amount",
    "currency",
    "status",
    "amount_capturable",
    "amount_received",
    "metadata",
    "customer",
    "payment_method",
    "latest_charge",
    "cancellation_reason",
    "created",
)
_REFUND_FIELDS = (
    "id",
    "payment_intent",
    "amount",
    "currency",
    "status",
    "reason",
    "metadata",
    "created",
)
_DISPUTE_FIELDS = ("id", "payment_intent", "charge", "amount", "currency", "status")


class PaymentsSandbox:
    """A local payment provider; `app` is the ASGI application to serve.

    `faults` act on the network, outside the idempotency layer; `execution_faults`
    act under the key. `controls` plays the customer, the bank and the issuer, and
    bends the delivery of events. It takes up what is `kept`, and saves every change. A
    sandbox that was given webhook endpoints has to be closed.
    """

    def __init__(
        self,
        *,
        clock: SandboxClock | None = None,
        seed: int = 0,
        kept: SandboxState | None = None,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.execution_faults = ExecutionFaults()
        self._world = World(self.clock, seed)
        self._keys = IdempotencyKeys()
        self._courier = Courier(self._world)
        self.controls = Controls(self._world)
        if kept is not None:
            Memory(self._world, self._keys, kept).take_up()
            self._courier.wake()
        routes = [
            *control_routes(clock=self.clock, faults=self.faults, state=self.state),
            *payment_control_routes(self.controls, self.execution_faults, self.reset),
            *webhook_control_routes(self.controls),
            Mount("/", Gateway(self._world, self._keys, self.execution_faults)),
        ]
        self.app: ASGIApp = FaultMiddleware(Starlette(routes=routes), self.faults)

    def reset(self, seed: int | None = None) -> None:
        """Forget objects, keys and faults; ids start over from the seed."""
        with self._world.changing():
            self._world.reset(seed)
            self._keys.clear()
        self.faults.clear()
        self.execution_faults.clear()

    def register_webhook(self, url: str, secret: str) -> None:
        """Send every event to `url` (loopback), signed with `secret`."""
        with self._world.changing():
            self._world.webhooks.destinations["we_registered"] = Destination(
                url, ["*"], thin=False, secrets=[(secret, None)]
            )
        self._courier.wake()

    def close(self) -> None:
        """Deliver no more events."""
        self._courier.close()

    def state(self) -> dict[str, Any]:
        """Return the sandbox's own truth (JSON-able), amounts in smallest units.

        `executions` counts how often an endpoint really ran for each idempotency
        key; `defects` must be empty, it lists faults of the sandbox itself.
        """
        world = self._world
        with world.changing():
            catch_up(world)
            return {
                "payment_intents": [
                    self._intent(intent) for intent in world.all("payment_intent")
                ],
                "customers": [
                    {
                        "id": customer["id"],
                        "email": customer["email"],
                        "metadata": dict(customer["metadata"]),
                        "payment_methods": [
                            method["id"]
                            for method in of_customer(world, customer["id"], None)
                        ],
                    }
                    for customer in world.all("customer")
                ],
                "refunds": [
                    {name: refund[name] for name in _REFUND_FIELDS}
                    for refund in world.all("refund")
                ],
                "disputes": [
                    {name: dispute[name] for name in _DISPUTE_FIELDS}
                    for dispute in world.all("dispute")
                ],
                "attempts": ledger.by_attempt(
                    (intent, world.ledgers[intent["id"]])
                    for intent in world.all("payment_intent")
                ),
                "totals": ledger.totals(
                    (world.get("payment_intent", intent_id)["currency"], entry)
                    for intent_id, entry in world.ledgers.items()
                ),
                "executions": dict(world.executions.items()),
                "idempotency_keys": self._keys.describe(),
                "events": [event["type"] for event in world.all("event")],
                "webhooks": world.webhooks.describe(),
                "defects": list(world.defects),
                "seed": world.seed,
                "now": world.now(),
            }

    def attempt(self, attempt_id: str) -> dict[str, Any]:
        """Return what became of the money of one ``metadata.attempt_id``.

        All amounts are zero and `intents` is empty when nothing was asked of it.
        """
        found: dict[str, Any] | None = self.state()["attempts"].get(attempt_id)
        return ledger.no_money() if found is None else found

    def _intent(self, intent: JsonObject) -> JsonObject:
        entry = self._world.ledgers[intent["id"]]
        assert entry.matches(intent), "ledger and PaymentIntent disagree"
        return {
            **{name: intent[name] for name in _INTENT_FIELDS},
            **entry.row(),
            "attempts": entry.attempts,
            "capture_before": entry.capture_before,
        }
