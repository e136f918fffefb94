"""What sql/README.md promises of every file, table and function, read from the catalog.

The catalog is that of the database with pg_cron, so that plpgsql_check finds what the
functions name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from sidecar.deploy_code import _STATEMENT
from sidecar.local.cluster import Cluster
from tests.sql import cloned_database
from tests.sql.sources import (
    SQL,
    code_files,
    function_files,
    functions_of,
    manifest,
)

Catalog = psycopg.Connection[Any]

# plpgsql_check's findings that are meant.
ACCEPTED = {
    # pg_net is optional: the call is skipped, and its failure caught, without it.
    ("engine.wake_sidecar()", 'schema "net" does not exist'),
}
# Files that hold something other than the one function they are named after.
NOT_A_FUNCTION = {
    "access/schemas.sql",
    "saga/saga_transitions.sql",
    "flags/flag_overview.sql",
    "flags/flag_register.sql",
    "messages/message_kinds.sql",
    "monitor/auto_book_monitor_status.sql",
    "operations/jobs.sql",
    "ranking/alliances.sql",
    "review/review_queue.sql",
    "webhooks/event_effects.sql",
}
# Written at deploy and never deleted from: a key to one of these needs no index.
REFERENCE_TABLES = {
    "engine.currencies",
    "engine.message_kinds",
    "engine.operations",
    "engine.saga_states",
}
# The migration tool's own.
BOOKKEEPING = ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock")
# What is ours: not what an extension or the migration tool brought along.
FUNCTIONS = """
  select p.*, n.nspname || '.' || p.proname as name
  from pg_proc as p
  inner join pg_namespace as n on n.oid = p.pronamespace
  where n.nspname in ('engine', 'public') and not exists (
    select from pg_depend as d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
"""
TABLES = """
  select c.*, n.nspname || '.' || c.relname as name
  from pg_class as c
  inner join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname in ('engine', 'public') and c.relkind in ('r', 'p')
"""


@pytest.fixture(scope="module")
def catalog(cron_database: str) -> Iterator[Catalog]:
    """Connect to a database that has everything, and plpgsql_check."""
    with psycopg.connect(cron_database, autocommit=True) as connection:
        connection.execute("create extension if not exists plpgsql_check")
        connection.execute("set search_path = pg_catalog, pg_temp")
        yield connection
        connection.execute("drop extension plpgsql_check")


def column(catalog: Catalog, query: str, **parameters: object) -> list[Any]:
    """Return the first column of the answer."""
    return [row[0] for row in catalog.execute(query, parameters)]


def test_plpgsql_check_finds_nothing_but_what_is_meant(catalog: Catalog) -> None:
    """Every PL/pgSQL body, triggers on each of their tables, all warnings but speed.

    Nor, as version 2.10 does, that a function which is stable asks what time it is.
    """
    found = catalog.execute(
        f"""
        select p.oid::regprocedure::text, r.message
        from ({FUNCTIONS}) as p
        inner join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
        left join pg_trigger as t on t.tgfoid = p.oid and not t.tgisinternal
        cross join lateral public.plpgsql_check_function_tb(
          p.oid, coalesce(t.tgrelid, 0), extra_warnings => true,
          other_warnings => true, security_warnings => true,
          oldtable => t.tgoldtable, newtable => t.tgnewtable
        ) as r
        where r.message !~ '^routine is marked as (STABLE|IMMUTABLE), but expression is'
        """
    ).fetchall()
    assert set(found) == ACCEPTED


def test_every_trigger_function_has_a_table(catalog: Catalog) -> None:
    """Otherwise the test above would not have looked into it."""
    assert (
        column(
            catalog,
            f"""
            select p.name from ({FUNCTIONS}) as p
            where p.prorettype = 'trigger'::regtype
              and not exists (select from pg_trigger as t where t.tgfoid = p.oid)
            """,
        )
        == []
    )


def test_the_manifest_lists_every_file_once() -> None:
    """A file that is not in code.sql is not installed."""
    listed = manifest()
    assert [path for path, times in Counter(listed).items() if times > 1] == []
    assert sorted(listed) == code_files()


def flat(text: str) -> str:
    """Return a text without the breaks of its lines."""
    return re.sub(r"\(\s+", "(", text)


def test_a_file_is_named_after_the_one_thing_in_it() -> None:
    """One function, the policies of one table, or one outward call."""
    wrong = []
    tables = {
        name
        for path in (SQL / "migrations").glob("*.sql")
        for name in re.findall(
            r"(?:create table \w+\.|rename to )(\w+)", path.read_text()
        )
    }
    for path in code_files():
        functions = [name.partition(".")[2] for name in functions_of(path)]
        if functions == [path.stem] * 2:
            functions.pop()  # a public function and its twin in engine
        place = f"{path.parent.name}/{path.name}"
        if place in NOT_A_FUNCTION:
            expected: list[str] = []
        elif path.parent.name == "access" and path.stem in tables:
            expected = []
        elif f"engine.define_operation('{path.stem}'" in flat(path.read_text()):
            # An outward call: whatever belongs to it bears its name.
            expected = [f for f in functions if f.startswith(f"{path.stem}_")]
        else:
            expected = [path.stem]
        if functions != expected:
            wrong.append((place, functions))
    assert wrong == []


def test_the_database_has_the_functions_of_the_files_and_no_others(
    catalog: Catalog,
) -> None:
    """And none twice: a name has one signature."""
    names = column(catalog, f"select p.name from ({FUNCTIONS}) as p")
    assert sorted(names) == sorted(function_files())


def test_every_function_says_what_it_does_and_how_volatile_it_is(
    catalog: Catalog,
) -> None:
    """A comment in the catalog; volatility in words, not by default."""
    silent = column(
        catalog,
        f"""
        select p.name from ({FUNCTIONS}) as p
        where obj_description(p.oid, 'pg_proc') is null
        """,
    )
    assert silent == []
    unsaid = [
        name
        for name, path in function_files().items()
        if not re.search(
            r"language \w+ (volatile|stable|immutable)\b", path.read_text()
        )
    ]
    assert unsaid == []


def test_parameters_are_told_from_columns_by_their_names(catalog: Catalog) -> None:
    """p_ in front of what goes in."""
    assert (
        column(
            catalog,
            f"""
            select p.name || ' ' || a.name
            from ({FUNCTIONS}) as p
            cross join unnest(p.proargnames[1:p.pronargs]) as a (name)
            where a.name not like 'p\\_%%'
            """,
        )
        == []
    )


def test_nobody_calls_a_function_that_was_not_granted(catalog: Catalog) -> None:
    """PUBLIC may execute nothing."""
    assert (
        column(
            catalog,
            f"""
            select p.name from ({FUNCTIONS}) as p
            where p.proacl is null or exists (
              select from aclexplode(p.proacl) as a where a.grantee = 0
            )
            """,
        )
        == []
    )


def test_nobody_but_the_owner_chooses_the_time(catalog: Catalog) -> None:
    """Time is an argument of internal functions only: stale flags would look fresh."""
    granted = catalog.execute(
        f"select f.name from ({FUNCTIONS}) as f where 'p_now' = any (f.proargnames)"
        " and exists (select from aclexplode(f.proacl) as a"
        " where a.grantee <> f.proowner)"
    ).fetchall()
    assert granted == []


def test_a_definer_function_is_internal_pinned_and_explained(catalog: Catalog) -> None:
    """In engine only, deaf to the caller's search_path, with its reason on top."""
    definers = catalog.execute(
        f"""
        select
          p.name,
          coalesce(p.proconfig, '{{}}') @> '{{"search_path=pg_catalog, pg_temp"}}'
            or p.prosqlbody is not null
        from ({FUNCTIONS}) as p where p.prosecdef
        """
    ).fetchall()
    assert len(definers) > 20
    assert [name for name, _ in definers if not name.startswith("engine.")] == []
    assert [name for name, pinned in definers if not pinned] == []
    files = function_files()
    assert [
        name
        for name, _ in definers
        if not files[name].read_text().startswith(("-- ", "--\n"))
    ] == []


def test_no_function_executes_a_string_that_it_built(catalog: Catalog) -> None:
    """Only bootstrap.sql does, on names from the catalog, and two that know no name.

    A part of a table has its day in its name.
    """
    bodies = catalog.execute(f"select p.name, p.prosrc from ({FUNCTIONS}) as p")
    assert [
        name
        for name, body in bodies
        if re.search(r"\bexecute\b", re.sub(r"--.*", "", body), re.IGNORECASE)
    ] == ["engine.add_offer_days", "engine.drop_offer_days"]


# What depends on the database's locale, and has no form that does not.
_OF_A_LOCALE = re.compile(r"\b(?:ilike|similar\s+to|citext|initcap)\b|!?~~\*", re.I)
_CASE = re.compile(r"\b(?:lower|upper)\s*\(", re.I)
# A match that ignores case, or has a class of letters; what stands before it is pinned.
_MATCH = re.compile(
    r"""(?P<before>\S+\s+\S+)\s+(?:!?~\*|!?~\s+'[^']*(?:\\[wW]|\[\[:)[^']*')""", re.I
)


def of_the_locale(text: str) -> list[str]:
    """Return what in an SQL text means something else under another locale."""
    body = re.sub(r"--.*", "", text)
    found = _OF_A_LOCALE.findall(body)
    for match in _CASE.finditer(body):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(body[end], 0)
            end += 1
        call = body[match.start() : end]
        # The ends of a range, which is called so everywhere, are no letters.
        if not re.search(r'collate "C"\s*\)$|\.during\)$', call):
            found.append(call)
    return found + [
        match.group()
        for match in _MATCH.finditer(body)
        if match["before"] != 'collate "C"'
    ]


def test_codes_do_not_depend_on_the_databases_locale() -> None:
    """Letters are compared and changed under "C": in Turkish, INR is not inr."""
    assert of_the_locale(
        "lower(a.b) upper(coalesce(c, 'x')) d ilike e f similar to g initcap(h)"
        " i ~* 'j' k !~* 'l' m ~ '^\\w+$' lower(n collate \"C\" || o)"
    ) == [
        "ilike",
        "similar to",
        "initcap",
        "lower(a.b)",
        "upper(coalesce(c, 'x'))",
        'lower(n collate "C" || o)',
        "initcap(h) i ~*",
        "'j' k !~*",
        "'l' m ~ '^\\w+$'",
    ]
    pinned = (
        'lower(a collate "C") b collate "C" ~* \'c\' d collate "C" !~ \'\\w\''
        " lower_inf(e) f ~ '^[a-z]$' -- lower(g)"
    )
    assert of_the_locale(pinned) == []
    released = (SQL / "migrations" / "SHA256SUMS").read_text()
    written = [
        *code_files(),
        *SQL.glob("*.sql"),
        *(p for p in SQL.glob("migrations/*.sql") if p.name not in released),
    ]
    assert {
        path.name: found
        for path in written
        if path.name != "tables.sql" and (found := of_the_locale(path.read_text()))
    } == {}


def test_every_table_forces_row_level_security(catalog: Catalog) -> None:
    """On its owner too; the migration tool's tables are the owner's alone."""
    open_tables = column(
        catalog,
        f"""
        select t.relname from ({TABLES}) as t
        where not t.relrowsecurity or not t.relforcerowsecurity
        """,
    )
    assert sorted(open_tables) == sorted(BOOKKEEPING)
    assert (
        column(
            catalog,
            f"""
            select t.relname from ({TABLES}) as t
            where t.relname = any (%(tables)s) and t.relacl is not null
            """,
            tables=list(BOOKKEEPING),
        )
        == []
    )


def test_the_owner_role_owns_everything(catalog: Catalog) -> None:
    """But the functions whose definer is pg_cron's role."""
    assert column(
        catalog,
        f"""
        select o.name from (
          select p.name, p.proowner as owner from ({FUNCTIONS}) as p
          union all
          select t.name, t.relowner from ({TABLES}) as t
        ) as o
        where o.owner <> 'skylatch_owner'::regrole
        order by o.name
        """,
    ) == ["engine.change_cron_job", "engine.follow_cron_node"]


def test_views_read_as_their_caller(catalog: Catalog) -> None:
    """security_invoker, so that row level security applies to whoever asks."""
    assert (
        column(
            catalog,
            """
            select c.oid::regclass::text from pg_class as c
            where c.relkind in ('v', 'm')
              and c.relnamespace in ('engine'::regnamespace, 'public'::regnamespace)
              and not coalesce(c.reloptions, '{}') @> '{security_invoker=true}'
            """,
        )
        == []
    )


def test_names_begin_with_their_tables(catalog: Catalog) -> None:
    """Constraints <table>_<rule>, indexes <table>_<columns>_idx."""
    assert (
        column(
            catalog,
            f"""
            select k.conname
            from pg_constraint as k
            inner join ({TABLES}) as t on t.oid = k.conrelid
            where t.relname <> all (%(bookkeeping)s)
              -- A part has its table's, by their names.
              and k.coninhcount = 0
              and not starts_with(k.conname, t.relname || '_')
            union all
            select c.relname
            from pg_index as i
            inner join ({TABLES}) as t on t.oid = i.indrelid
            inner join pg_class as c on c.oid = i.indexrelid
            where t.relname <> all (%(bookkeeping)s)
              and not exists (
                select from pg_constraint as k where k.conindid = i.indexrelid
              )
              and not (
                starts_with(c.relname, t.relname || '_') and c.relname like '%%\\_idx'
              )
            """,
            bookkeeping=list(BOOKKEEPING),
        )
        == []
    )


def test_a_policys_name_is_its_table_role_and_command(catalog: Catalog) -> None:
    """<table>_<role>_<command>; one role each, never PUBLIC."""
    policies = catalog.execute(
        """
        select policyname, tablename, roles::text[], cmd from pg_policies
        where schemaname in ('engine', 'public')
        """
    ).fetchall()
    assert len(policies) > 30
    assert [
        name
        for name, table, roles, command in policies
        if len(roles) != 1
        or name != f"{table}_{roles[0].removeprefix('skylatch_')}_{command.lower()}"
    ] == []


def test_every_foreign_key_has_an_index_that_covers_it(catalog: Catalog) -> None:
    """Whole and from the front, so that no delete and no join reads a whole table."""
    uncovered = catalog.execute(
        f"""
        select k.conname, r.relnamespace::regnamespace || '.' || r.relname
        from pg_constraint as k
        inner join ({TABLES}) as t on t.oid = k.conrelid
        inner join pg_class as r on r.oid = k.confrelid
        where k.contype = 'f' and not exists (
          select from pg_index as i
          where i.indrelid = k.conrelid
            and i.indpred is null
            and i.indisvalid
            and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
        )
        """
    ).fetchall()
    assert [name for name, table in uncovered if table not in REFERENCE_TABLES] == []


def test_an_index_is_not_the_beginning_of_another(catalog: Catalog) -> None:
    """A prefix of a whole index only costs writes."""
    assert (
        column(
            catalog,
            f"""
            select i.indexrelid::regclass::text
            from pg_index as i
            inner join ({TABLES}) as t on t.oid = i.indrelid
            inner join pg_index as j
              on j.indrelid = i.indrelid and j.indexrelid <> i.indexrelid
            where not i.indisunique
              and i.indpred is null
              and j.indpred is null
              and i.indkey::text || ' ' = left(
                j.indkey::text || ' ', length(i.indkey::text) + 1
              )
            """,
        )
        == []
    )


# Whatever makes a day, an hour or a local time of a moment, or the reverse, by the zone
# of the session: casts, comparisons, functions. Without these rows of the catalog such
# an expression cannot be read, wherever it stands. A date is a local time only where
# that is written out: else it counts as a moment first, as in age() and to_char().
WITHOUT_A_ZONE = """
  delete from pg_cast
  where {moment} in (castsource, casttarget)
    and (castsource in ({local}) or casttarget in ({local}));
  update pg_cast set castcontext = 'e'
  where castsource = 'date'::regtype and casttarget = 'timestamp'::regtype;
  delete from pg_operator
  where oprleft in ({moment}, {local})
    and oprright in ({moment}, {local})
    and (oprleft = {moment}) <> (oprright = {moment});
  delete from pg_proc
  where pronamespace = 'pg_catalog'::regnamespace
    and proname in ('date_trunc', 'to_char', 'age')
    and {moment} = any (proargtypes::oid[])
    and not (proname = 'date_trunc' and pronargs = 3);
""".format(
    moment="'timestamptz'::regtype::oid",
    local="'date'::regtype::oid, 'timestamp'::regtype::oid, 'time'::regtype::oid,"
    " 'timetz'::regtype::oid",
)
# What the catalog does not tell apart: `extract` of a moment also counts seconds, which
# have no zone; these words are moments of the session; and a text has forgotten its
# zone.
OF_A_SESSION = re.compile(
    r"\b(?:current_date|current_time|localtime|localtimestamp|date_part)\b"
    r"|\bextract\s*\(\s*(?!year\s+from\s+age\b|epoch\b)\w+"
    r"|(?<!'UTC')::text\)*::(?:date|time|timestamp)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def without_a_zone(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Catalog]:
    """Connect to a clone in which no date can be made of a moment without a zone."""
    with cloned_database(cluster, template, clone_name) as dsn:
        with psycopg.connect(dsn, autocommit=True) as surgeon:
            surgeon.execute("create extension plpgsql_check")
            surgeon.execute("set allow_system_table_mods = on")
            surgeon.execute(WITHOUT_A_ZONE.encode())
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("set search_path = pg_catalog, pg_temp")
            yield connection


def unreadable(catalog: Catalog) -> dict[str, str]:
    """Return every function that cannot be read in this catalog, and why."""
    found: dict[str, str] = dict(
        catalog.execute(
            f"""
            select p.name, min(concat_ws(': ', r.message, r.detail))
            from ({FUNCTIONS}) as p
            inner join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
            left join pg_trigger as t on t.tgfoid = p.oid and not t.tgisinternal
            cross join lateral public.plpgsql_check_function_tb(
              p.oid, coalesce(t.tgrelid, 0), oldtable => t.tgoldtable,
              newtable => t.tgnewtable, performance_warnings => true
            ) as r
            where r.level = 'error'
              and r.message <> all (array[
                'schema "net" does not exist', 'schema "cron" does not exist',
                'relation "cron.job_run_details" does not exist'
              ])
              or r.detail ~ 'cast "(timestamp|date).* value to "(timestamp|date|time)'
            group by p.name
            """
        ).fetchall()
    )
    for name, definition in catalog.execute(
        f"""
        select p.name, pg_get_functiondef(p.oid) from ({FUNCTIONS}) as p
        inner join pg_language as l on l.oid = p.prolang and l.lanname = 'sql'
        union all
        select c.relname, rtrim(pg_get_viewdef(c.oid), ';') || ' limit 0'
        from pg_class as c
        where c.relkind = 'v'
          and c.relnamespace in ('engine'::regnamespace, 'public'::regnamespace)
        """
    ).fetchall():
        try:
            with catalog.transaction():
                catalog.execute(definition.encode())
        except psycopg.Error as error:
            found[name] = str(error)
    return found


def test_no_string_means_something_else_in_another_session(catalog: Catalog) -> None:
    """A body that is kept as text is read by the caller's standard_conforming_strings.

    Where those are off, a backslash in a plain string is gone before it is matched; one
    in E'…' is the same everywhere.
    """
    bodies = catalog.execute(
        f"""
        select p.name, p.prosrc
        from ({FUNCTIONS}) as p
        inner join pg_language as l on l.oid = p.prolang
        where l.lanname in ('sql', 'plpgsql') and p.prosqlbody is null
        """
    ).fetchall()
    assert len(bodies) > 100
    escaped = re.compile(r"\bE'(?:[^'\\]|\\.|'')*'")
    assert [name for name, body in bodies if "\\" in escaped.sub("", body)] == []


def test_nothing_in_python_runs_in_a_parallel_plan(catalog: Catalog) -> None:
    """A query from it would fail there, and the next call crash the server."""
    assert catalog.execute(
        f"""
        select count(*), count(*) filter (where p.proparallel <> 'u')
        from ({FUNCTIONS}) as p
        inner join pg_language as l on l.oid = p.prolang and l.lanname = 'plpython3u'
        """
    ).fetchone() == (5, 0)


def test_a_date_is_made_of_a_moment_only_with_a_named_zone(
    without_a_zone: Catalog,
) -> None:
    """The zone of the session decides nothing: no cast, no comparison, no function."""
    assert unreadable(without_a_zone) == {}
    said = [
        (name, match.group())
        for name, body in without_a_zone.execute(
            f"""
            select p.name, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
            from ({FUNCTIONS}) as p
            """
        )
        for match in OF_A_SESSION.finditer(re.sub(r"--.*", "", body))
    ]
    assert said == []


@pytest.mark.parametrize(
    "body",
    [
        "select now()::date",
        "select current_date - 1 < now()",
        "select '2026-01-01'::date <= now()",
        "select now() > '2026-01-01'::timestamp",
        "select date_trunc('day', now())",
        "select to_char(now(), 'HH24')",
        "select now()::time",
    ],
)
@pytest.mark.parametrize("language", ["sql", "plpgsql"])
def test_the_guard_sees_a_date_without_a_zone(
    without_a_zone: Catalog, language: str, body: str
) -> None:
    """In both languages, written out or implied."""
    inner = f"{body};"
    if language == "plpgsql":
        inner = f"begin perform {body[7:]}; end"
    with without_a_zone.transaction(force_rollback=True):
        without_a_zone.execute("set local check_function_bodies = off")
        without_a_zone.execute(
            f"create function engine.of_a_session() returns void language {language}"
            f" volatile as $$ {inner} $$".encode()
        )
        without_a_zone.execute("set local check_function_bodies = on")
        assert list(unreadable(without_a_zone)) == ["engine.of_a_session"]


def test_the_guard_sees_a_moment_that_is_assigned_to_a_date(
    without_a_zone: Catalog,
) -> None:
    """Which PL/pgSQL does by way of a text, whatever casts there are."""
    with without_a_zone.transaction(force_rollback=True):
        without_a_zone.execute(
            "create function engine.of_a_session() returns void language plpgsql"
            " volatile as $$ declare v_day date; begin v_day := now(); end $$"
        )
        assert list(unreadable(without_a_zone)) == ["engine.of_a_session"]


def test_every_statement_about_a_relation_is_one_that_a_deploy_compares() -> None:
    """It leaves alone what did not change, and takes tables for nothing else."""
    begins = re.compile(
        r"^(?:(?:create|create or replace|drop) (?:policy|trigger|view)|alter table"
        r"|(?:grant|revoke)[^;]*?\bon (?!function|schema))\b",
        re.MULTILINE,
    )
    for path in code_files():
        found = begins.search(_STATEMENT.sub("", path.read_text()))
        assert found is None, f"{path}: {found}"


# Those that make the tables: no database with bookings in it meets them.
FIRST_MIGRATIONS = 12


def later_migrations() -> dict[str, str]:
    """Return the migrations that databases with bookings in them meet, and texts."""
    paths = sorted((SQL / "migrations").glob("*.sql"))
    return {p.name: p.read_text() for p in paths if int(p.name[:4]) > FIRST_MIGRATIONS}


def holds_up_writers(migration: str) -> bool:
    """Tell whether it builds an index while nobody can write to the table."""
    indexes = re.finditer(
        r"create (?:unique )?index (?P<how>concurrently )?[^;]*?\bon ([\w.]+)",
        migration,
    )
    return any(
        not found["how"] and f"create table {found[2]} (" not in migration
        for found in indexes
    )


def cannot_be_repeated(migration: str) -> bool:
    """Tell whether a deploy that is killed in the middle of it leaves what stays."""
    names = re.findall(r"create (?:unique )?index concurrently (\w+)", migration)
    in_pieces = "-- transactional: false" in migration
    if not in_pieces:
        return bool(names)
    # To look at every row of a table takes as long as to index it.
    return not (names or "validate constraint" in migration) or not all(
        re.search(
            f"drop index concurrently if exists (?:public|engine).{name};", migration
        )
        for name in names
    )


def test_a_migration_builds_no_index_of_a_table_that_is_in_use() -> None:
    """Whoever writes to it would wait until the index is there."""
    index = "create index t_a_idx on engine.t (a);"
    assert holds_up_writers(index)
    assert not holds_up_writers(f"create table engine.t (a int);\n{index}")
    assert not holds_up_writers(index.replace("index", "index concurrently"))
    assert [
        name for name, text in later_migrations().items() if holds_up_writers(text)
    ] == []


def test_what_is_not_one_transaction_can_be_repeated() -> None:
    """A deploy that is killed in between leaves an index that is not valid."""
    pieces = "-- transactional: false\n"
    index = "create index concurrently t_a_idx on engine.t (a);"
    drop = "drop index concurrently if exists engine.t_a_idx;\n"
    for text in (index, pieces + index, f"{pieces}drop table engine.t;", drop + index):
        assert cannot_be_repeated(text), text
    for text in ("select 1;", pieces + drop + index, f"{pieces}… validate constraint"):
        assert not cannot_be_repeated(text), text
    assert [
        name for name, text in later_migrations().items() if cannot_be_repeated(text)
    ] == []
