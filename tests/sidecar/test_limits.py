"""Redis keeps sidecars out of each other's way, and its absence stops nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise

import pytest
from redis import Redis

from sidecar import limits
from sidecar.limits import Budgets, Locks, LockTaken, connect
from tests.factories import until
from tests.redis_server import RedisServer

NAME = "trip:1"
KEY = f"locks:{NAME}"


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    """Open a client beside those that are tested."""
    with closing(Redis.from_url(redis_server.url, decode_responses=True)) as client:
        yield client


def build_locks(server: RedisServer) -> Locks:
    """Return the locks of one sidecar."""
    return Locks(connect(server.url))


def build_budgets(url: str | None, *, per_minute: int = 3) -> Budgets:
    """Return the budgets of one sidecar."""
    return Budgets(
        url,
        searches_per_minute=per_minute,
        duffel_per_minute=1000,
        stripe_per_second=1000,
    )


def spend(budgets: Budgets) -> int:
    """Search as often as one budget allows without waiting."""
    stopping = threading.Event()
    stopping.set()
    spent = 0
    while budgets.wait("search", "duffel", stopping):
        spent += 1
    return spent


# -- locks ---------------------------------------------------------------------------


def test_a_lock_is_held_for_the_block_only(
    redis_server: RedisServer, redis: Redis
) -> None:
    """Nobody waits for a lock that is not needed any more."""
    with build_locks(redis_server).held(NAME) as held:
        assert held
        assert redis.exists(KEY)
    assert not redis.exists(KEY)


def test_a_lock_is_released_when_the_block_fails(
    redis_server: RedisServer, redis: Redis
) -> None:
    """An error passes through, and leaves no lock behind."""
    with (
        pytest.raises(RuntimeError, match="inside"),
        build_locks(redis_server).held(NAME),
    ):
        raise RuntimeError("inside")
    assert not redis.exists(KEY)


def test_a_lock_of_another_is_waited_for(redis_server: RedisServer) -> None:
    """The second one in gets it as soon as the first is out."""
    first, second = build_locks(redis_server), build_locks(redis_server)
    order: list[object] = []

    def follow() -> None:
        with second.held(NAME) as held:
            order.append(held)

    with first.held(NAME):
        thread = threading.Thread(target=follow)
        thread.start()
        assert order == []
        order.append("first is out")
    thread.join()
    assert order == ["first is out", True]


def test_a_lock_that_stays_taken_is_done_without(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A courtesy, never an authority: after a moment the work goes on."""
    monkeypatch.setattr(limits, "_PATIENCE_SECONDS", 0.2)
    with build_locks(redis_server).held(NAME):
        started = time.monotonic()
        with build_locks(redis_server).held(NAME) as held:
            assert not held
        assert time.monotonic() - started < 2


