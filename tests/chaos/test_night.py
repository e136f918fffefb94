"""The short form of `make night`: what is known in seconds, by real processes."""

from __future__ import annotations

from tests.chaos.night import falling, table
from tests.factories import World


def test_what_breaks_at_night_is_told_with_the_page_that_says_what_to_do(
    world: World,
) -> None:
    """A flags file deleted, Duffel answering 500: told, shown, and cleared again."""
    world.let_cron_do_it()
    with falling(world) as night:
        rows = [night.a_flags_file_is_deleted(), night.duffel_answers_500()]
    print(table(rows))
    pages = ["docs/runbook.md#flagsourcegone", "docs/runbook.md#breakeropen"]
    assert [row.page for row in rows] == pages
    assert "SOURCE GONE" in rows[0].status
    assert "search PAUSED" in rows[1].status
