"""A private PostgreSQL cluster: made, configured and run away from the system's own.

One directory holds data and socket. Peer authentication maps the server's account and
the invoking user to the roles that may log in, so there is no password. The local stack
keeps its cluster, and lets applications in over TCP on loopback, with a password and as
one role only; tests make throw-away ones without TCP.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from sidecar.errors import SetupError
from sidecar.local.accounts import (
    Account,
    clean_command,
    current_account,
    is_root,
    make_directory,
    run_as,
)
from sidecar.local.packages import Installation
from sidecar.sessions import pinned

PORT = 5432  # names the socket file only
LOGIN_ROLES = (
    "postgres",
    "skylatch_sidecar",
    "skylatch_cron",
    "skylatch_feed",
    "skylatch_watch",
    "authenticator",
    "skylatch_operator",
)
_LONGEST_SOCKET_PATH = 107  # bytes; sun_path less its terminator
_CONFIG = "skylatch.conf"
_INITDB = ("--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")

SETTINGS = {
    "max_connections": "80",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # %a is the kind of process that asked. The log is not jsonlog, which writes the
    # detail of an error, a row's values, whatever log_error_verbosity says.
    "log_line_prefix": "%m [%p] %q%a %u@%d ",
    "log_lock_waits": "on",
    # Statements, parameters, and an error's rows and keys hold names and birth dates,
    # which do not belong in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}


def cron_settings(installation: Installation, database: str) -> dict[str, str]:
    """Return what lets pg_cron serve `database`."""
    # Before 1.5, one long job in a background worker holds up every other job.
    workers = "off" if installation.cron_version() < (1, 5) else "on"
    return {
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": database,
        "cron.use_background_workers": workers,
        "max_worker_processes": "20",
    }


def render_settings(settings: Mapping[str, str]) -> str:
    """Return the text of a configuration file of the server."""
    return "".join(f"{key} = '{value}'\n" for key, value in settings.items())


@dataclass(frozen=True, slots=True)
class Cluster:
    """One private cluster below `base`, served by `installation`."""

    installation: Installation
    base: Path
    account: Account
    initdb: tuple[str, ...] = _INITDB
    # Where applications connect over TCP; it names the socket's file too.
    tcp_port: int | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.base / "data"

    @property
    def socket_dir(self) -> Path:
        """Directory of the server's only socket; the `host` of every connection."""
        return self.base / "socket"

    @property
    def port(self) -> int:
        """Number in the socket's file name, and of TCP where that is listened on."""
        return self.tcp_port or PORT

    def dsn(self, dbname: str, user: str = "postgres") -> str:
        """Return the connection string of `user` to `dbname`."""
        return make_conninfo(
            host=str(self.socket_dir), port=self.port, dbname=dbname, user=user
        )

    def prepare(
        self, *, cron_database: str, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        """Create the cluster when missing, then write its configuration.

        Raises SetupError for a socket path too long, a data directory of somebody
        else or of another PostgreSQL version, or a failed initdb.
        """
        socket = os.fsencode(self.socket_dir / f".s.PGSQL.{self.port}")
        if len(socket) > _LONGEST_SOCKET_PATH:
            raise SetupError(
                f"the socket path {socket.decode()} has {len(socket)} bytes, more than "
                f"{_LONGEST_SOCKET_PATH}: point SKYLATCH_STATE_DIR at a shorter path"
            )
        make_directory(self.base, self.account)
        make_directory(self.socket_dir, self.account)
        self._check_data()
        if not self.data.exists():
            self._initialise()
        self._forget_dead_server()
        self._write(
            _CONFIG,
            render_settings(
                {
                    **settings,
                    **cron_settings(self.installation, cron_database),
                    **self._fixed_settings(),
                }
            ),
        )
        rules = "local all all peer map=skylatch\n"
        if self.tcp_port is not None:
            rules += "host all authenticator 127.0.0.1/32 scram-sha-256\n"
        self._write("pg_hba.conf", rules)
        users = dict.fromkeys((self.account.name, current_account().name))
        self._write(
            "pg_ident.conf",
            "".join(
                f'skylatch "{user}" {role}\n' for user in users for role in LOGIN_ROLES
            ),
        )

    def command(self, *, die_with_parent: str = "INT") -> list[str]:
        """Return the command that serves the cluster in the foreground.

        `die_with_parent` INT closes connections and stops in order; QUIT just stops.
        """
        program = [str(self.installation.bin_dir / "postgres"), "-D", str(self.data)]
        return clean_command(
            self.account, self.base, program, die_with_parent=die_with_parent
        )

    def accepts_connections(self) -> bool:
        """Tell whether the server answers."""
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str) -> bool:
        """Create the database `name`; False when it existed already."""
        admin = pinned(self.dsn("postgres"))
        with psycopg.connect(admin, autocommit=True) as connection:
            query = "select 1 from pg_database where datname = %s"
            if connection.execute(query, [name]).fetchone():
                return False
            identifier = psycopg.sql.Identifier(name)
            connection.execute(psycopg.sql.SQL("create database {}").format(identifier))
            return True

    def _fixed_settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "" if self.tcp_port is None else "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_dir),
            # Root may enter anyway; any other user is the account itself.
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "log_destination": "stderr",
            # Where pg_cron uses connections instead of background workers.
            "cron.host": str(self.socket_dir),
        }

    def _check_data(self) -> None:
        if not self.data.exists():
            return
        version = self.data / "PG_VERSION"
        if not version.exists() or not (self.data / _CONFIG).exists():
            raise SetupError(
                f"{self.data} is not a data directory of this stack: move it away"
            )
        found = version.read_text().strip()
        if found != str(self.installation.major):
            raise SetupError(
                f"{self.data} was made by PostgreSQL {found}, but "
                f"{self.installation.major} is installed: install postgresql-{found}, "
                "or remove the old data with: "
                ".venv/bin/python -m sidecar local destroy"
            )

    def _initialise(self) -> None:
        # The cluster is made beside and renamed: an interrupted initdb leaves nothing
        # half-made.
        fresh = self.base / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        initdb = [
            str(self.installation.bin_dir / "initdb"),
            f"--pgdata={fresh}",
            "--username=postgres",
            "--auth-local=peer",
            "--auth-host=reject",
            "--no-instructions",
            *self.initdb,
        ]
        result = run_as(self.account, self.base, initdb)
        if result.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            lines = result.stderr.strip().splitlines() or ["no reason given"]
            raise SetupError(f"initdb failed in {self.base}: {lines[-1]}")
        with (fresh / "postgresql.conf").open("a") as config:
            config.write(f"include '{_CONFIG}'\n")
        (fresh / _CONFIG).touch()
        fresh.rename(self.data)

    def serving_pid(self) -> int | None:
        """Return the process that serves this data directory, if any.

        The number in the pid file may belong to another process by now (after a
        reboot), so the process is checked: a server's working directory is its data
        directory.
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            serves = Path(f"/proc/{pid}/cwd").resolve() == self.data.resolve()
        except (OSError, ValueError, IndexError):
            return None
        return pid if serves else None

    def _forget_dead_server(self) -> None:
        """Remove a pid file whose server is gone.

        PostgreSQL itself copes with a dead number, but not with a number that now
        belongs to another process of the same account.
        """
        if self.serving_pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        if is_root():
            os.chown(path, self.account.uid, self.account.gid)
