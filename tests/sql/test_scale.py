"""What runs all the time costs what is due, not what is stored: told by plans.

20,000 trips and 100,000 offers; the plans are those of the statements inside the
functions, as `auto_explain` reports them. `make bench-scale` does the same with a
million trips.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.types.json import Json

from sidecar.local.cluster import Cluster
from tests.bench.plans import (
    DUE,
    Connection,
    buffers,
    explained,
    fill,
    indexes,
    scanned,
)
from tests.factories import FLAGS
from tests.flagdata import expand
from tests.sql import cloned_database

TRIP = "md5('trip1')::uuid"


@pytest.fixture(scope="module")
def crowd(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Connection]:
    """Return a connection to a database with many trips, few of them due."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        connection.execute(
            "select engine.sync_flags(%s, 'test')", [Json(expand(FLAGS))]
        )
        fill(connection, trips=20_000, offers=100_000)
        yield connection


@pytest.mark.parametrize(
    ("statement", "index", "pages"),
    [
        (
            "select engine.choose_searches(60, now())",
            "trip_requests_watched_idx",
            1_000,
        ),
        (
            "select engine.run_monitor('test', now())",
            "trip_requests_watched_idx",
            60_000,
        ),
        ("select engine.run_monitor('test', now())", "trip_requests_over_idx", 60_000),
        (
            f"select engine.rank_trip(md5('user1')::uuid, {TRIP}, now())",
            "flight_offers_[0-9]{8}_user_id_trip_request_id_search_round_idx",
            2_000,
        ),
        (
            f"select public.rank_offers({TRIP})",
            "flight_offers_[0-9]{8}_user_id_trip_request_id_search_round_idx",
            500,
        ),
        (
            "select engine.purge_searches(100, now())",
            "provider_calls_finished_search_idx",
            5_000,
        ),
    ],
)
def test_the_cost_follows_what_is_due(
    crowd: Connection, statement: str, index: str, pages: int
) -> None:
    """By its index, no big table from end to end, and in so many pages at most."""
    explained(crowd, statement)  # plans and catalog of this session
    plans = explained(crowd, statement)
    assert scanned(plans) == []
    assert any(re.fullmatch(index, name) for name in indexes(plans))
    assert buffers(plans) <= pages


def test_old_offers_go_by_the_day(crowd: Connection) -> None:
    """Half of all go with their part of the table, and none of them is looked at."""
    count = "select count(*) from public.flight_offers"
    days = (
        "select count(*) from pg_inherits"
        " where inhparent = 'public.flight_offers'::regclass"
    )
    with crowd.transaction(force_rollback=True):
        (before,) = crowd.execute(count).fetchone() or (0,)
        (parts,) = crowd.execute(days).fetchone() or (0,)
        plans = explained(crowd, "select engine.drop_offer_days(now())")
        crowd.execute("select engine.drop_offer_days(now())")
        (left,) = crowd.execute(days).fetchone() or (0,)
        # Of the catalog; how many days are old depends on the hour.
        assert 0 < buffers(plans) <= 5_000 * (parts - left)
        (after,) = crowd.execute(count).fetchone() or (0,)
    assert (before, after) == (100_000, 50_000)


def test_the_guard_sees_a_scan_inside_a_function(crowd: Connection) -> None:
    """Without the index the same tick reads all trips, and the guard says so."""
    with crowd.transaction(force_rollback=True):
        crowd.execute("drop index public.trip_requests_watched_idx")
        plans = explained(crowd, "select engine.choose_searches(60, now())")
    assert any(text.startswith("trip_requests: ") for text in scanned(plans))


def test_what_is_due_is_found_among_all(crowd: Connection) -> None:
    """The plans above are of a choice that finds every due search."""
    chosen = crowd.execute("select engine.choose_searches(1000, now())").fetchall()
    assert len(chosen) == 2 * DUE
