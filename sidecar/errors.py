"""Every error the sidecar raises or translates.

    SkylatchError
    ├── SetupError             the stack or a deploy cannot go on; one line says why
    │   ├── EncodingError      the database is not UTF8
    │   ├── UntoldError        an operator asked, and the database did not say
    │   └── VersionError       the database is out of this sidecar's range
    ├── ConfigError            a setting is missing or wrong
    └── EngineError            the database refused, with a registered SQLSTATE
        ├── InvalidInput       SK0xx  the request is wrong: field and hint say how
        ├── Conflict           SK1xx  right request, wrong moment
        │   └── NotFound       SK104  no such trip
        ├── PipelineDisabled   SK201  switched off; the reason is in the detail
        ├── Busy               SK311  others' locks were in the way: try again
        └── EngineFault        SK3xx  a defect or a missing part of the installation

The codes are registered in `sql/errors.md`; a test keeps the two, and what the SQL
raises, the same.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

import psycopg


class SkylatchError(Exception):
    """Root of every error raised here."""


class SetupError(SkylatchError):
    """The local stack or a deploy cannot go on."""


class VersionError(SetupError):
    """Database and sidecar are too far apart in version; the text says what to do."""


class EncodingError(SetupError):
    """The database is not UTF8; the encoding is chosen when a database is created."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"the database's encoding is {encoding}, not UTF8, and cannot be changed:"
            " create another one (create database NAME encoding 'UTF8' template"
            " template0) and deploy to it"
        )


class UntoldError(SetupError):
    """An operator asked and the database did not say: it is away, or lets nobody in."""


class ConfigError(SkylatchError):
    """A setting is missing or wrong."""


class EngineError(SkylatchError):
    """The database refused a call, with a registered SQLSTATE.

    Attributes: `sqlstate`, `message`, `detail` (dict), `hint`, `field`.
    """

    http_status: ClassVar[int] = 500

    def __init__(self, error: psycopg.Error) -> None:
        diagnostics = error.diag
        self.sqlstate = error.sqlstate or "XX000"
        self.message = diagnostics.message_primary or str(error)
        self.hint = diagnostics.message_hint or ""
        self.field = diagnostics.column_name
        self.detail = _as_dict(diagnostics.message_detail)
        super().__init__(f"{self.sqlstate} {self.message}")

    def as_problem(self) -> dict[str, Any]:
        """Return the error as the JSON body an HTTP caller gets."""
        return {
            "code": self.sqlstate,
            "message": self.message,
            "field": self.field,
            "detail": self.detail,
            "hint": self.hint,
        }


class InvalidInput(EngineError):
    """The request is wrong; `field` and `hint` say where and what to do."""

    http_status = 400


class Conflict(EngineError):
    """The request is right but the trip is not in a state for it."""

    http_status = 409


class NotFound(Conflict):
    """There is no such trip for this caller."""

    http_status = 404


class PipelineDisabled(EngineError):
    """Automatic booking is switched off; `detail["reason"]` says why."""

    http_status = 503


class Busy(EngineError):
    """Others' locks were in the way; nothing was done, and the caller tries again."""

    http_status = 503

    @classmethod
    def of(cls, error: psycopg.Error) -> Busy:
        """Return the error for a caller whose statement gave up on a lock."""
        busy = cls(error)
        busy.detail = {"sqlstate": busy.sqlstate}
        busy.sqlstate = "SK311"
        busy.message = "others are at work on this: try again"
        busy.hint = "Nothing was changed. The same call can be made again at once."
        return busy


class EngineFault(EngineError):
    """A defect, or a part of the installation that is missing."""

    http_status = 500


SQLSTATES: dict[str, type[EngineError]] = {
    "SK001": InvalidInput,  # unknown airport
    "SK002": InvalidInput,  # date in the past
    "SK003": InvalidInput,  # return before departure
    "SK004": InvalidInput,  # price not positive, or too many decimals
    "SK005": InvalidInput,  # unknown currency
    "SK006": InvalidInput,  # consent missing
    "SK007": InvalidInput,  # no usable payment method
    "SK008": InvalidInput,  # passenger incomplete or unknown
    "SK009": InvalidInput,  # too many searches
    "SK010": InvalidInput,  # party not bookable
    "SK011": InvalidInput,  # trip has no owner
    "SK012": InvalidInput,  # unknown action
    "SK013": InvalidInput,  # wish cannot be met as stated
    "SK014": InvalidInput,  # not an exchange rate
    "SK016": InvalidInput,  # reason missing
    "SK017": InvalidInput,  # order id missing
    "SK018": InvalidInput,  # least refund out of range
    "SK020": InvalidInput,  # consent text not published
    "SK021": InvalidInput,  # price above the ceiling
    "SK022": InvalidInput,  # nobody is signed in, or claims that are none
    "SK023": InvalidInput,  # not a value of the setting
    "SK025": InvalidInput,  # a value too large
    "SK026": InvalidInput,  # no such wish
    "SK019": InvalidInput,  # not a correction of an airport or city
    "SK031": InvalidInput,  # not a value of the field
    "SK033": InvalidInput,  # no such user
    "SK101": Conflict,  # attempt in flight
    "SK102": Conflict,  # no eligible offer
    "SK103": Conflict,  # trip state forbids it
    "SK104": NotFound,
    "SK105": Conflict,  # attempt state forbids it
    "SK106": NotFound,  # no such booking
    "SK107": NotFound,  # no such case
    "SK108": Conflict,  # decision not possible now
    "SK109": Conflict,  # over the traveller's spending limit
    "SK110": Conflict,  # a passenger is on another flight then
    "SK114": Conflict,  # consent does not cover the trip
    "SK115": Conflict,  # over a spending ceiling
    "SK116": Conflict,  # exchange rate cannot be confirmed
    "SK112": Conflict,  # the offer is not for the trip's party
    "SK113": Conflict,  # too many bookings of the traveller failed
    "SK117": Conflict,  # as many trips or profiles as one may have
    "SK118": Conflict,  # asked for a moment ago
    "SK119": Conflict,  # a stop is released by an operator
    "SK111": Conflict,  # the offer's places are not the party's
    "SK120": Conflict,  # a proposal that is over
    "SK121": Conflict,  # nothing to veto
    "SK201": PipelineDisabled,
    "SK301": EngineFault,  # illegal transition
    "SK302": EngineFault,  # audit is append-only
    "SK305": EngineFault,  # flags not in LaunchDarkly's form
    "SK306": EngineFault,  # packages of another version in the server
    "SK307": EngineFault,  # report says what a sidecar may not say
    "SK310": EngineFault,  # nobody can stand in for this job
    "SK309": EngineFault,  # attempts are in flight
    "SK312": EngineFault,  # the installation has no name
    "SK313": EngineFault,  # a dry run, which catches it
    "SK308": EngineFault,  # trip is held by another transaction
    "SK311": Busy,
}


def translate(error: psycopg.Error) -> EngineError | psycopg.Error:
    """Return the registered exception for a database error, or the error itself."""
    kind = SQLSTATES.get(error.sqlstate or "")
    return kind(error) if kind else error


def _as_dict(detail: str | None) -> dict[str, Any]:
    if not detail:
        return {}
    try:
        parsed = json.loads(detail)
    except ValueError:
        return {"text": detail}
    return parsed if isinstance(parsed, dict) else {"value": parsed}
