"""Bad input gets one clear error, whichever way it comes, and leaves nothing behind.

Each case goes through `create_trip_request` and through plain inserts as the traveller:
the checks belong to the tables, not to one door.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from sidecar.errors import SQLSTATES, Conflict, InvalidInput
from sidecar.local.cluster import Cluster
from tests.factories import in_days
from tests.sql import cloned_database

Row = dict[str, Any]
DOORS = ("create_trip_request", "plain insert")
UNKNOWN_ID = UUID("00000000-0000-4000-8000-000000000000")


class Counter:
    """A traveller with a profile and a card, and both doors to state a trip."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.sql = connection
        self.user_id = self.new_user()
        self.adult = self.profile()
        self.card = self.new_card(self.user_id)

    def new_user(self) -> UUID:
        """Register somebody."""
        user_id = uuid4()
        self.sql.execute("insert into auth.users (id) values (%s)", [user_id])
        return user_id

    def profile(self, user_id: UUID | None = None, **other: object) -> UUID:
        """Create a complete profile of an adult; `other` overrides columns."""
        values: Row = {
            "user_id": user_id or self.user_id,
            "id": uuid4(),
            "given_name": "Amelia",
            "family_name": "Earhart",
            "title": "ms",
            "gender": "f",
            "born_on": date(1987, 7, 24),
            "email": "amelia@example.com",
            "phone_number": "+442080160508",
            **other,
        }
        self.insert("public.traveler_profiles", values)
        return UUID(str(values["id"]))

    def aged(self, years: int, nth: int = 0) -> UUID:
        """Create a profile of the n-th person of that age on the day of the flight."""
        flight = in_days(40)
        return self.profile(
            given_name="Amelia" + "abcdefghij"[nth],
            # An infant is born already.
            born_on=min(date(flight.year - years, flight.month, 1), in_days(-1)),
        )

    def new_card(self, user_id: UUID, **other: object) -> UUID:
        """Add a card; `other` overrides columns."""
        number = uuid4()
        values: Row = {
            "user_id": user_id,
            "id": number,
            "stripe_customer_id": "cus_1",
            "stripe_payment_method_id": f"pm_{number.hex}",
            "brand": "visa",
            "last4": "4242",
            "exp_month": 12,
            "exp_year": 2034,
            **other,
        }
        self.insert("public.payment_methods", values)
        return number

    def insert(self, table: str, values: Row) -> None:
        """Insert one row, by whoever is acting."""
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.sql.execute(
            f"insert into {table} ({names}) values ({marks})".encode(),
            list(values.values()),
        )

    def act_as(self, role: str, user_id: UUID | None = None) -> None:
        """Take a role for the transaction, with the claims of a traveller."""
        claims = json.dumps({"sub": str(user_id or self.user_id), "role": role})
        self.sql.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        self.sql.execute(f"set local role {role}".encode())

    def wishes(self, **other: object) -> Row:
        """Return a good trip; `other` overrides its columns."""
        return {
            "origins": ["LHR"],
            "destinations": ["JFK"],
            "departure_from": in_days(40),
            "departure_to": other.get("departure_from", in_days(40)),
            "max_price": Decimal("500.00"),
            "currency": "GBP",
            "payment_method_id": self.card,
            "auto_book_enabled": True,
            "consent_text_version": "2026-11",
            "passengers": [self.adult],
            **other,
        }

    def state(self, door: str, **other: object) -> UUID:
        """State a trip through a door, as the traveller; return its id."""
        wishes = self.wishes(**other)
        self.act_as("authenticated")
        if door == "create_trip_request":
            named = ", ".join(f"p_{name} => %s" for name in wishes)
            row = self.sql.execute(
                f"select public.create_trip_request({named}) as id".encode(),
                list(wishes.values()),
            ).fetchone()
            assert row is not None
            return UUID(str(row["id"]))
        passengers = wishes.pop("passengers")
        trip_id = uuid4()
        self.insert("public.trip_requests", {"id": trip_id, **wishes})
        for passenger in passengers:
            self.insert(
                "public.trip_passengers",
                {"trip_request_id": trip_id, "traveler_profile_id": passenger},
            )
        return trip_id

    def refused(self, door: str, **other: object) -> psycopg.Error:
        """State a trip that is refused; return the error, with nothing stored."""
        with pytest.raises(psycopg.Error) as caught, self.sql.transaction():
            self.state(door, **other)
        assert self.stored() == {"trip_requests": 0, "trip_passengers": 0}
        return caught.value

    def stored(self) -> dict[str, int]:
        """Count what is stored, of anybody."""
        return {
            table: self.one(f"select count(*) as n from public.{table}")["n"]
            for table in ("trip_requests", "trip_passengers")
        }

    def one(self, query: str, *args: object) -> Row:
        """Return one row."""
        row = self.sql.execute(query.encode(), args).fetchone()
        assert row is not None
        return row

    def trip(self, trip_id: UUID) -> Row:
        """Return a trip."""
        return self.one("select * from public.trip_requests where id = %s", trip_id)


