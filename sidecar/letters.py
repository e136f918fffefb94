"""Letters to travellers: what `engine.send_email_request` returns, as an e-mail.

Text and HTML say the same, in the reader's language, without a picture, a script or a
link that reports; where a payment is to be confirmed, one leads to the application. A
booking brings a calendar file along. The words stand in
``letter_templates/<language>.toml``, the form in ``letter.html`` and ``letter.txt``.
"""

from __future__ import annotations

import re
import smtplib
import tomllib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime as mail_date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_datetime, get_timezone_location
from babel.numbers import format_currency
from icalendar import Calendar, Event
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from sidecar.mail import MailServer
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer

_log = structlog.get_logger()
Row = dict[str, Any]
_ADDRESS = re.compile(
    r"[^\s,;:<>()\x00-\x1f\x7f@]{1,64}@[^\s,;:<>()\x00-\x1f\x7f@]{1,255}"
)
_HERE = Path(__file__).parent / "letter_templates"
_WORDS: dict[str, Row] = {
    path.stem: tomllib.loads(path.read_text()) for path in _HERE.glob("*.toml")
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# The calendar file of these kinds replaces the one of the booking before.
_CALENDARS = {
    "booking.confirmed": "CONFIRMED",
    "booking.changed": "CONFIRMED",
    "booking.cancelled": "CANCELLED",
}
_ENDS = ("origins", "destinations")
_PENALTIES = {"refundable": "refund_penalty", "changeable": "change_penalty"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and whom a reader may ask."""

    address: str
    support: str | None = None


class Letters:
    """Sends letters through one mail server."""

    def __init__(self, server: MailServer, sender: Sender) -> None:
        self._server = server
        self._sender = sender

    def send(self, request: dict[str, Any], _key: str) -> Answer:
        """Send one letter; the answer's status is the mail server's reply.

        A reply about the one address or the one message is its answer. Any other
        failure is ours or the server's: the letter is sent later.
        """
        # One address, as a platform keeps it: a list or a line break is none.
        if not _ADDRESS.fullmatch(request["to"]):
            return _reply(553)
        message = build_letter(request, self._sender)
        try:
            self._server.send(message)
        except smtplib.SMTPRecipientsRefused as error:
            return _reply(next(iter(error.recipients.values()))[0])
        except smtplib.SMTPDataError as error:
            return _reply(error.smtp_code)
        except smtplib.SMTPNotSupportedError:
            # The server takes no address in other letters than ASCII's.
            return _reply(553)
        except smtplib.SMTPServerDisconnected:
            return NO_ANSWER
        except (OSError, smtplib.SMTPException) as error:
            # Its text may name the address.
            _log.warning("mail.failed", error=type(error).__name__)
            return NOT_SENT
        return Answer(http_status=250, body={})


def _reply(code: int) -> Answer:
    return Answer(http_status=code if 200 <= code < 600 else 500, body={})


def build_letter(request: Row, sender: Sender) -> EmailMessage:
    """Return the message of one request, ready to be sent."""
    writer = _Writer(request)
    context = writer.context(sender)
    message = EmailMessage()
    message["Subject"] = context["subject"]
    message["From"], message["To"] = sender.address, request["to"]
    message["Date"] = mail_date(writer.at)
    # The same at every try: mail programs show one of two with the same id.
    domain = sender.address.rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{request['message_id']}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = writer.language
    message.set_content(_TEMPLATES.get_template("letter.txt").render(context))
    message.add_alternative(
        _TEMPLATES.get_template("letter.html").render(context), subtype="html"
    )
    status = _CALENDARS.get(request["kind"])
    if status is not None and request["booking"] is not None:
        message.add_attachment(
            build_calendar(request, status=status),
            maintype="text",
            subtype="calendar",
            filename="flights.ics",
        )
    return message


def build_calendar(request: Row, *, status: str) -> bytes:
    """Return the flights of a booking as a calendar file, in the airports' zones."""
    booking = request["booking"]
    calendar = Calendar()
    calendar.add("prodid", "-//Skylatch//flights//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if status == "CANCELLED" else "PUBLISH")
    at = datetime.fromisoformat(request["at"])
    for number, segment in enumerate(_segments(booking), start=1):
        event = Event()
        event.add("uid", f"{booking['order_id']}-{number}@skylatch")
        event.add("sequence", int(at.timestamp()))
        event.add("dtstamp", at)
        event.add("status", status)
        event.add(
            "summary",
            f"{segment['carrier']}{segment['flight_number']}"
            f" {segment['origin']} - {segment['destination']}",
        )
        event.add("location", segment["origin"])
        event.add("description", booking["reference"])
        zones = booking["zones"] or {}
        for name, key, place in (
            ("dtstart", "departing_at", "origin"),
            ("dtend", "arriving_at", "destination"),
        ):
            zone = zones.get(segment[place])
            moment = datetime.fromisoformat(segment[key])
            # Without a known zone it is that of whoever looks, as a calendar has it.
            event.add(name, moment.replace(tzinfo=ZoneInfo(zone)) if zone else moment)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    made: bytes = calendar.to_ical()
    return made


def _segments(booking: Row) -> list[Row]:
    return [one for each in booking["slices"] or [] for one in each["segments"]]


class _Writer:
    """Says the parts of one letter in its reader's language."""

    def __init__(self, request: Row) -> None:
        self._request = request
        self.language = request["language"] if request["language"] in _WORDS else "en"
        self._words = _WORDS[self.language]
        self._zone = ZoneInfo(request["time_zone"])
        self.at = datetime.fromisoformat(request["at"])

    def context(self, sender: Sender) -> Row:
        """Return everything that the templates name."""
        facts, booking = self._request["facts"], self._request["booking"]
        said = self._words["kinds"][self._request["kind"]]
        values = self._values(facts, booking)
        return {
            "language": self.language,
            "label": self._words["labels"],
            "subject": said["subject"].format_map(values),
            "headline": said["headline"].format_map(values),
            "text": said["text"].format_map(values).strip(),
            "reason": facts.get("reason"),
            "link": facts.get("link"),
            "rows": self._rows(facts, booking),
            "slices": self._slices(booking),
            "passengers": (booking or {}).get("passengers") or [],
            "conditions": self._conditions(booking),
            "support": sender.support,
            "reference": (booking or {}).get("reference"),
            "message_id": self._request["message_id"],
            "trip_id": self._request["trip_id"],
            "sent_at": self._moment(self.at, self._zone),
        }

    def _values(self, facts: Row, booking: Row | None) -> Row:
        """Return what the sentences of the words' file may name."""
        return {
            "route": "-".join("/".join(facts[one]) for one in _ENDS),
            "price": self._money(facts.get("price"), facts.get("currency")),
            "before": self._money(facts.get("before"), facts.get("currency"))
            if isinstance(facts.get("before"), str)
            else "",
            "missing": self._money(facts.get("missing"), facts.get("currency")),
            "limit": self._money(facts.get("limit"), facts.get("limit_currency")),
            "refund": self._money(facts.get("refund"), facts.get("currency")),
            "airline": facts.get("airline") or (booking or {}).get("airline") or "",
            "reference": (booking or {}).get("reference") or "",
            "until": facts.get("departure_to") or "",
            "answer_by": self._stated(facts.get("answer_by")),
            "books_at": self._stated(facts.get("books_at")),
            "deadline": self._stated(facts.get("deadline")),
            "card": f"{facts.get('brand', '')} …{facts.get('last4', '')}",
            "expires": f"{facts.get('month', '')}/{facts.get('year', '')}",
        }

    def _money(self, amount: str | None, currency: str | None) -> str:
        if amount is None or currency is None:
            return ""
        return str(format_currency(Decimal(amount), currency, locale=self.language))

    def _moment(self, moment: datetime, zone: ZoneInfo) -> str:
        local = moment.astimezone(zone)
        place = get_timezone_location(zone, locale=self.language, return_city=True)
        return f"{self._clock(local)} ({place})"

    def _stated(self, moment: str | None) -> str:
        return (
            self._moment(datetime.fromisoformat(moment), self._zone) if moment else ""
        )

    def _clock(self, local: datetime) -> str:
        form = "EEE d MMM yyyy, HH:mm"
        return str(format_datetime(local, form, locale=self.language))

    def _rows(self, facts: Row, booking: Row | None) -> list[tuple[str, str]]:
        """Return the amounts, each with its label."""
        label = self._words["labels"]
        held = booking or {}
        found = [
            (label["reference"], held.get("reference")),
            (label["airline"], held.get("airline") or facts.get("airline")),
            (label["fare"], self._money(held.get("fare"), held.get("fare_currency"))),
            (
                label["taxes"],
                self._money(held.get("taxes"), held.get("taxes_currency")),
            ),
            (label["price"], self._money(facts.get("price"), facts.get("currency"))),
            (label["refund"], self._money(facts.get("refund"), facts.get("currency"))),
            (
                label["limit"],
                "" if held else self._money(facts["limit"], facts["limit_currency"]),
            ),
        ]
        return [(name, value) for name, value in found if value]

    def _slices(self, booking: Row | None) -> list[list[Row]]:
        return [
            [
                {
                    "flight": f"{one['carrier']} {one['flight_number']}",
                    "origin": one["origin"],
                    "destination": one["destination"],
                    "departs": self._clock(datetime.fromisoformat(one["departing_at"])),
                    "arrives": self._clock(datetime.fromisoformat(one["arriving_at"])),
                }
                for one in each["segments"]
            ]
            for each in (booking or {}).get("slices") or []
        ]

    def _conditions(self, booking: Row | None) -> list[str]:
        if booking is None:
            return []
        words = self._words["conditions"]
        said = []
        for name, penalty in _PENALTIES.items():
            value = booking[name]
            amount = self._money(booking[penalty], booking[f"{penalty}_currency"])
            which = {True: "yes", False: "no", None: "unknown"}[value]
            if which == "yes" and amount:
                which = "penalty"
            said.append(words[f"{name}_{which}"].format(penalty=amount))
        if booking["carry_on_bags"] is not None:
            said.append(
                words["bags"].format(
                    carry_on=booking["carry_on_bags"], checked=booking["checked_bags"]
                )
            )
        return said
