"""What a table does not take is refused with the field, the value and what to do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Connect
from tests.factories import in_days

GOOD: dict[str, dict[str, Any]] = {
    "traveler_profiles": {
        "given_name": "Amy",
        "family_name": "Johnson",
        "title": "ms",
        "gender": "f",
        "born_on": "1983-07-01",
        "email": "amy@example.com",
        "phone_number": "+442080160510",
    },
    "payment_methods": {
        "stripe_customer_id": "cus_1",
        "stripe_payment_method_id": "pm_1",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2034,
    },
    "spending_limits": {"currency": "GBP", "period": "month", "amount": 100},
}
# Every column that a CHECK or a reference keeps, and what it does not take.
BAD = [
    ("traveler_profiles", "given_name", ""),
    ("traveler_profiles", "given_name", None),
    ("traveler_profiles", "given_name", "R2D2"),
    ("traveler_profiles", "family_name", None),
    ("traveler_profiles", "family_name", "X" * 21),
    ("traveler_profiles", "title", "king"),
    ("traveler_profiles", "gender", "q"),
    ("traveler_profiles", "born_on", "1899-12-31"),
    ("traveler_profiles", "born_on", "2090-01-01"),
    ("traveler_profiles", "born_on", "19001-01-01"),
    ("traveler_profiles", "born_on", "infinity"),
    ("traveler_profiles", "born_on", "0044-03-15 BC"),
    ("traveler_profiles", "email", "nobody"),
    ("traveler_profiles", "phone_number", "020 8016 0508"),
    ("payment_methods", "user_id", None),
    ("payment_methods", "stripe_customer_id", "someone"),
    ("payment_methods", "stripe_payment_method_id", None),
    ("payment_methods", "brand", "VISA"),
    ("payment_methods", "last4", "12345"),
    ("payment_methods", "exp_month", 13),
    ("payment_methods", "exp_year", 1990),
    ("spending_limits", "currency", "gbp"),
    ("spending_limits", "period", "week"),
]


def store(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    """Insert one row."""
    connection.execute(
        sql.SQL("insert into public.{} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    )


def a_traveller(connect: Connect) -> Any:
    """Return the id of a new traveller."""
    user_id = uuid4()
    connect().execute("insert into auth.users (id) values (%s)", [user_id])
    return user_id


@pytest.mark.parametrize(("table", "field", "value"), BAD)
def test_a_wrong_value_is_refused_with_its_field_and_what_to_do(
    connect: Connect, table: str, field: str, value: object
) -> None:
    """By an insert and by an update; nothing is stored, and what is right is."""
    good = {"user_id": a_traveller(connect), **GOOD[table]}
    connection = connect()
    with pytest.raises(psycopg.Error) as caught:
        store(connection, table, {**good, field: value})
    assert caught.value.sqlstate == "SK031"
    assert caught.value.diag.column_name == field
    assert caught.value.diag.message_hint
    assert f'"field": "{field}"' in (caught.value.diag.message_detail or "")
    assert "value" in (caught.value.diag.message_detail or "")
    # What is missing is not called a wrong value.
    assert caught.value.diag.message_primary == (
        "this is not a value of the field" if value else "this field needs a value"
    )
    store(connection, table, good)
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(
            sql.SQL("update public.{} set {} = %s").format(
                sql.Identifier(table), sql.Identifier(field)
            ),
            [value],
        )
    assert caught.value.sqlstate == "SK031"


@pytest.mark.parametrize("table", [*GOOD, "trip_requests"])
def test_a_user_whom_nobody_knows_is_named(connect: Connect, table: str) -> None:
    """Before a foreign key speaks of it, which it does of somebody else's users."""
    trip = {
        "origins": ["LHR"],
        "destinations": ["JFK"],
        "departure_from": in_days(40),
        "departure_to": in_days(40),
        "max_price": 500,
        "currency": "GBP",
    }
    nobody = {"user_id": uuid4(), **GOOD.get(table, trip)}
    with pytest.raises(psycopg.Error) as caught:
        store(connect("service_role"), table, nobody)
    assert (caught.value.sqlstate, caught.value.diag.column_name) == (
        "SK033",
        "user_id",
    )
    assert str(nobody["user_id"]) in (caught.value.diag.message_detail or "")
    connect().execute("alter table auth.users owner to postgres")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        store(connect(), table, nobody)


