"""A server that says what a test tells it to, byte by byte."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Handler = Callable[[socket.socket], None]


class RawServer:
    """Listens on loopback; `requests` has what every connection asked, in order."""

    def __init__(self, scheme: str) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one HTTP request with its body; empty when the client hung up."""
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                return b""
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def serve(self, handler: Handler, tls: ssl.SSLContext | None) -> None:
        """Give every connection to `handler`, each in a thread of its own."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(
                target=self._handle, args=(connection, handler, tls), daemon=True
            ).start()

    def close(self) -> None:
        """Stop listening; connections that are open stay."""
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @staticmethod
    def _handle(
        connection: socket.socket, handler: Handler, tls: ssl.SSLContext | None
    ) -> None:
        try:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            handler(connection)
        except OSError:
            pass  # the client hung up, which some tests want
        finally:
            connection.close()


@contextmanager
def raw_server(
    handler: Callable[[RawServer, socket.socket], None],
    *,
    scheme: str = "http",
    tls: ssl.SSLContext | None = None,
) -> Iterator[RawServer]:
    """Serve connections with `handler(server, connection)` for the block."""
    server = RawServer(scheme)
    thread = threading.Thread(
        target=server.serve, args=(lambda c: handler(server, c), tls), daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


@contextmanager
def answering(answer: bytes) -> Iterator[RawServer]:
    """Serve `answer` to every connection's first request, then hang up."""

    def handler(server: RawServer, connection: socket.socket) -> None:
        if server.read_request(connection):
            connection.sendall(answer)

    with raw_server(handler) as server:
        yield server


def closed_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def http_answer(status: str, body: bytes, *headers: str) -> bytes:
    """Return a complete HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
