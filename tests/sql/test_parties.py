"""Who flies, and when: frozen at the intent, known as people, moved by the airline.

A person is a name and a birth date, whatever profile says so; the party of a booking is
what it was when the booking began; and the hours it takes are those of its order.
"""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.factories import in_days, until
from tests.sql import test_protocol
from tests.sql.test_guards import another_trip, found, limit, reason, search_again
from tests.sql.test_protocol import PERSON, Connection, Row, Stage, Trip, answer

stage = test_protocol.stage

PARTY = "select * from engine.booking_attempt_passengers where booking_attempt_id = %s"
# A value of each of what an order says of a person that the fixture has not.
OTHER: dict[str, object] = {
    "given_name": "Mallory",
    "family_name": "Intruder",
    "title": "dr",
    "gender": "m",
    "born_on": date(1990, 1, 1),
    "email": "mallory@example.com",
    "phone_number": "+442080160509",
}


def profile(stage: Stage, trip: Trip, **other: object) -> UUID:
    """Create another profile of the trip's traveller."""
    number = uuid4()
    stage.insert(
        "public.traveler_profiles",
        {"user_id": trip.user_id, "id": number, **PERSON, **other},
    )
    return number


def version(stage: Stage, trip: Trip) -> int:
    """Return the trip's version."""
    row = stage.row(
        "select version from public.trip_requests where id = %s", trip.trip_id
    )
    return int(row["version"])


def change(stage: Stage, trip: Trip, column: str, value: object) -> None:
    """Change every profile of the trip's traveller."""
    stage.rows(
        f"update public.traveler_profiles set {column} = %s where user_id = %s",
        value,
        trip.user_id,
    )


# -- the party is frozen -------------------------------------------------------------


@pytest.mark.parametrize("column", OTHER)
def test_a_party_that_is_swapped_in_flight_is_never_ordered(
    stage: Stage, column: str
) -> None:
    """The body names who was agreed on; the version moves: the final check stops."""
    trip = stage.trip()
    call = stage.drive(trip, "confirm_payment")
    before = version(stage, trip)
    change(stage, trip, column, OTHER[column])
    assert version(stage, trip) == before + 1
    call = stage.step(call)
    (passenger,) = call["request"]["passengers"]
    assert passenger == {
        "id": "pas_1",
        **PERSON,
        "born_on": str(PERSON["born_on"]),
    }
    assert stage.mark_sent(call) == "the trip was changed"
    assert stage.attempt(trip)["state"] == "VOIDING"


def test_a_swap_that_no_version_tells_of_is_seen_in_the_people(stage: Stage) -> None:
    """Past every trigger: the final check compares who flies with who was frozen."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows("set session_replication_role = replica")
    change(stage, trip, "given_name", "Mallory")
    stage.rows("reset session_replication_role")
    assert stage.mark_sent(call) == "a passenger was changed"


def test_a_party_that_was_not_kept_is_never_ordered(stage: Stage) -> None:
    """Without it nobody knows for whom the order would be."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows("delete from engine.booking_attempt_passengers")
    assert stage.mark_sent(call) == "a passenger was changed"


