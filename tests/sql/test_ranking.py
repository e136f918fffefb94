"""The order of offers: what may be bought, what is best, and why the others are not.

Offers are written straight into their table, so that a case is exactly what it says;
the properties compare the database with the documented formula in plain Python.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import in_days
from tests.sql.shelf import Offer, Row, Shelf

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    database=None,
    # One database for the whole property; every example undoes what it did.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# -- the traps ---------------------------------------------------------------------


def test_durations_are_compared_as_time_not_as_text(shelf: Shelf) -> None:
    """At one price, 2 h 30 nonstop beats 9 h, which beats 11 h 05 with two stops."""
    order = shelf.ranked(
        Offer("nine_hours", minutes=9 * 60),
        Offer("two_stops", minutes=11 * 60 + 5, connections=2),
        Offer("nonstop", minutes=150),
    )
    assert order == ["nonstop", "nine_hours", "two_stops"]


def test_prices_are_compared_as_money_not_as_text(shelf: Shelf) -> None:
    """99 is less than 100, and 9.5 is less than 10."""
    order = shelf.ranked(
        Offer("hundred", price="100.00"),
        Offer("ninetynine", price="99"),
        Offer("ten", price="10"),
        Offer("nine_and_a_half", price="9.5"),
    )
    assert order == ["nine_and_a_half", "ten", "ninetynine", "hundred"]


@pytest.mark.parametrize(
    ("minutes", "reasons"),
    [
        (26 * 60 + 5, ["too_long"]),
        (14 * 60 + 45, []),
        (24 * 60, []),
        (24 * 60 + 1, ["too_long"]),
        (100 * 60, ["too_long"]),
    ],
)
def test_a_duration_limit_holds_to_the_minute(
    shelf: Shelf, minutes: int, reasons: list[str]
) -> None:
    """26 h 05 is more than 24 h, whatever its first digits look like."""
    assert shelf.why_not(Offer(minutes=minutes)) == reasons


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("P1DT2H", ["too_long"]),
        ("PT14H45M", []),
        ("P1D", []),
        ("PT1441M", ["too_long"]),
    ],
)
def test_a_duration_is_time_however_it_is_written(
    shelf: Shelf, text: str, reasons: list[str]
) -> None:
    """A day and two hours are 26 hours."""
    length = {"duration": text, "longest_slice": text}
    assert shelf.why_not(Offer(more=length)) == reasons


def test_limits_are_per_slice(shelf: Shelf) -> None:
    """Two journeys of 20 h fit a limit of 24 h; one of 25 h does not."""
    shelf.wish(return_from=in_days(50), return_to=in_days(50))
    fits = Offer(slices=((1200, 2), (1200, 2)))
    assert shelf.why_not(fits) == []
    long_return = Offer(slices=((300, 0), (1500, 3)))
    assert shelf.why_not(long_return) == ["too_many_connections", "too_long"]


@pytest.mark.parametrize(
    ("currency", "cap", "fits", "misses"),
    [
        ("GBP", "500", "500.00", "500.01"),
        ("JPY", "50000", "50000", "50001"),
        ("KWD", "100.000", "100.000", "100.010"),
    ],
)
def test_the_cap_holds_to_the_smallest_unit(
    shelf: Shelf, currency: str, cap: str, fits: str, misses: str
) -> None:
    """The limit itself may be spent, and not a penny, yen or fils more."""
    shelf.wish(currency=currency, max_price=Decimal(cap))
    assert shelf.why_not(Offer(price=fits, currency=currency)) == []
    dear = Offer(price=misses, currency=currency)
    assert shelf.why_not(dear) == ["price_above_cap"]


@pytest.mark.parametrize(
    ("currency", "price", "reasons"),
    [
        ("KWD", "10.001", ["not_chargeable"]),
        ("KWD", "10.010", []),
        ("HUF", "10000.50", ["not_chargeable"]),
        ("HUF", "10000.00", []),
        ("JPY", "1000.5", ["not_chargeable"]),
        ("GBP", "10.001", ["not_chargeable"]),
    ],
)
def test_what_cannot_be_charged_exactly_is_not_bought(
    shelf: Shelf, currency: str, price: str, reasons: list[str]
) -> None:
    """Rounding would charge more or less than the fare: neither is agreed to."""
    shelf.wish(currency=currency, max_price=Decimal(100000))
    assert shelf.why_not(Offer(price=price, currency=currency)) == reasons


@pytest.mark.parametrize(
    ("wish", "one", "reasons"),
    [
        ({"max_connections": 0}, Offer(connections=1), ["too_many_connections"]),
        ({"max_connections": 0}, Offer(connections=0), []),
        ({"max_connections": 1}, Offer(connections=2), ["too_many_connections"]),
        ({"carry_on_bags": 1}, Offer(carry_on=0), ["carry_on_missing"]),
        ({"carry_on_bags": 1}, Offer(carry_on=1), []),
        ({"checked_bags": 2}, Offer(checked=1), ["checked_bags_missing"]),
        ({"checked_bags": 2}, Offer(checked=3), []),
        ({}, Offer(documents=True), ["documents_required"]),
        ({}, Offer(expires=timedelta(seconds=119)), ["expires_too_soon"]),
        ({}, Offer(expires=timedelta(seconds=120)), []),
        ({}, Offer(expires=timedelta(seconds=-1)), ["expires_too_soon"]),
        (
            {"max_connections": 0, "checked_bags": 1, "max_duration": "5 hours"},
            Offer(price="501", connections=1, checked=0, documents=True, minutes=301),
            [
                "price_above_cap",
                "too_many_connections",
                "too_long",
                "checked_bags_missing",
                "documents_required",
            ],
        ),
    ],
)
def test_every_miss_is_recorded_with_its_reason(
    shelf: Shelf, wish: Row, one: Offer, reasons: list[str]
) -> None:
    """All reasons, not the first; and none for what fits exactly."""
    if wish:
        shelf.wish(**wish)
    assert shelf.why_not(one) == reasons


def test_a_preferred_airline_is_worth_its_documented_weight(shelf: Shelf) -> None:
    """A tenth of the score: 92 pounds of a 500 pound limit, and no more."""
    british = Offer("british", price="192.00")
    cheap = Offer("cheap", price="100.00", airline="U2")
    assert shelf.ranked(british, cheap) == ["cheap", "british"]
    shelf.wish(preferred_airlines=["BA", "AA"])
    assert shelf.ranked(british, cheap) == ["british", "cheap"]
    dearer = replace(british, price="193.00")
    assert shelf.ranked(dearer, cheap) == ["cheap", "british"]


def test_the_score_is_the_documented_formula_with_its_parts(shelf: Shelf) -> None:
    """0.60 price, 0.25 duration, 0.15 connections; with airlines 0.9 of that."""
    shelf.put(Offer(price="250.00", minutes=720, connections=1))
    shelf.rank()
    (row,) = shelf.offers()
    assert row["score"] == Decimal("0.5")
    parts = row["score_parts"]
    assert {name: parts[name] for name in ("price", "duration", "connections")} == {
        "price": 0.5,
        "duration": 0.5,
        "connections": 0.5,
    }
    assert parts["airline"] is None
    assert parts["cap"] == "500.00"
    assert parts["weights"] == {
        "price": 0.6,
        "duration": 0.25,
        "connections": 0.15,
        "airline": 0,
    }
    shelf.wish(preferred_airlines=["QF"])
    shelf.rank()
    (row,) = shelf.offers()
    assert row["score"] == Decimal("0.55")
    assert row["score_parts"]["airline"] == 1
    assert row["score_parts"]["weights"] == {
        "price": 0.54,
        "duration": 0.225,
        "connections": 0.135,
        "airline": 0.1,
    }


def test_the_traveller_sets_the_weights(shelf: Shelf) -> None:
    """Who only minds the time gets the shortest, whatever it costs within the limit."""
    quick = Offer("quick", price="500.00", minutes=300)
    cheap = Offer("cheap", price="50.00", minutes=360)
    nonstop = Offer("nonstop", price="400.00", minutes=900)
    stops = [replace(quick, connections=2), replace(cheap, connections=1), nonstop]
    weights = ("price_weight", "duration_weight", "connections_weight")
    for only, best in zip(weights, ("cheap", "quick", "nonstop"), strict=True):
        shelf.wish(**{name: int(name == only) for name in weights})
        assert shelf.ranked(*stops)[0] == best
    shelf.wish(airline_weight=1, preferred_airlines=["U2"])
    assert (
        shelf.ranked(*stops, Offer("easy", price="499.00", airline="U2"))[0] == "easy"
    )


def test_ties_break_by_price_duration_departure_and_offer_id(shelf: Shelf) -> None:
    """The order is total: the same offers always come out the same."""
    # With a limit of 30 h, 25 pounds of 500 weigh as much as 216 minutes: 0.03.
    shelf.wish(max_duration="30 hours")
    cheap = Offer("z_cheap", price="100.00", minutes=516)
    dear = Offer("a_dear", price="125.00", minutes=300)
    assert shelf.ranked(dear, cheap) == ["z_cheap", "a_dear"]
    # And 540 minutes as much as one connection of two: 0.075.
    short = Offer("z_short", minutes=300, connections=1)
    long = Offer("a_long", minutes=840, connections=0)
    assert shelf.ranked(long, short) == ["z_short", "a_long"]
    early, late = Offer("z_early", departs=5), Offer("a_late", departs=6)
    assert shelf.ranked(late, early) == ["z_early", "a_late"]
    twins = [Offer("c"), Offer("a"), Offer("b")]
    assert shelf.ranked(*twins) == ["a", "b", "c"]


# -- rounds and status -------------------------------------------------------------


def test_an_offer_of_an_older_round_is_never_a_candidate(shelf: Shelf) -> None:
    """Not even where it was the best of its round, and the cheapest of all."""
    shelf.put(Offer("old", price="1.00"))
    assert shelf.rank() == 1
    shelf.run("update public.trip_requests set search_round = 2")
    assert shelf.rank() == 0
    with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
        shelf.book()
    assert caught.value.sqlstate == "SK102"
    shelf.put(Offer("new", price="400.00", search_round=2))
    chosen = shelf.book()
    (row,) = shelf.run("select * from public.flight_offers where id = %s", chosen)
    assert row["offer_id"] == "off_new"


@pytest.mark.parametrize("status", ["EXPIRED", "SELECTED", "BOOKED"])
def test_only_an_active_offer_is_a_candidate(shelf: Shelf, status: str) -> None:
    """What was tried, booked or has expired is not offered again."""
    shelf.put(Offer("spent", price="1.00", status=status))
    assert shelf.rank() == 0
    with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
        shelf.book()
    assert caught.value.sqlstate == "SK102"


def test_ranking_again_forgets_what_was_said_before(shelf: Shelf) -> None:
    """A changed limit takes ranks away and gives them back."""
    shelf.put(Offer("a", price="100.00"), Offer("b", price="200.00"))
    assert shelf.rank() == 2
    shelf.wish(max_price=Decimal("150.00"))
    assert shelf.rank() == 1
    assert shelf.order() == ["a"]
    shelf.wish(max_price=Decimal("500.00"))
    assert shelf.rank() == 2
    assert [row["ineligible"] for row in shelf.offers()] == [[], []]


def test_the_traveller_reads_the_same_order_with_every_part(shelf: Shelf) -> None:
    """`rank_offers` lists the current round, best first, the misses last."""
    shelf.put(
        Offer("b", price="200.00"),
        Offer("a", price="100.00"),
        Offer("dear", price="900.00"),
        Offer("old", price="1.00", search_round=0),
    )
    shelf.rank()
    rows = shelf.run("select * from public.rank_offers(%s)", shelf.trip_id)
    assert [(r["rank"], r["offer_id"]) for r in rows] == [
        (1, "off_a"),
        (2, "off_b"),
        (None, "off_dear"),
    ]
    assert rows[2]["ineligible"] == ["price_above_cap"]
    assert set(rows[0]["score_parts"]) == {
        "price",
        "duration",
        "connections",
        "airline",
        "weights",
        "cap",
        "rate",
        "rate_as_of",
    }


def test_the_traveller_reads_how_many_fares_the_same_flights_have(
    shelf: Shelf,
) -> None:
    """Three fares of one itinerary, one of another, one that is not known."""
    same = {"itinerary_key": "BA1", "carriers": ["AA", "BA"]}
    shelf.put(
        *[Offer(f"fare{n}", price=f"{n}00", more=same) for n in (1, 2, 3)],
        Offer("other", price="400", more={"itinerary_key": "BA2"}),
        Offer("unknown", price="450"),
    )
    shelf.rank()
    rows = shelf.run("select * from public.rank_offers(%s)", shelf.trip_id)
    assert [row["other_fares"] for row in rows] == [2, 2, 2, 0, None]
    assert rows[0]["carriers"] == ["AA", "BA"]
    assert rows[0]["itinerary_key"] == "BA1"


# -- properties --------------------------------------------------------------------


def offers_drawn(least: int = 1) -> st.SearchStrategy[list[Offer]]:
    """Draw offers around the limits of the trip, named apart."""
    drawn = st.builds(
        Offer,
        price=st.one_of(
            st.sampled_from(["100.00", "200.00", "500.00", "500.01"]),
            st.decimals("0.01", "600", places=2).map(str),
        ),
        currency=st.sampled_from(["GBP"] * 9 + ["USD"]),
        minutes=st.one_of(
            st.sampled_from([150, 540, 665, 885, 1440, 1441, 1565]),
            st.integers(30, 1800),
        ),
        connections=st.integers(0, 3),
        airline=st.sampled_from(["BA", "U2", "LH"]),
        departs=st.integers(0, 23),
        documents=st.sampled_from([False] * 9 + [True]),
        status=st.sampled_from(["ACTIVE"] * 9 + ["EXPIRED"]),
    )
    return st.lists(drawn, min_size=least, max_size=7).map(
        lambda found: [replace(one, name=f"{n}") for n, one in enumerate(found)]
    )


def weights_drawn() -> st.SearchStrategy[Row]:
    """Draw preferred airlines and weights, the usual ones most often."""
    usual = [Decimal("0.60"), Decimal("0.25"), Decimal("0.15"), Decimal("0.10")]
    hundredths = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)
    drawn = st.tuples(hundredths, st.integers(0, 100)).map(
        lambda cut: [
            Decimal(n) / 100
            for n in (cut[0][0], cut[0][1] - cut[0][0], 100 - cut[0][1], cut[1])
        ]
    )
    return st.builds(
        lambda airlines, weights: {
            "preferred_airlines": airlines,
            **dict(zip(WEIGHTS, weights, strict=True)),
        },
        st.sampled_from([[], ["BA"], ["BA", "LH"]]),
        st.one_of(st.just(usual), drawn),
    )


WEIGHTS = ("price_weight", "duration_weight", "connections_weight", "airline_weight")
preferences = weights_drawn()


def documented_score(one: Offer, wishes: Row) -> Fraction:
    """Compute the score as the documentation states it, exactly."""
    price, duration, connections, airline = (Fraction(wishes[name]) for name in WEIGHTS)
    score = (
        price * Fraction(one.price) / 500
        + duration * Fraction(one.minutes, 1440)
        + connections * Fraction(one.connections, 2)
    )
    if wishes["preferred_airlines"]:
        away = 0 if one.airline in wishes["preferred_airlines"] else 1
        score = score * (1 - airline) + airline * away
    return score


def is_eligible(one: Offer) -> bool:
    """Tell whether an offer fits the trip on the shelf."""
    return (
        one.status == "ACTIVE"
        and one.currency == "GBP"
        and Decimal(one.price) <= 500
        and one.minutes <= 1440
        and one.connections <= 2
        and not one.documents
    )


@BOUNDED
@given(offers=offers_drawn(), wishes=preferences)
def test_every_offer_has_a_rank_or_a_reason_and_the_order_is_the_formula(
    shelf: Shelf, offers: list[Offer], wishes: Row
) -> None:
    """Ranks are 1 to n without gaps, by the documented score and tie breaks."""
    with shelf.sql.transaction(force_rollback=True):
        shelf.wish(**wishes)
        shelf.put(*offers)
        eligible = shelf.rank()
        rows = shelf.offers()
    by_id = {one.offer_id: one for one in offers}
    assert len(rows) == len(offers)
    for row in rows:
        assert (row["rank"] is not None) == (row["ineligible"] == [])
        assert (row["rank"] is not None) == is_eligible(by_id[row["offer_id"]])
        if by_id[row["offer_id"]].currency != "GBP":
            assert row["score"] is None  # no rate, no comparison
            continue
        exact = documented_score(by_id[row["offer_id"]], wishes)
        assert abs(Fraction(row["score"]) - exact) <= Fraction(1, 10**9)
    ranked = [row for row in rows if row["rank"] is not None]
    assert [row["rank"] for row in ranked] == list(range(1, eligible + 1))
    keys = [
        (
            row["score"],
            row["price_amount"],
            row["duration"],
            row["departs_at"],
            row["offer_id"],
        )
        for row in ranked
    ]
    assert keys == sorted(keys)


@BOUNDED
@given(offers=offers_drawn(least=2), wishes=preferences, data=st.data())
def test_an_offer_more_or_less_never_swaps_two_others(
    shelf: Shelf, offers: list[Offer], wishes: Row, data: st.DataObject
) -> None:
    """Each score is relative to the trip's limits only, never to the other offers."""
    gone = data.draw(st.sampled_from(offers))
    with shelf.sql.transaction(force_rollback=True):
        shelf.wish(**wishes)
        with_it = shelf.ranked(*offers)
        without = shelf.ranked(*[one for one in offers if one is not gone])
    assert [name for name in with_it if name != gone.name] == without


