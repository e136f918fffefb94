"""The recipe for an operation in sql/README.md, followed to the letter.

The blocks of code that it shows are applied to a copy of the engine, which is deployed
into a database of its own; then a real worker books a trip with it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

import sidecar.worker
from sidecar import operations
from sidecar.deploy_code import apply_code
from sidecar.deploy_session import deploy_session
from sidecar.flights import Flights
from sidecar.operations import Send
from sidecar.payments import Payments
from tests.factories import World, until
from tests.sql.sources import CHECKOUT, SQL, WRAPPERS

_BLOCK = re.compile(
    r"^( *)```(?:sql|python)\n *(?:--|#) (\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL
)


def blocks() -> dict[str, str]:
    """Return the code that the recipe shows, by the file that it names."""
    recipe = (SQL / "README.md").read_text().partition("**An operation.**")[2]
    found = {
        path: "".join(
            line.removeprefix(indent) for line in body.splitlines(keepends=True)
        )
        for indent, path, body in _BLOCK.findall(recipe)
    }
    assert len(found) == 5
    return found


def put_before(path: Path, place: str, text: str) -> None:
    """Insert `text` in front of `place`, which a file has once."""
    before, found, after = path.read_text().partition(place)
    assert found
    assert place not in after
    path.write_text(before + text + found + after)


def follow(recipe: Mapping[str, str], sql: Path) -> None:
    """Apply the SQL of the recipe to a copy of sql/."""
    (sql / "outward/read_card.sql").write_text(recipe["outward/read_card.sql"])
    put_before(
        sql / "code.sql", "\\ir outward/create_payment.sql\n",
        "\\ir outward/read_card.sql\n",
    )  # fmt: skip
    for dispatcher in ("outward/build_request.sql", "outward/outcome_code.sql"):
        put_before(
            sql / dispatcher, "    else\n      raise case_not_found;\n",
            recipe[dispatcher],
        )  # fmt: skip
    saga = "saga/saga_transitions.sql"
    state, arrows = recipe[saga].split("\n\n")
    put_before(sql / saga, "  ('CREATING_PAYMENT', false,", f"{state}\n")
    former = "  ('REPRICING', 'OK', 'CREATING_PAYMENT', 'create_payment'),\n"
    put_before(sql / saga, former, arrows)
    (sql / saga).write_text((sql / saga).read_text().replace(former, ""))


def test_an_operation_is_added_as_the_recipe_says_and_books(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file, its arms, its arrows, one method of a client: nothing else."""
    recipe = blocks()
    copy = shutil.copytree(SQL, tmp_path / "sql")
    shutil.copytree(WRAPPERS, tmp_path / WRAPPERS.relative_to(CHECKOUT))
    follow(recipe, copy)
    with deploy_session(world.dsn) as session:
        apply_code(session, copy / "code.sql")

    def calls_of_the_recipe(flights: Flights, payments: Payments) -> Mapping[str, Send]:
        """Return the list of operations with the line of the recipe in it."""
        names = {"_by": operations._by, "flights": flights, "payments": payments}
        added = eval(f"{{{recipe['sidecar/operations.py']}}}", names)
        return {**operations.outward_calls(flights, payments), **added}

    monkeypatch.setattr(sidecar.worker, "outward_calls", calls_of_the_recipe)
    trip = world.trip(world.traveller())
    with world.working():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    made = world.rows(
        "select operation, verdict from engine.provider_calls"
        " where booking_attempt_id is not null and object_id is null order by id"
    )
    assert [row["operation"] for row in made] == [
        "get_offer",
        "read_card",
        "create_payment",
        "confirm_payment",
        "create_order",
        "capture_payment",
    ]
    assert {row["verdict"] for row in made} == {"OK"}
    assert world.violations() == []
