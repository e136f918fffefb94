"""Run both sandboxes in one process, as the local stack does.

python -m tests.sandbox [--state DIRECTORY]
"""

from __future__ import annotations

import secrets
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

from pydantic import DirectoryPath, Field

from sidecar.config import SkylatchSettings
from sidecar.setting_types import WebhookSecrets
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.persistence import SandboxState
from tests.sandbox.recordings import find_recordings
from tests.sandbox.server import running_in_thread


class SandboxSettings(SkylatchSettings):
    """Where the local providers listen, and what they replay."""

    # Loopback, unless a container's own network stands in between.
    sandbox_host: str = "127.0.0.1"
    sandbox_flights_port: int = Field(ge=0, le=65535)
    sandbox_payments_port: int = Field(ge=0, le=65535)
    sandbox_seed: int = 0
    # Where the endpoint listens, to be told of events under the first of its secrets.
    sandbox_callbacks_url: str | None = None
    stripe_webhook_secrets: WebhookSecrets = ()
    duffel_webhook_secrets: WebhookSecrets = ()
    recordings: DirectoryPath | None = None


def run_sandbox(settings: SandboxSettings, state: Path | None = None) -> None:
    """Serve the local Duffel and Stripe until SIGTERM or SIGINT.

    What they know is kept in the directory `state`, if one is given.
    """
    flights = FlightsSandbox(
        recordings=settings.recordings or find_recordings(),
        seed=settings.sandbox_seed,
        kept=SandboxState(state, "flights") if state else None,
    )
    # Its ids follow its seed, and must not come again beside a database that was kept.
    payments = PaymentsSandbox(
        seed=secrets.randbits(63),
        kept=SandboxState(state, "payments") if state else None,
    )
    if settings.sandbox_callbacks_url is not None:
        for name, sandbox, known in (
            ("duffel", flights, settings.duffel_webhook_secrets),
            ("stripe", payments, settings.stripe_webhook_secrets),
        ):
            url = f"{settings.sandbox_callbacks_url}/webhooks/{name}"
            if known:
                sandbox.register_webhook(url, known[0].get_secret_value())
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with ExitStack() as stack:
        for app, port in (
            (flights.app, settings.sandbox_flights_port),
            (payments.app, settings.sandbox_payments_port),
        ):
            stack.enter_context(
                running_in_thread(app, host=settings.sandbox_host, port=port)
            )
        stopping.wait()
        flights.close()
        payments.close()
