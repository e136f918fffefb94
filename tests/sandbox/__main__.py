"""The command: ``python -m tests.sandbox``; an error of ours is one line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sidecar import config
from sidecar.errors import SkylatchError
from tests.sandbox.run import SandboxSettings, run_sandbox


def main() -> int:
    """Serve the local Duffel and Stripe until SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox")
    parser.add_argument(
        "--state", type=Path, help="directory that keeps what they know across restarts"
    )
    state = parser.parse_args().state
    try:
        run_sandbox(config.load(SandboxSettings), state)
    except SkylatchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
