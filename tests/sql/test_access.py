"""Who may see and do what, read from the catalog and tried by logging in.

Two travellers have each booked a trip, so that every table has a row of both. What is
tried by a caller is tried from a login of its own, as in production.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from sidecar.local.cluster import Cluster
from tests.factories import Traveller, World, in_days, until
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread
from tests.sql import cloned_database

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

ROLES = (
    "anon",
    "authenticated",
    "service_role",
    "skylatch_sidecar",
    "skylatch_cron",
    "skylatch_operator",
    "skylatch_feed",
    "skylatch_watch",
    "authenticator",
)

# The only functions of public and engine that each role may execute.
FUNCTIONS = {
    "anon": "",
    "authenticator": "",
    "skylatch_feed": "engine.set_exchange_rate",
    "skylatch_watch": "engine.pipeline_status engine.watch_alerts",
    "authenticated": """
        engine.cancel_booking engine.auto_book_production engine.change_trip_status
        engine.approve_offer engine.veto_booking
        engine.preview_trip public.preview_trip
        public.approve_offer public.veto_booking
        engine.payment_to_confirm public.payment_to_confirm
        engine.check_trip_party engine.describe_offer engine.format_money
        engine.list_reasons engine.duffel_search engine.trip_saga engine.signed_in
        public.auto_book_production
        engine.remove_passenger engine.remove_spending_limit engine.refuse_busy
        engine.explain_trip public.remove_passenger public.remove_spending_limit
        public.cancel_booking public.cancel_trip public.consent_to_trip
        public.create_trip_request public.duffel_search public.explain_trip
        public.pause_trip public.rank_offers public.resume_trip public.trip_saga
        public.offer_status""",
    "service_role": """
        engine.cancel_booking engine.auto_book_production engine.change_trip_status
        engine.approve_offer engine.veto_booking
        engine.preview_trip public.preview_trip
        public.approve_offer public.veto_booking
        engine.payment_to_confirm public.payment_to_confirm
        engine.check_trip_party public.cancel_booking engine.job_overview
        engine.remove_passenger engine.remove_spending_limit engine.refuse_busy
        engine.explain_trip public.remove_passenger public.remove_spending_limit
        engine.manage_auto_book_monitor engine.monitor_status engine.auto_book_monitor
        engine.describe_offer engine.format_money engine.list_reasons
        engine.flag_status engine.flag_value engine.is_enabled
        engine.search_plan engine.search_status engine.duffel_search
        public.offer_status
        engine.set_kill_switch engine.trip_saga public.explain_trip
        public.auto_book_monitor public.auto_book_production public.cancel_trip
        public.consent_to_trip
        public.create_trip_request public.duffel_search public.manage_auto_book_monitor
        public.pause_trip public.rank_offers public.resume_trip public.trip_saga""",
    "skylatch_sidecar": """
        engine.payment_to_confirm public.payment_to_confirm
        engine.auto_book_production engine.bootstrap_problems
        engine.claim_calls engine.finish_calls engine.heartbeat engine.take_spans
        engine.claim_deliveries
        engine.due_jobs engine.stand_in
        engine.mark_sent engine.monitor_run engine.plpython_handshake
        engine.auto_book_monitor
        engine.metrics engine.upsert_flag
        engine.beat_flags engine.degradations engine.end_heartbeat
        engine.hold_mirror engine.miss_flags engine.pipeline_status engine.probe_write
        engine.watch_alerts engine.read_flags engine.upsert_flag
        engine.drain_events engine.open_alerts engine.receive_events
        engine.refuse_busy engine.refuse_events engine.oldest_sidecar
        engine.duffel_search engine.sync_flags engine.version public.auto_book_monitor
        public.auto_book_production public.duffel_search""",
    "skylatch_cron": """
        engine.beat_job engine.change_cron_job engine.follow_cron_node
        engine.purge engine.purge_cron_log engine.recover engine.auto_book_monitor
        engine.watch_invariants
        public.auto_book_monitor""",
    "skylatch_operator": """
        engine.bootstrap_problems
        engine.check_invariants engine.job_overview
        engine.manage_auto_book_monitor engine.monitor_status
        engine.metrics
        engine.open_alerts engine.override_airport engine.override_city
        engine.flag_audit engine.pipeline_status engine.served_flags
        engine.watch_alerts
        engine.flag_status engine.flag_value engine.is_enabled
        engine.review_attempt engine.resolve_case engine.list_cases engine.refresh_case
        engine.renew_installation
        engine.search_plan engine.search_status engine.set_exchange_rate
        engine.confirm_exchange_rates engine.publish_consent_text
        engine.retire_consent_text engine.set_money_settings
        engine.set_endpoint engine.set_trace_settings engine.trace_story
        engine.story_id
        engine.trip_overview engine.offer_overview engine.booking_overview
        engine.set_spending_ceiling engine.waiting_exchange_rates
        engine.kill_switch_history
        engine.set_message_settings engine.set_webhook_endpoint
        engine.change_webhook_endpoint engine.replay_delivery engine.delivery_overview
        engine.endpoint_overview
        engine.set_kill_switch engine.set_search_settings engine.set_traveller_limits
        engine.auto_book_monitor engine.version engine.oldest_sidecar
        public.auto_book_monitor public.manage_auto_book_monitor
        public.refresh_case public.resolve_case public.review_attempt""",
}

# The only tables on which a role has any privilege at all, and which.
TABLES = {
    "authenticated": {
        "public.booking_attempts": "select",
        "public.booking_passengers": "select",
        "public.consents": "select",
        "public.fare_history": "select",
        "public.flight_bookings": "select",
        "public.flight_offers": "select",
        "public.notification_preferences": "insert select update",
        "public.notifications": "select update",
        "public.offer_counts": "select",
        "public.offer_proposals": "select",
        "public.payment_methods": "select",
        "public.spending_limits": "insert select update",
        "public.traveler_profiles": "insert select update",
        "public.trip_passengers": "insert select",
        "public.trip_requests": "insert select update",
    },
    "service_role": {
        "auth.users": "insert select update",
        "public.auto_book_monitor_status": "select",
        "public.booking_attempts": "select",
        "public.booking_passengers": "select",
        "public.consents": "select",
        "public.fare_history": "select",
        "public.flag_overview": "select",
        "public.flight_bookings": "select",
        "public.flight_offers": "select",
        "public.notification_preferences": "insert select update",
        "public.notifications": "select update",
        "public.offer_counts": "select",
        "public.offer_proposals": "select",
        "public.payment_methods": "insert select update",
        "public.spending_limits": "insert select update",
        "public.traveler_profiles": "insert select update",
        "public.trip_passengers": "insert select",
        "public.trip_requests": "insert select update",
    },
    "skylatch_operator": {
        "public.auto_book_monitor_status": "select",
        "public.flag_overview": "select",
        "public.review_queue": "select",
    },
}

# Written by the engine alone, whoever asks.
ENGINE_WRITTEN = (
    "booking_attempts",
    "booking_passengers",
    "fare_history",
    "flight_bookings",
    "flight_offers",
    "offer_counts",
    "offer_proposals",
    "consents",
)

# What is unique across travellers: names given by a provider, and ids that a caller
# quotes without saying whose they are.
GLOBALLY_UNIQUE = {
    "deliveries_pkey",
    "booking_attempts_id_key",
    "booking_attempts_idempotency_key_key",
    "booking_events_pkey",
    "flight_bookings_order_id_key",
    "flight_bookings_payment_intent_id_key",
    "flight_offers_offer_id_day_idx",
    "payment_methods_stripe_payment_method_id_key",
    "provider_calls_idempotency_key_key",
    "provider_calls_pkey",
    "review_cases_open_idx",
    "review_cases_pkey",
    "spending_ceiling_changes_pkey",
    "spending_ceilings_pkey",
    "trip_requests_id_key",
}

# The migration tool's own tables: no rows of ours, and no role has a privilege on them.
_MIGRATION_TOOL = "c.relname !~ '^_?yoyo_'"
_OURS = "n.nspname in ('public', 'engine')"


@dataclass(frozen=True, slots=True)
class Booked:
    """A database in which two travellers have booked one trip each."""

    dsn: str
    world: World
    amelia: Traveller
    amelias_trip: UUID
    bessie: Traveller
    bessies_trip: UUID
    bessies_plan: UUID  # searched for by nobody yet

    @contextmanager
    def login(
        self,
        login: str,
        role: str | None = None,
        user_id: UUID | None = None,
    ) -> Iterator[Connection]:
        """Log in, take a role and a traveller's claims; undo everything at the end."""
        with psycopg.connect(
            make_conninfo(self.dsn, user=login), row_factory=dict_row
        ) as connection:
            if user_id is not None:
                claims = json.dumps({"sub": str(user_id), "role": role})
                connection.execute(
                    "select set_config('request.jwt.claims', %s, false)", [claims]
                )
            if role is not None:
                connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            try:
                yield connection
            finally:
                connection.rollback()

    def as_amelia(self) -> Any:
        """Log in as PostgREST does for Amelia."""
        return self.login("authenticator", "authenticated", self.amelia.user_id)


