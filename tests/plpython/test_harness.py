"""LaunchDarkly's own evaluation cases, run against the evaluator in the server.

The data are the files of github.com/launchdarkly/sdk-test-harness below
data/data-files/server-side-eval; `SKYLATCH_LD_HARNESS` names that folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Connect
from tests.flagdata import evaluate, mirror

# Reported by the client's typed methods, above the evaluator.
ABOVE_THE_EVALUATOR = "strongly-typed"


class JsonTyped(yaml.SafeLoader):
    """YAML whose plain words are JSON's: `on` is a name, not true."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - yaml's own interface


for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(0|[1-9]\d*)", "-0123456789"),
    ("float", r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", "-0123456789"),
    ("merge", r"<<", "<"),
):
    JsonTyped.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first)
    )


def substitute(text: str, values: dict[str, Any]) -> str:
    """Replace <NAME>: as a whole string by the value, inside one by its text."""
    for name, value in values.items():
        whole = json.dumps(value)
        inside = json.dumps(value)[1:-1] if isinstance(value, str) else whole
        text = text.replace(f'"<{name}>"', whole).replace(f"<{name}>", inside)
    return text


def permutations(parameters: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameter sets: a list of sets, or of lists to be combined."""
    if not parameters or isinstance(parameters[0], dict):
        yield from parameters or [{}]
        return
    for rest in permutations(parameters[1:]) if parameters[1:] else [{}]:
        for chosen in parameters[0]:
            yield {**chosen, **rest}


def suites(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the file's suites, constants and parameters filled in."""
    document = yaml.load(path.read_text(), Loader=JsonTyped)
    constants = document.pop("constants", {})
    for parameters in permutations(document.pop("parameters", [])):
        text = substitute(json.dumps(document), constants)
        text = substitute(substitute(text, parameters), constants)
        yield json.loads(text)


def complete(kind: str, key: str, item: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the harness's own types would: required, and empty."""
    rules = [
        {
            **rule,
            "clauses": [
                {"attribute": "", "op": "", "values": [], **clause}
                for clause in rule.get("clauses") or []
            ],
        }
        for rule in item.get("rules") or []
    ]
    filled = {"version": 1, "salt": "", **item, "key": key, "rules": rules}
    if kind == "features":
        filled.setdefault("variations", [])
        filled.setdefault("fallthrough", {})
        for name in ("targets", "contextTargets"):
            filled[name] = [{"values": [], **each} for each in item.get(name) or []]
    return filled


def as_context(data: dict[str, Any]) -> dict[str, Any]:
    """Return a context; a user of the old form becomes one of kind user."""
    if "kind" in data:
        return data
    custom = data.get("custom") or {}
    return {
        "kind": "user",
        **{k: v for k, v in data.items() if k != "custom"},
        **custom,
    }


def default(case: dict[str, Any], data: dict[str, list[Any]]) -> Any:
    """Return the client's default; unsaid, the empty value of the flag's type."""
    if "default" in case:
        return case["default"]
    (flag,) = (f for f in data["features"] if f["key"] == case["flagKey"])
    return type(flag["variations"][0])()


def test_launchdarklys_evaluation_cases_hold_in_the_server(connect: Connect) -> None:
    """Value, variation and the whole reason of every case."""
    folder = os.environ.get("SKYLATCH_LD_HARNESS")
    if not folder:
        pytest.skip("no evaluation data of LaunchDarkly's: set SKYLATCH_LD_HARNESS")
    files = sorted(Path(folder).glob("*.yml"))
    assert files, f"no *.yml in {folder}"
    connection = connect("skylatch_owner")
    passed, skipped, wrong = 0, 0, []
    for path in files:
        for suite in suites(path):
            if suite.get("requireCapability") == ABOVE_THE_EVALUATOR:
                skipped += len(suite["evaluations"])
                continue
            data = {
                kind: [
                    complete(kind, key, item)
                    for key, item in (suite["sdkData"].get(name) or {}).items()
                ]
                for kind, name in (("features", "flags"), ("segments", "segments"))
            }
            mirror(connection, *data["features"], segments=tuple(data["segments"]))
            for case in suite["evaluations"]:
                answer = evaluate(
                    connection, case["flagKey"], as_context(case["context"])
                )
                served = answer["variation"] is not None
                got = {
                    "value": answer["value"] if served else default(case, data),
                    "reason": answer["detail"],
                }
                if served:
                    got["variationIndex"] = answer["variation"]
                got["reason"] = {k: v for k, v in got["reason"].items() if v != ""}
                if got == case["expect"]:
                    passed += 1
                else:
                    wrong.append((path.name, case.get("name"), got, case["expect"]))
    print(f"{passed} of {passed + len(wrong)} cases, {skipped} skipped")
    assert wrong == [], "\n".join(map(str, wrong))
    assert passed > 500
