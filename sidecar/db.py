"""One typed method for each function of the engine that the sidecar may call.

Apart from `sidecar.pool` below it, this is the only module that knows SQL exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Json, Jsonb

from sidecar import __version__, listening
from sidecar.inspection import Inspection
from sidecar.pool import Row
from sidecar.sessions import noticing
from sidecar.setting_types import NOBODY_LISTENS

Rpc = Literal[
    "duffel_search", "auto_book_production", "auto_book_monitor", "payment_to_confirm"
]
_TRACED = "engine.claim_calls(text,integer,integer,boolean)"


@dataclass(frozen=True, slots=True)
class Call:
    """One claimed outward call; `request` is None when it could not be built."""

    call_id: int
    epoch: int
    operation: str
    trip_request_id: UUID | None
    idempotency_key: str
    marks_sent: bool
    request: dict[str, Any] | None
    # W3C: the trace that the call belongs to, and the parent of the sidecar's own
    # spans.
    traceparent: str | None = None
    attempt_id: UUID | None = None
    # None where a database of the last release does not send it.
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a batch of reports: the next calls, and what was set aside.

    `set_aside` has the (call_id, epoch) of each report that could not be applied
    because somebody holds a lock. Nothing is wrong with such a report, and it has to be
    reported again.
    """

    calls: list[Call] = field(default_factory=list)
    set_aside: frozenset[tuple[int, int]] = frozenset()


def _call(row: Row, *, traced: bool) -> Call:
    """Return a claimed call; `traced`: its request comes with the trace around it."""
    if not traced:
        return Call(**row)
    around = row["request"]
    attempt = around["attempt"]
    return Call(
        **{**row, "request": around["request"]},
        traceparent=around["traceparent"],
        attempt_id=UUID(attempt) if attempt else None,
        provider=around.get("provider"),
    )


