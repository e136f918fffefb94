"""A deploy takes no table that it need not, and gives way for those it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sidecar.deploy import deploy
from sidecar.deploy_session import APPLICATION, deploy_session
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from sidecar.local.snapshot import dump_schema
from tests.conftest import Connect
from tests.deploy.checkouts import add_migration, change
from tests.factories import until

Deploy = Callable[[], "Future[None]"]
_DEPLOYS = f"from pg_stat_activity where application_name = '{APPLICATION}'"
_HOLDS = (
    "select exists (select from pg_locks as l join pg_stat_activity as a using (pid)"
    f" where a.application_name = '{APPLICATION}' and l.granted"
    " and l.mode = 'AccessExclusiveLock' and l.relation = %s::regclass)"
)


@pytest.fixture
def deploy_soon(database: str) -> Iterator[Deploy]:
    """Return what begins a deploy, in a thread of its own."""
    with ThreadPoolExecutor() as pool:
        yield lambda: pool.submit(deploy, database, cron=False)
        # A test that failed may leave both waiting.
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a deploy give up soon."""
    monkeypatch.setattr("sidecar.deploy_session._PATIENCE_SECONDS", 1.0)


def value(connection: psycopg.Connection[Any], query: str, *args: object) -> Any:
    """Return the one value that a query gives."""
    row = connection.execute(query.encode(), args).fetchone()
    assert row is not None
    return row[0]


def change_policies(sql: Path) -> None:
    """Let policies of two tables read otherwise, and so be made anew."""
    for table in ("booking_attempts", "trip_requests"):
        change(
            sql,
            f"access/{table}.sql",
            f"create policy {table}_authenticated_select on public.{table}\n"
            "  for select to authenticated\n"
            "  using (user_id = (select engine.signed_in()));",
            f"create policy {table}_authenticated_select on public.{table}\n"
            "  for select to authenticated\n"
            "  using (user_id = (select engine.signed_in()) and true);",
        )


@pytest.mark.usefixtures("impatient")
def test_a_deploy_that_changes_nothing_takes_no_table(
    database: str, connect: Connect
) -> None:
    """Whoever writes to every table holds it up for no moment."""
    writer = connect(autocommit=False)
    tables = writer.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname in ('public', 'engine', 'auth')"
    ).fetchall()
    for (table,) in tables:
        writer.execute(f"lock table {table} in row exclusive mode".encode())
    deploy(database, cron=False)


@pytest.mark.parametrize(
    "by_hand",
    [
        "alter policy trip_requests_owner_all on public.trip_requests using (false)",
        "alter policy trip_requests_authenticated_select on public.trip_requests"
        " to public",
        "drop policy booking_attempts_authenticated_select on public.booking_attempts",
        "drop trigger trip_requests_check on public.trip_requests",
        "alter table public.trip_requests disable trigger trip_requests_check",
        "revoke select on public.trip_requests from authenticated",
        "revoke update (max_price) on public.trip_requests from authenticated",
        "create or replace view public.flag_overview with (security_invoker = false)"
        " as select * from engine.flag_status()",
    ],
)
def test_what_was_changed_by_hand_is_put_right(
    cluster: Cluster, database: str, connect: Connect, by_hand: str
) -> None:
    """What is there is compared, and not only what was done last."""

    def dump() -> list[str]:
        # Grants are written in the order in which they were given.
        return sorted(dump_schema(cluster.installation, database).splitlines())

    before = dump()
    connect().execute(by_hand.encode())
    assert dump() != before
    deploy(database, cron=False)
    assert dump() == before


def test_who_asks_is_told_by_this_release_once_it_is_deployed(
    database: str, connect: Connect
) -> None:
    """A schema `auth` of the release before keeps its users, and gets the function."""
    connect().execute(
        "create or replace function auth.uid() returns uuid language sql stable as"
        " $$select (current_setting('request.jwt.claims')::jsonb ->> 'sub')::uuid$$"
    )
    function = "select xmin, prosrc from pg_proc where oid = 'auth.uid()'::regprocedure"
    former = connect().execute(function).fetchone()
    deploy(database, cron=False)
    now = connect().execute(function).fetchone()
    assert now != former
    deploy(database, cron=False)
    assert connect().execute(function).fetchone() == now
    with pytest.raises(psycopg.Error) as refused:
        connect("authenticated", user_id="amelia").execute("select auth.uid()")
    assert refused.value.sqlstate == "SK022"


def test_others_go_on_while_a_deploy_waits_for_a_table(
    connect: Connect, sql: Path, deploy_soon: Deploy
) -> None:
    """It waits for moments only, and what it has changed by then is not seen."""
    change_policies(sql)
    writer, other = connect(autocommit=False), connect()
    other.execute("set lock_timeout = '60s'")
    writer.execute("lock table public.trip_requests in row exclusive mode")
    deploying = deploy_soon()
    waits = f"select exists (select {_DEPLOYS} and wait_event_type = 'Lock')"
    for _ in range(3):
        until(lambda: value(other, waits))
        other.execute("select count(*) from public.trip_requests")
    assert not deploying.done()
    writer.rollback()
    deploying.result(timeout=120)
    assert "AND true" in value(
        other,
        "select qual from pg_policies"
        " where policyname = 'trip_requests_authenticated_select'",
    )


