"""How long a regular expression may run, judged before it ever does.

Python's `re` cannot be interrupted: a backend inside it hears neither a
statement_timeout nor pg_terminate_backend. An expression is therefore weighed when the
flag is mirrored, by the number of ways in which it can try to match a text of at most
`TEXT_LIMIT` characters: repeats multiply, a repeat of something that can match in more
than one way is a power. The estimate is an upper bound, so a harmless expression may be
refused, with a message that says which part weighs too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

# Characters of the longest text that an expression meets; longer is not evaluated.
TEXT_LIMIT = 256
# Tries: two free repeats without an anchor, or three with one; some 0.1 s at worst.
LIMIT = 2**25
_ENDLESS = 2**64

_parser: Any = import_module("re._parser")
_codes: Any = import_module("re._constants")
_START = frozenset({_codes.AT_BEGINNING, _codes.AT_BEGINNING_STRING})
_REPEATS = frozenset(
    {_codes.MAX_REPEAT, _codes.MIN_REPEAT, getattr(_codes, "POSSESSIVE_REPEAT", None)}
)


def regex_problem(patterns: Iterable[object]) -> str | None:
    """Say which of `patterns` may run too long, and why; None when none may.

    What is not a valid expression never matches anything and is no problem.
    """
    total = 0
    for pattern in patterns:
        if not isinstance(pattern, str):
            continue
        try:
            parsed = _parser.parse(pattern)
        except (re.error, OverflowError):
            continue
        except RecursionError:
            return f"the regular expression {pattern[:80]!r} is nested too deeply"
        total += _search_cost(parsed)
        if total > LIMIT:
            return (
                f"the regular expression {pattern[:80]!r} could run for too long:"
                " nested repeats, alternatives inside a repeat, or too many repeats"
            )
    return None


def _search_cost(parsed: Any) -> int:
    """Return how many tries a search takes: from every position, unless anchored."""
    code, argument = parsed[0] if len(parsed) else (None, None)
    anchored = code == _codes.AT and argument in _START
    starts = 1 if anchored and not parsed.state.flags & re.MULTILINE else TEXT_LIMIT
    return min(_ENDLESS, starts * _cost(parsed))


def _cost(items: Any) -> int:
    """Return in how many ways a sequence can match, at most."""
    cost = 1
    for code, argument in items:
        cost = min(_ENDLESS, cost * _item_cost(code, argument))
    return cost


def _item_cost(code: Any, argument: Any) -> int:
    if code in _REPEATS:
        least, most, body = argument
        most = min(int(most), TEXT_LIMIT)
        return int((max(0, most - int(least)) + 1) * _cost(body) ** min(most, 64))
    if code == _codes.BRANCH:
        return _branch_cost(argument[1])
    if code == _codes.GROUPREF_EXISTS:
        return _cost(argument[1]) + (_cost(argument[2]) if argument[2] else 1)
    nested = argument if isinstance(argument, tuple) else (argument,)
    cost = 1
    for part in nested:
        if isinstance(part, _parser.SubPattern):
            cost *= _cost(part)
    return cost


def _branch_cost(alternatives: Any) -> int:
    """Return one alternative's cost when the first letter decides, else the sum.

    Letters that differ in case only decide nothing, nor do those beyond ASCII, of which
    some match each other when case is ignored.
    """
    costs = [_cost(alternative) for alternative in alternatives]
    first = [
        chr(alternative[0][1]).lower()
        for alternative in alternatives
        if len(alternative)
        and alternative[0][0] == _codes.LITERAL
        and alternative[0][1] < 128
    ]
    decided = len(first) == len(costs) == len(set(first))
    return max(costs) if decided else sum(costs)