def test_every_column_that_a_check_keeps_is_tried_above(connect: Connect) -> None:
    """A new CHECK needs its words."""
    kept = connect().execute(
        """
        select k.conrelid::regclass::text, a.attname
        from pg_constraint as k
        inner join pg_attribute as a
          on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
        where k.conrelid::regclass::text = any (%s)
          and k.contype = 'c' and k.conname not like '%%\\_sizes'
        """,
        [list(GOOD)],
    )
    assert set(kept) <= {(table, field) for table, field, _ in BAD}


def test_a_long_value_is_not_repeated_whole(connect: Connect) -> None:
    """Forty characters of it are enough to find it."""
    row = {
        "user_id": a_traveller(connect),
        **GOOD["traveler_profiles"],
        "email": "x" * 300,
    }
    with pytest.raises(psycopg.Error) as caught:
        store(connect(), "traveler_profiles", row)
    assert caught.value.sqlstate == "SK031"
    assert len(caught.value.diag.message_detail or "") < 100


SETTINGS = [
    ("set_search_settings('why', p_searches_per_minute => 0)", "searches_per_minute"),
    ("set_endpoint('why', 'http://user@host/wake')", "url"),
    ("set_endpoint('why', 'http://host/rpc/auto_book_monitor')", "url"),
    ("set_endpoint('why', 'file:///wake')", "url"),
    ("set_endpoint('why', 'http://host?x/wake')", "url"),
    ("set_endpoint('why', E'http://host/wake\\n')", "url"),
    ("set_trace_settings('why', 1.1)", "ratio"),
    ("set_trace_settings('why', -0.1)", "ratio"),
    ("set_trace_settings('why', 'NaN')", "ratio"),
    ("set_search_settings('why', p_fresh_for => '-1 day')", "fresh_for"),
    ("set_search_settings('why', p_keep_offers_for => '1 s')", "keep_offers_for"),
    ("set_search_settings('why', p_rate_max_age => '31 days')", "rate_max_age"),
    ("set_search_settings('why', p_keep_offers => 'some')", "keep_offers"),
    ("set_search_settings('why', p_useful_offers => 0)", "useful_offers"),
    ("set_search_settings('why', p_least_lead_time => '8 days')", "least_lead_time"),
    ("set_traveller_limits('why', p_open_trips => 0)", "open_trips"),
    ("set_traveller_limits('why', p_profiles => 0)", "profiles"),
    ("set_traveller_limits('why', p_search_pause => '2 days')", "search_pause"),
    ("set_traveller_limits('why', p_searches_per_hour => 0)", "searches_per_hour"),
    ("set_money_settings('why', 'XYZ')", "base_currency"),
    ("set_money_settings('why', p_rate_jump => 'NaN')", "rate_jump"),
    ("set_money_settings('why', p_rate_tolerance => 1)", "rate_tolerance"),
    ("set_spending_ceiling('all', 'day', 1, 'why')", "subject"),
    ("set_spending_ceiling('everybody', 'year', 1, 'why')", "period"),
    ("set_spending_ceiling('everybody', 'day', 'NaN', 'why')", "amount"),
    ("publish_consent_text('a b', repeat('x', 30), 'why')", "version"),
    ("publish_consent_text('2', 'short', 'why')", "body"),
    ("retire_consent_text('never', 'why')", "version"),
    ("override_airport('why', 'lhr')", "iata"),
    ("override_airport('why', 'LHR', p_latitude => 91)", "latitude"),
    ("override_city('why', 'LON', '{XXX}')", "airports"),
]


@pytest.mark.parametrize(("call", "field"), SETTINGS)
def test_a_wrong_setting_is_refused_with_its_field_value_and_what_to_do(
    connect: Connect, call: str, field: str
) -> None:
    """Whichever it is, it is refused in one form."""
    operator = connect("skylatch_operator")
    with pytest.raises(psycopg.Error) as caught:
        operator.execute(f"select engine.{call}".encode())
    assert caught.value.sqlstate in ("SK023", "SK019")
    assert caught.value.diag.column_name == field
    assert caught.value.diag.message_hint
    detail = caught.value.diag.message_detail or ""
    assert f'"field": "{field}"' in detail
    assert '"value": "' in detail


def test_whether_to_book_is_said_or_refused_by_name(connect: Connect) -> None:
    """Null is neither yes nor no."""
    row = {
        "user_id": a_traveller(connect),
        "origins": ["LHR"],
        "destinations": ["JFK"],
        "departure_from": in_days(40),
        "departure_to": in_days(40),
        "max_price": 500,
        "currency": "GBP",
        "auto_book_enabled": None,
    }
    with pytest.raises(psycopg.Error) as caught:
        store(connect(), "trip_requests", row)
    assert caught.value.sqlstate == "SK013"
    assert caught.value.diag.column_name == "auto_book_enabled"
