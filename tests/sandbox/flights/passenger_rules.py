"""Validates the passengers of an order against those of the selected offer."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from tests.sandbox.flights.errors import Problems
from tests.sandbox.flights.fares import percent_of_adult

# Latin letters with Latin-1 and Latin Extended-A, space, hyphen, apostrophe.
_NAME = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f '\-]{1,20}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_REQUIRED = (
    "id",
    "title",
    "gender",
    "given_name",
    "family_name",
    "born_on",
    "email",
    "phone_number",
)
_TITLES = ("mr", "ms", "mrs", "miss", "dr")


def check_passengers(
    people: list[Any], offer: dict[str, Any], problems: Problems
) -> None:
    """Check every passenger of the order against the offer's passengers."""
    searched = {one["id"]: one for one in offer["passengers"]}
    last_day = date.fromisoformat(
        offer["slices"][-1]["segments"][0]["departing_at"][:10]
    )
    given = [one if isinstance(one, dict) else {} for one in people]
    for n, person in enumerate(given):
        _check_person(person, f"passengers/{n}", problems)
        found = searched.get(person.get("id", ""))
        if found is None:
            problems.add("validation_inclusion", f"passengers/{n}/id", "is unknown")
            continue
        if not _fits(_day(person.get("born_on")), found, last_day):
            problems.add(
                "order_passengers_incompatible_with_offer",
                f"passengers/{n}/born_on",
                "does not fit the passenger's type or age in the offer",
            )
        _check_documents(person, offer, f"passengers/{n}", last_day, problems)
    if sorted(str(p.get("id")) for p in given) != sorted(searched):
        problems.add(
            "order_passengers_incompatible_with_offer",
            "passengers",
            "must be exactly those of the offer",
        )
    _check_infants(given, searched, problems)
    names = [(p.get("given_name"), p.get("family_name")) for p in given]
    if len(set(names)) < len(names):
        problems.add("duplicate_passenger_name", "passengers", "has one name twice")


def _check_person(person: dict[str, Any], at: str, problems: Problems) -> None:
    for field in _REQUIRED:
        if not person.get(field):
            problems.required(f"{at}/{field}")
        elif not isinstance(person[field], str):
            problems.add("validation_type", f"{at}/{field}", "must be a string")

    def wrong(field: str, rule: re.Pattern[str]) -> bool:
        value = person.get(field)
        return isinstance(value, str) and bool(value) and not rule.fullmatch(value)

    for field, options in (("title", _TITLES), ("gender", ("m", "f"))):
        if person.get(field) and person[field] not in options:
            problems.add("validation_inclusion", f"{at}/{field}", "is invalid")
    for field in ("given_name", "family_name"):
        if wrong(field, _NAME):
            problems.add("invalid_passenger_name", f"{at}/{field}", "is invalid")
    if wrong("phone_number", _E164):
        problems.add("invalid_phone_number", f"{at}/phone_number", "is invalid")
    if wrong("email", _EMAIL):
        problems.add("invalid_email_address", f"{at}/email", "is invalid")
    if person.get("born_on") and _day(person["born_on"]) is None:
        problems.add("validation_format", f"{at}/born_on", "must be a date")
    if "type" in person:
        problems.add("validation_inclusion", f"{at}/type", "is not accepted")


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _fits(born_on: date | None, searched: dict[str, Any], on: date) -> bool:
    """Compare with the age at the departure of the last slice."""
    if born_on is None:
        return True  # already reported as missing or malformed
    birthday_to_come = (on.month, on.day) < (born_on.month, born_on.day)
    age = on.year - born_on.year - birthday_to_come
    if searched["age"] is not None:
        return bool(age == searched["age"])
    kind = searched["type"] or "adult"
    low, high = {"infant_without_seat": (0, 1), "child": (2, 17)}.get(kind, (18, 130))
    return low <= age <= high


def _check_infants(
    given: list[dict[str, Any]], searched: dict[str, Any], problems: Problems
) -> None:
    infants = {
        key
        for key, one in searched.items()
        if percent_of_adult(one["type"], one["age"]) == 10
    }
    links = [
        person["infant_passenger_id"]
        for person in given
        if person.get("infant_passenger_id") and person.get("id") not in infants
    ]
    if sorted(map(str, links)) != sorted(infants):
        problems.add(
            "validation_inclusion",
            "passengers/infant_passenger_id",
            "must link each infant to one adult",
        )


def _check_documents(
    person: dict[str, Any],
    offer: dict[str, Any],
    at: str,
    last_day: date,
    problems: Problems,
) -> None:
    documents = person.get("identity_documents") or []
    if offer["passenger_identity_documents_required"] and not documents:
        problems.required(f"{at}/identity_documents")
    for n, document in enumerate(documents):
        where = f"{at}/identity_documents/{n}"
        if (
            document.get("type")
            not in (offer["supported_passenger_identity_document_types"])
        ):
            problems.add("validation_inclusion", f"{where}/type", "is not supported")
        if not document.get("unique_identifier"):
            problems.required(f"{where}/unique_identifier")
        if document.get("type") == "passport":
            if not document.get("issuing_country_code"):
                problems.required(f"{where}/issuing_country_code")
            expires = _day(document.get("expires_on"))
            if expires is None:
                problems.required(f"{where}/expires_on")
            elif expires < last_day:
                problems.add("validation_inclusion", f"{where}/expires_on", "is past")
