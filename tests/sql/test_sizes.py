"""Whatever size is sent, the answer comes at once: tried on every exposed field.

What is exposed is read from the catalog, so that a new column or argument is tried from
the day it exists. The session's statement_timeout is the stopwatch: an answer that
takes longer than a second is a cancelled statement, and no refusal.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from sidecar.local.cluster import Cluster
from tests.factories import in_days
from tests.sql import cloned_database

Row = dict[str, Any]
CANCELLED = "57014"
ROLES = ["anon", "authenticated", "service_role", "skylatch_operator"]

# What is sent for a type, by SQL, so that making it is part of the second.
HUGE = {
    "text": ["repeat('A', 20000000)"],
    "text[]": [
        "array(select 'A' || n from generate_series(1, 100000) as n)",
        "array[repeat('A', 20000000)]",
        "array[array(select 'A' || n from generate_series(1, 100000) as n)]",
    ],
    "uuid[]": ["array(select gen_random_uuid() from generate_series(1, 100000))"],
    "bigint[]": ["array(select n::bigint from generate_series(1, 100000) as n)"],
    "numeric": ["('1' || repeat('0', 100000))::numeric"],
    "jsonb": ["to_jsonb(repeat('A', 20000000))"],
}
# Arguments whose size is refused by a narrower rule than "too large".
NARROWER = {
    ("public.create_trip_request", "p_passengers"): "SK010",
    ("public.manage_auto_book_monitor", "p_action"): "SK012",
    # Whose trip it is comes first; the text is not looked at.
    ("public.consent_to_trip", "p_consent_text_version"): "SK104",
    # It refuses whatever it is told, and says five characters of it.
    ("engine.refuse_busy", "p_sqlstate"): "SK311",
    # What an operator sets is held against what it may be, and not repeated.
    **{
        (f"engine.override_{what}", name): "SK019"
        for what in ("airport", "city")
        for name in ("p_iata", "p_name", "p_city", "p_country", "p_time_zone")
    },
    **{
        (f"engine.{function}", name): "SK023"
        for function, name in [
            ("publish_consent_text", "p_body"),
            ("publish_consent_text", "p_version"),
            ("retire_consent_text", "p_version"),
            ("set_money_settings", "p_base_currency"),
            ("set_search_settings", "p_keep_offers"),
            ("set_spending_ceiling", "p_period"),
            ("set_spending_ceiling", "p_subject"),
        ]
    },
}
# Numbers are no place to hide much in: they must only be answered.
ANSWERED = {"numeric"}
# What the other arguments need to be, for the one that is tried to be looked at.
GOOD_ARGUMENTS = {
    "p_action": "status",
    "p_amount": 1,
    "p_reason": "because",
    "p_resolution": "because",
}


@dataclass
class Hostile:
    """A session that sends too much, and a traveller whose rows it may write."""

    sql: psycopg.Connection[Row]
    user_id: UUID = field(default_factory=uuid4)
    profile_id: UUID = field(default_factory=uuid4)

    def good_rows(self) -> dict[str, Row]:
        """Return a row for every exposed table that would be taken."""
        return {
            "trip_requests": {
                "user_id": self.user_id,
                "id": uuid4(),
                "origins": ["LHR"],
                "destinations": ["JFK"],
                "departure_from": in_days(40),
                "departure_to": in_days(40),
                "max_price": 500,
                "currency": "GBP",
            },
            "traveler_profiles": {
                "user_id": self.user_id,
                "id": uuid4(),
                "given_name": "Amelia",
                "family_name": "Earhart",
            },
            "payment_methods": {
                "user_id": self.user_id,
                "id": uuid4(),
                "stripe_customer_id": "cus_2",
                "stripe_payment_method_id": f"pm_{uuid4().hex}",
                "brand": "visa",
                "last4": "4242",
                "exp_month": 12,
                "exp_year": 2034,
            },
            "spending_limits": {
                "user_id": self.user_id,
                "currency": "EUR",
                "period": "day",
                "amount": 100,
            },
            "notification_preferences": {"user_id": self.user_id},
        }

    def as_role(self, role: str) -> None:
        """Take a role for the transaction, with the traveller's claims."""
        claims = json.dumps({"sub": str(self.user_id), "role": role})
        self.sql.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        self.sql.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))

    def answer(self, role: str, statement: str, *args: object) -> psycopg.Error | None:
        """Run a statement as a role and undo it; return its error, if there is one.

        Again when it was cancelled: what is slow is slow each time, and a busy machine
        is not. Not again when cancelling it took long: that is the fault itself.
        """
        for _ in range(10):
            began = time.monotonic()
            try:
                with self.sql.transaction(force_rollback=True):
                    self.as_role(role)
                    self.sql.execute("set local statement_timeout = '3s'")
                    self.sql.execute(statement.encode(), args)
                return None
            except psycopg.Error as error:
                found = error
            if found.sqlstate != CANCELLED or time.monotonic() - began > 5:
                break
        return found


