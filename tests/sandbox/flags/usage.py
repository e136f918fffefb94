"""What SDKs report back: analytics events, summed up by flag and variation."""

from __future__ import annotations

from collections import Counter
from typing import Any


class Usage:
    """Counts of received events; the sandbox holds its lock around every call."""

    def __init__(self) -> None:
        self._payloads: set[str] = set()
        self._kinds: Counter[str] = Counter()
        self._evaluations: dict[str, Counter[str]] = {}
        self._deliveries = 0
        self._repeated = 0
        self._diagnostics = 0

    def record(self, events: list[dict[str, Any]], payload_id: str | None) -> None:
        """Add one delivery; one whose id is known is a retry, and counts once."""
        self._deliveries += 1
        if payload_id is not None:
            if payload_id in self._payloads:
                self._repeated += 1
                return
            self._payloads.add(payload_id)
        for event in events:
            self._kinds[event["kind"]] += 1
            if event["kind"] == "summary":
                self._add_summary(event["features"])

    def record_diagnostic(self) -> None:
        """Count one report about the SDK itself."""
        self._diagnostics += 1

    def describe(self) -> dict[str, Any]:
        """Return the counts, ready for JSON; no variation counts as "default"."""
        return {
            "deliveries": self._deliveries,
            "repeated": self._repeated,
            "diagnostics": self._diagnostics,
            "kinds": dict(self._kinds),
            "evaluations": {
                flag: dict(counts) for flag, counts in self._evaluations.items()
            },
        }

    def _add_summary(self, features: dict[str, Any]) -> None:
        for flag, summary in features.items():
            counts = self._evaluations.setdefault(flag, Counter())
            for counter in summary["counters"]:
                counts[str(counter.get("variation", "default"))] += counter["count"]
