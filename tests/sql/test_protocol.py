"""The protocol of outward calls: claimed once, sent once, answered once, and recovered.

No provider and no sidecar: the tests speak for them, as the sidecar's own role, so that
every answer arrives exactly when the test says. Races are two connections of which one
is seen waiting in `pg_stat_activity`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Json, Jsonb

from tests.factories import FLAGS, in_days, until
from tests.flagdata import expand

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
WORKER = "test:1"
PERSON = {
    "given_name": "Ermintrude",
    "family_name": "Quatermain",
    "title": "ms",
    "gender": "f",
    "born_on": date(1987, 7, 24),
    "email": "ermintrude@example.com",
    "phone_number": "+442080160508",
}


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip and its traveller."""

    user_id: UUID
    trip_id: UUID


class Stage:
    """A database in which the test plays both providers and every sidecar."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        # What searches have found, for the live read that follows.
        self.offers: dict[str, Row] = {}
        self.sql = self.connect("postgres")
        self.sidecar = self.connect("skylatch_sidecar")
        self.rows("select engine.sync_flags(%s, 'test')", Json(expand(FLAGS)))
        # All searches of a tick at once, as far as a test can see, and only then.
        self.rows(
            "select engine.set_search_settings("
            "'test', p_searches_per_minute => 100000, p_search_at_once => false)"
        )

    def connect(self, user: str, *, autocommit: bool = True) -> Connection:
        """Open a connection as a login role."""
        return psycopg.connect(
            make_conninfo(self.dsn, user=user),
            autocommit=autocommit,
            row_factory=dict_row,
        )

    def close(self) -> None:
        """Close the connections."""
        self.sql.close()
        self.sidecar.close()

    # -- reading --------------------------------------------------------------------

    def rows(self, query: str, *args: object) -> list[Row]:
        """Run a query as superuser."""
        cursor = self.sql.execute(query.encode(), args)
        return [] if cursor.description is None else cursor.fetchall()

    def row(self, query: str, *args: object) -> Row:
        """Run a query that returns one row."""
        (row,) = self.rows(query, *args)
        return row

    def attempt(self, trip: Trip) -> Row:
        """Return the trip's newest attempt."""
        return self.row(
            "select * from public.booking_attempts where trip_request_id = %s"
            " order by attempt_no desc limit 1",
            trip.trip_id,
        )

    def status(self, trip: Trip) -> str:
        """Return the trip's status."""
        row = self.row(
            "select auto_book_status from public.trip_requests where id = %s",
            trip.trip_id,
        )
        return str(row["auto_book_status"])

    def call(self, call_id: int) -> Row:
        """Return one outward call."""
        return self.row("select * from engine.provider_calls where id = %s", call_id)

    def ready(self, trip: Trip) -> list[str]:
        """Return the operations that wait to be claimed."""
        rows = self.rows(
            "select operation from engine.provider_calls"
            " where trip_request_id = %s and state = 'READY'",
            trip.trip_id,
        )
        return [row["operation"] for row in rows]

    def events(self, trip: Trip, reason: str) -> list[Row]:
        """Return the trip's events whose reason contains a text."""
        return self.rows(
            "select * from engine.booking_events where trip_request_id = %s"
            " and strpos(reason, %s) > 0 order by id",
            trip.trip_id,
            reason,
        )

    def everything(self) -> list[Row]:
        """Return all state that a late answer could have changed; not the audit."""
        return self.rows(
            "select to_jsonb(t)::text as row from public.trip_requests as t"
            " union all select to_jsonb(a)::text from public.booking_attempts as a"
            " union all select to_jsonb(c)::text from engine.provider_calls as c"
            " union all select to_jsonb(o)::text from public.flight_offers as o"
            " union all select to_jsonb(b)::text from public.flight_bookings as b"
            " order by 1"
        )

    def violations(self) -> list[Row]:
        """Return what must never be true."""
        return self.rows("select * from engine.check_invariants()")

    # -- the sidecar's part ---------------------------------------------------------

    def claim(
        self,
        limit: int = 100,
        searches: int = 100,
        connection: Connection | None = None,
    ) -> list[Row]:
        """Claim calls as a sidecar."""
        return (
            (connection or self.sidecar)
            .execute(
                "select * from engine.claim_calls(%s, %s, %s)",
                [WORKER, limit, searches],
            )
            .fetchall()
        )

    def claim_operation(self, operation: str) -> Row:
        """Make every waiting call due, claim them, and return the one of this kind."""
        self.rows(
            "update engine.provider_calls set run_at = now() where state = 'READY'"
        )
        self.rows("delete from engine.breakers")
        (call,) = (c for c in self.claim() if c["operation"] == operation)
        return call

    def mark_sent(self, call: Row, connection: Connection | None = None) -> str | None:
        """Ask for leave to send."""
        row = (
            (connection or self.sidecar)
            .execute(
                "select engine.mark_sent(%s, %s) as reason",
                [call["call_id"], call["epoch"]],
            )
            .fetchone()
        )
        assert row is not None
        reason: str | None = row["reason"]
        return reason

    def finish(
        self,
        *reports: Row,
        hand_on: bool = True,
        connection: Connection | None = None,
    ) -> list[Row]:
        """Report as a sidecar; return the calls that are handed on."""
        for report in reports:
            body = report.get("body")
            listed = body.get("offers") if isinstance(body, dict) else None
            for one in listed if isinstance(listed, list) else []:
                if isinstance(one, dict) and "id" in one:
                    self.offers[one["id"]] = one
        return (
            (connection or self.sidecar)
            .execute(
                "select * from engine.finish_calls(%s, %s, %s)",
                [WORKER, Jsonb(reports), hand_on],
            )
            .fetchall()
        )

    def recover(self, *, later: timedelta = timedelta(hours=1)) -> int:
        """Let leases end and settle what they held."""
        row = self.row(
            "select engine.recover_calls('test', clock_timestamp() + %s) as n", later
        )
        return int(row["n"])

    # -- the traveller's part -------------------------------------------------------

    def trip(self, **columns: object) -> Trip:
        """State a trip that books by itself."""
        user_id, profile_id, card_id = uuid4(), uuid4(), uuid4()
        self.rows("insert into auth.users (id) values (%s)", user_id)
        self.insert(
            "public.traveler_profiles", {"user_id": user_id, "id": profile_id, **PERSON}
        )
        self.insert(
            "public.payment_methods",
            {
                "user_id": user_id,
                "id": card_id,
                "stripe_customer_id": "cus_1",
                "stripe_payment_method_id": f"pm_{card_id.hex}",
                "brand": "visa",
                "last4": "4242",
                "exp_month": 12,
                "exp_year": 2034,
            },
        )
        wishes: Row = {
            "origins": ["LHR"],
            "destinations": ["JFK"],
            "departure_from": in_days(40),
            "max_price": Decimal(500),
            "currency": "GBP",
            "passengers": [profile_id],
            "payment_method_id": card_id,
            "auto_book_enabled": True,
            "consent_text_version": "2026-11",
            "user_id": user_id,
            **columns,
        }
        named = ", ".join(f"p_{name} => %s" for name in wishes)
        row = self.row(
            f"select public.create_trip_request({named}) as id", *wishes.values()
        )
        return Trip(user_id, row["id"])

    def insert(self, table: str, values: Row) -> None:
        """Insert one row as superuser."""
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.rows(f"insert into {table} ({names}) values ({marks})", *values.values())

    def tick(self) -> None:
        """Run the monitor once."""
        self.rows("select public.auto_book_monitor()")

    # -- the providers' part --------------------------------------------------------

    def good_answer(self, call: Row) -> Row:
        """Return the report of a call that went well."""
        request = call["request"]
        if call["operation"] == "search":
            number = letters(uuid4())
            return answer(
                call,
                201,
                {
                    "offer_request": {"id": f"orq_{number}"},
                    "offers": [offer(f"off_{number}")],
                },
            )
        attempt = self.row(
            "select * from public.booking_attempts where trip_request_id = %s"
            " and status = 'PENDING'",
            call["trip_request_id"],
        )
        if call["operation"] == "get_offer":
            name = request["offer_id"]
            return answer(call, 200, {"data": self.offers.get(name, offer(name))})
        if call["operation"] == "create_order":
            return answer(
                call,
                201,
                {
                    "data": {
                        "id": f"ord_{letters(attempt['id'])}",
                        "booking_reference": "ABC123",
                        "offer_id": attempt["offer_id"],
                        "total_amount": "100.00",
                        "total_currency": "GBP",
                        "metadata": {"attempt_id": str(attempt["id"])},
                    }
                },
            )
        status = {
            "create_payment": "requires_confirmation",
            "capture_payment": "succeeded",
            "cancel_payment": "canceled",
            "read_capture": "succeeded",
            "read_void": "canceled",
        }.get(call["operation"], "requires_capture")
        return answer(call, 200, intent(letters(attempt["id"]), status))

    def drive(self, trip: Trip, operation: str) -> Row:
        """Answer well until this operation of the trip is claimed; return its call."""
        if not self.rows(
            "select from engine.provider_calls where trip_request_id = %s", trip.trip_id
        ):
            self.tick()
        (call,) = (c for c in self.claim() if c["trip_request_id"] == trip.trip_id)
        while call["operation"] != operation:
            call = self.step(call)
        return call

    def step(self, call: Row) -> Row:
        """Answer one call well; return the next, claimed."""
        if call["marks_sent"]:
            assert self.mark_sent(call) is None
        (following,) = self.finish(self.good_answer(call))
        return following

    def book(self, trip: Trip) -> None:
        """Answer well to the very end."""
        call = self.drive(trip, "capture_payment")
        assert self.finish(self.good_answer(call)) == []
        assert self.status(trip) == "BOOKED"

    def start_waiting(self, work: Callable[[Connection], Any]) -> Future[Any]:
        """Run `work` on a connection of its own; return once it waits for a lock."""
        # A connection for watching: the others may be inside a transaction.
        with self.connect("postgres") as watcher:
            # The test decides how long is waited, not the clock.
            for function in ("finish_calls", "mark_sent"):
                patient = f"alter function engine.{function} set lock_timeout = '30s'"
                watcher.execute(patient.encode())
            connection = self.connect("skylatch_sidecar")

            def run() -> Any:
                with connection:
                    return work(connection)

            pool = ThreadPoolExecutor(max_workers=1)
            future = pool.submit(run)
            pool.shutdown(wait=False)
            until(
                lambda: watcher.execute(
                    "select from pg_stat_activity where pid = %s"
                    " and wait_event_type = 'Lock'",
                    [connection.info.backend_pid],
                ).fetchall()
            )
        return future


