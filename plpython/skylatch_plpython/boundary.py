"""What this package sees of the server: the few calls of `plpy` that it uses.

`plpy` exists inside the server only. Whatever needs it gets it passed, so that every
module can be imported, typed and tested outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Row = Mapping[str, Any]


class Plan(Protocol):
    """A prepared statement."""

    def execute(self, arguments: Sequence[object] = (), /) -> Sequence[Row]:
        """Run the statement and return its rows."""


class Server(Protocol):
    """The server, as `plpy` offers it.

    An error of a statement, and the cancellation of ours, arrives as an exception. It
    must reach the caller: never catch it, and never catch broadly around these calls.
    """

    def prepare(self, query: str, types: Sequence[str] = (), /) -> Plan:
        """Plan `query` once for this connection."""
