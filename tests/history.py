"""A long past, made of one booking: copied with SQL, as many times as wanted.

Every copy has a traveller, trip, offer, attempt, booking, calls and events of its own
and points at them; it ended before today.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

_TABLES = {
    "public.trip_requests": {},
    "public.flight_offers": {"offer_id": "'off_' || n"},
    "public.booking_attempts": {
        "offer_id": "'off_' || n",
        "order_id": "'ord_' || n",
        "payment_intent_id": "'pi_' || n",
        "idempotency_key": "md5('trip_request' || n)::uuid || ':1'",
    },
    "public.flight_bookings": {
        "offer_id": "'off_' || n",
        "order_id": "'ord_' || n",
        "payment_intent_id": "'pi_' || n",
    },
    "engine.provider_calls": {
        "idempotency_key": "replace(t.idempotency_key, coalesce("
        "t.booking_attempt_id, t.trip_request_id)::text, case when"
        " t.booking_attempt_id is null then md5('trip_request' || n)"
        " else md5('booking_attempt' || n) end::uuid::text)",
        "lease_until": "null",
    },
    "engine.booking_events": {},
}
# What a column of ids names, and so from what its copies are made.
_IDS = {
    ("public.trip_requests", "id"): "trip_request",
    ("public.flight_offers", "id"): "flight_offer",
    ("public.booking_attempts", "id"): "booking_attempt",
    ("public.flight_bookings", "id"): "flight_booking",
}
_NAMES = ("trip_request", "flight_offer", "booking_attempt", "payment_method", "user")


def copy_booking(connection: psycopg.Connection[Any], trip_id: object, n: int) -> None:
    """Copy all rows of a booked trip `n` times, as superuser; then analyze."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        for table, special in _TABLES.items():
            columns = (
                connection.cursor(row_factory=tuple_row)
                .execute(
                    "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                    " where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                    " and attidentity = '' order by attnum",
                    [table],
                )
                .fetchall()
            )
            values = [
                special.get(name) or _copied(table, name, kind)
                for name, kind in columns
            ]
            named = ", ".join(name for name, _ in columns)
            key = "id" if table == "public.trip_requests" else "trip_request_id"
            connection.execute(
                f"insert into {table} ({named}) select {', '.join(values)}"
                f" from generate_series(1, {n}) as n"
                f" cross join (select * from {table} where {key} = '{trip_id}'"
                ") as t order by n, t.id".encode()
            )
        # What a trigger does, which was off.
        connection.execute("delete from engine.spent_parts")
        connection.execute("delete from engine.spent_days")
        connection.execute(
            "insert into engine.spent_days (day, currency, amount)"
            " select (ended_at at time zone 'UTC')::date, currency, sum(agreed_amount)"
            " - coalesce(sum(refund_amount) filter (where refunded_at is not null), 0)"
            " from public.booking_attempts where status = 'SUCCESS' group by 1, 2"
        )
    for table in _TABLES:
        connection.execute(f"vacuum (analyze) {table}".encode())


def _copied(table: str, name: str, kind: str) -> str:
    if kind == "timestamp with time zone":
        return f"t.{name} - interval '1 day' - n * interval '1 second'"
    what = _IDS.get((table, name)) or name.removesuffix("_id")
    if kind == "uuid" and (what in _NAMES or (table, name) in _IDS):
        return f"case when t.{name} is not null then md5('{what}' || n)::uuid end"
    return f"t.{name}"
