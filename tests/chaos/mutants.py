"""Takes one guard away at a time and sees whether a test notices: ``make mutants``.

Each mutant is a copy of the project with one change, in which a guard is missing. The
tests have to fail there: one that passes is a guard nobody has tested. Where two guards
stand behind each other, the tests of each take the other away.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sidecar.sandbox.recordings import find_recordings

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("sql", "plpython", "sidecar", "tests", "pyproject.toml")
_TESTS = (
    *("tests/sql", "tests/e2e", "tests/sidecar/test_sessions.py"),
    "tests/chaos/test_model.py",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: in `file` (below sql/), `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


_LAST_LOOK = "provider_calls/mark_sent.sql"
_SETTLE = "provider_calls/settle_call.sql"
_BEGIN = "booking/begin_attempt.sql"
_FOUND = "booking/found_order.sql"
_RULES = "provider_calls/outcome_rules.sql"
_CODE = "provider_calls/outcome_code.sql"

MUTANTS: dict[str, Mutant] = {
    # An answer counts once, and only from whoever was asked last.
    "a report of an old epoch counts": Mutant(
        _SETTLE, "if v_call.epoch <> p_epoch\n", "if false\n"
    ),
    "a report counts twice": Mutant(
        _SETTLE, "or v_call.state not in ('CLAIMED', 'SENT')\n", "or false\n"
    ),
    "a report counts though its attempt has moved": Mutant(
        _SETTLE,
        "or v_call.attempt_epoch <> v_attempt.epoch and v_call.object_id is null\n",
        "",
    ),
    "recovery trusts what it saw without the lock": Mutant(
        _SETTLE, "or p_recovered and v_call.lease_until >= p_now ", ""
    ),
    # An order is sent once, and not at all when something changed.
    "an order is sent by whoever was asked before": Mutant(
        _LAST_LOOK, "    or v_call.epoch <> p_epoch\n", ""
    ),
    "an order is sent twice": Mutant(
        _LAST_LOOK, "    or v_call.state <> 'CLAIMED'\n", ""
    ),
    "an order is sent after its lease": Mutant(
        _LAST_LOOK, "    or v_call.lease_until <= v_now\n", ""
    ),
    "an order is sent though booking is off": Mutant(
        _LAST_LOOK,
        "'booking is off: ' || engine.flag_problem(v_trip.user_id, v_now)",
        "null",
    ),
    "an order is sent for a paused trip": Mutant(
        _LAST_LOOK, "when v_trip.auto_book_status <> 'BOOKING'", "when false"
    ),
    "an order is sent for a changed trip": Mutant(
        _LAST_LOOK, "when v_trip.version <> v_attempt.trip_version", "when false"
    ),
    "an order is sent over a limit that was lowered": Mutant(
        _LAST_LOOK, ") is not null then 'the spending limit", ") = '' then 'the limit"
    ),
    "an order is sent on a hold about to lapse": Mutant(
        _LAST_LOOK, "v_now + interval '1 hour'", "v_now - interval '1 year'"
    ),
    "an order that was sent counts as not sent": Mutant(
        "provider_calls/recover_calls.sql",
        "when 'SENT' then 'no_answer'",
        "when 'SENT' then 'not_sent'",
    ),
    # What is not known is not let go of.
    "an unclear answer to an order lets go of it": Mutant(
        _RULES,
        "('create_order', '*', '*', 'UNKNOWN', null, null, false, null)",
        "('create_order', '*', '*', 'RESEARCH', 'PENDING', '0', false, 'No.')",
    ),
    "an empty list lets go of an order": Mutant(
        _RULES,
        "('find_order', '200', 'none', 'RETRY', null, null, false, null)",
        "('find_order', '200', 'none', 'RESEARCH', 'PENDING', '0', false, 'No.')",
    ),
    "an order of another offer is adopted": Mutant(
        _FOUND,
        "when v_order ->> 'offer_id' is distinct from p_attempt.offer_id\n"
        "        or v_order",
        "when v_order",
    ),
    "an order without our mark is adopted": Mutant(
        _FOUND,
        "        or v_order #>> '{metadata,attempt_id}' is distinct from"
        " p_attempt.id::text\n",
        "",
    ),
    "an order at another price is captured": Mutant(
        _CODE,
        "is distinct from v_attempt.agreed_amount then 'amount_mismatch'",
        "is null then 'amount_mismatch'",
    ),
    "a refund is not looked for before it is made": Mutant(
        "booking/found_refund.sql",
        "when v_refund is null then 'none'",
        "when true then 'none'",
    ),
    "a key is used that may be forgotten": Mutant(
        "provider_calls/is_claimable.sql",
        "coalesce(p_call.first_claimed_at > p_now - o.key_lasts, true)",
        "true",
    ),
    # Nothing begins that must not.
    "a booking begins without asking the flags": Mutant(
        _BEGIN,
        "from engine.require_pipeline(p_trip.user_id, p_now)",
        "from (select 1) as nobody",
    ),
    "a booking begins above the limit": Mutant(
        _BEGIN, "when (v_offer.price_amount <= v_limit.cap) is not true", "when false"
    ),
    "a booking begins that was not agreed to": Mutant(
        _BEGIN,
        "when not p_trip.auto_book_enabled or p_trip.consent_at is null",
        "when false",
    ),
    "a booking begins on an old offer": Mutant(
        _BEGIN, "      or v_offer.search_round <> p_trip.search_round\n", ""
    ),
    "a fare that rose above the limit is held": Mutant(
        _CODE,
        "(v_body #>> '{data,total_amount}')::numeric > v_attempt.cap_amount\n"
        "          or (",
        "(",
    ),
    "two trips of a traveller are decided at once": Mutant(
        "booking/lock_traveller.sql",
        "perform pg_advisory_xact_lock(7302028, hashtext(p_user_id::text))",
        "perform 1",
    ),
    "a restored database books at once": Mutant(
        "review/history_problem.sql",
        "when not exists (",
        "when false and not exists (",
    ),
    "a breaker that is open lets calls through": Mutant(
        "provider_calls/is_claimable.sql", "b.open_until > p_now", "false"
    ),
    "poison comes back for ever": Mutant(
        "provider_calls/count_apply_failure.sql",
        "v_call.apply_failures < 3",
        "v_call.apply_failures < 3000",
    ),
    # What providers say is not believed, but read.
    "a look that began before the end counts": Mutant(
        "webhooks/note_payment.sql",
        "if p_call.claimed_at < v_attempt.state_changed_at then",
        "if false then",
    ),
    "a list that was not read counts as read": Mutant(
        _CODE, "end then 'ok'\n", "end is not false then 'ok'\n"
    ),
    "a hold is released though an order may exist": Mutant(
        "review/possible_actions.sql",
        "        and not f.shows_none\n",
        "        and false\n",
    ),
    "history can be rewritten": Mutant(
        "operations/refuse_change.sql",
        "before update or delete or truncate on engine.booking_events",
        "before truncate on engine.booking_events",
    ),
    # The wire says what came back, and nothing else.
    "a report may say facts of the engine's own": Mutant(
        "provider_calls/read_report.sql", "  if v_unknown is not null\n", "  if false\n"
    ),
    "a report may choose its own code": Mutant(
        "provider_calls/read_report.sql",
        "or v_report.error_code not in ('not_sent', 'no_answer', 'unreadable',"
        " 'too_large')\n",
        "",
    ),
    # Nobody holds up anybody.
    "reports wait for whoever holds a trip": Mutant(
        "trips/take_trip.sql", "for no key update skip locked;", "for no key update;"
    ),
    "a report that waited in vain spoils its batch": Mutant(
        "provider_calls/finish_calls.sql",
        "elsif sqlstate in ('SK308', '55P03', '40P01', '40001') then",
        "elsif sqlstate = '22000' then",
    ),
    "every held row is waited for as long as the first": Mutant(
        "operations/wait_less.sql", "* 500, 1", "* 1000, 1"
    ),
    "a scan waits for ever for whoever holds a trip": Mutant(
        "review/judge_orders.sql",
        "if p_now < p_read_at + interval '20 seconds' then",
        "if true then",
    ),
    "what a scan passed over is not looked at again": Mutant(
        "review/finish_scan.sql",
        "  if p_passed_over > 0 then\n    -- As",
        "  if false then\n    -- As",
    ),
    # No session writes what another cannot read.
    "a login has the database's formats": Mutant(
        "bootstrap.sql",
        "execute format('alter role %I set datestyle = %L', v_role, 'ISO, MDY');",
        "execute format('alter role %I reset datestyle', v_role);",
    ),
    "a listed event's time is written in the session's zone": Mutant(
        "webhooks/receive_sweep.sql",
        "to_jsonb(to_timestamp((l.event ->> 'created')::bigint)) #>> '{}'",
        "to_timestamp((l.event ->> 'created')::bigint)::text",
    ),
}


def is_noticed(mutant: Mutant, workers: int) -> tuple[bool, str]:
    """Return whether a test fails in the mutant, and which."""
    with tempfile.TemporaryDirectory(prefix="skylatch-mutant-") as name:
        copy = Path(name)
        for part in _PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, copy / part)
            else:
                shutil.copy(source, copy / part)
        path = copy / "sql" / mutant.file
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise SystemExit(f"{mutant.file} has not once: {mutant.old}")
        path.write_text(text.replace(mutant.old, mutant.new))
        recordings = find_recordings()
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-x", "-q", "-n", str(workers)),
                *("--no-header", "-p", "no:cacheprovider", "--tb", "no", *_TESTS),
            ],
            cwd=copy,
            env={
                **os.environ,
                "PYTHONPATH": name,
                **({"SKYLATCH_RECORDINGS": str(recordings)} if recordings else {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    failed = [
        line.removeprefix("FAILED ").split(" - ")[0]
        for line in run.stdout.splitlines()
        if line.startswith(("FAILED ", "ERROR "))
    ]
    if run.returncode not in (0, 1, 2) or (run.returncode and not failed):
        raise SystemExit(run.stdout + run.stderr)
    return run.returncode != 0, failed[0] if failed else ""


def main() -> int:
    """Try all mutants, or those whose names are given; 1 when one goes unnoticed."""
    parser = argparse.ArgumentParser(description="Take one guard away at a time.")
    parser.add_argument("names", nargs="*", help="of mutants; all when none is given")
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    survivors = 0
    for name in arguments.names or MUTANTS:
        began = time.monotonic()
        noticed, test = is_noticed(MUTANTS[name], arguments.workers)
        survivors += not noticed
        seconds = time.monotonic() - began
        print(
            f"{'noticed' if noticed else 'SURVIVED':9} {seconds:4.0f} s"
            f"  {name:50} {test}",
            flush=True,
        )
    print(f"{survivors} of {len(arguments.names or MUTANTS)} went unnoticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
