"""What may be spent at most, by one traveller and by all: no traveller can lift it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sidecar.errors import SQLSTATES, Conflict, InvalidInput
from tests.sql import test_protocol
from tests.sql.test_consent import as_traveller
from tests.sql.test_guards import another_trip, found, reason, search_again
from tests.sql.test_protocol import Connection, Stage, Trip, answer, offer

stage = test_protocol.stage


def ceiling(
    stage: Stage, subject: str, period: str, amount: object, trip: Trip | None = None
) -> None:
    """Set a ceiling in pounds."""
    stage.rows(
        "select engine.set_spending_ceiling(%s, %s, %s, 'a test', %s)",
        subject,
        period,
        Decimal(str(amount)),
        trip and trip.user_id,
    )


def rate(stage: Stage, base: str, quote: str, value: str, age: str = "0") -> None:
    """Put a rate in force."""
    stage.rows(
        "insert into engine.exchange_rates (base, quote, rate, source, as_of)"
        " values (%s, %s, %s, 'a test', now() - %s::interval)",
        base,
        quote,
        Decimal(value),
        age,
    )


def problem(
    stage: Stage, trip: Trip, amount: object, currency: str = "GBP"
) -> str | None:
    """Return which ceiling so much more would pass."""
    row = stage.row(
        "select engine.ceiling_problem(%s, %s, %s, null, now()) as p",
        trip.user_id,
        currency,
        amount,
    )
    told: str | None = row["p"]
    return told


# -- the highest price of a trip -----------------------------------------------------


def test_a_limit_of_a_billion_is_refused_with_the_ceiling_in_the_answer(
    stage: Stage,
) -> None:
    """When the trip is stated and when it is changed; nothing is stored."""
    trip = stage.trip()
    for attempt in (
        lambda: stage.trip(max_price=Decimal(999999999999)),
        lambda: stage.rows("update public.trip_requests set max_price = 25000.01"),
    ):
        with pytest.raises(psycopg.Error) as caught:
            attempt()
        assert caught.value.sqlstate == "SK021"
        assert SQLSTATES["SK021"] is InvalidInput
        assert caught.value.diag.column_name == "max_price"
        detail = json.loads(caught.value.diag.message_detail or "{}")
        assert (detail["ceiling"], detail["currency"]) == ("25000", "GBP")
        assert "25000.00 GBP" in str(caught.value.diag.message_hint)
    stage.rows("update public.trip_requests set max_price = 25000")
    ceiling(stage, "installation", "price", 400)
    with pytest.raises(psycopg.Error) as caught:
        stage.trip()
    assert caught.value.sqlstate == "SK021"
    # What was stated before may be changed otherwise.
    stage.rows("update public.trip_requests set max_connections = 0")
    assert stage.status(trip) == "PENDING"


def test_a_limit_in_another_currency_is_compared_at_the_last_known_rate(
    stage: Stage,
) -> None:
    """However old: the intent asks again for a fresh one."""
    rate(stage, "EUR", "GBP", "0.5", "9 days")
    stage.trip(currency="EUR", max_price=50000)
    with pytest.raises(psycopg.Error) as caught:
        stage.trip(currency="EUR", max_price=50001)
    assert caught.value.sqlstate == "SK021"


# -- the intent ----------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["traveller", "everybody", "installation"])
@pytest.mark.parametrize("period", ["day", "month", "total"])
def test_a_trip_that_would_pass_a_ceiling_waits_with_its_reason(
    stage: Stage, subject: str, period: str
) -> None:
    """To the penny, and without an attempt; a higher ceiling frees it."""
    first = stage.trip()
    ceiling(stage, subject, period, 199.99, first if subject == "traveller" else None)
    stage.book(first)
    second = another_trip(stage, first, day=60)
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 60)) == []
    assert stage.status(second) == "PENDING"
    assert "of 199.99 GBP" in reason(stage, second)
    with pytest.raises(psycopg.Error) as caught:
        stage.rows("select public.auto_book_production(%s)", second.trip_id)
    assert caught.value.sqlstate == "SK115"
    assert SQLSTATES["SK115"] is Conflict
    assert (
        stage.rows(
            "select from public.booking_attempts where trip_request_id = %s",
            second.trip_id,
        )
        == []
    )
    ceiling(stage, subject, period, 200, first if subject == "traveller" else None)
    stage.rows("select public.auto_book_production(%s)", second.trip_id)
    assert stage.status(second) == "BOOKING"


@pytest.mark.parametrize("subject", ["everybody", "installation"])
def test_one_booking_may_cost_so_much_and_no_more(stage: Stage, subject: str) -> None:
    """Though the trip's own limit, stated before, is higher."""
    trip = stage.trip()
    ceiling(stage, subject, "price", 99)
    call = search_again(stage)[trip.trip_id]
    assert stage.finish(found(call, 40)) == []
    assert "of 99.00 GBP for one booking" in reason(stage, trip)
    assert stage.rows("select from public.booking_attempts") == []


