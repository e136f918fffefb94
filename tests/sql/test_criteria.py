"""Every wish of a traveller: an offer that misses it alone is never bought.

And the edges: what fits exactly, what the airline does not say, and filters that fail.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.factories import in_days
from tests.sql.shelf import NOW, Offer, Row, Shelf
from tests.sql.sources import SQL


def local(days: int, clock: time) -> datetime:
    """Return a time of the airport's own clock, so many days from today: no zone."""
    return datetime.combine(in_days(days), clock)


# A trip with every wish there is, and an offer that meets them all.
WISHES: Row = {
    "return_from": in_days(50),
    "return_to": in_days(50),
    "max_connections": 1,
    "max_duration": timedelta(hours=12),
    "layover_min": timedelta(hours=1),
    "layover_max": timedelta(hours=4),
    "no_airport_change": True,
    "depart_after": time(22),
    "depart_before": time(6),
    "arrive_after": time(8),
    "arrive_before": time(20),
    "return_depart_after": time(9),
    "return_depart_before": time(12),
    "return_arrive_after": time(18),
    "return_arrive_before": time(23),
    "no_red_eye": True,
    "airlines_only": ["BA", "AA", "IB"],
    "airlines_never": ["LH"],
    "alliances": ["skyteam", "oneworld"],
    "carry_on_bags": 1,
    "checked_bags": 1,
    "refundable": True,
    "changeable": True,
    "max_emissions_kg": 900,
    "cabin_class": "business",
}
GOOD = Offer(
    slices=((600, 1), (600, 1)),
    more={
        "carriers": ["AA", "BA"],
        "lowest_cabin": "business",
        "shortest_layover": timedelta(hours=2),
        "longest_layover": timedelta(hours=3),
        "departs_local": [local(40, time(23)), local(50, time(10))],
        "arrives_local": [local(41, time(9)), local(50, time(20))],
        "refundable": True,
        "changeable": True,
        "emissions_kg": 800,
    },
)


def but(**columns: object) -> Offer:
    """Return the good offer with other columns."""
    return replace(GOOD, more={**GOOD.more, **columns})


def at(outbound: time, back: time) -> list[datetime]:
    """Return local times of two slices."""
    return [local(40, outbound), local(50, back)]


def to_and_from(origin: str, destination: str) -> list[Row]:
    """Return the itinerary of a return trip, as far as judging looks at it."""
    return [
        {"origin": origin, "destination": destination},
        {"origin": destination, "destination": origin},
    ]


MISSES: dict[str, Offer] = {
    "price_above_cap": replace(GOOD, price="500.01"),
    "not_chargeable": replace(GOOD, price="100.001"),
    "no_exchange_rate": replace(GOOD, currency="USD"),
    "exchange_rate_too_old": replace(GOOD, currency="JPY", price="100"),
    "exchange_rates_disagree": replace(GOOD, currency="CHF"),
    "too_many_connections": replace(GOOD, slices=((600, 1), (600, 2))),
    "too_long": replace(GOOD, slices=((600, 1), (721, 1))),
    "layover_too_short": but(shortest_layover=timedelta(minutes=59)),
    "layover_too_long": but(longest_layover=timedelta(minutes=241)),
    "airport_change": but(airport_changes=1),
    "departs_outside_window": but(departs_local=at(time(21, 59), time(10))),
    "arrives_outside_window": but(arrives_local=at(time(20, 1), time(20))),
    "return_departs_outside_window": but(departs_local=at(time(23), time(12, 1))),
    "return_arrives_outside_window": but(arrives_local=at(time(9), time(17, 59))),
    "red_eye": but(red_eyes=1),
    "airline_not_included": but(carriers=["AA", "AY", "BA"]),
    "airline_excluded": but(carriers=["BA", "LH"]),
    "not_in_alliance": but(carriers=["AF", "BA"]),
    "carry_on_missing": replace(GOOD, carry_on=0),
    "checked_bags_missing": replace(GOOD, checked=0),
    "not_refundable": but(refundable=False),
    "refund_unknown": but(refundable=None),
    "not_changeable": but(changeable=False),
    "change_unknown": but(changeable=None),
    "emissions_too_high": but(emissions_kg=900.1),
    "emissions_unknown": but(emissions_kg=None),
    "cabin_too_low": but(lowest_cabin="premium_economy"),
    "cabin_unknown": but(lowest_cabin=None),
    "documents_required": replace(GOOD, documents=True),
    "expires_too_soon": replace(GOOD, expires=timedelta(seconds=119)),
    "no_longer_offered": replace(GOOD, status="EXPIRED"),
    "cannot_be_judged": but(itinerary=Jsonb({"not": "a list"})),
    "not_asked_for": but(asked_on=[in_days(41), in_days(50)]),
    "wrong_slices": but(
        itinerary=Jsonb(to_and_from("LHR", "JFK") * 2),
        departs_local=at(time(23), time(10)) * 2,
        arrives_local=at(time(9), time(20)) * 2,
    ),
    "wrong_route": but(itinerary=Jsonb(to_and_from("LHR", "EWR"))),
    "wrong_date": but(departs_local=[local(41, time(23)), local(50, time(10))]),
    "party_mismatch": but(passengers=Jsonb([{"id": "pas_1", "type": "child"}])),
    "leaves_too_soon": but(departs_at=NOW + timedelta(hours=3, seconds=-1)),
}
UNKNOWN = ("refund_unknown", "change_unknown", "emissions_unknown", "cabin_unknown")
# Some misses imply another wish's: an excluded airline is not among the only ones.
TOGETHER = {
    "airline_excluded": ["airlines_only", "alliances"],
    "not_in_alliance": ["airlines_only"],
}
NO_WISH: Row = {"airlines_only": [], "alliances": []}


