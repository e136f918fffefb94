"""How a trip is booked: by itself, unless vetoed, once approved, or not at all.

What the sandboxes hold, orders and payments, is what decides each test.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Json

from tests.conftest import Connect
from tests.factories import Row, Traveller, World, in_days, until

OPEN = (
    "select * from public.offer_proposals where trip_request_id = %s and state = 'OPEN'"
)
STATES = (
    "select array_agg(state order by proposed_at) from public.offer_proposals"
    " where trip_request_id = %s"
)
APPROVE = "select public.approve_offer(%s, %s)"
VETO = "select public.veto_booking(%s)"


@pytest.fixture(autouse=True)
def no_waiting(world: World) -> None:
    """Let no fare be waited for; that has tests of its own."""
    world.set_flags(
        {
            "auto_booking_pipeline_enabled": True,
            "auto_booking_emergency_disable": False,
            "advanced_filtering": True,
            "price_optimization": False,
        }
    )


def reason(world: World, trip: UUID) -> str:
    """Return why the trip is as it is."""
    return str(
        world.value(
            "select status_reason from public.trip_requests where id = %s", trip
        )
    )


def searched(world: World, trip: UUID) -> None:
    """Search the trip and decide on it."""
    rounds = "select search_round from public.trip_requests where id = %s"
    before = world.value(rounds, trip)
    world.rows("select public.duffel_search(%s)", trip)
    assert world.value(rounds, trip) > before
    answered(world)


def answered(world: World) -> None:
    """Let workers do what there is."""
    with world.working():
        until(world.at_rest)


def stated(world: World, traveller: Traveller, **wishes: object) -> UUID:
    """State a trip and let its first round be decided on."""
    trip = world.trip(traveller, **wishes)
    world.tick()
    answered(world)
    return trip


def proposed(world: World, **wishes: object) -> tuple[UUID, Row]:
    """State a trip, search it and return what is put before its traveller."""
    trip = stated(world, world.traveller(), **wishes)
    assert world.status(trip) == "PENDING"
    return trip, world.row(OPEN, trip)


def untouched(world: World, trip: UUID) -> bool:
    """Tell whether no attempt, no order and no payment was made."""
    attempts = world.rows(
        "select id from public.booking_attempts where trip_request_id = %s", trip
    )
    return not (attempts or world.orders(trip) or world.intents(trip))


def window_over(world: World, trip: UUID) -> None:
    """Let the time to say no be over, and the tick search again."""
    world.rows(
        "update public.offer_proposals set books_at = now() - interval '1 second'"
        " where trip_request_id = %s and state = 'OPEN'",
        trip,
    )
    world.rows(
        "update engine.trip_searches set next_look_at = now() - interval '1 second'"
        " where trip_request_id = %s",
        trip,
    )
    world.rows(
        "update public.trip_requests set next_search_at = now() where id = %s", trip
    )
    world.tick()
    answered(world)


def refused(world: World, code: str, query: str, *args: object) -> psycopg.Error:
    """Return the error of a statement that must fail so."""
    with pytest.raises(psycopg.Error) as caught:
        world.rows(query, *args)
    assert caught.value.sqlstate == code
    return caught.value


def test_a_trip_that_is_only_watched_is_searched_and_never_booked(
    world: World,
) -> None:
    """It needs no card and no consent, and the tick watches it."""
    trip = stated(
        world,
        world.traveller(),
        booking_mode="WATCH",
        payment_method_id=None,
        auto_book_enabled=False,
        consent_text_version=None,
    )
    assert "This trip is only watched." in reason(world, trip)
    world.rows(
        "update public.trip_requests set next_search_at = now() where id = %s", trip
    )
    world.tick()
    answered(world)
    looks = "select searches from public.trip_requests where id = %s"
    assert world.value(looks, trip) == 2
    assert untouched(world, trip)


def test_watching_does_not_book_though_booking_is_switched_on(world: World) -> None:
    """Neither by the round nor when somebody asks to book now."""
    trip = stated(world, world.traveller(), booking_mode="WATCH")
    assert "only watched" in reason(world, trip)
    refused(world, "SK103", "select public.auto_book_production(%s)", trip)
    assert untouched(world, trip)


def test_an_approved_offer_is_booked_once(world: World) -> None:
    """Until then nothing is; a second yes answers the same attempt."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    assert untouched(world, trip)
    assert "approve_offer" in reason(world, trip)
    refused(world, "SK103", "select public.auto_book_production(%s)", trip)
    attempt = world.value(APPROVE, trip, offer["offer_id"])
    assert world.value(APPROVE, trip, offer["offer_id"]) == attempt
    answered(world)
    assert world.status(trip) == "BOOKED"
    (order,) = world.orders(trip)
    (intent,) = world.intents(trip)
    assert order["offer_id"] == offer["offer_id"]
    assert intent["status"] == "succeeded"
    assert world.value(APPROVE, trip, offer["offer_id"]) == attempt
    assert world.value(STATES, trip) == ["BOOKED"]
    assert world.violations() == []


