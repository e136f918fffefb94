"""Each alert fires on what it is for and on nothing less, by promtool."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.alerts.prometheus import RULES, SHIPPED, hurried, promtool, rules

NAMES = {
    "BookingFailureRatio",
    "BreakerOpen",
    "DatabaseUnreachable",
    "FlagSourceGone",
    "FlagsStale",
    "HistoryUnconfirmed",
    "HoldNearCaptureBefore",
    "InvariantViolated",
    "JobSilent",
    "KillSwitchEngaged",
    "NoSearchSuccess",
    "NoSuccessfulTick",
    "OrderUnknown",
    "ProviderBudgetSpent",
    "QueueOld",
    "ReviewCaseOpen",
    "SidecarDown",
}
# One sample a minute for half an hour, of a stack that is well and has been busy.
HEALTHY = {
    'up{job="skylatch-endpoint"}': "1x30",
    'up{job="skylatch-worker"}': "1x30",
    "skylatch_database_up": "1x30",
    "skylatch_workers": "2x30",
    "skylatch_kill_switch": "0x30",
    "skylatch_flags_stale": "0x30",
    "skylatch_flags_age_seconds": "3x30",
    'skylatch_breaker_open{operation="search"}': "0x30",
    'skylatch_job_silent{job_name="auto_book_monitor"}': "0x30",
    'skylatch_job_silent{job_name="recover"}': "0x30",
    'skylatch_job_cron_silent{job_name="recover"}': "0x30",
    'skylatch_alerts{kind="INVARIANT"}': "0x30",
    'skylatch_alerts{kind="AUTHORIZATION_LAPSING"}': "0x30",
    'skylatch_alerts{kind="HISTORY_UNCONFIRMED"}': "0x30",
    'skylatch_alerts{kind="CALLS_WAITING"}': "0x30",
    'skylatch_review_cases{kind="ATTEMPT"}': "0x30",
    'skylatch_review_cases{kind="INVARIANT"}': "0x30",
    'skylatch_attempts_oldest_seconds{state="ORDER_UNKNOWN"}': "0x30",
    'skylatch_queue_oldest_seconds{queue="event"}': "0x30",
    "skylatch_search_budget_left": "100x30",
    "skylatch_searches_postponed": "0x30",
    "auto_booking_success_total": "0+5x30",
    'auto_booking_failure_total{reason="card_declined"}': "0+1x30",
    'skylatch_searches_total{outcome="answered"}': "0+20x30",
    'skylatch_searches_total{outcome="retried"}': "0+1x30",
}


@dataclass(frozen=True)
class Case:
    """What a healthy stack's series are changed to, and which alerts that fires."""

    alerts: set[str]
    series: dict[str, str | None] = field(default_factory=dict)


def same(name: str, fires: str, quiet: str, *alerts: str) -> list[Case]:
    """Return a case of one series that fires and one that does not."""
    return [Case(set(alerts), {name: fires}), Case(set(), {name: quiet})]


_LAPSING = 'skylatch_alerts{kind="AUTHORIZATION_LAPSING"}'
_ORDERS = 'skylatch_attempts_oldest_seconds{state="ORDER_UNKNOWN"}'
CASES = [
    Case(set()),
    # Of more than half, and of more than a few.
    Case(
        {"BookingFailureRatio"},
        {
            "auto_booking_success_total": "0+1x30",
            'auto_booking_failure_total{reason="card_declined"}': "0+2x30",
        },
    ),
    Case(
        set(),
        {
            "auto_booking_success_total": "0x30",
            'auto_booking_failure_total{reason="card_declined"}': "0x28 1 2",
        },
    ),
    Case(
        set(),
        {
            "auto_booking_success_total": "0+2x30",
            'auto_booking_failure_total{reason="card_declined"}': "0+2x30",
        },
    ),
    # Two endpoints tell the same: it is not counted twice.
    Case(
        set(),
        {
            "auto_booking_success_total": "0x30",
            'auto_booking_failure_total{reason="card_declined"}': "0x26 1 2 3 3",
            'auto_booking_failure_total{reason="card_declined",instance="b"}': (
                "0x26 1 2 3 3"
            ),
        },
    ),
    *same(_ORDERS, "601x30", "600x30", "OrderUnknown"),
    *same('skylatch_review_cases{kind="ATTEMPT"}', "1x30", "0x30", "ReviewCaseOpen"),
    # Which is told as a promise that is broken.
    Case(set(), {'skylatch_review_cases{kind="INVARIANT"}': "1x30"}),
    *same('skylatch_alerts{kind="INVARIANT"}', "1x30", "0x30", "InvariantViolated"),
    *same(_LAPSING, "1x30", "0x30", "HoldNearCaptureBefore"),
    *same(
        'skylatch_alerts{kind="HISTORY_UNCONFIRMED"}',
        "1x30",
        "0x30",
        "HistoryUnconfirmed",
    ),
    *same("skylatch_kill_switch", "1x30", "0x30", "KillSwitchEngaged"),
    Case(
        {"NoSearchSuccess"},
        {'skylatch_searches_total{outcome="answered"}': "500x30"},
    ),
    # Nobody asked.
    Case(
        set(),
        {
            'skylatch_searches_total{outcome="answered"}': "500x30",
            'skylatch_searches_total{outcome="retried"}': "20x30",
        },
    ),
    *same('skylatch_breaker_open{operation="search"}', "1x30", "0x30", "BreakerOpen"),
    Case(
        {"ProviderBudgetSpent"},
        {"skylatch_search_budget_left": "0x30", "skylatch_searches_postponed": "7x30"},
    ),
    # All of it was spent, and nothing waits.
    Case(set(), {"skylatch_search_budget_left": "0x30"}),
    # One tick's rush.
    Case(
        set(),
        {
            "skylatch_search_budget_left": "100x20 0x9",
            "skylatch_searches_postponed": "0x20 7x9",
        },
    ),
    *same("skylatch_flags_age_seconds", "61x30", "60x30", "FlagSourceGone"),
    *same("skylatch_flags_stale", "1x30", "0x30", "FlagsStale"),
    *same(
        'skylatch_job_silent{job_name="auto_book_monitor"}',
        "1x30",
        "0x30",
        "NoSuccessfulTick",
    ),
    *same('skylatch_job_silent{job_name="recover"}', "1x30", "0x30", "JobSilent"),
    *same('skylatch_job_cron_silent{job_name="recover"}', "1x30", "0x30", "JobSilent"),
    *same('skylatch_alerts{kind="CALLS_WAITING"}', "1x30", "0x30", "QueueOld"),
    *same(
        'skylatch_queue_oldest_seconds{queue="event"}', "601x30", "600x30", "QueueOld"
    ),
    *same("skylatch_database_up", "0x30", "1x30", "DatabaseUnreachable"),
    # One of two endpoints reaches it.
    Case(set(), {'skylatch_database_up{instance="b"}': "0x30"}),
    *same('up{job="skylatch-worker"}', "0x30", "1x30", "SidecarDown"),
    *same('up{job="skylatch-endpoint"}', "0x30", "1x30", "SidecarDown"),
    Case({"SidecarDown"}, {'up{job="skylatch-endpoint"}': None}),
    *same("skylatch_workers", "0x30", "1x30", "SidecarDown"),
    # It is being restarted.
    Case(set(), {'up{job="skylatch-worker"}': "1x29 0"}),
]


