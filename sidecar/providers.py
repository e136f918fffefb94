"""What an outward call came back with, in the words `engine.finish_calls` takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

# The bytes never left; or they may have, and no readable answer came back, or one of
# which no more was read.
Transport = Literal["not_sent", "no_answer", "unreadable", "too_large"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, word for word; `http_status` is None when there was none."""

    http_status: int | None = None
    body: Any = None
    error_code: Transport | None = None
    request_id: str | None = None
    # Seconds the provider asks us to wait.
    retry_after: float | None = None

    def as_report(self, call_id: int, epoch: int) -> dict[str, Any]:
        """Return the report of this answer for a claimed call."""
        return {
            "call_id": call_id,
            "epoch": epoch,
            "http_status": self.http_status,
            "error_code": self.error_code,
            "body": self.body,
            "request_id": self.request_id,
            "retry_after": self.retry_after,
        }


NOT_SENT = Answer(error_code="not_sent")
NO_ANSWER = Answer(error_code="no_answer")