def test_a_change_that_no_order_needs_stops_nothing(stage: Stage) -> None:
    """A profile is touched, and says the same."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    before = version(stage, trip)
    stage.rows(
        "update public.traveler_profiles set updated_at = now(), email = lower(email)"
    )
    assert version(stage, trip) == before
    assert stage.mark_sent(call) is None


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        ("PENDING", True),
        ("BOOKING", True),
        ("PAUSED", True),
        ("ACTION_REQUIRED", True),
        ("FAILED", True),
        ("BOOKED", False),
        ("CANCELLED", False),
        ("EXPIRED", False),
    ],
)
def test_a_changed_person_changes_the_trips_that_are_not_over(
    stage: Stage, status: str, raised: bool
) -> None:
    """And no trip of others, and none that the person is not on."""
    trip, other = stage.trip(), stage.trip()
    alone = another_trip(
        stage, trip, day=60, passengers=[profile(stage, trip, given_name="Fred")]
    )
    with stage.sql.transaction():
        stage.rows("set local session_replication_role = replica")
        stage.rows(
            "update public.trip_requests set auto_book_status = %s,"
            " selected_offer_id = gen_random_uuid() where id = %s",
            status,
            trip.trip_id,
        )
    before = [version(stage, one) for one in (trip, other, alone)]
    stage.rows(
        "update public.traveler_profiles set title = 'dr'"
        " where user_id = %s and given_name = %s",
        trip.user_id,
        PERSON["given_name"],
    )
    after = [version(stage, one) for one in (trip, other, alone)]
    assert after == [before[0] + raised, *before[1:]]


def test_a_change_waits_for_the_booking_that_is_being_decided(stage: Stage) -> None:
    """It is seen at the final check then: never between the party and the version."""
    trip = stage.trip()
    call = stage.drive(trip, "search")
    with stage.connect("skylatch_sidecar", autocommit=False) as deciding:
        (following,) = stage.finish(stage.good_answer(call), connection=deciding)
        changing = waits_for(
            stage,
            "postgres",
            "update public.traveler_profiles set given_name = 'Mallory'",
        )
        deciding.commit()
        changing.result(timeout=30)
    while following["operation"] != "create_order":
        following = stage.step(following)
    (passenger,) = following["request"]["passengers"]
    assert passenger["given_name"] == PERSON["given_name"]
    assert stage.mark_sent(following) == "the trip was changed"


def waits_for(stage: Stage, user: str, statement: str) -> Any:
    """Run a statement on a connection of its own; return once it waits for a lock."""
    connection = stage.connect(user)

    def run() -> None:
        with connection:
            connection.execute(statement.encode())

    pool = ThreadPoolExecutor(max_workers=1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    with stage.connect("postgres") as watcher:
        until(
            lambda: watcher.execute(
                "select from pg_stat_activity where pid = %s"
                " and wait_event_type = 'Lock'",
                [connection.info.backend_pid],
            ).fetchall()
        )
    return future


def test_the_booking_names_who_was_frozen(stage: Stage) -> None:
    """A profile that changes once the order has left changes nothing of the booking."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    change(stage, trip, "born_on", in_days(-3000))
    (capture,) = stage.finish(stage.good_answer(call))
    assert stage.finish(stage.good_answer(capture)) == []
    assert stage.status(trip) == "BOOKED"
    (passenger,) = stage.rows("select * from public.booking_passengers")
    (frozen,) = stage.rows(PARTY, stage.attempt(trip)["id"])
    assert passenger["passenger_id"] == frozen["passenger_id"] == "pas_1"
    assert passenger["traveler_profile_id"] == frozen["traveler_profile_id"]
    assert frozen["born_on"] == PERSON["born_on"]


