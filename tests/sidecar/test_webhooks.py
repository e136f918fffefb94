"""Callbacks at the door: what is let in, what is not, and what is kept of either."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from pydantic import SecretStr

from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.inbox import Inbox
from sidecar.web import build_app
from sidecar.webhooks import MAX_BYTES, Refused, read_event
from tests.asgi import Answered, post
from tests.callbacks import (
    DUFFEL_SECRET,
    HEADERS,
    PATHS,
    SECRETS,
    STRIPE_SECRET,
    Row,
    as_bytes,
    duffel,
    sign,
    snapshot,
    thin,
)
from tests.factories import until
from tests.raw_server import closed_port

NOW = 1_790_000_000
PROVIDERS = ["stripe", "duffel"]


@dataclass
class Door:
    """An endpoint in this process, and its database as the superuser sees it."""

    app: Any
    inbox: Inbox
    rows: Callable[..., list[Row]]

    def send(
        self, provider: str, body: bytes, header: str | None, *chunks: bytes
    ) -> Answered:
        """Deliver a body; None is a delivery without a signature."""
        name = HEADERS[provider].lower().encode()
        headers = [] if header is None else [(name, header.encode("latin-1"))]
        return asyncio.run(post(self.app, PATHS[provider], chunks or [body], headers))

    def deliver(self, provider: str, event: Row) -> Answered:
        """Deliver an event as its provider would."""
        body = as_bytes(event)
        return self.send(provider, body, sign(body, SECRETS[provider]))

    def stored(self) -> list[Row]:
        """Return the inbox."""
        return self.rows("select * from engine.provider_events order by received_at")

    def reasons(self) -> dict[tuple[str, str], int]:
        """Return what was refused, all of it written; nothing is counted after."""
        self.inbox.close()
        assert self.inbox.refusals() == {}
        counted = "select provider, reason, refused from engine.refused_events"
        return {
            (row["provider"], row["reason"]): row["refused"]
            for row in self.rows(counted)
        }


@contextmanager
def opened(dsn: str, **changes: Any) -> Iterator[Door]:
    """Serve the endpoint for the database at `dsn`; `changes` are settings."""
    url = make_conninfo(dsn, user="skylatch_sidecar")
    settings = ServeSettings(
        **{
            "database_url": SecretStr(url),
            "http_token": SecretStr("a-token-of-the-test"),
            "stripe_webhook_secrets": (SecretStr(STRIPE_SECRET),),
            "duffel_webhook_secrets": (SecretStr(DUFFEL_SECRET),),
            **changes,
        }
    )
    database = Database(url, patience=1.0)
    app = build_app(settings, database)
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        try:
            yield Door(
                app,
                app.state.inbox,
                lambda query, *args: connection.execute(
                    query.encode(), args
                ).fetchall(),
            )
        finally:
            app.state.inbox.close()
            database.close()


@pytest.fixture
def door(database: str) -> Iterator[Door]:
    """Serve the endpoint for the test's database."""
    with opened(database) as door:
        yield door


def event_of(provider: str, **changes: Any) -> Row:
    """Return an event that is about nobody's order or payment."""
    if provider == "stripe":
        about = {"id": "pi_1", "object": "payment_intent"}
        return snapshot("payment_intent.succeeded", about, **changes)
    about = {"id": "ord_1", "offer_id": "off_1"}
    return duffel("order.created", about, **changes)


def read(
    provider: Any, body: bytes, header: str | None, **changes: Any
) -> dict[str, Any]:
    """Read an event as the endpoint does, at a time of the test's."""
    arguments = {
        "secrets": [SECRETS[provider]],
        "live_mode": False,
        "now": float(NOW),
        **changes,
    }
    return read_event(provider, body, header, **arguments)


# -- known answers -------------------------------------------------------------------


def test_duffels_own_vector_is_accepted() -> None:
    """The secret is not base64 to be decoded: its characters are the key."""
    body = b'{"id":"wev_1","type":"ping.triggered","live_mode":false}'
    # Duffel's published vector has no live_mode: it is signed, and then no event.
    published = b'{"id":"wev_1","type":"ping.triggered"}'
    digest = "d9de35c0603b264d75abc75f382c0dad64d8a1607a6e2fed5f0c4e9ba5cd3dbb"
    with pytest.raises(Refused, match="no_event"):
        read(
            "duffel",
            published,
            f"t=1700000000,v1={digest}",
            now=1_700_000_000.0,
            secrets=["c2VjcmV0LWZvci10ZXN0cw=="],
        )
    event = read("duffel", body, sign(body, DUFFEL_SECRET, NOW))
    assert (event["event_id"], event["object_id"]) == ("wev_1", "wev_1")


