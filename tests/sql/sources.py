"""The SQL files as the tests of the conventions read them."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SQL = CHECKOUT / "sql"
WRAPPERS = CHECKOUT / "plpython" / "wrappers"
_FUNCTION = re.compile(r"^create (?:or replace )?function (\w+)\.(\w+)\b", re.MULTILINE)


def code_files() -> list[Path]:
    """Return every file that `code.sql` has to install: all folders but migrations."""
    found = [
        path for path in SQL.glob("*/*.sql") if path.parent != SQL / "migrations"
    ] + [*WRAPPERS.glob("*.sql")]
    assert len(found) > 80
    return sorted(found)


def manifest() -> list[Path]:
    """Return the files that `code.sql` installs, in its order."""
    text = (SQL / "code.sql").read_text()
    names = re.findall(r"^\\ir (\S+)$", text, re.MULTILINE)
    return [(SQL / name).resolve() for name in names]


def functions_of(path: Path) -> list[str]:
    """Return the functions a file creates, as schema.name."""
    return [".".join(found) for found in _FUNCTION.findall(path.read_text())]


def function_files() -> dict[str, Path]:
    """Return where each function is, by schema.name."""
    return {name: path for path in code_files() for name in functions_of(path)}
