"""Every metric there is, once: its kind, its labels, its meaning.

A label's values are a closed set, named here; the sets are those of
`engine.metric_labels` and, for what a process measures itself, `PROCESS_LABELS`. A
metric that is not listed here is not shown. docs/metrics.md is the same list with more
words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
# The locks of `sidecar.limits.Locks`, named up to their colon, the budgets, and the
# commands that serve metrics.
PROCESS_LABELS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "lock": frozenset({"auto_book_monitor", "heartbeat", "trip", "other"}),
        "budget": frozenset({"duffel", "search", "stripe"}),
        "process": frozenset({"run", "serve", "work"}),
    }
)


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric; `labels` has the closed set of each label's values."""

    name: str
    kind: Kind
    meaning: str
    labels: Mapping[str, str] = field(default_factory=dict)


def _counter(name: str, meaning: str, **labels: str) -> Declared:
    return Declared(name, "counter", meaning, labels)


def _gauge(name: str, meaning: str, **labels: str) -> Declared:
    return Declared(name, "gauge", meaning, labels)


# What Postgres knows: `engine.metrics`.
ENGINE = (
    _counter("auto_booking_success_total", "Attempts that ended with a booking."),
    _counter(
        "auto_booking_failure_total",
        "Attempts that ended without a booking, by why.",
        reason="reason",
    ),
    _counter("stripe_capture_success_total", "Holds that were collected."),
    _counter(
        "stripe_capture_failure_total",
        "Answers that say that a hold is not to be collected, or a person's to decide.",
    ),
    _counter("duffel_order_success_total", "Orders that the airline made for us."),
    _counter("duffel_order_failure_total", "Orders that the airline did not make."),
    _counter(
        "webhook_processed_total",
        "Events of providers, by what became of them.",
        provider="provider",
        outcome="outcome",
    ),
    _counter(
        "skylatch_provider_answers_total",
        "Answers of providers, by operation and by what they meant.",
        operation="operation",
        verdict="verdict",
    ),
    _counter(
        "skylatch_searches_total",
        "Answers to searches, by what came of them.",
        outcome="search",
    ),
    _counter(
        "skylatch_offers_total",
        "Offers judged, under each reason why they do not fit.",
        reason="offer",
    ),
    _counter(
        "skylatch_money_total",
        "Money moved for attempts, in its currency.",
        movement="movement",
        currency="currency",
    ),
    _gauge("skylatch_attempts", "Attempts in flight, by state.", state="state"),
    _gauge(
        "skylatch_attempts_oldest_seconds",
        "How long the oldest attempt has been in its state.",
        state="state",
    ),
    _gauge("skylatch_review_cases", "Open review cases, by kind.", kind="case"),
    _gauge(
        "skylatch_review_cases_oldest_seconds",
        "How long the oldest review case has been open.",
        kind="case",
    ),
    _gauge("skylatch_queue_depth", "What is due and not taken yet.", queue="queue"),
    _gauge(
        "skylatch_queue_oldest_seconds",
        "How long the oldest of it has been due.",
        queue="queue",
    ),
    _gauge("skylatch_calls_out", "Provider calls that a sidecar has taken."),
    _gauge("skylatch_invariant_violations", "Broken promises that are present."),
    _gauge("skylatch_workers", "Sidecars that were heard of in the last minute."),
    _gauge("skylatch_alerts", "Rows of engine.open_alerts, by kind.", kind="alert"),
    _gauge(
        "skylatch_alerts_oldest_seconds",
        "How long the oldest alert has been open.",
        kind="alert",
    ),
    _gauge(
        "skylatch_breaker_open",
        "1 while an operation is left alone after failures in a row.",
        operation="operation",
    ),
    _gauge("skylatch_job_silent", "1 while nobody does a job.", job_name="job"),
    _gauge(
        "skylatch_job_cron_silent",
        "1 while pg_cron does not run a job that it ran or was told to run.",
        job_name="job",
    ),
    _gauge(
        "skylatch_job_stopped", "1 while a job is stopped on purpose.", job_name="job"
    ),
    _gauge(
        "skylatch_job_beat_seconds",
        "How long ago a job last did its work.",
        job_name="job",
    ),
    _gauge("skylatch_tick_lag_seconds", "How long ago the monitor last succeeded."),
    _gauge("skylatch_search_budget", "Searches that the last tick might start."),
    _gauge("skylatch_search_budget_left", "Searches that the last tick had left."),
    _gauge(
        "skylatch_searches_postponed", "Searches that were due and had to wait for it."
    ),
    _gauge(
        "skylatch_ceiling_amount",
        "What the installation may spend, in its base currency.",
        period="period",
    ),
    _gauge(
        "skylatch_ceiling_used",
        "What of it is spent or on its way, of the day.",
        period="period",
    ),
    _gauge(
        "skylatch_booking_on",
        "1 while a traveller of whom the flags know nothing may be booked for.",
    ),
    _gauge(
        "skylatch_flag_served",
        "What a flag serves such a traveller: 1 true, 0 false, -1 no boolean.",
        flag="flag",
    ),
    _gauge("skylatch_kill_switch", "1 while the kill switch is engaged."),
    _gauge("skylatch_flags_generation", "The generation of the mirrored flags."),
    _gauge(
        "skylatch_flags_age_seconds", "How long ago the flags' source was known good."
    ),
    _gauge(
        "skylatch_flags_stale",
        "1 while the flags are too old to be believed, or were never loaded.",
    ),
    _gauge(
        "skylatch_history_confirmed",
        "1 while this history was compared with both providers.",
    ),
    _gauge(
        "skylatch_engine_info",
        "1, with the version of the database.",
        version="version",
    ),
)
# What one process measures itself; these begin at zero when the process does.
PROCESS = (
    Declared(
        "skylatch_provider_call_seconds",
        "histogram",
        "How long a provider took to answer, or not to.",
        {"operation": "operation"},
    ),
    _counter(
        "redis_lock_acquired_total",
        "Locks in Redis that were had, by what they are for.",
        lock="lock",
    ),
    _counter(
        "redis_lock_failed_total",
        "Locks that were not to be had: another held them, or Redis was away.",
        lock="lock",
    ),
    _counter(
        "skylatch_rate_waits_total",
        "Calls that had to wait for a rate budget of their provider.",
        budget="budget",
    ),
    _gauge(
        "skylatch_build_info",
        "1, with the version of the process and its command.",
        version="version",
        process="process",
    ),
)
# Of the endpoint alone.
ENDPOINT = (
    _gauge(
        "skylatch_database_up",
        "1 when the database answered this question; else it tells nothing else.",
    ),
)
DECLARED = MappingProxyType({one.name: one for one in (*ENGINE, *PROCESS, *ENDPOINT)})
