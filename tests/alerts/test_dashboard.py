"""The dashboard asks for nothing that nobody emits, and shows everything that is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sidecar.metric_names import DECLARED
from tests.alerts.prometheus import SHIPPED, promtool, rules

DASHBOARD: dict[str, Any] = json.loads((SHIPPED / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [
    (panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]
]
_SELECTOR = re.compile(r"([a-z_]\w+)(?:\{([^}]*)\})?")
_NO_METRIC = {
    *("by", "count", "histogram_quantile", "increase", "le", "max", "rate", "sum"),
    *("absent", "and", "or"),
}
# Prometheus' own.
_UP = {"up": {"job", "instance"}}


def parts(expression: str) -> tuple[dict[str, set[str]], set[str]]:
    """Return the metrics of a query, what they are chosen by, and its groupings."""
    groups = re.findall(r"\bby \(([^)]*)\)", expression)
    rest = re.sub(r"\bby \([^)]*\)|\[\w+\]", "", expression)
    metrics = {
        name: set(re.findall(r"(\w+)[!=]", chosen))
        for name, chosen in _SELECTOR.findall(rest)
        if name not in _NO_METRIC
    }
    return metrics, {label.strip() for group in groups for label in group.split(",")}


def labels_of(name: str) -> set[str]:
    """Return the labels of an emitted series; KeyError for one that is none."""
    if name in _UP:
        return _UP[name]
    base = re.sub("_(bucket|count|sum)$", "", name)
    if base != name and DECLARED[base].kind == "histogram":
        return {*DECLARED[base].labels, "le"}
    return set(DECLARED[name].labels)


@pytest.mark.parametrize(
    ("title", "expression"),
    [*QUERIES, *((name, rule["expr"]) for name, rule in rules().items())],
)
def test_each_query_asks_for_what_is_emitted(title: str, expression: str) -> None:
    """Each metric is declared, and has the labels it is chosen or grouped by."""
    metrics, groups = parts(expression)
    assert metrics, title
    for name, chosen in metrics.items():
        assert chosen <= labels_of(name), (title, name)
    assert groups <= set().union(*(labels_of(name) for name in metrics)), title


def test_every_metric_is_on_the_dashboard() -> None:
    """Somebody who looks at three in the morning does not have to know its name."""
    shown = set().union(*(parts(expression)[0] for _, expression in QUERIES))
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in shown}
    assert shown == {*DECLARED, *_UP}


def test_the_guard_sees_a_metric_that_nobody_emits() -> None:
    """And a label that it does not have."""
    with pytest.raises(KeyError):
        labels_of("skylatch_nothing")
    with pytest.raises(AssertionError):
        test_each_query_asks_for_what_is_emitted(
            "made up", 'skylatch_attempts{user_id="x"}'
        )


def test_every_query_is_one_that_prometheus_can_read(tmp_path: Path) -> None:
    """As rules, which promtool parses."""
    recorded = [
        {"record": f"panel:{number}", "expr": expression}
        for number, (_, expression) in enumerate(QUERIES)
    ]
    (tmp_path / "panels.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]})
    )
    promtool("check", "rules", str(tmp_path / "panels.yml"))


def test_panels_do_not_lie_on_each_other() -> None:
    """Each has a place and an id of its own, and the one source of the profile."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(
        DASHBOARD["panels"]
    )
    sources = yaml.safe_load((SHIPPED / "grafana" / "datasource.yml").read_text())
    (source,) = sources["datasources"]
    for panel in PANELS:
        for asked in (
            panel["datasource"],
            *(t["datasource"] for t in panel["targets"]),
        ):
            assert asked == {"type": "prometheus", "uid": source["uid"]}
