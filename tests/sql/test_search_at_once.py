"""A trip that was just stated, changed or resumed is searched now, as far as that goes.

What one traveller may take from all others is what the allowance and the budget leave:
the rest waits for the tick, and the trip says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.factories import in_days
from tests.sql.test_protocol import Stage, Trip

ON_ITS_WAY = "A search is on its way."
WAITS = "The trip is searched within ten minutes."


@pytest.fixture
def stage(database: str) -> Iterator[Stage]:
    """Return a stage on which trips are searched as they are stated, the default."""
    stage = Stage(database)
    settings(stage, "p_search_at_once => true")
    yield stage
    stage.close()


def settings(stage: Stage, arguments: str) -> None:
    """Change the search settings."""
    stage.rows(f"select engine.set_search_settings('test', {arguments})")


def reason(stage: Stage, trip: Trip) -> str:
    """Return why the trip has its status."""
    row = stage.row(
        "select status_reason from public.trip_requests where id = %s", trip.trip_id
    )
    return str(row["status_reason"])


def waiting(stage: Stage) -> int:
    """Return how many searches wait to be claimed."""
    row = stage.row(
        "select count(*) as n from engine.provider_calls"
        " where operation = 'search' and state = 'READY'"
    )
    return int(row["n"])


def change(stage: Stage, trip: Trip, wish: str) -> None:
    """Change one wish of a trip."""
    stage.rows(f"update public.trip_requests set {wish} where id = %s", trip.trip_id)


def another(stage: Stage, trip: Trip) -> Trip:
    """State the trip once more, for the same traveller, a week later."""
    row = stage.row(
        "select public.create_trip_request(t.origins, t.destinations,"
        " (t.departure_from + 7), t.max_price, t.currency,"
        " array(select p.traveler_profile_id from public.trip_passengers as p"
        " where p.trip_request_id = t.id), p_payment_method_id => t.payment_method_id,"
        " p_auto_book_enabled => true, p_consent_text_version => '2026-11',"
        " p_user_id => t.user_id) as id"
        " from public.trip_requests as t where t.id = %s",
        trip.trip_id,
    )
    return Trip(trip.user_id, UUID(str(row["id"])))


def test_a_trip_is_searched_in_the_commit_that_states_it(stage: Stage) -> None:
    """Nobody has to wait for a tick, which comes every ten minutes."""
    trip = stage.trip()
    assert stage.ready(trip) == ["search"]
    assert reason(stage, trip) == ON_ITS_WAY
    # And books, without any tick.
    stage.book(trip)
    assert stage.status(trip) == "BOOKED"
    assert stage.rows("select from engine.monitor_runs") == []
    assert stage.violations() == []


@pytest.mark.parametrize(
    "wish",
    [
        "max_price = 499",
        "refundable = true",
        "depart_after = '08:00', depart_before = '20:00'",
        "currency = 'EUR'",
    ],
)
def test_a_changed_wish_is_searched_at_once(stage: Stage, wish: str) -> None:
    """What the trip says after that is about the wish as it is now."""
    trip = stage.trip(max_price=50)
    (call,) = stage.claim()
    stage.finish(stage.good_answer(call))
    assert stage.ready(trip) == []
    assert "fits" in reason(stage, trip)
    change(stage, trip, wish)
    assert stage.ready(trip) == ["search"]
    assert reason(stage, trip).startswith(ON_ITS_WAY)


def test_a_wish_that_changes_nothing_that_is_searched_costs_no_search(
    stage: Stage,
) -> None:
    """The weights only order what was found."""
    trip = stage.trip(max_price=50)
    (call,) = stage.claim()
    stage.finish(stage.good_answer(call))
    change(stage, trip, "price_weight = 0.5, duration_weight = 0.35")
    assert stage.ready(trip) == []


def test_a_limit_that_was_not_agreed_to_is_said_while_it_is_searched(
    stage: Stage,
) -> None:
    """A fitting fare would not be booked, and by then it may be gone."""
    trip = stage.trip(max_price=50)
    change(stage, trip, "max_price = 60")
    said = reason(stage, trip)
    assert said.startswith(ON_ITS_WAY)
    assert "agree to the highest price" in said
    stage.rows("select public.consent_to_trip(%s, '2026-11')", trip.trip_id)
    assert reason(stage, trip) == ON_ITS_WAY
    # In one statement it never says so.
    change(stage, trip, "max_price = 70, consent_text_version = '2026-11'")
    assert "agree" not in reason(stage, trip)


def test_whoever_has_done_what_was_asked_is_told_to_resume(stage: Stage) -> None:
    """Else the trip would go on asking for what was done."""
    trip = stage.trip()
    change(stage, trip, "max_price = 600")
    for call in stage.claim():
        stage.finish(stage.good_answer(call))
    assert stage.status(trip) == "ACTION_REQUIRED"
    assert "agree again" in reason(stage, trip)
    stage.rows("select public.consent_to_trip(%s, '2026-11')", trip.trip_id)
    assert reason(stage, trip) == "The trip was changed: resume it to go on."
    stage.rows("select engine.change_trip_status(%s, 'resume')", trip.trip_id)
    assert reason(stage, trip) == ON_ITS_WAY


def test_a_resumed_trip_is_searched_at_once(stage: Stage) -> None:
    """It was not searched while it was paused."""
    trip = stage.trip()
    stage.rows("select engine.change_trip_status(%s, 'pause')", trip.trip_id)
    (call,) = stage.claim()
    stage.finish(stage.good_answer(call))
    stage.rows("select engine.change_trip_status(%s, 'resume')", trip.trip_id)
    assert stage.ready(trip) == ["search"]
    assert reason(stage, trip) == ON_ITS_WAY


def test_a_wide_window_takes_its_nearest_six_and_leaves_the_rest_to_the_tick(
    stage: Stage,
) -> None:
    """One trip of sixty days is no more urgent than ten others."""
    trip = stage.trip(departure_to=in_days(60))
    assert len(stage.ready(trip)) == 6
    days = stage.rows(
        "select c.payload #>> '{request,slices,0,departure_date}' as day"
        " from engine.provider_calls as c where c.trip_request_id = %s order by 1",
        trip.trip_id,
    )
    assert [row["day"] for row in days] == [str(in_days(40 + n)) for n in range(6)]
    stage.tick()
    assert len(stage.ready(trip)) == 21


def test_who_changes_a_trip_again_and_again_has_an_allowance(stage: Stage) -> None:
    """It is the same as for searches that a traveller asks for."""
    stage.rows("select engine.set_traveller_limits('test', p_searches_per_hour => 3)")
    trip = stage.trip(max_price=50)
    for price in range(49, 39, -1):
        for call in stage.claim():
            stage.finish(stage.good_answer(call))
        change(stage, trip, f"max_price = {price}")
    row = stage.row(
        "select searches from public.trip_requests where id = %s", trip.trip_id
    )
    assert row["searches"] <= 3
    assert reason(stage, trip) == WAITS
    # Another traveller has an allowance of their own.
    assert reason(stage, stage.trip()) == ON_ITS_WAY
    stage.tick()
    assert stage.ready(trip) == ["search"]


def test_beyond_a_minutes_budget_trips_wait_for_the_tick(stage: Stage) -> None:
    """However many travellers state trips at once, the account's limit is one."""
    settings(stage, "p_searches_per_minute => 2")
    trips = [stage.trip() for _ in range(4)]
    assert waiting(stage) == 2
    assert [reason(stage, trip) for trip in trips] == [ON_ITS_WAY] * 2 + [WAITS] * 2
    settings(stage, "p_searches_per_minute => 100000")
    stage.tick()
    assert waiting(stage) == 4


