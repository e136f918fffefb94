"""``python -m tests.sandbox fault``: faults of the sandboxes that run, as commands.

They are set through the control endpoint, as tests do (`control.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, get_args

import requests
import typer

from sidecar import config
from sidecar.errors import SetupError
from sidecar.redaction import one_line
from tests.sandbox.control import FAULT_KINDS, FaultKind
from tests.sandbox.run import SandboxSettings

app = typer.Typer(
    help="Set, show and clear faults of the sandboxes that run.", no_args_is_help=True
)
_TIMEOUT_SECONDS = 10


class Provider(StrEnum):
    """Whose sandbox it is."""

    FLIGHTS = "flights"
    PAYMENTS = "payments"


Whose = Annotated[Provider, typer.Argument(help="Whose sandbox.")]
Both = Annotated[Provider | None, typer.Argument(help="Whose sandbox; both without.")]


@app.command()
def kinds() -> None:
    """List the kinds of faults."""
    for kind in get_args(FaultKind):
        typer.echo(f"{kind:<13}{FAULT_KINDS[kind]}")


@app.command("set")
def set_fault(
    provider: Whose,
    kind: Annotated[str, typer.Argument(help="One that `fault kinds` lists.")],
    request: Annotated[
        str,
        typer.Argument(help="Which requests, such as 'POST /air/orders' or '* /v1/*'."),
    ],
    *,
    times: Annotated[
        int, typer.Option(min=0, help="How often; 0: until it is cleared.")
    ] = 1,
    status: Annotated[
        int, typer.Option(min=200, max=599, help="What the answer's status is.")
    ] = 500,
    seconds: Annotated[float, typer.Option(min=0, help="How long `slow` waits.")] = 1.0,
) -> None:
    """Let requests that match go wrong in one of the ways of `fault kinds`."""
    if kind not in FAULT_KINDS:
        raise SetupError(f"{kind} is no kind of fault: {', '.join(FAULT_KINDS)}")
    method, _, path = request.partition(" ")
    if not (method.isupper() or method == "*") or not path.startswith(("/", "*")):
        message = f"{request} is no request: say it as METHOD /path, * for any"
        raise SetupError(message)
    body = {
        "match": request,
        "kind": kind,
        "times": times or None,
        "status": status,
        "seconds": seconds,
    }
    _ask(provider, "POST", body)
    typer.echo(f"{provider}: {_said(body)}")


@app.command()
def show(provider: Both = None) -> None:
    """List the faults that are set, and how many requests they hold."""
    for one in _those(provider):
        found = _ask(one, "GET")
        for fault in found["armed"]:
            typer.echo(f"{one}: {_said(fault)}")
        if not found["armed"]:
            typer.echo(f"{one}: no fault is set")
        if found["held"]:
            typer.echo(f"{one}: requests held: {found['held']}")


@app.command()
def clear(provider: Both = None) -> None:
    """Remove every fault, and let go what is held."""
    for one in _those(provider):
        _ask(one, "DELETE")
        typer.echo(f"{one}: no fault is set")


def _those(provider: Provider | None) -> list[Provider]:
    return [provider] if provider else list(Provider)


def _said(fault: dict[str, Any]) -> str:
    left = fault["times"]
    often = {None: "until it is cleared", 1: "once"}.get(left, f"{left} times")
    return one_line(f"{fault['kind']} of {fault['match']}, {often}")


def _ask(
    provider: Provider, method: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    settings = config.load(SandboxSettings)
    port = {
        Provider.FLIGHTS: settings.sandbox_flights_port,
        Provider.PAYMENTS: settings.sandbox_payments_port,
    }[provider]
    address = f"{settings.sandbox_host}:{port}"
    with requests.Session() as session:
        # A proxy from the environment must not stand between two local programs.
        session.trust_env = False
        try:
            answer = session.request(
                method,
                f"http://{address}/__sandbox/faults",
                json=body,
                timeout=_TIMEOUT_SECONDS,
            )
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as error:
            message = f"no sandbox of {provider} answers at {address}: does it run?"
            raise SetupError(message) from error
    return found
