"""The evaluator in the server: what it keeps, refuses and never swallows."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires

import psycopg
import pytest

from sidecar.local.plpython import LOCK, SOURCE
from skylatch_plpython.flags import SDK_VERSION, find_problem
from skylatch_plpython.regexes import regex_problem
from tests.conftest import Connect
from tests.flagdata import clause, evaluate, flag, mirror, one, rule, upsert


def test_the_sdk_has_one_version_everywhere() -> None:
    """Project file, lock file, the code that uses its private parts."""
    project = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text())
    pin = f"launchdarkly-server-sdk=={SDK_VERSION}"
    assert pin in project["project"]["dependencies"]
    locked = [line.split()[0] for line in LOCK.read_text().splitlines() if "==" in line]
    assert pin in locked
    wanted = {
        re.split(r"[^\w-]", requirement)[0].lower()
        for requirement in requires("launchdarkly-server-sdk") or []
        if "extra ==" not in requirement
    }
    names = {line.partition("==")[0].lower() for line in locked}
    assert wanted <= names, "the lock file has to hold whatever the SDK imports"


def test_the_server_reports_what_the_lock_file_says(connect: Connect) -> None:
    """Python, SDK and every package."""
    answer = one(connect("skylatch_sidecar"), "select engine.plpython_handshake()")
    locked = dict(
        line.split()[0].lower().split("==")
        for line in LOCK.read_text().splitlines()
        if "==" in line
    )
    assert answer["packages"] == locked
    assert answer["sdk"] == SDK_VERSION


def test_a_package_that_is_older_than_the_database_is_refused(connect: Connect) -> None:
    """Before anything is evaluated, saying what differs and what to do."""
    connection = connect()
    mirror(connection, flag("f"))
    connection.execute(
        "create or replace function engine.version() returns text"
        " language sql stable return '9.0.0'"
    )
    for _ in range(2):
        with pytest.raises(psycopg.Error) as caught:
            evaluate(connection, "f")
        assert caught.value.sqlstate == "SK306"
        assert '"package_wanted": "9.0.0"' in (caught.value.diag.message_detail or "")


def test_a_package_that_was_installed_before_the_deploy_serves_both(
    connect: Connect,
) -> None:
    """So that no booking stops between the two."""
    connection = connect()
    mirror(connection, flag("f"))
    connection.execute(
        "create or replace function engine.version() returns text"
        " language sql stable return '0.0.9'"
    )
    assert evaluate(connection, "f")["value"] is True


@pytest.mark.parametrize("warm", [False, True])
def test_a_cancelled_evaluation_is_an_error_never_an_answer(
    connect: Connect, warm: bool
) -> None:
    """The caller hears of the timeout; afterwards the connection works as before."""
    holder = connect(autocommit=False)
    asker = connect()
    mirror(asker, flag("f"))
    if warm:
        evaluate(asker, "f")
    holder.execute("lock table engine.flag_sync in access exclusive mode")
    asker.execute("set statement_timeout = '300ms'")
    for query in (
        'select engine.evaluate_flag(\'f\', \'{"kind": "user", "key": "u"}\')',
        "select engine.is_enabled('f', gen_random_uuid(), true)",
        "select engine.flag_problem(gen_random_uuid(), now())",
    ):
        with pytest.raises(psycopg.errors.QueryCanceled):
            asker.execute(query)
    holder.rollback()
    asker.execute("reset statement_timeout")
    assert evaluate(asker, "f")["value"] is True


def test_a_session_that_forces_parallel_plans_crashes_nothing(connect: Connect) -> None:
    """Whoever has a login may set these; a query from Python fails in such a plan."""
    connection = connect()
    mirror(connection, flag("f"))
    server = one(connection, "select pg_postmaster_start_time()")
    is_new = connection.info.server_version >= 160_000
    forced = "debug_parallel_query" if is_new else "force_parallel_mode"
    connection.execute(f"set {forced} = on".encode())
    connection.execute("set max_parallel_workers_per_gather = 2")
    for _ in range(3):
        assert evaluate(connection, "f")["value"] is True
    assert one(connection, "select pg_postmaster_start_time()") == server


def test_a_backend_has_nothing_that_could_ask_the_network(connect: Connect) -> None:
    """Of the SDK it has what decides, without its client: HTTP, TLS and threads."""
    connection = connect()
    mirror(connection, flag("f"))
    assert evaluate(connection, "f")["value"] is True
    connection.execute(
        "do language plpython3u $$ import sys;"
        " found = {'urllib3', 'ssl', 'http.client', 'asyncio', 'email.message'}"
        " & {*sys.modules};"
        " assert not found, found;"
        " assert 'ldclient.impl.evaluator' in sys.modules $$"
    )


def test_what_was_rolled_back_is_not_kept(connect: Connect) -> None:
    """Another change does not come under the generation that was rolled back."""
    first, second = connect(autocommit=False), connect()
    mirror(second, flag("f", "old"))
    upsert(first, flag("f", "rolled back", version=2))
    assert evaluate(first, "f")["value"] == "rolled back"
    first.rollback()
    upsert(second, flag("f", "committed", version=2))
    assert evaluate(first, "f")["value"] == "committed"


def test_an_older_snapshot_reads_backwards(connect: Connect) -> None:
    """Repeatable read keeps its answer; the next transaction has the new one."""
    writer, reader = connect(), connect(autocommit=False)
    mirror(writer, flag("f", "old"))
    reader.execute("set transaction isolation level repeatable read")
    assert evaluate(reader, "f")["value"] == "old"
    upsert(writer, flag("f", "new", version=2))
    assert evaluate(reader, "f")["value"] == "old"
    reader.commit()
    assert evaluate(reader, "f")["value"] == "new"
    assert evaluate(writer, "f")["value"] == "new"


def test_every_statement_sees_the_newest_flags(connect: Connect) -> None:
    """In an open session, with no restart and no notification."""
    writer, reader = connect(), connect()
    mirror(writer, flag("f", 0))
    for version in range(2, 20):
        upsert(writer, flag("f", version, version=version))
        assert evaluate(reader, "f")["value"] == version


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"kind": "user", "key": ""}, "USER_NOT_SPECIFIED"),
        ({"kind": "multi"}, "USER_NOT_SPECIFIED"),
        ({}, "USER_NOT_SPECIFIED"),
        ({"kind": "user", "key": "u" * 257}, "CONTEXT_TOO_LONG"),
        ({"kind": "user", "key": "u", "a": [{"b": "x" * 300}]}, "CONTEXT_TOO_LONG"),
        ({"kind": "user", "key": "u", "a": ["x" * 99] * 200}, "CONTEXT_TOO_LONG"),
    ],
)
def test_a_context_that_will_not_do_is_no_answer(
    connect: Connect, context: dict[str, object], reason: str
) -> None:
    """Nobody in particular, or more text than a regular expression may meet."""
    connection = connect()
    mirror(connection, flag("f"))
    answer = evaluate(connection, "f", context)
    assert (answer["value"], answer["variation"], answer["reason"]) == (
        None,
        None,
        reason,
    )


HARMLESS = ["^[A-Za-z]+", "^(foo|bar)+$", r".+@.+\.com$", r"^[^@]+@[^@]+$", "[", "a|b"]
HARMFUL = [
    "^(a+)+$",
    "(a|a)*b",
    "(?i)(ka|Ka)+x",
    "(x+x+)+y",
    r"(\w+\s?)*$",
    "(a{1,16}){1,16}",
    "a?" * 30 + "a" * 30,
    ".*.*.*.*=",
    "(?m)^.*a.*b.*c$",
    "(?:a|b|ab)+",
]


@pytest.mark.parametrize("pattern", HARMLESS)
def test_an_ordinary_expression_is_let_through(pattern: str) -> None:
    """Also one that is no expression at all: it never matches."""
    assert regex_problem([pattern]) is None


@pytest.mark.parametrize("pattern", HARMFUL)
def test_an_expression_that_could_hang_a_backend_is_found(pattern: str) -> None:
    """Nested repeats, ambiguous alternatives, long chains."""
    assert regex_problem([pattern]) is not None


def test_what_is_let_through_is_quick(connect: Connect) -> None:
    """The heaviest that is let through, on the longest text: far below a timeout."""
    connection = connect()
    heavy = rule(0, clause("a", "matches", ".*a.*b"))
    mirror(connection, flag("f", rules=[heavy]))
    connection.execute("set statement_timeout = '2s'")
    context = {"kind": "user", "key": "u", "a": "a" * 256}
    assert evaluate(connection, "f", context)["reason"] == "FALLTHROUGH"


def test_a_refused_item_is_malformed_and_so_is_what_needs_it(connect: Connect) -> None:
    """Also where its absence would have matched; the other flags go on."""
    connection = connect()
    in_segment = clause("", "segmentMatch", "bad", negate=True)
    answer = mirror(
        connection,
        flag("good"),
        flag("bad", rules=[rule(0, clause("name", "matches", "^(a+)+$"))]),
        flag("other", rules=[rule(0, in_segment)]),
        flag("dependent", prerequisites=[{"key": "bad", "variation": 0}]),
        flag("shapeless", variations="none"),
        segments=(
            {
                "key": "bad",
                "version": 1,
                "rules": [{"clauses": [clause("name", "matches", "(a|a)*b")]}],
            },
        ),
    )
    refused = [(item["kind"], item["key"]) for item in answer["refused"]]
    assert refused == [
        ("features", "bad"),
        ("features", "shapeless"),
        ("segments", "bad"),
    ]
    assert "could run for too long" in answer["refused"][0]["problem"]
    for key in ("bad", "other", "dependent", "shapeless"):
        assert evaluate(connection, key)["reason"] == "MALFORMED_FLAG", key
    assert evaluate(connection, "good")["reason"] == "FALLTHROUGH"
    assert upsert(connection, flag("bad", version=2))["problem"] is None
    assert evaluate(connection, "dependent")["value"] is True


def test_an_item_under_another_key_is_refused() -> None:
    """Its key decides the bucket of a rollout."""
    assert "its key" in (find_problem("features", "a", '{"key":"b","version":1}') or "")
    assert find_problem("segments", "b", '{"key":"b","version":1}') is None
    assert find_problem("features", "b", "[]") is not None


# What LaunchDarkly's evaluator passes over in silence: each stands for a way in which
# an answer can be a guess. The flag is "f", its prerequisite "p", its segment "s".
GUESSES: dict[str, tuple[dict[str, object], dict[str, object], dict[str, object]]] = {
    'flag f: its prerequisite "q" is missing': (
        {"prerequisites": [{"key": "q", "variation": 0}]},
        {},
        {},
    ),
    "flag f: there is no variation 7": (
        {"prerequisites": [{"key": "p", "variation": 7}]},
        {},
        {},
    ),
    "flag p: there is no variation 9": ({}, {"fallthrough": {"variation": 9}}, {}),
    'flag p: its prerequisite "q" is missing': (
        {},
        {"prerequisites": [{"key": "q", "variation": 0}]},
        {},
    ),
    "flag p: it serves no variation": ({}, {"fallthrough": {}}, {}),
    "flag p: the weights of a rollout do not add up": (
        {},
        {"fallthrough": {"rollout": {"variations": [{"variation": 0, "weight": 9}]}}},
        {},
    ),
    "flag p: there is no variation True": (
        {},
        {"fallthrough": {"variation": True}},
        {},
    ),
    'segment s: the operator "near" is unknown': (
        {},
        {},
        {"rules": [{"clauses": [clause("key", "near", "u", negate=True)]}]},
    ),
    'segment s: a value cannot be compared by "matches"': (
        {},
        {},
        {"rules": [{"clauses": [clause("key", "matches", "(", negate=True)]}]},
    ),
    "segment s: a weight is not a percentage": (
        {},
        {},
        {"rules": [{"clauses": [], "weight": 100_001}]},
    ),
    "segment t: it is missing": (
        {"rules": [rule(0, clause("", "segmentMatch", "t", negate=True))]},
        {},
        {},
    ),
}


@pytest.mark.parametrize("doubt", GUESSES)
def test_an_answer_that_is_a_guess_says_why(connect: Connect, doubt: str) -> None:
    """The SDK's answer stays as it is; beside it stands what is wrong."""
    connection = connect()
    of_flag, of_prerequisite, of_segment = GUESSES[doubt]
    in_segment = rule(1, clause("", "segmentMatch", "s"))

    def put(*parts: dict[str, object]) -> None:
        mirror(
            connection,
            flag(
                "f",
                **{  # type: ignore[arg-type]
                    "prerequisites": [{"key": "p", "variation": 0}],
                    "rules": [in_segment],
                    **parts[0],
                },
            ),
            flag("p", **parts[1]),  # type: ignore[arg-type]
            segments=({"key": "s", "version": 1, **parts[2]},),
        )

    put({}, {}, {})
    assert evaluate(connection, "f")["doubt"] is None
    put(of_flag, of_prerequisite, of_segment)
    answer = evaluate(connection, "f")
    assert answer["doubt"] == doubt
    assert answer["reason"] != "MALFORMED_FLAG"


def test_a_flag_that_is_off_needs_nothing_but_its_off_variation(
    connect: Connect,
) -> None:
    """And a prerequisite that really is off is an answer, not a guess."""
    connection = connect()
    missing = [{"key": "q", "variation": 0}]
    mirror(connection, flag("f", on=False, prerequisites=missing))
    assert evaluate(connection, "f")["doubt"] is None
    mirror(connection, flag("f", prerequisites=missing), flag("q", on=False))
    answer = evaluate(connection, "f")
    assert (answer["reason"], answer["doubt"]) == ("PREREQUISITE_FAILED", None)
