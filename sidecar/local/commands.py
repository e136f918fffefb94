"""`python -m sidecar local …`: the commands behind `make up`, `make psql`, …"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from sidecar import endings, status_report
from sidecar.deploy import deploy as deploy_database
from sidecar.errors import SetupError, SkylatchError
from sidecar.local import containers, diagram, plpython, snapshot
from sidecar.local.application import describe, environment, load_door
from sidecar.local.demo import Demo
from sidecar.local.packages import ensure_installed, find_installation
from sidecar.local.places import CHECKOUT, default_places
from sidecar.local.settings import DATABASE
from sidecar.local.stack import PROGRAMS, Stack, database_is_up
from sidecar.local.throwaway import throwaway_cluster

app = typer.Typer(
    help="The local stack: a private PostgreSQL, Redis, the sandbox and the sidecar.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_progress = Console(stderr=True, highlight=False)
Recordings = Annotated[
    Path | None, typer.Option(help="Directory of recorded Duffel responses to replay.")
]


def _say(message: str) -> None:
    _progress.print(f"· {message}", markup=False, soft_wrap=True)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an expected failure into one line and exit code 1, without a traceback."""
    try:
        yield
    except psycopg.OperationalError as error:
        reason = f"the database does not answer: {str(error).strip()}; run: make up"
    except SkylatchError as error:
        reason = str(error)
    except OSError as error:
        line = endings.told(error)
        if line is None:
            raise
        # A full disk names no file.
        reason = line if error.filename else f"{line}: {default_places().state}"
    else:
        return
    print(f"error: {reason}", file=sys.stderr)
    raise typer.Exit(1)


def _stack() -> Stack:
    return Stack(default_places(), _say)


def _replay(recordings: Path | None) -> None:
    """Let the stack's settings name the recordings, and start the sandbox again."""
    if recordings is None:
        return
    if not recordings.is_dir():
        raise SetupError(f"--recordings {recordings} is not a directory")
    os.environ["SKYLATCH_RECORDINGS"] = str(recordings.resolve())


@app.command()
def install(
    for_tests: Annotated[
        bool, typer.Option(help="Also what only the tests use: a pooler.")
    ] = False,
) -> None:
    """Install the system packages and the plpython package."""
    with one_line_errors():
        found = ensure_installed(_say, for_tests=for_tests)
        plpython.install_plpython()
        _say(f"PostgreSQL {found.major} and its extensions are installed")


@app.command()
def up(
    only_database: Annotated[
        bool, typer.Option(help="Start PostgreSQL only, without Redis and programs.")
    ] = False,
    recordings: Recordings = None,
) -> None:
    """Start everything that is not running and apply this version of the schema."""
    with one_line_errors():
        _replay(recordings)
        stack = _stack()
        settings = stack.up(only_database=only_database)
        card = describe(
            load_door(stack.places), settings, stack.places, "Skylatch is up."
        )
    print("the database is up" if only_database else card)


@app.command(name="app")
def show_card(
    env: Annotated[
        bool, typer.Option("--env", help="As variables, for a shell's `eval`.")
    ] = False,
) -> None:
    """Show how an application connects, and the statements of a first trip."""
    with one_line_errors():
        stack = _stack()
        settings = stack.settings()
        door = load_door(stack.places)
        runs = all(state == "RUNNING" for state in stack.states().values())
    if not env:
        heading = (
            "Skylatch is up." if runs else "Not all of it runs: make up starts it."
        )
        print(describe(door, settings, stack.places, heading))
        return
    for key, value in environment(door, settings).items():
        print(f"export {key}={shlex.quote(value)}")


def _kept_letters(directory: Path) -> list[EmailMessage]:
    """Return what the mail catcher took, the oldest first."""
    if not directory.exists():
        return []

    parser = BytesParser(EmailMessage, policy=policy.default)
    found = [
        parser.parsebytes(path.read_bytes()) for path in (directory / "new").iterdir()
    ]
    return sorted(found, key=lambda letter: letter["Date"].datetime)


@app.command()
def letters(
    count: Annotated[int, typer.Option(min=1, help="So many, the newest last.")] = 1,
) -> None:
    """Print the newest letters that the mail catcher holds, as text."""
    with one_line_errors():
        kept = _kept_letters(_stack().places.mail)
    for letter in kept[-count:]:
        body = letter.get_body(("plain",))
        print(f"To: {letter['To']}\nSubject: {letter['Subject']}\n")
        print(body.get_content() if body else "", end="\n\n")
    if not kept:
        print("no letter yet")


@app.command()
def down() -> None:
    """Stop everything; the data stays."""
    with one_line_errors():
        _say("stopped" if _stack().down() else "nothing was running")