@pytest.fixture(scope="module")
def booked(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Booked]:
    """Book a trip each for two travellers, through both providers, once."""
    flights, payments = FlightsSandbox(), PaymentsSandbox()
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        running_in_thread(flights.app) as flights_url,
        running_in_thread(payments.app) as payments_url,
    ):
        world = World(
            dsn=dsn,
            flights=flights,
            flights_url=flights_url,
            payments=payments,
            payments_url=payments_url,
        )
        amelia, bessie = world.traveller(), world.traveller(given_name="Bessie")
        trips = [world.trip(amelia), world.trip(bessie)]
        with world.working():
            world.tick()
            until(lambda: [world.status(t) for t in trips] == ["BOOKED"] * 2)
        plan = world.trip(bessie, auto_book_enabled=False)
        world.rows(
            "insert into public.offer_counts (user_id, trip_request_id, search_round,"
            " searched_at, offers, missed) select user_id, id, 1, now(), 1, '[]'"
            " from public.trip_requests where id = any (%s)",
            trips,
        )
        world.rows(
            "insert into public.offer_proposals (user_id, trip_request_id,"
            " trip_version, mode, flight_offer_id, offer_day, search_round, offer_id,"
            " itinerary_key, airline, price_amount, price_currency, departs_at,"
            " sentence, proposed_at, answer_by, closes_at, state_changed_at)"
            " select user_id, trip_request_id, 1, 'APPROVAL', id, day, 1, offer_id,"
            " 'x', airline, price_amount, price_currency, departs_at, 'x', now(),"
            " now(), 'infinity', now() from public.flight_offers"
            " where status = 'BOOKED'"
        )
        for traveller in (amelia, bessie):
            world.rows(
                "insert into public.spending_limits (user_id, currency, period, amount)"
                " values (%s, 'GBP', 'month', 2000)",
                traveller.user_id,
            )
            world.rows(
                "insert into public.notification_preferences (user_id) values (%s)",
                traveller.user_id,
            )
        yield Booked(dsn, world, amelia, trips[0], bessie, trips[1], plan)
        world.close()


