"""List answers: newest first, cursors and `created` filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.sandbox.payments.errors import JsonObject, invalid_parameter, no_such

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def page(
    oldest_first: Iterable[JsonObject], params: JsonObject, url: str
) -> JsonObject:
    """Return one page of the objects that pass the `created` filter."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        bound = "greater than or equal to 1" if limit < 1 else "less than or equal 100"
        message = f"This value must be {bound}."
        raise invalid_parameter(message, "limit", "parameter_invalid_integer")
    rows = [r for r in oldest_first if _created_matches(r, params.get("created"))]
    rows.reverse()
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        message = "You may only specify one of: starting_after, ending_before."
        raise invalid_parameter(message, "ending_before")
    if after is not None:
        rows = rows[_position(rows, after, "starting_after") + 1 :]
    if before is not None:
        # The page nearest to the cursor, still newest first.
        rows = rows[: _position(rows, before, "ending_before")]
        shown = rows[-limit:]
    else:
        shown = rows[:limit]
    return {
        "object": "list",
        "data": shown,
        "has_more": len(rows) > len(shown),
        "url": url,
    }


def _position(rows: list[JsonObject], cursor: str, param: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == cursor:
            return index
    raise no_such("object", cursor, param=param)


def _created_matches(row: JsonObject, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(row["created"] == wanted)
    return all(_COMPARE[op](row["created"], bound) for op, bound in wanted.items())
