"""Removes secrets and personal data from texts and log lines.

A value is recognised by its name, where it has one; by its type, where the type is
enough; and otherwise by its form, wherever it appears: in a message, in the text of an
exception, in an address. The rules remove too much rather than too little. They also
remove characters that a terminal obeys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

HIDDEN = "[redacted]"
_NAMES = (
    r"(?:pg)?pass(?:word|wd|phrase)?|pwd|rediscli_auth|secrets?|tokens?|authorization|"
    r"cookie|signature|credentials?|"
    r"(?:api|sdk|access|private|client|signing|stripe|redis)[_-]?key|"
    # Names of fields about people, as our tables and both providers have them.
    r"(?:given|family|first|last|full|holder|cardholder)[_-]?name|born[_-]?on|"
    r"birth[_-]?(?:date|day)|date[_-]?of[_-]?birth|e[_-]?mail(?:[_-]?address)?|"
    r"phone(?:[_-]?number)?|unique[_-]?identifier|passport(?:[_-]?number)?"
)
# No text of ours is longer; the patterns take time for each character.
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
    # Signatures, which are valid for five minutes.
    (re.compile(r"\b(v[0-9]=)[0-9a-fA-F]{32,}"), rf"\1{HIDDEN}"),
    # somebody@somewhere, but not user@host of an address, and no release@1.2.3.
    (
        re.compile(
            r"(?<![\w.+%@:/-])[\w.+%-]{1,64}@"
            r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62}"
        ),
        HIDDEN,
    ),
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
# Words, numbers, ids and times that hold no secret: most of what a log says.
_HARMLESS = re.compile(r"[A-Za-z0-9.]*|[0-9a-fTZ:.+-]*")

# Characters that a terminal obeys instead of showing them; line breaks and tabs are
# harmless.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return a text whose every character is shown and none is obeyed."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Return a text as a part of one line, without anything that a terminal obeys."""
    return printable(" ".join(text.split()))


def redact(value: Any) -> Any:
    """Return a value without secrets and personal data.

    Raises nothing: a line of the log is no reason to end a thread.
    """
    if isinstance(value, Mapping):
        return {_key(k): _named_or_hidden(k, one) for k, one in value.items()}
    return _named_or_hidden(None, value)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > _LONGEST:
            value = value[:_LONGEST] + "…"
        if _HARMLESS.fullmatch(value):
            return value
        value = printable(value)
        for pattern, replacement in _REPLACEMENTS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, BaseModel):
        value = dict(value)
    # Headers too, of any library.
    if isinstance(value, Mapping):
        return {_key(key): _named(key, one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(one) for one in value]
    if isinstance(value, bytes | bytearray):
        return _redacted(bytes(value).decode(errors="replace"))
    if value is None or isinstance(value, bool | int | float):
        return value
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - whatever a library's object does
        text = f"<{type(value).__name__}>"
    return _redacted(text)


def _key(name: Any) -> Any:
    return _known_key(name) if isinstance(name, str) else _redacted(name)


# The same names of fields occur in every line.
@lru_cache(maxsize=1024)
def _known_key(name: str) -> Any:
    return _redacted(name)


@lru_cache(maxsize=1024)
def _says_what_it_is(name: str) -> bool:
    return _NAMED.search(name) is not None


def _named(name: Any, value: Any) -> Any:
    if isinstance(name, str) and _says_what_it_is(name) and _is_plain(value):
        return HIDDEN
    return _redacted(value)


def _named_or_hidden(name: Any, value: Any) -> Any:
    try:
        return _named(name, value)
    except RecursionError:  # it is in itself
        return HIDDEN


def _is_plain(value: Any) -> bool:
    """Tell whether a value can hold nothing secret beyond what its name says."""
    return isinstance(value, str | bytes | date)
