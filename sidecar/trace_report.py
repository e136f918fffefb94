"""``python -m sidecar trace ID``: what happened under one id, as a tree of text.

    trace 673df678ee5d4c2d8996fff264e20a2e, attempt 1
    2026-11-30 16:41:47.129  search done ok 201 MJY80E7r, tries: 1  [call:3, here:1:ab]
    2026-11-30 16:41:47.183    search: ok
    2026-11-30 16:41:47.471    REPRICING the best offer fits: booking it  [offer:off_1]
    2026-11-30 16:41:47.493      get_offer done ok 200 8wmUE_aO, tries: 1  [call:9, …]
    2026-11-30 16:41:47.552        REPRICING → CREATING_PAYMENT get_offer: ok

It is made of rows that are always there (`engine.trace_story`), whether or not anybody
exports spans.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from sidecar.redaction import one_line, printable

Row = dict[str, Any]


def lines(rows: list[Row]) -> Iterator[str]:
    """Return a tree for each trace: calls, and below each what its answer led to."""
    traces: dict[str | None, list[Row]] = {}
    for row in rows:
        traces.setdefault(row["trace_id"], []).append(row)
    for trace_id, found in traces.items():
        attempt = next((row["attempt_no"] for row in found if row["attempt_no"]), None)
        which = f", attempt {attempt}" if attempt else ", no attempt"
        yield f"trace {trace_id}{which}" if trace_id else f"without a trace{which}"
        yield from _tree(found)


def _tree(rows: list[Row]) -> Iterator[str]:
    below: dict[str, list[Row]] = {
        row["what"]: [] for row in rows if row.get("is_call")
    }
    above = []
    for row in rows:
        if row.get("is_call") or row["what"] not in below:
            above.append(row)
        else:
            below[row["what"]].append(row)

    def began(row: Row) -> Any:
        led_to = below[row["what"]] if row.get("is_call") else []
        return min(one["at"] for one in (row, *led_to))

    for row in sorted(above, key=began):
        if not row.get("is_call"):
            yield _line(row, 1, f"  [{_named(row['what'], row['actor'])}]")
            continue
        # The calls of an attempt are below the decision that began it.
        depth = 2 if row["attempt_no"] else 0
        yield _line(row, depth, f"  [{_named(row['what'], row['actor'])}]")
        for event in below[row["what"]]:
            by = event["actor"] if event["actor"] != row["actor"] else None
            yield _line(event, depth + 1, f"  [{by}]" if by else "")


def _line(row: Row, depth: int, note: str) -> str:
    at = row["at"].astimezone(UTC)
    when = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"
    return f"{when}  {'  ' * depth}{one_line(row['told'])}{printable(note)}"


def _named(*names: str | None) -> str:
    return ", ".join(name for name in names if name)
