"""Keeps a sandbox's truth in a file, so that it outlives the process.

The whole state is written before the answer that depends on it is sent. A rename is
atomic, so a killed process leaves the last state or the one before, never half of one;
a power cut is not guarded against.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sidecar.errors import SetupError


class SandboxState:
    """One sandbox's file, ``<directory>/<name>.json``; its owner alone may read it.

    Not locked by itself: callers save under the lock that guards what they save.
    """

    def __init__(self, directory: Path, name: str) -> None:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"--state {directory}: {error.strerror}") from error
        self._path = directory / f"{name}.json"

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last, or None when nothing was.

        Raises SetupError for a file that is not ours: starting over in silence would
        lose orders and money that a database still knows of.
        """
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SetupError(f"{self._path} cannot be read: {error}") from error
        if not isinstance(document, dict):
            raise SetupError(f"{self._path} is not a sandbox's state")
        return document

    def save(self, document: dict[str, Any]) -> None:
        """Replace what was saved in one step."""
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(document, file, separators=(",", ":"))
        draft.replace(self._path)
