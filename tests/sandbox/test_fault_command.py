"""`python -m tests.sandbox fault`: faults as commands, against sandboxes that run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
import requests

from sidecar.errors import SetupError
from sidecar.local import commands
from sidecar.local.waiting import wait_until
from tests.raw_server import closed_port
from tests.sandbox.control import FAULT_KINDS, FaultKind
from tests.sandbox.fault_command import Provider, clear, kinds, set_fault, show
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS, PAYMENTS = Provider
NONE_SET = "flights: no fault is set\npayments: no fault is set\n"


def sandbox(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command with these settings and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")}
    return subprocess.run(
        [sys.executable, "-m", "tests.sandbox", *arguments],
        cwd=ROOT,
        env={**inherited, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve both sandboxes; return the address of the flights'."""
    served = {"FLIGHTS": FlightsSandbox(), "PAYMENTS": PaymentsSandbox(seed=1)}
    with ExitStack() as stack:
        addresses = {
            name: stack.enter_context(running_in_thread(one.app))
            for name, one in served.items()
        }
        for name, address in addresses.items():
            port = str(urlsplit(address).port)
            monkeypatch.setenv(f"SKYLATCH_SANDBOX_{name}_PORT", port)
        yield addresses["FLIGHTS"]
        for one in served.values():
            one.faults.clear()
            one.close()


def test_a_fault_is_set_shown_met_and_gone(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As often as was said, and with the status that was said."""
    set_fault(FLIGHTS, "status", "GET /air/airlines", times=2, status=503)
    set_fault(PAYMENTS, "drop_after", "POST /v1/*", times=0)
    told = (
        "flights: status of GET /air/airlines, 2 times\n"
        "payments: drop_after of POST /v1/*, until it is cleared\n"
    )
    assert capsys.readouterr().out == told
    show()
    assert capsys.readouterr().out == told
    statuses = [requests.get(f"{url}/air/airlines").status_code for _ in range(3)]
    assert statuses == [503, 503, 401]
    show(FLIGHTS)
    assert capsys.readouterr().out == "flights: no fault is set\n"
    clear()
    assert capsys.readouterr().out == NONE_SET
    show()
    assert capsys.readouterr().out == NONE_SET


def test_what_is_held_is_shown_and_let_go(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request waits as long as a person wants to look."""
    set_fault(FLIGHTS, "hold_before", "GET /air/airlines")
    asked = threading.Thread(target=requests.get, args=(f"{url}/air/airlines",))
    asked.start()

    def is_held() -> bool:
        show(FLIGHTS)
        return "requests held: 1" in capsys.readouterr().out

    assert wait_until(is_held, seconds=20, failed=lambda: None)
    clear(FLIGHTS)
    asked.join(timeout=20)
    assert not asked.is_alive()


def test_every_kind_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each."""
    kinds()
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert named == list(get_args(FaultKind)) == list(FAULT_KINDS)


@pytest.mark.parametrize(
    ("kind", "request_", "said"),
    [
        ("explode", "GET /air/orders", "explode is no kind of fault: drop_before, "),
        ("slow", "/air/orders", "/air/orders is no request"),
        ("slow", "get /air/orders", "get /air/orders is no request"),
    ],
)
def test_a_fault_that_could_never_be_met_is_refused(
    kind: str, request_: str, said: str
) -> None:
    """It would wait for ever, and look like a sandbox without faults."""
    with pytest.raises(SetupError, match=said):
        set_fault(FLIGHTS, kind, request_)


def test_wrong_use_is_no_traceback() -> None:
    """A sandbox that is not there, settings that are missing, a name that is wrong."""
    ports = {f"SKYLATCH_SANDBOX_{name}_PORT": str(closed_port()) for name in Provider}
    ports = {name.upper(): port for name, port in ports.items()}
    for arguments, settings, code, said in (
        (["show"], ports, 1, "error: no sandbox of flights answers at 127.0.0.1:"),
        (["show"], {}, 1, "error: SKYLATCH_SANDBOX_FLIGHTS_PORT: not set"),
        (["clear", "trains"], ports, 2, "trains"),
    ):
        result = sandbox("fault", *arguments, **settings)
        assert (result.returncode, result.stdout) == (code, "")
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_the_local_stack_asks_its_own_sandboxes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With its settings, and every argument as it was given."""
    ran = []
    settings = type("Settings", (), {"values": {"SKYLATCH_SANDBOX_FLIGHTS_PORT": "1"}})
    stack = type("Stack", (), {"settings": lambda _: settings})
    monkeypatch.setattr(commands, "_stack", stack)
    monkeypatch.setattr("os.chdir", lambda _: None)
    monkeypatch.setattr("os.execve", lambda *call: ran.append(call))
    commands.fault(["set", "flights", "slow", "GET /x", "--seconds", "2"])
    ((_, command, environment),) = ran
    assert command[1:5] == ["-m", "tests.sandbox", "fault", "set"]
    assert command[5:] == ["flights", "slow", "GET /x", "--seconds", "2"]
    assert environment["SKYLATCH_SANDBOX_FLIGHTS_PORT"] == "1"
