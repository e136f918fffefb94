"""LaunchDarkly's steps: what the SDK reads, and that it connects. No write at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from ldclient.client import LDClient
from ldclient.config import Config

from sidecar.flags import reachable
from sidecar.providers import NO_ANSWER, Answer
from sidecar.setting_types import is_loopback
from tests.contract.seen import Seen, require_access, see

REAL = "https://sdk.launchdarkly.com"
_NOBODYS = "sdk-00000000-0000-4000-8000-000000000000"
_PATIENCE_SECONDS = 10.0


def steps(url: str, key: str) -> Iterator[Seen]:
    """Make every step."""
    yield see("a key that is none", reachable(_NOBODYS, url))
    polled = _poll(url, key)
    yield require_access(see("all flags", polled), polled)
    yield _stream(url, key)


def _poll(url: str, key: str) -> Answer:
    try:
        with requests.Session() as session:
            session.trust_env = not is_loopback(url)
            answer = session.get(
                f"{url}/sdk/latest-all",
                headers={"Authorization": key},
                timeout=_PATIENCE_SECONDS,
            )
            return Answer(http_status=answer.status_code, body=answer.json())
    except requests.RequestException:
        return NO_ANSWER


def _stream(url: str, key: str) -> Seen:
    """Let the SDK connect as the sidecar does."""
    addresses: dict[str, Any] = {}
    if url != REAL:
        addresses = {"base_uri": url, "stream_uri": url, "events_uri": url}
    config = Config(key, send_events=False, diagnostic_opt_out=True, **addresses)
    client = LDClient(config, start_wait=_PATIENCE_SECONDS)
    try:
        return Seen("a stream", "-", facts={"is_initialized": client.is_initialized()})
    finally:
        client.close()  # type: ignore[no-untyped-call]
