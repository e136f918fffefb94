"""pg_cron itself, not a hand: its tick books, and its status can be read."""

from __future__ import annotations

from tests.factories import running_world, until


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
        world.rows(
            "insert into engine.cron_beat (at) values (clock_timestamp())"
            " on conflict (only_row) do update set at = excluded.at"
        )
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