@pytest.fixture(scope="module")
def shared(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[psycopg.Connection[Row]]:
    """Connect to one clone for the whole module: every test rolls back."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, row_factory=dict_row) as connection,
    ):
        yield connection


@pytest.fixture
def counter(shared: psycopg.Connection[Row]) -> Iterator[Counter]:
    """Return a traveller at the counter; undone afterwards."""
    yield Counter(shared)
    shared.rollback()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is said, and what must come back: code, field, and the value again."""

    sqlstate: str
    field: str
    wishes: Callable[[Counter], Row]
    value: Callable[[Row], object] | None = None


def fixed(sqlstate: str, field: str, **wishes: object) -> Refusal:
    """Return the refusal of wishes that need no preparation."""
    return Refusal(sqlstate, field, lambda _: wishes)


def card_of(**other: object) -> Callable[[Counter], Row]:
    """Return wishes that pay with a card that has these columns."""
    return lambda c: {"payment_method_id": c.new_card(c.user_id, **other)}


def passenger_without(column: str) -> Refusal:
    """Return the refusal of a passenger whose profile lacks a column."""
    return Refusal(
        "SK008", column, lambda c: {"passengers": [c.profile(None, **{column: None})]}
    )


LAST_MONTH = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)

REFUSED = {
    "unknown origin": fixed("SK001", "origins", origins=["QQQ"]),
    "unknown destination": fixed("SK001", "destinations", destinations=["QQQ"]),
    "lower-case airport": fixed("SK001", "origins", origins=["lhr"]),
    "airport in words": fixed("SK001", "origins", origins=["London"]),
    "one of two unknown": fixed("SK001", "origins", origins=["LHR", "QQQ"]),
    "null airport": fixed("SK001", "origins", origins=[None]),
    "no airports": fixed("SK001", "destinations", destinations=[]),
    "SQL for an airport": fixed(
        "SK001", "origins", origins=["'; drop table trip_requests; --"]
    ),
    "departure in the past": fixed(
        "SK002", "departure_from", departure_from=in_days(-3)
    ),
    "return before departure": fixed("SK003", "return_from", return_from=in_days(39)),
    "return window reversed": fixed(
        "SK003", "return_to", return_from=in_days(50), return_to=in_days(49)
    ),
    "departure window reversed": fixed(
        "SK003", "departure_to", departure_to=in_days(39)
    ),
    "no return fits the nights": fixed(
        "SK003",
        "nights_max",
        return_from=in_days(60),
        return_to=in_days(61),
        nights_min=3,
        nights_max=5,
    ),
    "nights reversed": fixed("SK003", "nights_max", nights_min=7, nights_max=3),
    "zero cap": fixed("SK004", "max_price", max_price=Decimal(0)),
    "negative cap": fixed("SK004", "max_price", max_price=Decimal(-1)),
    "NaN cap": fixed("SK004", "max_price", max_price=Decimal("NaN")),
    "infinite cap": fixed("SK004", "max_price", max_price=Decimal("Infinity")),
    "huge cap": fixed("SK004", "max_price", max_price=Decimal(10) ** 12),
    "no cap": fixed("SK004", "max_price", max_price=None),
    "zeros without end": fixed("SK004", "max_price", max_price=Decimal("500.0000")),
    "a tenth of a penny": fixed("SK004", "max_price", max_price=Decimal("500.001")),
    "half a yen": fixed(
        "SK004", "max_price", max_price=Decimal("1000.5"), currency="JPY"
    ),
    "unknown currency": fixed("SK005", "currency", currency="ABC"),
    "lower-case currency": fixed("SK005", "currency", currency="gbp"),
    "no currency": fixed("SK005", "currency", currency=None),
    "gold": fixed("SK005", "currency", currency="XAU"),
    "no consent": fixed("SK006", "consent_text_version", consent_text_version=None),
    "no card": fixed("SK007", "payment_method_id", payment_method_id=None),
    "unknown card": fixed("SK007", "payment_method_id", payment_method_id=UNKNOWN_ID),
    "expired card": Refusal(
        "SK007",
        "payment_method_id",
        card_of(exp_month=LAST_MONTH.month, exp_year=LAST_MONTH.year),
    ),
    "detached card": Refusal(
        "SK007",
        "payment_method_id",
        card_of(detached_at=datetime(2026, 1, 1, tzinfo=UTC)),
    ),
    "another's card": Refusal(
        "SK007",
        "payment_method_id",
        lambda c: {"payment_method_id": c.new_card(c.new_user())},
    ),
    "another's card, only kept": Refusal(
        "SK007",
        "payment_method_id",
        lambda c: {
            "payment_method_id": c.new_card(c.new_user()),
            "auto_book_enabled": False,
        },
    ),
    "unknown passenger": fixed("SK008", "traveler_profile_id", passengers=[UNKNOWN_ID]),
    "another's passenger": Refusal(
        "SK008",
        "traveler_profile_id",
        lambda c: {"passengers": [c.profile(c.new_user())]},
    ),
    **{
        f"passenger without {column}": passenger_without(column)
        for column in ("born_on", "title", "gender", "email", "phone_number")
    },
    "wide window": fixed("SK009", "departure_to", departure_to=in_days(140)),
    "wide windows together": fixed(
        "SK009",
        "departure_to",
        departure_to=in_days(49),
        return_from=in_days(60),
        return_to=in_days(69),
    ),
    "window to infinity": fixed("SK009", "departure_to", departure_to="infinity"),
    "at the end of time": fixed(
        "SK009", "departure_to", departure_from="infinity", departure_to="infinity"
    ),
    "return at the end of time": fixed(
        "SK009", "departure_to", return_from=in_days(50), return_to="infinity"
    ),
    "before the beginning of time": fixed(
        "SK002", "departure_from", departure_from="-infinity", departure_to=in_days(40)
    ),
    "a window of centuries": fixed("SK009", "departure_to", departure_to=date.max),
    "many airports": fixed(
        "SK009",
        "departure_to",
        origins=["LHR", "LGW", "STN", "LTN"],
        destinations=["JFK", "EWR", "BOS", "PHL"],
        departure_to=in_days(44),
    ),
}
# A party is complete only when everybody is named, so one door can tell.
REFUSED_PARTIES: dict[str, Callable[[Counter], list[UUID]]] = {
    "nobody": lambda _: [],
    "ten": lambda c: [c.aged(30) for _ in range(10)],
    "an infant alone": lambda c: [c.aged(1)],
    "an infant without an adult": lambda c: [c.aged(1), c.aged(10)],
    "two infants on one lap": lambda c: [c.aged(30), c.aged(0), c.aged(1)],
    "children alone": lambda c: [c.aged(10), c.aged(17)],
}


