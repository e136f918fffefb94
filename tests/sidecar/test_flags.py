"""The flag mirror: what the file says, soon, and nothing when it cannot be read."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sidecar import flags
from sidecar.db import Database
from sidecar.errors import ConfigError
from sidecar.flags import FlagMirror, read_flags
from tests.factories import FLAGS, World, until


class FlagsFile:
    """A file-data document that is replaced as a whole, as an editor does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write({"flagValues": FLAGS})

    def write(self, document: object) -> None:
        """Replace the document."""
        self.write_text(json.dumps(document))

    def write_text(self, text: str) -> None:
        """Replace the file's text."""
        beside = self.path.with_suffix(".new")
        beside.write_text(text)
        beside.rename(self.path)


class WatchedDatabase(Database):
    """Remembers what was synchronized."""

    def __init__(self, url: str) -> None:
        super().__init__(url, patience=0.5)
        self.synced: list[dict[str, Any]] = []
        self.failures: list[Exception] = []

    def sync_flags(self, flags: dict[str, Any]) -> int:
        """Remember, then do it."""
        try:
            changed = super().sync_flags(flags)
        except psycopg.Error as error:
            self.failures.append(error)
            raise
        self.synced.append(flags)
        return changed


class CountingReader:
    """Counts how often the file was looked at."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, path: Path) -> dict[str, Any]:
        self.looks += 1
        return read_flags(path)

    def wait_for_looks(self, count: int) -> None:
        """Wait until the file was looked at so many times more."""
        wanted = self.looks + count
        until(lambda: self.looks >= wanted)


@pytest.fixture
def file(tmp_path: Path) -> FlagsFile:
    """Write a flags file."""
    return FlagsFile(tmp_path / "flags.json")


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> CountingReader:
    """Look often, and count it; beat only when something changed."""
    reader = CountingReader()
    monkeypatch.setattr(flags, "read_flags", reader)
    monkeypatch.setattr(flags, "_LOOK_SECONDS", 0.01)
    return reader


@contextmanager
def mirroring(world: World, file: FlagsFile) -> Iterator[WatchedDatabase]:
    """Mirror for the block; the thread must be alive at its end."""
    database = WatchedDatabase(make_conninfo(world.dsn, user="skylatch_sidecar"))
    stopping = threading.Event()
    mirror = FlagMirror(database, file.path)
    thread = threading.Thread(target=mirror.run, args=(stopping,))
    thread.start()
    try:
        yield database
        assert thread.is_alive()
    finally:
        stopping.set()
        thread.join(timeout=10)
        database.close()
    assert not thread.is_alive()


def mirrored(world: World) -> dict[str, Any]:
    """Return the flags as the engine knows them."""
    rows = world.rows("select key, value from engine.flag_data")
    return {row["key"]: row["value"] for row in rows}


def heartbeat(world: World) -> Any:
    """Return when the engine last heard of the flags."""
    return world.value("select heartbeat_at from engine.flag_sync")


@pytest.mark.usefixtures("reader")
def test_a_change_of_the_file_arrives(world: World, file: FlagsFile) -> None:
    """Changed, new and removed flags, without a restart."""
    changed = {**FLAGS, "auto_booking_emergency_disable": True, "new": {"rate": 3}}
    del changed["price_optimization"]
    with mirroring(world, file):
        until(lambda: mirrored(world) == FLAGS)
        file.write({"flagValues": changed})
        until(lambda: mirrored(world) == changed)


def test_a_file_that_does_not_change_is_not_written_again(
    world: World, file: FlagsFile, reader: CountingReader
) -> None:
    """Looking is free, writing is not."""
    with mirroring(world, file) as database:
        until(lambda: database.synced)
        reader.wait_for_looks(20)
        assert database.synced == [FLAGS]


def test_the_heartbeat_goes_on_without_a_change(
    world: World,
    file: FlagsFile,
    reader: CountingReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is the proof that the source is still readable."""
    monkeypatch.setattr(flags, "_BEAT_SECONDS", 0.05)
    with mirroring(world, file) as database:
        until(lambda: database.synced)
        before = heartbeat(world)
        until(lambda: heartbeat(world) > before)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"flagValues": null}', '{"flags": {}}', "\x00", None],
)
def test_a_file_that_cannot_be_read_lets_the_flags_go_stale(
    world: World,
    file: FlagsFile,
    reader: CountingReader,
    text: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last flags stay, no heartbeat comes, and booking stops by itself."""
    monkeypatch.setattr(flags, "_BEAT_SECONDS", 0.05)
    with mirroring(world, file) as database:
        until(lambda: database.synced)
        if text is None:
            file.path.unlink()
        else:
            file.write_text(text)
        reader.wait_for_looks(2)
        synced, before = len(database.synced), heartbeat(world)
        reader.wait_for_looks(20)
        assert len(database.synced) == synced
        assert heartbeat(world) == before
        assert mirrored(world) == FLAGS
        stale = "select engine.flag_problem(%s, now() + stale_after + interval '1 s')"
        user = world.traveller().user_id
        assert world.value(f"{stale} from engine.flag_sync", user) == "flags are stale"
        # And back, once somebody has repaired it.
        file.write({"flagValues": {**FLAGS, "repaired": True}})
        until(lambda: "repaired" in mirrored(world))


def test_flags_that_the_database_refuses_end_nothing(
    world: World, file: FlagsFile, reader: CountingReader
) -> None:
    """A value that jsonb cannot hold is not mirrored; the next one is."""
    with mirroring(world, file) as database:
        until(lambda: database.synced)
        file.write({"flagValues": {**FLAGS, "broken": "\x00"}})
        until(lambda: database.failures)
        assert mirrored(world) == FLAGS
        file.write({"flagValues": {**FLAGS, "repaired": True}})
        until(lambda: "repaired" in mirrored(world))


def test_a_database_that_goes_away_does_not_end_the_mirror(
    world: World, file: FlagsFile, reader: CountingReader
) -> None:
    """It goes on when the database is back, without a restart."""
    name = world.value("select current_database()")
    with (
        mirroring(world, file) as database,
        psycopg.connect(
            make_conninfo(world.dsn, dbname="postgres"), autocommit=True
        ) as admin,
    ):
        until(lambda: database.synced)
        admin.execute(f'alter database "{name}" allow_connections false'.encode())
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = %s and usename = 'skylatch_sidecar'",
            [name],
        )
        file.write({"flagValues": {**FLAGS, "later": True}})
        until(lambda: database.failures)
        reader.wait_for_looks(2)
        admin.execute(f'alter database "{name}" allow_connections true'.encode())
        until(lambda: "later" in mirrored(world))


def test_a_file_of_somebody_else_is_an_error_of_its_own(tmp_path: Path) -> None:
    """The path is named, what is in the file is not."""
    path = tmp_path / "flags.json"
    path.write_text('{"secret-thing": ')
    with pytest.raises(ConfigError, match=r"flags\.json") as raised:
        read_flags(path)
    assert "secret-thing" not in str(raised.value)
    path.write_bytes(os.urandom(64) + b"\xff")
    with pytest.raises(ConfigError):
        read_flags(path)
