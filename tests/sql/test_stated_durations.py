"""The provider says how long a flight takes; so do the clocks at both ends.

What is said wins, the difference is kept, and many of them are an alert: a zone or the
server's time zones are out of date. An operator can put the place right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

import psycopg
import pytest

from sidecar.deploy import deploy
from sidecar.errors import SQLSTATES, InvalidInput
from tests.conftest import Connect
from tests.sql.offers import DUB, JFK, LHR, Json, flight, offer, place, segment
from tests.sql.test_ingest import Desk, Row

MINUTE = timedelta(minutes=1)
BACK = "2026-10-25"  # the night clocks go back in London and Dublin


@pytest.fixture
def desk(shelves: psycopg.Connection[Row]) -> Iterator[Desk]:
    """Return a desk whose work is undone afterwards."""
    yield Desk(shelves)
    shelves.rollback()


@pytest.mark.parametrize(
    ("times", "said", "read"),
    [
        # Before the clocks went back, and after.
        (("01:20", "01:10"), "PT50M", ("00:20", "01:10")),
        (("01:20", "02:10"), "PT50M", ("01:20", "02:10")),
        (("01:20", "02:10"), "PT1H50M", ("00:20", "02:10")),
        # From the night before into each of the two.
        (("00:40", "01:30"), "PT50M", ("23:40", "00:30")),
        (("00:40", "01:30"), "PT1H50M", ("23:40", "01:30")),
        # Both readings are as long: the later.
        (("01:05", "01:55"), "PT50M", ("01:05", "01:55")),
        # Nothing fits: the later, and a gap.
        (("01:20", "02:10"), "PT3H", ("01:20", "02:10")),
        (("01:20", "02:10"), None, ("01:20", "02:10")),
    ],
)
def test_of_the_repeated_hour_the_stated_duration_says_which(
    desk: Desk, times: tuple[str, str], said: str | None, read: tuple[str, str]
) -> None:
    """London 01:20 to Dublin 01:10 in 50 minutes is a flight like any other."""
    for number, (whole, part) in enumerate([(said, None), (None, said), (said, said)]):
        flown = segment(
            LHR,
            DUB,
            f"{BACK}T{times[0]}:00",
            f"{BACK}T{times[1]}:00",
            duration=part,
        )
        one = offer(f"off_{number}", slices=flight(flown, duration=whole))
        assert desk.ingest([one]) == 1
        desk.assert_as_sent(one)
        row = desk.stored(one["id"])
        instants = (row["departs_at"], row["arrives_at"])
        assert tuple(f"{at.astimezone(UTC):%H:%M}" for at in instants) == read


def test_a_connection_in_the_repeated_hour_is_in_order(desk: Desk) -> None:
    """Landed in the first, left in the second: a wait of fifty minutes."""
    one = offer(
        slices=flight(
            segment(
                JFK, DUB, "2026-10-24T14:00:00", f"{BACK}T01:40:00", duration="PT6H40M"
            ),
            segment(
                DUB, LHR, f"{BACK}T01:30:00", f"{BACK}T02:50:00", duration="PT1H20M"
            ),
        )
    )
    assert desk.ingest([one]) == 1
    desk.assert_as_sent(one)
    assert desk.stored("off_good")["shortest_layover"] == timedelta(minutes=50)


@pytest.mark.parametrize(
    ("said", "gap"),
    [("PT8H5M", 0), ("PT9H5M", 60), ("PT7H", 65), (None, None)],
)
def test_the_stated_duration_wins_and_the_difference_is_kept(
    desk: Desk, said: str | None, gap: int | None
) -> None:
    """Whichever is longer; where nothing is said there is no difference."""
    flown = segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    for number, (whole, part) in enumerate([(said, None), (None, said)]):
        one = offer(
            f"off_{number}", slices=flight({**flown, "duration": part}, duration=whole)
        )
        assert desk.ingest([one]) == 1
        desk.assert_as_sent(one)
        row = desk.stored(one["id"])
        assert row["duration_gap"] == (None if gap is None else gap * MINUTE)
        assert desk.history()["duration_gaps"] == (1 if gap else 0)


def answer(count: int, odd: int) -> list[Json]:
    """Return so many offers, of which so many say half an hour more."""
    flown = segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    return [
        offer(
            f"off_{count}_{n}",
            slices=flight(flown, duration="PT8H35M" if n < odd else "PT8H5M"),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "odd", "alerts"),
    [(400, 20, 1), (19, 19, 0), (401, 20, 0), (20, 20, 1), (400, 0, 0)],
)
def test_durations_that_differ_in_bulk_are_an_alert(
    desk: Desk, count: int, odd: int, alerts: int
) -> None:
    """Twenty of a day and one in twenty; a day later it is history."""
    assert desk.ingest(answer(count, odd)) == count
    raised = "select * from engine.open_alerts() as a where a.kind = 'DURATIONS_DIFFER'"
    assert desk.sql.execute(raised).fetchall() == []
    desk.sql.execute("update public.fare_history set searched_at = now()")
    found = desk.sql.execute(raised).fetchall()
    assert len(found) == alerts
    for one in found:
        assert one["detail"] == (
            f"{odd} of {count} offers of a day state another duration than their times"
            " give, most between LHR and JFK"
        )


# -- corrections of places -----------------------------------------------------------


def test_a_zone_that_is_corrected_holds_at_once(desk: Desk) -> None:
    """As if New York were in Chicago's zone: the flight is an hour longer."""
    flown = segment(LHR, JFK, "2026-06-15T10:00:00", "2026-06-15T13:05:00")
    assert desk.ingest([offer("off_before", slices=flight(flown))]) == 1
    desk.sql.execute(
        "select engine.override_airport('a test', 'JFK', 'America/Chicago')"
    )
    assert desk.ingest([offer("off_after", slices=flight(flown))]) == 1
    assert desk.stored("off_before")["duration"] == timedelta(hours=8, minutes=5)
    assert desk.stored("off_after")["duration"] == timedelta(hours=9, minutes=5)


