"""Buy or wait: what the past has to say before a fitting offer is left for later.

Pasts are written down day by day; the clock is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from sidecar.local.cluster import Cluster
from tests.sql import cloned_database
from tests.watches import DAY, TODAY, Connection, Row, Watch, allow_the_past

LEAD = 60  # days before departure at which the trip asks
FARE = Decimal("400.00")
Course = Callable[[int], float]
"""Days before departure -> the fare."""


@pytest.fixture(scope="module")
def shared(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Connection]:
    """Connect to one clone for the whole module: every test rolls back."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        allow_the_past(connection)
        yield connection


@pytest.fixture
def sql(shared: Connection) -> Iterator[Connection]:
    """Return the shared database, as it was before."""
    with shared.transaction(force_rollback=True):
        yield shared


@pytest.fixture
def user_id(sql: Connection) -> UUID:
    """Create a traveller."""
    one = uuid4()
    sql.execute("insert into auth.users (id) values (%s)", [one])
    return one


def falling(left: int) -> float:
    """Return a fare that falls by 1 % of its start each day."""
    return 100 + left


def rising(left: int) -> float:
    """Return a fare that rises by 1 % of its start each day."""
    return 200 - left


def live(
    user_id: UUID,
    sql: Connection,
    course: Course,
    *,
    departures: int = 15,
    until: int = 1,
    destination: str = "JFK",
    currency: str = "GBP",
) -> None:
    """Write the past of so many departures, watched from 80 days before to `until`."""
    for number in range(departures):
        departs = TODAY - number * 3 * DAY
        watch = Watch.begin(sql, user_id, departs.date(), destination=destination)
        watch.look(
            [course(left) for left in range(80, until - 1, -1)],
            departs - 80 * DAY,
            currency=currency,
        )


def ask(
    user_id: UUID,
    sql: Connection,
    *,
    fare: Decimal = FARE,
    cap: Decimal = Decimal("600.00"),
    before: list[float] | None = None,
    offers: int = 2,
    decide_in: int | None = None,
    now: datetime = TODAY + timedelta(hours=9),
) -> Row:
    """Ask about a trip `LEAD` days ahead whose daily fares were `before`."""
    seen = before or []
    watch = Watch.begin(
        sql,
        user_id,
        (TODAY + LEAD * DAY).date(),
        cap=cap,
        decide_by=None if decide_in is None else (TODAY + decide_in * DAY).date(),
    )
    watch.look(seen, TODAY - len(seen) * DAY + timedelta(hours=9))
    watch.look([fare], now)
    return watch.decide(watch.put_offers(offers), fare, now)


def test_a_fare_of_which_nothing_is_known_is_bought(
    sql: Connection, user_id: UUID
) -> None:
    """Nine departures are too few, ten are enough."""
    assert ask(user_id, sql)["decision"] == "BUY"
    live(user_id, sql, falling, departures=9)
    few = ask(user_id, sql)
    assert (few["decision"], few["samples"]) == ("BUY", 9)
    assert few["reason"] == (
        "Fits at 400.00 GBP; too few comparable fares are known to bet on a fall."
    )
    live(user_id, sql, falling, departures=10)
    enough = ask(user_id, sql)
    assert (enough["decision"], enough["samples"]) == ("WAIT", 10)


def test_after_falls_it_waits_and_gives_its_numbers(
    sql: Connection, user_id: UUID
) -> None:
    """All 15 fell from 160 to 121 in 39 days; the stop rule books a twentieth lower."""
    live(user_id, sql, falling)
    answer = ask(user_id, sql)
    deadline = TODAY + (LEAD - 21) * DAY
    day = f"{deadline.day} {deadline:%B}"
    assert answer["decision"] == "WAIT"
    assert answer["reason"] == (
        f"Fits at 400.00 GBP; 15 of 15 comparable fares fell before {day},"
        " by 24 % on average: waiting."
    )
    assert answer["price"] == FARE
    assert (answer["fall_chance"], answer["samples"]) == (1, 15)
    assert answer["lost_chance"] == pytest.approx(1 / 17)
    # 160 - 8 = 152: a twentieth, on the day, of 400.
    assert answer["expected_saving"] == Decimal("20.00")
    local = sql.execute(
        "select %s at time zone 'Europe/London'", [answer["decide_by"]]
    ).fetchone()
    assert local is not None
    assert local[0] == deadline.replace(tzinfo=None)


