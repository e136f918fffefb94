"""A traveller, a trip and both providers, played by the test in one transaction.

What the sidecar would do is done through its own functions: claim, ask for leave to
send, report. So an offer goes the whole real way: searched, read live, paid, ordered.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Json, Jsonb

from tests.factories import FLAGS, in_days
from tests.flagdata import expand
from tests.sql.offers import JFK, LHR, flight, offer, place, segment
from tests.sql.offers import Json as Offer
from tests.sql.test_protocol import answer, intent, letters

Row = dict[str, Any]
Places = list[Row]
Change = Callable[[Offer], None]
OUT, BACK = 40, 50  # days from today
ADULT: Row = {"type": "adult", "age": None}
EWR = place("EWR", "America/New_York")
BOS = place("BOS", "America/New_York")
LTN = place("LTN", "Europe/London")


class Agency:
    """One trip on its way; roll the connection back to be rid of it."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.sql = connection
        self.user_id = uuid4()
        self.trip_id: UUID
        self.profiles: list[UUID] = []
        self.run("select engine.sync_flags(%s, 'test')", Json(expand(FLAGS)))
        self.run("select engine.set_search_settings('test', 100000)")
        # No test here is about what one traveller may ask for.
        self.run(
            "select engine.set_traveller_limits('test', 10000, 10000, '0', 1000000,"
            " 1000000)"
        )

    def run(self, query: str, *args: object) -> list[Row]:
        """Run a query."""
        cursor = self.sql.execute(query.encode(), args)
        return cursor.fetchall() if cursor.description else []

    # -- the traveller -----------------------------------------------------------

    def state(self, *, born: list[date] | None = None, **wishes: object) -> None:
        """State a trip that books by itself, by default for one adult, one way."""
        card = uuid4()
        self.run("insert into auth.users (id) values (%s)", self.user_id)
        self.run(
            "insert into public.payment_methods (user_id, id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " values (%s, %s, 'cus_1', %s, 'visa', '4242', 12, 2034)",
            self.user_id,
            card,
            f"pm_{card.hex}",
        )
        for number, day in enumerate(born or [date(1987, 7, 24)]):
            (row,) = self.run(
                "insert into public.traveler_profiles (user_id, given_name,"
                " family_name, title, gender, born_on, email, phone_number) values"
                " (%s, %s, 'Earhart', 'ms', 'f', %s, 'a@example.com', '+442080160508')"
                " returning id",
                self.user_id,
                f"Amelia{'abcdefghi'[number]}",
                day,
            )
            self.profiles.append(row["id"])
        arguments: Row = {
            "origins": ["LHR"],
            "destinations": ["JFK"],
            "departure_from": in_days(OUT),
            "max_price": 500,
            "currency": "GBP",
            "passengers": self.profiles,
            "payment_method_id": card,
            "auto_book_enabled": True,
            "consent_text_version": "2026-11",
            "user_id": self.user_id,
            **wishes,
        }
        named = ", ".join(f"p_{name} => %s" for name in arguments)
        (row,) = self.run(
            f"select public.create_trip_request({named}) as id", *arguments.values()
        )
        self.trip_id = row["id"]

    def trip(self) -> Row:
        """Return the trip as it is."""
        (row,) = self.run(
            "select * from public.trip_requests where id = %s", self.trip_id
        )
        return row

    def attempts(self) -> list[Row]:
        """Return the trip's attempts, oldest first."""
        return self.run(
            "select * from public.booking_attempts where trip_request_id = %s"
            " order by attempt_no",
            self.trip_id,
        )

    def offers(self) -> dict[str, Row]:
        """Return the stored offers by their ids."""
        rows = self.run(
            "select * from public.flight_offers where trip_request_id = %s",
            self.trip_id,
        )
        return {row["offer_id"]: row for row in rows}

    def asked(self) -> set[str]:
        """Return every operation that was ever asked for."""
        rows = self.run(
            "select operation from engine.provider_calls where trip_request_id = %s",
            self.trip_id,
        )
        return {row["operation"] for row in rows}

    # -- the sidecar ---------------------------------------------------------------

    def finish(self, report: Row) -> Row | None:
        """Report an answer; return the call that is handed on, if any."""
        calls = self.run(
            "select * from engine.finish_calls('test', %s, true)", Jsonb([report])
        )
        return calls[0] if calls else None

    def ask(self) -> Row:
        """Search; return the call that waits for its answer."""
        self.run("select public.duffel_search(%s)", self.trip_id)
        (call,) = [
            c
            for c in self.run("select * from engine.claim_calls('test', 100, 100)")
            if c["trip_request_id"] == self.trip_id
        ]
        return call

    def search(self, *offers: Offer) -> Row | None:
        """Search, answer with these offers; return the call that follows."""
        return self.finish(answered(self.ask(), *offers))

    def order(self, call: Row, live: Offer) -> Row | None:
        """Answer the live read and the payment; return the claimed order, if any."""
        following = self.finish(answer(call, 200, {"data": live}))
        while following is not None and following["operation"] != "create_order":
            (attempt,) = [a for a in self.attempts() if a["status"] == "PENDING"]
            status = {
                "create_payment": "requires_confirmation",
                "confirm_payment": "requires_capture",
            }[following["operation"]]
            held = intent(letters(attempt["id"]), status)
            held["amount"] = int(attempt["agreed_amount"] * 100)
            following = self.finish(answer(following, 200, held))
        return following

    def mark_sent(self, call: Row) -> str | None:
        """Ask for leave to order; return why not."""
        (row,) = self.run(
            "select engine.mark_sent(%s, %s) as reason", call["call_id"], call["epoch"]
        )
        reason: str | None = row["reason"]
        return reason