def test_who_was_not_booked_is_forgotten(stage: Stage) -> None:
    """Names and contact data go with the attempt; which person it was stays."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    (kept,) = stage.rows(PARTY, stage.attempt(trip)["id"])
    stage.rows("select public.pause_trip(%s)", trip.trip_id)
    assert stage.mark_sent(call) == "the trip is PAUSED"
    stage.finish(stage.good_answer(stage.claim_operation("cancel_payment")))
    assert stage.attempt(trip)["state"] == "FAILED"
    (left,) = stage.rows(PARTY, stage.attempt(trip)["id"])
    assert {name for name in left if left[name] is None and kept[name]} == set(PERSON)
    assert left["person"] == kept["person"]
    assert PERSON["family_name"] not in left["person"]


# Places of an offer for one adult that are not that party's.
MISFITS: dict[str, list[Row]] = {
    "nobody's": [],
    "a place too many": [
        {"id": "pas_1", "type": "adult", "age": None},
        {"id": "pas_2", "type": "adult", "age": None},
    ],
    "one id twice": [
        {"id": "pas_1", "type": "adult", "age": None},
        {"id": "pas_1", "type": "adult", "age": None},
    ],
    "a child's": [{"id": "pas_1", "type": "child", "age": 11}],
    "with a stranger's baby": [
        {"id": "pas_1", "type": "adult", "age": None},
        {"id": "pas_2", "type": "infant_without_seat", "age": None},
    ],
}


@pytest.mark.parametrize("places", MISFITS)
def test_an_offer_for_another_party_begins_no_booking(
    stage: Stage, places: str
) -> None:
    """Whoever asks is told; the round ends with the reason, and is not poison."""
    trip = stage.trip()
    limit(stage, trip, 1)
    call = stage.drive(trip, "search")
    assert stage.finish(stage.good_answer(call)) == []
    limit(stage, trip, 500)
    stage.rows(
        "update public.flight_offers set passengers = %s", Jsonb(MISFITS[places])
    )
    with pytest.raises(psycopg.Error, match="no offer of this trip") as refused:
        stage.rows("select public.auto_book_production(%s)", trip.trip_id)
    assert refused.value.sqlstate == "SK102"
    stage.rows(
        "select engine.decide_trip(%s, %s, 'test', clock_timestamp())",
        trip.user_id,
        trip.trip_id,
    )
    assert stage.status(trip) == "PENDING"
    (one,) = stage.rows("select ineligible from public.flight_offers")
    assert one["ineligible"] == ["party_mismatch"]
    assert stage.rows("select from public.booking_attempts") == []


def with_a_baby(stage: Stage) -> tuple[Trip, Row]:
    """State a trip of an adult and a baby; return it and an answer to its search."""
    first = stage.trip()
    stage.rows("select public.cancel_trip(%s)", first.trip_id)
    row = stage.row("select id from public.traveler_profiles")
    baby = profile(stage, first, given_name="Baby", born_on=in_days(-300))
    trip = another_trip(stage, first, day=40, passengers=[row["id"], baby])
    call = search_again(stage)[trip.trip_id]
    report = found(call, 40)
    (one,) = report["body"]["offers"]
    one["passengers"] = [
        {"id": "pas_1", "type": "adult", "age": None},
        {"id": "pas_2", "type": "infant_without_seat", "age": 0},
    ]
    return trip, report


def test_a_baby_is_frozen_on_one_lap(stage: Stage) -> None:
    """Each has a place of their own, and the order says on whose lap."""
    trip, report = with_a_baby(stage)
    (call,) = stage.finish(report)
    party = stage.rows(PARTY + " order by passenger_id", stage.attempt(trip)["id"])
    assert [(p["passenger_id"], p["infant_passenger_id"]) for p in party] == [
        ("pas_1", "pas_2"),
        ("pas_2", None),
    ]
    assert call["operation"] == "get_offer"


@pytest.mark.parametrize("lap", ["null", "'pas_2'", "'pas_1'"])
def test_a_baby_on_no_lap_or_on_two_begins_no_booking(stage: Stage, lap: str) -> None:
    """However places are matched: what does not hold the party is not begun."""
    trip, report = with_a_baby(stage)
    stage.rows(
        "create or replace function engine.order_party("
        " p_user_id uuid, p_flight_offer_id uuid) returns table ("
        " traveler_profile_id uuid, passenger_id text, infant_passenger_id text)"
        " language sql stable begin atomic select p.id, 'pas_' || row_number()"
        f" over (order by p.born_on), {lap}::text from public.traveler_profiles as p"
        " where p.user_id = p_user_id; end"
    )
    assert stage.finish(report) == []
    assert "not for the people of this trip" in reason(stage, trip)
    assert stage.rows("select from public.booking_attempts") == []


def test_an_attempt_from_before_parties_were_frozen_gets_its_party(
    stage: Stage,
) -> None:
    """A deploy under bookings loses neither the order nor the hours it takes."""
    stage.book(stage.trip())
    emptied = stage.trip()
    stage.book(emptied)
    call = stage.drive(stage.trip(), "create_order")
    change(stage, emptied, "phone_number", None)
    before = stage.rows(
        "delete from engine.booking_attempt_passengers"
        " returning user_id, traveler_profile_id, passenger_id, person"
    )
    assert stage.row("select engine.freeze_earlier_parties() as n")["n"] == len(before)
    after = stage.rows(
        "select user_id, traveler_profile_id, passenger_id, person"
        " from engine.booking_attempt_passengers"
    )
    key = str
    assert sorted(after, key=key) == sorted(before, key=key)
    assert stage.row("select engine.freeze_earlier_parties() as n")["n"] == 0
    assert stage.mark_sent(call) is None


def test_what_cannot_be_frozen_on_a_deploy_stops_at_the_final_check(
    stage: Stage,
) -> None:
    """A deploy goes on; the one order does not."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows("delete from engine.booking_attempt_passengers")
    stage.rows("update public.flight_offers set passengers = %s", Jsonb([]))
    assert stage.row("select engine.freeze_earlier_parties() as n")["n"] == 0
    assert stage.mark_sent(call) == "a passenger was changed"


