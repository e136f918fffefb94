"""A PgBouncer of one test's own, in front of a cluster."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sidecar.local.accounts import clean_command, make_directory, server_account
from sidecar.local.cluster import LOGIN_ROLES
from tests.factories import until

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/sbin:/bin")
_PORT = 6432  # names the socket file only


@contextmanager
def pooler(dsn: str, mode: str, *, size: int = 2) -> Iterator[str]:
    """Serve `dsn`'s database through PgBouncer and yield the way there.

    So few server sessions a role that clients do meet each other's.
    """
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed: make test installs it")
    parts = conninfo_to_dict(dsn)
    account = server_account("postgres")
    # Not in pytest's own directory: the account cannot reach below root's.
    with tempfile.TemporaryDirectory(prefix="skylatch-pooler-") as name:
        directory = Path(name)
        make_directory(directory, account)
        users = directory / "users"
        users.write_text("".join(f'"{role}" ""\n' for role in LOGIN_ROLES))
        config = directory / "pgbouncer.ini"
        config.write_text(
            f"""
[databases]
{parts["dbname"]} = host={parts["host"]} port={parts["port"]}
[pgbouncer]
listen_addr =
listen_port = {_PORT}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {users}
pool_mode = {mode}
default_pool_size = {size}
"""
        )
        for file in (users, config):
            file.chmod(0o644)
        command = clean_command(account, directory, [PROGRAM, str(config)])
        server = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        through = make_conninfo(dsn, host=str(directory), port=_PORT)

        def answers() -> bool:
            assert server.poll() is None, "pgbouncer did not start"
            try:
                psycopg.connect(through, connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        try:
            until(answers)
            yield through
        finally:
            server.terminate()
            server.wait(timeout=30)
