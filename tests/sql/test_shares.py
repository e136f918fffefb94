"""What one traveller may have, and may take of what everybody shares."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sidecar.errors import translate
from tests.conftest import Connect
from tests.factories import FLAGS, Row, Traveller, World, in_days, until

MINUTE = timedelta(minutes=1)
CABINS = ("economy", "premium_economy", "business", "first")
NOW = datetime.now(UTC)


def limit(world: World, **limits: object) -> None:
    """Set limits for every traveller."""
    named = ", ".join(f"p_{name} => %s" for name in limits)
    world.rows(f"select engine.set_traveller_limits('test', {named})", *limits.values())


def refused(code: str, action: Any, *args: object) -> Row:
    """Return the detail of the error that an action raises."""
    with pytest.raises(psycopg.Error) as caught:
        action(*args)
    assert caught.value.sqlstate == code, str(caught.value)
    assert caught.value.diag.message_hint
    translated: Any = translate(caught.value)
    detail: Row = translated.detail
    return detail


# -- the budget --------------------------------------------------------------------


def crowd_out(world: World, *, trips: int, dates: int) -> Traveller:
    """Let one traveller want more than there is, all of it urgent and long due."""
    greedy = world.traveller(given_name="Greedy")
    for n in range(trips):
        world.trip(
            greedy,
            departure_from=in_days(5 + 60 * (n // 4)),
            departure_to=in_days(4 + 60 * (n // 4) + dates),
            cabin_class=CABINS[n % 4],  # no two searches are the same
            destinations=["BOS"],
        )
    world.rows(
        "update engine.trip_searches set cheapest = 5001, currency = 'GBP', offers = 3,"
        " volatility = 0.1, last_looked_at = %s, next_look_at = %s",
        NOW - timedelta(days=20),
        NOW - timedelta(days=10),
    )
    return greedy


def modest(world: World, searches: int, *, first_day: int = 200) -> UUID:
    """Let another want a few searches that have just fallen due."""
    trip = world.trip(
        world.traveller(),
        departure_from=in_days(first_day),
        departure_to=in_days(first_day - 1 + searches),
    )
    world.rows(
        "update engine.trip_searches set cheapest = 9000, currency = 'GBP', offers = 3,"
        " last_looked_at = %s, next_look_at = %s where trip_request_id = %s",
        NOW - MINUTE,
        NOW,
        trip,
    )
    return trip


def all_due(world: World) -> None:
    """Make trips due when their searches are."""
    world.rows(
        "select engine.schedule_trips(array_agg(id), %s) from public.trip_requests", NOW
    )


def tick(
    world: World, budget: int, now: datetime, *, serves: timedelta = 60 * MINUTE
) -> list[UUID]:
    """Choose, and look where it was chosen; return the trips, one for each search."""
    chosen = world.rows("select * from engine.choose_searches(%s, %s)", budget, now)
    for one in chosen:
        world.rows(
            "update engine.trip_searches set last_looked_at = %s, next_look_at = %s"
            " where trip_request_id = %s and ordinal = %s",
            now,
            now + serves,
            one["trip_request_id"],
            one["ordinal"],
        )
    return [one["trip_request_id"] for one in chosen]


@pytest.mark.parametrize(("budget", "wanted"), [(300, 60), (40, 12), (10, 3)], ids=str)
def test_a_greedy_traveller_does_not_delay_who_wants_a_share(
    world: World, budget: int, wanted: int
) -> None:
    """All that is within a share is made at this tick, and the rest of it is used."""
    crowd_out(world, trips=20, dates=60)
    trip = modest(world, wanted)
    all_due(world)
    chosen = tick(world, budget, NOW)
    assert chosen.count(trip) == wanted
    assert len(chosen) == budget


@pytest.mark.parametrize("budget", [6, 7, 10, 24, 30, 60])
def test_a_greedy_traveller_delays_nobody_by_more_than_a_tick(
    world: World, budget: int
) -> None:
    """What would fill a tick is made within two, though the greedy one is urgent."""
    crowd_out(world, trips=4, dates=60)
    trips = {modest(world, 1, first_day=200 + n) for n in range(budget)}
    all_due(world)
    first = tick(world, budget, NOW)
    second = tick(world, budget, NOW + 10 * MINUTE)
    assert trips <= {*first, *second}
    assert len(set(first) - trips) >= 1  # the greedy one is not shut out either


def test_a_traveller_alone_may_use_all_that_is_left(world: World) -> None:
    """A share is no ceiling: nobody else wants it."""
    crowd_out(world, trips=3, dates=60)
    all_due(world)
    assert len(tick(world, 100, NOW)) == 100


def test_a_search_that_is_led_by_a_greedy_traveller_is_not_kept_waiting(
    world: World,
) -> None:
    """The one that leads is within its traveller's share, so that it is made."""
    greedy = crowd_out(world, trips=2, dates=60)
    same = {"departure_from": in_days(200), "departure_to": in_days(200)}
    theirs = world.trip(greedy, **same)
    world.rows(
        "update engine.trip_searches set cheapest = 9000, currency = 'GBP', offers = 3,"
        " last_looked_at = %s, next_look_at = %s where trip_request_id = %s",
        NOW - 30 * MINUTE,  # more urgent than the other's, less than all its own
        NOW - 20 * MINUTE,
        theirs,
    )
    trip = modest(world, 1)
    all_due(world)
    assert trip in tick(world, 20, NOW)


