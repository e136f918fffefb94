"""The local stack can book what its sandbox sells."""

from __future__ import annotations

from decimal import Decimal

from psycopg.conninfo import make_conninfo

from sidecar.local.rates import record_rates
from tests.conftest import Connect


def test_the_local_stack_has_fresh_rates_that_two_people_gave(
    database: str, connect: Connect
) -> None:
    """Once they are known, a second `make up` needs nobody to confirm them."""
    admin = connect()
    for actions in (["HELD"] * 2 + ["CONFIRMED"] * 2, ["SET"] * 2):
        record_rates(lambda user: make_conninfo(database, user=user))
        found = admin.execute(
            "select k.rate, k.problem"
            " from unnest(array['EUR', 'USD']) with ordinality as q (code, place)"
            " cross join engine.known_rate('GBP', q.code, clock_timestamp()) as k"
            " order by q.place"
        ).fetchall()
        assert found == [(Decimal("1.15"), None), (Decimal("1.25"), None)]
        log = admin.execute(
            "select action, login from engine.exchange_rate_changes order by id"
        ).fetchall()
        assert [action for action, _ in log[-len(actions) :]] == actions
        assert {login for action, login in log if action != "CONFIRMED"} == {
            "skylatch_feed"
        }
