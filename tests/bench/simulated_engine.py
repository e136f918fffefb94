"""The engine under a simulated clock: every tick is `engine.run_monitor` itself.

What the monitor enqueued is answered from the market five minutes into the tick, the
middle of the ten over which it spaces its searches, and handed to
`engine.record_looks`, as a sidecar's report would. A fare that fits books the trip at
once: buy-or-wait and the saga are not what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Json

from tests.bench.simulated_market import DAY_TICKS, START, TICK, FareMarket, Search
from tests.bench.simulated_policies import Outcome
from tests.bench.simulated_trips import Trip
from tests.factories import FLAGS
from tests.flagdata import expand

Connection = psycopg.Connection[Any]
_TABLES = (
    "public.trip_requests, engine.trip_searches, engine.provider_calls,"
    " engine.fare_looks"
)


def state_trips(sql: Connection, trips: Sequence[Trip]) -> None:
    """Insert the trips, each due when it arrives; the monitor makes their plans.

    Triggers and keys are off meanwhile: superuser only. Each trip is of a traveller of
    its own, because travellers share what is searched.
    """
    sql.execute("select engine.sync_flags(%s, 'simulation')", [Json(expand(FLAGS))])
    # Nobody mirrors them at the time that is played.
    sql.execute("update engine.flag_sync set stale_after = '100 years'")
    with sql.transaction():
        sql.execute("set local session_replication_role = replica")
        numbers = [[str(trip.number)] for trip in trips]
        with sql.cursor() as cursor:
            cursor.executemany(
                "insert into auth.users (id) values (md5('user' || %s)::uuid)", numbers
            )
        sql.execute(
            "insert into public.traveler_profiles (user_id, id, given_name,"
            " family_name, born_on) select id, md5('profile')::uuid,"
            " 'Amelia', 'Earhart', '1987-07-24' from auth.users"
        )
        sql.execute(
            "insert into public.payment_methods (user_id, id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " select id, md5('card')::uuid, 'cus_1',"
            " 'pm_' || translate(id::text, '-', ''), 'visa', '4242', 12, 2034"
            " from auth.users"
        )
        with sql.cursor() as cursor:
            cursor.executemany(
                """
                insert into public.trip_requests (
                  user_id, id, origins, destinations, departure_from, departure_to,
                  nights_min, nights_max, max_price, currency, auto_book_enabled,
                  consent_at, consent_text_version, payment_method_id, next_search_at
                )
                values (
                  md5('user' || %s)::uuid, md5('trip' || %s)::uuid, array[%s], %s,
                  %s, %s, %s, %s, %s, %s, true, now(), '2026-11', md5('card')::uuid, %s
                )
                """,
                [
                    (
                        str(trip.number),
                        str(trip.number),
                        trip.origin,
                        list(trip.destinations),
                        *(
                            (START + timedelta(days=day)).date()
                            for day in trip.departures
                        ),
                        trip.nights,
                        trip.nights,
                        trip.cap,
                        trip.currency,
                        START + trip.arrives * TICK,
                    )
                    for trip in trips
                ],
            )
        sql.execute(
            "insert into public.trip_passengers"
            " (user_id, trip_request_id, traveler_profile_id)"
            " select t.user_id, t.id, md5('profile')::uuid"
            " from public.trip_requests as t"
        )
    sql.execute("analyze")


def asked(row: tuple[Any, ...]) -> Search:
    """Return the search of an enqueued call."""
    origin, destination, departs, returns = row
    return Search(
        origin,
        destination,
        date.fromisoformat(departs),
        None if returns is None else date.fromisoformat(returns),
    )


def answer(
    sql: Connection, trips: dict[str, Trip], market: FareMarket, outcome: Outcome
) -> None:
    """Answer all that is enqueued and book what fits."""
    tick = len(outcome.searches)
    now = START + tick * TICK + TICK / 2
    calls = sql.execute(
        """
        delete from engine.provider_calls as c
        where c.state = 'READY'
        returning
          c.trip_request_id::text, c.payload ->> 'search_key',
          c.payload #>> '{request,slices,0,origin}',
          c.payload #>> '{request,slices,0,destination}',
          c.payload #>> '{request,slices,0,departure_date}',
          c.payload #>> '{request,slices,1,departure_date}'
        """
    ).fetchall()
    outcome.searches.append(len(calls))
    if not calls:
        return
    fares = [market.cheapest(asked(row[2:]), tick) for row in calls]
    currencies = [
        None if fare is None else asked(row[2:]).currency()
        for row, fare in zip(calls, fares, strict=True)
    ]
    sql.execute(
        "select engine.record_looks(%s::uuid[], %s, %s::integer[],"
        " %s::float8[]::numeric[], %s::text[], %s)",
        [
            [row[0] for row in calls],
            [row[1] for row in calls],
            [0 if fare is None else 1 for fare in fares],
            fares,
            currencies,
            now,
        ],
    )
    best: dict[str, float] = {}
    for row, fare in zip(calls, fares, strict=True):
        if fare is not None and fare <= float(trips[row[0]].cap):
            best[row[0]] = min(fare, best.get(row[0], fare))
    for trip_id, fare in best.items():
        trip = trips[trip_id]
        outcome.booked[trip.number] = tick, fare / float(trip.cap)
    if best:
        with sql.transaction():
            sql.execute("set local session_replication_role = replica")
            sql.execute(
                "update public.trip_requests set auto_book_status = 'BOOKED',"
                " selected_offer_id = id where id = any (%s::uuid[])",
                [list(best)],
            )


def run_engine(
    dsn: str,
    trips: Sequence[Trip],
    market: FareMarket,
    *,
    budget: int,
    ticks: int,
) -> Outcome:
    """Play the trips against a fresh deployed database (superuser's DSN).

    `budget` is per tick and a multiple of ten: what the engine keeps to is per minute.
    """
    outcome = Outcome("Skylatch", budget)
    with psycopg.connect(dsn, autocommit=True) as sql:
        state_trips(sql, trips)
        sql.execute(
            "select engine.set_search_settings('simulation', %s)", [budget // 10]
        )
        rows = sql.execute(
            "select md5('trip' || n)::uuid::text, n from generate_series(0, %s) as n",
            [len(trips) - 1],
        )
        by_id = {trip_id: trips[number] for trip_id, number in rows}
        for tick in range(ticks):
            now = START + tick * TICK
            sql.execute("select engine.run_monitor('simulation', %s)", [now])
            answer(sql, by_id, market, outcome)
            # What autovacuum and the nightly purge would do.
            if tick % (DAY_TICKS // 4) == 0:
                sql.execute("select engine.purge_searches(10000, %s)", [now])
                sql.execute(f"vacuum analyze {_TABLES}".encode())
    return outcome
