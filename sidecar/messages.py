"""The courier: takes messages that are due to people and applications.

Postgres decides who is told what (`sql/messages/`) and keeps each delivery as an
outward call. The courier claims them apart from the calls to providers, with threads of
its own, so that a slow mail server keeps no booking waiting.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from sidecar import tracing
from sidecar.alive import Alive
from sidecar.config import MessageSettings
from sidecar.db import Call, Database
from sidecar.delivery import DATABASE_DOWN, deliver
from sidecar.operations import Send
from sidecar.pool import describe
from sidecar.providers import NOT_SENT, Answer
from sidecar.setting_types import revealed

_log = structlog.get_logger()
# A report waits for a lock at the most so often; then the lease runs out.
_TRIES = 20


def channels(settings: MessageSettings) -> dict[str, Send]:
    """Return the operations that this sidecar can do, by their settings."""
    # Only who delivers loads what letters and signatures are made with.
    found: dict[str, Send] = {}
    smtp, key = revealed(settings.smtp_url), revealed(settings.webhook_key)
    if smtp is not None:
        from sidecar.letters import Letters, Sender  # noqa: PLC0415
        from sidecar.mail import MailServer  # noqa: PLC0415

        sender = Sender(settings.email_from, settings.support_contact)
        found["send_email"] = Letters(MailServer(smtp), sender).send
    if key is not None:
        from sidecar.app_webhooks import AppWebhooks  # noqa: PLC0415

        found["send_webhook"] = AppWebhooks(key).send
    return found


class Courier:
    """One courier of any number; `run` returns once `stopping` is set."""

    def __init__(
        self,
        database: Database,
        sends: Mapping[str, Send],
        *,
        name: str,
        threads: int = 4,
        poll_seconds: float = 1.0,
        alive: Alive | None = None,
    ) -> None:
        self._database = database
        self._sends = dict(sends)
        self._name = name
        self._threads = threads
        self._poll_seconds = poll_seconds
        self._alive = alive or Alive(None)

    def run(self, stopping: threading.Event) -> None:
        """Deliver until `stopping` is set; what is under way is finished.

        Each operation has threads of its own: a mail server that hangs keeps no
        application waiting.
        """
        _log.info("courier.started", operations=sorted(self._sends))
        with ThreadPoolExecutor(len(self._sends), "courier") as pool:
            for operation in self._sends:
                pool.submit(self._run, operation, stopping)
            while not stopping.wait(min(self._poll_seconds, 1.0)):
                self._alive.touch()
        _log.info("courier.stopped")

    def _run(self, operation: str, stopping: threading.Event) -> None:
        idle = threading.Semaphore(self._threads)
        with ThreadPoolExecutor(self._threads, operation) as pool:
            while not stopping.is_set():
                try:
                    found = self._claim(operation, idle, pool, stopping)
                except Exception:  # noqa: BLE001 - a defect must not end the loop
                    _log.exception("call.crashed")
                    found = False
                if not found:
                    stopping.wait(self._poll_seconds)

    def _claim(
        self,
        operation: str,
        idle: threading.Semaphore,
        pool: ThreadPoolExecutor,
        stopping: threading.Event,
    ) -> bool:
        """Start as many deliveries as threads are idle; False when none was due."""
        room = 0
        while room < self._threads and idle.acquire(blocking=False):
            room += 1
        calls: list[Call] = []
        try:
            if room:
                calls = self._database.claim_deliveries(
                    self._name, [operation], limit=room
                )
        except DATABASE_DOWN as error:
            _log.warning("claim.failed", error=describe(error))
        for call in calls:
            pool.submit(self._deliver, call, idle, stopping)
        for _ in range(room - len(calls)):
            idle.release()
        return bool(calls)

    def _deliver(
        self, call: Call, idle: threading.Semaphore, stopping: threading.Event
    ) -> None:
        try:
            with tracing.at_work_on(call):
                try:
                    answer = self._make(call)
                except Exception:  # noqa: BLE001 - a defect must not end the thread
                    _log.exception("call.crashed")
                    answer = NOT_SENT
            report = answer.as_report(call.call_id, call.epoch)
            for _ in range(_TRIES):
                done = deliver(self._database, self._name, [report], stopping)
                if not done.set_aside:
                    break
                time.sleep(0.5)
        finally:
            idle.release()

    def _make(self, call: Call) -> Answer:
        if call.request is None:
            _log.warning("call.not_sent", reason="it could not be built")
            return NOT_SENT
        started = time.monotonic()
        answer = self._sends[call.operation](call.request, call.idempotency_key)
        tracing.tell_answer(answer, seconds=time.monotonic() - started)
        return answer
