"""Many trips and offers made by SQL, and the plans of what runs inside functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import psycopg

Plan = dict[str, Any]
Connection = psycopg.Connection[Any]

# The tables that grow with travellers and time.
BIG = re.compile(
    r"trip_requests|trip_searches|provider_calls|flight_offers_(before|[0-9]{8})"
)
DUE = 40  # trips, whatever the size


def fill(connection: Connection, *, trips: int, offers: int) -> None:
    """Insert `trips` with two searches and two finished calls each,
    and `offers`, spread over them.

    The first 40 trips are due. A hundredth of the offers is active; half of the others
    are older than they are kept. Triggers and keys are off meanwhile: superuser only.
    """
    with connection.transaction():
        connection.execute(
            "select engine.add_offer_days(now() - d.days * interval '1 day')"
            " from unnest('{41, 4, 1}'::integer[]) as d (days)"
        )
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            "insert into auth.users (id) select md5('user' || n)::uuid"
            " from generate_series(1, %s) as n",
            [trips],
        )
        connection.execute(
            "insert into public.payment_methods (user_id, id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " select md5('user' || n)::uuid, md5('card' || n)::uuid, 'cus_' || n,"
            " 'pm_' || n, 'visa', '4242', 12, 2034 from generate_series(1, %s) as n",
            [trips],
        )
        connection.execute(
            """
            insert into public.trip_requests (
              user_id, id, origins, destinations, departure_from, departure_to,
              max_price, currency, auto_book_enabled, consent_at,
              consent_text_version, payment_method_id, next_search_at, search_round
            )
            select
              md5('user' || n)::uuid, md5('trip' || n)::uuid, '{LHR}', '{JFK}',
              current_date + 30, current_date + 31, 500, 'GBP', true, now(), '2026-11',
              md5('card' || n)::uuid,
              now() + case when n <= %(due)s then '-1 minute' else '1 hour' end
              ::interval, 1
            from generate_series(1, %(trips)s) as n
            """,
            {"due": DUE, "trips": trips},
        )
        connection.execute(
            """
            insert into public.trip_passengers
              (user_id, trip_request_id, traveler_profile_id)
            select md5('user' || n)::uuid, md5('trip' || n)::uuid, gen_random_uuid()
            from generate_series(1, %s) as n
            """,
            [trips],
        )
        connection.execute(
            """
            insert into engine.trip_searches (
              user_id, trip_request_id, ordinal, origin, destination, departure_date,
              search_key, next_look_at, over_at
            )
            select
              t.user_id, t.id, o.n, 'LHR', 'JFK', current_date + 29 + o.n,
              md5(t.id::text || o.n), t.next_search_at, current_date + 30 + o.n
            from public.trip_requests as t cross join generate_series(1, 2) as o (n)
            """
        )
        connection.execute(
            """
            insert into engine.provider_calls (
              user_id, trip_request_id, operation, idempotency_key, state, run_at,
              created_at, finished_at, verdict
            )
            select
              t.user_id, t.id, 'search', t.id || ':search:' || r.n, 'DONE', r.at, r.at,
              r.at, 'OK'
            from public.trip_requests as t
            cross join lateral (
              select o.n, now() - o.n * '20 days'::interval as at
              from generate_series(1, 2) as o (n)
            ) as r
            """
        )
        connection.execute(
            """
            insert into public.flight_offers (
              user_id, trip_request_id, search_round, offer_id, offer_request_id,
              passengers, price_amount, price_currency, expires_at, status, airline,
              duration, longest_slice, connections, most_connections, technical_stops,
              departs_at, arrives_at, carry_on_bags, checked_bags, documents_required,
              itinerary, day
            )
            select
              md5('user' || m)::uuid, md5('trip' || m)::uuid, 1, 'off_' || n,
              'orq_' || m, '[]', 100 + n %% 900, 'GBP',
              case
                when n %% 100 = 0 then now() + '20 minutes'
                when n %% 2 = 0 then now() - '1 day'::interval
                else now() - '40 days'::interval
              end,
              'ACTIVE',
              'BA', '8 hours', '8 hours', 0, 0, 0, now() + '30 days',
              now() + '30 days 8 hours', 1, 1, false, '[{}]',
              (now() at time zone 'UTC')::date - case
                when n %% 100 = 0 then 0 when n %% 2 = 0 then 1 else 40
              end
            from generate_series(1, %(offers)s) as n
            cross join lateral (select 1 + n %% %(trips)s as m) as t
            """,
            {"offers": offers, "trips": trips},
        )
    connection.execute("analyze")


def explained(connection: Connection, statement: str) -> list[Plan]:
    """Run `statement` and return the plans of it and of all that its functions ran.

    Everything it changed is rolled back.
    """
    said: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        said.append(notice.message_primary or "")

    connection.add_notice_handler(hear)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("load 'auto_explain'")
            for name, value in (
                ("log_min_duration", "0"),
                ("log_nested_statements", "on"),
                ("log_analyze", "on"),
                ("log_buffers", "on"),
                ("log_timing", "off"),
                ("log_format", "json"),
                ("log_level", "notice"),
            ):
                connection.execute(
                    "select set_config('auto_explain.' || %s, %s, true)", [name, value]
                )
            said.clear()
            connection.execute(statement.encode())
    finally:
        connection.remove_notice_handler(hear)
    plans = [text.partition("plan:\n")[2] for text in said if "plan:\n" in text]
    assert plans, "auto_explain said nothing"
    found = [json.loads(plan) for plan in plans]
    return [{**one["Plan"], "Query Text": one["Query Text"]} for one in found]


def nodes(plan: Plan) -> Iterator[Plan]:
    """Return every node of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def scanned(plans: list[Plan]) -> list[str]:
    """Return the big tables that are read from end to end, and by what."""
    return sorted(
        f"{node['Relation Name']}: {plan['Query Text']}"
        for plan in plans
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan"
        and BIG.fullmatch(node["Relation Name"])
        # A day without an offer has none.
        and buffers([node]) > 0
    )


def indexes(plans: list[Plan]) -> set[str]:
    """Return the indexes that are used."""
    return {
        node["Index Name"]
        for plan in plans
        for node in nodes(plan)
        if "Index Name" in node
    }


def buffers(plans: list[Plan]) -> int:
    """Return the 8 kB pages that the outermost statement touched, nested included."""
    return max(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
