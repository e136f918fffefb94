"""The relay: each alert is told once, by itself, whatever the channels do."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from psycopg.conninfo import make_conninfo
from structlog.testing import capture_logs

from sidecar.alert_channels import (
    Channel,
    Chat,
    Chats,
    Heartbeat,
    Mail,
    NotTold,
    build_channels,
)
from sidecar.alert_memory import Memory
from sidecar.alert_relay import Relay, build_relay
from sidecar.alert_watch import Unreachable, Watch
from sidecar.alerts import PAGES
from sidecar.alive import Alive
from sidecar.config import RelaySettings, load
from sidecar.db import Database
from sidecar.errors import ConfigError
from sidecar.local.settings import free_port
from tests.alert_receiver import AlertReceiver
from tests.factories import World, until
from tests.raw_server import RawServer, answering, raw_server

Alert = dict[str, Any]
BEGAN = datetime(2026, 11, 30, 3, 12, 5, tzinfo=UTC)


def alert(kind: str = "BREAKER_OPEN", subject: str = "search") -> Alert:
    """Return one alert as the database says it."""
    return {
        "kind": kind,
        "subject": subject,
        "since": BEGAN,
        "detail": "5 failures in a row, the last 500",
    }


@dataclass
class Told:
    """A channel of the test."""

    name: str = "chat"
    fails: bool = False
    texts: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        """Keep a text, or refuse it."""
        if self.fails:
            raise NotTold("it is away")
        self.texts.append(text)


@dataclass
class Night:
    """A relay without a database, on a clock of the test."""

    open: list[Alert] = field(default_factory=list)
    away: bool = False
    now: float = BEGAN.timestamp() + 60
    # How much the clock was set forward or back.
    set_by: float = 0
    channels: list[Channel] = field(default_factory=lambda: [Told()])
    beats: int = 0
    path: Path | None = None

    patience: float = 20

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew, as after a restart."""
        night = self

        class Beats(Heartbeat):
            def beat(self) -> None:
                night.beats += 1

        self.relay = Relay(
            self.look,
            self.channels,
            Memory.load(self.path),
            heartbeat=Beats(None),
            alive=Alive(None),
            clock=lambda: self.now + self.set_by,
            steady=lambda: self.now,
        )
        for patience in self.relay._patience.values():
            patience._seconds = self.patience

    def look(self) -> list[Alert]:
        """Answer as the database would."""
        if self.away:
            raise Unreachable("OperationalError connection refused")
        return list(self.open)

    def step(self, seconds: float = 5) -> list[str]:
        """Let some seconds pass and look; return what the first channel was told."""
        self.now += seconds
        self.relay.step()
        channel = self.channels[0]
        assert isinstance(channel, Told)
        texts, channel.texts = channel.texts, []
        return texts


def test_what_comes_and_goes_is_told_once_each() -> None:
    """What, for whom, since when, and the page that says what to do."""
    night = Night()
    assert night.step() == []
    night.open = [alert()]
    (text,) = night.step()
    first, line = text.splitlines()
    assert first == "Skylatch: 1 raised, 0 cleared, 1 open"
    assert line == (
        "[RAISED] BREAKER_OPEN search: 5 failures in a row, the last 500; since"
        " 2026-11-30 03:12:05 UTC (1 min). What to do: docs/runbook.md#breakeropen"
    )
    assert night.step() == []
    night.open = []
    (text,) = night.step()
    assert "[CLEARED] BREAKER_OPEN search" in text
    assert night.step() == []


def test_many_at_once_are_one_message() -> None:
    """Nobody reads two hundred; the command that lists them is named."""
    night = Night(open=[alert(subject=str(number)) for number in range(200)])
    (text,) = night.step()
    assert text.startswith("Skylatch: 200 raised")
    assert len(text.splitlines()) == 22
    assert text.endswith("and 180 more: python -m sidecar status")


def test_what_stays_open_is_told_again_after_hours() -> None:
    """And not before."""
    night = Night(open=[alert()])
    night.step()
    assert night.step(4 * 3600 - 10) == []
    (text,) = night.step(10)
    assert "[STILL OPEN] BREAKER_OPEN search" in text
    assert night.step() == []


