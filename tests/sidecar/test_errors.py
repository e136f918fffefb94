"""What the database refuses comes back as an exception of its kind."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from psycopg import sql

from sidecar.errors import (
    SQLSTATES,
    Busy,
    Conflict,
    EngineError,
    EngineFault,
    InvalidInput,
    NotFound,
    PipelineDisabled,
    SkylatchError,
    translate,
)
from tests.conftest import Connect

STATUSES = {
    InvalidInput: 400,
    NotFound: 404,
    Conflict: 409,
    PipelineDisabled: 503,
    Busy: 503,
    EngineFault: 500,
}


def raised(
    connection: psycopg.Connection[Any], sqlstate: str, **parts: str
) -> psycopg.Error:
    """Let the server raise one error and return it."""
    values = {"errcode": sqlstate, "message": "it cannot be", **parts}
    using = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.SQL(name), sql.Literal(value))
        for name, value in values.items()
    )
    block = sql.SQL("begin raise exception using {}; end").format(using)
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(
            sql.SQL("do {}").format(sql.Literal(block.as_string(connection)))
        )
    return caught.value


@pytest.mark.parametrize(("sqlstate", "kind"), SQLSTATES.items())
def test_every_registered_code_has_its_exception(
    connect: Connect, sqlstate: str, kind: type[EngineError]
) -> None:
    """Message, hint, field and parsed detail arrive with it."""
    error = translate(
        raised(
            connect(),
            sqlstate,
            detail='{"trip": "t", "left": 2}',
            hint="Do otherwise.",
            column="p_origins",
        )
    )
    assert type(error) is kind
    assert isinstance(error, SkylatchError)
    assert error.as_problem() == {
        "code": sqlstate,
        "message": "it cannot be",
        "field": "p_origins",
        "detail": {"trip": "t", "left": 2},
        "hint": "Do otherwise.",
    }
    assert error.http_status == STATUSES[kind]
    assert str(error) == f"{sqlstate} it cannot be"


@pytest.mark.parametrize(
    ("detail", "parsed"),
    [
        ("", {}),
        ("no JSON {", {"text": "no JSON {"}),
        ("[1, 2]", {"value": [1, 2]}),
        ("null", {"value": None}),
    ],
)
def test_a_detail_that_is_no_object_is_kept_in_one(
    connect: Connect, detail: str, parsed: dict[str, Any]
) -> None:
    """Callers may rely on an object."""
    error = translate(raised(connect(), "SK101", detail=detail))
    assert isinstance(error, EngineError)
    assert error.detail == parsed


@pytest.mark.parametrize("sqlstate", ["SK999", "P0001", "23505", "57014"])
def test_an_error_that_is_not_registered_stays_what_it_is(
    connect: Connect, sqlstate: str
) -> None:
    """It is a defect or an outage, and not a refusal."""
    error = raised(connect(), sqlstate)
    assert translate(error) is error


def test_a_lost_connection_stays_what_it_is() -> None:
    """An error without a SQLSTATE never came from the engine."""
    error = psycopg.OperationalError("server closed the connection unexpectedly")
    assert translate(error) is error


def test_a_problem_has_no_internal_text(connect: Connect) -> None:
    """The place in the code where it was raised is for the log of the database."""
    error = translate(raised(connect(), "SK301"))
    assert isinstance(error, EngineError)
    text = json.dumps(error.as_problem())
    for internal in ("PL/pgSQL", "inline_code_block", "CONTEXT", "LINE"):
        assert internal not in text
