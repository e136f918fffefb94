"""Databases of another locale and encoding: as good as ours, or refused at once."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console

from sidecar import checks
from sidecar.deploy import SQL_DIR, _psql, deploy
from sidecar.deploy_checks import NotReady
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from tests.factories import accept_history, in_days, running_world, until
from tests.raw_server import closed_port
from tests.sidecar.test_web import serving

Create = Callable[[str], str]


@pytest.fixture
def create(cluster: Cluster, clone_name: Callable[[], str]) -> Iterator[Create]:
    """Return a function that creates a database with these options; dropped after."""
    names = []
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:

        def created(options: str) -> str:
            names.append(clone_name())
            name = sql.Identifier(names[-1])
            query = sql.SQL("create database {} template template0 ").format(name)
            admin.execute(query + sql.SQL(options))  # type: ignore[arg-type]
            return cluster.dsn(names[-1])

        yield created
        for name in names:
            query = sql.SQL("drop database {} with (force)")
            admin.execute(query.format(sql.Identifier(name)))


def test_a_trip_is_booked_in_a_turkish_database(create: Create) -> None:
    """Where `lower('INR')` is not `inr`: no code depends on the database's locale."""
    dsn = create("locale_provider icu icu_locale 'tr-TR' locale 'C.UTF-8'")
    deploy(dsn, cron=False)
    accept_history(dsn)
    with running_world(dsn) as world:
        assert world.value("select lower('INR')") == "\u0131nr"
        world.rate("GBP", "INR", "110")
        trip = world.trip(
            world.traveller(),
            origins=["DEL"],
            destinations=["BOM"],
            departure_from=in_days(40),
            currency="INR",
            max_price=900_000,
        )
        with world.working():
            world.tick()
            until(lambda: world.status(trip) == "BOOKED")
        (intent,) = world.intents(trip)
        assert intent["currency"] == "inr"
        assert world.violations() == []
        # A verdict that becomes a reason, and a secret in capitals that is found.
        assert world.value("select engine.holds_secret('SK_LIVE_1')")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_is_not_utf8_is_refused_before_anything_is_created(
    create: Create, encoding: str
) -> None:
    """By the deploy, by bootstrap.sql alone, and by a sidecar; saying what to do."""
    dsn = create(f"encoding '{encoding}' locale 'C'")

    def there() -> list[object]:
        with psycopg.connect(dsn) as connection:
            return connection.execute(
                "select oid from pg_namespace"
                " union all select oid from pg_extension"
                " union all select oid from pg_proc where oid >= 16384 order by 1"
            ).fetchall()

    before = there()
    refusal = f"the database's encoding is {encoding}, not UTF8"
    with pytest.raises(NotReady, match=refusal) as refused:
        deploy(dsn)
    assert "create database NAME encoding 'UTF8'" in str(refused.value)
    with pytest.raises(SetupError, match=refusal) as by_hand:
        _psql(dsn, SQL_DIR / "bootstrap.sql")
    assert "create database NAME encoding 'UTF8'" in str(by_hand.value)
    assert there() == before


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
@pytest.mark.usefixtures("template")
def test_a_sidecar_of_a_database_that_is_not_utf8_is_not_ready(
    create: Create, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deployed by hand: /readyz and `check` say what to do, and to anyone."""
    dsn = create(f"encoding '{encoding}' locale 'C'")
    refusal = f"the database's encoding is {encoding}, not UTF8"
    with serving(dsn) as endpoint:
        answer = endpoint.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["reason"].startswith(refusal)
    for name, value in {
        "SKYLATCH_DATABASE_URL": make_conninfo(dsn, user="skylatch_sidecar"),
        "SKYLATCH_DUFFEL_TOKEN": "duffel_test_fixture",
        "SKYLATCH_STRIPE_KEY": "sk_test_fixture",
        "SKYLATCH_FLAGS_FILE": "/nonexistent",
        "SKYLATCH_DUFFEL_URL": f"http://127.0.0.1:{closed_port()}",
        "SKYLATCH_STRIPE_URL": f"http://127.0.0.1:{closed_port()}",
    }.items():
        monkeypatch.setenv(name, value)
    output = io.StringIO()
    assert not checks.run(Console(file=output))
    assert f"✗ database: {refusal}" in output.getvalue()
