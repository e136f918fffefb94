"""An SMTP server: e-mails to operators and to travellers leave here."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from sidecar.setting_types import is_loopback

_READ_SECONDS = 10.0


class MailServer:
    """An SMTP server, reached by TLS or STARTTLS unless it is on this machine."""

    def __init__(self, url: str) -> None:
        """Take smtp://user:password@host:587 (STARTTLS) or smtps://…:465."""
        self.url = url
        self._url = urlsplit(url)

    def send(self, message: EmailMessage) -> None:
        """Send one message; raises OSError or SMTPException."""
        with self.connected() as server:
            server.send_message(message)

    def connected(self) -> smtplib.SMTP:
        """Return a session that may send, which is a context manager."""
        host, port = self._url.hostname or "", self._url.port
        # Without a name smtplib looks one up, which takes long where no resolver
        # answers.
        us = socket.gethostname()
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                port or 465,
                local_hostname=us,
                timeout=_READ_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(
                host, port or 587, local_hostname=us, timeout=_READ_SECONDS
            )
            if not is_loopback(self._url.geturl()):
                server.starttls(context=ssl.create_default_context())
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server
