"""Sessions speak one dialect, whatever the server, the database or the role prefers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb

from sidecar.db import Database
from sidecar.deploy import deploy
from sidecar.events import cut_event
from sidecar.sessions import FORMATS, OPTIONS, noticing, pinned
from tests.factories import World, until

ODD = {
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Pacific/Kiritimati",
    "extra_float_digits": "0",
    "standard_conforming_strings": "off",
}
SHOWN = "select name, setting from pg_settings where name = any(%s)"


def formats(connection: psycopg.Connection[tuple[str, str]]) -> dict[str, str]:
    """Return the formats of a session."""
    return {
        name: value.replace(", ", ",")
        for name, value in connection.execute(SHOWN, [list(FORMATS)])
    }


def prefer(dsn: str, scope: str, values: dict[str, str]) -> None:
    """Let new sessions of this scope ("role x in database") have these formats."""
    name = conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for setting, value in values.items():
            connection.execute(
                sql.SQL(f"alter {scope} {{}} set {{}} = {{}}").format(  # type: ignore[arg-type]
                    sql.Identifier(str(name)), sql.Identifier(setting), value
                )
            )


@pytest.fixture
def odd(database: str) -> str:
    """Return a database whose sessions have formats of their own, as superuser."""
    prefer(database, "database", ODD)
    with psycopg.connect(database) as connection:
        assert formats(connection) == {k: v.replace(", ", ",") for k, v in ODD.items()}
    return database


@pytest.mark.parametrize("role", ["skylatch_sidecar", "skylatch_cron", "authenticator"])
def test_a_login_of_ours_has_our_formats_in_any_database(odd: str, role: str) -> None:
    """Also where a pooler passes no options on: they are the role's."""
    with psycopg.connect(make_conninfo(odd, user=role)) as connection:
        assert formats(connection) == FORMATS


@pytest.mark.parametrize("user", ["postgres", "skylatch_sidecar"])
def test_every_session_of_a_pool_is_pinned(odd: str, user: str) -> None:
    """Against the database's preferences, and against the role's own in it."""
    if user != "postgres":
        prefer(odd, f"role {user} in database", ODD)
    database = Database(make_conninfo(odd, user=user), size=3)
    try:
        with (
            database._pool.connection() as one,
            database._pool.connection() as two,
            database._pool.connection() as three,
        ):
            for connection in (one, two, three):
                rows = connection.execute(SHOWN, [list(FORMATS)]).fetchall()
                values = {row["name"]: row["setting"] for row in rows}
                assert {k: v.replace(", ", ",") for k, v in values.items()} == FORMATS
                (now,) = connection.execute("select now() as at").fetchall()
                assert now["at"].tzinfo is not None
                assert now["at"].utcoffset() == timedelta(0)
    finally:
        database.close()


def test_the_listener_is_pinned(odd: str) -> None:
    """It has a connection of its own."""
    prefer(odd, "role skylatch_sidecar in database", ODD)
    database = Database(make_conninfo(odd, user="skylatch_sidecar"))
    heard = database.notifications(timeout=0.01)
    try:
        next(heard)
        frame = heard.gi_frame  # type: ignore[attr-defined]
        assert formats(frame.f_locals["connection"]) == FORMATS
    finally:
        heard.close()  # type: ignore[attr-defined]
        database.close()


