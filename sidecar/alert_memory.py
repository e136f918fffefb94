"""What the relay remembers over its own restarts, in one small file.

The memory is a file and not in the database, because it is needed most when the
database is away. Without a path it is only in memory, and after a restart every open
alert is sent once more.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import ConfigDict, Field, TypeAdapter

from sidecar.errors import ConfigError

_log = structlog.get_logger()
# A channel that is away for days must not fill the disk.
_MOST_WAITING = 200
# A time that a clock with a year of four digits can show.
_Moment = Annotated[float, Field(ge=0, le=253_402_300_799, allow_inf_nan=False)]


@dataclass(slots=True)
class Open:
    """One alert that is open; the times are seconds since 1970."""

    kind: str
    subject: str
    since: _Moment
    detail: str
    told_at: _Moment


@dataclass(frozen=True, slots=True)
class _Known:
    """The content of the file."""

    __pydantic_config__ = ConfigDict(strict=True)

    open: dict[str, Open]
    waiting: dict[str, list[str]]


_FILE = TypeAdapter(_Known)


def _unusable(path: Path, what: str, error: OSError) -> ConfigError:
    return ConfigError(
        f"SKYLATCH_ALERT_MEMORY: {path} cannot be {what}: {error.strerror}: name a file"
        " in a directory of the relay's own"
    )


@dataclass(slots=True)
class Memory:
    """The open alerts, and for each channel the messages that it has not taken yet."""

    open: dict[str, Open] = field(default_factory=dict)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    path: Path | None = None

    @classmethod
    def load(cls, path: Path | None) -> Memory:
        """Read the file, if there is one; raises ConfigError if it cannot be there."""
        if path is None:
            return cls()
        try:
            known = _FILE.validate_json(path.read_bytes())
            return cls(open=known.open, waiting=known.waiting, path=path)
        except FileNotFoundError:
            memory = cls(path=path)
        except ValueError as error:
            _log.warning("relay.memory_unreadable", error=type(error).__name__)
            memory = cls(path=path)
        except OSError as error:
            raise _unusable(path, "read", error) from error
        try:
            memory._write()
        except OSError as error:
            raise _unusable(path, "written", error) from error
        return memory

    def put(self, channel: str, text: str) -> None:
        """Add a message to a channel's list; of too many the oldest is dropped."""
        texts = self.waiting.setdefault(channel, [])
        texts.append(text)
        del texts[:-_MOST_WAITING]

    def save(self) -> None:
        """Write the whole file anew; a full disk stops no alert."""
        try:
            self._write()
        except OSError as error:
            _log.warning("relay.memory_not_written", error=str(error))

    def _write(self) -> None:
        if self.path is None:
            return
        known = {
            "open": {key: asdict(one) for key, one in self.open.items()},
            "waiting": self.waiting,
        }
        draft = self.path.with_name(f"{self.path.name}.new")
        draft.write_text(json.dumps(known))
        draft.replace(self.path)