class Database(Inspection):
    """The engine's functions, over a small pool of connections."""

    def __init__(
        self,
        url: str,
        *,
        process: str = "sidecar",
        size: int = 4,
        patience: float = 3.0,
        listen_url: str | None = None,
    ) -> None:
        """Open the pool; a call waits at most `patience` seconds for a connection.

        Wake-ups are heard at `listen_url` where `url` leads to a pooler, or not at all
        ("none").
        """
        super().__init__(url, process=process, size=size, patience=patience)
        self._hands_out_traces: bool | None = None
        self._listen_url = (
            None if listen_url == NOBODY_LISTENS else noticing(listen_url or url)
        )

    def claim_calls(self, worker: str, *, limit: int, searches: int) -> list[Call]:
        """Claim at most `limit` due calls, at most `searches` of them searches."""
        traced = self._traced()
        rows = self._rows("engine", "claim_calls", worker, limit, searches, *traced)
        return [_call(row, traced=bool(traced)) for row in rows]

    def claim_deliveries(
        self, worker: str, operations: list[str], *, limit: int
    ) -> list[Call]:
        """Claim at most `limit` due messages of the operations that are named."""
        rows = self._rows("engine", "claim_deliveries", worker, operations, limit)
        return [_call(row, traced=True) for row in rows]

    def mark_sent(self, call: Call) -> str | None:
        """Commit that `call` is about to leave; return why not, if it must not."""
        (row,) = self._rows("engine", "mark_sent", call.call_id, call.epoch)
        reason: str | None = row["mark_sent"]
        return reason

    def finish_calls(
        self, worker: str, reports: list[Row], *, hand_on: bool
    ) -> Finished:
        """Report finished calls; return the next ones, claimed for this worker."""
        traced = self._traced()
        rows = self._rows(
            "engine", "finish_calls", worker, Jsonb(reports), hand_on, *traced
        )
        calls: list[Call] = []
        set_aside: set[tuple[int, int]] = set()
        for row in rows:
            if row.pop("is_set_aside"):
                set_aside.add((row["call_id"], row["epoch"]))
            else:
                calls.append(_call(row, traced=bool(traced)))
        return Finished(calls, frozenset(set_aside))

    def heartbeat(self, worker: str) -> str:
        """Record that `worker` is alive; return who does each scheduled job."""
        self._hands_out_traces = None
        (row,) = self._rows("engine", "heartbeat", worker, __version__)
        return str(row["heartbeat"])

    def end_heartbeat(self, worker: str) -> None:
        """Record that `worker` stops in order, so that no alert misses it."""
        self._rows("engine", "end_heartbeat", worker)

    def due_jobs(self) -> list[str]:
        """Return the jobs that pg_cron does not do and that are due."""
        return [row["due_jobs"] for row in self._rows("engine", "due_jobs")]

    def stand_in(self, job: str) -> bool:
        """Do `job` in place of pg_cron; False when it is not due, or under way."""
        (row,) = self._rows("engine", "stand_in", job)
        return bool(row["stand_in"])

    def open_alerts(self) -> list[Row]:
        """Return what an operator should look at: kind, subject, since, detail."""
        return self._rows("engine", "open_alerts")

    def metrics(self) -> list[Row]:
        """Return what the database knows for /metrics: name, labels, value."""
        return self._rows("engine", "metrics")

    def watch_alerts(self) -> list[Row]:
        """Return the open alerts and the sidecars that are silent."""
        return self._rows("engine", "watch_alerts")

    def pipeline_status(self) -> Row:
        """Return whether booking is on and why, and everything that is open."""
        (row,) = self._rows("engine", "pipeline_status")
        status: Row = row["pipeline_status"]
        return status

    def probe_write(self) -> None:
        """Write a page and remove it; raises what keeps the database from storing."""
        self._rows("engine", "probe_write")

    def degradations(self) -> list[Row]:
        """Return what works less well than it should: part and problem."""
        return self._rows("engine", "degradations")

    def take_spans(self, limit: int) -> list[Row]:
        """Take the spans that Postgres wrote down of sampled traces, at most `limit`.

        Each has trace_id, span_id, parent_id, name, started_at, ended_at, attributes.
        """
        return self._rows("engine", "take_spans", limit)

    def sync_flags(self, items: Row, source: str) -> Row:
        """Replace the mirrored flags and segments, {"features": ..., "segments": ...}.

        Returns the generation, how many changed, and which were refused and why.
        """
        (row,) = self._rows("engine", "sync_flags", Json(items), source)
        done: Row = row["sync_flags"]
        return done

    def upsert_flag(self, kind: str, item: Row, source: str) -> Row:
        """Store one flag or segment if it is newer.

        Returns whether it was stored, its problem, and the item that is there now.
        """
        (row,) = self._rows("engine", "upsert_flag", kind, Json(item), source)
        done: Row = row["upsert_flag"]
        return done

    def read_flags(self, kind: str | None, key: str | None = None) -> Row:
        """Return the mirror's state and its items of one kind, or one of them."""
        (row,) = self._rows("engine", "read_flags", kind, key)
        state: Row = row["read_flags"]
        return state

    def beat_flags(self, source: str) -> None:
        """Record that the flags' source is good."""
        self._rows("engine", "beat_flags", source)

    def miss_flags(self, source: str, problem: str) -> None:
        """Record that the flags' source cannot be read, and why."""
        self._rows("engine", "miss_flags", source, problem)

    def served_flags(self) -> list[Row]:
        """Return what each flag serves, why, and if that stops booking (operators)."""
        return self._rows("engine", "served_flags")

    def flag_audit(self) -> list[Row]:
        """Return which flags are to be tidied up, and how (operators)."""
        return self._rows("engine", "flag_audit")

    def flag_overview(self) -> list[Row]:
        """Return every flag with its state and what it served (operators)."""
        with self._pool.connection() as connection:
            return connection.execute("select * from public.flag_overview").fetchall()

    def trace_story(self, found_by: UUID) -> list[Row]:
        """Return what happened under a trace's, trip's, attempt's or booking's id.

        In order (operators). Each has at, trace_id, attempt_no, is_call, what, actor,
        told.
        """
        return self._rows("engine", "trace_story", found_by)

    def story_id(self, object_id: str) -> UUID | None:
        """Return whose story an order's or a payment's id belongs to (operators)."""
        (row,) = self._rows("engine", "story_id", object_id)
        found: UUID | None = row["story_id"]
        return found

    def trip_overview(self, status: str | None, limit: int) -> list[Row]:
        """Return trips of one status, or all, those that changed last first."""
        return self._rows("engine", "trip_overview", status, limit)

    def offer_overview(self, trip_id: UUID, limit: int) -> list[Row]:
        """Return a trip's offers, best first; raises NotFound."""
        return self._rows("engine", "offer_overview", trip_id, limit)

    def booking_overview(self, status: str | None, limit: int) -> list[Row]:
        """Return bookings of one status, or all, the newest first."""
        return self._rows("engine", "booking_overview", status, limit)

    def delivery_overview(self, state: str | None, limit: int) -> list[Row]:
        """Return messages and what became of each, the newest first; no person."""
        return self._rows("engine", "delivery_overview", state, limit)

    def review_queue(self) -> list[Row]:
        """Return what waits for a person, oldest first."""
        with self._pool.connection() as connection:
            return connection.execute("select * from public.review_queue").fetchall()

    def set_kill_switch(self, *, engaged: bool, reason: str) -> None:
        """Stop or allow every new booking at once (operators); the audit keeps it."""
        self._rows("engine", "set_kill_switch", engaged, reason)

    def hold_mirror(self, worker: str) -> bool:
        """Take or renew the lease on mirroring; False while another holds it."""
        (row,) = self._rows("engine", "hold_mirror", worker)
        return bool(row["hold_mirror"])

    def receive_events(self, provider: str, events: list[Row]) -> int:
        """Store verified events, once each; return how many were new."""
        (row,) = self._rows(
            "engine", "receive_events", provider, Jsonb(events), "webhook"
        )
        return int(row["receive_events"])

    def apply_events(self, limit: int) -> int:
        """Apply at most `limit` stored events; return how many were taken up."""
        (row,) = self._rows("engine", "drain_events", limit)
        return int(row["drain_events"])

    def refuse_events(self, provider: str, reason: str, times: int) -> None:
        """Add to the count of refused events."""
        self._rows("engine", "refuse_events", provider, reason, times)

    def rpc(self, function: Rpc, *args: object) -> object:
        """Call a public entry point and return its value; raises EngineError."""
        (row,) = self._rows("public", function, *args)
        return row[function]

    def monitor_run(self, run: object) -> Row:
        """Return what a tick did: claimed, skipped, expired, searches, reason."""
        rows = self._rows("engine", "monitor_run", run)
        return rows[0] if rows else {}

    def notifications(self, *, timeout: float) -> Iterator[None]:
        """Yield once for every wake-up, and at least every `timeout` seconds."""
        return listening.wake_ups(self._listen_url, self._notify, timeout=timeout)

    def hears(self) -> bool | None:
        """Tell whether wake-ups arrive; return None where nobody listens for them."""
        if self._listen_url is None:
            return None
        with listening.connected(self._listen_url) as connection:
            return listening.hears(connection, self._notify)

    def _notify(self, channel: str) -> None:
        self._rows("pg_catalog", "pg_notify", channel, "")

    def _traced(self) -> tuple[bool, ...]:
        """Return the argument that asks for calls with their traces.

        A database of the last release does not know the argument. Each heartbeat asks
        whether this database does, so that a deploy is noticed.
        """
        if self._hands_out_traces is None:
            (row,) = self._rows("pg_catalog", "to_regprocedure", _TRACED)
            self._hands_out_traces = row["to_regprocedure"] is not None
        return (True,) if self._hands_out_traces else ()
