"""The primary dies under sagas and its replica takes over: no order, no capture twice.

A short form of ``make failover``, which plays every state with every way to go on.
"""

from __future__ import annotations

import pytest

from tests.chaos.failover import (
    BEFORE_THE_ORDER,
    MODES,
    STATES,
    Mode,
    few_cases,
    lose_primary,
)

# Of these a lost history leaves an order that no attempt here made, or a decision of a
# person's, or of a traveller's, that is to be made again.
_FOR_A_PERSON = {"PENDING", "VOIDING", "FAILED", "QUOTING_BOOKING", "NEEDS_REVIEW"}


@pytest.mark.parametrize("mode", MODES)
def test_a_failover_at_any_state_doubles_nothing_and_fails_nothing(mode: Mode) -> None:
    """Async: found and taken over, or a person's. Sync: nothing is lost at all."""
    cases = few_cases(mode)
    outcomes = lose_primary(mode, cases)
    assert len(outcomes) == len(cases)
    for name, (case, outcome) in outcomes.items():
        assert not outcome.doubled, name
        assert outcome.sent_again == 0, name
        assert outcome.restored == 0, name
        if mode == "sync":
            assert not outcome.lost, name
            assert outcome.cases == (), name
        elif case.state not in _FOR_A_PERSON:
            assert outcome.cases == (), name
        if case.state in BEFORE_THE_ORDER and not outcome.cases:
            assert (outcome.orders, outcome.captures) == (1, 1), name
    if mode == "async":
        assert {case.state for case in cases} == set(STATES)
        # What was to be lost was lost, or nothing is shown.
        assert all(
            outcome.lost
            for case, outcome in outcomes.values()
            if case.state in BEFORE_THE_ORDER and case.then == "ends"
        )
