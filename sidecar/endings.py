"""How a command ends: with a code, and of what was to be expected with one line.

Wrong use is no defect: a setting, a file, a port or an address that will not do is said
in one line on standard error, without a traceback. What is not expected keeps its
traceback, for whoever has to mend it.

    0    done; all is well
    1    refused, failed, or cut off by whoever read the output; something is open
    2    nobody can tell: no database that answers an operator, or not a command, an
         option or a value that there is
    130  Ctrl-C

docs/operate.md says it to operators.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

import psycopg
import typer
from rich.console import Console
from rich.markup import escape

from sidecar import interrupts
from sidecar.errors import EngineError, SkylatchError, UntoldError
from sidecar.pool import describe
from sidecar.redaction import redact

WELL, OPEN, UNKNOWN = 0, 1, 2
# What a machine, a disk or a right is the reason of, and no defect.
_OF_THE_MACHINE = frozenset(
    {
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT),
        *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP),
        *(errno.ENAMETOOLONG, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EIO),
        *(errno.EMFILE, errno.ENFILE),
    }
)
_OF_THE_DATABASE = (
    psycopg.OperationalError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.ReadOnlySqlTransaction,
)
# For a terminal whose encoding has no such characters.
_PLAIN = {"✓": "+", "✗": "x", "·": "-", "…": "...", "→": "->", "⇄": "<->"}


def told(error: BaseException) -> str | None:
    """Return the line that says what was wrong; None for a defect."""
    if isinstance(error, EngineError):
        return f"{error}: {error.hint}" if error.hint else str(error)
    if isinstance(error, SkylatchError):
        return str(error)
    if isinstance(error, _OF_THE_DATABASE):
        return f"the database does not answer: {describe(error)}"
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    return None


def say(line: str) -> None:
    """Print the line of an error, as it is and without secrets."""
    text = f"[bold red]error:[/] {escape(redact(line))}"
    Console(stderr=True).print(text, highlight=False, soft_wrap=True)


def run(program: Callable[[], Any], report: Callable[[Exception], None]) -> None:
    """Run a command line to its end; always raises, SystemExit unless it is a defect.

    `program` returns the code, or None for 0. `report` is told of every error but those
    of whoever typed the command.
    """
    interrupts.raise_again()
    speak_plainly()
    try:
        code = program()
    except KeyboardInterrupt:
        code = interrupts.CODE
    except BrokenPipeError:
        code = 1
    except typer.Abort:
        say("aborted: nothing was changed")
        code = 1
    except typer.TyperException as error:
        code = _misused(error)
    except Exception as error:
        report(error)
        line = told(error)
        if line is None:
            raise
        say(line)
        code = UNKNOWN if isinstance(error, UntoldError) else OPEN
    finally:
        is_whole = [_flush(stream) for stream in (sys.stdout, sys.stderr)]
    if code == interrupts.CODE:
        print(interrupts.LINE, file=sys.stderr)
    if not code and not all(is_whole):
        code = 1
    raise SystemExit(code or 0)


def _misused(error: Any) -> int:
    """Say what is wrong with the arguments, and where to look; return the code."""
    where = error.ctx.command_path if getattr(error, "ctx", None) else None
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
    else:
        hint = f" (see {where} --help)" if where else ""
        say(" ".join(error.format_message().split()) + hint)
    return int(error.exit_code)


def _flush(stream: TextIO) -> bool:
    """Write what is left; False when nobody takes it, which is said once, here."""
    try:
        stream.flush()
    except OSError as error:
        # Python itself would complain of it once more at the very end.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if error.errno != errno.EPIPE and stream is sys.stdout:
            say(f"{error.strerror}: standard output")
        return False
    return True


def speak_plainly() -> None:
    """Let no character that a terminal's encoding lacks end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_PLAIN.get(one, "?") for one in missing), error.end


codecs.register_error("plain", _plain)
