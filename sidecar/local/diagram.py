"""The saga in `sql/README.md`, drawn from its rows."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from sidecar.sessions import pinned

_SHOWN = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)
# FREEZE leads from everywhere to NEEDS_REVIEW and RESUME back: the text says so.
_EDGES = """
select t.state, t.next_state, t.next_operation,
  string_agg(t.verdict, ', ' order by t.verdict)
from engine.saga_transitions as t
where t.verdict not in ('FREEZE', 'RESUME')
group by t.state, t.next_state, t.next_operation
order by array_position(
  array[
    'REPRICING', 'CREATING_PAYMENT', 'AUTHORIZING', 'AWAITING_HOLDER', 'ORDERING',
    'ORDER_UNKNOWN',
    'CAPTURING', 'VOIDING', 'QUOTING_ORDER', 'CANCELLING_ORDER', 'CONFIRMED',
    'QUOTING_BOOKING', 'CANCELLING_BOOKING', 'REFUNDING', 'CANCELLED'
  ],
  t.state
) nulls last, t.state, t.next_state, t.next_operation nulls first
"""


def draw_saga(connection: psycopg.Connection[tuple[str, ...]]) -> str:
    """Return the saga as a fenced mermaid block."""
    lines = ["stateDiagram-v2", "  [*] --> REPRICING: get_offer"]
    for state, next_state, operation, verdicts in connection.execute(_EDGES):
        then = f" / {operation}" if operation else ""
        lines.append(f"  {state} --> {next_state}: {verdicts}{then}")
    finals = connection.execute(
        "select state from engine.saga_states where is_final order by state"
    )
    lines += [f"  {state} --> [*]" for (state,) in finals]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def find_saga(text: str) -> str:
    """Return the drawing that a document shows, or nothing."""
    shown = _SHOWN.search(text)
    return shown[0] if shown else ""


def write_saga(dsn: str, path: Path) -> bool:
    """Bring the drawing in `path` up to date; False when it was."""
    with psycopg.connect(pinned(dsn)) as connection:
        drawn = draw_saga(connection)
    text = path.read_text()
    if find_saga(text) == drawn:
        return False
    path.write_text(_SHOWN.sub(lambda _: drawn, text, count=1))
    return True
