"""A stateful stand-in for Stripe's v1 payment API on loopback.

It keeps its own books, honours idempotency keys as the provider documents them,
and is driven by the unmodified Stripe SDK. Everything that a test may bend sits
under ``/__sandbox``; the ``/v1`` routes never take magic input.
"""

from tests.sandbox.payments.app import PaymentsSandbox

__all__ = ["PaymentsSandbox"]