@pytest.fixture
def picky(shelf: Shelf) -> Shelf:
    """Return a shelf whose traveller has every wish."""
    shelf.wish(**WISHES)
    shelf.rate("GBP", "JPY", "190", timedelta(days=2))
    shelf.rate("GBP", "CHF", "1.10")
    shelf.rate("GBP", "CHF", "1.20", source="another")
    return shelf


def test_an_offer_that_meets_every_wish_is_bought(picky: Shelf) -> None:
    """So each case below fails for its one fault only."""
    assert picky.why_not(GOOD) == []


@pytest.mark.parametrize("reason", MISSES)
def test_for_every_criterion_an_offer_that_misses_it_alone_is_never_chosen(
    picky: Shelf, reason: str
) -> None:
    """However cheap and quick it is; the reason is recorded, and only that one."""
    picky.wish(**{name: NO_WISH[name] for name in TOGETHER.get(reason, [])})
    assert picky.why_not(MISSES[reason]) == [reason]
    dear = replace(GOOD, name="dear", price="500.00", slices=((720, 1), (720, 1)))
    assert picky.ranked(replace(MISSES[reason], name="bad"), dear) == ["dear"]


def test_every_reason_has_a_case_and_words(picky: Shelf) -> None:
    """What judging may say, what is tested and what a traveller reads are the same."""
    said = {"cannot_be_judged", "not_asked_for", "wrong_slices"}
    for name in ("judge_offer", "route_problems", "convert_cap", "known_rate"):
        (path,) = SQL.glob(f"*/{name}.sql")
        source = path.read_text()
        said |= set(re.findall(r"then '([a-z_]+)'", source))
    worded = {row["reason"] for row in picky.run("select * from engine.list_reasons()")}
    assert said == worded == set(MISSES)


def test_every_wish_that_a_reason_names_is_a_column_of_the_trip(shelf: Shelf) -> None:
    """`change` is what the traveller would change."""
    unknown = shelf.run(
        "select r.change from engine.list_reasons() as r where r.change is not null"
        " and not exists (select from pg_attribute as a where a.attname = r.change"
        " and a.attrelid = 'public.trip_requests'::regclass)"
    )
    assert unknown == []


@pytest.mark.parametrize("reason", UNKNOWN)
def test_unknown_passes_only_for_who_accepts_it(picky: Shelf, reason: str) -> None:
    """What the airline does not state is not "no"."""
    assert picky.why_not(MISSES[reason]) == [reason]
    picky.wish(accept_unknown=True)
    assert picky.why_not(MISSES[reason]) == []


@pytest.mark.parametrize(
    "reason",
    ["not_refundable", "not_changeable", "emissions_too_high", "cabin_too_low"],
)
def test_a_stated_no_stays_no_for_who_accepts_the_unknown(
    picky: Shelf, reason: str
) -> None:
    """Accepting silence is not accepting refusal."""
    picky.wish(accept_unknown=True)
    assert picky.why_not(MISSES[reason]) == [reason]


