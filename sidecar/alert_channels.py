"""The channels that alerts are sent to: a chat's webhook and e-mail.

A channel that does not take a message raises NotTold.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from concurrent.futures import Future
from email.message import EmailMessage
from functools import partial
from typing import Protocol, TypeVar

import requests
import structlog

from sidecar import threads
from sidecar.config import RelaySettings
from sidecar.errors import ConfigError
from sidecar.http import StatusSession
from sidecar.mail import MailServer
from sidecar.setting_types import is_loopback, revealed

_log = structlog.get_logger()
_Result = TypeVar("_Result")
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 10.0
_SECONDS = re.compile("[0-9]{1,9}")
# A chat that asks for a day is mistaken, and meanwhile nobody would be told.
_MOST_WAIT = 900.0


class NotTold(Exception):
    """The channel did not take the message; the text says why, without addresses.

    `wait` has the seconds for which the channel asks not to be called again.
    """

    def __init__(self, why: str, *, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class Channel(Protocol):
    """One way to send a message to somebody."""

    @property
    def name(self) -> str:
        """Return the name of the channel in the relay's memory."""
        ...

    def tell(self, text: str) -> None:
        """Deliver `text`, whose first line is its subject; raises NotTold."""
        ...


class Patience:
    """Waits for a channel, for a bounded time.

    The parts of an answer may each come in time while the whole never comes: a mail
    server's greeting may have any number of lines. Meanwhile the other channels are
    told.
    """

    def __init__(self, name: str, seconds: float = 20.0) -> None:
        self._name = name
        self._seconds = seconds
        self._trying: Future[None] | None = None

    def attempt(self, work: Callable[[], None]) -> NotTold | None:
        """Do some work; return why it was not done. Hanging work is not begun again."""
        if self._trying is not None and not self._trying.done():
            return NotTold("it has not ended what it does")
        trying: Future[None] = Future()
        self._trying = trying
        threads.start(
            partial(answer, trying, work), name=self._name, may_end=lambda: True
        )
        try:
            trying.result(timeout=self._seconds)
        except NotTold as error:
            return error
        except Exception as error:  # noqa: BLE001 - no channel ends the relay
            if not trying.done():
                return NotTold("no answer in time")
            # Its text may have the channel's address, which is a secret.
            problem = type(error).__name__
            _log.error("relay.channel_crashed", channel=self._name, error=problem)
            return NotTold(problem)
        return None


def answer(asked: Future[_Result], ask: Callable[[], _Result]) -> None:
    """Do the work, and give its result or error to the waiting thread."""
    try:
        asked.set_result(ask())
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        asked.set_exception(error)


class Chat:
    """An incoming webhook in Slack's form, which many chats accept."""

    name = "chat"

    def __init__(self, url: str) -> None:
        self._url = url

    def tell(self, text: str) -> None:
        """Post the text; any answer but 2xx is a failure."""
        # The three characters that mean something in Slack's text.
        plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        answer = _request("POST", self._url, {"text": plain})
        if not 200 <= answer.status_code < 300:
            raise NotTold(f"the chat answered {answer.status_code}", wait=_wait(answer))


class Mail:
    """E-mail, to the one configured address."""

    name = "mail"

    def __init__(self, url: str, *, sender: str, to: str) -> None:
        self._server = MailServer(url)
        self._sender = sender
        self._to = to

    def tell(self, text: str) -> None:
        """Send the text to the one configured address, which may be a list's."""
        message = EmailMessage()
        message["Subject"] = text.partition("\n")[0][:150]
        message["From"], message["To"] = self._sender, self._to
        message.set_content(text)
        try:
            self._server.send(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotTold(f"the mail server: {type(error).__name__}") from error


class Chats:
    """Whatever Apprise reaches: Telegram, Matrix, Teams, ntfy and a hundred others."""

    name = "chats"

    def __init__(self, urls: str) -> None:
        # Only who uses it loads it.
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415

        self._chats = Apprise(
            asset=AppriseAsset(app_id="Skylatch", async_mode=False, secure_logging=True)
        )
        if not self._chats.add(urls):
            raise ConfigError(
                "SKYLATCH_ALERT_APPRISE_URLS: has an address that is none of Apprise's"
            )

    def tell(self, text: str) -> None:
        """Send the text to every address, as it is."""
        title, _, body = text.partition("\n")
        if not self._chats.notify(
            body=body or title, title=title, body_format="text", interpret_escapes=False
        ):
            raise NotTold("a chat did not take it")


class Heartbeat:
    """A dead man's switch: a service that raises an alarm when nobody asks it."""

    def __init__(self, url: str | None) -> None:
        self._url = url

    def beat(self) -> None:
        """Ask the service once; raises NotTold unless it answers well."""
        if self._url is None:
            return
        answer = _request("GET", self._url, None)
        if not 200 <= answer.status_code < 300:
            raise NotTold(f"the heartbeat's address answered {answer.status_code}")


def build_channels(settings: RelaySettings) -> list[Channel]:
    """Return the configured channels."""
    found: list[Channel] = []
    chat, mail = revealed(settings.alert_webhook_url), revealed(settings.alert_smtp_url)
    if chat is not None:
        found.append(Chat(chat))
    if mail is not None and settings.alert_email_to is not None:
        found.append(
            Mail(mail, sender=settings.alert_email_from, to=settings.alert_email_to)
        )
    chats = revealed(settings.alert_apprise_urls)
    if chats is not None:
        found.append(Chats(chats))
    return found


def _wait(answer: requests.Response) -> float:
    """Return how long a chat asks not to be called; to call it sooner may ban us."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _MOST_WAIT) if _SECONDS.fullmatch(asked) else 0.0


def _request(method: str, url: str, body: dict[str, str] | None) -> requests.Response:
    try:
        with StatusSession() as session:
            session.trust_env = not is_loopback(url)
            return session.request(
                method, url, json=body, timeout=(_CONNECT_SECONDS, _READ_SECONDS)
            )
    except requests.RequestException as error:
        # The text of the error would have the address, which is a secret.
        raise NotTold(type(error).__name__) from None
