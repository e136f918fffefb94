"""Settings of the local stack: generated once, kept in one 0600 file.

The file is `KEY=value` per line. Existing values are kept, so a hand edit (say, the
address and token of a real Duffel test account) survives; missing values are generated.
Ports are below the ephemeral range, where outgoing connections would take them, and
stay the same for the life of the stack.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from sidecar.errors import SetupError
from sidecar.local.places import Places

DATABASE = "skylatch"
_PORTS = range(20000, 32768)
# The flags that the local stack starts with; the copy in its state directory may be
# edited.
_FLAGS = Path(__file__).with_name("flags.json")


@dataclass(frozen=True, slots=True)
class Settings:
    """The stack's settings; `values` is the environment of the sidecar's programs."""

    values: dict[str, str]

    def port(self, program: str) -> int:
        """Return the port of "flights", "payments", "http", "mail" or "redis"."""
        if program == "redis":
            return urlsplit(self.values["SKYLATCH_REDIS_URL"]).port or 0
        return int(self.values[_PORT_KEYS[program]])

    @property
    def redis_password(self) -> str:
        """Password of the stack's Redis."""
        return urlsplit(self.values["SKYLATCH_REDIS_URL"]).password or ""


_PORT_KEYS = {
    "flights": "SKYLATCH_SANDBOX_FLIGHTS_PORT",
    "payments": "SKYLATCH_SANDBOX_PAYMENTS_PORT",
    "http": "SKYLATCH_HTTP_PORT",
    "mail": "SKYLATCH_SANDBOX_MAIL_PORT",
}


def load_settings(places: Places, socket_dir: Path, port: int) -> Settings:
    """Read the settings file, generate what is missing and write it back.

    Raises SetupError for a file that cannot be understood.
    """
    kept = read_values(places.settings)
    address = (
        f"postgresql:///{DATABASE}?host={quote(str(socket_dir), safe='')}&port={port}"
    )
    values = complete(
        kept,
        database_url=f"{address}&user=skylatch_sidecar",
        flags_file=places.flags,
        free_port=lambda taken: free_port({port, *taken}),
    )
    values["SKYLATCH_WATCH_URL"] = f"{address}&user=skylatch_watch"
    values.setdefault("SKYLATCH_ALERT_MEMORY", str(places.alerts))
    if "SKYLATCH_RECORDINGS" in os.environ:
        values["SKYLATCH_RECORDINGS"] = os.environ["SKYLATCH_RECORDINGS"]
    if values != kept:
        write_values(places.settings, values)
    if not places.flags.exists():
        write_private(places.flags, _FLAGS.read_text())
    return Settings(values)


def complete(
    kept: dict[str, str],
    *,
    database_url: str,
    flags_file: Path,
    free_port: Callable[[set[int]], int],
) -> dict[str, str]:
    """Return `kept` with every missing setting filled in."""
    values = dict(kept)
    taken: set[int] = set()
    try:
        for key in _PORT_KEYS.values():
            number = int(values[key]) if key in values else free_port(taken)
            values[key] = str(number)
            taken.add(number)
    except ValueError as error:
        raise SetupError(f"{key} is not a port number in sidecar.env") from error
    flights = values[_PORT_KEYS["flights"]]
    payments = values[_PORT_KEYS["payments"]]
    http = values[_PORT_KEYS["http"]]
    mail = values[_PORT_KEYS["mail"]]
    if "SKYLATCH_REDIS_URL" not in values:
        password = secrets.token_hex(24)
        address = f"127.0.0.1:{free_port(taken)}"
        values["SKYLATCH_REDIS_URL"] = f"redis://:{password}@{address}/0"
    generated = {
        "SKYLATCH_DUFFEL_URL": f"http://127.0.0.1:{flights}",
        "SKYLATCH_DUFFEL_TOKEN": f"duffel_test_{secrets.token_hex(24)}",
        "SKYLATCH_STRIPE_URL": f"http://127.0.0.1:{payments}",
        "SKYLATCH_STRIPE_KEY": f"sk_test_{secrets.token_hex(24)}",
        "SKYLATCH_FLAGS_FILE": str(flags_file),
        "SKYLATCH_HTTP_TOKEN": secrets.token_hex(24),
        "SKYLATCH_STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
        "SKYLATCH_DUFFEL_WEBHOOK_SECRETS": secrets.token_hex(24),
        "SKYLATCH_SANDBOX_CALLBACKS_URL": f"http://127.0.0.1:{http}",
        "SKYLATCH_SMTP_URL": f"smtp://127.0.0.1:{mail}",
        "SKYLATCH_EMAIL_FROM": "trips@skylatch.example",
        "SKYLATCH_SUPPORT_CONTACT": "help@skylatch.example",
        "SKYLATCH_WEBHOOK_KEY": secrets.token_hex(24),
    }
    for key, value in generated.items():
        values.setdefault(key, value)
    values["SKYLATCH_DATABASE_URL"] = database_url
    return values


def free_port(avoid: set[int]) -> int:
    """Return a loopback port that nobody listens on and that is not in `avoid`."""
    for number in random.sample(_PORTS, 200):  # spreads stacks, guards nothing
        if number not in avoid and is_free(number):
            return number
    raise SetupError(f"no free port between {_PORTS.start} and {_PORTS.stop - 1}")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file's content in one step; only its owner may read it."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


def write_values(path: Path, values: dict[str, str]) -> None:
    """Replace a file of settings; only its owner may read it."""
    write_private(path, "".join(f"{key}={value}\n" for key, value in values.items()))


def read_values(path: Path) -> dict[str, str]:
    """Return what a file of settings says; nothing when there is none."""
    if not path.exists():
        return {}
    values = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key, separator, value = line.partition("=")
        if not separator or not key.isidentifier():
            raise SetupError(f"{path} line {number} is not KEY=value: repair it")
        values[key] = value
    return values
