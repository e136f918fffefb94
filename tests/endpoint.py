"""The endpoint on a real port, with the server that `serve` runs, and raw clients."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from sidecar.serving import server_config
from tests.waiting import wait_until


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """Serve `app` from a thread as `serve` does; yield the port."""
    server = uvicorn.Server(server_config(app, host="127.0.0.1", port=0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(timeout=15)


class Client:
    """One connection; what is sent is sent as it is."""

    def __init__(self, port: int, sent: bytes = b"", *, source: str = "127.0.0.1"):
        self._socket = socket.create_connection(
            ("127.0.0.1", port), timeout=30, source_address=(source, 0)
        )
        self.send(sent)

    def send(self, sent: bytes) -> None:
        """Send some bytes."""
        self._socket.sendall(sent)

    def rest(self) -> bytes:
        """Return everything until the server hangs up; a failure if it does not."""
        received = b""
        try:
            while more := self._socket.recv(65536):
                received += more
        except ConnectionResetError:
            pass
        finally:
            self._socket.close()
        return received

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of what came until the server hung up."""
        head, _, body = self.rest().partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        return (
            int(first.split()[1]),
            {name.lower(): value for name, value in pairs},
            body,
        )

    def is_open(self) -> bool:
        """Tell whether the server has neither answered nor hung up."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        finally:
            self._socket.settimeout(30)
        return False

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request."""
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: here", *lines, "", ""]
    ).encode("latin-1")
