"""What travellers may do while they are served, and what they had said before it.

They become other people in mid-saga, keep their own rows in an open transaction, and
state trip after trip to ask for without end. `Intents` notes beside them, without
asking the engine, for whom and with which card each booking began.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from tests.factories import Row, Traveller, World, in_days

NAMES = ("Amelia", "Bessie", "Beryl", "Harriet", "Jean", "Raymonde")
TEXT = "2026-11"
Person = tuple[str | None, ...]
# As an order says it of each passenger.
FIELDS = (
    *("given_name", "family_name", "born_on"),
    *("title", "gender", "email", "phone_number"),
)
_PEOPLE = """
array(
  select jsonb_build_array(
    f.given_name, f.family_name, to_char(f.born_on, 'YYYY-MM-DD'), f.title, f.gender,
    f.email, f.phone_number
  )
  from public.trip_passengers as p
  inner join public.traveler_profiles as f
    on p.user_id = f.user_id and p.traveler_profile_id = f.id
  where p.trip_request_id = t.id
)
"""
_BEGUN = f"""
select a.id::text as attempt, t.payment_method_id as card, {_PEOPLE} as people
from public.booking_attempts as a
inner join public.trip_requests as t on t.id = a.trip_request_id
where a.id <> all (%s) and (%s::uuid is null or a.user_id = %s)
"""


def persons(people: list[Any]) -> list[Person]:
    """Return who is in a list of passengers, each as `FIELDS`, in a fixed order."""
    return sorted(
        (
            tuple(one[name] for name in FIELDS) if isinstance(one, dict) else tuple(one)
            for one in people
        ),
        key=repr,
    )


def passengers(world: World, trip: UUID) -> list[Person]:
    """Return who flies on a trip as its profiles are now."""
    query = f"select {_PEOPLE} as people from public.trip_requests as t where t.id = %s"
    return persons(world.value(query, trip))


@dataclass
class Intents:
    """For whom and with which card each attempt began.

    `note` before a profile, a party or a card changes: whatever began since the last
    change began with what is there now.
    """

    parties: dict[str, list[Person]] = field(default_factory=dict)
    cards: dict[str, UUID] = field(default_factory=dict)

    def note(self, rows: Callable[..., list[Row]], user: UUID | None = None) -> None:
        """Note the attempts that began since, of one user or all."""
        known = [UUID(attempt) for attempt in self.parties]
        for row in rows(_BEGUN, known, user, user):
            self.parties[row["attempt"]] = persons(row["people"])
            self.cards[row["attempt"]] = row["card"]

    def swapped(self, order: Row) -> str | None:
        """Tell how the people of an order differ from those its booking began with."""
        attempt = (order["metadata"] or {}).get("attempt_id")
        if attempt not in self.parties:
            return None  # half a request names nobody
        said, meant = persons(order["passengers"]), self.parties[attempt]
        return None if said == meant else f"ordered for {said}, begun for {meant}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a traveller agreed to last: at the most so much, this card, these people."""

    most: Any
    card: UUID
    people: list[Person]

    @classmethod
    def now(cls, world: World, trip: UUID) -> Agreement:
        """Return what somebody who agrees to the trip now agrees to."""
        row = world.row(
            "select max_price, payment_method_id from public.trip_requests"
            " where id = %s",
            trip,
        )
        return cls(row["max_price"], row["payment_method_id"], _who(world, trip))

    def broken(self, world: World, trip: UUID) -> str | None:
        """Tell what of the trip as it is now was not agreed to."""
        now = Agreement.now(world, trip)
        if now.most > self.most:
            return "the traveller agreed to pay less"
        if now.card != self.card:
            return "the traveller agreed to another card"
        return None if now.people == self.people else "the traveller agreed to others"


def _who(world: World, trip: UUID) -> list[Person]:
    """Return persons as a consent knows them: a name and a birth date."""
    return sorted((one[:3] for one in passengers(world, trip)), key=repr)


# -- who become others -----------------------------------------------------------------

SWAPS = (
    *("another name", "another name", "another birth date", "another address"),
    *("one more", "one less", "another card", "a higher limit", "agrees"),
)