def test_a_birth_date_that_is_no_day_stops_the_order(stage: Stage) -> None:
    """From before it was refused: the final check says so, and the hold is released."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows("set session_replication_role = replica")
    stage.rows("update public.traveler_profiles set born_on = 'infinity'")
    stage.rows("reset session_replication_role")
    assert stage.mark_sent(call) == "a passenger is not complete"
    stage.finish(stage.good_answer(stage.claim_operation("cancel_payment")))
    assert stage.attempt(trip)["state"] == "FAILED"
    assert stage.violations() == []


# -- a person is not a profile -------------------------------------------------------


def key_of(stage: Stage, given_name: str, family_name: str, born_on: date) -> str:
    """Return the key of a person of one and the same traveller."""
    row = stage.row(
        "select engine.person_key(%s, %s, %s, %s) as key",
        UUID(int=1),
        given_name,
        family_name,
        born_on,
    )
    return str(row["key"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Amelia", "Earhart"), ("AMELIA", "EARHART")),
        (("Anne-Marie", "O'Neill"), ("Anne Marie", "ONeill")),
        (("Anne-Marie", "O'Neill"), ("ANNEMARIE", "O Neill")),
        (("José", "Muñoz"), ("Jose", "Munoz")),
        (("Zoë", "Ångström"), ("Zoe", "Angstrom")),
        (("Søren", "Kierkegård"), ("Soren", "Kierkegard")),
        (("Łukasz", "Wałęsa"), ("Lukasz", "Walesa")),
        (("Jürgen", "Großmann"), ("Jurgen", "Grossmann")),
        (("Þór", "Ægisson"), ("THOR", "AEgisson")),
        (("Đorđe", "İlke\u017f"), ("Dorde", "ILKES")),
        (("I\u011fd\u0131r", "I\u015f\u0131k"), ("IGDIR", "ISIK")),
        (("ﬁona", "Smith"), ("Fiona", "Smith")),
    ],
)
def test_one_person_is_known_however_the_name_is_written(
    stage: Stage, one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Composed or decomposed, in capitals, with accents and hyphens or without."""
    born = date(1987, 7, 24)
    keys = {
        key_of(stage, unicodedata.normalize(form, given), family, born)
        for given, family in (one, other)
        for form in ("NFC", "NFD")
    }
    assert len(keys) == 1
    assert key_of(stage, *one, date(1987, 7, 25)) not in keys
    assert key_of(stage, "Other", one[1], born) not in keys
    # What belongs to the one name does not slip into the other.
    assert key_of(stage, one[0] + one[1][0], one[1][1:], born) not in keys


