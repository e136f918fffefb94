"""Offers come and go by the day: room is made ahead, old days are dropped whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.conftest import Connect
from tests.sql.shelf import NOW, Offer, Shelf
from tests.sql.test_faults import IN_USE

TODAY = NOW.date()
Connection = psycopg.Connection[Any]


@pytest.fixture
def shelf(connect: Connect) -> Shelf:
    """Return a shelf that commits what it does: others look at it."""
    connection = connect()
    connection.row_factory = dict_row
    return Shelf(connection)


def parts(shelf: Shelf) -> dict[str, int]:
    """Return how many offers each part of the table holds, empty ones included."""
    names = shelf.run(
        "select i.inhrelid::regclass::text as name from pg_inherits as i"
        " where i.inhparent = 'public.flight_offers'::regclass"
    )
    found = {row["name"].removeprefix("flight_offers_"): 0 for row in names}
    for row in shelf.run(
        "select tableoid::regclass::text as name, count(*) as n"
        " from public.flight_offers group by 1"
    ):
        found[row["name"].removeprefix("flight_offers_")] = row["n"]
    return found


def part(day: date) -> str:
    """Return the name of a day's part."""
    return f"{day:%Y%m%d}"


def add_days(shelf: Shelf, first: datetime = NOW + timedelta(days=1)) -> int:
    """Make room for the offers of three days; return how many were made."""
    at = first - timedelta(days=1)
    (row,) = shelf.run("select engine.add_offer_days(%s) as n", at)
    return int(row["n"])


def drop_days(shelf: Shelf) -> bool:
    """Drop what is older than offers are kept; return whether it could be."""
    (row,) = shelf.run("select engine.drop_offer_days(%s) as done", NOW)
    return bool(row["done"])


def test_room_is_made_three_days_ahead(shelf: Shelf) -> None:
    """Every minute it is asked for; it is made once, and not for the day that runs."""
    shelf.run("select engine.recover()")
    assert add_days(shelf) == 0
    days = [TODAY + timedelta(days=n) for n in (1, 2, 3)]
    made = {part(day) for day in days}
    assert set(parts(shelf)) == made | {"kept", "other"}
    shelf.put(Offer("a", more={"day": days[0]}))
    assert parts(shelf)[part(days[0])] == 1


def test_a_day_that_nobody_made_room_for_loses_nothing(shelf: Shelf) -> None:
    """Its offers are in the part for all such days, are booked from there, and go."""
    shelf.put(Offer("a"), Offer("b", price="200.00"))
    assert parts(shelf)["other"] == 2
    assert add_days(shelf, NOW) == 2
    assert shelf.book() == shelf.offers()[0]["id"]
    assert (parts(shelf)["other"], parts(shelf)["kept"]) == (1, 1)
    shelf.run(
        "update public.flight_offers set day = %s where status = 'ACTIVE'",
        TODAY - timedelta(days=31),
    )
    (row,) = shelf.run("select engine.purge_offers(10, %s) as n", NOW)
    assert (row["n"], parts(shelf)["other"]) == (1, 0)
    assert len(shelf.offers()) == 1


def test_an_old_day_is_dropped_without_what_was_chosen_of_it(shelf: Shelf) -> None:
    """The chosen offer has moved where attempts, bookings and trips point at it."""
    old = NOW - timedelta(days=31)
    add_days(shelf, old)
    shelf.put(
        *(Offer(f"o{n}", more={"day": old.date()}) for n in range(3)),
        Offer("new", price="200.00", more={"day": TODAY - timedelta(days=1)}),
    )
    chosen = shelf.book()
    assert parts(shelf)[part(old.date())] == 2
    assert drop_days(shelf)
    assert part(old.date()) not in parts(shelf)
    assert {row["id"] for row in shelf.offers()} >= {chosen}
    assert len(shelf.offers()) == 2
    # Of what the engine must have, no key lets anybody remove it.
    with pytest.raises(IN_USE):
        shelf.run("delete from public.flight_offers where id = %s", chosen)


def test_who_reads_offers_is_not_kept_waiting_by_a_drop(
    shelf: Shelf, connect: Connect
) -> None:
    """It gives way, and the job is not done: the next minute tries again."""
    old = NOW - timedelta(days=31)
    add_days(shelf, old)
    reader = connect(autocommit=False)
    reader.execute("select count(*) from public.flight_offers")
    assert not drop_days(shelf)
    shelf.run("select engine.purge()")
    (beat,) = shelf.run("select * from engine.job_beats where job = 'purge'")
    assert beat["last_succeeded_at"] is None
    assert part(old.date()) in parts(shelf)
    reader.rollback()
    shelf.run("select engine.purge()")
    (beat,) = shelf.run("select * from engine.job_beats where job = 'purge'")
    assert beat["last_succeeded_at"] is not None
    assert part(old.date()) not in parts(shelf)


def test_who_writes_offers_is_not_kept_waiting_by_a_new_day(
    shelf: Shelf, connect: Connect
) -> None:
    """Recovery goes on, and makes it when nobody is in the way."""
    writer = connect(autocommit=False)
    writer.execute("lock table public.flight_offers_other in row exclusive mode")
    shelf.run("select engine.recover()")
    assert set(parts(shelf)) == {"kept", "other"}
    writer.rollback()
    assert add_days(shelf) == 3


def test_an_offer_that_another_trip_has_chosen_is_not_booked(shelf: Shelf) -> None:
    """On another day, so that both were stored: what is bought is bought once."""
    add_days(shelf)
    shelf.put(Offer("a"))
    shelf.run(
        "insert into public.flight_offers"
        " select (jsonb_populate_record(o, %s)).* from public.flight_offers as o",
        Jsonb(
            {
                "user_id": str(uuid4()),
                "id": str(uuid4()),
                "status": "BOOKED",
                "day": "9999-12-31",
            }
        ),
    )
    with pytest.raises(psycopg.Error) as caught:
        shelf.book()
    assert caught.value.sqlstate == "SK102"
