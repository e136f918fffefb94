"""README.md and docs/ name what is there: links, targets, commands, statements.

The blocks of docs/from-your-app.md are run by tests/e2e/test_from_your_app.py, those of
sql/README.md are held to the code by tests/sql/test_documents.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from sidecar.__main__ import app
from sidecar.local.commands import app as local_app
from sidecar.local.places import CHECKOUT
from tests.conftest import Connect
from tests.factories import World
from tests.main_path import session
from tests.sandbox.payments.cards import BY_TOKEN

PAGES = sorted(
    [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    + [CHECKOUT / name / "README.md" for name in ("sql", "plpython")]
)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
_TARGET = re.compile(r"(?:^|`)make ([a-z][a-z0-9-]*)", re.MULTILINE)
_COMMAND = re.compile(r"python -m (sidecar(?: [a-z][a-z-]*)*)((?: --[a-z-]+)*)")


def named(page: Path) -> str:
    """Return a page's name, for a test's id."""
    return str(page.relative_to(CHECKOUT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A page that moved takes those along that point at it."""
    broken = [
        link
        for link in _LINK.findall(page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_target_that_is_named_is_one_of_make(page: Path) -> None:
    """What a reader is told to type works."""
    makefile = (CHECKOUT / "Makefile").read_text()
    there = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    assert set(_TARGET.findall(page.read_text())) - there == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_is_named_is_one_of_the_sidecar(page: Path) -> None:
    """With the options that are named beside it."""
    for words, options in _COMMAND.findall(page.read_text()):
        path = words.split()[1:]
        # The tool of a checkout is loaded by `sidecar local` when it is asked for.
        is_local = path[:1] == ["local"]
        command = typer.main.get_command(local_app if is_local else app)
        for word in path[is_local:]:
            below = getattr(command, "commands", None)
            if below is None:
                break  # an argument
            assert word in below, (words, sorted(below))
            command = below[word]
        there = {name for one in command.params for name in one.opts} | {"--help"}
        assert set(options.split()) <= there, (words, options)


def test_the_pages_that_the_readme_leads_to_are_all(
    request: pytest.FixtureRequest,
) -> None:
    """From the first page every page is at most two steps away."""
    first = set(_LINK.findall((CHECKOUT / "README.md").read_text()))
    second = {
        f"docs/{link}"
        for page in first
        if page.startswith("docs/")
        for link in _LINK.findall((CHECKOUT / page).read_text())
    }
    pages = {named(page) for page in PAGES if page.parent.name == "docs"}
    assert pages <= first | second
    assert len((CHECKOUT / "README.md").read_text().splitlines()) < 100


def test_the_limits_of_a_traveller_are_those_of_a_new_database(
    connect: Connect,
) -> None:
    """By default, as the page on use says them."""
    text = (CHECKOUT / "docs" / "use.md").read_text()
    section = text.partition("## How much one traveller may have")[2].partition("\n## ")
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| [^|]*`SK", section[0], re.MULTILINE)
    limits = connect().execute(
        "select open_trips::text, profiles::text, extract(epoch from search_pause)::int"
        " / 60 || ' minute', searches_per_hour::text, failed_bookings_per_hour::text"
        " from engine.traveller_limits"
    )
    (defaults,) = limits.fetchall()
    assert rows == [*defaults, "9", "60"]


def test_the_test_cards_of_the_page_are_those_that_the_sandbox_plays() -> None:
    """All of them, each once."""
    text = (CHECKOUT / "docs" / "from-your-app.md").read_text()
    section = text.partition("### Test cards")[2].partition("\n## ")[0]
    names = [
        name
        for cell in re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    ]
    assert sorted(names) == sorted(BY_TOKEN)


def test_the_trip_of_the_page_on_use_can_be_stated(world: World) -> None:
    """As it stands there, with ids in place of the dots."""
    (block,) = re.findall(
        r"^```sql\n(.*?)^```$",
        (CHECKOUT / "docs" / "use.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    traveller = world.traveller()
    statement = re.search(r"select create_trip_request\(.*?\);", block, re.DOTALL)
    assert statement is not None
    filled = (
        statement[0]
        .replace("'…'::uuid", f"'{traveller.profile_id}'::uuid")
        .replace("'…'", f"'{traveller.card_id}'")
    )
    with session(world.dsn, traveller) as connection:
        (row,) = connection.execute(filled.encode()).fetchall()
    assert world.status(row[0]) == "PENDING"
