"""The search plan: what is searched when, for how much, and for whom.

The choice runs without providers, on a clock of the test's; what a search costs is
counted by the sandbox.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.factories import FLAGS, Row, World, in_days, until
from tests.flagdata import PIPELINE, clause, flag, rule

MINUTE = timedelta(minutes=1)


def plan(world: World, trip: UUID) -> list[Row]:
    """Return a trip's plan, by date."""
    return world.rows(
        "select * from engine.trip_searches where trip_request_id = %s"
        " order by departure_date, return_date, origin, destination",
        trip,
    )


def choose(world: World, budget: int, now: datetime) -> list[tuple[UUID, int]]:
    """Return what is chosen, in its order."""
    rows = world.rows("select * from engine.choose_searches(%s, %s)", budget, now)
    return [(row["trip_request_id"], row["ordinal"]) for row in rows]


def learn(world: World, trip: UUID, **columns: object) -> None:
    """Write what the plan of a trip knows, and make the trip due accordingly."""
    names = ", ".join(f"{name} = %s" for name in columns)
    world.rows(
        f"update engine.trip_searches set {names} where trip_request_id = %s",
        *columns.values(),
        trip,
    )
    world.rows("select engine.schedule_trips(array[%s::uuid], now())", trip)


def look(world: World, trip: UUID, cheapest: str | None, now: datetime) -> None:
    """Answer the first search of a trip."""
    world.rows(
        "select engine.record_looks(array[%s::uuid], array[%s], array[%s::integer],"
        " array[%s::numeric], array[%s::text], %s)",
        trip,
        plan(world, trip)[0]["search_key"],
        0 if cheapest is None else 7,
        cheapest,
        None if cheapest is None else "GBP",
        now,
    )


def interval(world: World, days: int, cheapest: Any, volatility: float) -> timedelta:
    """Return how long an answer serves, with a cap of 100."""
    found: timedelta = world.value(
        "select engine.look_interval((now() at time zone 'UTC')::date + %s, %s, 100,"
        " %s::real, date_trunc('day', now(), 'UTC'))",
        days - 1,
        cheapest,
        volatility,
    )
    return found


def last_run(world: World) -> Row:
    """Return the newest tick's record."""
    return world.row("select * from engine.monitor_runs order by id desc limit 1")


def watched_pair(world: World) -> tuple[UUID, UUID]:
    """Return trips of two travellers that watch one search, both just looked at."""
    world.flights.set_fare_factor("LHR", "JFK", Decimal(100))
    trips = (world.trip(world.traveller()), world.trip(world.traveller()))
    with world.working():
        world.tick()
        until(world.at_rest)
    assert world.flights.state()["searches"] == 2  # a first look is one's own
    return trips


def make_due(world: World) -> None:
    """Let the time of every search come, and every look grow old."""
    world.rows("update engine.fare_looks set looked_at = now() - interval '2 hours'")
    world.rows(
        "update engine.trip_searches set next_look_at = now() - interval '1 minute',"
        " last_looked_at = now() - interval '2 hours',"
        " last_searched_at = now() - interval '2 hours'"
    )
    world.rows(
        "select engine.schedule_trips(array_agg(id), now()) from public.trip_requests"
    )


# -- the plan ----------------------------------------------------------------------


def test_a_trip_has_its_plan_when_it_is_stated(world: World) -> None:
    """One row per date, all due, under keys of their own."""
    trip = world.trip(world.traveller(), departure_to=in_days(42))
    rows = plan(world, trip)
    assert [row["departure_date"] for row in rows] == [in_days(d) for d in (40, 41, 42)]
    assert len({row["search_key"] for row in rows}) == 3
    assert len(choose(world, 10, datetime.now(UTC))) == 3


