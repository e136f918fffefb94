"""What holds for all trips of one traveller together, decided one trip at a time.

Spending limits, and that nobody is booked on two flights at once. Races are two
connections of which one is seen waiting.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import in_days
from tests.sql import test_protocol
from tests.sql.test_protocol import Connection, Row, Stage, Trip, answer, offer

stage = test_protocol.stage


def another_trip(stage: Stage, first: Trip, *, day: int, **columns: object) -> Trip:
    """State another trip of the same traveller, for the same passenger."""
    row = stage.row(
        "select t.payment_method_id, p.traveler_profile_id"
        " from public.trip_requests as t join public.trip_passengers as p"
        " on p.trip_request_id = t.id where t.id = %s",
        first.trip_id,
    )
    wishes: Row = {
        "origins": ["LHR"],
        "destinations": ["JFK"],
        "departure_from": in_days(day),
        "max_price": Decimal(500),
        "currency": "GBP",
        "passengers": [row["traveler_profile_id"]],
        "payment_method_id": row["payment_method_id"],
        "auto_book_enabled": True,
        "consent_text_version": "2026-11",
        "user_id": first.user_id,
        **columns,
    }
    named = ", ".join(f"p_{name} => %s" for name in wishes)
    found = stage.row(
        f"select public.create_trip_request({named}) as id", *wishes.values()
    )
    return Trip(first.user_id, found["id"])


def limit(stage: Stage, trip: Trip, amount: int, period: str = "total") -> None:
    """Let the traveller of a trip spend so many pounds."""
    stage.rows(
        "insert into public.spending_limits (user_id, currency, period, amount)"
        " values (%s, 'GBP', %s, %s) on conflict (user_id, currency, period)"
        " do update set amount = excluded.amount",
        trip.user_id,
        period,
        amount,
    )


def slices(*times: tuple[str, str, str, str]) -> list[Row]:
    """Return slices of one segment each: origin, destination, leaves, lands."""
    return [
        {
            "segments": [
                {
                    "origin": {"iata_code": origin},
                    "destination": {"iata_code": destination},
                    "departing_at": leaves,
                    "arriving_at": lands,
                    "marketing_carrier": {"iata_code": "BA"},
                    "marketing_carrier_flight_number": "117",
                    "passengers": [{"passenger_id": "pas_1"}],
                }
            ]
        }
        for origin, destination, leaves, lands in times
    ]


def search_again(stage: Stage) -> dict[UUID, Row]:
    """Search for every pending trip; return the claimed searches by trip."""
    stage.rows("update public.trip_requests set next_search_at = now()")
    stage.rows("update engine.trip_searches set next_look_at = now()")
    stage.tick()
    return {
        call["trip_request_id"]: call
        for call in stage.claim()
        if call["operation"] == "search"
    }


def found(call: Row, day: int, *flights: Row, price: str = "100.00") -> Row:
    """Return the answer to a search: one offer on that day, or with these slices."""
    one = offer(f"off_{call['call_id']}", price)
    for segment in one["slices"][0]["segments"]:
        segment["departing_at"] = f"{in_days(day)}T10:00:00"
        segment["arriving_at"] = f"{in_days(day)}T13:05:00"
    # A place for everybody who was asked for.
    one["passengers"] = [
        {"id": f"pas_{place}", "type": asked.get("type"), "age": asked.get("age")}
        for place, asked in enumerate(call["request"]["passengers"], 1)
    ]
    for segment in one["slices"][0]["segments"]:
        segment["passengers"] = [
            {**segment["passengers"][0], "passenger_id": place["id"]}
            for place in one["passengers"]
        ]
    if flights:
        one["slices"] = list(flights)
    return answer(
        call, 201, {"offer_request": {"id": f"orq_{call['call_id']}"}, "offers": [one]}
    )


def reason(stage: Stage, trip: Trip) -> str:
    """Return what the traveller reads on the trip."""
    row = stage.row(
        "select status_reason from public.trip_requests where id = %s", trip.trip_id
    )
    return str(row["status_reason"])


# -- spending limits -----------------------------------------------------------------


@pytest.mark.parametrize("period", ["day", "month", "total"])
def test_a_trip_that_would_pass_a_limit_waits_with_its_reason(
    stage: Stage, period: str
) -> None:
    """To the penny, and without an attempt; a higher limit frees it."""
    first = stage.trip()
    limit(stage, first, 199, period)
    stage.book(first)
    second = another_trip(stage, first, day=60)
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 60)) == []
    assert stage.status(second) == "PENDING"
    assert "over your limit of 199.00 GBP" in reason(stage, second)
    assert "100.00 GBP is spent" in reason(stage, second)
    assert (
        stage.rows(
            "select from public.booking_attempts where trip_request_id = %s",
            second.trip_id,
        )
        == []
    )
    limit(stage, first, 200, period)
    call = search_again(stage)[second.trip_id]
    (following,) = stage.finish(found(call, 60))
    assert following["operation"] == "get_offer"
    assert stage.status(second) == "BOOKING"


def test_who_asks_to_book_over_a_limit_is_told_why(stage: Stage) -> None:
    """An error of its own, with the sentence as its hint, and nothing begun."""
    trip = stage.trip(auto_book_enabled=True)
    limit(stage, trip, 99)
    call = search_again(stage)[trip.trip_id]
    assert stage.finish(found(call, 40)) == []
    with pytest.raises(psycopg.Error, match="spending limit") as refused:
        stage.rows("select public.auto_book_production(%s)", trip.trip_id)
    assert refused.value.sqlstate == "SK109"
    assert "over your limit of 99.00 GBP" in str(refused.value.diag.message_hint)
    assert stage.status(trip) == "PENDING"


@pytest.mark.parametrize("period", ["day", "month"])
def test_what_was_spent_before_the_period_does_not_count(
    stage: Stage, period: str
) -> None:
    """A day and a month begin anew; the total never does."""
    first = stage.trip()
    limit(stage, first, 150, period)
    stage.book(first)
    stage.rows(
        "update public.booking_attempts"
        " set ended_at = date_trunc(%s, now() at time zone 'UTC') at time zone 'UTC'"
        " - interval '1 second'",
        period,
    )
    second = another_trip(stage, first, day=60)
    call = search_again(stage)[second.trip_id]
    assert len(stage.finish(found(call, 60))) == 1


def test_what_was_returned_may_be_spent_again(stage: Stage) -> None:
    """And what a failed attempt would have cost was never spent."""
    first = stage.trip()
    limit(stage, first, 150)
    stage.book(first)
    spent = "select engine.spending_problem(%s, 'GBP', %s, now()) is not null as over"
    assert stage.row(spent, first.user_id, 51)["over"]
    stage.rows(
        "update public.booking_attempts set refund_amount = 40, refunded_at = now()"
    )
    assert not stage.row(spent, first.user_id, 90)["over"]
    assert stage.row(spent, first.user_id, 91)["over"]
    stage.rows(
        "update public.booking_attempts set status = 'FAILED', error_message = 'x'"
    )
    assert not stage.row(spent, first.user_id, 150)["over"]
    assert stage.row(spent, first.user_id, 151)["over"]


def test_another_currency_has_a_limit_of_its_own(stage: Stage) -> None:
    """A limit in dollars says nothing of pounds."""
    trip = stage.trip()
    stage.rows(
        "insert into public.spending_limits values (%s, 'USD', 'total', 1)",
        trip.user_id,
    )
    stage.book(trip)


def race(stage: Stage, trips: list[Trip], reports: list[Row]) -> None:
    """Decide on two trips at once: the second is seen waiting for the first."""
    with stage.connect("skylatch_sidecar", autocommit=False) as first:
        stage.finish(reports[0], connection=first)

        def decide(connection: Connection) -> Any:
            return stage.finish(reports[1], connection=connection)

        waiting = stage.start_waiting(decide)
        first.commit()
        assert waiting.result(timeout=30) == []
    assert stage.status(trips[0]) == "BOOKING"
    assert stage.status(trips[1]) == "PENDING"


def test_two_trips_that_race_for_one_limit_are_decided_one_after_the_other(
    stage: Stage,
) -> None:
    """There is money for one of them: the other waits, sees it taken, and says so."""
    first = stage.trip()
    second = another_trip(stage, first, day=60)
    limit(stage, first, 150)
    calls = search_again(stage)
    race(
        stage,
        [first, second],
        [found(calls[first.trip_id], 40), found(calls[second.trip_id], 60)],
    )
    assert "over your limit of 150.00 GBP" in reason(stage, second)


def test_a_limit_that_is_being_lowered_is_waited_for(stage: Stage) -> None:
    """What begins after the traveller's change was committed has seen it."""
    trip = stage.trip()
    limit(stage, trip, 150)
    call = search_again(stage)[trip.trip_id]
    with stage.connect("postgres", autocommit=False) as traveller:
        traveller.execute("update public.spending_limits set amount = 50")
        waiting = stage.start_waiting(
            lambda connection: stage.finish(found(call, 40), connection=connection)
        )
        traveller.commit()
        assert waiting.result(timeout=30) == []
    assert "over your limit of 50.00 GBP" in reason(stage, trip)


