"""The HTTP endpoint: open where it is harmless, closed where it acts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest
import requests
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from structlog.testing import capture_logs

from sidecar import __version__, health
from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.limits import Locks, connect
from sidecar.web import build_app
from sidecar.worker import Worker
from tests.factories import FLAGS, World, set_versions, until
from tests.raw_server import closed_port
from tests.redis_server import RedisServer
from tests.sandbox.server import running_in_thread

TOKEN = "a-token-of-the-test"
RPCS = ["duffel_search", "auto_book_production", "auto_book_monitor"]


class Endpoint:
    """A running endpoint and its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> requests.Response:
        """Ask without credentials."""
        return requests.get(self.url + path, timeout=30)

    def rpc(
        self, name: str, body: object = None, token: str | None = TOKEN
    ) -> requests.Response:
        """Call an entry point."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{self.url}/rpc/{name}"
        return requests.post(url, json=body, headers=headers, timeout=30)

    def trip_rpc(self, name: str, trip: UUID) -> requests.Response:
        """Call an entry point for one trip."""
        return self.rpc(name, {"trip_request_id": str(trip)})


@contextmanager
def serving(dsn: str, **changes: Any) -> Iterator[Endpoint]:
    """Serve the endpoint for the database at `dsn`; `changes` are settings."""
    url = make_conninfo(dsn, user="skylatch_sidecar", password="pass-word")
    settings = ServeSettings(
        database_url=SecretStr(url), http_token=SecretStr(TOKEN), **changes
    )
    with ExitStack() as stack:
        database = Database(url, patience=1.0)
        stack.callback(database.close)
        address = stack.enter_context(running_in_thread(build_app(settings, database)))
        yield Endpoint(address)


@pytest.fixture
def endpoint(world: World) -> Iterator[Endpoint]:
    """Serve the endpoint for the test's world."""
    with serving(world.dsn) as endpoint:
        yield endpoint


@pytest.fixture
def stranded() -> Iterator[Endpoint]:
    """Serve the endpoint without a database."""
    with serving(f"host=127.0.0.1 port={closed_port()} dbname=none") as endpoint:
        yield endpoint


def has_offers(world: World, trip: UUID) -> bool:
    """Tell whether the search of a trip has come back."""
    count = "select count(*) from public.flight_offers where trip_request_id = %s"
    return bool(world.value(count, trip))


# -- open to anyone ------------------------------------------------------------------


def test_livez_asks_nobody(stranded: Endpoint) -> None:
    """A process without its database lives; to restart it would not help."""
    answer = stranded.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_says_ready_with_the_version(endpoint: Endpoint) -> None:
    """The database answers, and is of our version."""
    answer = endpoint.get("/readyz")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["version"]) == ("degraded", __version__)
    assert body["degraded"] == {"workers": ["none beats"]}


