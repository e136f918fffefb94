"""Legal parameters of each call, read from the SDK's own TypedDicts.

The SDK's types are generated from the provider's OpenAPI file, so they give names,
nesting, required keys and enum members without a list kept by hand. `coerce` turns
form strings into typed values or raises the provider's 400; nothing has run by
then, so no idempotency key is used up.
"""

from __future__ import annotations

import importlib
import re
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import stripe.params
from stripe import RequestOptions

from tests.sandbox.payments.errors import ApiError, JsonObject, invalid_parameter

# Names that the SDK imports for its type checker only.
_LOCALS = {"StripeContext": object, "Mapping": Mapping}
_OPTIONS = frozenset(RequestOptions.__annotations__)


@cache
def legal_parameters(name: str) -> dict[str, Any]:
    """Return parameter name -> annotation of ``stripe.params.<name>``."""
    return _fields(_find(name))


def check(name: str, raw: JsonObject) -> JsonObject:
    """Coerce the whole parameter object of one call."""
    return _object(raw, _find(name), "")


def _find(name: str) -> Any:
    package, _, leaf = f"{stripe.params.__name__}.{name}".rpartition(".")
    return getattr(importlib.import_module(package), leaf)


@cache
def _fields(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls, localns=_LOCALS)
    # Older service types inherit the request options as keys, newer ones do not.
    options = _OPTIONS if set(hints) >= _OPTIONS else frozenset()
    return {k: v for k, v in hints.items() if k not in options}


def _object(raw: JsonObject, cls: Any, path: str) -> JsonObject:
    fields = _fields(cls)
    if "payment_method_types" in raw and "allowed_payment_method_types" in fields:
        raise _removed_types()
    unknown = [_join(path, key) for key in raw if key not in fields]
    if unknown:
        noun = "parameter" if len(unknown) == 1 else "parameters"
        message = f"Received unknown {noun}: {', '.join(unknown)}"
        raise invalid_parameter(message, unknown[0], "parameter_unknown")
    for key in sorted(cls.__required_keys__ & set(fields)):
        if key not in raw:
            full = _join(path, key)
            message = f"Missing required param: {full}."
            raise invalid_parameter(message, full, "parameter_missing")
    return {k: _value(v, fields[k], _join(path, k)) for k, v in raw.items()}


def _removed_types() -> ApiError:
    # Since 2026-09-30.endive (docs.stripe.com/changelog/endive).
    name = "payment_method_types"
    message = (
        f"The `{name}` parameter is no longer supported. Use "
        "`allowed_payment_method_types` or dynamic payment methods instead."
    )
    return invalid_parameter(message, name, f"{name}_no_longer_supported")


def _join(path: str, key: str) -> str:
    return f"{path}[{key}]" if path else key


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [m for a in get_args(annotation) for m in _members(a)]
    return [annotation]


def _value(raw: Any, annotation: Any, path: str) -> Any:
    members = _members(annotation)
    if isinstance(raw, dict):
        return _nested(raw, members, path)
    return _scalar(raw, members, path)


def _nested(raw: JsonObject, members: list[Any], path: str) -> Any:
    numeric = all(key.isdigit() for key in raw)
    for member in members:
        if get_origin(member) is list and numeric:
            (item,) = get_args(member)
            ordered = sorted(raw, key=int)
            return [_value(raw[k], item, _join(path, k)) for k in ordered]
    for member in members:
        if get_origin(member) is dict:
            _, item = get_args(member)
            return {k: _value(v, item, _join(path, k)) for k, v in raw.items()}
        if hasattr(member, "__required_keys__"):
            return _object(raw, member, path)
    if any(get_origin(member) is list for member in members):
        raise invalid_parameter("Invalid array", path)
    raise invalid_parameter(f"Invalid {_noun(members)}: {raw}", path)


def _scalar(raw: str, members: list[Any], path: str) -> Any:
    choices = [c for m in members if get_origin(m) is Literal for c in get_args(m)]
    if raw in choices:
        return raw
    if raw == "" and not _is_free_dict_value(path):
        leaf = path.rpartition("[")[2].rstrip("]")
        message = (
            f"You passed an empty string for '{path}'. We assume empty values are an "
            f"attempt to unset a parameter; however '{leaf}' cannot be unset. You "
            f"should remove '{path}' from your request or supply a non-empty value."
        )
        raise invalid_parameter(message, path, "parameter_invalid_empty")
    if bool in members and raw in ("true", "false"):
        return raw == "true"
    if int in members and re.fullmatch(r"-?\d+", raw):
        return int(raw)
    named = [c for c in choices if c != ""]
    # The SDK writes open enums as `Literal[...] | str`; the server itself is strict.
    if named:
        listed = ", ".join(named[:-1])
        options = f"{listed}, or {named[-1]}" if listed else named[0]
        raise invalid_parameter(f"Invalid {path}: must be one of {options}", path)
    if str in members or float in members:
        return raw
    if int in members:
        message = f"Invalid integer: {raw}"
        raise invalid_parameter(message, path, "parameter_invalid_integer")
    raise invalid_parameter(f"Invalid {_noun(members)}: {raw}", path)


def _is_free_dict_value(path: str) -> bool:
    # `metadata[key]=` unsets one key, which is legal although the type says str.
    return re.fullmatch(r"(.*\[)?metadata\]?\[[^\]]*\]", path) is not None


def _noun(members: list[Any]) -> str:
    if bool in members:
        return "boolean"
    if any(get_origin(m) is list for m in members):
        return "array"
    if any(hasattr(m, "__required_keys__") or get_origin(m) is dict for m in members):
        return "object"
    return "string"
