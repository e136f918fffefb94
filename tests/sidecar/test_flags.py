"""The mirror: what LaunchDarkly says decides in Postgres, and nothing else does."""

from __future__ import annotations

import gc
import json
import logging
import statistics
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from structlog.testing import capture_logs

from sidecar import flags
from sidecar.config import WorkSettings
from sidecar.db import Database
from sidecar.errors import ConfigError
from sidecar.flags import build_mirror, read_flags
from tests.factories import FLAGS, World, until
from tests.sandbox.flags import FlagsSandbox
from tests.sandbox.server import running_in_thread

KEY = "sdk-test-1"
PIPELINE = "auto_booking_pipeline_enabled"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flags, "_BEAT_SECONDS", 0.05)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    logging.getLogger("ldclient").addHandler(logging.NullHandler())


@pytest.fixture
def peer() -> FlagsSandbox:
    """Return LaunchDarkly's stand-in, with our four flags."""
    return FlagsSandbox(sdk_key=KEY)


@pytest.fixture
def bare(database: str) -> Iterator[psycopg.Connection[Any]]:
    """Return one open session of a database whose flags were never loaded."""
    with psycopg.connect(database, autocommit=True) as connection:
        user = "insert into auth.users (id) values (gen_random_uuid())"
        connection.execute(user)
        yield connection


def problem(session: psycopg.Connection[Any]) -> str | None:
    """Ask the gate, as every entry point does."""
    row = session.execute(
        "select engine.flag_problem(u.id, clock_timestamp()) from auth.users as u"
    ).fetchone()
    assert row is not None
    answer: str | None = row[0]
    return answer


@contextmanager
def mirroring(
    dsn: str, *, worker: str = "a", url: str | None = None, path: Path | None = None
) -> Iterator[threading.Event]:
    """Run a mirror of the peer at `url`, or of the file at `path`; yield its stop."""
    database = Database(make_conninfo(dsn, user="skylatch_sidecar"))
    settings = WorkSettings(
        database_url=SecretStr(make_conninfo(dsn, user="skylatch_sidecar")),
        duffel_token=SecretStr("duffel_test_fixture"),
        stripe_key=SecretStr("sk_test_fixture"),
        flags_file=path,
        launchdarkly_sdk_key=None if path else SecretStr(KEY),
        launchdarkly_url=url,
    )
    mirror = build_mirror(settings, database, worker)
    stopping = threading.Event()
    thread = threading.Thread(target=mirror.run, args=(stopping,))
    thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        thread.join()
        database.close()