def test_while_booking_is_stopped_nothing_is_searched_and_the_trip_says_so(
    stage: Stage,
) -> None:
    """Nothing that is searched now could be booked."""
    stage.rows("select engine.set_kill_switch(true, 'test')")
    trip = stage.trip()
    assert stage.ready(trip) == []
    assert reason(stage, trip).startswith("Booking is paused for now.")


def test_a_trip_that_a_tick_may_not_search_says_so_until_it_is_searched(
    stage: Stage,
) -> None:
    """The reason is the present one, whatever the trip waited for before."""
    settings(stage, "p_search_at_once => false")
    trip = stage.trip()
    assert reason(stage, trip) == WAITS
    stage.rows("select engine.set_kill_switch(true, 'test')")
    stage.tick()
    assert reason(stage, trip).startswith("Booking is paused for now.")
    stage.rows("select engine.set_kill_switch(false, 'test')")
    stage.tick()
    assert reason(stage, trip) == ON_ITS_WAY


def test_a_trip_that_does_not_book_by_itself_is_not_searched_by_itself(
    stage: Stage,
) -> None:
    """Its traveller asks when they want to see offers; turned on, it is searched."""
    trip = stage.trip(auto_book_enabled=False)
    assert stage.ready(trip) == []
    assert "when you ask" in reason(stage, trip)
    change(stage, trip, "auto_book_enabled = true")
    assert stage.ready(trip) == ["search"]


def test_an_operator_may_leave_everything_to_the_ticks(stage: Stage) -> None:
    """The trips are told so."""
    settings(stage, "p_search_at_once => false")
    trip = stage.trip()
    assert stage.ready(trip) == []
    assert reason(stage, trip) == WAITS


def test_a_traveller_states_a_second_trip_at_once(stage: Stage) -> None:
    """Each of several trips of one traveller is searched, within the allowance."""
    first = stage.trip()
    second = another(stage, first)
    assert stage.ready(second) == ["search"]