def tenant_tables(booked: Booked) -> list[str]:
    """Return every table with a user_id, by its full name; parts are none."""
    rows = booked.world.rows(
        "select n.nspname || '.' || c.relname as name from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace"
        " join pg_attribute as a on a.attrelid = c.oid and a.attname = 'user_id'"
        f" where {_OURS} and c.relkind in ('r', 'p') and not c.relispartition"
        " order by 1"
    )
    return [row["name"] for row in rows]


def assert_refused(
    connection: Connection, query: str, *args: object, code: str = "42501"
) -> None:
    """Assert that a statement is refused with this code and changes nothing."""
    with pytest.raises(psycopg.Error) as caught, connection.transaction():
        connection.execute(query.encode(), args)
    assert caught.value.sqlstate == code, str(caught.value)


# -- the catalog -------------------------------------------------------------------


def test_every_table_has_row_level_security_that_binds_its_owner_too(
    booked: Booked,
) -> None:
    """A table that is forgotten is closed, not open."""
    rows = booked.world.rows(
        "select c.oid::regclass::text as name, c.relrowsecurity, c.relforcerowsecurity"
        " from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        f" where {_OURS} and c.relkind in ('r', 'p') and {_MIGRATION_TOOL}"
    )
    assert len(rows) > 20
    open_tables = [
        row["name"]
        for row in rows
        if not (row["relrowsecurity"] and row["relforcerowsecurity"])
    ]
    assert open_tables == []


def test_every_role_may_execute_its_own_functions_and_no_others(
    booked: Booked,
) -> None:
    """A new function shows up here before it shows up for a caller."""
    rows = booked.world.rows(
        "select r.name as role, n.nspname || '.' || p.proname as function"
        " from unnest(%s::text[]) as r (name) cross join pg_proc as p"
        " join pg_namespace as n on n.oid = p.pronamespace"
        f" where {_OURS} and has_function_privilege(r.name, p.oid, 'execute')",
        list(ROLES),
    )
    found: dict[str, set[str]] = {role: set() for role in ROLES}
    for row in rows:
        found[row["role"]].add(row["function"])
    assert found == {role: set(names.split()) for role, names in FUNCTIONS.items()}