def test_a_change_at_launchdarkly_decides_the_next_statement(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """In a session that was open all along; the median latency is printed."""
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        until(lambda: problem(bare) is None)
        seconds = []
        for _ in range(10):
            for value, expected in ((False, f"{PIPELINE} is off"), (True, None)):
                started = time.monotonic()
                peer.set_flag(PIPELINE, {"value": value})
                until(lambda expected=expected: problem(bare) == expected)
                seconds.append(time.monotonic() - started)
        print(
            f"flag change to refusal: median {statistics.median(seconds) * 1e3:.0f} ms"
        )


def test_targeting_decides_per_traveller(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """A rule on the traveller's key serves one and refuses the other."""
    bare.execute("insert into auth.users (id) values (gen_random_uuid())")
    users = [str(row[0]) for row in bare.execute("select id from auth.users")]
    peer.set_flag(
        PIPELINE,
        {
            "on": True,
            "variations": [True, False],
            "fallthrough": {"variation": 1},
            "offVariation": 1,
            "targets": [{"values": [users[0]], "variation": 0}],
        },
    )
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        query = "select engine.flag_problem(%s, clock_timestamp())"
        until(lambda: bare.execute(query, [users[0]]).fetchone() == (None,))
        refused = bare.execute(query, [users[1]]).fetchone()
        assert refused == (f"{PIPELINE} is off",)


@pytest.mark.parametrize(
    "broken",
    [
        ('{"flagValues": {"a": tru', "Expecting value"),
        ("[]", 'no "flags" object'),
        # What JSON's reader takes, and the SDK does not.
        ('{"flags": {"a": 7}}', "type 'int'"),
    ],
)
def test_a_flags_file_that_is_broken_is_one_line_of_the_log(
    database: str,
    bare: psycopg.Connection[Any],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    broken: tuple[str, str],
) -> None:
    """And no traceback, which a collector of logs would read as thirty lines."""
    text, why = broken
    path = tmp_path / "flags.json"
    path.write_text(text)
    with capture_logs() as lines, mirroring(database, path=path):
        until(lambda: gone(bare))
    (line,) = (one for one in lines if one["log_level"] != "info")
    assert (line["event"], line["log_level"]) == ("flags.source_not_valid", "warning")
    assert why in line.get("error", "") + line.get("why", "")
    assert capfd.readouterr().err == ""


def test_without_a_source_nothing_is_allowed(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """Down at start: never loaded. Up later: decided. The kill switch wins in both."""
    assert problem(bare) == "flags were never loaded"
    bare.execute("select engine.set_kill_switch(true, 'test')")
    assert problem(bare) == "kill switch: test"
    bare.execute("select engine.set_kill_switch(false, 'over')")
    peer.refuse(503)
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        until(lambda: peer.state()["refuses_with"] == 503)
        assert problem(bare) == "flags were never loaded"
        peer.refuse(None)
        until(lambda: problem(bare) is None)
        bare.execute("select engine.set_kill_switch(true, 'again')")
        assert problem(bare) == "kill switch: again"


def test_a_source_that_goes_away_makes_the_flags_stale(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """A live sidecar is no proof: the heartbeat stops with the source."""
    bare.execute("update engine.flag_sync set stale_after = '1 second'")
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        until(lambda: problem(bare) is None)
        peer.refuse(503)
        peer.drop_streams()
        until(lambda: problem(bare) == "flags are stale")
        peer.refuse(None)
        until(lambda: problem(bare) is None)


def test_a_dead_sidecar_makes_the_flags_stale(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """Without a mirror nothing proves that the flags are what LaunchDarkly says."""
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        until(lambda: problem(bare) is None)
    bare.execute("update engine.flag_sync set stale_after = '1 millisecond'")
    assert problem(bare) == "flags are stale"


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ({"value": "yes"}, f"flag {PIPELINE} is not a boolean"),
        (
            {"on": True, "variations": [True], "fallthrough": {"variation": 7}},
            f"flag {PIPELINE} is malformed",
        ),
    ],
)
def test_garbage_at_the_source_is_refused_with_its_own_reason(
    database: str,
    bare: psycopg.Connection[Any],
    peer: FlagsSandbox,
    flag: dict[str, Any],
    reason: str,
) -> None:
    """What is not plainly a boolean spends nothing."""
    peer.set_flag(PIPELINE, flag)
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        until(lambda: problem(bare) == reason)


def test_a_deleted_flag_is_unknown(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """A tombstone, and a late patch of before does not bring it back."""
    with running_in_thread(peer.app) as url, mirroring(database, url=url):
        until(lambda: problem(bare) is None)
        peer.delete_flag(PIPELINE)
        until(lambda: problem(bare) == f"unknown flag {PIPELINE}")
        peer.send_stale_patch(PIPELINE)
        peer.set_flag("price_optimization", {"value": False})
        until(
            lambda: (
                bare.execute(
                    "select data ->> 'on' from engine.flag_data"
                    " where key = 'price_optimization'"
                ).fetchone()
                == ("false",)
            )
        )
        assert problem(bare) == f"unknown flag {PIPELINE}"


@pytest.fixture
def _refused_for_good() -> Iterator[None]:
    """Collect what the SDK leaves unclosed when it is refused until the end."""
    others = set(threading.enumerate())
    yield
    until(
        lambda: (
            not {t for t in threading.enumerate() if t.name.startswith("ldclient")}
            - others
        )
    )
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


@pytest.mark.usefixtures("_refused_for_good")
def test_a_wrong_key_never_loads_anything(
    database: str, bare: psycopg.Connection[Any]
) -> None:
    """Refused at the door: the flags stay unloaded, and booking off."""
    other = FlagsSandbox(sdk_key="sdk-another")
    with running_in_thread(other.app) as url, mirroring(database, url=url):
        until(
            lambda: (
                bare.execute("select mirrored_by from engine.flag_sync").fetchone()
                == ("a",)
            )
        )
        assert problem(bare) == "flags were never loaded"


def test_one_sidecar_mirrors_and_another_takes_over(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """One stream at a time; when its holder dies the lease runs out."""

    def holder() -> str | None:
        row = bare.execute("select mirrored_by from engine.flag_sync").fetchone()
        return row[0] if row else None

    with running_in_thread(peer.app) as url:
        with mirroring(database, worker="a", url=url):
            until(lambda: holder() == "a" and problem(bare) is None)
            with mirroring(database, worker="b", url=url):
                until(lambda: peer.state()["streams"]["open"] == 1)
                assert holder() == "a"
                assert peer.state()["streams"]["opened"] == 1
        with mirroring(database, worker="b", url=url):
            assert holder() == "a"  # dead, but its lease still runs
            bare.execute(
                "update engine.flag_sync set mirrored_until = clock_timestamp()"
            )
            until(lambda: holder() == "b")
            peer.set_flag(PIPELINE, {"value": False})
            until(lambda: problem(bare) == f"{PIPELINE} is off")


def test_the_file_is_mirrored_when_it_changes(
    database: str, bare: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Without an SDK key: the same road, from a file in LaunchDarkly's format."""
    path = tmp_path / "flags.json"
    path.write_text(json.dumps({"flagValues": FLAGS}))
    with mirroring(database, path=path):
        until(lambda: problem(bare) is None)
        path.write_text(json.dumps({"flagValues": {**FLAGS, PIPELINE: False}}))
        until(lambda: problem(bare) == f"{PIPELINE} is off")


def test_a_file_that_breaks_is_not_mirrored_and_goes_stale(
    database: str,
    bare: psycopg.Connection[Any],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The last flags stay until they are too old to be trusted."""
    bare.execute("update engine.flag_sync set stale_after = '1 second'")
    path = tmp_path / "flags.json"
    path.write_text(json.dumps({"flagValues": FLAGS}))
    with mirroring(database, path=path):
        until(lambda: problem(bare) is None)
        path.write_text('{"flagValues": {')
        until(lambda: problem(bare) == "flags are stale")
    capfd.readouterr()  # the SDK prints the parser's traceback


def status_of(session: psycopg.Connection[Any]) -> dict[str, Any]:
    """Return what `status` says of the mirror."""
    row = session.execute("select engine.pipeline_status() -> 'mirror'").fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]
    return found


def gone(session: psycopg.Connection[Any]) -> list[Any]:
    """Return the detail of the alert about the source, if it is open."""
    return session.execute(
        "select detail from engine.open_alerts() where kind = 'FLAG_SOURCE_GONE'"
    ).fetchall()


@pytest.mark.parametrize("what", ["deleted", "emptied", "unreadable"])
def test_a_file_that_vanished_is_said_at_once_and_is_stale_within_its_limit(
    database: str, bare: psycopg.Connection[Any], tmp_path: Path, what: str
) -> None:
    """The SDK goes on calling it good; the beats end all the same. Then it is back."""
    path = tmp_path / "flags.json"
    text = json.dumps({"flagValues": FLAGS})
    path.write_text(text)
    with capture_logs() as lines, mirroring(database, path=path):
        until(lambda: problem(bare) is None)
        assert gone(bare) == []
        if what == "deleted":
            path.unlink()
        elif what == "emptied":
            path.write_text("")
        else:
            path.unlink()
            path.mkdir()
        until(lambda: gone(bare))
        assert "the file cannot be read: " in gone(bare)[0][0]
        # Booking goes on with what was read last, and its age grows.
        assert problem(bare) is None
        began = bare.execute("select heartbeat_at from engine.flag_sync").fetchall()
        bare.execute("update engine.flag_sync set stale_after = '0.2 seconds'")
        until(lambda: problem(bare) == "flags are stale")
        again = bare.execute("select heartbeat_at from engine.flag_sync").fetchall()
        assert again == began
        if what == "unreadable":
            path.rmdir()
        path.write_text(text)
        bare.execute("update engine.flag_sync set stale_after = '10 minutes'")
        until(lambda: not gone(bare))
        assert status_of(bare)["problem"] is None
    # Once for each thing that was wrong, not at each beat.
    told = [e["error"] for e in lines if e["event"] == "flags.source_not_valid"]
    assert told
    assert len(told) == len(set(told))


def test_a_stream_that_is_cut_is_said_at_once_and_is_stale_within_its_limit(
    database: str, bare: psycopg.Connection[Any], peer: FlagsSandbox
) -> None:
    """LaunchDarkly is gone altogether, not only slow; the beats end with the stream."""
    with ExitStack() as stack:
        serving = stack.enter_context(ExitStack())
        url = serving.enter_context(running_in_thread(peer.app))
        stack.enter_context(mirroring(database, url=url))
        until(lambda: problem(bare) is None)
        assert gone(bare) == []
        peer.drop_streams()
        serving.close()
        until(lambda: gone(bare))
        assert gone(bare)[0][0].startswith("interrupted")
        began = bare.execute("select heartbeat_at from engine.flag_sync").fetchall()
        assert problem(bare) is None
        bare.execute("update engine.flag_sync set stale_after = '0.2 seconds'")
        until(lambda: problem(bare) == "flags are stale")
        again = bare.execute("select heartbeat_at from engine.flag_sync").fetchall()
        assert again == began


def test_a_database_that_goes_away_does_not_end_the_mirror(
    world: World, peer: FlagsSandbox
) -> None:
    """Its connections are cut; the next change arrives all the same."""
    with running_in_thread(peer.app) as url, mirroring(world.dsn, url=url):
        until(lambda: world.value("select mirrored_by from engine.flag_sync") == "a")
        world.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'skylatch_sidecar'"
        )
        peer.set_flag("price_optimization", {"value": False})
        until(
            lambda: (
                world.value(
                    "select data ->> 'on' from engine.flag_data"
                    " where key = 'price_optimization'"
                )
                == "false"
            )
        )


@pytest.mark.parametrize("text", ["", "[]", '{"flagValues": 1}', "{"])
def test_a_file_that_is_not_flags_says_so(tmp_path: Path, text: str) -> None:
    """One line that names the file."""
    path = tmp_path / "flags.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path)):
        read_flags(path)
