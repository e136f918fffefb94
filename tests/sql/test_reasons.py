"""Who changes what money depends on says why, and what was said stays."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.conftest import Connect
from tests.sql.sources import SQL

# How each function that takes a reason is called with one.
CALLS = {
    "confirm_exchange_rates": "confirm_exchange_rates('{1}', p_reason => %s)",
    "review_attempt": "review_attempt(1, 'VOID', %s, null)",
    "resolve_case": "resolve_case(1, 'settled by hand', %s)",
    "override_airport": "override_airport(p_reason => %s, p_iata => 'LHR')",
    "override_city": "override_city(%s, 'LON', '{LHR}')",
    "publish_consent_text": "publish_consent_text('2', 'x', p_reason => %s)",
    "renew_installation": "renew_installation(%s)",
    "retire_consent_text": "retire_consent_text('2026-11', p_reason => %s)",
    "change_webhook_endpoint": "change_webhook_endpoint(%s, 'app', 'stop')",
    "replay_delivery": "replay_delivery(%s, 1)",
    "set_endpoint": "set_endpoint(%s)",
    "set_message_settings": "set_message_settings(%s)",
    "set_webhook_endpoint": "set_webhook_endpoint(%s, 'app', 'https://a.example/')",
    "set_exchange_rate": "set_exchange_rate('GBP', 'USD', 1, 'x', p_reason => %s)",
    "set_kill_switch": "set_kill_switch(true, p_reason => %s)",
    "set_money_settings": "set_money_settings(p_reason => %s)",
    "set_search_settings": "set_search_settings(p_reason => %s)",
    "set_trace_settings": "set_trace_settings(%s, 0.5)",
    "set_spending_ceiling": "set_spending_ceiling('everybody', 'day', 1, %s)",
    "set_traveller_limits": "set_traveller_limits(%s)",
}


def test_every_function_that_takes_a_reason_is_tried_below(connect: Connect) -> None:
    """Found in the catalog: what operators and the application may call."""
    found = connect().execute(
        """
        select p.proname from pg_proc as p
        where p.pronamespace = 'engine'::regnamespace
          and 'p_reason' = any (p.proargnames)
          and exists (
            select from aclexplode(p.proacl) as a
            where a.grantee in ('skylatch_operator'::regrole, 'service_role'::regrole)
          )
        """
    )
    # A stop and a traveller's no may go without a word; a word is kept.
    silent = {"manage_auto_book_monitor", "veto_booking"}
    assert {name for (name,) in found} - silent == set(CALLS)


@pytest.mark.parametrize("reason", [None, "", "   ", "\t\n ", "..", "x" * 100_000])
@pytest.mark.parametrize("function", CALLS)
def test_a_reason_that_says_nothing_is_refused(
    connect: Connect, function: str, reason: str | None
) -> None:
    """And nothing is changed."""
    connection = connect()
    kept = (
        "select (select jsonb_agg(k) from engine.kill_switch as k),"
        " (select count(*) from engine.kill_switch_changes),"
        " (select jsonb_agg(s) from engine.search_settings as s),"
        " (select count(*) from engine.search_settings_changes)"
    )
    before = connection.execute(kept.encode()).fetchone()
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(f"select engine.{CALLS[function]}".encode(), [reason])
    # What is too long is refused before it is looked at.
    is_long = reason is not None and len(reason) > 2000
    assert caught.value.sqlstate == ("SK025" if is_long else "SK016")
    assert caught.value.diag.column_name == "p_reason"
    assert connection.execute(kept.encode()).fetchone() == before


def append_only() -> set[str]:
    """Return the tables that a file calls append-only, or that are a log by name."""
    tables = {
        path.stem
        for path in (SQL / "access").glob("*.sql")
        if "append-only" in path.read_text().lower()
    }
    for path in (SQL / "migrations").glob("*.sql"):
        for comment, table in re.findall(
            r"((?:^--.*\n)*)^create table \w+\.(\w+)", path.read_text(), re.MULTILINE
        ):
            if "append-only" in comment.lower() or table.endswith("_changes"):
                tables.add(table)
    return tables


def test_what_is_called_append_only_is(connect: Connect) -> None:
    """For the owner too: no row of it is changed or removed, nor all of them."""
    admin = connect()
    tables = append_only()
    assert {
        "booking_events",
        "consents",
        "exchange_rate_changes",
        "kill_switch_changes",
        "money_settings_changes",
        "review_actions",
        "search_settings_changes",
        "trace_settings_changes",
        "spending_ceiling_changes",
    } <= tables
    for table in sorted(tables):
        # Any column that may be written at all.
        found = admin.execute(
            "select c.oid::regclass::text, (select min(a.attname::text)"
            " from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0"
            " and a.attidentity = '' and a.attgenerated = '')"
            " from pg_class as c where c.relname = %s and c.relkind in ('r', 'p')",
            [table],
        ).fetchone()
        assert found is not None, table
        name, column = found
        for statement in (
            f"update {name} set {column} = {column}",
            f"delete from {name}",
            f"truncate {name} cascade",
        ):
            with pytest.raises(psycopg.Error) as caught:
                admin.execute(statement.encode())
            assert caught.value.sqlstate == "SK302", statement