def test_stripes_published_scheme_is_accepted() -> None:
    """Computed once with openssl: HMAC-SHA256 of "1790000000." and the body."""
    body = (
        b'{"id":"evt_1","object":"event","type":"charge.updated","livemode":false,'
        b'"created":1790000000,"data":{"object":{"id":"ch_1","payment_intent":"pi_1"}}}'
    )
    digest = "c66cbbb873cceb19cb4d905b7360a5081bf2d2390ea8ddab2b52d85e5a607cf1"
    event = read("stripe", body, f"t=1790000000,v1={digest},v0=ignored")
    assert event == {
        "event_id": "evt_1",
        "type": "charge.updated",
        "object_id": "ch_1",
        "hints": {"payment_intent": "pi_1"},
        "occurred_at": "2026-09-21T14:13:20+00:00",
    }


# -- the signature -------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (-301, "in_the_future"),
        (-300, None),
        (0, None),
        (300, None),
        (301, "too_old"),
        (10**9, "too_old"),
    ],
)
def test_a_signature_lives_five_minutes_in_both_directions(
    provider: str, age: int, reason: str | None
) -> None:
    """What was recorded cannot be played back, nor signed for later."""
    body = as_bytes(event_of(provider))
    header = sign(body, SECRETS[provider], NOW - age)
    if reason is None:
        assert read(provider, body, header)["event_id"]
    else:
        with pytest.raises(Refused, match=reason):
            read(provider, body, header)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_time_that_was_not_signed_does_not_make_an_old_event_fresh(
    provider: str,
) -> None:
    """In place of the signed time, before it or after it."""
    body = as_bytes(event_of(provider))
    old = sign(body, SECRETS[provider], NOW - 1000)
    for header in (
        old.replace(str(NOW - 1000), str(NOW)),
        f"t={NOW},{old}",
        f"{old},t={NOW}",
    ):
        with pytest.raises(Refused, match="signature"):
            read(provider, body, header)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_altered_byte_breaks_the_signature(provider: str) -> None:
    """Each byte of the body, one after the other."""
    body = as_bytes(event_of(provider))
    header = sign(body, SECRETS[provider], NOW)
    for place in range(len(body)):
        altered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(Refused, match="bad_signature"):
            read(provider, altered, header)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "no_signature"),
        ("", "no_signature"),
        ("garbage", "malformed_signature"),
        ("t=,v1=", "malformed_signature"),
        ("t=1790000000", "malformed_signature"),
        ("v1=00", "malformed_signature"),
        ("t=-1790000000,v1=00", "malformed_signature"),
        ("t=1_790_000_000,v1=00", "malformed_signature"),
        ("t=1790000000,v1=", "bad_signature"),
        ("t=1790000000,v1=00", "bad_signature"),
        ("t=1790000000,v1=\xe9\xff", "bad_signature"),
        ("t=1790000000,v1=" + "0" * 64, "bad_signature"),
        ("t=1790000000,v0=" + "0" * 64, "malformed_signature"),
    ],
)
def test_a_header_that_proves_nothing_is_refused(
    provider: str, header: str | None, reason: str
) -> None:
    """With a word of a closed set, and never with another error."""
    with pytest.raises(Refused, match=f"^{reason}$"):
        read(provider, as_bytes(event_of(provider)), header)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_secret_refuses_everything(provider: str) -> None:
    """A forgotten setting must not mean that anybody is believed."""
    body = as_bytes(event_of(provider))
    for header in (None, sign(body, "", NOW), sign(body, SECRETS[provider], NOW)):
        with pytest.raises(Refused, match="no_secret"):
            read(provider, body, header, secrets=[])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_both_secrets_are_valid_while_one_is_rotated(provider: str) -> None:
    """Whichever signed, alone or beside another; and a third is not."""
    body = as_bytes(event_of(provider))
    secrets = ["the-first-of-the-secrets", "the-other-of-the-secrets"]
    for secret in secrets:
        assert read(provider, body, sign(body, secret, NOW), secrets=secrets)
    both = ",".join(
        [sign(body, secrets[1], NOW), *sign(body, "x" * 16, NOW).split(",")[1:]]
    )
    assert read(provider, body, both, secrets=secrets)
    with pytest.raises(Refused, match="bad_signature"):
        read(provider, body, sign(body, "a-third-secret-of-none", NOW), secrets=secrets)