def test_a_search_is_one_search_whoever_asks(world: World) -> None:
    """Party by ages alone: two adults of different names ask the same thing."""
    one = world.trip(world.traveller())
    other = world.trip(world.traveller(given_name="Bessie", born_on=in_days(-15000)))
    child = world.trip(world.traveller(), cabin_class="business")
    keys = [plan(world, trip)[0]["search_key"] for trip in (one, other, child)]
    assert keys[0] == keys[1] != keys[2]


def test_a_changed_window_keeps_what_was_learned_where_it_overlaps(
    world: World,
) -> None:
    """The same search keeps its row; a new one starts; one that is over goes."""
    trip = world.trip(world.traveller(), departure_to=in_days(41))
    learn(world, trip, cheapest=Decimal(700), currency="GBP", offers=5, searches=3)
    world.rows(
        "update public.trip_requests set departure_from = %s, departure_to = %s",
        in_days(41),
        in_days(42),
    )
    kept, new = plan(world, trip)
    assert (kept["cheapest"], kept["searches"]) == (Decimal(700), 3)
    assert (new["cheapest"], new["searches"]) == (None, 0)


@pytest.mark.parametrize(
    "change", ["destinations = '{BOS}'", "cabin_class = 'business'"]
)
def test_no_offer_for_an_old_wish_is_ever_a_candidate(
    world: World, change: str
) -> None:
    """What is on its way when the wish changes comes back to an older round."""
    trip = world.trip(world.traveller())
    world.tick()
    _, database = world.build_worker()
    (call,) = database.claim_calls("test", limit=1, searches=1)
    world.rows(f"update public.trip_requests set {change}")
    found = world.row(
        "select t.search_round, (c.payload ->> 'round')::integer as asked"
        " from public.trip_requests as t cross join engine.provider_calls as c"
        " where c.id = %s",
        call.call_id,
    )
    assert found["asked"] < found["search_round"]
    database.close()
    assert world.status(trip) == "PENDING"


def test_a_corrected_birth_date_is_another_search(world: World) -> None:
    """A child who turns out to be an adult flies at another fare."""
    adult = world.traveller()
    trip = world.trip(adult)
    before = plan(world, trip)[0]["search_key"]
    world.rows("update public.traveler_profiles set born_on = %s", in_days(-3000))
    assert plan(world, trip)[0]["search_key"] != before


def test_dates_that_are_over_drop_out(world: World) -> None:
    """At the next tick, without a search, and the rest of the plan is not disturbed."""
    trip = world.trip(world.traveller(), departure_to=in_days(41))
    later = datetime.now(UTC) + timedelta(hours=3)
    learn(world, trip, next_look_at=later)
    world.rows(
        "update engine.trip_searches set departure_date = current_date - 1,"
        " over_at = now(), next_look_at = now() - interval '1 hour'"
        " where departure_date = %s",
        in_days(40),
    )
    world.rows("update public.trip_requests set next_search_at = now()")
    world.tick()
    (left,) = plan(world, trip)
    assert (left["departure_date"], left["next_look_at"]) == (in_days(41), later)
    assert last_run(world)["searches"] == 0


# -- when and which ----------------------------------------------------------------


def test_the_interval_is_short_near_the_cap_the_day_and_where_fares_move(
    world: World,
) -> None:
    """Each term moves it its way, between ten minutes and a day."""
    far = interval(world, 30, 200, 0)
    assert interval(world, 30, 110, 0) < far
    assert interval(world, 30, 110, 0.1) < interval(world, 30, 110, 0)
    assert interval(world, 5, 110, 0) < interval(world, 30, 110, 0)
    assert interval(world, 30, 90, 0) < interval(world, 30, 110, 0)
    assert interval(world, 1, 90, 0.5) == 10 * MINUTE
    assert interval(world, 300, 900, 0) == timedelta(days=1)
    assert interval(world, 30, None, 0) == timedelta(days=30) / 100