def test_the_oldest_of_a_greedy_travellers_own_searches_does_not_starve(
    world: World,
) -> None:
    """Within the bound for everybody, whatever others ask for at every tick."""
    greedy = world.traveller()
    own = [
        world.trip(greedy, departure_from=in_days(300 + n), max_price=100)
        for n in range(9)
    ]
    others = [modest(world, 1, first_day=200 + n) for n in range(8)]
    world.rows(
        "update engine.trip_searches set cheapest = 90000, currency = 'GBP',"
        " offers = 3, last_looked_at = %s, next_look_at = %s where user_id = %s",
        NOW - MINUTE,
        NOW,
        greedy.user_id,
    )
    all_due(world)
    budget = 4
    bound = len(own) + len(others)  # ceil((16 + 1) / ceil(4 / 4))
    taken: set[UUID] = set()
    for number in range(bound):
        now = NOW + 10 * number * MINUTE
        taken |= set(tick(world, budget, now, serves=MINUTE))
    assert set(own) <= taken


# -- what one may have -------------------------------------------------------------


def test_a_traveller_has_so_many_open_trips_and_no_more(world: World) -> None:
    """Whoever states them; one that is over makes room."""
    limit(world, open_trips=2)
    traveller, other = world.traveller(), world.traveller()
    first = world.trip(traveller)
    world.trip(traveller)
    detail = refused("SK117", world.trip, traveller)
    assert detail == {"table": "trip_requests", "limit": 2}
    world.trip(other)
    world.rows("select engine.change_trip_status(%s, 'pause')", first)
    refused("SK117", world.trip, traveller)
    world.rows("select engine.change_trip_status(%s, 'cancel')", first)
    world.trip(traveller)


def test_many_trips_in_one_statement_are_counted_too(
    world: World, connect: Connect
) -> None:
    """A plain insert of thousands stores none."""
    limit(world, open_trips=3)
    traveller = world.traveller()
    service = connect("service_role")
    statement = (
        "insert into public.trip_requests (user_id, origins, destinations,"
        " departure_from, departure_to, max_price, currency)"
        " select %s, '{LHR}', '{JFK}', %s, %s, 500, 'GBP' from generate_series(1, %s)"
    )
    day = in_days(40)
    refused("SK117", service.execute, statement, [traveller.user_id, day, day, 4])
    assert world.rows("select * from public.trip_requests") == []
    service.execute(statement, [traveller.user_id, day, day, 3])