@pytest.mark.parametrize("kind", ["KILL_SWITCH", "JOB_STOPPED"])
def test_what_was_meant_says_so(kind: str) -> None:
    """It is told all the same, as a warning."""
    night = Night(open=[alert(kind)])
    with capture_logs() as logs:
        (text,) = night.step()
    assert f"[RAISED] (on purpose) {kind}" in text
    assert [one["log_level"] for one in logs] == ["warning"]


def test_a_channel_that_is_away_gets_everything_later_in_order() -> None:
    """With longer and longer pauses; the other one hears at once."""
    slow, quick = Told("chat", fails=True), Told("mail")
    night = Night(channels=[slow, quick], open=[alert()])
    night.step()
    assert len(quick.texts) == 1
    night.open = []
    for _ in range(20):
        night.step(1)
    assert len(quick.texts) == 2
    slow.fails = False
    (text,) = night.step(300)
    assert text.index("[RAISED]") < text.index("[CLEARED]")
    assert night.step() == []


def test_a_restart_tells_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    """What is open and what waits for a channel are in the file."""
    chat = Told(fails=True)
    night = Night(path=tmp_path / "alerts.json", channels=[chat], open=[alert()])
    night.step()
    chat.fails = False
    night.start()
    assert len(night.step()) == 1
    night.start()
    assert night.step() == []
    night.open = []
    night.start()
    (text,) = night.step()
    assert "[CLEARED]" in text


@pytest.mark.parametrize(
    "found",
    [
        '{"open": 7',
        "[" * 100_000,
        '{"open": {}, "waiting": {"chat": [1, 2]}}',
        '{"open": {"a": {"kind": "K", "subject": "S", "since": "x", "detail": "",'
        ' "told_at": 1}}, "waiting": {}}',
        '{"open": {"a": {"kind": "K", "subject": "S", "since": NaN, "detail": "",'
        ' "told_at": 1}}, "waiting": {}}',
        '{"open": {"a": {"kind": "K", "subject": "S", "since": 1e300, "detail": "",'
        ' "told_at": 1}}, "waiting": {}}',
    ],
    ids=["half", "deep", "no text", "no number", "not a number", "no year"],
)
def test_a_memory_that_cannot_be_read_begins_anew(tmp_path: Path, found: str) -> None:
    """Told twice is better than not at all; a place without a directory is refused."""
    path = tmp_path / "alerts.json"
    path.write_text(found)
    night = Night(path=path, open=[alert()])
    assert len(night.step()) == 1
    assert list(json.loads(path.read_text())["open"]) == ["BREAKER_OPEN search"]
    with pytest.raises(ConfigError, match="SKYLATCH_ALERT_MEMORY"):
        Memory.load(tmp_path / "nowhere" / "alerts.json")


def test_a_database_that_is_away_is_told_and_hides_nothing() -> None:
    """After a moment: a restart is no news. What was open stays as it was."""
    night = Night(open=[alert()])
    night.step()
    night.away = True
    assert night.step() == []
    assert night.step() == []
    assert night.step() == []
    (text,) = night.step()
    assert "[RAISED] DATABASE_UNREACHABLE database: OperationalError" in text
    assert "1 raised, 0 cleared, 2 open" in text
    assert night.step() == []
    night.away = False
    (text,) = night.step()
    assert "0 raised, 1 cleared, 1 open" in text


def test_a_short_restart_of_the_database_is_no_alert() -> None:
    """Less than 15 seconds."""
    night = Night()
    for _ in range(3):
        night.away = True
        assert night.step() == []
        assert night.step() == []
        night.away = False
        assert night.step() == []


def test_the_dead_mans_switch_is_held_only_while_everything_could_be_told() -> None:
    """A relay that nobody hears is as good as dead."""
    chat = Told()
    night = Night(channels=[chat])
    for _ in range(120):
        night.step(1)
    assert night.beats == 2
    chat.fails = True
    night.open = [alert()]
    for _ in range(120):
        night.step(1)
    assert night.beats <= 3
    before = night.beats
    chat.fails = False
    night.step(300)
    assert night.beats == before + 1


@pytest.mark.parametrize("set_by", [-86_400, 86_400], ids=["back", "forward"])
def test_a_clock_that_is_set_holds_nothing_back(set_by: float) -> None:
    """Neither a message, nor the beat, nor that the database is away."""
    chat = Told(fails=True)
    night = Night(channels=[chat], open=[alert()])
    night.step()
    chat.fails = False
    night.set_by = set_by
    (text,) = night.step()
    assert "[RAISED]" in text
    beats = night.beats
    night.step(60)
    assert night.beats == beats + 1
    night.away = True
    night.set_by = 0
    away = "RAISED] DATABASE_UNREACHABLE"
    assert not any(away in text for _ in range(3) for text in night.step())
    assert away in night.step()[-1]


