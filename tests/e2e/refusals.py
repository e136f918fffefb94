"""docs/refusals.md: the page that tests compare with, or write (`make refusals`)."""

from __future__ import annotations

import os
import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "refusals.md"
WRITING = os.environ.get("REFUSALS") == "write"
HEAD = """\
# What is said of a wrong database, setting, key or use

Written by `make refusals` from what is printed; each row is a test in
`tests/e2e/test_refused_*.py`, which compares it with this page. `deploy` is
`python -m sidecar deploy --dsn …`: it says everything that it finds at once, and has
not changed what it refuses. `check` is `python -m sidecar check`, start is
`python -m sidecar work`, or `serve` where the setting is that command's. Every command
(`python -m …`) says in one line what is wrong, and has a code, of which
[operate.md](operate.md#exit-codes) says what it means. A traceback is a defect: please
report it.

"""
DEPLOY = "database | `deploy`"
REMARKED = "what `deploy` remarks, and goes on | in these words"
STARTED = "setting or database | `check` | start"
USED = "wrong use | command | what it says | code"
HEADS = (DEPLOY, REMARKED, STARTED, USED)
# What differs from one run to the next, and what it is called on the page.
Names = dict[str, str]


def written() -> dict[str, list[str]]:
    """Return the page's rows: what is wrong, and what is said of it."""
    rows = {}
    for line in DOCUMENT.read_text().splitlines() if DOCUMENT.exists() else []:
        what, *said = line.removeprefix("| ").removesuffix(" |").split(" | ")
        if line.startswith("| "):
            rows[what] = said
    return rows


def as_cell(text: str, names: Names) -> str:
    """Return `text` as it stands on the page."""
    for found, name in sorted(names.items(), key=lambda one: -len(one[0])):
        text = text.replace(found, name) if found else text
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


_SAID: dict[str, dict[str, list[str]]] = {head: {} for head in HEADS}


def compare(head: str, what: str, said: list[str], names: Names) -> None:
    """Compare what was said with the page, or keep it for the page."""
    cells = [as_cell(one, names) for one in said]
    assert all(cells)
    if WRITING:
        _SAID[head][what] = cells
    else:
        assert cells == written().get(what), f"make refusals, and read it: {what}"


def write() -> None:
    """Write the page, when asked to; the last to do so has seen all the rows."""
    if not WRITING:
        return
    tables = []
    for head, rows in _SAID.items():
        lines = [f"| {' | '.join([what, *said])} |" for what, said in rows.items()]
        rule = "|---" * len(head.split(" | ")) + "|"
        tables.append("\n".join([f"| {head} |", rule, *lines]))
    DOCUMENT.write_text(HEAD + "\n\n".join(tables) + "\n")
