"""`python -m sidecar deploy`: looks first, says what it did, and what comes next."""

from __future__ import annotations

import psycopg
import pytest

from sidecar import __version__
from sidecar.deploy_facts import our_migrations
from tests.e2e.test_refused_databases import everything
from tests.servers import server
from tests.sidecar.test_command_line import sidecar

NEXT = {
    "\\password skylatch_sidecar": "alter role skylatch_sidecar password 'x'",
    "create role NAME login in role skylatch_operator": (
        "create role ada login in role skylatch_operator"
    ),
    "add the first user": "insert into auth.users default values",
    "let pg_cron in as skylatch_cron": (
        "update engine.job_beats set cron_succeeded_at = now()"
    ),
    "python -m sidecar check": "select engine.heartbeat('one', '0.1.0')",
}


def test_a_deploy_says_what_it_found_what_it_did_and_what_is_next() -> None:
    """Each step is named until it was taken; a look changes nothing; it may repeat."""
    with server(cron_database="travel", cron__use_background_workers="off") as found:
        found.create_database("travel")
        dsn = found.dsn("travel")
        before = everything(dsn)
        looked = sidecar("deploy", "--dsn", dsn, "--check")
        assert looked.returncode == 0, looked.stdout + looked.stderr
        assert "✓ a deploy may begin; nothing was changed" in looked.stdout
        assert everything(dsn) == before

        done = sidecar("deploy", "--dsn", dsn)
        assert done.returncode == 0, done.stdout + done.stderr
        count = len(our_migrations())
        assert f"✓ {count} new migrations: 0001_reference_data to " in done.stdout
        assert "✓ schedules of pg_cron" in done.stdout
        assert f"travel is at version {__version__}" in done.stdout
        # The stack's own server lets in by the name of the account.
        assert "\\password" not in done.stdout
        assert "make psql and set session authorization NAME" in done.stdout

        # Another server's rules, as its files say them; nobody has to reload them.
        (found.data / "pg_hba.conf").write_text("local all all trust\n")
        (found.data / "pg_ident.conf").write_text("")
        done = sidecar("deploy", "--dsn", dsn)
        for step in NEXT:
            assert step in done.stdout
        assert "dbname=travel user=skylatch_sidecar" in done.stdout
        assert "make psql" not in done.stdout

        with psycopg.connect(dsn, autocommit=True) as connection:
            for taken in NEXT.values():
                connection.execute(taken.encode())
        again = sidecar("deploy", "--dsn", dsn)
        assert "✓ no new migration" in again.stdout
        assert "next:" not in again.stdout
        for step in NEXT:
            assert step not in again.stdout


def test_a_deploy_that_may_not_begin_says_so_and_ends_with_status_1(
    database: str,
) -> None:
    """Every reason on a line of its own, and no traceback."""
    options = ("--schema", "travel", "--check")
    refused = sidecar("deploy", "--dsn", database, *options)
    assert refused.returncode == 1
    lines = refused.stdout.splitlines()
    assert [line[0] for line in lines] == ["-", "✗", "✗", "-", "-", "n"]
    assert "--schema travel: the tables live in public only" in lines[1]
    assert "pg_cron serves the database skylatch_cron, not " in lines[2]
    assert lines[5] == "nothing was changed; 2 things to mend first"
    assert refused.stderr == ""


@pytest.mark.parametrize("arguments", [(), ("--dsn",)])
def test_a_deploy_without_a_database_is_refused(arguments: tuple[str, ...]) -> None:
    """Status 2, as everywhere: nothing is taken for granted."""
    assert sidecar("deploy", *arguments).returncode == 2