def test_what_was_told_by_a_clock_that_was_ahead_is_told_again() -> None:
    """At once, and not in a year: it was told in the future."""
    night = Night(open=[alert()], set_by=365 * 86_400)
    night.step()
    night.set_by = 0
    (text,) = night.step()
    assert "[STILL OPEN] BREAKER_OPEN" in text
    assert night.step() == []


def test_after_a_long_night_each_message_is_as_long_as_a_chat_takes() -> None:
    """What waited for hours is told in several, and nothing of it is cut off."""
    chat = Told(fails=True)
    night = Night(channels=[chat])
    for number in range(150):
        night.open = [alert(subject=f"s{number}-{more}") for more in range(3)]
        night.step(60)
    chat.fails = False
    texts = [text for _ in range(20) for text in night.step(300)]
    assert len(texts) > 1
    assert max(len(text) for text in texts) <= 12_000
    told = "\n".join(texts)
    assert all(f"[RAISED] BREAKER_OPEN s{number}-2:" in told for number in range(150))


def test_what_an_alert_says_is_one_short_line_without_secrets() -> None:
    """In every channel, in the log and in the memory, whoever wrote it."""
    chat, mail = Told("chat"), Told("mail")
    said = {
        **alert("FLAG_SOURCE_GONE", "file\n[CLEARED] everything"),
        "detail": "https://me:pass-word@flags/ said\r\n\x1b[2Jno " + "x" * 900,
    }
    night = Night(channels=[chat, mail], open=[said])
    with capture_logs() as logs:
        (text,) = night.step()
    assert mail.texts == [text]
    _, line = text.split("\n")
    assert line.startswith("[RAISED] FLAG_SOURCE_GONE file [CLEARED] everything: https")
    assert len(line) < 500
    for told in (text, repr(logs), repr(night.relay.__dict__["_memory"])):
        assert "pass-word" not in told
        assert "\x1b" not in told


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(b"60", 60), (b"99999", 900), (b"Mon, 30 Nov 2026 03:00:00 GMT", 5), (b"-1", 5)],
)
def test_a_chat_that_asks_to_be_left_alone_is(asked: bytes, wait: float) -> None:
    """For as long as it says, and no longer than a quarter of an hour."""
    refusal = b"HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\nRetry-After: "
    with answering(refusal + asked + b"\r\n\r\n") as server:
        night = Night(channels=[Chat(f"{server.url}/hook")], open=[alert()])
        night.relay.step()
        night.now += wait - 1
        night.relay.step()
        assert server.connections == 1
        night.now += 1
        night.relay.step()
        assert server.connections == 2


def test_a_mail_server_whose_greeting_has_no_end_holds_nobody_up() -> None:
    """The chat is told, and the server not asked again while it still talks."""

    def greet(server: RawServer, connection: socket.socket) -> None:
        while not server.stopping.wait(0.01):
            connection.sendall(b"220-more\r\n")

    with raw_server(greet) as server:
        mail = Mail(f"smtp://127.0.0.1:{server.port}", sender="a@b.c", to="d@e.f")
        chat = Told()
        night = Night(channels=[mail, chat], open=[alert()], patience=0.2)
        with capture_logs() as logs:
            for _ in range(3):
                night.now += 60
                night.relay.step()
        assert len(chat.texts) == 1
        assert night.beats == 0
        assert server.connections == 1
    said = [one["error"] for one in logs if one["event"] == "relay.not_told"]
    assert said == ["no answer in time", *["it has not ended what it does"] * 2]


@dataclass
class Broken:
    """A channel with a defect."""

    name: str = "broken"

    def tell(self, text: str) -> None:
        """Fail as no channel may."""
        raise UnicodeEncodeError("ascii", text, 0, 1, "pass-word")