def test_who_is_not_patient_hears_at_once_that_a_lock_is_taken(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And gets it when it is free; a Redis that is away is nobody's lock."""
    monkeypatch.setattr(limits, "_PATIENCE_SECONDS", 3600.0)
    with (
        build_locks(redis_server).held(NAME),
        pytest.raises(LockTaken),
        build_locks(redis_server).held(NAME, patient=False),
    ):
        raise AssertionError
    with build_locks(redis_server).held(NAME, patient=False) as held:
        assert held
    redis_server.stop()
    with build_locks(redis_server).held(NAME, patient=False) as held:
        assert not held


def test_only_the_holder_releases_a_lock(
    redis_server: RedisServer, redis: Redis
) -> None:
    """Who held it too long does not take away what another got meanwhile."""
    with build_locks(redis_server).held(NAME):
        redis.set(KEY, "the token of another")
    assert redis.get(KEY) == "the token of another"


def test_the_watchdog_keeps_a_lock_alive(
    redis_server: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call may outlast the time after which the lock of a dead sidecar ends."""
    monkeypatch.setattr(limits, "_LOCK_SECONDS", 0.6)
    with build_locks(redis_server).held(NAME):
        token = redis.get(KEY)
        seen: list[int] = []

        def was_renewed_three_times() -> bool:
            left = int(redis.pttl(KEY))
            if not seen or left != seen[-1]:
                seen.append(left)
            return sum(b > a for a, b in pairwise(seen)) >= 3

        until(was_renewed_three_times)
        assert redis.get(KEY) == token


def test_the_watchdog_does_not_renew_the_lock_of_another(
    redis_server: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that was taken over runs out in its new holder's time."""
    monkeypatch.setattr(limits, "_LOCK_SECONDS", 0.6)
    with build_locks(redis_server).held(NAME):
        redis.set(KEY, "the token of another", px=900)
        until(lambda: not redis.exists(KEY))


def test_a_dead_holder_is_forgotten(redis_server: RedisServer, redis: Redis) -> None:
    """Every lock has an end of its own."""
    with build_locks(redis_server).held(NAME):
        assert 0 < int(redis.pttl(KEY)) <= 1000 * limits._LOCK_SECONDS


@pytest.mark.parametrize(
    "trouble",
    [
        lambda server, redis: server.stop(),
        lambda server, redis: server.freeze(),
        lambda server, redis: redis.flushall(),
    ],
    ids=["stopped", "frozen", "flushed"],
)
def test_trouble_while_a_lock_is_held_stops_nothing(
    redis_server: RedisServer,
    redis: Redis,
    trouble: Callable[[RedisServer, Redis], None],
) -> None:
    """The block runs to its end, and so does the next one."""
    locks = build_locks(redis_server)
    done = []
    with locks.held(NAME) as held:
        assert held
        trouble(redis_server, redis)
        done.append("first")
    with locks.held(NAME):
        done.append("second")
    assert done == ["first", "second"]


@pytest.mark.parametrize("frozen", [False, True])
def test_a_redis_that_is_away_costs_little_time_and_only_once(
    redis_server: RedisServer, frozen: bool
) -> None:
    """A booking does not wait for it, and the next one does not even ask."""
    locks = build_locks(redis_server)
    if frozen:
        redis_server.freeze()
    else:
        redis_server.stop()
    started = time.monotonic()
    with locks.held(NAME) as held:
        assert not held
    assert time.monotonic() - started < 3
    started = time.monotonic()
    for _ in range(100):
        with locks.held(NAME) as held:
            assert not held
    assert time.monotonic() - started < 0.4


@pytest.mark.parametrize("frozen", [False, True])
def test_a_redis_that_came_back_is_used_again(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    """Nobody has to restart a sidecar."""
    monkeypatch.setattr(limits, "_DOWN_SECONDS", 0.1)
    locks = build_locks(redis_server)
    (redis_server.freeze if frozen else redis_server.stop)()
    with locks.held(NAME) as held:
        assert not held
    (redis_server.thaw if frozen else redis_server.start)()

    def is_held() -> bool:
        with locks.held(NAME) as held:
            return held

    until(is_held)


def test_without_a_redis_there_is_no_lock_and_no_wait() -> None:
    """The smallest installation has none."""
    with Locks(connect(None)).held(NAME) as held:
        assert not held


# -- budgets -------------------------------------------------------------------------


def test_a_budget_is_shared_through_redis(redis_server: RedisServer) -> None:
    """Two sidecars together search as often as one may."""
    first, second = build_budgets(redis_server.url), build_budgets(redis_server.url)
    assert spend(first) + spend(second) == 3


def test_without_redis_each_sidecar_keeps_its_own_budget() -> None:
    """A limit that cannot be shared is kept locally."""
    assert (spend(build_budgets(None)), spend(build_budgets(None))) == (3, 3)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_budget_goes_on_locally_when_redis_goes(
    redis_server: RedisServer, frozen: bool
) -> None:
    """Nothing raises, nothing is unlimited, and the silence is waited for once."""
    budgets = build_budgets(redis_server.url)
    assert budgets.wait("search", "duffel", threading.Event())
    (redis_server.freeze if frozen else redis_server.stop)()
    started = time.monotonic()
    assert spend(budgets) == 3
    assert time.monotonic() - started < 3


def test_a_flushed_redis_forgets_what_was_spent(
    redis_server: RedisServer, redis: Redis
) -> None:
    """Its scripts and counters are gone, and the budgets still work."""
    budgets = build_budgets(redis_server.url)
    assert spend(budgets) == 3
    redis.flushall()
    redis.script_flush()
    assert spend(budgets) == 3


def test_operations_have_budgets_of_their_own() -> None:
    """Searches that wait keep no order and no payment waiting."""
    budgets = build_budgets(None)
    spend(budgets)
    never = threading.Event()
    for operation, provider in (
        ("get_offer", "duffel"),
        ("create_order", "duffel"),
        ("create_payment", "stripe"),
        # A database of the last release does not say whose.
        ("get_offer", None),
    ):
        assert budgets.wait(operation, provider, never)


def test_all_but_searches_share_their_provider_s_budget() -> None:
    """And leave the other one's alone."""
    budgets = Budgets(
        None, searches_per_minute=1, duffel_per_minute=2, stripe_per_second=10_000
    )
    stopped = threading.Event()
    stopped.set()
    assert budgets.wait("get_offer", "duffel", stopped)
    assert budgets.wait("create_order", "duffel", stopped)
    assert not budgets.wait("look_order", "duffel", stopped)
    assert budgets.wait("create_payment", "stripe", stopped)


def test_waiting_for_a_budget_ends_with_the_worker() -> None:
    """A sidecar that stops sends nothing more."""
    budgets = build_budgets(None)
    spend(budgets)
    stopping = threading.Event()
    answers: list[bool] = []
    thread = threading.Thread(
        target=lambda: answers.append(budgets.wait("search", "duffel", stopping))
    )
    thread.start()
    assert answers == []
    stopping.set()
    thread.join(timeout=10)
    assert answers == [False]
