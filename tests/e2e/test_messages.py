"""People and applications are told what happens, each once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from email.message import EmailMessage
from smtplib import SMTPException
from typing import Any

import psycopg
import pytest
from icalendar import Calendar
from psycopg.types.json import Jsonb

from sidecar.app_webhooks import AppWebhooks, secret_of
from sidecar.flights import Flights
from sidecar.letters import build_letter
from sidecar.mail import MailServer
from tests.conftest import Connect
from tests.e2e.cases import book, state
from tests.factories import DECLINED, World, in_days, until
from tests.raw_server import RawServer, raw_server
from tests.receivers import KEY, SENDER, Post, running_post
from tests.sandbox.flights.cancellations import Terms

CANCEL = "select public.cancel_booking(%s, %s)"


@pytest.fixture
def post(world: World) -> Iterator[Post]:
    """A world with a mail server and an application."""
    with running_post(world) as running:
        yield running


def kinds(post: Post) -> list[str]:
    """Return what the application was told, in order."""
    return [event["type"] for event in post.app.events]


def test_a_booking_is_told_with_everything_and_its_calendar(
    world: World, post: Post
) -> None:
    """By e-mail in full, to the application by ids; each once."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    with post.courier():
        trip = book(world, traveller)
        until(post.is_told)
    (letter,) = post.box.letters
    held = world.row("select * from public.flight_bookings")
    assert letter["To"] == "amelia@example.com"
    assert letter["Subject"].startswith("Booked: LHR-JFK, £")
    text = post.box.text("Booked")
    html = letter.get_body(("html",)).get_content()
    for said in (held["booking_reference"], "Amelia Earhart", "help@example.com"):
        assert said in text
        assert said in html
    # Exactly what the card was charged.
    (intent,) = world.intents(trip)
    price = f"£{Decimal(intent['captured']) / 100:,.2f}"
    assert price in text
    assert "Refundable" in text or "refundable" in text
    (calendar,) = list(letter.iter_attachments())
    flights = Calendar.from_ical(calendar.get_content().encode()).events
    airline = Flights(world.flights_url, "duffel_test_fixture")
    order = airline.get_order(held["order_id"], "a-test").body["data"]
    segments = [one for each in order["slices"] for one in each["segments"]]
    assert len(flights) == len(segments)
    for flight, segment in zip(flights, segments, strict=True):
        local = flight.start.replace(tzinfo=None).isoformat()
        assert segment["departing_at"].startswith(local)
        assert flight.start.tzinfo is not None
    (event,) = post.app.events
    assert event["type"] == "booking.confirmed"
    assert event["data"]["booking_reference"] == held["booking_reference"]
    assert event["data"]["trip_id"] == str(trip)
    assert "Earhart" not in str(event)
    assert world.violations() == []


def test_a_declined_card_is_told(world: World, post: Post) -> None:
    """With what the bank said, and that nothing was booked."""
    traveller = world.traveller(card=DECLINED)
    post.address(traveller.user_id)
    with post.courier(), world.working():
        trip = world.trip(traveller)
        world.tick()
        until(lambda: world.status(trip) == "ACTION_REQUIRED")
        until(post.is_told)
    assert kinds(post) == ["payment.declined"]
    assert "Nothing was booked and nothing was charged." in post.box.text("Not booked")


def test_a_cancellation_is_told_at_each_step_in_order(world: World, post: Post) -> None:
    """Booked, cancelled, refunded: in that order, though the first was held up."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    world.flights.set_cancellations(Terms(refund_share=Decimal("0.5")))
    trip = book(world, traveller)
    booking = world.value("select id from public.flight_bookings")
    with world.working():
        world.value(CANCEL, booking, None)
        until(lambda: state(world, trip) == "CONFIRMED")
        world.value(CANCEL, booking, Decimal(1))
        until(lambda: state(world, trip) == "CANCELLED")
    post.app.statuses += [500, 500]
    with post.courier(2):
        until(lambda: not post.app.statuses or hurry(world))
        until(lambda: post.is_told() or hurry(world))
    assert kinds(post) == [
        "booking.confirmed",
        "booking.not_cancelled",
        "booking.cancelled",
        "booking.refunded",
    ]
    assert "Not cancelled: the airline would return only" in post.box.text("Not canc")
    (intent,) = world.intents(trip)
    refund = f"£{Decimal(intent['refunded']) / 100:,.2f}"
    assert refund in post.box.text("Refunded")
    assert post.app.events[-1]["data"]["refund"] is not None
    assert world.violations() == []


def hurry(world: World) -> bool:
    """Let what waits for another try be due."""
    world.rows(
        "update engine.provider_calls set run_at = clock_timestamp()"
        " where state = 'READY' and delivery_id is not null"
    )
    return False


def test_who_mutes_a_kind_gets_no_letter_of_it(world: World, post: Post) -> None:
    """The application hears of it all the same."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    world.rows(
        "insert into public.notification_preferences (user_id, muted)"
        " values (%s, '{trip.cancelled}')",
        traveller.user_id,
    )
    world.rows("select public.cancel_trip(%s)", world.trip(traveller))
    with post.courier():
        until(post.is_told)
    assert kinds(post) == ["trip.cancelled"]
    assert post.box.letters == []