def letters(number: UUID) -> str:
    """Return an id without digits: a long run of them may pass for a card's number."""
    return number.hex.translate(str.maketrans("0123456789", "ghijklmnop"))


def answer(call: Row, http_status: int | None, body: Any = None, **other: Any) -> Row:
    """Return a report of what a provider answered to a call."""
    return {
        "call_id": call["call_id"],
        "epoch": call["epoch"],
        "http_status": http_status,
        "body": body,
        "request_id": "req_1",
        **other,
    }


def refusal(call: Row, http_status: int, code: str) -> Row:
    """Return a report of an error, in the provider's own form."""
    if call["operation"] in ("search", "get_offer", "create_order"):
        return answer(call, http_status, {"errors": [{"code": code}]})
    return answer(call, http_status, {"error": {"code": code}})


def intent(number: str, status: str) -> Row:
    """Return a payment intent of 100 pounds."""
    capture_before = datetime.now(UTC) + timedelta(days=7)
    return {
        "id": f"pi_{number}",
        "status": status,
        "currency": "gbp",
        "amount": 10000,
        "amount_received": 10000 if status == "succeeded" else 0,
        "latest_charge": {
            "payment_method_details": {
                "card": {"capture_before": int(capture_before.timestamp())}
            }
        },
    }


def offer(offer_id: str, price: str = "100.00") -> Row:
    """Return a nonstop offer for one adult."""
    expires = datetime.now(UTC) + timedelta(minutes=30)
    return {
        "id": offer_id,
        "total_amount": price,
        "total_currency": "GBP",
        "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "owner": {"iata_code": "BA"},
        "passengers": [{"id": "pas_1", "type": "adult", "age": None}],
        "passenger_identity_documents_required": False,
        "slices": [
            {
                "duration": "PT8H5M",
                "segments": [
                    {
                        "origin": {"iata_code": "LHR"},
                        "destination": {"iata_code": "JFK"},
                        "departing_at": f"{in_days(40)}T10:00:00",
                        "arriving_at": f"{in_days(40)}T13:05:00",
                        "marketing_carrier": {"iata_code": "BA"},
                        "marketing_carrier_flight_number": "117",
                        "passengers": [{"passenger_id": "pas_1"}],
                    }
                ],
            }
        ],
    }


