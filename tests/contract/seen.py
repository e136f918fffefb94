"""What a step saw of an answer, and how two who saw the same step differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sidecar.providers import Answer

# Path of a field -> the kinds of value that were there; "[]" is an item of a list.
Shape = dict[str, set[str]]
# Objects whose names are somebody's data: each is one of many.
_FREE = frozenset({"metadata", "flags", "segments"})
_EMPTY = frozenset({"null"})


class Stuck(Exception):
    """The next step needs what the last one did not bring."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer, without what differs from one run to the next."""

    step: str
    # The HTTP status, or why there is none.
    status: str
    # The codes of an error, as the provider names them.
    error: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = field(default_factory=dict)


def see(step: str, answer: Answer, **facts: Any) -> Seen:
    """Return what is to be compared of an answer."""
    status = str(answer.http_status or answer.error_code)
    return Seen(step, status, codes(answer.body), facts, shape_of(answer.body))


def need(seen: Seen, answer: Answer, *path: str) -> Any:
    """Return what is in an answer; raises Stuck when it is not there."""
    found = answer.body
    for name in path:
        if not isinstance(found, dict) or name not in found:
            raise Stuck(f"{seen.step}: {seen.status} {seen.error}".rstrip())
        found = found[name]
    return found


def require_access(seen: Seen, answer: Answer) -> Seen:
    """Return what was seen; raises Stuck when the key opens nothing."""
    if answer.http_status in {401, 403}:
        raise Stuck(f"the key is refused: {seen.status} {seen.error}".rstrip())
    return seen


def codes(body: Any) -> str:
    """Return the codes of an error of Duffel or Stripe; "" for none."""
    if not isinstance(body, dict):
        return ""
    if isinstance(body.get("errors"), list):
        errors = [one for one in body["errors"] if isinstance(one, dict)]
        # A request that is wrong in two ways may be told so in any order.
        found = {f"{one.get('type')}/{one.get('code')}" for one in errors}
        return " ".join(sorted(found))
    error = body.get("error")
    if not isinstance(error, dict):
        return ""
    names = ("type", "code", "decline_code", "param")
    return "/".join(str(error[name]) for name in names if error.get(name))


def shape_of(body: Any) -> Shape:
    """Return which fields a body has, and of which kind."""
    found: Shape = {}
    for path, kind in _walk("", body):
        found.setdefault(path, set()).add(kind)
    return found


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield path, "object"
        free = path.rpartition(".")[2] in _FREE
        for name, one in value.items():
            inner = "*" if free else name
            yield from _walk(f"{path}.{inner}" if path else inner, one)
    elif isinstance(value, list):
        yield path, "array"
        for one in value:
            yield from _walk(f"{path}[]", one)
    else:
        kinds = {bool: "boolean", int: "number", float: "number", str: "string"}
        yield path, kinds.get(type(value), "null")


def differences(
    double: Iterable[Seen], real: Iterable[Seen], who: str
) -> tuple[list[str], list[str]]:
    """Return how the double differs from `who`, and what it leaves out.

    A field that only the real one has is no difference: nobody here reads it.
    """
    there = {one.step: one for one in real}
    found: list[str] = []
    left_out: list[str] = []
    for ours in double:
        theirs = there.pop(ours.step, None)
        if theirs is None:
            found.append(f"{ours.step}: only the double came so far")
            continue
        for name, mine, other in _values(ours, theirs):
            if mine != other:
                said = f"{name}: the double says {mine!r}, {who} {other!r}"
                found.append(f"{ours.step}: {said}")
        found += [f"{ours.step}: {one}" for one in _shapes(ours, theirs, who)]
        left_out += [
            f"{ours.step}: {path}"
            for path in theirs.shape
            if path not in ours.shape and _was_there(_parent(path), ours.shape)
        ]
    found += [f"{step}: only {who} came so far" for step in there]
    return found, left_out


def _values(ours: Seen, theirs: Seen) -> Iterator[tuple[str, Any, Any]]:
    yield "HTTP status", ours.status, theirs.status
    yield "error", ours.error, theirs.error
    if ours.status == theirs.status:
        for name in ours.facts:
            yield name, ours.facts[name], theirs.facts.get(name)


def _shapes(ours: Seen, theirs: Seen, who: str) -> Iterator[str]:
    if ours.status != theirs.status:
        return  # different things altogether, which has been said
    for path, kinds in sorted(ours.shape.items()):
        other = theirs.shape.get(path)
        if other is None:
            if _was_there(_parent(path), theirs.shape):
                yield f"{path}: only the double has it"
        elif kinds - _EMPTY and other - _EMPTY and not kinds & other - _EMPTY:
            mine, real = "/".join(sorted(kinds)), "/".join(sorted(other))
            yield f"{path}: {mine} in the double, {real} from {who}"


def _parent(path: str) -> str:
    """Return what a field is a part of: "" is the body."""
    return path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]


def _was_there(path: str, shape: Shape) -> bool:
    """Tell whether an object was there, which could have had one field more.

    A null or an empty list says nothing of what would be in it.
    """
    return "object" in shape.get(path, ())
