"""The folders of sql/ are floors: each calls only what stands below it.

Read from the texts: what a file names of ours is a call, a view or a table's function.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.sql.sources import SQL, code_files, function_files

Edges = dict[tuple[str, str], list[str]]

_NAMED = re.compile(r"\b((?:engine|public)\.\w+)(\s*\()?")
_NOT_A_CALL = re.compile(
    r"^(?:comment on|grant|revoke|drop function)\b.*?;", re.MULTILINE | re.DOTALL
)
_VIEW = re.compile(r"^create or replace view (\w+\.\w+)", re.MULTILINE)
_ARM = re.compile(r"^    when (.+?) then\n(.+?);$", re.MULTILINE | re.DOTALL)
# What the queue must not know; the keys of whom a call belongs to are only carried.
_DOMAIN = re.compile(
    r"trip|offer|payment|booking|order(?! by)|refund|flight|passenger|traveller|fare"
    r"|\bcard\b|saga|search(?!_path)",
    re.IGNORECASE,
)
_CARRIED = re.compile(r"\b(?:trip_request_id|booking_attempt_id)\b|\bsaga_\w+")


def code(text: str) -> str:
    """Return SQL without comments, texts and statements that call nothing."""
    text = re.sub(r"--.*", "", text)
    return _NOT_A_CALL.sub("", re.sub(r"'(?:[^']|'')*'", "''", text))


def calls(texts: dict[Path, str]) -> Edges:
    """Return which file calls which, by the folders of both."""
    views = {name: path for path, text in texts.items() for name in _VIEW.findall(text)}
    functions = function_files()
    edges: Edges = defaultdict(list)
    for path, text in texts.items():
        for name, is_call in _NAMED.findall(code(text)):
            callee = functions.get(name) if is_call else views.get(name)
            if callee and SQL in callee.parents and callee.parent != path.parent:
                edge = (path.parent.name, callee.parent.name)
                edges[edge].append(f"{path.stem} → {callee.stem}")
    return edges


def installed() -> list[str]:
    """Return the folder of each file, in the order in which code.sql installs them."""
    # What follows can only be installed by a superuser.
    text = (SQL / "code.sql").read_text().partition("\nreset role;")[0]
    return re.findall(r"^\\ir (\w+)/", text, re.MULTILINE)


def floors() -> list[str]:
    """Return the folders from the ground up."""
    return [folder for folder, _ in itertools.groupby(installed())]


def cycle(edges: Edges) -> list[str]:
    """Return folders that call each other in a ring, or nothing."""
    below = defaultdict(set)
    for caller, callee in edges:
        below[caller].add(callee)
    left = set(below)
    while ends := {f for f in left if not below[f] & left}:
        left -= ends
    return sorted(left)


@pytest.fixture(scope="module")
def edges() -> Edges:
    """Return the calls between the folders."""
    files = [path for path in code_files() if SQL in path.parents]
    found = calls({path: path.read_text() for path in files})
    assert len(found) > 80
    return found


def test_no_two_folders_call_each_other(edges: Edges) -> None:
    """Neither straight nor by way of others."""
    assert cycle(edges) == []
    turned = {**edges, ("access", "protocol"): ["may_act_for → settle_call"]}
    assert {"access", "protocol"} <= set(cycle(turned))


def test_a_call_is_seen_wherever_it_stands() -> None:
    """But not in a comment, a text or a grant."""
    path = SQL / "flags" / "made_up.sql"
    seen = "select 1 where engine.log_event(1);"
    assert set(calls({path: seen})) == {("flags", "record")}
    unseen = (
        "-- engine.settle_call(1)\nselect 'engine.recover(1)', 'it''s a recover()';\n"
        "grant execute on function engine.log_event(text) to postgres;\n"
    )
    assert set(calls({path: unseen})) == set()


def test_code_sql_installs_floor_by_floor(edges: Edges) -> None:
    """Each folder once and whole, from the ground up."""
    order = floors()
    assert [folder for folder in set(order) if order.count(folder) > 1] == []
    assert {
        edge: made
        for edge, made in edges.items()
        if order.index(edge[0]) < order.index(edge[1])
    } == {}


def test_the_readme_draws_the_floors() -> None:
    """From the top down, each with what it is for."""
    readme = (SQL / "README.md").read_text().partition("## Floors")[2]
    drawn = re.findall(r"^\| `(\w+)/` \|", readme, re.MULTILINE)
    assert drawn == floors()[::-1]


def test_the_queue_knows_no_domain() -> None:
    """Which call it is, and for whom, is the business of those above."""
    found = {}
    for path in sorted((SQL / "calls").glob("*.sql")):
        text = re.sub(
            r"^drop function.*?;$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL
        )
        found[path.name] = _DOMAIN.findall(_CARRIED.sub("", text))
    assert len(found) > 8
    assert {name: words for name, words in found.items() if words} == {}
    assert _DOMAIN.findall("select t.order_id from public.trip_requests as t")


def arms(dispatcher: str) -> dict[str, str]:
    """Return what a dispatcher does for each operation."""
    text = (SQL / f"{dispatcher}.sql").read_text()
    return {
        name: does
        for names, does in _ARM.findall(text)
        for name in re.findall(r"'(\w+)'", names)
    }


def operations(*columns: str) -> set[str]:
    """Return the operations whose file defines them, with these properties."""
    found = set()
    for path in (SQL / "outward").glob("*.sql"):
        text = re.sub(r"\s+", " ", path.read_text())
        defined = re.search(r"select engine\.define_operation\( ?'(\w+)'(.*?)\);", text)
        if defined and all(f"p_{column} => true" in defined[2] for column in columns):
            assert defined[1] == path.stem
            found.add(defined[1])
    return found


def test_every_operation_has_its_arm_in_every_dispatcher_and_no_other() -> None:
    """What its own file has of functions is called there, each by its name."""
    every, read = operations(), operations("observes")
    assert len(every) > 25
    requests, codes = arms("outward/build_request"), arms("outward/outcome_code")
    assert set(requests) == set(codes) == every
    for name in every:
        assert f"engine.{name}_code(" in codes[name]
        own = f"engine.{name}_request("
        assert own in requests[name] or name in read
    assert set(arms("outward/check_sending")) == operations("marks_sent")
    told = re.findall(
        r"when '(\w+)' then", (SQL / "protocol/apply_read.sql").read_text()
    )
    assert sorted(told) == sorted(read)
    facts = arms("outward/record_facts")
    texts = {name: (SQL / "outward" / f"{name}.sql").read_text() for name in every}
    steps = every - read - {"search"}
    assert set(facts) == {n for n in steps if f"engine.{n}_facts(" in texts[n]}


def test_no_function_of_a_call_is_forgotten() -> None:
    """Each is called by a dispatcher, or by the engine."""
    named = "".join(code(path.read_text()) for path in code_files())
    own = [
        name
        for name, path in function_files().items()
        if path.parent.name == "outward" and path.stem in operations()
    ]
    assert len(own) > 50
    assert [name for name in own if named.count(f"{name}(") < 2] == []