def test_a_channel_that_crashes_keeps_no_other_from_being_told() -> None:
    """It is tried again like one that is away, and a person has to look at it."""
    chat = Told()
    night = Night(channels=[chat], open=[alert()])
    night.channels.insert(0, Broken())
    night.start()
    with capture_logs() as logs:
        night.now += 5
        night.relay.step()
    assert len(chat.texts) == 1
    assert night.beats == 0
    (crashed,) = (one for one in logs if one["event"] == "relay.channel_crashed")
    assert crashed["error"] == "UnicodeEncodeError"
    assert "pass-word" not in repr(logs)


def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    """Nor asked a second time before it did."""
    answer = threading.Event()
    asked = []

    def ask() -> list[Alert]:
        asked.append(1)
        answer.wait(30)
        return [alert()]

    watch = Watch(ask, patience=0.05)
    for _ in range(3):
        with pytest.raises(Unreachable, match="no answer"):
            watch.look()
    assert len(asked) == 1
    answer.set()
    assert until(lambda: _looked(watch)) == [alert()]


def test_a_relay_that_is_to_end_does_not_wait_for_a_frozen_server() -> None:
    """Its question is left behind."""
    program = (
        "import threading; from sidecar.alert_watch import *\n"
        "try: Watch(threading.Event().wait, patience=0.05).look()\n"
        "except Unreachable as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "no answer\n"


def _looked(watch: Watch) -> list[Alert]:
    try:
        return watch.look()
    except Unreachable:
        return []


def test_every_page_that_is_named_is_there() -> None:
    """The address in a message leads to a heading."""
    text = (Path(__file__).parents[2] / "docs/runbook.md").read_text()
    for page in PAGES.values():
        assert f"\n## {page}\n" in text


# -- the real channels -----------------------------------------------------------------


class Mailbox:
    """What an SMTP server took."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a letter."""
        self.letters.append(envelope)
        return "250 OK"


def test_a_chat_gets_slacks_json() -> None:
    """Its three characters are escaped; any answer but 2xx is a failure."""
    receiver = AlertReceiver()
    with receiver.serving() as url:
        chat = Chat(f"{url}/hook/secret-path")
        chat.tell("Skylatch: 1 raised\n<b> & more")
        assert receiver.posted == [{"text": "Skylatch: 1 raised\n&lt;b&gt; &amp; more"}]
        receiver.status = 503
        with pytest.raises(NotTold, match="503"):
            chat.tell("again")
        with pytest.raises(NotTold, match="503"):
            Heartbeat(f"{url}/beat").beat()
    with pytest.raises(NotTold) as raised:
        chat.tell("gone")
    assert "secret-path" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"200 OK\r\nContent-Encoding: gzip\r\n\r\n", None),
        (b"307 Over there\r\nLocation: /else\r\n\r\n", "TooManyRedirects"),
        (b"200 OK\r\nX-Endless: ", "ConnectionError|InvalidHeader"),
    ],
    ids=["body", "redirect", "head"],
)
def test_a_chat_that_never_stops_talking_is_not_listened_to(
    answer: bytes, problem: str | None
) -> None:
    """Not a gigabyte of it, and its redirects are not followed."""
    sent = 0

    def talk(server: RawServer, connection: socket.socket) -> None:
        nonlocal sent
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 " + answer)
        while not server.stopping.is_set():
            sent += connection.send(b"x" * 65_536)

    with raw_server(talk) as server:
        chat = Chat(f"{server.url}/secret-path")
        if problem is None:
            chat.tell("once")
        else:
            with pytest.raises(NotTold, match=problem):
                chat.tell("once")
        assert server.connections == 1
    assert sent < 50_000_000


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_mail_server_gets_a_letter_with_a_subject() -> None:
    """With a login where one is given."""
    box = Mailbox()
    logins: list[tuple[bytes, bytes]] = []

    def login(_s: Any, _se: Any, _e: Any, _m: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"pass word")

    port = free_port(set())
    server = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        server_hostname="localhost",
        authenticator=login,
        auth_required=True,
        auth_require_tls=False,
    )
    server.start()  # type: ignore[no-untyped-call]
    try:
        mail = Mail(
            f"smtp://me:pass%20word@127.0.0.1:{port}",
            sender="skylatch@example.com",
            to="on-call@example.com",
        )
        mail.tell("Skylatch: 1 raised\n[RAISED] ORDER_UNKNOWN …")
        (envelope,) = box.letters
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert letter["Subject"] == "Skylatch: 1 raised"
        assert letter["To"] == "on-call@example.com"
        assert "ORDER_UNKNOWN …" in letter.get_content()
        assert logins == [(b"me", b"pass word")]
        wrong = Mail(f"smtp://me:no@127.0.0.1:{port}", sender="a@b.c", to="d@e.f")
        with pytest.raises(NotTold, match="the mail server: SMTP"):
            wrong.tell("x")
    finally:
        server.stop()  # type: ignore[no-untyped-call]
    with pytest.raises(NotTold, match="mail server"):
        mail.tell("x")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"ALERT_SMTP_URL": "smtp://h"}, "go together"),
        ({"ALERT_EMAIL_TO": "a@example.com"}, "go together"),
        ({"ALERT_WEBHOOK_URL": "ftp://h/x"}, "needs http"),
        ({"ALERT_SMTP_URL": "http://h", "ALERT_EMAIL_TO": "a@b.c"}, "needs smtp"),
        ({"ALERT_SMTP_URL": "smtp://h:no", "ALERT_EMAIL_TO": "a@b.c"}, "needs smtp"),
        ({"ALERT_SMTP_URL": "smtp://", "ALERT_EMAIL_TO": "a@b.c"}, "needs smtp"),
        ({"ALERT_SMTP_URL": "smtp://h", "ALERT_EMAIL_TO": "a@b.c\nBcc: x@y"}, "match"),
        ({"ALERT_WEBHOOK_URL": "https://[::1/x"}, "needs http"),
        ({"ALERT_WEBHOOK_URL": f"https://{'a' * 64}.example/x"}, "needs http"),
    ],
)
def test_settings_that_tell_nobody_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], problem: str
) -> None:
    """At the start, not when the first alert comes."""
    monkeypatch.setenv("SKYLATCH_WATCH_URL", "postgresql://skylatch_watch@db/x")
    for name, value in given.items():
        monkeypatch.setenv(f"SKYLATCH_{name}", value)
    with pytest.raises(ConfigError, match=problem):
        load(RelaySettings)


