"""Where the stack keeps its things: one state directory per checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import SetupError
from sidecar.local.accounts import Account, is_root, run_as

CHECKOUT = Path(__file__).resolve().parent.parent.parent
_MARKER = "skylatch-state"
_NEEDED_MB = 512


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of one stack; everything is below `state`."""

    state: Path

    @property
    def cluster(self) -> Path:
        """Directory of the PostgreSQL cluster (data and socket)."""
        return self.state / "postgres"

    @property
    def redis(self) -> Path:
        """Directory of Redis, its configuration included."""
        return self.state / "redis"

    @property
    def sandbox(self) -> Path:
        """Directory of what the sandboxes know: orders, payments."""
        return self.state / "sandbox"

    @property
    def logs(self) -> Path:
        """Directory of every program's log."""
        return self.state / "log"

    @property
    def settings(self) -> Path:
        """File with the settings and secrets of the sidecar's programs."""
        return self.state / "sidecar.env"

    @property
    def application(self) -> Path:
        """File with how applications connect, and the ready traveller."""
        return self.state / "application.env"

    @property
    def mail(self) -> Path:
        """Directory of the letters that would have gone out, in Maildir's form."""
        return self.state / "mail"

    @property
    def alerts(self) -> Path:
        """File with what the relay has told."""
        return self.state / "alerts.json"

    @property
    def flags(self) -> Path:
        """File with the feature flags, LaunchDarkly's file-data format."""
        return self.state / "flags.json"

    @property
    def supervisor_config(self) -> Path:
        """Generated configuration of supervisord."""
        return self.state / "supervisord.conf"

    @property
    def supervisor_socket(self) -> Path:
        """Control socket of supervisord."""
        return self.state / "supervisor.sock"

    @property
    def supervisor_pid(self) -> Path:
        """File with supervisord's process id."""
        return self.state / "supervisord.pid"

    def exists(self) -> bool:
        """Tell whether a stack was ever set up here."""
        return (self.state / _MARKER).exists()

    def data_major(self) -> int | None:
        """Return the PostgreSQL version that made the data, if there is any."""
        try:
            return int((self.cluster / "data" / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None

    def create(self) -> None:
        """Make the directories; SetupError for a foreign or a full place."""
        try:
            self._create()
        except OSError as error:
            raise SetupError(
                f"{self.state} cannot be made: {error.strerror}: point"
                " SKYLATCH_STATE_DIR elsewhere"
            ) from error

    def _create(self) -> None:
        if self.state.is_dir() and any(self.state.iterdir()) and not self.exists():
            raise SetupError(
                f"{self.state} is not empty and not a Skylatch state directory: point "
                "SKYLATCH_STATE_DIR elsewhere"
            )
        self.state.mkdir(parents=True, exist_ok=True)
        # The servers' accounts pass through here; secret files below are 0600 or 0700.
        self.state.chmod(0o755 if is_root() else 0o700)
        (self.state / _MARKER).write_text(f"local stack of {CHECKOUT}\n")
        self.logs.mkdir(mode=0o700, exist_ok=True)
        free = shutil.disk_usage(self.state).free // 2**20
        if free < _NEEDED_MB:
            raise SetupError(
                f"only {free} MB are free in {self.state} and the stack needs "
                f"{_NEEDED_MB} MB: make room, or point SKYLATCH_STATE_DIR elsewhere"
            )

    def check_reachable(self, account: Account) -> None:
        """Raise SetupError when `account` cannot enter the state directory."""
        if run_as(account, Path("/"), ["test", "-x", str(self.state)]).returncode:
            raise SetupError(
                f"account {account.name} cannot enter {self.state}: point "
                "SKYLATCH_STATE_DIR below directories that others may enter"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the stack's lock: a second `up` or `down` waits for the first."""
        # The lock is held on the directory itself: no lock file has to be removed.
        handle = os.open(self.state, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def destroy(self) -> None:
        """Remove the state directory; refuses one that is not ours."""
        if not self.exists():
            raise SetupError(f"{self.state} is not a Skylatch state directory")
        shutil.rmtree(self.state)


def default_places() -> Places:
    """Return the places of this checkout; SKYLATCH_STATE_DIR overrides."""
    override = os.environ.get("SKYLATCH_STATE_DIR")
    if override:
        return Places(_at_home(override).resolve())
    name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    if is_root():
        return Places(Path("/var/lib/skylatch") / name)
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Places(_at_home(base) / "skylatch" / name)


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise SetupError(
            f"{path}: there is no such home directory: point SKYLATCH_STATE_DIR"
            " elsewhere"
        ) from None