@pytest.fixture
def stage(database: str) -> Iterator[Stage]:
    """Return a stage on a fresh database."""
    stage = Stage(database)
    yield stage
    stage.close()


# -- claiming ----------------------------------------------------------------------


def test_two_workers_share_the_ready_calls_without_waiting_or_doubling(
    stage: Stage,
) -> None:
    """While one worker's claim is not committed, the other takes the rest at once."""
    trips = {stage.trip().trip_id for _ in range(6)}
    stage.tick()
    other = stage.connect("skylatch_sidecar")
    other.execute("set lock_timeout = '1ms'")
    with stage.sidecar.transaction():
        first = stage.claim(limit=4)
        second = stage.claim(limit=100, connection=other)
        assert stage.claim(connection=other) == []
    assert (len(first), len(second)) == (4, 2)
    assert {call["trip_request_id"] for call in first + second} == trips
    assert stage.claim(connection=other) == []
    other.close()


def test_a_claim_that_is_rolled_back_leaves_the_call_to_others(stage: Stage) -> None:
    """A worker that dies while claiming has claimed nothing."""
    stage.trip()
    stage.tick()
    with stage.sidecar.transaction(force_rollback=True):
        assert len(stage.claim()) == 1
    (call,) = stage.claim()
    assert call["epoch"] == 1


def test_bookings_are_claimed_before_searches(stage: Stage) -> None:
    """An authorized card never waits for somebody else's search."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    stage.finish(stage.good_answer(call), hand_on=False)
    for _ in range(3):
        stage.trip()
    stage.tick()
    # The searches have waited longer.
    stage.rows(
        "update engine.provider_calls set run_at = run_at - interval '1 hour'"
        " where operation = 'search'"
    )
    (first,) = stage.claim(limit=1)
    assert first["operation"] == "create_payment"
    assert [c["operation"] for c in stage.claim()] == ["search"] * 3


@pytest.mark.parametrize(
    ("limit", "searches", "claimed"), [(10, 2, 2), (10, 0, 0), (1, 5, 1), (10, 10, 4)]
)
def test_no_more_searches_are_claimed_than_asked_for(
    stage: Stage, limit: int, searches: int, claimed: int
) -> None:
    """Some hands stay free for bookings."""
    for _ in range(4):
        stage.trip()
    stage.tick()
    assert len(stage.claim(limit=limit, searches=searches)) == claimed


def test_a_call_is_not_claimed_before_its_time(stage: Stage) -> None:
    """A retry waits as long as it was told to."""
    stage.trip()
    stage.tick()
    stage.rows("update engine.provider_calls set run_at = now() + interval '1 minute'")
    assert stage.claim() == []


# -- late answers ------------------------------------------------------------------


def test_a_report_of_a_lost_lease_is_only_a_hint_where_to_look(stage: Stage) -> None:
    """It may be the only trace of an order: its id is kept, and read at once."""
    trip = stage.trip()
    late = stage.drive(trip, "create_order")
    assert stage.mark_sent(late) is None
    report = stage.good_answer(late)
    assert stage.recover() == 1
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"
    stage.rows("update engine.provider_calls set run_at = 'infinity'")
    attempt = stage.attempt(trip)
    assert stage.finish(report) == []
    hint = report["body"]["data"]["id"]
    assert stage.attempt(trip) == {**attempt, "order_hint": hint}
    assert [c["operation"] for c in stage.claim()] == ["find_order"]
    (event,) = stage.events(trip, "late report")
    assert event["detail"]["object"] == report["body"]["data"]["id"]
    assert event["detail"]["epoch"] == late["epoch"]
    assert event["from_state"] == event["to_state"] == "ORDER_UNKNOWN"


def test_a_report_of_an_earlier_claim_changes_nothing(stage: Stage) -> None:
    """The call is with somebody else now: the first one's answer is too late."""
    trip = stage.trip()
    late = stage.drive(trip, "create_payment")
    report = stage.good_answer(late)
    stage.recover()
    again = stage.claim_operation("create_payment")
    assert (again["call_id"], again["epoch"]) == (late["call_id"], late["epoch"] + 1)
    assert again["idempotency_key"] == late["idempotency_key"]
    before = stage.everything()
    assert stage.finish(report) == []
    assert stage.everything() == before
    (event,) = stage.events(trip, "late report")
    assert event["detail"]["object"] == report["body"]["id"]


@pytest.mark.parametrize("operation", ["get_offer", "confirm_payment"])
def test_a_report_counts_only_for_the_state_that_asked(
    stage: Stage, operation: str
) -> None:
    """A scan found the attempt's order meanwhile: its yes would mean another thing."""
    trip = stage.trip()
    late = stage.drive(trip, operation)
    report = stage.good_answer(late)
    attempt = stage.attempt(trip)
    stage.rows(
        "select engine.command_attempt(%s, %s, 'FOUND', 'scan', 'test', 'test', now())",
        trip.user_id,
        attempt["id"],
    )
    before = stage.everything()
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"
    assert stage.finish(report) == []
    assert stage.everything() == before
    (event,) = stage.events(trip, "late report")
    assert event["detail"]["epoch"] == late["epoch"]


@pytest.mark.parametrize("operation", ["search", "create_payment", "create_order"])
def test_a_report_that_comes_twice_is_applied_once(
    stage: Stage, operation: str
) -> None:
    """The second changes nothing and hands on nothing, also where no attempt is."""
    trip = stage.trip()
    call = stage.drive(trip, operation)
    if call["marks_sent"]:
        assert stage.mark_sent(call) is None
    report = stage.good_answer(call)
    assert len(stage.finish(report)) == 1
    before = stage.everything()
    assert stage.finish(report, report) == []
    assert stage.everything() == before


def test_two_reports_of_one_call_at_once_are_applied_once(stage: Stage) -> None:
    """The second is set aside until the first has committed, and is late then."""
    trip = stage.trip()
    call = stage.drive(trip, "create_payment")
    report = stage.good_answer(call)
    with stage.connect("skylatch_sidecar") as other, stage.sidecar.transaction():
        (following,) = stage.finish(report)
        (aside,) = stage.finish(report, connection=other)
    assert (aside["is_set_aside"], aside["call_id"]) == (True, call["call_id"])
    assert stage.finish(report) == []
    assert following["operation"] == "confirm_payment"
    assert len(stage.events(trip, "late report")) == 1
    assert stage.attempt(trip)["state"] == "AUTHORIZING"


