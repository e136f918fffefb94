"""Ctrl-C while a program is still being imported, which takes a second.

Nothing has begun then, so there is nothing to end: one line instead of a traceback
through whatever was just being imported. Imports nothing that takes time itself.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

CODE = 128 + signal.SIGINT
LINE = "interrupted"


def end_at_once() -> None:
    """Let SIGINT end the process from now on; one that is ignored stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_again() -> None:
    """Let SIGINT raise KeyboardInterrupt again: from now on there are things to end."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, f"{LINE}\n".encode())
    os._exit(CODE)
