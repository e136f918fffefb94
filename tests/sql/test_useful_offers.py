"""What loses is cheap: it is counted, and explained as if all of it had been kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sidecar.local.cluster import Cluster
from tests.sql import cloned_database
from tests.sql.agency import Agency, Row, found, there
from tests.sql.offers import Json as Offer
from tests.sql.offers import flight

WISHES: Row = {"max_price": 200, "airlines_only": ["BA"], "auto_book_enabled": False}


@pytest.fixture(scope="module")
def shared(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[psycopg.Connection[Row]]:
    """Connect to one clone for the whole module: every test rolls back."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, row_factory=dict_row) as connection,
    ):
        yield connection


@pytest.fixture
def agency(shared: psycopg.Connection[Row]) -> Iterator[Agency]:
    """Return an agency whose work is undone afterwards."""
    yield Agency(shared)
    shared.rollback()


def keep(agency: Agency, kept: str, useful: int = 20) -> None:
    """Set what is kept of a search."""
    agency.run(
        "select engine.set_search_settings('a test', p_keep_offers => %s,"
        " p_useful_offers => %s)",
        kept,
        useful,
    )


def offers(*kinds: tuple[int, str, int]) -> list[Offer]:
    """Return an offer of each price, airline and hour of departure."""
    return [
        found(
            f"n{number:03}",
            total_amount=f"{price}.00",
            slices=flight(there(hour=hour), duration=None),
            owner={"iata_code": airline, "name": airline},
        )
        for number, (price, airline, hour) in enumerate(kinds)
    ]


def explained(agency: Agency, kept: str, useful: int, answer: list[Offer]) -> Row:
    """Return the explanation after one search; nothing of it stays."""
    with agency.sql.transaction(force_rollback=True):
        keep(agency, kept, useful)
        agency.state(**WISHES)
        agency.search(*answer)
        (row,) = agency.run("select public.explain_trip(%s) as story", agency.trip_id)
    agency.profiles.clear()
    story: Row = row["story"]
    return {name: told for name, told in story.items() if name != "trip"}


def counts(story: Row) -> Row:
    """Return what an explanation counts, and the cheapest it names."""
    return {
        "offers": story["offers"],
        "fit": story["fit"],
        "not chosen": {
            n["reason"]: (n["offers"], n["example"]["offer_id"])
            for n in story["not_chosen"]
        },
        "help": {h["change"]: h["offers"] for h in story["what_would_help"]},
        "chosen": (story["chosen"] or {}).get("offer_id"),
    }


MANY = offers(
    *((100 + n, "BA", 10) for n in range(3)),
    *((300 + n, "BA", 10) for n in range(30)),
    *((150 + n, "AF", 10) for n in range(20)),
    *((500 + n, "AF", 10) for n in range(10)),
)


def test_those_that_fit_and_the_best_others_are_kept(agency: Agency) -> None:
    """First the cheapest of each way to miss, beginning with what misses least."""
    keep(agency, "useful", 5)
    agency.state(**WISHES)
    agency.search(*MANY)
    prices = sorted(int(o["price_amount"]) for o in agency.offers().values())
    assert prices == [100, 101, 102, 150, 151, 300, 301, 500]
    ranks = {int(o["price_amount"]): o["rank"] for o in agency.offers().values()}
    assert [ranks[price] for price in prices] == [1, 2, 3, *[None] * 5]


def test_every_reason_of_what_is_not_kept_is_counted(agency: Agency) -> None:
    """In one row of the search, and with those that are kept in the metric."""
    keep(agency, "useful", 5)
    agency.state(**WISHES)
    agency.search(*MANY)
    (row,) = agency.run("select * from public.offer_counts")
    assert (row["offers"], row["user_id"]) == (len(MANY) - 8, agency.user_id)
    told = {tuple(sorted(m["reasons"])): m["offers"] for m in row["missed"]}
    assert told == {
        ("price_above_cap",): 28,
        ("airline_not_included",): 18,
        ("airline_not_included", "price_above_cap"): 9,
    }
    counted: Counter[str] = Counter()
    for part in agency.run(
        "select labels ->> 'reason' as reason, value from engine.counter_parts"
        " where counter = 'skylatch_offers_total'"
    ):
        counted[part["reason"]] += int(part["value"])
    assert counted == {"fits": 3, "price_above_cap": 40, "airline_not_included": 30}


def test_the_fare_history_knows_all(agency: Agency) -> None:
    """Whatever is kept: what fares did is told by every offer."""
    lines = []
    for kept in ("all", "useful"):
        with agency.sql.transaction(force_rollback=True):
            keep(agency, kept, 1)
            agency.state(**WISHES)
            agency.search(*MANY)
            lines += agency.run(
                "select offers, malformed, duration_gaps, currency, cheapest, median"
                " from public.fare_history"
            )
        agency.profiles.clear()
    assert lines[0] == lines[1]
    assert lines[0]["offers"] == len(MANY)