@pytest.mark.parametrize(
    ("urgent", "other"),
    [
        ({"cheapest": Decimal(5100)}, {"cheapest": Decimal(6000)}),
        ({"volatility": 0.2}, {"volatility": 0.0}),
        (
            {"last_looked_at": datetime.now(UTC) - timedelta(hours=9)},
            {"last_looked_at": datetime.now(UTC) - timedelta(hours=8)},
        ),
    ],
    ids=["near-the-cap", "volatile", "longer-ago"],
)
def test_one_search_goes_to_the_more_urgent_trip(
    world: World, urgent: Row, other: Row
) -> None:
    """The terms of the priority, one by one; the other trip is older in the queue."""
    now = datetime.now(UTC)
    known = {
        "cheapest": Decimal(5500),
        "currency": "GBP",
        "offers": 5,
        "last_looked_at": now - timedelta(hours=8),
        "next_look_at": now - MINUTE,
    }
    slow, fast = (
        world.trip(world.traveller()),
        world.trip(world.traveller(), destinations=["BOS"]),
    )
    # Older in the queue than both: it takes the share of those that wait longest.
    oldest = world.trip(world.traveller(), destinations=["MIA"])
    learn(world, slow, **{**known, **other})
    learn(world, fast, **{**known, **urgent})
    learn(world, oldest, **{**known, "next_look_at": now - 2 * MINUTE})
    chosen = [trip for trip, _ in choose(world, 2, now)]
    assert set(chosen) == {oldest, fast}


def test_nobody_starves(world: World) -> None:
    """The least urgent search is taken within the bound, whatever else falls due.

    Nine others, near their cap and due again at every tick, and a budget of two.
    """
    now = datetime.now(UTC)
    traveller = world.traveller()
    busy = [world.trip(traveller, departure_from=in_days(10 + n)) for n in range(9)]
    lazy = world.trip(traveller, departure_from=in_days(300))
    learned = {"currency": "GBP", "offers": 3, "last_looked_at": now - MINUTE}
    for trip in busy:
        learn(world, trip, **learned, cheapest=5001, next_look_at=now - 2 * MINUTE)
    learn(world, lazy, **learned, cheapest=50_000, next_look_at=now - MINUTE)
    bound = len(busy) + 1  # ceil((9 + 1) / ceil(2 / 4))
    taken = []
    while lazy not in taken:
        now += 10 * MINUTE
        taken = [trip for trip, _ in choose(world, 2, now)]
        assert len(taken) == 2
        for trip in taken:
            look(world, trip, "5001", now)
            learn(world, trip, next_look_at=now + MINUTE)
        bound -= 1
        assert bound >= 0
    assert bound < len(busy)  # and it did wait: the urgent went first


def test_a_failed_search_waits_alone(world: World) -> None:
    """The other dates of the trip go on, and the round is decided."""
    trip = world.trip(world.traveller(), departure_to=in_days(41))
    world.rows("select engine.start_searches(array[%s::uuid], now())", trip)
    _, database = world.build_worker()
    refused, good = database.claim_calls("test", limit=2, searches=2)
    key = "select search_key from engine.trip_searches where next_look_at >"
    for call, status, body in (
        (refused, 422, {"errors": [{"code": "x"}]}),
        (good, 201, {"offer_request": {"id": "orq_1"}, "offers": []}),
    ):
        world.rows(
            "select engine.settle_call(row(%s, %s, %s, null, %s::jsonb, null, null),"
            " false, 'test', clock_timestamp())",
            call.call_id,
            call.epoch,
            status,
            Jsonb(body),
        )
    database.close()
    assert world.at_rest()
    assert len(world.rows(key + " now() + interval '59 minutes'")) == 2
    reason = world.value("select status_reason from public.trip_requests")
    assert reason == "No flights were found for these dates."


# -- the budget --------------------------------------------------------------------


