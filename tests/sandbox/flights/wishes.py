"""Reads and validates the body of an offer request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.sandbox.flights.errors import Problems
from tests.sandbox.flights.network import Wish
from tests.sandbox.flights.places import Spot, resolve

CABINS = ("first", "business", "premium_economy", "economy")
_TYPES = ("adult", "child", "infant_without_seat")


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Local times between which a slice may depart or arrive, as ``HH:MM``."""

    earliest: str = "00:00"
    latest: str = "23:59"

    def holds(self, local_time: str) -> bool:
        """Tell whether a local timestamp such as 2027-03-01T08:15:00 fits."""
        return self.earliest <= local_time[11:16] <= self.latest


@dataclass(frozen=True, slots=True)
class SliceWish:
    """One slice: places, local departure date and optional time windows."""

    origin: Spot
    destination: Spot
    on: date
    departure: TimeWindow | None
    arrival: TimeWindow | None


@dataclass(frozen=True, slots=True)
class PassengerWish:
    """One passenger as searched for; exactly one of the first three is set."""

    type: str | None
    age: int | None
    fare_type: str | None
    given_name: str | None
    family_name: str | None
    loyalty_programme_accounts: list[dict[str, Any]]

    @property
    def is_infant(self) -> bool:
        """Tell whether the passenger travels on an adult's lap."""
        return self.type == "infant_without_seat" or (
            self.age is not None and self.age < 2
        )


@dataclass(frozen=True, slots=True)
class SearchWish:
    """A valid offer request."""

    slices: tuple[SliceWish, ...]
    passengers: tuple[PassengerWish, ...]
    cabin_class: str | None
    max_connections: int | None  # None: not stated, which means 1

    @property
    def route(self) -> tuple[tuple[str, str], ...]:
        """The searched codes, slice by slice."""
        return tuple((s.origin.code, s.destination.code) for s in self.slices)

    def network_wish(self, index: int, **options: bool) -> Wish:
        """Return what the generated network should look for on one slice."""
        one = self.slices[index]
        limit = 1 if self.max_connections is None else self.max_connections
        return Wish(one.origin, one.destination, one.on, limit, **options)

    def accepts(self, slices: list[dict[str, Any]]) -> bool:
        """Tell whether an offer's slices keep what the request states explicitly."""
        for wanted, found in zip(self.slices, slices, strict=True):
            segments = found["segments"]
            limit = self.max_connections
            if limit is not None and len(segments) - 1 > limit:
                return False
            leaves, arrives = segments[0]["departing_at"], segments[-1]["arriving_at"]
            if wanted.departure is not None and not wanted.departure.holds(leaves):
                return False
            if wanted.arrival is not None and not wanted.arrival.holds(arrives):
                return False
        return True


def read_search(data: dict[str, Any], *, now: datetime) -> SearchWish:
    """Return the request, or raise every validation error at once."""
    problems = Problems()
    slices = [
        _read_slice(one, f"slices/{n}", problems, now)
        for n, one in enumerate(_list(data, "slices", problems))
    ]
    passengers = [
        _read_passenger(one, f"passengers/{n}", problems)
        for n, one in enumerate(_list(data, "passengers", problems))
    ]
    cabin = data.get("cabin_class")
    if cabin is not None and cabin not in CABINS:
        problems.add("validation_inclusion", "cabin_class", "is invalid")
    limit = data.get("max_connections")
    if limit is not None and (isinstance(limit, bool) or limit not in (0, 1, 2)):
        problems.add("validation_inclusion", "max_connections", "must be 0, 1 or 2")
    dates = [one.on for one in slices if one is not None]
    if dates != sorted(dates):
        problems.add("validation_inclusion", "slices", "must be in order of date")
    people = [one for one in passengers if one is not None]
    infants = sum(one.is_infant for one in people)
    if people and infants > len(people) - infants:
        problems.add("validation_length", "passengers", "has more infants than adults")
    problems.raise_if_any()
    return SearchWish(
        tuple(one for one in slices if one is not None), tuple(people), cabin, limit
    )


