"""The worker: claims calls, makes them, reports what came back. No booking logic.

    claim ──► runners (threads) ──► reports ──► finish_calls ──┐
                 ▲                                             │ next step, claimed
                 └─────────────────────────────────────────────┘

One thread reports: all answers since the last commit go into one transaction, and the
next steps that it returns go straight to the runners. A report that cannot be applied
because of somebody's lock is set aside, and another thread tries it again alone. No
database connection is held while a call is under way.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import structlog

from sidecar import threads as background
from sidecar import tracing
from sidecar.alerts import AlertLog
from sidecar.alive import Alive
from sidecar.db import Call, Database, Finished
from sidecar.delivery import DATABASE_DOWN, deliver
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks
from sidecar.metrics import Metrics
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from sidecar.pool import describe
from sidecar.providers import NOT_SENT, Answer
from sidecar.set_aside import SetAside

_log = structlog.get_logger()
_HEARTBEAT_SECONDS = 15.0
# Longer than any statement of the claiming loop may take.
_HANGS_SECONDS = 60.0
_MAX_BATCH = 200


class Worker:
    """One worker of any number; `run` returns after `stop` was called."""

    def __init__(
        self,
        database: Database,
        *,
        flights: Flights,
        payments: Payments,
        locks: Locks,
        budgets: Budgets,
        threads: int = 8,
        search_threads: int = 4,
        poll_seconds: float = 1.0,
        metrics: Metrics | None = None,
        alive: Alive | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
        self._database = database
        self._locks = locks
        self._budgets = budgets
        self._threads = threads
        self._search_threads = search_threads
        self._poll_seconds = poll_seconds
        self._alive = alive or Alive(None)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._reports: queue.SimpleQueue[tuple[Call, Answer | None] | None] = (
            queue.SimpleQueue()
        )
        self._set_aside = SetAside()
        self._lock = threading.Lock()
        self._in_flight = {True: 0, False: 0}  # by "is a search"
        self._operations = outward_calls(flights, payments)
        self._alerts = AlertLog()
        self._metrics = metrics or Metrics()
        self._looked_at = time.monotonic()

    def stop(self) -> None:
        """Claim no more; the calls under way are finished and reported."""
        _log.info("worker.stopping", worker=self.name)
        self._stopping.set()
        self._wake.set()

    def wake(self) -> None:
        """Look for work now, like after a wake-up by the database."""
        self._wake.set()

    def is_alive(self) -> bool:
        """Tell whether the claiming loop still runs."""
        return time.monotonic() - self._looked_at < _HANGS_SECONDS

    def run(self) -> None:
        """Work until stopped."""
        _log.info("worker.started", worker=self.name, threads=self._threads)
        runners = [self._start(self._run_calls) for _ in range(self._threads)]
        reporter = self._start(self._report)
        again = self._start(self._report_again)
        self._start(self._listen)
        beat = self._start(self._beat)
        while True:
            self._wake.clear()
            self._looked_at = time.monotonic()
            if self._stopping.is_set():
                # Not before the last report, which may have handed back one more call.
                if not self._is_busy():
                    break
            elif self._claim():
                continue
            self._wake.wait(self._poll_seconds)
        for _ in runners:
            self._calls.put(None)
        for runner in runners:
            runner.join()
        self._reports.put(None)
        reporter.join()
        self._set_aside.close()
        again.join()
        beat.join()
        try:
            self._database.end_heartbeat(self.name)
        except DATABASE_DOWN as error:
            _log.warning("heartbeat.failed", error=describe(error))
        _log.info("worker.stopped", worker=self.name)

    def _start(self, target: Callable[[], None]) -> threading.Thread:
        return background.start(
            target, name=target.__name__, may_end=self._stopping.is_set
        )

    def _is_busy(self) -> bool:
        with self._lock:
            return sum(self._in_flight.values()) > 0

    def _claim(self) -> bool:
        """Claim as many calls as there are idle runners; False when there were none."""
        with self._lock:
            idle = self._threads - sum(self._in_flight.values())
            searches = min(self._search_threads - self._in_flight[True], idle)
        if idle <= 0:
            return False
        try:
            calls = self._database.claim_calls(
                self.name, limit=idle, searches=max(searches, 0)
            )
        except DATABASE_DOWN as error:
            _log.warning("claim.failed", error=describe(error))
            return False
        self._dispatch(calls)
        return bool(calls)

    def _dispatch(self, calls: list[Call], *, instead_of: Iterable[Call] = ()) -> None:
        """Give `calls` to the runners, in place of those that are done."""
        with self._lock:
            for call in instead_of:
                self._in_flight[call.operation == "search"] -= 1
            for call in calls:
                self._in_flight[call.operation == "search"] += 1
        for call in calls:
            self._calls.put(call)

    def _listen(self) -> None:
        for _ in self._database.notifications(timeout=self._poll_seconds):
            if self._stopping.is_set():
                return
            self._wake.set()

    def _beat(self) -> None:
        """Send the heartbeat, and do the jobs that pg_cron does not do.

        One sidecar does so at a time, as far as Redis can tell. A job that fails or
        hangs keeps none of the others from being done.
        """
        scheduled_by = ""
        while not self._stopping.is_set():
            try:
                with self._locks.held("heartbeat"):
                    found = self._database.heartbeat(self.name)
                    if found != scheduled_by:
                        _log.info("jobs.scheduled", by=found)
                    scheduled_by = found
                    for job in self._database.due_jobs():
                        self._stand_in(job)
            except DATABASE_DOWN as error:
                _log.warning("heartbeat.failed", error=describe(error))
            try:
                self._alerts.update(self._database.open_alerts())
            except DATABASE_DOWN as error:
                _log.warning("alerts.unknown", error=describe(error))
            # The other threads end the process when they end; this thread may hang.
            if self.is_alive():
                self._alive.touch()
            self._stopping.wait(_HEARTBEAT_SECONDS)

    def _stand_in(self, job: str) -> None:
        try:
            self._database.stand_in(job)
        except DATABASE_DOWN as error:
            _log.error("job.failed", job=job, error=describe(error))

    def _run_calls(self) -> None:
        while (call := self._calls.get()) is not None:
            answer: Answer | None = NOT_SENT
            with tracing.at_work_on(call):
                try:
                    answer = self._make(call)
                except Exception:  # noqa: BLE001 - a defect must not end the thread
                    _log.exception("call.crashed")
                    # Whether bytes left is unknown: the lease runs out, and recovery
                    # decides.
                    answer = None
            self._reports.put((call, answer))

    def _make(self, call: Call) -> Answer | None:
        """Make one call; None when the engine has already settled it.

        Each call ends in exactly one log line.
        """
        if call.request is None:
            _log.warning("call.not_sent", reason="it could not be built")
            return NOT_SENT
        if not self._budgets.wait(call.operation, call.provider, self._stopping):
            _log.info("call.put_back", reason="the worker stops")
            return NOT_SENT
        if call.operation == "search" or call.trip_request_id is None:
            return self._send(call, call.request)
        with self._locks.held(f"trip:{call.trip_request_id}"):
            if call.marks_sent:
                try:
                    reason = self._database.mark_sent(call)
                except DATABASE_DOWN as error:
                    # Committed or not, nothing has left, and the report says so.
                    _log.warning("call.not_sent", reason=describe(error))
                    return NOT_SENT
                if reason is not None:
                    _log.info("call.stopped", reason=reason)
                    return None
            return self._send(call, call.request)

    def _send(self, call: Call, request: dict[str, Any]) -> Answer:
        started = time.monotonic()
        send = self._operations.get(call.operation)
        if send is None:
            _log.error("call.unknown_operation")
            return NOT_SENT
        answer = send(request, call.idempotency_key)
        seconds = time.monotonic() - started
        self._metrics.call_made(call.operation, seconds)
        tracing.tell_answer(answer, seconds=seconds)
        return answer

    def _report(self) -> None:
        """Report in batches; no answer is lost while the database is away."""
        while (first := self._reports.get()) is not None:
            batch = [first]
            last = False
            while len(batch) < _MAX_BATCH and not self._reports.empty():
                item = self._reports.get()
                if item is None:
                    last = True
                    break
                batch.append(item)
            reports = [a.as_report(c.call_id, c.epoch) for c, a in batch if a]
            finished = (
                deliver(self._database, self.name, reports, self._stopping)
                if reports
                else Finished()
            )
            for report, call in zip(reports, (c for c, a in batch if a), strict=True):
                if (call.call_id, call.epoch) in finished.set_aside:
                    _log.info("report.set_aside", **tracing.ids(call))
                    self._set_aside.put(call, report)
            self._dispatch(finished.calls, instead_of=[call for call, _ in batch])
            self._wake.set()
            if last:
                return

    def _report_again(self) -> None:
        """Report what was set aside, each report alone, until it is applied."""
        while (waiting := self._set_aside.take()) is not None:
            call = waiting.call
            # This thread may hand on one more call: until then the worker is not done.
            with self._lock:
                self._in_flight[call.operation == "search"] += 1
            finished = deliver(
                self._database, self.name, [waiting.report], self._stopping
            )
            if finished.set_aside:
                self._set_aside.put(call, waiting.report, tries=waiting.tries + 1)
            self._dispatch(finished.calls, instead_of=[call])
            self._wake.set()
