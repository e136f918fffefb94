"""The server runs the package that was installed for it, and cannot change it."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

import sidecar
import skylatch_plpython
from sidecar.local.plpython import SOURCE, TARGET, content_hash
from skylatch_plpython.handshake import describe
from tests.conftest import Connect

DIRECTORY = Path("/usr/lib/skylatch/py/4")


def handshake(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Call the function inside the server."""
    row = connection.execute("select engine.plpython_handshake()").fetchone()
    assert row is not None
    answer: dict[str, str] = row[0]
    return answer


def test_the_server_runs_the_installed_package_on_the_systems_python(
    connect: Connect,
) -> None:
    """Version and directory as installed; Python 3.11 or newer."""
    answer = handshake(connect("skylatch_sidecar"))
    assert answer["package"] == sidecar.__version__
    assert answer["path"] == str(DIRECTORY)
    assert tuple(map(int, answer["python"].split(".")[:2])) >= (3, 11)


def test_sidecar_package_and_database_have_one_version(connect: Connect) -> None:
    """They are released together."""
    project = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text())
    row = connect().execute("select engine.version()").fetchone()
    assert {
        sidecar.__version__,
        skylatch_plpython.__version__,
        project["project"]["version"],
        row and row[0],
    } == {sidecar.__version__}


@pytest.mark.parametrize(
    "asked",
    [
        "engine.plpython_handshake()",
        "engine.flag_answers(gen_random_uuid())",
        "engine.evaluate_flag('f', '{}')",
        "engine.check_flag('features', 'f', '{}')",
    ],
)
def test_a_connection_from_before_a_deploy_forgets_the_version_it_had(
    connect: Connect, asked: str
) -> None:
    """What it has imported is another directory's, under the same name."""
    connection = connect()
    connection.execute(
        """
        do language plpython3u $$
          import sys, types
          sys.path.insert(0, "/usr/lib/skylatch/py/0")
          for name in ("", ".flags", ".handshake", ".sdk"):
              name = "skylatch_plpython" + name
              sys.modules[name] = types.ModuleType(name)
        $$
        """
    )
    connection.execute(f"select {asked}".encode())


def test_the_directory_is_put_on_the_path_first_and_once(connect: Connect) -> None:
    """However often the function is called."""
    connection = connect()
    handshake(connection)
    handshake(connection)
    connection.execute(
        "create function public.path() returns text[] language plpython3u"
        " as 'import sys; return sys.path'"
    )
    row = connection.execute("select public.path()").fetchone()
    assert row is not None
    assert row[0][0] == str(DIRECTORY)
    assert row[0].count(str(DIRECTORY)) == 1


def test_nothing_on_the_way_to_the_package_is_anybodys_but_roots(
    connect: Connect,
) -> None:
    """Every parent and every file is root's to write, also as the server sees it.

    Otherwise somebody could run code as the server's account.
    """
    paths = [*DIRECTORY.parents, DIRECTORY, *DIRECTORY.rglob("*")]
    for path in paths:
        found = path.stat()
        assert found.st_uid == 0, path
        assert not stat.S_IMODE(found.st_mode) & (stat.S_IWGRP | stat.S_IWOTH), path
    connection = connect()
    connection.execute(
        "create function public.writable(paths text[]) returns text[]"
        " language plpython3u as"
        " 'import os; return [p for p in paths if os.access(p, os.W_OK)]'"
    )
    row = connection.execute(
        "select public.writable(%s)", [[str(path) for path in paths]]
    ).fetchone()
    assert row == ([],)


def test_what_is_installed_is_what_the_checkout_holds() -> None:
    """By content, so that the tests look at this version."""
    assert (TARGET / "content.sha256").read_text().strip() == content_hash(SOURCE)
    assert describe()["package"] == skylatch_plpython.__version__


@pytest.mark.parametrize("role", ["anon", "authenticated", "skylatch_cron"])
def test_only_the_sidecar_may_ask(connect: Connect, role: str) -> None:
    """Versions and paths are nobody else's business."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        handshake(connect(role))


def test_the_function_has_no_superusers_rights(connect: Connect) -> None:
    """It runs as its caller and belongs to the owner role, which cannot log in."""
    row = (
        connect()
        .execute(
            """
        select p.prosecdef, p.proowner::regrole::text, r.rolsuper, r.rolcanlogin
        from pg_proc as p
        inner join pg_roles as r on r.oid = p.proowner
        where p.oid = 'engine.plpython_handshake()'::regprocedure
        """
        )
        .fetchone()
    )
    assert row == (False, "skylatch_owner", False, False)
