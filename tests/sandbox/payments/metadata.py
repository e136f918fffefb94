"""Metadata rules: limits, merging and unsetting."""

from __future__ import annotations

from tests.sandbox.payments.errors import JsonObject, invalid_parameter


def merged(current: dict[str, str], params: JsonObject) -> dict[str, str]:
    """Return metadata after a call; an empty value unsets its key, "" unsets all.

    Limits are the documented ones: 50 keys, 40 and 500 characters.
    """
    given = params.get("metadata")
    if given is None:
        return current
    if given == "":
        return {}
    for key, value in given.items():
        if len(key) > 40:
            message = f"Metadata keys must be at most 40 characters: {key}"
            raise invalid_parameter(message, f"metadata[{key}]")
        if len(value) > 500:
            message = f"Metadata values must be at most 500 characters: {key}"
            raise invalid_parameter(message, f"metadata[{key}]")
    result = {k: v for k, v in {**current, **given}.items() if v != ""}
    if len(result) > 50:
        message = "Metadata cannot have more than 50 keys."
        raise invalid_parameter(message, "metadata")
    return result
