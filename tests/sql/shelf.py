"""One trip and its offers, written straight into their tables.

A case is then exactly what it says, and needs no provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Json, Jsonb

from tests.factories import FLAGS, in_days
from tests.flagdata import expand

Row = dict[str, Any]
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer of one slice, as far as ranking looks at it."""

    name: str = "a"
    price: str = "100.00"
    currency: str = "GBP"
    minutes: int = 480
    connections: int = 0
    airline: str = "BA"
    departs: int = 9  # hours after the beginning of the trip's day
    carry_on: int = 1
    checked: int = 1
    documents: bool = False
    expires: timedelta = timedelta(minutes=30)
    status: str = "ACTIVE"
    search_round: int = 1
    # Minutes and connections of every slice; empty is one slice of the above.
    slices: tuple[tuple[int, int], ...] = ()
    # Other columns, by name.
    more: Row = field(default_factory=dict)

    @property
    def offer_id(self) -> str:
        """Return the provider's id."""
        return f"off_{self.name}"

    def parts(self) -> tuple[tuple[int, int], ...]:
        """Return minutes and connections per slice."""
        return self.slices or ((self.minutes, self.connections),)


class Shelf:
    """One trip and its offers."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.sql = connection
        self.user_id, self.trip_id, self.card_id = uuid4(), uuid4(), uuid4()
        self.run("insert into auth.users (id) values (%s)", self.user_id)
        # Limits of any size are wished for here; ceilings have tests of their own.
        self.run(
            "select engine.set_spending_ceiling(s, 'price', 999999999999, 'test')"
            " from unnest('{everybody, installation}'::text[]) as s"
        )
        self.run(
            "insert into public.payment_methods (user_id, id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " values (%s, %s, 'cus_1', %s, 'visa', '4242', 12, 2034)",
            self.user_id,
            self.card_id,
            f"pm_{self.card_id.hex}",
        )
        self.run(
            "insert into public.trip_requests (user_id, id, origins, destinations,"
            " departure_from, departure_to, max_price, currency, max_connections,"
            " max_duration, payment_method_id, auto_book_enabled, consent_text_version)"
            " values (%s, %s, '{LHR}', '{JFK}', current_date + 40, current_date + 40,"
            " 500, 'GBP', 2, '24 hours', %s, true, '2026-11')",
            self.user_id,
            self.trip_id,
            self.card_id,
        )
        (profile,) = self.run(
            "insert into public.traveler_profiles (user_id, given_name, family_name,"
            " title, gender, born_on, email, phone_number) values (%s, 'Amelia',"
            " 'Earhart', 'ms', 'f', '1987-07-24', 'a@example.com', '+442080160508')"
            " returning id",
            self.user_id,
        )
        self.run(
            "insert into public.trip_passengers"
            " (user_id, trip_request_id, traveler_profile_id) values (%s, %s, %s)",
            self.user_id,
            self.trip_id,
            profile["id"],
        )
        self.run("update public.trip_requests set search_round = 1")

    def run(self, query: str, *args: object) -> list[Row]:
        """Run a query."""
        cursor = self.sql.execute(query.encode(), args)
        return cursor.fetchall() if cursor.description else []

    def wish(self, **columns: object) -> None:
        """Change what the traveller wants."""
        if not columns:
            return
        names = ", ".join(f"{name} = %s" for name in columns)
        self.run(
            f"update public.trip_requests set {names} where id = %s",
            *columns.values(),
            self.trip_id,
        )
        # Another search supersedes what is on the shelf; here only the wish changes.
        self.run("update public.trip_requests set search_round = 1")

    def put(self, *offers: Offer) -> None:
        """Store offers."""
        for one in offers:
            parts = one.parts()
            days = [in_days(40), in_days(50)][: len(parts)]
            noons = [datetime.combine(day, time(12)) for day in days]
            ends = [["LHR", "JFK"], ["JFK", "LHR"]][: len(parts)]
            departs_at = noons[0].replace(tzinfo=UTC) + timedelta(
                hours=one.departs - 12
            )
            total = timedelta(minutes=sum(minutes for minutes, _ in parts))
            columns: Row = {
                "user_id": self.user_id,
                "trip_request_id": self.trip_id,
                "search_round": one.search_round,
                "offer_id": one.offer_id,
                "offer_request_id": "orq_1",
                "passengers": Jsonb([{"id": "pas_1", "type": "adult", "age": None}]),
                "asked_from": [origin for origin, _ in ends],
                "asked_to": [destination for _, destination in ends],
                "asked_on": days,
                "departs_local": noons,
                "price_amount": Decimal(one.price),
                "price_currency": one.currency,
                "expires_at": NOW + one.expires,
                "status": one.status,
                "airline": one.airline,
                "duration": total,
                "longest_slice": timedelta(minutes=max(m for m, _ in parts)),
                "connections": sum(connections for _, connections in parts),
                "most_connections": max(connections for _, connections in parts),
                "technical_stops": 0,
                "departs_at": departs_at,
                "arrives_at": departs_at + total,
                "carry_on_bags": one.carry_on,
                "checked_bags": one.checked,
                "documents_required": one.documents,
                "itinerary": Jsonb(
                    [{"origin": origin, "destination": to} for origin, to in ends]
                ),
                **one.more,
            }
            self.run(
                f"insert into public.flight_offers ({', '.join(columns)})"
                f" values ({', '.join(['%s'] * len(columns))})",
                *columns.values(),
            )

    def rate(
        self,
        base: str,
        quote: str,
        rate: str,
        age: timedelta = timedelta(minutes=1),
        *,
        source: str = "a test",
    ) -> None:
        """Record an exchange rate of some age; a second person confirms what waits."""
        self.feed(base, quote, rate, age, source=source)
        # Also what is too old to be used, which nobody has to decide on.
        for change in self.run(
            "select c.id from engine.exchange_rate_changes as c where c.action = 'HELD'"
            " and not exists (select from engine.exchange_rate_changes as o"
            " where o.confirms = c.id)"
        ):
            self.confirm(change["id"])

    def feed(
        self,
        base: str,
        quote: str,
        rate: str,
        age: timedelta = timedelta(minutes=1),
        *,
        source: str = "a test",
        login: str = "skylatch_feed",
    ) -> Row:
        """Record an exchange rate as a login of its own; return what became of it."""
        self.run(f"set session authorization {login}")
        (row,) = self.run(
            "select * from engine.set_exchange_rate(%s, %s, %s, %s, 'a list', %s)",
            base,
            quote,
            Decimal(rate),
            source,
            NOW - age,
        )
        self.run("reset session authorization")
        return row

    def confirm(self, *changes: int) -> int:
        """Put rates in force as the second person; return how many."""
        (row,) = self.run(
            "select engine.confirm_exchange_rates(%s, 'looked it up') as n",
            list(changes),
        )
        return int(row["n"])

    def explain(self) -> Row:
        """Return the explanation of the trip as it is."""
        (row,) = self.run("select public.explain_trip(%s) as story", self.trip_id)
        story: Row = row["story"]
        return story

    def rank(self) -> int:
        """Rank; return how many are eligible."""
        (row,) = self.run(
            "select engine.rank_trip(%s, %s, %s) as n", self.user_id, self.trip_id, NOW
        )
        return int(row["n"])

    def offers(self) -> list[Row]:
        """Return the offers of this trip, best first."""
        return self.run(
            "select * from public.flight_offers where trip_request_id = %s"
            " order by rank nulls last, offer_id",
            self.trip_id,
        )

    def order(self) -> list[str]:
        """Return the names of the eligible offers, best first."""
        return [
            row["offer_id"].removeprefix("off_")
            for row in self.offers()
            if row["rank"] is not None
        ]

    def ranked(self, *offers: Offer) -> list[str]:
        """Store, rank, return the order, and undo it."""
        with self.sql.transaction(force_rollback=True):
            self.put(*offers)
            self.rank()
            return self.order()

    def why_not(self, one: Offer) -> list[str]:
        """Return why one offer alone is not eligible; empty when it is."""
        with self.sql.transaction(force_rollback=True):
            self.put(one)
            eligible = self.rank()
            (row,) = self.offers()
        reasons: list[str] = row["ineligible"]
        assert (row["rank"] == 1) == (eligible == 1) == (reasons == [])
        return reasons

    def decide(self) -> None:
        """Decide what becomes of the trip."""
        self.run(
            "select engine.decide_trip(%s, %s, 'test', %s)",
            self.user_id,
            self.trip_id,
            NOW,
        )

    def book(self, *, rank: bool = True) -> UUID:
        """Book the best offer, ranked anew or not; return the offer that was chosen."""
        self.run("select engine.sync_flags(%s, 'test')", Json(expand(FLAGS)))
        # It is NOW, however long ago this run of the tests began.
        self.run("update engine.flag_sync set heartbeat_at = %s", NOW)
        if rank:
            self.rank()
        self.run(
            "select engine.begin_attempt(t, (select o.id from public.flight_offers as o"
            " where o.trip_request_id = t.id and o.search_round = t.search_round"
            " and o.status = 'ACTIVE' and o.rank = 1), 'test', %s)"
            " from public.trip_requests as t where t.id = %s",
            NOW,
            self.trip_id,
        )
        (row,) = self.run(
            "select flight_offer_id from public.booking_attempts"
            " where trip_request_id = %s",
            self.trip_id,
        )
        chosen: UUID = row["flight_offer_id"]
        return chosen
