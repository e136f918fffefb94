"""A small world for tests: travellers, cards, trips, providers and workers.

`World` talks to the database as the application would (service_role writes cards, the
traveller states the trip) and reads the truth from the sandboxes' own ledgers.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import stripe
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Json

from sidecar.db import Database
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks, connect
from sidecar.payments import Payments
from sidecar.sessions import pinned
from sidecar.worker import Worker
from tests.clock import move_clock
from tests.flagdata import expand
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.recordings import find_recordings
from tests.sandbox.server import running_in_thread

FLAGS = {
    "auto_booking_pipeline_enabled": True,
    "auto_booking_emergency_disable": False,
    "advanced_filtering": True,
    "price_optimization": True,
}
VISA = "4242424242424242"
DECLINED = "4000000000000341"  # attaches, then declines
WANTS_ITS_HOLDER = "4000002760003184"  # declines until its holder confirms
Row = dict[str, Any]
# Who mirrored the flags of a template that has all a world begins with.
_PREPARED = "a template"


def until(condition: Callable[[], Any], *, seconds: float = 30.0) -> Any:
    """Wait for `condition` to be true and return its value; fail after `seconds`.

    To ask costs more than to wait: the longer it takes, the less often it is asked.
    """
    deadline = time.monotonic() + seconds
    pause = 0.005
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("the condition did not come true in time")
        time.sleep(pause)
        pause = min(1.25 * pause, 0.05)
    return value


@dataclass(frozen=True, slots=True)
class Traveller:
    """Somebody with a profile and a card."""

    user_id: UUID
    profile_id: UUID
    card_id: UUID


@dataclass
class World:
    """One database with its providers."""

    dsn: str
    flights: FlightsSandbox
    flights_url: str
    payments: PaymentsSandbox
    payments_url: str
    redis_url: str | None = None
    _sql: psycopg.Connection[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.reconnect()
        if self.value("select source from engine.flag_sync") == _PREPARED:
            # Only the flags' freshness does not last.
            self.rows("select engine.beat_flags('test')")
        else:
            self._begin()

    def _begin(self) -> None:
        """Set what every test takes for granted."""
        self.set_flags(FLAGS)
        # No test waits for a provider's rate limit that is not about it.
        self.rows("select engine.set_search_settings('test', 100000)")
        # Nor a ceiling: many travellers spend in one day here.
        for period in ("day", "month"):
            self.rows(
                "select engine.set_spending_ceiling('installation', %s, 1e11, 'test')",
                period,
            )
        # Nor for what one traveller may ask for, or see fail.
        self.rows(
            "select engine.set_traveller_limits('test', 10000, 10000, '0', 1000000,"
            " 1000000)"
        )
        # The recorded offers are in dollars, the ceilings in pounds.
        self.rate("GBP", "USD", "1.25", timedelta(hours=2))

    def reconnect(self) -> None:
        """Connect as superuser, again after the server was restarted."""
        self._sql = psycopg.connect(
            pinned(self.dsn), autocommit=True, row_factory=dict_row
        )

    def prepare_nothing(self) -> None:
        """Let no statement of the superuser be prepared from now on."""
        self._sql.prepare_threshold = None

    def close(self) -> None:
        """Close the superuser's connection."""
        self._sql.close()

    # -- database -----------------------------------------------------------------

    def rows(self, query: str, *args: object) -> list[Row]:
        """Run a query as superuser."""
        cursor = self._sql.execute(query.encode(), args)
        return cursor.fetchall() if cursor.description else []

    def row(self, query: str, *args: object) -> Row:
        """Run a query that returns exactly one row."""
        (row,) = self.rows(query, *args)
        return row

    def value(self, query: str, *args: object) -> Any:
        """Run a query that returns exactly one value."""
        return next(iter(self.row(query, *args).values()))

    def set_flags(self, flags: Row) -> None:
        """Mirror `flags`, plain values or whole flags, as the sidecar would."""
        self.rows("select engine.sync_flags(%s, 'test')", Json(expand(flags)))

    # -- people and trips ---------------------------------------------------------

    def traveller(self, card: str = VISA, **profile: object) -> Traveller:
        """Create a user with one profile and one card known to the sandbox."""
        user_id, profile_id = uuid4(), uuid4()
        self.rows("insert into auth.users (id) values (%s)", user_id)
        values = {
            "given_name": "Amelia",
            "family_name": "Earhart",
            "title": "ms",
            "gender": "f",
            "born_on": date(1987, 7, 24),
            "email": "amelia@example.com",
            "phone_number": "+442080160508",
            **profile,
        }
        self.rows(
            "insert into public.traveler_profiles"
            " (user_id, id, given_name, family_name, title, gender, born_on, email,"
            " phone_number) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            user_id,
            profile_id,
            *values.values(),
        )
        return Traveller(user_id, profile_id, self.card(user_id, card))

    def card(self, user_id: UUID, number: str = VISA) -> UUID:
        """Add a card, known to the sandbox, to what a user may pay with."""
        card_id = uuid4()
        client = stripe.StripeClient(
            "sk_test_fixture", base_addresses={"api": self.payments_url}
        )
        customer = client.v1.customers.create()
        method = client.v1.payment_methods.create(
            {
                "type": "card",
                "card": {
                    "number": number,
                    "exp_month": 12,
                    "exp_year": 2034,
                    "cvc": "123",
                },
            }
        )
        client.v1.payment_methods.attach(method.id, {"customer": customer.id})
        self.rows(
            "insert into public.payment_methods (user_id, id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " values (%s, %s, %s, %s, 'visa', %s, 12, 2034)",
            user_id,
            card_id,
            customer.id,
            method.id,
            number[-4:],
        )
        return card_id

    def trip(self, traveller: Traveller, **wishes: object) -> UUID:
        """State a trip that books by itself; `wishes` override the arguments."""
        arguments: Row = {
            "p_origins": ["LHR"],
            "p_destinations": ["JFK"],
            "p_departure_from": in_days(40),
            "p_max_price": 5000,
            "p_currency": "GBP",
            "p_passengers": [traveller.profile_id],
            "p_payment_method_id": traveller.card_id,
            "p_auto_book_enabled": True,
            "p_consent_text_version": "2026-11",
            "p_user_id": traveller.user_id,
            **{f"p_{name}": value for name, value in wishes.items()},
        }
        named = ", ".join(f"{name} => %s" for name in arguments)
        trip_id: UUID = self.value(
            f"select public.create_trip_request({named})", *arguments.values()
        )
        return trip_id

    def rate(
        self, base: str, quote: str, value: str, age: timedelta = timedelta()
    ) -> None:
        """Record an exchange rate as the feed; a second person confirms what waits."""
        feed = make_conninfo(self.dsn, user="skylatch_feed")
        with psycopg.connect(feed, autocommit=True, row_factory=dict_row) as connection:
            row = connection.execute(
                "select * from engine.set_exchange_rate(%s, %s, %s, 'a test', 'a list',"
                " now() - %s)",
                [base, quote, Decimal(value), age],
            ).fetchone()
        assert row is not None
        if not row["in_force"]:
            self.rows(
                "select engine.confirm_exchange_rates(array[%s], 'looked it up')",
                row["change_id"],
            )

    def status(self, trip_id: UUID) -> str:
        """Return the trip's status."""
        return str(
            self.value(
                "select auto_book_status from public.trip_requests where id = %s",
                trip_id,
            )
        )

    def attempt(self, trip_id: UUID) -> Row:
        """Return the trip's newest attempt."""
        return self.row(
            "select * from public.booking_attempts where trip_request_id = %s"
            " order by attempt_no desc limit 1",
            trip_id,
        )

    def tick(self) -> None:
        """Run the monitor once; after a tick that is running already, not beside it."""
        reason = "select reason from engine.monitor_runs where id = %s"
        run = "select public.auto_book_monitor()"
        until(lambda: self.value(reason, self.value(run)) != "another tick is running")

    def let_cron_do_it(self) -> None:
        """Say that pg_cron did every job just now, so that no sidecar stands in."""
        self.rows("update engine.job_beats set cron_succeeded_at = clock_timestamp()")

    def alerts(self) -> set[tuple[str, str]]:
        """Return kind and subject of what somebody should look at."""
        rows = self.rows("select kind, subject from engine.open_alerts()")
        return {(row["kind"], row["subject"]) for row in rows}

    def violations(self) -> list[Row]:
        """Return what must never be true."""
        return self.rows("select * from engine.check_invariants()")

    # -- the sandboxes' truth -----------------------------------------------------

    def orders(self, trip_id: UUID | None = None) -> list[Row]:
        """Return the orders that Duffel knows, of one trip or all."""
        return [
            order
            for order in self.flights.state()["orders"]
            if trip_id is None
            or order["metadata"].get("trip_request_id") == str(trip_id)
        ]

    def intents(self, trip_id: UUID | None = None) -> list[Row]:
        """Return the payment intents that Stripe knows, of one trip or all."""
        return [
            intent
            for intent in self.payments.state()["payment_intents"]
            if trip_id is None
            or intent["metadata"].get("trip_request_id") == str(trip_id)
        ]

    def confirm_as_holder(self, trip_id: UUID, *, succeed: bool = True) -> None:
        """Confirm what a bank declined, in a browser, or fail to."""
        client = Payments(self.payments_url, "sk_test_fixture")
        for intent in self.intents(trip_id):
            if intent["status"] == "requires_payment_method":
                secret = client.client_secret(intent["id"])
                assert secret is not None
                self.payments.controls.confirm(secret, succeed=succeed)

    # -- workers ------------------------------------------------------------------

    def build_worker(self, *, threads: int = 2) -> tuple[Worker, Database]:
        """Return a worker as the sidecar's role, and its database to close.

        To warm another connection costs as much as half a booking: few will do.
        """
        login = make_conninfo(self.dsn, user="skylatch_sidecar")
        database = Database(login, size=min(threads, 4))
        worker = Worker(
            database,
            flights=Flights(self.flights_url, "duffel_test_fixture"),
            payments=Payments(self.payments_url, "sk_test_fixture"),
            locks=Locks(connect(self.redis_url)),
            budgets=Budgets(
                self.redis_url,
                searches_per_minute=10_000,
                duffel_per_minute=100_000,
                stripe_per_second=10_000,
            ),
            threads=threads,
            search_threads=max(1, threads - 1),
            poll_seconds=0.05,
        )
        return worker, database

    @contextmanager
    def working(self, *, sidecars: int = 1, threads: int = 2) -> Iterator[None]:
        """Run workers for the block, then stop them gracefully."""
        running = []
        for _ in range(sidecars):
            worker, database = self.build_worker(threads=threads)
            thread = threading.Thread(target=worker.run)
            thread.start()
            running.append((worker, database, thread))
        try:
            yield
        finally:
            for worker, database, thread in running:
                worker.stop()
                thread.join()
                database.close()

    def at_rest(self) -> bool:
        """Tell whether no call to a provider is out or about to be.

        What is looked for again and again, an order or a pending refund, rests once it
        was not there for the second time.
        """
        return not self.value(
            "select count(*) from engine.provider_calls as c"
            " join engine.operations as o using (operation)"
            " where c.delivery_id is null and (c.state in ('CLAIMED', 'SENT')"
            " or c.state = 'READY'"
            " and (o.waits is null or c.tries < 2 or c.run_at <= clock_timestamp()))"
        )

    def let_time_pass(self, seconds: float) -> None:
        """Let time pass for a database with a movable clock and for both providers.

        The feed goes on: the rate that is there at first is given anew.
        """
        self.move_on(seconds)
        self.flights.clock.advance(seconds)
        self.payments.clock.advance(seconds)

    def move_on(self, seconds: float) -> None:
        """Let time pass for the database alone: another of these providers did."""
        move_clock(self.rows, seconds)
        self.rate("GBP", "USD", "1.25")

    def pass_time(self, interval: str) -> None:
        """Let the engine's waits and deadlines be over, as if `interval` had passed."""
        for table, column in (
            ("engine.provider_calls", "run_at"),
            ("engine.provider_calls", "first_claimed_at"),
            ("engine.breakers", "open_until"),
            ("public.booking_attempts", "deadline_at"),
            ("public.booking_attempts", "state_changed_at"),
            ("public.trip_requests", "next_search_at"),
        ):
            self.rows(
                f"update {table} set {column} = {column} - %s::interval"
                f" where {column} < 'infinity'",
                interval,
            )


