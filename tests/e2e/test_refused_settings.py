"""Settings, keys and databases that will not do: what `check` and a start say of them.

docs/refusals.md is the table of it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from sidecar import __main__, checks, processes, telemetry
from sidecar.errors import SkylatchError
from tests.e2e.refusals import HEADS, STARTED, WRITING, compare, write, written
from tests.e2e.test_refused_databases import DATABASES, REMARKS
from tests.e2e.test_refused_uses import USES
from tests.factories import World, set_versions, sidecar_settings
from tests.raw_server import closed_port
from tests.sandbox.control import Fault


@pytest.fixture(scope="module", autouse=True)
def _page() -> Iterator[None]:
    yield
    write()


@pytest.fixture
def good(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Set everything that work and serve need; return it."""
    for name in list(os.environ):
        if name.startswith("SKYLATCH_"):
            monkeypatch.delenv(name)
    values = {
        **sidecar_settings(world, tmp_path),
        "SKYLATCH_HTTP_TOKEN": "token-token-token",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(checks, "_PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(telemetry, "configure", lambda: None)
    return values


def on_check() -> str:
    """Return what `check` says of the one thing that is wrong."""
    output = io.StringIO()
    checks.run(Console(file=output, width=60))
    lines = [one for one in output.getvalue().splitlines() if not one.startswith("✓")]
    told = [
        line
        for line in lines
        if line not in ("✗ settings", "Set these in its environment.")
        and line != "- redis: not configured; limits are per sidecar"
        # A test's server keeps nothing over a crash.
        and not line.startswith("- durability")
    ]
    return " ".join(told) or "✓"


class Started(Exception):
    """Everything was read and looked at, and the work would begin."""


def on_start(command: Callable[[], None], checked: str) -> str:
    """Return the error that ends a start, or what it logs and goes on."""
    with structlog.testing.capture_logs() as logged:
        try:
            command()
        except SkylatchError as error:
            same = str(error) == checked.removeprefix("✗ database: ")
            return "ends: the same" if same else f"ends: {error}"
        except Started:
            pass
    (*reasons,) = (one["reason"] for one in logged)
    same = [checked.partition(": ")[2]] == reasons
    return "goes on" + (", and logs the same" if same else " ".join(["", *reasons]))


def _undeployed(world: World) -> dict[str, str]:
    return {"DATABASE_URL": make_conninfo(world.dsn, dbname="postgres")}


def _version(world: World) -> dict[str, str]:
    set_versions(world, "9.9.9", "9.9.9")
    return {}


def _pg_net(world: World) -> dict[str, str]:
    world.rows("create schema net")
    world.rows("create function net.http_post() returns int return 1")
    world.rows("grant usage on schema net to skylatch_owner")
    return {}


def _old_package(world: World) -> dict[str, str]:
    world.rows(
        "create or replace function engine.plpython_handshake() returns jsonb"
        """ language sql stable return '{"package": "0.0.9"}'::jsonb"""
    )
    return {}


def _temporary(world: World) -> dict[str, str]:
    world.rows(
        "do $$ begin execute 'grant temporary on database '"
        " || quote_ident(current_database()) || ' to public'; end $$"
    )
    return {}


def _flags_from(key: str) -> dict[str, str]:
    return {"FLAGS_FILE": "", "LAUNCHDARKLY_SDK_KEY": key}


def _no_json(_: World) -> dict[str, str]:
    Path(os.environ["SKYLATCH_FLAGS_FILE"]).write_text("{flags")
    return {}


def _refuses(world: World) -> dict[str, str]:
    world.flights.faults.arm(
        Fault(match="*", kind="status", status=401, body={"errors": []})
    )
    return {}


def _url(world: World, **other: object) -> dict[str, str]:
    return {"DATABASE_URL": make_conninfo(world.dsn, user="skylatch_sidecar", **other)}


# What `work` or `serve` reads, and how it is changed; "" takes a setting away.
SETTINGS: dict[str, Callable[[World], dict[str, str]]] = {
    "no database": lambda _: {"DATABASE_URL": ""},
    "quotation marks in an address": lambda w: {"DATABASE_URL": f'"{w.dsn}"'},
    "a port where nobody listens": lambda w: _url(
        w, host="127.0.0.1", port=closed_port()
    ),
    "no such database": lambda w: _url(w, dbname="nowhere"),
    "a login that may not": lambda w: {
        "DATABASE_URL": make_conninfo(w.dsn, user="skylatch_feed")
    },
    "a superuser's login": lambda w: {"DATABASE_URL": w.dsn},
    "a database without Skylatch": _undeployed,
    "a database of another version": _version,
    "a restored copy that was not deployed to": _temporary,
    "pg_net was installed after the deploy": _pg_net,
    "another Python package on the server": _old_package,
    "no Duffel token": lambda _: {"DUFFEL_TOKEN": ""},
    "a live Duffel token in test mode": lambda _: {"DUFFEL_TOKEN": "duffel_live_x"},
    "a line break in a key": lambda _: {"STRIPE_KEY": "sk_test_x\n"},
    "a publishable key of Stripe": lambda _: {"STRIPE_KEY": "pk_test_x"},
    "a live key of Stripe in test mode": lambda _: {"STRIPE_KEY": "rk_live_x"},
    "a token of Duffel for Stripe's key": lambda _: {"STRIPE_KEY": "duffel_test_x"},
    "a key of Stripe for Duffel's token": lambda _: {"DUFFEL_TOKEN": "sk_test_x"},
    "a webhook's secret for Stripe's key": lambda _: {"STRIPE_KEY": "whsec_x"},
    "a mobile key of LaunchDarkly": lambda _: _flags_from("mob-x"),
    "a client-side id of LaunchDarkly": lambda _: _flags_from("0123456789ab" * 2),
    "an access token of LaunchDarkly": lambda _: _flags_from("api-x"),
    "test keys in live mode": lambda _: {"LIVE_MODE": "true"},
    "live mode against the sandbox": lambda _: {
        "LIVE_MODE": "true",
        "DUFFEL_TOKEN": "duffel_live_x",
        "STRIPE_KEY": "sk_live_x",
    },
    "live mode without https": lambda _: {
        "LIVE_MODE": "true",
        "DUFFEL_TOKEN": "duffel_live_x",
        "STRIPE_KEY": "sk_live_x",
        "DUFFEL_URL": "http://api.duffel.example",
        "STRIPE_URL": "https://api.stripe.com",
    },
    "no source of flags": lambda _: {"FLAGS_FILE": ""},
    "two sources of flags": lambda _: {"LAUNCHDARKLY_SDK_KEY": "sdk-x"},
    "a flags file that is no JSON": _no_json,
    "a flags file that is not there": lambda _: {"FLAGS_FILE": "/nowhere/flags.json"},
    "no worker left for bookings": lambda _: {"WORKERS": "4", "SEARCH_WORKERS": "4"},
    "an address of Redis that is none": lambda _: {"REDIS_URL": "http://cache"},
    "Redis is away": lambda _: {"REDIS_URL": "redis://127.0.0.1:1/0"},
    "secrets in a directory that is not there": lambda _: {"SECRETS_DIR": "/nowhere"},
    "Duffel refuses the token": _refuses,
    "Stripe's address is wrong": lambda _: {
        "STRIPE_URL": f"http://127.0.0.1:{closed_port()}"
    },
}
SERVED: dict[str, dict[str, str]] = {
    "a short token of the endpoint": {"HTTP_TOKEN": "short"},
    "a short secret of webhooks": {"STRIPE_WEBHOOK_SECRETS": "whsec_x"},
    "a port that is none": {"HTTP_PORT": "70000"},
}


def _begin(*_: object, **__: object) -> None:
    raise Started


@pytest.mark.parametrize("what", [*SETTINGS, *SERVED])
def test_a_setting_that_will_not_do_is_said_in_one_line(
    world: World, good: dict[str, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """By `check` and by a start, which either ends with it or goes on."""
    served = what in SERVED
    changes = SERVED[what] if served else SETTINGS[what](world)
    for name, value in changes.items():
        if value:
            monkeypatch.setenv(f"SKYLATCH_{name}", value)
        else:
            monkeypatch.delenv(f"SKYLATCH_{name}")
    start = __main__.serve if served else __main__.work
    monkeypatch.setattr(processes, "build_worker", _begin)
    checked = "-" if served else on_check()
    assert checked != "✓"
    said = [checked, on_start(start, checked)]
    values = {**good, **{f"SKYLATCH_{name}": value for name, value in changes.items()}}
    database = conninfo_to_dict(world.dsn)
    names = {
        str(database["host"]): "/run/postgresql",
        str(database["dbname"]): "travel",
        values["SKYLATCH_FLAGS_FILE"]: "/srv/flags.json",
        **{
            str(found): name
            for found, name in (
                (conninfo_to_dict(_or_none(values)).get("port"), "5432"),
                (values["SKYLATCH_STRIPE_URL"].rpartition(":")[2], "PORT"),
            )
            if found
        },
    }
    compare(STARTED, what, said, names)


def _or_none(values: dict[str, str]) -> str:
    url = values["SKYLATCH_DATABASE_URL"]
    return "" if url.startswith('"') else url


def test_the_page_has_no_row_that_nothing_is_compared_with() -> None:
    """A case that is taken out is taken off the page."""
    if WRITING:
        pytest.skip("the page is not written yet")
    apart = {"PgBouncer", "`--schema travel`"}
    heads = {head.split(" | ")[0] for head in HEADS}
    assert set(written()) - heads == {
        *(*DATABASES, *REMARKS, *SETTINGS, *SERVED, *USES, *apart)
    }
