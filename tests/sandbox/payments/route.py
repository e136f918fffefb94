"""One endpoint of the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.sandbox.payments.errors import JsonObject
from tests.sandbox.payments.store import Call

Handler = Callable[[Call], JsonObject]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One endpoint; `params` names the SDK's TypedDict, `returns` an object type."""

    method: str
    path: str
    params: str
    handler: Handler
    returns: str
    listed: bool = False

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        """Return the ids in the path, or None when this is another endpoint."""
        wanted, given = self.path.split("/"), path.split("/")
        if method != self.method or len(wanted) != len(given):
            return None
        pairs = list(zip(wanted, given, strict=True))
        if any(w not in ("{id}", g) for w, g in pairs):
            return None
        return tuple(g for w, g in pairs if w == "{id}")
