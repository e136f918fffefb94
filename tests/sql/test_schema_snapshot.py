"""A deploy is repeatable, its snapshot fresh, and what was released stays as it was."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from sidecar.deploy import SQL_DIR, deploy, verify_checksums
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from sidecar.local.snapshot import dump_schema, grants, tables
from tests.deploy.checkouts import unpack_release

TABLES = SQL_DIR / "tables.sql"


def test_the_written_tables_are_those_of_a_fresh_deploy(
    cluster: Cluster, database: str
) -> None:
    """Reviewers see the effect of a change; `make schema` writes it."""
    written = TABLES.read_text()
    written_by = re.match(
        r"-- Written by `make schema` with PostgreSQL (\d+)\.\n", written
    )
    assert written_by
    if int(written_by[1]) != cluster.installation.major:
        pytest.skip(f"pg_dump {cluster.installation.major} words it otherwise")
    fresh = tables(dump_schema(cluster.installation, database))
    assert written == fresh, "run: make schema"
    said = re.findall(r"^(?:CREATE|ALTER) \w+", written, re.MULTILINE)
    assert {"CREATE TABLE", "CREATE INDEX", "CREATE POLICY", "CREATE TRIGGER"} <= {
        *said
    }
    assert "CREATE FUNCTION" not in said
    assert "OWNER TO" not in written


def test_the_written_grants_are_those_of_a_fresh_deploy(database: str) -> None:
    """Role by role and object by object, columns too."""
    written = (SQL_DIR / "grants.txt").read_text()
    assert written == grants(database), "run: make schema"
    lines = written.splitlines()
    assert (
        "skylatch_sidecar: function engine.mark_sent(bigint,integer): execute" in lines
    )
    (seen,) = (
        one for one in lines if one.startswith("authenticated: table public.trip_req")
    )
    assert "update (" in seen
    assert "user_id" not in seen.partition("update (")[2].partition(")")[0]


def test_a_deploy_on_a_deployed_database_changes_nothing(
    cluster: Cluster, database: str
) -> None:
    """What was installed afresh and what was brought up to date are the same."""
    before = dump_schema(cluster.installation, database)
    deploy(database, cron=False)
    assert dump_schema(cluster.installation, database) == before


def test_the_released_migrations_are_as_they_were_released() -> None:
    """SHA256SUMS freezes them, in this checkout too."""
    verify_checksums(SQL_DIR / "migrations")


def test_the_kept_release_has_the_migrations_that_are_frozen(tmp_path: Path) -> None:
    """Or the tests of upgrades would begin with a release that nobody has."""
    for path in (unpack_release(tmp_path) / "sql/migrations").glob("*.sql"):
        here = SQL_DIR / "migrations" / path.name
        assert here.read_bytes() == path.read_bytes(), "run: make release"


def test_migrations_are_numbered_and_each_depends_on_the_one_before() -> None:
    """So that there is one order, everywhere."""
    names = sorted(path.stem for path in (SQL_DIR / "migrations").glob("*.sql"))
    for number, name in enumerate(names, start=1):
        assert name.startswith(f"{number:04}_")
        text = (SQL_DIR / "migrations" / f"{name}.sql").read_text()
        depends = re.search(r"^-- depends:(.*)$", text, re.MULTILINE)
        assert depends
        assert depends[1].split() == names[:number][-2:-1]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """Make a directory with one released and one new migration."""
    migration = tmp_path / "0001_first.sql"
    migration.write_text("create table t ();\n")
    digest = hashlib.sha256(migration.read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  {migration.name}\n")
    (tmp_path / "0002_second.sql").write_text("create table u ();\n")
    return tmp_path


def test_released_and_new_migrations_are_let_through(released: Path) -> None:
    """What is not listed yet may still change."""
    verify_checksums(released)
    (released / "0002_second.sql").write_text("create table v ();\n")
    verify_checksums(released)


def test_an_edited_released_migration_stops_the_deploy(released: Path) -> None:
    """By one byte, and the error names the file."""
    with (released / "0001_first.sql").open("a") as file:
        file.write("\n")
    with pytest.raises(SetupError, match=r"0001_first\.sql was edited"):
        verify_checksums(released)


def test_a_missing_released_migration_stops_the_deploy(released: Path) -> None:
    """Deleted or renamed."""
    (released / "0001_first.sql").rename(released / "0001_renamed.sql")
    with pytest.raises(SetupError, match=r"0001_first\.sql is released but missing"):
        verify_checksums(released)
