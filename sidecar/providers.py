"""The answer to an outward call, in the words that `engine.finish_calls` takes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

# The bytes never left; or they may have left, and no readable answer came back, or an
# answer that was not read to its end.
Transport = Literal["not_sent", "no_answer", "unreadable", "too_large"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, word for word; `http_status` is None when there was none."""

    http_status: int | None = None
    body: Any = None
    error_code: Transport | None = None
    request_id: str | None = None
    # How many seconds the provider asks us to wait.
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


# The same rule as `engine.provider_word`.
_WORD = re.compile(r"[A-Za-z0-9_.:/=+-]{1,128}")


def word(text: str | None) -> str | None:
    """Return the id that a provider gave a request; None for what is no id."""
    return text if text is not None and _WORD.fullmatch(text) else None


# NUL, and half of a surrogate pair.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def storable(body: Any) -> Any:
    """Return what `jsonb` can hold of a body that it refused, or None.

    An invalid character becomes U+FFFD, an invalid number becomes null: one of them in
    one offer must not cost the other offers.
    """
    try:
        kept = _kept(body)
        # NaN is not equal to itself, so it counts as a change.
        return kept if kept != body else None
    except RecursionError:
        return None


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_kept(one) for one in value]
    if isinstance(value, dict):
        return {_kept(name): _kept(one) for name, one in value.items()}
    return value


NOT_SENT = Answer(error_code="not_sent")
NO_ANSWER = Answer(error_code="no_answer")
