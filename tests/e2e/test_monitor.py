"""What runs by itself: ticks, their records, and who stands in for a silent pg_cron."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from structlog.testing import capture_logs

from sidecar.alerts import AlertLog
from sidecar.deploy import deploy
from sidecar.errors import EngineError
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
    world.let_cron_do_it()
    _, database = world.build_worker()
    jobs = (
        "auto_book_monitor",
        "purge",
        "purge_cron_log",
        "recover",
        "watch_invariants",
    )
    assert database.heartbeat("a") == ", ".join(f"{job}: pg_cron" for job in jobs)
    assert database.due_jobs() == []
    assert not any(database.stand_in(job) for job in jobs)
    database.close()
    assert world.rows("select * from engine.monitor_runs") == []


def test_a_sidecar_stands_in_for_one_silent_job_of_pg_cron(world: World) -> None:
    """The others are pg_cron's; the one it does not run is done, once in its time."""
    trip = world.trip(world.traveller())
    world.let_cron_do_it()
    world.rows(
        "update engine.job_beats set cron_succeeded_at = now() - interval '13 minutes'"
        " where job = 'auto_book_monitor'"
    )
    _, database = world.build_worker()
    assert "auto_book_monitor: sidecar, purge: pg_cron" in database.heartbeat("a")
    assert database.due_jobs() == ["auto_book_monitor"]
    assert database.stand_in("auto_book_monitor")
    assert searches(world) == ["READY"]
    assert database.due_jobs() == []
    assert not database.stand_in("auto_book_monitor")
    database.close()
    assert world.status(trip) == "PENDING"
    assert len(world.rows("select id from engine.monitor_runs")) == 1


def test_two_sidecars_never_stand_in_for_a_job_at_once(world: World) -> None:
    """Even before the first one's beat can be seen."""
    _, database = world.build_worker()
    # What recovery does once in a day locks a table until its commit.
    world.rows("select engine.add_offer_days(now())")
    with psycopg.connect(world.dsn) as first:
        assert first.execute("select engine.stand_in('recover')").fetchone() == (True,)
        assert not database.stand_in("recover")
        assert database.stand_in("watch_invariants")
        first.commit()
    assert not database.stand_in("recover")
    database.close()


def test_a_job_that_fails_keeps_no_other_from_being_done(world: World) -> None:
    """Recovery is broken: it makes no beat, and the monitor books all the same."""
    trip = world.trip(world.traveller())
    world.rows(
        "create or replace function engine.start_scans(p_now timestamptz) returns void"
        " language plpgsql volatile as 'begin perform 1/0; end'"
    )
    with capture_logs() as entries, world.working():
        until(lambda: world.status(trip) == "BOOKED")
    failed = [e for e in entries if e["event"] == "job.failed"]
    assert {e["job"] for e in failed} == {"recover"}
    assert "division by zero" in failed[0]["error"]
    beats = "select job from engine.job_beats where last_succeeded_at is not null"
    assert {row["job"] for row in world.rows(beats)} == {
        "auto_book_monitor",
        "purge",
        "watch_invariants",
    }
    world.rows(
        "update engine.job_beats set since = now() - interval '3 hours',"
        " last_succeeded_at = last_succeeded_at - interval '1 minute'"
    )
    assert ("JOB_SILENT", "recover") in world.alerts()
    assert ("JOB_SILENT", "auto_book_monitor") not in world.alerts()


def test_a_tick_that_did_nothing_is_no_beat(world: World) -> None:
    """Where another one holds the lock for 15 minutes, nobody ticks: an alert."""
    world.rows(
        "update engine.job_beats set since = now() - interval '16 minutes'"
        " where job = 'auto_book_monitor'"
    )
    with psycopg.connect(world.dsn) as hanging:
        hanging.execute("select pg_advisory_xact_lock(7302026)")
        world.rows("select public.auto_book_monitor()")
        assert world.alerts() == {("JOB_SILENT", "auto_book_monitor")}
    world.rows("select public.auto_book_monitor()")
    assert world.alerts() == set()


