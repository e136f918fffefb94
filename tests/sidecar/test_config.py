"""Settings: every one that is missing is named, and no secret is ever repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidecar.config import (
    NOT_SET,
    DatabaseSettings,
    OperatorSettings,
    ServeSettings,
    WorkSettings,
    load,
)
from sidecar.errors import ConfigError

SECRETS = {
    "SKYLATCH_DATABASE_URL": "postgresql://sidecar:pass-word@db/skylatch",
    "SKYLATCH_DUFFEL_TOKEN": "duffel_test_abcdef",
    "SKYLATCH_STRIPE_KEY": "sk_test_abcdef",
}
WORK = {**SECRETS, "SKYLATCH_FLAGS_FILE": "/etc/skylatch/flags.json"}
LIVE = {
    **WORK,
    "SKYLATCH_LIVE_MODE": "true",
    "SKYLATCH_DUFFEL_TOKEN": "duffel_live_abcdef",
    "SKYLATCH_STRIPE_KEY": "rk_live_abcdef",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine has set."""
    for name in os.environ:
        if name.upper().startswith("SKYLATCH_"):
            monkeypatch.delenv(name)


def work_with(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> WorkSettings:
    """Load a worker's settings from this environment."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return load(WorkSettings)


def refusal(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> list[str]:
    """Return the lines of the refusal of these settings."""
    with pytest.raises(ConfigError) as raised:
        work_with(monkeypatch, settings)
    error = raised.value
    # A traceback would show the values that the lines do not.
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    return str(raised.value).splitlines()


def test_every_missing_setting_is_named_on_a_line_of_its_own() -> None:
    """One look is enough to see all that has to be set."""
    with pytest.raises(ConfigError) as raised:
        load(WorkSettings)
    lines = str(raised.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "SKYLATCH_DATABASE_URL",
        "SKYLATCH_DUFFEL_TOKEN",
        "SKYLATCH_STRIPE_KEY",
    ]
    assert all(line.endswith(NOT_SET) for line in lines)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"SKYLATCH_FLAGS_FILE": ""}, "neither is"),
        ({"SKYLATCH_LAUNCHDARKLY_SDK_KEY": "sdk-0123456789"}, "both are"),
    ],
    ids=["no source", "two sources"],
)
def test_flags_have_exactly_one_source(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], found: str
) -> None:
    """Neither none, nor two that could differ."""
    assert refusal(monkeypatch, {**WORK, **wrong}) == [
        f"set one of SKYLATCH_LAUNCHDARKLY_SDK_KEY and SKYLATCH_FLAGS_FILE: {found} set"
    ]


@pytest.mark.parametrize("name", SECRETS)
def test_one_missing_setting_is_the_only_line(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What is there is not complained about; empty counts as missing."""
    assert refusal(monkeypatch, {**WORK, name: ""}) == [f"{name}: {NOT_SET}"]


def test_no_secret_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with all secrets and no more is complete."""
    settings = work_with(monkeypatch, WORK)
    assert settings.redis_url is None
    assert not settings.live_mode


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SKYLATCH_WORKERS", "sk_test_secret1"),
        ("SKYLATCH_LIVE_MODE", "sk_test_secret1"),
        ("SKYLATCH_POLL_SECONDS", "-1"),
        ("SKYLATCH_WORKERS", "1"),
        ("SKYLATCH_SEARCHES_PER_MINUTE", "0"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It may be a secret that was set in the wrong place."""
    (line,) = refusal(monkeypatch, {**WORK, name: value})
    assert line.startswith(f"{name}: ")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("base", "name", "value"),
    [
        (WORK, "SKYLATCH_DUFFEL_TOKEN", "duffel_live_secret"),
        (WORK, "SKYLATCH_STRIPE_KEY", "sk_live_secret"),
        (WORK, "SKYLATCH_STRIPE_KEY", "rk_live_secret"),
        (LIVE, "SKYLATCH_DUFFEL_TOKEN", "duffel_test_secret"),
        (LIVE, "SKYLATCH_STRIPE_KEY", "sk_test_secret"),
        (LIVE, "SKYLATCH_STRIPE_KEY", "pk_live_secret"),
    ],
)
def test_a_key_of_the_other_mode_is_refused(
    monkeypatch: pytest.MonkeyPatch, base: dict[str, str], name: str, value: str
) -> None:
    """A mix-up is a real charge, or a customer who pays nothing."""
    (line,) = refusal(monkeypatch, {**base, name: value})
    assert line.startswith(f"{name} is not a")
    assert "SKYLATCH_LIVE_MODE is " in line
    assert "secret" not in line


