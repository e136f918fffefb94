"""pg_net is the doorbell's alone: as it installs itself, it is everybody's.

Where the extension is not installed, a schema with the same objects and the same rights
stands in for it; where it is (SKYLATCH_TEST_SERVER, tests/servers.py), the real one is
asked, and has to deliver.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psycopg
import pytest

from sidecar.deploy import deploy
from tests.conftest import Connect
from tests.factories import until
from tests.servers import has_extension, server
from tests.sql.test_bootstrap import problems

# The objects of pg_net 0.20 that anybody may use once it is installed.
FAKE = """
create schema net;
grant usage on schema net to public;
create table net.http_request_queue (
  id bigserial, method text not null, url text not null, headers jsonb, body bytea,
  timeout_milliseconds int not null
);
create table net._http_response (id bigint, content text);
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
create function net._urlencode_string(string varchar) returns text
  language sql immutable return string;
create function net._encode_url_with_params_array(url text, params_array text[])
  returns text language sql immutable return url;
create function net.wake() returns void language plpgsql as 'begin end';
create function net.http_get(
  url text, params jsonb default '{}', headers jsonb default '{}',
  timeout_milliseconds int default 5000
) returns bigint language sql return 1;
create function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}',
  timeout_milliseconds int default 5000
) returns bigint language plpgsql as $$
declare v_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'POST', net._encode_url_with_params_array(url, array[net._urlencode_string('')]),
    headers, convert_to(body::text, 'UTF8'), timeout_milliseconds
  ) returning id into v_id;
  perform net.wake();
  return v_id;
end $$;
"""
REQUESTS = "select count(*) from net.http_request_queue"
# Each is a request from the server, or a look at somebody else's.
ATTEMPTS = [
    "select net.http_post('http://169.254.169.254/', headers := '{\"X-A\": \"1\"}')",
    "select net.http_get('http://169.254.169.254/')",
    "select * from net._http_response",
    "select * from net.http_request_queue",
    "insert into net.http_request_queue (method, url, timeout_milliseconds)"
    " values ('POST', 'http://169.254.169.254/', 1)",
    "truncate net._http_response",
    "select nextval('net.http_request_queue_id_seq')",
    "select net.wake()",
]
CALLERS = ["anon", "authenticated", "service_role", "skylatch_sidecar", "skylatch_cron"]


def refused(connection: psycopg.Connection[Any], statement: str) -> bool:
    """Tell whether the rights are missing; undone either way."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@pytest.fixture
def net(connect: Connect) -> psycopg.Connection[Any]:
    """Let something like pg_net be installed after the deploy."""
    admin = connect()
    admin.execute(FAKE.encode())
    return admin


def ring(connection: psycopg.Connection[Any]) -> None:
    """Ring the doorbell as the engine does."""
    name = connection.info.dbname
    connection.execute("select engine.set_endpoint('test', 'http://127.0.0.1/wake')")
    connection.execute("select set_config('pg_net.database_name', %s, false)", [name])
    connection.execute("select engine.wake_sidecar()")


def test_pg_net_that_came_later_is_named_until_the_next_deploy_closes_it(
    net: psycopg.Connection[Any], database: str, connect: Connect
) -> None:
    """Nobody but the doorbell's owner sends a request or reads an answer then."""
    assert not refused(connect("anon"), ATTEMPTS[0])
    assert problems(connect("skylatch_sidecar")) == ["everybody may use pg_net"]
    deploy(database, cron=False)
    assert problems(connect("skylatch_sidecar")) == []
    for role in CALLERS:
        for statement in ATTEMPTS:
            assert refused(connect(role), statement), (role, statement)
    ring(net)
    assert net.execute(REQUESTS).fetchone() == (1,)