def test_a_report_of_a_call_that_never_was_is_ignored(stage: Stage) -> None:
    """An unknown number moves nothing."""
    trip = stage.trip()
    stage.drive(trip, "get_offer")
    before = stage.everything()
    unknown = {"call_id": 10**9, "epoch": 1, "operation": "get_offer"}
    assert stage.finish(answer(unknown, 200, {})) == []
    assert stage.everything() == before


def test_one_report_that_cannot_be_applied_spoils_no_other(stage: Stage) -> None:
    """The others move on; the broken one stays claimed, with its reason on record."""
    trips = [stage.trip() for _ in range(3)]
    stage.tick()
    searches = stage.claim()
    calls = stage.finish(*[stage.good_answer(call) for call in searches])
    by_trip = {call["trip_request_id"]: call for call in calls}
    reports = [stage.good_answer(by_trip[trip.trip_id]) for trip in trips]
    reports[1]["http_status"] = "teapot"
    following = stage.finish(*reports)
    assert [call["operation"] for call in following] == ["create_payment"] * 2
    assert [stage.attempt(trip)["state"] for trip in trips] == [
        "CREATING_PAYMENT",
        "REPRICING",
        "CREATING_PAYMENT",
    ]
    broken = by_trip[trips[1].trip_id]
    assert stage.call(broken["call_id"])["state"] == "CLAIMED"
    (event,) = stage.events(trips[1], "could not be applied")
    assert event["detail"]["sqlstate"] == "22P02"
    stage.recover()
    assert stage.ready(trips[1]) == ["get_offer"]


SAID_BY_THE_ENGINE_ONLY = {
    "the state to judge by": {"as_state": "AUTHORIZING"},
    "that a lease ended": {"recovered": True},
    "the reason": {"reason": "because"},
    "the verdict": {"verdict": "OK"},
    "a code of recovery's": {"error_code": "key_expired", "http_status": None},
    "a code of the final check's": {"error_code": "stopped", "http_status": None},
    "no epoch": {"epoch": None},
}


@pytest.mark.parametrize("said", SAID_BY_THE_ENGINE_ONLY)
def test_a_report_that_says_an_internal_fact_moves_nothing(
    stage: Stage, said: str
) -> None:
    """The wire chooses neither the state an answer is judged in nor why: it is refused.

    As if it had never come: the order is on record, and is looked for.
    """
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    before = stage.everything()
    report = {**stage.good_answer(call), **SAID_BY_THE_ENGINE_ONLY[said]}
    assert stage.finish(report) == []
    assert stage.call(call["call_id"])["apply_failures"] == 1
    stage.rows("update engine.provider_calls set apply_failures = 0")
    assert stage.everything() == before
    (event,) = stage.events(trip, "could not be applied")
    assert event["detail"]["sqlstate"] == "SK307"
    assert event["detail"]["object"] == report["body"]["data"]["id"]
    stage.recover()
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"


def test_a_report_cannot_close_a_call_that_nobody_claimed(stage: Stage) -> None:
    """Only recovery may say that a key has expired; from the wire it ends nothing."""
    trip = stage.trip()
    call = stage.drive(trip, "create_payment")
    stage.recover()
    assert stage.ready(trip) == ["create_payment"]
    row = stage.call(call["call_id"])
    assert row["first_claimed_at"] is not None
    stage.finish(answer(call, None, None, error_code="key_expired"))
    assert stage.ready(trip) == ["create_payment"]
    assert stage.attempt(trip)["state"] == "CREATING_PAYMENT"


def test_no_report_is_untyped_behind_the_door(stage: Stage) -> None:
    """Only the door and the one function that casts take a report as jsonb."""
    takers = stage.rows(
        "select p.proname from pg_proc as p"
        " where p.pronamespace = 'engine'::regnamespace"
        " and exists (select from unnest(p.proargnames, p.proargtypes::oid[])"
        " as a (name, type) where a.name like 'p\\_report%%'"
        " and a.type <> 'engine.call_report'::regtype) order by 1"
    )
    assert [row["proname"] for row in takers] == ["finish_calls", "read_report"]


def test_an_order_whose_report_cannot_be_applied_is_remembered_and_frozen(
    stage: Stage,
) -> None:
    """Neither ordered again nor voided: it is unknown, and its id is on record."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    report = stage.good_answer(call)
    report["body"]["data"]["total_amount"] = "a hundred"
    assert stage.finish(report) == []
    (event,) = stage.events(trip, "could not be applied")
    assert event["detail"]["object"] == report["body"]["data"]["id"]
    assert stage.call(call["call_id"])["state"] == "SENT"
    stage.recover()
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"


@contextmanager
def no_room(stage: Stage) -> Iterator[None]:
    """Let no attempt be written, as on a full disk, for the block."""
    stage.rows(
        "create function public.no_room() returns trigger language plpgsql as"
        " $$ begin raise disk_full; end $$"
    )
    stage.rows(
        "create trigger no_room before update on public.booking_attempts"
        " for each row execute function public.no_room()"
    )
    yield
    stage.rows("drop function public.no_room() cascade")


def test_a_full_disk_says_nothing_against_a_report(stage: Stage) -> None:
    """The worker keeps the report and sends it again; nothing counts against it."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    report = stage.good_answer(call)
    with no_room(stage):
        for _ in range(4):
            with pytest.raises(psycopg.errors.DiskFull):
                stage.finish(report)
    assert [one["operation"] for one in stage.finish(report)] == ["create_payment"]
    assert stage.events(trip, "could not be applied") == []


def test_a_full_disk_says_nothing_against_a_call_that_is_recovered(
    stage: Stage,
) -> None:
    """However often recovery fails for want of room, the call is not given up."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    with no_room(stage):
        for _ in range(4):
            stage.recover()
    assert stage.call(call["call_id"])["apply_failures"] == 0
    stage.recover()
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"


def test_recovery_that_looked_before_an_order_was_sent_does_not_call_it_unsent(
    stage: Stage,
) -> None:
    """It read CLAIMED, waited for the lock, and meanwhile the order left."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    stage.rows(
        "select engine.settle_call(row(%s, %s, null, 'not_sent', null, null, null),"
        " true, 'recovery', clock_timestamp())",
        call["call_id"],
        call["epoch"],
    )
    assert stage.call(call["call_id"])["state"] == "SENT"
    assert stage.claim() == []


