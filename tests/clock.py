"""A database whose clock a test may move.

The engine asks `clock_timestamp()` and `now()` what time it is, and nothing else. In a
database made for it both mean the real time plus what was added here, so that a day can
pass in a moment for everything at once: waits, leases, offers, holds and schedules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

# By new functions under the old names: the server answers for the built-in ones without
# looking at the catalog.
_MOVABLE = """
alter function pg_catalog.clock_timestamp() rename to real_clock_timestamp;
alter function pg_catalog.now() rename to real_now;
create schema test_clock;
create table test_clock.moved (by interval not null);
insert into test_clock.moved (by) values ('0 seconds');
create function pg_catalog.clock_timestamp() returns timestamptz
  language sql volatile parallel safe
as 'select pg_catalog.real_clock_timestamp() + (select by from test_clock.moved)';
create function pg_catalog.now() returns timestamptz
  language sql stable parallel safe
as 'select pg_catalog.real_now() + (select by from test_clock.moved)';
grant usage on schema test_clock to public;
grant select on test_clock.moved to public;
"""


def make_clock_movable(dsn: str) -> None:
    """Prepare an empty database (superuser), before it is deployed to.

    What is parsed only once, a default or an SQL body, keeps the function it met.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_MOVABLE)


def move_clock(rows: Callable[..., Any], seconds: float) -> None:
    """Move the clock of a database by `seconds`; `rows` runs a query as superuser."""
    rows("update test_clock.moved set by = by + make_interval(secs => %s)", seconds)
