"""The payments sandbox as its own tests see it; others bring a sandbox of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.sandbox.checked_state import CheckedState
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.driver import client_for
from tests.sandbox.server import running_in_thread


@pytest.fixture
def sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PaymentsSandbox]:
    """Return a sandbox; it must find no fault with itself at the end."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    kept = CheckedState(tmp_path_factory.mktemp("kept"), "payments")
    sandbox = PaymentsSandbox(seed=1, kept=kept)
    yield sandbox
    sandbox.faults.clear()
    sandbox.execution_faults.clear()
    sandbox.close()
    assert sandbox.state()["defects"] == []


@pytest.fixture
def url(sandbox: PaymentsSandbox) -> Iterator[str]:
    """Serve the sandbox and return its address."""
    with running_in_thread(sandbox.app) as address:
        yield address


@pytest.fixture
def api(url: str) -> Any:
    """Return the SDK's client of the sandbox."""
    return client_for(url)
