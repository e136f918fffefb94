"""What an order says it has bought is held against the offer that was agreed to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import in_days
from tests.sql.agency import (
    ADULT,
    BACK,
    OUT,
    Agency,
    Row,
    back,
    found,
    seats,
    there,
    years_old,
)
from tests.sql.offers import flight
from tests.sql.test_protocol import answer

Slices = list[Row]


def flown(origin: str, destination: str, day: int, hour: int = 10) -> Row:
    """Return one slice of an order, as the sidecar reads it."""
    at = in_days(day)
    return {
        "segments": [
            {
                "origin": origin,
                "destination": destination,
                "departing_at": f"{at}T{hour:02}:00:00",
                "arriving_at": f"{at}T{hour + 3:02}:05:00",
                "carrier": "BA",
                "number": "117",
            }
        ]
    }


OUTWARD, HOME = flown("LHR", "JFK", OUT), flown("JFK", "LHR", BACK, 8)
SAME: dict[str, Slices] = {
    "as agreed": [OUTWARD, HOME],
    "hours later, with another flight": [flown("LHR", "JFK", OUT, 18), HOME],
    "by way of Dublin": [
        {
            "segments": [
                *flown("LHR", "DUB", OUT, 6)["segments"],
                *flown("DUB", "JFK", OUT)["segments"],
            ]
        },
        HOME,
    ],
    "without a word": [],
}
OTHER: dict[str, Slices] = {
    "a day later": [flown("LHR", "JFK", OUT + 1), HOME],
    "home a day earlier": [OUTWARD, flown("JFK", "LHR", BACK - 1)],
    "from another airport": [flown("LGW", "JFK", OUT), HOME],
    "to another airport": [flown("LHR", "EWR", OUT), HOME],
    "no way home": [OUTWARD],
    "a slice too many": [OUTWARD, HOME, HOME],
    "home first": [HOME, OUTWARD],
}


def ordered(agency: Agency) -> Row:
    """Return the order's call that has left, for two people there and back."""
    agency.state(born=[years_old(30), years_old(0)], return_from=in_days(BACK))
    one = found(
        slices=flight(there()) + flight(back()),
        passengers=seats([ADULT, {"type": None, "age": 0}]),
    )
    call = agency.search(one)
    assert call is not None
    order = agency.order(call, one)
    assert order is not None
    assert agency.mark_sent(order) is None
    return order


def order_of(agency: Agency, call: Row, **other: Any) -> Row:
    """Return the order that Duffel made."""
    (attempt,) = agency.attempts()
    return {
        "id": "ord_1",
        "booking_reference": "ABC123",
        "offer_id": attempt["offer_id"],
        "total_amount": "100.00",
        "total_currency": "GBP",
        "metadata": call["request"]["metadata"],
        "cancelled_at": None,
        "slices": [OUTWARD, HOME],
        "people": 2,
        **other,
    }


def told(agency: Agency, call: Row, order: Row, how: str) -> Row | None:
    """Let the order be known by its own answer, or be found; return what follows."""
    if how == "answered":
        return agency.finish(answer(call, 201, {"data": order}))
    assert agency.finish(answer(call, 500)) is None
    agency.run("update engine.provider_calls set run_at = now() where state = 'READY'")
    (look,) = [
        one
        for one in agency.run("select * from engine.claim_calls('test', 100, 100)")
        if one["operation"] == "find_order"
    ]
    return agency.finish(
        answer(look, 200, {"orders": [order], "searched": look["request"]})
    )


@pytest.mark.parametrize("how", ["answered", "found"])
@pytest.mark.parametrize("case", SAME)
def test_an_order_for_what_was_agreed_is_paid(
    agency: Agency, case: str, how: str
) -> None:
    """Hours and flights are the airline's to change; it tells, and silence is no no."""
    call = ordered(agency)
    paid = told(agency, call, order_of(agency, call, slices=SAME[case]), how)
    assert paid is not None
    assert paid["operation"] == "capture_payment"


@pytest.mark.parametrize("how", ["answered", "found"])
@pytest.mark.parametrize("case", OTHER)
def test_an_order_for_another_journey_is_not_paid(
    agency: Agency, case: str, how: str
) -> None:
    """It is kept, nothing is captured, and a person decides."""
    call = ordered(agency)
    assert told(agency, call, order_of(agency, call, slices=OTHER[case]), how) is None
    assert_in_review(agency, "other_journey")


@pytest.mark.parametrize("how", ["answered", "found"])
@pytest.mark.parametrize("people", [1, 3])
def test_an_order_for_more_or_fewer_people_is_not_paid(
    agency: Agency, people: int, how: str
) -> None:
    """The baby was left out, or somebody was added."""
    call = ordered(agency)
    assert told(agency, call, order_of(agency, call, people=people), how) is None
    assert_in_review(agency, "other_party")


def test_an_order_that_does_not_say_how_many_fly_is_paid(agency: Agency) -> None:
    """What is not said is no evidence."""
    call = ordered(agency)
    paid = told(agency, call, order_of(agency, call, people=None), "answered")
    assert paid is not None
    assert paid["operation"] == "capture_payment"


def assert_in_review(agency: Agency, code: str) -> None:
    """A case is open, the order is known, and the hold is neither taken nor let go."""
    (attempt,) = agency.attempts()
    assert attempt["state"] == "NEEDS_REVIEW"
    assert attempt["order_id"] == "ord_1"
    assert (attempt["captured_amount"], attempt["voided_at"]) == (None, None)
    assert agency.run("select id from engine.review_cases where resolved_at is null")
    (last,) = agency.run(
        "select error_code from engine.provider_calls"
        " where verdict = 'REVIEW' and trip_request_id = %s",
        agency.trip_id,
    )
    assert last["error_code"] == code