def test_a_tick_spends_what_the_account_allows_evenly(world: World) -> None:
    """Two a minute: twenty until the next tick, half a minute apart, trip by trip."""
    world.rows("select engine.set_search_settings('test', 2)")
    traveller = world.traveller()
    for place in ("JFK", "BOS", "MIA"):
        world.trip(traveller, destinations=[place], departure_to=in_days(49))
    world.tick()
    run = last_run(world)
    assert (run["budget"], run["searches"], run["postponed"]) == (20, 20, 10)
    calls = world.rows(
        "select trip_request_id, run_at from engine.provider_calls order by run_at"
    )
    gaps = {b["run_at"] - a["run_at"] for a, b in pairwise(calls)}
    assert gaps == {MINUTE / 2}
    assert calls[0]["run_at"] == run["started_at"]
    trips = [call["trip_request_id"] for call in calls]
    assert trips == sorted(trips, key=trips.index)  # consecutive


def test_what_waits_is_not_spent_again(world: World) -> None:
    """A tick out of turn, or after an outage, adds nothing to a full minute."""
    world.rows("select engine.set_search_settings('test', 1)")
    world.trip(world.traveller(), departure_to=in_days(70))
    world.tick()
    world.tick()
    assert last_run(world)["budget"] == 0
    assert world.value("select count(*) from engine.provider_calls") == 10
    later = datetime.now(UTC) + 20 * MINUTE
    world.rows("select engine.run_monitor('test', %s)", later)
    assert last_run(world)["budget"] == 0  # ten wait for a sidecar


def test_a_trip_asks_its_traveller_at_its_ceiling(world: World) -> None:
    """Five searches and no more; resuming means as many again."""
    trip = world.trip(world.traveller(), departure_to=in_days(46), max_price=1)
    world.rows("update public.trip_requests set max_searches = 5")
    with world.working():
        world.tick()
        until(world.at_rest)
    make_due(world)
    world.tick()
    assert world.flights.state()["searches"] == 5
    row = world.row("select * from public.trip_requests")
    assert row["auto_book_status"] == "ACTION_REQUIRED"
    assert "in 5 searches. Resume the trip" in row["status_reason"]
    assert world.value("select engine.change_trip_status(%s, 'resume')", trip)
    world.tick()
    assert world.value("select searches from public.trip_requests") == 5
    with pytest.raises(psycopg.Error) as caught:
        world.rows("select public.duffel_search(%s)", trip)
    assert caught.value.sqlstate == "SK103"


def test_those_who_are_switched_off_do_not_stand_before_others(world: World) -> None:
    """A refused trip goes to the end of the queue and its share to the next one."""
    world.rows("select engine.set_search_settings('test', 1)")
    off, on = world.traveller(), world.traveller()
    for n in range(12):
        world.trip(off, departure_from=in_days(20 + n))
    wanted = world.trip(on)
    not_for = rule(1, clause("key", "in", str(off.user_id)))
    world.set_flags({**FLAGS, PIPELINE: flag(PIPELINE, rules=[not_for])})
    world.tick()
    calls = world.rows("select trip_request_id from engine.provider_calls")
    assert [call["trip_request_id"] for call in calls] == [wanted]
    assert last_run(world)["skipped"] == 12


# -- sharing -----------------------------------------------------------------------


def test_two_travellers_watch_one_search_for_the_price_of_one(world: World) -> None:
    """One leads, the other is told; nobody's offers are the other's."""
    watched_pair(world)
    make_due(world)
    with world.working():
        world.tick()
        until(world.at_rest)
        assert world.flights.state()["searches"] == 3
        world.tick()
        until(world.at_rest)
    assert world.flights.state()["searches"] == 3
    assert (last_run(world)["shared"], last_run(world)["searches"]) == (1, 0)
    looks = world.rows("select distinct last_looked_at from engine.trip_searches")
    assert len(looks) == 1


