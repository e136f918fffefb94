"""What bootstrap.sql sets is looked for, and what is missing is named.

A copy of a database does not bring it along: pg_restore into a new database, another
server. Roles and their settings are the cluster's: what is taken from them is taken
inside a transaction that is rolled back.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sidecar.db import Database
from sidecar.deploy import deploy
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from tests.conftest import Connect
from tests.factories import accept_history

# What is taken away, and what is said then.
TAKEN: dict[str, tuple[str, str]] = {
    **{
        f"{role} {name} is another": (
            f"alter role {role} set {name} = '{value}'",
            f"{role} has not {name}",
        )
        for role, name, value in [
            ("skylatch_sidecar", "lock_timeout", "0"),
            ("authenticator", "default_transaction_isolation", "serializable"),
        ]
    },
    **{
        f"{name} of a role in this database": (
            f"alter role {role} in database {{database}} set {name} = '{value}'",
            f"{role} has not {name} = ",
        )
        for role, name, value in [
            ("skylatch_sidecar", "default_transaction_isolation", "repeatable read"),
            ("skylatch_cron", "jit", "on"),
            ("authenticator", "row_security", "off"),
        ]
    },
    **{
        f"{role} {attribute}": (
            f"alter role {role} {attribute}",
            f"the role {role} is missing, or has other attributes",
        )
        for role, attribute in [
            ("skylatch_owner", "login"),
            ("skylatch_owner", "superuser"),
            ("skylatch_owner", "bypassrls"),
            ("skylatch_operator", "login"),
            ("skylatch_sidecar", "nologin"),
            ("skylatch_sidecar", "inherit"),
            ("skylatch_sidecar", "superuser"),
            ("skylatch_cron", "inherit"),
            ("skylatch_cron", "bypassrls"),
            ("authenticator", "inherit"),
            ("authenticator", "bypassrls"),
            ("anon", "superuser"),
            ("authenticated", "bypassrls"),
            ("service_role", "nobypassrls"),
            ("skylatch_feed", "createrole"),
            ("skylatch_sidecar", "createdb"),
            ("skylatch_cron", "replication"),
            ("authenticator", "createrole"),
        ]
    },
    **{
        f"{member} may become {role}": (
            f"grant {role} to {member}",
            f"{member} may become {role}",
        )
        for member, role in [
            ("skylatch_feed", "skylatch_owner"),
            ("skylatch_sidecar", "pg_write_all_data"),
            ("skylatch_owner", "pg_execute_server_program"),
            ("service_role", "skylatch_operator"),
            ("anon", "service_role"),
            ("authenticator", "skylatch_operator"),
        ]
    },
    "giving a role away": (
        "grant service_role to authenticator with admin option",
        "authenticator may become service_role",
    ),
    "connections of the feed": (
        "alter role skylatch_feed connection limit -1",
        "skylatch_feed may use up the connections",
    ),
    "large objects": (
        "grant execute on function lo_from_bytea(oid, bytea) to public",
        "everybody may call lo_from_bytea",
    ),
    "messages in the log of changes": (
        # Its arguments are others from PostgreSQL 17 on.
        "do $$ begin execute (select format('grant execute on function %s to public',"
        " min(oid)::regprocedure) from pg_proc"
        " where proname = 'pg_logical_emit_message'); end $$",
        "everybody may call pg_logical_emit_message",
    ),
    "locks on the users": (
        "grant update on auth.users to service_role",
        "service_role may lock auth.users",
    ),
    "create in public for a role": (
        "grant create on schema public to anon",
        "anon may create in the schema public",
    ),
    "a role": (
        "alter role skylatch_cron rename to skylatch_gone",
        "the role skylatch_cron is missing, or has other attributes",
    ),
    **{
        f"authenticator is not {role}": (
            f"revoke {role} from authenticator",
            f"authenticator may not become {role}",
        )
        for role in ("anon", "authenticated", "service_role")
    },
    "temporary tables": (
        "grant temporary on database {database} to public",
        "everybody may create temporary tables in this database",
    ),
    "create in public": (
        "grant create on schema public to public",
        "everybody may create in the schema public",
    ),
    "the owner's schema": (
        "alter schema engine owner to postgres;"
        " grant usage on schema engine to skylatch_owner",
        "the schema engine is not skylatch_owner's",
    ),
    "the owner in public": (
        "revoke create on schema public from skylatch_owner",
        "skylatch_owner may not create in the schema public",
    ),
    "the extension": (
        "drop extension plpython3u cascade",
        "the extension plpython3u is missing",
    ),
    "the users": (
        "revoke references on auth.users from skylatch_owner;"
        " alter table auth.users owner to postgres",
        "skylatch_owner may not use auth.users",
    ),
    "the server's history": (
        "revoke execute on function pg_control_system() from public, skylatch_owner",
        "skylatch_owner may not read which history this is",
    ),
    "default privileges": (
        "alter default privileges for role skylatch_owner"
        " grant execute on functions to public",
        "new functions of skylatch_owner are everybody's",
    ),
    "use of public": (
        "revoke usage on schema public from public, skylatch_sidecar",
        "skylatch_sidecar may not use the schema public",
    ),
    "advisory locks": (
        "grant execute on function pg_advisory_lock(bigint) to public",
        "everybody may call pg_advisory_lock",
    ),
    "trying advisory locks": (
        "grant execute on function pg_try_advisory_xact_lock_shared(integer, integer)"
        " to public",
        "everybody may call pg_try_advisory_xact_lock_shared",
    ),
    "the owner's advisory locks": (
        "revoke execute on function pg_try_advisory_xact_lock(bigint)"
        " from skylatch_owner",
        "skylatch_owner may not call pg_try_advisory_xact_lock",
    ),
}


def problems(connection: psycopg.Connection[Any]) -> list[str]:
    """Return what is missing."""
    rows = connection.execute("select * from engine.bootstrap_problems()").fetchall()
    return [row[0] for row in rows]


@contextmanager
def undone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Roll back whatever the block changes, of the cluster too."""
    with connection.transaction(force_rollback=True):
        yield


