"""A deploy is repeatable, its snapshot fresh, and what was released stays as it was."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from sidecar.deploy import SQL_DIR, deploy, verify_checksums
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from sidecar.local.snapshot import dump_schema

SNAPSHOT = SQL_DIR / "schema.sql"


def test_schema_sql_is_what_a_fresh_deploy_gives(
    cluster: Cluster, database: str
) -> None:
    """Reviewers see the effect of a change; `make schema` writes it."""
    written_by = re.match(
        r"-- Written by `make schema` with PostgreSQL (\d+)\.\n", SNAPSHOT.read_text()
    )
    assert written_by
    if int(written_by[1]) != cluster.installation.major:
        pytest.skip(f"pg_dump {cluster.installation.major} words it otherwise")
    fresh = dump_schema(cluster.installation, database)
    assert SNAPSHOT.read_text() == fresh, "run: make schema"


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
