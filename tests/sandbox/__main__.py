"""The command: ``python -m tests.sandbox``; an error of ours is one line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sidecar import config
from sidecar.errors import SkylatchError
from tests.sandbox.fault_command import app as fault_app
from tests.sandbox.run import SandboxSettings, run_sandbox

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.add_typer(fault_app, name="fault")


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    state: Annotated[
        Path | None,
        typer.Option(help="Directory that keeps what they know across restarts."),
    ] = None,
) -> None:
    """Serve the local Duffel and Stripe until SIGTERM."""
    if context.invoked_subcommand is None:
        run_sandbox(config.load(SandboxSettings), state)


def main() -> None:
    """Run the command line; exit with 1 after an error of ours."""
    try:
        app(prog_name="python -m tests.sandbox")
    except SkylatchError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