def test_in_quiet_hours_only_what_is_urgent_is_sent(world: World, post: Post) -> None:
    """And what waits goes along before it, because letters arrive in order."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    # Quiet now, wherever the clock of that zone stands.
    world.rows(
        "insert into public.notification_preferences"
        " (user_id, time_zone, quiet_from, quiet_until, language) select %s, zone,"
        " (now() at time zone zone)::time - interval '1 hour',"
        " (now() at time zone zone)::time + interval '1 hour', 'de'"
        " from (values ('Europe/Berlin')) as z (zone)",
        traveller.user_id,
    )
    trip = world.trip(traveller, max_price=1)
    with world.working():
        world.tick()
        until(world.at_rest)
    world.rows(
        "select engine.notify_traveller(%s, 'trip.expiring', 'test', %s, null,"
        " engine.trip_facts(t), clock_timestamp()) from public.trip_requests as t"
        " where t.id = %s",
        traveller.user_id,
        trip,
        trip,
    )
    assert world.value(
        "select bool_and(run_at > now() + interval '50 minutes')"
        " from engine.provider_calls where operation = 'send_email'"
    )
    with post.courier():
        until(lambda: len(post.app.events) == 1)
        assert post.box.letters == []
        world.rows("update public.trip_requests set max_price = 5000")
        world.rows("select public.consent_to_trip(%s, '2026-11')", trip)
        with world.working():
            world.tick()
            until(lambda: world.status(trip) == "BOOKED")
        until(post.is_told)
    subjects = [letter["Subject"] for letter in post.box.letters]
    assert [one.split(":")[0].split(" ")[0] for one in subjects] == ["Nur", "Gebucht"]


@pytest.mark.parametrize(
    ("reply", "state", "arrives"),
    [("451 later", "DELIVERED", True), ("550 no such mailbox", "FAILED", False)],
)
def test_what_a_mail_server_says_is_kept(
    world: World, post: Post, reply: str, state: str, arrives: bool
) -> None:
    """Later means later, never means never, and neither is told twice."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    book(world, traveller)
    post.box.replies.append(reply)
    with post.courier():
        until(lambda: not post.box.replies)
        until(lambda: post.is_told() or hurry(world))
    row = world.row(
        "select state, problem from engine.deliveries where channel = 'EMAIL'"
    )
    assert row["state"] == state
    assert len(post.box.letters) == arrives
    assert arrives or "550" in row["problem"]


