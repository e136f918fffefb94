"""A disk of its own that can be filled: a tmpfs, where this process may mount one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MOUNT, _UNMOUNT = "/usr/bin/mount", "/usr/bin/umount"


class SmallDisk:
    """A mounted file system of `mebibytes`."""

    def __init__(self, path: Path, mebibytes: int) -> None:
        self.path = path
        self._mebibytes = mebibytes

    def fill(self) -> None:
        """Leave room for next to nothing, by making the disk as small as its content.

        What is written meanwhile may make it too small to be had: then once more.
        """
        for _ in range(50):
            disk = os.statvfs(self.path)
            used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
            if self._resize(f"{used // 1024 + 64}k"):
                return
        raise AssertionError("the disk cannot be made small")

    def free(self) -> None:
        """Give the room back."""
        assert self._resize(f"{self._mebibytes}m")

    def _resize(self, size: str) -> bool:
        return _run(_MOUNT, "-o", f"remount,size={size}", str(self.path))


@contextmanager
def small_disk(mebibytes: int) -> Iterator[SmallDisk | None]:
    """Mount a disk and unmount it afterwards; None where mounting is not permitted."""
    path = Path(tempfile.mkdtemp(prefix="skylatch-disk-"))
    options = f"size={mebibytes}m,mode=755"
    mounted = _run(_MOUNT, "-t", "tmpfs", "-o", options, "skylatch", str(path))
    try:
        yield SmallDisk(path, mebibytes) if mounted else None
    finally:
        if mounted:
            _run(_UNMOUNT, "--lazy", str(path))
        path.rmdir()


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
