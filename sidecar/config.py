"""Settings, read from the environment and nowhere else. No secret has a default.

Every name starts with ``SKYLATCH_``; a directory of files named like the settings
(``SKYLATCH_SECRETS_DIR``) may hold the secrets instead of the environment.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Self, TypeVar

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from sidecar.errors import ConfigError
from sidecar.key_kinds import it_is
from sidecar.setting_types import (
    Address,
    DatabaseAddress,
    HttpAddress,
    HttpUrl,
    ListenAddress,
    MailAddress,
    OptionalHttpAddress,
    OptionalSecret,
    SdkKey,
    Secret,
    WebhookSecrets,
    has_port_that_is_one,
    is_encrypted,
    is_loopback,
    leads_somewhere,
)

_Settings = TypeVar("_Settings", bound=BaseSettings)
NOT_SET = "not set, in the environment or in SKYLATCH_SECRETS_DIR"


class SkylatchSettings(BaseSettings):
    """How all settings are read."""

    model_config = SettingsConfigDict(
        env_prefix="SKYLATCH_",
        extra="ignore",
        hide_input_in_errors=True,
        # A container passes a setting that nobody gave as an empty string.
        env_ignore_empty=True,
    )


def _check_smtp(url: SecretStr | None) -> SecretStr | None:
    if url and not leads_somewhere(url.get_secret_value(), "smtp", "smtps"):
        raise ValueError("needs smtp:// or smtps:// and a host")
    return url


class DatabaseSettings(SkylatchSettings):
    """Where the engine lives."""

    database_url: DatabaseAddress
    redis_url: Address | None = None
    # Where traces go, OTLP over HTTP: https://collector:4318, without /v1/traces. The
    # exporter reads further settings (headers, certificates) from OTEL_….
    otlp_endpoint: HttpAddress | None = None

    @field_validator("redis_url")
    @classmethod
    def _names_a_redis(cls, url: SecretStr | None) -> SecretStr | None:
        value = url.get_secret_value() if url is not None else "unix://"
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("needs redis://, rediss:// or unix://")
        if not (value.startswith("unix://") or has_port_that_is_one(value)):
            raise ValueError("has a host or a port that is none: redis://host:6379/0")
        return url


class MessageSettings(DatabaseSettings):
    """What a courier needs; without an address and without a key it delivers nothing.

    A worker with one of them delivers too.
    """

    # E-mails to travellers: smtp://user:password@host:587 (STARTTLS) or smtps://…:465.
    smtp_url: OptionalSecret = None
    email_from: MailAddress = "skylatch@localhost"
    # Whom a reader may ask; stands at the foot of each letter.
    support_contact: str | None = Field(
        default=None, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    )
    # The secrets of all endpoints of applications are derived from it: one and the same
    # for all sidecars, for good (python -m sidecar webhook-secret).
    webhook_key: Secret | None = Field(default=None, min_length=32)
    # Deliveries at once, of letters and as many of webhooks; each may take a minute.
    couriers: int = Field(default=4, ge=1, le=64)
    poll_seconds: float = Field(default=1.0, gt=0, le=60)
    # Touched while the process works, for a health check (sidecar/alive.py).
    alive_file: Path | None = None

    @field_validator("smtp_url")
    @classmethod
    def _leads_to_a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        return _check_smtp(url)


class WebhookKeySettings(SkylatchSettings):
    """What the secrets of applications are derived from."""

    webhook_key: Secret = Field(min_length=32)


class WorkSettings(MessageSettings):
    """What a worker needs to make outward calls."""

    # Where wake-ups are heard if the database is behind a pooler: the address of the
    # server itself, or "none" to find work by polling alone.
    listen_url: ListenAddress | None = None
    live_mode: bool = False
    duffel_url: HttpUrl = "https://api.duffel.com"
    duffel_token: Secret
    stripe_url: HttpUrl = "https://api.stripe.com"
    stripe_key: Secret
    # Flags come from LaunchDarkly, or without an SDK key from a file in its format.
    launchdarkly_sdk_key: SdkKey | None = None
    launchdarkly_url: HttpUrl | None = None
    flags_file: Path | None = None
    # Calls in flight at once, and how many of them may be searches. A provider answers
    # in 2 to 20 s. So of 50 calls, 30 make about one booking a second, and 20 make one
    # search a second, which is the default budget. A waiting thread holds a tenth of a
    # megabyte, and no connection (make bench-sidecar).
    workers: int = Field(default=50, ge=2, le=256)
    search_workers: int = Field(default=20, ge=1, le=255)
    # Shared between sidecars through Redis. Set these to the limits of your providers'
    # accounts.
    searches_per_minute: int = Field(default=60, ge=1)
    duffel_per_minute: int = Field(default=600, ge=1)
    stripe_per_second: int = Field(default=20, ge=1)
    # Where the worker serves its own metrics, to everybody who can connect: nowhere
    # unless a port is set, and then on loopback, unless a container's own network is in
    # between.
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=1, le=65535)

    @model_validator(mode="after")
    def _keys_fit_the_mode(self) -> Self:
        """Refuse a test key in live mode, and the reverse: a mix-up costs money."""
        mode = "live" if self.live_mode else "test"
        given = f"SKYLATCH_LIVE_MODE is {str(self.live_mode).lower()}"
        wrong = []
        token = self.duffel_token.get_secret_value()
        if not token.startswith(f"duffel_{mode}_"):
            wrong.append(
                f"SKYLATCH_DUFFEL_TOKEN is not a duffel_{mode}_ token{it_is(token)}"
            )
        key = self.stripe_key.get_secret_value()
        if not key.startswith((f"sk_{mode}_", f"rk_{mode}_")):
            wrong.append(
                f"SKYLATCH_STRIPE_KEY is not a {mode} key (sk_{mode}_, rk_{mode}_)"
                + it_is(key)
            )
        if wrong:
            raise ValueError("\n".join(f"{one}, and {given}" for one in wrong))
        if self.live_mode and (is_loopback(self.duffel_url, self.stripe_url)):
            raise ValueError(
                "SKYLATCH_LIVE_MODE does not talk to a sandbox: unset"
                " SKYLATCH_DUFFEL_URL and SKYLATCH_STRIPE_URL"
            )
        if self.live_mode and not is_encrypted(self.duffel_url, self.stripe_url):
            raise ValueError(
                "SKYLATCH_LIVE_MODE talks https only: see SKYLATCH_DUFFEL_URL and"
                " SKYLATCH_STRIPE_URL"
            )
        if (self.launchdarkly_sdk_key is None) == (self.flags_file is None):
            found = "neither is" if self.flags_file is None else "both are"
            raise ValueError(
                "set one of SKYLATCH_LAUNCHDARKLY_SDK_KEY and SKYLATCH_FLAGS_FILE:"
                f" {found} set"
            )
        if self.search_workers >= self.workers:
            raise ValueError("SKYLATCH_SEARCH_WORKERS must leave a worker for bookings")
        return self


class ServeSettings(DatabaseSettings):
    """What the HTTP endpoint needs."""

    # Loopback, unless a container's own network stands in between.
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8787, ge=1, le=65535)
    http_token: Secret = Field(min_length=16)
    # The page at /docs, which loads scripts of others; /openapi.json is always there.
    http_docs: bool = False
    # Opens /metrics and nothing else; the endpoint's own token opens /metrics too.
    metrics_token: Secret | None = Field(default=None, min_length=16)
    # Opens /wake and nothing else; this is the secret that engine.set_endpoint
    # returned.
    wake_token: Secret | None = Field(default=None, min_length=16)
    # Events of the other mode are refused.
    live_mode: bool = False
    # Without a secret every event is refused. While a secret is rotated, both are
    # valid, separated by a comma.
    stripe_webhook_secrets: WebhookSecrets = ()
    duffel_webhook_secrets: WebhookSecrets = ()


class RunSettings(WorkSettings, ServeSettings):
    """What a worker and an endpoint in one process need."""


class ReportingSettings(SkylatchSettings):
    """Where defects are reported; without a DSN nowhere."""

    sentry_dsn: OptionalSecret = None
    # The commit that was built; a checkout finds its own.
    commit: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$")
    live_mode: bool = False


class StatusSettings(SkylatchSettings):
    """The logins that `status` may use: the first one that is set is used."""

    watch_url: DatabaseAddress | None = None
    operator_url: DatabaseAddress | None = None
    database_url: DatabaseAddress | None = None

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        if not (self.watch_url or self.operator_url or self.database_url):
            raise ValueError(
                "set one of SKYLATCH_WATCH_URL, SKYLATCH_OPERATOR_URL and"
                " SKYLATCH_DATABASE_URL: none is set (docs/operate.md, Settings)"
            )
        return self

    @property
    def address(self) -> str:
        """The login with the fewest rights."""
        found = self.watch_url or self.operator_url or self.database_url
        return found.get_secret_value() if found else ""


class RelaySettings(SkylatchSettings):
    """Where the relay sends alerts; without an address it only logs them."""

    # The login skylatch_watch, which may read alerts and nothing else.
    watch_url: DatabaseAddress
    # A chat's incoming webhook, in Slack's form.
    alert_webhook_url: OptionalHttpAddress = None
    # Addresses as Apprise has them, with commas between: tgram://…, matrix://…, ntfy://…
    alert_apprise_urls: OptionalSecret = None
    # smtp://user:password@host:587 (STARTTLS) or smtps://…:465.
    alert_smtp_url: OptionalSecret = None
    alert_email_to: MailAddress | None = None
    alert_email_from: MailAddress = "skylatch@localhost"
    # Asked each minute while everything could be sent: this service raises an alarm
    # when it is not asked.
    alert_heartbeat_url: OptionalHttpAddress = None
    # The file that keeps, over restarts, the open alerts and who was told.
    alert_memory: Path | None = None
    alert_poll_seconds: float = Field(default=5.0, gt=0, le=60)
    alert_repeat_hours: float = Field(default=4.0, gt=0, le=168)
    alert_runbook_url: str = "docs/runbook.md"
    alive_file: Path | None = None

    @model_validator(mode="after")
    def _mail_has_both_ends(self) -> Self:
        if (self.alert_smtp_url is None) != (self.alert_email_to is None):
            raise ValueError(
                "SKYLATCH_ALERT_SMTP_URL and SKYLATCH_ALERT_EMAIL_TO go together"
            )
        return self

    @field_validator("alert_smtp_url")
    @classmethod
    def _is_smtp(cls, url: SecretStr | None) -> SecretStr | None:
        return _check_smtp(url)


class OperatorSettings(SkylatchSettings):
    """Where an operator logs in; not the sidecar's own account."""

    operator_url: DatabaseAddress