@pytest.fixture(scope="module")
def hostile(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Hostile]:
    """Return a session with one good row in every exposed table."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection,
    ):
        one = Hostile(connection)
        connection.execute("insert into auth.users (id) values (%s)", [one.user_id])
        for table, row in one.good_rows().items():
            connection.execute(insert(table, row), list(row.values()))
        yield one


def insert(table: str, row: Row, **by_sql: str) -> bytes:
    """Return an insert of a row, some columns of it given by SQL."""
    names = [*(name for name in row if name not in by_sql), *by_sql]
    values = [*("%s" for name in row if name not in by_sql), *by_sql.values()]
    text = (
        f"insert into public.{table} ({', '.join(names)}) values ({', '.join(values)})"
    )
    return text.encode()


def said(error: psycopg.Error | None) -> str:
    """Return what the caller is told, or that nothing was refused."""
    if error is None:
        return "taken"
    diagnostics = error.diag
    return "; ".join(
        filter(
            None,
            [
                error.sqlstate,
                diagnostics.message_primary,
                diagnostics.message_detail,
                diagnostics.message_hint,
            ],
        )
    )


def exposed_columns(hostile: Hostile) -> list[Row]:
    """Return every column that may hold much and that a role may write, and how."""
    return hostile.sql.execute(
        """
        select
          r.name as role, c.relname as table, a.attname as column,
          format_type(a.atttypid, null) as type,
          has_column_privilege(r.name, c.oid, a.attnum, 'insert') as inserts,
          has_column_privilege(r.name, c.oid, a.attnum, 'update') as updates
        from unnest(%s::text[]) as r (name)
        cross join pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        inner join pg_type as t on t.oid = a.atttypid
        where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
          and c.relkind in ('r', 'p')
          and t.typlen = -1
          and has_column_privilege(r.name, c.oid, a.attnum, 'insert, update')
        order by 2, 3, 1
        """,
        [ROLES],
    ).fetchall()


def base_type(name: str) -> str:
    """Return the type that a value of this one is made as."""
    return {"money_amount": "numeric", "public.money_amount": "numeric"}.get(name, name)


def test_no_size_of_any_column_gets_past_the_trigger(hostile: Hostile) -> None:
    """Each is refused within a second, by name, before anything looks at it."""
    columns = exposed_columns(hostile)
    assert {column["table"] for column in columns} == set(hostile.good_rows())
    assert len(columns) > 30
    wrong = []
    for column in columns:
        role, table, name = column["role"], column["table"], column["column"]
        row = hostile.good_rows()[table]
        for value in HUGE[base_type(column["type"])]:
            tries: list[tuple[str, list[object]]] = []
            if column["inserts"]:
                others = [row[other] for other in row if other != name]
                granted = insert(table, row, **{name: value}).decode()
                tries.append((granted, others))
            if column["updates"]:
                tries.append((f"update public.{table} set {name} = {value}", []))
            for statement, args in tries:
                error = hostile.answer(role, statement, *args)
                if column["type"] == "money_amount":
                    fits = said(error).startswith("23514")
                else:
                    fits = said(error).startswith("SK025") and f'"{name}"' in said(
                        error
                    )
                if not fits or len(said(error)) > 500:
                    wrong.append(
                        (role, statement[:60], name, value[:30], said(error)[:200])
                    )
    assert wrong == []


def test_every_column_has_a_size_behind_the_trigger_too(hostile: Hostile) -> None:
    """The tables' own CHECKs: nothing large is stored even with all triggers off."""
    wrong = []
    for column in exposed_columns(hostile):
        if (kind := base_type(column["type"])) in ANSWERED:
            continue
        row = hostile.good_rows()[column["table"]]
        name = column["column"]
        others = [row[other] for other in row if other != name]
        for value in HUGE[kind]:
            try:
                with hostile.sql.transaction(force_rollback=True):
                    hostile.sql.execute("set local session_replication_role = replica")
                    hostile.sql.execute("set local statement_timeout = '5s'")
                    hostile.sql.execute(
                        insert(column["table"], row, **{name: value}), others
                    )
                wrong.append((column["table"], name, value[:30], "stored"))
            except psycopg.Error as error:
                if error.sqlstate != "23514":
                    wrong.append((column["table"], name, value[:30], said(error)[:200]))
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("origins", "destinations"),
        ("airlines_only", "airlines_never"),
        ("preferred_airlines", "airlines_never"),
        ("airlines_only", "preferred_airlines"),
    ],
)
def test_two_long_lists_are_refused_before_they_are_compared(
    hostile: Hostile, one: str, other: str
) -> None:
    """To compare every element with every other cannot even be cancelled."""
    lists = {
        one: "array(select 'A' || n from generate_series(1, 20000) as n)",
        other: "array(select 'B' || n from generate_series(1, 20000) as n)",
    }
    row = hostile.good_rows()["trip_requests"]
    others = [row[name] for name in row if name not in lists]
    statement = insert("trip_requests", row, **lists).decode()
    for role in ("authenticated", "service_role"):
        error = hostile.answer(role, statement, *others)
        assert said(error).startswith("SK025")
        changed = ", ".join(f"{name} = {value}" for name, value in lists.items())
        error = hostile.answer(role, f"update public.trip_requests set {changed}")
        assert said(error).startswith("SK025")