def test_a_limit_lowered_in_mid_saga_stops_the_order(stage: Stage) -> None:
    """The final check before the order sees it, and the hold is released."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    limit(stage, trip, 99)
    assert stage.mark_sent(call) == "the spending limit was reached"
    attempt = stage.attempt(trip)
    assert attempt["state"] == "VOIDING"
    assert "the spending limit was reached" in attempt["error_message"]


def test_a_fare_that_rises_over_the_limit_in_mid_saga_is_not_ordered(
    stage: Stage,
) -> None:
    """The intent fitted; the live price, still below the trip's cap, does not."""
    trip = stage.trip()
    limit(stage, trip, 110)
    call = stage.drive(trip, "get_offer")
    attempt = stage.attempt(trip)
    (call,) = stage.finish(
        answer(call, 200, {"data": offer(attempt["offer_id"], "120.00")})
    )
    dear = {"amount": 12000}
    while call["operation"] != "create_order":
        report = stage.good_answer(call)
        report["body"] |= dear
        (call,) = stage.finish(report)
    assert stage.mark_sent(call) == "the spending limit was reached"


def test_a_traveller_keeps_their_own_limits_and_nobody_elses(stage: Stage) -> None:
    """Set, raised and removed by PostgREST's role, within the rows of one's own."""
    mine, other = stage.trip(), stage.trip()
    limit(stage, other, 10)
    with stage.connect("authenticator", autocommit=False) as connection:
        connection.execute("set role authenticated")
        connection.execute(
            "select set_config('request.jwt.claims',"
            " json_build_object('sub', %s::text, 'role', 'authenticated')::text,"
            " false)",
            [mine.user_id],
        )
        connection.execute(
            "insert into public.spending_limits (currency, period, amount)"
            " values ('GBP', 'day', 5)"
        )
        connection.execute("update public.spending_limits set amount = 6")
        rows = connection.execute("select * from public.spending_limits").fetchall()
        assert [(row["user_id"], row["amount"]) for row in rows] == [(mine.user_id, 6)]
        removed = connection.execute(
            "select public.remove_spending_limit('GBP', 'day') as done"
        ).fetchone()
        assert removed == {"done": True}
        assert connection.execute("select from public.spending_limits").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "insert into public.spending_limits values (%s, 'GBP', 'day', 5)",
                [other.user_id],
            )


