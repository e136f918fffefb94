"""What a sandbox saved is there after any end of its process, whole or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.errors import SetupError
from tests.sandbox.persistence import SandboxState

_WRITES_FOREVER = """
import sys
from pathlib import Path
from tests.sandbox.persistence import SandboxState

state, n = SandboxState(Path(sys.argv[1]), "flights"), 0
while True:
    n += 1
    state.save({"first": n, "filling": "x" * 300_000, "last": n})
    print(n, flush=True)
"""


def test_nothing_saved_is_none(tmp_path: Path) -> None:
    """A first start begins empty."""
    assert SandboxState(tmp_path / "new", "flights").load() is None


def test_the_last_state_saved_is_loaded_by_another_instance(tmp_path: Path) -> None:
    """A file per sandbox, for its owner alone."""
    SandboxState(tmp_path, "flights").save({"orders": 1})
    SandboxState(tmp_path, "flights").save({"orders": 2})
    SandboxState(tmp_path, "payments").save({"orders": 3})
    assert SandboxState(tmp_path, "flights").load() == {"orders": 2}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("content", ['{"orders": [', "[]", "\xff"])
def test_a_file_that_is_no_state_is_refused_and_kept(
    tmp_path: Path, content: str
) -> None:
    """An empty start beside a database that remembers orders would be a lie."""
    path = tmp_path / "flights.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(SetupError):
        SandboxState(tmp_path, "flights").load()
    assert path.read_text(encoding="latin-1") == content


def test_a_kill_while_saving_leaves_a_whole_state(tmp_path: Path) -> None:
    """Killed between any two bytes, every state that was reported is kept."""
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITES_FOREVER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        reported = [int(line) for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdout.close()
        kept = SandboxState(tmp_path, "flights").load()
        assert kept is not None
        assert kept["first"] == kept["last"] >= max([1, *reported])
        assert len(json.dumps(kept)) > 300_000
