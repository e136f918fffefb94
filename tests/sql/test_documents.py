"""sql/errors.md and sql/README.md say what the code does."""

from __future__ import annotations

import re

from sidecar.errors import SQLSTATES
from sidecar.local.diagram import draw_saga, find_saga
from tests.conftest import Connect
from tests.sql.sources import SQL, code_files

README = (SQL / "README.md").read_text()


def errors_raised() -> dict[str, list[str]]:
    """Return the files that raise each code."""
    raised: dict[str, list[str]] = {}
    for path in code_files():
        for code in set(re.findall(r"errcode = '(SK\d{3})'", path.read_text())):
            raised.setdefault(code, []).append(f"{path.parent.name}/{path.stem}")
    return raised


def errors_documented() -> dict[str, tuple[list[str], str, int]]:
    """Return the rows of errors.md: code -> places, Python exception, HTTP status."""
    rows = re.findall(
        r"^\| (SK\d{3}) \| [^|]+ \| ([^|]+) \| (\w+) \| (\d{3}) \|$",
        (SQL / "errors.md").read_text(),
        re.MULTILINE,
    )
    documented = {
        code: (re.findall(r"`([^`]+)`", places), exception, int(status))
        for code, places, exception, status in rows
    }
    assert len(documented) == len(rows)
    return documented


def test_every_error_has_one_line_that_names_where_it_is_raised() -> None:
    """No code without a line, no line without a code."""
    documented = {code: places for code, (places, *_) in errors_documented().items()}
    assert documented == {code: sorted(at) for code, at in errors_raised().items()}


def test_every_error_has_the_exception_and_http_status_of_its_line() -> None:
    """The sidecar translates exactly the registered codes."""
    documented = {code: tuple(rest) for code, (_, *rest) in errors_documented().items()}
    assert documented == {
        code: (kind.__name__, kind.http_status) for code, kind in SQLSTATES.items()
    }


def test_codes_are_raised_in_no_other_way() -> None:
    """Every mention of a code in a body is a raise, a catch of it, or prose."""
    for path in code_files():
        body = re.sub(r"--.*", "", path.read_text())
        for line in body.splitlines():
            if re.search(r"errcode\s*=", line):
                assert re.search(r"errcode = 'SK\d{3}',$", line), (path, line)


def test_the_saga_in_the_readme_is_the_saga_in_the_rows(connect: Connect) -> None:
    """Drawn from engine.saga_transitions by `make diagram`."""
    assert find_saga(README) == draw_saga(connect())


def test_every_state_of_the_saga_is_explained_in_the_readme(connect: Connect) -> None:
    """With the words that the traveller's status uses."""
    for state, meaning in connect().execute(
        "select state, meaning from engine.saga_states"
    ):
        assert f"| `{state}` | {meaning} |" in README


def test_no_answer_of_a_provider_falls_off_the_saga(connect: Connect) -> None:
    """Whatever the rules may say in a state has a transition out of it."""
    missing = connect().execute(
        """
        with asked (state, operation) as (
          values ('REPRICING', 'get_offer')
          union
          select t.next_state, t.next_operation from engine.saga_transitions as t
          where t.next_operation is not null
        ),
        said (operation, verdict) as (
          select r.operation, case r.verdict when 'RETRY' then 'EXHAUSTED'
            else r.verdict end
          from engine.outcome_rules as r
          union
          select o.operation, 'STOP' from engine.operations as o where o.marks_sent
        )
        select distinct a.state, a.operation, s.verdict
        from asked as a
        inner join said as s using (operation)
        where not exists (
          select from engine.saga_transitions as t
          where t.state = a.state and t.verdict = s.verdict
        )
        """
    )
    assert missing.fetchall() == []


def test_every_operation_has_a_rule_for_an_answer_nobody_foresaw(
    connect: Connect,
) -> None:
    """Without the ('*', '*') row an answer would be an error."""
    missing = connect().execute(
        """
        select o.operation from engine.operations as o
        where not exists (
          select from engine.outcome_rules as r
          where r.operation = o.operation
            and r.http_status = '*' and r.error_code = '*'
        )
        """
    )
    assert missing.fetchall() == []


def test_the_readme_lists_every_index_that_sharding_would_break(
    connect: Connect,
) -> None:
    """Unique indexes of tables with a user_id that do not contain it."""
    found = connect().execute(
        """
        select ic.relname
        from pg_index as i
        inner join pg_class as c on c.oid = i.indrelid
        inner join pg_class as ic on ic.oid = i.indexrelid
        inner join pg_attribute as a
          on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
        where i.indisunique
          -- A part has its table's.
          and not c.relispartition
          and c.relnamespace in ('engine'::regnamespace, 'public'::regnamespace)
          and a.attnum <> all (i.indkey::smallint[])
        """
    )
    section = README.partition("## Sharding")[2]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(name for (name,) in found)


def test_every_file_the_readme_names_exists() -> None:
    """A path in backquotes is a file or a folder of sql/."""
    named = re.findall(r"`([a-z_./0-9]+(?:\.sql|\.md|/))`", README)
    assert len(named) > 20
    assert [name for name in named if not (SQL / name).exists()] == []


def test_every_schedule_is_in_the_readme(connect: Connect) -> None:
    """engine.jobs and the table of what runs when."""
    jobs = connect().execute("select job, schedule from engine.jobs").fetchall()
    assert len(jobs) >= 5
    for job, schedule in jobs:
        assert f"| `{job}` | `{schedule}` |" in README
