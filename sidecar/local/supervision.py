"""Talks to supervisord, which runs the stack's programs and restarts them."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from sidecar.errors import SetupError
from sidecar.local.accounts import current_account
from sidecar.local.places import CHECKOUT, Places
from sidecar.local.settings import write_private
from sidecar.local.waiting import wait_until

_DEAD = {"FATAL", "EXITED", "UNKNOWN"}
_ENDED = {"STOPPED", "STOPPING"}


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised program; `stop_signal` asks it to end in order."""

    name: str
    command: list[str]
    directory: Path
    stop_signal: str = "TERM"
    stop_seconds: int = 15


def render(places: Places, programs: list[Program], revision: str) -> str:
    """Return supervisord's configuration; `revision` names the code it runs."""
    # Programs are stopped in the reverse order of their priority.
    sections = [
        f"; generated; revision {revision}\n"
        "[unix_http_server]\n"
        f"file = {_escape(places.supervisor_socket)}\n"
        "chmod = 0700\n",
        "[supervisord]\n"
        f"logfile = {_escape(places.logs / 'supervisord.log')}\n"
        "logfile_maxbytes = 2MB\nlogfile_backups = 1\n"
        f"pidfile = {_escape(places.supervisor_pid)}\n"
        f"childlogdir = {_escape(places.logs)}\n"
        f"user = {current_account().name}\n"
        "identifier = skylatch\n",
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory = "
        "supervisor.rpcinterface:make_main_rpcinterface\n",
        f"[supervisorctl]\nserverurl = unix://{_escape(places.supervisor_socket)}\n",
    ]
    for priority, program in enumerate(programs, start=1):
        sections.append(
            f"[program:{program.name}]\n"
            f"command = {_escape(shlex.join(program.command))}\n"
            f"directory = {_escape(program.directory)}\n"
            f"priority = {priority}\n"
            "autostart = false\nautorestart = true\n"
            "startsecs = 1\nstartretries = 5\n"
            f"stopsignal = {program.stop_signal}\n"
            f"stopwaitsecs = {program.stop_seconds}\n"
            "killasgroup = true\n"
            f"stdout_logfile = {_escape(log_file(places, program.name))}\n"
            "redirect_stderr = true\n"
            "stdout_logfile_maxbytes = 5MB\nstdout_logfile_backups = 2\n"
        )
    return "\n".join(sections)


def log_file(places: Places, program: str) -> Path:
    """Return where a program's output goes."""
    return places.logs / f"{program}.log"


def last_lines(path: Path, count: int = 6) -> str:
    """Return the last lines of a log, for an error message."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return "(no output)"
    return "\n".join(f"  {line}" for line in lines[-count:]) or "  (no output)"


class Supervisor:
    """The supervisord of one stack."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def is_running(self) -> bool:
        """Tell whether supervisord answers on its socket."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self._places.supervisor_socket))
            except OSError:
                return False
        return True

    def runs(self, config: str) -> bool:
        """Tell whether it is running with exactly this configuration."""
        try:
            current = self._places.supervisor_config.read_text()
        except OSError:
            return False
        return current == config and self.is_running()

    def launch(self, config: str, environment: Mapping[str, str]) -> None:
        """Start supervisord in the background; its programs wait to be started.

        They inherit `environment` and nothing of the caller's own.
        """
        write_private(self._places.supervisor_config, config)
        result = subprocess.run(  # noqa: S603 - argument list, no shell
            [
                sys.executable,
                "-m",
                "supervisor.supervisord",
                "-c",
                str(self._places.supervisor_config),
            ],
            cwd=CHECKOUT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        log = self._places.logs / "supervisord.log"
        if result.returncode != 0:
            reason = (result.stderr + result.stdout).strip() or last_lines(log)
            raise SetupError(f"supervisord did not start: {reason}")
        if not wait_until(self.is_running, seconds=15, failed=lambda: None):
            raise SetupError(f"supervisord does not answer:\n{last_lines(log)}")

    def states(self) -> dict[str, str]:
        """Return every program's state, e.g. RUNNING; empty when nothing runs."""
        if not self.is_running():
            return {}
        return {entry["name"]: entry["statename"] for entry in self._info()}

    def frozen(self) -> set[str]:
        """Return the running programs that a signal has stopped: they do nothing."""
        if not self.is_running():
            return set()
        return {
            entry["name"]
            for entry in self._info()
            if entry["statename"] == "RUNNING" and _state(entry["pid"]) in {"T", "t"}
        }

    def start(self, program: str) -> None:
        """Start a program unless it is running; does not wait for the program.

        `failure` reports a program that has ended before supervisord looks, like one
        that ends a moment later.
        """
        state = self.states().get(program)
        if state in ("RUNNING", "STARTING", "BACKOFF"):
            return
        try:
            self._call("startProcess", program, False)
        except SetupError as error:
            fault = error.__cause__
            if getattr(fault, "faultCode", None) != Faults.SPAWN_ERROR:
                raise

    def stop(self, program: str) -> None:
        """Stop a program and wait until it has ended."""
        if self.states().get(program, "STOPPED") not in _DEAD | _ENDED:
            self._call("stopProcess", program, True)

    def failure(self, program: str) -> str | None:
        """Return why a program will not become ready, or None while it may."""
        entry = next((e for e in self._info() if e["name"] == program), None)
        if entry is None:
            return f"{program} is not known to supervisord"
        if entry["statename"] not in _DEAD | {"BACKOFF"}:
            return None
        log = log_file(self._places, program)
        return f"{program} stopped while starting; the end of {log}:\n{last_lines(log)}"

    def shut_down(self) -> bool:
        """Stop every program and supervisord itself; False when none was running."""
        if not self.is_running():
            return False
        pid = self._places.supervisor_pid.read_text().strip()
        self._call("shutdown")
        if not wait_until(lambda: not _alive(pid), seconds=90, failed=lambda: None):
            raise SetupError(
                f"supervisord (process {pid}) does not stop: see {self._places.logs}"
            )
        return True

    def _info(self) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self._call("getAllProcessInfo")
        return result

    def _call(self, method: str, *arguments: object) -> Any:
        url = f"unix://{self._places.supervisor_socket}"
        transport = SupervisorTransport(None, None, serverurl=url)
        try:
            with xmlrpc.client.ServerProxy("http://127.0.0.1", transport) as proxy:
                return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            raise SetupError(f"supervisord: {fault.faultString}") from fault
        except OSError as error:
            raise SetupError(f"supervisord does not answer: {error}") from error


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return a minimal environment for our own programs, plus `extra`."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": os.path.expanduser("~"),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def _alive(pid: str) -> bool:
    return _state(pid) not in {None, "Z"}


def _state(pid: object) -> str | None:
    """Return a process's state as the kernel has it, None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0]


def _escape(value: object) -> str:
    """Protect `%`, which supervisord expands; a comment sign cannot be protected."""
    text = str(value)
    if " ;" in text or " #" in text or "\n" in text:
        raise SetupError(
            f"supervisord cannot take a path with ' ;' or ' #' in it: {text}: "
            "move the checkout or point SKYLATCH_STATE_DIR elsewhere"
        )
    return text.replace("%", "%%")