def assert_explained(error: psycopg.Error, sqlstate: str, field: str) -> Row:
    """Assert the code, the field and the hint; return the detail."""
    assert error.sqlstate == sqlstate, str(error)
    assert SQLSTATES[sqlstate] is InvalidInput
    assert error.diag.column_name == field
    assert error.diag.message_primary
    assert error.diag.message_hint
    detail: Row = json.loads(error.diag.message_detail or "null")
    assert detail["field"] == field
    return detail


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_gets_one_clear_error_and_nothing_is_stored(
    counter: Counter, name: str, door: str
) -> None:
    """The code says what, the column says where, the hint says what to do."""
    case = REFUSED[name]
    wishes = case.wishes(counter)
    error = counter.refused(door, **wishes)
    detail = assert_explained(error, case.sqlstate, case.field)
    if case.field in wishes and case.sqlstate != "SK009":
        said = wishes[case.field]
        value = detail.get("value", detail.get(case.field))
        expected = [str(v) for v in (said if isinstance(said, list) else [said]) if v]
        if expected:
            assert str(value) in expected
        else:
            assert value in {None, str(said)}


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_a_profile_that_the_traveller_has_not_is_named_as_such(
    counter: Counter, whose: str
) -> None:
    """In the same words whether or not somebody else has a profile of this id."""
    another = counter.profile(counter.new_user())
    profile_id = another if whose == "another" else uuid4()
    error = counter.refused("create_trip_request", passengers=[profile_id])
    detail = assert_explained(error, "SK008", "traveler_profile_id")
    assert detail == {"field": "traveler_profile_id", "value": str(profile_id)}
    assert error.diag.message_primary == "no such profile of this traveller"
    assert error.diag.message_hint == (
        f"The traveller has no profile {profile_id}: name one of traveler_profiles, or"
        " add it first."
    )


@pytest.mark.parametrize("name", REFUSED_PARTIES)
def test_a_party_that_cannot_fly_together_is_refused(
    counter: Counter, name: str
) -> None:
    """One to nine people, an adult among them, and a lap for every infant."""
    passengers = REFUSED_PARTIES[name](counter)
    error = counter.refused("create_trip_request", passengers=passengers)
    detail = assert_explained(error, "SK010", "passengers")
    assert detail["people"] == len(passengers)


@pytest.mark.parametrize("door", DOORS)
def test_a_good_trip_is_stored_as_stated(counter: Counter, door: str) -> None:
    """The cases above fail for their one fault only."""
    trip = counter.trip(counter.state(door))
    assert trip["user_id"] == counter.user_id
    assert (trip["origins"], trip["destinations"]) == (["LHR"], ["JFK"])
    assert (trip["max_price"], trip["currency"]) == (Decimal("500.00"), "GBP")
    assert trip["auto_book_status"] == "PENDING"
    assert counter.stored() == {"trip_requests": 1, "trip_passengers": 1}


@pytest.mark.parametrize(
    "wishes",
    [
        {"departure_from": in_days(0)},
        {"origins": ["LON"], "destinations": ["NYC"]},
        {"max_price": Decimal("1000"), "currency": "JPY"},
        {"max_price": Decimal("1000.00"), "currency": "JPY"},
        {"max_price": Decimal("0.001"), "currency": "KWD"},
        {"departure_to": in_days(99)},  # 60 searches
        {"return_from": in_days(40)},
        {"return_from": in_days(44), "return_to": in_days(47)},
        {"nights_min": 0, "nights_max": 3},
        {
            "auto_book_enabled": False,
            "payment_method_id": None,
            "consent_text_version": None,
        },
    ],
)
def test_what_lies_just_inside_the_limits_is_accepted(
    counter: Counter, wishes: Row
) -> None:
    """Today, a metropolis, whole yen, one fils, sixty searches, back the same day."""
    assert counter.state("create_trip_request", **wishes)