def test_a_courier_that_dies_loses_nothing_and_repeats_under_the_same_id(
    world: World, post: Post
) -> None:
    """Its lease runs out, and the next one delivers: the receiver knows the id."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    book(world, traveller)
    # Claimed, delivered, and never reported.
    claimed = world.rows(
        "select * from engine.claim_deliveries('a dead one', '{send_webhook}', 10)"
    )
    assert len(claimed) == 1
    world.rows(
        "update engine.provider_calls set lease_until = now() - interval '1 second'"
        " where state = 'CLAIMED'"
    )
    world.rows("select engine.recover()")
    with post.courier():
        until(lambda: post.is_told() or hurry(world))
    (said,) = world.rows("select id from public.notifications")
    assert post.app.ids == [str(said["id"])]
    assert len(post.box.letters) == 1
    assert str(said["id"]) in post.box.letters[0]["Message-ID"]


def test_a_secret_is_rotated_without_a_gap_and_an_event_is_sent_again(
    world: World, post: Post
) -> None:
    """Both secrets verify for a while; a replay has the id of the first time."""
    traveller = world.traveller()
    book(world, traveller)
    with post.courier():
        until(post.is_told)
        for number in (1, 2):
            if number == 2:
                world.rows(
                    "select engine.change_webhook_endpoint('a test', 'app', 'rotate')"
                )
            post.app.secret = secret_of(KEY, "app", number)
            world.rows(
                "select engine.replay_delivery('a test', d.id)"
                " from engine.deliveries as d where d.channel = 'WEBHOOK'"
            )
            until(post.is_told)
        # The former one too, until its time is over.
        post.app.secret = secret_of(KEY, "app", 1)
        world.rows(
            "select engine.replay_delivery('a test', d.id)"
            " from engine.deliveries as d where d.channel = 'WEBHOOK'"
        )
        until(post.is_told)
    assert len(post.app.events) == 4
    assert len(set(post.app.ids)) == 1
    assert len(post.box.letters) == 0


def test_an_application_that_wants_no_more_gets_no_more(
    world: World, post: Post
) -> None:
    """410 stops its endpoint, in words, until it is set again."""
    traveller = world.traveller()
    post.app.statuses.append(410)
    book(world, traveller)
    with post.courier():
        until(post.is_told)
    endpoint = world.row("select * from engine.webhook_endpoints")
    assert endpoint["stopped_because"] == "the application answered 410"
    book(world, world.traveller())
    assert post.is_told()
    post.begin()
    book(world, world.traveller())
    assert not post.is_told()


def test_a_near_miss_says_what_is_missing_once(world: World, post: Post) -> None:
    """The same fare is not told again; a lower one a day later is."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    trip = world.trip(traveller, max_price=1)
    with world.working():
        world.tick()
        until(world.at_rest)
        # A twentieth below the lowest fare that misses nothing else.
        world.rows(
            "update public.trip_requests set max_price = ("
            " select floor(min(o.price_amount) * 0.95) from public.flight_offers as o"
            " where o.ineligible = '{price_above_cap}')"
        )
        for _ in range(2):
            world.rows("select public.duffel_search(%s)", trip)
            until(world.at_rest)
    with post.courier():
        until(post.is_told)
    assert kinds(post) == ["trip.near_miss"]
    data = post.app.events[0]["data"]
    assert Decimal(data["price"]) - Decimal(data["cap"]) == Decimal(data["missing"])
    assert str(trip) in post.box.text("Nearly")


def test_what_expires_is_told_in_time_and_once(world: World, post: Post) -> None:
    """The dates of a trip, and the card that would pay for it."""
    traveller = world.traveller()
    trip = world.trip(traveller, departure_from=in_days(2))
    far = world.trip(traveller)
    world.rows(
        "update public.payment_methods set exp_year = extract(year from now()),"
        " exp_month = extract(month from now())"
    )
    world.rows("update public.trip_requests set created_at = now() - interval '2 days'")
    for _ in range(2):
        world.rows("select engine.recover()")
    with post.courier():
        until(post.is_told)
    told = {(event["type"], event["data"]["trip_id"]) for event in post.app.events}
    assert ("trip.expiring", str(trip)) in told
    assert ("card.expiring", str(far)) in told
    assert len(told) == len(post.app.events)


def test_one_traveller_fills_nobodys_queue(world: World, post: Post) -> None:
    """Beyond so many an hour only what is needful is delivered, and all is kept."""
    world.rows("select engine.set_message_settings('a test', p_most_per_hour => 3)")
    traveller = world.traveller()
    for _ in range(6):
        world.rows("select public.cancel_trip(%s)", world.trip(traveller))
    book(world, traveller)
    with post.courier():
        until(post.is_told)
    # About one trip in order, about several as it comes.
    assert sorted(kinds(post)) == ["booking.confirmed", *["trip.cancelled"] * 3]
    assert world.value("select count(*) from public.notifications") == 7
    skipped = "select distinct problem from engine.deliveries where state = 'SKIPPED'"
    assert "too many messages in an hour" in {r["problem"] for r in world.rows(skipped)}