def exposed_arguments(hostile: Hostile) -> list[Row]:
    """Return every argument that may hold much, of what a role may execute."""
    return hostile.sql.execute(
        """
        select
          r.name as role, p.oid::regproc::text as function, a.name as argument,
          format_type(a.type, null) as type,
          p.proargnames[1:p.pronargs] as names, p.pronargdefaults as defaults
        from unnest(%s::text[]) as r (name)
        cross join pg_proc as p
        cross join lateral unnest(
          p.proargnames[1:p.pronargs], p.proargtypes::oid[]
        ) as a (name, type)
        inner join pg_type as t on t.oid = a.type and t.typlen = -1
        where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
          and has_function_privilege(r.name, p.oid, 'execute')
          -- A row of a table of ours is only made into words.
          and t.typtype <> 'c'
        order by 2, 3, 1
        """,
        [ROLES],
    ).fetchall()


def test_no_size_of_any_argument_is_taken(hostile: Hostile) -> None:
    """Each is refused within a second, and the refusal does not repeat it."""
    arguments = exposed_arguments(hostile)
    assert {"public.create_trip_request", "engine.set_kill_switch"} <= {
        _full(argument["function"]) for argument in arguments
    }
    trip = hostile.good_rows()["trip_requests"]
    wrong = []
    for argument in arguments:
        function, name = _full(argument["function"]), argument["argument"]
        given = dict.fromkeys(
            argument["names"][: len(argument["names"]) - argument["defaults"]], None
        )
        if function == "public.create_trip_request":
            given = {
                f"p_{key}": trip[key] for key in trip if f"p_{key}" in argument["names"]
            }
            given["p_passengers"] = [hostile.profile_id]
        given |= {key: GOOD_ARGUMENTS[key] for key in given if key in GOOD_ARGUMENTS}
        given.pop(name, None)
        kind = base_type(argument["type"])
        for value in HUGE[kind]:
            named = [f"{other} => %s" for other in given]
            call = f"select {function}({', '.join([*named, f'{name} => {value}'])})"
            error = hostile.answer(argument["role"], call, *given.values())
            code = NARROWER.get((function, name), "SK025")
            if kind in ANSWERED:
                fits = error is None or error.sqlstate != CANCELLED
            else:
                fits = (
                    error is not None
                    and error.sqlstate == code
                    and len(said(error)) < 500
                )
            if not fits:
                wrong.append((argument["role"], function, name, said(error)[:200]))
    assert wrong == []


def _full(function: str) -> str:
    return function if "." in function else f"public.{function}"
