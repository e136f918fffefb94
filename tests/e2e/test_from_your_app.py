"""docs/from-your-app.md, from nothing to booked trips: every block, as it stands.

The stack is a real one, as `make up` starts it, in a state directory of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.local.places import CHECKOUT

PAGE = CHECKOUT / "docs" / "from-your-app.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What is shown and not run: it needs a server that `make up` does not start.
NOT_RUN = {"ini", "text"}
ENV = [sys.executable, "-m", "sidecar", "local", "app", "--env"]


@pytest.fixture(scope="module")
def stack() -> Iterator[dict[str, str]]:
    """Start a stack as `make up` does; return an application's environment."""
    with tempfile.TemporaryDirectory(prefix="app-", dir="/dev/shm") as state:
        place = {**os.environ, "SKYLATCH_STATE_DIR": f"{state}/s"}
        local = [sys.executable, "-m", "sidecar", "local"]
        Path(state).chmod(0o755)
        try:
            up = subprocess.run(
                [*local, "up"],
                env=place,
                cwd=CHECKOUT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert up.returncode == 0, up.stderr
            assert "Paste this into psql" in up.stdout
            yield place
        finally:
            subprocess.run(
                [*local, "destroy", "--yes"], env=place, cwd=CHECKOUT, check=False
            )


def blocks() -> list[tuple[str, str]]:
    """Return language and text of the page's blocks, in order."""
    return [(m[1], m[2]) for m in _BLOCK.finditer(PAGE.read_text())]


def test_every_block_is_one_that_is_run_or_says_that_it_is_not() -> None:
    """No block of another language, which nobody would notice to be wrong."""
    languages = {language for language, _ in blocks()}
    assert languages <= {"sh", "python"} | NOT_RUN
    assert len([1 for language, _ in blocks() if language not in NOT_RUN]) >= 8


def test_the_page_books_in_psql_psycopg_and_over_http(
    stack: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """From the card of `make up` to booked trips, by nothing but the page."""
    began = time.monotonic()
    variables = subprocess.run(
        ENV, env=stack, cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout
    assert shutil.which("psql")
    printed = []
    for language, text in blocks():
        if language in NOT_RUN:
            continue
        script = (
            # It is up already, and the command that makes it so takes its time.
            text.replace("make up\n", "")
            if language == "sh"
            else f"{sys.executable} - <<'PYTHON'\n{text}\nPYTHON"
        )
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", f"{variables}\n{script}"],
            env=stack,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        printed.append(done.stdout + done.stderr)
    seconds = time.monotonic() - began
    everything = "".join(printed)
    assert everything.count("BOOKED") >= 2
    assert "SK001" in everything
    with capsys.disabled():
        print(f"\nfrom make up's end through the page: {seconds:.1f} s")
