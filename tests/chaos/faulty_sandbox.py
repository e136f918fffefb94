"""A sandbox server of its own whose network misbehaves at a rate, after a seed.

Run as ``python -m tests.chaos.faulty_sandbox flights|payments SEED [CALLBACKS]``, with
the address of an endpoint to call back, twice and out of order. It prints its address,
then obeys lines: ``rate 0.15`` answers with how often each trouble befell a
call so far (JSON). What was promised to be "nothing done" is nothing done.
"""

from __future__ import annotations

import fnmatch
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from tests.callbacks import SECRETS
from tests.chaos.troubles import (
    NETWORK,
    OUTCOMES,
    REFUSALS,
    STORED_500,
    fresh,
    refusal,
    throttled,
)
from tests.sandbox.control import Fault, Faults
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.flights.courier import Switches
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.webhooks import Switch, SwitchKind
from tests.sandbox.server import running_in_thread

ORDER = "POST /air/orders"
_ROUTES = {
    "GET /air/offers/*": "get_offer",
    ORDER: "create_order",
    "POST /air/order_cancellations": "quote_cancellation",
    "POST /v1/payment_intents": "create_payment",
    "POST /v1/payment_intents/*/confirm": "confirm_payment",
    "POST /v1/payment_intents/*/capture": "capture_payment",
    "POST /v1/payment_intents/*/cancel": "cancel_payment",
    "POST /v1/refunds": "create_refund",
}
# How Stripe's events come; the first that fits is taken.
_BENT: list[tuple[SwitchKind, str]] = [
    ("bad_signature", "charge.*"),
    ("reorder", "refund.*"),
    ("duplicate", "*"),
]


class Weather:
    """Chooses what befalls each call; calm until told otherwise."""

    def __init__(self, provider: str, seed: int) -> None:
        self.rate = 0.0
        self.befell: Counter[str] = Counter()
        self._provider = provider
        self._random = random.Random(f"{provider}:{seed}")
        self._lock = threading.Lock()

    def over(self, faults: Faults, *, under_key: bool = False) -> None:
        """Let `faults` come by chance instead of by arming."""
        choose = self._stored if under_key else self._network
        faults.take = choose  # type: ignore[method-assign]

    def order_outcome(self, arm: Callable[[str], None]) -> None:
        """Let `arm` decide how coming orders end, at the same rate."""
        self._arm = arm

    def _network(self, line: str) -> Fault | None:
        with self._lock:
            if self._random.random() >= self.rate:
                if line == ORDER and self._random.random() < self.rate:
                    name = self._random.choice(sorted(OUTCOMES))
                    self.befell[f"order: {name}"] += 1
                    self._arm(name)
                return None
            kind = self._random.random()
            operation = next(
                (o for r, o in _ROUTES.items() if fnmatch.fnmatchcase(line, r)), None
            )
            if kind < 0.15 and operation in REFUSALS:
                self.befell["refused"] += 1
                number = self._random.randrange(len(REFUSALS[operation]))
                return fresh(refusal(operation, self._provider, number))
            # An order that was throttled may be sent again; the count of what arrived
            # stays plain without it.
            if kind < 0.25 and line != ORDER:
                self.befell["throttled"] += 1
                return throttled(self._provider)
            if kind < 0.35:
                self.befell["slow"] += 1
                return Fault("*", "slow", seconds=self._random.uniform(0.1, 8))
            name = self._random.choice(sorted(NETWORK))
            self.befell[name] += 1
            return fresh(NETWORK[name])

    def _stored(self, _line: str) -> Fault | None:
        with self._lock:
            if self._random.random() >= self.rate / 10:
                return None
            self.befell["500 under the key"] += 1
            return fresh(STORED_500)


def main(provider: str, seed: int, callbacks: str = "") -> None:
    """Serve until standard input ends."""
    weather = Weather("duffel" if provider == "flights" else "stripe", seed)
    sandbox: FlightsSandbox | PaymentsSandbox
    if provider == "flights":
        sandbox = flights = FlightsSandbox(seed=seed)
        flights.set_rate_limits(search=10**6, general=10**6)
        flights.set_balance("USD", Decimal(10**8))
        flights.set_deliveries(Switches(copies=2, newest_first=True))
        weather.order_outcome(lambda name: flights.arm_outcome(fresh(OUTCOMES[name])))
    else:
        sandbox = payments = PaymentsSandbox(seed=seed)
        weather.over(payments.execution_faults, under_key=True)
        for kind, match in _BENT:
            payments.controls.bend(Switch(kind, match, times=None))
    weather.over(sandbox.faults)
    if callbacks:
        name = "duffel" if provider == "flights" else "stripe"
        sandbox.register_webhook(f"{callbacks}/{name}", SECRETS[name])
    with running_in_thread(sandbox.app) as url:
        print(url, flush=True)
        for line in sys.stdin:
            weather.rate = float(line.split()[1])
            if weather.rate == 0 and provider == "flights":
                flights.clear_outcomes()
            print(json.dumps(weather.befell), flush=True)
        sandbox.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
