"""Trips as seen by the decision to wait: their lines of fare history, and two offers.

Written straight into the tables, so that a past is exactly what a test says it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[Any]
Row = dict[str, Any]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


def allow_the_past(sql: Connection) -> None:
    """Let trips be stated whose dates are over."""
    sql.execute("alter table public.trip_requests disable trigger trip_requests_check")


@dataclass(frozen=True, slots=True)
class Watch:
    """A trip from London that is searched for."""

    sql: Connection
    user_id: UUID
    trip_id: UUID
    destination: str
    departure: date

    @classmethod
    def begin(
        cls,
        sql: Connection,
        user_id: UUID,
        departure: date,
        *,
        destination: str = "JFK",
        cap: Decimal = Decimal(500),
        decide_by: date | None = None,
    ) -> Watch:
        """State the trip; needs `allow_the_past`."""
        watch = cls(sql, user_id, uuid4(), destination, departure)
        sql.execute(
            "insert into public.trip_requests (user_id, id, origins, destinations,"
            " departure_from, departure_to, max_price, currency, search_round,"
            " decide_by)"
            " values (%s, %s, '{LHR}', array[%s], %s, %s, %s, 'GBP', 1, %s)",
            [user_id, watch.trip_id, destination, departure, departure, cap, decide_by],
        )
        return watch

    def look(
        self,
        fares: Sequence[Decimal | float | str],
        start: datetime,
        *,
        step: timedelta = DAY,
        currency: str = "GBP",
    ) -> None:
        """Write a line of history for each fare, `step` apart."""
        with self.sql.cursor() as cursor:
            cursor.executemany(
                "insert into public.fare_history (user_id, trip_request_id,"
                " search_round, searched_at, origin, destination, departure_date,"
                " offers, currency, cheapest)"
                " values (%s, %s, 1, %s, 'LHR', %s, %s, 2, %s, round(%s, 2))",
                [
                    (
                        self.user_id,
                        self.trip_id,
                        start + number * step,
                        self.destination,
                        self.departure,
                        currency,
                        Decimal(fare),
                    )
                    for number, fare in enumerate(fares)
                ],
            )

    def put_offers(self, count: int = 2) -> UUID:
        """Store equal offers of the round at hand; return the first."""
        itinerary = (
            f'[{{"origin": "LHR", "destination": "{self.destination}", "segments":'
            f' [{{"departing_at": "{self.departure}T10:00:00"}}]}}]'
        )
        ids = [uuid4() for _ in range(count)]
        for rank, one in enumerate(ids, start=1):
            self.sql.execute(
                "insert into public.flight_offers (user_id, id, trip_request_id,"
                " search_round, offer_id, offer_request_id, passengers, price_amount,"
                " price_currency, expires_at, airline, duration, longest_slice,"
                " connections, most_connections, technical_stops, departs_at,"
                " arrives_at, carry_on_bags, checked_bags, documents_required,"
                " itinerary, rank, score) values (%s, %s, %s, 1, %s, 'orq_1', '[]', 1,"
                " 'GBP', 'infinity', 'BA', '8 h', '8 h', 0, 0, 0, %s::date,"
                " %s::date + 1, 1, 1, false, %s, %s, 0.5)",
                [
                    self.user_id,
                    one,
                    self.trip_id,
                    f"off_{one.hex}",
                    self.departure,
                    self.departure,
                    itinerary,
                    rank,
                ],
            )
        return ids[0]

    def decide(self, offer_id: UUID, fare: Decimal, now: datetime) -> Row:
        """Ask whether to buy at `fare` or wait."""
        self.sql.execute(
            "update public.flight_offers set price_amount = %s"
            " where user_id = %s and trip_request_id = %s",
            [fare, self.user_id, self.trip_id],
        )
        with self.sql.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                "select d.* from public.trip_requests as t"
                " cross join lateral engine.buy_or_wait(t, %s, %s) as d"
                " where t.user_id = %s and t.id = %s",
                [offer_id, now, self.user_id, self.trip_id],
            ).fetchone()
        assert row is not None
        return row