def test_a_ceiling_of_ones_own_takes_the_place_of_everybodys(stage: Stage) -> None:
    """Higher or lower; and what holds for the installation holds all the same."""
    mine, other = stage.trip(), stage.trip()
    ceiling(stage, "everybody", "day", 100)
    ceiling(stage, "traveller", "day", 300, mine)
    assert problem(stage, mine, 300) is None
    assert problem(stage, other, 101) == (
        "It would pass the most that you may spend, of 100.00 GBP a day."
    )
    ceiling(stage, "traveller", "day", 50, mine)
    assert problem(stage, mine, 51) is not None
    ceiling(stage, "traveller", "day", 300, mine)
    ceiling(stage, "installation", "day", 200)
    assert problem(stage, mine, 201) == (
        "It would pass what this service may spend, of 200.00 GBP a day."
    )


def test_one_travellers_spending_counts_for_the_installation_only(
    stage: Stage,
) -> None:
    """What somebody else spent is not on mine."""
    mine, other = stage.trip(), stage.trip()
    stage.book(other)
    ceiling(stage, "everybody", "day", 100)
    assert problem(stage, mine, 100) is None
    assert problem(stage, other, 1) is not None
    ceiling(stage, "installation", "day", 150)
    assert problem(stage, mine, 51) is not None
    assert problem(stage, mine, 50) is None


def test_spending_is_summed_over_currencies_and_rounded_up(stage: Stage) -> None:
    """100 euros at 0.85555 are 85.56 pounds, and 1 euro is 86 pence."""
    trip = stage.trip()
    stage.book(trip)
    stage.rows("update public.booking_attempts set currency = 'EUR'")
    rate(stage, "EUR", "GBP", "0.85555")
    ceiling(stage, "everybody", "day", "185.56")
    assert problem(stage, trip, 100) is None
    assert problem(stage, trip, "100.01") is not None
    ceiling(stage, "everybody", "day", "86.42")
    assert problem(stage, trip, 1, "EUR") is None
    ceiling(stage, "everybody", "day", "86.41")
    assert problem(stage, trip, 1, "EUR") is not None


def test_without_a_rate_nothing_is_spent(stage: Stage) -> None:
    """None, an old one, or two that contradict each other; but in the base currency."""
    trip = stage.trip()
    none = "There is no exchange rate from EUR to GBP"
    assert str(problem(stage, trip, 1, "EUR")).startswith(none)
    rate(stage, "EUR", "GBP", "0.85", "25 hours")
    assert str(problem(stage, trip, 1, "EUR")).startswith(none)
    rate(stage, "EUR", "GBP", "0.85")
    assert problem(stage, trip, 1, "EUR") is None
    stage.rows(
        "insert into engine.exchange_rates (base, quote, rate, source, as_of)"
        " values ('EUR', 'GBP', 0.95, 'another', now())"
    )
    assert str(problem(stage, trip, 1, "EUR")).startswith(none)
    assert problem(stage, trip, 1) is None


def test_a_currency_without_news_stops_nobodys_bookings_in_others(
    stage: Stage,
) -> None:
    """What was spent in it counts by the last rate there was; without any, it stops."""
    trip = stage.trip()
    stage.book(trip)
    stage.rows("update public.booking_attempts set currency = 'EUR'")
    rate(stage, "EUR", "GBP", "0.85", "9 days")
    ceiling(stage, "everybody", "day", 185)
    assert problem(stage, trip, 100) is None
    assert problem(stage, trip, 101) is not None
    stage.rows("delete from engine.exchange_rates")
    assert problem(stage, trip, 1) is not None