def test_one_provider_cannot_speak_for_the_other() -> None:
    """Each path has its own secrets."""
    for provider, other in (PROVIDERS, PROVIDERS[::-1]):
        body = as_bytes(event_of(provider))
        with pytest.raises(Refused, match="bad_signature"):
            read(provider, body, sign(body, SECRETS[other], NOW))


def test_duffels_second_scheme_is_read_and_stripes_is_not() -> None:
    """`v2=` is the same computation; at Stripe another scheme is a downgrade."""
    body = as_bytes(event_of("duffel"))
    assert read("duffel", body, sign(body, DUFFEL_SECRET, NOW, "v2"))
    body = as_bytes(event_of("stripe"))
    for scheme in ("v0", "v2"):
        with pytest.raises(Refused, match="malformed_signature"):
            read("stripe", body, sign(body, STRIPE_SECRET, NOW, scheme))


# -- the body ------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable"),
        (b"garbage", "unreadable"),
        (b"\xff\xfe\x00{}", "unreadable"),
        (b'{"id": ', "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b"9" * 10_000, "unreadable"),
        (b"null", "no_event"),
        (b"[]", "no_event"),
        (b'"evt_1"', "no_event"),
        (b"{}", "no_event"),
        (b'{"id": {}, "type": [], "data": {"object": 7}}', "no_event"),
        (b'{"object": "event", "livemode": "false", "live_mode": 0}', "no_event"),
    ],
)
def test_signed_garbage_is_refused_and_raises_nothing_else(
    provider: str, body: bytes, reason: str
) -> None:
    """A signature proves who sent it, not that it can be read."""
    with pytest.raises(Refused) as raised:
        read(provider, body, sign(body, SECRETS[provider], NOW))
    # Stripe's own check decodes the body, and cannot.
    expected = {reason, "bad_signature"} if b"\xff" in body else {reason}
    assert raised.value.reason in expected


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("live_mode", [True, False])
def test_an_event_of_the_other_mode_is_refused(provider: str, live_mode: bool) -> None:
    """A test's event must not move real money, nor the reverse."""
    name = "livemode" if provider == "stripe" else "live_mode"
    body = as_bytes(event_of(provider, **{name: live_mode}))
    header = sign(body, SECRETS[provider], NOW)
    assert read(provider, body, header, live_mode=live_mode)
    with pytest.raises(Refused, match="wrong_mode"):
        read(provider, body, header, live_mode=not live_mode)


def test_a_thin_event_is_the_snapshot_it_stands_for() -> None:
    """Both kinds may be subscribed to; what is kept has one type."""
    body = as_bytes(thin("payment_intent.succeeded", "pi_1", id="evt_2"))
    event = read("stripe", body, sign(body, STRIPE_SECRET, NOW))
    assert event == {
        "event_id": "evt_2",
        "type": "payment_intent.succeeded",
        "object_id": "pi_1",
        "hints": {},
        "occurred_at": "2026-11-23T07:00:00+00:00",
    }


