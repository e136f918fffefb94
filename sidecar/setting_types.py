"""The types of settings: secrets, addresses, connection strings; never repeated."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from sidecar.key_kinds import SDK_KEY, kind_of

# What a shell, an editor or a file of settings may leave in a secret, and none has.
_FOREIGN = re.compile(r"[^!-~]|[\"'`]")
# In place of an address to listen at: work is found by polling alone.
NOBODY_LISTENS = "none"
_UNPRINTABLE = re.compile(r"[^ -~]")


def _check_secret(secret: SecretStr) -> SecretStr:
    """Refuse secrets whose fault only the provider's "401" would show, if anything."""
    if _FOREIGN.search(secret.get_secret_value()):
        raise ValueError(
            "has a quotation mark, a blank, a line break, a byte order mark or another"
            " character that no secret has: give it bare"
        )
    return secret


def _check_address(address: SecretStr) -> SecretStr:
    """Check an address with a password; libpq's `name=value` form has blanks."""
    value = address.get_secret_value()
    if "://" in value or value[:1] in {'"', "'", "`"}:
        return _check_secret(address)
    if _UNPRINTABLE.search(value) or value != value.strip():
        raise ValueError(
            "has a line break, a byte order mark, a blank at an end or another"
            " character that no address has: give it bare"
        )
    return address


def check_dsn(dsn: str) -> None:
    """Refuse a text that is no connection string; raises ValueError without quoting it.

    libpq's own message, which a pool would log, contains the whole text, with its
    password.
    """
    try:
        conninfo_to_dict(dsn)
    except psycopg.Error:
        raise ValueError(
            "is no connection string: needs postgresql://user@host/database, or"
            " name=value pairs with blanks between"
        ) from None


def _check_database(address: SecretStr) -> SecretStr:
    check_dsn(_check_address(address).get_secret_value())
    return address


def _check_listening(address: SecretStr) -> SecretStr:
    is_none = address.get_secret_value() == NOBODY_LISTENS
    return address if is_none else _check_database(address)


def _check_http(url: str) -> str:
    if not leads_somewhere(url, "http", "https"):
        raise ValueError("needs http:// or https:// and a host")
    return url


def _check_http_address(url: SecretStr | None) -> SecretStr | None:
    if url:
        _check_http(url.get_secret_value())
    return url


def _check_sdk_key(key: SecretStr) -> SecretStr:
    kind = kind_of(key.get_secret_value())
    if kind not in {None, SDK_KEY}:
        raise ValueError(f"is not {SDK_KEY} (sdk-) but {kind}")
    return key


def _none_if_empty(given: Any) -> Any:
    return None if isinstance(given, str) and not given.strip() else given


Secret = Annotated[SecretStr, AfterValidator(_check_secret)]
# A container has a file for each secret, which is empty for one that is not set.
OptionalSecret = Annotated[Secret | None, BeforeValidator(_none_if_empty)]
SdkKey = Annotated[Secret, AfterValidator(_check_sdk_key)]
Address = Annotated[SecretStr, AfterValidator(_check_address)]
HttpUrl = Annotated[str, AfterValidator(_check_http)]
HttpAddress = Annotated[Address, AfterValidator(_check_http_address)]
OptionalHttpAddress = Annotated[OptionalSecret, AfterValidator(_check_http_address)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_check_database)]
# Or NOBODY_LISTENS.
ListenAddress = Annotated[SecretStr, AfterValidator(_check_listening)]


def _split_secrets(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    secrets = [secret.strip() for secret in given.split(",")]
    if any(len(secret) < 16 for secret in secrets):
        raise ValueError("needs secrets of at least 16 characters, comma between")
    return tuple(_check_secret(SecretStr(secret)) for secret in secrets)


# One header's worth of secrets: with a name or without, or several.
MailAddress = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+@[^\x00-\x1f\x7f]+$")]
WebhookSecrets = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_secrets)
]


def revealed(secret: SecretStr | None) -> str | None:
    """Return the hidden value of a secret, if there is one."""
    return secret.get_secret_value() if secret else None


def leads_somewhere(url: str, *schemes: str) -> bool:
    """Tell whether `url` has one of `schemes`, and a host."""
    try:
        parts = urlsplit(url)
        labels = (parts.hostname or "").rstrip(".").split(".")
        return (
            parts.scheme in schemes
            and parts.port != 0
            and all(0 < len(label) < 64 for label in labels)
        )
    except ValueError:  # a port or an IPv6 address that is none
        return False


def has_port_that_is_one(url: str) -> bool:
    """Tell whether nothing in the way of a host and a port is wrong; both may lack."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def is_loopback(*urls: str) -> bool:
    """Tell whether any of `urls` points at this machine."""
    return any(urlsplit(u).hostname in {"127.0.0.1", "::1", "localhost"} for u in urls)


def is_encrypted(*urls: str) -> bool:
    """Tell whether all of `urls` are https."""
    return all(urlsplit(u).scheme == "https" for u in urls)