@pytest.mark.parametrize("isolation", ["READ_COMMITTED", "REPEATABLE_READ"])
def test_two_at_once_do_not_both_take_the_last_place(
    world: World, isolation: str
) -> None:
    """The second waits for the first, then counts it, or fails where it cannot."""
    limit(world, open_trips=1)
    traveller = world.traveller()
    statement = (
        "insert into public.trip_requests (user_id, origins, destinations,"
        " departure_from, departure_to, max_price, currency)"
        f" values ('{traveller.user_id}', '{{LHR}}', '{{JFK}}',"
        f" '{in_days(40)}', '{in_days(40)}', 500, 'GBP')"
    ).encode()
    level = psycopg.IsolationLevel[isolation]
    with (
        psycopg.connect(world.dsn) as one,
        psycopg.connect(world.dsn, row_factory=dict_row) as two,
    ):
        two.isolation_level = level
        two.execute("select")  # its snapshot, where it has one for good
        one.execute(statement)
        found: list[str | None] = []

        def second() -> None:
            try:
                two.execute(statement)
                found.append(None)
            except psycopg.Error as error:
                found.append(error.sqlstate)

        thread = threading.Thread(target=second)
        thread.start()
        until(
            lambda: world.value(
                "select count(*) from pg_stat_activity"
                " where wait_event_type = 'Lock' and datname = current_database()"
            )
        )
        one.commit()
        thread.join()
    assert found == ["SK117" if isolation == "READ_COMMITTED" else "40001"]


def test_a_traveller_has_so_many_profiles_and_no_more(world: World) -> None:
    """In one statement or one by one."""
    limit(world, profiles=3)
    traveller = world.traveller()
    statement = (
        "insert into public.traveler_profiles (user_id, given_name, family_name)"
        " select %s, 'Bessie', 'Coleman' from generate_series(1, %s)"
    )
    refused("SK117", world.rows, statement, traveller.user_id, 3)
    world.rows(statement, traveller.user_id, 2)
    detail = refused("SK117", world.rows, statement, traveller.user_id, 1)
    assert detail == {"table": "traveler_profiles", "limit": 3}


def test_a_trip_takes_nine_passengers_whichever_way_they_come(world: World) -> None:
    """As many as one order does."""
    traveller = world.traveller()
    trip = world.trip(traveller)
    world.rows(
        "insert into public.traveler_profiles (user_id, given_name, family_name, title,"
        " gender, born_on, email, phone_number) select user_id, given_name,"
        " family_name, title, gender, born_on, email, phone_number"
        " from public.traveler_profiles, generate_series(1, 30)"
    )
    statement = (
        "insert into public.trip_passengers (user_id, trip_request_id,"
        " traveler_profile_id) select user_id, %s, id from public.traveler_profiles"
        " as f where not exists (select from public.trip_passengers as p"
        " where p.traveler_profile_id = f.id) limit %s"
    )
    detail = refused("SK010", world.rows, statement, trip, 30)
    assert detail == {"field": "passengers", "people": 10}
    world.rows(statement, trip, 8)
    refused("SK010", world.rows, statement, trip, 1)
    assert world.value("select count(*) from public.trip_passengers") == 9


def test_limits_are_set_for_a_reason_and_their_changes_kept(
    world: World, connect: Connect
) -> None:
    """By operators; out of range is refused and leaves no trace."""
    operator = connect("skylatch_operator")
    change = "select engine.set_traveller_limits(%s, %s)"
    assert operator.execute(change, ["peak season", 7]).fetchone()[0]["open_trips"] == 7  # type: ignore[index]
    refused("SK016", operator.execute, change, ["", 8])
    refused("SK023", operator.execute, change, ["nobody", 0])
    (kept,) = world.rows(
        "select * from engine.traveller_limit_changes where reason <> 'test'"
    )
    assert (kept["reason"], kept["limits"]["open_trips"]) == ("peak season", 7)
    assert kept["set_by"] == "postgres as skylatch_operator"
    with pytest.raises(psycopg.Error) as caught:
        world.rows("delete from engine.traveller_limit_changes")
    assert caught.value.sqlstate == "SK302"


# -- what one may ask for ----------------------------------------------------------

SEARCH = "select public.duffel_search(%s)"


def answered(world: World) -> None:
    """Let every search be answered with nothing."""
    world.rows(
        "update engine.provider_calls set state = 'DONE', verdict = 'OK',"
        " finished_at = now() where state in ('READY', 'CLAIMED')"
    )


