"""docs/runbook.md: a page for each alert that there is, and queries that run."""

from __future__ import annotations

import re

import psycopg
import pytest
import yaml
from psycopg import sql

from sidecar.alerts import PAGES
from tests.conftest import Connect
from tests.factories import World
from tests.sql.sources import CHECKOUT, SQL
from tests.sql.test_protocol import Stage, answer, stage

__all__ = ["stage"]

RUNBOOK = (CHECKOUT / "docs/runbook.md").read_text()
RULES = CHECKOUT / "sidecar/observability/alerts.yml"
# Those that Prometheus fires, whether or not its rules are here.
FIRED = {
    *("BookingFailureRatio", "NoSuccessfulTick", "OrderUnknown", "ReviewCaseOpen"),
    *("InvariantViolated", "HoldNearCaptureBefore", "NoSearchSuccess", "BreakerOpen"),
    *("FlagsStale", "FlagSourceGone", "KillSwitchEngaged", "JobSilent", "QueueOld"),
    *("ProviderBudgetSpent", "DatabaseUnreachable", "SidecarDown"),
    "HistoryUnconfirmed",
}
_QUERY = re.compile(r"```sql\n-- (\w+)(, pg_cron)?\n(.*?);\n```", re.DOTALL)


def pages() -> dict[str, str]:
    """Return each page of the runbook by its heading."""
    parts = re.split(r"^## (\w+)$", RUNBOOK, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def kinds() -> set[str]:
    """Return the kinds of alert that the database raises."""
    found = {
        kind
        for name in ("open_alerts", "watch_alerts")
        for kind in re.findall(
            r"select\s+'([A-Z_]+)',", (SQL / f"operations/{name}.sql").read_text()
        )
    }
    assert len(found) > 15
    return found


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    """What the database raises, what the relay adds, what Prometheus fires."""
    assert set(PAGES) == kinds() | {"DATABASE_UNREACHABLE"}
    assert set(pages()) == set(PAGES.values()) | FIRED
    for kind, page in PAGES.items():
        told = pages()[page].partition("Told as:")[2].partition("\n\n")[0]
        assert f"`{kind}`" in told, (kind, page)


def test_every_kind_of_case_is_explained(connect: Connect) -> None:
    """With what happened, on the page of the alert that tells of cases."""
    table = re.findall(r"^\| (`[^|]+) \| ", pages()["ReviewCaseOpen"], re.MULTILINE)
    explained = [kind for cell in table for kind in re.findall(r"`([A-Z_]+)`", cell)]
    rows = connect().execute(
        "select value from engine.metric_labels() where label = 'case' order by 1"
    )
    assert sorted(explained) == [value for (value,) in rows.fetchall()]


def test_the_rules_of_prometheus_fire_what_has_a_page() -> None:
    """The file of rules, where there is one, and the list above are the same."""
    if not RULES.exists():
        return
    groups = yaml.safe_load(RULES.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert {rule["alert"] for rule in rules} == FIRED
    for rule in rules:
        assert rule["annotations"]["runbook"].endswith(f"#{rule['alert'].lower()}")


def test_every_page_says_what_it_means_and_what_to_do_and_not_to_do() -> None:
    """In the same order, so that they are found at three in the morning."""
    for name, text in pages().items():
        found = re.findall(r"\*\*(Means|Look|Do not|Do)\b", text)
        assert found == ["Means", "Look", "Do", "Do not"], name
        assert _QUERY.search(text), name


@pytest.mark.parametrize(
    ("page", "role", "query"),
    [
        pytest.param(name, found[0], found[2], id=f"{name}-{number}")
        for name, text in pages().items()
        for number, found in enumerate(_QUERY.findall(text))
        if not found[1]
    ],
)
def test_every_query_runs_as_the_role_it_is_for(
    connect: Connect, page: str, role: str, query: str
) -> None:
    """With the rights of that role and no others; it changes nothing."""
    with connect(role, autocommit=False) as connection:
        connection.read_only = True
        cursor = connection.execute(query.encode())
        assert cursor.description, page
        names = {column.name for column in cursor.description}
        assert not names & {"user_id", "given_name", "family_name", "email", "born_on"}


_SHOWN = {
    "OrderUnknown": (
        "update public.booking_attempts"
        " set state_changed_at = now() - interval '11 minutes'"
    ),
    "HoldNearCaptureBefore": (
        "update public.booking_attempts set capture_before = now() + interval '1 hour'"
    ),
    # Between two pauses.
    "BreakerOpen": (
        "insert into engine.breakers (operation, failures, last_error, changed_at,"
        " open_until) values ('search', 6, '500', now(), now() - interval '1 minute')"
    ),
    "KillSwitchEngaged": "select engine.set_kill_switch(true, 'a drill')",
    "FlagSourceGone": "select engine.miss_flags('file', 'it cannot be read')",
}


@pytest.mark.parametrize("page", _SHOWN)
def test_the_first_query_of_a_page_shows_what_was_told(stage: Stage, page: str) -> None:
    """At the moment of the alert: no case is needed, and no pause."""
    order = stage.drive(stage.trip(), "create_order")
    stage.mark_sent(order)
    stage.finish(answer(order, 500))
    stage.rows(_SHOWN[page])
    told = stage.rows("select kind, subject from engine.watch_alerts()")
    (kind,) = [one for one in PAGES if PAGES[one] == page]
    (subject,) = [one["subject"] for one in told if one["kind"] == kind]
    role, _, query = _QUERY.findall(pages()[page])[0]
    with stage.sql.transaction():
        stage.rows(f"set local role {role}")
        rows = stage.rows(query)
    assert rows
    if "subject" in rows[0]:
        assert [row["subject"] for row in rows] == [subject]


def test_the_query_about_pg_cron_runs_where_it_is(cron_database: str) -> None:
    """Only a superuser may look there."""
    (query,) = [found[2] for found in _QUERY.findall(RUNBOOK) if found[1]]
    with psycopg.connect(cron_database, autocommit=True) as connection:
        assert connection.execute(query.encode()).description


def test_every_call_that_a_page_advises_exists(world: World) -> None:
    """`select f(…)` in the text names a function that operators may execute."""
    advised = set(re.findall(r"`select ((?:engine\.)?\w+)\(", RUNBOOK))
    assert len(advised) > 4
    for name in advised:
        schema, _, function = name.rpartition(".")
        allowed = world.rows(
            "select 1 from pg_proc as p where p.pronamespace = %s::regnamespace"
            " and p.proname = %s and (has_function_privilege('skylatch_operator',"
            " p.oid, 'execute') or has_function_privilege('skylatch_cron', p.oid,"
            " 'execute'))",
            schema or "public",
            function,
        )
        assert allowed, name


def test_the_watch_may_see_alerts_and_nothing_else(connect: Connect) -> None:
    """The relay's login: no table, no call of the sidecar's, no setting."""
    watch = connect("skylatch_watch")
    assert watch.execute("select count(*) from engine.watch_alerts()").fetchone()
    for query in (
        "select * from public.trip_requests",
        "select * from engine.workers",
        "select engine.claim_calls('me', 1, 1)",
        "select engine.beat_flags('file')",
        "select engine.set_kill_switch(true, 'no')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            watch.execute(sql.SQL(query))  # type: ignore[arg-type]
