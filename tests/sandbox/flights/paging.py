"""Lists: opaque cursors, `limit` 1-200 (default 50), `after` or `before`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from tests.sandbox.flights.errors import Problems

T = TypeVar("T")


def _cursor(kind: str, item_id: str, position: int) -> str:
    text = json.dumps([kind, item_id, position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str, kind: str) -> tuple[str, int]:
    """Return the id and position in `cursor`; ValueError for anything forged."""
    try:
        found, item_id, position = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, UnicodeDecodeError, TypeError) as error:
        raise ValueError("not a cursor") from error
    if found != kind or not isinstance(item_id, str) or not isinstance(position, int):
        raise ValueError("cursor of another list")
    return item_id, position


def page(
    items: Sequence[T],
    *,
    kind: str,
    query: QueryParams,
    id_of: Callable[[T], str],
) -> tuple[list[T], dict[str, Any]]:
    """Return one page of the ordered `items` and its `meta` object.

    A cursor names an item. Where that item has left the list in the meantime, its
    old position is used, so a page may then miss or repeat a neighbour.
    """
    problems = Problems()
    limit = _limit(query, problems)
    after, before = query.get("after"), query.get("before")
    start, stop = 0, limit
    if after is not None and before is not None:
        problems.add("validation_inclusion", "before", "can't be used with 'after'")
    elif after is not None or before is not None:
        name = "after" if after is not None else "before"
        try:
            item_id, position = _read_cursor(after or before or "", kind)
        except ValueError:
            problems.add("validation_format", name, "is not a valid cursor")
        else:
            known = [n for n, item in enumerate(items) if id_of(item) == item_id]
            index = known[0] if known else position
            if name == "after":
                start, stop = index + 1, index + 1 + limit
            else:
                start, stop = max(0, index - limit), index
    problems.raise_if_any()
    chosen = list(items[start:stop])
    meta: dict[str, Any] = {"limit": limit, "before": None, "after": None}
    if chosen and start > 0:
        meta["before"] = _cursor(kind, id_of(chosen[0]), start)
    if chosen and stop < len(items):
        meta["after"] = _cursor(kind, id_of(chosen[-1]), stop - 1)
    return chosen, meta


def _limit(query: QueryParams, problems: Problems) -> int:
    text = query.get("limit", "50")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 200:
        problems.add("validation_inclusion", "limit", "must be between 1 and 200")
        return 50
    return int(text)