def test_a_trip_is_searched_on_request_again_after_a_pause(world: World) -> None:
    """The error says when; before that the same request is not made again."""
    limit(world, search_pause="1 minute")
    traveller = world.traveller()
    trip, other = world.trip(traveller), world.trip(traveller)
    assert world.value(SEARCH, trip) == 1
    answered(world)
    asked_at = world.value(
        "select asked_at from public.trip_requests where id = %s", trip
    )
    detail = refused("SK118", world.rows, SEARCH, trip)
    assert datetime.fromisoformat(detail["again_at"]) == asked_at + MINUTE
    assert world.value(SEARCH, other) == 1
    assert world.value("select count(*) from engine.provider_calls") == 2
    world.rows("update public.trip_requests set asked_at = asked_at - interval '1 min'")
    assert world.value(SEARCH, trip) == 1


def test_a_traveller_asks_for_so_many_searches_an_hour(world: World) -> None:
    """All trips together; what was used comes back evenly."""
    limit(world, searches_per_hour=6)
    traveller = world.traveller()
    trips = [world.trip(traveller, departure_to=in_days(43)) for _ in range(2)]
    assert world.value(SEARCH, trips[0]) == 4
    detail = refused("SK118", world.rows, SEARCH, trips[1])
    wait = datetime.fromisoformat(detail["again_at"]) - datetime.now(UTC)
    assert timedelta(minutes=18) < wait <= timedelta(minutes=20)  # 2 left, 10 min each
    assert world.value(SEARCH, world.trip(world.traveller())) == 1
    world.rows(
        "update engine.travellers set credited_at = credited_at - interval '20 min'"
    )
    assert world.value(SEARCH, trips[1]) == 4


def test_a_plan_larger_than_an_hours_allowance_is_searched_all_the_same(
    world: World,
) -> None:
    """Once the allowance is whole; then not for as long as it takes to come back."""
    limit(world, searches_per_hour=3)
    trip = world.trip(world.traveller(), departure_to=in_days(45))
    assert world.value(SEARCH, trip) == 6
    detail = refused("SK118", world.rows, SEARCH, trip)
    wait = datetime.fromisoformat(detail["again_at"]) - datetime.now(UTC)
    assert timedelta(minutes=118) < wait <= timedelta(minutes=120)


def test_a_search_that_is_under_way_is_not_made_twice(world: World) -> None:
    """Asked for again, it is counted once and answers for both."""
    trip = world.trip(world.traveller(), departure_to=in_days(41))
    assert world.value(SEARCH, trip) == 2
    _, database = world.build_worker()
    (taken,) = database.claim_calls("test", limit=1, searches=1)
    assert world.value(SEARCH, trip) == 2
    assert world.value("select count(*) from engine.provider_calls") == 2
    # Its one search is over by the time of the next request: that one alone is made.
    world.rows(
        "select engine.settle_call(row(%s, %s, 422, null, %s::jsonb, null, null),"
        " false, 'test', clock_timestamp())",
        taken.call_id,
        taken.epoch,
        Jsonb({"errors": [{"code": "x"}]}),
    )
    assert world.value(SEARCH, trip) == 2
    assert world.value("select count(*) from engine.provider_calls") == 3
    of_this_round = world.rows(
        "select c.id from engine.provider_calls as c join public.trip_requests as t"
        " on (c.payload ->> 'round')::integer = t.search_round"
        " where c.state = 'READY'"
    )
    assert len(of_this_round) == 2
    database.close()


def test_the_engines_own_search_after_a_failure_is_not_held_up(world: World) -> None:
    """The offer vanished: the next one is booked, whatever may be asked for."""
    limit(world, search_pause="1 day", searches_per_hour=1)
    world.flights.vanish("LHR", "JFK", times=1)
    trip = world.trip(world.traveller())
    assert world.value(SEARCH, trip) == 1
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    assert world.flights.state()["searches"] == 2


