"""A limit in one currency, a fare in another: only a fresh rate compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from sidecar.errors import SQLSTATES, InvalidInput
from tests.factories import in_days
from tests.sql.offers import JFK, LHR, flight, offer, segment
from tests.sql.shelf import NOW, Offer, Row, Shelf

HOUR = timedelta(hours=1)
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def cap(shelf: Shelf, currency: str) -> Row:
    """Return the trip's limit in a currency."""
    (row,) = shelf.run(
        "select c.* from public.trip_requests as t"
        " cross join lateral engine.convert_cap(t, %s, %s) as c",
        currency,
        NOW,
    )
    return row


@pytest.mark.parametrize("price", ["1.00", "499.99"])
def test_without_a_rate_an_offer_in_another_currency_is_never_selected(
    shelf: Shelf, price: str
) -> None:
    """However small its number is; a rate of other currencies does not help."""
    shelf.rate("EUR", "JPY", "160")
    assert shelf.why_not(Offer(price=price, currency="USD")) == ["no_exchange_rate"]
    assert shelf.ranked(Offer("dear", price="500.00"), Offer("b", currency="JPY")) == [
        "dear"
    ]


def test_a_rate_past_its_time_buys_nothing(shelf: Shelf) -> None:
    """A day by default, to the second; operators may change that."""
    usd = Offer(currency="USD")
    shelf.rate("GBP", "USD", "1.25", 24 * HOUR)
    assert shelf.why_not(usd) == []
    shelf.run("update engine.exchange_rates set as_of = as_of - interval '1 second'")
    assert shelf.why_not(usd) == ["exchange_rate_too_old"]
    shelf.run("update engine.search_settings set rate_max_age = '2 days'")
    assert shelf.why_not(usd) == []
    shelf.run("delete from engine.search_settings")
    assert shelf.why_not(usd) == [
        "leaves_too_soon",
        "exchange_rate_too_old",
    ]


def test_a_rate_of_the_future_is_not_used(shelf: Shelf) -> None:
    """Nor one that was valid later than the decision."""
    shelf.rate("GBP", "USD", "1.25", -timedelta(seconds=0))
    shelf.run("update engine.exchange_rates set as_of = as_of + interval '1 second'")
    assert shelf.why_not(Offer(currency="USD")) == ["no_exchange_rate"]


@pytest.mark.parametrize(
    ("rates", "limit", "age"),
    [
        ([("GBP", "USD", "1.25", HOUR)], "625.00", HOUR),
        # Turned round.
        ([("USD", "GBP", "0.80", HOUR)], "625.00", HOUR),
        # The newest of a pair.
        (
            [("GBP", "USD", "1.25", HOUR), ("GBP", "USD", "1.30", 2 * HOUR)],
            "625.00",
            HOUR,
        ),
        # By way of a third currency, from a list of one base; as old as its older half.
        (
            [("EUR", "GBP", "0.80", HOUR), ("EUR", "USD", "1.00", 2 * HOUR)],
            "625.00",
            2 * HOUR,
        ),
        # The straight way before the way round.
        (
            [
                ("EUR", "GBP", "0.80", HOUR),
                ("EUR", "USD", "1.10", HOUR),
                ("GBP", "USD", "1.25", 3 * HOUR),
            ],
            "625.00",
            3 * HOUR,
        ),
        # But what is fresh before what is straight.
        (
            [
                ("EUR", "GBP", "0.80", HOUR),
                ("EUR", "USD", "1.00", HOUR),
                ("GBP", "USD", "1.50", 30 * HOUR),
            ],
            "625.00",
            HOUR,
        ),
        # Rounded down to what can be paid.
        ([("GBP", "USD", "1.333333", HOUR)], "666.66", HOUR),
    ],
)
def test_the_limit_is_converted_by_the_best_way_there_is(
    shelf: Shelf,
    rates: list[tuple[str, str, str, timedelta]],
    limit: str,
    age: timedelta,
) -> None:
    """Straight, turned round or through a third currency; and it says how old."""
    for rate in rates:
        shelf.rate(*rate)
    found = cap(shelf, "USD")
    assert (found["cap"], found["problem"]) == (Decimal(limit), None)
    assert found["rate_as_of"] == NOW - age
    cent = Decimal("0.01")
    assert shelf.why_not(Offer(price=limit, currency="USD")) == []
    dearer = Offer(price=str(Decimal(limit) + cent), currency="USD")
    assert shelf.why_not(dearer) == ["price_above_cap"]


