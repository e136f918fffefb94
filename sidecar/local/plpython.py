"""Installs `skylatch_plpython` and what it imports where the database server finds it.

plpython3u uses the system's Python and runs as the server's account, so its code
lives in a root-owned directory at a literal path: a path read from a setting would
let an unprivileged role run its own module as that account. The directory carries a
version, so that a release that breaks its interface can live beside its predecessor.

The distributions are those of `plpython/requirements.lock`, each by its hash, and are
compiled by the server's own Python, for the server could not write the result.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.errors import SetupError
from sidecar.local.accounts import privileged
from sidecar.local.places import CHECKOUT

SOURCE = CHECKOUT / "plpython" / "skylatch_plpython"
LOCK = SOURCE.parent / "requirements.lock"
TARGET = Path("/usr/lib/skylatch/py/4")
SERVER_PYTHON = "/usr/bin/python3"
_HASH_FILE = "content.sha256"

# $1 staged copy, $2 target. The rename is the switch: no import sees half a package.
_SCRIPT = """
parent=$(dirname "$2")
umask 022
mkdir -p "$parent"
rm -rf "$2.new" "$2.old"
cp -R "$1" "$2.new"
chown -R 0:0 "$2.new"
chmod -R u=rwX,go=rX "$2.new"
/usr/bin/python3 -m compileall -q -s "$2.new" -p "$2" "$2.new"
if [ -e "$2" ]; then mv -T "$2" "$2.old"; fi
mv -T "$2.new" "$2"
rm -rf "$2.old"
"""


def install_plpython(source: Path = SOURCE, target: Path = TARGET) -> bool:
    """Fill `target` with the package and its lock file's; True when it changed.

    Uses sudo when not root, and pip's configured index when something is missing. A
    connection that already imported a module keeps the old one: recycle connections
    after a change. Raises SetupError on failure.
    """
    if not source.is_dir():
        raise SetupError(f"{source} is missing: the checkout is incomplete")
    with _lock(source):
        digest = content_hash(source)
        if _installed_hash(target) == digest:
            return False
        with tempfile.TemporaryDirectory(prefix="skylatch-plpython-") as scratch:
            staged = Path(scratch) / "staged"
            _download(source.parent / LOCK.name, staged)
            shutil.copytree(
                source,
                staged / source.name,
                ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
            )
            (staged / _HASH_FILE).write_text(f"{digest}\n")
            command = privileged(
                ["/bin/sh", "-euc", _SCRIPT, "sh", str(staged), str(target)],
                f"installing {target}",
                by_hand=".venv/bin/python -m sidecar local install",
            )
            result = subprocess.run(  # noqa: S603 - fixed script, quoted arguments
                command, stderr=subprocess.PIPE, text=True, check=False
            )
        if result.returncode != 0:
            raise SetupError(f"installing {target} failed: {result.stderr.strip()}")
    return True


def _download(lock: Path, staged: Path) -> None:
    """Put exactly the locked distributions into `staged`, for the server's Python."""
    version = subprocess.run(  # noqa: S603 - fixed program, no shell
        [SERVER_PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    options = ["--quiet", "--no-compile", "--no-deps", "--require-hashes"]
    aim = ["--only-binary=:all:", f"--python-version={version}", f"--target={staged}"]
    result = subprocess.run(  # noqa: S603 - argument list, no shell
        [*pip, *options, *aim, f"--requirement={lock}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise SetupError(f"pip could not install {lock}: {result.stderr.strip()}")
    # Scripts: nothing runs from here.
    shutil.rmtree(staged / "bin", ignore_errors=True)


def content_hash(source: Path) -> str:
    """Return a digest over the package's files, by name and content, and its lock."""
    digest = hashlib.sha256()
    for path in [*sorted(source.rglob("*")), source.parent / LOCK.name]:
        if path.is_file() and "__pycache__" not in path.parts:
            body = hashlib.sha256(path.read_bytes()).hexdigest()
            name = path.relative_to(source.parent)
            digest.update(f"{body}  {name}\n".encode())
    return digest.hexdigest()


def _installed_hash(target: Path) -> str | None:
    try:
        return (target / _HASH_FILE).read_text().strip()
    except OSError:
        return None


@contextmanager
def _lock(source: Path) -> Iterator[None]:
    """Let one process of this checkout install at a time (parallel test workers)."""
    handle = os.open(source, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