# -- one passenger, two flights ------------------------------------------------------


def test_a_passenger_already_booked_at_that_time_is_not_booked_again(
    stage: Stage,
) -> None:
    """The trip waits with the other booking's reference, and no attempt is made."""
    first = stage.trip()
    stage.book(first)
    second = another_trip(stage, first, day=40, destinations=["BOS"])
    call = search_again(stage)[second.trip_id]
    at = f"{in_days(40)}T12:00:00", f"{in_days(40)}T14:00:00"
    assert stage.finish(found(call, 40, *slices(("LHR", "BOS", *at)))) == []
    assert stage.status(second) == "PENDING"
    assert reason(stage, second).endswith(
        "on another flight of yours at that time: ABC123."
    )
    with pytest.raises(psycopg.Error, match="another flight") as refused:
        stage.rows("select public.auto_book_production(%s)", second.trip_id)
    assert refused.value.sqlstate == "SK110"
    assert (
        stage.rows(
            "select from public.booking_attempts where trip_request_id = %s",
            second.trip_id,
        )
        == []
    )


def test_a_cancelled_booking_stands_in_nobodys_way(stage: Stage) -> None:
    """Its seat was given back."""
    first = stage.trip()
    stage.book(first)
    stage.rows(
        "update public.flight_bookings set status = 'CANCELLED', cancelled_at = now()"
    )
    second = another_trip(stage, first, day=40)
    call = search_again(stage)[second.trip_id]
    assert len(stage.finish(found(call, 40))) == 1