def test_an_empty_secret_file_is_no_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As `make secrets` leaves it for who tells nobody."""
    monkeypatch.setenv("SKYLATCH_WATCH_URL", "postgresql://skylatch_watch@db/x")
    monkeypatch.setenv("SKYLATCH_SECRETS_DIR", str(tmp_path))
    (tmp_path / "skylatch_alert_webhook_url").write_text("")
    assert load(RelaySettings).alert_webhook_url is None
    (tmp_path / "skylatch_alert_webhook_url").write_text("https://chat.example/x\n")
    found = load(RelaySettings).alert_webhook_url
    assert found is not None
    assert found.get_secret_value() == "https://chat.example/x"


# -- with a database -------------------------------------------------------------------


def test_the_relay_needs_no_sidecar_to_tell_that_there_is_none(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its own role. A sidecar that beats clears it; when it ends it comes again.

    The file that its health check looks at is touched meanwhile.
    """
    receiver = AlertReceiver()
    world.let_cron_do_it()
    with receiver.serving() as url:
        for name, value in {
            "WATCH_URL": make_conninfo(world.dsn, user="skylatch_watch"),
            "ALERT_WEBHOOK_URL": f"{url}/hook/secret-path",
            "ALERT_HEARTBEAT_URL": f"{url}/beat",
            "ALERT_MEMORY": str(tmp_path / "alerts.json"),
            "ALERT_POLL_SECONDS": "0.05",
            "ALIVE_FILE": str(tmp_path / "alive"),
        }.items():
            monkeypatch.setenv(f"SKYLATCH_{name}", value)
        settings = load(RelaySettings)
        database = Database(settings.watch_url.get_secret_value(), size=1)
        stopping = threading.Event()
        thread = threading.Thread(
            target=build_relay(settings, database).run, args=(stopping,)
        )
        thread.start()
        try:
            until(lambda: "SIDECARS_SILENT" in receiver.text)
            assert "docs/runbook.md#sidecardown" in receiver.text
            with world.working():
                until(lambda: "[CLEARED] SIDECARS_SILENT" in receiver.text)
            until(lambda: receiver.text.count("[RAISED] SIDECARS_SILENT") == 2)
        finally:
            stopping.set()
            thread.join()
            database.close()
    assert receiver.beats == 1
    assert (tmp_path / "alive").exists()


