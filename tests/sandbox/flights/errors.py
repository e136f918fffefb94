"""Duffel's error envelope."""

from __future__ import annotations

from typing import Any

from tests.sandbox.flights.error_codes import CATALOGUE, INVALID

_DOCS = "https://duffel.com/docs/api/overview/errors"


class ApiError(Exception):
    """An answer other than success: a status and one or more error objects."""

    def __init__(self, status: int, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{status} {[e['code'] for e in errors]}")
        self.status = status
        self.errors = errors

    def envelope(self, request_id: str) -> dict[str, Any]:
        """Return the response body."""
        meta = {"status": self.status, "request_id": request_id}
        return {"errors": self.errors, "meta": meta}


def refusal(
    code: str,
    *,
    field: str | None = None,
    airline: str | None = None,
    message: str | None = None,
) -> ApiError:
    """Return the error `code`, raised about a request field or by an airline."""
    entry = CATALOGUE[code]
    body: dict[str, Any] = {
        "type": entry.type,
        "code": code,
        "title": entry.title,
        "message": message or entry.message,
        "documentation_url": _DOCS,
    }
    if field is not None:
        body["source"] = {"field": field.rsplit("/", 1)[-1], "pointer": f"/{field}"}
    if airline is not None:
        body["source"] = airline.lower().replace(" ", "_")
    return ApiError(entry.status, [body])


class Problems:
    """Collects validation errors: Duffel reports all of them in one response."""

    _TITLES = {  # noqa: RUF012 - a constant table
        "validation_required": "Required field",
        "validation_format": "Invalid format",
        "validation_length": "Invalid length",
        "validation_inclusion": "Value not allowed",
        "validation_type": "Invalid type",
        "validation_unique": "Value not unique",
    }

    def __init__(self) -> None:
        self._errors: list[dict[str, Any]] = []

    def add(self, code: str, pointer: str, message: str) -> None:
        """Note one problem; `pointer` is a path such as ``passengers/0/title``."""
        field = pointer.rsplit("/", 1)[-1]
        self._errors.append(
            {
                "type": INVALID,
                "code": code,
                "title": self._TITLES.get(code, "Invalid value"),
                "message": f"Field '{field}' {message}",
                "documentation_url": _DOCS,
                "source": {"field": field, "pointer": f"/{pointer}"},
            }
        )

    def required(self, pointer: str) -> None:
        """Note a missing or blank field."""
        self.add("validation_required", pointer, "can't be blank")

    def __bool__(self) -> bool:
        return bool(self._errors)

    def raise_if_any(self) -> None:
        """Raise every noted problem as one 422 answer."""
        if self._errors:
            raise ApiError(422, self._errors)
