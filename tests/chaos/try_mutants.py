"""Takes one guard away at a time and sees whether a test notices: ``make mutants``.

What noticed a mutant in the last run comes first (`noticed.json`, written by each run),
then the tests whose names have most of its words: nearly always one of them notices, in
seconds. Where none does, a hundred more of those are run, then the files that play the
whole saga, and only then all tests.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.chaos.mutants import MUTANTS, Mutant
from tests.sandbox.recordings import find_recordings

ROOT = Path(__file__).resolve().parents[2]
_TESTS = (
    "tests/sql",
    "tests/sidecar",
    "tests/e2e",
    "tests/deploy",
    "tests/chaos/test_model.py",
)
_LIKELY = 20
_NEXT = 100
_NOTICED_FILE = Path(__file__).with_name("noticed.json")
_NOTICED: dict[str, str] = json.loads(_NOTICED_FILE.read_text())
# Their names say nothing of their many cases.
_BROAD = (
    "tests/sql/test_protocol.py::test_an_order_that_must_not_leave_is_stopped_and_the_hold_released",
    "tests/sql/test_faults.py::test_an_order_that_is_not_the_one_that_was_asked_for"
    "_is_not_paid",
)
# They play both providers against every state, or the whole way to a booking.
_SAGA = (
    "tests/sql/test_protocol.py",
    "tests/sql/test_faults.py",
    "tests/sql/test_callbacks.py",
    "tests/e2e/test_endings.py",
    "tests/e2e/test_cancel_booking.py",
)
# These wait for minutes of a real clock.
_SLOW = {"test_cron", "test_deploy_to_replicas", "test_servers", "test_pooler"}


@dataclass(frozen=True)
class Test:
    """One test function: where it is, the words of its name, and its text and cases."""

    node: str
    name: frozenset[str]
    body: str

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its text and cases."""
        return _words(self.body)


def find_tests(root: Path) -> list[Test]:
    """Return every test function that may be tried first."""
    found = []
    for path in sorted(root.glob("tests/*/test_*.py")):
        if path.stem in _SLOW or path.parent.name == "chaos":
            continue
        for match in re.finditer(
            # With its decorators, which hold its cases.
            r"^(?:@\S.*?\n)*?def (test_\w+)\(.*?(?=^[@\w#]|\Z)",
            path.read_text(),
            re.M | re.S,
        ):
            node = f"{path.relative_to(root)}::{match[1]}"
            words = _words(f"{path.stem} {match[1]}")
            found.append(Test(node, words, match[0]))
    return found


def likely(name: str, mutant: Mutant, tests: list[Test]) -> list[str]:
    """Return the tests that have most to do with a mutant, rare words counting most."""
    known = Counter(word for test in tests for word in test.name)
    used = Counter(word for test in tests for word in test.words)
    function = Path(mutant.file).stem
    asked = _words(f"{name} {function} {mutant.old}")

    def score(test: Test) -> float:
        rare = sum(math.log(len(tests) / known[word]) for word in asked & test.name)
        told = sum(math.log(len(tests) / used[word]) for word in asked & test.words)
        return rare + told / 2 + 4 * (function in test.body)

    best = sorted(tests, key=score, reverse=True)
    return [test.node for test in best[: _LIKELY + _NEXT]]


def last_noticed(name: str) -> list[str]:
    """Return the test function that noticed a mutant last, if it is still there."""
    node = _NOTICED.get(name, "")
    path, _, function = node.partition("::")
    file = ROOT / path
    is_there = file.is_file() and f"def {function}(" in file.read_text()
    return [node] if is_there else []


def note_noticed(name: str, node: str) -> None:
    """Keep which test function noticed a mutant."""
    _NOTICED[name] = node.partition("[")[0]
    kept = {name: _NOTICED[name] for name in sorted(_NOTICED) if _NOTICED[name]}
    _NOTICED_FILE.write_text(json.dumps(kept, indent=2) + "\n")


def is_noticed(
    name: str, mutant: Mutant, tests: list[Test], workers: int
) -> tuple[bool, str]:
    """Return whether a test fails in the mutant, and which."""
    with tempfile.TemporaryDirectory(prefix="skylatch-mutant-") as directory:
        copy = Path(directory)
        listed = subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for part in listed.stdout.split("\0")[:-1]:
            (copy / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, copy / part)
        path = copy / "sql" / mutant.file
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise SystemExit(f"{mutant.file} has not once: {mutant.old}")
        path.write_text(text.replace(mutant.old, mutant.new))
        best = likely(name, mutant, tests)
        first = [*last_noticed(name), *_BROAD, *best[:_LIKELY]]
        failed = _first_failure(copy, list(dict.fromkeys(first)), 0)
        for rest in (best[_LIKELY:], _SAGA, _TESTS):
            if failed is None:
                failed = _first_failure(copy, list(rest), workers)
    return failed is not None, failed or ""


def _first_failure(copy: Path, tests: list[str], workers: int) -> str | None:
    recordings = find_recordings()
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-x", "-q", "-n", str(workers)),
            *("--no-header", "-p", "no:cacheprovider", "--tb", "no", *tests),
        ],
        cwd=copy,
        env={
            **os.environ,
            "PYTHONPATH": str(copy),
            **({"SKYLATCH_RECORDINGS": str(recordings)} if recordings else {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [
        line.partition(" ")[2].split(" - ")[0]
        for line in run.stdout.splitlines()
        if line.startswith(("FAILED ", "ERROR "))
    ]
    if run.returncode not in (0, 1, 2) or (run.returncode and not failed):
        raise SystemExit(run.stdout + run.stderr)
    return failed[0] if failed else None


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", text.lower().replace("_", " ")))


def main() -> int:
    """Try all mutants, or those whose names are given; 1 when one goes unnoticed."""
    parser = argparse.ArgumentParser(description="Take one guard away at a time.")
    parser.add_argument("names", nargs="*", help="of mutants; all when none is given")
    parser.add_argument("--at-once", type=int, default=2, help="mutants at a time")
    parser.add_argument("--workers", type=int, default=2, help="where all tests run")
    arguments = parser.parse_args()
    tests = find_tests(ROOT)

    def attempt(name: str) -> str:
        began = time.monotonic()
        noticed, test = is_noticed(name, MUTANTS[name], tests, arguments.workers)
        print(
            f"{'noticed' if noticed else 'SURVIVED':9}"
            f" {time.monotonic() - began:4.0f} s  {name:50} {test}",
            flush=True,
        )
        return test

    names = arguments.names or list(MUTANTS)
    survivors = 0
    with ThreadPoolExecutor(arguments.at_once) as pool:
        for name, test in zip(names, pool.map(attempt, names), strict=True):
            survivors += not test
            note_noticed(name, test)
    print(f"{survivors} of {len(names)} went unnoticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
