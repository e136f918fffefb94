"""Everybody who travels has exactly one place of the offer, and it is theirs."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.factories import in_days
from tests.sql.agency import (
    ADULT,
    BACK,
    OUT,
    Agency,
    Places,
    Row,
    back,
    found,
    seats,
    there,
    years_old,
)
from tests.sql.offers import flight

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


FAMILY: Places = [ADULT, {"type": None, "age": 8}, {"type": None, "age": 0}]


@pytest.mark.parametrize("places", list(permutations(FAMILY)))
def test_a_family_is_booked_in_whatever_order_its_places_sort(
    agency: Agency, places: tuple[Row, ...]
) -> None:
    """A child before the adult: the baby sits on the adult's lap all the same."""
    agency.state(born=[years_old(30), years_old(8), years_old(0)])
    one = found(passengers=seats(list(places)))
    call = agency.search(one)
    assert call is not None
    ordered = agency.order(call, one)
    assert ordered is not None
    people = {p["born_on"]: p for p in ordered["request"]["passengers"]}
    adult, baby = (people[years_old(age).isoformat()] for age in (30, 0))
    assert adult["infant_passenger_id"] == baby["id"]
    assert sum("infant_passenger_id" in p for p in people.values()) == 1
    assert agency.mark_sent(ordered) is None


# -- who is of age, and when -----------------------------------------------------------


def turning(age: int, day: int) -> date:
    """Return the birth date of who becomes this old on a day of the trip."""
    birthday = in_days(day)
    leap = (birthday.month, birthday.day) == (2, 29)
    return birthday.replace(year=birthday.year - age, day=28 if leap else birthday.day)


def searches(agency: Agency) -> list[Row]:
    """Search every day of the trip's window; return the calls."""
    agency.run("select public.duffel_search(%s)", agency.trip_id)
    return [
        call
        for call in agency.run("select * from engine.claim_calls('test', 100, 100)")
        if call["trip_request_id"] == agency.trip_id
    ]


def test_no_day_is_searched_on_which_nobody_is_of_age(agency: Agency) -> None:
    """Alone until the birthday: the seller would sell a child's ticket."""
    born = turning(18, OUT + 2)
    agency.state(born=[born], departure_to=in_days(OUT + 3))
    calls = [call["request"] for call in searches(agency)]
    eighteen = born.replace(year=born.year + 18)
    days = {date.fromisoformat(one["slices"][0]["departure_date"]) for one in calls}
    assert min(days) == eighteen
    assert max(days) == in_days(OUT + 3)
    assert all(one["passengers"] == [{"type": "adult"}] for one in calls)


def test_who_comes_of_age_on_the_trip_does_not_leave_alone(agency: Agency) -> None:
    """The way back is an adult's; the way out is a child's, with nobody."""
    with pytest.raises(psycopg.Error) as refused, agency.sql.transaction():
        agency.state(born=[turning(18, OUT + 5)], return_from=in_days(BACK))
    assert refused.value.sqlstate == "SK010"


def test_an_offer_for_a_day_before_anybody_is_of_age_is_for_nobody(
    agency: Agency,
) -> None:
    """However it came to be found: the place fits, and the day does not."""
    agency.state(born=[turning(18, OUT + 2)], departure_to=in_days(OUT + 3))
    for day, place, fits in (
        (OUT, {"type": None, "age": 17}, False),
        (OUT + 3, ADULT, True),
    ):
        taken = agency.run(
            "select * from engine.match_party(%s, %s, %s, %s, %s)",
            agency.user_id,
            agency.trip_id,
            Jsonb(seats([place])),
            in_days(day),
            in_days(day),
        )
        assert bool(taken) == fits


def test_a_baby_sits_on_the_lap_of_who_is_of_age_on_the_way_out(
    agency: Agency,
) -> None:
    """Not on that of who comes of age before the way back."""
    young = turning(18, OUT + 5)
    agency.state(born=[years_old(40), young, years_old(0)], return_from=in_days(BACK))
    both_ways = flight(there()) + flight(back())
    baby = {"type": None, "age": 0}
    one = found(passengers=seats([ADULT, ADULT, baby]), slices=both_ways)
    call = agency.search(one)
    assert call is not None
    ordered = agency.order(call, one)
    assert ordered is not None
    (holds,) = (
        p for p in ordered["request"]["passengers"] if "infant_passenger_id" in p
    )
    assert holds["born_on"] == years_old(40).isoformat()


def test_two_babies_need_two_who_are_of_age_on_the_way_out(agency: Agency) -> None:
    """One of the adults is seventeen on that day."""
    born = [years_old(40), turning(18, OUT + 5), years_old(0), years_old(1, on=BACK)]
    with pytest.raises(psycopg.Error) as refused, agency.sql.transaction():
        agency.state(born=born, return_from=in_days(BACK))
    assert refused.value.sqlstate == "SK010"


def test_nobody_is_booked_before_being_born(agency: Agency) -> None:
    """A birth date that has not come is refused, and stops what began before."""
    with pytest.raises(psycopg.Error) as refused, agency.sql.transaction():
        agency.state(born=[years_old(30), in_days(OUT - 1)])
    assert (refused.value.sqlstate, refused.value.diag.column_name) == (
        "SK031",
        "born_on",
    )
    agency.profiles.clear()
    agency.state(born=[years_old(30), years_old(0)])
    one = found(passengers=seats([ADULT, {"type": None, "age": 0}]))
    call = agency.search(one)
    assert call is not None
    ordered = agency.order(call, one)
    assert ordered is not None
    # As if it had been written before there was a rule.
    agency.run("set local session_replication_role = replica")
    agency.run(
        "update public.traveler_profiles set born_on = %s where id = %s",
        in_days(OUT) + timedelta(days=1),
        agency.profiles[1],
    )
    agency.run("set local session_replication_role = origin")
    assert agency.mark_sent(ordered) == "a passenger is not complete"


def test_places_that_were_exchanged_are_not_ordered_as_they_were(
    agency: Agency,
) -> None:
    """The live offer has the same ids, but the child's is the adult's now."""
    agency.state(born=[years_old(30), years_old(11)])
    child = {"type": None, "age": 11}
    call = agency.search(found(passengers=seats([ADULT, child])))
    assert call is not None
    assert agency.order(call, found(passengers=seats([child, ADULT]))) is None
    (attempt,) = agency.attempts()
    assert (attempt["state"], attempt["error_code"]) == ("FAILED", "other_passengers")


def test_places_that_come_in_another_order_are_the_same(agency: Agency) -> None:
    """The provider may list its passengers as it likes."""
    agency.state(born=[years_old(30), years_old(40), years_old(0)])
    people = seats([ADULT, ADULT, {"type": "infant_without_seat", "age": None}])
    call = agency.search(found(passengers=people))
    assert call is not None
    assert agency.order(call, found(passengers=people[::-1])) is not None


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
