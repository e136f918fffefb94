"""The gate and the kill switch: closed for each reason, in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.conftest import Connect
from tests.factories import World, until
from tests.flagdata import (
    EMERGENCY,
    ON,
    PIPELINE,
    Connection,
    age,
    clause,
    flag,
    mirror,
    one,
    problem,
    rule,
)

Arrange = Callable[[Connection], object]


def pipeline(**parts: object) -> Arrange:
    """Return an arrangement: this pipeline flag, and no emergency."""
    return lambda c: mirror(c, flag(PIPELINE, **parts), flag(EMERGENCY, False))  # type: ignore[arg-type]


def emergency(**parts: object) -> Arrange:
    """Return an arrangement: this emergency flag, and the pipeline on."""
    return lambda c: mirror(c, flag(PIPELINE), flag(EMERGENCY, **parts))  # type: ignore[arg-type]


BIG = rule(0, clause("", "segmentMatch", "big", negate=True))
CATASTROPHIC = rule(0, clause("email_domain", "matches", "^(a+)+$"))
CLOSED: dict[str, Arrange] = {
    "flags were never loaded": lambda c: None,
    "flags are stale": age,
    f"unknown flag {EMERGENCY}": lambda c: mirror(c, ON[0]),
    f"unknown flag {PIPELINE}": lambda c: mirror(c, ON[1]),
    f"flag {PIPELINE} is malformed": pipeline(fallthrough={"variation": 7}),
    f"flag {EMERGENCY} is malformed": emergency(rules=[CATASTROPHIC]),
    f"flag {PIPELINE} is not a boolean": pipeline(value="true"),
    f"flag {EMERGENCY} is not a boolean": emergency(value=None),
    f"{PIPELINE} is off": pipeline(on=False, offVariation=0),
    f"a prerequisite of {PIPELINE} failed": pipeline(
        prerequisites=[{"key": EMERGENCY, "variation": 1}], offVariation=0
    ),
    f"flag {PIPELINE} needs a big segment": lambda c: mirror(
        c,
        flag(PIPELINE, rules=[BIG]),
        ON[1],
        segments=({"key": "big", "version": 1, "unbounded": True, "generation": 1},),
    ),
    f"{EMERGENCY} is on": emergency(value=True),
    "no user": lambda c: mirror(c, *ON),
}


@pytest.mark.parametrize("reason", CLOSED)
def test_booking_is_off_and_says_why(connect: Connect, reason: str) -> None:
    """A reason each; and the kill switch wins over it, with its own."""
    connection = connect()
    user_id = None if reason == "no user" else uuid4()
    CLOSED[reason](connection)
    assert problem(connection, user_id) == reason
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("select engine.require_pipeline(%s, now())", [user_id])
    assert caught.value.sqlstate == "SK201"
    connection.execute("select engine.set_kill_switch(true, 'drill')")
    assert problem(connection, user_id) == "kill switch: drill"


@pytest.mark.parametrize(
    "reason", [reason for reason in CLOSED if PIPELINE in reason or EMERGENCY in reason]
)
def test_the_flag_that_is_the_reason_is_shown_as_what_stops(
    connect: Connect, reason: str
) -> None:
    """Whoever looks at the flags is told what the gate goes by."""
    connection = connect()
    CLOSED[reason](connection)
    stopping = {
        name
        for (name,) in connection.execute(
            "select flag from engine.served_flags() where stops_booking"
        ).fetchall()
    }
    # One that needs the other may be stopped with it.
    assert (PIPELINE if PIPELINE in reason else EMERGENCY) in stopping


def test_booking_is_on_when_everything_says_so(connect: Connect) -> None:
    """By fallthrough, rule or target; a resting emergency flag is off itself."""
    connection, user_id = connect(), uuid4()
    resting = flag(EMERGENCY, True, on=False, variations=[True, False])
    mirror(connection, flag(PIPELINE), resting)
    assert problem(connection, user_id) is None
    some: tuple[dict[str, Any], ...] = (
        {"rules": [rule(1, clause("key", "in", str(user_id)))]},
        {"targets": [{"variation": 1, "values": [str(user_id)]}]},
    )
    for parts in some:
        mirror(connection, flag(PIPELINE, variations=[False, True], **parts), resting)
        assert problem(connection, user_id) is None
        assert problem(connection, uuid4()) == f"{PIPELINE} is off"


def test_flags_are_stale_when_the_clock_was_set_back(connect: Connect) -> None:
    """Or they would look fresh for as long as it was set back, without any source."""
    connection = connect()
    age(connection)
    connection.execute(
        "update engine.flag_sync set heartbeat_at = now() + interval '1 h'"
    )
    assert problem(connection, uuid4()) == "flags are stale"


def test_the_kill_switch_is_engaged_when_its_row_is_gone(connect: Connect) -> None:
    """Whoever deletes it has stopped booking, not unlocked it."""
    connection = connect()
    mirror(connection, *ON)
    connection.execute("delete from engine.kill_switch")
    assert problem(connection, uuid4()) == "kill switch: its row is missing"


def test_the_kill_switch_works_without_python_in_the_server(connect: Connect) -> None:
    """Nothing of LaunchDarkly's is looked at."""
    connection = connect()
    mirror(connection, *ON)
    connection.execute("drop function engine.evaluate_flag, engine.evaluate_flags")
    connection.execute("select engine.set_kill_switch(true, 'drill')")
    assert problem(connection, uuid4()) == "kill switch: drill"
    connection.execute("select engine.set_kill_switch(false, 'over')")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        problem(connection, uuid4())


