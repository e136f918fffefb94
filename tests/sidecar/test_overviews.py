"""`sidecar trips|offers|bookings|cases|alerts`: tables, JSON and exit codes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import typer
from psycopg.conninfo import make_conninfo

from sidecar import overviews
from sidecar.__main__ import trace
from sidecar.amounts import money
from sidecar.errors import NotFound, SetupError, UntoldError
from sidecar.statuses import BookingStatus, TripStatus
from tests.raw_server import closed_port
from tests.sidecar.test_command_line import sidecar
from tests.sql.test_protocol import Stage, Trip, answer, offer, stage

__all__ = ["stage"]
NAMES = ("Amelia", "Earhart", "amelia@")
REFERENCE = "ABC123"


@pytest.fixture(autouse=True)
def _operator(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    # Nobody logs in as the role itself.
    operator = make_conninfo(stage.dsn, options="-c role=skylatch_operator")
    monkeypatch.setenv("SKYLATCH_OPERATOR_URL", operator)
    watch = make_conninfo(stage.dsn, user="skylatch_watch")
    monkeypatch.setenv("SKYLATCH_WATCH_URL", watch)
    # A terminal of its usual size.
    monkeypatch.setenv("COLUMNS", "80")


class Told:
    """Runs a command of the module; whatever it tells, nobody is named in it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, command: Any, *args: Any, **options: Any) -> str:
        """Return what a command printed."""
        command(*args, **options)
        text = self._capsys.readouterr().out
        assert not any(word in text for word in (*NAMES, REFERENCE)), text
        return text

    def code(self, command: Any, **options: Any) -> tuple[int, str]:
        """Return the exit code too."""
        with pytest.raises(typer.Exit) as ended:
            command(**options)
        return ended.value.exit_code, self._capsys.readouterr().out


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Return what runs a command."""
    return Told(capsys)


def searched(stage: Stage) -> Trip:
    """Return a trip whose search has found a cheap offer and a dear one."""
    trip = stage.trip()
    stage.tick()
    for call in stage.claim():
        found = [offer("off_dear", "900.00"), offer("off_cheap")]
        orq = {"offer_request": {"id": "orq_1"}, "offers": found}
        stage.finish(answer(call, 201, orq))
    return trip


def test_trips_say_what_they_wait_for(stage: Stage, told: Told) -> None:
    """Those that changed last first, by status; no line is wider than a terminal."""
    booked, dear = stage.trip(), stage.trip(max_price=1)
    stage.book(booked)
    text = told(overviews.trips)
    lines = text.splitlines()
    assert max(map(len, lines[:3])) <= 80
    at = [n for n, line in enumerate(lines) if line.startswith(str(booked.trip_id))]
    assert lines[at[0]].split()[1:] == ["BOOKED", "LHR-JFK", "500.00", "GBP"]
    assert lines[at[0] + 1].startswith("    leaves 20")
    # The reference would open the booking; the reason says it to the traveller.
    assert lines[at[0] + 2] == "    Booked: …, 100.00 GBP."
    pending = told(overviews.trips, status=TripStatus.PENDING)
    assert str(dear.trip_id) in pending
    assert str(booked.trip_id) not in pending
    assert told(overviews.trips, status=TripStatus.FAILED) == "no trips\n"
    assert told(overviews.trips, limit=1).endswith("--limit shows more\n")


def test_trips_for_programs(stage: Stage, told: Told) -> None:
    """Every column, and every number as it is."""
    trip = stage.trip()
    (row,) = json.loads(told(overviews.trips, as_json=True))["trips"]
    assert (row["trip_id"], row["status"]) == (str(trip.trip_id), "PENDING")
    assert (row["max_price"], row["origins"]) == ("500", ["LHR"])
    assert "user_id" not in row


@pytest.mark.parametrize(
    "amount",
    ["251.3 USD", "251 USD", "13740.00 JPY", "42.5 KWD", "1306.305 GBP", "500 XYZ"],
)
def test_an_amount_has_the_digits_of_its_currency(stage: Stage, amount: str) -> None:
    """As the database writes it to travellers."""
    number, currency = amount.split()
    row = stage.row("select engine.format_money(%s, %s)", Decimal(number), currency)
    written = money(Decimal(number), currency)
    # The database knows no such currency, and writes the amount as it is.
    assert written.replace(",", "") == (row["format_money"] or amount)


def test_what_somebody_wrote_makes_no_line_and_moves_no_cursor(
    stage: Stage, told: Told
) -> None:
    """A reason is what it says and nothing else."""
    trip = stage.trip()
    stage.rows(
        "update public.trip_requests set status_reason = %s where id = %s",
        "why\x1b[2J\nno trips",
        trip.trip_id,
    )
    last = told(overviews.trips).splitlines()[-1]
    assert last == "    why\N{REPLACEMENT CHARACTER}[2J no trips"


def test_offers_are_listed_best_first_with_why_not(stage: Stage, told: Told) -> None:
    """In words; whatever does not fit comes last."""
    trip = searched(stage)
    lines = told(overviews.offers, trip.trip_id).splitlines()
    assert max(map(len, lines)) <= 80
    assert [lines[1].split()[0], lines[1].split()[-1]] == ["1", "off_cheap"]
    assert lines[2] == "    selected"
    assert [lines[3].split()[0], lines[3].split()[-1]] == ["-", "off_dear"]
    assert lines[4:] == ["    above your price limit"]
    stage.rows("update public.flight_offers set expires_at = now()")
    last = told(overviews.offers, trip.trip_id).splitlines()[-1]
    assert last == "    expired; above your price limit"
    offers = json.loads(told(overviews.offers, trip.trip_id, as_json=True))["offers"]
    assert [one["why_not"] for one in offers] == [[], ["above your price limit"]]


def test_offers_of_no_trip_are_an_error(stage: Stage) -> None:
    """And not an empty list: the id was wrong."""
    with pytest.raises(NotFound, match="no such trip"):
        overviews.offers(uuid4())


def test_bookings_say_what_became_of_them(stage: Stage, told: Told) -> None:
    """With what is open about each."""
    trip = stage.trip()
    stage.book(trip)
    stage.rows(
        "update public.flight_bookings set attention = 'it moved', price = 1306.3"
    )
    lines = told(overviews.bookings).splitlines()
    assert lines[1].split() == [
        *(str(trip.trip_id), "CONFIRMED", "LHR-JFK", "1,306.30", "GBP")
    ]
    assert "; order ord_" in lines[2]
    assert lines[3] == "    it moved"
    cancelled = BookingStatus.CANCELLED
    assert told(overviews.bookings, status=cancelled) == "no bookings\n"
    (row,) = json.loads(told(overviews.bookings, as_json=True))["bookings"]
    assert row["trip_id"] == str(trip.trip_id)


def test_an_open_case_is_one(stage: Stage, told: Told) -> None:
    """With what may be done; nothing is zero."""
    assert told.code(overviews.cases) == (0, "no cases\n")
    trip = stage.trip()
    order = stage.drive(trip, "create_order")
    stage.mark_sent(order)
    stage.finish(answer(order, 500))
    stage.rows(
        "select engine.open_case('ATTEMPT', 'ord_1', a, 'nobody knows', '{}', now())"
        " from public.booking_attempts as a"
    )
    code, text = told.code(overviews.cases)
    lines = text.splitlines()
    assert (code, lines[1].split()[1]) == (1, "ATTEMPT")
    assert lines[1].split()[-3:] == ["ORDER_UNKNOWN", "100.00", "GBP"]
    assert lines[2:] == [
        *("    nobody knows", "    ord_1", f"    trip {trip.trip_id}; may: ADOPT")
    ]
    code, text = told.code(overviews.cases, as_json=True)
    assert (code, json.loads(text)["well"]) == (1, False)


def test_a_case_of_a_broken_promise_says_which_and_of_what(
    stage: Stage, told: Told
) -> None:
    """It has no trip, and its summary names neither."""
    stage.rows(
        "select engine.open_case('INVARIANT', 'never above the limit: 42',"
        " null::public.booking_attempts, 'it costs more', '{}', now())"
    )
    _, text = told.code(overviews.cases)
    assert text.splitlines()[2:] == [
        "    it costs more",
        "    never above the limit: 42",
    ]


def test_a_story_is_told_under_every_id_that_is_at_hand(
    stage: Stage, told: Told
) -> None:
    """A trip's, an attempt's, a booking's, and what the providers call the two."""
    trip = stage.trip()
    stage.book(trip)
    booking = stage.row("select * from public.flight_bookings")
    stories = {
        told(trace, str(found_by))
        for found_by in (
            trip.trip_id,
            booking["booking_attempt_id"],
            booking["id"],
            booking["id"].hex,
            booking["order_id"],
            booking["payment_intent_id"],
        )
    }
    (story,) = stories
    assert "create_order" in story
    stage.rows(
        "select engine.open_trip_case('ORPHAN_ORDER', 'ord_found', t.id, 'whose?',"
        " '{}', now()) from public.trip_requests as t"
    )
    assert told(trace, "ord_found") != ""
    for unknown in (str(uuid4()), "ord_nobodys"):
        with pytest.raises(SetupError, match=f"order or payment has the id {unknown}"):
            trace(unknown)