def test_two_devices_approve_at_once_and_one_booking_is_made(
    world: World, connect: Connect
) -> None:
    """The second waits for the first and gets its attempt."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    attempts = compete(
        world,
        connect,
        [(APPROVE, [trip, offer["offer_id"]]), (APPROVE, [trip, offer["offer_id"]])],
    )
    assert attempts[0] == attempts[1]
    answered(world)
    assert len(world.orders(trip)) == len(world.intents(trip)) == 1


def compete(
    world: World, connect: Connect, asks: list[tuple[str, list[object]]]
) -> list[Any]:
    """Let statements wait for one trip's lock, in order; return what each answers."""
    trip = asks[0][1][0]
    holder = connect(autocommit=False)
    holder.execute("select from public.trip_requests where id = %s for update", [trip])
    answers: list[Any] = [None] * len(asks)

    def ask(place: int, query: str, args: list[object]) -> None:
        try:
            row = connect().execute(query.encode(), args).fetchone()
            answers[place] = row and row[0]
        except psycopg.Error as error:
            answers[place] = error.sqlstate

    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        " and datname = current_database()"
    )
    threads = []
    for place, (query, args) in enumerate(asks):
        threads.append(threading.Thread(target=ask, args=(place, query, args)))
        threads[-1].start()
        until(lambda wanted=place + 1: world.value(waiting) >= wanted)
    holder.commit()
    for thread in threads:
        thread.join()
    return answers


def test_a_veto_in_the_last_second_comes_before_the_yes_or_after_it(
    world: World, connect: Connect
) -> None:
    """Whoever has the lock first decides, and the other is told what is true."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    approve = (APPROVE, [trip, offer["offer_id"]])
    assert compete(world, connect, [(VETO, [trip]), approve]) == ["VETOED", "SK120"]
    answered(world)
    assert untouched(world, trip)
    world.rows("delete from public.offer_proposals where trip_request_id = %s", trip)
    searched(world, trip)
    approve = (APPROVE, [trip, world.row(OPEN, trip)["offer_id"]])
    answers = compete(world, connect, [approve, (VETO, [trip])])
    assert answers[1] == "SK121"
    error = refused(world, "SK121", VETO, trip)
    assert "had begun" in (error.diag.message_hint or "")
    answered(world)
    assert len(world.orders(trip)) == 1
    error = refused(world, "SK121", VETO, trip)
    assert "cancel_booking" in (error.diag.message_hint or "")


def test_an_offer_that_nobody_vetoes_is_booked_after_its_window(world: World) -> None:
    """And not before; by the search at the window's end."""
    trip, offer = proposed(world, booking_mode="VETO_WINDOW", veto_minutes=45)
    assert (offer["books_at"] - offer["proposed_at"]).total_seconds() == 45 * 60
    searches = world.rows(
        "select next_look_at from engine.trip_searches where trip_request_id = %s", trip
    )
    assert [row["next_look_at"] for row in searches] == [offer["books_at"]]
    searched(world, trip)
    assert world.row(OPEN, trip)["id"] == offer["id"]
    assert untouched(world, trip)
    window_over(world, trip)
    assert world.status(trip) == "BOOKED"
    (order,) = world.orders(trip)
    assert Decimal(order["total"]) <= offer["price_amount"]
    assert order["offer_id"] != offer["offer_id"]
    assert world.value(STATES, trip) == ["BOOKED"]
    assert world.violations() == []