def test_every_role_has_privileges_on_its_own_tables_and_no_others(
    booked: Booked,
) -> None:
    """The sidecar, pg_cron and anonymous callers have none at all."""
    rows = booked.world.rows(
        "select r.name as role, n.nspname || '.' || c.relname as relation,"
        " string_agg(p.name, ' ' order by p.name) as privileges"
        " from unnest(%s::text[]) as r (name)"
        " cross join unnest(%s::text[]) as p (name)"
        " cross join pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        f" where ({_OURS} or n.nspname = 'auth')"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " and case when p.name in ('select', 'insert', 'update', 'references')"
        " then has_any_column_privilege(r.name, c.oid, p.name)"
        " else has_table_privilege(r.name, c.oid, p.name) end"
        " group by r.name, relation",
        list(ROLES),
        ["select", "insert", "update", "references", "delete", "truncate", "trigger"],
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["role"], {})[row["relation"]] = row["privileges"]
    assert found == TABLES


def test_no_role_may_touch_a_sequence(booked: Booked) -> None:
    """Numbers are given by the tables that own them."""
    rows = booked.world.rows(
        "select r.name, c.oid::regclass from unnest(%s::text[]) as r (name)"
        " cross join pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        f" where {_OURS} and c.relkind = 'S'"
        " and has_sequence_privilege(r.name, c.oid, 'usage, select, update')",
        list(ROLES),
    )
    assert rows == []


def test_no_function_of_ours_is_executable_by_everybody(booked: Booked) -> None:
    """EXECUTE is granted by name, never by default."""
    rows = booked.world.rows(
        "select p.oid::regprocedure::text as function from pg_proc as p"
        " join pg_namespace as n on n.oid = p.pronamespace"
        " where n.nspname in ('public', 'engine', 'auth')"
        " and has_function_privilege('public', p.oid, 'execute')"
    )
    assert rows == []


def test_every_definer_function_pins_its_names_and_lives_in_the_engine(
    booked: Booked,
) -> None:
    """By `search_path = pg_catalog, pg_temp`, or by a body that is parsed already."""
    rows = booked.world.rows(
        "select p.oid::regprocedure::text as function, n.nspname as schema,"
        " p.prosqlbody is not null as parsed,"
        " 'search_path=pg_catalog, pg_temp' = any (p.proconfig) as pinned"
        " from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace"
        " where n.nspname in ('public', 'engine', 'auth') and p.prosecdef"
    )
    assert len(rows) > 20
    assert {row["schema"] for row in rows} == {"engine"}
    loose = [r["function"] for r in rows if not (r["parsed"] or r["pinned"])]
    assert loose == []


def test_no_definer_function_belongs_to_a_superuser(booked: Booked) -> None:
    """What it may do is what its owner may do."""
    rows = booked.world.rows(
        "select p.oid::regprocedure::text as function from pg_proc as p"
        " join pg_namespace as n on n.oid = p.pronamespace"
        " join pg_roles as r on r.oid = p.proowner"
        f" where {_OURS} and p.prosecdef and (r.rolsuper or r.rolbypassrls)"
    )
    assert rows == []


def test_no_policy_reads_a_setting(booked: Booked) -> None:
    """Who somebody is comes from `auth.uid()`, which trusts one login only."""
    rows = booked.world.rows(
        "select policyname, concat(qual, with_check) as text from pg_policies"
        " where schemaname in ('public', 'engine', 'auth')"
    )
    assert len(rows) > 30
    assert [r["policyname"] for r in rows if "current_setting" in r["text"]] == []


def test_every_view_asks_as_its_caller(booked: Booked) -> None:
    """A view is no way around row level security."""
    rows = booked.world.rows(
        "select c.oid::regclass::text as name, c.reloptions from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace"
        f" where {_OURS} and c.relkind in ('v', 'm')"
    )
    assert rows
    for row in rows:
        assert "security_invoker=true" in (row["reloptions"] or []), row["name"]


def test_temporary_objects_are_not_for_everybody(booked: Booked, template: str) -> None:
    """A table in pg_temp could stand in front of a real one."""
    # A clone does not inherit the privileges of its database: ask where it was built.
    assert not booked.world.value(
        "select has_database_privilege('public', %s, 'temporary')", template
    )


def test_advisory_locks_are_not_for_everybody(booked: Booked) -> None:
    """Whoever takes the monitor's lock stops the monitor."""
    rows = booked.world.rows(
        "select p.oid::regprocedure::text as function, r.name as role from pg_proc as p"
        " cross join unnest(%s::text[]) as r (name)"
        " where p.pronamespace = 'pg_catalog'::regnamespace"
        " and p.proname ~ '^pg_(try_)?advisory_'"
        " and has_function_privilege(r.name, p.oid, 'execute')",
        ["public", *ROLES],
    )
    assert rows == []


