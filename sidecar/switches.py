"""``python -m sidecar flags``: what the flags are, and the kill switch.

For operators, not for the sidecar: the address is `SKYLATCH_OPERATOR_URL`, a login that
is a member of `skylatch_operator`. The sidecar's own role may switch nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from sidecar.config import OperatorSettings, load
from sidecar.db import Database
from sidecar.errors import SetupError

app = typer.Typer(help="See the flags; stop and allow booking.", no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]


@contextmanager
def operator_database() -> Iterator[Database]:
    """Connect as an operator; say what is wrong with the address if that fails."""
    database = Database(
        load(OperatorSettings).operator_url.get_secret_value(), size=1, patience=5
    )
    try:
        yield database
    except psycopg.Error as error:
        reason = database.explain(error)
        raise SetupError(f"SKYLATCH_OPERATOR_URL: {reason}") from error
    finally:
        database.close()


@app.command()
def show() -> None:
    """List every flag: evaluated (on) or not, its age, the variations it served."""
    with operator_database() as database:
        rows = database.flag_overview()
    table = Table(box=None)
    table.add_column("flag", no_wrap=True)
    for name in ("on", "version", "generation", "age", "served", "problem"):
        table.add_column(name)
    for row in rows:
        served = ", ".join(
            f"{one['reason']} {one['variation']}: {one['evaluations']}"
            for one in row["served"]
        )
        age = f"{row['age'].total_seconds():.0f} s" + (
            " STALE" if row["is_stale"] else ""
        )
        table.add_row(
            row["flag"],
            "yes" if row["is_on"] else "no",
            str(row["version"]),
            str(row["generation"]),
            age,
            served,
            row["problem"] or "",
        )
    Console().print(table)


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