def test_a_dearer_fare_at_the_windows_end_gets_a_window_of_its_own(
    world: World,
) -> None:
    """Nothing is booked above what the traveller had been told."""
    trip, offer = proposed(world, booking_mode="VETO_WINDOW")
    world.rows("update public.offer_proposals set price_amount = 1")
    window_over(world, trip)
    assert untouched(world, trip)
    assert world.value(STATES, trip) == ["REPLACED", "OPEN"]
    assert world.row(OPEN, trip)["price_amount"] == offer["price_amount"]
    assert world.row(OPEN, trip)["books_at"] > datetime.now(UTC)


def test_what_was_vetoed_is_not_proposed_again_unless_it_costs_less(
    world: World,
) -> None:
    """The same flights at the same price are passed over."""
    trip, offer = proposed(world, booking_mode="VETO_WINDOW")
    assert world.value("select public.veto_booking(%s, 'too early')", trip) == "VETOED"
    assert world.value(VETO, trip) == "VETOED"
    assert "You said no" in reason(world, trip)
    searched(world, trip)
    again = world.row(OPEN, trip)
    assert again["itinerary_key"] != offer["itinerary_key"]
    assert world.value(VETO, trip) == "VETOED"
    # The same flights, a pound cheaper than what was vetoed.
    world.rows(
        "update public.offer_proposals set price_amount = price_amount + 1"
        " where id = %s",
        offer["id"],
    )
    searched(world, trip)
    assert world.row(OPEN, trip)["itinerary_key"] == offer["itinerary_key"]
    window_over(world, trip)
    (order,) = world.orders(trip)
    bought = world.row(
        "select o.itinerary_key from public.flight_offers as o where o.offer_id = %s",
        order["offer_id"],
    )
    assert bought["itinerary_key"] == offer["itinerary_key"]


def changed(world: World, trip: UUID) -> None:
    """Change a wish."""
    world.rows("update public.trip_requests set max_price = 4000 where id = %s", trip)


def preferred(world: World, trip: UUID) -> None:
    """Change a wish that starts no search."""
    world.rows(
        "update public.trip_requests set preferred_airlines = '{BA}' where id = %s",
        trip,
    )


def paused(world: World, trip: UUID) -> None:
    """Pause the trip and let it go on."""
    world.rows("select public.pause_trip(%s)", trip)
    world.rows("select public.resume_trip(%s)", trip)


def cancelled(world: World, trip: UUID) -> None:
    """Give the trip up."""
    world.rows("select public.cancel_trip(%s)", trip)


