"""Code: everything that `sql/code.sql` lists, in one transaction, at each deploy.

To replace a function disturbs nobody. To replace a policy, a trigger or a view locks
its table, and a grant touches what every session keeps about the table. So such an
object is left alone if nothing about it changed: neither the text of its file, compared
with the last deploy's, nor what is in the database, compared with what that deploy
left. `engine.deployed_objects` has both. An object that somebody changed by hand is put
right again.

Objects that did change are made at the end, when all functions are there: their tables
are locked then, all in one moment, and only until the commit that follows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from sidecar.deploy_session import Session, unhindered
from sidecar.errors import SetupError

_NAME = r"(?:public|engine|auth)\.\w+"
# Statements about a relation begin in the first column; none has a semicolon inside.
_STATEMENT = re.compile(
    rf"""
    ^(?:
      (?:create|drop)\ policy\ (?:if\ exists\ )?
        (?P<policy>\w+)\s+on\s+(?P<ruled>{_NAME})
    | create\ or\ replace\ trigger\ (?P<trigger>\w+)\s[^;]*?\bon\ (?P<watched>{_NAME})
    | create\ or\ replace\ view\ (?P<view>{_NAME})
    | (?:grant|revoke)\b[^;]*?\bon\s+(?:table\ )?(?P<granted>{_NAME})\s+(?:to|from)\b
    )[^;]*;
    """,
    re.MULTILINE | re.VERBOSE,
)
_INCLUDE = re.compile(r"^\\ir (\S+)$")


@dataclass(slots=True)
class _Object:
    """A policy, trigger, view or the grants on a table, as the files have it."""

    table: str | None  # the table that it locks
    statements: list[str] = field(default_factory=list)

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.statements).encode()).hexdigest()


def apply_code(session: Session, manifest: Path) -> list[str]:
    """Apply what `manifest` lists; return the objects on tables that were changed.

    Raises SetupError naming the file; of code that failed nothing is kept.
    """
    files = list(_files(manifest))
    objects = _objects(files)
    changed = _changed(session, objects)
    in_use = _in_use(session)
    last = [
        name for name in objects if name in changed and objects[name].table in in_use
    ]
    left_out = (objects.keys() - changed) | set(last)

    def finish() -> None:
        session.execute("set local role skylatch_owner")
        for name in last:
            _run(session, manifest, "\n".join(objects[name].statements))
        session.execute("set local role none")
        _remember(session, objects)

    def work() -> None:
        _forget(session, changed)
        for path, text in files:
            _run(session, path, _without(text, left_out))
        tables = {table for name in last if (table := objects[name].table)}
        unhindered(session, manifest.name, finish, tables)

    unhindered(session, manifest.name, work)
    return sorted(changed)


def run_file(session: Session, path: Path) -> None:
    """Run a script in one transaction; of psql's commands it may have \\set only."""
    text = re.sub(r"^\\set .*$", "", path.read_text(), flags=re.MULTILINE)
    unhindered(session, path.name, lambda: _run(session, path, text))


def _files(manifest: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that `manifest` lists, and what stands between them."""
    between: list[str] = []
    for line in manifest.read_text().splitlines():
        included = _INCLUDE.match(line)
        if included:
            if between:
                yield manifest, "\n".join(between)
                between = []
            path = (manifest.parent / included[1]).resolve()
            yield path, path.read_text()
        elif line and not line.startswith(("\\", "--")):
            between.append(line)
    yield manifest, "\n".join(between)


def _objects(files: list[tuple[Path, str]]) -> dict[str, _Object]:
    found: dict[str, _Object] = {}
    for _, text in files:
        for match in _STATEMENT.finditer(text):
            name, table = _object_of(match)
            found.setdefault(name, _Object(table)).statements.append(match[0])
    return found


def _object_of(match: re.Match[str]) -> tuple[str, str | None]:
    """Return what a statement is about, and the table that it locks."""
    if match["policy"]:
        return f"policy {match['policy']} on {match['ruled']}", match["ruled"]
    if match["trigger"]:
        return f"trigger {match['trigger']} on {match['watched']}", match["watched"]
    if match["view"]:
        return f"view {match['view']}", None
    return f"grants on {match['granted']}", None


def _without(text: str, unchanged: set[str]) -> str:
    """Return `text` without the statements about `unchanged`, its lines kept."""

    def kept(match: re.Match[str]) -> str:
        same = _object_of(match)[0] in unchanged
        return "\n" * match[0].count("\n") if same else match[0]

    return _STATEMENT.sub(kept, text)


def _changed(session: Session, objects: dict[str, _Object]) -> set[str]:
    """Return the objects that differ from the last deploy's, or from this one's."""
    row = session.execute(
        "select to_regclass('engine.deployed_objects') is not null"
        " and to_regprocedure('engine.object_digests()') is not null"
    ).fetchone()
    if not (row and row[0]):
        return set(objects)
    same = session.execute(
        "select d.object, d.statement_digest from engine.deployed_objects as d"
        " left join engine.object_digests() as o on o.object = d.object"
        " where d.catalog_digest is not distinct from o.digest"
    ).fetchall()
    left_alone = {name for name, digest in same if _says(objects, name) == digest}
    return objects.keys() - left_alone


def _says(objects: dict[str, _Object], name: str) -> str | None:
    return objects[name].digest() if name in objects else None


def _forget(session: Session, changed: set[str]) -> None:
    """Make `access/schemas.sql` revoke all grants on the tables whose grants change."""
    session.execute(
        "delete from engine.deployed_objects where object = any (%s)", [sorted(changed)]
    )


def _remember(session: Session, objects: dict[str, _Object]) -> None:
    """Keep what the files have and what is there now; a row that is right stays."""
    names = list(objects)
    session.execute(
        "insert into engine.deployed_objects as d"
        " (object, statement_digest, catalog_digest)"
        " select f.object, f.digest, o.digest"
        " from unnest(%s::text[], %s::text[]) as f (object, digest)"
        " left join engine.object_digests() as o on o.object = f.object"
        " on conflict (object) do update set"
        " statement_digest = excluded.statement_digest,"
        " catalog_digest = excluded.catalog_digest, deployed_at = clock_timestamp()"
        " where (d.statement_digest, d.catalog_digest)"
        " is distinct from (excluded.statement_digest, excluded.catalog_digest)",
        [names, [objects[name].digest() for name in names]],
    )
    session.execute(
        "delete from engine.deployed_objects where object <> all (%s)", [names]
    )


def _in_use(session: Session) -> set[str]:
    """Return the tables that others may be using; a new table has no policies yet."""
    rows = session.execute(
        "select distinct format('%s.%s', n.nspname, c.relname) from pg_policy as p"
        " join pg_class as c on c.oid = p.polrelid"
        " join pg_namespace as n on n.oid = c.relnamespace"
    ).fetchall()
    return {row[0] for row in rows}


def _run(session: Session, path: Path, text: str) -> None:
    try:
        session.execute(text.encode())
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        raise
    except psycopg.Error as error:
        raise SetupError(f"{path.name} failed: {error}") from error
