"""Run a sandbox application from a thread of this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from sidecar.errors import SetupError
from sidecar.serving import check_address


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Pass over connections that were cut on purpose, here or by a killed client."""
    error = record.exc_info[1] if record.exc_info else None
    return not (
        isinstance(error, ClientDisconnect)
        or record.getMessage().startswith("ASGI callable returned without")
    )


def build_server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """Return a uvicorn server for `host`; port 0 lets the kernel choose."""
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", lifespan="off"
    )
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
    return uvicorn.Server(config)


@contextmanager
def running_in_thread(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve `app` from a thread and yield its base address on this machine."""
    if port:
        check_address(host, port, what="the sandbox", setting="SKYLATCH_SANDBOX_…_PORT")
    server = build_server(app, host=host, port=port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise SetupError(f"the sandbox did not start on port {port}: is it taken?")
        time.sleep(0.005)
    address = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