@contextmanager
def running_world(dsn: str, *, recordings: bool = True) -> Iterator[World]:
    """Serve sandboxes of its own for the database at `dsn` (superuser).

    Without `recordings` all flights are generated, the same on every machine.
    """
    flights = FlightsSandbox(recordings=find_recordings() if recordings else None)
    payments = PaymentsSandbox()
    with (
        running_in_thread(flights.app) as flights_url,
        running_in_thread(payments.app) as payments_url,
    ):
        world = World(
            dsn=dsn,
            flights=flights,
            flights_url=flights_url,
            payments=payments,
            payments_url=payments_url,
        )
        try:
            yield world
        finally:
            world.close()
        assert payments.state()["defects"] == []


def sidecar_settings(world: World, directory: Path) -> dict[str, str]:
    """Return what a worker against the sandboxes needs; `directory` gets its flags."""
    flags = directory / "flags.json"
    flags.write_text(json.dumps({"flagValues": FLAGS}))
    return {
        "SKYLATCH_DATABASE_URL": make_conninfo(world.dsn, user="skylatch_sidecar"),
        "SKYLATCH_DUFFEL_URL": world.flights_url,
        "SKYLATCH_DUFFEL_TOKEN": "duffel_test_fixture",
        "SKYLATCH_STRIPE_URL": world.payments_url,
        "SKYLATCH_STRIPE_KEY": "sk_test_fixture",
        "SKYLATCH_FLAGS_FILE": str(flags),
    }


