"""The provider's idempotency layer (docs.stripe.com/api/idempotent_requests).

- An answer is stored once the endpoint began to execute, whatever its status:
  2xx, 402 and 500 are replayed with ``Idempotent-Replayed: true``.
- Failed validation, 401 and 429 come before execution: the key stays free.
- The same key while its first request runs: 409 ``idempotency_key_in_use``.
- The same key with other parameters or another endpoint: 400 ``idempotency_error``.
- A key is pruned 24 hours after its first request, on the sandbox's clock; the
  same key then executes again.

Only POST has keys. Every method expects the caller to hold the world's lock.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.sandbox.payments.errors import ApiError
from tests.sandbox.payments.wire import Reply
from tests.sandbox.persistence import Rows, Tables

_PRUNED_AFTER = 24 * 3_600
_LONGEST = 255


@dataclass(slots=True)
class _Entry:
    path: str
    fingerprint: str
    created: int
    request_id: str
    reply: Reply | None = None  # None: still in flight

    def export(self) -> dict[str, Any] | None:
        """Return the entry as JSON; one in flight is free again after a restart."""
        if self.reply is None:
            return None
        reply = {**asdict(self.reply), "body": self.reply.body.decode()}
        return {**asdict(self), "reply": reply}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> _Entry:
        """Return an exported entry."""
        reply = {**kept["reply"], "body": kept["reply"]["body"].encode()}
        return cls(**{**kept, "reply": Reply(**reply)})


def check_key(key: str) -> None:
    """Raise 400 for a key longer than the provider accepts."""
    if len(key) > _LONGEST:
        message = (
            f"Idempotency keys can be at most {_LONGEST} characters long; the key "
            f"given has {len(key)}."
        )
        raise ApiError(400, message, executed=False)


class IdempotencyKeys:
    """Every key seen within the last 24 hours."""

    def __init__(self) -> None:
        self._entries = Rows(_Entry.export, _Entry.of)

    def clear(self) -> None:
        """Forget every key."""
        self._entries.clear()

    def find(self, key: str, path: str, fingerprint: str, now: int) -> Reply | None:
        """Return the stored answer, None for an unused key, or raise 400 or 409."""
        self._prune(now)
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.path != path:
            message = (
                "Keys for idempotent requests can only be used for the same endpoint "
                f"they were first used for ('{path}' vs '{entry.path}'). Try using a "
                f"key other than '{key}' if you meant to execute a different request."
            )
            raise _misuse(message)
        if entry.fingerprint != fingerprint:
            message = (
                "Keys for idempotent requests can only be used with the same "
                "parameters they were first used with. Try using a key other than "
                f"'{key}' if you meant to execute a different request."
            )
            raise _misuse(message)
        if entry.reply is None:
            message = (
                "There is currently another in-progress request using this "
                "Idempotent Key (that probably means you submitted twice, and the "
                f"other request is still going through): {key}. Please try again "
                "later."
            )
            raise ApiError(409, message, code="idempotency_key_in_use", executed=False)
        headers = {
            "Idempotency-Key": key,
            "Idempotent-Replayed": "true",
            "Original-Request": entry.request_id,
        }
        return replace(entry.reply, headers={**entry.reply.headers, **headers})

    def claim(
        self, key: str, path: str, fingerprint: str, *, now: int, request_id: str
    ) -> None:
        """Mark an unused key as in flight."""
        assert key not in self._entries, "find() comes first"
        self._entries[key] = _Entry(path, fingerprint, now, request_id)

    def finish(self, key: str, reply: Reply) -> None:
        """Store the answer of the request in flight."""
        if key in self._entries:
            self._entries[key].reply = reply

    def release(self, key: str) -> None:
        """Free the key: its request never began to execute."""
        self._entries.pop(key, None)

    def describe(self) -> dict[str, str]:
        """Return key -> "in_flight" or the stored status."""
        return {
            key: "in_flight" if entry.reply is None else str(entry.reply.status)
            for key, entry in self._entries.items()
        }

    @property
    def tables(self) -> Tables:
        """Everything, for the files."""
        return {"keys": self._entries}

    def _prune(self, now: int) -> None:
        old = [
            key
            for key, entry in self._entries.items()
            if entry.reply is not None and now - entry.created >= _PRUNED_AFTER
        ]
        for key in old:
            del self._entries[key]


def _misuse(message: str) -> ApiError:
    return ApiError(400, message, kind="idempotency_error", executed=False)