def _list(data: dict[str, Any], field: str, problems: Problems) -> list[Any]:
    value = data.get(field)
    if not value:
        problems.required(field)
        return []
    if not isinstance(value, list):
        problems.add("validation_type", field, "must be a list")
        return []
    return value


def _read_slice(
    raw: Any, pointer: str, problems: Problems, now: datetime
) -> SliceWish | None:
    if not isinstance(raw, dict):
        problems.add("validation_type", pointer, "must be an object")
        return None
    origin = _read_place(raw, "origin", pointer, problems)
    destination = _read_place(raw, "destination", pointer, problems)
    if origin is not None and destination is not None and origin == destination:
        problems.add(
            "validation_inclusion", f"{pointer}/destination", "must differ from origin"
        )
    on = _read_date(raw, pointer, problems)
    if on is not None and origin is not None:
        today = now.astimezone(origin.airports[0].zone).date()
        if on < today:
            problems.add(
                "validation_inclusion",
                f"{pointer}/departure_date",
                f"must be after {today.isoformat()}",
            )
    departure = _read_window(raw, "departure_time", pointer, problems)
    arrival = _read_window(raw, "arrival_time", pointer, problems)
    if origin is None or destination is None or on is None:
        return None
    return SliceWish(origin, destination, on, departure, arrival)


def _read_place(
    raw: dict[str, Any], field: str, pointer: str, problems: Problems
) -> Spot | None:
    code = raw.get(field)
    if not code:
        problems.required(f"{pointer}/{field}")
        return None
    spot = resolve(code) if isinstance(code, str) else None
    if spot is None:
        problems.add(
            "validation_inclusion", f"{pointer}/{field}", "is not a known IATA code"
        )
    return spot


def _read_date(raw: dict[str, Any], pointer: str, problems: Problems) -> date | None:
    text = raw.get("departure_date")
    if not text:
        problems.required(f"{pointer}/departure_date")
        return None
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        problems.add(
            "validation_format", f"{pointer}/departure_date", "must be an ISO 8601 date"
        )
        return None


def _read_window(
    raw: dict[str, Any], field: str, pointer: str, problems: Problems
) -> TimeWindow | None:
    value = raw.get(field)
    if value is None:
        return None
    try:
        window = TimeWindow(*(_clock(value[end]) for end in ("from", "to")))
    except (KeyError, TypeError, ValueError):
        problems.add(
            "validation_format", f"{pointer}/{field}", "must have 'from' and 'to'"
        )
        return None
    return window


def _clock(text: str) -> str:
    return datetime.strptime(text, "%H:%M").strftime("%H:%M")  # noqa: DTZ007 - a time


def _read_passenger(raw: Any, pointer: str, problems: Problems) -> PassengerWish | None:
    if not isinstance(raw, dict):
        problems.add("validation_type", pointer, "must be an object")
        return None
    kind, age, fare_type = raw.get("type"), raw.get("age"), raw.get("fare_type")
    if kind is None and age is None and fare_type is None:
        problems.required(f"{pointer}/type")
    if kind is not None and age is not None:
        problems.add("validation_inclusion", f"{pointer}/age", "excludes 'type'")
    if kind is not None and kind not in _TYPES:
        problems.add("validation_inclusion", f"{pointer}/type", "is invalid")
    whole = isinstance(age, int) and not isinstance(age, bool)
    if age is not None and not (whole and 0 <= age <= 130):
        problems.add("validation_inclusion", f"{pointer}/age", "is not an age in years")
        age = None
    return PassengerWish(
        type=kind,
        age=age,
        fare_type=fare_type,
        given_name=raw.get("given_name"),
        family_name=raw.get("family_name"),
        loyalty_programme_accounts=raw.get("loyalty_programme_accounts") or [],
    )