def test_the_key_of_a_person_follows_no_setting(stage: Stage) -> None:
    """Not the order of a date, and no traveller shares it with another."""
    key = key_of(stage, "Amelia", "Earhart", date(1987, 7, 24))
    stage.rows("set datestyle = 'German, DMY'")
    assert key_of(stage, "Amelia", "Earhart", date(1987, 7, 24)) == key
    other = stage.row(
        "select engine.person_key(%s, 'Amelia', 'Earhart', '1987-07-24') as key",
        UUID(int=2),
    )
    assert other["key"] != key


def test_one_person_is_not_twice_in_a_party(stage: Stage) -> None:
    """Two profiles of one person are one passenger: an airline cancels the second."""
    trip = stage.trip()
    twin = profile(stage, trip, given_name="ERMINTRUDE", email="e@example.com")
    row = stage.row(
        "select traveler_profile_id as id from public.trip_passengers"
        " where trip_request_id = %s",
        trip.trip_id,
    )
    with pytest.raises(psycopg.Error, match="cannot be booked together") as refused:
        another_trip(stage, trip, day=60, passengers=[row["id"], twin])
    assert refused.value.sqlstate == "SK010"
    assert "nobody twice" in str(refused.value.diag.message_hint)


def test_two_profiles_of_one_person_take_no_two_flights_at_once(stage: Stage) -> None:
    """The same name and birth date, in another profile and another spelling."""
    first = stage.trip()
    stage.book(first)
    twin = profile(stage, first, given_name="ERMINTRUDE", family_name="Quater main")
    second = another_trip(stage, first, day=40, passengers=[twin])
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 40)) == []
    assert stage.status(second) == "PENDING"
    assert reason(stage, second).endswith(
        "on another flight of yours at that time: ABC123."
    )


def test_who_flew_is_who_was_frozen_whatever_the_profile_says_now(
    stage: Stage,
) -> None:
    """Renaming the profile of a booking does not free the person's hours."""
    first = stage.trip()
    stage.book(first)
    change(stage, first, "given_name", "Mallory")
    same = profile(stage, first)
    second = another_trip(stage, first, day=40, passengers=[same])
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 40)) == []
    assert "on another flight" in reason(stage, second)


# -- when is what the order says -----------------------------------------------------


def order_of(stage: Stage, trip: Trip, *flights: tuple[str, str, str, str]) -> Row:
    """Return the trip's order as the sidecar reads it, with these flights."""
    attempt = stage.attempt(trip)
    return {
        "id": attempt["order_id"],
        "offer_id": attempt["offer_id"],
        "booking_reference": "ABC123",
        "total_amount": "100.00",
        "total_currency": "GBP",
        "cancelled_at": None,
        "metadata": {"attempt_id": str(attempt["id"])},
        "airline_initiated_changes": [],
        "slices": [
            {
                "segments": [
                    {
                        "origin": origin,
                        "destination": destination,
                        "departing_at": leaves,
                        "arriving_at": lands,
                        "carrier": "BA",
                        "number": "117",
                    }
                ]
            }
            for origin, destination, leaves, lands in flights
        ],
    }


def read_order(stage: Stage, trip: Trip, order: Row) -> None:
    """Let a look at the order find this."""
    stage.rows(
        "select engine.enqueue_read('look_order', a.order_id,"
        " jsonb_build_object('offer_id', a.offer_id), a, now())"
        " from public.booking_attempts as a where a.trip_request_id = %s",
        trip.trip_id,
    )
    call = stage.claim_operation("look_order")
    stage.finish(answer(call, 200, {"orders": [order]}))


def moved(stage: Stage, trip: Trip, day: int) -> Row:
    """Return the trip's order on another day, at the usual hours."""
    at = f"{in_days(day)}T10:00:00", f"{in_days(day)}T13:05:00"
    return order_of(stage, trip, ("LHR", "JFK", *at))


def late(stage: Stage, trip: Trip) -> Row:
    """Return the trip's order on its day, in the air until noon of the next."""
    at = f"{in_days(40)}T23:00:00", f"{in_days(41)}T13:05:00"
    return order_of(stage, trip, ("LHR", "JFK", *at))