def set_versions(world: World, schema: str, oldest_sidecar: str) -> None:
    """Let the database be of another version and serve sidecars from another on."""
    for function, version in (("version", schema), ("oldest_sidecar", oldest_sidecar)):
        world.rows(
            f"create or replace function engine.{function}() returns text"
            f" language sql stable return '{version}'"
        )


def prepare_template(dsn: str) -> None:
    """Set in a template (superuser) what every world begins with, once for all."""
    with running_world(dsn, recordings=False) as world:
        world.rows("update engine.flag_sync set source = %s", _PREPARED)


def search_with_ticks(dsn: str) -> None:
    """Let trips wait for the monitor's tick (superuser), whenever they are stated."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("update engine.search_settings set search_at_once = false")


def accept_history(dsn: str) -> None:
    """Say that a clone (superuser) is its own original, and new.

    Its oid is another than its template's, nobody ever did its jobs, and it does not
    inherit what was revoked from its template as a whole.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select engine.confirm_history(now())")
        connection.execute("update engine.job_beats set since = clock_timestamp()")
        connection.execute(
            "do $$ begin execute 'revoke temporary on database '"
            " || quote_ident(current_database()) || ' from public'; end $$"
        )


def in_days(days: int) -> date:
    """Return a date so many days from today."""
    return datetime.now(UTC).date() + timedelta(days=days)