def test_an_explanation_is_the_same_whatever_is_kept(agency: Agency) -> None:
    """To the last sentence, where of each way to miss the cheapest is kept."""
    assert explained(agency, "useful", 5, MANY) == explained(agency, "all", 5, MANY)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kinds=st.lists(
        st.tuples(
            st.sampled_from([100, 150, 250, 300, 400]),
            st.sampled_from(["BA", "AF", "LH"]),
            st.sampled_from([9, 10, 11]),
        ),
        min_size=1,
        max_size=12,
    ),
    useful=st.integers(3, 6),
)
def test_no_count_depends_on_what_is_kept(
    agency: Agency, kinds: list[tuple[int, str, int]], useful: int
) -> None:
    """However few are kept, down to one of each way to miss."""
    answer = offers(*kinds)
    few = explained(agency, "useful", useful, answer)
    assert counts(few) == counts(explained(agency, "all", useful, answer))


def test_an_answer_to_an_older_round_is_not_useful(agency: Agency) -> None:
    """Nobody may buy of it, and it says nothing of the trip as it is."""
    keep(agency, "useful")
    agency.state(**WISHES)
    call = agency.ask()
    agency.run(
        "update public.trip_requests set search_round = search_round + 1 where id = %s",
        agency.trip_id,
    )
    (row,) = agency.run(
        "select engine.ingest_offers(c.user_id, c.trip_request_id,"
        " (c.payload ->> 'round')::integer, c.payload -> 'request', %s, now()) as n"
        " from engine.provider_calls as c where c.id = %s",
        Jsonb({"offer_request": {"id": "orq_x"}, "offers": MANY}),
        call["call_id"],
    )
    assert row["n"] == len(MANY)
    assert agency.offers() == {}
    assert agency.run("select * from public.offer_counts") == []


def test_an_offer_is_written_once(agency: Agency) -> None:
    """Judged when it is stored: ranking a round of one answer rewrites none."""
    agency.state(**WISHES)
    agency.search(*MANY)
    rows = agency.run("select xmin::text, cmin::text, rank from public.flight_offers")
    assert len(rows) == len(MANY)
    assert len({(row["xmin"], row["cmin"]) for row in rows}) == 1
    assert sorted(row["rank"] for row in rows if row["rank"]) == [1, 2, 3]


def test_a_later_answer_takes_its_place_among_the_offers_of_a_round(
    agency: Agency,
) -> None:
    """Ranks run through all answers; what loses is not written for it."""
    agency.state(**WISHES, departure_to=None)
    first, second = MANY[:40], offers((90, "BA", 9), (400, "BA", 9))
    for one in second:
        one["id"] += "b"
    agency.search(*first)
    written = agency.run(
        "select id, ctid::text from public.flight_offers where rank is null"
    )
    agency.run(
        "select engine.ingest_offers(c.user_id, c.trip_request_id, t.search_round,"
        " c.payload -> 'request', %s, now()) from engine.provider_calls as c"
        " join public.trip_requests as t on t.id = c.trip_request_id"
        " where c.operation = 'search'",
        Jsonb({"offer_request": {"id": "orq_y"}, "offers": second}),
    )
    agency.run(
        "select engine.rank_trip(user_id, id, now() + interval '1 ms')"
        " from public.trip_requests where id = %s",
        agency.trip_id,
    )
    ranked = {o["rank"]: int(o["price_amount"]) for o in agency.offers().values()}
    assert [ranked[place] for place in (1, 2, 3, 4)] == [90, 100, 101, 102]
    after = {
        row["id"]: row["ctid"]
        for row in agency.run("select id, ctid::text from public.flight_offers")
    }
    assert all(after[row["id"]] == row["ctid"] for row in written)


@pytest.mark.parametrize("kept", ["all", "useful"])
def test_an_offer_that_was_chosen_once_is_never_stored_again(
    agency: Agency, kept: str
) -> None:
    """It has left the day of its search, and is looked for where it is."""
    keep(agency, kept)
    agency.state()
    one, dear = found("a"), found("b", total_amount="9000.00")
    agency.search(one)
    assert [row["status"] for row in agency.offers().values()] == ["SELECTED"]
    (row,) = agency.run(
        "select engine.ingest_offers(c.user_id, c.trip_request_id, t.search_round,"
        " c.payload -> 'request', %s, now()) as n from engine.provider_calls as c"
        " join public.trip_requests as t on t.id = c.trip_request_id"
        " where c.operation = 'search'",
        Jsonb({"offer_request": {"id": "orq_y"}, "offers": [one, dear]}),
    )
    assert row["n"] == 1
    (held,) = agency.run("select reason from engine.quarantined_offers")
    assert held["reason"] == f'id is that of an offer stored before: "{one["id"]}"'
