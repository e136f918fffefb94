"""What runs by itself: ticks, their records, and who stands in for a silent pg_cron."""

from __future__ import annotations

import psycopg

from tests.factories import World, in_days, until


def searches(world: World) -> list[str]:
    """Return the states of all search calls, oldest first."""
    return [
        row["state"]
        for row in world.rows(
            "select state from engine.provider_calls where operation = 'search'"
            " order by id"
        )
    ]


def test_an_outage_of_the_sidecars_does_not_end_in_a_stampede(world: World) -> None:
    """A search nobody took is superseded by the next one, not added to."""
    world.trip(world.traveller())
    for _ in range(3):
        world.rows("update public.trip_requests set next_search_at = now()")
        world.tick()
    assert searches(world) == ["DEAD", "DEAD", "READY"]


def test_a_tick_beside_another_claims_nothing_and_says_so(world: World) -> None:
    """Two ticks at once: the second leaves at once, with its reason on record."""
    world.trip(world.traveller())
    with psycopg.connect(world.dsn) as first:
        first.execute("select public.auto_book_monitor()")
        world.rows("select public.auto_book_monitor()")
        first.commit()
    runs = world.rows("select claimed, reason from engine.monitor_runs order by id")
    assert [(r["claimed"], r["reason"]) for r in runs] == [
        (1, None),
        (0, "another tick is running"),
    ]
    assert searches(world) == ["READY"]


def test_a_trip_whose_dates_are_over_is_closed(world: World) -> None:
    """It is never searched again, and the traveller reads why."""
    trip = world.trip(world.traveller())
    # Past the checks: time has gone by since it was stated.
    world.rows("alter table public.trip_requests disable trigger trip_requests_check")
    world.rows(
        "update public.trip_requests"
        " set departure_from = current_date - 3, departure_to = current_date - 3"
    )
    world.tick()
    assert world.status(trip) == "EXPIRED"
    assert searches(world) == []


def test_a_sidecar_stands_in_for_a_silent_pg_cron(world: World) -> None:
    """Without pg_cron a booking still happens: the heartbeat runs the monitor."""
    trip = world.trip(world.traveller())
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    run = world.row("select * from engine.monitor_runs")
    assert (run["started_by"], run["claimed"]) == ("sidecar", 1)


def test_a_live_pg_cron_is_not_doubled(world: World) -> None:
    """A heartbeat beside a recent beat of pg_cron only says that the sidecar lives."""
    world.trip(world.traveller())
    world.rows("insert into engine.cron_beat (at) values (clock_timestamp())")
    _, database = world.build_worker()
    assert database.heartbeat("a") == "pg_cron"
    database.close()
    assert world.rows("select * from engine.monitor_runs") == []


def test_a_trip_with_several_dates_is_decided_when_all_are_searched(
    world: World,
) -> None:
    """The best offer of the whole round is booked, not the first that came back."""
    trip = world.trip(
        world.traveller(),
        departure_from=in_days(40),
        departure_to=in_days(43),
    )
    with world.working():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    assert searches(world) == ["DONE"] * 4
    best = world.row(
        "select min(score) filter (where ineligible = '{}') as best,"
        " min(score) filter (where status = 'BOOKED') as booked"
        " from public.flight_offers"
    )
    assert best["booked"] == best["best"]
