"""Takes out of texts and log lines whatever opens a door.

By the name it has, where it has one, and by its form wherever it slipped in: a message,
the text of an exception, an address. Too much rather than too little.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[redacted]"
_NAMES = (
    r"(?:pg)?pass(?:word|wd|phrase)?|pwd|rediscli_auth|secrets?|tokens?|authorization|"
    r"cookie|signature|credentials?|"
    r"(?:api|sdk|access|private|client|signing|stripe|redis)[_-]?key"
)
# No text of ours is as long; the patterns take time for each character.
_LONGEST = 20_000
_NAMED = re.compile(rf"(?:^|[_.-])(?:{_NAMES})(?:$|[_.-])", re.IGNORECASE)
_NAME = rf"(?<![A-Za-z])(?:{_NAMES})"
_VALUE = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;&)}\]]+)"
_KEPT = rf"\1{HIDDEN}"
_REPLACEMENTS: list[tuple[re.Pattern[str], str]] = [
    # Stripe's and Duffel's keys, webhook secrets and client secrets.
    (re.compile(r"\b(?:sk|rk|duffel)_(?:live|test)?_?[A-Za-z0-9_-]{8,}"), HIDDEN),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"), HIDDEN),
    (re.compile(r"\b[a-z]+_[A-Za-z0-9]+_secret_[A-Za-z0-9]+"), HIDDEN),
    # LaunchDarkly's.
    (re.compile(r"\b(?:sdk|api|mob)-[A-Za-z0-9-]{8,}"), HIDDEN),
    (
        re.compile(r"\b(bearer)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
        rf"\1 {HIDDEN}",
    ),
    (re.compile(r"\b(basic)\s+[A-Za-z0-9+/=]{12,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # Signatures, which are good for five minutes.
    (re.compile(r"\b(v[0-9]=)[0-9a-fA-F]{32,}"), rf"\1{HIDDEN}"),
    # scheme://user:password@host; a port is no password.
    (
        re.compile(r"(://[^\s:/@]{0,200}:)(?!\d{1,5}(?:[/?#\s\"',)]|$))\S{0,500}@"),
        rf"\1{HIDDEN}@",
    ),
    # password=…, "token": "…", as in a DSN, a query, JSON or a printed dict.
    (re.compile(rf"({_NAME}(?:\s*=|[\"']\s*:)\s*){_VALUE}", re.IGNORECASE), _KEPT),
    # api-key: …, as in a header; a word of letters alone begins a sentence.
    (
        re.compile(
            rf"({_NAME}\s*:\s*)(?![A-Za-z]+\b(?![.+/=_-])){_VALUE}", re.IGNORECASE
        ),
        _KEPT,
    ),
]


def redact(value: Any) -> Any:
    """Return a value, whatever is in it, without what opens a door."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            value = value[:_LONGEST] + "…"
        for pattern, replacement in _REPLACEMENTS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {redact(key): _redact_named(key, one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(one) for one in value]
    if isinstance(value, bytes | bytearray):
        return redact(bytes(value).decode(errors="replace"))
    return value


def _redact_named(name: Any, value: Any) -> Any:
    if isinstance(name, str) and _NAMED.search(name) and isinstance(value, str | bytes):
        return HIDDEN
    return redact(value)
