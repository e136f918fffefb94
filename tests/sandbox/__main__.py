"""The command: ``python -m tests.sandbox``; what was to be expected is one line."""

from __future__ import annotations

from sidecar import interrupts

if __name__ == "__main__":
    # Before the imports below, which take a second.
    interrupts.end_at_once()

from pathlib import Path
from typing import Annotated

import typer

from sidecar import config, endings, reporting
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


if __name__ == "__main__":
    endings.run(
        lambda: app(prog_name="python -m tests.sandbox", standalone_mode=False),
        reporting.report,
    )