PERSONAL = {
    "client_secret": "pi_1_secret_zzz",
    "receipt_email": "amelia@example.com",
    "billing_details": {"name": "Amelia Earhart"},
    "card": {"last4": "4242", "fingerprint": "zzz"},
    "passengers": [{"given_name": "Amelia", "born_on": "1987-07-24"}],
    "description": "Amelia",
    "status": "requires Amelia's attention",
    "customer": "Amelia Earhart",
    "metadata": {"attempt_id": "Amelia", "note": "Amelia"},
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_personal_is_kept(door: Door, provider: str) -> None:
    """Only ids, and words in the form of ids: what is not stored cannot leak."""
    about = {"id": "pi_1", "object": "payment_intent", **PERSONAL}
    event = (
        snapshot("payment_intent.succeeded", about, request={"email": "amelia"})
        if provider == "stripe"
        else duffel("order.created", {**about, "id": "ord_1"})
    )
    assert door.deliver(provider, event).status == 200
    (row,) = door.stored()
    for personal in ("amelia", "secret", "1987", "4242"):
        assert personal not in str(row).lower()


# -- at the door ---------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_good_event_is_stored_before_it_is_answered(
    door: Door, provider: str
) -> None:
    """And the answer says nothing."""
    event = event_of(provider)
    answer = door.deliver(provider, event)
    assert (answer.status, answer.body) == (200, b"")
    (row,) = door.stored()
    assert (row["provider"], row["event_id"]) == (provider, event["id"])
    assert row["received_by"] == "webhook"
    assert door.reasons() == {}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_same_event_many_times_at_once_is_stored_once(
    door: Door, provider: str
) -> None:
    """And each delivery has its 200, so that none of them comes again."""
    body = as_bytes(event_of(provider))
    header = sign(body, SECRETS[provider])

    async def deliver() -> list[Answered]:
        name = HEADERS[provider].lower().encode()
        return await asyncio.gather(
            *(
                post(door.app, PATHS[provider], [body], [(name, header.encode())])
                for _ in range(40)
            )
        )

    assert {answer.status for answer in asyncio.run(deliver())} == {200}
    assert len(door.stored()) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_refused_leaves_a_count_and_nothing_else(
    door: Door, provider: str
) -> None:
    """400 without a word, and no row that a forger could fill."""
    body = as_bytes(event_of(provider))
    secret = SECRETS[provider]
    stale = int(time.time()) - 1000
    tries: list[tuple[bytes, str | None, str]] = [
        (body, None, "no_signature"),
        (body, "v1", "malformed_signature"),
        (body, sign(body, "another-secret-of-nobody"), "bad_signature"),
        (body, sign(body, secret, stale), "too_old"),
        (body, sign(body, secret, stale + 2000), "in_the_future"),
        (b"no", sign(b"no", secret), "unreadable"),
        (b"[]", sign(b"[]", secret), "no_event"),
    ]
    for sent, header, _ in tries:
        answer = door.send(provider, sent, header)
        assert (answer.status, answer.body) == (400, b"")
    assert door.stored() == []
    # What is counted reaches the database by itself.
    until(lambda: door.rows("select * from engine.refused_events"))
    assert door.reasons() == {(provider, reason): 1 for _, _, reason in tries}


