"""Deploys and schedules where there is more than one server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from sidecar.deploy import deploy
from sidecar.deploy_checks import NotReady, look
from tests.factories import until
from tests.servers import Server, caught_up, fail_over, server, standby

DATABASE = "travel"
# Over sockets, as pg_cron 1.4 has to run: each server's is at another place.
SOCKETS = {"cron__use_background_workers": "off"}


@dataclass(frozen=True)
class Pair:
    """A primary and its hot standby."""

    primary: Server
    second: Server

    def dsn(self, *servers: Server, user: str = "postgres") -> str:
        """Return the connection string that names these servers in this order."""
        return make_conninfo(
            host=",".join(str(one.socket_dir) for one in servers),
            port=self.primary.port,
            dbname=DATABASE,
            user=user,
        )


@pytest.fixture
def primary() -> Iterator[Server]:
    """Serve a primary with an empty database."""
    with server(cron_database=DATABASE, **SOCKETS) as running:
        running.create_database(DATABASE)
        yield running


@pytest.fixture
def pair(primary: Server) -> Iterator[Pair]:
    """Serve its standby too."""
    with standby(primary, cron_database=DATABASE) as second:
        yield Pair(primary, second)


def test_a_deploy_finds_the_primary_whichever_host_is_first(pair: Pair) -> None:
    """Each step of it: what is looked at, psql, migrations, data; again, and after."""
    first = pair.dsn(pair.second, pair.primary)
    assert not look(first).stops
    deploy(first)
    deploy(pair.dsn(pair.primary, pair.second))
    with psycopg.connect(pair.primary.dsn(DATABASE)) as connection:
        assert connection.execute("select engine.bootstrap_problems()").fetchall() == []
        jobs = connection.execute("select count(*) from cron.job").fetchone()
        assert jobs == (5,)
    # The standby alone takes no writes: one line, and nothing was tried.
    with pytest.raises(NotReady) as refused:
        deploy(pair.dsn(pair.second))
    (finding,) = refused.value.findings
    assert "read-only" in finding.problem
    assert finding.remedy.startswith("name the primary's host too")
    until(lambda: caught_up(pair.primary, pair.second))
    fail_over(pair.primary, pair.second)
    # The dead one first now.
    deploy(pair.dsn(pair.primary, pair.second))


def test_jobs_run_again_after_a_failover_though_they_knew_the_old_server_s_socket(
    pair: Pair,
) -> None:
    """pg_cron fails each of them until a heartbeat finds it silent."""
    deploy(pair.dsn(pair.primary, pair.second))
    until(lambda: caught_up(pair.primary, pair.second))
    fail_over(pair.primary, pair.second)
    with psycopg.connect(
        pair.second.dsn(DATABASE), autocommit=True, row_factory=dict_row
    ) as admin:

        def nodes() -> set[str]:
            rows = admin.execute("select nodename from cron.job").fetchall()
            return {row["nodename"] for row in rows}

        def count(query: str) -> int:
            row = admin.execute(query.encode()).fetchone()
            return int(row["count"]) if row else 0

        def beat() -> None:
            with psycopg.connect(
                make_conninfo(pair.second.dsn(DATABASE), user="skylatch_sidecar"),
                autocommit=True,
            ) as sidecar:
                sidecar.execute("select engine.heartbeat('test', '0.1.0')")

        assert nodes() == {str(pair.primary.socket_dir)}
        until(
            lambda: count(
                "select count(*) from cron.job_run_details where status = 'failed'"
            ),
            seconds=100,
        )
        # Not silent for long enough: it might be about to run.
        beat()
        assert nodes() == {str(pair.primary.socket_dir)}
        before = count("select sum(jobid) as count from cron.job")
        admin.execute(
            "update engine.job_beats set scheduled_at = now() - interval '4 minutes'"
        )
        beat()
        assert nodes() == {str(pair.second.socket_dir)}
        moved = count("select sum(jobid) as count from cron.job")
        assert moved > before
        # Nothing is taken down that is right already.
        beat()
        assert count("select sum(jobid) as count from cron.job") == moved
        assert count("select count(*) from cron.job") == 5
        until(
            lambda: count(
                "select count(*) from engine.job_beats"
                " where job = 'recover' and cron_succeeded_at is not null"
            ),
            seconds=100,
        )


def test_a_job_that_somebody_deactivated_is_left_alone(primary: Server) -> None:
    """Another server's socket or not: it was not to run."""
    deploy(primary.dsn(DATABASE))
    with psycopg.connect(primary.dsn(DATABASE), autocommit=True) as admin:
        admin.execute(
            "update cron.job set nodename = '/elsewhere', active = jobname <> 'recover'"
        )
        deploy(primary.dsn(DATABASE))
        rows = admin.execute(
            "select jobname, active from cron.job where nodename = '/elsewhere'"
        ).fetchall()
        assert rows == [("recover", False)]


def test_pg_cron_s_records_are_removed_after_a_week(primary: Server) -> None:
    """Four and a half thousand a day; what runs, and what is another's, stays."""
    deploy(primary.dsn(DATABASE))
    with psycopg.connect(primary.dsn(DATABASE), autocommit=True) as admin:
        admin.execute(
            "insert into cron.job_run_details"
            " (jobid, runid, username, status, start_time, end_time)"
            " select 1, -n, username, status, ended, ended"
            " from (values"
            "  (1, 'skylatch_cron', 'succeeded', now() - interval '8 days'),"
            "  (2, 'skylatch_cron', 'failed', now() - interval '8 days'),"
            "  (3, 'skylatch_cron', 'failed', null),"
            "  (4, 'skylatch_cron', 'succeeded', now() - interval '6 days'),"
            "  (5, 'skylatch_cron', 'running', now() - interval '8 days'),"
            "  (6, 'postgres', 'succeeded', now() - interval '8 days')"
            " ) as r (n, username, status, ended)"
        )
        with psycopg.connect(
            make_conninfo(primary.dsn(DATABASE), user="skylatch_cron"),
            autocommit=True,
        ) as job:
            job.execute("select engine.purge_cron_log()")
        kept = admin.execute(
            "select -runid from cron.job_run_details where runid < 0 order by 1"
        ).fetchall()
        assert [row[0] for row in kept] == [4, 5, 6]
