"""The server's log has errors in it, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from sidecar.local.cluster import Cluster
from tests.conftest import Connect

QUIET = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
}
NAME = "Canaryna"
BORN = "1931-04-27"
PHONE = "canary-phone"
PERSON = {
    "user_id": None,
    "given_name": NAME,
    "family_name": f"{NAME}-Quatermain",
    "title": "ms",
    "gender": "f",
    "born_on": BORN,
    "email": f"{NAME}@example.com",
    "phone_number": "+442080160508",
}


@pytest.fixture
def written(cluster: Cluster, database: str) -> Callable[[], str]:
    """Return a function that returns what was logged since the test began."""
    assert database
    log = cluster.base / "log"
    begun = log.stat().st_size

    def read() -> str:
        with log.open("rb") as file:
            file.seek(begun)
            return file.read().decode()

    return read


def insert(person: dict[str, object], *, literally: bool) -> tuple[sql.Composed, list]:
    """Return the statement that adds a traveller, with values in it or beside it."""
    names = sql.SQL(", ").join(map(sql.Identifier, person))
    values = [
        sql.Literal(value) if literally else sql.Placeholder()
        for value in person.values()
    ]
    statement = sql.SQL("insert into public.traveler_profiles ({}) values ({})").format(
        names, sql.SQL(", ").join(values)
    )
    return statement, [] if literally else list(person.values())


WRONG = {
    "a phone that is none": {"phone_number": PHONE},
    "a gender that is none": {"gender": NAME},
    "a date that is none": {"born_on": f"{BORN}-{NAME}"},
    "a date out of range": {"born_on": "1931-04-97"},
    "no owner": {"user_id": None},
    "an owner that is none": {"user_id": str(uuid4())},
    "an owner in another form": {"user_id": NAME},
    "the same one twice": {"id": str(uuid4())},
}


@pytest.mark.parametrize("literally", [False, True])
@pytest.mark.parametrize("kind", WRONG)
def test_what_the_application_gets_wrong_names_nobody_in_the_servers_log(
    connect: Connect, written: Callable[[], str], kind: str, literally: bool
) -> None:
    """As service_role, through PostgREST's own login; the client hears it all."""
    user = uuid4()
    connect().execute("insert into auth.users (id) values (%s)", [user])
    application = connect("service_role")
    person = {**PERSON, "user_id": str(user), **WRONG[kind]}
    statement, values = insert(person, literally=literally)
    with pytest.raises(psycopg.Error):  # noqa: PT012 - one of them is the first
        application.execute(statement, values)
        application.execute(statement, values)
    application.execute("select 1")
    for private in (NAME, BORN, PHONE, "1931-04-97", "traveler_profiles"):
        assert private not in written()


@pytest.mark.parametrize("literally", [False, True])
@pytest.mark.parametrize("login", ["postgres", "skylatch_operator"])
def test_an_error_is_logged_without_its_rows_and_its_statement(
    connect: Connect, written: Callable[[], str], login: str, literally: bool
) -> None:
    """Of whoever else, the message stays, and says what went wrong and not for whom."""
    user = uuid4()
    superuser = connect()
    superuser.execute("insert into auth.users (id) values (%s)", [user])
    if login == "postgres":
        superuser.execute("set role service_role")
    else:
        superuser.execute(
            "grant insert on public.traveler_profiles to skylatch_operator"
        )
        superuser.execute("set role skylatch_operator")
    person = {**PERSON, "user_id": str(user), "phone_number": PHONE}
    statement, values = insert(person, literally=literally)
    with pytest.raises(psycopg.Error):
        superuser.execute(statement, values)
    logged = written()
    assert "ERROR" in logged
    for private in (NAME, BORN, PHONE, "DETAIL", "STATEMENT", "CONTEXT"):
        assert private not in logged


@pytest.mark.parametrize("role", ["authenticator", "skylatch_sidecar"])
def test_a_server_that_logs_more_does_not_log_what_these_roles_send(
    connect: Connect, role: str
) -> None:
    """Their sessions set it themselves, and cannot undo it."""
    session = connect(role)
    for name, value in QUIET.items():
        shown = session.execute(
            "select setting, source from pg_settings where name = %s", [name]
        ).fetchone()
        assert shown == (value, "user")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(sql.SQL("set {} = default").format(sql.Identifier(name)))
