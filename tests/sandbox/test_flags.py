"""The flags sandbox satisfies the unmodified SDK, also where it misbehaves."""

from __future__ import annotations

import gc
import json
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest
import requests
from ldclient.client import LDClient
from ldclient.config import Config
from ldclient.context import Context
from ldclient.impl.datasource.feature_requester import FeatureRequesterImpl
from ldclient.impl.datasource.polling import PollingUpdateProcessor
from ldclient.impl.retry import for_polling
from ldclient.interfaces import DataSourceState

from tests.factories import FLAGS, until
from tests.sandbox.control import Fault
from tests.sandbox.flags import FlagsSandbox
from tests.sandbox.server import running_in_thread

KEY = "sdk-test-1"
FLAG = "price_optimization"
ANNA = Context.builder("anna").set("country", "CZ").build()
BERT = Context.builder("bert").set("country", "DE").build()


class Connects(Protocol):
    """Returns an SDK client of the sandbox; see the `connect` fixture."""

    def __call__(
        self, key: str = KEY, *, wait: float = 10, **more: Any
    ) -> LDClient: ...


@pytest.fixture
def sandbox() -> FlagsSandbox:
    return FlagsSandbox(sdk_key=KEY)


@pytest.fixture
def url(sandbox: FlagsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_in_thread(sandbox.app) as address:
        yield address


@pytest.fixture
def connect(url: str, sandbox: FlagsSandbox) -> Iterator[Connects]:
    # Without a handler the SDK's warnings, which are expected here, go to stderr.
    logging.getLogger("ldclient").addHandler(logging.NullHandler())
    with ExitStack() as opened:

        def open_client(key: str = KEY, *, wait: float = 10, **more: Any) -> LDClient:
            settings = {"send_events": False, "initial_reconnect_delay": 0.05, **more}
            config = Config(
                key, base_uri=url, stream_uri=url, events_uri=url, **settings
            )
            client = LDClient(config, start_wait=wait)
            opened.callback(client.close)
            return client

        yield open_client
    until(lambda: sandbox.state()["streams"]["open"] == 0)


@pytest.fixture
def refused_for_good() -> Iterator[None]:
    """Collect what a client leaves that is refused until it is closed.

    The SDK's event source does not close the refused answer's connection. Set up first,
    this comes last, when nothing refers to the client any more.
    """
    others = set(threading.enumerate())
    yield
    until(lambda: not _sdk_threads() - others)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


@pytest.fixture
def client(connect: Connects) -> LDClient:
    client = connect()
    assert client.is_initialized()
    return client


def _sdk_threads() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.name.startswith("ldclient")}


def serves(client: LDClient, flag: str, wanted: Any) -> Callable[[], bool]:
    """Return the condition that Anna gets `wanted`, "absent" standing for no flag."""
    return lambda: bool(client.variation(flag, ANNA, "absent") == wanted)


def source(client: LDClient) -> Any:
    return client.data_source_status_provider.status


