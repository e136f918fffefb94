"""Hints that sidecars share through Redis: trip locks and rate budgets.

Postgres leases and unique indexes keep bookings right; these hints only keep sidecars
from getting in each other's way and from exceeding a provider's rate limit. Whatever
happens to Redis, the answer here is "go on", with the limits of this process alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import LockError
from redis.retry import Retry

from sidecar.errors import ConfigError
from sidecar.metrics import Metrics

_log = structlog.get_logger()
_LOCK_SECONDS = 30.0
_PATIENCE_SECONDS = 2.0
_DOWN_SECONDS = 5.0  # how long a Redis that failed is left alone


def connect(url: str | None) -> Redis | None:
    """Return a client that gives up soon, or None when no Redis is configured."""
    if url is None:
        return None
    try:
        return Redis.from_url(
            url,
            socket_timeout=0.5,
            socket_connect_timeout=0.5,
            # One more try at once, in case a pooled connection went stale.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:  # of one of its options, which it quotes
        raise ConfigError("SKYLATCH_REDIS_URL: has an option that is none") from None


class LockTaken(Exception):
    """Another holder has the lock, and the caller does not want to wait."""


class Locks:
    """Named locks with a token, a release in Lua and a watchdog that renews them."""

    def __init__(self, redis: Redis | None, metrics: Metrics | None = None) -> None:
        self._redis = redis
        self._metrics = metrics or Metrics()
        self._down_until = 0.0

    @contextmanager
    def held(self, name: str, *, patient: bool = True) -> Iterator[bool]:
        """Hold `name` (``locks:<name>``) for the block.

        Waits a moment for another holder, then goes on without the lock: a lock here is
        a courtesy, never an authority. A caller that is not `patient` gets LockTaken at
        once instead. Yields whether the lock is held.
        """
        lock = None
        try:
            lock = self._acquire(f"locks:{name}", patient=patient)
        finally:
            if self._redis is not None:
                self._metrics.lock_tried(name, held=lock is not None)
        if lock is None:
            yield False
            return
        released = threading.Event()
        watchdog = threading.Thread(
            target=self._renew, args=(lock, released), daemon=True
        )
        watchdog.start()
        try:
            yield True
        finally:
            released.set()
            watchdog.join()
            try:
                lock.release()
            except (LockError, RedisError):
                _log.info("lock.lost", name=name)

    def _acquire(self, key: str, *, patient: bool) -> Any:
        if self._redis is None or time.monotonic() < self._down_until:
            return None
        # thread_local=False: the watchdog renews with the same token.
        lock = self._redis.lock(key, timeout=_LOCK_SECONDS, thread_local=False)
        try:
            if lock.acquire(blocking=patient, blocking_timeout=_PATIENCE_SECONDS):
                return lock
        except RedisError as error:
            self._down_until = time.monotonic() + _DOWN_SECONDS
            _log.warning("redis.down", error=type(error).__name__)
            return None
        if not patient:
            raise LockTaken(key)
        return None

    @staticmethod
    def _renew(lock: Any, released: threading.Event) -> None:
        while not released.wait(_LOCK_SECONDS / 3):
            try:
                lock.reacquire()
            except (LockError, RedisError):
                return


@dataclass(frozen=True, slots=True)
class Budget:
    """So many calls per window, for one kind of call."""

    name: str
    item: RateLimitItem


class Budgets:
    """Rate budgets per provider, shared through Redis and local without it."""

    def __init__(
        self,
        redis_url: str | None,
        *,
        searches_per_minute: int,
        duffel_per_minute: int,
        stripe_per_second: int,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._shared = None
        redis = connect(redis_url)
        if redis is not None:
            self._shared = FixedWindowRateLimiter(
                RedisStorage("redis://", connection_pool=redis.connection_pool)
            )
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._down_until = 0.0
        self._budgets = {
            "search": Budget("search", RateLimitItemPerMinute(searches_per_minute)),
            "duffel": Budget("duffel", RateLimitItemPerMinute(duffel_per_minute)),
            "stripe": Budget("stripe", RateLimitItemPerSecond(stripe_per_second)),
        }

    def wait(
        self, operation: str, provider: str | None, stopping: threading.Event
    ) -> bool:
        """Wait until `operation` may be sent; False when stopping meanwhile.

        Searches have a budget of their own besides their provider's. An unknown
        provider has none.
        """
        budget = self._budgets.get(
            "search" if operation == "search" else provider or ""
        )
        if budget is None or self._hit(budget):
            return True
        self._metrics.rate_waited(budget.name)
        while not self._hit(budget):
            if stopping.wait(0.2):
                return False
        return True

    def _hit(self, budget: Budget) -> bool:
        if self._shared is not None and time.monotonic() >= self._down_until:
            try:
                return self._shared.hit(budget.item, budget.name)
            except RedisError:
                self._down_until = time.monotonic() + _DOWN_SECONDS
        return self._local.hit(budget.item, budget.name)
