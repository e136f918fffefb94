"""What may befall the processes of an installation, each from its begin to its end.

A fault is a context: inside the block it lasts, behind it the machine is as before (not
the booking: that is the engine's part).
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from redis import Redis

from tests.chaos.cutter import CUTS
from tests.chaos.estate import Estate
from tests.factories import until

Begun = AbstractContextManager[None]


@contextmanager
def postgres_restarted(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """Fast: clients are cut off, transactions rolled back, a checkpoint is written."""
    estate.server.stop(crash=False)
    yield
    estate.server.start()


@contextmanager
def postgres_crashed(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """Immediate: no checkpoint, the log is replayed."""
    estate.server.stop(crash=True)
    yield
    estate.server.start()


@contextmanager
def backend_killed(estate: Estate, chance: random.Random) -> Iterator[None]:
    """Kill -9 one server process, as the kernel would: all sessions end with it."""
    backends = estate.backends()
    if backends:
        os.kill(chance.choice(backends), signal.SIGKILL)
    yield
    until(estate.serves_again, seconds=120)


@contextmanager
def sessions_ended(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """End the sidecars' sessions, as a pooler or an operator would."""
    estate.world.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where usename = 'skylatch_sidecar'"
    )
    yield


@contextmanager
def disk_full(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """Leave no room for data or log; the server may give up, and is started again."""
    assert estate.disk is not None
    estate.disk.fill()
    try:
        yield
    finally:
        estate.disk.free()
        until(estate.serves_again, seconds=120)


@contextmanager
def redis_gone(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """Stop Redis; it comes back empty."""
    estate.redis.stop()
    yield
    estate.redis.start()


@contextmanager
def redis_frozen(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """Stop the process: connections are accepted, nothing is answered."""
    estate.redis.freeze()
    yield
    estate.redis.thaw()


@contextmanager
def redis_flushed(estate: Estate, _chance: random.Random) -> Iterator[None]:
    """Every lock and every budget is forgotten while it is held."""
    with Redis.from_url(estate.redis.url) as client:
        client.flushall()
    yield


@contextmanager
def sidecar_killed(estate: Estate, chance: random.Random) -> Iterator[None]:
    """Kill -9 one sidecar; another takes its place."""
    number = len(estate.sidecars)
    chance.choice(estate.sidecars).kill()
    yield
    estate.keep_sidecars(number)


@contextmanager
def sidecar_stopped(estate: Estate, chance: random.Random) -> Iterator[None]:
    """End one sidecar in order, as a deploy does; another takes its place."""
    number = len(estate.sidecars)
    chance.choice(estate.sidecars).terminate()
    yield
    estate.keep_sidecars(number)


@contextmanager
def sidecar_paused(estate: Estate, chance: random.Random) -> Iterator[None]:
    """Stop one sidecar past its leases; it goes on as if nothing had been."""
    sidecar = chance.choice(estate.sidecars)
    sidecar.send_signal(signal.SIGSTOP)
    yield
    estate.thaw(sidecar)


def messages_cut(line: str) -> Callable[[Estate, random.Random], Begun]:
    """Return the fault that cuts a few questions and answers on one line."""

    @contextmanager
    def cut(estate: Estate, chance: random.Random) -> Iterator[None]:
        estate.lines[line].arm(*chance.choices(CUTS, k=chance.randint(1, 4)))
        yield
        estate.lines[line].disarm()

    return cut


def line_down(line: str) -> Callable[[Estate, random.Random], Begun]:
    """Return the fault that lets nothing through, then cuts every connection."""

    @contextmanager
    def down(estate: Estate, _chance: random.Random) -> Iterator[None]:
        estate.lines[line].hold()
        yield
        estate.lines[line].hang_up()
        estate.lines[line].release()

    return down


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: how long it lasts, and whether we can ask Postgres meanwhile.

    `weight` is how often it comes beside the others.
    """

    begin: Callable[[Estate, random.Random], Begun]
    seconds: tuple[float, float]
    weight: int = 2
    asks: bool = True


FAULTS: dict[str, Kind] = {
    "Postgres restarted, fast": Kind(postgres_restarted, (0, 2), asks=False),
    "Postgres restarted, immediate": Kind(postgres_crashed, (0, 2), asks=False),
    "Postgres backend killed": Kind(backend_killed, (0, 0.1), 1, asks=False),
    "sessions ended": Kind(sessions_ended, (0, 0.1)),
    "disk full": Kind(disk_full, (0.5, 2), 1, asks=False),
    "Redis gone": Kind(redis_gone, (0.5, 8)),
    "Redis stopped (SIGSTOP)": Kind(redis_frozen, (0.5, 8)),
    "Redis FLUSHALL": Kind(redis_flushed, (0, 0.1)),
    "sidecar killed": Kind(sidecar_killed, (0, 1), 3),
    "sidecar ended in order": Kind(sidecar_stopped, (0, 1), 1),
    "sidecar paused past its leases": Kind(sidecar_paused, (6, 12), 3),
    "line to Duffel cut in a message": Kind(messages_cut("flights"), (0.5, 2), 3),
    "line to Stripe cut in a message": Kind(messages_cut("payments"), (0.5, 2), 3),
    "line to Postgres cut in a message": Kind(messages_cut("postgres"), (0.5, 2), 4),
    "line to Duffel down": Kind(line_down("flights"), (0.5, 6)),
    "line to Stripe down": Kind(line_down("payments"), (0.5, 6)),
    "line to Postgres down": Kind(line_down("postgres"), (0.5, 6)),
}
