"""Everything the sandbox remembers, and the context of the call being served."""

from __future__ import annotations

import copy
import random
import string
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.sandbox.control import SandboxClock
from tests.sandbox.payments.cards import BY_NUMBER, PublishedCard
from tests.sandbox.payments.errors import JsonObject, no_such
from tests.sandbox.payments.ledger import Ledger
from tests.sandbox.payments.webhooks import Webhooks
from tests.sandbox.payments.wire import DEFAULT_VERSION
from tests.sandbox.persistence import Rows

_ALPHABET = string.ascii_letters + string.digits

# The provider's wording of "No such ...".
_NOUNS = {
    "customer": "customer",
    "payment_method": "PaymentMethod",
    "setup_intent": "setupintent",
    "payment_intent": "payment_intent",
    "charge": "charge",
    "refund": "refund",
    "balance_transaction": "balance transaction",
    "event": "event",
    "dispute": "dispute",
    "radar.early_fraud_warning": "early fraud warning",
    "webhook_endpoint": "webhook endpoint",
    "v2.core.event_destination": "event destination",
}
_DELETED = "deleted"  # what is left of a customer: an id


@dataclass(slots=True)
class CardFacts:
    """What the issuer and the provider know about one payment method."""

    card: PublishedCard
    set_up: bool = False  # authenticated once for later off-session use
    spent: bool = False  # used up without a customer, or detached

    def export(self) -> JsonObject:
        """Return the facts as JSON."""
        return {**asdict(self), "card": self.card.number}

    @classmethod
    def of(cls, kept: JsonObject) -> CardFacts:
        """Return exported facts."""
        return cls(**{**kept, "card": BY_NUMBER[kept["card"]]})


def _due_of(kept: list[Any]) -> tuple[int, bool]:
    due, off_session = kept
    return due, off_session


@dataclass(slots=True)
class World:
    """All objects by type and id, oldest first; guarded by `lock`."""

    clock: SandboxClock
    seed: int
    lock: threading.RLock = field(default_factory=threading.RLock)
    objects: dict[str, Rows[JsonObject]] = field(
        default_factory=lambda: {kind: Rows() for kind in (*_NOUNS, _DELETED)}
    )
    cards: Rows[CardFacts] = field(
        default_factory=lambda: Rows(CardFacts.export, CardFacts.of)
    )
    ledgers: Rows[Ledger] = field(
        default_factory=lambda: Rows(asdict, lambda kept: Ledger(**kept))
    )
    executions: Rows[int] = field(default_factory=Rows)
    defects: list[str] = field(default_factory=list)
    # When the bank decides a refund, in unix seconds.
    refunds_due: Rows[int] = field(default_factory=Rows)
    # How long the issuer takes for the next confirmation of a PaymentIntent, in
    # seconds; and when the answer to one comes, with whether it was off-session.
    slow_issuers: Rows[int] = field(default_factory=Rows)
    confirms_due: Rows[tuple[int, bool]] = field(
        default_factory=lambda: Rows(list, _due_of)
    )
    webhooks: Webhooks = field(default_factory=Webhooks)
    save: Callable[[], None] | None = None
    touched: bool = False  # something changed since it was saved
    request: JsonObject | None = None  # id and key of the call being executed
    drawn: int = 0  # how often chance was asked: with the seed, all there is to it

    def reset(self, seed: int | None = None) -> None:
        """Forget everything; ids start over from the seed."""
        self.seed = self.seed if seed is None else seed
        self.drawn = 0
        for objects in self.objects.values():
            objects.clear()
        self.cards.clear()
        self.ledgers.clear()
        self.executions.clear()
        self.defects.clear()
        self.refunds_due.clear()
        self.slow_issuers.clear()
        self.confirms_due.clear()
        self.webhooks.clear()
        self.touched = True

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock; what was changed is saved before it is let go."""
        with self.lock:
            try:
                yield
            finally:
                if self.touched and self.save is not None:
                    self.save()
                self.touched = False

    def time(self) -> float:
        """Return the sandbox time in unix seconds, with their fraction."""
        return self.clock.now().timestamp()

    def now(self) -> int:
        """Return the sandbox time in unix seconds."""
        return int(self.time())

    def chance(self) -> random.Random:
        """Return the next source of chance, reproducible from the seed."""
        self.drawn += 1
        return random.Random(f"{self.seed}/{self.drawn}")

    def new_id(self, prefix: str) -> str:
        """Return an id in the provider's style, reproducible from the seed."""
        return f"{prefix}_{self.random_text(24)}"

    def random_text(self, length: int) -> str:
        """Return `length` letters and digits."""
        return "".join(self.chance().choices(_ALPHABET, k=length))

    def add(self, obj: JsonObject) -> JsonObject:
        """Store a new object under its type and id."""
        self.objects[obj["object"]][obj["id"]] = obj
        self.touched = True
        return obj

    def all(self, kind: str) -> list[JsonObject]:
        """Return every object of a type, oldest first."""
        return list(self.objects[kind].values())

    def get(self, kind: str, object_id: str, *, param: str | None = None) -> JsonObject:
        """Return one object; `param` names the parameter that referred to it."""
        found = self.objects[kind].get(object_id)
        if found is None and kind == "customer" and param in (None, "id"):
            found = self.objects[_DELETED].get(object_id)
        if found is None:
            raise no_such(_NOUNS[kind], object_id, param=param)
        return found

    def bury(self, customer: JsonObject) -> JsonObject:
        """Delete a customer; who reads its id is told so."""
        stub = {"id": customer["id"], "object": "customer", "deleted": True}
        self.objects[_DELETED][customer["id"]] = stub
        del self.objects["customer"][customer["id"]]
        return stub

    def emit(self, event_type: str, obj: JsonObject, *, to_all: bool = False) -> None:
        """Append an event holding `obj` as it is now, and have it delivered.

        `to_all`: also where nobody asked for events of this type.
        """
        switch = self.webhooks.take(event_type)
        kind = switch.kind if switch else None
        created = self.now()
        if kind == "same_second" and self.objects["event"]:
            created = self.all("event")[-1]["created"]
        for _ in range(2 if kind == "twin" else 1):
            event: JsonObject = {
                "id": self.new_id("evt"),
                "object": "event",
                "api_version": DEFAULT_VERSION,
                "created": created,
                "data": {"object": copy.deepcopy(obj)},
                "livemode": False,
                "pending_webhooks": 0,
                "request": self.request or {"id": None, "idempotency_key": None},
                "type": event_type,
            }
            self.add(event)
            self.webhooks.plan(event, switch, now=self.time(), to_all=to_all)
            event["pending_webhooks"] = self.webhooks.waiting(event["id"])


@dataclass(frozen=True, slots=True)
class Call:
    """One validated API call: typed parameters and the ids in its path."""

    world: World
    params: JsonObject
    ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The first id in the path."""
        return self.ids[0]
