"""An application's side of the local stack: where it connects, as whom, and for whom.

An application comes over TCP on loopback as `authenticator`, the login that PostgREST
has, and takes in each transaction the role and the claims of the traveller it serves.
`make up` leaves one traveller with a profile and a card, so that the first trip can be
stated at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from uuid import UUID, uuid4

import psycopg
import stripe
from psycopg.rows import dict_row

from sidecar.errors import SetupError
from sidecar.local.places import Places
from sidecar.local.settings import (
    DATABASE,
    Settings,
    free_port,
    read_values,
    write_values,
)
from sidecar.pool import Row
from sidecar.sessions import pinned

_LOGIN = "authenticator"
_VISA = "4242424242424242"


@dataclass(frozen=True, slots=True)
class Door:
    """Where applications connect, and what opens it; kept in one 0600 file."""

    port: int
    password: str
    user_id: UUID
    profile_id: UUID
    card_id: UUID

    @property
    def url(self) -> str:
        """The connection string, password included."""
        return f"postgresql://{_LOGIN}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"


def load_door(places: Places) -> Door:
    """Read how applications connect to this stack; choose what is missing."""
    kept = read_values(places.application)
    values = {
        "PORT": kept.get("PORT") or str(free_port(set())),
        "PASSWORD": kept.get("PASSWORD") or token_hex(16),
        **{
            name: kept.get(name) or str(uuid4()) for name in ("USER", "PROFILE", "CARD")
        },
    }
    if values != kept:
        write_values(places.application, values)
    try:
        return Door(
            int(values["PORT"]),
            values["PASSWORD"],
            UUID(values["USER"]),
            UUID(values["PROFILE"]),
            UUID(values["CARD"]),
        )
    except ValueError:
        raise SetupError(
            f"{places.application} has a port or an id that is none: repair it, or"
            " remove that line to let make up choose another"
        ) from None


def set_password(dsn: str, password: str) -> None:
    """Let the applications' login in with this password; `dsn` is a superuser's.

    The server is sent what it keeps, a verifier, so that no log has the password.
    """
    with psycopg.connect(pinned(dsn), autocommit=True) as connection:
        verifier = connection.pgconn.encrypt_password(
            password.encode(), _LOGIN.encode(), b"scram-sha-256"
        )
        connection.execute(
            psycopg.sql.SQL("alter role {} password {}").format(
                psycopg.sql.Identifier(_LOGIN), verifier.decode()
            )
        )


def switch_on_email(dsn: str) -> None:
    """Have letters written, which the mail catcher keeps; `dsn` is a superuser's."""
    with psycopg.connect(pinned(dsn), autocommit=True) as connection:
        connection.execute(
            "select engine.set_message_settings('letters go to the mail catcher', true)"
            " from engine.message_settings as s where not s.email"
        )


