"""What the migrations and the code add up to, for reviewers.

`sql/tables.sql` has tables, constraints, indexes, policies, triggers and views, as
pg_dump words them; functions have their files. `sql/grants.txt` says who may do what
with which object.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg

from sidecar.errors import SetupError
from sidecar.local.packages import Installation

# Lines that differ between runs or releases of pg_dump without any change of schema.
_NOISE = re.compile(r"^(-- Dumped (from|by) .*|\\(un)?restrict .*)\n", re.MULTILINE)

_ELSEWHERE = re.compile(r"--\n-- Name: .*; Type: (?:FUNCTION|(?:DEFAULT )?ACL);")
_GRANTS = """
    select role, what, name, string_agg(right_of, ', ' order by right_of)
    from (
      select
        coalesce(r.rolname, 'everybody') as role,
        o.what,
        o.name,
        lower(a.privilege_type collate "C") || coalesce(
          ' (' || string_agg(o.part, ', ' order by o.part collate "C") || ')', ''
        ) as right_of
      from (
        select
          case c.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end,
          c.oid::regclass::text, null, c.relacl, c.relowner
        from pg_class as c
        where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
          and c.relkind in ('r', 'p', 'v', 'm', 'S')
        union all
        select
          case c.relkind when 'v' then 'view' else 'table' end, c.oid::regclass::text,
          u.attname, u.attacl, c.relowner
        from pg_attribute as u
        inner join pg_class as c on u.attrelid = c.oid
        where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace)
        union all
        select 'function', p.oid::regprocedure::text, null, p.proacl, p.proowner
        from pg_proc as p
        where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
        union all
        select 'schema', n.nspname, null, n.nspacl, n.nspowner
        from pg_namespace as n where n.nspname in ('public', 'engine', 'auth')
      ) as o (what, name, part, acl, owner)
      cross join aclexplode(o.acl) as a
      left join pg_roles as r on a.grantee = r.oid
      where a.grantee <> o.owner
      group by r.rolname, o.what, o.name, a.privilege_type, o.part is null
    ) as g
    group by role, what, name
    order by role collate "C", what, name collate "C"
"""


def dump_schema(installation: Installation, dsn: str) -> str:
    """Return the schema of the database at `dsn` as SQL, the same for the same schema.

    The text depends on the server's major version: compare like with like.
    """
    result = subprocess.run(  # noqa: S603 - argument list, no shell
        [
            str(installation.bin_dir / "pg_dump"),
            "--schema-only",
            "--no-comments",
            "--exclude-schema=cron",
            f"--dbname={dsn}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise SetupError(f"pg_dump failed: {result.stderr.strip()}")
    text = _NOISE.sub("", result.stdout)
    header = f"-- Written by `make schema` with PostgreSQL {installation.major}.\n\n"
    return header + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def tables(dump: str) -> str:
    """Return what `dump_schema` says of everything but functions and grants."""
    header, *blocks = re.split(r"^(?=--\n-- Name: )", dump, flags=re.MULTILINE)
    kept = [one for one in blocks if not _ELSEWHERE.match(one)]
    text = re.sub(r"^--\n-- Name: .*\n--\n\n", "", "".join(kept), flags=re.MULTILINE)
    owned = r"^ALTER .* OWNER TO skylatch_owner;\n\n?"
    text = re.sub(owned, "", text, flags=re.MULTILINE)
    first = header.partition("\n")[0]
    return f"{first}\n\n" + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def grants(dsn: str) -> str:
    """Return a line for each role and object: what the role may do with it.

    The owner, who may do everything with what is ours, is left out, and so are objects
    that nobody else may touch.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute("set search_path = pg_catalog")
        rows = connection.execute(_GRANTS.encode()).fetchall()
    return "".join(f"{role}: {what} {name}: {may}\n" for role, what, name, may in rows)


def write_snapshots(installation: Installation, dsn: str, sql: Path) -> list[Path]:
    """Write `tables.sql` and `grants.txt` to a directory; return what changed."""
    texts = {
        sql / "tables.sql": tables(dump_schema(installation, dsn)),
        sql / "grants.txt": grants(dsn),
    }
    changed = [
        path
        for path, text in texts.items()
        if not path.exists() or path.read_text() != text
    ]
    for path in changed:
        path.write_text(texts[path])
    return changed
