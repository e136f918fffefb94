"""The output of ``sidecar deploy``: what was found, what was done, what comes next."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg.conninfo import make_conninfo

from sidecar import __version__
from sidecar.deploy_checks import Look, writable
from sidecar.deploy_facts import Facts, our_migrations
from sidecar.deploy_findings import Finding
from sidecar.sessions import pinned

Say = Callable[[str], None]
# The steps that are still to do; each key tells that its step was done.
_NEXT = (
    (
        "select rolpassword is not null or exists (select from pg_ident_file_mappings"
        " where pg_username = 'skylatch_sidecar') from pg_authid"
        " where rolname = 'skylatch_sidecar'",
        "give the sidecar's role a password, unless pg_hba.conf lets it in without:"
        " \\password skylatch_sidecar",
    ),
    (
        "select count(*) > 0 from engine.workers",
        "set SKYLATCH_DATABASE_URL to {url} and the other settings (docs/operate.md),"
        " run python -m sidecar check, then work and serve",
    ),
    (
        "select count(*) > 0 from pg_auth_members"
        " where roleid = 'skylatch_operator'::regrole",
        "give each operator a login: create role NAME login in role skylatch_operator"
        "{let_in}",
    ),
    (
        "select count(*) > 0 from auth.users",
        "add the first user: insert into auth.users (email) values ('…') returning id;"
        " the id is the `sub` of that user's token",
    ),
)
# The stack of `make up` lets in by socket only, and only whom its pg_ident.conf names.
_IS_OUR_STACK = (
    "select exists (select from pg_hba_file_rules"
    " where auth_method = 'peer' and 'map=skylatch' = any (options))"
)
_STACK_LETS_IN = (
    " (this server lets in no login of another name: be that operator by"
    " make psql and set session authorization NAME)"
)
_CRON_NEXT = (
    # Where pg_cron logs in like a client, the server has to let it.
    "select current_setting('cron.use_background_workers', true) = 'on'"
    " or exists (select from engine.job_beats where cron_succeeded_at is not null)",
    "let pg_cron in as skylatch_cron, without a password, at {cron} (pg_hba.conf);"
    " select * from engine.job_overview() says in five minutes whether it works",
)


def say_found(found: Look, say: Say) -> None:
    """Print all findings, one line each, those that stop a deploy first."""
    if found.facts is not None:
        say(f"- {_describe(found.facts)}")
    for one in sorted(found.findings, key=lambda finding: not finding.stops):
        say(f"{'✗' if one.stops else '-'} {one}")


def say_refused(findings: list[Finding], say: Say) -> None:
    """Print that nothing was changed."""
    count = sum(one.stops for one in findings)
    say(f"nothing was changed; {count} thing{'s' if count > 1 else ''} to mend first")


def say_done(before: Facts, dsn: str, say: Say, *, cron: bool) -> None:
    """Print what a deploy did to a database that was as `before`, and what is next."""
    new = sorted(set(our_migrations()) - set(before.applied))
    say("✓ roles, extensions and their limits")
    if new:
        span = new[0] if len(new) == 1 else f"{new[0]} to {new[-1]}"
        say(f"✓ {len(new)} new migration{'s' if len(new) > 1 else ''}: {span}")
    else:
        say("✓ no new migration")
    say("✓ code, currencies and airports")
    say(
        "✓ schedules of pg_cron"
        if cron
        else "- no pg_cron: the sidecars do what is scheduled"
    )
    say(f"{before.database} is at version {__version__}")
    steps = _steps(dsn, cron=cron)
    if steps:
        say("next:")
    for step in steps:
        say(f"  {step}")


def _describe(facts: Facts) -> str:
    version = f"{facts.version // 10000}.{facts.version % 10000}"
    cron = f", pg_cron {facts.cron_version}" if facts.cron_version else ""
    return (
        f"PostgreSQL {version}, database {facts.database} ({facts.encoding}), as"
        f" {facts.login}{cron}"
    )


def _steps(dsn: str, *, cron: bool) -> list[str]:
    with psycopg.connect(pinned(writable(dsn)), autocommit=True) as connection:
        info = connection.info
        values = {
            "url": make_conninfo(
                host=info.host,
                port=info.port,
                dbname=info.dbname,
                user="skylatch_sidecar",
            ),
            "cron": "",
        }
        is_ours = connection.execute(_IS_OUR_STACK.encode()).fetchone()
        values["let_in"] = _STACK_LETS_IN if is_ours and is_ours[0] else ""
        if cron:
            row = connection.execute("show cron.host").fetchone()
            values["cron"] = str(row[0] if row else "localhost")
        steps = []
        for is_done, text in (*_NEXT, *([_CRON_NEXT] if cron else [])):
            row = connection.execute(is_done.encode()).fetchone()
            if not (row and row[0]):
                steps.append(text.format(**values))
        return steps
