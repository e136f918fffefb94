"""Airlines act without a word: bookings with a flight ahead are read again and again.

No event tells of anything here. The oracle is the sandbox's own truth.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.bench.plans import explained, indexes, nodes
from tests.e2e.cases import book, kinds, queue, scan
from tests.factories import World, until
from tests.history import copy_booking

DUE = "update public.flight_bookings set next_look_at = now() - interval '1 minute'"
LOOK = "select engine.read_bookings(now())"
A_MINUTE = 20


def ordered(world: World, trip: UUID) -> str:
    """Return the order of a booked trip."""
    (order,) = world.orders(trip)
    return str(order["id"])


def read_again(world: World) -> None:
    """Let every booking be due, and the minute's recovery come."""
    world.rows(DUE)
    with world.working():
        world.rows("select engine.recover()")
        until(world.at_rest)


def crowd(world: World, n: int) -> None:
    """Make many bookings of one, with the offer that was booked and no other."""
    trip = book(world)
    world.rows("delete from public.flight_offers where status <> 'BOOKED'")
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        copy_booking(connection, trip, n)


def heard(world: World) -> Any:
    """Return how many events tell of what an airline did."""
    return world.value(
        "select count(*) from engine.provider_events"
        " where type ~ 'order_cancellation|changed|airline_initiated'"
    )


def test_a_booking_that_is_cancelled_without_a_word_is_noticed(world: World) -> None:
    """As after an event: the traveller is told, a person decides about the money."""
    trip = book(world)
    world.flights.airline_cancels(ordered(world, trip))
    # Whatever else is off, what was booked is watched.
    world.rows("select engine.set_kill_switch(true, 'a test')")
    read_again(world)
    assert heard(world) == 0
    assert kinds(world) == ["AIRLINE_CANCELLATION"]
    assert world.status(trip) == "ACTION_REQUIRED"
    booking = world.row("select * from public.flight_bookings")
    assert booking["status"] == "CANCELLED"
    assert "airline cancelled" in booking["attention"]
    assert world.intents(trip)[0]["refunded"] == 0
    assert world.value(LOOK) == 0


def test_a_flight_that_is_moved_without_a_word_is_noticed(world: World) -> None:
    """A case for a person, once."""
    trip = book(world)
    change = world.flights.airline_moves(ordered(world, trip), 90, silent=True)
    read_again(world)
    read_again(world)
    assert heard(world) == 0
    assert queue(world, "AIRLINE_CHANGE")["object_id"] == change
    booking = world.row("select * from public.flight_bookings")
    assert (booking["status"], world.status(trip)) == ("CONFIRMED", "BOOKED")
    assert "changed" in booking["attention"]


@pytest.mark.parametrize("act", ["cancels", "moves"])
def test_a_scan_acts_on_what_an_airline_did_to_our_booking(
    world: World, act: str
) -> None:
    """The list of orders says it too; it is not read to be forgotten."""
    trip = book(world)
    if act == "cancels":
        world.flights.airline_cancels(ordered(world, trip))
    else:
        world.flights.airline_moves(ordered(world, trip), 90, silent=True)
    scan(world)
    scan(world)
    assert kinds(world) == [
        "AIRLINE_CANCELLATION" if act == "cancels" else "AIRLINE_CHANGE"
    ]
    assert world.value("select attention from public.flight_bookings") is not None


def test_a_read_without_news_leaves_no_trace_in_the_history(world: World) -> None:
    """Ninety reads of a booking tell its traveller nothing."""
    trip = book(world)
    before = world.value("select count(*) from engine.booking_events")
    read_again(world)
    assert world.value(
        "select count(*) from engine.provider_calls"
        " where operation = 'look_order' and state = 'DONE'"
        " and booking_attempt_id = %s",
        world.attempt(trip)["id"],
    )
    assert world.value("select count(*) from engine.booking_events") == before


@pytest.mark.parametrize(
    ("days", "hours"),
    [(300, 168), (98, 168), (28, 48), (14, 24), (1, 24 / 14), (0.5, 1), (0.01, 1)],
)
def test_reads_come_closer_together_towards_departure(
    world: World, days: float, hours: float
) -> None:
    """Weekly, daily, hourly: never later than that, and a fifth sooner at most."""
    ahead = timedelta(days=days)
    longest = timedelta(hours=hours)
    found = world.value("select engine.booking_read_interval(%s)", ahead)
    assert abs(found - longest) < timedelta(seconds=1)
    book(world)
    world.rows(
        "update public.booking_attempts as o set itinerary = jsonb_build_array("
        "jsonb_set(o.itinerary -> 0, '{segments,0,departing_at}', to_jsonb("
        "to_char((now() + %s::interval) at time zone a.time_zone,"
        " 'YYYY-MM-DD\"T\"HH24:MI:SS'))))"
        " from engine.airports as a"
        " where a.iata = o.itinerary #>> '{0,segments,0,origin}'"
        " and o.status = 'SUCCESS'",
        ahead,
    )
    # The arrival may now come first: a range begins with what is sooner.
    world.rows(
        "update public.booking_attempts set itinerary = jsonb_set(itinerary,"
        " '{0,segments,-1,arriving_at}', '\"2100-01-01T00:00:00\"')"
        " where status = 'SUCCESS'"
    )
    world.rows(DUE)
    assert world.value(LOOK) == 1
    wait = world.value("select next_look_at - now() from public.flight_bookings")
    slack = timedelta(minutes=1)
    assert longest * 0.8 - slack < wait <= longest + slack


