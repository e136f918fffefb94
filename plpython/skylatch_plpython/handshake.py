"""What `engine.plpython_handshake` answers: which Python, which packages, and where."""

from __future__ import annotations

import platform
import ssl
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from skylatch_plpython import __version__

SDK = "launchdarkly-server-sdk"


def describe() -> dict[str, Any]:
    """Return the server's Python, this package's version and directory, and the rest.

    `packages` is what lies beside this package, by name; `ssl` proves that the standard
    library belongs to the interpreter, which another Python first in PATH would break.
    """
    directory = str(Path(__file__).resolve().parent.parent)
    packages = {
        found.metadata["Name"].lower(): found.version
        for found in distributions(path=[directory])
    }
    return {
        "python": platform.python_version(),
        "ssl": ssl.OPENSSL_VERSION,
        "package": __version__,
        "path": directory,
        "sdk": packages.get(SDK),
        "packages": packages,
    }
