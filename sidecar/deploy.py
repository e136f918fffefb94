"""Apply the database: bootstrap, migrations, code, reference data, schedules.

Idempotent; needs a superuser connection (plpython3u is an untrusted language) and
`psql`, whose `\\ir` the code manifest uses. State is applied by yoyo once and frozen by
checksum; code is applied every time, in one transaction.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote

import airportsdata
import iso4217
import psycopg
import yoyo
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb

from sidecar.deploy_checks import look, writable
from sidecar.errors import SetupError
from sidecar.sessions import pinned

SQL_DIR = Path(__file__).resolve().parent.parent / "sql"

# Stripe's minor units where they differ from ISO's (reference: Stripe "currencies").
_STRIPE_ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF"}
    | {"VND", "VUV", "XAF", "XOF", "XPF"}
)
_STRIPE_THREE_DECIMAL = {"BHD", "JOD", "KWD", "OMR", "TND"}
_STRIPE_WHOLE_ONLY = {"ISK", "UGX", "HUF", "TWD"}


def deploy(dsn: str, *, cron: bool = True) -> None:
    """Bring the database at `dsn` (superuser) to this version.

    Of several hosts, the one that takes writes. `cron=False` leaves pg_cron alone: it
    can live in one database of a cluster only. Raises NotReady with everything that is
    in the way before anything is changed, SetupError naming a step that failed.
    """
    verify_checksums(SQL_DIR / "migrations")
    look(dsn, cron=cron).require()
    dsn = writable(dsn)
    _psql(dsn, SQL_DIR / "bootstrap.sql")
    _migrate(dsn)
    _psql(dsn, SQL_DIR / "code.sql")
    with psycopg.connect(pinned(dsn)) as connection:
        connection.execute("set local role skylatch_owner")
        _load_currencies(connection)
        _load_airports(connection)
        if not cron:
            # Or it would be missed here for ever, once it has run.
            connection.execute(
                "update engine.job_beats"
                " set scheduled_at = null, cron_succeeded_at = null"
                " where scheduled_at is not null or cron_succeeded_at is not null"
            )
    if cron:
        _psql(dsn, SQL_DIR / "cron.sql")


def verify_checksums(migrations: Path) -> None:
    """Refuse a released migration that was edited (SHA256SUMS lists the released)."""
    for line in (migrations / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        path = migrations / name
        if not path.exists():
            raise SetupError(f"migration {name} is released but missing: restore it")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise SetupError(
                f"migration {name} was edited after its release: "
                "restore it and write a new migration instead"
            )


def _psql(dsn: str, script: Path) -> None:
    parts = conninfo_to_dict(pinned(dsn))
    # Not among the arguments, which everybody on the machine can read.
    password = parts.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    result = subprocess.run(  # noqa: S603 - fixed program, no shell
        [  # noqa: S607 - psql comes from the distribution, wherever that puts it
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--file={script}",
            f"--dbname={make_conninfo('', **parts)}",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise SetupError(f"{script.name} failed: {result.stderr.strip()}")


def _migrate(dsn: str) -> None:
    """Apply new migrations as the owner role, so that it owns what they create."""
    # All of it, or another host or certificate would be used than the look did.
    parts = conninfo_to_dict(pinned(dsn))
    parts["options"] = f"-c role=skylatch_owner -c lock_timeout=5s {parts['options']}"
    query = "&".join(
        f"{name}={quote(str(value), safe='')}" for name, value in parts.items()
    )
    uri = f"postgresql+psycopg:///?schema=engine&{query}"
    backend = yoyo.get_backend(uri)
    try:
        migrations = yoyo.read_migrations(str(SQL_DIR / "migrations"))
        with backend.lock():
            backend.apply_migrations(backend.to_apply(migrations))
    except psycopg.Error as error:
        raise SetupError(f"migration failed: {error}") from error
    finally:
        backend.connection.close()


def _load_currencies(connection: psycopg.Connection) -> None:
    rows = []
    for currency in iso4217.Currency:
        digits = currency.exponent
        if digits is None or digits > 3:
            continue  # metals, test codes and units of account are not paid with
        code = currency.code
        factor, step = 100, 1
        if code in _STRIPE_ZERO_DECIMAL:
            factor = 1
        elif code in _STRIPE_THREE_DECIMAL:
            factor, step = 1000, 10
        elif code in _STRIPE_WHOLE_ONLY:
            step = 100
        rows.append(
            {
                "code": code,
                "name": currency.currency_name,
                "minor_digits": digits,
                "stripe_factor": factor,
                "stripe_step": step,
            }
        )
    _upsert(
        connection,
        "insert into engine.currencies as c"
        " select r.* from jsonb_populate_recordset(null::engine.currencies, %s) r"
        " on conflict (code) do update set name = excluded.name,"
        " minor_digits = excluded.minor_digits,"
        " stripe_factor = excluded.stripe_factor, stripe_step = excluded.stripe_step"
        " where c is distinct from excluded",
        rows,
    )


def _load_airports(connection: psycopg.Connection) -> None:
    airports = airportsdata.load("IATA")
    _upsert(
        connection,
        "insert into engine.airports as a"
        " select r.* from jsonb_populate_recordset(null::engine.airports, %s) r"
        " on conflict (iata) do update set name = excluded.name,"
        " city = excluded.city, country = excluded.country,"
        " time_zone = excluded.time_zone, latitude = excluded.latitude,"
        " longitude = excluded.longitude where a is distinct from excluded",
        [
            {
                "iata": code,
                "name": airport["name"],
                "city": airport["city"],
                "country": airport["country"],
                "time_zone": airport["tz"],
                "latitude": airport["lat"],
                "longitude": airport["lon"],
            }
            for code, airport in airports.items()
        ],
    )
    areas = airportsdata.load_iata_macs()
    _upsert(
        connection,
        "insert into engine.metropolitan_areas as m select r.*"
        " from jsonb_populate_recordset(null::engine.metropolitan_areas, %s) r"
        " on conflict (iata) do update set name = excluded.name,"
        " time_zone = excluded.time_zone, airports = excluded.airports"
        " where m is distinct from excluded",
        [
            {
                "iata": code,
                "name": area["name"],
                "time_zone": next(iter(area["airports"].values()))["tz"],
                "airports": sorted(area["airports"]),
            }
            for code, area in areas.items()
        ],
    )
    # What operators have corrected holds over the packages.
    connection.execute("select engine.apply_airport_overrides()")


def _upsert(
    connection: psycopg.Connection, statement: LiteralString, rows: list[Any]
) -> None:
    """Write `rows` in one statement; rows that did not change are not touched."""
    connection.execute(statement, [Jsonb(rows)])
