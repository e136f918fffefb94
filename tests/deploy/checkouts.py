"""Other versions to deploy: this one with changes, and the released ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from sidecar.deploy import SQL_DIR

_RELEASES = Path(__file__).with_name("releases")
_DEPLOY = (
    "import sys; from pathlib import Path; from sidecar import deploy;"
    # A release of before the look has no facts of its own.
    " facts = sys.modules.get('sidecar.deploy_facts', deploy);"
    " facts._ROOT = Path(sys.argv[2]).parent;"
    " deploy.SQL_DIR = Path(sys.argv[2]); deploy.deploy(sys.argv[1], cron=False)"
)


def copy_sql(to: Path) -> Path:
    """Copy what a deploy reads below `to`; return the copy of sql/."""
    shutil.copytree(SQL_DIR, to / "sql")
    wrappers = Path("plpython/wrappers")
    shutil.copytree(SQL_DIR.parent / wrappers, to / wrappers)
    return to / "sql"


def change(sql: Path, file: str, old: str, new: str) -> None:
    """Replace a text that a file has exactly once."""
    text = (sql / file).read_text()
    assert text.count(old) == 1, file
    (sql / file).write_text(text.replace(old, new))


def add_migration(sql: Path, name: str, *statements: str, whole: bool = True) -> None:
    """Add a migration behind the last; not `whole`: outside of a transaction."""
    last = max(path.stem for path in (sql / "migrations").glob("*.sql"))
    head = f"-- depends: {last}\n" + ("" if whole else "-- transactional: false\n")
    path = sql / "migrations" / f"{int(last[:4]) + 1:04}_{name}.sql"
    path.write_text(head + "".join(f"{one};\n" for one in statements))


def start_deploy(sql: Path, dsn: str, checkout: Path = SQL_DIR.parent) -> Deploying:
    """Begin a deploy of `sql` in a process of its own, with the code of `checkout`."""
    return subprocess.Popen(
        [sys.executable, "-c", _DEPLOY, dsn, str(sql)],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


Deploying = subprocess.Popen[str]


def finish(deploying: Deploying) -> None:
    """Wait for a deploy that has to succeed."""
    output, _ = deploying.communicate(timeout=600)
    assert deploying.returncode == 0, output


def unpack_release(version: str, to: Path) -> Path:
    """Unpack a released version below `to`: its SQL, and its sidecar."""
    with tarfile.open(_RELEASES / f"{version}.tar.xz") as archive:
        # Python 3.11's earlier patches have no filters yet; this archive is ours.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(to, **safely)
    return to