class Application:
    """A connection as PostgREST would hold it, and Stripe for the cards."""

    def __init__(self, settings: Settings, dsn: Callable[[str], str]) -> None:
        self._stripe = stripe.StripeClient(
            settings.values["SKYLATCH_STRIPE_KEY"],
            base_addresses={"api": settings.values["SKYLATCH_STRIPE_URL"]},
            http_client=stripe.RequestsClient(proxy={"http": "", "https": ""}),
        )
        self._connection = psycopg.connect(
            pinned(dsn(_LOGIN)), autocommit=True, row_factory=dict_row
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def as_service(self, query: str, *arguments: object) -> list[Row]:
        """Run one statement for everybody, as a backend of the application does."""
        return self._as_role("service_role", None, query, arguments)

    def as_traveller(self, user_id: UUID, query: str, *arguments: object) -> list[Row]:
        """Run one statement as a traveller."""
        return self._as_role("authenticated", user_id, query, arguments)

    def add_user(self, user_id: UUID) -> None:
        """Let a traveller exist; one who does is left as they are."""
        self.as_service(
            "insert into auth.users (id, email) values (%s, %s)"
            " on conflict (id) do update set email = excluded.email",
            user_id,
            f"traveller-{str(user_id)[:8]}@skylatch.example",
        )

    def add_profile(self, user_id: UUID, profile_id: UUID) -> None:
        """Say who flies."""
        self.as_traveller(
            user_id,
            "insert into public.traveler_profiles (id, given_name, family_name, title,"
            " gender, born_on, email, phone_number) values (%s, 'Amelia', 'Earhart',"
            " 'ms', 'f', '1987-07-24', 'amelia@example.com', '+442080160508')",
            profile_id,
        )

    def add_card(self, user_id: UUID, card_id: UUID, number: str = _VISA) -> None:
        """Save a card at Stripe for a traveller, and what may be known of it here."""
        year = datetime.now(UTC).year + 3
        customer = self._stripe.v1.customers.create()
        card = self._stripe.v1.payment_methods.create(
            {
                "type": "card",
                "card": {
                    "number": number,
                    "exp_month": 12,
                    "exp_year": year,
                    "cvc": "123",
                },
            }
        )
        self._stripe.v1.payment_methods.attach(card.id, {"customer": customer.id})
        self.as_service(
            "insert into public.payment_methods (user_id, id, stripe_customer_id,"
            " stripe_payment_method_id, brand, last4, exp_month, exp_year)"
            " values (%s, %s, %s, %s, 'visa', %s, 12, %s)",
            user_id,
            card_id,
            customer.id,
            card.id,
            number[-4:],
            year,
        )

    def welcome(self, door: Door) -> None:
        """Make the traveller of the door ready to travel, unless they are."""
        self.add_user(door.user_id)
        user_id = door.user_id
        if not self.as_traveller(
            user_id,
            "select id from public.traveler_profiles where id = %s",
            door.profile_id,
        ):
            self.add_profile(user_id, door.profile_id)
        if not self.as_traveller(
            user_id, "select id from public.payment_methods where id = %s", door.card_id
        ):
            self.add_card(user_id, door.card_id)

    def _as_role(
        self, role: str, user_id: UUID | None, query: str, arguments: tuple[object, ...]
    ) -> list[Row]:
        """Run one statement as PostgREST would: role and claims for it alone."""
        with self._connection.transaction():
            self._connection.execute("select set_config('role', %s, true)", [role])
            self._connection.execute(
                "select set_config('request.jwt.claims', %s, true)",
                [json.dumps({"sub": str(user_id)} if user_id else {})],
            )
            cursor = self._connection.execute(query.encode(), arguments)
            return cursor.fetchall() if cursor.description else []


def first_trip(door: Door) -> str:
    """Return the statements with which the ready traveller states a trip."""
    leaves = next_monday(date.today() + timedelta(days=60))  # noqa: DTZ011 - a choice
    # Made of dates and of ids that were generated here.
    return f"""begin;
select set_config('request.jwt.claims', '{{"sub": "{door.user_id}"}}', true);
set local role authenticated;
select create_trip_request(
  p_origins => '{{LHR}}', p_destinations => '{{JFK}}',
  p_departure_from => '{leaves}', p_return_from => '{leaves + timedelta(days=7)}',
  p_max_price => 2500, p_currency => 'GBP',
  p_passengers => '{{{door.profile_id}}}',
  p_payment_method_id => '{door.card_id}',
  p_auto_book_enabled => true, p_consent_text_version => '2026-11');
commit;

begin;  -- and how it goes
select set_config('request.jwt.claims', '{{"sub": "{door.user_id}"}}', true);
set local role authenticated;
select auto_book_status, status_reason from trip_requests;
commit;
"""  # noqa: S608


def describe(door: Door, settings: Settings, places: Places, heading: str) -> str:
    """Return the card that `make up` ends with: all that a first hour needs."""
    values = settings.values
    http = f"http://127.0.0.1:{settings.port('http')}"
    lines = (
        ("database", door.url),
        ("", "as authenticator; in each transaction, for whom, and then the role:"),
        ("", f'{{"sub": "{door.user_id}"}} and authenticated, or service_role'),
        ("endpoint", f"{http} (described at {http}/openapi.json)"),
        ("", f"Authorization: Bearer {values['SKYLATCH_HTTP_TOKEN']}"),
        ("Duffel, played", values["SKYLATCH_DUFFEL_URL"]),
        ("Stripe, played", values["SKYLATCH_STRIPE_URL"]),
        ("letters", f"{places.mail}/new (python -m sidecar local letters)"),
        ("logs", str(places.logs)),
        ("documents", "docs/from-your-app.md"),
        ("a traveller", str(door.user_id)),
        ("their profile", str(door.profile_id)),
        ("their card", f"{door.card_id} (visa 4242)"),
    )
    table = "".join(f"  {name:<15} {value}\n" for name, value in lines)
    return (
        f"{heading}\n\n{table}\n"
        f"Paste this into psql '{door.url}', and a trip is booked within seconds:\n\n"
        f"{first_trip(door)}\n"
        "make app shows this again, make status what runs, make down stops it.\n"
    )


def environment(door: Door, settings: Settings) -> dict[str, str]:
    """Return what docs/from-your-app.md calls things, for an application's process."""
    return {
        "DATABASE_URL": door.url,
        "TRAVELLER": str(door.user_id),
        "PROFILE": str(door.profile_id),
        "CARD": str(door.card_id),
        "SKYLATCH_URL": f"http://127.0.0.1:{settings.port('http')}",
        "SKYLATCH_TOKEN": settings.values["SKYLATCH_HTTP_TOKEN"],
        "STRIPE_URL": settings.values["SKYLATCH_STRIPE_URL"],
        "STRIPE_KEY": settings.values["SKYLATCH_STRIPE_KEY"],
    }


def next_monday(day: date) -> date:
    """Return the first Monday from a day on."""
    return day + timedelta(days=-day.weekday() % 7)
