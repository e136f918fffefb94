"""What the stack needs from the distribution, and how it is installed.

The version of the server is the one whose parts are installed already, or else the one
that the distribution's `postgresql` package stands for (15 on Debian 12, 16 on Ubuntu
24.04, 17 on Debian 13). A part counts as installed when its file is there, whatever the
package's name, so a hand-made installation serves as well.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import SetupError
from sidecar.local.accounts import privileged

OLDEST_SUPPORTED = 15
# Names the version to use where several are installed: for tests on each of them.
ASKED = "SKYLATCH_POSTGRES_MAJOR"
_BINARIES = Path("/usr/lib/postgresql")
_SHARED = Path("/usr/share/postgresql")
# Extension whose control file proves a package -> that package's name.
_EXTENSIONS = {
    "plpython3u": "postgresql-plpython3-{major}",
    "pg_cron": "postgresql-{major}-cron",
    "plpgsql_check": "postgresql-{major}-plpgsql-check",
}
# Program on PATH that proves a package -> that package's name.
_PROGRAMS = {"redis-server": "redis-server", "setpriv": "util-linux"}
# Only tests use these; where they cannot be had the tests are left out.
_TEST_PROGRAMS = {"curl": "curl", "pgbouncer": "pgbouncer", "promtool": "prometheus"}


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed PostgreSQL server: its major version and where its parts are."""

    major: int
    bin_dir: Path
    extension_dir: Path

    def cron_version(self) -> tuple[int, int]:
        """Return pg_cron's (major, minor), read from its control file."""
        return cron_version((self.extension_dir / "pg_cron.control").read_text())


def cron_version(control: str) -> tuple[int, int]:
    """Return the version in the text of pg_cron's control file: '1.4-1' is (1, 4)."""
    found = re.search(r"^default_version\s*=\s*'(\d+)\.(\d+)", control, re.MULTILINE)
    if found is None:
        raise SetupError("pg_cron's control file names no version: reinstall pg_cron")
    return int(found[1]), int(found[2])


def distribution_major(apt_cache_depends: str) -> int | None:
    """Return what `apt-cache depends postgresql` says the default server is."""
    found = re.search(r"Depends:\s*<?postgresql-(\d+)>?\s*$", apt_cache_depends, re.M)
    return int(found[1]) if found else None


def choose_major(
    *,
    complete: Collection[int],
    installed: Collection[int],
    distribution: int | None,
    wanted: int | None = None,
) -> int:
    """Return the PostgreSQL version to use.

    `complete` has the versions with server and extensions, `installed` those with at
    least the server, `distribution` is the default of the package source (None: no
    package source), `wanted` made the existing data and wins where it is complete.
    Raises SetupError when only versions are available that are too old.
    """
    if wanted is not None and wanted in complete:
        return wanted
    usable = [major for major in complete if major >= OLDEST_SUPPORTED]
    if usable:
        return max(usable)
    if distribution is not None:
        if distribution < OLDEST_SUPPORTED:
            raise SetupError(
                f"this distribution offers PostgreSQL {distribution}, and "
                f"{OLDEST_SUPPORTED} is the oldest that works: add the PostgreSQL "
                "project's package source (apt.postgresql.org) and run this again"
            )
        return distribution
    usable = [major for major in installed if major >= OLDEST_SUPPORTED]
    if usable:
        return max(usable)
    if installed:
        raise SetupError(
            f"PostgreSQL {max(installed)} is installed, and {OLDEST_SUPPORTED} is the "
            "oldest that works: install a newer one"
        )
    raise SetupError(
        f"PostgreSQL is not installed and there is no apt to install it with: install "
        f"PostgreSQL {OLDEST_SUPPORTED} or newer with plpython3u, pg_cron and "
        "plpgsql_check"
    )


def missing_packages(
    major: int, has_extension: Callable[[str], bool], has_program: Callable[[str], bool]
) -> list[str]:
    """Return the packages to install for PostgreSQL `major`, in a stable order."""
    missing = []
    if not has_program("postgres"):
        missing.append(f"postgresql-{major}")
    for extension, package in _EXTENSIONS.items():
        if not has_extension(extension):
            missing.append(package.format(major=major))
    for program, package in _PROGRAMS.items():
        if not has_program(program):
            missing.append(package)
    return missing


