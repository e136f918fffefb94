"""Operating-system accounts: who runs the servers and how to step down to them.

PostgreSQL refuses to run as root, and the environment that a server inherits decides
whether plpython3u works: another Python first in PATH gives the interpreter the wrong
standard library. So every server starts through `clean_command`, with an empty
environment and, under root, as an unprivileged account.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import SetupError

ENV = "/usr/bin/env"


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system account that a server runs as."""

    name: str
    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        """Tell whether this process already runs as the account."""
        return self.uid == os.geteuid()


def is_root() -> bool:
    """Tell whether this process has root's rights."""
    return os.geteuid() == 0


def current_account() -> Account:
    """Return the account that runs this process."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise SetupError(
            f"user id {uid} has no name in the system's accounts, and PostgreSQL "
            "needs one: run as a named user"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def server_account(*preferred: str) -> Account:
    """Return who a server runs as: the current user, or under root one of `preferred`.

    Raises SetupError when none of the preferred accounts exists.
    """
    if not is_root():
        return current_account()
    for name in preferred:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise SetupError(
        f"no account {' or '.join(preferred)} on this machine to run a server as: "
        "install the distribution's package (make up does)"
    )


def clean_command(
    account: Account, home: Path, command: list[str], *, die_with_parent: str = "TERM"
) -> list[str]:
    """Return `command` wrapped to run as `account` with an empty environment.

    The program replaces the wrappers, so a process manager sees its own child. It
    gets the signal `die_with_parent` when its parent dies, however that happens:
    no orphan keeps a port or a data directory.
    """
    wrapped = [
        ENV,
        "-i",
        "PATH=/usr/bin:/bin",
        f"HOME={home}",
        "LC_ALL=C.UTF-8",
        "/usr/bin/setpriv",
        "--pdeathsig",
        die_with_parent,
    ]
    if not account.is_current:
        wrapped += [
            f"--reuid={account.uid}",
            f"--regid={account.gid}",
            "--init-groups",
            "--inh-caps=-all",
        ]
    return [*wrapped, *command]


def run_as(
    account: Account, home: Path, command: list[str]
) -> subprocess.CompletedProcess[str]:
    """Run a short command as `account`, from inside `home`; output is captured."""
    return subprocess.run(  # noqa: S603 - argument list, no shell
        clean_command(account, home, command),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def make_directory(path: Path, account: Account, *, mode: int = 0o700) -> None:
    """Create `path` when missing and give it to `account` with `mode`."""
    path.mkdir(exist_ok=True)
    path.chmod(mode)
    if is_root():
        os.chown(path, account.uid, account.gid)


def privileged(command: list[str], purpose: str, *, by_hand: str) -> list[str]:
    """Return `command` in the form that gives it root's rights.

    Raises SetupError, naming the command `by_hand` to run, when there is no way.
    """
    if is_root():
        return command
    sudo = shutil.which("sudo")
    if sudo is None:
        raise SetupError(
            f"{purpose} needs root's rights, and there is no sudo: "
            f"run once as root: {by_hand}"
        )
    return [sudo, "--", *command]
