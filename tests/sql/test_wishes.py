"""A trip's wishes are one list: the columns that a traveller may write.

Whatever else has to name them one by one is held to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sidecar.local.cluster import Cluster
from tests.sql import cloned_database

Row = dict[str, Any]
TABLE = "public.trip_requests"
# Whose it is, not what is wished for.
KEYS = {"user_id", "id"}
# A table of its own.
NOT_COLUMNS = {"passengers"}
# The end of a window is its beginning, where nobody says it.
FOLLOW = {"departure_to", "return_to"}
_COLUMNS = """
select
  a.attname as name,
  pg_catalog.format_type(a.atttypid, null) as type,
  a.attnotnull as is_needed,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) as said_if_not
from pg_catalog.pg_attribute as a
left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped
  and pg_catalog.has_column_privilege(
    'authenticated', a.attrelid, a.attnum, %(privilege)s
  )
"""
# Names, types and defaults of what one function takes, in order.
_ARGUMENTS = """
select
  u.place,
  u.name,
  pg_catalog.format_type(u.type, null) as type,
  pg_catalog.pg_get_function_arg_default(p.oid, u.place::integer) as said_if_not
from pg_catalog.pg_proc as p
cross join lateral unnest(p.proargnames, p.proargtypes::oid[])
  with ordinality as u (name, type, place)
where p.proname = 'create_trip_request'
"""
_TRIGGER = """
select a.attname as name
from pg_catalog.pg_trigger as t
cross join lateral unnest(t.tgattr::smallint[]) as c (attnum)
inner join pg_catalog.pg_attribute as a
  on a.attrelid = t.tgrelid and a.attnum = c.attnum
where t.tgname = 'trip_requests_check' and t.tgrelid = %s::regclass
"""


@pytest.fixture(scope="module")
def catalog(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[psycopg.Connection[Row]]:
    """Connect to one clone for the whole module; nothing is written."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, row_factory=dict_row) as connection,
    ):
        yield connection


def columns(
    catalog: psycopg.Connection[Row], privilege: str = "insert"
) -> dict[str, Row]:
    """Return the columns that a traveller may write, by name."""
    named = {"table": TABLE, "privilege": privilege}
    return {row["name"]: row for row in catalog.execute(_COLUMNS, named)}


def arguments(catalog: psycopg.Connection[Row]) -> dict[str, Row]:
    """Return the arguments of create_trip_request, by the wish they are."""
    return {
        row["name"].removeprefix("p_"): row
        for row in catalog.execute(_ARGUMENTS).fetchall()
    }


def test_what_a_traveller_may_state_they_may_change(
    catalog: psycopg.Connection[Row],
) -> None:
    """And a change of any of them is checked as its statement was."""
    wishes = columns(catalog).keys() - KEYS
    assert columns(catalog, "update").keys() == wishes
    checked = {row["name"] for row in catalog.execute(_TRIGGER, [TABLE])}
    assert checked == wishes | {"user_id"}


def test_every_wish_is_an_argument_of_its_name_and_type_and_meant_alike(
    catalog: psycopg.Connection[Row],
) -> None:
    """Who leaves one out gets the same trip by either door."""
    taken, wishes = arguments(catalog), columns(catalog)
    del wishes["id"]
    assert taken.keys() - NOT_COLUMNS == wishes.keys()
    for name, wish in wishes.items():
        # A wider number, so that one that is too big is refused in words.
        expected = wish["type"].replace("smallint", "integer")
        assert taken[name]["type"] == expected, name
        said = taken[name]["said_if_not"]
        if wish["is_needed"] and name not in FOLLOW:
            assert said == wish["said_if_not"], name
        else:
            assert said == f"NULL::{expected}", name


def test_each_argument_is_written_where_it_belongs(
    catalog: psycopg.Connection[Row],
) -> None:
    """Two lists in one statement: the n-th value is the n-th column's."""
    row = catalog.execute(
        "select prosrc from pg_proc where proname = 'create_trip_request'"
    ).fetchone()
    assert row is not None
    found = re.search(
        rf"insert into {TABLE} \((.*?)\)\s*values \((.*?)\);", row["prosrc"], re.DOTALL
    )
    assert found is not None
    written = found[1].replace("\n", " ").split(",")
    values = re.sub(r"coalesce\((\w+), \w+\)", r"\1", found[2]).split(",")
    pairs = [
        (column.strip(), value.strip())
        for column, value in zip(written, values, strict=True)
    ]
    assert dict(pairs).keys() == columns(catalog).keys()
    assert len(pairs) == len(dict(pairs))
    for column, value in pairs:
        assert value == ("v_trip_id" if column == "id" else f"p_{column}")


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (
            "select public.create_trip_request(p_window_seat => true,"
            " p_origins => '{LHR}', p_destinations => '{JFK}',"
            " p_departure_from => '2030-01-01', p_max_price => 1, p_currency => 'GBP',"
            " p_passengers => '{}')",
            psycopg.errors.UndefinedFunction,
        ),
        (
            f"insert into {TABLE} (window_seat) values (true)",
            psycopg.errors.UndefinedColumn,
        ),
        (f"update {TABLE} set window_seat = true", psycopg.errors.UndefinedColumn),
    ],
)
def test_a_wish_that_nobody_knows_is_refused_by_name(
    catalog: psycopg.Connection[Row], statement: str, error: type[psycopg.Error]
) -> None:
    """By any door; it is not passed over."""
    with catalog.transaction(force_rollback=True):
        catalog.execute("set local role authenticated")
        with pytest.raises(error, match="window_seat"):
            catalog.execute(statement.encode())
