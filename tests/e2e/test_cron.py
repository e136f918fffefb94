"""pg_cron itself, not a hand: its tick books, it is missed, and stopped it stays so."""

from __future__ import annotations

from sidecar.deploy import deploy
from tests.factories import running_world, until

MONITOR = "auto_book_monitor"


def test_a_tick_fired_by_pg_cron_books_a_trip(cron_database: str) -> None:
    """The job runs as its own role; the status shows the job and its last runs."""
    with running_world(cron_database) as world:
        trip = world.trip(world.traveller())
        started = world.value("select public.manage_auto_book_monitor('start')")
        assert started["schedule"] == "*/10 * * * *"
        assert started["username"] == "skylatch_cron"
        # Every minute: pg_cron 1.4 knows nothing finer.
        world.rows("set role skylatch_cron")
        world.rows(
            "select cron.schedule('auto_book_monitor', '* * * * *',"
            " 'select public.auto_book_monitor()')"
        )
        world.rows("reset role")
        # Alive, or a sidecar would stand in for it before the minute is over.
        world.let_cron_do_it()
        with world.working():
            until(lambda: world.status(trip) == "BOOKED", seconds=100)
        (run, *_) = world.rows("select * from public.auto_book_monitor_status")
        assert run["active"]
        assert run["schedule"] == "* * * * *"
        assert world.value(
            "select count(*) from engine.monitor_runs"
            " where started_by = 'skylatch_cron' and claimed = 1"
        )
        assert len(world.orders(trip)) == 1
        stopped = world.value("select public.manage_auto_book_monitor('stop')")
        assert stopped["active"] is False
        world.rows("select public.manage_auto_book_monitor('start')")


def test_a_job_that_fails_is_missed_though_the_others_run(cron_database: str) -> None:
    """Three hours of `select 1/0`, beside a recovery that beats each minute."""
    with running_world(cron_database) as world:
        deploy(cron_database)
        world.rows("set role skylatch_cron")
        world.rows(
            "select cron.schedule(%s, '* * * * *', 'select 1/0')",
            MONITOR,
        )
        world.rows("reset role")
        world.rows(
            "update engine.job_beats set scheduled_at = now() - interval '3 hours',"
            " since = now() - interval '3 hours',"
            " last_succeeded_at = now() - interval '3 hours',"
            " last_succeeded_by = 'skylatch_cron',"
            " cron_succeeded_at = now() - interval '3 hours'"
            " where job in (%s, 'recover')",
            MONITOR,
        )
        failed = (
            "select count(*) from cron.job_run_details as d"
            " inner join cron.job as j on j.jobid = d.jobid"
            " where j.jobname = %s and d.status = 'failed'"
        )
        until(lambda: world.value(failed, MONITOR), seconds=100)
        until(lambda: ("CRON_SILENT", "recover") not in world.alerts(), seconds=100)
        assert world.alerts() >= {("CRON_SILENT", MONITOR), ("JOB_SILENT", MONITOR)}
        assert ("JOB_SILENT", "recover") not in world.alerts()
        # A sidecar does this one job; that pg_cron does not is still told.
        due = "select due_jobs from engine.due_jobs() where due_jobs = %s"
        assert world.rows(due, MONITOR)
        assert world.value("select engine.stand_in(%s)", MONITOR)
        assert ("JOB_SILENT", MONITOR) not in world.alerts()
        assert ("CRON_SILENT", MONITOR) in world.alerts()
        deploy(cron_database)
        command = "select command from cron.job where jobname = %s"
        assert world.value(command, MONITOR) == "select public.auto_book_monitor()"


def test_what_was_stopped_on_purpose_stays_stopped_over_a_deploy(
    cron_database: str,
) -> None:
    """Who, when and why are on record; it is told apart from a job that is silent."""
    scheduled = "select count(*) from cron.job where jobname = %s and active"
    with running_world(cron_database) as world:
        deploy(cron_database)
        assert world.value(scheduled, MONITOR) == 1
        world.rows("set role skylatch_operator")
        world.rows("select public.manage_auto_book_monitor('stop', 'a drill')")
        world.rows("reset role")
        world.rows(
            "update engine.job_beats set scheduled_at = now() - interval '3 hours',"
            " last_succeeded_at = now() - interval '3 hours',"
            " last_succeeded_by = 'skylatch_cron', since = now() - interval '3 hours',"
            " cron_succeeded_at = now() - interval '3 hours' where job = %s",
            MONITOR,
        )
        deploy(cron_database)
        assert world.value(scheduled, MONITOR) == 0
        assert {kind for kind, job in world.alerts() if job == MONITOR} == {
            "JOB_STOPPED"
        }
        assert (
            world.rows("select * from engine.due_jobs() where due_jobs = %s", MONITOR)
            == []
        )
        (status, *_) = world.rows("select * from public.auto_book_monitor_status")
        assert (status["active"], status["scheduled_by"]) == (False, "nobody")
        assert (status["stopped_by"], status["stop_reason"]) == (
            "postgres as skylatch_operator",
            "a drill",
        )
        started = world.value("select public.manage_auto_book_monitor('start')")
        assert (started["active"], started["stopped_at"]) == (True, None)
        assert {kind for kind, job in world.alerts() if job == MONITOR} == set()
        assert world.rows(
            "select stopped, reason, set_by from engine.job_changes"
            " order by id desc limit 2"
        ) == [
            {"stopped": False, "reason": None, "set_by": "postgres"},
            {
                "stopped": True,
                "reason": "a drill",
                "set_by": "postgres as skylatch_operator",
            },
        ]