def silent(world: World) -> dict[str, str]:
    """Return the alerts about sidecars, subject by kind."""
    rows = world.rows("select * from engine.watch_alerts()")
    return {r["kind"]: r["subject"] for r in rows if r["kind"].endswith("_SILENT")}


def test_a_sidecar_that_froze_is_missed_beside_others(world: World) -> None:
    """Until it beats again, takes leave, or another is in its place; then not."""
    world.let_cron_do_it()
    beat = "select engine.heartbeat(%s, '0.1.0')"
    age = (
        "update engine.workers set seen_at = now() - %s::interval, started_at = now()"
        " - interval '1 hour' where worker = %s"
    )
    world.rows(beat, "m1:10:aaaaaa")
    world.rows(beat, "m2:11:bbbbbb")
    assert silent(world) == {}
    world.rows(age, "44 seconds", "m1:10:aaaaaa")
    assert silent(world) == {}
    world.rows(age, "46 seconds", "m1:10:aaaaaa")
    assert silent(world) == {"WORKER_SILENT": "m1:10:aaaaaa"}
    # Started anew on its machine.
    world.rows(beat, "m1:12:cccccc")
    assert silent(world) == {}
    world.rows("select engine.end_heartbeat('m1:12:cccccc')")
    assert silent(world) == {"WORKER_SILENT": "m1:10:aaaaaa"}
    world.rows(age, "46 seconds", "m2:11:bbbbbb")
    assert silent(world) == {"SIDECARS_SILENT": "sidecars"}
    world.rows(beat, "m2:11:bbbbbb")
    world.rows(age, "61 minutes", "m1:10:aaaaaa")
    assert silent(world) == {}
    # The clock was set back: a beat from the future says nothing.
    world.rows(age, "-10 minutes", "m2:11:bbbbbb")
    assert "SIDECARS_SILENT" in silent(world)


def test_a_sidecar_that_ends_in_order_takes_its_row_along(world: World) -> None:
    """Nobody misses it, and nobody waits an hour to be sure."""
    with world.working():
        until(lambda: world.value("select count(*) from engine.workers"))
    assert world.value("select count(*) from engine.workers") == 0


def test_the_database_may_be_away_at_the_start(tmp_path: Path) -> None:
    """The relay starts all the same: it is for this."""
    port = free_port(set())
    database = Database(
        f"postgresql://skylatch_watch@127.0.0.1:{port}/x", size=1, patience=0.2
    )
    try:
        with pytest.raises(Unreachable):
            Watch(database.watch_alerts).look()
    finally:
        database.close()


def test_the_memory_survives_a_disk_that_is_full(tmp_path: Path) -> None:
    """What is told is told; what cannot be written down is a warning."""
    night = Night(path=tmp_path / "alerts.json", open=[alert()])
    night.path = None
    night.relay._memory.path = tmp_path / "nowhere" / "alerts.json"
    with capture_logs() as logs:
        assert len(night.step()) == 1
    assert "relay.memory_not_written" in [one["event"] for one in logs]


def test_any_chat_of_apprise_is_told_the_whole_text_and_its_address_is_kept() -> None:
    """One that does not take it has not been told; an address that is none is named."""
    receiver = AlertReceiver()
    with receiver.serving() as url:
        path = "/hook/secret-path"
        night = Night(channels=[Chats(f"json{url[4:]}{path}")], open=[alert()])
        receiver.status = 500
        with capture_logs() as logs:
            night.relay.step()
            receiver.status = 200
            night.now += 60
            night.relay.step()
        assert "secret-path" not in repr(logs)
    posted = receiver.posted[-1]
    assert posted["title"] == "Skylatch: 1 raised, 0 cleared, 1 open"
    assert "[RAISED] BREAKER_OPEN search: 5 failures in a row" in posted["message"]
    assert len(receiver.posted) == 2
    with pytest.raises(ConfigError, match="SKYLATCH_ALERT_APPRISE_URLS"):
        Chats("nothing://that/is/known")


def test_the_settings_choose_the_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    """By one setting, in which several addresses may stand."""
    monkeypatch.setenv("SKYLATCH_WATCH_URL", "postgresql://localhost/x")
    monkeypatch.setenv(
        "SKYLATCH_ALERT_APPRISE_URLS", "json://localhost/a,json://localhost/b"
    )
    assert [one.name for one in build_channels(load(RelaySettings))] == ["chats"]