def test_a_card_is_good_to_the_last_day_of_its_month(counter: Counter) -> None:
    """Cards end with their month, not at its beginning."""
    today = datetime.now(UTC).date()
    card = counter.new_card(counter.user_id, exp_month=today.month, exp_year=today.year)
    assert counter.state("create_trip_request", payment_method_id=card)


@pytest.mark.parametrize(
    ("ages", "children"),
    [((30,), 0), ((30, 1), 1), ((30, 31, 0, 1), 2), ((18, 17), 1), ((30,) * 9, 0)],
)
def test_a_party_that_can_fly_together_is_accepted(
    counter: Counter, ages: tuple[int, ...], children: int
) -> None:
    """Nine adults, or an infant on every adult's lap."""
    passengers = [counter.aged(age, nth) for nth, age in enumerate(ages)]
    trip_id = counter.state("create_trip_request", passengers=passengers)
    counter.sql.execute("reset role")
    found = counter.one(
        "select count(*) as people, count(child_age) as children"
        " from engine.trip_party(%s, %s, %s)",
        counter.user_id,
        trip_id,
        in_days(40),
    )
    assert found == {"people": len(ages), "children": children}


# A wish that cannot be met: the field that is named, the value that is said again, and
# what was stated.
BACK: Row = {"return_from": in_days(50), "return_to": in_days(50)}
NINE, TEN, SIX = time(9), time(10), time(18)
UNMET: dict[str, tuple[str, object, Row]] = {
    "a circle": ("destinations", ["LHR"], {"destinations": ["LHR"]}),
    "half a return window": (
        "return_from",
        None,
        {"return_to": in_days(50)},
    ),
    "negative nights": ("nights_min", -1, {"nights_min": -1, "nights_max": 3}),
    "too many nights": ("nights_max", 366, {"nights_min": 1, "nights_max": 366}),
    "half the nights": ("nights_max", None, {"nights_min": 1}),
    "the other half": ("nights_min", None, {"nights_max": 1}),
    "the hold": ("cabin_class", "hold", {"cabin_class": "hold"}),
    "no cabin": ("cabin_class", None, {"cabin_class": None}),
    "three connections": ("max_connections", 3, {"max_connections": 3}),
    "half an hour": ("max_duration", "00:29:00", {"max_duration": "29 minutes"}),
    "a day that counts as less than nothing": (
        "max_duration",
        "-1 years +361 days",
        {"max_duration": "-1 year 361 days"},
    ),
    "a wait that counts as less than nothing": (
        "layover_min",
        "-1 years +360 days",
        {"layover_min": "-1 year 360 days"},
    ),
    "two days that count as a week": (
        "layover_max",
        "1 year -358 days",
        {"layover_max": "1 year -358 days"},
    ),
    "four bags": ("checked_bags", 4, {"checked_bags": 4}),
    "three cabin bags": ("carry_on_bags", 3, {"carry_on_bags": 3}),
    "too many airlines": (
        "preferred_airlines",
        ["BA"] * 21,
        {"preferred_airlines": ["BA"] * 21},
    ),
    "an airline in words": (
        "airlines_only",
        "British Airways",
        {"airlines_only": ["AA", "British Airways"]},
    ),
    "an airline in small letters": ("airlines_never", "ba", {"airlines_never": ["ba"]}),
    "an airline of three": (
        "preferred_airlines",
        "BAW",
        {"preferred_airlines": ["BAW"]},
    ),
    "a null airline": ("airlines_only", ["BA", None], {"airlines_only": ["BA", None]}),
    "no list of airlines": ("airlines_never", None, {"airlines_never": None}),
    "SQL for an airline": (
        "airlines_only",
        "'; drop",
        {"airlines_only": ["'; drop"]},
    ),
    "only and never": (
        "airlines_never",
        "BA",
        {"airlines_only": ["AA", "BA"], "airlines_never": ["U2", "BA"]},
    ),
    "preferred and never": (
        "preferred_airlines",
        "BA",
        {"preferred_airlines": ["AA", "BA"], "airlines_never": ["BA"]},
    ),
    "preferred but not allowed": (
        "preferred_airlines",
        "BA",
        {"preferred_airlines": ["BA"], "airlines_only": ["AA"]},
    ),
    "an unknown alliance": ("alliances", ["sky"], {"alliances": ["sky"]}),
    "a null alliance": ("alliances", [None], {"alliances": [None]}),
    "airlines outside the alliance": (
        "airlines_only",
        ["U2", "LH"],
        {"airlines_only": ["U2", "LH"], "alliances": ["oneworld", "skyteam"]},
    ),
    "a negative layover": ("layover_min", "-00:01:00", {"layover_min": "-1 minute"}),
    "a layover of two days": (
        "layover_min",
        "1 day 01:00:00",
        {"layover_min": "P1DT1H"},
    ),
    "a stay": ("layover_max", "2 days 00:01:00", {"layover_max": "P2DT1M"}),
    "layovers reversed": (
        "layover_max",
        "01:00:00",
        {"layover_min": "2 hours", "layover_max": "1 hour"},
    ),
    **{
        f"half a window: {missing}": (missing, None, {**BACK, given: NINE})
        for end in ("depart", "arrive", "return_depart", "return_arrive")
        for missing, given in (
            (f"{end}_after", f"{end}_before"),
            (f"{end}_before", f"{end}_after"),
        )
    },
    **{
        f"no way back to {end}": (
            f"{end}_after",
            "09:00:00",
            {f"{end}_after": NINE, f"{end}_before": TEN},
        )
        for end in ("return_depart", "return_arrive")
    },
    **{
        f"neither yes nor no: {field}": (field, None, {field: None})
        for field in (
            "no_red_eye",
            "no_airport_change",
            "refundable",
            "changeable",
            "accept_unknown",
        )
    },
    "no emissions": ("max_emissions_kg", 0, {"max_emissions_kg": 0}),
    "endless emissions": ("max_emissions_kg", 10**6, {"max_emissions_kg": 10**6}),
    "NaN emissions": ("max_emissions_kg", "NaN", {"max_emissions_kg": Decimal("NaN")}),
    "a weight above one": ("duration_weight", 2, {"duration_weight": 2}),
    "a negative weight": ("price_weight", -1, {"price_weight": -1}),
    "a NaN weight": ("airline_weight", "NaN", {"airline_weight": Decimal("NaN")}),
    "no weight": ("connections_weight", None, {"connections_weight": None}),
    "weights that do not add up": (
        "price_weight",
        0.61,
        {"price_weight": Decimal("0.61")},
    ),
    "to decide after departure": (
        "decide_by",
        in_days(41).isoformat(),
        {"decide_by": in_days(41)},
    ),
    "to decide in the past": (
        "decide_by",
        in_days(-3).isoformat(),
        {"decide_by": in_days(-3)},
    ),
    "to decide never": ("decide_by", "infinity", {"decide_by": "infinity"}),
    "no searches": ("max_searches", 0, {"max_searches": 0}),
    "too many searches": ("max_searches", 10001, {"max_searches": 10001}),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", UNMET)
def test_a_wish_that_cannot_be_met_says_which_and_what_to_do(
    counter: Counter, name: str, door: str
) -> None:
    """One code for all of them; the field, the value and the remedy are in it."""
    field, value, wishes = UNMET[name]
    detail = assert_explained(counter.refused(door, **wishes), "SK013", field)
    assert detail["value"] == value


ALL_WISHES: Row = {
    **BACK,
    "airlines_only": ["BA", "AA", "U2"],
    "airlines_never": ["LH"],
    "preferred_airlines": ["BA"],
    "alliances": ["oneworld", "skyteam"],
    "layover_min": timedelta(minutes=45),
    "layover_max": timedelta(hours=48),
    # Over midnight.
    "depart_after": SIX,
    "depart_before": NINE,
    "arrive_after": NINE,
    "arrive_before": NINE,
    "return_depart_after": NINE,
    "return_depart_before": TEN,
    "return_arrive_after": TEN,
    "return_arrive_before": NINE,
    "no_red_eye": True,
    "no_airport_change": True,
    "refundable": True,
    "changeable": True,
    "accept_unknown": True,
    "max_emissions_kg": Decimal("900.5"),
    "price_weight": Decimal("0.1"),
    "duration_weight": Decimal("0.2"),
    "connections_weight": Decimal("0.7"),
    "airline_weight": Decimal("1"),
    "decide_by": in_days(40),
    "max_searches": 10000,
}


@pytest.mark.parametrize("door", DOORS)
def test_every_wish_is_stored_as_stated(counter: Counter, door: str) -> None:
    """All of them together, each at the edge of what is allowed."""
    trip = counter.trip(counter.state(door, **ALL_WISHES))
    assert {name: trip[name] for name in ALL_WISHES} == ALL_WISHES


@pytest.mark.parametrize("wish", [name for name in ALL_WISHES if name != "return_to"])
def test_a_traveller_may_change_every_wish_and_the_trip_notices(
    counter: Counter, wish: str
) -> None:
    """A booking in flight has to see it: the version moves, and the trip is due."""
    trip_id = counter.state("create_trip_request", **ALL_WISHES)
    before = counter.trip(trip_id)
    after = change(counter, trip_id, **{wish: ALL_WISHES[wish]})
    assert after["version"] == before["version"] + 1
    assert after["next_search_at"] > before["next_search_at"]


def test_the_count_of_searches_is_not_the_travellers(counter: Counter) -> None:
    """What was spent on a booking is counted by the engine."""
    trip_id = counter.state("create_trip_request")
    for values in ({"searches": 0}, {"search_round": 0}):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            counter.sql.transaction(),
        ):
            change(counter, trip_id, **values)


