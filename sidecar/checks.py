"""``python -m sidecar check``: whether everything is there, and if not, what to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import psycopg
import structlog
from redis import RedisError
from rich.console import Console
from rich.markup import escape

from sidecar import config, setting_names
from sidecar.db import Database
from sidecar.errors import EngineError, SetupError, SkylatchError
from sidecar.flags import reachable, read_flags
from sidecar.flights import Flights
from sidecar.inspection import unanswered
from sidecar.limits import connect
from sidecar.listening import DEAF
from sidecar.payments import Payments
from sidecar.pool import describe, reach
from sidecar.providers import Answer
from sidecar.setting_types import revealed

_log = structlog.get_logger()
_PATIENCE_SECONDS = 5.0


def run(console: Console) -> bool:
    """Print one line for each check; return whether all required ones passed."""
    names_fit = _check_names(console)
    try:
        settings = config.load(config.WorkSettings)
    except SkylatchError as error:
        console.print("[red]✗[/] settings")
        _explain(console, escape(str(error)))
        return False
    console.print("[green]✓[/] settings")
    others_fit = _check_other_settings(console)
    with closing(_open(settings)) as database:
        is_ours = _passes(
            console, "database", lambda: _check_database(database, settings)
        )
        return all(
            [
                names_fit,
                others_fit,
                is_ours,
                _passes(console, "flags", lambda: _check_flags(settings)),
                _passes(console, "duffel", lambda: _check_duffel(settings)),
                _passes(console, "stripe", lambda: _check_stripe(settings)),
                is_ours and _check_login(console, database, settings),
                is_ours and _check_durability(console, database, settings),
                is_ours and _check_wake_ups(console, database),
                _check_endpoint(console),
                _check_redis(console, settings),
            ]
        )


def begin(database: Database) -> None:
    """Refuse a database of another version; log what a deploy would mend.

    Problems that a deploy mends do not keep the worker from starting, because the calls
    under way have to be ended all the same.
    """
    database.check_version()
    try:
        database.check_login()
    except SetupError as error:
        _log.warning("database.superuser", reason=str(error))
    for check in (database.check_setup, database.check_python):
        try:
            check()
        except SetupError as error:
            _log.error("database.lacking", reason=str(error))


def _explain(console: Console, text: str) -> None:
    """Print `text` as it is: one problem, one line, however long."""
    console.print(text, highlight=False, soft_wrap=True)


def _check_names(console: Console) -> bool:
    """Check that what is set is a setting: what is misspelled would not be noticed."""
    is_fine = True
    for name, near in setting_names.unknown(config.given()).items():
        if near is None:
            _explain(console, f"[yellow]-[/] {escape(name)}: no setting has this name")
        else:
            is_fine = False
            text = f"no setting has this name; {near} has a similar one"
            _explain(console, f"[red]✗[/] {escape(name)}: {text}")
    return is_fine


def _check_other_settings(console: Console) -> bool:
    """Check what is set for the relay, operators and reports; nothing of it has to be.

    The endpoint's settings have a line of their own.
    """
    wrong: dict[str, None] = {}
    for kind in (
        config.RelaySettings,
        config.OperatorSettings,
        config.StatusSettings,
        config.ReportingSettings,
    ):
        try:
            config.load(kind)
        except SkylatchError as error:
            wrong |= dict.fromkeys(str(error).splitlines())
    found = [line for line in wrong if not line.endswith(f": {config.NOT_SET}")]
    for line in found:
        _explain(console, f"[red]✗[/] {escape(line)}")
    return not found


def _passes(console: Console, name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except SkylatchError as error:
        _explain(console, f"[red]✗[/] {name}: {escape(str(error))}")
        return False
    console.print(f"[green]✓[/] {name}")
    return True


def _open(settings: config.WorkSettings) -> Database:
    return Database(
        settings.database_url.get_secret_value(),
        size=1,
        patience=_PATIENCE_SECONDS,
        listen_url=revealed(settings.listen_url),
    )


def _check_database(database: Database, settings: config.WorkSettings) -> None:
    try:
        address = settings.database_url.get_secret_value()
        reach(address, patience=_PATIENCE_SECONDS)
    except psycopg.Error as error:
        raise unanswered(error) from error
    database.check_version()
    database.check_setup()
    database.check_python()


def _check_login(
    console: Console, database: Database, settings: config.WorkSettings
) -> bool:
    """A superuser may try things out, but not with real money."""
    try:
        database.check_login()
    except SetupError as error:
        mark = "[red]✗[/]" if settings.live_mode else "[yellow]-[/]"
        _explain(console, f"{mark} login: {escape(str(error))}")
        return not settings.live_mode
    return True


def _check_durability(
    console: Console, database: Database, settings: config.WorkSettings
) -> bool:
    """Check that a crash loses no intent, which may double an order, in live mode."""
    found = database.volatile_settings()
    if found:
        text = f"the server has {', '.join(found)}: a crash loses what was committed"
        mark = "[red]✗[/]" if settings.live_mode else "[yellow]-[/]"
        _explain(console, f"{mark} durability: {text}")
    return not found or not settings.live_mode


def _check_wake_ups(console: Console, database: Database) -> bool:
    """Check wake-ups, which only make things faster: without them the worker polls."""
    try:
        heard = database.hears()
    except (psycopg.Error, EngineError) as error:
        _explain(console, f"[yellow]-[/] wake-ups: {escape(describe(error))}")
        return True
    if heard is None:
        _explain(console, "[yellow]-[/] wake-ups: none asked for; work is polled for")
    elif heard:
        console.print("[green]✓[/] wake-ups")
    else:
        _explain(console, f"[yellow]-[/] wake-ups: {DEAF}")
    return True


def _check_flags(settings: config.WorkSettings) -> None:
    key, path = settings.launchdarkly_sdk_key, settings.flags_file
    if key is not None:
        _require_answer(
            reachable(key.get_secret_value(), settings.launchdarkly_url),
            "SKYLATCH_LAUNCHDARKLY_URL",
            "SKYLATCH_LAUNCHDARKLY_SDK_KEY",
        )
    elif path is not None:
        flags = read_flags(path)
        for name in ("auto_booking_pipeline_enabled", "auto_booking_emergency_disable"):
            # Whether a flag is valid as a whole is for the evaluator to judge.
            if not isinstance(flags.get(name), bool | dict):
                raise SkylatchError(f"{path} has no boolean {name}")


def _check_duffel(settings: config.WorkSettings) -> None:
    client = Flights(settings.duffel_url, settings.duffel_token.get_secret_value())
    _require_answer(client.reachable(), "SKYLATCH_DUFFEL_URL", "SKYLATCH_DUFFEL_TOKEN")


def _check_stripe(settings: config.WorkSettings) -> None:
    client = Payments(settings.stripe_url, settings.stripe_key.get_secret_value())
    _require_answer(client.reachable(), "SKYLATCH_STRIPE_URL", "SKYLATCH_STRIPE_KEY")


def _require_answer(answer: Answer, url: str, key: str) -> None:
    if answer.http_status is None:
        what = "no connection" if answer.error_code == "not_sent" else "no answer"
        raise SkylatchError(f"{what}: check {url} and the network")
    if answer.http_status in {401, 403}:
        raise SkylatchError(f"refused our credentials: check {key}")
    if answer.http_status >= 400:
        raise SkylatchError(f"answered {answer.http_status}")


def _check_endpoint(console: Console) -> bool:
    """Check the settings of `serve`; a sidecar without the endpoint has none."""
    try:
        config.load(config.ServeSettings)
    except SkylatchError as error:
        text = escape(str(error))
        if text == f"SKYLATCH_HTTP_TOKEN: {config.NOT_SET}":
            _explain(console, f"[yellow]-[/] endpoint: {text}; serve does not start")
            return True
        _explain(console, f"[red]✗[/] endpoint: {text}")
        return False
    console.print("[green]✓[/] endpoint")
    return True


def _check_redis(console: Console, settings: config.WorkSettings) -> bool:
    """Check Redis: its absence only slows things, and is a remark, no failure."""
    client = connect(revealed(settings.redis_url))
    if client is None:
        console.print("[yellow]-[/] redis: not configured; limits are per sidecar")
        return True
    try:
        client.ping()
    except RedisError as error:
        console.print(
            f"[yellow]-[/] redis: {type(error).__name__}; limits are per sidecar"
        )
        return True
    console.print("[green]✓[/] redis")
    return True
