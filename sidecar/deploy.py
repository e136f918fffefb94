"""Apply the database: bootstrap, migrations, code, reference data, schedules.

Idempotent; needs a superuser connection (plpython3u is an untrusted language), and
`psql` for the schedules. State is applied once (`migrations`) and frozen by checksum;
code is applied every time, in one transaction (`deploy_code`); all of it on one session
that nobody else has meanwhile (`deploy_session`).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, LiteralString

import airportsdata
import iso4217
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb

from sidecar.deploy_checks import Look, look, writable
from sidecar.deploy_code import apply_code, run_file
from sidecar.deploy_session import Session, deploy_session, unhindered
from sidecar.errors import SetupError
from sidecar.migrations import apply_migrations, verify_checksums
from sidecar.sessions import pinned

SQL_DIR = Path(__file__).resolve().parent.parent / "sql"

# Stripe's minor units where they differ from ISO's (reference: Stripe "currencies").
_STRIPE_ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF"}
    | {"VND", "VUV", "XAF", "XOF", "XPF"}
)
_STRIPE_THREE_DECIMAL = {"BHD", "JOD", "KWD", "OMR", "TND"}
_STRIPE_WHOLE_ONLY = {"ISK", "UGX", "HUF", "TWD"}


def deploy(dsn: str, *, cron: bool = True, found: Look | None = None) -> None:
    """Bring the database at `dsn` (superuser) to this version.

    Of several hosts, the one that takes writes is used. `cron=False` leaves pg_cron
    alone, which can live in one database of a cluster only. A caller who has looked
    already passes what was `found`. Raises NotReady with everything that is in the way
    before anything is changed, or SetupError naming a step that failed.
    """
    verify_checksums(SQL_DIR / "migrations")
    (found or look(dsn, cron=cron)).require()
    dsn = writable(dsn)
    with deploy_session(dsn) as session:
        run_file(session, SQL_DIR / "bootstrap.sql")
        apply_migrations(session, SQL_DIR / "migrations")
        apply_code(session, SQL_DIR / "code.sql")
        unhindered(session, "reference data", lambda: _load(session, cron=cron))
        if cron:
            _psql(dsn, SQL_DIR / "cron.sql")


def _load(session: Session, *, cron: bool) -> None:
    session.execute("set local role skylatch_owner")
    _load_currencies(session)
    _load_airports(session)
    if not cron:
        # Otherwise an alert would miss this job for ever, once it has run.
        session.execute(
            "update engine.job_beats"
            " set scheduled_at = null, cron_succeeded_at = null"
            " where scheduled_at is not null or cron_succeeded_at is not null"
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
    # Corrections by operators replace what the packages say.
    connection.execute("select engine.apply_airport_overrides()")


def _upsert(
    connection: psycopg.Connection, statement: LiteralString, rows: list[Any]
) -> None:
    """Write `rows` in one statement; rows that did not change are not written."""
    connection.execute(statement, [Jsonb(rows)])