def test_a_day_to_decide_by_that_has_passed_forbids_no_other_change(
    counter: Counter,
) -> None:
    """But it cannot be moved into the past."""
    trip_id = counter.state("create_trip_request", decide_by=in_days(40))
    counter.sql.execute("reset role")
    counter.sql.execute("alter table public.trip_requests disable trigger user")
    counter.sql.execute(
        "update public.trip_requests set decide_by = %s where id = %s",
        [in_days(-5), trip_id],
    )
    counter.sql.execute("alter table public.trip_requests enable trigger user")
    assert change(counter, trip_id, max_price=Decimal("600.00"))["version"] > 1
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        change(counter, trip_id, decide_by=in_days(-4))
    assert_explained(caught.value, "SK013", "decide_by")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("given_name", "R2-D2"),
        ("family_name", "x" * 21),
        ("title", "sir"),
        ("gender", "x"),
        ("born_on", date(1899, 1, 1)),
        ("email", "nobody"),
        ("phone_number", "020 8016 0508"),
    ],
)
def test_a_profile_no_airline_would_take_names_its_field(
    counter: Counter, column: str, value: object
) -> None:
    """What a ticket cannot carry is refused when it is written down."""
    with (
        pytest.raises(psycopg.Error) as caught,
        counter.sql.transaction(),
    ):
        counter.profile(None, **{column: value})
    assert caught.value.sqlstate == "SK031"
    assert caught.value.diag.column_name == column


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("born_on", "infinity"),
        ("born_on", "5874897-12-31"),
        ("born_on", in_days(2)),
        ("email", "am\x01elia@example.com"),
        ("email", "amelia\u200b@example.com"),
        ("email", "amelia@\u202eexample.com"),
    ],
)
def test_facts_that_cannot_be_are_refused_where_they_are_said(
    counter: Counter, column: str, value: object
) -> None:
    """Of a new profile, and of one that is on a trip."""
    with pytest.raises(psycopg.Error) as new, counter.sql.transaction():
        counter.profile(None, **{column: value})
    assert_explained(new.value, "SK031", column)
    counter.state("create_trip_request")
    with pytest.raises(psycopg.Error) as changed, counter.sql.transaction():
        counter.sql.execute(
            f"update public.traveler_profiles set {column} = %s".encode(), [value]
        )
    assert_explained(changed.value, "SK031", column)


