"""What a booking costs, told by the functions that it calls: not by a clock.

PostgreSQL plans a `language sql` function that it cannot inline at every call, and sets
and resets what a definer function or one with `set` asks for. Below the entry points,
whose caller is somebody else, neither is needed: the entry point has done it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sidecar.local.cluster import Cluster
from tests.factories import until
from tests.sql import cloned_database
from tests.sql.sources import function_files
from tests.sql.test_protocol import Row, Stage

# What these set is for them alone.
OWN_SETTINGS = {"read_offers": "jit", "plan_trips": "jit", "wait_less": "lock_timeout"}


@pytest.fixture(scope="module")
def called(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[list[Row]]:
    """Return the functions that two trips call: one is booked, one is too dear."""
    with cloned_database(cluster, template, clone_name) as dsn:
        stage = Stage(dsn)
        stage.rows(
            "do $$ begin execute format('alter database %%I set track_functions = "
            "''all''', current_database()); end $$"
        )
        stage.close()
        stage = Stage(dsn)
        dear = stage.trip(max_price=1)
        stage.tick()
        for call in stage.claim():
            stage.finish(stage.good_answer(call))
        assert stage.status(dear) == "PENDING"
        stage.book(stage.trip())
        # What a connection has called is told when it ends.
        stage.sidecar.close()
        query = """
            select
              p.proname as name,
              l.lanname as language,
              p.prosecdef as is_definer,
              p.proconfig as settings,
              exists (
                select from aclexplode(p.proacl) as a where a.grantee <> p.proowner
              ) as is_entry
            from pg_stat_user_functions as f
            inner join pg_proc as p on f.funcid = p.oid
            inner join pg_language as l on p.prolang = l.oid
            where p.prorettype <> 'trigger'::regtype and f.calls > 0
        """
        until(lambda: any(row["name"] == "finish_calls" for row in stage.rows(query)))
        yield stage.rows(query)
        stage.close()


def test_the_path_of_a_booking_was_taken(called: list[Row]) -> None:
    """Else the other tests would look at nothing."""
    names = {row["name"] for row in called}
    assert names >= {"claim_calls", "mark_sent", "finish_calls", "begin_attempt"}
    assert len(names) > 80
    files = {file for name, file in function_files().items() if name[7:] in names}
    print(f"a booking calls {len(names)} functions, in {len(files)} files")


def test_no_function_on_the_path_is_planned_at_every_call(called: list[Row]) -> None:
    """A `language sql` function that is counted was not inlined."""
    planned = {row["name"] for row in called if row["language"] == "sql"}
    assert planned == set()


def test_only_entry_points_change_whose_rights_and_settings_hold(
    called: list[Row],
) -> None:
    """Their callers' are another's; below them they are the engine's own."""
    found = {
        row["name"]: row["settings"]
        for row in called
        if not row["is_entry"] and (row["is_definer"] or row["settings"])
    }
    for name, setting in OWN_SETTINGS.items():
        if name in found:
            assert any(one.startswith(f"{setting}=") for one in found.pop(name))
    assert found == {}