# -- the final check before an order leaves -----------------------------------------


def pause(stage: Stage, trip: Trip) -> None:
    """The traveller changes their mind."""
    stage.rows("select public.pause_trip(%s)", trip.trip_id)


def cancel(stage: Stage, trip: Trip) -> None:
    """The traveller changes their mind for good."""
    stage.rows("select public.cancel_trip(%s)", trip.trip_id)


def change_the_trip(stage: Stage, trip: Trip) -> None:
    """The traveller edits the trip, and it is still affordable."""
    stage.rows(
        "update public.trip_requests set max_price = 900 where id = %s", trip.trip_id
    )


def change_the_party(stage: Stage, trip: Trip) -> None:
    """Somebody else comes along."""
    other = uuid4()
    person = {**PERSON, "given_name": "Fred"}
    stage.insert(
        "public.traveler_profiles", {"user_id": trip.user_id, "id": other, **person}
    )
    stage.rows(
        "insert into public.trip_passengers values (%s, %s, %s)",
        trip.user_id,
        trip.trip_id,
        other,
    )


def lower_the_cap(stage: Stage, trip: Trip) -> None:
    """The limit is now below the price."""
    stage.rows(
        "update public.trip_requests set max_price = 50 where id = %s", trip.trip_id
    )


def switch_the_flags_off(stage: Stage, _: Trip) -> None:
    """Somebody turns the pipeline off."""
    flags = {**FLAGS, "auto_booking_pipeline_enabled": False}
    stage.rows("select engine.sync_flags(%s, 'test')", Json(expand(flags)))


def declare_an_emergency(stage: Stage, _: Trip) -> None:
    """Somebody disables booking at once."""
    flags = {**FLAGS, "auto_booking_emergency_disable": True}
    stage.rows("select engine.sync_flags(%s, 'test')", Json(expand(flags)))


def let_the_flags_go_stale(stage: Stage, _: Trip) -> None:
    """Nobody has read the flags for too long."""
    stage.rows(
        "update engine.flag_sync set heartbeat_at = heartbeat_at - interval '1 hour'"
    )


def throw_the_kill_switch(stage: Stage, _: Trip) -> None:
    """An operator stops everything."""
    stage.rows("select engine.set_kill_switch(true, 'a test')")


def let_the_offer_expire(stage: Stage, _: Trip) -> None:
    """Authorizing took too long."""
    stage.rows("update public.flight_offers set expires_at = now()")


def let_the_hold_lapse(stage: Stage, _: Trip) -> None:
    """There would be no time left to capture."""
    stage.rows(
        "update public.booking_attempts"
        " set capture_before = now() + interval '1 minute'"
    )


STOPS: dict[Callable[[Stage, Trip], None], tuple[str, str]] = {
    pause: ("the trip is PAUSED", "PAUSED"),
    cancel: ("the trip is CANCELLED", "CANCELLED"),
    change_the_trip: ("the trip was changed", "PENDING"),
    change_the_party: ("the trip was changed", "PENDING"),
    lower_the_cap: ("the trip was changed", "PENDING"),
    switch_the_flags_off: ("auto_booking_pipeline_enabled is off", "PENDING"),
    declare_an_emergency: ("auto_booking_emergency_disable is on", "PENDING"),
    let_the_flags_go_stale: ("flags are stale", "PENDING"),
    throw_the_kill_switch: ("kill switch: a test", "PENDING"),
    let_the_offer_expire: ("the offer is about to expire", "PENDING"),
    let_the_hold_lapse: ("the card authorization is about to lapse", "PENDING"),
}


@pytest.mark.parametrize("happens", STOPS, ids=lambda f: f.__name__)
def test_an_order_that_must_not_leave_is_stopped_and_the_hold_released(
    stage: Stage, happens: Callable[[Stage, Trip], None]
) -> None:
    """Whatever changed since the intent was committed, the final check sees it."""
    reason, status = STOPS[happens]
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    happens(stage, trip)
    said = stage.mark_sent(call)
    assert said is not None
    assert reason in said
    settled = stage.call(call["call_id"])
    assert (settled["state"], settled["verdict"]) == ("DONE", "STOP")
    assert settled["sent_at"] is None
    assert stage.attempt(trip)["state"] == "VOIDING"
    assert stage.ready(trip) == ["cancel_payment"]
    # The way back works with the pipeline off: money is released, not taken.
    void = stage.claim_operation("cancel_payment")
    stage.finish(stage.good_answer(void))
    attempt = stage.attempt(trip)
    assert (attempt["status"], attempt["state"]) == ("FAILED", "FAILED")
    assert reason in attempt["error_message"]
    assert attempt["order_id"] is None
    assert stage.status(trip) == status
    assert stage.violations() == []


@pytest.mark.parametrize("happens", [switch_the_flags_off, throw_the_kill_switch])
def test_an_intent_is_not_committed_past_the_flags(
    stage: Stage, happens: Callable[[Stage, Trip], None]
) -> None:
    """Whoever decided a moment ago that it may: the intent's own transaction asks."""
    trip = stage.trip()
    search = stage.drive(trip, "search")
    happens(stage, trip)
    assert stage.finish(stage.good_answer(search)) == []
    begin = (
        "select engine.begin_attempt(t, o.id, 'test', clock_timestamp())"
        " from public.trip_requests as t join public.flight_offers as o"
        " on o.trip_request_id = t.id where t.id = %s and o.rank = 1"
    )
    with pytest.raises(psycopg.Error) as refused:
        stage.rows(begin, trip.trip_id)
    assert refused.value.sqlstate == "SK201"
    stage.rows("select engine.set_kill_switch(false, 'a test')")
    stage.rows("select engine.sync_flags(%s, 'test')", Json(expand(FLAGS)))
    stage.rows(begin, trip.trip_id)
    assert stage.attempt(trip)["state"] == "REPRICING"