@pytest.mark.parametrize("act", [changed, preferred, paused, cancelled])
def test_a_trip_that_is_another_now_is_not_booked_by_the_old_yes(
    world: World, act: Callable[[World, UUID], None]
) -> None:
    """What was proposed was for the trip as it was."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    act(world, trip)
    error = refused(world, "SK120", APPROVE, trip, offer["offer_id"])
    assert '"lapsed"' in (error.diag.message_detail or "")
    assert world.value(STATES, trip)[0] == "LAPSED"
    assert untouched(world, trip)


def test_an_offer_that_dies_while_a_person_thinks_is_not_booked(world: World) -> None:
    """The answer is clear, the proposal lapses, and the next one can be approved."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    world.rows("update public.offer_proposals set answer_by = now(), closes_at = now()")
    error = refused(world, "SK120", APPROVE, trip, offer["offer_id"])
    assert '"too late"' in (error.diag.message_detail or "")
    world.rows("select engine.recover()")
    assert world.value(STATES, trip) == ["LAPSED"]
    assert "nobody answered" in reason(world, trip)
    world.rows("update engine.trip_searches set next_look_at = now()")
    world.rows(
        "update public.trip_requests set next_search_at = now() where id = %s", trip
    )
    world.tick()
    answered(world)
    assert world.value(STATES, trip) == ["LAPSED", "OPEN"]
    world.value(APPROVE, trip, world.row(OPEN, trip)["offer_id"])
    answered(world)
    assert len(world.orders(trip)) == 1


def test_a_proposal_outlives_another_search_of_its_trip(world: World) -> None:
    """An equal fare changes nothing; what was proposed is what is booked."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    searched(world, trip)
    assert world.row(OPEN, trip)["id"] == offer["id"]
    world.value(APPROVE, trip, offer["offer_id"])
    answered(world)
    (order,) = world.orders(trip)
    assert order["offer_id"] == offer["offer_id"]


def test_a_cheaper_offer_replaces_what_was_to_be_approved(world: World) -> None:
    """The old one can no longer be approved."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    world.rows("update public.offer_proposals set price_amount = price_amount + 1")
    searched(world, trip)
    assert world.value(STATES, trip) == ["REPLACED", "OPEN"]
    refused(world, "SK120", APPROVE, trip, offer["offer_id"])
    assert untouched(world, trip)


def test_a_trip_cancelled_while_its_approved_order_is_on_its_way(world: World) -> None:
    """The order has not left: it does not leave, and the card's hold is released."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    world.value(APPROVE, trip, offer["offer_id"])
    cancelled(world, trip)
    answered(world)
    assert world.status(trip) == "CANCELLED"
    assert world.orders(trip) == []
    assert all(one["amount_received"] == 0 for one in world.intents(trip))
    assert world.violations() == []


def test_a_fare_above_what_was_approved_is_not_bought(world: World) -> None:
    """Though the trip's limit would allow it."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    world.rows("update public.offer_proposals set price_amount = price_amount - 1")
    refused(world, "SK102", APPROVE, trip, offer["offer_id"])
    assert world.value(STATES, trip) == ["OPEN"]
    assert untouched(world, trip)


def test_a_dry_run_says_what_it_would_have_booked_and_calls_nobody(
    world: World,
) -> None:
    """But for the search; each round leaves one event."""
    trip = stated(world, world.traveller(), booking_mode="DRY_RUN")
    assert reason(world, trip).startswith("Dry run: would have booked ")
    calls = world.rows(
        "select distinct operation from engine.provider_calls"
        " where trip_request_id = %s",
        trip,
    )
    assert [call["operation"] for call in calls] == ["search"]
    said = "select count(*) from engine.booking_events where reason like 'Dry run: %%'"
    assert world.value(said) == 1
    refused(world, "SK103", "select public.auto_book_production(%s)", trip)
    assert untouched(world, trip)


def test_a_dry_run_makes_the_checks_of_a_booking(world: World) -> None:
    """Whoever may not spend so much is told so."""
    traveller = world.traveller()
    world.rows(
        "insert into public.spending_limits (user_id, currency, period, amount)"
        " select %s, c, 'day', 1 from unnest(array['GBP', 'USD', 'EUR']) as c",
        traveller.user_id,
    )
    trip = stated(world, traveller, booking_mode="DRY_RUN")
    assert "limit" in reason(world, trip)
    assert not reason(world, trip).startswith("Dry run")