def test_travellers_read_and_tick_off_their_own_messages_only(
    world: World, connect: Connect
) -> None:
    """In the application, whatever the channels are."""
    traveller = world.traveller()
    book(world, traveller)
    own = connect("authenticated", user_id=traveller.user_id)
    read = "select kind from public.notifications"
    assert own.execute(read).fetchall() == [("booking.confirmed",)]
    assert own.execute("update public.notifications set read_at = now()").rowcount == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.execute("update public.notifications set facts = '{}'")
    other = connect("authenticated", user_id=world.traveller().user_id)
    assert other.execute(read).fetchall() == []
    assert (
        other.execute("update public.notifications set read_at = now()").rowcount == 0
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("muted", "{booking.confirmed}"),
        ("muted", "{nothing}"),
        ("least_drop", "2"),
        ("quiet_from", "22:00"),
    ],
)
def test_a_preference_that_is_none_is_refused_in_words(
    world: World, connect: Connect, column: str, value: Any
) -> None:
    """Naming the field, and what to give."""
    traveller = world.traveller()
    own = connect("authenticated", user_id=traveller.user_id)
    with pytest.raises(psycopg.Error) as caught:
        own.execute(
            f"insert into public.notification_preferences ({column}) values (%s)",
            [value],
        )
    assert caught.value.sqlstate == "SK031"
    assert caught.value.diag.column_name in {column, "quiet_until"}
    assert caught.value.diag.message_hint


@pytest.mark.parametrize(
    ("name", "url", "wanted"),
    [
        ("App", "https://example.com/x", []),
        ("app", "http://example.com/x", []),
        ("app", "https://user:word@example.com/x", []),
        ("app", "https://example.com:99999/x", []),
        ("app", "https://example.com:99999999999/x", []),
        ("app", "https://169.254.169.254/x", []),
        ("app", "https://[/x", []),
        ("app", "https://example.com/x", ["trip.unheard_of"]),
    ],
)
def test_an_endpoint_that_is_none_is_refused_in_words(
    world: World, name: str, url: str, wanted: list[str]
) -> None:
    """Its name, its address, and what it wants to hear."""
    with pytest.raises(psycopg.Error) as caught:
        world.rows(
            "select engine.set_webhook_endpoint('a test', %s, %s, %s)",
            name,
            url,
            wanted,
        )
    assert caught.value.sqlstate == "SK023"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_has_its_words_in_every_language(
    world: World, language: str
) -> None:
    """And a letter can be made of the least that is known."""
    kinds = [r["kind"] for r in world.rows("select kind from engine.message_kinds")]
    assert len(kinds) > 15
    for kind in kinds:
        request = {
            "message_id": "7f0c8e2e-0000-4000-8000-000000000000",
            "to": "a@example.com",
            "language": language,
            "time_zone": "Asia/Kolkata",
            "kind": kind,
            "at": "2026-12-01T03:10:27.774211+00:00",
            "trip_id": None,
            "facts": {
                "origins": ["LHR"],
                "destinations": ["JFK", "EWR"],
                "limit": "500",
                "limit_currency": "JPY",
            },
            "booking": None,
        }
        letter = build_letter(request, SENDER)
        assert "LHR-JFK/EWR" in str(letter) or kind.startswith(("booking", "card"))
        body = letter.get_body(("html",))
        assert body is not None
        assert f'lang="{language}"' in body.get_content()


