"""A worker in slow motion: it leads each trip to a state and leaves it there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.conninfo import make_conninfo

from sidecar.db import Call, Database
from sidecar.flights import Flights
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from tests.chaos.stories import STORIES, Story, describe
from tests.factories import World
from tests.sandbox.flights.cancellations import Terms

_WORKER = "slow:1:worker"
# What is left of a trip's next call when the worker turns away from it.
LEFTOVERS = ("ready", "claimed", "made", "reported late")


class SlowWorker:
    """Works on one trip at a time, and only as far as it is told to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._database = Database(
            make_conninfo(world.dsn, user="skylatch_sidecar"), size=1
        )
        self._operations = outward_calls(
            Flights(world.flights_url, "duffel_test_fixture"),
            Payments(world.payments_url, "sk_test_fixture"),
        )
        # Answers that were read and not told yet.
        self._late: list[dict[str, Any]] = []

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def lead(self, story: str, state: str, leftover: str) -> UUID:
        """State a trip, bring its attempt to `state`, and leave its next call so."""
        told = STORIES[story]
        trip = self._begin(told)
        if told.leads_to is not None:
            self._drive(trip, told.leads_to)
            told.begin(self._world, trip)
        self._drive(trip, state)
        if leftover == "ready":
            self._postpone(trip)
        elif self._world.attempt(trip)["state"] != "NEEDS_REVIEW":
            call = self._claim(trip)
            if leftover != "claimed":
                report = self._make(call)
                if leftover == "reported late":
                    self._late.append(report)
        return trip

    def report_late(self) -> None:
        """Tell what was left untold, as a worker that had been slow."""
        for report in self._late:
            self._database.finish_calls(_WORKER, [report], hand_on=False)

    def _begin(self, story: Story) -> UUID:
        world = self._world
        world.flights.faults.clear()
        world.payments.faults.clear()
        world.flights.set_cancellations(Terms(story.refund_share, "balance"))
        # The trips of before are not searched again.
        world.rows("update public.trip_requests set next_search_at = 'infinity'")
        trip = world.trip(world.traveller(card=story.card))
        story.arm(world)
        world.tick()
        return trip

    def _drive(self, trip: UUID, state: str) -> None:
        for _ in range(40):
            attempts = self._world.rows(
                "select state from public.booking_attempts where trip_request_id = %s",
                trip,
            )
            if attempts and attempts[-1]["state"] == state:
                return
            # What nobody finds is looked for until a day is over.
            self._world.rows(
                "update public.booking_attempts set deadline_at = clock_timestamp()"
                " where trip_request_id = %s and state = 'ORDER_UNKNOWN'"
                " and %s = 'NEEDS_REVIEW'",
                trip,
                state,
            )
            report = self._make(self._claim(trip))
            self._database.finish_calls(_WORKER, [report], hand_on=False)
        raise AssertionError(f"the attempt never came to {state}")

    def _claim(self, trip: UUID) -> Call:
        """Claim the trip's next call, as if its time had come."""
        self._world.rows(
            "update engine.provider_calls set run_at = clock_timestamp()"
            " where trip_request_id = %s and state = 'READY'",
            trip,
        )
        calls = self._database.claim_calls(_WORKER, limit=1, searches=1)
        assert [call.trip_request_id for call in calls] == [trip], describe(
            self._world, trip
        )
        return calls[0]

    def _make(self, call: Call) -> dict[str, Any]:
        if call.marks_sent:
            assert self._database.mark_sent(call) is None
        assert call.request is not None
        answer = self._operations[call.operation](call.request, call.idempotency_key)
        return answer.as_report(call.call_id, call.epoch)

    def _postpone(self, trip: UUID) -> None:
        """Let nobody take the trip's calls before `resume`."""
        self._world.rows(
            "update engine.provider_calls set run_at = 'infinity'"
            " where trip_request_id = %s and state = 'READY'",
            trip,
        )

    def resume(self) -> None:
        """Let what was postponed be taken."""
        self._world.rows(
            "update engine.provider_calls set run_at = clock_timestamp()"
            " where state = 'READY' and run_at = 'infinity'"
        )
