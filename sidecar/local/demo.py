"""`make demo`: six trips, six endings, checked against the providers' own books.

The demo does everything as an application does: cards are added as `service_role`,
trips are stated as the traveller, the monitor is triggered by its public function. Only
the fares are moved, one offer is made to vanish and one answer to get lost, through the
sandbox's control endpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import requests
from psycopg.rows import dict_row
from rich.console import Console
from rich.live import Live
from rich.table import Table

from sidecar.local.application import Application, next_monday
from sidecar.local.settings import Settings
from sidecar.local.stories import Story, stories
from sidecar.sessions import pinned

_PATIENCE_SECONDS = 90.0
_COLOURS = {
    "BOOKED": "bold green",
    "BOOKING": "cyan",
    "PENDING": "yellow",
    "ACTION_REQUIRED": "magenta",
}
Row = dict[str, Any]


class Demo:
    """Plays the stories against a running stack."""

    def __init__(
        self, settings: Settings, dsn: Callable[[str], str], console: Console
    ) -> None:
        self._console = console
        self._flights = settings.values["SKYLATCH_DUFFEL_URL"]
        self._payments = settings.values["SKYLATCH_STRIPE_URL"]
        self._http = requests.Session()
        self._http.trust_env = False
        self._app = Application(settings, dsn)
        self._operator = psycopg.connect(
            pinned(dsn("postgres")), autocommit=True, row_factory=dict_row
        )

    def play(self) -> bool:
        """Play every story; return whether each ended as it should."""
        plays = stories()
        self._prepare(plays)
        try:
            return self._play(plays)
        finally:
            for story in plays:
                self._control("fares", story, factor=1)
            self._app.close()
            self._operator.close()

    def _play(self, plays: list[Story]) -> bool:
        self._app.as_service("select public.manage_auto_book_monitor('trigger')")
        ended = self._watch(plays)
        self._console.print()
        self._print_saga(plays[-1])
        sound = self._print_checks(plays)
        return ended and sound

    def _prepare(self, plays: list[Story]) -> None:
        recorded = self._truth(self._flights)["recorded_routes"]
        if not any("ATL" in str(r) and "FLL" in str(r) for r in recorded):
            plays[0].title = "no recordings here: a generated fare"
            plays[0].max_price = Decimal("2500.00")
            self._console.print(
                "No recorded offers were found (--recordings DIR): the first trip runs "
                "on the generated network."
            )
        for story in plays:
            self._control("fares", story, factor=story.dearer)
            if story.vanishes:
                self._control("vanish", story, times=story.vanishes)
            if story.unheard:
                route = f"{story.origin}-{story.destination}"
                self._control("order_outcomes", story, status=500, route=route)
            self._state(story)

    def _state(self, story: Story) -> None:
        """Create the traveller, their card and the trip."""
        card_id, profile_id = uuid4(), uuid4()
        self._app.add_user(story.user_id)
        self._app.add_card(story.user_id, card_id, story.card)
        self._app.add_profile(story.user_id, profile_id)
        departs = next_monday(date.today() + timedelta(days=60))  # noqa: DTZ011
        returns = story.returns_after
        (row,) = self._app.as_traveller(
            story.user_id,
            "select public.create_trip_request(p_origins => %s, p_destinations => %s,"
            " p_departure_from => %s, p_return_from => %s, p_max_price => %s,"
            " p_currency => %s, p_passengers => %s, p_payment_method_id => %s,"
            " p_auto_book_enabled => true, p_consent_text_version => '2026-11')",
            [story.origin],
            [story.destination],
            departs,
            departs + timedelta(days=returns) if returns else None,
            story.max_price,
            story.currency,
            [profile_id],
            card_id,
        )
        story.trip_id = row["create_trip_request"]

    def _watch(self, plays: list[Story]) -> bool:
        """Show progress until every story has ended; tell whether all did."""
        fallen = False
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with Live(
            self._table(plays), console=self._console, refresh_per_second=8
        ) as live:
            while time.monotonic() < deadline:
                states = [self._trip(story) for story in plays]
                live.update(self._table(plays))
                waiting = plays[1]
                if not fallen and states[1]["heard"]:
                    # The traveller was told that the fare is too high. Now the fare
                    # falls.
                    self._control("fares", waiting, factor=1)
                    self._app.as_service(
                        "select public.duffel_search(%s)", waiting.trip_id
                    )
                    fallen = True
                elif fallen and all(
                    s["auto_book_status"] == p.ends
                    and s["heard"]
                    and s["attempts"] == (0 if p.ends == "PENDING" else p.attempts)
                    for s, p in zip(states, plays, strict=True)
                ):
                    return True
                time.sleep(0.1)
        self._console.print(
            f"[bold red]not every trip ended as it should in {_PATIENCE_SECONDS:.0f} s"
        )
        return False

    def _trip(self, story: Story) -> Row:
        (row,) = self._app.as_traveller(
            story.user_id,
            "select t.auto_book_status, t.status_reason, b.booking_reference,"
            " b.price, b.currency, (select count(*) from public.booking_attempts as a"
            " where a.trip_request_id = t.id) as attempts, exists (select"
            " from public.fare_history as h where h.trip_request_id = t.id) as heard"
            " from public.trip_requests as t left join public.flight_bookings as b"
            " on b.trip_request_id = t.id where t.id = %s",
            story.trip_id,
        )
        return row

    def _table(self, plays: list[Story]) -> Table:
        table = Table(title="Six trips", title_justify="left", expand=True)
        table.add_column("trip", ratio=3)
        table.add_column("status", no_wrap=True)
        table.add_column("what the traveller reads", ratio=4)
        for story in plays:
            trip = self._trip(story)
            status = trip["auto_book_status"]
            tries = f"\n{trip['attempts']} tries" if trip["attempts"] > 1 else ""
            table.add_row(
                f"{story.route}, {story.title}\n"
                f"[dim]at most {story.max_price} {story.currency}[/]",
                f"[{_COLOURS.get(status, 'white')}]{status}[/]{tries}",
                trip["status_reason"] or "…",
            )
        return table

    def _print_saga(self, story: Story) -> None:
        table = Table(
            title=f"{story.route}, step by step, from the function trip_saga",
            title_justify="left",
        )
        for name in ("at", "from", "to", "what happened"):
            table.add_column(name)
        for step in self._app.as_traveller(
            story.user_id, "select * from public.trip_saga(%s)", story.trip_id
        ):
            table.add_row(
                f"{step['at']:%H:%M:%S.%f}"[:-3],
                step["from_state"] or "",
                step["to_state"] or "",
                step["reason"],
            )
        self._console.print(table)
        self._console.print(
            "Every call behind it, by one id (docs/traces.md): "
            f"[bold]python -m sidecar trace {story.trip_id}[/]",
            soft_wrap=True,
        )

    def _print_checks(self, plays: list[Story]) -> bool:
        """Compare our tables with what both providers say; print the verdict."""
        violations = self._operator.execute(
            "select * from engine.check_invariants()"
        ).fetchall()
        trips = {str(story.trip_id) for story in plays}
        wanted = sum(story.ends == "BOOKED" for story in plays)
        orders = _ours(self._truth(self._flights)["orders"], trips)
        intents = _ours(self._truth(self._payments)["payment_intents"], trips)
        captured = [intent for intent in intents if intent["captured"]]
        held = sum(intent["held"] for intent in intents)
        facts = [
            ("invariants violated", len(violations), 0),
            ("orders that Duffel has", len(orders), wanted),
            ("payments that Stripe captured", len(captured), wanted),
            ("amounts still held on a card", held, 0),
        ]
        self._console.print()
        for text, found, expected in facts:
            mark = "[green]✓[/]" if found == expected else "[red]✗[/]"
            self._console.print(f"{mark} {text}: {found} (expected {expected})")
        for violation in violations:
            self._console.print(f"  {violation}")
        return all(found == expected for _, found, expected in facts)

    def _truth(self, base_url: str) -> Row:
        response = self._http.get(f"{base_url}/__sandbox/state", timeout=30)
        response.raise_for_status()
        truth: Row = response.json()
        return truth

    def _control(self, action: str, story: Story, **values: object) -> None:
        route = {"origin": story.origin, "destination": story.destination}
        self._http.post(
            f"{self._flights}/__sandbox/{action}",
            json=values if "route" in values else {**route, **values},
            timeout=30,
        ).raise_for_status()


def _ours(rows: list[Row], trips: set[str]) -> list[Row]:
    return [row for row in rows if row["metadata"].get("trip_request_id") in trips]