def test_two_keys_of_the_other_mode_are_both_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever forgot the mode learns that it is the mode."""
    lines = refusal(monkeypatch, {**LIVE, "SKYLATCH_LIVE_MODE": "false"})
    assert [line.partition(" is not a ")[0] for line in lines] == [
        "SKYLATCH_DUFFEL_TOKEN",
        "SKYLATCH_STRIPE_KEY",
    ]
    assert all(line.endswith(", and SKYLATCH_LIVE_MODE is false") for line in lines)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (WorkSettings, "SKYLATCH_DATABASE_URL"),
        (WorkSettings, "SKYLATCH_LISTEN_URL"),
        (ServeSettings, "SKYLATCH_DATABASE_URL"),
        (OperatorSettings, "SKYLATCH_OPERATOR_URL"),
    ],
)
@pytest.mark.parametrize(
    "address",
    [
        "canary",
        "mysql://sidecar:canary@db/skylatch",
        "postgresql://sidecar:canary@[db/skylatch",
        "host=db password",
        "host=db pasword=canary",
        "postgresql://db/skylatch?pasword=canary",
    ],
)
def test_an_address_that_libpq_does_not_read_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[WorkSettings | ServeSettings | OperatorSettings],
    name: str,
    address: str,
) -> None:
    """A pool would log libpq's message again and again, password included."""
    for setting, value in {
        **WORK,
        "SKYLATCH_HTTP_TOKEN": "long-enough-token",
        name: address,
    }.items():
        monkeypatch.setenv(setting, value)
    with pytest.raises(ConfigError) as raised:
        load(kind)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{name}: is no connection string: needs postgresql://")
    assert "canary" not in line


@pytest.mark.parametrize("name", ["SKYLATCH_DUFFEL_URL", "SKYLATCH_STRIPE_URL"])
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:9001", "sandbox"),
        ("https://localhost:9001", "sandbox"),
        ("http://[::1]:9001", "sandbox"),
        ("http://api.example.com", "https only"),
    ],
)
def test_live_mode_talks_to_the_providers_alone_and_encrypted(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, reason: str
) -> None:
    """A live key is not for a sandbox, nor for a wire anyone can read."""
    (line,) = refusal(monkeypatch, {**LIVE, name: url})
    assert line.startswith("SKYLATCH_LIVE_MODE ")
    assert reason in line


def test_live_mode_with_live_keys_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses are the providers' own by default."""
    settings = work_with(monkeypatch, LIVE)
    assert settings.live_mode
    assert settings.duffel_url == "https://api.duffel.com"
    assert settings.stripe_url == "https://api.stripe.com"


@pytest.mark.parametrize("searches", ["8", "9"])
def test_searches_leave_a_worker_for_bookings(
    monkeypatch: pytest.MonkeyPatch, searches: str
) -> None:
    """A slow search never keeps an authorized card waiting."""
    settings = {
        **WORK,
        "SKYLATCH_WORKERS": "8",
        "SKYLATCH_SEARCH_WORKERS": searches,
    }
    (line,) = refusal(monkeypatch, settings)
    assert line == "SKYLATCH_SEARCH_WORKERS must leave a worker for bookings"
    settings["SKYLATCH_SEARCH_WORKERS"] = "7"
    assert work_with(monkeypatch, settings).search_workers == 7


