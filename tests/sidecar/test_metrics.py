"""GET /metrics: whoever scrapes hears all there is, and nobody is named."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from structlog.testing import capture_logs

from sidecar import __version__
from sidecar.db import Database
from sidecar.errors import SetupError
from sidecar.limits import Budgets, Locks, connect
from sidecar.local.settings import free_port
from sidecar.metric_names import DECLARED, ENDPOINT, ENGINE, PROCESS, PROCESS_LABELS
from sidecar.metrics import Metrics, served
from tests.alerts.prometheus import promtool
from tests.factories import DECLINED, World, until
from tests.raw_server import closed_port
from tests.redis_server import RedisServer
from tests.sandbox.control import Fault
from tests.sidecar.test_web import TOKEN, Endpoint, serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
SCRAPER = "a-token-for-scrapes"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(endpoint: Endpoint, token: str | None = TOKEN) -> requests.Response:
    """Ask for the metrics, as Prometheus does."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{endpoint.url}/metrics", headers=headers, timeout=30)


def samples(text: str) -> Samples:
    """Return the value of each series."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def base_name(series: str) -> str:
    """Return the metric that a series is of."""
    name = re.sub("_(bucket|count|sum)$", "", series)
    return name if name in DECLARED else series


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each scrape ask anew."""
    monkeypatch.setattr("sidecar.metrics._FRESH_SECONDS", 0.0)


# -- who may, and what it costs ------------------------------------------------------


@pytest.mark.parametrize("token", [None, "wrong-token-of-somebody"])
def test_metrics_need_a_token(world: World, token: str | None) -> None:
    """They tell how much is booked and paid."""
    with serving(world.dsn) as endpoint:
        assert scrape(endpoint, token).status_code == 401
        assert scrape(endpoint).status_code == 200


def test_the_token_of_scrapes_opens_nothing_else(world: World) -> None:
    """Whoever configures Prometheus can book nothing by it."""
    with serving(world.dsn, metrics_token=SecretStr(SCRAPER)) as endpoint:
        assert scrape(endpoint, SCRAPER).status_code == 200
        assert scrape(endpoint).status_code == 200
        assert endpoint.rpc("auto_book_monitor", token=SCRAPER).status_code == 401


def test_no_flag_stands_before_the_metrics(world: World) -> None:
    """When booking is off they are what says so."""
    world.rows("select engine.set_kill_switch(true, 'a test')")
    world.rows("delete from engine.flag_data")
    world.rows("update engine.flag_sync set initialized = false, generation = null")
    with serving(world.dsn) as endpoint:
        told = samples(scrape(endpoint).text)
    assert told["skylatch_database_up", frozenset()] == 1
    assert told["skylatch_kill_switch", frozenset()] == 1
    assert told["skylatch_booking_on", frozenset()] == 0
    assert told["skylatch_flags_stale", frozenset()] == 1


def test_a_database_that_is_away_is_a_metric() -> None:
    """Never an error, which would hide what the process itself knows."""
    with (
        serving(f"host=127.0.0.1 port={closed_port()} dbname=none") as endpoint,
        capture_logs() as logs,
    ):
        answers = [scrape(endpoint) for _ in range(3)]
    for answer in answers:
        assert answer.status_code == 200
        told = samples(answer.text)
        assert told["skylatch_database_up", frozenset()] == 0
        assert not any(name == "skylatch_kill_switch" for name, _ in told)
        assert any(name == "skylatch_build_info" for name, _ in told)
    assert {line["event"] for line in logs} >= {"metrics.failed"}


@pytest.mark.usefixtures("fresh")
def test_a_database_that_hangs_is_a_metric_and_is_back_when_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question is out, nobody waits for it, and its answer is believed again."""
    monkeypatch.setattr("sidecar.metrics._PATIENCE_SECONDS", 0.2)
    asked: list[None] = []
    gate, ask = threading.Event(), Database.metrics

    def slowly(database: Database) -> Any:
        asked.append(None)
        gate.wait(30)
        return ask(database)

    monkeypatch.setattr(Database, "metrics", slowly)
    up = ("skylatch_database_up", frozenset[tuple[str, str]]())
    with serving(world.dsn) as endpoint:
        for _ in range(3):
            assert samples(scrape(endpoint).text)[up] == 0
        assert len(asked) == 1
        gate.set()
        until(lambda: samples(scrape(endpoint).text)[up] == 1)


def test_a_sum_that_is_not_known_takes_no_other_number_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was spent in a currency that has no rate, say."""
    asked = Database.metrics

    def with_gaps(database: Database) -> Any:
        labels = {"period": "day"}
        used = {"name": "skylatch_ceiling_used", "labels": labels, "value": None}
        failed = {"name": "auto_booking_failure_total", "labels": {"reason": None}}
        rows = [r for r in asked(database) if r["name"] != used["name"]]
        return [*rows, used, {**failed, "value": 1}]

    monkeypatch.setattr(Database, "metrics", with_gaps)
    with serving(world.dsn) as endpoint:
        told = samples(scrape(endpoint).text)
    assert told["skylatch_database_up", frozenset()] == 1
    assert not any(name == "skylatch_ceiling_used" for name, _ in told)