def test_an_order_is_not_sent_when_its_lease_is_over(stage: Stage) -> None:
    """Another worker may have it by now; nothing is changed for them."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows(
        "update engine.provider_calls set lease_until = now() where state = 'CLAIMED'"
    )
    before = stage.everything()
    assert stage.mark_sent(call) == "the lease is over"
    assert stage.everything() == before
    stage.recover()
    again = stage.claim_operation("create_order")
    assert stage.mark_sent(call) == "the lease is over"
    assert stage.mark_sent(again) is None
    assert stage.mark_sent(again) == "the lease is over"  # once is once


def test_an_unknown_call_is_not_sent(stage: Stage) -> None:
    """No row, no leave."""
    assert stage.mark_sent({"call_id": 10**9, "epoch": 1}) == "the lease is over"


def test_a_pause_and_an_order_at_once_are_one_after_the_other(stage: Stage) -> None:
    """The pause commits first: the order that waited for it does not leave."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    with stage.sql.transaction():
        pause(stage, trip)
        waiting = stage.start_waiting(
            lambda other: stage.mark_sent(call, connection=other)
        )
    assert waiting.result() == "the trip is PAUSED"
    assert stage.attempt(trip)["state"] == "VOIDING"


# -- recovery ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    ["search", "get_offer", "create_payment", "confirm_payment", "create_order"],
)
def test_a_claim_whose_worker_died_is_ready_again(stage: Stage, operation: str) -> None:
    """Nothing had left: the same call, by the same key, is tried again."""
    trip = stage.trip()
    call = stage.drive(trip, operation)
    assert stage.recover(later=timedelta(0)) == 0
    assert stage.recover() == 1
    row = stage.call(call["call_id"])
    assert (row["state"], row["lease_until"]) == ("READY", None)
    assert stage.ready(trip) == [operation]
    again = stage.claim_operation(operation)
    assert again["idempotency_key"] == call["idempotency_key"]
    assert again["epoch"] == call["epoch"] + 1


# What people order; the other verdicts are what answers mean.
ORDERED = {"ADOPT", "CANCEL", "FREEZE", "REFUND", "RELEASE", "REOPEN", "RESUME", "VOID"}


def frozen_trip(stage: Stage) -> Trip:
    """Return a trip whose order was sent and never answered."""
    trip = stage.trip()
    assert stage.mark_sent(stage.drive(trip, "create_order")) is None
    assert stage.recover() == 1
    return trip


def assert_raises(stage: Stage, codes: set[str], query: str, *args: object) -> None:
    """Assert that a statement is refused with one of these codes."""
    with pytest.raises(psycopg.Error) as caught:
        stage.rows(query, *args)
    assert caught.value.sqlstate in codes, str(caught.value)


def test_an_order_whose_worker_died_freezes_the_trip(stage: Stage) -> None:
    """Nobody searches it, books it or takes it up again; the hold is kept."""
    trip = frozen_trip(stage)
    attempt = stage.attempt(trip)
    assert (attempt["status"], attempt["state"]) == ("PENDING", "ORDER_UNKNOWN")
    assert (stage.ready(trip), stage.status(trip)) == (["find_order"], "BOOKING")
    stage.rows("update engine.provider_calls set run_at = 'infinity'")
    stage.rows("update public.trip_requests set next_search_at = now()")
    before = stage.everything()
    stage.tick()
    assert stage.recover() == 0
    assert stage.claim() == []
    assert_raises(stage, {"SK103"}, "select public.duffel_search(%s)", trip.trip_id)
    assert_raises(
        stage,
        {"SK101", "SK103"},
        "select public.auto_book_production(%s)",
        trip.trip_id,
    )
    assert_raises(stage, {"SK103"}, "select public.resume_trip(%s)", trip.trip_id)
    assert stage.everything() == before
    assert stage.violations() == []


def test_a_frozen_trip_cannot_be_thawed_by_pausing_and_resuming(
    stage: Stage,
) -> None:
    """Pausing is heard, but the way back is barred while an order may exist."""
    trip = frozen_trip(stage)
    pause(stage, trip)
    assert_raises(stage, {"SK103"}, "select public.resume_trip(%s)", trip.trip_id)
    # Even if the status were forced, the attempt in flight bars a second one.
    stage.rows(
        "update public.trip_requests set auto_book_status = 'PENDING' where id = %s",
        trip.trip_id,
    )
    assert_raises(
        stage,
        {"SK101", "SK102"},
        "select public.auto_book_production(%s)",
        trip.trip_id,
    )
    assert len(stage.rows("select from public.booking_attempts")) == 1


@pytest.mark.parametrize(
    "state", ["READY", "CLAIMED", "SENT", "DONE", "UNKNOWN", "DEAD"]
)
def test_an_order_is_never_reopened(stage: Stage, state: str) -> None:
    """In whatever state its call is: the saga cannot ask for it a second time."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows(
        "update engine.provider_calls set state = %s,"
        " lease_until = case when %s in ('CLAIMED', 'SENT') then now() end,"
        " sent_at = now(),"
        " finished_at = case when %s in ('DONE', 'UNKNOWN', 'DEAD') then now() end"
        " where id = %s",
        state,
        state,
        state,
        call["call_id"],
    )
    assert_raises(
        stage,
        {"SK301"},
        "select engine.enqueue_step(a, 'create_order', now())"
        " from public.booking_attempts as a",
    )


def test_a_second_live_attempt_is_impossible_even_by_hand(stage: Stage) -> None:
    """The index is the guard, not the functions before it."""
    trip = stage.trip()
    stage.drive(trip, "get_offer")
    columns = [
        row["attname"]
        for row in stage.rows(
            "select attname::text from pg_attribute where attnum > 0 and not"
            " attisdropped and attrelid = 'public.booking_attempts'::regclass"
            " and attname not in ('id', 'attempt_no', 'idempotency_key') order by 1"
        )
    ]
    names = ", ".join(columns)
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        stage.rows(
            f"insert into public.booking_attempts (id, attempt_no, idempotency_key,"
            f" {names}) select gen_random_uuid(), 2, 'x:y', {names}"
            " from public.booking_attempts"
        )
    assert caught.value.diag.constraint_name == "booking_attempts_live_idx"


def test_a_second_confirmed_booking_is_impossible_even_by_hand(stage: Stage) -> None:
    """One trip, one ticket."""
    trip = stage.trip()
    stage.book(trip)
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        stage.rows(
            "insert into public.flight_bookings (user_id, trip_request_id,"
            " booking_attempt_id, flight_offer_id, offer_id, order_id,"
            " payment_intent_id, booking_reference, price, booked_at)"
            " select user_id, trip_request_id, booking_attempt_id, flight_offer_id,"
            " offer_id, 'ord_x', 'pi_x', booking_reference, price, booked_at"
            " from public.flight_bookings"
        )
    assert caught.value.diag.constraint_name == "flight_bookings_confirmed_idx"


def test_two_callers_who_book_one_trip_at_once_make_one_attempt(
    stage: Stage,
) -> None:
    """The second waits for the first, and hears that a booking is in flight."""
    trip = stage.trip(auto_book_enabled=False)
    stage.rows("select public.duffel_search(%s)", trip.trip_id)
    (search,) = stage.claim()
    assert stage.finish(stage.good_answer(search)) == []
    stage.rows(
        "update public.trip_requests set auto_book_enabled = true where id = %s",
        trip.trip_id,
    )

    def book(connection: Connection) -> str | None:
        try:
            connection.execute("select public.auto_book_production(%s)", [trip.trip_id])
        except psycopg.Error as error:
            return error.sqlstate
        return None

    with stage.sidecar.transaction():
        assert book(stage.sidecar) is None
        waiting = stage.start_waiting(book)
    assert waiting.result() in {"SK101", "SK103"}
    assert len(stage.rows("select from public.booking_attempts")) == 1


# -- retries -----------------------------------------------------------------------


def test_a_retry_waits_twice_as_long_each_time(stage: Stage) -> None:
    """With jitter between half and all of it, so that workers do not march in step."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    for tries in range(1, 6):
        stage.finish(answer(call, 500, {}))
        row = stage.call(call["call_id"])
        assert (row["state"], row["tries"], row["verdict"]) == ("READY", tries, "RETRY")
        wait = stage.row(
            "select run_at - clock_timestamp() as wait from engine.provider_calls"
            " where id = %s",
            call["call_id"],
        )["wait"].total_seconds()
        longest = 2 ** (tries - 1)
        assert longest / 2 - 0.5 < wait <= longest
        call = stage.claim_operation("get_offer")


