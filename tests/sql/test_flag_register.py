"""The flags that are asked: each has an owner and an end, and the source has them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Json

from tests.conftest import Connect
from tests.factories import FLAGS
from tests.flagdata import expand
from tests.sql.sources import code_files

REGISTER = "sql/flags/flag_register.sql"
Row = dict[str, Any]


def audit(connect: Connect) -> list[Row]:
    """Return what an operator is told."""
    connection = connect("skylatch_operator")
    connection.row_factory = dict_row
    return connection.execute("select * from engine.flag_audit()").fetchall()  # type: ignore[return-value]


def mirror(connect: Connect, flags: Row) -> None:
    """Mirror these flags."""
    connect().execute("select engine.sync_flags(%s, 'test')", [Json(expand(flags))])


def test_no_flag_is_expired(connect: Connect) -> None:
    """Run by `make check`: an expired flag needs a decision of its owner."""
    expired = [row for row in audit(connect) if row["problem"] == "EXPIRED"]
    told = "\n".join(
        f"{row['flag']} (owner: {row['owner']}): {row['what_to_do']}" for row in expired
    )
    assert not expired, f"\n{told}"


def test_an_expired_flag_says_what_to_do(connect: Connect) -> None:
    """Whose it is, since when, and the two ways out."""
    connect().execute(
        "update engine.flag_register set created_on = '2020-01-01',"
        " expires_on = '2021-01-01' where flag = 'advanced_filtering'"
    )
    (row,) = [row for row in audit(connect) if row["problem"] == "EXPIRED"]
    assert (row["flag"], row["owner"]) == ("advanced_filtering", "search")
    for words in ("2021-01-01", "ask its owner", REGISTER, "out of the code"):
        assert words in row["what_to_do"]


def test_a_flag_that_expires_soon_is_told_before(connect: Connect) -> None:
    """A month ahead; it fails nothing."""
    connect().execute(
        "update engine.flag_register set expires_on = current_date + 20"
        " where flag = 'price_optimization'"
    )
    found = {(row["flag"], row["problem"]) for row in audit(connect)}
    assert ("price_optimization", "EXPIRES_SOON") in found


def test_what_is_asked_and_what_is_mirrored_are_compared(connect: Connect) -> None:
    """Missing at the source, and there for nobody; a prerequisite is there for one."""
    flags = expand({**FLAGS, "forgotten": True, "required": True})
    del flags["features"]["price_optimization"]
    flags["features"]["advanced_filtering"]["prerequisites"] = [
        {"key": "required", "variation": 0}
    ]
    connect().execute("select engine.sync_flags(%s, 'test')", [Json(flags)])
    found = {(row["flag"], row["problem"]) for row in audit(connect)}
    assert found >= {
        ("price_optimization", "NOT_MIRRORED"),
        ("forgotten", "NOT_REGISTERED"),
    }
    assert not {row for row in found if row[0] == "required"}


def test_a_flag_that_an_application_asks_is_told_from_one_that_nobody_asks(
    connect: Connect,
) -> None:
    """By what connections counted."""
    mirror(connect, {**FLAGS, "theirs": True})
    session = connect()
    session.execute("select engine.is_enabled('theirs', null, false)")
    session.execute("select engine.is_enabled('misspelled', null, false)")
    session.execute("select engine.record_flag_usage()")
    rows = {row["flag"]: row for row in audit(connect)}
    assert rows["theirs"]["problem"] == "NOT_REGISTERED"
    assert "it is asked" in rows["theirs"]["what_to_do"]
    assert rows["misspelled"]["problem"] == "UNKNOWN"


def test_a_flag_that_nobody_asked_for_a_month_is_told(connect: Connect) -> None:
    """Once it is a month old."""
    mirror(connect, FLAGS)
    admin = connect()
    admin.execute("update engine.flag_register set created_on = current_date - 29")
    assert not [row for row in audit(connect) if row["problem"] == "NOT_ASKED"]
    admin.execute("update engine.flag_register set created_on = '2020-01-01'")
    asked = {row["flag"] for row in audit(connect) if row["problem"] == "NOT_ASKED"}
    assert asked == set(FLAGS)
    admin.execute("select engine.is_enabled('price_optimization', null, false)")
    admin.execute("select engine.record_flag_usage()")
    asked = {row["flag"] for row in audit(connect) if row["problem"] == "NOT_ASKED"}
    assert asked == set(FLAGS) - {"price_optimization"}


def test_every_flag_that_the_code_names_is_registered(connect: Connect) -> None:
    """The register is the one list: what attempts keep comes from it."""
    named = set()
    for path in code_files():
        text = re.sub(r"--.*", "", path.read_text())
        if path.name == "flag_register.sql":
            continue
        named |= set(
            re.findall(r"(?:evaluate_flag|flag_value|is_enabled)\(\s*'(\w+)'", text)
        )
        named |= set(re.findall(r"_answers #> '{(\w+),", text))
        if path.name == "gates_problem.sql":
            named |= set(re.findall(r"'(auto_booking_\w+)'", text))
    rows = connect().execute("select flag from engine.flag_register").fetchall()
    registered = {flag for (flag,) in rows}
    assert {"auto_booking_pipeline_enabled", "price_optimization"} <= named
    assert named <= registered
    mirror(connect, FLAGS)
    (pinned,) = connect().execute("select engine.flag_answers(null)").fetchall()
    assert set(pinned[0]) == registered


@pytest.mark.parametrize(
    ("flag", "definition", "stops"),
    [
        ("auto_booking_emergency_disable", False, False),
        ("auto_booking_emergency_disable", True, True),
        ("auto_booking_emergency_disable", "no", True),
        ("auto_booking_pipeline_enabled", True, False),
        ("auto_booking_pipeline_enabled", False, True),
        ("advanced_filtering", False, False),
    ],
)
def test_what_stops_booking_is_the_value_that_is_served(
    connect: Connect, flag: str, definition: object, stops: bool
) -> None:
    """All of these are on; the gate itself says the same."""
    mirror(connect, {**FLAGS, flag: definition})
    operator = connect("skylatch_operator")
    on = operator.execute("select is_on from flag_overview where flag = %s", [flag])
    assert on.fetchone() == (True,)
    served = operator.execute(
        "select value, reason, stops_booking from engine.served_flags()"
        " where flag = %s",
        [flag],
    ).fetchone()
    assert served == (definition, "FALLTHROUGH", stops)
    admin = connect()
    user = admin.execute(
        "insert into auth.users (id) values (gen_random_uuid()) returning id"
    ).fetchone()
    assert user is not None
    problem = admin.execute("select engine.flag_problem(%s, now())", [user[0]])
    assert (problem.fetchone() != (None,)) == stops


def test_a_gate_that_is_off_or_missing_stops_booking(connect: Connect) -> None:
    """Whatever its off variation is; what is not there is not a yes."""
    flags = expand(FLAGS)
    flags["features"]["auto_booking_pipeline_enabled"] |= {
        "on": False,
        "offVariation": 0,
    }
    del flags["features"]["auto_booking_emergency_disable"]
    connect().execute("select engine.sync_flags(%s, 'test')", [Json(flags)])
    rows = connect("skylatch_operator").execute(
        "select flag, stops_booking from engine.served_flags() where is_gate"
    )
    assert dict(rows.fetchall()) == {
        "auto_booking_pipeline_enabled": True,
        "auto_booking_emergency_disable": True,
    }
