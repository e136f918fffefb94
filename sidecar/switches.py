"""``python -m sidecar flags``: the flags, and the kill switch.

For operators, not for the sidecar: the address is `SKYLATCH_OPERATOR_URL`, a login that
is a member of `skylatch_operator`. The sidecar's own role may switch nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sidecar.config import OperatorSettings, load
from sidecar.db import Database
from sidecar.errors import ConfigError, UntoldError
from sidecar.inspection import remedy
from sidecar.pool import Row, describe, reach

app = typer.Typer(help="See the flags; stop and allow booking.", no_args_is_help=True)
_PATIENCE_SECONDS = 5.0
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]


@contextmanager
def operator_database() -> Iterator[Database]:
    """Connect as an operator.

    Raises UntoldError, which says what is wrong with the address or the login.
    """
    try:
        address = load(OperatorSettings).operator_url.get_secret_value()
        reach(address, patience=_PATIENCE_SECONDS)
        with closing(Database(address, size=1, patience=_PATIENCE_SECONDS)) as database:
            yield database
    except ConfigError as error:
        raise UntoldError(str(error)) from error
    except psycopg.Error as error:
        reason = describe(error)
        what_to_do = remedy(
            error,
            login="a member of skylatch_operator",
            setting="host, port, database and login",
        )
        raise UntoldError(f"SKYLATCH_OPERATOR_URL: {reason}: {what_to_do}") from error


@app.command()
def show() -> None:
    """List every flag: what it serves now and why, and whether that stops booking.

    "serves" is asked for a traveller whom no rule names. "on" says only that targeting
    is on: a flag that is on may serve the value that stops booking.
    """
    with operator_database() as database:
        rows = database.flag_overview()
        serving = {row["flag"]: row for row in database.served_flags()}
        switch = database.pipeline_status()["kill_switch"]
    console = Console()
    if switch is None or switch["engaged"]:
        reason = switch["reason"] if switch else "its row is missing"
        console.print(f"kill switch: ENGAGED, {escape(reason)}", highlight=False)
    else:
        console.print("kill switch: released")
    table = Table(box=None)
    for name in ("flag", "serves", "why", "booking", "on"):
        # A narrow terminal breaks words, and cuts nothing off.
        table.add_column(name, overflow="fold")
    known = {row["flag"] for row in rows}
    for flag in (flag for flag in serving if flag not in known):
        table.add_row(flag, *_serves(serving[flag]), "not mirrored")
    for row in rows:
        on = "yes" if row["is_on"] else "no"
        table.add_row(row["flag"], *_serves(serving.get(row["flag"])), on)
    console.print(table)
    for row in rows:
        age = f"{row['age'].total_seconds():.0f} s" + (
            " STALE" if row["is_stale"] else ""
        )
        served = ", ".join(
            f"variation {one['variation']} {one['evaluations']} times ({one['reason']})"
            for one in row["served"]
        )
        console.print(
            f"{row['flag']}: version {row['version']}, generation {row['generation']},"
            f" read {age} ago; in seven days it served {served or 'nobody'}"
            + (f"; {row['problem']}" if row["problem"] else ""),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _serves(found: Row | None) -> tuple[str, str, str]:
    """Return what a flag serves, why, and what that means for booking."""
    if found is None:
        return "", "", ""
    means = "STOPPED" if found["stops_booking"] else "allowed"
    is_gate = found["is_gate"]
    return json.dumps(found["value"]), found["reason"], means if is_gate else ""


@app.command()
def audit() -> None:
    """List the flags to tidy up: expired, missing, or asked by nobody.

    The exit code is 1 when one is expired.
    """
    with operator_database() as database:
        rows = database.flag_audit()
    table = Table("flag", "owner", "problem", "what to do", box=None)
    for row in rows:
        table.add_row(
            row["flag"], row["owner"] or "", row["problem"], row["what_to_do"]
        )
    if rows:
        Console().print(table)
    else:
        Console().print("every flag is registered, mirrored, asked and in time")
    if any(row["problem"] == "EXPIRED" for row in rows):
        raise typer.Exit(1)


@app.command()
def stop(reason: Reason) -> None:
    """Engage the kill switch: no new booking begins, whatever LaunchDarkly says."""
    with operator_database() as database:
        database.set_kill_switch(engaged=True, reason=reason)
    Console().print("booking is stopped")


@app.command()
def allow(reason: Reason) -> None:
    """Release the kill switch; the flags decide again."""
    with operator_database() as database:
        database.set_kill_switch(engaged=False, reason=reason)
    Console().print("booking is allowed, where the flags allow it")