def test_nobody_may_lock_a_table(booked: Booked) -> None:
    """A table that one caller has locked stops everybody: tried with every lock that
    keeps others from writing, on every table and view, by every role."""
    relations = booked.world.rows(
        "select c.oid::regclass::text as name from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace"
        f" where ({_OURS} or n.nspname = 'auth')"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f')"
    )
    assert len(relations) > 50
    modes = (
        "share update exclusive",
        "share",
        "share row exclusive",
        "exclusive",
        "access exclusive",
    )
    logins: list[tuple[str, str | None]] = [
        ("authenticator", None),
        ("authenticator", "anon"),
        ("authenticator", "authenticated"),
        ("authenticator", "service_role"),
        ("skylatch_sidecar", None),
        ("skylatch_cron", None),
        ("postgres", "skylatch_operator"),
    ]
    for login, role in logins:
        with booked.login(login, role, booked.amelia.user_id) as connection:
            connection.execute("set local lock_timeout = '1s'")
            for relation in relations:
                for mode in modes:
                    assert_refused(
                        connection, f"lock table {relation['name']} in {mode} mode"
                    )


def test_nobody_but_the_owner_may_create_in_our_schemas(booked: Booked) -> None:
    """A function planted in public would be called by name."""
    rows = booked.world.rows(
        "select r.name, s.name from unnest(%s::text[]) as r (name)"
        " cross join unnest(%s::text[]) as s (name)"
        " where has_schema_privilege(r.name, s.name, 'create')",
        ["public", *ROLES],
        ["public", "engine", "auth"],
    )
    assert rows == []


def test_every_reference_between_travellers_rows_includes_the_traveller(
    booked: Booked,
) -> None:
    """A row can never point at a row of somebody else."""
    tables = tenant_tables(booked)
    rows = booked.world.rows(
        "select k.conname,"
        " (select array_agg(a.attname::text order by x.n)"
        "  from unnest(k.conkey) with ordinality as x (attnum, n)"
        "  join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = x.attnum)"
        " as here,"
        " (select array_agg(a.attname::text order by x.n)"
        "  from unnest(k.confkey) with ordinality as x (attnum, n)"
        "  join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = x.attnum)"
        " as there"
        " from pg_constraint as k where k.contype = 'f'"
        " and k.conrelid = any (%s::regclass[]) and k.confrelid = any (%s::regclass[])",
        tables,
        tables,
    )
    assert len(rows) > 10
    for row in rows:
        pairs = list(zip(row["here"], row["there"], strict=True))
        assert ("user_id", "user_id") in pairs, row["conname"]


def test_uniqueness_across_travellers_is_the_exception_and_listed(
    booked: Booked,
) -> None:
    """Every other unique index leads with, or contains, the traveller."""
    rows = booked.world.rows(
        "select i.indexrelid::regclass::text as name from pg_index as i"
        " where i.indisunique and i.indrelid = any (%s::regclass[]) and not exists ("
        "   select from pg_attribute as a where a.attrelid = i.indrelid"
        "   and a.attname = 'user_id' and a.attnum = any (i.indkey::smallint[]))",
        tenant_tables(booked),
    )
    assert {row["name"].removeprefix("engine.") for row in rows} == GLOBALLY_UNIQUE


# -- as a traveller ----------------------------------------------------------------


def test_a_traveller_sees_their_own_rows_and_nobody_elses(booked: Booked) -> None:
    """In every table that has a traveller: all of hers, none of the other's."""
    with booked.as_amelia() as connection:
        for table in tenant_tables(booked):
            if table.startswith("engine."):
                assert_refused(connection, f"select from {table}")
                continue
            everybodys = booked.world.rows(
                f"select user_id, count(*) as n from {table} group by user_id"
            )
            counts = {row["user_id"]: row["n"] for row in everybodys}
            assert set(counts) == {booked.amelia.user_id, booked.bessie.user_id}, table
            seen = connection.execute(
                f"select user_id, count(*) as n from {table} group by user_id".encode()
            ).fetchall()
            mine = {
                "user_id": booked.amelia.user_id,
                "n": counts[booked.amelia.user_id],
            }
            assert seen == [mine], table


def test_nobody_reads_a_part_of_a_table_by_itself(booked: Booked) -> None:
    """Its policies are the table's: a part that is asked directly is closed."""
    booked.world.rows("select engine.add_offer_days(now() + interval '5 days')")
    parts = booked.world.rows(
        "select i.inhrelid::regclass::text as name from pg_inherits as i"
        " join pg_class as c on c.oid = i.inhparent and c.relkind = 'p'"
    )
    assert len(parts) >= 6
    with booked.as_amelia() as connection:
        for part in parts:
            assert_refused(connection, f"select from {part['name']}")


