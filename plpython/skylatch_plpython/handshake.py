"""What `engine.plpython_handshake` answers: which Python, which package, from where."""

from __future__ import annotations

import platform
from pathlib import Path

from skylatch_plpython import __version__


def describe() -> dict[str, str]:
    """Return the server's Python version, this package's version and its directory."""
    return {
        "python": platform.python_version(),
        "package": __version__,
        "path": str(Path(__file__).resolve().parent.parent),
    }
