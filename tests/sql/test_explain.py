"""What the traveller reads: why this offer, why not the others, what would help."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.shelf import Offer, Row, Shelf


def said(shelf: Shelf, *offers: Offer) -> Row:
    """Store, rank and return the explanation."""
    shelf.put(*offers)
    shelf.rank()
    return shelf.explain()


def helps(story: Row) -> dict[str, tuple[int, str]]:
    """Return how many offers each change would make fit, and the sentence."""
    return {
        one["change"]: (one["offers"], one["sentence"])
        for one in story["what_would_help"]
    }


def test_the_best_offer_is_explained(shelf: Shelf) -> None:
    """Which, by what weights, and what the cheapest would have been."""
    story = said(
        shelf,
        Offer("best", price="120.00", minutes=150),
        Offer("cheap", price="100.00", minutes=665, connections=2),
        Offer("dear", price="523.40"),
    )
    assert story["status"] == "PENDING"
    assert (story["offers"], story["fit"]) == (3, 2)
    assert story["chosen"]["offer_id"] == "off_best"
    assert story["why"] == [
        "It scores best of 2 offers that fit, by price (60 %), duration (25 %),"
        " connections (15 %).",
        "The cheapest that fits is BA for 100.00 GBP (11 h 05 min, 2 connections);"
        " it scores lower.",
    ]
    assert story["sentences"][0] == "The best: BA for 120.00 GBP (2 h 30 min, nonstop)."
    assert {g["reason"]: g["offers"] for g in story["not_chosen"]} == {
        "price_above_cap": 1,
        "ranked_lower": 1,
    }
    assert "1 of 3 offers is above your price limit." in story["sentences"]
    assert story["not_chosen"][0]["example"]["offer_id"] == "off_dear"


def test_the_only_cheap_offer_is_said_to_be_the_cheapest(shelf: Shelf) -> None:
    """And the weights are those of the trip, the airline's included."""
    shelf.wish(preferred_airlines=["BA"])
    story = said(shelf, Offer("a", price="100.00"), Offer("b", price="200.00"))
    assert story["why"] == [
        "It scores best of 2 offers that fit, by price (54 %), duration (22.5 %),"
        " connections (13.5 %), airline (10 %).",
        "No offer that fits is cheaper.",
    ]


def test_the_amount_over_the_limit_is_said_with_its_currency(shelf: Shelf) -> None:
    """By how much the cheapest misses, which misses nothing else."""
    story = said(
        shelf,
        Offer("near", price="523.40"),
        Offer("far", price="600.00"),
        Offer("documents", price="501.00", documents=True),
    )
    assert story["chosen"] is None
    sentence = (
        "The cheapest of 2 that fit otherwise is BA for 523.40 GBP (8 h 00 min,"
        " nonstop), 23.40 GBP over your limit of 500.00 GBP."
    )
    assert helps(story) == {"max_price": (2, sentence)}
    assert story["sentences"][:2] == ["None of 3 offers fits.", sentence]


def test_the_fewest_connections_that_would_do_are_named(shelf: Shelf) -> None:
    """With one connection allowed so many fit, whatever two would add."""
    shelf.wish(max_connections=0)
    story = said(
        shelf,
        *[Offer(f"one{n}", price=f"{n}00.00", connections=1) for n in (1, 2, 3, 4)],
        Offer("two", connections=2),
        Offer("dear", price="501", connections=1),
    )
    assert helps(story) == {
        "max_connections": (
            4,
            "With 1 connection allowed 4 offers fit, such as BA for 100.00 GBP"
            " (8 h 00 min, 1 connection).",
        )
    }


def test_each_rule_that_stands_alone_in_the_way_is_named(shelf: Shelf) -> None:
    """Counted apart; an offer that misses two wishes helps neither."""
    shelf.wish(no_red_eye=True, max_duration=timedelta(hours=10), refundable=True)
    good: Row = {"refundable": True}
    story = said(
        shelf,
        Offer("night1", more={**good, "red_eyes": 1}),
        Offer("night2", price="90.00", more={**good, "red_eyes": 1}),
        Offer("long", minutes=1565, more=good),
        Offer("longer", minutes=1600, price="1.00", more=good),
        Offer("silent", more={"refundable": None}),
        Offer("both", price="1.00", minutes=1565, more={**good, "red_eyes": 1}),
    )
    assert helps(story) == {
        "no_red_eye": (
            2,
            "Without the red-eye rule 2 offers fit, such as BA for 90.00 GBP"
            " (8 h 00 min, nonstop).",
        ),
        "max_duration": (
            2,
            "Without the limit on duration 2 offers fit, such as BA for 100.00 GBP"
            " (26 h 05 min, nonstop).",
        ),
        "accept_unknown": (
            1,
            "With unknown conditions accepted 1 offer fits, such as BA for 100.00 GBP"
            " (8 h 00 min, nonstop).",
        ),
    }


