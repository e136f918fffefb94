"""``python -m sidecar trips|offers|bookings|deliveries|cases|alerts``: what there is.

They print what the database tells operators, in which no person is named. `cases` and
`alerts` are for monitors too: their exit code says whether anything is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer
from rich.cells import cell_len
from rich.console import Console

from sidecar.alerts import page_of
from sidecar.amounts import money
from sidecar.config import StatusSettings, load
from sidecar.db import Database
from sidecar.endings import OPEN, UNKNOWN, WELL
from sidecar.errors import SetupError, SkylatchError
from sidecar.pool import describe, reach
from sidecar.redaction import one_line
from sidecar.status_report import span
from sidecar.statuses import BookingStatus, DeliveryState, TripStatus, one_of
from sidecar.switches import operator_database

Row = dict[str, Any]
# A line of a table, and the lines below it that belong to it.
Line = tuple[Sequence[str], Sequence[str]]

_PATIENCE_SECONDS = 5.0
_WIDEST_ROUTE = 12
Limit = Annotated[
    int, typer.Option(min=1, max=10_000, help="How many there are at most.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="As the database says it, for programs.")
]


def trips(
    status: Annotated[TripStatus | None, one_of(TripStatus)] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List trips and what each waits for, those that changed last first (operators)."""
    with operator_database() as database:
        rows = database.trip_overview(status, limit)
    heads = ("trip", "status", "route", "limit")
    _print("trips", rows, table(heads, map(_trip, rows)), as_json=as_json, limit=limit)


