"""What traces cost the database server: `make bench-traces`.

Bookings through the engine's own functions, answers supplied, one commit a step, from a
claimed search to the capture: while nobody exports, with one trace in ten sampled, and
with every trace sampled and taken as a sidecar does. In turns, each on a database of
its own. Prints processor time of the server for each booking, and its ratio to nobody
exporting; asserts nothing.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.factories import accept_history
from tests.sql.test_protocol import (
    Connection,
    Row,
    Stage,
    answer,
    intent,
    letters,
    offer,
)

BOOKINGS = 15
ROUNDS = 30
SAMPLED = (0.0, 0.1, 1.0)


def server_seconds(postmaster: int) -> float:
    """Return the processor time of a server and of all its processes, gone ones too."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(stat.parent.name) == postmaster:
            ticks += sum(int(fields[n]) for n in (11, 12, 13, 14))
        elif int(fields[1]) == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def good(call: Row) -> Row:
    """Return the answer that lets a booking go on."""
    operation, request = call["operation"], call["request"]
    if operation == "search":
        number = letters(uuid4())
        return answer(
            call,
            201,
            {
                "offer_request": {"id": f"orq_{number}"},
                "offers": [offer(f"off_{number}")],
            },
        )
    if operation == "get_offer":
        return answer(call, 200, {"data": offer(request["offer_id"])})
    if operation == "create_order":
        attempt = request["metadata"]["attempt_id"]
        order = {
            "id": f"ord_{letters(UUID(attempt))}",
            "booking_reference": "ABC123",
            "offer_id": request["selected_offers"][0],
            "total_amount": "100.00",
            "total_currency": "GBP",
            "metadata": {"attempt_id": attempt},
        }
        return answer(call, 201, {"data": order})
    number = (
        letters(UUID(request["metadata"]["attempt_id"]))
        if operation == "create_payment"
        else request["payment_intent"][3:]
    )
    status = {
        "create_payment": "requires_confirmation",
        "capture_payment": "succeeded",
    }.get(operation, "requires_capture")
    return answer(call, 200, intent(number, status))


def book(sidecar: Connection, batch: int = 1) -> None:
    """Book what is due, the reports of so many bookings in one commit."""
    waiting: deque[Row] = deque()
    while True:
        if room := batch - len(waiting):
            claimed = sidecar.execute(
                "select * from engine.claim_calls('bench:1', %s, %s)", [room, room]
            )
            waiting.extend(claimed.fetchall())
        if not waiting:
            return
        calls = [waiting.popleft() for _ in range(min(batch, len(waiting)))]
        for call in calls:
            if call["marks_sent"]:
                sidecar.execute(
                    "select engine.mark_sent(%s, %s)", [call["call_id"], call["epoch"]]
                )
        following = sidecar.execute(
            "select * from engine.finish_calls('bench:1', %s, true)",
            [Jsonb([good(call) for call in calls])],
        )
        waiting.extend(following.fetchall())


def prepare(stage: Stage, bookings: int) -> None:
    """State trips and let the monitor ask for their searches."""
    for _ in range(bookings):
        stage.trip()
    waiting = (
        "select from public.trip_requests as t where t.auto_book_status = 'PENDING'"
        " and not exists (select from engine.provider_calls as c"
        " where c.trip_request_id = t.id) limit 1"
    )
    while stage.rows(waiting):
        stage.tick()
    stage.rows("select engine.beat_flags('test')")
    stage.rows("analyze")


def sample(stage: Stage, ratio: float) -> Callable[[], object]:
    """Sample so much; return what an exporter does meanwhile."""
    if not ratio:
        stage.rows("update engine.trace_settings set exporter_seen_at = null")
        return lambda: None
    stage.rows("select engine.set_trace_settings('a measurement', %s::numeric)", ratio)

    def take() -> None:
        stage.sidecar.execute("select * from engine.take_spans(2000)").fetchall()

    take()
    return take


def main(rounds: int) -> None:
    """Measure and print."""
    install_plpython()
    with throwaway_cluster(find_installation(), "bench_cron") as cluster:
        stages = {}
        for number, ratio in enumerate(SAMPLED):
            name = f"bench_{number}"
            cluster.create_database(name)
            deploy(cluster.dsn(name), cron=False)
            accept_history(cluster.dsn(name))
            stages[ratio] = Stage(cluster.dsn(name))
        postmaster = cluster.serving_pid()
        assert postmaster is not None
        spent: dict[float, list[float]] = {ratio: [] for ratio in SAMPLED}
        for number in range(rounds + 1):
            for ratio, stage in random.sample(list(stages.items()), len(stages)):
                take = sample(stage, ratio)
                prepare(stage, BOOKINGS)
                before = server_seconds(postmaster)
                book(stage.sidecar)
                take()
                if number:  # the first round warms up
                    spent[ratio].append(server_seconds(postmaster) - before)
        for stage in stages.values():
            stage.close()
    table = Table("traces sampled", "server ms a booking", "ratio", box=None)
    for ratio in SAMPLED:
        # Of each round by itself: what else runs on the machine changes over time.
        pairs = zip(spent[ratio], spent[0.0], strict=True)
        table.add_row(
            f"{ratio:.0%}",
            f"{1000 * statistics.median(spent[ratio]) / BOOKINGS:.2f}",
            f"{statistics.median(mine / off for mine, off in pairs):.3f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
