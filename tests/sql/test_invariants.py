"""Each promise is watched: broken, it is found; kept, in whatever way, it is not.

What the schema itself forbids is done past it: triggers and foreign keys are off, and
an index or a check is dropped where it stands in the way, in a transaction that is
rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from sidecar.local.cluster import Cluster
from tests.conftest import Connect
from tests.sql import cloned_database
from tests.sql.sources import SQL
from tests.sql.test_protocol import Stage, answer, refusal

ATTEMPT = "update public.booking_attempts set {what} where id = '{{{which}}}'"
CALL = (
    "update engine.provider_calls set {what} where booking_attempt_id = '{{{which}}}'"
    " and operation = '{operation}'"
)
EVENT = (
    "insert into engine.booking_events (user_id, trip_request_id, booking_attempt_id,"
    " actor, correlation_id, from_state, to_state, reason) select user_id,"
    " trip_request_id, id, 'x', 'x', '{}', '{}', '{}' from public.booking_attempts"
    " where id = '{{booked}}'"
)
INBOX = (
    "insert into engine.provider_events (provider, event_id, type, object_id, hints,"
    " received_at, received_by) values ('stripe', 'evt_1', 'x', 'x', '{}',"
    " clock_timestamp() - interval '{}', 'webhook')"
)


def attempt(which: str, what: str) -> str:
    """Return a change of one attempt."""
    return ATTEMPT.format(what=what, which=which)


def call(which: str, operation: str, what: str) -> str:
    """Return a change of one call."""
    return CALL.format(what=what, which=which, operation=operation)


# The traveller who has booked.
THEIRS = "select user_id from public.booking_attempts where id = '{booked}'"


def copy(table: str, where: str, **other: str) -> str:
    """Return the insertion of a second row, equal but for some columns."""
    changes = ", ".join(f"'{name}', {value}" for name, value in other.items())
    return (
        f"insert into {table} overriding system value select (jsonb_populate_record(t,"
        f" jsonb_build_object({changes}))).* from {table} as t where {where}"
    )


NEW_ID = "gen_random_uuid()"
SECOND_ATTEMPT = {"id": NEW_ID, "attempt_no": "7", "idempotency_key": "'x:7'"}
SECOND_BOOKING = {"id": NEW_ID, "order_id": "'o'", "payment_intent_id": "'p'"}
OF_BOOKED = "booking_attempt_id = '{booked}'"
LONG_AGO = "'2020-01-01'"

BROKEN: list[tuple[str, list[str]]] = [
    (
        "one live attempt or booking per trip",
        [
            "drop index public.booking_attempts_live_idx",
            copy("public.booking_attempts", "id = '{flying}'", **SECOND_ATTEMPT),
        ],
    ),
    (
        "one live attempt or booking per trip",
        [
            copy(
                "public.booking_attempts",
                "id = '{booked}'",
                **SECOND_ATTEMPT,
                status="'PENDING'",
                ended_at="null",
            )
        ],
    ),
    (
        "one live attempt or booking per trip",
        [
            "drop index public.flight_bookings_confirmed_idx",
            copy("public.flight_bookings", OF_BOOKED, **SECOND_BOOKING),
        ],
    ),
    *(
        (
            "one live order and one capture per trip",
            [
                copy(
                    "public.booking_attempts",
                    "id = '{booked}'",
                    **SECOND_ATTEMPT,
                    **{lacks: "null", "status": "'PENDING'", "ended_at": "null"},
                )
            ],
        )
        for lacks in ("order_id", "captured_amount")
    ),
    (
        "one live order and one capture per trip",
        [
            "insert into engine.review_cases (kind, object_id, opened_at, summary)"
            " values ('DOUBLE_BOOKING', 'orders of trip x', clock_timestamp(), 'x')"
        ],
    ),
    (
        "a success has its booking",
        [f"delete from public.flight_bookings where {OF_BOOKED}"],
    ),
    *(
        (
            "a booking is what was agreed",
            [f"update public.flight_bookings set {what} where {OF_BOOKED}"],
        )
        for what in ("price = 99", "currency = 'EUR'", "order_id = 'ord_x'")
    ),
    ("a booking is what was agreed", [attempt("booked", "captured_amount = null")]),
    *(
        (
            "nothing is booked that had to be asked for",
            [attempt("booked", f"booking_mode = '{mode}'")],
        )
        for mode in ("APPROVAL", "VETO_WINDOW", "WATCH", "DRY_RUN")
    ),
    ("no hold is left when an attempt fails", [attempt("failed", "voided_at = null")]),
    (
        "nothing is kept of an attempt that failed",
        [attempt("failed", "captured_amount = 100")],
    ),
    (
        "nothing is kept of an attempt that failed",
        [
            attempt(
                "failed",
                "captured_amount = 100, refund_amount = 50, refunded_at = now()",
            )
        ],
    ),
    (
        "a hold is decided before it lapses",
        [attempt("unknown", "capture_before = now() + interval '1 hour'")],
    ),
    (
        "a cancelled booking says so",
        [
            "update public.flight_bookings set status = 'CANCELLED',"
            f" cancelled_at = now() where {OF_BOOKED}"
        ],
    ),
    (
        "a cancelled booking says so",
        [
            attempt(
                "booked",
                "state = 'CANCELLED', order_cancelled_at = now(), refunded_at = now()",
            )
        ],
    ),
    ("a cancelled booking says so", [attempt("booked", "state = 'CANCELLED'")]),
    ("no failure hides an order", [attempt("failed", "order_id = 'ord_x'")]),
    (
        "an unknown order is not let go",
        [
            attempt(
                "unknown",
                "state = 'FAILED', status = 'FAILED', ended_at = now(),"
                " error_message = 'x', error_code = 'x'",
            )
        ],
    ),
    (
        "an order is sent once, after its intent",
        [call("booked", "create_order", f"sent_at = {LONG_AGO}")],
    ),
    (
        "an order is sent once, after its intent",
        [call("booked", "create_order", "sent_at = null")],
    ),
    (
        "an order is sent once, after its intent",
        [call("booked", "create_order", "idempotency_key = 'x:create_order'")],
    ),
    (
        "an order is sent once, after its intent",
        [
            copy(
                "engine.provider_calls",
                OF_BOOKED + " and operation = 'create_order'",
                id="999999",
                idempotency_key="'x:create_order'",
            )
        ],
    ),
    (
        "nothing is ordered or charged without an attempt",
        [
            call(
                "flying",
                "confirm_payment",
                "booking_attempt_id = null, attempt_epoch = null",
            )
        ],
    ),
    ("epochs never fall", [attempt("booked", "epoch = 1")]),
    ("epochs never fall", [attempt("booked", "epoch = 99")]),
    (
        "no call is ahead of its attempt",
        [call("booked", "create_order", "attempt_epoch = 99")],
    ),
    (
        "what was spent is added up",
        [
            "insert into engine.spent_parts (day, currency, amount)"
            " values ('2020-01-01', 'GBP', 1)"
        ],
    ),
    ("what was spent is added up", ["delete from engine.spent_parts"]),
    *(
        (
            "a call says where it is",
            [call("flying", "create_payment", what)],
        )
        for what in (
            "state = 'READY'",
            "state = 'SENT'",
            "state = 'GONE'",
            "lease_until = clock_timestamp()",
            "finished_at = null",
            "attempt_epoch = null",
            "trip_request_id = null",
        )
    ),
    *(
        ("an attempt says how it ended", [attempt(which, what)])
        for which, what in (
            ("booked", "ended_at = null"),
            ("booked", "order_id = null"),
            ("failed", "error_message = null"),
            ("failed", "status = 'GONE'"),
            ("failed", "trip_status_after = 'GONE'"),
            ("flying", "ended_at = clock_timestamp()"),
        )
    ),
    (
        "never above the limit",
        [
            "alter table public.booking_attempts drop constraint booking_attempts_cap",
            attempt("flying", "agreed_amount = 9999"),
        ],
    ),
    *(
        (
            "no limit of a traveller is exceeded",
            [
                "insert into public.spending_limits (user_id, currency, period, amount,"
                f" changed_at) select user_id, 'GBP', '{period}', 99.99, {LONG_AGO}"
                " from public.booking_attempts where id = '{booked}'"
            ],
        )
        for period in ("day", "month", "total")
    ),
    *(
        (
            "nobody is on two flights at once",
            [
                # The same traveller's, of the same person, and not over.
                attempt(which, f"user_id = ({THEIRS})"),
                "update public.flight_offers set user_id = "
                f"({THEIRS}) where id = (select flight_offer_id"
                f" from public.booking_attempts where id = '{{{which}}}')",
                f"update engine.booking_attempt_passengers set user_id = ({THEIRS}),"
                " person = (select p.person from engine.booking_attempt_passengers as p"
                f" where p.booking_attempt_id = '{{booked}}')"
                f" where booking_attempt_id = '{{{which}}}'",
            ],
        )
        for which in ("flying", "unknown")
    ),
    (
        "nothing begins that the flags do not allow",
        [attempt("flying", "flags = '{{}}'")],
    ),
    (
        "nothing begins with an expired offer",
        [
            f"update public.flight_offers set expires_at = {LONG_AGO} where id ="
            " (select flight_offer_id from public.booking_attempts"
            " where id = '{booked}')"
        ],
    ),
    (
        "an event is kept once",
        [
            "alter table engine.provider_events drop constraint provider_events_pkey",
            INBOX.format("{{}}", "0"),
            INBOX.format("{{}}", "0"),
        ],
    ),
    (
        "every step is one that the saga has",
        [EVENT.format("CONFIRMED", "ORDERING", "x")],
    ),
    (
        "every step is one that the saga has",
        [EVENT.format("FAILED", "CONFIRMED", "x")],
    ),
    (
        "nothing begins while booking is stopped",
        [
            "insert into engine.kill_switch_changes (at, engaged, set_by)"
            " select started_at - interval '1 minute', true, 'x'"
            " from public.booking_attempts where id = '{flying}'"
        ],
    ),
    *(
        ("every step is on record", [f"{change} and {OF_BOOKED}"])
        for change in (
            "delete from engine.booking_events where to_state = 'ORDERING'",
            "delete from engine.booking_events where to_state = 'CONFIRMED'",
            "update engine.booking_events set reason = '' where to_state = 'ORDERING'",
            "update engine.booking_events set actor = '' where to_state = 'ORDERING'",
        )
    ),
    ("every step is on record", [attempt("flying", "state = 'ORDERING'")]),
    *(
        ("no card number or secret in a text", [change])
        for change in (
            EVENT.format("CONFIRMED", "CONFIRMED", "paid with 4242 4242 4242 4242"),
            attempt("failed", "error_message = 'sk_test_x was refused'"),
            call("booked", "create_order", "payload = '\"4000000000000341\"'"),
            INBOX.format('{{"card": "5555555555554444"}}', "0"),
            "update engine.review_cases set summary = 'whsec_x'",
        )
    ),
    (
        "a traveller's rows are behind row level security",
        ["alter table public.trip_requests no force row level security"],
    ),
    (
        "a view shows what its reader may see",
        ["alter view public.flag_overview reset (security_invoker)"],
    ),
    (
        "a definer function is pinned and granted by name",
        ["grant execute on function engine.auto_book_monitor() to public"],
    ),
    (
        "a definer function is pinned and granted by name",
        ["alter function engine.recover() reset search_path"],
    ),
    (
        "a policy trusts no setting that a caller may set",
        [
            "create policy x on public.trip_requests"
            " using (current_setting('x') = user_id::text)"
        ],
    ),
    (
        "an attempt goes on or waits for a person",
        [
            attempt("flying", "state_changed_at = now() - interval '20 minutes'"),
            call(
                "flying",
                "confirm_payment",
                "state = 'DONE', lease_until = null, finished_at = now()",
            ),
        ],
    ),
    (
        "an attempt goes on or waits for a person",
        [
            attempt("flying", "state_changed_at = now() - interval '20 minutes'"),
            call(
                "flying",
                "confirm_payment",
                "lease_until = now() - interval '20 minutes'",
            ),
        ],
    ),
    (
        "who waits for a person is in the queue",
        [
            "update engine.review_cases set resolved_at = now(), resolved_by = 'x',"
            " resolution = 'x'"
        ],
    ),
    ("an event is acted on", [INBOX.format("{{}}", "20 minutes")]),
    (
        "a trip says what its attempt says",
        [
            "update public.trip_requests set auto_book_status = 'PENDING' where id ="
            " (select trip_request_id from public.booking_attempts"
            " where id = '{booked}')"
        ],
    ),
    (
        "a trip says what its attempt says",
        [
            "update public.trip_requests set auto_book_status = 'BOOKING',"
            " selected_offer_id = gen_random_uuid() where id ="
            " (select trip_request_id from public.booking_attempts"
            " where id = '{failed}')"
        ],
    ),
    (
        "what is booked is told",
        [
            "update engine.message_settings set since = '2020-01-01'",
            "delete from public.notifications",
        ],
    ),
    (
        "what is booked is told",
        [
            "insert into engine.deliveries (user_id, notification_id, channel)"
            " select user_id, id, 'EMAIL' from public.notifications limit 1"
        ],
    ),
]


@dataclass(frozen=True, slots=True)
class Scene:
    """A database with one attempt of each kind, and their ids by kind."""

    sql: psycopg.Connection[dict[str, Any]]
    ids: dict[str, Any]

    def check(self, since: object = "-infinity") -> list[dict[str, Any]]:
        """Return the violations of what changed since."""
        return self.sql.execute(
            "select * from engine.check_invariants(%s)", [since]
        ).fetchall()


@pytest.fixture(scope="module")
def scene(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Scene]:
    """Set up a booking, a failure, an unknown order, a review, one in flight."""
    with cloned_database(cluster, template, clone_name) as dsn:
        stage = Stage(dsn)
        ids: dict[str, Any] = {}

        trip = stage.trip()
        stage.book(trip)
        ids["booked"] = stage.attempt(trip)["id"]

        trip = stage.trip()
        order = stage.drive(trip, "create_order")
        stage.mark_sent(order)
        (void,) = stage.finish(refusal(order, 422, "invalid_passenger_name"))
        stage.finish(stage.good_answer(void))
        ids["failed"] = stage.attempt(trip)["id"]

        trip = stage.trip()
        order = stage.drive(trip, "create_order")
        stage.mark_sent(order)
        stage.finish(answer(order, 500))
        ids["unknown"] = stage.attempt(trip)["id"]

        trip = stage.trip()
        stage.drive(trip, "get_offer")
        ids["parked"] = stage.attempt(trip)["id"]
        stage.rows(
            "select engine.command_attempt(%s, %s, 'FREEZE', 'x', 'x', 'x', now())",
            trip.user_id,
            ids["parked"],
        )

        trip = stage.trip()
        stage.drive(trip, "confirm_payment")
        ids["flying"] = stage.attempt(trip)["id"]

        states = stage.rows("select state from public.booking_attempts order by 1")
        assert [row["state"] for row in states] == [
            "AUTHORIZING",
            "CONFIRMED",
            "FAILED",
            "NEEDS_REVIEW",
            "ORDER_UNKNOWN",
        ]
        yield Scene(stage.sql, ids)
        stage.close()


def test_what_went_well_or_failed_as_designed_breaks_no_promise(scene: Scene) -> None:
    """Booked, failed, unknown, parked and in flight."""
    assert scene.check() == []


@pytest.mark.parametrize(
    ("promise", "statements"),
    BROKEN,
    ids=[f"{n}-{promise}" for n, (promise, _) in enumerate(BROKEN)],
)
def test_a_broken_promise_is_found(
    scene: Scene, promise: str, statements: list[str]
) -> None:
    """By a check of everything, and by one that looks as far back as its row says."""
    with scene.sql.transaction(force_rollback=True):
        scene.sql.execute("set local session_replication_role = replica")
        for statement in statements:
            done = scene.sql.execute(statement.format(**scene.ids).encode())
            assert done.rowcount != 0
        found = [row for row in scene.check() if row["invariant"] == promise]
        assert found
        assert found[0] in scene.check(found[0]["since"] or "infinity")
    assert scene.check() == []


def untried(arms: str, files: set[str], tried: set[str]) -> list[str]:
    """Return what is missing so that each promise is checked, and was seen broken."""
    found = re.findall(r"select '((?:[^']|'')+)', f\.\*\s+from engine\.(\w+)\(", arms)
    said = {words.replace("''", "'"): function for words, function in found}
    problems = [
        f"check_invariants.sql says {words!r} of engine.{function}: the words of its"
        " name, and of its file's"
        for words, function in said.items()
        if re.sub("[^a-z0-9]+", "_", words.replace("'", "")) != function
    ]
    if len(found) != arms.count("return query"):
        problems.append(
            f"check_invariants.sql has {arms.count('return query')} arms, of which"
            f" {len(found)} are \"select 'words', f.* from engine.name(…) as f\""
        )
    for name in sorted(files - set(said.values())):
        problems.append(f"invariants/{name}.sql has no arm in check_invariants.sql")
    for name in sorted(set(said.values()) - files):
        problems.append(f"engine.{name} has no file invariants/{name}.sql")
    for words in sorted(said.keys() - tried):
        problems.append(f"BROKEN has no row that breaks {words!r}")
    for words in sorted(tried - said.keys()):
        problems.append(f"BROKEN breaks {words!r}, which check_invariants.sql lacks")
    return problems


def test_every_promise_is_tried() -> None:
    """None that no test has seen broken."""
    text = (SQL / "operations/check_invariants.sql").read_text()
    files = {path.stem for path in (SQL / "invariants").glob("*.sql")}
    assert untried(text, files, {promise for promise, _ in BROKEN}) == []


def test_what_a_new_promise_lacks_is_said() -> None:
    """Whatever its words are made of."""

    def arm(words: str, function: str) -> str:
        return (
            f"return query\n  select '{words}', f.*\n  from engine.{function}(x) as f;"
        )

    words, name = "two-phase: a trip's 2nd call", "two_phase_a_trips_2nd_call"
    good = arm(words.replace("'", "''"), name)
    assert untried(good, {name}, {words}) == []
    lacking = untried(
        good + arm("A Trip", "a_trip") + "return query select 1;",
        {"new"},
        {words, "old"},
    )
    assert [one.split(":")[0] for one in lacking] == [
        "check_invariants.sql says 'A Trip' of engine.a_trip",
        "check_invariants.sql has 3 arms, of which 2 are \"select 'words', f.* from"
        ' engine.name(…) as f"',
        "invariants/new.sql has no arm in check_invariants.sql",
        "engine.a_trip has no file invariants/a_trip.sql",
        "engine.two_phase_a_trips_2nd_call has no file"
        " invariants/two_phase_a_trips_2nd_call.sql",
        "BROKEN has no row that breaks 'A Trip'",
        "BROKEN breaks 'old', which check_invariants.sql lacks",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4242424242424242", True),
        ("a card 4242 4242 4242 4242, said the bank", True),
        ("378282246310005", True),
        ("duffel_test_abc", True),
        ("-----BEGIN PRIVATE KEY-----", True),
        ("4242424242424241", False),
        ("42424242424242420000000", False),
        ("1700000000000 ms", False),
        ("4fe0b6f2-4242-4242-4242-424242424242", False),
        ("order ord_0000AJ4242, 2026-11-23 10:00:00", False),
        (None, None),
    ],
)
def test_card_numbers_and_secrets_are_known_by_their_form(
    connect: Connect, text: str | None, found: bool | None
) -> None:
    """By Luhn's check and by prefix."""
    row = connect().execute("select engine.holds_secret(%s)", [text]).fetchone()
    assert row == (found,)
