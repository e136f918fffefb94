"""What happens by itself when its time has come: banks answer, and holds lapse."""

from __future__ import annotations

from tests.sandbox.payments import authorization, refunds, settlement
from tests.sandbox.payments.store import World


def catch_up(world: World) -> None:
    """Do everything that is due on the sandbox's clock."""
    authorization.answer_due(world)
    settlement.expire_due(world)
    refunds.settle_due(world)