@pytest.mark.parametrize("column", ["given_name", "family_name"])
@pytest.mark.parametrize("letter", "ÆæŒœĲĳÞþÐð")
def test_a_letter_that_the_seller_refuses_is_refused_with_how_to_write_it(
    counter: Counter, letter: str, column: str
) -> None:
    """Not when the card is held already."""
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        counter.profile(None, **{column: f"{letter}sa"})
    detail = assert_explained(caught.value, "SK031", column)
    assert detail["value"] == f"{letter}sa"
    assert "passport" in str(caught.value.diag.message_hint)
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        counter.sql.execute(
            f"update public.traveler_profiles set {column} = %s where id = %s".encode(),
            [f"S{letter}", counter.adult],
        )
    assert caught.value.sqlstate == "SK031"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (unicodedata.normalize("NFD", "José Núñez"), "José Núñez"),
        ("O\u2019Brien", "O'Brien"),
        ("O\u2018Neil", "O'Neil"),
        ("Anne\u2010Marie", "Anne-Marie"),
        ("Jean\u2013Luc", "Jean-Luc"),
        ("  Anne \u00a0 Marie ", "Anne Marie"),
        ("Łukasz", "Łukasz"),
    ],
)
def test_a_name_is_kept_as_a_ticket_writes_it(
    counter: Counter, typed: str, written: str
) -> None:
    """Whatever keyboard it comes from."""
    number = counter.profile(None, given_name=typed, family_name=typed)
    kept = counter.one(
        "select given_name, family_name from public.traveler_profiles where id = %s",
        number,
    )
    assert kept == {"given_name": written, "family_name": written}


def test_a_birth_date_has_come_somewhere(counter: Counter) -> None:
    """Born today where the day begins first is born; the day after is not yet."""
    today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    counter.profile(None, born_on=today - timedelta(days=1))
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        counter.profile(None, born_on=today + timedelta(days=2))
    assert_explained(caught.value, "SK031", "born_on")


# -- changing a trip ---------------------------------------------------------------


def change(counter: Counter, trip_id: UUID, **columns: object) -> Row:
    """Change a trip as its traveller and return it."""
    counter.act_as("authenticated")
    names = ", ".join(f"{name} = %s" for name in columns)
    counter.sql.execute(
        f"update public.trip_requests set {names} where id = %s".encode(),
        [*columns.values(), trip_id],
    )
    return counter.trip(trip_id)


def test_every_change_raises_the_version_and_makes_the_trip_due(
    counter: Counter,
) -> None:
    """A booking in flight notices by the version, the monitor by the time."""
    trip_id = counter.state("create_trip_request")
    before = counter.trip(trip_id)
    after = change(counter, trip_id, max_price=Decimal("600.00"))
    assert after["version"] == before["version"] + 1
    assert after["next_search_at"] > before["next_search_at"]
    assert after["updated_at"] > before["updated_at"]