def test_an_open_alert_is_one(stage: Stage, told: Told) -> None:
    """With its page; and the watch's login is enough to see it."""
    stage.rows("select engine.heartbeat('here:1:abcdef', '0.1.0')")
    stage.rows("select engine.beat_flags('file')")
    stage.rows(
        "update engine.job_beats set last_succeeded_by = 'pg_cron',"
        " last_succeeded_at = clock_timestamp(), cron_succeeded_at = clock_timestamp()"
    )
    assert told.code(overviews.alerts) == (0, "no alerts\n")
    stage.rows("select engine.set_kill_switch(true, 'a drill')")
    code, text = told.code(overviews.alerts)
    assert (code, text.splitlines()[1].split()[0]) == (1, "KILL_SWITCH")
    assert text.endswith("    docs/runbook.md#killswitchengaged\n")
    code, text = told.code(overviews.alerts, as_json=True)
    assert (code, [one["kind"] for one in json.loads(text)["alerts"]]) == (
        1,
        ["KILL_SWITCH"],
    )


@pytest.mark.parametrize("command", [overviews.cases, overviews.alerts])
def test_what_cannot_be_told_is_two(
    monkeypatch: pytest.MonkeyPatch, told: Told, command: Any
) -> None:
    """Neither well nor ill: a monitor has to look elsewhere."""
    for name in ("OPERATOR", "WATCH"):
        nowhere = f"postgresql://u:pass-word@127.0.0.1:{closed_port()}/x"
        monkeypatch.setenv(f"SKYLATCH_{name}_URL", nowhere)
    code, text = told.code(command)
    assert (code, text.startswith(f"{command.__name__} UNKNOWN: ")) == (2, True)
    assert len(text.splitlines()) == 1
    assert "pass-word" not in text
    for name in ("OPERATOR", "WATCH"):
        monkeypatch.delenv(f"SKYLATCH_{name}_URL")
    code, text = told.code(command, as_json=True)
    assert (code, json.loads(text)["well"]) == (2, None)