@pytest.mark.parametrize("lowest", ["economy", "premium_economy", "business", "first"])
@pytest.mark.parametrize("wanted", ["economy", "premium_economy", "business", "first"])
def test_a_cabin_fits_from_the_wanted_one_upwards(
    shelf: Shelf, wanted: str, lowest: str
) -> None:
    """Economy, premium economy, business, first: in this order."""
    order = ["economy", "premium_economy", "business", "first"]
    shelf.wish(cabin_class=wanted)
    fits = order.index(lowest) >= order.index(wanted)
    reasons = shelf.why_not(Offer(more={"lowest_cabin": lowest}))
    assert reasons == ([] if fits else ["cabin_too_low"])


def test_who_wants_economy_needs_no_word_on_the_cabin(shelf: Shelf) -> None:
    """Nothing is below it."""
    assert shelf.why_not(Offer(more={"lowest_cabin": None})) == []


@settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(now=st.times(), after=st.times(), before=st.times())
def test_a_window_may_run_over_midnight(
    shelf: Shelf, now: time, after: time, before: time
) -> None:
    """Walking the clock from its beginning, the time comes before its end."""
    (row,) = shelf.run("select engine.is_within(%s, %s, %s) as it", now, after, before)

    def since(moment: time) -> timedelta:
        start = datetime.combine(date(2030, 1, 1), after)
        walked = datetime.combine(date(2030, 1, 1), moment) - start
        return walked % timedelta(days=1)

    assert row["it"] == (since(now) <= since(before))


@pytest.mark.parametrize(
    ("local", "reasons"),
    [
        (time(21, 59, 59), ["departs_outside_window"]),
        (time(22), []),
        (time(23, 59), []),
        (time(0), []),
        (time(6), []),
        (time(6, 0, 1), ["departs_outside_window"]),
    ],
)
def test_hours_are_the_airports_own(
    shelf: Shelf, local: time, reasons: list[str]
) -> None:
    """From ten in the evening to six: by the clock on the wall there, ends included."""
    shelf.wish(depart_after=time(22), depart_before=time(6))
    there = {"departs_local": [datetime.combine(in_days(40), local)]}
    for hours in (0, 9, 15):  # the instant does not matter
        assert shelf.why_not(Offer(departs=hours, more=there)) == reasons


def test_an_unknown_time_is_outside_every_window(shelf: Shelf) -> None:
    """A wish that cannot be checked is not met."""
    shelf.wish(depart_after=time(0), depart_before=time(23, 59, 59))
    nobody_knows: Row = {"departs_local": []}
    assert shelf.why_not(Offer(more=nobody_knows)) == [
        "wrong_date",
        "departs_outside_window",
    ]


def test_a_journey_that_does_not_come_back_misses_the_hours_back(picky: Shelf) -> None:
    """The only slice is the way out, not the way back."""
    times = {
        "departs_local": [local(40, time(23))],
        "arrives_local": [local(41, time(9))],
        "asked_from": ["LHR", "JFK"],
        "asked_to": ["JFK", "LHR"],
        "asked_on": [in_days(40), in_days(50)],
    }
    one_way = replace(but(**times), slices=((600, 1),))
    assert picky.why_not(one_way) == [
        "wrong_slices",
        "return_departs_outside_window",
        "return_arrives_outside_window",
    ]


def test_a_nonstop_flight_has_no_layover_to_mind(picky: Shelf) -> None:
    """Nothing is too short or too long where nobody changes planes."""
    nothing = {"shortest_layover": None, "longest_layover": None}
    nonstop = replace(but(**nothing), slices=((600, 0), (600, 0)))
    assert picky.why_not(nonstop) == []
    # With a connection, unknown layovers are a miss.
    assert picky.why_not(but(**nothing)) == ["layover_too_short", "layover_too_long"]