@pytest.mark.parametrize(
    ("currency", "rate", "limit"),
    [("JPY", "190.1234", "95061"), ("KWD", "0.3912345", "195.617")],
)
def test_the_limit_has_the_decimals_of_the_currency(
    shelf: Shelf, currency: str, rate: str, limit: str
) -> None:
    """No half yen; three decimals of a dinar."""
    shelf.rate("GBP", currency, rate)
    assert str(cap(shelf, currency)["cap"]) == limit


def test_one_s_own_currency_needs_no_rate(shelf: Shelf) -> None:
    """The limit is the limit."""
    assert cap(shelf, "GBP") == {
        "cap": Decimal("500.00"),
        "rate": Decimal(1),
        "rate_as_of": None,
        "problem": None,
    }


def test_offers_of_two_currencies_are_ranked_by_what_they_cost(shelf: Shelf) -> None:
    """Not by the number on the tag; the parts name the rate and its date."""
    shelf.rate("GBP", "JPY", "200")
    shelf.rate("GBP", "USD", "1.25")
    offers = [
        Offer("pounds", price="100.00"),
        Offer("dollars", price="124.00", currency="USD"),
        Offer("yen", price="20100", currency="JPY"),
    ]
    assert shelf.ranked(*offers) == ["dollars", "pounds", "yen"]
    shelf.put(*offers)
    shelf.rank()
    parts = shelf.offers()[0]["score_parts"]
    assert parts["price"] == 0.1984
    assert Decimal(parts["cap"]) == 625
    assert Decimal(parts["rate"]) == Decimal("1.25")
    assert parts["rate_as_of"]


def test_equal_prices_of_two_currencies_tie_and_break_by_the_rest(shelf: Shelf) -> None:
    """20,000 yen are 100 pounds here: the earlier departure wins."""
    shelf.rate("GBP", "JPY", "200")
    late = Offer("a_pounds", price="100.00", departs=9)
    early = Offer("z_yen", price="20000", currency="JPY", departs=8)
    assert shelf.ranked(late, early) == ["z_yen", "a_pounds"]


def test_the_explanation_names_both_currencies(shelf: Shelf) -> None:
    """The limit as stated, and what it is worth in the fare's."""
    shelf.rate("GBP", "USD", "1.25")
    shelf.put(Offer("dear", price="650.50", currency="USD"))
    shelf.rank()
    assert shelf.explain()["sentences"][1] == (
        "The cheapest is BA for 650.50 USD (8 h 00 min, nonstop), 25.50 USD over your"
        " limit of 500.00 GBP, which is 625.00 USD."
    )
    shelf.put(Offer("good", price="600.00", currency="USD"))
    shelf.rank()
    assert (
        "Your limit of 500.00 GBP is 625.00 USD, at the exchange rate of"
        f" {NOW - timedelta(minutes=1):%Y-%m-%d}." in shelf.explain()["why"]
    )


def test_an_intent_keeps_the_limit_in_the_fares_currency(shelf: Shelf) -> None:
    """So that what is agreed is compared with it in one currency, as everywhere."""
    shelf.rate("GBP", "USD", "1.333333")
    shelf.put(Offer(price="666.66", currency="USD"))
    shelf.book()
    (attempt,) = shelf.run("select * from public.booking_attempts")
    assert (attempt["currency"], attempt["agreed_amount"]) == ("USD", Decimal("666.66"))
    assert attempt["cap_amount"] == Decimal("666.66")
    (event,) = shelf.run("select detail from engine.booking_events")
    assert Decimal(event["detail"]["rate"]) == Decimal("1.333333")
    assert event["detail"]["rate_as_of"]


def lose(shelf: Shelf) -> None:
    """The rates are gone."""
    shelf.run("delete from engine.exchange_rates")


def fall(shelf: Shelf) -> None:
    """The pound falls."""
    shelf.rate("GBP", "USD", "1.20", timedelta(0))


def grow_old(shelf: Shelf) -> None:
    """Nobody brings new rates."""
    shelf.run("update engine.exchange_rates set as_of = as_of - interval '25 hours'")