def test_the_doorbell_s_address_is_set_and_taken_away_on_record(
    net: psycopg.Connection[Any], connect: Connect
) -> None:
    """Each time with a new secret, of which nothing else is kept or told."""
    operator = connect("skylatch_operator")
    address = "http://sidecar:8787/wake"
    secrets = []
    for reason in ("one process", "another secret"):
        set_it = "select engine.set_endpoint(%s, %s)"
        (told,) = operator.execute(set_it, [reason, address]).fetchone() or ()
        assert told["url"] == address
        secrets.append(told["secret"])
    assert len(set(secrets)) == 2
    assert all(len(secret) == 64 for secret in secrets)
    name = net.info.dbname
    net.execute("select set_config('pg_net.database_name', %s, false)", [name])
    net.execute("select engine.wake_sidecar()")
    (headers,) = net.execute("select headers from net.http_request_queue").fetchone()
    assert headers["Authorization"] == f"Bearer {secrets[-1]}"
    operator.execute("select engine.set_endpoint('no longer')")
    net.execute("select engine.wake_sidecar()")
    assert net.execute(REQUESTS).fetchone() == (1,)
    changes = net.execute(
        "select actor, reason, settings from engine.endpoint_changes order by id"
    ).fetchall()
    actor = "postgres as skylatch_operator"
    assert changes == [
        (actor, "one process", {"url": address}),
        (actor, "another secret", {"url": address}),
        (actor, "no longer", {"url": None}),
    ]


@pytest.mark.parametrize("statement", ATTEMPTS[1:4] + ATTEMPTS[5:7])
def test_the_doorbell_s_owner_may_do_no_more_than_ring(
    net: psycopg.Connection[Any], database: str, connect: Connect, statement: str
) -> None:
    """No other request, nobody's answers, no emptying of the queue."""
    deploy(database, cron=False)
    expected = "nextval" not in statement
    assert refused(connect("skylatch_owner"), statement) is expected


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("grant usage on schema net to anon", "anon may use pg_net"),
        (
            "grant execute on function net.http_get to authenticated",
            "authenticated may use pg_net",
        ),
        (
            "grant select on net._http_response to service_role",
            "service_role may use pg_net",
        ),
        (
            "grant usage on sequence net.http_request_queue_id_seq to skylatch_sidecar",
            "skylatch_sidecar may use pg_net",
        ),
        # As an update of the extension would bring it.
        (
            "create function net.http_put() returns int language sql return 1",
            "everybody may use pg_net",
        ),
        (
            "revoke usage on schema net from skylatch_owner",
            "skylatch_owner may not use pg_net",
        ),
    ],
)
def test_each_right_to_pg_net_is_named_and_taken_back_by_a_deploy(
    net: psycopg.Connection[Any], database: str, grant: str, said: str
) -> None:
    """One at a time, whoever gave it."""
    deploy(database, cron=False)
    assert problems(net) == []
    net.execute(grant.encode())
    assert problems(net) == [said]
    deploy(database, cron=False)
    assert problems(net) == []


def test_a_schema_of_somebody_s_that_is_called_net_is_left_alone(
    connect: Connect, database: str
) -> None:
    """It is pg_net's by its functions, not by its name."""
    admin = connect()
    admin.execute("create schema net")
    admin.execute("create table net.hosts ()")
    admin.execute("grant usage on schema net to anon")
    admin.execute("grant select on net.hosts to anon")
    deploy(database, cron=False)
    assert problems(admin) == []
    assert not refused(connect("anon"), "select * from net.hosts")


@contextmanager
def counting() -> Iterator[tuple[str, list[str]]]:
    """Listen on the loopback; yield the address and the paths that were posted to."""
    posts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    listener = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}", posts
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


@pytest.mark.skipif(
    not has_extension("pg_net"), reason="pg_net is not installed: SKYLATCH_TEST_SERVER"
)
def test_the_real_pg_net_rings_and_does_nothing_for_anybody_else() -> None:
    """Open when it comes, named, closed by a deploy; the POST arrives."""
    preload = "pg_cron,pg_net"
    with (
        server(shared_preload_libraries=preload, pg_net__database_name="shop") as found,
        counting() as (url, posts),
    ):
        found.create_database("shop")
        dsn = found.dsn("shop")
        deploy(dsn, cron=False)
        with psycopg.connect(dsn, autocommit=True) as admin:

            def as_role(role: str) -> psycopg.Connection[Any]:
                admin.execute(f"set role {role}".encode())
                return admin

            admin.execute("create extension pg_net")
            assert problems(admin) == ["everybody may use pg_net"]
            assert not refused(as_role("anon"), ATTEMPTS[0])
            admin.execute("reset role")
            deploy(dsn, cron=False)
            assert problems(admin) == []
            for role in CALLERS:
                for statement in ATTEMPTS:
                    assert refused(as_role(role), statement), (role, statement)
            admin.execute("reset role")
            admin.execute("select engine.set_endpoint('test', %s)", [f"{url}/wake"])
            as_role("skylatch_owner").execute("select engine.wake_sidecar()")
            until(lambda: posts == ["/wake"])
