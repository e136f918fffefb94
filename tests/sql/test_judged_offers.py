"""What is bought is what was asked for: found, read live and ordered by one rule.

The offers are the provider's own JSON and go the whole way through the sidecar's
functions; what leaves is what `mark_sent` lets leave.
"""

from __future__ import annotations

import copy
from datetime import timedelta

import psycopg
import pytest

from tests.factories import in_days
from tests.sql.agency import (
    BACK,
    BOS,
    EWR,
    LTN,
    OUT,
    Agency,
    Change,
    answered,
    back,
    found,
    put,
    there,
)
from tests.sql.offers import JFK, LGW, LHR, Json, flight, place

# -- a search is answered --------------------------------------------------------


def between(origin: Json, destination: Json) -> Change:
    """Return a change of where the first slice goes."""

    def apply(one: Json) -> None:
        flown = one["slices"][0]["segments"][0]
        flown["origin"], flown["destination"] = origin, destination

    return apply


def on_day(day: int) -> Change:
    """Return a change of the day, and of nothing else."""

    def apply(one: Json) -> None:
        one["slices"][0]["segments"] = [there(day)]

    return apply


ELSEWHERE: dict[str, tuple[Change, str]] = {
    "to another airport": (between(LHR, EWR), "wrong_route"),
    "to another city": (between(LHR, BOS), "wrong_route"),
    "from another airport": (between(LTN, JFK), "wrong_route"),
    "the other way round": (
        put("slices", 0, "segments", to=[back(OUT)]),
        "wrong_route",
    ),
    "a day later": (on_day(OUT + 1), "wrong_date"),
    "a day earlier": (on_day(OUT - 1), "wrong_date"),
    "and back": (
        lambda one: one["slices"].extend(flight(back())),
        "wrong_slices",
    ),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_an_offer_to_another_airport_or_day_is_never_booked(
    agency: Agency, case: str
) -> None:
    """However cheap it is: alone it is refused with its reason, beside it another."""
    change, reason = ELSEWHERE[case]
    wrong = found("wrong", total_amount="1.00")
    change(wrong)
    agency.state()
    assert agency.search(wrong) is None
    assert agency.offers()["off_wrong"]["ineligible"] == [reason]
    assert agency.attempts() == []
    assert agency.trip()["auto_book_status"] == "PENDING"
    again = copy.deepcopy(wrong) | {"id": "off_again"}
    call = agency.search(again, found("right", total_amount="400.00"))
    assert call is not None
    assert call["request"] == {"offer_id": "off_right"}


def test_a_one_way_offer_is_never_booked_for_a_return_trip(agency: Agency) -> None:
    """Nor one whose way back is on another day or from another airport."""
    agency.state(return_from=in_days(BACK))
    home_late = flight(there()) + flight(back(BACK + 1))
    from_newark = flight(there()) + flight({**back(), "origin": EWR})
    bad = [
        found("oneway", total_amount="1.00"),
        found("late", total_amount="2.00", slices=home_late),
        found("newark", total_amount="3.00", slices=from_newark),
    ]
    good = found("good", slices=flight(there()) + flight(back()))
    call = agency.search(*bad, good)
    assert call is not None
    assert call["request"] == {"offer_id": "off_good"}
    reasons = {name: row["ineligible"] for name, row in agency.offers().items()}
    assert reasons == {
        "off_oneway": ["wrong_slices"],
        "off_late": ["wrong_date"],
        "off_newark": ["wrong_route"],
        "off_good": [],
    }


@pytest.mark.parametrize(
    ("origin", "fits"), [(LHR, True), (LGW, True), (LTN, True), (JFK, False)]
)
def test_any_airport_of_a_city_that_was_asked_for_fits(
    agency: Agency, origin: Json, fits: bool
) -> None:
    """London is five airports; asked for London, each is London."""
    agency.state(origins=["LON"], destinations=["BOS"])
    one = found()
    between(origin, BOS)(one)
    call = agency.search(one)
    assert (call is not None) == fits


@pytest.mark.parametrize(
    ("penalty", "currency", "fits"),
    [
        (None, None, True),
        ("99.99", "GBP", True),
        ("100.00", "GBP", False),
        ("250.00", "GBP", False),
        ("100.00", "JPY", True),
    ],
)
def test_a_refund_of_nothing_is_no_refund(
    agency: Agency, penalty: str | None, currency: str | None, fits: bool
) -> None:
    """The airline calls it refundable, for a penalty of the whole price."""
    agency.state(refundable=True)
    refund = {
        "allowed": True,
        "penalty_amount": penalty,
        "penalty_currency": currency,
    }
    one = found(conditions={"refund_before_departure": refund})
    assert (agency.search(one) is not None) == fits
    if not fits:
        assert agency.offers()["off_a"]["ineligible"] == ["not_refundable"]


@pytest.mark.parametrize(("destination", "fits"), [("BRU", True), ("CRL", False)])
def test_a_code_that_is_an_airport_and_a_city_means_the_airport(
    agency: Agency, destination: str, fits: bool
) -> None:
    """Who asks for Brussels' airport is not flown to Charleroi, unless it is named."""
    agency.state(destinations=["BRU"])
    one = found()
    between(LHR, place(destination, "Europe/Brussels"))(one)
    call = agency.search(one)
    assert (call is not None) == fits


def test_an_offer_of_before_it_was_kept_what_was_asked_is_never_booked(
    agency: Agency,
) -> None:
    """Nobody knows which search found it."""
    agency.state(auto_book_enabled=False)
    agency.search(found())
    agency.run(
        "update public.flight_offers"
        " set asked_from = null, asked_to = null, asked_on = null"
    )
    agency.run("select engine.rank_trip(%s, %s, now())", agency.user_id, agency.trip_id)
    assert agency.offers()["off_a"]["ineligible"] == ["not_asked_for"]


@pytest.mark.parametrize(
    "changes",
    [
        {"origins": ["LGW"]},
        {"destinations": ["BOS"]},
        {"departure_from": in_days(OUT + 1), "departure_to": in_days(OUT + 1)},
        {"return_from": in_days(BACK), "return_to": in_days(BACK)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_answer_to_what_the_trip_was_is_not_one_to_what_it_is(
    agency: Agency, changes: Json
) -> None:
    """The round is raised by a change; and if it were not, nothing would be bought."""
    agency.state(auto_book_enabled=False)
    agency.search(found())
    names = ", ".join(f"{name} = %s" for name in changes)
    agency.run(f"update public.trip_requests set {names}", *changes.values())
    agency.run(
        "update public.flight_offers as o set search_round = t.search_round"
        " from public.trip_requests as t where t.id = o.trip_request_id"
    )
    agency.run("select engine.rank_trip(%s, %s, now())", agency.user_id, agency.trip_id)
    assert agency.offers()["off_a"]["ineligible"] == ["not_asked_for"]


# -- the clock of the flight -------------------------------------------------------


@pytest.mark.parametrize(("minutes", "fits"), [(-120, False), (10, False), (190, True)])
def test_a_flight_that_leaves_too_soon_is_never_booked(
    agency: Agency, minutes: int, fits: bool
) -> None:
    """Three hours by default, to the first departure, by the clock of the place."""
    one = found()
    agency.state(auto_book_enabled=False)
    agency.search(one)
    london = f"{in_days(OUT)} 10:00 Europe/London"
    now = f"timestamptz '{london}' - interval '{minutes} minutes'"
    agency.run(f"update public.flight_offers set expires_at = {now} + interval '1 h'")
    agency.run(
        f"select engine.rank_trip(%s, %s, {now})", agency.user_id, agency.trip_id
    )
    reasons = agency.offers()["off_a"]["ineligible"]
    assert reasons == ([] if fits else ["leaves_too_soon"])


def test_the_least_lead_time_is_a_setting_with_limits(agency: Agency) -> None:
    """An operator may ask for a day; nobody for less than nothing."""
    agency.state(auto_book_enabled=False)
    agency.run(
        "select engine.set_search_settings('a test', p_least_lead_time => %s)",
        timedelta(days=7),
    )
    agency.search(found())
    assert agency.offers()["off_a"]["ineligible"] == []
    agency.run("update public.flight_offers set departs_at = now() + interval '6 days'")
    agency.run("select engine.rank_trip(%s, %s, now())", agency.user_id, agency.trip_id)
    assert agency.offers()["off_a"]["ineligible"] == ["leaves_too_soon"]
    for bad in (timedelta(seconds=-1), timedelta(days=8)):
        with pytest.raises(psycopg.Error) as caught, agency.sql.transaction():
            agency.run(
                "select engine.set_search_settings('a test', p_least_lead_time => %s)",
                bad,
            )
        assert caught.value.sqlstate == "SK023"


# -- the final check ----------------------------------------------------------------

LATER: dict[str, str] = {
    "departs_at = now() + interval '2 hours'": "leaving too soon to be booked",
    "expires_at = now() + interval '1 minute'": "about to expire",
    "documents_required = true": "in need of identity documents",
    "asked_on = array[current_date]": "found by another search",
    "itinerary = jsonb_set(itinerary, '{0,destination}', '\"EWR\"')": (
        "between other airports"
    ),
    "passengers = '[]'": "not for exactly those who travel",
    "status = 'EXPIRED'": "no longer offered",
    "price_amount = price_amount + 0.01": "not the one that was agreed",
}


@pytest.mark.parametrize("happens", LATER)
def test_what_does_not_fit_any_more_is_not_ordered(
    agency: Agency, happens: str
) -> None:
    """While the card was being authorized; the final check sees it and turns back."""
    agency.state()
    one = found()
    call = agency.search(one)
    assert call is not None
    order = agency.order(call, one)
    assert order is not None
    agency.run(f"update public.flight_offers set {happens}")
    reason = agency.mark_sent(order)
    assert reason is not None
    assert LATER[happens] in reason
    (attempt,) = agency.attempts()
    assert attempt["state"] == "VOIDING"
    assert LATER[happens] in attempt["error_message"]


def test_a_late_answer_to_a_search_is_held_against_what_it_asked(
    agency: Agency,
) -> None:
    """The request went out before the trip changed its day; its answer comes after."""
    agency.state(auto_book_enabled=False)
    call = agency.ask()
    agency.run(
        "update public.trip_requests set departure_from = %s, departure_to = %s",
        in_days(OUT + 1),
        in_days(OUT + 1),
    )
    one = found()
    on_day(OUT + 1)(one)
    agency.finish(answered(call, one))
    agency.run(
        "update public.flight_offers as o set search_round = t.search_round"
        " from public.trip_requests as t where t.id = o.trip_request_id"
    )
    agency.run("select engine.rank_trip(%s, %s, now())", agency.user_id, agency.trip_id)
    assert agency.offers()["off_a"]["ineligible"] == ["not_asked_for"]


def test_every_reason_of_judging_has_a_rule_for_the_live_read(agency: Agency) -> None:
    """A reason without a rule would be asked for again and again."""
    missing = agency.run(
        "select r.reason from engine.list_reasons() as r where not exists (select from"
        " engine.outcome_rules as o where o.operation = 'get_offer'"
        " and o.http_status = '200' and o.error_code = r.reason)"
    )
    assert missing == []