@pytest.mark.parametrize("happens", [lose, fall, grow_old], ids=lambda f: f.__name__)
def test_an_intent_begins_only_while_its_rate_holds(
    shelf: Shelf, happens: Callable[[Shelf], None]
) -> None:
    """What was ranked is compared again in the transaction that spends."""
    shelf.rate("GBP", "USD", "1.25")
    shelf.put(Offer(price="620.00", currency="USD"))
    assert shelf.rank() == 1
    happens(shelf)
    with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
        shelf.book(rank=False)
    assert caught.value.sqlstate == "SK102"
    assert shelf.run("select * from public.booking_attempts") == []


@pytest.mark.parametrize("happens", [lose, fall, grow_old], ids=lambda f: f.__name__)
def test_a_fare_read_again_is_compared_at_the_rate_of_now(
    shelf: Shelf, happens: Callable[[Shelf], None]
) -> None:
    """The same fare that was fine is over the limit when the rate does not hold."""
    shelf.rate("GBP", "USD", "1.25")
    shelf.put(Offer("a", price="620.00", currency="USD"))
    shelf.book()
    assert verdict(shelf, "620.00") == "ok"
    assert verdict(shelf, "625.00") == "ok"
    assert verdict(shelf, "625.01") == "price_above_cap"
    happens(shelf)
    assert verdict(shelf, "620.00") == "price_above_cap"


def test_a_fare_read_again_is_held_to_the_limit_of_the_intent(shelf: Shelf) -> None:
    """A limit that has grown since, by the rate alone, was not what was agreed to."""
    shelf.rate("GBP", "USD", "1.25")
    shelf.put(Offer("a", price="620.00", currency="USD"))
    shelf.book()
    shelf.rate("GBP", "USD", "1.50", timedelta(0))
    assert verdict(shelf, "625.00") == "ok"
    assert verdict(shelf, "625.01") == "price_above_cap"


def verdict(shelf: Shelf, amount: str) -> str:
    """Return what the engine calls an offer that is read again at this price."""
    read_again = offer(
        "off_a",
        total_amount=amount,
        total_currency="USD",
        expires_at=f"{NOW + HOUR:%Y-%m-%dT%H:%M:%SZ}",
        slices=flight(
            segment(LHR, JFK, f"{in_days(40)}T10:00:00", f"{in_days(40)}T13:05:00")
        ),
    )
    body = {"data": read_again}
    (row,) = shelf.run(
        "select engine.outcome_code(c, a, row(c.id, 1, 200, null, %s, null, null), %s)"
        " as code from engine.provider_calls as c inner join public.booking_attempts"
        " as a on a.id = c.booking_attempt_id where c.operation = 'get_offer'",
        Jsonb(body),
        NOW,
    )
    return str(row["code"])


@BOUNDED
@given(
    limit=st.integers(1, 10**7),
    rate=st.decimals("0.0001", "30000", places=6),
    turned=st.booleans(),
    data=st.data(),
)
def test_the_converted_limit_is_never_more_than_the_limit(
    shelf: Shelf, limit: int, rate: Decimal, turned: bool, data: st.DataObject
) -> None:
    """And less by under one smallest unit: exact arithmetic is the oracle."""
    currency, digits = data.draw(st.sampled_from([("USD", 2), ("JPY", 0), ("KWD", 3)]))
    exact = Fraction(limit, 100) * (1 / Fraction(rate) if turned else Fraction(rate))
    with shelf.sql.transaction(force_rollback=True):
        shelf.wish(max_price=Decimal(limit) / 100)
        pair = (currency, "GBP") if turned else ("GBP", currency)
        shelf.rate(*pair, str(rate))
        found = cap(shelf, currency)["cap"]
    unit = Decimal(1).scaleb(-digits)
    assert found == found.quantize(unit, rounding=ROUND_DOWN)
    assert Fraction(found) <= exact
    # A limit that is exact in theory may fall short by the last digit of a quotient.
    assert exact - Fraction(found) <= Fraction(unit)