def test_every_change_of_the_kill_switch_stays_on_record(connect: Connect) -> None:
    """Who, when, why; nobody rewrites it."""
    operator, admin = connect("skylatch_operator"), connect()
    operator.execute("select engine.set_kill_switch(true, 'drill')")
    admin.execute("select engine.set_kill_switch(false, 'over')")
    with pytest.raises(psycopg.Error) as caught:
        operator.execute("select engine.set_kill_switch(true, null)")
    assert caught.value.sqlstate == "SK016"
    found = admin.execute(
        "select engaged, reason, set_by from engine.kill_switch_changes order by id"
    ).fetchall()
    assert found == [
        (True, "drill", "postgres as skylatch_operator"),
        (False, "over", "postgres"),
    ]
    for statement in ("delete from", "truncate"):
        with pytest.raises(psycopg.Error) as caught:
            admin.execute(f"{statement} engine.kill_switch_changes".encode())
        assert caught.value.sqlstate == "SK302"


def test_a_value_is_served_or_its_default(connect: Connect) -> None:
    """For what does not spend: the last known value, however old; else the default."""
    connection, asker = connect(), connect("service_role")
    user_id = uuid4()

    def ask(key: str) -> tuple[Any, Any]:
        query = "select engine.flag_value(%s, %s, %s), engine.is_enabled(%s, %s, true)"
        row = asker.execute(query.encode(), [key, user_id, Jsonb("d"), key, user_id])
        found: tuple[Any, Any] = row.fetchone() or (None, None)
        return found

    assert ask("number") == ("d", True)
    mirror(connection, flag("number", 1.50), flag("no", False), flag("null", on=False))
    connection.execute("update engine.flag_sync set heartbeat_at = 'epoch'")
    assert ask("number") == (1.5, True)
    assert ask("no") == (False, False)
    assert ask("null") == (None, True)
    assert ask("absent") == ("d", True)


def test_the_context_is_the_traveller_beside_the_system(connect: Connect) -> None:
    """Key, age of the account, domain of the address; nothing else of the person."""
    connection, user_id = connect(), uuid4()
    connection.execute(
        "insert into auth.users (id, email, created_at)"
        " values (%s, 'Amelia@Example.COM', '2026-01-02 03:04:05+01')",
        [user_id],
    )
    query = "select engine.flag_context(%s)::jsonb"
    assert one(connection, query, user_id) == {
        "kind": "multi",
        "system": {"key": "skylatch"},
        "user": {
            "key": str(user_id),
            "created_at": "2026-01-02T02:04:05Z",
            "email_domain": "example.com",
            "internal": False,
        },
    }
    assert one(connection, query, None) == {"kind": "system", "key": "skylatch"}
    in_domain = rule(0, clause("email_domain", "in", "example.com"))
    young = rule(0, clause("created_at", "after", "2026-02-01T00:00:00Z"))
    for serving, expected in ((in_domain, True), (young, False)):
        mirror(
            connection,
            flag(
                "f",
                rules=[serving],
                variations=[True, False],
                fallthrough={"variation": 1},
            ),
        )
        query_f = "select engine.is_enabled('f', %s, null)"
        assert one(connection, query_f, user_id) is expected