def test_readyz_says_which_parts_work_less_well_and_stays_up(
    world: World, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts and counts, as anyone may be told: no name, id or text of a server."""
    monkeypatch.setattr(health, "_KEPT_SECONDS", 0.0)
    world.let_cron_do_it()
    world.rows("select engine.heartbeat('secret-host:1:abcdef', '0.1.0')")
    assert endpoint.get("/readyz").json()["status"] == "ok"
    world.rows("select engine.miss_flags('file', '/etc/secret/flags.json is gone')")
    world.rows(
        "insert into engine.breakers (operation, failures, last_error, changed_at,"
        " open_until) values ('create_payment', 6, 'secret', now(), now() + '1 hour')"
    )
    world.rows(
        "update engine.job_beats set since = now() - interval '1 day',"
        " last_succeeded_at = null, last_succeeded_by = null, cron_succeeded_at = null"
        " where job = 'recover'"
    )
    answer = endpoint.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "version": __version__,
        "degraded": {
            "flags": ["their source is gone"],
            "jobs": ["recover is silent"],
            "stripe": ["create_payment is paused"],
        },
    }
    assert "secret" not in answer.text
    world.rows("update engine.flag_sync set heartbeat_at = now() - interval '1 hour'")
    world.rows("update engine.workers set seen_at = now() - interval '1 minute'")
    degraded = endpoint.get("/readyz").json()["degraded"]
    assert (degraded["flags"], degraded["workers"]) == (["stale"], ["none beats"])


def test_readyz_without_its_redis_is_degraded(world: World) -> None:
    """It only makes things faster."""
    url = SecretStr(f"redis://127.0.0.1:{closed_port()}/0")
    with serving(world.dsn, redis_url=url) as endpoint:
        answer = endpoint.get("/readyz")
        assert answer.status_code == 200
        assert "redis" in answer.json()["degraded"]


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [
        ("25006", "the database is a standby, or takes no writes"),
        ("53100", "the database has no room to write"),
        ("53200", "the database has no room to write"),
        ("57014", "the database does not take writes"),
    ],
)
def test_readyz_is_down_where_nothing_can_be_written(
    world: World, endpoint: Endpoint, sqlstate: str, reason: str
) -> None:
    """As the server says it when a page is to be written."""
    world.rows(
        "create function public.full() returns trigger language plpgsql as"
        f" $$ begin raise exception 'secret' using errcode = '{sqlstate}'; end $$"
    )
    world.rows(
        "create trigger full_disk before insert on engine.write_probe"
        " for each row execute function public.full()"
    )
    answer = endpoint.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "down", "reason": reason},
    )
    world.rows("drop trigger full_disk on engine.write_probe")
    assert endpoint.get("/readyz").status_code == 200


def test_readyz_is_down_on_a_server_that_is_read_only(
    world: World, endpoint: Endpoint
) -> None:
    """As a server is made so by hand, or by its platform when its disk is nearly full.

    The role's own setting wins over the server's, so it is taken away as well.
    """
    role = (
        "alter role skylatch_sidecar in database {} set default_transaction_read_only"
    )
    name = world.value("select current_database()")
    world.rows(role.format(name) + " = on")
    with serving(world.dsn) as fresh:
        answer = fresh.get("/readyz")
    assert answer.status_code == 503
    assert endpoint.get("/readyz").status_code == 503  # what bootstrap sets is lacking
    world.rows(role.format(name).replace(" set ", " reset "))
    assert endpoint.get("/readyz").status_code == 200


def test_a_probe_leaves_nothing_behind_and_needs_a_page_each_time(world: World) -> None:
    """A page that is there already would not tell of a full disk."""
    size = "select pg_relation_size('engine.write_probe')"
    sizes = []
    for _ in range(3):
        world.rows("select engine.probe_write()")
        sizes.append(world.value(size))
    assert sizes == [8192, 16384, 24576]
    assert world.value("select count(*) from engine.write_probe") == 0


def test_many_who_ask_at_once_write_one_page(
    world: World, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is open to all: whoever asks a hundred times costs what one costs."""
    monkeypatch.setattr(health, "_KEPT_SECONDS", 60.0)
    for _ in range(20):
        assert endpoint.get("/readyz").status_code == 200
    assert world.value("select pg_relation_size('engine.write_probe')") == 8192


@pytest.mark.parametrize(
    ("schema", "serves", "to_do"),
    [("9.9.9", "9.9.8", "install sidecar 9.9.9"), ("0.0.9", "0.0.9", "deploy")],
)
def test_readyz_refuses_a_database_out_of_range(
    world: World, endpoint: Endpoint, schema: str, serves: str, to_do: str
) -> None:
    """Which is behind, and what to do, in words that anybody may read."""
    set_versions(world, schema, serves)
    answer = endpoint.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert to_do in answer.json()["reason"]


def test_readyz_is_up_on_a_database_one_release_ahead(
    world: World, endpoint: Endpoint
) -> None:
    """Between a deploy and the replacement of the sidecars."""
    set_versions(world, "9.9.9", __version__)
    assert endpoint.get("/readyz").status_code == 200


def test_readyz_refuses_a_database_that_lacks_what_a_deploy_sets(
    world: World, endpoint: Endpoint
) -> None:
    """It says what to do; what stands open is for the log, since anyone may ask."""
    world.rows("grant create on schema public to public")
    with capture_logs() as logs:
        answer = endpoint.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["reason"].endswith(": deploy")
    assert "schema" not in answer.text
    (line,) = [one for one in logs if one["event"] == "readyz.not_set_up"]
    assert "everybody may create in the schema public" in line["error"]
    world.rows("revoke create on schema public from public")
    assert endpoint.get("/readyz").status_code == 200


def test_readyz_without_a_database_says_so_and_no_more(stranded: Endpoint) -> None:
    """Anyone may ask, so hosts, users and passwords stay in the log."""
    answer = stranded.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    for internal in ("127.0.0.1", "skylatch_sidecar", "pass-word", "refused", "sec"):
        assert internal not in answer.text


WAKER = "what-set-endpoint-returned"


def test_a_wake_up_is_harmless(world: World) -> None:
    """Lost, doubled or with any body, it changes nothing."""
    before = world.value("select count(*) from engine.provider_calls")
    with serving(world.dsn, wake_token=SecretStr(WAKER)) as endpoint:
        for body in (b"", b"{}", b"\x00 no JSON", b"x" * 4096):
            answer = requests.post(
                endpoint.url + "/wake",
                data=body,
                headers={"Authorization": f"Bearer {WAKER}"},
                timeout=30,
            )
            assert (answer.status_code, answer.content) == (204, b"")
    assert world.value("select count(*) from engine.provider_calls") == before


@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer wrong", WAKER])
def test_the_doorbell_rings_for_its_own_secret_alone(
    stranded: Endpoint, given: str | None
) -> None:
    """A stranger who could ring would have the database asked without end."""
    headers = {} if given is None else {"Authorization": given}
    answer = requests.post(stranded.url + "/wake", headers=headers, timeout=30)
    assert answer.status_code == 401


def test_the_doorbell_s_secret_opens_nothing_else() -> None:
    """It lies in the database, and in pg_net's queue."""
    dsn = f"host=127.0.0.1 port={closed_port()} dbname=none"
    with serving(dsn, wake_token=SecretStr(WAKER)) as endpoint:
        assert endpoint.rpc("auto_book_monitor", token=WAKER).status_code == 401
        metrics = requests.get(
            endpoint.url + "/metrics",
            headers={"Authorization": f"Bearer {WAKER}"},
            timeout=30,
        )
        assert metrics.status_code == 401


class Hanging:
    """A worker whose claiming loop no longer goes round."""

    def wake(self) -> None:
        """Do nothing."""

    def is_alive(self) -> bool:
        """Tell the truth."""
        return False


def test_an_endpoint_whose_worker_hangs_does_not_pass_for_alive() -> None:
    """Of one process: whoever looks after it has to start it anew."""
    url = f"host=127.0.0.1 port={closed_port()} dbname=none"
    settings = ServeSettings(database_url=SecretStr(url), http_token=SecretStr(TOKEN))
    database = Database(url, patience=1.0)
    app = build_app(settings, database, worker=cast(Worker, Hanging()))
    with running_in_thread(app) as address:
        assert Endpoint(address).get("/livez").status_code == 503
    database.close()


def test_the_description_lists_the_routes(endpoint: Endpoint) -> None:
    """What can be called is read from the endpoint itself."""
    document = endpoint.get("/openapi.json").json()
    assert set(document["paths"]) >= {
        "/livez",
        "/readyz",
        "/wake",
        *(f"/rpc/{name}" for name in RPCS),
    }
    assert document["info"]["version"] == __version__
    for name in RPCS:
        assert document["paths"][f"/rpc/{name}"]["post"]["security"]


# -- entry points --------------------------------------------------------------------


@pytest.mark.parametrize("name", RPCS)
@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"],
)
def test_an_entry_point_without_the_token_is_closed(
    world: World, endpoint: Endpoint, name: str, authorization: str | None
) -> None:
    """401 whatever the body says, and nothing happens."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.post(
        f"{endpoint.url}/rpc/{name}", json={}, headers=headers, timeout=30
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN not in answer.text
    assert world.rows("select * from engine.monitor_runs") == []


def test_a_search_is_started(world: World, endpoint: Endpoint) -> None:
    """The number of searches on their way comes back."""
    trip = world.trip(world.traveller())
    answer = endpoint.trip_rpc("duffel_search", trip)
    assert (answer.status_code, answer.json()) == (200, {"searches": 1})
    assert answer.headers["Content-Type"] == "application/json"


def test_a_tick_says_what_it_did(world: World, endpoint: Endpoint) -> None:
    """The run's number, to be looked up, and what came of it."""
    world.trip(world.traveller())
    answer = endpoint.rpc("auto_book_monitor")
    assert answer.status_code == 200
    run = answer.json()["run"]
    assert world.row("select id from engine.monitor_runs") == {"id": run}
    done = {"claimed": 1, "skipped": 0, "expired": 0, "searches": 1, "reason": None}
    assert answer.json() == {"run": run, **done}


