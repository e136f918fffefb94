"""The command line: ``python -m sidecar deploy|run|check|flags|…``."""

from __future__ import annotations

from sidecar import interrupts

if __name__ == "__main__":
    # Before the imports below, which take a second.
    interrupts.end_at_once()

import threading
from typing import Annotated
from uuid import UUID

import psycopg
import typer
from rich.console import Console

from sidecar import (
    __version__,
    checks,
    config,
    endings,
    overviews,
    processes,
    reporting,
    status_report,
    telemetry,
    trace_report,
)
from sidecar.db import Database
from sidecar.errors import SetupError
from sidecar.pool import describe
from sidecar.redaction import one_line
from sidecar.switches import app as flags_app
from sidecar.switches import operator_database

app = typer.Typer(
    help="Skylatch's hands: outward calls, callbacks, and the local stack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(flags_app, name="flags")


def _begin() -> None:
    """Set up logs as for a program that nobody watches, and report its defects."""
    telemetry.configure()
    reporting.attach()


@app.command()
def run() -> None:
    """Run worker, flag mirror and HTTP endpoint in one process, until SIGTERM."""
    _begin()
    processes.run(config.load(config.RunSettings))


@app.command()
def work() -> None:
    """Make the outward calls that Postgres asks for, until SIGTERM."""
    _begin()
    processes.work(config.load(config.WorkSettings))


@app.command()
def serve() -> None:
    """Serve the HTTP endpoint."""
    _begin()
    processes.serve(config.load(config.ServeSettings))


@app.command()
def courier() -> None:
    """Deliver messages to travellers and applications, until SIGTERM."""
    _begin()
    processes.courier(config.load(config.MessageSettings))


@app.command()
def webhook_secret(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's name.")],
    number: Annotated[
        int, typer.Argument(min=1, help="Its secret_no, one more after each rotation.")
    ] = 1,
) -> None:
    """Print the secret with which an application verifies our webhooks."""
    from sidecar.app_webhooks import secret_of  # noqa: PLC0415 - only this command

    key = config.load(config.WebhookKeySettings).webhook_key
    typer.echo(secret_of(key.get_secret_value(), endpoint, number))


@app.command()
def trace(
    found_by: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Of a trace, trip, attempt, booking, order or payment."
        ),
    ],
) -> None:
    """Print what happened under one id, as a tree (operators).

    The id is a trace's, a trip's, an attempt's or a booking's, or what Duffel calls
    the order (ord_…) and Stripe the payment (pi_…). Such ids are in log lines, in what
    `cases` and `bookings` list, and in both providers' metadata. Times are UTC.
    """
    with operator_database() as database:
        try:
            ours: UUID | None = UUID(found_by)
        except ValueError:
            ours = database.story_id(found_by)
        rows = database.trace_story(ours) if ours else []
    if not rows:
        raise SetupError(
            "no trace, trip, attempt, booking, order or payment has the id"
            f" {one_line(found_by)}"
        )
    for line in trace_report.lines(rows):
        typer.echo(line)


@app.command()
def check() -> None:
    """Check settings, database, providers and Redis; say what to fix."""
    if not checks.run(Console()):
        raise typer.Exit(1)


@app.command()
def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="As the database says it, for programs.")
    ] = False,
) -> None:
    """Say in ten lines whether booking is on, and why.

    Exit code 0: all is well. 1: booking is off, or something is open. 2: the database
    did not say.
    """
    raise typer.Exit(status_report.run(Console(), as_json=as_json))


@app.command()
def alert_relay() -> None:
    """Send what an operator should look at to chat and e-mail, until SIGTERM."""
    from sidecar.alert_relay import build_relay  # noqa: PLC0415 - only this command

    _begin()
    settings = config.load(config.RelaySettings)
    # This pool reconnects soon: the relay itself says how long the database is away.
    database = Database(settings.watch_url.get_secret_value(), size=1)
    relay = build_relay(settings, database)
    stopping = threading.Event()

    processes.on_stop(stopping.set)
    try:
        relay.run(stopping)
    finally:
        database.close()


@app.command()
def deploy(
    dsn: Annotated[
        str,
        typer.Option(
            help="Superuser's connection string; a password belongs in PGPASSWORD."
        ),
    ],
    cron: Annotated[
        bool, typer.Option(help="Schedule the jobs with pg_cron, or leave it alone.")
    ] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Look only; change nothing.")
    ] = False,
    schema: Annotated[
        str, typer.Option(help="Only public; any other is refused, with the reason.")
    ] = "public",
) -> None:
    """Bring a database to this version, after checking everything first."""
    # Only this command needs them.
    from sidecar import deploy_checks, deploy_report  # noqa: PLC0415
    from sidecar.deploy import deploy as deploy_database  # noqa: PLC0415

    def say(line: str) -> None:
        Console().print(line, markup=False, highlight=False, soft_wrap=True)

    found = deploy_checks.look(dsn, cron=cron, schema=schema)
    deploy_report.say_found(found, say)
    if found.stops:
        deploy_report.say_refused(found.findings, say)
        raise typer.Exit(1)
    if check:
        say("✓ a deploy may begin; nothing was changed")
        return
    before = found.require()
    try:
        deploy_database(dsn, cron=cron, found=found)
        deploy_report.say_done(before, dsn, say, cron=cron)
    except psycopg.Error as error:
        raise SetupError(f"{describe(error)}: deploy again") from error


@app.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def local(
    arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """The local stack of a checkout: `local --help` says more."""
    try:
        # Not for production: neither the wheel nor the image has it.
        from sidecar.local.commands import app as local_app  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SetupError(
            "the local stack is a checkout's: there is none here"
        ) from None
    code = local_app(
        arguments or [], prog_name="python -m sidecar local", standalone_mode=False
    )
    raise typer.Exit(code or 0)


for listing in overviews.COMMANDS:
    app.command()(listing)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.")
    ] = False,
) -> None:
    """Skylatch's hands: outward calls, callbacks, and the local stack."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    command = context.invoked_subcommand or ""
    if command not in _OF_DEVELOPERS:
        reporting.start(command)


# The local stack runs beside the sidecar's programs, which report for themselves.
_OF_DEVELOPERS = {"", "local"}


def main_program() -> None:
    """Run the command line; an expected error is one line, not a traceback."""
    telemetry.keep_quiet()
    endings.run(lambda: app(standalone_mode=False), reporting.report)


if __name__ == "__main__":
    main_program()