def test_a_hundred_scrapes_at_once_ask_the_database_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is shared by whoever asks while it is fresh."""
    asked: list[None] = []
    ask = Database.metrics

    def counting(database: Database) -> Any:
        asked.append(None)
        return ask(database)

    monkeypatch.setattr(Database, "metrics", counting)
    monkeypatch.setattr("sidecar.metrics._FRESH_SECONDS", 30.0)
    with serving(world.dsn) as endpoint, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: scrape(endpoint), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(asked) == 1


# -- what is told --------------------------------------------------------------------


@contextmanager
def working_with(world: World, metrics: Metrics, redis_url: str) -> Iterator[None]:
    """Run a worker that measures into `metrics`, its budgets soon spent."""
    world.redis_url = redis_url
    worker, database = world.build_worker()
    worker._metrics = metrics
    worker._locks = Locks(connect(redis_url), metrics)
    worker._budgets = Budgets(
        redis_url,
        searches_per_minute=10_000,
        duffel_per_minute=100_000,
        stripe_per_second=1,
        metrics=metrics,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()
        database.close()


def play(world: World) -> None:
    """Book, decline, lose an order, fail to search: what a bad day has."""
    good = world.trip(world.traveller())
    bad = world.trip(world.traveller(DECLINED, email="b@example.com"))
    # Too dear, so that its offers have a reason.
    world.trip(world.traveller(email="c@example.com"), max_price=1)
    world.tick()
    until(
        lambda: (
            world.status(good) == "BOOKED" and world.status(bad) == "ACTION_REQUIRED"
        )
    )
    world.flights.faults.arm(
        Fault("POST /air/orders", "status", status=422, body=_gone())
    )
    moved = world.trip(world.traveller(email="d@example.com"))
    world.tick()
    until(lambda: world.status(moved) == "BOOKED", seconds=60)
    world.flights.set_orders_visibility(3600)
    world.flights.faults.arm(Fault("POST /air/orders", "drop_after"))
    lost = world.trip(world.traveller(email="e@example.com"))
    world.tick()
    until(
        lambda: world.rows(
            "select id from public.booking_attempts where trip_request_id = %s"
            " and state = 'ORDER_UNKNOWN'",
            lost,
        )
    )


def _gone() -> dict[str, Any]:
    error = {"code": "offer_no_longer_available", "type": "x", "title": "x"}
    return {"errors": [{**error, "message": "x"}], "meta": {"status": 422}}


def spoil(world: World) -> None:
    """Let everything be wrong that is not by itself after a bad day."""
    for statement in (
        "select engine.recover()",
        # The worker has taken leave.
        "select engine.heartbeat('a test', engine.version())",
        "select engine.set_kill_switch(true, 'a test')",
        "update engine.flag_sync set heartbeat_at = now() - interval '1 hour'",
        "update engine.history set timeline = 'ffffffff'",
        "update engine.job_beats set since = now() - interval '9 days',"
        " last_succeeded_at = now() - interval '9 days', last_succeeded_by = 'a test',"
        " cron_succeeded_at = now() - interval '9 days'",
        "update engine.job_beats set stopped_at = now(), stopped_by = 'a test'"
        " where job = 'purge'",
        "insert into engine.breakers (operation, failures, open_until, changed_at)"
        " values ('search', 9, now() + interval '1 hour', now())",
        "update public.booking_attempts set state_changed_at = now() - interval '1 h',"
        " capture_before = now() + interval '1 hour' where state = 'ORDER_UNKNOWN'",
        "update engine.provider_calls set run_at = now() - interval '1 hour'"
        " where state = 'READY'",
        "insert into engine.invariant_violations (invariant, subject, detail,"
        " first_seen_at, last_seen_at) values ('a_test', '1', 'x', now(), now())",
        "insert into engine.review_cases (kind, object_id, opened_at, summary)"
        " values ('DISPUTE', '1', now() - interval '1 hour', 'x')",
        "insert into engine.monitor_runs (started_at, finished_at, started_by, claimed,"
        " skipped, expired, searches, budget, postponed)"
        " values (now(), now(), 'test', 0, 0, 0, 3, 9, 4)",
        'select engine.receive_events(\'stripe\', \'[{"event_id": "evt_1", "type":'
        ' "charge.updated", "object_id": "ch_1"}]\', \'webhook\')',
        "update engine.provider_events set received_at = now() - interval '1 hour'"
        " where state = 'RECEIVED'",
        "select engine.refuse_events('duffel', 'too_old', 2)",
        "update engine.provider_calls set state = 'CLAIMED', worker = 'x',"
        " lease_until = now() + interval '1 hour' where id = ("
        "select max(id) from engine.provider_calls where state = 'READY')",
    ):
        world.rows(statement)


@pytest.fixture
def bad_day(
    world: World, redis_server: RedisServer, fresh: None
) -> tuple[World, Samples]:
    """Play a bad day; return what is told of it, by endpoint and worker."""
    del fresh
    metrics = Metrics()
    with serving(world.dsn) as endpoint:
        with working_with(world, metrics, redis_server.url):
            play(world)
        with served(metrics, host="127.0.0.1", port=free_port(set())) as port:
            url = f"http://127.0.0.1:{port}/metrics"
            theirs = requests.get(url, timeout=10).text
        spoil(world)
        ours = scrape(endpoint).text
    for text in (ours, theirs):
        promtool("check", "metrics", text=text)
    told = samples(ours)
    for series, value in samples(theirs).items():
        told[series] = max(value, told.get(series, 0))
    return world, told


def test_every_metric_moves_and_none_names_anybody(
    bad_day: tuple[World, Samples],
) -> None:
    """All that is documented was seen at something else than zero, in a closed set."""
    world, told = bad_day
    assert {base_name(name) for name, _ in told} == set(DECLARED)
    moved = {base_name(name) for (name, _), value in told.items() if value}
    # Each is seen at another value by a test below.
    assert set(DECLARED) - moved == {
        "redis_lock_failed_total",
        "skylatch_booking_on",
        "skylatch_history_confirmed",
        "stripe_capture_failure_total",
    }
    rows = world.rows("select label, value from engine.metric_labels()")
    closed: dict[str, set[str]] = {name: set(v) for name, v in PROCESS_LABELS.items()}
    for row in rows:
        closed.setdefault(row["label"], set()).add(row["value"])
    closed["version"] = {__version__}
    for name, labels in told:
        declared = DECLARED[base_name(name)]
        for label, value in labels:
            if (declared.kind, label) != ("histogram", "le"):
                assert value in closed[declared.labels[label]], (name, label, value)


def test_a_capture_that_fails_is_counted(world: World) -> None:
    """The order exists, and the hold is gone."""
    error = {"code": "charge_expired_for_capture", "type": "invalid_request_error"}
    world.payments.faults.arm(
        Fault(
            "POST /v1/payment_intents/*/capture",
            "status",
            status=400,
            body={"error": {**error, "message": "x"}},
        )
    )
    world.trip(world.traveller())
    failed = (
        "select value from engine.metrics() where name = 'stripe_capture_failure_total'"
    )
    with world.working():
        world.tick()
        until(lambda: world.value(failed) == 1)


def test_a_lock_that_is_held_elsewhere_is_counted(
    world: World, redis_server: RedisServer
) -> None:
    """By what it is for; without Redis nothing is asked for, and nothing is counted."""
    metrics = Metrics()
    locks = Locks(connect(redis_server.url), metrics)
    with locks.held("trip:1"), Locks(connect(redis_server.url), metrics).held("trip:1"):
        pass
    with Locks(None, metrics).held("trip:1"):
        pass
    told = {
        (sample.name, sample.labels.get("lock")): sample.value
        for family in metrics.collect()
        for sample in family.samples
    }
    assert told["redis_lock_acquired_total", "trip"] == 1
    assert told["redis_lock_failed_total", "trip"] == 1


def test_what_is_booked_is_told_when_all_is_well(world: World) -> None:
    """The two that were zero on the bad day."""
    with serving(world.dsn) as endpoint:
        told = samples(scrape(endpoint).text)
    assert told["skylatch_booking_on", frozenset()] == 1
    assert told["skylatch_history_confirmed", frozenset()] == 1


def test_a_worker_serves_nothing_unless_asked_and_says_when_it_cannot() -> None:
    """A port that is taken is a setting to change, in one line."""
    with served(Metrics(), host="127.0.0.1", port=None) as nothing:
        assert nothing is None
    port = free_port(set())
    with (
        served(Metrics(), host="127.0.0.1", port=port),
        pytest.raises(SetupError, match="SKYLATCH_METRICS_PORT"),
        served(Metrics(), host="127.0.0.1", port=port),
    ):
        pass


# -- documents -----------------------------------------------------------------------


def test_every_metric_is_documented_as_it_is() -> None:
    """Name, kind and labels of docs/metrics.md are those of the code, in its order."""
    found = re.findall(
        r"^\| `(\w+)` \| (\w+) \|([^|]*)\| [^|]+ \|$", DOCUMENT.read_text(), re.M
    )
    documented = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in found
    }
    assert len(found) == len(documented)
    assert documented == {
        one.name: (one.kind, tuple(one.labels))
        for one in (*ENGINE, *PROCESS, *ENDPOINT)
    }
