"""What a deploy checks before it changes anything, and what it says of it.

    look ──► Facts (what the server says) ──► judge ──► Findings, all at once

A finding says what is wrong and what to do. A finding that `stops` keeps the deploy
from beginning; any other is a remark.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import make_conninfo

from sidecar import __version__
from sidecar.deploy_facts import Facts, our_migrations, read
from sidecar.deploy_findings import Finding, explain
from sidecar.errors import EncodingError, SetupError
from sidecar.sessions import pinned

OLDEST_SERVER = 150000
# A new installation takes 15 MB and 25 MB of WAL.
NEEDED_BYTES = 256 * 2**20


class NotReady(SetupError):
    """The database does not meet the needs of a deploy; one line for each reason.

    Nothing was changed.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = [one for one in findings if one.stops]
        super().__init__("\n".join(map(str, self.findings)))


@dataclass(frozen=True, slots=True)
class Look:
    """What was found before a deploy; `facts` is None where no server answered."""

    facts: Facts | None
    findings: list[Finding] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        """Tell whether a finding keeps the deploy from beginning."""
        return any(one.stops for one in self.findings)

    def require(self) -> Facts:
        """Return the facts of a database that meets every need; raises NotReady."""
        if self.facts is None or self.stops:
            raise NotReady(self.findings)
        return self.facts


def writable(dsn: str) -> str:
    """Return `dsn` for the first of its hosts that takes writes.

    Raises NotReady for a text that is no connection string.
    """
    try:
        return make_conninfo(dsn, target_session_attrs="read-write")
    except psycopg.ProgrammingError:
        # libpq's own words may quote a part of a password.
        raise NotReady(
            [
                Finding(
                    "--dsn is not a connection string",
                    "give postgresql://user@host/database or host=… dbname=… user=…",
                )
            ]
        ) from None


def look(dsn: str, *, cron: bool = True, schema: str = "public") -> Look:
    """Look at everything that a deploy relies on; changes nothing."""
    findings = [*_look_here(), *_judge_schema(schema)]
    try:
        facts = read(pinned(writable(dsn)))
    except NotReady as error:
        return Look(None, [*findings, *error.findings])
    except psycopg.Error as error:
        return Look(None, [*findings, explain(error, dsn)])
    return Look(facts, [*findings, *judge(facts, cron=cron)])


def judge(facts: Facts, *, cron: bool) -> list[Finding]:
    """Return every reason against a deploy, and the remarks."""
    return [
        *_judge_server(facts),
        *_judge_names(facts),
        *_judge_python(facts),
        *(_judge_cron(facts) if cron else []),
        *_remarks(facts),
    ]


def _look_here() -> list[Finding]:
    if shutil.which("psql") is None:
        return [Finding("psql is not installed here", "install postgresql-client")]
    return []


def _judge_schema(schema: str) -> list[Finding]:
    if schema == "public":
        return []
    return [
        Finding(
            f"--schema {schema}: the tables live in public only",
            "deploy to a database of its own; every function and every frozen"
            " migration names public, so that no search_path decides what is read",
        )
    ]


def _judge_server(facts: Facts) -> list[Finding]:
    found = []
    if facts.version < OLDEST_SERVER:
        found.append(
            Finding(
                f"the server is PostgreSQL {facts.version // 10000}",
                f"{OLDEST_SERVER // 10000} is the oldest that works: upgrade it",
            )
        )
    if facts.encoding != "UTF8":
        # In the words that a sidecar uses for the same fault.
        problem, _, remedy = str(EncodingError(facts.encoding)).partition(": ")
        found.append(Finding(problem, remedy))
    if not facts.is_superuser:
        found.append(
            Finding(
                f"{facts.login} is not a superuser",
                "deploy as one; only a superuser creates plpython3u and functions in"
                " it, sets SUPERUSER and BYPASSRLS of roles, takes advisory locks from"
                " PUBLIC, and sees pg_cron's settings, the server's Python and its"
                " disk, which were not looked at",
            )
        )
    if facts.free_bytes is not None and facts.free_bytes < NEEDED_BYTES:
        found.append(
            Finding(
                f"the server's disk has {facts.free_bytes // 2**20} MB free",
                f"a deploy needs {NEEDED_BYTES // 2**20} MB: make room",
            )
        )
    return found


