"""Whether a tick, a ranking and housekeeping cost the same beside a million trips.

Prints, for a small and a large database, the pages that each touches and their ratio,
and what it reads from end to end. Run by `make bench-scale`; the ratio is the figure
that travels.
"""

from __future__ import annotations

import argparse

import psycopg
from psycopg.types.json import Json
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.bench.plans import buffers, explained, fill, scanned
from tests.factories import FLAGS
from tests.flagdata import expand

DATABASE = "skylatch_scale"
SMALL = (20_000, 100_000)
_TRIP = "md5('trip1')::uuid"
STATEMENTS = {
    "choose 60 searches of 80 due": "select engine.choose_searches(60, now())",
    "a whole tick": "select engine.run_monitor('bench', now())",
    "rank_trip": f"select engine.rank_trip(md5('user1')::uuid, {_TRIP}, now())",
    "rank_offers": f"select public.rank_offers({_TRIP})",
    "purge offers": "select engine.purge_offers(1000, now())",
    "drop days of offers": "select engine.drop_offer_days(now())",
    "purge 1,000 searches": "select engine.purge_searches(1000, now())",
}


def measure(cluster: Cluster, name: str, trips: int, offers: int) -> dict[str, int]:
    """Return the pages that each statement touches in a fresh database."""
    cluster.create_database(name)
    deploy(cluster.dsn(name), cron=False)
    pages = {}
    with psycopg.connect(cluster.dsn(name), autocommit=True) as connection:
        connection.execute(
            "select engine.sync_flags(%s, 'bench')", [Json(expand(FLAGS))]
        )
        fill(connection, trips=trips, offers=offers)
        for what, statement in STATEMENTS.items():
            explained(connection, statement)  # warms caches and this session's plans
            plans = explained(connection, statement)
            pages[what] = buffers(plans)
            if scanned(plans):
                raise SystemExit("\n".join([f"{what} reads:", *scanned(plans)]))
    return pages


def main() -> None:
    """Measure in a throwaway cluster and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=1_000_000)
    parser.add_argument("--offers", type=int, default=5_000_000)
    wanted = parser.parse_args()
    install_plpython()
    table = Table("what", f"{SMALL[0]:,} trips", f"{wanted.trips:,} trips", "ratio")
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        few = measure(cluster, "small", *SMALL)
        many = measure(cluster, "large", wanted.trips, wanted.offers)
    for what, pages in few.items():
        table.add_row(
            what,
            f"{pages:,} pages",
            f"{many[what]:,} pages",
            f"{many[what] / pages:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
