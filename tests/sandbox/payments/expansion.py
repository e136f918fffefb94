"""``expand[]``: ids replaced by the objects they name, on request only."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from tests.sandbox.payments.errors import JsonObject, invalid_parameter
from tests.sandbox.payments.store import World

# Object type -> field that holds an id -> type of the object it names.
_FIELDS: dict[str, dict[str, str]] = {
    "customer": {},
    "payment_method": {"customer": "customer"},
    "setup_intent": {"customer": "customer", "payment_method": "payment_method"},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
    },
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "balance_transaction": {},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "radar.early_fraud_warning": {
        "charge": "charge",
        "payment_intent": "payment_intent",
    },
}


def check_paths(kind: str, paths: Iterable[str], *, listed: bool) -> None:
    """Raise 400 for a path that cannot be expanded, before anything runs."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4:
            message = f"You cannot expand more than 4 levels of a property: {path}."
            raise invalid_parameter(message, "expand")
        if listed and steps[0] == "data":
            steps = steps[1:]
        elif listed:
            steps = [path]  # only the rows of a list have expandable fields
        current: str | None = kind
        for step in steps:
            current = _FIELDS.get(current or "", {}).get(step)
            if current is None:
                message = f"This property cannot be expanded ({path})."
                raise invalid_parameter(message, "expand")


def expand(world: World, obj: JsonObject, paths: Iterable[str]) -> JsonObject:
    """Return a copy of `obj` with the ids at the checked `paths` replaced."""
    result = copy.deepcopy(obj)
    for path in paths:
        steps = path.split(".")
        if result["object"] == "list":
            for row in result["data"]:
                _replace(world, row, steps[1:])
        else:
            _replace(world, result, steps)
    return result


def _replace(world: World, node: JsonObject, steps: list[str]) -> None:
    name, *rest = steps
    value = node[name]
    if isinstance(value, str):
        kind = _FIELDS[node["object"]][name]
        value = node[name] = copy.deepcopy(world.get(kind, value))
    if value is not None and rest:
        _replace(world, value, rest)