def test_a_deployed_database_lacks_nothing(connect: Connect) -> None:
    """As the sidecar sees it, and as an operator does."""
    for role in ("skylatch_sidecar", "skylatch_operator"):
        assert problems(connect(role)) == []


@pytest.mark.parametrize("what", TAKEN)
def test_what_bootstrap_sets_is_missed_when_it_is_gone(
    connect: Connect, what: str
) -> None:
    """One thing at a time, and only that is named."""
    statement, said = TAKEN[what]
    connection = connect()
    database = sql.Identifier(connection.info.dbname).as_string(connection)
    with undone(connection):
        connection.execute(statement.format(database=database).encode())
        found = problems(connection)
        assert [problem for problem in found if problem.startswith(said)]
        # A role that is gone lacks its settings and its privileges too.
        assert [
            problem
            for problem in found
            if not problem.startswith(said) and what != "a role"
        ] == []
    assert problems(connection) == []


def test_every_setting_of_a_role_is_verified(connect: Connect) -> None:
    """Whatever a deploy has set for a role is missed when it is taken away."""
    connection = connect()
    settings = connection.execute(
        """
        select r.rolname, split_part(c.setting, '=', 1)
        from pg_db_role_setting as s
        inner join pg_roles as r on r.oid = s.setrole
        cross join unnest(s.setconfig) as c (setting)
        where s.setdatabase = 0
        """
    ).fetchall()
    assert len(settings) >= 11
    for role, name in settings:
        with undone(connection):
            connection.execute(
                sql.SQL("alter role {} reset {}").format(
                    sql.Identifier(role), sql.Identifier(name)
                )
            )
            (problem,) = problems(connection)
            assert problem.startswith(f"{role} has not {name} = ")


def test_a_deploy_undoes_what_was_set_for_a_role_in_this_database(
    database: str, connect: Connect
) -> None:
    """It would win over the role's own; what is set for another database stays."""
    connection = connect()
    name = sql.Identifier(connection.info.dbname)
    change = sql.SQL("alter role skylatch_sidecar in database {} {}")
    for place in (name, sql.Identifier("postgres")):
        connection.execute(change.format(place, sql.SQL("set jit = on")))
    try:
        assert problems(connection) == ["skylatch_sidecar has not jit = off"]
        deploy(database, cron=False)
        assert problems(connection) == []
        (kept,) = connection.execute(
            "select count(*) from pg_db_role_setting where 'jit=on' = any (setconfig)"
        ).fetchall()
        assert kept == (1,)
    finally:
        for place in (name, sql.Identifier("postgres")):
            connection.execute(change.format(place, sql.SQL("reset all")))


def test_a_database_restored_from_a_dump_says_deploy_until_it_was_deployed(
    cluster: Cluster, database: str
) -> None:
    """pg_restore into a new database: the data is there, what was revoked is not."""
    name = conninfo_to_dict(database)["dbname"] + "_restored"
    programs = cluster.installation.bin_dir
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            dump = subprocess.run(
                [programs / "pg_dump", "-Fc", f"--dbname={database}"],
                check=True,
                capture_output=True,
            )
            subprocess.run(
                [programs / "pg_restore", f"--dbname={cluster.dsn(name)}"],
                input=dump.stdout,
                check=True,
                capture_output=True,
            )
            restored = Database(
                make_conninfo(cluster.dsn(name), user="skylatch_sidecar")
            )
            try:
                with pytest.raises(SetupError, match=r"temporary tables.*: deploy$"):
                    restored.check_setup()
                deploy(cluster.dsn(name), cron=False)
                accept_history(cluster.dsn(name))
                restored.check_setup()
            finally:
                restored.close()
        finally:
            admin.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )
