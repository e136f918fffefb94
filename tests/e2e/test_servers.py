"""The main path on servers that are not ours to set up, on each PostgreSQL there is.

*Stock* is `initdb` and nothing else, but for pg_cron's library. *Hostile* is whatever
an owner may prefer in its configuration file. Everybody logs in as documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import Installation, asked_major, installations
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.factories import World, running_world
from tests.main_path import assert_booked_once, check, environment, walk

DATABASE = "bookings"
FOUND = [one for one in installations() if asked_major() in (None, one.major)]
# A library that compiles nothing: a statement that is to be compiled fails, where
# another server would take seconds over it.
NO_COMPILER = {"jit_provider": "plpgsql"}
HOSTILE = {
    "jit_above_cost": "0",
    "work_mem": "64kB",
    "hash_mem_multiplier": "1",
    "random_page_cost": "100",
    "plan_cache_mode": "force_generic_plan",
    "geqo_threshold": "2",
    "from_collapse_limit": "1",
    "join_collapse_limit": "1",
    "enable_hashjoin": "off",
    "enable_seqscan": "off",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "default_transaction_isolation": "repeatable read",
    "default_transaction_deferrable": "on",
    "default_transaction_read_only": "on",
    "row_security": "off",
    "statement_timeout": "200ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "200ms",
    "idle_session_timeout": "500ms",
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Pacific/Kiritimati",
    "timezone_abbreviations": "India",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "xmloption": "document",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "quote_all_identifiers": "on",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "search_path": "elsewhere",
    "client_min_messages": "debug1",
    "plpgsql.extra_errors": "all",
    "plpgsql.variable_conflict": "use_column",
    "check_function_bodies": "off",
    "default_toast_compression": "pglz",
    "password_encryption": "md5",
    "max_connections": "20",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "log_statement": "all",
    "log_duration": "on",
    "log_min_duration_statement": "0",
    "log_min_duration_sample": "0",
    "log_transaction_sample_rate": "1",
    "log_error_verbosity": "verbose",
    "log_min_error_statement": "debug5",
    "track_activities": "off",
    "track_counts": "off",
    "track_functions": "all",
}


@pytest.fixture(params=FOUND, ids=lambda one: str(one.major), scope="module")
def installation(request: pytest.FixtureRequest) -> Installation:
    """Return each PostgreSQL of this machine."""
    install_plpython()
    found: Installation = request.param
    return found


@pytest.fixture(scope="module")
def stock(installation: Installation) -> Iterator[World]:
    """Serve a cluster as installed; yield a world in it."""
    with throwaway_cluster(installation, DATABASE, NO_COMPILER, initdb=()) as cluster:
        dsn = deployed(cluster, cron=True)
        with running_world(dsn) as world:
            world.rows("create role anna in role authenticator")
            yield world


@pytest.fixture
def hostile(installation: Installation) -> Iterator[Cluster]:
    """Serve a cluster of somebody else: Turkish, and speaking German.

    The latter as far as the C library heeds LANGUAGE without a locale (Debian 12's).
    """
    initdb = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu")
    is_new = installation.major >= 16
    parallel = "debug_parallel_query" if is_new else "force_parallel_mode"
    with throwaway_cluster(
        installation,
        "postgres",
        {**HOSTILE, parallel: "on"},
        initdb=(*initdb, "--icu-locale=tr-TR"),
        environment={"LANGUAGE": "de"},
    ) as cluster:
        yield cluster


def deployed(cluster: Cluster, *, cron: bool) -> str:
    """Return the superuser's connection string of a new database, deployed to twice."""
    cluster.create_database(DATABASE)
    for _ in range(2):
        deploy(cluster.dsn(DATABASE), cron=cron)
    return cluster.dsn(DATABASE)


@pytest.mark.parametrize("login", ["authenticator", "anna"])
def test_a_server_as_installed_books(stock: World, tmp_path: Path, login: str) -> None:
    """Whoever asks, nothing on the way is compiled: it would take too long."""
    settings = environment(stock, tmp_path)
    found = check(settings)
    assert found.returncode == 0, found.stdout
    assert "✓ wake-ups" in found.stdout
    trip = walk(stock, settings, tmp_path / "log", login=login)
    assert_booked_once(stock, trip)
    # With no setting of a role, as an operator's own login has none.
    with psycopg.connect(stock.dsn, autocommit=True) as operator:
        operator.execute("set role skylatch_operator")
        assert operator.execute("show jit").fetchone() == ("on",)
        for look in ("public.review_queue", "engine.open_alerts()"):
            operator.execute(f"select * from {look}".encode())
        broken = operator.execute("select * from engine.check_invariants()")
        assert broken.fetchall() == []


def test_a_server_with_settings_of_its_own_books(
    hostile: Cluster, tmp_path: Path
) -> None:
    """Formats, planner, limits, zone, locale, language: none of them is felt."""
    dsn = deployed(hostile, cron=False)
    with running_world(dsn) as world:
        assert world.value("select lower('I')") == "\u0131"
        settings = environment(world, tmp_path)
        found = check(settings)
        assert found.returncode == 0, found.stdout
        traveller = world.traveller()
        log = hostile.base / "log"
        begun = log.stat().st_size
        trip = walk(world, settings, tmp_path / "log", traveller=traveller)
        assert_booked_once(world, trip)
        # What our roles send is in no log, however much is logged.
        with log.open("rb") as written:
            written.seek(begun)
            assert b"Earhart" not in written.read()
