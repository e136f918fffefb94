"""Flags for tests: shorthand for LaunchDarkly's JSON, mirrored and asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Json

Json_ = dict[str, Any]
Connection = psycopg.Connection[Any]

PIPELINE = "auto_booking_pipeline_enabled"
EMERGENCY = "auto_booking_emergency_disable"


def expand(values: dict[str, Any]) -> dict[str, Any]:
    """Return plain values as LaunchDarkly's data: each flag on, with one variation.

    A value that is a whole flag already, told by its variations, is taken as it is.
    """
    features = {
        key: {"key": key, "version": 1, **value}
        if isinstance(value, dict) and "variations" in value
        else {
            "key": key,
            "version": 1,
            "on": True,
            "variations": [value],
            "fallthrough": {"variation": 0},
        }
        for key, value in values.items()
    }
    return {"features": features, "segments": {}}


def flag(key: str, value: object = True, version: int = 1, **parts: object) -> Json_:
    """Return a flag that is on and serves `value`; its off variation is null."""
    return {
        "key": key,
        "version": version,
        "on": True,
        "variations": [value, None],
        "fallthrough": {"variation": 0},
        "offVariation": 1,
        "salt": "salt",
        **parts,
    }


def rule(variation: int, *clauses: Json_, **parts: object) -> Json_:
    """Return a rule of a flag."""
    return {"id": "rule", "variation": variation, "clauses": list(clauses), **parts}


def clause(attribute: str, op: str, *values: object, **parts: object) -> Json_:
    """Return a clause of a rule."""
    return {"attribute": attribute, "op": op, "values": list(values), **parts}


def mirror(
    connection: Connection, *flags: Json_, segments: tuple[Json_, ...] = ()
) -> Json_:
    """Put exactly these flags and segments, as the sidecar would."""
    items = {
        "features": {item["key"]: item for item in flags},
        "segments": {item["key"]: item for item in segments},
    }
    return one(connection, "select engine.sync_flags(%s, 'test')", Json(items))


def upsert(connection: Connection, item: Json_, kind: str = "features") -> Json_:
    """Send one change, as the sidecar would."""
    return one(
        connection, "select engine.upsert_flag(%s, %s, 'test')", kind, Json(item)
    )


def evaluate(connection: Connection, key: str, context: object = None) -> Json_:
    """Evaluate a flag in the server."""
    context = {"kind": "user", "key": "u"} if context is None else context
    return one(
        connection,
        "select engine.evaluate_flag(%s, %s::json::text)",
        key,
        Json(context),
    )


def one(connection: Connection, query: str, *args: object) -> Any:
    """Return the one value of the one row."""
    row = connection.execute(query.encode(), args).fetchone()
    assert row is not None
    return row[0]


ON = (flag(PIPELINE), flag(EMERGENCY, False))


def problem(connection: Connection, user_id: UUID | None) -> str | None:
    """Ask the gate."""
    answer: str | None = one(
        connection, "select engine.flag_problem(%s, clock_timestamp())", user_id
    )
    return answer


def age(connection: Connection) -> None:
    """Let the heartbeat be older than the limit."""
    mirror(connection, *ON)
    connection.execute(
        "update engine.flag_sync set heartbeat_at = heartbeat_at - interval '601 s'"
    )
