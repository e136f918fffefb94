"""A few alerts, fired for real; all of them: `make alerts`."""

from __future__ import annotations

from tests.alerts.fire import cause, happy
from tests.alerts.prometheus import program
from tests.alerts.stack import TROUBLES, running_stack
from tests.alerts.test_rules import NAMES

HERE = {"DatabaseUnreachable", "KillSwitchEngaged", "OrderUnknown"}


def test_each_alert_has_a_fault_that_fires_it() -> None:
    """What `make alerts` tries is every rule there is."""
    assert {name for trouble in TROUBLES for name in trouble.alerts} == NAMES


def test_alerts_fire_by_their_faults_and_by_nothing_else() -> None:
    """Silent while three trips are booked; then each within seconds of its fault."""
    program("prometheus")
    with running_stack() as stack:
        assert happy(stack) == set()
        for trouble in TROUBLES:
            if HERE & set(trouble.alerts):
                for name, _, seconds in cause(stack, trouble):
                    assert seconds is not None, name