@BOUNDED
@given(
    offers=offers_drawn(least=2),
    wishes=preferences,
    better=st.sampled_from(["cheaper", "shorter", "fewer connections"]),
    data=st.data(),
)
def test_a_better_offer_never_ranks_worse(
    shelf: Shelf,
    offers: list[Offer],
    wishes: Row,
    better: str,
    data: st.DataObject,
) -> None:
    """Cheaper, shorter or with fewer connections: up or where it was, never down."""
    position = data.draw(st.integers(0, len(offers) - 1))
    before = offers[position]
    pence = int(Decimal(before.price) * 100)
    after = {
        "cheaper": replace(before, price=str(Decimal(pence // 2 or 1) / 100)),
        "shorter": replace(before, minutes=max(before.minutes - 25, 1)),
        "fewer connections": replace(
            before, connections=max(before.connections - 1, 0)
        ),
    }[better]
    changed = [*offers[:position], after, *offers[position + 1 :]]
    with shelf.sql.transaction(force_rollback=True):
        shelf.wish(**wishes)
        first, second = shelf.ranked(*offers), shelf.ranked(*changed)
    if before.name in first:
        assert before.name in second
        assert second.index(before.name) <= first.index(before.name)
    others = [name for name in first if name != before.name]
    assert [name for name in second if name != before.name] == others