def answered(call: Row, *offers: Offer) -> Row:
    """Return the report of a search that found these offers."""
    body = {"offer_request": {"id": f"orq_{letters(uuid4())}"}, "offers": list(offers)}
    return answer(call, 201, body)


def there(day: int = OUT, hour: int = 10, **other: Any) -> Offer:
    """Return the segment to New York, eight hours and five minutes."""
    return segment(
        LHR,
        JFK,
        f"{in_days(day)}T{hour:02}:00:00",
        f"{in_days(day)}T{hour + 3:02}:05:00",
        **other,
    )


def back(day: int = BACK) -> Offer:
    """Return the segment home, seven hours."""
    return segment(JFK, LHR, f"{in_days(day)}T08:00:00", f"{in_days(day)}T20:00:00")


def found(
    name: str = "a",
    *,
    slices: list[Offer] | None = None,
    passengers: list[Row] | None = None,
    **other: Any,
) -> Offer:
    """Return an offer of the day, by default one way for one adult."""
    expires = datetime.now(UTC) + timedelta(minutes=30)
    people = passengers or [{"id": "pas_1", "type": "adult", "age": None}]
    one = offer(
        f"off_{name}",
        slices=slices or flight(there(), duration=None),
        passengers=people,
        expires_at=expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **other,
    )
    one = copy.deepcopy(one)
    for slice_ in one["slices"]:
        for flown in slice_["segments"]:
            (seat,) = flown["passengers"][:1]
            flown["passengers"] = [{**seat, "passenger_id": p["id"]} for p in people]
    return one


def years_old(age: int, *, days: int = 100, on: int = OUT) -> date:
    """Return the birth date of who is this old on a day of the trip."""
    day = in_days(on)
    return day.replace(year=day.year - age, day=1) - timedelta(days=days)


def seats(places: Places) -> Places:
    """Return the places with ids of their own."""
    return [{"id": f"pas_{number}", **one} for number, one in enumerate(places, 1)]


def put(*path: str | int, to: Any) -> Change:
    """Return a change of one field to a value."""

    def apply(one: Json) -> None:
        target: Any = one
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return apply