def swap(
    world: World,
    rows: Callable[..., Any],
    what: str,
    *,
    traveller: Traveller,
    trip: UUID,
    number: int,
    card: UUID | None = None,
) -> None:
    """Change a trip or who flies on it; `rows` asks, the engine may refuse (SK).

    Another card is a new one unless it is given.
    """
    user, name = traveller.user_id, NAMES[number % len(NAMES)]
    born_on = date(1961, 5, 1) + timedelta(days=391 * (number % 40))
    profile = "update public.traveler_profiles set {} where id = %s"
    if what == "another name":
        rows(profile.format("given_name = %s"), name, traveller.profile_id)
    elif what == "another birth date":
        rows(profile.format("born_on = %s"), born_on, traveller.profile_id)
    elif what == "another address":
        rows(
            profile.format("email = %s"),
            f"{name.lower()}@example.com",
            traveller.profile_id,
        )
    elif what == "one more":
        one = uuid4()
        rows(
            "insert into public.traveler_profiles (user_id, id, given_name,"
            " family_name, title, gender, born_on, email, phone_number) values (%s, %s,"
            " %s, 'Noyes', 'ms', 'f', %s, 'noyes@example.com', '+442080160508')",
            *(user, one, name, born_on),
        )
        rows(
            "insert into public.trip_passengers (user_id, trip_request_id,"
            " traveler_profile_id) values (%s, %s, %s)",
            *(user, trip, one),
        )
    elif what == "one less":
        rows(
            "select public.remove_passenger(p.trip_request_id, f.id)"
            " from public.trip_passengers as p"
            " inner join public.traveler_profiles as f on p.traveler_profile_id = f.id"
            " where p.trip_request_id = %s"
            " order by f.family_name, f.given_name, f.born_on limit 1",
            trip,
        )
    elif what == "another card":
        rows(
            "update public.trip_requests set payment_method_id = %s where id = %s",
            *(card or world.card(user), trip),
        )
    elif what == "a higher limit":
        rows(
            "update public.trip_requests set max_price = max_price + 500 where id = %s",
            trip,
        )
    else:
        assert what == "agrees"
        rows("select public.consent_to_trip(%s, %s)", trip, TEXT)


# -- who keep rows ---------------------------------------------------------------------

HOLDS = {
    "trips": "select id from public.trip_requests for update",
    "profiles": "select id from public.traveler_profiles for update",
    "limits": "select amount from public.spending_limits for update",
    "a change that is taken back": (
        "update public.traveler_profiles set given_name = 'Nobody'"
    ),
}


class Holder:
    """A traveller who keeps rows of theirs locked, as their own session can.

    For `seconds` at the most, where given, after which the server ends it; another's
    rows are out of reach, as row level security has it.
    """

    def __init__(
        self, world: World, traveller: Traveller, what: str, *, seconds: float = 0
    ) -> None:
        self.user = traveller.user_id
        world.rows(
            "insert into public.spending_limits (user_id, currency, period, amount)"
            " values (%s, 'USD', 'total', 100000) on conflict do nothing",
            self.user,
        )
        self._session = psycopg.connect(make_conninfo(world.dsn, user="authenticator"))
        claims = {"sub": str(self.user), "role": "authenticated"}
        try:
            for name, value in (
                ("request.jwt.claims", json.dumps(claims)),
                ("idle_in_transaction_session_timeout", f"{int(seconds * 1000)}ms"),
                ("role", "authenticated"),
            ):
                self._session.execute("select set_config(%s, %s, false)", [name, value])
            self._session.execute(HOLDS[what].encode())
        except psycopg.Error:
            self.let_go()
            raise

    def let_go(self) -> None:
        """Roll back and leave; the rows are free when this returns."""
        with contextlib.suppress(psycopg.Error):  # the server may have ended it
            self._session.rollback()
        self._session.close()


# -- who want everything ---------------------------------------------------------------


def state_greedily(
    world: World, traveller: Traveller, number: int, *, day: int = 20
) -> list[UUID]:
    """State so many trips of ten days each, for which nothing is cheap enough."""
    return [
        world.trip(
            traveller,
            origins=["PPT"],
            destinations=["BOB"],
            currency="USD",
            departure_from=in_days(day + 10 * n),
            departure_to=in_days(day + 9 + 10 * n),
            max_price=1,
        )
        for n in range(number)
    ]


def is_searched(world: World, trip: UUID) -> bool:
    """Tell whether a search of the trip goes out before the next tick."""
    return bool(
        world.value(
            "select exists (select from engine.provider_calls"
            " where trip_request_id = %s and operation = 'search'"
            " and run_at <= clock_timestamp() + interval '10 minutes')",
            trip,
        )
    )
