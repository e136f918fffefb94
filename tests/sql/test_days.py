"""A day is the day of the place where a flight leaves, whatever the session's zone is.

Time is an argument here; the zone of the session is one of the two farthest apart.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.factories import World, in_days

# Fourteen hours ahead of UTC, UTC, and eleven behind.
ZONES = ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"]
DAY = in_days(40)


def at(day: date, hour: int, minute: int = 0, zone: str = "UTC") -> datetime:
    """Return a moment, by the clock of a place."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


def trip_from(world: World, *origins: str, **wishes: Any) -> UUID:
    """State a trip to Los Angeles for one day."""
    return world.trip(
        world.traveller(),
        origins=list(origins),
        destinations=["LAX"],
        departure_from=DAY,
        **wishes,
    )


def planned(world: World, trip: UUID, now: datetime) -> list[str]:
    """Make the plan of a trip anew at a time; return where its searches leave from."""
    world.rows("select engine.plan_trips(array[%s::uuid], %s)", trip, now)
    rows = world.rows("select origin from engine.trip_searches order by origin")
    return [row["origin"] for row in rows]


def chosen(world: World, now: datetime) -> int:
    """Return how many searches a tick would make."""
    world.rows("update public.trip_requests set next_search_at = %s", now)
    return len(world.rows("select 1 from engine.choose_searches(9, %s)", now))


@pytest.mark.parametrize("zone", ZONES)
def test_a_trip_for_today_in_honolulu_is_searched_though_utc_is_a_day_ahead(
    world: World, zone: str
) -> None:
    """At 03:23 UTC it is still yesterday there, and the flight is still to come."""
    trip = trip_from(world, "HNL")
    world.rows(f"set timezone = '{zone}'")
    now = at(DAY + timedelta(days=1), 3, 23)
    assert planned(world, trip, now) == ["HNL"]
    assert chosen(world, now) == 1
    over = at(DAY + timedelta(days=1), 0, 1, zone="Pacific/Honolulu")
    assert chosen(world, over) == 0
    assert planned(world, trip, over) == []


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_that_is_over_where_the_flight_leaves_is_not_searched(
    world: World, zone: str
) -> None:
    """Of two origins, the one that is behind is searched alone."""
    trip = trip_from(world, "AKL", "HNL")
    world.rows(f"set timezone = '{zone}'")
    assert planned(world, trip, at(DAY, 9)) == ["AKL", "HNL"]
    assert chosen(world, at(DAY, 9)) == 2
    assert chosen(world, at(DAY, 12)) == 1
    assert planned(world, trip, at(DAY, 12)) == ["HNL"]


@pytest.mark.parametrize("zone", ZONES)
def test_dates_drop_out_of_a_plan_at_midnight_of_the_place(
    world: World, zone: str
) -> None:
    """The others stay, and say when the trip is due."""
    trip_from(world, "AKL", "HNL")
    world.rows(f"set timezone = '{zone}'")
    noon = at(DAY, 12)
    world.rows(
        "update engine.trip_searches set next_look_at = case origin"
        " when 'AKL' then %s::timestamptz else %s::timestamptz end",
        noon,
        noon + timedelta(hours=1),
    )
    world.rows("update public.trip_requests set next_search_at = %s", noon)
    world.rows("select engine.renew_plans(%s)", noon)
    (left,) = world.rows("select origin from engine.trip_searches")
    assert left["origin"] == "HNL"
    due = world.value("select next_search_at from public.trip_requests")
    assert due == noon + timedelta(hours=1)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("origins", "place"),
    [
        (["PPG"], "Pacific/Pago_Pago"),
        (["AKL"], "Pacific/Auckland"),
        (["AKL", "PPG"], "Pacific/Pago_Pago"),
    ],
    ids=["behind", "ahead", "both"],
)
def test_a_trip_expires_when_its_last_day_is_over_at_its_last_origin(
    world: World, zone: str, origins: list[str], place: str
) -> None:
    """Not a minute before midnight there, and at the next tick after it."""
    trip = trip_from(world, *origins)
    world.rows(f"set timezone = '{zone}'")
    world.rows("select engine.run_monitor('test', %s)", at(DAY, 23, 59, zone=place))
    assert world.status(trip) == "PENDING"
    after = at(DAY + timedelta(days=1), 0, 1, zone=place)
    world.rows("select engine.run_monitor('test', %s)", after)
    assert world.status(trip) == "EXPIRED"


def test_a_trip_for_this_very_day_of_the_place_can_be_stated(world: World) -> None:
    """By the real clock, on both sides of the date line."""
    for origin, place in (("HNL", "Pacific/Honolulu"), ("AKL", "Pacific/Auckland")):
        today = datetime.now(ZoneInfo(place)).date()
        world.trip(
            world.traveller(),
            origins=[origin],
            destinations=["LAX"],
            departure_from=today,
        )
        searches = world.value("select count(*) from engine.trip_searches")
        assert searches == 1, origin
        world.rows("delete from engine.trip_searches")


@pytest.mark.parametrize("zone", ZONES)
def test_a_card_expires_at_one_moment(world: World, zone: str) -> None:
    """With the last month of UTC, wherever the session thinks it is."""
    traveller = world.traveller()
    world.rows(f"set timezone = '{zone}'")
    check = "select engine.check_card(%s, %s, %s)"
    card = (traveller.user_id, traveller.card_id)
    world.rows(check, *card, at(date(2034, 12, 31), 23, 59))
    with pytest.raises(psycopg.Error) as caught:
        world.rows(check, *card, at(date(2035, 1, 1), 0, 0))
    assert caught.value.sqlstate == "SK007"


def test_an_age_is_counted_in_plain_days(world: World) -> None:
    """In São Paulo that birthday had no midnight: clocks went forward at it."""
    trip = world.trip(world.traveller())
    world.rows("update public.traveler_profiles set born_on = '1990-10-21'")
    world.rows("set timezone = 'America/Sao_Paulo'")
    ages = [
        world.value(
            "select p.age from public.trip_requests as t cross join"
            " engine.trip_party(t.user_id, t.id, %s) as p where t.id = %s",
            day,
            trip,
        )
        for day in (date(2008, 10, 20), date(2008, 10, 21))
    ]
    assert ages == [17, 18]