def test_the_first_booking_is_approved_where_an_operator_wants_it(
    world: World,
) -> None:
    """The second books by itself."""
    world.rows(
        "select engine.set_traveller_limits('test',"
        " p_first_booking_needs_approval => true)"
    )
    traveller = world.traveller()
    trip = stated(world, traveller)
    assert untouched(world, trip)
    world.value(APPROVE, trip, world.row(OPEN, trip)["offer_id"])
    answered(world)
    assert world.status(trip) == "BOOKED"
    second = stated(world, traveller, departure_from=in_days(90))
    assert world.status(second) == "BOOKED"
    assert world.violations() == []


def test_another_travellers_proposal_does_not_exist(
    world: World, connect: Connect
) -> None:
    """It can be read, approved and vetoed by its owner alone."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    stranger = world.traveller()
    with connect("authenticator", autocommit=False) as connection:
        connection.execute("set local role authenticated")
        connection.execute(
            "select set_config('request.jwt.claims', %s::text, true)",
            [Json({"sub": str(stranger.user_id)})],
        )
        assert connection.execute(OPEN.encode(), [trip]).fetchall() == []
        for query, args in ((APPROVE, [trip, offer["offer_id"]]), (VETO, [trip])):
            with pytest.raises(psycopg.Error) as caught, connection.transaction():
                connection.execute(query.encode(), args)
            assert caught.value.sqlstate == "SK104"
    assert world.value(STATES, trip) == ["OPEN"]


def test_the_explanation_says_what_is_proposed(world: World) -> None:
    """And until when."""
    trip, offer = proposed(world, booking_mode="APPROVAL")
    story = world.value("select public.explain_trip(%s)", trip)
    assert story["proposal"]["offer_id"] == offer["offer_id"]
    assert offer["sentence"] in story["sentences"]
    listed = world.rows("select * from engine.offer_overview(%s)", trip)
    assert [one["offer_id"] for one in listed if one["status"] == "PROPOSED"] == [
        offer["offer_id"]
    ]


PREVIEW = "select public.preview_trip(%s, %s::jsonb)"


def test_a_preview_says_what_other_wishes_would_choose_and_stores_nothing(
    world: World,
) -> None:
    """The offer it names is the one that the changed trip is asked about."""
    trip = stated(world, world.traveller(), booking_mode="APPROVAL", max_price=1)
    before = world.row("select * from public.trip_requests where id = %s", trip)
    same = world.value(PREVIEW, trip, Json({}))
    assert (same["fit"], same["best"]) == (0, None)
    assert same["why_not"]["price_above_cap"] == same["offers"] > 0
    other = world.value(PREVIEW, trip, Json({"max_price": 5000}))
    assert other["fit"] > 0
    assert before == world.row("select * from public.trip_requests where id = %s", trip)
    assert untouched(world, trip)
    world.rows(
        "update public.trip_requests set max_price = 5000,"
        " consent_text_version = '2026-11' where id = %s",
        trip,
    )
    searched(world, trip)
    chosen = world.row(OPEN, trip)
    assert chosen["price_amount"] == Decimal(other["best"]["price_amount"])
    assert chosen["airline"] == other["best"]["airline"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"window_seat": True}, "SK026", "window_seat"),
        ({"auto_book_status": "BOOKED"}, "SK026", "auto_book_status"),
        ({"user_id": None}, "SK026", "user_id"),
        ([], "SK026", "p_changes"),
        ({"max_connections": 9}, "SK013", "max_connections"),
        ({"booking_mode": "SOMETIMES"}, "SK013", "booking_mode"),
        ({"origins": ["LHR"] * 101}, "SK025", "origins"),
    ],
)
def test_a_wish_that_cannot_be_previewed_is_refused_by_name(
    world: World, changes: object, code: str, field: str
) -> None:
    """As it would be when the trip is changed."""
    trip = world.trip(world.traveller())
    error = refused(world, code, PREVIEW, trip, Json(changes))
    assert error.diag.column_name == field