def test_a_login_that_may_not_ask_is_an_error(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    """The sidecar's own role lists nothing; and without a login there is none."""
    worker = make_conninfo(stage.dsn, user="skylatch_sidecar")
    monkeypatch.setenv("SKYLATCH_OPERATOR_URL", worker)
    with pytest.raises(UntoldError, match="permission denied"):
        overviews.trips()
    monkeypatch.delenv("SKYLATCH_OPERATOR_URL")
    with pytest.raises(UntoldError, match="SKYLATCH_OPERATOR_URL"):
        overviews.bookings()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trips"], "error: SKYLATCH_OPERATOR_URL: not set"),
        (["offers", "nonsense"], "Invalid value for 'trip_id'"),
        (
            ["trips", "--status", "nonsense"],
            "'nonsense' is not one of PENDING, BOOKING, B",
        ),
        (["trips", "--status", "booked"], "error: SKYLATCH_OPERATOR_URL: not set"),
        (["bookings", "--status", "LOST"], "'LOST' is not one of CONFIRMED, CANCELLED"),
        (["bookings", "--limit", "0"], "Invalid value for '--limit'"),
    ],
)
def test_wrong_use_is_no_traceback(arguments: list[str], said: str) -> None:
    """As with every other command."""
    result = sidecar(*arguments)
    assert result.returncode in (1, 2)
    # A box may break a line anywhere.
    assert said in " ".join(result.stderr.replace("│", "").split())
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("kind", "constraint"),
    [
        (TripStatus, "trip_requests_auto_book_status"),
        (BookingStatus, "flight_bookings_status"),
    ],
)
def test_a_status_is_one_that_there_is(
    stage: Stage, kind: Any, constraint: str
) -> None:
    """The table's own list is the truth."""
    row = stage.row(
        "select array(select m[1] from regexp_matches(pg_get_constraintdef(oid),"
        " '''([A-Z_]+)''', 'g') as m) as found from pg_constraint where conname = %s",
        constraint,
    )
    assert set(row["found"]) == {one.value for one in kind}