def test_a_tick_says_why_it_did_nothing(world: World, endpoint: Endpoint) -> None:
    """Which switch it was, or that another tick has the database's own lock."""
    world.trip(world.traveller())
    world.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
    done = endpoint.rpc("auto_book_monitor").json()
    assert (done["claimed"], done["skipped"], done["searches"]) == (0, 1, 0)
    assert done["reason"] == "auto_booking_emergency_disable is on"
    with psycopg.connect(world.dsn) as other:
        other.execute("select pg_advisory_xact_lock(7302026)")
        done = endpoint.rpc("auto_book_monitor").json()
    assert done["reason"] == "another tick is running"


def test_a_tick_that_meets_a_held_lock_says_so_at_once(
    world: World, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It neither waits nor goes on; when the lock is free, it runs."""
    # Whoever waits, waits for longer than this test's client does.
    monkeypatch.setattr("sidecar.limits._PATIENCE_SECONDS", 3600.0)
    lock = Locks(connect(redis_server.url)).held("auto_book_monitor")
    with serving(world.dsn, redis_url=SecretStr(redis_server.url)) as endpoint:
        with lock as held:
            assert held
            answer = endpoint.rpc("auto_book_monitor")
        assert answer.status_code == 200
        assert (answer.json()["run"], answer.json()["claimed"]) == (None, 0)
        assert answer.json()["reason"] == "monitor already running"
        assert world.rows("select * from engine.monitor_runs") == []
        assert endpoint.rpc("auto_book_monitor").json()["run"] is not None


def test_a_tick_without_its_redis_runs(world: World, redis_server: RedisServer) -> None:
    """Nobody knows of another holder: a lock is a courtesy, never an authority."""
    with serving(world.dsn, redis_url=SecretStr(redis_server.url)) as endpoint:
        redis_server.stop()
        assert endpoint.rpc("auto_book_monitor").json()["run"] is not None


def test_a_beating_sidecar_does_not_stand_in_the_way_of_a_tick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sidecars hold while they beat is a lock of its own."""
    names: list[str] = []
    held = Locks.held

    def recorded(locks: Locks, name: str, **how: bool) -> AbstractContextManager[bool]:
        names.append(name)
        return held(locks, name, **how)

    monkeypatch.setattr(Locks, "held", recorded)
    with world.working():
        until(lambda: "heartbeat" in names)
    assert "auto_book_monitor" not in names


def test_the_best_offer_is_booked(world: World, endpoint: Endpoint) -> None:
    """The attempt to follow comes back; the trip ends booked, once."""
    trip = world.trip(world.traveller(), auto_book_enabled=False)
    with world.working():
        assert endpoint.trip_rpc("duffel_search", trip).status_code == 200
        until(lambda: has_offers(world, trip))
        world.rows(
            "update public.trip_requests set auto_book_enabled = true where id = %s",
            trip,
        )
        answer = endpoint.trip_rpc("auto_book_production", trip)
        assert answer.status_code == 200, answer.text
        until(world.at_rest)
    assert answer.json() == {"attempt": str(world.attempt(trip)["id"])}
    assert world.status(trip) == "BOOKED"
    assert len(world.orders(trip)) == 1


@pytest.mark.parametrize("name", ["duffel_search", "auto_book_production"])
def test_an_unknown_trip_is_not_found(endpoint: Endpoint, name: str) -> None:
    """404 with the code of the engine."""
    answer = endpoint.trip_rpc(name, uuid4())
    assert (answer.status_code, answer.json()["code"]) == (404, "SK104")


def test_a_trip_without_an_offer_conflicts(world: World, endpoint: Endpoint) -> None:
    """409, in words, with what to do."""
    trip = world.trip(world.traveller())
    answer = endpoint.trip_rpc("auto_book_production", trip)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "SK102")
    assert set(problem) == {"code", "message", "field", "detail", "hint"}
    assert problem["message"]
    assert problem["hint"]
    assert isinstance(problem["detail"], dict)