def test_a_booking_is_watched_until_its_last_departure(world: World) -> None:
    """The way back may be cancelled while the traveller is away; then it is over."""
    book(world)
    there = "jsonb_set(%s, '{segments,0,departing_at}', '\"2020-01-01T10:00:00\"')"
    world.rows(
        "update public.booking_attempts set itinerary = jsonb_build_array("
        + there % "itinerary -> 0"
        + ", itinerary -> 0) where status = 'SUCCESS'"
    )
    world.rows(DUE)
    assert world.value(LOOK) == 1
    world.rows(
        "update public.booking_attempts set itinerary = itinerary - 1"
        " where status = 'SUCCESS'"
    )
    world.rows(DUE)
    assert world.value(LOOK) == 0
    assert world.row("select next_look_at from public.flight_bookings") == {
        "next_look_at": None
    }


def test_bookings_are_read_a_few_a_minute_and_never_all_at_once(world: World) -> None:
    """Searches and bookings wait for nobody; a thousand made together are spread."""
    crowd(world, 300)
    world.rows(DUE)
    assert world.value(LOOK) == A_MINUTE
    assert (
        world.value(
            "select count(distinct run_at) from engine.provider_calls"
            " where state = 'READY' and run_at < now() + interval '1 minute'"
        )
        == A_MINUTE
    )
    # What still waits counts: nothing piles up while Duffel does not answer.
    assert world.value(LOOK) == 0
    world.rows("update engine.provider_calls set state = 'DONE', finished_at = now()")
    assert world.value(LOOK) == A_MINUTE
    looks = world.rows(
        "select next_look_at from public.flight_bookings where next_look_at > now()"
    )
    assert len(looks) == len({row["next_look_at"] for row in looks}) == 2 * A_MINUTE


def test_bookings_that_nobody_reads_are_an_alert(world: World) -> None:
    """Whatever the reason."""
    book(world)
    alert = "select kind from engine.open_alerts() where kind = 'BOOKINGS_UNREAD'"
    assert world.rows(alert) == []
    world.rows(
        "update public.flight_bookings set next_look_at = now() - interval '7 hours'"
    )
    assert world.rows(alert)
    world.rows(LOOK)
    assert world.rows(alert) == []


def test_a_traveller_who_holds_a_trip_holds_up_nobodys_reads(world: World) -> None:
    """The others are read; this one in a later minute."""
    first, second = book(world), book(world)
    world.rows(DUE)
    # To wait at all is wrong: an error instead of a test that hangs.
    world.rows("set lock_timeout = '1s'")
    with psycopg.connect(world.dsn) as holder:
        holder.execute(
            "select from public.trip_requests where id = %s for update", [first]
        )
        assert world.value(LOOK) == 1
    asked = "select trip_request_id from engine.provider_calls where object_id = %s"
    assert world.value(asked, ordered(world, second)) == second
    assert world.value(LOOK) == 1


def test_due_bookings_are_found_by_their_index(world: World) -> None:
    """However many there are: no booking is read that is not due."""
    crowd(world, 5_000)
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "update public.flight_bookings set next_look_at = now() + interval '1 day'"
        )
        connection.execute(
            "update public.flight_bookings set next_look_at = now()"
            " where order_id in ('ord_1', 'ord_2', 'ord_3')"
        )
        connection.execute("vacuum analyze public.flight_bookings")
        explained(connection, LOOK)
        connection.execute(DUE + " where order_id in ('ord_4', 'ord_5')")
        connection.execute(
            "update engine.provider_calls set state = 'DONE', finished_at = now()"
        )
        plans = explained(connection, LOOK)
    assert "flight_bookings_next_look_at_idx" in indexes(plans)
    scans = {
        node["Relation Name"]
        for plan in plans
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan"
    }
    assert scans.isdisjoint(
        {
            "flight_bookings",
            "trip_requests",
            "booking_attempts",
            "flight_offers_kept",
            "provider_calls",
        }
    )