@app.command()
def status() -> None:
    """Show what runs, and whether booking is on, and why.

    The exit code is that of `sidecar status`: 0 when all is well, 1 when booking is
    off, something is open or a program does not run, 2 when the database did not say.
    """
    with one_line_errors():
        stack = _stack()
        states = stack.states()
        is_up = states["postgres"] == "RUNNING"
        dsn = stack.cluster().dsn(DATABASE, "skylatch_watch") if is_up else None
    table = Table("program", "state", box=None)
    for name in PROGRAMS:
        table.add_row(name, states[name].lower())
    Console().print(table)
    Console().print(
        f"data in {stack.places.state}, logs in {stack.places.logs}", soft_wrap=True
    )
    if dsn is None:
        why = "the database does not run; make up starts what is down"
        code = status_report.unknown(Console(), why)
    else:
        code = status_report.show(dsn, Console())
    is_all_up = all(state == "RUNNING" for state in states.values())
    raise typer.Exit(code or (endings.WELL if is_all_up else endings.OPEN))


@app.command()
def demo(recordings: Recordings = None) -> None:
    """Book six trips with six endings, check them, and stop what was started."""
    with one_line_errors():
        _replay(recordings)
        stack = _stack()
        running = {name for name, state in stack.states().items() if state == "RUNNING"}
        console = Console(highlight=False)
        try:
            settings = stack.up()
            ended_well = Demo(
                settings, lambda role: stack.cluster().dsn(DATABASE, role), console
            ).play()
        finally:
            stack.down_to(running)
        console.print(
            "\nLook further: [bold]make psql[/], then [bold]table "
            f"auto_book_monitor_status;[/]\nLogs: {stack.places.logs}\n"
            "[bold]make up[/] leaves everything running.",
            soft_wrap=True,
        )
    if not ended_well:
        raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": True})
def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Passed on to psql.")
    ] = None,
    role: Annotated[str, typer.Option(help="Role to connect as.")] = "postgres",
) -> None:
    """Open psql on the stack's database, starting it when it is down."""
    with one_line_errors():
        stack = _stack()
        if not stack.places.exists() or not database_is_up(stack.cluster()):
            stack.up(only_database=True)
        dsn = stack.cluster().dsn(DATABASE, role)
    sys.stdout.flush()
    os.execvp("psql", ["psql", f"--dbname={dsn}", *(arguments or [])])  # noqa: S606, S607


@app.command()
def env() -> None:
    """Print the stack's settings, secrets included, for a shell's `eval`."""
    with one_line_errors():
        stack = _stack()
        # The operator's address is not among the settings, which the sidecar's programs
        # may know.
        values = stack.settings().values | {
            "SKYLATCH_OPERATOR_URL": stack.cluster().dsn(DATABASE)
        }
    for key, value in values.items():
        print(f"export {key}={shlex.quote(value)}")


@app.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def fault(
    arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Set, show and clear faults of the stack's sandboxes: `fault --help` says more."""
    with one_line_errors():
        settings = _stack().settings().values
    # Where the tests are, whose the sandboxes are.
    os.chdir(CHECKOUT)
    command = [sys.executable, "-m", "tests.sandbox", "fault", *(arguments or [])]
    os.execve(sys.executable, command, {**os.environ, **settings})  # noqa: S606


@app.command()
def secrets(
    directory: Annotated[
        Path, typer.Argument(help="Directory that `docker-compose.yml` reads.")
    ] = CHECKOUT / "secrets",
) -> None:
    """Make the containers' secrets, one file each; existing secrets stay."""
    with one_line_errors():
        made = containers.write_secrets(directory)
        _say(f"{directory}: " + (f"made {', '.join(made)}" if made else "complete"))


@app.command(hidden=True)
def server_image(config: Path) -> None:
    """Prepare a container's server: the plpython package, and its settings."""
    with one_line_errors():
        plpython.install_plpython()
        config.write_text(containers.server_settings(find_installation()))


@app.command()
def schema() -> None:
    """Regenerate sql/tables.sql, sql/grants.txt and the saga's drawing."""
    with one_line_errors():
        installation = ensure_installed(_say)
        plpython.install_plpython()
        sql = CHECKOUT / "sql"
        readme = sql / "README.md"
        with throwaway_cluster(installation, cron_database="postgres") as cluster:
            cluster.create_database(DATABASE)
            deploy_database(cluster.dsn(DATABASE), cron=False)
            dsn = cluster.dsn(DATABASE)
            changed = snapshot.write_snapshots(installation, dsn, sql)
            if diagram.write_saga(dsn, readme):
                changed.append(readme)
    for written in changed:
        _say(f"{written} rewritten")
    if not changed:
        _say("all of them were up to date")


@app.command()
def destroy(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop everything and remove the state directory with all its data."""
    with one_line_errors():
        stack = _stack()
        if not stack.places.exists():
            raise SetupError(f"there is nothing at {stack.places.state}")
        if not yes:
            typer.confirm(f"Remove {stack.places.state} and all its data?", abort=True)
        stack.destroy()
        _say(f"removed {stack.places.state}")