@BOUNDED
@given(
    prices=st.lists(st.integers(1, 60000), min_size=2, max_size=6),
    factor=st.integers(2, 100000),
    preferred=st.sampled_from([[], ["BA"]]),
)
def test_the_unit_of_money_does_not_matter(
    shelf: Shelf, prices: list[int], factor: int, preferred: list[str]
) -> None:
    """All prices and the limit times a constant: the same order, the same scores."""
    offers = [
        Offer(
            f"{n}",
            price=str(Decimal(price) / 100),
            minutes=150 + 97 * n % 700,
            connections=n % 3,
            airline="BA" if n % 2 else "U2",
        )
        for n, price in enumerate(prices)
    ]
    told = []
    for times in (1, factor):
        with shelf.sql.transaction(force_rollback=True):
            shelf.wish(max_price=500 * times, preferred_airlines=preferred)
            shelf.put(
                *[
                    Offer(
                        one.name,
                        price=str(Decimal(one.price) * times),
                        minutes=one.minutes,
                        connections=one.connections,
                        airline=one.airline,
                    )
                    for one in offers
                ]
            )
            shelf.rank()
            told.append(
                [
                    (row["offer_id"], row["rank"], row["score"], row["ineligible"])
                    for row in shelf.offers()
                ]
            )
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("base", {"base": "XXQ"}),
        ("base", {"base": "gbp"}),
        ("base", {"base": None}),
        ("quote", {"quote": "GBP"}),
        ("quote", {"quote": "XXQ"}),
        ("rate", {"rate": 0}),
        ("rate", {"rate": -1}),
        ("rate", {"rate": Decimal("NaN")}),
        ("rate", {"rate": Decimal("Infinity")}),
        ("rate", {"rate": None}),
        ("source", {"source": ""}),
        ("source", {"source": "  "}),
        ("source", {"source": "x" * 201}),
        ("as_of", {"as_of": NOW + timedelta(days=1)}),
        ("as_of", {"as_of": "infinity"}),
        ("as_of", {"as_of": "-infinity"}),
        ("as_of", {"as_of": None}),
    ],
)
def test_what_is_no_rate_is_refused(shelf: Shelf, field: str, arguments: Row) -> None:
    """A wrong rate is a wrong limit."""
    given: Row = {
        "base": "GBP",
        "quote": "USD",
        "rate": Decimal("1.25"),
        "source": "a test",
        "reason": "a list",
        "as_of": NOW,
        **arguments,
    }
    named = ", ".join(f"p_{name} => %s" for name in given)
    with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
        shelf.run(f"select engine.set_exchange_rate({named})", *given.values())
    assert caught.value.sqlstate == "SK014"
    assert SQLSTATES["SK014"] is InvalidInput
    assert caught.value.diag.column_name == field
    assert caught.value.diag.message_hint


def test_a_rate_may_be_corrected_and_is_otherwise_kept(shelf: Shelf) -> None:
    """The same moment again replaces; another moment adds."""
    shelf.rate("GBP", "USD", "12.5")
    shelf.rate("GBP", "USD", "1.25")
    shelf.rate("GBP", "USD", "1.24", 2 * HOUR)
    rows = shelf.run("select rate from engine.exchange_rates order by as_of")
    assert [row["rate"] for row in rows] == [Decimal("1.24"), Decimal("1.25")]


def in_force(shelf: Shelf) -> list[Decimal]:
    """Return the rates that may be used, oldest first."""
    rows = shelf.run("select rate from engine.exchange_rates order by as_of")
    return [row["rate"] for row in rows]


def log(shelf: Shelf) -> list[Row]:
    """Return the log of rates."""
    return shelf.run("select * from engine.exchange_rate_changes order by id")


@pytest.fixture
def people(shelf: Shelf) -> Iterator[None]:
    """Two operators with logins of their own."""
    with shelf.sql.transaction(force_rollback=True):
        shelf.run("create role anna login in role skylatch_operator")
        shelf.run("create role ben login in role skylatch_operator")
        yield


def refused(shelf: Shelf, login: str, change: int) -> str:
    """Let a login confirm a rate, in vain; return the code."""
    shelf.run(f"set session authorization {login}")
    with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
        shelf.confirm(change)
    shelf.run("reset session authorization")
    return str(caught.value.sqlstate)


