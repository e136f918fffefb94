"""The provider's error envelope.

``ApiError`` is the only exception that a route may raise on purpose. `executed`
tells the idempotency layer whether the endpoint had begun its work: an answer
given before that is not stored under the key, so the key may be used again.
"""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]


class ApiError(Exception):
    """An HTTP error answer with the provider's JSON envelope."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = True,
        details: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self._fields: JsonObject = {
            "code": code,
            "message": message,
            "param": param,
            "type": kind,
            **(details or {}),
        }
        if code is not None:
            page = code.replace("_", "-")
            self._fields["doc_url"] = f"https://docs.stripe.com/error-codes/{page}"

    def fields(self) -> JsonObject:
        """Return the error object as it is kept in ``last_payment_error``."""
        return {k: v for k, v in sorted(self._fields.items()) if v is not None}

    def envelope(self, request_id: str) -> JsonObject:
        """Return the body; the provider leaves absent fields out."""
        log = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**self.fields(), "request_log_url": log}}


def invalid_parameter(message: str, param: str, code: str | None = None) -> ApiError:
    """A parameter that fails validation: nothing ran, the key stays free."""
    return ApiError(400, message, param=param, code=code, executed=False)


def unexpected_state(message: str, *, kind: str, body: JsonObject) -> ApiError:
    """An object (`kind` names it) whose status forbids the call."""
    return ApiError(400, message, code=f"{kind}_unexpected_state", details={kind: body})


def no_such(noun: str, object_id: str, *, param: str | None) -> ApiError:
    """404 for an id in the path, 400 for one in a parameter."""
    status = 404 if param in (None, "id", "intent") else 400
    return ApiError(
        status, f"No such {noun}: '{object_id}'", code="resource_missing", param=param
    )
