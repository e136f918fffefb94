"""docs/faults.md names, for each fault, tests that there are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LAST = 139
ROOT = Path(__file__).resolve().parents[1]
_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def named() -> dict[int, list[str]]:
    """Return the tests that each row of the table names."""
    rows = _ROW.findall((ROOT / "docs/faults.md").read_text())
    numbers = [int(number) for number, *_ in rows]
    assert numbers == sorted(set(numbers)), "a row is there twice, or out of order"
    return {
        int(number): [f"tests/{test}" for test in re.findall(r"`([^`]+)`", tests)]
        for number, _, _, tests in rows
    }


def collected(files: set[str]) -> set[str]:
    """Return the ids that pytest finds in files, with and without their cases."""
    # A process of its own: collecting inside a running session would disturb it.
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-o",
            "addopts=",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            *sorted(files),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]
    ids = {line for line in found.stdout.splitlines() if "::" in line}
    return ids | {test.partition("[")[0] for test in ids}


def test_every_fault_has_one_row() -> None:
    """In order, and none is lost."""
    assert list(named()) == list(range(1, LAST + 1))


def test_every_fault_is_shown_by_tests_that_exist() -> None:
    """A test that was renamed or removed takes its row with it, or fails here."""
    rows = named()
    assert [number for number, tests in rows.items() if not tests] == []
    tests = {test for row in rows.values() for test in row}
    found = collected({test.partition("::")[0] for test in tests})
    assert sorted(tests - found) == []