def test_what_was_returned_may_be_spent_again(stage: Stage) -> None:
    """And what was spent last month is not this month's."""
    trip = stage.trip()
    stage.book(trip)
    ceiling(stage, "everybody", "month", 100)
    assert problem(stage, trip, 1) is not None
    stage.rows(
        "update public.booking_attempts set refund_amount = 40, refunded_at = now()"
    )
    assert problem(stage, trip, 40) is None
    assert problem(stage, trip, 41) is not None
    stage.rows(
        "update public.booking_attempts set ended_at = "
        "date_trunc('month', now(), 'UTC') - interval '1 second'"
    )
    assert problem(stage, trip, 100) is None
    ceiling(stage, "everybody", "total", 100)
    assert problem(stage, trip, 41) is not None


def test_what_everybody_spent_is_one_row_a_day_however_much_was_booked(
    stage: Stage,
) -> None:
    """Added up or not yet, it is the same sum; what is returned leaves its day."""
    spent = (
        "select (engine.spent_in_base(null, array[date_trunc('day', now(), 'UTC')],"
        " null, now()))[1] as amount"
    )
    for _ in range(3):
        trip = stage.trip()
        stage.book(trip)
    assert stage.row(spent)["amount"] == 300
    assert len(stage.rows("select from engine.spent_parts")) == 3
    for _ in range(2):
        stage.rows("select engine.sum_spending()")
        assert stage.row(spent)["amount"] == 300
    assert stage.rows("select from engine.spent_parts") == []
    (day,) = stage.rows("select currency, amount from engine.spent_days")
    assert (day["currency"], day["amount"]) == ("GBP", 300)
    stage.rows(
        "update public.booking_attempts set refunded_at = now(), refund_amount = 40"
        " where trip_request_id = %s",
        trip.trip_id,
    )
    assert stage.row(spent)["amount"] == 260
    stage.rows("select engine.sum_spending()")
    assert stage.row(spent)["amount"] == 260
    broken = [row["invariant"] for row in stage.violations()]
    assert "what was spent is added up" not in broken


def test_another_base_currency_voids_the_ceilings_that_were_set(stage: Stage) -> None:
    """Their numbers would mean another amount: nothing passes until they are set."""
    trip = stage.trip()
    rate(stage, "GBP", "JPY", "200")
    stage.rows("select engine.set_money_settings('we bill in yen', 'JPY')")
    assert problem(stage, trip, 1) is not None
    for subject in ("everybody", "installation"):
        for period in ("price", "day", "month", "total"):
            ceiling(stage, subject, period, 20000)
    assert problem(stage, trip, 100) is None
    assert problem(stage, trip, "100.01") is not None


# -- the final check ------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["traveller", "everybody", "installation"])
def test_a_ceiling_lowered_in_mid_saga_stops_the_order(
    stage: Stage, subject: str
) -> None:
    """The final check before the order sees it, and the hold is released."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    ceiling(stage, subject, "day", 99, trip if subject == "traveller" else None)
    assert stage.mark_sent(call) == "a spending ceiling was reached"
    assert stage.attempt(trip)["state"] == "VOIDING"


def test_a_fare_that_rises_over_a_ceiling_in_mid_saga_is_not_ordered(
    stage: Stage,
) -> None:
    """The intent fitted; the live price, still below the trip's limit, does not."""
    trip = stage.trip()
    ceiling(stage, "installation", "day", 110)
    call = stage.drive(trip, "get_offer")
    attempt = stage.attempt(trip)
    (call,) = stage.finish(
        answer(call, 200, {"data": offer(attempt["offer_id"], "120.00")})
    )
    while call["operation"] != "create_order":
        report = stage.good_answer(call)
        report["body"] |= {"amount": 12000}
        (call,) = stage.finish(report)
    assert stage.mark_sent(call) == "a spending ceiling was reached"


def test_two_travellers_cannot_pass_the_installations_ceiling_together(
    stage: Stage,
) -> None:
    """Both began; the second final check waits for the first, and turns back."""
    trips, calls = [], []
    for _ in range(2):
        trips.append(stage.trip())
        calls.append(stage.drive(trips[-1], "create_order"))
    ceiling(stage, "installation", "day", 199)
    with stage.connect("skylatch_sidecar", autocommit=False) as first:
        assert stage.mark_sent(calls[0], connection=first) is None

        def look(connection: Connection) -> Any:
            return stage.mark_sent(calls[1], connection=connection)

        waiting = stage.start_waiting(look)
        first.commit()
        assert waiting.result(timeout=30) == "a spending ceiling was reached"
    assert stage.attempt(trips[0])["state"] == "ORDERING"
    assert stage.attempt(trips[1])["state"] == "VOIDING"