def test_whoever_acts_for_a_traveller_is_held_to_the_same(
    world: World, connect: Connect
) -> None:
    """The application and the HTTP endpoint ask in the traveller's name."""
    limit(world, search_pause="1 minute")
    trip = world.trip(world.traveller())
    assert world.value(SEARCH, trip) == 1
    for role in ("service_role", "skylatch_sidecar"):
        refused("SK118", connect(role).execute, SEARCH, [trip])


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("SK103", "update public.trip_requests set auto_book_status = 'PAUSED'"),
        ("SK103", "update public.trip_requests set auto_book_enabled = false"),
        ("SK007", "update public.payment_methods set detached_at = now()"),
        ("SK008", "update public.traveler_profiles set email = null"),
        ("SK201", "select engine.set_kill_switch(true, 'test')"),
        ("SK101", "select engine.begin_attempt(t, o.id, 'test', now())"),
    ],
)
def test_what_cannot_be_booked_is_refused_before_its_offers_are_ranked(
    world: World, code: str, change: str
) -> None:
    """Asking in a loop for what cannot be costs next to nothing."""
    world.set_flags({**FLAGS, "price_optimization": False})
    trip = world.trip(world.traveller(), max_price=1)
    world.rows(SEARCH, trip)
    with world.working():
        until(world.at_rest)
    if code == "SK101":
        world.rows(
            "update public.trip_requests set max_price = 5000,"
            " consent_text_version = '2026-11'"
        )
        world.rows(
            "update public.trip_requests set search_round = (select max(search_round)"
            " from public.flight_offers)"
        )
        world.rows("select engine.rank_trip(user_id, id, now()) from trip_requests")
        change += (
            " from public.trip_requests as t join public.flight_offers as o"
            " on o.trip_request_id = t.id where o.rank = 1"
        )
    world.rows(change)
    world.rows(
        "create or replace function engine.rank_trip("
        " p_user_id uuid, p_trip_id uuid, p_now timestamptz) returns integer"
        " language plpgsql as $$ begin raise 'ranked'; end $$"
    )
    refused(code, world.rows, "select public.auto_book_production(%s)", trip)


# -- what one may begin ------------------------------------------------------------

BOOK = "select public.auto_book_production(%s)"


def bookable(world: World, traveller: Traveller) -> UUID:
    """Return a trip with fitting offers that does not book by itself any more."""
    world.set_flags({**FLAGS, "price_optimization": False})
    trip = world.trip(traveller)
    world.rows("select engine.set_kill_switch(true, 'a test')")
    world.rows("select engine.start_searches(array[%s], now())", trip)
    with world.working():
        until(world.at_rest)
    world.rows("select engine.set_kill_switch(false, 'a test')")
    return trip


def undone(world: World, trip: UUID) -> None:
    """Begin a booking, change the trip, and see the booking fail."""
    world.rows(BOOK, trip)
    world.rows(
        "update public.trip_requests set max_price = max_price where id = %s", trip
    )
    with world.working():
        until(lambda: world.attempt(trip)["status"] == "FAILED")


def test_bookings_that_are_begun_and_undone_come_to_an_end(world: World) -> None:
    """All trips of a traveller together; the error says when, and others go on."""
    limit(world, failed_bookings_per_hour=2)
    traveller = world.traveller()
    trips = [bookable(world, traveller) for _ in range(2)]
    for trip in trips:
        undone(world, trip)
    first = world.attempt(trips[0])["ended_at"]
    detail = refused("SK113", world.rows, BOOK, trips[0])
    assert detail["limit"] == 2
    assert datetime.fromisoformat(detail["again_at"]) == first + timedelta(hours=1)
    other = bookable(world, world.traveller())
    world.rows(BOOK, other)
    with world.working():
        until(lambda: world.status(other) == "BOOKED")
    world.rows(
        "update public.booking_attempts set ended_at = ended_at - interval '1 hour'"
        " where trip_request_id = %s and status = 'FAILED'",
        trips[0],
    )
    world.rows(BOOK, trips[0])


def test_what_books_by_itself_waits_too_and_says_until_when(world: World) -> None:
    """The trip stays pending, and its offers are found all the same."""
    limit(world, failed_bookings_per_hour=1)
    traveller = world.traveller()
    undone(world, bookable(world, traveller))
    trip = world.trip(traveller)
    world.rows("select engine.start_searches(array[%s], now())", trip)
    with world.working():
        until(world.at_rest)
    row = world.row(
        "select auto_book_status, status_reason from public.trip_requests"
        " where id = %s",
        trip,
    )
    assert row["auto_book_status"] == "PENDING"
    assert row["status_reason"].startswith("So many bookings failed that the next one")
