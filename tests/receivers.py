"""Where messages arrive in tests: a mail server and an application's endpoint."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from aiosmtpd.controller import Controller
from psycopg.conninfo import make_conninfo
from svix.webhooks import Webhook

from sidecar.app_webhooks import AppWebhooks, secret_of
from sidecar.db import Database
from sidecar.letters import Letters, Sender
from sidecar.local.settings import free_port
from sidecar.mail import MailServer
from sidecar.messages import Courier
from tests.factories import World

KEY = "a-key-of-a-test-that-is-long-enough-0001"
SENDER = Sender("trips@example.com", support="help@example.com")


@dataclass
class Weather:
    """Trouble at a receiver: some messages are refused, some taken without a word."""

    rate: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    def strikes(self) -> Literal["", "before", "after"]:
        """Return whether trouble comes before a message is kept, or after."""
        if self.chance.random() >= self.rate:
            return ""
        return "before" if self.chance.random() < 0.5 else "after"


@dataclass
class Mailbox:
    """A mail server that keeps what it takes; `replies` are used up first."""

    letters: list[EmailMessage] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    weather: Weather = field(default_factory=Weather)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Refuse an address while the next reply is about one."""
        if self.replies and self.replies[0].startswith("550"):
            return self.replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message, unless another reply is wanted."""
        if self.replies:
            return self.replies.pop(0)
        trouble = self.weather.strikes()
        if trouble != "before":
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.recipients += envelope.rcpt_tos
        return "451 not now" if trouble else "250 OK"

    def text(self, subject: str) -> str:
        """Return the text of the one letter whose subject begins so."""
        (letter,) = [one for one in self.letters if one["Subject"].startswith(subject)]
        body = letter.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@dataclass
class AppEndpoint:
    """An application that verifies what it gets; `statuses` are answered first."""

    secret: str = secret_of(KEY, "app", 1)
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""
    weather: Weather = field(default_factory=Weather)


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, MailServer]]:
    """Run a mail server on loopback for the block."""
    box = Mailbox()
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(set()), server_hostname="localhost"
    )
    controller.start()
    try:
        yield box, MailServer(f"smtp://127.0.0.1:{controller.port}")
    finally:
        controller.stop()


@contextmanager
def app_endpoint() -> Iterator[AppEndpoint]:
    """Run an application's endpoint on loopback for the block."""
    app = AppEndpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = app.statuses.pop(0) if app.statuses else 204
            trouble = app.weather.strikes()
            if status == 204 and trouble != "before":
                # Another library than the one that signs.
                Webhook(app.secret).verify(body, dict(self.headers))
                app.events.append(json.loads(body))
                app.ids.append(self.headers["webhook-id"])
            self.send_response(500 if trouble else status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app.url = f"http://127.0.0.1:{server.server_port}/events"
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Post:
    """A world whose messages arrive."""

    world: World
    box: Mailbox
    server: MailServer
    app: AppEndpoint

    def begin(self) -> None:
        """Switch e-mail on, and set the application's endpoint."""
        self.world.rows("select engine.set_message_settings('a test', p_email => true)")
        self.world.rows(
            "select engine.set_webhook_endpoint('a test', 'app', %s)", self.app.url
        )

    def address(self, user_id: object, email: str = "amelia@example.com") -> None:
        """Give a traveller an address."""
        self.world.rows(
            "update auth.users set email = %s where id = %s", email, user_id
        )

    @contextmanager
    def courier(self, count: int = 1) -> Iterator[None]:
        """Deliver for the block."""
        stopping = threading.Event()
        login = make_conninfo(self.world.dsn, user="skylatch_sidecar")
        database = Database(login, size=2)
        sends = {
            "send_email": Letters(self.server, SENDER).send,
            "send_webhook": AppWebhooks(KEY).send,
        }
        threads = [
            threading.Thread(
                target=Courier(
                    database, sends, name=f"courier {number}", poll_seconds=0.05
                ).run,
                args=[stopping],
            )
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
            database.close()

    def amiss(self) -> list[str]:
        """Return what was lost, and what was told that nobody was to hear.

        The receivers know a message by its id, whatever happened on the way.
        """
        found = []
        heard = {
            "EMAIL": {
                letter["Message-ID"].strip("<>").partition("@")[0]
                for letter in self.box.letters
            },
            "WEBHOOK": set(self.app.ids),
        }
        for channel, ids in heard.items():
            told = {
                str(row["notification_id"])
                for row in self.world.rows(
                    "select notification_id from engine.deliveries where channel = %s",
                    channel,
                )
            }
            found += [f"a message by {channel} was lost: {one}" for one in told - ids]
            found += [f"{channel} told what is no message: {one}" for one in ids - told]
        found += [
            f"a delivery is {row['state']}: {row['problem']}"
            for row in self.world.rows(
                "select state, problem from engine.deliveries"
                " where state <> 'DELIVERED'"
            )
        ]
        return found

    def is_told(self) -> bool:
        """Tell whether nothing is on its way."""
        return not self.world.value(
            "select count(*) from engine.deliveries where state = 'OPEN'"
        )


@contextmanager
def running_post(world: World) -> Iterator[Post]:
    """Run both receivers for a world."""
    with mail_server() as (box, server), app_endpoint() as app:
        post = Post(world, box, server, app)
        post.begin()
        yield post
