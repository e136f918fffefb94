"""Bytes in, bytes out: form bodies with brackets, credentials and replies."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from tests.sandbox.payments.errors import ApiError, JsonObject

FORM_TYPE = "application/x-www-form-urlencoded"
DEFAULT_VERSION = "2026-10-28.endive"
_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$")
_KEY_PREFIX = re.compile(r"^[a-z]{2}_(live|test)_")
_TEST_KEY = re.compile(r"^(sk|rk)_test_\w+$")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `saved` tells whether an idempotency key stores it."""

    status: int
    body: bytes
    saved: bool = True
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(status: int, body: JsonObject, *, saved: bool = True) -> Reply:
    """Render `body` in the provider's indented style."""
    return Reply(status, json.dumps(body, indent=2).encode(), saved)


def parse_form(text: str) -> JsonObject:
    """Parse ``a[b][0]=c`` into nested dicts of strings.

    Arrays stay dicts with index keys here: only the parameter's type can tell an
    array from an object with numeric keys. ``a[]=x`` takes the next free index.
    """
    root: JsonObject = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _NAME.match(name)
        if match is None:
            raise ApiError(400, f"Invalid parameter name: {name}", executed=False)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        node: Any = root
        for step, following in itertools.pairwise(path):
            node = node.setdefault(step or str(len(node)), {})
            if not isinstance(node, dict):
                raise ApiError(
                    400,
                    f"Parameter {match[1]} is both a value and an object at "
                    f"[{following}]",
                    param=match[1],
                    executed=False,
                )
        node[path[-1] or str(len(node))] = value
    return root


def parse_json(body: bytes) -> JsonObject:
    """Parse a v2 request into what `parse_form` makes of a v1 one."""
    try:
        found = _as_form(json.loads(body or b"{}"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiError(400, "The request body is not a JSON object.", executed=False)
    return found


def _as_form(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_form(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return {str(index): _as_form(one) for index, one in enumerate(value)}
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_credentials(headers: Headers) -> None:
    """Raise 401 unless a test-mode secret key is presented.

    Live keys are refused on sight: one that reaches this process is a mistake.
    """
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            secret = ""
    elif scheme.lower() != "bearer":
        secret = ""
    secret = secret.strip()
    if not secret:
        message = (
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY')."
        )
        raise ApiError(401, message, executed=False)
    if _TEST_KEY.match(secret):
        return
    prefix = _KEY_PREFIX.match(secret)
    hidden = f"{prefix[0] if prefix else ''}****{secret[-4:]}"
    if secret.startswith("pk_"):
        message = "This API call cannot be made with a publishable API key."
        raise ApiError(401, message, code="secret_key_required", executed=False)
    if "_live_" in secret:
        message = f"Live API keys are refused here: {hidden}"
        raise ApiError(401, message, executed=False)
    raise ApiError(401, f"Invalid API Key provided: {hidden}", executed=False)


def read_version(headers: Headers) -> str:
    """Return the ``Stripe-Version`` to echo."""
    version = headers.get("stripe-version", DEFAULT_VERSION)
    if not _VERSION.match(version):
        message = f"Invalid Stripe API version: {version}"
        raise ApiError(400, message, executed=False)
    return version
