"""The live offer is stored and judged like one that a search has just found.

One field of it changes between the search and the live read, and the trip decides
whether an order leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import in_days
from tests.sql.agency import (
    ADULT,
    BACK,
    BOS,
    EWR,
    OUT,
    Agency,
    Change,
    back,
    found,
    put,
    seats,
    there,
    years_old,
)
from tests.sql.offers import LGW, Json, flight


@dataclass(frozen=True, slots=True)
class Mutation:
    """One field of the live offer, and whether a trip with these wishes allows it."""

    change: Change
    allowed: Callable[[Json], bool] = lambda wishes: False


def condition(name: str, allowed: bool | None) -> Change:
    """Return a change of what the airline says about refunds or changes."""
    said = {"allowed": allowed, "penalty_amount": None, "penalty_currency": None}
    return put("conditions", name, to=said)


def unknown_passes(wish: str) -> Callable[[Json], bool]:
    """Return whether silence on this wish is allowed."""
    return lambda wishes: not wishes[wish] or wishes["accept_unknown"]


def anybody(wishes: Json) -> bool:
    """Every trip allows it."""
    return True


SEAT = ("slices", 0, "segments", 0, "passengers", 0)
HOME = ("slices", 1, "segments", 0)
MUTATIONS: dict[str, Mutation] = {
    "route: from Gatwick": Mutation(
        put("slices", 0, "segments", 0, "origin", to=LGW),
        lambda wishes: wishes["origins"] == ["LON"],
    ),
    "route: to Newark": Mutation(
        put("slices", 0, "segments", 0, "destination", to=EWR)
    ),
    "route: home from Boston": Mutation(put(*HOME, "origin", to=BOS)),
    "route: no way home": Mutation(lambda one: one["slices"].pop()),
    "date: a day later": Mutation(put("slices", 0, "segments", 0, to=there(OUT + 1))),
    "date: home a day earlier": Mutation(put("slices", 1, "segments", 0, to=back(49))),
    "time: in the evening": Mutation(
        put("slices", 0, "segments", 0, to=there(hour=18)),
        lambda wishes: wishes["depart_after"] is None,
    ),
    "time: an hour longer": Mutation(
        put("slices", 0, "duration", to="PT9H5M"),
        lambda wishes: wishes["max_duration"] >= timedelta(hours=10),
    ),
    "party: another passenger's id": Mutation(put("passengers", 0, "id", to="pas_9")),
    "party: somebody more": Mutation(
        lambda one: one["passengers"].append({"id": "pas_9", **ADULT})
    ),
    "party: somebody less": Mutation(lambda one: one["passengers"].pop()),
    "party: one id twice": Mutation(put("passengers", 1, "id", to="pas_1")),
    "party: a child of twelve": Mutation(put("passengers", 1, "age", to=12)),
    "party: an adult for the child": Mutation(
        put(
            "passengers",
            1,
            to={
                "id": "pas_2",
                **ADULT,
            },
        )
    ),
    "party: a child, without its age": Mutation(
        put("passengers", 1, to={"id": "pas_2", "type": "child", "age": None}), anybody
    ),
    "bag: none": Mutation(
        put(*SEAT, "baggages", to=[]),
        lambda wishes: wishes["checked_bags"] == 0 == wishes["carry_on_bags"],
    ),
    "bag: none to check": Mutation(
        put(*SEAT, "baggages", to=[{"type": "carry_on", "quantity": 1}]),
        lambda wishes: wishes["checked_bags"] == 0,
    ),
    "condition: no refund": Mutation(
        condition("refund_before_departure", False),
        lambda wishes: not wishes["refundable"],
    ),
    "condition: no word on refunds": Mutation(
        condition("refund_before_departure", None), unknown_passes("refundable")
    ),
    "condition: no change": Mutation(
        condition("change_before_departure", False),
        lambda wishes: not wishes["changeable"],
    ),
    "condition: no word at all": Mutation(
        put("conditions", to=None),
        lambda wishes: (
            unknown_passes("refundable")(wishes)
            and unknown_passes("changeable")(wishes)
        ),
    ),
    "cabin: economy": Mutation(
        put(*SEAT, "cabin_class", to="economy"),
        lambda wishes: wishes["cabin_class"] == "economy",
    ),
    "cabin: no word": Mutation(
        put(*SEAT, "cabin_class", to=None),
        lambda wishes: wishes["cabin_class"] == "economy" or wishes["accept_unknown"],
    ),
    "carrier: flown by another": Mutation(
        put("slices", 0, "segments", 0, "operating_carrier", to={"iata_code": "LH"}),
        lambda wishes: not wishes["airlines_never"],
    ),
    "carrier: sold by another": Mutation(
        put("owner", to={"iata_code": "LH"}),
        lambda wishes: not wishes["airlines_never"],
    ),
    "carrier: flown by nobody knows whom": Mutation(
        put("slices", 0, "segments", 0, "operating_carrier", to=None),
        lambda wishes: not wishes["airlines_never"],
    ),
    "price: higher": Mutation(
        put("total_amount", to="450.00"), lambda wishes: wishes["max_price"] >= 450
    ),
    "price: above every limit": Mutation(put("total_amount", to="500.01")),
    "price: of half a penny": Mutation(put("total_amount", to="100.005")),
    "price: in another currency": Mutation(put("total_currency", to="EUR")),
    "documents: needed": Mutation(
        put("passenger_identity_documents_required", to=True)
    ),
    "documents: no word": Mutation(
        lambda one: one.pop("passenger_identity_documents_required")
    ),
    "emissions: more": Mutation(
        put("total_emissions_kg", to="901"),
        lambda wishes: wishes["max_emissions_kg"] is None,
    ),
    "expiry: at once": Mutation(
        put("expires_at", to=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    ),
    "another offer": Mutation(put("id", to="off_other")),
    "what nobody minds": Mutation(put("available_services", to=[]), anybody),
    "nothing": Mutation(lambda one: None, anybody),
}


def wishes_drawn() -> st.SearchStrategy[Json]:
    """Draw what a traveller may wish; the offer below meets every wish."""
    window = st.sampled_from([(None, None), (time(9), time(12))])
    return st.fixed_dictionaries(
        {
            "origins": st.sampled_from([["LHR"], ["LON"]]),
            "max_price": st.sampled_from([300, 500]),
            "max_duration": st.sampled_from([timedelta(hours=9), timedelta(hours=10)]),
            "checked_bags": st.integers(0, 1),
            "carry_on_bags": st.integers(0, 1),
            "refundable": st.booleans(),
            "changeable": st.booleans(),
            "accept_unknown": st.booleans(),
            "cabin_class": st.sampled_from(["economy", "business"]),
            "airlines_never": st.sampled_from([[], ["LH"]]),
            "max_emissions_kg": st.sampled_from([None, 900]),
            "window": window,
        }
    ).map(
        lambda drawn: {
            **{name: value for name, value in drawn.items() if name != "window"},
            "depart_after": drawn["window"][0],
            "depart_before": drawn["window"][1],
        }
    )


def perfect() -> Json:
    """Return an offer for an adult and a child of eleven that meets every wish."""
    one = found(
        slices=flight(there(), duration="PT8H5M") + flight(back(), duration="PT7H"),
        passengers=seats([ADULT, {"type": None, "age": 11}]),
        conditions={
            "refund_before_departure": {"allowed": True},
            "change_before_departure": {"allowed": True},
        },
    )
    for slice_ in one["slices"]:
        for seat in slice_["segments"][0]["passengers"]:
            seat["cabin_class"] = "business"
    return one


@settings(
    max_examples=250,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=st.sampled_from(sorted(MUTATIONS)), wishes=wishes_drawn())
def test_no_order_leaves_for_a_live_offer_that_the_trip_does_not_allow(
    shelves: psycopg.Connection[Any], name: str, wishes: Json
) -> None:
    """One field changes between the search and the live read: the trip decides."""
    mutation = MUTATIONS[name]
    with shelves.transaction(force_rollback=True):
        agency = Agency(shelves)
        agency.state(
            born=[years_old(30), years_old(11, on=BACK)],
            return_from=in_days(BACK),
            **wishes,
        )
        call = agency.search(perfect())
        assert call is not None
        live = perfect()
        mutation.change(live)
        for slice_ in live["slices"]:
            for flown in slice_["segments"]:
                seats_of(flown, live)
        order = agency.order(call, live)
        (attempt,) = agency.attempts()
        if mutation.allowed(wishes):
            assert order is not None, attempt["error_message"]
            assert agency.mark_sent(order) is None
            stored = agency.offers()["off_a"]
            assert str(stored["price_amount"]) == live["total_amount"]
            return
        assert order is None
        assert not agency.asked() & {"create_payment", "create_order"}
        assert agency.trip()["auto_book_status"] in ("PENDING", "BOOKING")
        # An answer that is not about this offer is no answer: it is asked for again.
        if agency.trip()["auto_book_status"] == "PENDING":
            assert attempt["status"] == "FAILED"
            assert attempt["error_message"]
            assert agency.offers()["off_a"]["status"] == "EXPIRED"
        else:
            assert name == "another offer"


def seats_of(flown: Json, live: Json) -> None:
    """Give a segment that was put in a seat for everybody, in business."""
    if len(flown["passengers"]) == 1:
        (seat,) = flown["passengers"]
        flown["passengers"] = [
            {**seat, "passenger_id": p["id"], "cabin_class": "business"}
            for p in live["passengers"]
        ]


def test_every_kind_of_field_is_mutated() -> None:
    """Route, date, party, bag, condition, cabin, carrier, time, price, documents."""
    kinds = {name.split(":")[0] for name in MUTATIONS}
    assert kinds >= {
        "route",
        "date",
        "party",
        "bag",
        "condition",
        "cabin",
        "carrier",
        "time",
        "price",
        "documents",
    }


def test_the_live_offer_is_stored_as_it_was_read(agency: Agency) -> None:
    """What is judged, shown and ordered is what the provider said last."""
    agency.state()
    call = agency.search(found())
    assert call is not None
    live = found(total_amount="123.45", total_emissions_kg="99")
    live["slices"][0]["segments"] = [there(hour=12)]
    assert agency.order(call, live) is not None
    stored = agency.offers()["off_a"]
    assert str(stored["price_amount"]) == "123.45"
    assert stored["emissions_kg"] == 99
    assert stored["departs_local"] == [datetime.combine(in_days(OUT), time(12))]
    assert stored["itinerary"][0]["segments"][0]["departing_at"].endswith("T12:00:00")
    assert stored["read_live_at"] is not None
    assert stored["rank"] == 1


def test_a_live_offer_of_other_passengers_is_not_stored(agency: Agency) -> None:
    """Their ids are those of another search: what was found stays as it was."""
    agency.state()
    call = agency.search(found())
    assert call is not None
    before = agency.offers()["off_a"]
    live = found(passengers=[{"id": "pas_9", **ADULT}], total_amount="99.00")
    assert agency.order(call, live) is None
    stored = agency.offers()["off_a"]
    for column in ("passengers", "price_amount", "read_live_at"):
        assert stored[column] == before[column]


@pytest.mark.parametrize("reason", ["not refundable", "in need of identity documents"])
def test_why_a_live_offer_was_left_is_said_in_words(
    agency: Agency, reason: str
) -> None:
    """The traveller reads what became of the offer, and it is searched for again."""
    agency.state(refundable=True)
    call = agency.search(found())
    assert call is not None
    live = found()
    if reason == "not refundable":
        condition("refund_before_departure", False)(live)
    else:
        live["passenger_identity_documents_required"] = True
    assert agency.order(call, live) is None
    (attempt,) = agency.attempts()
    assert attempt["error_message"] == (
        f"Read again before paying, the offer was {reason}."
    )
    waiting = agency.run(
        "select operation from engine.provider_calls where state = 'READY'"
    )
    assert [row["operation"] for row in waiting] == ["search"]
