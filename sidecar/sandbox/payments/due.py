"""What happens by itself when its time has come: holds lapse, banks decide refunds."""

from __future__ import annotations

from sidecar.sandbox.payments import refunds, settlement
from sidecar.sandbox.payments.store import World


def catch_up(world: World) -> None:
    """Do everything that is due on the sandbox's clock."""
    settlement.expire_due(world)
    refunds.settle_due(world)
