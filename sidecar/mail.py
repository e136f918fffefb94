"""An SMTP server: e-mails to operators and to travellers leave here."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from sidecar.setting_types import is_loopback

_READ_SECONDS = 10.0
_SESSION_SECONDS = 60.0


class MailServer:
    """An SMTP server, reached by TLS or STARTTLS unless it is on this machine."""

    def __init__(self, url: str) -> None:
        """Take smtp://user:password@host:587 (STARTTLS) or smtps://…:465."""
        self.url = url
        self._url = urlsplit(url)

    def send(self, message: EmailMessage) -> None:
        """Send one message; raises OSError or SMTPException.

        A session ends after a minute, however it is spent: a server may send a byte at
        a time, and no single read of those would take too long.
        """
        watch = _Watch()
        try:
            with self._connect(watch) as server:
                server.send_message(message)
        finally:
            watch.cancel()

    def _connect(self, watch: _Watch) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port
        # Without a name smtplib looks one up, which takes long where no resolver
        # answers.
        us = socket.gethostname()
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = _TlsServer(
                watch,
                host,
                port or 465,
                local_hostname=us,
                timeout=_READ_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = _Server(
                watch, host, port or 587, local_hostname=us, timeout=_READ_SECONDS
            )
            if not is_loopback(self._url.geturl()):
                server.starttls(context=ssl.create_default_context())
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


class _Watch:
    """Cuts a connection when its session lasts too long."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def begin(self, connection: socket.socket) -> None:
        def cut() -> None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

        self._timer = threading.Timer(_SESSION_SECONDS, cut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _Server(smtplib.SMTP):
    def __init__(self, watch: _Watch, *where: Any, **how: Any) -> None:
        self._watch = watch
        super().__init__(*where, **how)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._watch.begin(connection)
        return connection


class _TlsServer(smtplib.SMTP_SSL):
    def __init__(self, watch: _Watch, *where: Any, **how: Any) -> None:
        self._watch = watch
        super().__init__(*where, **how)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._watch.begin(connection)
        return connection
