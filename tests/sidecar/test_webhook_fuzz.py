"""Bodies and headers that nobody foresaw, against the callbacks, in this process.

Each example delivers a batch over one database. Whether a body may be let in is known
here without asking what is tested: only what was signed below, with a secret of the
endpoint's and for now, may; and only its own id may be in the inbox after.
"""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.local.cluster import Cluster
from tests.asgi import post
from tests.callbacks import HEADERS, PATHS, SECRETS, Row, as_bytes, duffel, sign, thin
from tests.callbacks import snapshot as whole
from tests.sidecar.test_webhooks import Door, opened
from tests.sql import cloned_database

BATCH = 50

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["event", "v2.core.event", "pi_1", "off_1", "\x00", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "object",
                    "type",
                    "livemode",
                    "live_mode",
                    "data",
                    "related_object",
                    "metadata",
                    "payment_intent",
                    "created",
                    "created_at",
                ]
            )
            | st.text(max_size=10),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
HEADER = st.one_of(
    st.none(),
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=200),
    st.builds(
        lambda parts: ",".join(f"{name}={value}" for name, value in parts),
        st.lists(
            st.tuples(
                st.sampled_from(["t", "v0", "v1", "v2", " t", "T", "", "t=t"]),
                st.one_of(
                    st.just(str(int(time.time()))),
                    st.integers().map(str),
                    st.text("0123456789abcdef", min_size=64, max_size=64),
                    st.text(st.characters(max_codepoint=255), max_size=20),
                ),
            ),
            max_size=5,
        ),
    ),
)
PROVIDER = st.sampled_from(["stripe", "duffel"])


def base(provider: str, form: int) -> Row:
    """Return a sound event of nobody's."""
    if provider == "duffel":
        return duffel("order.created", {"id": "ord_1", "offer_id": "off_1"})
    if form % 2:
        return thin("payment_intent.succeeded", "pi_1")
    return whole("payment_intent.succeeded", {"id": "pi_1", "metadata": {}})


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return where every value of a JSON document is."""
    yield at
    inner = value.items() if isinstance(value, dict) else ()
    for name, below in inner:
        yield from paths(below, (*at, name))


def replaced(event: Row, place: int, value: Any) -> Any:
    """Return the event with one of its values replaced."""
    changed = copy.deepcopy(event)
    where = list(paths(changed))
    *parents, last = where[place % len(where)] or (None,)
    if last is None:
        return value
    holder: Any = changed
    for name in parents:
        holder = holder[name]
    holder[last] = value
    return changed


@st.composite
def deliveries(draw: Callable[..., Any]) -> tuple[str, bytes, str | None, bool]:
    """Return a provider, a body, a header, and whether it is signed as it should be."""
    provider = draw(PROVIDER)
    event = base(provider, draw(st.integers(0, 1)))
    kind = draw(
        st.sampled_from(["sound", "value", "garbage", "bytes", "header", "cut", "time"])
    )
    body = as_bytes(event)
    if kind == "value":
        changed = replaced(event, draw(st.integers(0, 50)), draw(JSON))
        body = json.dumps(changed).encode()
    elif kind == "garbage":
        body = draw(st.binary(max_size=300))
    header: str | None = sign(body, SECRETS[provider])
    signed = True
    if kind == "bytes":
        place = draw(st.integers(0, len(body) - 1))
        body = body[:place] + draw(st.binary(min_size=1, max_size=3)) + body[place:]
        signed = False
    elif kind == "cut":
        body = body[: draw(st.integers(0, len(body) - 1))]
        signed = False
    elif kind == "header":
        header, signed = draw(HEADER), False
    elif kind == "time":
        off = draw(st.integers(310, 10**9) | st.integers(-(10**9), -310))
        header = sign(body, SECRETS[provider], int(time.time()) - off)
        signed = False
    return provider, body, header, signed


@pytest.fixture(scope="module")
def fuzzed(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[Door]:
    """Serve one endpoint for all examples."""
    with cloned_database(cluster, template, clone_name) as dsn, opened(dsn) as door:
        yield door


# A thread of the endpoint's connection pool may use it while an example is drawn.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module inside strategies")
def test_nothing_unverified_is_stored_and_nothing_raises(
    fuzzed: Door, pytestconfig: pytest.Config
) -> None:
    """Every answer is 200 or 400, and the inbox holds what was signed and no more."""
    wanted = int(pytestconfig.getoption("fuzz"))
    tried = {200: 0, 400: 0}

    @settings(
        max_examples=max(1, wanted // BATCH),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(deliveries(), min_size=BATCH, max_size=BATCH))
    def deliver(batch: list[tuple[str, bytes, str | None, bool]]) -> None:
        stored: set[str] = set()

        async def run() -> None:
            for provider, body, header, signed in batch:
                name = HEADERS[provider].lower().encode()
                headers = [] if header is None else [(name, header.encode("latin-1"))]
                answer = await post(fuzzed.app, PATHS[provider], [body], headers)
                assert answer.status in tried, (answer, body, header)
                assert answer.body == b""
                assert signed or answer.status == 400, (body, header)
                tried[answer.status] += 1
                if answer.status == 200:
                    stored.add(json.loads(body)["id"])

        asyncio.run(run())
        found = fuzzed.rows("delete from engine.provider_events returning event_id")
        assert {row["event_id"] for row in found} == stored

    deliver()
    print(f"{sum(tried.values())} deliveries: {tried}")
    # It proves nothing unless both happened, often.
    assert min(tried.values()) > wanted // 20