def test_a_frozen_order_counts_as_the_booking_it_may_become(stage: Stage) -> None:
    """Whatever became of it, its money may be gone."""
    frozen = stage.trip()
    call = stage.drive(frozen, "create_order")
    second = stage.drive(stage.trip(), "create_order")
    assert stage.mark_sent(call) is None
    stage.finish(answer(call, 504, {}))
    assert stage.attempt(frozen)["state"] == "ORDER_UNKNOWN"
    ceiling(stage, "installation", "day", 199)
    assert stage.mark_sent(second) == "a spending ceiling was reached"


# -- who sets them -------------------------------------------------------------------


def test_no_traveller_can_see_or_write_a_ceiling(stage: Stage) -> None:
    """Their own limits they may remove; these they may not touch."""
    trip = stage.trip()
    with as_traveller(stage, trip) as connection:
        connection.execute("select public.remove_spending_limit('GBP', 'day')")
        for statement in (
            "select * from engine.spending_ceilings",
            "update engine.spending_ceilings set amount = 1",
            "delete from engine.spending_ceilings",
            "select engine.set_spending_ceiling('everybody', 'day', 1e9, 'I may')",
            "select engine.set_money_settings('I may', 'JPY')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_every_ceiling_that_was_set_is_on_record(stage: Stage) -> None:
    """Who, why, which and how much."""
    trip = stage.trip()
    stage.rows("set role skylatch_operator")
    stage.rows("select engine.set_spending_ceiling('everybody', 'day', 7, 'x y z')")
    stage.rows(
        "select engine.set_spending_ceiling('traveller', 'day', 8, 'a friend', %s)",
        trip.user_id,
    )
    stage.rows("reset role")
    actor = "postgres as skylatch_operator"
    rows = stage.rows("select * from engine.spending_ceiling_changes order by id")
    assert [
        (
            r["subject"],
            r["user_id"],
            r["amount"],
            r["currency"],
            r["actor"],
            r["reason"],
        )
        for r in rows
    ] == [
        ("everybody", None, 7, "GBP", actor, "x y z"),
        ("traveller", trip.user_id, 8, "GBP", actor, "a friend"),
    ]


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("subject", "set_spending_ceiling('nobody', 'day', 1, 'why')"),
        ("subject", "set_spending_ceiling(null, 'day', 1, 'why')"),
        ("period", "set_spending_ceiling('everybody', 'week', 1, 'why')"),
        ("user_id", "set_spending_ceiling('traveller', 'day', 1, 'why')"),
        (
            "user_id",
            "set_spending_ceiling('everybody', 'day', 1, 'why', gen_random_uuid())",
        ),
        (
            "user_id",
            "set_spending_ceiling('traveller', 'day', 1, 'why', gen_random_uuid())",
        ),
        ("amount", "set_spending_ceiling('everybody', 'day', -1, 'why')"),
        ("amount", "set_spending_ceiling('everybody', 'day', null, 'why')"),
        ("amount", "set_spending_ceiling('everybody', 'day', 'NaN', 'why')"),
        ("amount", "set_spending_ceiling('everybody', 'day', 1e12, 'why')"),
        ("base_currency", "set_money_settings('why', 'XXQ')"),
        ("base_currency", "set_money_settings('why', '')"),
        ("rate_jump", "set_money_settings('why', p_rate_jump => 0)"),
        ("rate_jump", "set_money_settings('why', p_rate_jump => 'NaN')"),
        ("rate_jump", "set_money_settings('why', p_rate_jump => 0.26)"),
        ("rate_tolerance", "set_money_settings('why', p_rate_tolerance => -0.1)"),
        ("rate_tolerance", "set_money_settings('why', p_rate_tolerance => 0.11)"),
    ],
)
def test_what_is_no_value_of_a_setting_is_refused(
    stage: Stage, field: str, call: str
) -> None:
    """With the field, and without a line in the log."""
    with pytest.raises(psycopg.Error) as caught:
        stage.rows(f"select engine.{call}")
    assert caught.value.sqlstate == "SK023"
    assert SQLSTATES["SK023"] is InvalidInput
    assert caught.value.diag.column_name == field
    assert stage.rows("select from engine.spending_ceiling_changes") == []
    assert stage.rows("select from engine.money_settings_changes") == []
