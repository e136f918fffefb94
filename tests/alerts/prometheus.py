"""A real Prometheus beside a stack, with the shipped rules run sixty times as fast.

Whatever in the rules is a time is divided by `FACTOR` in a copy: ranges (`[5m]`),
`for`, and what a metric in seconds is compared with, though not below ten seconds: the
flags' mirror beats every three. Nothing else of them is touched.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from sidecar.local.places import CHECKOUT
from sidecar.local.settings import free_port
from tests.waiting import wait_until

SHIPPED = CHECKOUT / "sidecar" / "observability"
RULES = SHIPPED / "alerts.yml"
FACTOR = 60
LEAST = 10
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"(\d+)([smh])")
_RANGE = re.compile(r"\[(\d+[smh])\]")
_LIMIT = re.compile(r"(_seconds(?:\{[^}]*\})?\)?\s*>\s*)(\d+)")


def program(name: str) -> str:
    """Return where a program of Debian's package `prometheus` is."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is not installed: make test installs it")
    return found


def rules(text: str | None = None) -> dict[str, dict[str, Any]]:
    """Return every rule of a rule file, by its alert's name."""
    document = yaml.safe_load(text or RULES.read_text())
    return {
        rule["alert"]: rule for group in document["groups"] for rule in group["rules"]
    }


def sooner(duration: str) -> str:
    """Return a duration of the rules divided by FACTOR."""
    found = _DURATION.fullmatch(duration)
    assert found is not None, duration
    return f"{int(found[1]) * _MILLISECONDS[found[2]] // FACTOR}ms"


def hurried(text: str) -> str:
    """Return the rules with every time in them divided by FACTOR."""
    document = yaml.safe_load(text)
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = _LIMIT.sub(
                lambda found: f"{found[1]}{max(int(found[2]) // FACTOR, LEAST)}",
                _RANGE.sub(lambda found: f"[{sooner(found[1])}]", rule["expr"]),
            )
            if "for" in rule:
                rule["for"] = sooner(rule["for"])
    return yaml.safe_dump(document, sort_keys=False)


class Prometheus:
    """A running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire now."""
        found = requests.get(f"{self.url}/api/v1/alerts", timeout=10).json()
        return {
            alert["labels"]["alertname"]
            for alert in found["data"]["alerts"]
            if alert["state"] == "firing"
        }

    def fired(self, seconds: int) -> set[str]:
        """Return the names of the alerts that fired in so many seconds."""
        fired = f'count_over_time(ALERTS{{alertstate="firing"}}[{seconds}s])'
        found = self.query(f"count by (alertname) ({fired})")
        return {sample["metric"]["alertname"] for sample in found}

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an instant query."""
        found = requests.get(
            f"{self.url}/api/v1/query", params={"query": expression}, timeout=10
        ).json()
        samples: list[dict[str, Any]] = found["data"]["result"]
        return samples

    def healthy(self) -> bool:
        """Tell whether every target was scraped."""
        found = self.query("up")
        return len(found) == 2 and all(one["value"][1] == "1" for one in found)


@contextmanager
def watching(
    directory: Path, *, endpoint: int, worker: int, token: str
) -> Iterator[Prometheus]:
    """Run Prometheus over two targets with the hurried rules, scraping each second.

    The shipped configuration, with addresses and times of its own.
    """
    port = free_port({endpoint, worker})
    secret = directory / "metrics_token"
    secret.write_text(token)
    (directory / "alerts.yml").write_text(hurried(RULES.read_text()))
    config = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "500ms"}
    del config["alerting"]
    for scrape in config["scrape_configs"]:
        if "authorization" in scrape:
            scrape["authorization"]["credentials_file"] = str(secret)
        at = endpoint if scrape["job_name"] == "skylatch-endpoint" else worker
        scrape["static_configs"] = [{"targets": [f"127.0.0.1:{at}"]}]
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "/usr/bin/setpriv",
                "--pdeathsig",
                "KILL",
                program("prometheus"),
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
                # Ranges of a few milliseconds are looked up in what is that old too.
                "--query.lookback-delta=3s",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    found = Prometheus(f"http://127.0.0.1:{port}")

    def ready() -> bool:
        assert process.poll() is None, (directory / "prometheus.log").read_text()
        try:
            return requests.get(f"{found.url}/-/ready", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    try:
        wait_until(ready)
        yield found
    finally:
        process.kill()
        process.wait()


def promtool(*arguments: str, text: str | None = None) -> str:
    """Run promtool, which has to succeed; return what it says."""
    done = subprocess.run(
        [program("promtool"), *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout, file=sys.stderr)
    return done.stdout + done.stderr
