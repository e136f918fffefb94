"""Checks a database before anybody relies on it: its version, its set-up, its login."""

from __future__ import annotations

import psycopg

from sidecar import __version__, versions
from sidecar.errors import EncodingError, SetupError, VersionError
from sidecar.pool import Pool, describe

_NOT_DEPLOYED = (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction)


def remedy(
    error: Exception,
    *,
    login: str = "skylatch_sidecar",
    setting: str = "SKYLATCH_DATABASE_URL",
) -> str:
    """Return what to do about a database that does not do what it is asked for."""
    if isinstance(error, _NOT_DEPLOYED):
        return "deploy to it (python -m sidecar deploy)"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"log in as {login}"
    return f"check {setting}"


def unanswered(error: psycopg.Error, reason: str | None = None) -> SetupError:
    """Return what a sidecar says of a database that is not there for it."""
    return SetupError(
        f"the database does not answer as Skylatch: {reason or describe(error)}:"
        f" {remedy(error)}"
    )


def check_encoding(found: str | bytes) -> None:
    """Refuse a database that is not UTF8; raises EncodingError."""
    # A database without an encoding returns texts as the bytes that are stored.
    encoding = found.decode("ascii") if isinstance(found, bytes) else found
    if encoding != "UTF8":
        raise EncodingError(encoding)


class Inspection(Pool):
    """The checks of a database before anybody relies on it; each raises SetupError."""

    def check_version(self) -> None:
        """Refuse a database of another encoding or out of our range of versions.

        Raises EncodingError or VersionError, which say what to do.
        """
        try:
            (row,) = self._rows("pg_catalog", "current_setting", "server_encoding")
            check_encoding(row["current_setting"])
            schema = self._one("version")
            # Only a newer database has to say which older sidecars it serves.
            newer = versions.is_newer(schema, __version__)
            oldest = self._one("oldest_sidecar") if newer else None
        except psycopg.Error as error:
            raise unanswered(error, self.explain(error)) from error
        problem = versions.range_problem(schema, oldest)
        if problem:
            raise VersionError(problem)

    def check_login(self) -> None:
        """Refuse a superuser, whom the database's own rules do not bind: SetupError."""
        (row,) = self._rows("pg_catalog", "current_setting", "is_superuser")
        if row["current_setting"] == "on":
            raise SetupError(
                "SKYLATCH_DATABASE_URL names a superuser, whom no rule of the database"
                " binds: name skylatch_sidecar"
            )

    def check_setup(self) -> None:
        """Refuse a database that lacks what bootstrap.sql sets; SetupError names it.

        A copy of a database does not bring these settings along, and safety relies on
        them.
        """
        try:
            rows = self._rows("engine", "bootstrap_problems")
        except psycopg.Error as error:
            raise SetupError(
                f"the database does not say how it is set up: {describe(error)}"
            ) from error
        if rows:
            problems = "; ".join(str(row["bootstrap_problems"]) for row in rows)
            raise SetupError(
                f"the database lacks what a deploy sets: {problems}: deploy"
            )

    def volatile_settings(self) -> list[str]:
        """Return which of the server's settings let a crash lose what was committed."""
        names = ("fsync", "full_page_writes", "synchronous_commit")
        shown = [self._rows("pg_catalog", "current_setting", name)[0] for name in names]
        values = zip(names, (row["current_setting"] for row in shown), strict=True)
        return [f"{name} = off" for name, value in values if value == "off"]

    def check_python(self) -> None:
        """Refuse a server whose Python package is missing or older than the database.

        A newer package in the same directory serves the database too
        (plpython/README.md).
        """
        try:
            (row,) = self._rows("engine", "plpython_handshake")
            schema = self._one("version")
        except psycopg.Error as error:
            raise SetupError(
                f"the server's Python package does not load: {describe(error)};"
                " install plpython/ on the database server (plpython/README.md)"
            ) from error
        found = row["plpython_handshake"]
        if versions.is_newer(schema, found["package"]):
            raise SetupError(
                f"the server's Python package is {found['package']}, the database runs"
                f" {schema}: install plpython/ of {schema} on the database server"
                " (plpython/README.md)"
            )