def test_a_retry_comes_no_sooner_than_the_provider_asks(stage: Stage) -> None:
    """Told to wait a minute, it waits a minute; told to wait for ever, five."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    for asked, least, most in ((60, 59, 61), (10**6, 299, 301)):
        stage.finish(answer(call, 429, {}, retry_after=asked))
        wait = stage.row(
            "select run_at - clock_timestamp() as wait from engine.provider_calls"
            " where id = %s",
            call["call_id"],
        )["wait"].total_seconds()
        assert least < wait < most
        call = stage.claim_operation("get_offer")


EXHAUSTED = {
    "get_offer": (500, "internal_server_error", "FAILED", []),
    "create_payment": (500, "api_error", "FAILED", []),
    "confirm_payment": (429, "rate_limit", "VOIDING", ["cancel_payment"]),
    "create_order": (429, "rate_limit_exceeded", "VOIDING", ["cancel_payment"]),
    "capture_payment": (429, "rate_limit", "NEEDS_REVIEW", []),
}


@pytest.mark.parametrize("operation", EXHAUSTED)
def test_a_call_that_is_tried_in_vain_ends_where_the_saga_says(
    stage: Stage, operation: str
) -> None:
    """After `max_tries` the call is dead and the attempt goes its documented way."""
    status, code, state, following = EXHAUSTED[operation]
    trip = stage.trip()
    call = stage.drive(trip, operation)
    most = stage.row(
        "select max_tries from engine.operations where operation = %s", operation
    )["max_tries"]
    for tries in range(1, most + 1):
        assert stage.call(call["call_id"])["tries"] == tries
        if call["marks_sent"]:
            assert stage.mark_sent(call) is None
        stage.finish(refusal(call, status, code), hand_on=False)
        if tries < most:
            call = stage.claim_operation(operation)
    row = stage.call(call["call_id"])
    assert (row["state"], row["verdict"]) == ("DEAD", "EXHAUSTED")
    assert stage.attempt(trip)["state"] == state
    # A trip that was released at once may already be searched for again.
    # Evidence for whoever reviews it is no step.
    waiting = [o for o in stage.ready(trip) if not o.startswith(("search", "look_"))]
    assert waiting == following
    (documented,) = stage.rows(
        "select t.next_state, t.next_operation from engine.saga_transitions as t"
        " join engine.booking_events as e on e.from_state = t.state"
        " where t.verdict = 'EXHAUSTED' and e.reason like %s",
        f"{operation}: exhausted%",
    )
    # The way back without a payment ends at once.
    unpaid = (
        {"VOIDING": "FAILED"} if operation in ("get_offer", "create_payment") else {}
    )
    leads_to = documented["next_state"]
    assert unpaid.get(leads_to, leads_to) == state


def test_a_search_that_is_tried_in_vain_leaves_the_trip_pending_with_a_reason(
    stage: Stage,
) -> None:
    """It will be searched again, later."""
    trip = stage.trip()
    call = stage.drive(trip, "search")
    for _ in range(3):
        stage.finish(answer(call, 503, {}))
        call = stage.claim_operation("search")
    stage.finish(answer(call, 503, {}))
    assert stage.call(call["call_id"])["state"] == "DEAD"
    row = stage.row(
        "select *, next_search_at > now() + interval '5 minutes' as later"
        " from public.trip_requests"
    )
    assert (row["auto_book_status"], row["later"]) == ("PENDING", True)
    assert row["status_reason"] == "The airline search did not answer."


ENDLESS = {
    "confirm_payment": ("requires_confirmation", "VOIDING"),
    "capture_payment": ("requires_capture", "NEEDS_REVIEW"),
    "cancel_payment": ("requires_capture", "NEEDS_REVIEW"),
}
READ_BY = {
    "confirm_payment": "read_authorization",
    "capture_payment": "read_capture",
    "cancel_payment": "read_void",
}


@pytest.mark.parametrize("operation", ENDLESS)
def test_doing_and_reading_in_turns_has_an_end(stage: Stage, operation: str) -> None:
    """A provider that repeats its failure under our key is not asked for ever."""
    status, state = ENDLESS[operation]
    trip = stage.trip()
    if operation == "cancel_payment":
        call = stage.drive(trip, "create_order")
        pause(stage, trip)
        stage.mark_sent(call)
        call = stage.claim_operation(operation)
    else:
        call = stage.drive(trip, operation)
    started = stage.attempt(trip)["state"]
    read = READ_BY[operation]
    rounds = 0
    waits = []
    while True:
        rounds += 1
        assert rounds <= 100, "it never ends"
        stage.finish(answer(call, 500, {"error": {"type": "api_error"}}))
        call = stage.claim_operation(read)
        stage.finish(
            answer(call, 200, intent(letters(stage.attempt(trip)["id"]), status))
        )
        if stage.attempt(trip)["state"] != started or not stage.ready(trip):
            break
        waits.append(
            stage.row(
                "select run_at - clock_timestamp() as wait from engine.provider_calls"
                " where state = 'READY'"
            )["wait"].total_seconds()
        )
        call = stage.claim_operation(operation)
    assert stage.attempt(trip)["state"] == state
    assert stage.call(call["call_id"])["verdict"] == "EXHAUSTED"
    # Slower and slower, like every other retry.
    assert waits[5] > waits[0] + 10


# -- the tables --------------------------------------------------------------------


def test_every_operation_has_a_rule_for_an_answer_nobody_has_seen(
    stage: Stage,
) -> None:
    """And for an order it is "unknown"."""
    rows = stage.rows(
        "select o.operation, r.verdict from engine.operations as o"
        " left join engine.outcome_rules as r on r.operation = o.operation"
        " and r.http_status = '*' and r.error_code = '*'"
    )
    verdicts = {row["operation"]: row["verdict"] for row in rows}
    assert len(verdicts) >= 10
    assert None not in verdicts.values()
    assert verdicts["create_order"] == "UNKNOWN"
    for status in (None, 0, 100, 200, 202, 204, 302, 404, 418, 500, 599):
        for operation in verdicts:
            row = stage.row(
                "select (engine.find_rule(%s, %s, 'a_code_nobody_has_seen')).verdict",
                operation,
                status,
            )
            assert row["verdict"], (operation, status)


def test_every_state_has_a_way_out_and_a_way_in(stage: Stage) -> None:
    """From the first state everything is reached, and from everywhere an end."""
    states = {
        row["state"]: row for row in stage.rows("select * from engine.saga_states")
    }
    edges: dict[str, set[str]] = {state: set() for state in states}
    by_answer: dict[str, set[str]] = {state: set() for state in states}
    for row in stage.rows("select * from engine.saga_transitions"):
        edges[row["state"]].add(row["next_state"])
        if row["verdict"] not in ORDERED:
            by_answer[row["state"]].add(row["next_state"])
    reached, found = set(), {"REPRICING"}
    while found:
        state = found.pop()
        reached.add(state)
        found |= edges[state] - reached
    assert reached == set(states)
    resting = {s for s, row in states.items() if row["is_final"] or row["is_parked"]}
    for state, row in states.items():
        if row["is_final"]:
            assert by_answer[state] == set(), state
        elif not row["is_parked"]:
            assert edges[state] - {state}, state
    ending = set(resting)
    while more := {s for s in states if s not in ending and edges[s] & ending}:
        ending |= more
    assert ending == set(states)


def test_every_answer_that_is_understood_leads_somewhere(stage: Stage) -> None:
    """No verdict of a rule is left to chance in a state that makes the call."""
    made_in = {("REPRICING", "get_offer")} | {
        (row["next_state"], row["next_operation"])
        for row in stage.rows("select * from engine.saga_transitions")
        if row["next_operation"]
    }
    transitions = {
        (row["state"], row["verdict"])
        for row in stage.rows("select * from engine.saga_transitions")
    }
    marks_sent = {
        row["operation"]
        for row in stage.rows("select * from engine.operations where marks_sent")
    }
    rules = stage.rows("select * from engine.outcome_rules")
    missing = set()
    for state, operation in made_in:
        verdicts = {r["verdict"] for r in rules if r["operation"] == operation}
        if verdicts & {"RETRY", "REDO"}:
            verdicts.add("EXHAUSTED")
        if operation in marks_sent:
            verdicts.add("STOP")
        missing |= {
            (state, operation, verdict)
            for verdict in verdicts - {"RETRY"}
            if (state, verdict) not in transitions
        }
    assert missing == set()


def test_only_an_order_is_marked_as_sent(stage: Stage) -> None:
    """Everything else is repeated by its key, or only reads."""
    rows = stage.rows("select operation from engine.operations where marks_sent")
    assert [row["operation"] for row in rows] == ["create_order"]


# -- personal data -----------------------------------------------------------------


def test_no_personal_data_stays_in_the_engine(stage: Stage) -> None:
    """Names and contacts are read at hand-out and kept nowhere else."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    (passenger,) = call["request"]["passengers"]
    assert passenger["family_name"] == PERSON["family_name"]
    assert stage.mark_sent(call) is None
    report = stage.good_answer(call)
    report["body"]["data"]["passengers"] = [passenger]
    (capture,) = stage.finish(report)
    stage.finish(stage.good_answer(capture))
    assert stage.status(trip) == "BOOKED"
    text = "\n".join(
        row["text"]
        for table in ("provider_calls", "booking_events")
        for row in stage.rows(f"select to_jsonb(t)::text as text from engine.{table} t")
    )
    assert len(text) > 1000
    private = ("given_name", "family_name", "born_on", "email", "phone_number")
    assert [name for name in private if str(PERSON[name]) in text] == []


# How a call gets into the queue, and how an attempt gets its row.
KEYED = {
    name: (
        f"select engine.{name}(jsonb_populate_record(c, jsonb_build_object("
        f"'operation', '{operation}', 'idempotency_key', %s::text)))"
        " from engine.provider_calls as c",
        "idempotency_key_form",
    )
    for name, operation in (
        ("enqueue_call", "search"),
        ("enqueue_object", "look_order"),
    )
} | {
    "booking_attempts": (
        "update public.booking_attempts set idempotency_key = %s",
        "idempotency_key_form",
    )
}


@pytest.mark.parametrize("where", KEYED)
@pytest.mark.parametrize(
    "key",
    [
        "undefined",
        "null",
        "null:null",
        "nan",
        "none",
        "none:create_order",
        "undefined:1",
        "trip:null",
        "trip-null:1",
        "trip:1:nan",
        "",
        ":",
        "trip",
    ],
)
def test_a_key_made_of_something_missing_is_refused(
    stage: Stage, where: str, key: str
) -> None:
    """Two things that have nothing to do with each other must not share one."""
    stage.drive(stage.trip(), "create_payment")
    statement, rule = KEYED[where]
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        stage.rows(statement, key)
    assert refused.value.diag.constraint_name == rule