def test_a_change_of_the_party_raises_the_version_too(counter: Counter) -> None:
    """Who flies is part of what was agreed to."""
    second = counter.aged(30)
    trip_id = counter.state("create_trip_request")
    before = counter.trip(trip_id)["version"]
    counter.insert(
        "public.trip_passengers",
        {"trip_request_id": trip_id, "traveler_profile_id": second},
    )
    assert counter.trip(trip_id)["version"] == before + 1
    for on_it in (True, False):
        found = counter.one(
            "select public.remove_passenger(%s, %s) as found", trip_id, second
        )
        assert found == {"found": on_it}
    assert counter.trip(trip_id)["version"] == before + 2


@pytest.mark.parametrize(
    "name", [n for n, r in REFUSED.items() if r.sqlstate != "SK008"]
)
def test_a_bad_change_is_refused_like_a_bad_trip(counter: Counter, name: str) -> None:
    """An update is held to the same, and the trip stays as it was."""
    case = REFUSED[name]
    wishes = case.wishes(counter)
    trip_id = counter.state("create_trip_request")
    before = counter.trip(trip_id)
    if name == "return before departure":
        wishes = {**wishes, "return_to": wishes["return_from"]}
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        change(counter, trip_id, **wishes)
    assert_explained(caught.value, case.sqlstate, case.field)
    assert counter.trip(trip_id) == before


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"departure_from": 50}, "departure_from"),
        ({"departure_from": 62, "departure_to": 62}, "departure_from"),
        ({"departure_to": 39}, "departure_to"),
        ({"departure_from": 50, "departure_to": 49}, "departure_to"),
        ({"return_from": 39}, "return_from"),
        ({"return_from": 70}, "return_from"),
        ({"return_to": 59}, "return_to"),
    ],
)
def test_dates_in_the_wrong_order_are_blamed_on_the_one_that_was_changed(
    counter: Counter, changed: dict[str, int], field: str
) -> None:
    """A date that the caller did not touch is not what they look for."""
    trip_id = counter.state(
        "create_trip_request",
        departure_to=in_days(42),
        return_from=in_days(60),
        return_to=in_days(61),
    )
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        change(counter, trip_id, **{name: in_days(n) for name, n in changed.items()})
    assert_explained(caught.value, "SK003", field)


def test_a_trip_of_the_past_can_still_be_changed_in_other_ways(
    counter: Counter,
) -> None:
    """A window that has begun is not a mistake of the traveller's."""
    trip_id = counter.state("create_trip_request", departure_to=in_days(45))
    counter.sql.execute("reset role")
    counter.sql.execute("alter table public.trip_requests disable trigger user")
    counter.sql.execute(
        "update public.trip_requests set departure_from = %s", [in_days(-3)]
    )
    counter.sql.execute("alter table public.trip_requests enable trigger user")
    assert change(counter, trip_id, max_price=Decimal("600.00"))["version"] > 1


def book(counter: Counter, trip_id: UUID, status: str) -> None:
    """Put a trip into a status, as the engine would."""
    counter.sql.execute("reset role")
    offer_id = uuid4()
    counter.sql.execute(
        "insert into public.flight_offers (user_id, id, trip_request_id, search_round,"
        " offer_id, offer_request_id, passengers, price_amount, price_currency,"
        " expires_at, airline, duration, longest_slice, connections, most_connections,"
        " technical_stops, departs_at, arrives_at, carry_on_bags, checked_bags,"
        " documents_required, itinerary, day)"
        " values (%s, %s, %s, 1, 'off_1', 'orq_1', '[]', 100, 'GBP', now(), 'BA', '8h',"
        " '8h', 0, 0, 0, now(), now() + interval '8h', 0, 0, false, '[]',"
        " '9999-12-31')",
        [counter.user_id, offer_id, trip_id],
    )
    counter.sql.execute(
        "update public.trip_requests set auto_book_status = %s, selected_offer_id = %s"
        " where id = %s",
        [status, offer_id, trip_id],
    )


# What is possible, by the functions of which a hint speaks.
NEXT_STEPS = {
    "PENDING": {"pause_trip", "cancel_trip"},
    "BOOKING": {"pause_trip", "cancel_trip", "trip_saga"},
    "BOOKED": {"cancel_booking"},
    "PAUSED": {"resume_trip", "cancel_trip"},
    "ACTION_REQUIRED": {"resume_trip", "cancel_trip"},
    "EXPIRED": set(),
    "CANCELLED": set(),
    "FAILED": {"resume_trip", "cancel_trip"},
}


