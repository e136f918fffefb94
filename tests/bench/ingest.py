"""What storing and ranking 500 offers costs: `python -m tests.bench.ingest`.

One answer of the sandbox's generated network, every offer another, as much JSON as a
busy route sends. The server does it in two calls; the client parses, derives and ranks
in Python and sends rows, one by one, in one transaction, or by COPY. Prints a table and
asserts nothing: times are this machine's, so all are also given as ratios to parsing
the same answer to jsonb, in turns with it and with as many clients. Sending the answer
and parsing it are part of what the server's ways take.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.ids import IdFactory
from tests.sandbox.flights.offers import Asked, OfferWriter
from tests.sandbox.flights.wishes import read_search
from tests.sql.offers import expected

DATABASE = "skylatch_bench"
OFFERS = 500
ROUNDS = 5
CLIENTS = (1, 2, 4)
MAX_PRICE = Decimal(5000)
MAX_DURATION = timedelta(hours=36)
REQUEST = {
    "slices": [{"origin": "LHR", "destination": "JFK", "departure_date": "2027-01-15"}]
}
# As the sidecar's login has it (bootstrap.sql).
SIDECARS = "-c plan_cache_mode=force_generic_plan -c jit=off"
Connection = psycopg.Connection[Any]
Trip = tuple[UUID, UUID]
Work = Callable[[Connection, Trip, str], None]


def search_answer(now: datetime) -> dict[str, Any]:
    """Return one search answer with 500 different offers."""
    writer = OfferWriter(Dice(1), IdFactory())
    passengers = [{"id": "pas_1", "type": "adult", "age": None}]
    offers: list[dict[str, Any]] = []
    day = now.date() + timedelta(days=40)
    while len(offers) < OFFERS:
        request = {
            "slices": [
                {"origin": "LHR", "destination": "JFK", "departure_date": str(day)}
            ],
            "passengers": [{"type": "adult"}],
            "max_connections": 1,
        }
        wish = read_search(request, now=now)
        offers += writer.offers(Asked(wish, passengers, now, None))
        day += timedelta(days=1)
    return {"offer_request": {"id": "orq_bench"}, "offers": offers[:OFFERS]}


def renamed(text: str) -> str:
    """Return the answer with ids that no other has: an id is stored once."""
    return text.replace('"off_', f'"off_{uuid4().hex[:12]}')


# -- the ways ----------------------------------------------------------------------


def parse(connection: Connection, _trip: Trip, text: str) -> None:
    """Make jsonb of the answer, and nothing else."""
    connection.execute("select jsonb_typeof(%s::jsonb)", [text])


def ingest_only(connection: Connection, trip: Trip, text: str) -> None:
    """Store without ranking, the answer handed over as it came."""
    connection.execute(
        "select engine.ingest_offers(%s, %s, 1, %s, %s::jsonb, now())",
        [*trip, Jsonb(REQUEST), text],
    )


def in_the_server(connection: Connection, trip: Trip, text: str) -> None:
    """Store and rank in one transaction."""
    with connection.transaction():
        ingest_only(connection, trip, text)
        connection.execute("select engine.rank_trip(%s, %s, now())", trip)


def rows(trip: Trip, text: str) -> tuple[str, list[list[Any]]]:
    """Return the columns, and the derived and ranked rows of an answer."""
    derived = [expected(offer) for offer in json.loads(text)["offers"]]
    for row in derived:
        terms = {
            "price": row["price_amount"] / MAX_PRICE,
            "duration": Decimal(row["duration"] / MAX_DURATION),
            "connections": Decimal(row["connections"]),
        }
        row["score"] = (
            Decimal("0.60") * terms["price"]
            + Decimal("0.25") * terms["duration"]
            + Decimal("0.15") * terms["connections"]
        )
        row["score_parts"] = Jsonb({name: str(term) for name, term in terms.items()})
        row["passengers"] = Jsonb(row["passengers"])
        row["itinerary"] = Jsonb(row["itinerary"])
    derived.sort(key=lambda row: (row["score"], row["price_amount"], row["offer_id"]))
    fixed = {
        "user_id": trip[0],
        "trip_request_id": trip[1],
        "search_round": 1,
        "offer_request_id": "orq_bench",
    }
    placed = [{**fixed, **row, "rank": n} for n, row in enumerate(derived, 1)]
    return ", ".join(placed[0]), [list(row.values()) for row in placed]


def insertion(columns: str) -> bytes:
    """Return the statement that inserts one row."""
    holders = ", ".join(["%s"] * (columns.count(",") + 1))
    return f"insert into public.flight_offers ({columns}) values ({holders})".encode()


def row_by_row(connection: Connection, trip: Trip, text: str) -> None:
    """Insert each row in a transaction of its own."""
    columns, placed = rows(trip, text)
    for row in placed:
        connection.execute(insertion(columns), row)


def in_one_transaction(connection: Connection, trip: Trip, text: str) -> None:
    """Insert all rows in one transaction, pipelined by the driver."""
    columns, placed = rows(trip, text)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(insertion(columns), placed)


def by_copy(connection: Connection, trip: Trip, text: str) -> None:
    """Send all rows by COPY."""
    columns, placed = rows(trip, text)
    statement = f"copy public.flight_offers ({columns}) from stdin".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in placed:
            copy.write_row(row)


WAYS: dict[str, Work] = {
    "parse to jsonb": parse,
    "SQL: ingest": ingest_only,
    "SQL: ingest + rank": in_the_server,
    "Python: rows, autocommit": row_by_row,
    "Python: executemany": in_one_transaction,
    "Python: COPY": by_copy,
}


# -- measuring ---------------------------------------------------------------------


def new_trip(connection: Connection) -> Trip:
    """Return a trip whose round of searches is the first."""
    user_id, trip_id = uuid4(), uuid4()
    connection.execute("insert into auth.users (id) values (%s)", [user_id])
    connection.execute(
        "insert into public.trip_requests (user_id, id, origins, destinations,"
        " departure_from, departure_to, max_price, currency, search_round)"
        " values (%s, %s, '{LHR}', '{JFK}', current_date + 40, current_date + 40, %s,"
        " 'GBP', 1)",
        [user_id, trip_id, MAX_PRICE],
    )
    return user_id, trip_id


def one_client(
    dsn: str, way: str, text: str, ready: threading.Barrier
) -> list[tuple[float, float]]:
    """Return the seconds of parsing each answer, and of the way's work on it."""
    spent = []
    with psycopg.connect(dsn, autocommit=True, options=SIDECARS) as connection:
        trips = [new_trip(connection) for _ in range(ROUNDS + 1)]
        answers = [renamed(text) for _ in trips]
        # Plans are made and pages are read before the clock starts.
        WAYS[way](connection, trips[0], answers[0])
        ready.wait(timeout=300)
        for trip, answer in zip(trips[1:], answers[1:], strict=True):
            # In turns: what else the machine does meets both alike.
            began = time.perf_counter()
            parse(connection, trip, answer)
            parsed = time.perf_counter()
            WAYS[way](connection, trip, answer)
            spent.append((parsed - began, time.perf_counter() - parsed))
    return spent