@pytest.mark.parametrize("table", ENGINE_WRITTEN)
def test_a_traveller_cannot_write_what_the_engine_writes(
    booked: Booked, table: str
) -> None:
    """Not even their own rows."""
    with booked.as_amelia() as connection:
        for statement in (
            f"insert into public.{table} default values",
            f"update public.{table} set user_id = user_id",
            f"delete from public.{table}",
            f"truncate public.{table}",
        ):
            assert_refused(connection, statement)


def test_a_traveller_cannot_write_cards_or_anything_of_the_engine(
    booked: Booked,
) -> None:
    """Cards come from the application, which has asked Stripe whose they are."""
    engine_tables = booked.world.rows(
        "select c.oid::regclass::text as name from pg_class as c"
        " where c.relnamespace = 'engine'::regnamespace and c.relkind in ('r', 'p')"
    )
    tables = ["public.payment_methods", *(row["name"] for row in engine_tables)]
    with booked.as_amelia() as connection:
        for table in tables:
            assert_refused(connection, f"insert into {table} default values")
            assert_refused(connection, f"delete from {table}")
            assert_refused(connection, f"truncate {table}")
        assert_refused(
            connection, "update public.payment_methods set is_default = true"
        )


@pytest.mark.parametrize(
    "column",
    [
        "auto_book_status",
        "status_reason",
        "selected_offer_id",
        "search_round",
        "next_search_at",
        "last_searched_at",
        "version",
        "consent_at",
        "user_id",
        "id",
    ],
)
def test_a_traveller_cannot_write_the_engines_columns_of_a_trip(
    booked: Booked, column: str
) -> None:
    """A wish is theirs; the state of it is not."""
    with booked.as_amelia() as connection:
        assert_refused(
            connection, f"update public.trip_requests set {column} = default"
        )


def test_a_traveller_cannot_change_another_travellers_rows(booked: Booked) -> None:
    """Where writing is allowed, it is allowed on their own rows only."""
    second = booked.world.value(
        "insert into public.traveler_profiles (user_id, given_name, family_name, title,"
        " gender, born_on, email, phone_number) values (%s, 'Neta', 'Snook', 'ms', 'f',"
        " '1986-02-14', 'neta@example.com', '+442080160509') returning id",
        booked.bessie.user_id,
    )
    with booked.as_amelia() as connection:
        for statement, row in (
            (
                "update public.traveler_profiles set given_name = 'X' where id = %s",
                booked.bessie.profile_id,
            ),
            (
                "update public.trip_requests set max_price = 1 where id = %s",
                booked.bessies_trip,
            ),
        ):
            assert connection.execute(statement.encode(), [row]).rowcount == 0
        assert_refused(
            connection,
            "select public.remove_passenger(%s, %s)",
            booked.bessies_plan,
            booked.bessie.profile_id,
            code="SK104",
        )
        limit = "select public.remove_spending_limit('GBP', 'month', %s) as done"
        removed = connection.execute(limit, [booked.bessie.user_id]).fetchone()
        assert removed == {"done": False}
        assert_refused(
            connection,
            "insert into public.traveler_profiles (user_id, given_name, family_name)"
            " values (%s, 'A', 'B')",
            booked.bessie.user_id,
        )
        assert_refused(
            connection,
            "insert into public.trip_passengers values (%s, %s, %s)",
            booked.bessie.user_id,
            booked.bessies_plan,
            second,
        )


@pytest.mark.parametrize(
    "call",
    [
        "public.pause_trip(%s)",
        "public.resume_trip(%s)",
        "public.cancel_trip(%s)",
        "public.duffel_search(%s)",
        "public.auto_book_production(%s)",
        "engine.change_trip_status(%s, 'cancel')",
        "engine.duffel_search(%s)",
        "engine.auto_book_production(%s)",
        "public.explain_trip(%s)",
        "public.approve_offer(%s, 'off_1')",
        "public.veto_booking(%s)",
        "engine.approve_offer(%s, 'off_1')",
        "engine.veto_booking(%s, null)",
        "public.preview_trip(%s, '{}')",
        "engine.preview_trip(%s, '{}')",
    ],
)
def test_another_travellers_trip_does_not_exist(booked: Booked, call: str) -> None:
    """The answer is the same as for a trip that nobody has."""
    with booked.as_amelia() as connection:
        for trip_id in (booked.bessies_trip, booked.bessies_plan, uuid4()):
            assert_refused(connection, f"select {call}", trip_id, code="SK104")
    assert booked.world.status(booked.bessies_trip) == "BOOKED"
    assert booked.world.status(booked.bessies_plan) == "PENDING"