def test_every_job_that_has_a_stand_in_can_be_stood_in_for(world: World) -> None:
    """The list and the function that acts on it agree."""
    _, database = world.build_worker()
    jobs = world.rows("select job from engine.jobs where stands_in order by job")
    assert database.due_jobs() == [row["job"] for row in jobs]
    for row in jobs:
        assert database.stand_in(row["job"])
        assert not database.stand_in(row["job"])
    world.rows(
        "update engine.jobs set stands_in = true, stand_in_every = '1 minute'"
        " where job = 'purge_cron_log'"
    )
    with pytest.raises(EngineError) as caught:
        database.stand_in("purge_cron_log")
    assert caught.value.sqlstate == "SK310"
    assert database.stand_in("nonsense") is False
    database.close()


def test_a_purge_that_left_something_is_not_done(world: World) -> None:
    """pg_cron is known to be alive; the work is gone on with, and missed in the end."""
    world.rows(
        "create or replace function engine.purge_searches(p_limit integer,"
        " p_now timestamptz) returns integer language sql volatile return p_limit"
    )
    _, database = world.build_worker()
    assert database.stand_in("purge")
    assert "purge" in database.due_jobs()
    database.close()


def test_a_stop_holds_for_the_stand_in_too(world: World) -> None:
    """Without pg_cron: no tick by itself, until it is started; by hand there may be."""
    world.trip(world.traveller())
    _, database = world.build_worker()
    stopped = world.value("select public.manage_auto_book_monitor('stop')")
    assert (stopped["active"], stopped["stop_reason"]) == (False, None)
    assert stopped["scheduled_by"] == "nobody"
    again = world.value("select public.manage_auto_book_monitor('stop', 'again')")
    assert again == stopped
    world.rows(
        "update engine.job_beats set since = now() - interval '3 hours'"
        " where job = 'auto_book_monitor'"
    )
    deploy(world.dsn, cron=False)
    assert "auto_book_monitor" not in database.due_jobs()
    assert not database.stand_in("auto_book_monitor")
    assert world.alerts() == {("JOB_STOPPED", "auto_book_monitor")}
    # pg_cron may still have the job: from a dump, or scheduled by another role.
    with psycopg.connect(make_conninfo(world.dsn, user="skylatch_cron")) as cron:
        assert cron.execute("select auto_book_monitor()").fetchone() == (None,)
    assert world.rows("select id from engine.monitor_runs") == []
    world.rows("select public.manage_auto_book_monitor('trigger')")
    assert len(world.rows("select id from engine.monitor_runs")) == 1
    started = world.value("select public.manage_auto_book_monitor('start')")
    assert (started["scheduled_by"], started["stopped_at"]) == ("sidecar", None)
    assert world.alerts() == set()
    database.close()


def test_a_stop_is_told_as_done_on_purpose_not_as_a_fault(world: World) -> None:
    """A warning in the log, where a silent job is an error."""
    log = AlertLog()
    world.rows("select public.manage_auto_book_monitor('stop', 'a drill')")
    with capture_logs() as entries:
        log.update(world.rows("select * from engine.open_alerts()"))
    assert [(e["log_level"], e["kind"]) for e in entries] == [
        ("warning", "JOB_STOPPED")
    ]
    assert "drill" not in entries[0]["detail"]


def test_a_beat_from_the_future_does_not_count(world: World) -> None:
    """The clock was set back: the jobs are done, and missed, from now on."""
    world.rows(
        "update engine.job_beats set cron_succeeded_at = now() + interval '2 days',"
        " last_succeeded_at = now() + interval '2 days', last_succeeded_by = 'x'"
    )
    _, database = world.build_worker()
    assert "auto_book_monitor" in database.due_jobs()
    assert {("CRON_SILENT", "recover"), ("JOB_SILENT", "recover")} <= world.alerts()
    database.close()


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


def test_a_job_never_waits_for_another_one_to_say_it_is_done(world: World) -> None:
    """A transaction that hangs after its beat keeps no other from committing."""
    beat = "select engine.beat_job('recover', true)"
    with psycopg.connect(world.dsn) as hanging:
        hanging.execute(beat.encode())
        world.rows("set lock_timeout = '1s'")
        world.rows(beat)
        hanging.rollback()
    last = "select last_succeeded_by from engine.job_beats where job = 'recover'"
    assert world.value(last) is None
    world.rows(beat)
    assert world.value(last) == "postgres"