def test_secrets_are_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings may end in a log line or a traceback."""
    settings = work_with(
        monkeypatch, {**WORK, "SKYLATCH_REDIS_URL": "redis://:pass-word@r"}
    )
    shown = repr(settings) + str(settings) + settings.model_dump_json()
    for secret in ("abcdef", "pass-word"):
        assert secret not in shown


def test_secrets_may_come_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One file a secret, named like the setting, a last newline ignored."""
    for name, value in SECRETS.items():
        (tmp_path / name.lower()).write_text(value + "\n")
    settings = work_with(
        monkeypatch,
        {
            "SKYLATCH_SECRETS_DIR": str(tmp_path),
            "SKYLATCH_FLAGS_FILE": "/etc/skylatch/flags.json",
        },
    )
    assert settings.duffel_token.get_secret_value() == "duffel_test_abcdef"
    assert settings.stripe_key.get_secret_value() == "sk_test_abcdef"
    assert settings.database_url.get_secret_value().startswith("postgresql://")


@pytest.mark.parametrize("exists", [False, True])
def test_a_secrets_directory_that_is_none_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, exists: bool
) -> None:
    """A wrong path is not answered with secrets that are missing."""
    path = tmp_path / "secrets"
    if exists:
        path.write_text("a file")
    (line,) = refusal(monkeypatch, {"SKYLATCH_SECRETS_DIR": str(path)})
    assert line.startswith("SKYLATCH_SECRETS_DIR: ")


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost"])
def test_a_redis_address_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """It is a setting's fault, not a Redis that is away."""
    (line,) = refusal(monkeypatch, {**WORK, "SKYLATCH_REDIS_URL": url})
    assert line.startswith("SKYLATCH_REDIS_URL: ")
    assert "localhost" not in line


def test_the_endpoint_needs_a_token_that_is_not_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixteen characters at least, and it listens on this machine only."""
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", "postgresql://db/skylatch")
    monkeypatch.setenv("SKYLATCH_HTTP_TOKEN", "short-secret")
    with pytest.raises(ConfigError) as raised:
        load(ServeSettings)
    assert str(raised.value).startswith("SKYLATCH_HTTP_TOKEN: ")
    assert "short-secret" not in str(raised.value)
    monkeypatch.setenv("SKYLATCH_HTTP_TOKEN", "long-enough-secret")
    assert load(ServeSettings).http_host == "127.0.0.1"


def test_a_database_is_all_that_a_bare_connection_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each command asks for its own settings only."""
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", "postgresql://db/skylatch")
    assert load(DatabaseSettings).redis_url is None


@pytest.mark.parametrize("name", ["STRIPE", "DUFFEL"])
def test_callback_secrets_are_a_list_and_none_is_guessed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Two while one is rotated; from a file too; none means that all is refused."""
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", "postgresql://db/skylatch")
    monkeypatch.setenv("SKYLATCH_HTTP_TOKEN", "long-enough-secret")
    field = f"{name.lower()}_webhook_secrets"
    assert getattr(load(ServeSettings), field) == ()
    both = "whsec_the-first-one , c2VjcmV0LWZvci10ZXN0cw=="
    expected = ["whsec_the-first-one", "c2VjcmV0LWZvci10ZXN0cw=="]

    def secrets() -> list[str]:
        found = getattr(load(ServeSettings), field)
        return [secret.get_secret_value() for secret in found]

    monkeypatch.setenv(f"SKYLATCH_{name}_WEBHOOK_SECRETS", both)
    assert secrets() == expected
    assert "whsec_the" not in repr(load(ServeSettings))
    for wrong in ("short", "whsec_the-first-one,", "                 "):
        monkeypatch.setenv(f"SKYLATCH_{name}_WEBHOOK_SECRETS", wrong)
        with pytest.raises(ConfigError) as raised:
            load(ServeSettings)
        assert str(raised.value).startswith(f"SKYLATCH_{name}_WEBHOOK_SECRETS: ")
    monkeypatch.delenv(f"SKYLATCH_{name}_WEBHOOK_SECRETS")
    (tmp_path / f"skylatch_{field}").write_text(both + "\n")
    monkeypatch.setenv("SKYLATCH_SECRETS_DIR", str(tmp_path))
    assert secrets() == expected


UNWANTED = {
    "double quotes": '"{}"',
    "single quotes": "'{}'",
    "an opening quote": '"{}',
    "a closing quote": "{}'",
    "a byte order mark": "\ufeff{}",
    "a blank before": " {}",
    "a blank after": "{} ",
    "a line break after": "{}\n",
    "a carriage return": "{}\r",
    "a tab": "{}\t",
    "a zero width space": "{}\u200b",
    "a no-break space": "\u00a0{}",
}


@pytest.mark.parametrize("kind", UNWANTED)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SKYLATCH_DATABASE_URL", "postgresql://sidecar:canary@db/skylatch"),
        ("SKYLATCH_DATABASE_URL", "host=db user=sidecar password=canary"),
        ("SKYLATCH_REDIS_URL", "redis://:canary@redis/0"),
        ("SKYLATCH_DUFFEL_TOKEN", "duffel_test_canary"),
        ("SKYLATCH_STRIPE_KEY", "sk_test_canary"),
        ("SKYLATCH_LAUNCHDARKLY_SDK_KEY", "sdk-canary"),
    ],
)
def test_a_secret_with_something_around_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kind: str
) -> None:
    """By name, at the start, and not by the first booking's 401; never repeated."""
    written = UNWANTED[kind].format(value)
    if kind in {"an opening quote", "a closing quote"} and "host=" in value:
        written = UNWANTED["double quotes"].format(value)
    line = refusal(monkeypatch, {**WORK, name: written})[0]
    assert line.startswith(f"{name}: ")
    assert "canary" not in line


