"""The sandbox's command: what is wrong is one line, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sidecar.config import NOT_SET
from tests.raw_server import closed_port

ROOT = Path(__file__).resolve().parents[2]


def sandbox(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these settings and no others."""
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


def test_missing_settings_are_one_line_each() -> None:
    """Status 1, every name, no traceback."""
    result = sandbox()
    names = ("SANDBOX_FLIGHTS_PORT", "SANDBOX_PAYMENTS_PORT")
    told = "\n".join(f"SKYLATCH_{name}: {NOT_SET}" for name in names)
    assert (result.returncode, result.stderr) == (1, f"error: {told}\n")


def test_a_sandbox_on_a_port_that_is_taken_says_so(tmp_path: Path) -> None:
    """One port twice is one that is taken."""
    port = str(closed_port())
    result = sandbox(
        "--state",
        str(tmp_path / "state"),
        SKYLATCH_SANDBOX_FLIGHTS_PORT=port,
        SKYLATCH_SANDBOX_PAYMENTS_PORT=port,
    )
    assert result.returncode == 1
    assert f"error: the sandbox did not start on port {port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_sandbox_whose_directory_cannot_be_made_says_which(tmp_path: Path) -> None:
    """As a path below a file."""
    (tmp_path / "file").touch()
    state = tmp_path / "file" / "state"
    ports = {"FLIGHTS": "0", "PAYMENTS": "0"}
    result = sandbox(
        "--state",
        str(state),
        **{f"SKYLATCH_SANDBOX_{name}_PORT": port for name, port in ports.items()},
    )
    assert (result.returncode, result.stderr) == (
        1,
        f"error: --state {state}: Not a directory\n",
    )