def test_promtool_runs_every_case(tmp_path: Path) -> None:
    """Only what is named fires, at the thirtieth minute of each case."""
    assert set().union(*(case.alerts for case in CASES)) == NAMES
    tests = []
    for case in CASES:
        series = {
            name: told for name, told in {**HEALTHY, **case.series}.items() if told
        }
        tests.append(
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": told} for name, told in series.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})'
                        " * 0 + 1",
                        "eval_time": "30m",
                        "exp_samples": [
                            {"labels": f'{{alertname="{name}"}}', "value": 1}
                            for name in sorted(case.alerts)
                        ],
                    }
                ],
            }
        )
    (tmp_path / "cases.yml").write_text(
        yaml.safe_dump(
            {"rule_files": [str(RULES)], "evaluation_interval": "15s", "tests": tests}
        )
    )
    promtool("test", "rules", str(tmp_path / "cases.yml"))


def test_the_guard_sees_an_alert_that_does_not_fire(tmp_path: Path) -> None:
    """Otherwise cases that promtool does not look at would pass."""
    (tmp_path / "cases.yml").write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(RULES)],
                "tests": [
                    {
                        "interval": "1m",
                        "input_series": [
                            {"series": "skylatch_kill_switch", "values": "0x30"}
                        ],
                        "promql_expr_test": [
                            {
                                "expr": "count(ALERTS)",
                                "eval_time": "30m",
                                "exp_samples": [{"labels": "{}", "value": 9}],
                            }
                        ],
                    }
                ],
            }
        )
    )
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", str(tmp_path / "cases.yml"))


def test_the_configuration_is_one_that_prometheus_takes(tmp_path: Path) -> None:
    """Rules and configuration as they are shipped, and in the faster copy."""
    promtool("check", "rules", str(RULES))
    promtool("check", "config", "--syntax-only", str(SHIPPED / "prometheus.yml"))
    (tmp_path / "hurried.yml").write_text(hurried(RULES.read_text()))
    promtool("check", "rules", str(tmp_path / "hurried.yml"))


def test_every_alert_has_a_page_of_its_own_and_says_who_is_woken() -> None:
    """By one pattern, which docs/runbook.md is held against."""
    assert rules().keys() == NAMES
    for name, rule in rules().items():
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
        annotations = rule["annotations"]
        assert annotations["summary"], name
        assert annotations["runbook"] == f"docs/runbook.md#{name.lower()}"


def test_the_faster_copy_differs_in_times_alone() -> None:
    """Each is divided by sixty, and no other number is touched."""
    before, after = rules(), rules(hurried(RULES.read_text()))
    told = {name: (before[name]["expr"], after[name]["expr"]) for name in before}
    changed = {name for name, (old, new) in told.items() if old.strip() != new.strip()}
    assert changed == {
        "BookingFailureRatio",
        "FlagSourceGone",
        "NoSearchSuccess",
        "OrderUnknown",
        "QueueOld",
    }
    assert after["OrderUnknown"]["expr"].endswith("> 10")
    assert "[5000ms]" in after["BookingFailureRatio"]["expr"]
    assert after["ProviderBudgetSpent"]["for"] == "15000ms"
    for old, new in told.values():
        times = r"\[\w+\]|(?<=_seconds).*>\s*\d+"
        assert re.sub(times, "", old).split() == re.sub(times, "", new).split()


def test_alertmanager_sends_a_page_to_whoever_is_on_call() -> None:
    """Every severity has a receiver; the database's own alert hides its followers."""
    document = yaml.safe_load((SHIPPED / "alertmanager.yml").read_text())
    names = {receiver["name"] for receiver in document["receivers"]}
    routes = [document["route"], *document["route"]["routes"]]
    assert {route["receiver"] for route in routes} == names
    assert names == {rule["labels"]["severity"] for rule in rules().values()}
    matched = str(document["inhibit_rules"])
    for name in re.findall(r'alertname!?="(\w+)"', matched):
        assert name in NAMES