def test_a_fare_that_fits_is_searched_for_anew_before_it_is_booked(
    world: World,
) -> None:
    """The follower's booking comes from the follower's own search."""
    trips = watched_pair(world)
    make_due(world)
    world.flights.set_fare_factor("LHR", "JFK", Decimal(1))
    with world.working():
        world.tick()
        until(lambda: sorted(map(world.status, trips)) == ["BOOKED", "PENDING"])
        assert world.flights.state()["searches"] == 3
        world.tick()
        until(lambda: [world.status(trip) for trip in trips] == ["BOOKED"] * 2)
    assert world.flights.state()["searches"] == 4
    assert {len(world.orders(trip)) for trip in trips} == {1}
    assert world.violations() == []


def test_a_search_that_may_be_booked_is_never_anothers_to_lead(world: World) -> None:
    """Two that fit already each search for themselves, in one tick."""
    trips = [world.trip(world.traveller()) for _ in range(2)]
    now = datetime.now(UTC)
    for trip in trips:
        learn(
            world,
            trip,
            cheapest=Decimal(400),
            currency="GBP",
            offers=3,
            last_looked_at=now - timedelta(hours=9),
            next_look_at=now - MINUTE,
        )
    assert {trip for trip, _ in choose(world, 5, now)} == set(trips)
    for trip in trips:
        learn(world, trip, cheapest=Decimal(9000))
    assert len(choose(world, 5, now)) == 1


# -- what is kept ------------------------------------------------------------------


def age_offers(world: World) -> None:
    """Let the day of every search be 31 days ago, one of it without a part."""
    before = "(now() - interval '31 days')"
    world.rows(f"select engine.add_offer_days({before} - interval '1 day')")
    world.rows(
        f"update public.flight_offers as o set day = {before}::date + case"
        " when o.id = (select min(f.id::text)::uuid from public.flight_offers as f"
        " where f.status = 'ACTIVE') then -1 else 0 end where o.status = 'ACTIVE'"
    )


def test_old_offers_go_except_those_that_were_tried_or_bought(world: World) -> None:
    """Fare history stays, and so does what an attempt or a trip points at."""
    trip = world.trip(world.traveller(), departure_to=in_days(41))
    with world.working():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    age_offers(world)
    # As if refused: expired, but an attempt's.
    world.rows("update public.flight_offers set status = 'EXPIRED'")
    world.rows("update engine.provider_calls set finished_at = now() - interval '1 y'")
    world.rows("update engine.fare_looks set looked_at = now() - interval '2 days'")
    history = world.value("select count(*) from public.fare_history")
    assert world.value("select engine.purge_offers(1, now())") == 1
    assert world.value("select engine.purge()") > 0
    (left,) = world.rows("select * from public.flight_offers")
    assert left["offer_id"] == world.attempt(trip)["offer_id"]
    assert world.rows("select * from engine.fare_looks") == []
    assert world.value("select count(*) from public.fare_history") == history
    kept = world.rows("select distinct operation from engine.provider_calls")
    assert "search" not in {row["operation"] for row in kept}
    assert len(kept) > 3


def test_settings_are_checked_and_their_changes_kept(world: World) -> None:
    """Who, when, why and what; out of range is refused and leaves no trace."""
    found = world.value("select engine.set_search_settings('peak', 45)")
    assert found["searches_per_minute"] == 45
    with pytest.raises(psycopg.Error) as caught:
        world.rows("select engine.set_search_settings('none', 0)")
    assert caught.value.sqlstate == "SK023"
    change = world.row(
        "select * from engine.search_settings_changes order by id desc limit 1"
    )
    assert (change["reason"], change["settings"]) == ("peak", found)
    status = world.row("select * from engine.search_status()")
    assert status["searches_per_minute"] == 45


def test_operators_see_the_plan(world: World) -> None:
    """How far each search is over the cap."""
    trip = world.trip(world.traveller())
    learn(world, trip, cheapest=Decimal(5500), currency="GBP", offers=4)
    (row,) = world.rows("select * from engine.search_plan(%s)", trip)
    assert (row["origin"], row["over_cap_percent"]) == ("LHR", Decimal("10.0"))