def test_after_rises_it_buys(sql: Connection, user_id: UUID) -> None:
    """With a wide limit as nothing is saved, with a narrow one before it is lost."""
    live(user_id, sql, rising)
    wide = ask(user_id, sql)
    assert (wide["decision"], wide["fall_chance"]) == ("BUY", 0)
    assert wide["expected_saving"] < 0
    assert "not enough to wait for" in wide["reason"]
    narrow = ask(user_id, sql, cap=Decimal("415.00"))
    assert (narrow["decision"], narrow["lost_chance"] > 0.9) == ("BUY", True)
    assert "may lose it" in narrow["reason"]
    # A lost trip costs the cap.
    assert narrow["expected_saving"] == Decimal("-15.00")


def test_a_chance_of_losing_the_trip_is_not_taken_for_a_likely_saving(
    sql: Connection, user_id: UUID
) -> None:
    """Twelve fell by half at once, three rose over the limit: it buys."""
    live(user_id, sql, lambda left: 100 if left > 50 else 50, departures=12)
    assert ask(user_id, sql)["decision"] == "WAIT"
    for number in range(3):
        departs = TODAY - (number * 3 + 100) * DAY
        watch = Watch.begin(sql, user_id, departs.date())
        watch.look(
            [100 if left > 50 else 200 for left in range(80, 0, -1)],
            departs - 80 * DAY,
        )
    answer = ask(user_id, sql)
    assert (answer["decision"], answer["samples"]) == ("BUY", 15)
    assert answer["expected_saving"] > 0
    assert answer["lost_chance"] == pytest.approx(4 / 17)


def test_past_the_deadline_it_buys(sql: Connection, user_id: UUID) -> None:
    """From midnight in London on; the traveller's day stands before the engine's."""
    live(user_id, sql, falling)
    deadline = TODAY + 20 * DAY
    assert ask(user_id, sql, decide_in=20)["decision"] == "WAIT"
    on_the_day = ask(user_id, sql, decide_in=20, now=deadline + timedelta(hours=9))
    assert on_the_day["decision"] == "BUY"
    assert "the day to decide by" in on_the_day["reason"]
    assert ask(user_id, sql, decide_in=0)["decision"] == "BUY"
    default = ask(user_id, sql, now=TODAY + (LEAD - 21) * DAY + timedelta(hours=9))
    assert "the day to decide by" in default["reason"]


def test_a_watch_that_ended_early_says_nothing(sql: Connection, user_id: UUID) -> None:
    """Else the past would consist of what fell below somebody's limit, or did not."""
    live(user_id, sql, falling, until=35)
    assert ask(user_id, sql)["samples"] == 0


def test_nothing_later_than_the_day_before_is_looked_at(
    sql: Connection, user_id: UUID
) -> None:
    """Whatever is added from today on, the answer is the same, to the last number."""
    live(user_id, sql, falling)
    now = TODAY + timedelta(hours=9)
    watch = Watch.begin(
        sql, user_id, (TODAY + LEAD * DAY).date(), cap=Decimal("600.00")
    )
    watch.look([400] * 5, TODAY - 5 * DAY + timedelta(hours=9))
    watch.look([FARE], now)
    offer_id = watch.put_offers()
    answer = watch.decide(offer_id, FARE, now)
    assert answer["decision"] == "WAIT"
    watch.look([1, 1, 1], now + timedelta(minutes=10))
    for number in range(20):
        other = Watch.begin(sql, user_id, (TODAY + (LEAD - number) * DAY).date())
        other.look([rising(LEAD - left) for left in range(50)], TODAY)
    assert watch.decide(offer_id, FARE, now) == answer


def test_the_same_question_has_the_same_answer(sql: Connection, user_id: UUID) -> None:
    """A decision on record can be made again."""
    live(user_id, sql, lambda left: 100 + 10 * ((left * 7) % 5))
    first, second = ask(user_id, sql), ask(user_id, sql)
    assert first == second


def test_a_fare_is_compared_with_fares_that_stood_as_it_does(
    sql: Connection, user_id: UUID
) -> None:
    """After a dip it buys; after a jump it waits: both went back in the past."""
    for number in range(24):
        departs = TODAY - number * 3 * DAY
        away = 20 if number % 2 else -20
        watch = Watch.begin(sql, user_id, departs.date())
        watch.look(
            [100 + (away if left == LEAD else 0) for left in range(80, 0, -1)],
            departs - 80 * DAY,
        )
    usual = [400.0] * 10
    low = ask(user_id, sql, before=usual, fare=Decimal("320.00"))
    assert (low["decision"], low["samples"]) == ("BUY", 12)
    high = ask(user_id, sql, before=usual, fare=Decimal("480.00"))
    assert (high["decision"], high["samples"]) == ("WAIT", 12)
    assert (low["fall_chance"], high["fall_chance"]) == (0, 1)