@pytest.mark.usefixtures("people")
def test_a_rate_a_million_times_too_high_buys_nothing(shelf: Shelf) -> None:
    """One person's slip is not in force; what was known goes on while it is fresh."""
    shelf.rate("GBP", "USD", "1.25", HOUR)
    typo = shelf.feed("GBP", "USD", "1000000", source="typo", login="anna")
    assert not typo["in_force"]
    assert typo["last_rate"] == Decimal("1.25")
    assert cap(shelf, "USD")["cap"] == Decimal("625.00")
    assert shelf.why_not(Offer(price="625.01", currency="USD")) == ["price_above_cap"]
    shelf.run("update engine.exchange_rates set as_of = as_of - interval '25 hours'")
    assert shelf.why_not(Offer(price="1.00", currency="USD")) == [
        "exchange_rate_too_old"
    ]


@pytest.mark.usefixtures("people")
def test_the_first_rate_of_a_pair_waits_for_a_second_person(shelf: Shelf) -> None:
    """There is nothing to compare it with, whoever brings it."""
    for login in ("anna", "skylatch_feed"):
        assert not shelf.feed("EUR", "USD", "1.1", login=login)["in_force"]
    assert in_force(shelf) == []


@pytest.mark.usefixtures("people")
def test_a_rate_is_confirmed_by_another_person_only(shelf: Shelf) -> None:
    """Not by who gave it, nor as a member of the role; once; and it is on record."""
    change = shelf.feed("GBP", "USD", "1.25", login="anna")["change_id"]
    assert refused(shelf, "anna", change) == "SK116"
    assert refused(shelf, "skylatch_feed", change) == "42501"
    assert refused(shelf, "postgres", change + 1) == "SK116"
    assert in_force(shelf) == []
    shelf.run("set session authorization ben")
    (waiting,) = shelf.run("select * from engine.waiting_exchange_rates()")
    assert (waiting["change_id"], waiting["given_by"]) == (change, "anna")
    assert shelf.confirm(change, change) == 1
    shelf.run("reset session authorization")
    assert in_force(shelf) == [Decimal("1.25")]
    assert refused(shelf, "postgres", change) == "SK116"
    assert [(c["action"], c["login"], c["reason"]) for c in log(shelf)] == [
        ("HELD", "anna", "a list"),
        ("CONFIRMED", "ben", "looked it up"),
    ]
    assert log(shelf)[1]["confirms"] == change


@pytest.mark.usefixtures("people")
def test_a_wrong_rate_waits_no_longer_once_the_right_one_is_given(shelf: Shelf) -> None:
    """Of the same pair and source, and newer: nobody has to refuse it."""
    waiting = "select change_id from engine.waiting_exchange_rates()"
    newer = timedelta(seconds=30)
    shelf.rate("GBP", "USD", "1.25", HOUR)
    typo = shelf.feed("GBP", "USD", "12.5", source="bank", login="anna")
    assert shelf.run(waiting) == [{"change_id": typo["change_id"]}]
    assert shelf.feed("GBP", "USD", "1.26", newer, source="other", login="anna")[
        "in_force"
    ]
    assert len(shelf.run(waiting)) == 1
    assert shelf.feed("GBP", "USD", "1.26", newer, source="bank", login="anna")[
        "in_force"
    ]
    assert shelf.run(waiting) == []


def test_a_rate_near_the_last_one_is_in_force_at_once(shelf: Shelf) -> None:
    """To the share that is set, up and down, straight and turned round."""
    shelf.rate("GBP", "USD", "1.00", 2 * HOUR)
    with shelf.sql.transaction(force_rollback=True):
        assert shelf.feed("GBP", "USD", "1.10")["in_force"]
    with shelf.sql.transaction(force_rollback=True):
        assert shelf.feed("USD", "GBP", "1.10")["in_force"]
    for base, quote, rate in (
        ("GBP", "USD", "1.1001"),
        ("GBP", "USD", "0.909"),
        ("USD", "GBP", "1.1001"),
    ):
        assert not shelf.feed(base, quote, rate)["in_force"]
    shelf.run("select engine.set_money_settings('calmer', p_rate_jump => 0.2)")
    assert shelf.feed("GBP", "USD", "1.1001")["in_force"]


