"""A real Redis that tests may stop, freeze and start."""

from __future__ import annotations

import signal
import subprocess
from contextlib import closing
from pathlib import Path

from redis import Redis, RedisError

from sidecar.local.accounts import clean_command, server_account
from tests.factories import until

SOCKET = "redis.sock"


class RedisServer:
    """A Redis of the test's own, on a socket; may be stopped and started."""

    def __init__(self, directory: Path) -> None:
        self._account = server_account("redis", "nobody")
        self._directory = directory
        self.url = f"unix://{directory / SOCKET}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = ["--port", "0", "--unixsocket", str(self._directory / SOCKET)]
        settings += ["--unixsocketperm", "777", "--save", "", "--daemonize", "no"]
        self._process = subprocess.Popen(
            clean_command(
                self._account,
                self._directory,
                ["/usr/bin/redis-server", *settings],
            ),
            cwd=self._directory,
            stdout=subprocess.DEVNULL,
        )
        until(self._answers)

    def stop(self) -> None:
        """Stop at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it hang: connections are accepted, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with closing(Redis.from_url(self.url)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False
