"""The command: ``python -m tests.contract``, or `make contract`."""

from __future__ import annotations

from sidecar import interrupts

if __name__ == "__main__":
    # Before the imports below, which take a second.
    interrupts.end_at_once()

import logging
from typing import Annotated

import typer

from sidecar import config, endings, reporting
from sidecar.config import SkylatchSettings
from sidecar.setting_types import OptionalSecret, revealed
from tests.contract.providers import PROVIDERS, Provider, compare

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class ContractSettings(SkylatchSettings):
    """The keys of test modes; one that is not there is not asked."""

    duffel_token: OptionalSecret = None
    stripe_key: OptionalSecret = None
    launchdarkly_sdk_key: OptionalSecret = None


@app.command()
def main(
    left_out: Annotated[
        bool, typer.Option(help="List also the fields that only the real ones have.")
    ] = False,
) -> None:
    """Compare the doubles with Duffel's, Stripe's and LaunchDarkly's test modes.

    Exit code 0: those that were asked are as their doubles. 1: at least one differs.
    2: there is no key, and nobody was asked.
    """
    # What the SDK says of the key that is none.
    logging.getLogger("ldclient").setLevel(logging.CRITICAL)
    settings = config.load(ContractSettings)
    keys = {one.name: revealed(getattr(settings, one.setting)) for one in PROVIDERS}
    for provider in PROVIDERS:
        # Before the first request of any of them.
        if key := keys[provider.name]:
            provider.check(key)
    same = [
        _ran(provider, key, list_left_out=left_out)
        for provider in PROVIDERS
        if (key := keys[provider.name])
    ]
    for provider in PROVIDERS:
        if not keys[provider.name]:
            typer.echo(
                f"- {provider.name} was not asked: SKYLATCH_{provider.setting.upper()}"
                f" is not set. A key: {provider.how}"
            )
    if not same:
        typer.echo("Then: SKYLATCH_DUFFEL_TOKEN=duffel_test_… make contract")
        raise typer.Exit(2)
    raise typer.Exit(0 if all(same) else 1)


def _ran(provider: Provider, key: str, *, list_left_out: bool) -> bool:
    """Compare one, and print what came of it; tell whether the double is true."""
    found = compare(provider, key)
    mark = "✗" if found.differences else "✓"
    count = len(found.differences)
    many = {0: "no difference", 1: "1 difference"}.get(count, f"{count} differences")
    typer.echo(f"{mark} {provider.name}: {found.steps} steps, {many}")
    for line in found.differences:
        typer.echo(f"  {line}")
    if list_left_out:
        for line in found.left_out:
            typer.echo(f"  only {provider.name} has {line}")
    return not found.differences


if __name__ == "__main__":
    endings.run(
        lambda: app(prog_name="python -m tests.contract", standalone_mode=False),
        reporting.report,
    )