@pytest.mark.parametrize("inside", [" ", "\n", "\t", '"', "'", "\ufeff", "\u00e9"])
@pytest.mark.parametrize("name", ["SKYLATCH_DUFFEL_TOKEN", "SKYLATCH_STRIPE_KEY"])
def test_a_secret_with_something_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, inside: str
) -> None:
    """As a line that was wrapped, or two secrets in one."""
    value = SECRETS[name] + inside + "canary"
    (line,) = refusal(monkeypatch, {**WORK, name: value})
    assert line.startswith(f"{name}: ")
    assert "canary" not in line


@pytest.mark.parametrize("kind", UNWANTED)
@pytest.mark.parametrize(
    "name",
    [
        "SKYLATCH_HTTP_TOKEN",
        "SKYLATCH_STRIPE_WEBHOOK_SECRETS",
        "SKYLATCH_DUFFEL_WEBHOOK_SECRETS",
    ],
)
def test_a_secret_of_the_endpoint_with_something_around_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    """Between the commas of a list blanks are no part of a secret."""
    monkeypatch.setenv("SKYLATCH_DATABASE_URL", "postgresql://db/skylatch")
    monkeypatch.setenv("SKYLATCH_HTTP_TOKEN", "long-enough-secret")
    written = UNWANTED[kind].format("a-canary-of-the-test")
    monkeypatch.setenv(name, written)
    if name.endswith("SECRETS") and written.strip() == "a-canary-of-the-test":
        assert load(ServeSettings)
        return
    with pytest.raises(ConfigError) as raised:
        load(ServeSettings)
    assert str(raised.value).startswith(f"{name}: ")
    assert "canary" not in str(raised.value)


def test_a_secret_file_with_a_byte_order_mark_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some editors write one, and nobody sees it."""
    path = tmp_path / "skylatch_stripe_key"
    path.write_text("sk_test_canary\n", encoding="utf-8-sig")
    settings = {**WORK, "SKYLATCH_SECRETS_DIR": str(tmp_path)}
    del settings["SKYLATCH_STRIPE_KEY"]
    (line,) = refusal(monkeypatch, settings)
    assert line.startswith("SKYLATCH_STRIPE_KEY: ")


def test_an_address_in_libpqs_own_form_may_have_blanks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And a quoted value inside."""
    address = "host=/run/pg dbname=skylatch password='a b'"
    settings = work_with(monkeypatch, {**WORK, "SKYLATCH_DATABASE_URL": address})
    assert settings.database_url.get_secret_value() == address