@pytest.mark.parametrize("status", NEXT_STEPS)
def test_what_a_status_does_not_allow_is_refused_with_what_it_allows(
    counter: Counter, status: str
) -> None:
    """Whatever was tried; and what the hint names does work."""
    trip_id = counter.state("create_trip_request")
    book(counter, trip_id, status)
    errors: dict[str, psycopg.Error] = {}
    for act in ("pause_trip", "resume_trip", "cancel_trip", "change", "take along"):
        counter.act_as("authenticated")
        try:
            with counter.sql.transaction(force_rollback=True):
                if act == "change":
                    change(counter, trip_id, max_price=Decimal(400))
                elif act == "take along":
                    counter.insert(
                        "public.trip_passengers",
                        {
                            "trip_request_id": trip_id,
                            "traveler_profile_id": counter.aged(30),
                        },
                    )
                else:
                    counter.sql.execute(f"select public.{act}(%s)".encode(), [trip_id])
        except psycopg.Error as error:
            errors[act] = error
    assert {error.sqlstate for error in errors.values()} == {"SK103"}
    for error in errors.values():
        assert json.loads(error.diag.message_detail or "")["status"] == status
    hints = {error.diag.message_hint for error in errors.values()}
    (hint,) = hints
    assert hint is not None
    assert (
        set(re.findall(r"[a-z]+_(?:trip|saga|booking)\b", hint)) == NEXT_STEPS[status]
    )
    assert not errors.keys() & NEXT_STEPS[status]
    assert NEXT_STEPS[status] or "state a new trip" in hint


def test_a_passenger_of_no_trip_is_told_so(counter: Counter) -> None:
    """And not that the trip can no longer be changed."""
    counter.act_as("authenticated")
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        counter.insert(
            "public.trip_passengers",
            {"trip_request_id": uuid4(), "traveler_profile_id": counter.adult},
        )
    assert caught.value.sqlstate == "SK104"


@pytest.mark.parametrize("status", ["BOOKED", "CANCELLED"])
def test_a_trip_that_is_over_cannot_be_changed(counter: Counter, status: str) -> None:
    """Neither its wishes nor its party: state a new trip."""
    second = counter.aged(30)
    trip_id = counter.state("create_trip_request")
    book(counter, trip_id, status)
    before = counter.trip(trip_id)

    def add() -> None:
        counter.act_as("authenticated")
        counter.insert(
            "public.trip_passengers",
            {"trip_request_id": trip_id, "traveler_profile_id": second},
        )

    def remove() -> None:
        counter.act_as("authenticated")
        counter.sql.execute(
            "select public.remove_passenger(%s, %s)", [trip_id, counter.adult]
        )

    for attempt in (
        lambda: change(counter, trip_id, max_price=Decimal("600.00")),
        add,
        remove,
    ):
        with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
            attempt()
        assert caught.value.sqlstate == "SK103"
        assert SQLSTATES["SK103"] is Conflict
        assert caught.value.diag.message_hint
    assert counter.trip(trip_id) == before


def test_consent_is_dated_by_the_database(counter: Counter) -> None:
    """The caller says which text was agreed to, never when."""
    before = counter.one("select clock_timestamp() as at")["at"]
    trip_id = counter.state("create_trip_request")
    consent_at = counter.trip(trip_id)["consent_at"]
    assert before < consent_at < counter.one("select clock_timestamp() as at")["at"]

    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        counter.sql.transaction(),
    ):
        change(counter, trip_id, consent_at=datetime(2020, 1, 1, tzinfo=UTC))
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        counter.sql.transaction(),
    ):
        counter.insert(
            "public.trip_requests",
            {"consent_at": datetime(2020, 1, 1, tzinfo=UTC), "origins": ["LHR"]},
        )

    same = change(counter, trip_id, max_price=Decimal("600.00"))
    assert same["consent_at"] == consent_at
    counter.sql.execute("reset role")
    counter.sql.execute(
        "select engine.publish_consent_text('2026-12', repeat('words ', 9), 'test')"
    )
    renewed = change(counter, trip_id, consent_text_version="2026-12")
    assert renewed["consent_at"] > consent_at
    off = change(counter, trip_id, auto_book_enabled=False, consent_text_version=None)
    assert off["consent_at"] is None


def test_even_a_privileged_insert_cannot_backdate_consent(counter: Counter) -> None:
    """The trigger dates it, whoever writes."""
    wishes = counter.wishes()
    del wishes["passengers"]
    trip_id = uuid4()
    counter.insert(
        "public.trip_requests",
        {
            "user_id": counter.user_id,
            "id": trip_id,
            **wishes,
            "consent_at": datetime(2020, 1, 1, tzinfo=UTC),
        },
    )
    assert counter.trip(trip_id)["consent_at"] > datetime(2026, 1, 1, tzinfo=UTC)


def test_a_trip_without_an_owner_is_refused(counter: Counter) -> None:
    """Nobody signed in, nobody named: whose trip would it be?"""
    counter.sql.execute("set local role service_role")
    wishes = counter.wishes()
    named = ", ".join(f"p_{name} => %s" for name in wishes)
    with pytest.raises(psycopg.Error) as caught, counter.sql.transaction():
        counter.sql.execute(
            f"select public.create_trip_request({named})".encode(),
            list(wishes.values()),
        )
    assert caught.value.sqlstate == "SK011"
    assert caught.value.diag.column_name == "user_id"
    assert caught.value.diag.message_hint
