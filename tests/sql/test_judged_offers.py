"""What is bought is what was asked for: found, read live and ordered by one rule.

The offers are the provider's own JSON and go the whole way through the sidecar's
functions; what leaves is what `mark_sent` lets leave.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.factories import in_days
from tests.sql.agency import BACK, OUT, Agency, answered, back, found, there
from tests.sql.offers import JFK, LGW, LHR, Json, flight, place

EWR = place("EWR", "America/New_York")
BOS = place("BOS", "America/New_York")
LTN = place("LTN", "Europe/London")
Change = Callable[[Json], None]


@pytest.fixture
def agency(shelves: psycopg.Connection[dict[str, Any]]) -> Iterator[Agency]:
    """Return an agency whose work is undone afterwards."""
    yield Agency(shelves)
    shelves.rollback()


def years_old(age: int, *, days: int = 100, on: int = OUT) -> date:
    """Return the birth date of who is this old on a day of the trip."""
    day = in_days(on)
    return day.replace(year=day.year - age, day=1) - timedelta(days=days)


def put(*path: str | int, to: Any) -> Change:
    """Return a change of one field to a value."""

    def apply(one: Json) -> None:
        target: Any = one
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return apply


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


# -- who flies -------------------------------------------------------------------

ADULT = {"type": "adult", "age": None}
Places = list[dict[str, Any]]
FITS: dict[str, tuple[list[int], Places]] = {
    "an adult": ([30], [ADULT]),
    "an adult by age": ([30], [{"type": None, "age": 30}]),
    "two adults": ([30, 40], [ADULT, ADULT]),
    "a baby by age": ([30, 0], [ADULT, {"type": None, "age": 0}]),
    "a baby by type": ([30, 0], [ADULT, {"type": "infant_without_seat", "age": None}]),
    "a child by age": ([30, 11], [ADULT, {"type": None, "age": 11}]),
    "a child by type": ([30, 11], [ADULT, {"type": "child", "age": None}]),
    "children by both": (
        [30, 11, 12],
        [{"type": "child", "age": None}, ADULT, {"type": "child", "age": 11}],
    ),
}
MISFITS: dict[str, tuple[list[int], Places]] = {
    "no place for the baby": ([30, 0], [ADULT]),
    "a seat for the baby": ([30, 0], [ADULT, ADULT]),
    "one place for two": ([30, 40], [ADULT]),
    "two places for one": ([30], [ADULT, ADULT]),
    "priced as twelve": ([30, 11], [ADULT, {"type": None, "age": 12}]),
    "a child as an adult": ([30, 11], [ADULT, ADULT]),
    "an adult as a child": ([30], [{"type": "child", "age": None}]),
    "an adult aged eleven": ([30, 11], [ADULT, {"type": "adult", "age": 11}]),
    "an infant aged five": (
        [30, 5],
        [ADULT, {"type": "infant_without_seat", "age": 5}],
    ),
    "neither type nor age": ([30], [{"type": None, "age": None}]),
    "a type nobody knows": ([30], [{"type": "senior", "age": None}]),
    "another adult's age": ([30], [{"type": "adult", "age": 64}]),
    "two babies, one lap": (
        [30, 0],
        [ADULT, {"type": None, "age": 0}, {"type": None, "age": 0}],
    ),
}


def seats(places: Places) -> Places:
    """Return the places with ids of their own."""
    return [{"id": f"pas_{number}", **one} for number, one in enumerate(places, 1)]


@pytest.mark.parametrize("case", FITS)
def test_everybody_is_ordered_on_exactly_one_matching_place(
    agency: Agency, case: str
) -> None:
    """By type or by age; infants on a lap; nobody twice and nobody left out."""
    ages, places = FITS[case]
    agency.state(born=[years_old(age) for age in ages])
    one = found(passengers=seats(places))
    call = agency.search(one)
    assert call is not None
    ordered = agency.order(call, one)
    assert ordered is not None
    people = ordered["request"]["passengers"]
    assert sorted(p["id"] for p in people) == [p["id"] for p in one["passengers"]]
    assert len({p["given_name"] for p in people}) == len(ages)
    babies = {
        p["id"] for p in people if p["born_on"] > years_old(2, days=0).isoformat()
    }
    laps = [p["infant_passenger_id"] for p in people if "infant_passenger_id" in p]
    assert (set(laps), len(laps)) == (babies, len(babies))
    assert agency.mark_sent(ordered) is None


@pytest.mark.parametrize("case", MISFITS)
def test_an_offer_for_other_people_is_never_booked(agency: Agency, case: str) -> None:
    """One place too few or too many, or for somebody of another age."""
    ages, places = MISFITS[case]
    agency.state(born=[years_old(age) for age in ages])
    assert agency.search(found(passengers=seats(places))) is None
    assert agency.offers()["off_a"]["ineligible"] == ["party_mismatch"]
    assert agency.attempts() == []


@pytest.mark.parametrize("ids", [["pas_1", "pas_1"], ["pas_1", ""]])
def test_two_places_of_one_id_are_not_two(agency: Agency, ids: list[str]) -> None:
    """The order would name one person twice and the other not at all."""
    agency.state(born=[years_old(30), years_old(40)])
    people = [{"id": name, **ADULT} for name in ids]
    assert agency.search(found(passengers=people)) is None
    assert agency.offers()["off_a"]["ineligible"] == ["party_mismatch"]


def test_an_age_is_that_of_the_last_flight(agency: Agency) -> None:
    """Who turns twelve on the trip was searched for, and is ordered, as twelve."""
    birthday = in_days(BACK - 1)
    turns_twelve = birthday.replace(year=birthday.year - 12)
    agency.state(born=[years_old(30), turns_twelve], return_from=in_days(BACK))
    both_ways = flight(there()) + flight(back())
    for age, fits in ((11, False), (12, True)):
        people = seats([ADULT, {"type": None, "age": age}])
        one = found(f"aged{age}", passengers=people, slices=both_ways)
        assert (agency.search(one) is not None) == fits


@pytest.mark.parametrize(
    "passengers",
    [[], [{"id": "pas_1", **ADULT}] * 2, [{"id": "pas_1", "type": None, "age": 3}]],
    ids=["nobody", "one twice", "somebody else"],
)
def test_an_order_that_omits_or_repeats_anybody_cannot_be_built(
    agency: Agency, passengers: Places
) -> None:
    """Whatever is stored by then: there is no partial order, there is none."""
    agency.state()
    one = found()
    call = agency.search(one)
    assert call is not None
    agency.run(
        "update public.flight_offers set passengers = %s",
        Jsonb(passengers),
    )
    with pytest.raises(psycopg.Error) as refused, agency.sql.transaction():
        agency.run(
            "select * from engine.order_party(%s, %s)",
            agency.user_id,
            agency.offers()["off_a"]["id"],
        )
    assert refused.value.sqlstate == "SK111"


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
        with pytest.raises(psycopg.errors.CheckViolation), agency.sql.transaction():
            agency.run(
                "select engine.set_search_settings('a test', p_least_lead_time => %s)",
                bad,
            )


# -- the last look -----------------------------------------------------------------

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
    """While the card was being authorized; the last look sees it and turns back."""
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


# -- the live offer ------------------------------------------------------------------


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
