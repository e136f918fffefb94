"""How fast the stack of `make up` books what is due: `make bench-drain`.

A stack of its own, as a newcomer has it: one sidecar, the played providers keeping
their books on disk. Only what the account allows is raised, or it would be measured.
The played Duffel's and Stripe's own books say what was ordered and paid.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import requests
from psycopg.rows import dict_row

from sidecar.local.application import Application
from sidecar.local.places import CHECKOUT, Places
from sidecar.local.settings import DATABASE
from sidecar.local.stack import Stack
from tests.factories import in_days

_TRIPS_EACH = 20
_RAISED = (
    "select engine.set_search_settings('bench-drain', p_searches_per_minute => 100000,"
    " p_search_at_once => false)",
    "select engine.set_spending_ceiling('everybody', p, 100000000, 'bench-drain')"
    " from unnest('{day,month,total}'::text[]) as p",
    "select engine.set_spending_ceiling('installation', p, 100000000, 'bench-drain')"
    " from unnest('{day,month}'::text[]) as p",
)
_STATE = """
select public.create_trip_request(
  p_origins => '{LHR}', p_destinations => '{JFK}', p_departure_from => %s,
  p_max_price => 5000, p_currency => 'GBP', p_passengers => %s,
  p_payment_method_id => %s, p_auto_book_enabled => true,
  p_consent_text_version => '2026-11', p_user_id => %s
)
"""


def main() -> int:
    """State trips, let a tick find them due, and print how they drain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drain-", dir="/var/tmp") as directory:
        Path(directory).chmod(0o755)
        state = Path(directory) / "s"
        local = [sys.executable, "-m", "sidecar", "local"]
        place = {**os.environ, "SKYLATCH_STATE_DIR": str(state)}
        try:
            # Its settings are made first, and then say what the account allows.
            _run([*local, "up", "--only-database"], place)
            with (state / "sidecar.env").open("a") as settings:
                settings.write("SKYLATCH_SEARCHES_PER_MINUTE=100000\n")
                settings.write("SKYLATCH_DUFFEL_PER_MINUTE=100000\n")
            _run([*local, "up"], place)
            return _drain(Stack(Places(state), print), asked.trips, asked.minutes)
        finally:
            _run([*local, "destroy", "--yes"], place)


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        command, env=environment, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL
    )


def _drain(stack: Stack, trips: int, minutes: float) -> int:
    settings = stack.settings()
    cluster = stack.cluster()
    application = Application(settings, lambda user: cluster.dsn(DATABASE, user))
    operator = psycopg.connect(
        cluster.dsn(DATABASE), autocommit=True, row_factory=dict_row
    )
    for statement in _RAISED:
        operator.execute(statement.encode())
    for number in range(trips):
        if number % _TRIPS_EACH == 0:
            user, profile, card = uuid4(), uuid4(), uuid4()
            application.add_user(user)
            application.add_profile(user, profile)
            application.add_card(user, card)
        leaves = in_days(40 + 3 * (number % _TRIPS_EACH))
        application.as_service(_STATE, leaves, [profile], card, user)
    print(f"{trips} trips are due")
    began = time.monotonic()
    booked = 0
    told = began
    application.as_service("select public.manage_auto_book_monitor('trigger', 'drain')")
    while time.monotonic() < began + 60 * minutes:
        found = operator.execute(
            "select count(*) filter (where auto_book_status = 'BOOKED') as booked,"
            " count(*) filter (where auto_book_status in ('PENDING', 'BOOKING'))"
            " as unfinished"
            " from public.trip_requests"
        ).fetchone()
        assert found is not None
        booked = found["booked"]
        if found["unfinished"] == 0:
            break
        if time.monotonic() > told + 10:
            told = time.monotonic()
            print(f"{told - began:5.0f} s: {booked} booked", flush=True)
        time.sleep(0.5)
    seconds = time.monotonic() - began
    orders = _truth(settings.values["SKYLATCH_DUFFEL_URL"])["orders"]
    payments = _truth(settings.values["SKYLATCH_STRIPE_URL"])["payment_intents"]
    captures = sum(payment["captured"] > 0 for payment in payments)
    broken = operator.execute("select * from engine.check_invariants()").fetchall()
    print(
        f"{booked} of {trips} booked in {seconds:.0f} s,"
        f" {booked / seconds:.1f} a second; {len(orders)} orders, {captures} captures,"
        f" {len(broken)} promises broken"
    )
    application.close()
    operator.close()
    return 0 if booked == trips and not broken else 1


def _truth(url: str) -> dict[str, list[dict[str, int]]]:
    answer = requests.get(f"{url}/__sandbox/state", timeout=60)
    answer.raise_for_status()
    truth: dict[str, list[dict[str, int]]] = answer.json()
    return truth


if __name__ == "__main__":
    sys.exit(main())