def find_installation(wanted: int | None = None) -> Installation:
    """Return the installed server, version `wanted` if it can be.

    Raises SetupError when something is missing.
    """
    majors = _installed_majors()
    complete = [major for major in majors if not _missing(major)]
    major = asked_major() or choose_major(
        complete=complete, installed=majors, distribution=None, wanted=wanted
    )
    lacking = _missing(major)
    if lacking:
        raise SetupError(f"not installed: {', '.join(lacking)}; run: make up")
    return _installation(major)


def installations() -> list[Installation]:
    """Return every server that is installed with all that is needed, oldest first."""
    return [
        _installation(major)
        for major in _installed_majors()
        if major >= OLDEST_SUPPORTED and not _missing(major)
    ]


def asked_major() -> int | None:
    """Return the version that SKYLATCH_POSTGRES_MAJOR asks for, if it is set."""
    asked = os.environ.get(ASKED) or None
    if asked is not None and not asked.isdecimal():
        raise SetupError(f"{ASKED} is not a version such as 17")
    return int(asked) if asked else None


def ensure_installed(
    say: Callable[[str], None],
    wanted: int | None = None,
    *,
    for_tests: bool = False,
) -> Installation:
    """Install what is missing with apt (by sudo when not root); return the server.

    Quick when everything is installed. `say` is told what is being installed, `wanted`
    is the version that made the data, if there are any. Raises SetupError when there is
    no apt, no right to use it, or it fails.
    """
    majors = _installed_majors()
    complete = [major for major in majors if not _missing(major)]
    has_apt = shutil.which("apt-get") is not None
    updated = False
    distribution = None
    asked = asked_major()
    if not complete and asked is None and has_apt:
        distribution = distribution_major(_apt_cache_depends())
        if distribution is None:  # a fresh machine has no package lists yet
            _apt_get(["update"], "reading the package lists")
            updated = True
            distribution = distribution_major(_apt_cache_depends())
    major = asked or choose_major(
        complete=complete,
        installed=majors,
        distribution=distribution,
        wanted=wanted,
    )
    lacking = _missing(major)
    if for_tests and has_apt:
        lacking += [
            package for name, package in _TEST_PROGRAMS.items() if not _program(name)
        ]
    if not lacking:
        return _installation(major)
    if not has_apt:
        raise SetupError(
            f"not installed: {', '.join(lacking)}, and there is no apt here: install "
            "them the way your system does and run this again"
        )
    say(f"installing {' '.join(lacking)}")
    if not updated:  # old lists name files that the mirrors no longer have
        _apt_get(["update"], "reading the package lists")
    _apt_get(
        ["install", "--yes", "--no-install-recommends", *lacking],
        f"installing {' '.join(lacking)}",
    )
    still = _missing(major)
    if still:
        raise SetupError(f"apt reported success, but these are missing: {still}")
    return _installation(major)


def _installation(major: int) -> Installation:
    return Installation(
        major=major,
        bin_dir=_BINARIES / str(major) / "bin",
        extension_dir=_SHARED / str(major) / "extension",
    )


def _installed_majors() -> list[int]:
    if not _BINARIES.is_dir():
        return []
    return _majors(
        path.name
        for path in _BINARIES.iterdir()
        if (path / "bin" / "postgres").exists()
    )


def _majors(names: Iterable[str]) -> list[int]:
    return sorted(int(name) for name in names if name.isdigit())


def _missing(major: int) -> list[str]:
    place = _installation(major)

    def has_program(name: str) -> bool:
        if name == "postgres":
            return (place.bin_dir / name).exists()
        return _program(name)

    def has_extension(name: str) -> bool:
        return (place.extension_dir / f"{name}.control").exists()

    return missing_packages(major, has_extension, has_program)


def _program(name: str) -> bool:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") is not None


def _apt_cache_depends() -> str:
    return subprocess.run(
        ["/usr/bin/apt-cache", "depends", "postgresql"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def _apt_get(arguments: list[str], purpose: str) -> None:
    """Run apt-get, waiting for another one to finish rather than failing."""
    command = [
        "/usr/bin/env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "--quiet",
        "-o",
        "DPkg::Lock::Timeout=300",
        *arguments,
    ]
    result = subprocess.run(  # noqa: S603 - argument list, no shell
        privileged(command, purpose, by_hand=f"apt-get {' '.join(arguments)}"),
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if result.returncode != 0:
        raise SetupError(
            f"{purpose} failed (apt-get ended with {result.returncode}, its reason is "
            "above): repair that and run this again"
        )
