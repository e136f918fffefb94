"""A short campaign, so that the long one, `make campaign`, works when it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_short_campaign_keeps_every_promise() -> None:
    """Killed sidecars, a bad network, Redis coming and going; then the counting."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.chaos.campaign", "--sagas", "60", "--seed", "7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "every promise was kept" in run.stdout
