"""Which databases this sidecar works with.

A release works with the one before it, in both directions, so that a deploy and the
replacement of sidecars, one by one, need not happen at one moment. The newer of the two
knows how far back it goes: the database says which sidecars it serves
(`engine.oldest_sidecar`), the sidecar which databases it works with.
"""

from __future__ import annotations

import re

from sidecar import __version__

OLDEST_SCHEMA = "0.1.0"


def is_newer(one: str, other: str) -> bool:
    """Tell whether `one` is a later version than `other`."""
    return _parts(one) > _parts(other)


def range_problem(schema: str, oldest_sidecar: str | None) -> str | None:
    """Return what to do about a database of version `schema`; None when all is well.

    `oldest_sidecar` is the oldest that a database newer than this sidecar serves.
    """
    if oldest_sidecar is not None and is_newer(oldest_sidecar, __version__):
        return (
            f"the database runs version {schema}, which serves sidecars from"
            f" {oldest_sidecar} on; this one is {__version__}: install sidecar {schema}"
        )
    if is_newer(OLDEST_SCHEMA, schema):
        return (
            f"this sidecar is {__version__}, which works with databases from"
            f" {OLDEST_SCHEMA} on; this one runs {schema}: deploy {__version__} to it"
        )
    return None


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]