def measured(dsn: str, way: str, text: str, clients: int) -> tuple[float, float]:
    """Return the seconds of one answer over all clients, and its ratio to parsing."""
    # Processes, so that clients in Python do not wait for one another.
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(clients, context) as pool:
        ready = manager.Barrier(clients)
        running = [
            pool.submit(one_client, dsn, way, text, ready) for _ in range(clients)
        ]
        spent = [both for client in running for both in client.result()]
    parsing, working = (
        statistics.median(column) for column in zip(*spent, strict=True)
    )
    return working / clients, working / parsing


def measure(cluster: Cluster) -> Table:
    """Run everything against a fresh database."""
    cluster.create_database(DATABASE)
    deploy(cluster.dsn(DATABASE), cron=False)

    now = datetime.now(UTC).replace(microsecond=0)
    text = json.dumps(search_answer(now), separators=(",", ":"))
    table = Table(
        f"{OFFERS} offers, {len(text) / 2**20:.1f} MB",
        *(f"{n} client{'s'[: n - 1]}" for n in CLIENTS),
    )
    for name, work in WAYS.items():
        cells = []
        for n in CLIENTS:
            if work is row_by_row and n > 1:
                break  # known after one client
            took, ratio = measured(cluster.dsn(DATABASE), name, text, n)
            cells.append(f"{took * 1e3:.0f} ms  {ratio:.1f}")
        table.add_row(name, *cells)
    return table


def main() -> None:
    """Measure in a throwaway cluster and print."""
    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        Console().print(measure(cluster))


if __name__ == "__main__":
    main()
