"""A fitting fare is left for later when the past says so, and booked in time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg

from tests.factories import FLAGS, Row, World, in_days, until
from tests.watches import DAY, TODAY, Watch, allow_the_past

LEAD = 60


def live(world: World, course: Callable[[int], float], *, departures: int = 15) -> None:
    """Let others have watched fares from London to New York, by days to departure."""
    enable = "alter table public.trip_requests enable trigger trip_requests_check"
    with psycopg.connect(world.dsn) as sql:
        user_id = uuid4()
        sql.execute("insert into auth.users (id) values (%s)", [user_id])
        allow_the_past(sql)
        for number in range(departures):
            departs = TODAY - number * 3 * DAY
            watch = Watch.begin(sql, user_id, departs.date())
            watch.look([course(left) for left in range(80, 0, -1)], departs - 80 * DAY)
        sql.execute(enable)


def falling(left: int) -> float:
    """Return a fare that falls by 1 % of its start each day."""
    return 100 + left


def play_round(world: World) -> None:
    """Search every pending trip once, and let everything end that it starts."""
    world.rows(
        "update public.trip_requests set next_search_at = now()"
        " where auto_book_status = 'PENDING'"
    )
    with world.working():
        world.tick()
        until(world.at_rest)


def decisions(world: World, trip: UUID) -> list[Row]:
    """Return what was decided, oldest first."""
    return world.rows(
        "select * from engine.wait_decisions where trip_request_id = %s order by id",
        trip,
    )


def reason(world: World, trip: UUID) -> str:
    """Return what the traveller reads."""
    return str(
        world.value(
            "select status_reason from public.trip_requests where id = %s", trip
        )
    )


def test_without_the_flag_the_first_fit_is_booked(world: World) -> None:
    """Off, not a boolean, or not there: nothing waits, and nothing is decided."""
    live(world, falling)
    others = {k: v for k, v in FLAGS.items() if k != "price_optimization"}
    for value in ({"price_optimization": False}, {"price_optimization": "yes"}, {}):
        world.set_flags(others | value)
        trip = world.trip(world.traveller(), departure_from=in_days(LEAD))
        play_round(world)
        assert world.status(trip) == "BOOKED"
        assert decisions(world, trip) == []
    assert world.violations() == []


def test_a_fit_is_left_for_later_and_booked_on_the_last_day(world: World) -> None:
    """Each round is decided anew and recorded; nothing is ordered before the day."""
    live(world, falling)
    trip = world.trip(world.traveller(), departure_from=in_days(LEAD))
    for _ in range(2):
        play_round(world)
        assert world.status(trip) == "PENDING"
    assert world.orders() == []
    assert world.rows("select * from public.booking_attempts") == []
    first, second = decisions(world, trip)
    assert (first["search_round"], second["search_round"]) == (1, 2)
    assert {first["decision"], second["decision"]} == {"WAIT"}
    assert (second["samples"], second["fall_chance"]) == (15, 1)
    assert reason(world, trip) == second["reason"]
    assert second["reason"].startswith(f"Fits at {second['price']} GBP; 15 of 15 ")
    newest = world.row(
        "select (engine.last_wait_decision(t)).* from public.trip_requests as t"
        " where t.id = %s",
        trip,
    )
    assert newest == second
    event = world.row(
        "select * from engine.booking_events where trip_request_id = %s"
        " and detail ->> 'cause' = 'round:2'",
        trip,
    )
    assert event["reason"] == second["reason"]

    world.rows(
        "update public.trip_requests set decide_by = current_date where id = %s", trip
    )
    play_round(world)
    assert world.status(trip) == "BOOKED"
    last = decisions(world, trip)[-1]
    assert (last["decision"], "the day to decide by" in last["reason"]) == ("BUY", True)
    (order,) = world.orders(trip)
    assert Decimal(order["total"]) == last["price"]
    assert world.violations() == []


def test_a_fit_is_left_for_later_and_booked_when_its_fare_falls(world: World) -> None:
    """What fell as it did was not seen to fall further: the saving is taken."""
    # A fall late in the past, so that none was low at this lead time.
    live(world, lambda left: 100 if left > 45 else 80)
    trip = world.trip(world.traveller(), departure_from=in_days(LEAD))
    play_round(world)
    (waited,) = decisions(world, trip)
    assert (waited["decision"], world.status(trip)) == ("WAIT", "PENDING")
    # Two weeks go by.
    world.rows("delete from engine.daily_fares where trip_request_id = %s", trip)
    world.rows(
        "insert into public.fare_history (user_id, trip_request_id, search_round,"
        " searched_at, origin, destination, departure_date, offers, currency, cheapest)"
        " select h.user_id, h.trip_request_id, h.search_round,"
        " h.searched_at - make_interval(days => n), h.origin, h.destination,"
        " h.departure_date, h.offers, h.currency, h.cheapest"
        " from public.fare_history as h, generate_series(14, 1, -1) as n"
        " where h.trip_request_id = %s",
        trip,
    )
    play_round(world)
    assert world.status(trip) == "PENDING"
    world.rows("delete from engine.daily_fares where day = current_date")
    world.flights.set_fare_factor("LHR", "JFK", Decimal("0.8"))
    play_round(world)
    assert world.status(trip) == "BOOKED"
    last = decisions(world, trip)[-1]
    assert last["decision"] == "BUY"
    assert last["price"] < waited["price"]
    assert world.violations() == []


def test_waiting_never_turns_to_an_offer_over_the_limit(world: World) -> None:
    """A falling past decides about fits only: what does not fit is not asked about."""
    live(world, falling)
    trip = world.trip(
        world.traveller(), departure_from=in_days(LEAD), max_price=Decimal("20.00")
    )
    play_round(world)
    assert world.status(trip) == "PENDING"
    assert decisions(world, trip) == []
    assert "over your limit of 20" in reason(world, trip)


def test_booking_now_does_not_wait(world: World) -> None:
    """The traveller's own word goes before the bet."""
    live(world, falling)
    trip = world.trip(world.traveller(), departure_from=in_days(LEAD))
    play_round(world)
    assert world.status(trip) == "PENDING"
    world.rows("select public.auto_book_production(%s)", trip)
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    assert [one["decision"] for one in decisions(world, trip)] == ["WAIT"]


def test_what_a_trip_lacks_is_said_while_it_waits(world: World) -> None:
    """Not on the last day, when there is no time to mend it."""
    live(world, falling)
    trip = world.trip(world.traveller(), departure_from=in_days(LEAD))
    world.rows("update public.payment_methods set exp_month = 1, exp_year = 2020")
    play_round(world)
    assert world.status(trip) == "ACTION_REQUIRED"
