"""What a sandbox saved is there after any end of its process, whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sidecar.errors import SetupError
from tests.sandbox.persistence import Rows, SandboxState

_WRITES_FOREVER = """
import sys
from pathlib import Path
from tests.sandbox.persistence import Rows, SandboxState

state, rows, n = SandboxState(Path(sys.argv[1]), "flights"), Rows(), 0
while True:
    n += 1
    rows["first"], rows["filling"], rows["last"] = n, str(n) * 50_000, n
    state.save({"orders": rows})
    print(n, flush=True)
"""


def rows_of(**content: Any) -> Rows[Any]:
    """Return a table with these rows."""
    rows: Rows[Any] = Rows()
    rows.update(content)
    return rows


def sizes(directory: Path) -> tuple[int, int]:
    """Return how long book and journal are."""
    book, journal = directory / "flights.json", directory / "flights.journal"
    return book.stat().st_size, journal.stat().st_size


def test_nothing_saved_is_none(tmp_path: Path) -> None:
    """A first start begins empty."""
    assert SandboxState(tmp_path / "new", "flights").load() is None


def test_the_last_state_saved_is_loaded_by_another_instance(tmp_path: Path) -> None:
    """Files per sandbox, for its owner alone."""
    state, orders = SandboxState(tmp_path, "flights"), rows_of(a=1, b=1)
    state.save({"orders": orders})
    orders["a"], orders["c"] = 2, [3]
    del orders["b"]
    state.save({"orders": orders})
    orders["c"].append(4)
    state.save({"orders": orders})
    SandboxState(tmp_path, "payments").save({"orders": rows_of(a=3)})
    loaded = SandboxState(tmp_path, "flights").load()
    assert loaded == {"orders": {"a": 2, "c": [3, 4]}}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "content", ['{"orders": {', "[]", "\xff", '{"advanced": 0.0, "book": {}}']
)
def test_a_file_that_is_no_state_is_refused_and_kept(
    tmp_path: Path, content: str
) -> None:
    """An empty start beside a database that remembers orders would be a lie."""
    path = tmp_path / "flights.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(SetupError, match=r"flights\.json"):
        SandboxState(tmp_path, "flights").load()
    assert path.read_text(encoding="latin-1") == content


def test_a_write_is_as_long_as_what_it_changes(tmp_path: Path) -> None:
    """However long the book has become: 550 ms a write was the price of 5 MB."""
    state, orders = SandboxState(tmp_path, "flights"), rows_of()
    grown, books = [], 0
    for n in range(3_000):
        before = sizes(tmp_path) if n else (0, 0)
        orders[f"{n:06}"] = {"n": 0, "filling": "x" * 1_000}
        orders[f"{n // 2:06}"]["n"] = 1
        state.save({"orders": orders})
        after = sizes(tmp_path)
        if after[1] > before[1]:
            grown.append(after[1] - before[1])
        else:
            books += after[0]
    # One row was new, and one that was there had changed.
    assert max(grown) < 2 * 1_100
    # A new book comes when the journal is as long: its rows are written thrice in all.
    assert books < 2 * sum(grown)
    assert sizes(tmp_path)[0] > 1_000_000
    assert SandboxState(tmp_path, "flights").load() == {"orders": orders.dump()}


def test_a_row_that_was_only_read_is_not_written(tmp_path: Path) -> None:
    """Reads are many, and change nothing."""
    state, orders = SandboxState(tmp_path, "flights"), rows_of(a={"n": 1}, b={"n": 2})
    state.save({"orders": orders})
    before = sizes(tmp_path)
    assert [orders["a"], orders.get("b"), orders.get("c")] == [{"n": 1}, {"n": 2}, None]
    state.save({"orders": orders})
    assert sizes(tmp_path) == before


@pytest.mark.parametrize("lost", [1, 2, 15])
def test_a_torn_last_line_is_dropped(tmp_path: Path, lost: int) -> None:
    """It is of a write that nobody was told of; what follows it is kept."""
    state, orders = SandboxState(tmp_path, "flights"), rows_of()
    for n in range(3):
        orders[str(n)] = {"n": n}
        state.save({"orders": orders})
    journal = tmp_path / "flights.journal"
    journal.write_bytes(journal.read_bytes()[:-lost])

    again: Rows[Any] = Rows()
    state = SandboxState(tmp_path, "flights")
    again.restore((state.load() or {})["orders"])
    assert again.dump() == {"0": {"n": 0}, "1": {"n": 1}}
    again["3"] = {"n": 3}
    state.save({"orders": again})
    loaded = SandboxState(tmp_path, "flights").load()
    assert loaded == {"orders": {"0": {"n": 0}, "1": {"n": 1}, "3": {"n": 3}}}


def test_a_line_that_is_whole_and_unreadable_is_refused(tmp_path: Path) -> None:
    """Nothing of ours writes such a line: the rows behind it would be lost."""
    SandboxState(tmp_path, "flights").save({"orders": rows_of(a=1)})
    (tmp_path / "flights.journal").write_text('[["orders","a",2]]\n[["orders"]]\n')
    with pytest.raises(SetupError, match=r"flights\.journal, line 2"):
        SandboxState(tmp_path, "flights").load()


def test_a_journal_that_outlived_its_book_changes_nothing(tmp_path: Path) -> None:
    """As when the process ends between the new book and the new journal."""
    state, orders = SandboxState(tmp_path, "flights"), rows_of(a=1, b=1)
    state.save({"orders": orders})
    orders["a"] = 2
    state.save({"orders": orders})
    del orders["b"]
    orders["a"] = 3
    state.save({"orders": orders})
    journal = (tmp_path / "flights.journal").read_bytes()
    SandboxState(tmp_path, "flights").save({"orders": orders})
    assert sizes(tmp_path)[1] == 0
    (tmp_path / "flights.journal").write_bytes(journal)
    assert SandboxState(tmp_path, "flights").load() == {"orders": {"a": 3}}


def test_a_write_that_failed_is_made_good_by_the_next(tmp_path: Path) -> None:
    """A new book, since nobody knows how much of the line is there."""
    state, orders = SandboxState(tmp_path, "flights"), rows_of(a=1)
    state.save({"orders": orders})
    journal = tmp_path / "flights.journal"
    journal.unlink()
    journal.mkdir()
    orders["b"] = 2
    with pytest.raises(IsADirectoryError):
        state.save({"orders": orders})
    journal.rmdir()
    state.save({"orders": orders})
    assert SandboxState(tmp_path, "flights").load() == {"orders": {"a": 1, "b": 2}}


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
        kept = (SandboxState(tmp_path, "flights").load() or {})["orders"]
        assert kept["first"] == kept["last"] >= max([1, *reported])
        assert kept["filling"] == str(kept["first"]) * 50_000