def test_a_flight_that_the_airline_moved_blocks_its_new_hours_and_frees_its_old(
    stage: Stage,
) -> None:
    """What was read last counts, not the offer it was bought from."""
    first = stage.trip()
    stage.book(first)
    read_order(stage, first, moved(stage, first, 41))
    row = stage.row("select attention, status from public.flight_bookings")
    assert row["status"] == "CONFIRMED"
    assert row["attention"] == "The airline moved this flight: its times have changed."
    assert len(stage.events(first, "the airline moved the flight")) == 1

    new = another_trip(stage, first, day=41)
    call = search_again(stage)[new.trip_id]
    assert stage.finish(found(call, 41)) == []
    assert reason(stage, new).endswith("at that time: ABC123.")
    stage.rows("select public.cancel_trip(%s)", new.trip_id)

    old = another_trip(stage, first, day=40)
    call = search_again(stage)[old.trip_id]
    (following,) = stage.finish(found(call, 40))
    assert following["operation"] == "get_offer"


def test_a_flight_that_did_not_move_is_no_news(stage: Stage) -> None:
    """Read again and again, it says the same."""
    trip = stage.trip()
    stage.book(trip)
    for _ in range(2):
        read_order(stage, trip, moved(stage, trip, 40))
    assert stage.events(trip, "the airline moved the flight") == []
    row = stage.row("select attention from public.flight_bookings")
    assert row["attention"] is None


def test_an_older_read_moves_no_flight_back(stage: Stage) -> None:
    """Its answer came late, and says what was so before."""
    trip = stage.trip()
    stage.book(trip)
    read_order(stage, trip, moved(stage, trip, 41))
    known = stage.attempt(trip)["itinerary"]
    for age, itinerary in (("1 hour", known), ("-1 hour", None)):
        stage.rows(
            "select engine.note_order(jsonb_populate_record(c, jsonb_build_object("
            "'claimed_at', now() - %s::interval)), %s, now())"
            " from engine.provider_calls as c where operation = 'look_order'",
            age,
            Jsonb({"orders": [moved(stage, trip, 40)]}),
        )
        assert (stage.attempt(trip)["itinerary"] == known) == (itinerary == known)


def test_an_order_at_other_hours_than_its_offer_blocks_its_own(stage: Stage) -> None:
    """The order's answer is the first reading of it."""
    first = stage.trip()
    call = stage.drive(first, "create_order")
    assert stage.mark_sent(call) is None
    report = stage.good_answer(call)
    report["body"]["data"]["slices"] = late(stage, first)["slices"]
    (capture,) = stage.finish(report)
    assert stage.finish(stage.good_answer(capture)) == []
    second = another_trip(stage, first, day=41)
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 41)) == []
    assert "on another flight" in reason(stage, second)


def test_an_order_that_is_found_blocks_its_own_hours(stage: Stage) -> None:
    """Its answer was lost, and the list has it, at other hours."""
    first = stage.trip()
    call = stage.drive(first, "create_order")
    assert stage.mark_sent(call) is None
    assert stage.finish(answer(call, 500)) == []
    order = {**late(stage, first), "id": "ord_found"}
    call = stage.claim_operation("find_order")
    (capture,) = stage.finish(
        answer(call, 200, {"orders": [order], "searched": {"offer_id": "x"}})
    )
    assert stage.finish(stage.good_answer(capture)) == []
    assert stage.status(first) == "BOOKED"
    second = another_trip(stage, first, day=41)
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 41)) == []
    assert "on another flight" in reason(stage, second)


def test_an_airline_that_moves_a_flight_into_another_stops_the_order_of_that(
    stage: Stage,
) -> None:
    """Between the intent and the order: the final check asks again."""
    first = stage.trip()
    stage.book(first)
    second = another_trip(stage, first, day=41)
    call = search_again(stage)[second.trip_id]
    (call,) = stage.finish(found(call, 41))
    while call["operation"] != "create_order":
        call = stage.step(call)
    read_order(stage, first, moved(stage, first, 41))
    assert stage.mark_sent(call) == "a passenger is on another flight at that time"
    assert stage.attempt(second)["state"] == "VOIDING"