@pytest.mark.parametrize("name", ["duffel_search", "auto_book_production"])
def test_a_pipeline_that_is_off_is_503_with_the_reason(
    world: World, endpoint: Endpoint, name: str
) -> None:
    """Whoever calls reads which switch it was."""
    trip = world.trip(world.traveller())
    world.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
    answer = endpoint.trip_rpc(name, trip)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "SK201")
    assert problem["detail"]["reason"] == "auto_booking_emergency_disable is on"


@pytest.mark.parametrize("name", ["duffel_search", "auto_book_production"])
@pytest.mark.parametrize(
    "body", [None, {}, {"trip_request_id": "no-uuid"}, {"trip_request_id": 7}, [], "x"]
)
def test_a_malformed_body_is_422(endpoint: Endpoint, name: str, body: Any) -> None:
    """It never reaches the database."""
    assert endpoint.rpc(name, body).status_code == 422


@pytest.mark.parametrize("name", RPCS)
def test_a_database_that_is_away_is_503(stranded: Endpoint, name: str) -> None:
    """The caller may try again; what the server said stays in the log."""
    answer = stranded.rpc(name, {"trip_request_id": str(uuid4())})
    assert answer.status_code == 503
    assert answer.json() == {"message": "the database is not available"}


@pytest.mark.parametrize("sqlstate", ["55P03", "40P01", "40001", "SK311"])
def test_a_lock_that_was_not_to_be_had_is_503_and_try_again(
    world: World, endpoint: Endpoint, sqlstate: str
) -> None:
    """One answer, whether the database or a function of ours gave up."""
    world.rows(
        "create or replace function public.duffel_search(p_trip_id uuid)"
        " returns integer language plpgsql as $$ begin perform engine.refuse_busy('x');"
        " exception when others then raise exception using"
        f" errcode = '{sqlstate}', message = 'others are at work on this: try again';"
        " end $$"
    )
    answer = endpoint.trip_rpc("duffel_search", uuid4())
    assert (answer.status_code, answer.json()["code"]) == (503, "SK311")
    assert answer.json()["message"] == "others are at work on this: try again"


def test_a_defect_shows_neither_rows_nor_code(world: World, endpoint: Endpoint) -> None:
    """A failed constraint quotes the row it failed for, and that is personal."""
    world.rows(
        "create or replace function public.duffel_search(p_trip_id uuid)"
        " returns integer language plpgsql as $$ begin raise exception using"
        " errcode = '23514', message = 'row of Amelia', detail = 'born 1987-07-24',"
        " table = 'traveler_profiles'; end $$"
    )
    answer = endpoint.trip_rpc("duffel_search", uuid4())
    assert answer.status_code == 500
    assert set(answer.json()) == {"message"}
    for personal in ("Amelia", "1987", "traveler_profiles", "PL/pgSQL"):
        assert personal not in answer.text


def test_an_error_of_the_engine_shows_no_internal_text(
    world: World, endpoint: Endpoint
) -> None:
    """Nothing of where in the code it was raised."""
    world.trip(world.traveller())
    text = json.dumps(endpoint.trip_rpc("auto_book_production", uuid4()).json())
    for internal in ("PL/pgSQL", "CONTEXT", "engine.", TOKEN, "pass-word"):
        assert internal not in text
