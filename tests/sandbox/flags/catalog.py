"""The environment's flags and segments, with versions that only rise."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.sandbox.flags.shapes import Json, expand_flag, expand_segment

Kind = Literal["flags", "segments"]
_EXPAND = {"flags": expand_flag, "segments": expand_segment}


@dataclass(slots=True)
class _Item:
    """What was last served under a key; `version` of a deleted one is its delete's."""

    data: Json
    version: int
    deleted: bool = False


class Catalog:
    """Not thread-safe: the sandbox holds its lock around every call."""

    def __init__(self) -> None:
        self._items: dict[Kind, dict[str, _Item]] = {"flags": {}, "segments": {}}

    def put(self, kind: Kind, key: str, given: Mapping[str, Any]) -> Json:
        """Store and return the complete item; raises ValueError.

        A given version counts only when it is newer than the stored one: what was
        read may so be changed and put back, and no client misses it.
        """
        data = _EXPAND[kind](key, given)
        known = self._items[kind].get(key)
        version = known.version + 1 if known else 1
        wanted = given.get("version", version)
        if not isinstance(wanted, int) or isinstance(wanted, bool):
            raise ValueError(f"{key}: version is not an integer")
        # A deleted key keeps its version, so one that comes back is newer.
        version = max(version, wanted)
        self._items[kind][key] = _Item({**data, "version": version}, version)
        return copy.deepcopy(self._items[kind][key].data)

    def delete(self, kind: Kind, key: str) -> int:
        """Leave a tombstone and return its version; raises KeyError."""
        item = self._items[kind][key]
        if item.deleted:
            raise KeyError(key)
        item.deleted = True
        item.version += 1
        return item.version

    def stale_flag(self, key: str) -> Json:
        """Return the flag as an older version with targeting the other way round.

        Also for a deleted flag, as a change overtaken by its delete; raises KeyError.
        """
        item = self._items["flags"][key]
        older = copy.deepcopy(item.data)
        # The other answer, so that a client which takes it can be told from one that
        # does not.
        return {**older, "version": item.version - 1, "on": not older.get("on")}

    def live(self) -> dict[str, dict[str, Json]]:
        """Return everything that is not deleted, as `put` events carry it."""
        return {
            kind: {
                key: copy.deepcopy(item.data)
                for key, item in items.items()
                if not item.deleted
            }
            for kind, items in self._items.items()
        }

    def tombstones(self) -> dict[str, dict[str, int]]:
        """Return the versions of what was deleted, by kind and key."""
        return {
            kind: {key: item.version for key, item in items.items() if item.deleted}
            for kind, items in self._items.items()
        }