def offers(
    trip_id: Annotated[UUID, typer.Argument(help="Of a trip, as `trips` lists it.")],
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List a trip's offers, best first, and why each other does not fit (operators)."""
    with operator_database() as database:
        rows = database.offer_overview(trip_id, limit)
    heads = ("rank", "price", "by", "leaves", "takes", "stops", "offer")
    lines = table(heads, map(_offer, rows))
    _print("offers", rows, lines, as_json=as_json, limit=limit)


def bookings(
    status: Annotated[BookingStatus | None, one_of(BookingStatus)] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List bookings and what became of each, the newest first (operators)."""
    with operator_database() as database:
        rows = database.booking_overview(status, limit)
    heads = ("trip", "status", "route", "price")
    lines = table(heads, map(_booking, rows))
    _print("bookings", rows, lines, as_json=as_json, limit=limit)


def deliveries(
    status: Annotated[DeliveryState | None, one_of(DeliveryState)] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List messages and what became of each, the newest first (operators)."""
    with operator_database() as database:
        rows = database.delivery_overview(status, limit)
    heads = ("delivery", "kind", "by", "state", "tries")
    lines = table(heads, map(_delivery, rows))
    _print("deliveries", rows, lines, as_json=as_json, limit=limit)


def cases(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what waits for a person, oldest first (operators); the exit code says it.

    0: nothing waits. 1: something does. 2: it cannot be told.
    """

    def ask() -> list[Row]:
        with operator_database() as database:
            return database.review_queue()[:limit]

    heads = ("case", "kind", "age", "state", "amount")
    _watch("cases", ask, lambda rows: table(heads, map(_case, rows)), as_json, limit)


def alerts(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what somebody should look at now; the exit code says it.

    0: nothing is open. 1: something is. 2: it cannot be told.
    """

    def ask() -> list[Row]:
        address = load(StatusSettings).address
        try:
            reach(address, patience=_PATIENCE_SECONDS)
            with closing(
                Database(address, size=1, patience=_PATIENCE_SECONDS)
            ) as database:
                rows = database.watch_alerts()
        except psycopg.Error as error:
            raise SetupError(describe(error)) from error
        return sorted(rows, key=lambda row: row["since"])[:limit]

    heads = ("alert", "since", "subject")
    _watch("alerts", ask, lambda rows: table(heads, map(_alert, rows)), as_json, limit)


COMMANDS = (trips, offers, bookings, deliveries, cases, alerts)


def table(heads: Sequence[str], lines: Iterator[Line]) -> Iterator[str]:
    """Return lines of text with their cells below each other, and notes below each.

    What somebody wrote makes no line of its own and moves no cursor.
    """
    found = [([one_line(cell) for cell in cells], notes) for cells, notes in lines]
    rows = [list(heads), *(cells for cells, _ in found)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for cells, notes in [(list(heads), ()), *found]:
        padded = (
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(cells, widths, strict=True)
        )
        yield "  ".join(padded).rstrip()
        yield from (f"    {one_line(note)}" for note in notes if note)


def _trip(row: Row) -> Line:
    days = f"leaves {_days(row['departure_from'], row['departure_to'])}"
    if row["return_from"]:
        days += f", back {_days(row['return_from'], row['return_to'])}"
    own = "" if row["auto_book_enabled"] else "; not booked by itself"
    cells = (
        str(row["trip_id"]),
        row["status"],
        _route(row),
        money(row["max_price"], row["currency"]),
    )
    return cells, (f"{days}{own}", row["reason"] or "")


def _offer(row: Row) -> Line:
    minutes = int(row["duration"].total_seconds()) // 60
    cells = (
        str(row["rank"] or "-"),
        money(row["price_amount"], row["price_currency"]),
        row["airline"],
        _local(row["departs_local"]),
        f"{minutes // 60}h{minutes % 60:02}",
        str(row["connections"]),
        row["offer_id"],
    )
    said = [] if row["status"] == "ACTIVE" else [row["status"].lower()]
    return cells, ("; ".join([*said, *row["why_not"]]),)


def _booking(row: Row) -> Line:
    cells = (
        str(row["trip_id"]),
        row["status"],
        _route(row),
        money(row["price"], row["currency"]),
    )
    booked = f"booked {row['booked_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    flight = f"{row['airline'] or 'a flight'} leaves {_local(row['departs_local'])}"
    refund = (
        f"refunded {money(row['refund_amount'], row['currency'])}"
        if row["refund_amount"]
        else ""
    )
    told = "; ".join(filter(None, (booked, flight, f"order {row['order_id']}", refund)))
    return cells, (told, row["attention"] or "")


def _delivery(row: Row) -> Line:
    cells = (
        str(row["delivery_id"]),
        row["kind"],
        row["endpoint"] or row["channel"].lower(),
        row["state"],
        str(row["tries"]),
    )
    at = row["settled_at"] or row["next_try_at"]
    when = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""
    told = {"OPEN": "is tried again", "DELIVERED": "arrived"}.get(row["state"], "over")
    trip = f"trip {row['trip_id']}" if row["trip_id"] else ""
    said = (f"{told} {when}".strip(), row["problem"], trip)
    return cells, ("; ".join(filter(None, said)),)


def _case(row: Row) -> Line:
    amount = row["captured_amount"] or row["agreed_amount"]
    cells = (
        str(row["case_id"]),
        row["kind"],
        span(row["age"].total_seconds()),
        row["attempt_state"] or row["trip_status"] or "-",
        money(amount, row["currency"]) if amount else "-",
    )
    possible = [one["action"] for one in row["actions"] if "not_now" not in one]
    trip = str(row["trip_request_id"] or "")
    # Of a broken promise it is the promise and the row, which no other column names.
    subject = row["object_id"] if row["object_id"] != trip else ""
    may = f"may: {', '.join(possible)}" if possible else ""
    last = "; ".join(filter(None, (trip and f"trip {trip}", may)))
    return cells, (row["summary"], subject, last)


def _alert(row: Row) -> Line:
    since = span((datetime.now(UTC) - row["since"]).total_seconds())
    cells = (row["kind"], f"{since} ago", row["subject"])
    return cells, (row["detail"], page_of(row["kind"]))


def _watch(
    name: str,
    ask: Callable[[], list[Row]],
    lines: Callable[[list[Row]], Iterator[str]],
    as_json: bool,
    limit: int,
) -> None:
    try:
        rows = ask()
    except SkylatchError as error:
        said = json.dumps({"well": None, "unknown": str(error)})
        _say([said if as_json else f"{name} UNKNOWN: {error}"])
        raise typer.Exit(UNKNOWN) from None
    well = not rows
    _print(name, rows, lines(rows), as_json=as_json, limit=limit, well=well)
    raise typer.Exit(WELL if well else OPEN)


def _print(
    name: str,
    rows: list[Row],
    lines: Iterator[str],
    *,
    as_json: bool,
    limit: int,
    **more: bool,
) -> None:
    if as_json:
        _say([json.dumps({**more, name: rows}, default=_plain)])
        return
    if not rows:
        _say([f"no {name}"])
        return
    full = [f"{limit} are shown: --limit shows more"] if len(rows) == limit else []
    _say([*lines, *full])


def _say(lines: list[str]) -> None:
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, date) else str(value)


def _local(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def _days(first: date, last: date | None) -> str:
    return f"{first}" if last in (None, first) else f"{first} to {last}"


def _route(row: Row) -> str:
    route = f"{','.join(row['origins'])}-{','.join(row['destinations'])}"
    return route if len(route) <= _WIDEST_ROUTE else route[: _WIDEST_ROUTE - 1] + "…"