def control(method: str, url: str, body: Any = None) -> Any:
    answer = requests.request(method, url, json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_stream_begins_with_the_four_flags(client: LDClient) -> None:
    assert client.all_flags_state(ANNA).to_values_map() == FLAGS


def test_a_change_reaches_every_open_stream(
    sandbox: FlagsSandbox, connect: Connects
) -> None:
    clients = [connect() for _ in range(3)]
    assert sandbox.state()["streams"]["open"] == 3
    changed = sandbox.set_flag(FLAG, {"value": False})
    assert changed["version"] == 2
    for client in clients:
        until(serves(client, FLAG, False))


def test_a_deleted_flag_is_gone_and_a_new_one_under_its_key_is_newer(
    sandbox: FlagsSandbox, client: LDClient
) -> None:
    assert sandbox.delete_flag(FLAG) == 2
    until(serves(client, FLAG, "absent"))
    assert sandbox.state()["deleted"]["flags"] == {FLAG: 2}
    assert sandbox.set_flag(FLAG, {"value": True})["version"] == 3
    until(serves(client, FLAG, True))


@pytest.mark.parametrize("deleted", [False, True])
def test_a_client_ignores_a_patch_older_than_what_it_has(
    sandbox: FlagsSandbox, client: LDClient, deleted: bool
) -> None:
    sandbox.set_flag(FLAG, {"value": True})
    if deleted:
        sandbox.delete_flag(FLAG)
    stale = sandbox.send_stale_patch(FLAG)
    assert (stale["version"], stale["on"]) == (2 if deleted else 1, False)
    # A stream keeps its order: what follows has arrived, so the stale one has too.
    sandbox.set_flag("marker", {"value": "seen"})
    until(serves(client, "marker", "seen"))
    assert client.variation(FLAG, ANNA, "absent") == ("absent" if deleted else True)


def test_a_dropped_stream_comes_back_with_what_changed_meanwhile(
    sandbox: FlagsSandbox, client: LDClient
) -> None:
    sandbox.refuse(503)
    assert sandbox.drop_streams() == 1
    until(lambda: source(client).state == DataSourceState.INTERRUPTED)
    sandbox.set_flag(FLAG, {"value": False})
    assert client.variation(FLAG, ANNA, "absent") is True
    sandbox.refuse(None)
    until(serves(client, FLAG, False))
    until(lambda: source(client).state == DataSourceState.VALID)


def test_a_refused_client_starts_when_the_peer_has_recovered(
    sandbox: FlagsSandbox, connect: Connects
) -> None:
    sandbox.refuse(503)
    client = connect(wait=0)
    until(lambda: source(client).error and source(client).error.status_code == 503)
    assert not client.is_initialized()
    sandbox.refuse(None)
    until(client.is_initialized)


@pytest.mark.usefixtures("refused_for_good")
def test_a_wrong_key_never_initialises(
    sandbox: FlagsSandbox, connect: Connects
) -> None:
    client = connect("sdk-another", wait=0)
    until(lambda: source(client).error and source(client).error.status_code == 401)
    assert not client.is_initialized()
    assert client.variation(FLAG, ANNA, "absent") == "absent"
    assert sandbox.state()["streams"]["opened"] == 0


def test_without_a_key_of_its_own_it_takes_any_server_side_key() -> None:
    with running_in_thread(FlagsSandbox().app) as url:
        for key, status in (("sdk-x", 200), ("mob-x", 401), (None, 401)):
            headers = {"Authorization": key} if key else {}
            answer = requests.get(f"{url}/sdk/latest-all", headers=headers, timeout=10)
            assert answer.status_code == status


def test_a_silent_stream_stays_open_and_loses_nothing(
    sandbox: FlagsSandbox, client: LDClient
) -> None:
    sandbox.silence()
    late = threading.Event()
    client.flag_tracker.add_listener(lambda _: late.set())
    sandbox.set_flag(FLAG, {"value": False})
    # Nothing to wait for but that nothing comes.
    assert not late.wait(0.3)
    assert sandbox.state()["streams"] == {"open": 1, "opened": 1, "silent": True}
    assert source(client).state == DataSourceState.VALID
    sandbox.resume()
    until(serves(client, FLAG, False))
    assert sandbox.state()["streams"] == {"open": 1, "opened": 1, "silent": False}


def test_an_idle_stream_has_a_heartbeat() -> None:
    sandbox = FlagsSandbox(heartbeat_seconds=0.05)
    headers = {"Authorization": KEY}
    with (
        running_in_thread(sandbox.app) as url,
        requests.get(f"{url}/all", headers=headers, stream=True, timeout=10) as answer,
    ):
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == b"event: put"
        first = json.loads(next(lines).removeprefix(b"data: "))
        assert (first["path"], set(first["data"])) == ("/", {"flags", "segments"})
        assert [next(lines) for _ in range(4)] == [b"", b":", b"", b":"]


def test_an_open_stream_ends_with_its_client_or_with_the_server(
    sandbox: FlagsSandbox,
) -> None:
    headers = {"Authorization": KEY}
    with running_in_thread(sandbox.app) as url:
        with requests.get(f"{url}/all", headers=headers, stream=True, timeout=10):
            assert sandbox.state()["streams"]["open"] == 1
        until(lambda: sandbox.state()["streams"]["open"] == 0)
        left = requests.get(f"{url}/all", headers=headers, stream=True, timeout=10)
        before = time.monotonic()
    # The server gives up after 5 s, and would leave its thread behind.
    assert time.monotonic() - before < 4
    assert sandbox.state()["streams"]["open"] == 0
    # To its end: the server completed the body instead of cutting the connection.
    assert left.content.startswith(b"event: put")
    left.close()


def test_a_polling_client_sees_changes_and_otherwise_gets_304(
    sandbox: FlagsSandbox, connect: Connects
) -> None:
    def often(config: Config, store: Any, ready: threading.Event) -> Any:
        # The SDK's own poller; only its interval is below the 30 s that Config allows.
        requester = FeatureRequesterImpl(config)  # type: ignore[no-untyped-call]
        return PollingUpdateProcessor(
            config, requester, store, ready, for_polling(0.05)
        )

    client = connect(stream=False, update_processor_class=often)
    assert client.all_flags_state(ANNA).to_values_map() == FLAGS
    until(lambda: sandbox.state()["polls"]["not_modified"] >= 2)
    assert sandbox.state()["polls"]["answered"] == 1
    sandbox.set_flag(FLAG, {"value": False})
    until(serves(client, FLAG, False))
    assert sandbox.state()["polls"]["answered"] == 2
    assert sandbox.state()["streams"]["opened"] == 0


@pytest.mark.parametrize("compressed", [False, True])
def test_evaluations_are_summed_up_by_flag_and_variation(
    sandbox: FlagsSandbox, connect: Connects, compressed: bool
) -> None:
    client = connect(send_events=True, enable_event_compression=compressed)
    for _ in range(3):
        client.variation(FLAG, ANNA, None)
    client.variation("auto_booking_emergency_disable", BERT, None)
    client.variation("unheard_of", BERT, None)
    client.flush()  # type: ignore[no-untyped-call]
    until(lambda: "summary" in sandbox.state()["events"]["kinds"])
    events = sandbox.state()["events"]
    assert events["evaluations"] == {
        FLAG: {"0": 3},
        "auto_booking_emergency_disable": {"1": 1},
        "unheard_of": {"default": 1},
    }
    assert events["kinds"] == {"index": 2, "summary": 1}
    until(lambda: sandbox.state()["events"]["diagnostics"] == 1)


def test_a_repeated_delivery_of_events_counts_once(
    sandbox: FlagsSandbox, connect: Connects
) -> None:
    sandbox.faults.arm(Fault(match="POST /bulk", kind="status_after", status=503))
    client = connect(send_events=True, diagnostic_opt_out=True)
    client.variation(FLAG, ANNA, None)
    client.flush()  # type: ignore[no-untyped-call]
    until(lambda: sandbox.state()["events"]["repeated"] == 1)
    assert sandbox.state()["events"]["evaluations"] == {FLAG: {"0": 1}}


def test_rules_and_segments_are_evaluated(
    sandbox: FlagsSandbox, client: LDClient
) -> None:
    sandbox.set_segment("testers", {"included": ["anna"]})
    in_segment = {"attribute": "", "op": "segmentMatch", "values": ["testers"]}
    german = {"attribute": "country", "op": "in", "values": ["DE"]}
    sandbox.set_flag(
        "seat_map",
        {
            "variations": ["old", "new", "off"],
            "fallthrough": 0,
            "rules": [
                {"variation": 1, "clauses": [in_segment]},
                {"variation": 2, "clauses": [{**german, "contextKind": "user"}]},
            ],
        },
    )
    until(serves(client, "seat_map", "new"))
    detail = client.variation_detail("seat_map", BERT, "absent")
    assert (detail.value, detail.reason["ruleId"]) == ("off", "rule-1")
    assert client.variation("seat_map", Context.create("cleo"), "absent") == "old"

    sandbox.set_segment("testers", {"included": ["anna"], "excluded": ["x"]})
    sandbox.delete_segment("testers")
    until(serves(client, "seat_map", "old"))
    assert sandbox.state()["deleted"]["segments"] == {"testers": 3}
    sandbox.set_flag("seat_map", {**sandbox.state()["flags"]["seat_map"], "on": False})
    until(serves(client, "seat_map", "off"))


def test_a_flag_can_be_given_in_full_and_read_back_unchanged(
    sandbox: FlagsSandbox, client: LDClient
) -> None:
    full = {
        **sandbox.state()["flags"][FLAG],
        "version": 41,
        "on": True,
        "fallthrough": {
            "rollout": {"variations": [{"variation": 1, "weight": 100_000}]}
        },
        "salt": "pepper",
    }
    assert sandbox.set_flag(FLAG, full) == full
    until(serves(client, FLAG, False))
    # Put back with the version that was read, it is newer all the same.
    assert sandbox.set_flag(FLAG, full)["version"] == 42


@pytest.mark.parametrize(
    "flag",
    [
        {},
        {"vaule": False},
        {"value": True, "on": True},
        {"value": float("nan")},
        {"key": "another", "value": True},
        {"value": True, "version": "7"},
    ],
)
def test_a_flag_that_could_be_misread_is_refused(
    sandbox: FlagsSandbox, flag: dict[str, Any]
) -> None:
    before = sandbox.state()
    with pytest.raises(ValueError, match=r"."):
        sandbox.set_flag(FLAG, flag)
    assert sandbox.state() == before


def test_every_control_is_a_route_too(
    sandbox: FlagsSandbox, url: str, connect: Connects
) -> None:
    client = connect()
    base = f"{url}/__sandbox"
    assert control("PUT", f"{base}/flags/new", {"value": "fresh"})["version"] == 1
    until(serves(client, "new", "fresh"))
    assert control("PUT", f"{base}/flags/new", {"on": False})["offVariation"] == 1
    until(serves(client, "new", False))
    assert control("POST", f"{base}/stale_patch/new")["version"] == 1
    assert control("DELETE", f"{base}/flags/new") == {"version": 3}
    until(serves(client, "new", "absent"))
    assert control("PUT", f"{base}/segments/s", {"included": ["a"]})["version"] == 1
    assert control("DELETE", f"{base}/segments/s") == {"version": 2}

    streams, refuse = f"{base}/streams", f"{base}/refuse"
    assert control("POST", streams, {"action": "silence"})["silent"] is True
    assert control("POST", streams, {"action": "resume"})["silent"] is False
    assert control("POST", refuse, {"status": 503}) == {"status": 503}
    assert control("POST", streams, {"action": "drop"}) == {"dropped": 1}
    until(lambda: source(client).state == DataSourceState.INTERRUPTED)
    control("POST", refuse, {"status": None})
    until(lambda: source(client).state == DataSourceState.VALID)
    assert control("GET", f"{base}/state")["streams"]["open"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "flags/x", {}, 400),
        ("PUT", "flags/x", [1], 400),
        ("DELETE", "flags/unheard_of", None, 404),
        ("DELETE", "segments/unheard_of", None, 404),
        ("POST", "stale_patch/unheard_of", None, 404),
        ("POST", "streams", {"action": "shout"}, 400),
        ("POST", "refuse", {"status": 200}, 400),
        ("POST", "refuse", {}, 400),
    ],
)
def test_a_mistaken_control_says_so(
    url: str, method: str, path: str, body: Any, status: int
) -> None:
    answer = requests.request(method, f"{url}/__sandbox/{path}", json=body, timeout=10)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