def test_forged_requests_cost_the_database_next_to_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand of them are a handful of writes, and none of them is lost."""
    writes: list[int] = []
    write = Database.refuse_events

    def counted(self: Database, provider: str, reason: str, times: int) -> None:
        writes.append(times)
        write(self, provider, reason, times)

    monkeypatch.setattr(Database, "refuse_events", counted)
    # However long the thousand take here, one write is due, and one at the end.
    monkeypatch.setattr("sidecar.inbox._FLUSH_SECONDS", 3600.0)
    for _ in range(1000):
        assert door.send("stripe", b"{}", "t=1,v1=0").status == 400
    assert door.reasons() == {("stripe", "bad_signature"): 1000}
    assert sum(writes) == 1000
    assert len(writes) <= 2


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("announced", [None, b"10", b"999999999"])
def test_no_more_of_a_body_is_read_than_may_be(
    door: Door, provider: str, announced: bytes | None
) -> None:
    """Whatever its length was said to be."""
    chunk = b" " * 65_536
    header = (HEADERS[provider].lower().encode(), b"t=1,v1=0")
    length = [] if announced is None else [(b"content-length", announced)]
    endless = (chunk for _ in range(10_000))
    answer = asyncio.run(post(door.app, PATHS[provider], endless, [header, *length]))
    assert (answer.status, answer.body) == (413, b"")
    assert answer.taken <= MAX_BYTES + len(chunk)
    assert door.reasons() == {(provider, "too_large"): 1}


def test_a_body_of_just_the_limit_is_read(door: Door) -> None:
    """In pieces of any size."""
    event = snapshot("charge.updated", {"id": "ch_1"})
    event["pad"] = ""
    event["pad"] = "x" * (MAX_BYTES - len(as_bytes(event)))
    body = as_bytes(event)
    assert len(body) == MAX_BYTES
    pieces = [body[at : at + 10_007] for at in range(0, len(body), 10_007)]
    assert door.send("stripe", b"", sign(body, STRIPE_SECRET), *pieces).status == 200
    assert len(door.stored()) == 1


def test_a_sender_who_hangs_up_or_dawdles_is_let_go(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a body is no event, and nobody holds a place for ever."""
    monkeypatch.setattr("sidecar.inbox._READ_SECONDS", 0.05)
    header = (b"stripe-signature", b"t=1,v1=0")

    async def run(door: Door) -> None:
        hung_up: Any = [b"{", None]
        await post(door.app, PATHS["stripe"], hung_up, [header])

        async def dawdle() -> dict[str, Any]:
            await asyncio.Future()
            raise AssertionError

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": PATHS["duffel"],
            "raw_path": b"",
            "query_string": b"",
            "headers": [],
        }
        await door.app(scope, dawdle, send)
        assert sent[0]["status"] == 408

    with opened(database) as door:
        asyncio.run(run(door))
        reasons = door.reasons()
    assert reasons == {("stripe", "cut_short"): 1, ("duffel", "too_slow"): 1}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_database_that_is_away_makes_the_provider_come_again(
    database: str, provider: str
) -> None:
    """503, never a 200 for an event that is nowhere; a refusal stays a refusal."""
    event = event_of(provider)
    away = f"host=127.0.0.1 port={closed_port()} dbname=none"
    body = as_bytes(event)
    with psycopg.connect(database) as _:
        url = make_conninfo(away, user="skylatch_sidecar")
        settings = ServeSettings(
            database_url=SecretStr(url),
            http_token=SecretStr("a-token-of-the-test"),
            stripe_webhook_secrets=(SecretStr(STRIPE_SECRET),),
            duffel_webhook_secrets=(SecretStr(DUFFEL_SECRET),),
        )
        unreachable = Database(url, patience=0.2)
        app = build_app(settings, unreachable)
        name = HEADERS[provider].lower().encode()
        header = sign(body, SECRETS[provider]).encode()
        answer = asyncio.run(post(app, PATHS[provider], [body], [(name, header)]))
        assert (answer.status, answer.body) == (503, b"")
        assert asyncio.run(post(app, PATHS[provider], [body])).status == 400
        # Not lost: it waits in memory until the database is back.
        assert app.state.inbox.refusals() == {(provider, "no_signature"): 1}
        app.state.inbox.close()
        unreachable.close()
    with opened(database) as door:
        assert door.deliver(provider, event).status == 200
        assert len(door.stored()) == 1


def test_storing_takes_no_more_than_its_share_and_blocks_nobody(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is slow the endpoint still answers others."""
    busy, most = 0, 0
    lock, gate = threading.Lock(), threading.Event()
    store = Database.receive_events

    def slowly(self: Database, provider: str, events: list[Row]) -> int:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        gate.wait(30)
        with lock:
            busy -= 1
        return store(self, provider, events)

    monkeypatch.setattr(Database, "receive_events", slowly)

    async def run() -> list[Answered]:
        deliveries = []
        for _ in range(10):
            body = as_bytes(event_of("stripe"))
            header = (b"stripe-signature", sign(body, STRIPE_SECRET).encode())
            deliveries.append(
                asyncio.create_task(post(door.app, PATHS["stripe"], [body], [header]))
            )
        # Answered while all of those wait.
        refused = await post(door.app, PATHS["duffel"], [b"{}"])
        assert refused.status == 400
        assert not any(task.done() for task in deliveries)
        gate.set()
        return await asyncio.gather(*deliveries)

    assert {answer.status for answer in asyncio.run(run())} == {200}
    assert most <= 2
    assert len(door.stored()) == 10


def test_what_was_received_is_applied_after_the_answer(door: Door) -> None:
    """At once, not only by the next recovery."""
    about = {"id": "seti_1", "object": "setup_intent"}
    assert (
        door.deliver("stripe", snapshot("setup_intent.succeeded", about)).status == 200
    )
    until(lambda: [row["state"] for row in door.stored()] == ["IGNORED"])