def test_a_rate_is_compared_with_the_way_round_too(shelf: Shelf) -> None:
    """What the engine would use now is what it must be near, whichever way."""
    shelf.rate("EUR", "GBP", "0.80", HOUR)
    shelf.rate("EUR", "USD", "1.00", HOUR)
    found = shelf.feed("GBP", "USD", "1.50")
    assert (found["in_force"], found["last_rate"].normalize()) == (
        False,
        Decimal("1.25"),
    )
    assert shelf.feed("GBP", "USD", "1.26")["in_force"]


def test_a_rate_cannot_be_walked_away_in_small_steps(shelf: Shelf) -> None:
    """Each step is near the last one, and far from what the day began with."""
    shelf.rate("GBP", "USD", "1.00", HOUR)
    assert shelf.feed("GBP", "USD", "1.09")["in_force"]
    walked = shelf.feed("GBP", "USD", "1.18")
    assert not walked["in_force"]
    # As it was given: a correction of the same moment leaves the log as it is.
    assert not shelf.feed("GBP", "USD", "1.18")["in_force"]
    assert shelf.confirm(walked["change_id"]) == 1
    assert shelf.feed("GBP", "USD", "1.20")["in_force"]


@pytest.mark.parametrize(
    ("others", "agree"),
    [
        ([("GBP", "USD", "1.2749")], True),
        ([("GBP", "USD", "1.2751")], False),
        ([("USD", "GBP", "0.7843")], False),
        ([("EUR", "GBP", "0.80"), ("EUR", "USD", "1.03")], False),
        ([("EUR", "GBP", "0.80"), ("EUR", "USD", "1.01")], True),
    ],
)
def test_two_sources_that_disagree_mean_no_rate(
    shelf: Shelf, others: list[tuple[str, str, str]], agree: bool
) -> None:
    """Straight or the way round; the one that is too old has no say."""
    shelf.rate("GBP", "USD", "1.25")
    for other in others:
        change = shelf.feed(*other, HOUR, source="another bank")
        if not change["in_force"]:
            shelf.confirm(change["change_id"])
    expected = [] if agree else ["exchange_rates_disagree"]
    assert shelf.why_not(Offer(currency="USD")) == expected
    assert (cap(shelf, "USD")["cap"] is not None) is agree
    shelf.run(
        "update engine.exchange_rates set as_of = as_of - interval '25 hours'"
        " where source = 'another bank'"
    )
    assert shelf.why_not(Offer(currency="USD")) == []


def test_while_sources_disagree_nobody_decides_it_alone(shelf: Shelf) -> None:
    """Whichever of the two a new rate is near, a second person looks at it."""
    shelf.rate("GBP", "USD", "1.25")
    shelf.confirm(shelf.feed("GBP", "USD", "1.40", source="another")["change_id"])
    for rate in ("1.26", "1.35", "1.40"):
        assert not shelf.feed("GBP", "USD", rate, timedelta(0))["in_force"]


def test_rates_that_wait_are_an_alert(shelf: Shelf) -> None:
    """Before the rate that is used meanwhile has grown too old."""
    alerts = "select * from engine.open_alerts() where kind = 'RATES_WAITING'"
    assert shelf.run(alerts) == []
    change = shelf.feed("GBP", "USD", "1.25")["change_id"]
    (alert,) = shelf.run(alerts)
    assert alert["detail"] == "1 exchange rates wait for a second person"
    shelf.confirm(change)
    assert shelf.run(alerts) == []


@pytest.mark.usefixtures("people")
def test_an_operator_sets_a_rate(shelf: Shelf) -> None:
    """As the role they have, without any right on the table."""
    change = shelf.feed("GBP", "USD", "1.25", source="a bank", login="anna")
    shelf.confirm(change["change_id"])
    shelf.run("set session authorization anna")
    for table in ("exchange_rates", "exchange_rate_changes"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            shelf.sql.transaction(),
        ):
            shelf.run(f"select * from engine.{table}")
    shelf.run("reset session authorization")
    (row,) = shelf.run("select * from engine.exchange_rates")
    assert (row["rate"], row["source"]) == (Decimal("1.25"), "a bank")


def test_the_application_sets_no_rate(shelf: Shelf) -> None:
    """It states trips; what they may cost is not its to move."""
    shelf.run("set local role service_role")
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        shelf.sql.transaction(),
    ):
        shelf.run("select engine.set_exchange_rate('GBP', 'USD', 1, 'x', 'a reason')")