def test_a_deploy_never_makes_others_a_deadlocks_victims(
    connect: Connect, sql: Path, deploy_soon: Deploy
) -> None:
    """It holds what they want and wants what they hold: it lets go, they go on."""
    change_policies(sql)
    saga, look = connect(autocommit=False), connect()
    for session in (saga, look):
        session.execute("set lock_timeout = '60s'")
    saga.commit()
    saga.execute("lock table public.trip_requests in row exclusive mode")
    deploying = deploy_soon()
    for _ in range(3):
        until(lambda: value(look, _HOLDS, "public.booking_attempts"))
        saga.execute("savepoint s")
        saga.execute("lock table public.booking_attempts in row exclusive mode")
        assert not deploying.done()
        saga.execute("rollback to savepoint s")
    saga.commit()
    deploying.result(timeout=120)


def test_a_migration_takes_all_its_tables_at_once_or_none(
    connect: Connect, sql: Path, deploy_soon: Deploy
) -> None:
    """What it has altered is never kept from others while it waits for the next."""
    add_migration(
        sql,
        "two_tables",
        "alter table public.booking_attempts add column seen boolean",
        "alter table public.trip_requests add column seen boolean",
    )
    saga, look = connect(autocommit=False), connect()
    for session in (saga, look):
        session.execute("set lock_timeout = '60s'")
    saga.commit()
    saga.execute("lock table public.trip_requests in row exclusive mode")
    deploying = deploy_soon()
    doing = f"select {{}} {_DEPLOYS} and exists ({{}})"
    holds = _HOLDS.removeprefix("select exists (").removesuffix(")")
    for _ in range(3):
        query = until(
            lambda: look.execute(
                doing.format("query", holds).encode(), ["public.booking_attempts"]
            ).fetchone()
        )
        assert query[0].startswith("lock table"), query
        look.execute("select count(*) from public.booking_attempts")
    saga.execute("lock table public.booking_attempts in row exclusive mode")
    saga.commit()
    deploying.result(timeout=120)
    look.execute(
        "select a.seen, t.seen from public.booking_attempts a, public.trip_requests t"
    )


def test_between_a_migration_and_the_code_the_old_functions_work(
    connect: Connect,
) -> None:
    """Those that return a table's row too, whatever column it was given."""
    admin = connect()
    functions = admin.execute(
        "select format('%s(%s)', p.oid::regproc, (select string_agg("
        "format('null::%s', a.type::regtype), ', ' order by a.place)"
        " from unnest(p.proargtypes) with ordinality as a (type, place))),"
        " c.oid::regclass::text from pg_proc as p"
        " join pg_type as t on t.oid = p.prorettype"
        " join pg_class as c on c.oid = t.typrelid and c.relkind = 'r'"
        " join pg_language as l on l.oid = p.prolang and l.lanname = 'sql'"
    ).fetchall()
    assert functions
    for table in {table for _, table in functions}:
        admin.execute(f"alter table {table} add column later text".encode())
    for call, _ in functions:
        admin.execute(f"select {call}".encode())


@pytest.mark.usefixtures("impatient")
def test_a_deploy_that_is_kept_waiting_says_by_whom(
    connect: Connect, sql: Path, deploy_soon: Deploy
) -> None:
    """In one line, and nothing of it is kept."""
    change_policies(sql)
    writer = connect(autocommit=False)
    writer.execute("lock table public.trip_requests in row exclusive mode")
    pid = writer.info.backend_pid
    with pytest.raises(SetupError) as caught:
        deploy_soon().result(timeout=120)
    said = str(caught.value)
    assert said.startswith("code.sql: others kept it waiting for 1 seconds")
    assert f"process {pid}, postgres" in said
    assert "holds trip_requests" in said
    assert "\n" not in said


@pytest.mark.usefixtures("impatient")
def test_two_deploys_take_turns(database: str, connect: Connect) -> None:
    """The second says who is at work; the turn ends with the first one's session."""
    with deploy_session(database) as first:
        pid = first.info.backend_pid
        with pytest.raises(SetupError, match=f"at work .process {pid} of this machine"):
            deploy(database, cron=False)
        connect().execute("select pg_terminate_backend(%s)", [pid])
        deploy(database, cron=False)


def test_a_deploy_that_waits_for_its_turn_holds_up_no_index(
    database: str, connect: Connect, deploy_soon: Deploy
) -> None:
    """To build one concurrently waits for all who have a snapshot."""
    look = connect()
    with deploy_session(database) as first:
        deploying = deploy_soon()
        asking = f"select count(*) {_DEPLOYS} and query like '%%advisory_lock%%'"
        until(lambda: value(look, asking) == 2)
        first.execute("set lock_timeout = '60s'")
        first.execute("create index concurrently i on public.trip_requests (currency)")
        first.execute("drop index public.i")
        assert not deploying.done()
    deploying.result(timeout=120)


def test_deploys_of_two_databases_of_a_cluster_do_not_meet(
    cluster: Cluster, database: str, clone_name: Callable[[], str]
) -> None:
    """Roles are the cluster's: whoever sets them waits for the other."""
    name = clone_name()
    cluster.create_database(name)
    with ThreadPoolExecutor() as pool:
        for deploying in [
            pool.submit(deploy, dsn, cron=False)
            for dsn in (database, cluster.dsn(name))
        ]:
            deploying.result(timeout=120)
    with psycopg.connect(
        make_conninfo(database, dbname="postgres"), autocommit=True
    ) as admin:
        admin.execute(f'drop database "{name}" with (force)'.encode())