def test_another_travellers_trip_has_nothing_to_read(booked: Booked) -> None:
    """Neither its story nor its offers; one's own are there."""
    with booked.as_amelia() as connection:
        for function in (
            "public.trip_saga",
            "public.rank_offers",
            "engine.trip_saga",
        ):
            query = f"select * from {function}(%s)".encode()
            assert connection.execute(query, [booked.bessies_trip]).fetchall() == []
            assert connection.execute(query, [booked.amelias_trip]).fetchall() != []


def test_a_trip_cannot_be_stated_in_another_travellers_name_or_card(
    booked: Booked,
) -> None:
    """Owner, card and passengers: each is checked."""
    arguments = (
        "p_origins => '{LHR}', p_destinations => '{JFK}', p_departure_from => %s,"
        " p_max_price => 500, p_currency => 'GBP', p_passengers => %s,"
        " p_payment_method_id => %s, p_auto_book_enabled => true,"
        " p_consent_text_version => '2026-11', p_user_id => %s"
    )
    query = f"select public.create_trip_request({arguments})"
    day, amelia, bessie = in_days(40), booked.amelia, booked.bessie
    with booked.as_amelia() as connection:
        connection.execute(
            query.encode(), [day, [amelia.profile_id], amelia.card_id, amelia.user_id]
        )
        for passenger, card, owner, code in (
            (bessie.profile_id, bessie.card_id, bessie.user_id, "42501"),
            (amelia.profile_id, bessie.card_id, amelia.user_id, "SK007"),
            (bessie.profile_id, amelia.card_id, amelia.user_id, "SK008"),
        ):
            assert_refused(connection, query, day, [passenger], card, owner, code=code)


# -- as somebody else --------------------------------------------------------------


def test_an_anonymous_caller_sees_nothing(booked: Booked) -> None:
    """With or without claims, in whatever table."""
    relations = booked.world.rows(
        "select c.oid::regclass::text as name from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace"
        f" where {_OURS} and c.relkind in ('r', 'p', 'v')"
    )
    for user_id in (None, booked.amelia.user_id):
        with booked.login("authenticator", "anon", user_id) as connection:
            for relation in relations:
                assert_refused(connection, f"select from {relation['name']}")
            assert_refused(connection, "select public.pause_trip(null)")
            assert_refused(connection, "select public.auto_book_monitor()")


def test_a_caller_without_claims_is_nobody(booked: Booked) -> None:
    """No rows and no error would be a riddle: it is told what it forgot."""
    with booked.login("authenticator", "authenticated") as connection:
        with (
            pytest.raises(psycopg.Error, match="nobody is signed in") as refused,
            connection.transaction(),
        ):
            connection.execute("select from public.trip_requests")
        hint = refused.value.diag.message_hint
        assert hint is not None
        assert "request.jwt.claims" in hint
        assert_refused(
            connection,
            "select public.pause_trip(%s)",
            booked.amelias_trip,
            code="SK104",
        )


@pytest.mark.parametrize(
    ("claims", "message", "value"),
    [
        ("amelia", "the claims are no JSON", None),
        ('{"sub": "amelia"', "the claims are no JSON", None),
        ('{"sub": "amelia"}', "the claims' sub is no uuid", "amelia"),
        ('{"sub": ""}', "the claims' sub is no uuid", ""),
        ('{"sub": 7}', "the claims' sub is no uuid", "7"),
        ('{"role": "authenticated"}', "nobody is signed in", None),
        ("[]", "nobody is signed in", None),
    ],
)
def test_claims_that_name_no_traveller_are_refused_in_words(
    booked: Booked, claims: str, message: str, value: str | None
) -> None:
    """By a query, by a write and by a function; not as a uuid somewhere."""
    login = make_conninfo(booked.world.dsn, user="authenticator")
    with psycopg.connect(login, autocommit=True) as connection:
        for query in (
            "select from public.trip_requests",
            "insert into public.traveler_profiles (given_name, family_name)"
            " values ('Amy', 'Johnson')",
            "select public.remove_spending_limit('GBP', 'day')",
        ):
            if message == "nobody is signed in" and "select public." in query:
                continue  # nobody's limit is none
            with connection.transaction(force_rollback=True):
                connection.execute(
                    "select set_config('request.jwt.claims', %s, true)", [claims]
                )
                connection.execute("set local role authenticated")
                with pytest.raises(psycopg.Error) as refused:
                    connection.execute(query.encode())
            assert refused.value.sqlstate == "SK022", refused.value
            assert refused.value.diag.message_primary == message
            assert '{"sub": "<auth.users.id>"}' in (
                refused.value.diag.message_hint or ""
            )
            if message != "nobody is signed in":
                detail = json.loads(refused.value.diag.message_detail or "")
                assert detail == {"field": "request.jwt.claims", "sub": value}