def test_an_unknown_route_borrows_from_all_others(
    sql: Connection, user_id: UUID
) -> None:
    """By lead time, and only as long as its own past says too little."""
    live(user_id, sql, falling, destination="LAX")
    assert ask(user_id, sql)["decision"] == "WAIT"
    live(user_id, sql, rising, departures=10)
    own = ask(user_id, sql)
    assert (own["decision"], own["samples"]) == ("BUY", 10)


def test_searches_of_one_departure_are_one_sample(
    sql: Connection, user_id: UUID
) -> None:
    """They move together: thirty travellers on one flight are not thirty fares."""
    for _ in range(5):
        live(user_id, sql, falling, departures=6)
    answer = ask(user_id, sql)
    assert (answer["decision"], answer["samples"]) == ("BUY", 6)


def test_another_currency_is_another_market(sql: Connection, user_id: UUID) -> None:
    """A fare that moved with the exchange rate would look like a fall."""
    live(user_id, sql, falling, currency="EUR")
    assert ask(user_id, sql)["samples"] == 0


def test_an_offer_that_may_be_lost_is_bought(sql: Connection, user_id: UUID) -> None:
    """Close to the limit, the only one that fits, or with few searches left."""
    live(user_id, sql, falling)
    assert "a small rise" in ask(user_id, sql, cap=Decimal("411.99"))["reason"]
    assert ask(user_id, sql, cap=Decimal("412.00"))["decision"] == "WAIT"
    assert "no other offer fits" in ask(user_id, sql, offers=1)["reason"]
    watch = Watch.begin(
        sql, user_id, (TODAY + LEAD * DAY).date(), cap=Decimal("600.00")
    )
    now = TODAY + timedelta(hours=9)
    watch.look([FARE], now)
    offer_id = watch.put_offers()
    assert watch.decide(offer_id, FARE, now)["decision"] == "WAIT"
    sql.execute("update public.trip_requests set searches = 1350")
    answer = watch.decide(offer_id, FARE, now)
    assert (answer["decision"], "few searches" in answer["reason"]) == ("BUY", True)


def test_a_day_keeps_its_first_and_its_lowest_fare(
    sql: Connection, user_id: UUID
) -> None:
    """And what was typical of the days before, as of its first look."""
    watch = Watch.begin(sql, user_id, (TODAY + LEAD * DAY).date())
    for day, looks in enumerate([[300, 280, 310], [320, 330], [340], [200, 190, 250]]):
        watch.look(looks, TODAY + day * DAY, step=timedelta(hours=1))
    with sql.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select opening, lowest, typical, lead_days from engine.daily_fares"
            " where trip_request_id = %s order by day",
            [watch.trip_id],
        ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        (300, 280, None, 60),
        (320, 320, None, 59),
        (340, 340, None, 58),
        (200, 190, 320, 57),
    ]


def test_a_decision_reads_a_bounded_part_of_the_past(
    sql: Connection, user_id: UUID
) -> None:
    """Through indexes, and no more when four times as much is known."""
    filler = (
        "insert into engine.daily_fares (user_id, trip_request_id, origin,"
        " destination, departure_date, return_date, day, currency, opening, lowest)"
        " select %s, %s, 'CDG', 'BKK', d, d + r, d - l, 'GBP', 100, 100"
        " from generate_series(1, 10) as r, generate_series(10, 80) as l,"
        " generate_series(current_date - %s::integer, current_date, interval '1 day')"
        " as g (t), lateral (select t::date) as s (d)"
    )
    read = (
        "select seq_scan, coalesce(idx_tup_fetch, 0) as fetched"
        " from pg_stat_xact_user_tables"
        " where relid = 'engine.daily_fares'::regclass"
    )
    live(user_id, sql, falling, departures=9)
    fetched = []
    for days in (60, 240):
        with sql.transaction(force_rollback=True):
            past = Watch.begin(sql, user_id, TODAY.date())
            sql.execute(filler.encode(), [user_id, past.trip_id, days])
            sql.execute("analyze engine.daily_fares")
            with sql.cursor(row_factory=dict_row) as cursor:
                before = cursor.execute(read).fetchone()
                ask(user_id, sql)
                after = cursor.execute(read).fetchone()
        assert before is not None
        assert after is not None
        assert after["seq_scan"] == before["seq_scan"]
        fetched.append(after["fetched"] - before["fetched"])
    assert fetched[1] < 20_000
    assert fetched[1] < 2 * fetched[0]