def test_two_trips_that_race_for_one_passenger_make_one_attempt(stage: Stage) -> None:
    """An attempt in flight is in the way as the booking it may become."""
    first = stage.trip()
    second = another_trip(stage, first, day=40)
    calls = search_again(stage)
    race(
        stage,
        [first, second],
        [found(calls[trip.trip_id], 40) for trip in (first, second)],
    )
    assert reason(stage, second).endswith("at that time: a booking in flight.")


def test_another_passenger_may_fly_at_the_same_time(stage: Stage) -> None:
    """It is the person who cannot be in two places, not the account."""
    first = stage.trip()
    stage.book(first)
    stage.rows(
        "insert into public.traveler_profiles (user_id, id, given_name, family_name,"
        " title, gender, born_on, email, phone_number)"
        " select user_id, gen_random_uuid(), 'Fred', family_name, 'mr', 'm', born_on,"
        " email, phone_number from public.traveler_profiles"
    )
    fred = stage.row(
        "select id from public.traveler_profiles where given_name = 'Fred'"
    )["id"]
    second = another_trip(stage, first, day=40, passengers=[fred])
    call = search_again(stage)[second.trip_id]
    assert len(stage.finish(found(call, 40))) == 1


# LHR is at UTC+0 then, JFK at UTC-5 (from 14 March -4): what the other flight is, and
# whether one person can take it beside LHR 10:00 - JFK 13:05 (18:05 in London) and, a
# week later, JFK 18:00 - LHR 06:00.
BESIDE = {
    "lands as it leaves": (("CDG", "LHR", "T09:00:00", "T09:30:00"), "10", True),
    "leaves in the air": (("LHR", "CDG", "T17:00:00", "T19:00:00"), "10", False),
    "leaves by local time before, in truth after": (
        ("JFK", "BOS", "T13:30:00", "T14:30:00"),
        "10",
        True,
    ),
    "leaves by local time after, in truth before": (
        ("LHR", "CDG", "T13:30:00", "T15:30:00"),
        "10",
        False,
    ),
    "during the stay": (("JFK", "BOS", "T10:00:00", "T11:00:00"), "13", True),
    "on the way back": (("JFK", "BOS", "T17:30:00", "T19:00:00"), "17", False),
    "the whole of it around": (("LHR", "JFK", "T09:00:00", "T13:30:00"), "10", False),
}


@pytest.mark.parametrize("case", BESIDE)
def test_only_the_time_in_the_air_is_taken(stage: Stage, case: str) -> None:
    """Per slice and in real time: the stay is free, and clocks differ by airport."""
    (origin, destination, leaves, lands), day, fits = BESIDE[case]
    there_and_back = [
        ("LHR", "JFK", "2027-03-10T10:00:00", "2027-03-10T13:05:00"),
        ("JFK", "LHR", "2027-03-17T18:00:00", "2027-03-18T06:00:00"),
    ]
    times = "select * from engine.flight_times(%s::jsonb)"
    overlap = stage.row(
        f"select exists (select from ({times}) as a (during) join ({times})"
        " as b (during) on a.during && b.during) as overlap",
        itinerary(*there_and_back),
        itinerary(
            (origin, destination, f"2027-03-{day}{leaves}", f"2027-03-{day}{lands}")
        ),
    )["overlap"]
    assert overlap is not fits


def itinerary(*flights: tuple[str, str, str, str]) -> str:
    """Return an itinerary as flight_offers keeps it."""
    return json.dumps(
        [
            {
                "origin": origin,
                "destination": destination,
                "segments": [{"departing_at": leaves, "arriving_at": lands}],
            }
            for origin, destination, leaves, lands in flights
        ]
    )