def test_a_login_that_is_not_the_authenticator_cannot_claim_to_be_somebody(
    booked: Booked,
) -> None:
    """Anybody can set `request.jwt.claims`; only one login verifies them."""
    booked.world.rows("grant authenticated to skylatch_cron")
    try:
        with booked.login(
            "skylatch_cron", "authenticated", booked.amelia.user_id
        ) as connection:
            row = connection.execute("select auth.uid() as id").fetchone()
            assert row == {"id": None}
            for table in ("trip_requests", "traveler_profiles", "flight_bookings"):
                with pytest.raises(psycopg.Error) as refused, connection.transaction():
                    connection.execute(f"select from public.{table}".encode())
                assert refused.value.sqlstate == "SK022"
                hint = refused.value.diag.message_hint
                assert hint is not None
                assert "grant authenticator to skylatch_cron" in hint
            assert_refused(
                connection,
                "select public.cancel_trip(%s)",
                booked.amelias_trip,
                code="SK104",
            )
            saga = connection.execute(
                "select * from public.trip_saga(%s)", [booked.amelias_trip]
            )
            assert saga.fetchall() == []
    finally:
        booked.world.rows("revoke authenticated from skylatch_cron")


@pytest.mark.parametrize("login", ["skylatch_sidecar", "skylatch_cron"])
def test_a_working_role_cannot_become_anybody_else(booked: Booked, login: str) -> None:
    """What the sidecar or pg_cron may do is on its list, and nothing leads off it."""
    with booked.login(login, None, booked.amelia.user_id) as connection:
        for role in ("service_role", "authenticated", "skylatch_owner", "postgres"):
            assert_refused(connection, f"set role {role}")
        assert_refused(connection, "select from public.trip_requests")
        assert_refused(connection, "select from engine.provider_calls")
        assert_refused(connection, "select engine.set_kill_switch(false, 'because')")


def test_the_service_sees_everybody_and_writes_what_is_granted(
    booked: Booked,
) -> None:
    """It acts for travellers and adds cards; the engine's rows are the engine's."""
    amelia, bessie = booked.amelia, booked.bessie
    with booked.login("authenticator", "service_role") as connection:
        seen = connection.execute(
            "select distinct user_id from public.flight_bookings"
        ).fetchall()
        assert {row["user_id"] for row in seen} == {amelia.user_id, bessie.user_id}
        connection.execute(
            "insert into public.payment_methods (user_id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " values (%s, 'cus_9', 'pm_9', 'visa', '4242', 1, 2034)",
            [amelia.user_id],
        )
        connection.execute(
            "update public.payment_methods set detached_at = now() where user_id = %s",
            [amelia.user_id],
        )
        row = connection.execute(
            "select public.create_trip_request(p_origins => '{LHR}',"
            " p_destinations => '{JFK}', p_departure_from => %s, p_max_price => 500,"
            " p_currency => 'GBP', p_passengers => %s, p_user_id => %s) as id",
            [in_days(40), [bessie.profile_id], bessie.user_id],
        ).fetchone()
        assert row is not None
        for action, status in (
            ("pause", "PAUSED"),
            ("resume", "PENDING"),
            ("cancel", "CANCELLED"),
        ):
            done = connection.execute(
                f"select public.{action}_trip(%s) as status".encode(), [row["id"]]
            ).fetchone()
            assert done == {"status": status}
        connection.execute("select public.auto_book_monitor()")
        connection.execute("select * from public.auto_book_monitor_status")
        for table in ENGINE_WRITTEN:
            assert_refused(connection, f"delete from public.{table}")
            assert_refused(connection, f"update public.{table} set user_id = user_id")
        assert_refused(
            connection,
            "update public.payment_methods set stripe_payment_method_id = 'pm_x'",
        )
        assert_refused(connection, "select from engine.provider_calls")


# -- the audit ---------------------------------------------------------------------


@pytest.mark.parametrize("role", ["skylatch_owner", "postgres"])
@pytest.mark.parametrize(
    "statement",
    [
        "update engine.booking_events set reason = 'nothing happened'",
        "update engine.booking_events set reason = '' where false",
        "delete from engine.booking_events",
        "truncate engine.booking_events",
    ],
)
def test_history_is_never_rewritten_not_even_by_its_owner(
    booked: Booked, statement: str, role: str
) -> None:
    """New events may be added; old ones stay what they were."""
    with booked.login("postgres", role) as connection:
        assert_refused(connection, statement, code="SK302")