def test_where_no_single_change_helps_the_closest_is_named(shelf: Shelf) -> None:
    """With all that it misses."""
    shelf.wish(max_connections=0)
    story = said(
        shelf,
        Offer("close", price="600.00", connections=1),
        Offer("far", price="550.00", connections=1, minutes=2000),
        Offer("barred", price="550.00", connections=1, minutes=2000, documents=True),
    )
    assert story["what_would_help"] == []
    assert story["sentences"][:2] == [
        "None of 3 offers fits.",
        "No single change is enough. The closest is BA for 600.00 GBP (8 h 00 min,"
        " 1 connection): it is above your price limit and with too many connections.",
    ]


def test_what_no_wish_would_change_is_no_help(shelf: Shelf) -> None:
    """The traveller cannot relax an expiry."""
    story = said(shelf, Offer(expires=timedelta(seconds=1)))
    assert story["what_would_help"] == []
    assert story["sentences"][1].endswith("it is about to expire.")


@pytest.mark.parametrize(
    ("rates", "why"),
    [
        ([], "there is no exchange rate"),
        ([("0.002", timedelta(days=2), "a")], "the exchange rate is too old"),
        (
            [("0.002", timedelta(), "a"), ("0.003", timedelta(), "b")],
            "the exchange rates disagree",
        ),
    ],
)
def test_a_limit_that_no_rate_compares_is_said_with_its_own_currency(
    shelf: Shelf, rates: list[tuple[str, timedelta, str]], why: str
) -> None:
    """The offer's currency is as good as any: the limit's has no rate. Who sets it."""
    shelf.wish(currency="KZT", max_price=Decimal(300000))
    for value, age, source in rates:
        shelf.rate("KZT", "GBP", value, age, source=source)
    story = said(shelf, Offer("one"), Offer("two", price="200.00"))
    assert story["fit"] == 0
    count, sentence = helps(story)["currency"]
    assert count == 2
    assert sentence == (
        f"Your limit is in KZT: an offer in GBP cannot be compared with it, because"
        f" {why}. An operator sets the rate (engine.set_exchange_rate), or state the"
        " limit in GBP."
    )
    assert story["sentences"][:2] == ["None of 2 offers fits.", sentence]


def test_a_round_without_offers_says_so(shelf: Shelf) -> None:
    """Nothing found is not the same as nothing heard."""
    story = shelf.explain()
    assert story["answered"] is False
    # What the trip waits for: no flag was ever mirrored on this shelf.
    assert story["sentences"] == [
        "Booking is paused for now. The trip waits until it goes on."
    ]
    shelf.run("update public.trip_requests set status_reason = 'Nobody answered.'")
    assert shelf.explain()["sentences"] == ["Nobody answered."]
    shelf.run(
        "insert into public.fare_history (user_id, trip_request_id, search_round,"
        " searched_at, origin, destination, departure_date, offers)"
        " values (%s, %s, 1, now(), 'LHR', 'JFK', current_date, 0)",
        shelf.user_id,
        shelf.trip_id,
    )
    story = shelf.explain()
    assert story["answered"] is True
    assert story["sentences"] == ["No flights were found for these dates."]


def test_the_trips_reason_is_the_beginning_of_the_explanation(shelf: Shelf) -> None:
    """Nothing is said in two ways."""
    shelf.put(Offer("dear", price="523.40"))
    shelf.decide()
    (trip,) = shelf.run("select status_reason from public.trip_requests")
    assert trip["status_reason"] == " ".join(shelf.explain()["sentences"][:2])
    assert "23.40 GBP over your limit of 500.00 GBP" in trip["status_reason"]


def test_why_an_offer_that_fits_is_not_booked_is_said(shelf: Shelf) -> None:
    """The decision's own words, right after the offer."""
    shelf.wish(auto_book_enabled=False)
    shelf.put(Offer("a"))
    shelf.decide()
    assert shelf.explain()["sentences"][:2] == [
        "The best: BA for 100.00 GBP (8 h 00 min, nonstop).",
        "An offer fits; automatic booking is not switched on for this trip.",
    ]


def test_a_booked_offer_stays_explained(shelf: Shelf) -> None:
    """The choice is what was chosen, not what would be chosen today."""
    shelf.put(Offer("a", price="100.00"), Offer("b", price="200.00"))
    shelf.book()
    story = shelf.explain()
    assert story["status"] == "BOOKING"
    assert story["chosen"]["offer_id"] == "off_a"
    assert story["sentences"][0].startswith("Being booked: BA for 100.00 GBP")


