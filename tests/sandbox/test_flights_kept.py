"""What the flights sandbox knows outlives it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sidecar.errors import SetupError
from sidecar.local.waiting import wait_until
from tests.raw_server import closed_port
from tests.sandbox.account import LONG_AGO, Account, open_account, receiving
from tests.sandbox.checked_state import CheckedState
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.flights.courier import Switches
from tests.sandbox.persistence import SandboxState


@contextmanager
def kept_account(directory: Path) -> Iterator[Account]:
    """Serve a sandbox that keeps its state in `directory`."""
    with open_account(kept=CheckedState(directory, "flights")) as account:
        yield account


def truth_to_keep(account: Account) -> dict[str, Any]:
    """Return what must be the same after a restart."""
    truth = account.truth()
    of_this_process = ("searches", "offer_reads", "order_requests", "recorded_routes")
    return {key: value for key, value in truth.items() if key not in of_this_process}


def test_everything_but_searches_survives_a_restart(tmp_path: Path) -> None:
    """Orders of every kind, money, quotes, changes, events and the webhook."""
    with receiving() as receiver, kept_account(tmp_path) as account:
        webhook = {"url": receiver.url, "events": ["order.created"]}
        endpoint = account.ask("POST", "/air/webhooks", webhook).json()["data"]
        account.sandbox.set_balance("GBP", Decimal(10_000))
        plain = account.booked(attempt="a-1")
        cancelled = account.booked("LHR-CDG", attempt="a-2")
        quote = account.client.quote_cancellation(cancelled["id"], "k").body["data"]
        assert account.client.confirm_cancellation(quote["id"], "k").http_status == 200
        open_quote = account.client.quote_cancellation(plain["id"], "k").body["data"]
        late = account.offer()
        account.arm(status=202, after_seconds=600)
        assert account.order(late, "a-3").http_status == 202
        account.arm(status=202, order="failed", after_seconds=600)
        assert account.order(account.offer(), "a-4").http_status == 202
        account.sandbox.airline_moves(plain["id"], 30)
        account.sandbox.clock.advance(100)
        assert wait_until(
            lambda: len(receiver.bodies) == 2, seconds=20, failed=lambda: None
        )
        account.ask("PATCH", f"/air/orders/{plain['id']}", {"metadata": {"a": "b"}})
        before = truth_to_keep(account)

    with kept_account(tmp_path) as account:
        after = truth_to_keep(account)
        # What nobody subscribed to may be dropped at any moment.
        assert set(after.pop("undelivered")) <= set(before.pop("undelivered"))
        assert after == before
        assert account.client.find_orders(late["id"], None, "k").body["orders"] == []
        account.sandbox.clock.advance(550)
        found = account.client.find_orders(late["id"], None, "k").body["orders"]
        assert [order["metadata"]["attempt_id"] for order in found] == ["a-3"]
        events = account.client.list_events(LONG_AGO, "k").body["events"]
        assert "order.creation_failed" in [event["type"] for event in events]
        shown = account.ask("GET", f"/air/webhooks/{endpoint['id']}").json()["data"]
        assert shown["url"] == endpoint["url"]
        confirmed = account.client.confirm_cancellation(open_quote["id"], "k")
        assert confirmed.http_status == 200
        assert account.booked(attempt="a-5")["id"] not in before["orders_by_attempt"]


def test_an_event_that_was_not_delivered_is_delivered_after_a_restart(
    tmp_path: Path,
) -> None:
    """With the secret that was shown once, long before."""
    with receiving() as receiver:
        with kept_account(tmp_path) as account:
            webhook = {"url": receiver.url, "events": ["order.created"]}
            assert account.ask("POST", "/air/webhooks", webhook).status_code == 201
            account.sandbox.set_deliveries(Switches(paused=True))
            order = account.booked()
        assert receiver.bodies == []
        with kept_account(tmp_path) as account:
            assert wait_until(
                lambda: bool(receiver.bodies), seconds=20, failed=lambda: None
            )
        assert receiver.events[0]["data"]["object"]["id"] == order["id"]


def test_an_order_that_was_answered_survives_a_kill(tmp_path: Path) -> None:
    """The command that the local stack runs, killed as soon as it has answered."""
    flights_port, payments_port = closed_port(), closed_port()
    environment = {
        **os.environ,
        "SKYLATCH_SANDBOX_FLIGHTS_PORT": str(flights_port),
        "SKYLATCH_SANDBOX_PAYMENTS_PORT": str(payments_port),
    }
    command = [sys.executable, "-m", "tests.sandbox", "--state", str(tmp_path)]
    account = Account(f"http://127.0.0.1:{flights_port}", FlightsSandbox())
    made = []

    def ready() -> bool:
        return account.client.reachable().http_status == 200

    def ended(process: subprocess.Popen[bytes]) -> str | None:
        return None if process.poll() is None else "the sandbox ended"

    for n in range(3):
        process = subprocess.Popen(command, env=environment)
        try:
            assert wait_until(ready, seconds=60, failed=lambda one=process: ended(one))
            listed = account.client.list_orders(LONG_AGO, "k").body["orders"]
            assert sorted(order["id"] for order in listed) == sorted(made)
            if n < 2:
                made.append(account.booked(attempt=f"a-{n}")["id"])
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def test_a_state_that_cannot_be_read_stops_the_sandbox(tmp_path: Path) -> None:
    """It does not start empty beside a database that knows of orders."""
    state = SandboxState(tmp_path, "flights")
    (tmp_path / "flights.json").write_text("{")
    with pytest.raises(SetupError, match=r"flights\.json"):
        FlightsSandbox(kept=state)