def test_an_airport_that_no_package_knows_can_be_added(desk: Desk) -> None:
    """With everything that an airport has; then its offers can be read."""
    flown = segment(
        LHR, place("XQX", "Mars/Olympus"), "2026-06-15T10:00:00", "2026-06-15T13:05:00"
    )
    assert desk.ingest([offer("off_before", slices=flight(flown))]) == 0
    desk.sql.execute(
        "select engine.override_airport('opened today', 'XQX', 'Europe/Paris',"
        " 'New Field', 'Newtown', 'FR', 48.5, 2.5)"
    )
    assert desk.ingest([offer("off_after", slices=flight(flown))]) == 1


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("override_airport('a test', 'jfk', 'America/Chicago')", "iata"),
        ("override_airport('a test', 'XQX', 'America/Chicago')", "iata"),
        ("override_airport('a test', 'JFK', 'Mars/Olympus')", "time_zone"),
        ("override_airport('a test', 'JFK', p_latitude => 91)", "latitude"),
        ("override_airport('a test', 'JFK', p_longitude => 'NaN')", "longitude"),
        ("override_airport('a test', 'JFK', p_country => 'USA')", "country"),
        ("override_city('a test', 'NYC', '{JFK,QQQ}')", "airports"),
        ("override_city('a test', 'NYC', '{}')", "airports"),
        ("override_city('a test', 'NYC', null)", "airports"),
        ("override_city('a test', 'QQQ', '{JFK}')", "iata"),
        ("override_city('a test', 'NYC', '{JFK}', null, 'Mars')", "time_zone"),
    ],
)
def test_what_is_no_correction_is_refused(desk: Desk, call: str, field: str) -> None:
    """With the field that is to blame, and nothing is recorded."""
    with pytest.raises(psycopg.Error) as refused, desk.sql.transaction():
        desk.sql.execute(f"select engine.{call}".encode())
    assert refused.value.sqlstate == "SK019"
    assert SQLSTATES["SK019"] is InvalidInput
    assert refused.value.diag.column_name == field
    assert desk.sql.execute("select * from engine.airport_overrides").fetchall() == []


def test_a_correction_survives_a_deploy_and_stays_on_record(
    database: str, connect: Connect
) -> None:
    """The packages come again with every deploy; what a person put right stays."""
    operator = connect("skylatch_operator")
    operator.execute("select engine.override_airport('wrong', 'JFK', 'Asia/Tokyo')")
    operator.execute(
        "select engine.override_airport('moved', 'JFK', 'America/Chicago')"
    )
    operator.execute(
        "select engine.override_city('IATA has three', 'NYC', '{JFK,LGA,EWR}')"
    )
    places = (
        "select a.time_zone, m.airports from engine.airports as a,"
        " engine.metropolitan_areas as m where a.iata = 'JFK' and m.iata = 'NYC'"
    )
    admin = connect()
    corrected = ("America/Chicago", ["JFK", "LGA", "EWR"])
    assert admin.execute(places).fetchone() == corrected
    deploy(database, cron=False)
    assert admin.execute(places).fetchone() == corrected
    record = admin.execute(
        "select iata, reason, set_by from engine.airport_overrides order by id"
    ).fetchall()
    assert record == [
        (iata, reason, "postgres as skylatch_operator")
        for iata, reason in (
            ("JFK", "wrong"),
            ("JFK", "moved"),
            ("NYC", "IATA has three"),
        )
    ]
    for change in ("delete from", "truncate"):
        with pytest.raises(psycopg.Error) as refused:
            admin.execute(f"{change} engine.airport_overrides".encode())
        assert refused.value.sqlstate == "SK302"
