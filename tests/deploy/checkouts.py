"""Other versions to deploy: this one with changes, and the last release.

`make release` (`python -m tests.deploy.checkouts`) keeps the checkout it runs in as the
release that upgrades begin from.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from sidecar import __version__
from sidecar.deploy import SQL_DIR

_RELEASES = Path(__file__).with_name("releases")
# What a deploy and a sidecar read of a checkout.
_KEPT = (
    *("plpython/wrappers", "sidecar", ":!sidecar/local", ":!sidecar/observability"),
    *("sql", ":!sql/*.md", ":!sql/grants.txt"),
)
_DEPLOY = (
    "import sys; from pathlib import Path; from sidecar import deploy, deploy_facts;"
    " deploy.SQL_DIR = Path(sys.argv[2]);"
    " deploy_facts._ROOT = deploy.SQL_DIR.parent;"
    " deploy.deploy(sys.argv[1], cron=False)"
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


def later_version(to: Path) -> Path:
    """Make a version after this one below `to`; return its sql/.

    It brings what an upgrade may bring, so that there is something to upgrade to while
    this checkout is still the last release: columns of tables that every booking uses,
    an index of one, a function of each step and a policy that read otherwise. It keeps
    the version's number, which the server's Python packages have to follow.
    """
    sql = copy_sql(to)
    add_migration(
        sql,
        "later",
        "alter table public.booking_attempts add column later text",
        "alter table public.trip_requests add column later text",
        "alter table engine.provider_calls add column later text",
    )
    add_migration(
        sql,
        "later_indexed",
        "drop index concurrently if exists public.trip_requests_later_idx",
        "create index concurrently trip_requests_later_idx"
        " on public.trip_requests (later)",
        whole=False,
    )
    change(sql, "saga/advance_attempt.sql", "\nbegin\n", "\nbegin  -- later\n")
    policy = "create policy booking_attempts_owner_all on public.booking_attempts\n"
    change(sql, "access/booking_attempts.sql", policy, f"{policy}  -- later\n")
    return sql


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


def unpack_release(to: Path) -> Path:
    """Unpack the last release below `to`: its SQL, and its sidecar."""
    (release,) = _RELEASES.glob("*.tar.xz")
    with tarfile.open(release) as archive:
        # Python 3.11's earlier patches have no filters yet; this archive is ours.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(to, **safely)
    return to


def keep_release() -> Path:
    """Keep this checkout as the last release; the same files give the same archive."""
    root = SQL_DIR.parent
    listed = subprocess.run(
        ["git", "ls-files", "-z", *_KEPT],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    to = _RELEASES / f"{__version__}.tar.xz"
    for former in _RELEASES.glob("*.tar.xz"):
        former.unlink()
    with tarfile.open(to, "w:xz", preset=9) as archive:
        for name in sorted(filter(None, listed.split("\0"))):
            archive.add(root / name, name, filter=_plain)
    return to


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


if __name__ == "__main__":
    print(keep_release())