def test_what_is_proposed_is_told_with_its_deadline(world: World, post: Post) -> None:
    """Who has to say yes or no learns until when; and that nobody did."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    trip = world.trip(traveller, booking_mode="APPROVAL")
    with world.working():
        world.tick()
        until(lambda: world.rows("select id from public.offer_proposals"))
        until(world.at_rest)
    world.rows("update public.offer_proposals set closes_at = now()")
    world.rows("select engine.recover()")
    with post.courier():
        until(post.is_told)
    assert kinds(post) == ["trip.approval_required", "trip.proposal_lapsed"]
    proposal = world.row("select * from public.offer_proposals")
    assert post.app.events[0]["data"]["offer_id"] == proposal["offer_id"]
    text = post.box.text("Book it? LHR-JFK")
    assert "before" in text
    assert "If you do nothing, nothing is booked." in text
    assert world.orders(trip) == []


def test_a_letter_that_waits_breaks_no_promise(world: World, post: Post) -> None:
    """Neither does an event that is tried again: nothing is ordered by it."""
    traveller = world.traveller()
    post.address(traveller.user_id)
    book(world, traveller)
    assert world.value("select count(*) from engine.deliveries where state = 'OPEN'")
    assert world.violations() == []


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "nobody",
        "",
    ],
)
def test_an_address_that_is_none_fails_alone(
    world: World, post: Post, address: str
) -> None:
    """At its first try, and the next traveller's letter does not wait for it."""
    first, second = world.traveller(), world.traveller()
    post.address(first.user_id, address)
    post.address(second.user_id)
    for _ in range(12):
        world.rows("select public.cancel_trip(%s)", world.trip(first))
    world.rows("select public.cancel_trip(%s)", world.trip(second))
    with post.courier():
        until(post.is_told)
    failed = "select distinct problem from engine.deliveries where state = 'FAILED'"
    assert [row["problem"] for row in world.rows(failed)] == ["fail 553 no_code"]
    assert [letter["To"] for letter in post.box.letters] == ["amelia@example.com"]
    assert len(post.app.events) == 13


def test_a_slow_application_keeps_nobody_elses_waiting(
    world: World, post: Post
) -> None:
    """It has two deliveries under way at the most; letters have their own threads."""
    slow = raw_server(lambda server, _: server.stopping.wait(30) and None)
    traveller = world.traveller()
    post.address(traveller.user_id)
    with slow as hanging:
        world.rows(
            "select engine.set_webhook_endpoint('a test', 'a-slow-one', %s)",
            f"http://127.0.0.1:{hanging.port}/",
        )
        for _ in range(10):
            world.rows("select public.cancel_trip(%s)", world.trip(traveller))
        with post.courier():
            until(lambda: len(post.box.letters) == 10 and len(post.app.events) == 10)
            under_way = world.value(
                "select count(*) from engine.provider_calls as c"
                " inner join engine.deliveries as d on c.delivery_id = d.id"
                " where c.state = 'CLAIMED' and d.endpoint = 'a-slow-one'"
            )
            hanging.stopping.set()
    assert under_way <= 2


def test_an_endpoint_that_was_stopped_is_not_asked_again(
    world: World, post: Post
) -> None:
    """What was under way when it was stopped is skipped when it comes back."""
    book(world, world.traveller())
    (claimed,) = world.rows(
        "select * from engine.claim_deliveries('one', '{send_webhook}', 10)"
    )
    world.rows("select engine.change_webhook_endpoint('a test', 'app', 'stop')")
    report = {"call_id": claimed["call_id"], "epoch": claimed["epoch"]}
    world.rows(
        "select engine.finish_calls('one', %s, false, true)",
        Jsonb([{**report, "http_status": 500, "body": {}}]),
    )
    hurry(world)
    world.rows("select engine.recover()")
    assert (
        world.rows("select * from engine.claim_deliveries('one', '{send_webhook}', 10)")
        == []
    )
    row = world.row(
        "select state, problem from engine.deliveries where channel = 'WEBHOOK'"
    )
    assert row == {"state": "SKIPPED", "problem": "the endpoint was stopped"}


def test_an_answer_counts_by_its_status_alone(world: World, post: Post) -> None:
    """Two hundred is two hundred, whatever follows or never ends."""

    def answer(server: RawServer, connection: Any) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        connection.sendall(b"x" * 100_000)

    with raw_server(answer) as server:
        request = {
            "endpoint": "app",
            "url": f"http://127.0.0.1:{server.port}/",
            "secret_no": 1,
            "former_secret": False,
            "message_id": "1",
            "event": {},
        }
        assert AppWebhooks(KEY).send(request, "").http_status == 200
    assert AppWebhooks(KEY).send(request, "").error_code == "no_answer"


def test_a_mail_servers_greeting_without_an_end_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However short each of its reads is."""
    monkeypatch.setattr("sidecar.mail._SESSION_SECONDS", 0.3)

    def greet(server: RawServer, connection: Any) -> None:
        while not server.stopping.wait(0.01):
            connection.sendall(b"220-more\r\n")

    with raw_server(greet) as server:
        mail = MailServer(f"smtp://127.0.0.1:{server.port}")
        with pytest.raises((OSError, SMTPException)):
            mail.send(EmailMessage())
