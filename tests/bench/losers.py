"""What an offer that loses costs, from its search to its end: `make bench-losers`.

Nothing fits, so every offer loses. Each is searched for, ranked, seen to expire and
removed when it is old. Counted are the bytes of log (without the page images that
follow a checkpoint), the bytes on the disk while it is there, and the rows that are
inserted, updated and deleted. Nothing is timed: the figures are the same everywhere.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.bench.ingest import Connection, new_trip, renamed, search_answer

DATABASE = "skylatch_losers"
SEARCHES = 20
SIZES = (500, 50)
_PARTS = "select relid from pg_partition_tree('public.flight_offers')"
_TABLES = f"({_PARTS} union select 'public.offer_counts'::regclass)"
_WRITTEN = (
    "select sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del) from pg_stat_all_tables"
    f" where relid in {_TABLES}"
)
_DISK = f"select sum(pg_total_relation_size(t.relid)) from {_TABLES} as t"
Figures = dict[str, float]


def value(connection: Connection, query: str, *args: object) -> Any:
    """Return the one value that a query gives."""
    row = connection.execute(query.encode(), args).fetchone()
    assert row is not None
    return row[0]


def logged(connection: Connection) -> int:
    """Return how many bytes of log the server has written."""
    return int(value(connection, "select pg_current_wal_insert_lsn() - '0/0'"))


def written(connection: Connection) -> tuple[int, int, int]:
    """Return how many rows of offers were inserted, updated and deleted."""
    connection.execute("select pg_stat_force_next_flush()")
    row = connection.execute(_WRITTEN.encode()).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def live(connection: Connection, kept: str, answer: dict[str, Any]) -> Figures:
    """Return what an offer costs when so many answers like this lose."""
    connection.execute(
        "select engine.set_search_settings('bench', p_keep_offers => %s)", [kept]
    )
    connection.execute("select engine.add_offer_days(now() - interval '41 days')")
    trips = [new_trip(connection) for _ in range(SEARCHES)]
    connection.execute("update public.trip_requests set max_price = 100")
    day = answer["offers"][0]["slices"][0]["segments"][0]["departing_at"][:10]
    request = {
        "slices": [{"origin": "LHR", "destination": "JFK", "departure_date": day}]
    }
    text = json.dumps(answer, separators=(",", ":"))
    disk, rows, log = value(connection, _DISK), written(connection), logged(connection)
    for trip in trips:
        with connection.transaction():
            connection.execute(
                "select engine.ingest_offers(%s, %s, 1, %s, %s::jsonb,"
                " now() - interval '40 days')",
                [*trip, Jsonb(request), renamed(text)],
            )
            connection.execute(
                "select engine.rank_trip(%s, %s, now() - interval '40 days')", trip
            )
    disk, stored = value(connection, _DISK) - disk, logged(connection) - log
    # What happens to it every minute, and once it is old.
    connection.execute("select engine.recover()")
    # The statistics of a day go with it; that it is dropped deletes no row.
    after = written(connection)
    log = logged(connection)
    connection.execute("select engine.purge()")
    purged = logged(connection) - log
    assert value(connection, "select count(*) from public.flight_offers") == 0
    offers = SEARCHES * len(answer["offers"])
    inserted, updated, deleted = (
        (new - old) / offers for new, old in zip(after, rows, strict=True)
    )
    return {
        "disk, bytes": disk / offers,
        "log when it is stored and ranked, bytes": stored / offers,
        "log when it is removed, bytes": purged / offers,
        "rows inserted": inserted,
        "rows updated": updated,
        "rows deleted": deleted,
    }


def measure(cluster: Cluster) -> Table:
    """Run everything against fresh databases."""
    found: dict[str, Figures] = {}
    for size in SIZES:
        for kept in ("all", "useful"):
            name = f"{DATABASE}_{kept}_{size}"
            cluster.create_database(name)
            deploy(cluster.dsn(name), cron=False)
            answer = search_answer(datetime.now(UTC).replace(microsecond=0))
            answer["offers"] = answer["offers"][:size]
            with psycopg.connect(cluster.dsn(name), autocommit=True) as connection:
                connection.execute("alter system set full_page_writes = off")
                connection.execute("select pg_reload_conf()")
                found[f"{kept}, {size} an answer"] = live(connection, kept, answer)
    table = Table("an offer that loses", *found)
    for what in next(iter(found.values())):
        table.add_row(what, *(f"{figures[what]:,.2f}" for figures in found.values()))
    return table


def main() -> None:
    """Measure in a throwaway cluster and print."""
    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        Console(width=120).print(measure(cluster))


if __name__ == "__main__":
    main()
