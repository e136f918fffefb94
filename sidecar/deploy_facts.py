"""What a server says of itself before a deploy; nothing is changed.

The server's own Python has to be tried, which happens in a transaction that is rolled
back. A login that is no superuser sees less: what it may not see is None.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from sidecar.errors import SetupError

OWNER = "skylatch_owner"
_ROOT = Path(__file__).resolve().parent.parent
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the server says of itself; `None` is what this login may not see."""

    version: int
    encoding: str
    database: str
    login: str
    is_superuser: bool
    has_plpython: bool
    # Of pg_cron: the version that can be installed, and whether it is loaded and runs.
    cron_version: str | None
    cron_database: str | None
    cron_is_loaded: bool | None
    cron_launches: bool
    cron_in_workers: bool
    fsync: str
    synchronous_commit: str
    # Objects that hold names of ours: 'table trip_requests (app)'.
    taken: list[str]
    foreign_schemas: list[str]
    # Roles that another application may have made; none once our roles are there.
    roles: list[str]
    # The migrations that were applied.
    applied: list[str]
    has_net: bool = False
    # What the server's Python says of the package, or why it says nothing.
    package: str | None = None
    python_error: str | None = None
    free_bytes: int | None = None


def read(dsn: str) -> Facts:
    """Ask the server at `dsn`; raises psycopg.Error when the server does not answer."""
    parts = conninfo_to_dict(dsn)
    patient = make_conninfo(
        dsn, connect_timeout=parts.get("connect_timeout", _CONNECT_SECONDS)
    )
    with psycopg.connect(patient, autocommit=True, row_factory=dict_row) as connection:
        answer = connection.execute(_FACTS, {"owner": OWNER}).fetchone() or {}
        relations, functions = our_names()
        answer["taken"] = [
            row["taken"]
            for row in connection.execute(
                _TAKEN,
                {"owner": OWNER, "relations": relations, "functions": functions},
            )
        ]
        answer["applied"] = _applied(connection) if answer["is_superuser"] else []
    facts = Facts(**answer)
    if not (facts.is_superuser and facts.has_plpython and facts.encoding == "UTF8"):
        return facts
    return Facts(**(answer | _try_python(patient)))


def _applied(connection: psycopg.Connection[dict[str, Any]]) -> list[str]:
    there = "select to_regclass('engine._yoyo_migration') is not null as there"
    row = connection.execute(there).fetchone()
    if not (row and row["there"]):
        return []
    rows = connection.execute("select migration_id as id from engine._yoyo_migration")
    return [one["id"] for one in rows]


def our_names() -> tuple[list[str], list[str]]:
    """Return the names that we use in public: of relations, and of functions."""
    sql = _ROOT / "sql"
    tables = (sql / "tables.sql").read_text()
    code = "".join(path.read_text() for path in sorted(sql.glob("*/*.sql")))

    def found(pattern: str, text: str) -> list[str]:
        return sorted(set(re.findall(pattern, text, re.MULTILINE)))

    return (
        found(r"^CREATE (?:TABLE|VIEW|SEQUENCE|TYPE|DOMAIN) public\.(\w+)", tables),
        found(r"^create or replace function public\.(\w+)", code),
    )


def our_migrations() -> list[str]:
    """Return the names of the migrations that this version has."""
    return [path.stem for path in (_ROOT / "sql" / "migrations").glob("*.sql")]


def _package_directory() -> str:
    """Return where the functions look for the package: a literal in each of them."""
    wrapper = _ROOT / "plpython" / "wrappers" / "plpython_handshake.sql"
    found = re.search(r'"(/[\w/]+)"', wrapper.read_text())
    if found is None:
        raise SetupError(f"{wrapper} names no directory: the checkout is incomplete")
    return found[1]


def _try_python(dsn: str) -> dict[str, Any]:
    """Try the server's own Python, and roll back; it may not even start."""
    code = _PYTHON.replace("DIRECTORY", _package_directory())
    try:
        with psycopg.connect(dsn, options=_brief(dsn)) as connection:
            connection.execute("create extension if not exists plpython3u")
            connection.execute(code.encode())
            row = connection.execute(
                "select current_setting('skylatch.looked')"
            ).fetchone()
            connection.rollback()
    except psycopg.Error as error:
        return {"python_error": str(error).strip().splitlines()[0]}
    found: dict[str, Any] = json.loads(row[0] if row else "{}")
    return found


def _brief(dsn: str) -> str:
    """Limit the session, so that nobody waits long because a deploy looks."""
    return f"{conninfo_to_dict(dsn).get('options') or ''} -c lock_timeout=5s".strip()