def test_an_attempt_keeps_what_the_flags_said(world: World) -> None:
    """Value, variation, reason and generation of the four; and usage is counted."""
    world.trip(world.traveller())
    with world.working():
        world.tick()
        trips = "select count(*) from public.booking_attempts"
        until(lambda: world.value(trips) and world.at_rest())
    pinned = world.value("select flags from public.booking_attempts")
    generation = world.value("select generation from engine.flag_sync")
    assert pinned[PIPELINE] == {
        "value": True,
        "variation": 0,
        "reason": "FALLTHROUGH",
        "generation": generation,
    }
    assert {key: item["value"] for key, item in pinned.items()} == {
        PIPELINE: True,
        EMERGENCY: False,
        "advanced_filtering": True,
        "price_optimization": True,
    }
    for _ in range(2):
        world.rows("select engine.recover()")
        (row,) = world.rows(
            "select * from public.flag_overview where flag = %s", PIPELINE
        )
        (served,) = row["served"]
        assert (served["variation"], served["reason"]) == (0, "FALLTHROUGH")
        assert served["evaluations"] >= 3
        assert (row["version"], row["is_on"], row["is_stale"]) == (1, True, False)
    assert world.value("select count(*) from engine.flag_usage_parts") == 0


class Tangle:
    """A flag that leaves booking on, each part of which its answer depends on.

    Where a part is missing or broken, the SDK still serves the same value: by the off
    variation, by a rule that is passed over, by the last part of a rollout.
    """

    def __init__(self, key: str, value: object) -> None:
        self.flag = flag(
            key,
            variations=[value, not value],
            offVariation=0,
            prerequisites=[{"key": "allowed", "variation": 0}],
            rules=[
                rule(
                    1,
                    clause("", "segmentMatch", "drill"),
                    clause("key", "in", "nobody"),
                ),
                rule(0, clause("key", "startsWith", *"01234567")),
            ],
        )
        self.allowed = flag("allowed", prerequisites=[{"key": "root", "variation": 0}])
        self.root = flag("root")
        self.drill: dict[str, Any] = {
            "key": "drill",
            "version": 1,
            "rules": [{"clauses": [clause("key", "matches", "^[0-9a-f-]+$")]}],
        }
        self.others = [ON[key == PIPELINE]]
        self.gone: set[str] = set()

    def mirror(self, connection: Connection) -> None:
        """Put what is there."""
        mirror(
            connection,
            *(
                item
                for item in (self.flag, self.allowed, self.root, *self.others)
                if item["key"] not in self.gone
            ),
            segments=(self.drill,) if "drill" not in self.gone else (),
        )


