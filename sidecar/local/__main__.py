"""Runs the commands of the local stack on their own: `python -m sidecar.local`."""

from sidecar import interrupts

if __name__ == "__main__":
    # Before the imports below, which take a second.
    interrupts.end_at_once()

from sidecar import endings, reporting
from sidecar.local.commands import app

if __name__ == "__main__":
    endings.run(
        lambda: app(prog_name="python -m sidecar.local", standalone_mode=False),
        reporting.report,
    )