# Settings that only a superuser may read are read by `case`, because reading a hidden
# setting raises.
_FACTS = """
with login as (
  select r.rolsuper as is_superuser from pg_roles as r where r.rolname = current_user
)
select
  current_setting('server_version_num')::integer as version,
  current_setting('server_encoding') as encoding,
  current_database()::text as database,
  current_user::text as login,
  l.is_superuser,
  exists (
    select from pg_available_extensions as e where e.name = 'plpython3u'
  ) as has_plpython,
  coalesce(
    (select e.extversion from pg_extension as e where e.extname = 'pg_cron'),
    (select a.default_version from pg_available_extensions as a
     where a.name = 'pg_cron')
  ) as cron_version,
  case when l.is_superuser
    then nullif(current_setting('cron.database_name', true), '')
  end as cron_database,
  case when l.is_superuser
    then 'pg_cron' = any (
      regexp_split_to_array(
        replace(current_setting('shared_preload_libraries'), '"', ''), '\\s*,\\s*'
      )
    )
  end as cron_is_loaded,
  exists (
    select from pg_stat_activity as a
    where a.backend_type like 'pg_cron%%' and a.datname = current_database()
  ) as cron_launches,
  case when l.is_superuser
    then coalesce(current_setting('cron.use_background_workers', true) = 'on', false)
    else false
  end as cron_in_workers,
  current_setting('fsync') as fsync,
  current_setting('synchronous_commit') as synchronous_commit,
  to_regnamespace('net') is not null and exists (
    select from pg_proc as p
    where p.pronamespace = to_regnamespace('net') and p.proname = 'http_post'
  ) as has_net,
  array(
    select
      case n.nspname
        when 'engine' then format('engine is %%s''s', pg_get_userbyid(n.nspowner))
        else 'auth has no users (id uuid) or no uid()'
      end
    from pg_namespace as n
    where n.nspname = 'engine' and pg_get_userbyid(n.nspowner) <> %(owner)s
      or n.nspname = 'auth' and (
        not exists (
          select from pg_proc as p
          where p.pronamespace = n.oid and p.proname = 'uid' and p.pronargs = 0
        )
        or not exists (
          select from pg_class as c
          join pg_attribute as a on a.attrelid = c.oid
          where c.relnamespace = n.oid and c.relname = 'users'
            and a.attname = 'id' and a.atttypid = 'uuid'::regtype
        )
      )
    order by 1
  ) as foreign_schemas,
  array(
    select r.rolname::text from pg_roles as r
    where to_regrole(%(owner)s) is null
      and r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
    order by 1
  ) as roles
from login as l
"""
_TAKEN = """
select format(
  '%%s %%s (%%s''s)',
  case c.relkind when 'v' then 'view' when 'm' then 'view' when 'S' then 'sequence'
    when 'i' then 'index' else 'table' end,
  c.relname, pg_get_userbyid(c.relowner)
) as taken
from pg_class as c
where c.relnamespace = 'public'::regnamespace
  and c.relname = any (%(relations)s)
  and pg_get_userbyid(c.relowner) <> %(owner)s
union all
select format('type %%s (%%s''s)', t.typname, pg_get_userbyid(t.typowner))
from pg_type as t
where t.typnamespace = 'public'::regnamespace
  and t.typrelid = 0
  and t.typname = any (%(relations)s)
  and pg_get_userbyid(t.typowner) <> %(owner)s
union all
select distinct format('function %%s (%%s''s)', p.proname, pg_get_userbyid(p.proowner))
from pg_proc as p
where p.pronamespace = 'public'::regnamespace
  and p.proname = any (%(functions)s)
  and pg_get_userbyid(p.proowner) <> %(owner)s
order by 1
"""
# In the order of the functions: the directory first, then the import
# (plpython/wrappers).
_PYTHON = """
do language plpython3u $$
import json, os, sys
sys.path.insert(0, "DIRECTORY")
found = {}
try:
    from skylatch_plpython.handshake import describe
    found["package"] = describe()["package"]
except Exception as error:
    found["python_error"] = "%s %s" % (type(error).__name__, error)
data = plpy.execute("select current_setting('data_directory') as at")[0]["at"]
space = plpy.execute(
    "select pg_tablespace_location(d.dattablespace) as at from pg_database as d"
    " where d.datname = current_database()")[0]["at"]
free = []
for place in (data, os.path.join(data, "pg_wal"), space or data):
    disk = os.statvfs(place)
    free.append(disk.f_bavail * disk.f_frsize)
found["free_bytes"] = min(free)
plpy.execute(
    "select set_config('skylatch.looked', %s, true)"
    % plpy.quote_literal(json.dumps(found)))
$$
"""
