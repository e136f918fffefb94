"""LaunchDarkly's JSON for flags and segments, filled in from what a test gives.

SDKs in other languages decode into fixed structs, so every property that LaunchDarkly
always sends is there. A value of the wrong shape is kept as given: serving data that
cannot be decoded is a case of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]

# One of these must be given: a mistyped `value` would otherwise be a flag that is on.
_SUBJECTS = frozenset({"value", "on", "variations", "fallthrough", "rules", "targets"})


def expand_flag(key: str, given: Mapping[str, Any]) -> Json:
    """Return a complete flag without its version; raises ValueError.

    ``{"value": x}`` serves `x` to everybody: a boolean by switching targeting on or
    off between true and false, anything else as the only variation. Every other form
    is laid over the defaults: on, true or false, everybody gets the first variation,
    off serves the last. `fallthrough` may be the index of a variation.
    """
    given = _checked(key, given)
    if not _SUBJECTS & given.keys():
        raise ValueError(f"flag {key}: give one of {', '.join(sorted(_SUBJECTS))}")
    if "value" in given:
        if given.keys() - {"key", "value", "version"}:
            raise ValueError(f"flag {key}: value stands alone")
        given = _constant(given["value"])
    variations = given.setdefault("variations", [True, False])
    last = len(variations) - 1 if isinstance(variations, list) else 0
    # By type, as true is an int too and not an index.
    if type(given.get("fallthrough")) is int:
        given["fallthrough"] = {"variation": given["fallthrough"]}
    return {
        "on": True,
        "prerequisites": [],
        "targets": [],
        "contextTargets": [],
        "fallthrough": {"variation": 0},
        "offVariation": last,
        "salt": _salt(key),
        "clientSideAvailability": {
            "usingMobileKey": False,
            "usingEnvironmentId": False,
        },
        "clientSide": False,
        "trackEvents": False,
        "trackEventsFallthrough": False,
        "debugEventsUntilDate": None,
        "deleted": False,
        **given,
        "rules": _rules(given.get("rules", [])),
        "key": key,
    }


def expand_segment(key: str, given: Mapping[str, Any]) -> Json:
    """Return a complete segment without its version; raises ValueError."""
    given = _checked(key, given)
    return {
        "included": [],
        "excluded": [],
        "includedContexts": [],
        "excludedContexts": [],
        "salt": _salt(key),
        "unbounded": False,
        "deleted": False,
        **given,
        "rules": _rules(given.get("rules", [])),
        "key": key,
    }


def _checked(key: str, given: Mapping[str, Any]) -> Json:
    """Return a copy that is surely JSON and shares nothing with the caller's."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{key}: not a JSON object")
    copy: Json = json.loads(json.dumps(dict(given), allow_nan=False))
    if copy.get("key", key) != key:
        raise ValueError(f"{key}: the body is about {copy['key']}")
    return copy


def _constant(value: Any) -> Json:
    if isinstance(value, bool):
        return {"on": value, "variations": [True, False]}
    # Off serves nothing, and a client falls back to the caller's default.
    return {"variations": [value], "offVariation": None}


def _rules(rules: Any) -> Any:
    if not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
        return rules
    return [
        {
            "id": f"rule-{number}",
            "trackEvents": False,
            **rule,
            "clauses": _clauses(rule.get("clauses", [])),
        }
        for number, rule in enumerate(rules)
    ]


def _clauses(clauses: Any) -> Any:
    if not isinstance(clauses, list) or not all(isinstance(c, dict) for c in clauses):
        return clauses
    return [{"negate": False, **clause} for clause in clauses]


def _salt(key: str) -> str:
    """Return the key's own salt: the same on every run, so rollouts repeat."""
    return uuid5(NAMESPACE_URL, key).hex
