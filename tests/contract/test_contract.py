"""`make contract`: doubles that agree, one that was made to differ, and whose keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typer.testing import CliRunner

from sidecar.errors import ConfigError, SetupError
from tests.contract import __main__ as command
from tests.contract.providers import PROVIDERS, Provider, compare, doubled
from tests.contract.seen import Seen, differences, shape_of
from tests.raw_server import closed_port
from tests.sandbox.control import Fault
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

DUFFEL, STRIPE, LAUNCHDARKLY = PROVIDERS
each = pytest.mark.parametrize("provider", PROVIDERS, ids=[p.name for p in PROVIDERS])


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use nobody's own keys."""
    for provider in PROVIDERS:
        monkeypatch.delenv(f"SKYLATCH_{provider.setting.upper()}", raising=False)
    monkeypatch.delenv("SKYLATCH_SECRETS_DIR", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@each
def test_a_double_does_not_differ_from_itself(provider: Provider) -> None:
    """Whatever differs from run to run is not compared: ids, times, offers."""
    with doubled(provider) as url:
        found = compare(provider, provider.double_key, url)
    assert (found.differences, found.left_out) == ([], [])
    assert found.steps >= 3


def test_a_double_that_answers_another_way_is_told_apart() -> None:
    """By the status and the codes of one step, and by nothing else."""
    real = PaymentsSandbox()
    refused = {"error": {"type": "api_error", "code": "lock_timeout", "message": "x"}}
    real.faults.arm(
        Fault(match="GET /v1/refunds/*", kind="status", status=429, body=refused)
    )
    with running_in_thread(real.app) as url:
        found = compare(STRIPE, "sk_test_contract", url)
    assert found.differences == [
        "the refund: HTTP status: the double says '200', Stripe '429'",
        "the refund: error: the double says '', Stripe 'api_error/lock_timeout'",
    ]


class _Renaming:
    """Answers as an application does, with some words exchanged for as long ones."""

    def __init__(self, app: ASGIApp, words: dict[bytes, bytes]) -> None:
        self._app = app
        self._words = words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def renamed(message: Message) -> None:
            body = message.get("body", b"")
            for word, other in self._words.items():
                assert len(word) == len(other)
                body = body.replace(word, other)
            await send({**message, "body": body} if body else message)

        await self._app(scope, receive, renamed)


def test_a_field_of_another_name_or_kind_is_told_apart() -> None:
    """Where it is, and which of the two has it."""
    app = _Renaming(
        FlightsSandbox().app,
        {b'"refund_to":"balance"': b'"refund_ta":"balance"'},
    )
    with running_in_thread(app) as url:
        found = compare(DUFFEL, "duffel_test_contract", url)
    steps = ("a quote to cancel", "a cancellation")
    assert [line for line in found.differences if "only the double" in line] == [
        f"{step}: data.refund_to: only the double has it" for step in steps
    ]
    assert found.left_out == [f"{step}: data.refund_ta" for step in steps]


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ({"a": 1}, {"a": "1"}, ["s: a: number in the double, string from X"]),
        ({"a": 1}, {"a": None}, []),
        ({"a": {"b": 1}}, {"a": None}, []),
        ({"a": {"b": 1}}, {"a": {}}, ["s: a.b: only the double has it"]),
        ({"a": [{"b": 1}]}, {"a": []}, []),
        ({"a": [{"b": 1}, {}]}, {"a": [{}]}, ["s: a[].b: only the double has it"]),
        ({"metadata": {"a": 1}}, {"metadata": {"b": 2}}, []),
        ({}, {"a": 1}, []),
    ],
)
def test_what_could_have_been_there_and_is_not_is_a_difference(
    ours: Any, theirs: Any, said: list[str]
) -> None:
    """A null or an empty list says nothing of what would be in it."""
    pair = ([Seen("s", "200", shape=shape_of(one))] for one in (ours, theirs))
    double, real = pair
    assert differences(double, real, "X")[0] == said


def test_a_step_that_only_one_of_them_came_to_is_a_difference() -> None:
    """Nothing is passed over because the run ended early."""
    found, _ = differences([Seen("a", "200")], [Seen("b", "200")], "X")
    assert found == ["a: only the double came so far", "b: only X came so far"]


@pytest.mark.parametrize(
    ("provider", "key", "said"),
    [
        (DUFFEL, "duffel_live_x", "a live token of Duffel"),
        (STRIPE, "sk_live_x", "a live key of Stripe"),
        (STRIPE, "rk_live_x", "a live key of Stripe"),
        (STRIPE, "pk_test_x", "a publishable key"),
        (DUFFEL, "sk_test_x", "a key of Stripe's test mode"),
        (LAUNCHDARKLY, "mob-x", "a mobile key"),
    ],
)
def test_any_key_but_a_test_modes_is_refused_before_anything_is_sent(
    provider: Provider, key: str, said: str
) -> None:
    """No money can move."""
    with pytest.raises(ConfigError, match=said) as refused:
        compare(provider, key, f"http://127.0.0.1:{closed_port()}")
    assert "nothing was sent" in str(refused.value)
    assert key not in str(refused.value)


@each
def test_a_provider_that_does_not_answer_is_one_line(provider: Provider) -> None:
    """And is not asked thirty times."""
    with pytest.raises(SetupError, match=f"{provider.name} does not answer at"):
        compare(provider, provider.double_key, f"http://127.0.0.1:{closed_port()}")


def test_without_a_key_it_says_how_to_come_by_one() -> None:
    """Exit code 2: nobody was asked."""
    done = CliRunner().invoke(command.app)
    assert done.exit_code == 2
    lines = done.output.splitlines()
    assert [line.split(" ", 2)[1] for line in lines[:3]] == [p.name for p in PROVIDERS]
    assert all("A key: " in line for line in lines[:3])
    assert lines[3] == "Then: SKYLATCH_DUFFEL_TOKEN=duffel_test_… make contract"


@pytest.mark.parametrize(
    ("words", "code", "lines"),
    [
        ({}, 0, ["✓ LaunchDarkly: 3 steps, no difference"]),
        (
            {b'"salt"': b'"pepr"'},
            1,
            [
                "✗ LaunchDarkly: 3 steps, 1 difference",
                "  all flags: flags.*.salt: only the double has it",
            ],
        ),
    ],
)
def test_the_exit_code_says_whether_anything_differs(
    monkeypatch: pytest.MonkeyPatch,
    words: dict[bytes, bytes],
    code: int,
    lines: list[str],
) -> None:
    """With one key, of the others it says how to come by them."""
    monkeypatch.setenv("SKYLATCH_LAUNCHDARKLY_SDK_KEY", "sdk-contract")
    with running_in_thread(_Renaming(LAUNCHDARKLY.double(), words)) as url:
        there = replace(LAUNCHDARKLY, url=url)
        monkeypatch.setattr(command, "PROVIDERS", (DUFFEL, STRIPE, there))
        done = CliRunner().invoke(command.app)
    said = done.output.splitlines()
    assert (done.exit_code, said[: len(lines)]) == (code, lines)
    assert [line.split(" ", 2)[1] for line in said[len(lines) :]] == [
        "Duffel",
        "Stripe",
    ]
