"""What a role may do beyond its tables and functions, tried by each of them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from tests.conftest import Connect
from tests.factories import World

EVERYBODY = (
    "anon",
    "authenticated",
    "service_role",
    "authenticator",
    "skylatch_sidecar",
    "skylatch_cron",
    "skylatch_feed",
    "skylatch_watch",
    "skylatch_operator",
)


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize(
    "call",
    [
        "lo_create(0)",
        "lo_creat(-1)",
        "lo_from_bytea(0, 'x')",
        "pg_logical_emit_message(false, 'x', 'x')",
        "pg_logical_emit_message(false, 'x', 'x'::bytea)",
    ],
)
def test_nobody_fills_the_disk_past_the_tables(
    connect: Connect, template: str, role: str, call: str
) -> None:
    """PostgreSQL lets everybody store large objects, unless that is taken away."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect(role).execute(f"select {call}".encode())


def test_the_feed_leaves_connections_for_the_others(
    cluster: Cluster, database: str
) -> None:
    """Whatever it opens, the sidecar still gets one."""
    feed = make_conninfo(database, user="skylatch_feed")
    opened: list[psycopg.Connection[tuple[object, ...]]] = []
    try:
        opened.extend(psycopg.connect(feed) for _ in range(5))
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(feed)
        psycopg.connect(make_conninfo(database, user="skylatch_sidecar")).close()
    finally:
        for connection in opened:
            connection.close()


def test_a_deploy_takes_away_what_was_granted_besides(
    cluster: Cluster, database: str, connect: Connect
) -> None:
    """Of tables, columns, sequences, functions and schemas; what is right stays."""
    rights = """
        select object, g.grantee, g.privilege_type
        from (
          select c.oid::regclass::text, c.relacl, c.relowner from pg_class as c
          where c.relnamespace::regnamespace::text in ('public', 'engine', 'auth')
          union all
          select a.attrelid::regclass || '.' || a.attname, a.attacl, c.relowner
          from pg_attribute as a join pg_class as c on c.oid = a.attrelid
          union all
          select p.oid::regprocedure::text, p.proacl, p.proowner from pg_proc as p
          where p.pronamespace::regnamespace::text in ('public', 'engine')
          union all
          select n.nspname, n.nspacl, n.nspowner from pg_namespace as n
        ) as x (object, acl, owner)
        cross join aclexplode(acl) as g
        where g.grantee <> owner
        order by 1, 2, 3
    """
    admin = connect()
    # A clone has not what is granted on its database; the rest is compared.
    deploy(database, cron=False)
    before = admin.execute(rights.encode()).fetchall()
    for statement in (
        "grant all on all tables in schema public to anon, authenticated",
        "grant select, delete on engine.booking_events to skylatch_feed",
        "grant update (price) on public.flight_bookings to service_role",
        "grant all on all sequences in schema engine to skylatch_sidecar",
        "grant execute on all functions in schema engine to public",
        "grant execute on function engine.finish_calls to authenticated",
        "grant usage, create on schema engine to anon, skylatch_feed",
        "grant create on schema public to skylatch_cron",
        "grant update on auth.users to service_role",
    ):
        admin.execute(statement.encode())
    meanwhile = admin.execute(rights.encode()).fetchall()
    assert len(meanwhile) > len(before) > 100
    deploy(database, cron=False)
    assert admin.execute(rights.encode()).fetchall() == before


def test_what_a_role_was_given_by_hand_ends_with_a_deploy(
    cluster: Cluster, database: str, connect: Connect
) -> None:
    """Attributes, memberships and the number of connections."""
    admin = connect()
    try:
        for statement in (
            "alter role skylatch_feed createrole createdb connection limit -1",
            "grant skylatch_owner to skylatch_feed",
            "grant pg_write_all_data to anon with admin option",
            "grant service_role to authenticator with admin option",
        ):
            admin.execute(statement.encode())
        assert len(admin.execute("select engine.role_problems()").fetchall()) == 5
    finally:
        deploy(database, cron=False)
    assert admin.execute("select engine.role_problems()").fetchall() == []


def test_only_an_operator_goes_on_after_a_stop(connect: Connect) -> None:
    """The application stops too, and cannot undo what somebody else stopped."""
    operator, service = connect("skylatch_operator"), connect("service_role")
    service.execute("select engine.set_kill_switch(true, 'the application saw it')")
    for engaged, code in ((False, "SK119"), (None, "SK031")):
        with pytest.raises(psycopg.Error) as caught:
            service.execute("select engine.set_kill_switch(%s, 'go on')", [engaged])
        assert caught.value.sqlstate == code
        assert caught.value.diag.column_name == "p_engaged"
        assert caught.value.diag.message_hint
    kept = connect().execute("select engaged, reason from engine.kill_switch")
    assert kept.fetchall() == [(True, "the application saw it")]
    operator.execute("select engine.set_kill_switch(false, 'looked at it')")
    kept = connect().execute("select engaged from engine.kill_switch")
    assert kept.fetchall() == [(False,)]


def test_a_login_of_an_operators_own_goes_on_after_a_stop(
    database: str, connect: Connect
) -> None:
    """As a member that inherits, or that has taken the role."""
    admin = connect()
    name = conninfo_to_dict(database)["dbname"] + "_operator"
    role = sql.Identifier(name)
    admin.execute(sql.SQL("create role {} in role skylatch_operator").format(role))
    try:
        for taken in (False, True):
            with psycopg.connect(database, autocommit=True) as person:
                person.execute(sql.SQL("set session authorization {}").format(role))
                if taken:
                    person.execute("set role skylatch_operator")
                person.execute("select engine.set_kill_switch(true, 'a drill')")
                person.execute("select engine.set_kill_switch(false, 'is over')")
    finally:
        admin.execute(sql.SQL("drop role {}").format(role))


def test_the_audit_tells_a_traveller_from_the_application(world: World) -> None:
    """Each says who asked, in the column and in the words that a traveller reads."""
    traveller = world.traveller()
    trip = world.trip(traveller, auto_book_enabled=False)
    asked = {}
    for role in ("authenticated", "service_role"):
        login = make_conninfo(world.dsn, user="authenticator")
        with psycopg.connect(login, autocommit=True) as connection:
            connection.execute(
                "select set_config('request.jwt.claims', %s, false)",
                [
                    f'{{"sub": "{traveller.user_id}"}}'
                    if role == "authenticated"
                    else ""
                ],
            )
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            for action in ("pause", "resume"):
                connection.execute(f"select public.{action}_trip(%s)".encode(), [trip])
        asked[role] = world.rows(
            "select actor, reason from engine.booking_events"
            " where correlation_id in ('trip:pause', 'trip:resume')"
            " order by id desc limit 2"
        )
    assert asked == {
        "authenticated": [
            {
                "actor": "authenticator as authenticated",
                "reason": f"the traveller asked to {action}",
            }
            for action in ("resume", "pause")
        ],
        "service_role": [
            {
                "actor": "authenticator as service_role",
                "reason": f"the application asked to {action}",
            }
            for action in ("resume", "pause")
        ],
    }
