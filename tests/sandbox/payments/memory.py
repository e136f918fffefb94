"""The sandbox's whole memory as one JSON document, and back.

Nothing is left out: a payment that a database knows of must not be unknown here after a
restart, a key used before it must not execute again, and ids must not come twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from tests.sandbox.payments.cards import BY_NUMBER
from tests.sandbox.payments.idempotency import IdempotencyKeys
from tests.sandbox.payments.ledger import Ledger
from tests.sandbox.payments.store import CardFacts, World


def dump(world: World, keys: IdempotencyKeys) -> dict[str, Any]:
    """Return everything; the caller holds the world's lock."""
    version, numbers, gauss = world.rng.getstate()
    return {
        "clock_advanced_seconds": world.clock.advanced_seconds,
        "seed": world.seed,
        "rng": [version, list(numbers), gauss],
        "objects": world.objects,
        "cards": {
            method: {
                "number": facts.card.number,
                "set_up": facts.set_up,
                "spent": facts.spent,
            }
            for method, facts in world.cards.items()
        },
        "ledgers": {intent: asdict(one) for intent, one in world.ledgers.items()},
        "executions": dict(world.executions),
        "defects": world.defects,
        "refunds_due": world.refunds_due,
        "slow_issuers": world.slow_issuers,
        "confirms_due": world.confirms_due,
        "webhooks": world.webhooks.dump(),
        "keys": keys.dump(),
    }


def restore(world: World, keys: IdempotencyKeys, saved: dict[str, Any]) -> None:
    """Take up what `dump` returned, into a world that is still empty."""
    version, numbers, gauss = saved["rng"]
    world.clock.advance(saved["clock_advanced_seconds"])
    world.seed = saved["seed"]
    world.rng.setstate((version, tuple(numbers), gauss))
    # A kind of object that is new since then has none yet.
    world.objects.update(saved["objects"])
    world.cards = {
        method: CardFacts(
            BY_NUMBER[facts["number"]], set_up=facts["set_up"], spent=facts["spent"]
        )
        for method, facts in saved["cards"].items()
    }
    world.ledgers = {name: Ledger(**one) for name, one in saved["ledgers"].items()}
    world.executions = Counter(saved["executions"])
    world.defects = saved["defects"]
    world.refunds_due = saved["refunds_due"]
    world.slow_issuers = saved["slow_issuers"]
    world.confirms_due = {
        intent: (due, off_session)
        for intent, (due, off_session) in saved["confirms_due"].items()
    }
    world.webhooks.restore(saved["webhooks"])
    keys.restore(saved["keys"])