def test_an_order_that_left_is_in_its_own_way_no_more_than_before(stage: Stage) -> None:
    """The final check compares with others, never with the attempt itself."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None


@pytest.mark.parametrize(
    "slices",
    [
        None,
        [],
        "x",
        [{"segments": []}],
        [{"segments": None}],
        [{}],
        [{"segments": [{"origin": "LHR", "destination": "JFK"}]}],
        [
            {
                "segments": [
                    {
                        "origin": "LHR",
                        "destination": "JFK",
                        "departing_at": "2027-02-30T10:00:00",
                        "arriving_at": "2027-03-01T10:00:00",
                    }
                ]
            }
        ],
        [
            {
                "segments": [
                    {
                        "origin": "LHR",
                        "destination": "JFK",
                        "departing_at": "2027-02-20T10:00:00Z",
                        "arriving_at": "2027-02-20T13:00:00Z",
                    }
                ]
            }
        ],
    ],
)
def test_an_order_whose_flights_cannot_be_read_changes_nothing(
    stage: Stage, slices: object
) -> None:
    """What was known stays, and the rest of the reading counts."""
    trip = stage.trip()
    stage.book(trip)
    known = moved(stage, trip, 41)
    read_order(stage, trip, known)
    itinerary = stage.attempt(trip)["itinerary"]
    assert itinerary is not None
    read_order(stage, trip, {**known, "slices": slices})
    assert stage.attempt(trip)["itinerary"] == itinerary


# -- one trip of a traveller at a time, whatever the server's settings ---------------

LEVELS = ["read committed", "repeatable read", "serializable"]


def at_level(stage: Stage, level: str) -> Connection:
    """Connect as the sidecar, whose transactions are of this level."""
    connection = stage.connect("skylatch_sidecar", autocommit=False)
    connection.execute(
        "select set_config('default_transaction_isolation', %s, false)", [level]
    )
    connection.commit()
    return connection


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("rule", ["overlap", "limit"])
def test_at_no_isolation_level_do_two_trips_of_a_traveller_both_begin(
    stage: Stage, level: str, rule: str
) -> None:
    """The second has begun to look before the first was committed, and waits for it.

    Where it then sees what was committed it says no; where it sees the past only it
    fails, is set aside and told again, and says no then.
    """
    first = stage.trip()
    second = another_trip(stage, first, day=40 if rule == "overlap" else 60)
    if rule == "limit":
        limit(stage, first, 150)
    calls = search_again(stage)
    reports = [
        found(calls[first.trip_id], 40),
        found(calls[second.trip_id], 40 if rule == "overlap" else 60),
    ]
    with at_level(stage, level) as one:
        stage.finish(reports[0], connection=one)

        def decide(connection: Connection) -> Any:
            connection.execute(
                "select set_config('default_transaction_isolation', %s, false)", [level]
            )
            while True:
                try:
                    rows = stage.finish(reports[1], connection=connection)
                    if not any(row["is_set_aside"] for row in rows):
                        return rows
                except psycopg.errors.SerializationFailure:
                    pass
                assert level != "read committed"

        waiting = stage.start_waiting(decide)
        one.commit()
        assert waiting.result(timeout=30) == []
    assert stage.status(first) == "BOOKING"
    assert stage.status(second) == "PENDING"
    said = "on another flight" if rule == "overlap" else "over your limit of 150.00 GBP"
    assert said in reason(stage, second)
    assert stage.violations() == []


@pytest.mark.parametrize("level", LEVELS[1:])
def test_what_was_looked_at_before_another_trip_began_is_not_decided_on(
    stage: Stage, level: str
) -> None:
    """A transaction that has read, and only then asks, meets the other's decision."""
    first = stage.trip()
    second = another_trip(stage, first, day=40)
    calls = search_again(stage)
    with at_level(stage, level) as late:
        late.execute("select engine.version()")
        stage.finish(found(calls[first.trip_id], 40))
        (row,) = stage.finish(found(calls[second.trip_id], 40), connection=late)
        assert row["is_set_aside"]
        late.rollback()
    assert stage.status(second) == "PENDING"


