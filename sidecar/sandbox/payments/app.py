"""The sandbox as one object: application, clock, faults and its own truth."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from sidecar.sandbox.control import (
    FaultMiddleware,
    Faults,
    SandboxClock,
    control_routes,
)
from sidecar.sandbox.payments import ledger
from sidecar.sandbox.payments.controls import Controls, payment_control_routes
from sidecar.sandbox.payments.errors import JsonObject
from sidecar.sandbox.payments.gateway import ExecutionFaults, Gateway
from sidecar.sandbox.payments.idempotency import IdempotencyKeys
from sidecar.sandbox.payments.methods import of_customer
from sidecar.sandbox.payments.settlement import expire_due
from sidecar.sandbox.payments.store import World

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


class PaymentsSandbox:
    """A local payment provider; `app` is the ASGI application to serve.

    `faults` act on the network, outside the idempotency layer; `execution_faults`
    act under the key. `controls` plays the customer, the bank and the issuer.
    """

    def __init__(self, *, clock: SandboxClock | None = None, seed: int = 0) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.execution_faults = ExecutionFaults()
        self._world = World(self.clock, seed)
        self._keys = IdempotencyKeys()
        self.controls = Controls(self._world)
        routes = [
            *control_routes(clock=self.clock, faults=self.faults, state=self.state),
            *payment_control_routes(self.controls, self.execution_faults, self.reset),
            Mount("/", Gateway(self._world, self._keys, self.execution_faults)),
        ]
        self.app: ASGIApp = FaultMiddleware(Starlette(routes=routes), self.faults)

    def reset(self, seed: int | None = None) -> None:
        """Forget objects, keys and faults; ids start over from the seed."""
        with self._world.lock:
            self._world.reset(seed)
            self._keys.clear()
        self.faults.clear()
        self.execution_faults.clear()

    def state(self) -> dict[str, Any]:
        """Return the sandbox's own truth (JSON-able), amounts in smallest units.

        `executions` counts how often an endpoint really ran for each idempotency
        key; `defects` must be empty, it lists faults of the sandbox itself.
        """
        world = self._world
        with world.lock:
            expire_due(world)
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
                "totals": ledger.totals(
                    (world.get("payment_intent", intent_id)["currency"], entry)
                    for intent_id, entry in world.ledgers.items()
                ),
                "executions": dict(world.executions),
                "idempotency_keys": self._keys.describe(),
                "events": [event["type"] for event in world.all("event")],
                "defects": list(world.defects),
                "seed": world.seed,
                "now": world.now(),
            }

    def _intent(self, intent: JsonObject) -> JsonObject:
        entry = self._world.ledgers[intent["id"]]
        assert entry.matches(intent), "ledger and PaymentIntent disagree"
        return {
            **{name: intent[name] for name in _INTENT_FIELDS},
            **entry.row(),
            "attempts": entry.attempts,
            "capture_before": entry.capture_before,
        }
