"""What a deploy finds wrong and what to do, also about a failed connection."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, and what to do about it."""

    problem: str
    remedy: str
    stops: bool = True

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}"


# The meaning of libpq's or the server's words, and what to do about the fault.
_WORDS = (
    (
        "read-only",
        "name the primary's host too (host=a,b), or end default_transaction_read_only",
    ),
    ("startup parameter", "connect to the server itself, not through a pooler"),
    ("password", "give the right one in PGPASSWORD or ~/.pgpass"),
    ("authentication", "use a login that pg_hba.conf lets in from here"),
    ("pg_hba.conf", "use a login that pg_hba.conf lets in from here"),
    ("role", "use a login that exists"),
    ("database", "create it: create database NAME encoding 'UTF8' template template0"),
)


def explain(error: psycopg.Error, dsn: str) -> Finding:
    """Return what a failed connection means; the text never repeats a password."""
    lines = dict.fromkeys(line.strip() for line in str(error).splitlines())
    said = "; ".join(line for line in lines if line and not line.startswith("Multiple"))
    password = str(conninfo_to_dict(dsn).get("password") or "")
    if password:
        said = said.replace(password, "…")
    if not isinstance(error, psycopg.OperationalError):
        return Finding(
            f"the database cannot be looked at: {said}", "deploy as a superuser"
        )
    told = said.partition("failed: ")[2] or said
    for word, remedy in _WORDS:
        if word in told:
            return Finding(f"the database does not answer: {said}", remedy)
    return Finding(
        f"the database does not answer: {said}", "check host and port, and the server"
    )