@pytest.mark.parametrize(
    ("wish", "owner", "carriers", "reasons"),
    [
        ({"airlines_only": ["BA"]}, "BA", ["BA"], []),
        ({"airlines_only": ["BA"]}, "BA", ["AA", "BA"], ["airline_not_included"]),
        ({"airlines_only": ["BA"]}, "AA", ["BA"], ["airline_not_included"]),
        ({"airlines_only": ["BA"]}, "BA", [], ["airline_not_included"]),
        ({"airlines_never": ["AA"]}, "BA", ["AA", "BA"], ["airline_excluded"]),
        ({"airlines_never": ["AA"]}, "AA", ["BA"], ["airline_excluded"]),
        ({"airlines_never": ["AA"]}, "BA", ["BA"], []),
        ({"airlines_never": ["AA"]}, "BA", [], ["airline_excluded"]),
        ({"airlines_never": ["AA"]}, "BA", ["?", "BA"], ["airline_excluded"]),
        ({"airlines_only": ["BA"]}, "BA", ["?", "BA"], ["airline_not_included"]),
        ({"alliances": ["oneworld"]}, "BA", ["?", "BA"], ["not_in_alliance"]),
        ({"alliances": ["oneworld"]}, "BA", ["AA", "BA"], []),
        # Sold by an agent outside, flown inside.
        ({"alliances": ["oneworld"]}, "HR", ["AA", "BA"], []),
        ({"alliances": ["oneworld"]}, "BA", ["BA", "U2"], ["not_in_alliance"]),
        ({"alliances": ["oneworld"]}, "BA", [], ["not_in_alliance"]),
        ({"alliances": ["skyteam", "oneworld"]}, "BA", ["BA", "IB"], []),
        ({"alliances": ["skyteam", "oneworld"]}, "AF", ["AF", "KL"], []),
        # Each is in a wanted one, but not in the same.
        (
            {"alliances": ["skyteam", "oneworld"]},
            "BA",
            ["AF", "BA"],
            ["not_in_alliance"],
        ),
    ],
)
def test_airlines_are_whoever_sells_markets_or_flies(
    shelf: Shelf, wish: Row, owner: str, carriers: list[str], reasons: list[str]
) -> None:
    """And where nobody knows who flies, a wish about airlines is not met."""
    shelf.wish(**wish)
    assert shelf.why_not(Offer(airline=owner, more={"carriers": carriers})) == reasons


def test_the_alliances_are_known(shelf: Shelf) -> None:
    """Each has its members, each airline is in one."""
    rows = shelf.run(
        "select alliance, count(*) as n, bool_or(airline = 'BA') as ba"
        " from engine.airline_alliances group by alliance order by alliance"
    )
    assert [row["alliance"] for row in rows] == ["oneworld", "skyteam", "star_alliance"]
    assert all(row["n"] >= 15 for row in rows)
    assert [row["ba"] for row in rows] == [True, False, False]


# -- filters that fail -------------------------------------------------------------


def broken(function: str) -> str:
    """Return SQL that makes a filter raise whenever it is asked."""
    return {
        "is_within": "create or replace function engine.is_within(p_time time,"
        " p_after time, p_before time) returns boolean language plpgsql immutable as"
        " $$ begin raise exception 'broken'; end; $$",
        "route_problems": "create or replace function engine.route_problems(p_trip"
        " public.trip_requests, p_offer public.flight_offers, p_city_airports text[])"
        " returns text[] language plpgsql stable as"
        " $$ begin raise exception 'broken'; end; $$",
    }[function]


@pytest.mark.parametrize("function", ["is_within", "route_problems"])
def test_a_filter_that_fails_lets_nothing_through(shelf: Shelf, function: str) -> None:
    """Nothing is bought, nothing is ranked, and the round ends with a reason."""
    shelf.put(Offer("cheap", price="1.00"), Offer("b"))
    assert shelf.rank() == 2
    shelf.run(broken(function))
    assert shelf.rank() == 0
    for row in shelf.offers():
        assert (row["rank"], row["score"]) == (None, None)
        assert row["ineligible"] == ["cannot_be_judged"]
    with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
        shelf.book()
    assert caught.value.sqlstate == "SK102"
    shelf.run(
        "select engine.decide_trip(%s, %s, 'test', now())", shelf.user_id, shelf.trip_id
    )
    (trip,) = shelf.run("select * from public.trip_requests")
    assert trip["auto_book_status"] == "PENDING"
    assert trip["status_reason"].startswith("None of 2 offers fits.")
    assert "not readable" in trip["status_reason"]


@pytest.mark.parametrize(
    "columns",
    [
        {"itinerary": Jsonb({})},
        {"itinerary": Jsonb([])},
        {"itinerary": Jsonb("text")},
    ],
)
def test_an_offer_that_cannot_be_judged_hides_no_other(
    shelf: Shelf, columns: dict[str, Any]
) -> None:
    """It alone is out; the good one is bought."""
    shelf.put(Offer("odd", price="1.00", more=columns), Offer("good"))
    assert shelf.rank() == 1
    assert shelf.order() == ["good"]
    odd = shelf.offers()[-1]
    assert odd["ineligible"] == ["cannot_be_judged"]