Break = Callable[[Tangle, int], object]
NOT_A_VARIATION = [2, 99, -1, True, 1.5, "0", None]
NOT_A_BOOLEAN = ["false", "true", 0, 1, None, {}, []]
# A way to break what an answer depends on, of which the number chooses one.
BREAKS: dict[str, Break] = {
    "missing": lambda t, n: t.gone.add(("allowed", "root", "drill")[n % 3]),
    "deleted": lambda t, n: (t.allowed, t.root, t.drill, t.flag)[n % 4].update(
        deleted=True
    ),
    "a circle": lambda t, n: (t.root, t.allowed)[n % 2].update(
        prerequisites=[{"key": (t.flag["key"], "allowed")[n // 2 % 2], "variation": 0}]
    ),
    "no such variation": lambda t, n: (
        t.flag["prerequisites"][0],
        t.allowed["prerequisites"][0],
        t.allowed["fallthrough"],
        t.root["fallthrough"],
        t.flag["fallthrough"],
        t.flag["rules"][0],
        t.flag["rules"][1],
    )[n % 7].update(variation=NOT_A_VARIATION[n // 7 % 7]),
    "no such operator": lambda t, n: (
        t.flag["rules"][0]["clauses"][1],
        t.flag["rules"][1]["clauses"][0],
        t.drill["rules"][0]["clauses"][0],
    )[n % 3].update(op=("near", "", "regex", 5, None)[n // 3 % 5]),
    "nothing to compare with": lambda t, n: (
        t.flag["rules"][0]["clauses"][0],
        t.flag["rules"][1]["clauses"][0],
        t.drill["rules"][0]["clauses"][0],
    )[n % 3].update(values=[[5], [None], [{}], [["a"]], "drill"][n // 3 % 5]),
    "no such attribute": lambda t, n: (
        t.flag["rules"][1]["clauses"][0],
        t.drill["rules"][0]["clauses"][0],
    )[
        n % 2
    ].update(attribute=("", "/", "/a//b", "/a~2", 5)[n // 2 % 5], contextKind="user"),
    "another segment": lambda t, n: t.flag["rules"][0]["clauses"][0].update(
        values=["absent"], negate=bool(n % 2)
    ),
    "a rollout of nothing": lambda t, n: (t.flag, t.allowed, t.root)[n % 3].update(
        fallthrough={
            "rollout": {
                "variations": [
                    {"variation": 0, "weight": weight}
                    for weight in ([], [1], [0], [99_999], [True], [50_000] * 3)[
                        n // 3 % 6
                    ]
                ]
            }
        }
    ),
    "no boolean": lambda t, n: t.flag.update(variations=[NOT_A_BOOLEAN[n % 7]] * 2),
    "no shape": lambda t, n: (t.flag, t.allowed, t.root, t.drill)[n % 4].update(
        rules=("none", {}, [5], [{"clauses": {}}], [{}])[n // 4 % 5]
    ),
    "an expression that could hang": lambda t, n: (
        t.flag["rules"][1]["clauses"][0],
        t.drill["rules"][0]["clauses"][0],
    )[n % 2].update(op="matches", values=["^(a+)+$"]),
    "a big segment": lambda t, n: t.drill.update(
        unbounded=True, generation=n % 2 or None
    ),
}


@pytest.mark.parametrize(("key", "value"), [(EMERGENCY, False), (PIPELINE, True)])
def test_a_flag_that_cannot_be_evaluated_for_any_reason_stops(
    connect: Connect, key: str, value: bool
) -> None:
    """Whatever the SDK would have answered over data that is broken anywhere."""
    connection = connect()
    tried = set[str]()

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(BREAKS)), st.integers(0, 99), st.uuids())
    def stops(name: str, number: int, user_id: UUID) -> None:
        tangle = Tangle(key, value)
        tangle.mirror(connection)
        assert problem(connection, user_id) is None
        BREAKS[name](tangle, number)
        tangle.mirror(connection)
        assert problem(connection, user_id) is not None
        tried.add(name)

    stops()
    assert tried == set(BREAKS)


def test_a_missing_prerequisite_of_the_emergency_flag_stops(connect: Connect) -> None:
    """Its off variation, though it says go, is no answer."""
    connection, user_id = connect(), uuid4()
    needs = [{"key": "region", "variation": 0}]
    resting = flag(
        EMERGENCY,
        True,
        variations=[True, False],
        prerequisites=needs,
    )
    mirror(connection, flag(PIPELINE), resting)
    assert problem(connection, user_id) == (
        f"flag {EMERGENCY} cannot be trusted:"
        f' flag {EMERGENCY}: its prerequisite "region" is missing'
    )
    mirror(connection, flag(PIPELINE), resting, flag("region", on=False))
    assert problem(connection, user_id) is None
    mirror(connection, flag(PIPELINE), resting, flag("region"))
    assert problem(connection, user_id) == f"{EMERGENCY} is on"


def test_an_answer_in_an_unknown_form_stops(connect: Connect) -> None:
    """An evaluator that says too little, or what nobody knows, switches nothing on."""
    connection, user_id = connect(), uuid4()
    mirror(connection, *ON)
    for answer in (
        None,
        {},
        {"value": False, "reason": "OFF"},
        {"value": False, "reason": "OFF", "detail": {"kind": "OFF"}},
        {"value": False, "reason": "NEW", "detail": {}, "doubt": None},
        {"reason": "OFF", "detail": {}, "doubt": None},
    ):
        connection.execute(
            "create or replace function engine.evaluate_flags(p_flags text[],"
            " p_context text) returns jsonb language sql stable return"
            " (select jsonb_object_agg(f, "
            f"{'null' if answer is None else repr(json.dumps(answer))}::jsonb)"
            " from unnest(p_flags) as f)"
        )
        assert problem(connection, user_id) is not None