def test_what_has_expired_since_is_no_choice(shelf: Shelf) -> None:
    """The next best is; and when all are gone, nothing fits."""
    shelf.put(Offer("a", price="100.00"), Offer("b", price="200.00"))
    shelf.rank()
    gone = (
        "update public.flight_offers set expires_at = now() - interval '1 second'"
        " where offer_id = %s"
    )
    shelf.run(gone, "off_a")
    story = shelf.explain()
    assert (story["fit"], story["chosen"]["offer_id"]) == (1, "off_b")
    assert story["why"][1] == "No offer that fits is cheaper."
    shelf.run(gone, "off_b")
    story = shelf.explain()
    assert (story["fit"], story["chosen"]) == (0, None)
    assert story["sentences"] == [
        "None of 2 offers fits.",
        "2 of 2 offers are no longer offered.",
    ]


def test_only_the_traveller_reads_the_explanation(shelf: Shelf) -> None:
    """Row level security applies; for anybody else there is no such trip."""
    shelf.put(Offer())
    shelf.rank()
    mine = shelf.explain()
    for user_id, sees in ((shelf.user_id, True), (uuid4(), False)):
        with shelf.sql.transaction(force_rollback=True):
            claims = json.dumps({"sub": str(user_id), "role": "authenticated"})
            shelf.run("select set_config('request.jwt.claims', %s, true)", claims)
            shelf.run("set local role authenticated")
            if sees:
                assert shelf.explain() == mine
                continue
            with pytest.raises(psycopg.Error) as caught, shelf.sql.transaction():
                shelf.explain()
            assert caught.value.sqlstate == "SK104"


# -- the counts are true -----------------------------------------------------------


def relaxed(change: str) -> dict[str, Any]:
    """Return the trip's columns without one wish."""
    return {
        "max_price": {"max_price": Decimal(100000)},
        "max_duration": {"max_duration": timedelta(hours=72)},
        "no_red_eye": {"no_red_eye": False},
        "checked_bags": {"checked_bags": 0},
        "accept_unknown": {"accept_unknown": True},
        "refundable": {"refundable": False},
        "depart_after": {"depart_after": None, "depart_before": None},
    }[change]


offers_drawn = st.lists(
    st.builds(
        Offer,
        price=st.sampled_from(["100.00", "499.00", "501.00", "900.00"]),
        minutes=st.sampled_from([150, 600, 1500, 1800]),
        checked=st.sampled_from([0, 1, 1]),
        documents=st.sampled_from([False, False, False, True]),
        more=st.fixed_dictionaries(
            {
                "red_eyes": st.sampled_from([0, 0, 1]),
                "refundable": st.sampled_from([True, True, False, None]),
                "departs_local": st.sampled_from([7, 12]).map(
                    lambda hour: [datetime.fromisoformat(f"2030-01-01T{hour:02}:00")]
                ),
            }
        ),
    ),
    max_size=7,
).map(
    lambda found: [
        Offer(
            **{
                **{name: getattr(one, name) for name in Offer.__dataclass_fields__},
                "name": f"{n}",
            }
        )
        for n, one in enumerate(found)
    ]
)


@settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(offers=offers_drawn)
def test_what_is_said_to_help_helps_by_exactly_so_many_offers(
    shelf: Shelf, offers: list[Offer]
) -> None:
    """Ranking again with the wish changed is the oracle; what is not said helps not."""
    wishes: Row = {
        "checked_bags": 1,
        "no_red_eye": True,
        "refundable": True,
        "depart_after": "06:00",
        "depart_before": "10:00",
    }
    with shelf.sql.transaction(force_rollback=True):
        shelf.wish(**wishes)
        shelf.put(*offers)
        fit = shelf.rank()
        story = shelf.explain()
        found = {change: n for change, (n, _) in helps(story).items()}
        assert story["fit"] == fit
        groups = {g["reason"]: g["offers"] for g in story["not_chosen"]}
        for change in (
            "max_price",
            "max_duration",
            "no_red_eye",
            "checked_bags",
            "accept_unknown",
            "refundable",
            "depart_after",
        ):
            with shelf.sql.transaction(force_rollback=True):
                shelf.wish(**relaxed(change))
                gained = shelf.rank() - fit
            if change == "refundable":
                # Without the right to a refund, silence on it passes too.
                assert gained >= found.get(change, 0)
            else:
                assert gained == found.get(change, 0), change
        counted: dict[str, int] = {}
        for row in shelf.offers():
            for reason in row["ineligible"]:
                counted[reason] = counted.get(reason, 0) + 1
        if fit > 1:
            counted["ranked_lower"] = fit - 1
        assert groups == counted
