"""The sandbox's whole memory in files, and back.

Nothing is left out: a payment that a database knows of must not be unknown here after a
restart, a key used before it must not execute again, and ids must not come twice.
"""

from __future__ import annotations

from typing import Any

from tests.sandbox.payments.idempotency import IdempotencyKeys
from tests.sandbox.payments.store import World
from tests.sandbox.persistence import Rows, SandboxState, Tables


class Memory:
    """Keeps a world and its keys in the files of `kept`."""

    def __init__(self, world: World, keys: IdempotencyKeys, kept: SandboxState) -> None:
        self._world = world
        self._kept = kept
        self._values: Rows[Any] = Rows()
        self._tables: Tables = {
            **{f"objects/{kind}": rows for kind, rows in world.objects.items()},
            "cards": world.cards,
            "ledgers": world.ledgers,
            "executions": world.executions,
            "refunds_due": world.refunds_due,
            "slow_issuers": world.slow_issuers,
            "confirms_due": world.confirms_due,
            "deliveries": world.webhooks.deliveries,
            **keys.tables,
            "values": self._values,
        }

    def take_up(self) -> None:
        """Restore a world that is still empty, and save each change from now on."""
        world, values = self._world, self._values
        saved = self._kept.load()
        if saved is not None:
            for name, rows in self._tables.items():
                # A kind of object that is new since then has none yet.
                rows.restore(saved.get(name, {}))
            world.clock.advance(values["advanced"])
            world.seed, world.drawn = values["seed"], values["drawn"]
            world.defects.extend(values["defects"])
            world.webhooks.restored(values["webhooks"])
        world.save = self._save
        self._save()

    def _save(self) -> None:
        """Write down what changed; the caller holds the world's lock."""
        world = self._world
        self._values.update(
            advanced=world.clock.advanced_seconds,
            seed=world.seed,
            drawn=world.drawn,
            defects=world.defects,
            webhooks=world.webhooks.dump(),
        )
        self._kept.save(self._tables)
