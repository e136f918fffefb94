"""Who is compared with whom, with which key, and how to come by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import get_args

from starlette.types import ASGIApp

from sidecar.errors import ConfigError, SetupError
from sidecar.key_kinds import it_is
from sidecar.providers import Transport
from tests.contract import duffel_steps, launchdarkly_steps, stripe_steps
from tests.contract.seen import Seen, Stuck, differences
from tests.sandbox.flags import FlagsSandbox
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.server import running_in_thread

Steps = Callable[[str, str], Iterator[Seen]]


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: its test mode, its double, and the steps for both."""

    name: str
    url: str
    # The name of its key without SKYLATCH_, and how a key of the test mode begins.
    setting: str
    begins: tuple[str, ...]
    steps: Steps
    double: Callable[[], ASGIApp]
    # A key that the double takes.
    double_key: str
    how: str

    def check(self, key: str) -> None:
        """Refuse a key that is not of the test mode; raises ConfigError."""
        if not key.startswith(self.begins):
            wanted = ", ".join(self.begins)
            raise ConfigError(
                f"SKYLATCH_{self.setting.upper()} is not a key of {self.name}'s test"
                f" mode ({wanted}){it_is(key)}: nothing was sent"
            )


PROVIDERS = (
    Provider(
        "Duffel",
        "https://api.duffel.com",
        "duffel_token",
        ("duffel_test_",),
        duffel_steps.steps,
        lambda: FlightsSandbox().app,
        "duffel_test_contract",
        "app.duffel.com, Developer test mode, More, Developers, Access tokens: a test"
        " token with read and write access",
    ),
    Provider(
        "Stripe",
        "https://api.stripe.com",
        "stripe_key",
        ("sk_test_", "rk_test_"),
        stripe_steps.steps,
        lambda: PaymentsSandbox().app,
        "sk_test_contract",
        "dashboard.stripe.com, a sandbox or test mode, Developers, API keys: the secret"
        " key",
    ),
    Provider(
        "LaunchDarkly",
        launchdarkly_steps.REAL,
        "launchdarkly_sdk_key",
        ("sdk-",),
        launchdarkly_steps.steps,
        lambda: FlagsSandbox(sdk_key="sdk-contract").app,
        "sdk-contract",
        "app.launchdarkly.com, a project's Test environment, its SDK key: nothing is"
        " written there",
    ),
)


@contextmanager
def doubled(provider: Provider) -> Iterator[str]:
    """Serve a provider's double for the block; yield its address."""
    with running_in_thread(provider.double()) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one provider's steps."""

    steps: int
    differences: list[str]
    # Fields that only the real one has.
    left_out: list[str]


def compare(provider: Provider, key: str, url: str | None = None) -> Compared:
    """Make the steps with the double and with the test mode (or `url`), and compare.

    Raises ConfigError for a key of anything else, before anything is sent.
    """
    provider.check(key)
    with doubled(provider) as address:
        ours, stuck_here = _all(provider.steps(address, provider.double_key))
    where = url or provider.url
    theirs, stuck_there = _all(provider.steps(where, key))
    if theirs and theirs[0].status in get_args(Transport):
        raise SetupError(
            f"{provider.name} does not answer at {where}: check the network"
        )
    found, left_out = differences(ours, theirs, provider.name)
    for who, stuck in (("the double", stuck_here), (provider.name, stuck_there)):
        if stuck:
            found.append(f"{who} could not go on: {stuck}")
    return Compared(len(ours), found, left_out)


def _all(steps: Iterator[Seen]) -> tuple[list[Seen], str]:
    """Return what was seen, and why it ended too early, if it did."""
    seen: list[Seen] = []
    try:
        for one in steps:
            seen.append(one)
            if one.status in get_args(Transport):
                # Nor will the next one be answered.
                return seen, f"{one.step}: {one.status}"
    except Stuck as error:
        return seen, str(error)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # An answer that is formed otherwise than anybody expected.
        last = seen[-1].step if seen else "the beginning"
        return seen, f"after {last}: {type(error).__name__} {error}"
    return seen, ""
