"""Every way to a search or a purchase passes the gate: found in the catalog.

A path leads from a function that a role may execute (or a trigger) over calls to one
that starts searches, begins an attempt or enqueues a call to a provider. Each needs a
function on it that asks `engine.require_pipeline` or `engine.flag_problem`. The text of
the functions is what is read: no function here executes a string that it built.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import psycopg
import pytest

from tests.conftest import Connect

ROLES = [
    "anon",
    "authenticated",
    "service_role",
    "skylatch_cron",
    "skylatch_sidecar",
    "skylatch_operator",
]
GATES = {"engine.require_pipeline", "engine.flag_problem"}
SINKS = {"engine.start_searches", "engine.begin_attempt"}
# Reads for the record, and nothing else: see the test of it below.
READS = {"engine.enqueue_object"}
# They tell people and applications, and ask nothing of a provider.
MESSAGES = {"engine.notify_traveller", "engine.replay_delivery"}
# What is under way ends safely whatever the flags say: the attempt passed the gate when
# it began, and mark_sent asks again before an order leaves. This is the only such edge.
UNDER_WAY = {("engine.advance_attempt", "engine.enqueue_step")}
CALL = re.compile(r"\b((?:engine|public)\.\w+)\s*\(")
ENQUEUES = re.compile(r"insert\s+into\s+engine\.provider_calls\b", re.IGNORECASE)
Catalog = psycopg.Connection[Any]


def bodies(catalog: Catalog) -> dict[str, str]:
    """Return the text of every function of ours, comments and its own head removed."""
    catalog.execute("set search_path = pg_catalog, pg_temp")
    found = catalog.execute(
        """
        select
          n.nspname || '.' || p.proname,
          coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
        from pg_proc as p
        inner join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in ('engine', 'public') and p.prokind in ('f', 'p')
        """
    )
    return {name: re.sub(r"--.*", "", text) for name, text in found}


def entry_points(catalog: Catalog) -> set[str]:
    """Return what a role may execute, and the triggers, which any change may fire."""
    found = catalog.execute(
        """
        select n.nspname || '.' || p.proname
        from pg_proc as p
        inner join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in ('engine', 'public')
          and (
            p.prorettype = 'trigger'::regtype
            or exists (
              select from unnest(%s::text[]) as r (name)
              where has_function_privilege(r.name, p.oid, 'execute')
            )
          )
        """,
        [ROLES],
    )
    return {name for (name,) in found}


def ungated_paths(catalog: Catalog) -> dict[str, list[str]]:
    """Return, for each entry point with an ungated way to a sink, that way."""
    texts = bodies(catalog)
    calls = {name: set(CALL.findall(text)) & set(texts) for name, text in texts.items()}
    sinks = SINKS | {name for name, text in texts.items() if ENQUEUES.search(text)}
    sinks -= READS | MESSAGES
    assert sinks <= set(texts)

    def way(name: str, seen: tuple[str, ...]) -> list[str] | None:
        path = (*seen, name)
        if calls[name] & GATES:
            return None
        if name in sinks:
            return list(path)
        for callee in sorted(calls[name] - set(path)):
            if (name, callee) not in UNDER_WAY and (found := way(callee, path)):
                return found
        return None

    return {entry: path for entry in entry_points(catalog) if (path := way(entry, ()))}


def reaching(catalog: Catalog) -> set[str]:
    """Return the entry points that reach a sink at all."""
    texts = bodies(catalog)
    calls = {name: set(CALL.findall(text)) & set(texts) for name, text in texts.items()}
    reached = SINKS | {name for name, text in texts.items() if ENQUEUES.search(text)}
    while more := {n for n, called in calls.items() if called & reached} - reached:
        reached |= more
    return reached & entry_points(catalog)


def test_no_entry_point_gets_round_the_gate(connect: Connect) -> None:
    """The list printed here is the list of entry points."""
    catalog = connect()
    entries = reaching(catalog)
    print("\n".join(sorted(entries)))
    assert {
        "public.duffel_search",
        "public.auto_book_production",
        "public.approve_offer",
        "public.auto_book_monitor",
        "engine.finish_calls",
        "engine.stand_in",
    } <= entries
    assert ungated_paths(catalog) == {}


def test_the_last_step_before_an_order_asks_the_gate(connect: Connect) -> None:
    """An attempt that is under way goes on without being asked, but not past this."""
    texts = bodies(connect())
    way = ["mark_sent", "check_sending", "create_order_check"]
    for caller, callee in itertools.pairwise(way):
        assert f"engine.{callee}" in CALL.findall(texts[f"engine.{caller}"])
    assert set(CALL.findall(texts["engine.create_order_check"])) & GATES


def test_a_look_is_no_way_to_a_search_or_an_order(connect: Connect) -> None:
    """What may be asked for past the gate reads, or releases a hold."""
    owner = connect("skylatch_owner")
    asked = owner.execute(
        """
        select
          o.operation,
          engine.enqueue_read(o.operation, 'object', '{}', null, now()) is not null
        from engine.operations as o
        """
    ).fetchall()
    looks = {operation for operation, is_asked in asked if is_asked}
    assert {"look_order", "scan_payments"} <= looks
    assert [
        name for name in looks if not name.startswith(("look_", "scan_", "sweep_"))
    ] == ["cancel_orphan_payment"]
    found = owner.execute("select distinct operation from engine.provider_calls")
    assert {operation for (operation,) in found} == looks


@pytest.mark.parametrize(
    "statement",
    [
        "create function public.naive(p_trip uuid) returns integer language sql"
        " return engine.start_searches(array[p_trip], now())",
        "create function public.naive(p_trip uuid) returns void language plpgsql as"
        " $$ begin insert into engine.provider_calls (operation) values ('search');"
        " end $$",
        "create function engine.inner_step() returns void language plpgsql as"
        " $$ begin perform engine.release_trip(null, now());"
        " perform engine.begin_attempt(null, null, 'x', now()); end $$;"
        "create function public.naive() returns void language plpgsql as"
        " $$ begin -- engine.require_pipeline(null, now())\n"
        " perform engine.start_searches(null, now()); end $$",
    ],
    ids=["sql", "insert", "comment"],
)
def test_a_new_entry_point_that_forgets_the_gate_is_found(
    connect: Connect, statement: str
) -> None:
    """Whatever its language, and a gate in a comment does not count."""
    catalog = connect("skylatch_owner")
    catalog.execute(statement.encode())
    assert "public.naive" not in ungated_paths(catalog)
    catalog.execute("grant execute on function public.naive to authenticated")
    assert set(ungated_paths(catalog)) == {"public.naive"}


def test_nobody_writes_past_the_functions(connect: Connect) -> None:
    """No role may add a call, an attempt, or a flag by itself."""
    found = (
        connect()
        .execute(
            """
            select r.name, t.name
            from unnest(%s::text[]) as r (name)
            cross join unnest(
              array[
                'engine.provider_calls', 'public.booking_attempts', 'engine.flag_data',
                'engine.flag_sync', 'engine.kill_switch'
              ]
            ) as t (name)
            where has_table_privilege(
              r.name, t.name, 'insert, update, delete, truncate'
            )
            """,
            [ROLES],
        )
        .fetchall()
    )
    assert found == []


def test_a_message_enqueues_nothing_but_its_delivery(connect: Connect) -> None:
    """What is left out of the sinks above can ask nothing of a provider."""
    catalog = connect()
    texts = bodies(catalog)
    operations = {
        name for (name,) in catalog.execute("select operation from engine.operations")
    }
    for name in MESSAGES:
        named = {word for word in operations if f"'{word}'" in texts[name]}
        assert named == {"send_email", "send_webhook"}