@pytest.mark.parametrize("level", LEVELS)
def test_at_no_isolation_level_does_an_order_leave_past_a_limit_that_was_lowered(
    stage: Stage, level: str
) -> None:
    """The final check waits for the traveller's change, and has seen it."""
    trip = stage.trip()
    limit(stage, trip, 150)
    call = stage.drive(trip, "create_order")
    with stage.connect("postgres", autocommit=False) as traveller:
        traveller.execute("update public.spending_limits set amount = 50")

        def look(connection: Connection) -> str | None:
            connection.execute(
                "select set_config('default_transaction_isolation', %s, false)", [level]
            )
            try:
                return stage.mark_sent(call, connection)
            except psycopg.errors.SerializationFailure:
                assert level != "read committed"
                assert stage.call(call["call_id"])["sent_at"] is None
                return stage.mark_sent(call, connection)

        waiting = stage.start_waiting(look)
        traveller.commit()
        assert waiting.result(timeout=30) == "the spending limit was reached"


def test_a_working_roles_transactions_see_what_was_committed(stage: Stage) -> None:
    """Set on the roles, so that no default of the server or the database counts."""
    for role in ("skylatch_sidecar", "skylatch_cron", "authenticator"):
        stage.rows(
            "do $$ begin execute 'alter database ' || quote_ident(current_database())"
            " || ' set default_transaction_isolation = serializable'; end $$"
        )
        with stage.connect(role) as connection:
            row = connection.execute("show transaction_isolation").fetchone()
            assert row == {"transaction_isolation": "read committed"}, role


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=30))
def test_any_name_has_a_key(shelves: psycopg.Connection[Row], text: str) -> None:
    """Whatever a later rule for names may let in."""
    if "\x00" in text:
        return
    with shelves.transaction(force_rollback=True):
        row = shelves.execute(
            "select engine.person_key(%s, %s, 'x', '2000-01-01') as key",
            [UUID(int=1), text.encode("utf-8", "replace").decode()],
        ).fetchone()
    assert row is not None
    assert len(row["key"]) == 64


# -- what is promised of all of a traveller's trips -----------------------------------


def test_a_limit_that_was_lowered_after_it_was_spent_breaks_no_promise(
    stage: Stage,
) -> None:
    """It was kept when it counted; what begins from now on is held against it."""
    trip = stage.trip()
    limit(stage, trip, 150)
    stage.book(trip)
    limit(stage, trip, 50)
    assert stage.violations() == []
    second = another_trip(stage, trip, day=60)
    call = search_again(stage)[second.trip_id]
    assert stage.finish(found(call, 60)) == []
    assert "over your limit of 50.00 GBP" in reason(stage, second)


def test_an_airline_that_moves_a_booked_flight_into_another_is_found(
    stage: Stage,
) -> None:
    """By the minute's check, though no saga took a step; once, for the two of them."""
    first = stage.trip()
    stage.book(first)
    second = another_trip(stage, first, day=41)
    call = search_again(stage)[second.trip_id]
    (call,) = stage.finish(found(call, 41))
    while call["operation"] != "capture_payment":
        call = stage.step(call)
    assert stage.finish(stage.good_answer(call)) == []
    now = stage.row("select clock_timestamp() as now")["now"]
    assert stage.violations() == []
    read_order(stage, first, moved(stage, first, 41))
    (violation,) = stage.rows("select * from engine.check_invariants(%s)", now)
    assert violation["invariant"] == "nobody is on two flights at once"
    read_order(stage, first, moved(stage, first, 42))
    assert stage.violations() == []