def given() -> set[str]:
    """Return the names of everything that is set as a setting is, whatever it is."""
    secrets = Path(os.environ.get("SKYLATCH_SECRETS_DIR") or os.devnull)
    files = secrets.iterdir() if secrets.is_dir() else ()
    return {name.upper() for name in (*os.environ, *(file.name for file in files))}


def load(kind: type[_Settings]) -> _Settings:
    """Return the settings of one command.

    Raises ConfigError with one line for each setting that is missing or wrong; the
    lines never repeat a value, which may be a secret.
    """
    secrets = os.environ.get("SKYLATCH_SECRETS_DIR") or None
    if secrets is not None and not Path(secrets).is_dir():
        raise ConfigError(f"SKYLATCH_SECRETS_DIR: {secrets} is not a directory")
    try:
        with warnings.catch_warnings():
            # A directory where the file of a secret should be is only warned of.
            warnings.simplefilter("error", UserWarning)
            return kind(_secrets_dir=secrets)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in problem["loc"])
            subject = f"SKYLATCH_{name.upper()}: " if name else ""
            is_missing = problem["type"] == "missing"
            text = NOT_SET if is_missing else problem["msg"]
            lines.append(subject + text.removeprefix("Value error, "))
        raise ConfigError("\n".join(lines)) from None
    except SettingsError as error:
        raise ConfigError(_unread(error)) from None
    except (OSError, UserWarning) as error:
        raise ConfigError(f"SKYLATCH_SECRETS_DIR: {error}") from None


def _unread(error: SettingsError) -> str:
    """Say which secret's file will not do; what is in it may be quoted by the cause."""
    field = re.search(r'field "(\w+)"', str(error))
    name = f"SKYLATCH_{field[1].upper()}" if field else "SKYLATCH_SECRETS_DIR"
    why = {UnicodeDecodeError: "is no text", UserWarning: "is a directory"}.get(
        type(error.__cause__), "cannot be read"
    )
    return f"{name}: its file in SKYLATCH_SECRETS_DIR {why}"