def _judge_names(facts: Facts) -> list[Finding]:
    found = []
    if facts.taken:
        shown = ", ".join(facts.taken[:12])
        more = f" and {len(facts.taken) - 12} more" if len(facts.taken) > 12 else ""
        found.append(
            Finding(
                f"names of ours are taken in the schema public: {shown}{more}",
                "deploy to a database of its own (create database NAME encoding 'UTF8'"
                " template template0); of a copy of ours, restore the owners too",
            )
        )
    found.extend(
        Finding(f"the schema {one}", "deploy to a database of its own")
        for one in facts.foreign_schemas
    )
    unknown = sorted(set(facts.applied) - set(our_migrations()))
    if unknown:
        found.append(
            Finding(
                f"the database has migrations of a newer version: {', '.join(unknown)}",
                "deploy that version",
            )
        )
    return found


def _judge_python(facts: Facts) -> list[Finding]:
    major = facts.version // 10000
    if not facts.has_plpython:
        return [
            Finding(
                "the server has no plpython3u",
                f"install postgresql-plpython3-{major} on the database server",
            )
        ]
    if facts.python_error is not None:
        return [
            Finding(
                f"the server's Python package does not load: {facts.python_error}",
                "install plpython/ on the database server (plpython/README.md)",
            )
        ]
    if facts.package not in (None, __version__):
        return [
            Finding(
                f"the server's Python package is {facts.package}, this is"
                f" {__version__}",
                "install the one that is behind (plpython/README.md)",
            )
        ]
    return []


def _judge_cron(facts: Facts) -> list[Finding]:
    otherwise = "or deploy with --no-cron: the sidecars then do what is scheduled"
    loading = (
        "set shared_preload_libraries = 'pg_cron' and cron.database_name ="
        f" '{facts.database}' and restart the server"
    )
    if facts.cron_version is None:
        package = f"postgresql-{facts.version // 10000}-cron"
        return [
            Finding(
                "the server has no pg_cron",
                f"install {package}, {loading}, {otherwise}",
            )
        ]
    if facts.cron_is_loaded is None:
        return []
    if not facts.cron_is_loaded:
        return [Finding("pg_cron is not loaded", f"{loading}, {otherwise}")]
    if facts.cron_database != facts.database:
        return [
            Finding(
                f"pg_cron serves the database {facts.cron_database}, not"
                f" {facts.database}",
                f"set cron.database_name and restart the server, {otherwise}",
            )
        ]
    return []


def _remarks(facts: Facts) -> list[Finding]:
    found = []
    serves = facts.cron_is_loaded and facts.cron_database == facts.database
    if serves and facts.cron_in_workers and _minor(facts.cron_version) < (1, 5):
        found.append(
            Finding(
                f"pg_cron {facts.cron_version} runs jobs in background workers, where"
                " one long job holds up all others",
                "set cron.use_background_workers = off and cron.host to the socket's"
                " directory, or install pg_cron 1.5 or newer",
                stops=False,
            )
        )
    if serves and not facts.cron_launches:
        found.append(
            Finding(
                "pg_cron's launcher does not run",
                "if it stays away, restart the server; until then the sidecars do what"
                " is scheduled",
                stops=False,
            )
        )
    for name, value in (
        ("fsync", facts.fsync),
        ("synchronous_commit", facts.synchronous_commit),
    ):
        if value == "off":
            found.append(
                Finding(
                    f"{name} is off",
                    "switch it on: a server that crashes may forget that an order was"
                    " sent",
                    stops=False,
                )
            )
    if facts.roles:
        found.append(
            Finding(
                f"there are roles of these names: {', '.join(facts.roles)}",
                "their attributes and time limits will be set, for every database of"
                " this server",
                stops=False,
            )
        )
    if facts.has_net:
        found.append(
            Finding(
                "pg_net is here",
                "it will be closed to everybody but skylatch_owner and superusers",
                stops=False,
            )
        )
    return found


def _minor(version: str | None) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version or "")
    return (int(found[1]), int(found[2])) if found else (0, 0)