def test_a_flood_of_wake_ups_wakes_with_a_rest_after_each(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may notify: a worker must not ask for work in a loop because of it."""
    database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
    rests: list[float] = []
    monkeypatch.setattr("sidecar.listening.time.sleep", rests.append)
    heard = database.notifications(timeout=30)
    try:
        next(heard)
        for rested in range(5):
            world.rows("select pg_notify('skylatch_calls', '')")
            next(heard)
            assert len(rests) == rested
    finally:
        heard.close()  # type: ignore[attr-defined]
        database.close()


def test_options_of_the_caller_are_kept_and_ours_count(
    odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the string or from the environment; only formats are overridden."""
    theirs = "-c work_mem=5MB -c datestyle=German"
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=6MB -c timezone=Asia/Kolkata")
    for dsn, memory in ((make_conninfo(odd, options=theirs), "5MB"), (odd, "6MB")):
        with psycopg.connect(pinned(dsn)) as connection:
            assert formats(connection) == FORMATS
            assert connection.execute("show work_mem").fetchone() == (memory,)
            assert connection.execute("show client_encoding").fetchone() == ("UTF8",)
    assert conninfo_to_dict(pinned(odd))["options"].endswith(OPTIONS)


def test_a_deploy_does_not_mind_the_databases_formats(odd: str) -> None:
    """Its own records have times in them, which it reads again."""
    deploy(odd, cron=False)
    deploy(odd, cron=False)


def test_a_booking_the_heartbeat_and_the_overview_do_not_mind_any_format(
    world: World,
) -> None:
    """Every thread of a worker reads times: all of them are alive afterwards."""
    prefer(world.dsn, "database", ODD)
    prefer(world.dsn, "role skylatch_sidecar in database", ODD)
    trip = world.trip(world.traveller())
    # An alert, with its time, for the thread that logs them.
    world.rows("update engine.flag_sync set stale_after = '1 day'")
    world.rows(
        "insert into engine.review_cases (kind, object_id, opened_at, summary,"
        " evidence) values ('POISON', 'test', now(), 'a test', '{}')"
    )
    beats: list[int] = []
    worker, database = world.build_worker()
    alerts = worker._alerts.update
    worker._alerts.update = lambda rows: (  # type: ignore[method-assign]
        beats.append(len(rows)),
        alerts(rows),
    )[1]
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
        until(lambda: beats)
        assert beats[0] >= 1
        names = {one.name for one in threading.enumerate()}
        assert {"_beat", "_listen", "_report", "_report_again", "_run_calls"} <= names
    finally:
        worker.stop()
        thread.join()
        database.close()
    overview = Database(world.dsn)
    try:
        rows = overview.flag_overview()
    finally:
        overview.close()
    assert {type(row["age"]) for row in rows} == {timedelta}
    assert {row["changed_at"].tzinfo for row in rows} != {None}
    assert world.violations() == []


# A zone whose short name is read as another zone.
MISLEADING = {"DateStyle": "SQL, DMY", "TimeZone": "Asia/Kolkata"}


def test_what_the_server_writes_does_not_depend_on_the_session(world: World) -> None:
    """Details of broken promises, and times of events from a provider's list."""
    trip = world.trip(world.traveller())
    world.tick()
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    world.rows(
        "update public.booking_attempts set status = 'PENDING', ended_at = null,"
        " state = 'VOIDING', captured_amount = null, capture_before = now()"
    )
    event = cut_event(
        "stripe",
        {
            **{"id": "evt_1", "object": "event", "type": "x.y"},
            **{"created": 1_795_000_000, "data": {"object": {"id": "pi_1"}}},
        },
    )
    listed = {"events": [event]}

    def written() -> list[object]:
        details = "select detail from engine.check_invariants() order by 1"
        world.rows("delete from engine.provider_events")
        world.rows(
            "select engine.receive_sweep(c, %s, now()) from engine.provider_calls as c"
            " where c.operation = 'search' limit 1",
            Jsonb(listed),
        )
        at = (
            "select extract(epoch from occurred_at)::bigint from engine.provider_events"
        )
        return [row["detail"] for row in world.rows(details)] + [world.value(at)]

    usual = written()
    assert len(usual) > 1
    assert usual[-1] == 1_795_000_000
    for name, value in MISLEADING.items():
        world.rows(f"set {name} = '{value}'")
    assert written() == usual


def test_the_command_line_reads_the_overview_in_any_format(odd: str) -> None:
    """As an operator runs it, whose login has no formats of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")}
    shown = subprocess.run(
        [sys.executable, "-m", "sidecar", "flags", "show"],
        env={
            **environment,
            "SKYLATCH_OPERATOR_URL": odd,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")


def test_a_server_that_is_gone_without_a_word_is_noticed_within_a_minute(
    database: str,
) -> None:
    """In every session of the pool; what the address says itself counts."""
    with closing(Database(database, size=1)) as pool, pool._pool.connection() as one:
        said = one.info.get_parameters()
    assert said["tcp_user_timeout"] == "30000"
    idle, interval, count = (
        int(said[f"keepalives_{name}"]) for name in ("idle", "interval", "count")
    )
    assert idle + interval * count <= 60
    told = conninfo_to_dict(noticing("postgresql://h/d?keepalives_idle=5"))
    assert told["keepalives_idle"] == "5"
