"""Keeps a sandbox's truth in files, so that it outlives the process.

A sandbox has tables of rows. Two files keep them: the book has every row, and the
journal one line for each write since, with the rows that it changed. A line is written
before the answer that depends on it is sent. A killed process leaves whole lines, and
perhaps a piece of one that nobody was told of; a power cut is not guarded against.
"""

from __future__ import annotations

import json
import os
from collections import UserDict
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from pathlib import Path
from typing import Any, TypeVar

from sidecar.errors import SetupError

Tables = Mapping[str, "Rows[Any]"]
T = TypeVar("T")

_LEAST = 65_536  # bytes of a journal that is not worth a new book


def _as_it_is(row: Any) -> Any:
    return row


class Rows(UserDict[str, T]):
    """A table: rows by key, oldest first, and which of them may have changed.

    A row that was looked up or set counts as changed, for whoever has it may change it
    in place. What `values` and `items` return is for reading; `note` a row of theirs
    before it is changed. A row that `encode` makes None of is not kept.
    """

    def __init__(
        self,
        encode: Callable[[T], Any] = _as_it_is,
        decode: Callable[[Any], T] = _as_it_is,
    ) -> None:
        self._encode = encode
        self._decode = decode
        self._noted: dict[str, None] = {}  # in order
        self._kept: dict[str, int] = {}  # key -> hash of what is in the files
        super().__init__()

    def __getitem__(self, key: str) -> T:
        """Return a row, to be changed in place or not."""
        row = self.data[key]
        self._noted[key] = None
        return row

    def __setitem__(self, key: str, row: T) -> None:
        """Enter or replace a row."""
        self.data[key] = row
        self._noted[key] = None

    def __delitem__(self, key: str) -> None:
        """Remove a row."""
        del self.data[key]
        self._noted[key] = None

    def values(self) -> ValuesView[T]:
        """Return every row, to be read."""
        return self.data.values()

    def items(self) -> ItemsView[str, T]:
        """Return every key and row, to be read."""
        return self.data.items()

    def note(self, key: str) -> None:
        """Say that a row is about to be changed in place."""
        self._noted[key] = None

    def append(self, row: T) -> None:
        """Enter a row under its number, in a table that never loses one."""
        self[str(len(self.data))] = row

    def take_changes(self) -> Iterator[tuple[str, str]]:
        """Yield key and JSON of each row that is not in the files as it is now."""
        noted, self._noted = self._noted, {}
        for key in noted:
            row = self._encode(self.data[key]) if key in self.data else None
            text = _json(row)
            if row is None:
                if self._kept.pop(key, None) is None:
                    continue
            elif self._kept.get(key) == hash(text):
                continue
            else:
                self._kept[key] = hash(text)
            yield key, text

    def dump(self) -> dict[str, Any]:
        """Return every row that is kept."""
        rows = ((key, self._encode(row)) for key, row in self.data.items())
        return {key: row for key, row in rows if row is not None}

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up what the files have."""
        self._kept = {key: hash(_json(row)) for key, row in kept.items()}
        self.data = {key: self._decode(row) for key, row in kept.items()}


class SandboxState:
    """One sandbox's files, ``<directory>/<name>.json`` and ``.journal``.

    Their owner alone may read them. Not locked by itself: callers save under the lock
    that guards what they save.
    """

    def __init__(self, directory: Path, name: str) -> None:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"--state {directory}: {error.strerror}") from error
        self._book = directory / f"{name}.json"
        self._journal = directory / f"{name}.journal"
        # Lengths in bytes; without any, the next write is of a new book.
        self._book_size = self._journal_size = -1

    def load(self) -> dict[str, dict[str, Any]] | None:
        """Return the rows of each table as saved last, or None when nothing was.

        Raises SetupError for a file that is not ours: starting over in silence would
        lose orders and money that a database still knows of.
        """
        document = _read(self._book)
        if document is None:
            return None
        try:
            tables: dict[str, dict[str, Any]] = json.loads(document)
            for rows in tables.values():
                rows.keys()
        except (ValueError, AttributeError) as error:
            message = f"{self._book} is no sandbox's state, or an earlier version's"
            raise SetupError(message) from error
        # What follows the last end of a line is a write that nobody was told of.
        lines = (_read(self._journal) or b"").split(b"\n")[:-1]
        for number, line in enumerate(lines, 1):
            try:
                for table, key, row in json.loads(line):
                    rows = tables.setdefault(table, {})
                    if row is None:
                        rows.pop(key, None)
                    else:
                        rows[key] = row
            except (ValueError, TypeError) as error:
                message = f"{self._journal}, line {number}, cannot be read"
                raise SetupError(message) from error
        return tables

    def save(self, tables: Tables) -> None:
        """Write what changed; the first time, and when the journal is long, all of it.

        A write that failed is made good by the next one, which is of a new book.
        """
        changes = [
            f"[{_json(name)},{_json(key)},{text}]"
            for name, rows in tables.items()
            for key, text in rows.take_changes()
        ]
        if self._journal_size < 0 or self._journal_size > max(self._book_size, _LEAST):
            self._write_book({name: rows.dump() for name, rows in tables.items()})
        elif changes:
            self._append(f"[{','.join(changes)}]\n".encode())

    def _append(self, line: bytes) -> None:
        size, self._journal_size = self._journal_size, -1
        with self._journal.open("ab", buffering=0) as file:
            if file.write(line) != len(line):
                raise OSError(f"{self._journal}: no space left")
        self._journal_size = size + len(line)

    def _write_book(self, document: dict[str, dict[str, Any]]) -> None:
        # A journal that outlives its book's end is read into the new book: each of its
        # lines has whole rows, and the last one of a row is as the book has it.
        self._journal_size = -1
        draft = self._book.with_name(f"{self._book.name}.new")
        content = _json(document).encode()
        _create(draft, content)
        draft.replace(self._book)
        _create(self._journal, b"")
        self._book_size, self._journal_size = len(content), 0


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error


def _create(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
