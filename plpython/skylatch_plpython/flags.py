"""Decides flags in the server, from the mirrored data, with LaunchDarkly's evaluator.

`Runtime` is what a connection keeps: the decoded flags and segments of one generation,
read again when another generation is seen. The generation comes from a sequence and is
compared with `!=`: an older snapshot must read backwards.

The evaluator is `ldclient.impl.evaluator.Evaluator`, which is not a public name of the
SDK: hence the exact version, checked here against what is installed.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Literal, TypeVar

from skylatch_plpython import __version__
from skylatch_plpython.boundary import Server
from skylatch_plpython.doubts import flag_doubt, segment_doubt
from skylatch_plpython.regexes import TEXT_LIMIT, regex_problem
from skylatch_plpython.sdk import VERSION as INSTALLED_SDK
from skylatch_plpython.sdk import (
    Clause,
    Context,
    EvaluationException,
    Evaluator,
    EventFactory,
    FeatureFlag,
    Segment,
)

Kind = Literal["features", "segments"]
# As in requirements.lock and pyproject.toml: a test compares the three.
SDK_VERSION = "9.18.2"
_CONTEXT_LIMIT = 16_384  # characters of a whole context
_CACHED_CONTEXTS = 256
_COUNTED = 1_000
_MODELS: dict[Kind, type[FeatureFlag | Segment]] = {
    "features": FeatureFlag,
    "segments": Segment,
}
_Item = TypeVar("_Item")
# What the SDK's model classes raise over data of a wrong shape.
_BAD_DATA = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
_NO_BIG_SEGMENTS = (None, "NOT_CONFIGURED")

# Without a handler the SDK's warnings would go to the server's log, with context keys.
logging.getLogger("ldclient").addHandler(logging.NullHandler())


def find_problem(kind: Kind, key: str, text: str) -> str | None:
    """Say why a flag or segment may not be evaluated; None when it may.

    `text` is its JSON. Refused is what the SDK cannot decode, what is filed under
    another key, and what holds a regular expression that could hang a backend.
    """
    try:
        item = _decode(kind, key, text)
    except _BAD_DATA as error:
        return f"not a {kind[:-1]} that the SDK can read: {error}"
    clauses = [clause for rule in item.rules for clause in rule.clauses]
    return regex_problem(
        value
        for clause in clauses
        if isinstance(clause, Clause) and clause.op == "matches"
        for value in clause.values
    )


class Runtime:
    """The evaluator of one connection."""

    def __init__(self, server: Server) -> None:
        """Prepare to evaluate; raises SK306 when the versions do not fit."""
        expected = server.prepare("select engine.version() as version").execute()
        found = {
            "package": __version__,
            "package_wanted": expected[0]["version"],
            "sdk": INSTALLED_SDK,
            "sdk_wanted": SDK_VERSION,
        }
        if (found["package"], found["sdk"]) != (
            found["package_wanted"],
            found["sdk_wanted"],
        ):
            refuse = "select engine.refuse_runtime($1)"
            server.prepare(refuse, ["jsonb"]).execute([json.dumps(found)])
        self._state = server.prepare(
            "select generation, initialized from engine.flag_sync"
        )
        self._items = server.prepare(
            "select kind, key, problem is not null as refused, data::text as data"
            " from engine.flag_data where not deleted"
        )
        self._generation: int | None = None
        self._flags: dict[str, FeatureFlag | None] = {}
        self._segments: dict[str, Segment | None] = {}
        self._contexts: dict[str, tuple[Context | None, str]] = {}
        self._usage: dict[tuple[str, int, str], int] = {}
        # Of one generation, as the flags and segments are.
        self._doubts: dict[tuple[Kind, str], str | None] = {}
        # What the evaluation under way has read besides its own flag.
        self._consulted: list[tuple[Kind, str]] = []
        self._events = EventFactory(False)
        self._evaluator = Evaluator(
            self._flag, self._segment, lambda _: _NO_BIG_SEGMENTS
        )

    def evaluate(self, flag: str, context: str) -> str:
        """Return value, variation, reason, generation and doubt as JSON.

        `context` is a LaunchDarkly context as JSON. The reason is the SDK's reason or
        error kind, or NEVER_LOADED or CONTEXT_TOO_LONG; `detail` is the SDK's whole
        reason. `doubt` says why the answer is a guess, though the SDK gives it: a flag
        or segment that it depends on is missing or not as it should be.
        """
        (state,) = self._state.execute() or ({"initialized": False},)
        if not state["initialized"]:
            return self._answer(flag, "NEVER_LOADED")
        if state["generation"] != self._generation:
            self._read(state["generation"])
        parsed, problem = self._context(context)
        if parsed is None:
            return self._answer(flag, problem)
        if flag not in self._flags:
            return self._answer(flag, "FLAG_NOT_FOUND")
        item = self._flags[flag]
        if item is None:
            return self._answer(flag, "MALFORMED_FLAG")
        self._consulted = [("features", flag)]
        detail: Any = self._evaluator.evaluate(item, parsed, self._events).detail
        reason = detail.reason
        return self._answer(
            flag,
            reason.get("errorKind") or reason["kind"],
            detail.value,
            detail.variation_index,
            detail=reason,
            doubt=next(filter(None, map(self._doubt, self._consulted)), None),
        )

    def evaluate_all(self, flags: list[str], context: str) -> str:
        """Return each flag's answer under its name, as JSON; see `evaluate`."""
        answers = (
            f"{json.dumps(flag)}: {self.evaluate(flag, context)}" for flag in flags
        )
        return f"{{{', '.join(answers)}}}"

    def take_usage(self) -> str | None:
        """Return how often what was served since the last call, as JSON; then forget.

        None when nothing was evaluated.
        """
        if not self._usage:
            return None
        taken = [
            {"flag": flag, "variation": variation, "reason": reason, "evaluations": n}
            for (flag, variation, reason), n in self._usage.items()
        ]
        self._usage.clear()
        return json.dumps(taken)

    def _answer(
        self,
        flag: str,
        reason: str,
        value: Any = None,
        variation: int | None = None,
        *,
        detail: dict[str, Any] | None = None,
        doubt: str | None = None,
    ) -> str:
        counted = (flag, -1 if variation is None else variation, reason)
        if counted in self._usage or len(self._usage) < _COUNTED:
            self._usage[counted] = self._usage.get(counted, 0) + 1
        return json.dumps(
            {
                "value": value,
                "variation": variation,
                "reason": reason,
                "detail": detail or {"kind": "ERROR", "errorKind": reason},
                "generation": self._generation,
                "doubt": doubt,
            }
        )

    def _read(self, generation: int) -> None:
        """Decode everything that is mirrored; what cannot be evaluated becomes None."""
        flags: dict[str, FeatureFlag | None] = {}
        segments: dict[str, Segment | None] = {}
        for row in self._items.execute():
            kind, key = row["kind"], row["key"]
            item = None
            if not row["refused"]:
                try:
                    item = _decode(kind, key, row["data"])
                except _BAD_DATA:  # no statement runs in here: no cancellation is lost
                    item = None
            if kind == "features":
                flags[key] = item
            else:
                segments[key] = item
        self._flags, self._segments, self._doubts = flags, segments, {}
        self._generation = generation

    def _context(self, text: str | None) -> tuple[Context | None, str]:
        """Return the parsed context, or None and the reason why there is none."""
        if text is None:
            return None, "USER_NOT_SPECIFIED"
        found = self._contexts.get(text)
        if found is None:
            if len(self._contexts) >= _CACHED_CONTEXTS:
                self._contexts.clear()
            found = self._contexts[text] = _parse_context(text)
        return found

    def _flag(self, key: str) -> FeatureFlag | None:
        self._consulted.append(("features", key))
        return _wanted(self._flags, key)

    def _segment(self, key: str) -> Segment | None:
        # A clause names segments by values of any kind; the SDK does not look.
        if not isinstance(key, str):
            raise EvaluationException("a segment's key is not a text")
        self._consulted.append(("segments", key))
        return _wanted(self._segments, key)

    def _doubt(self, consulted: tuple[Kind, str]) -> str | None:
        """Say what makes an answer that depends on this item a guess."""
        if consulted not in self._doubts:
            self._doubts[consulted] = self._find_doubt(*consulted)
        return self._doubts[consulted]

    def _find_doubt(self, kind: Kind, key: str) -> str | None:
        flag, segment = self._flags.get(key), self._segments.get(key)
        if kind == "features":
            doubt = flag_doubt(flag, self._flags.get) if flag else "it is missing"
            return doubt and f"flag {key}: {doubt}"
        doubt = segment_doubt(segment) if segment else "it is missing"
        return doubt and f"segment {key}: {doubt}"


def _wanted(items: dict[str, _Item | None], key: str) -> _Item | None:
    """Return an item that another one refers to; an unusable one is not just absent.

    Absent, it would only not match, and what negates it would.
    """
    item = items.get(key)
    if item is None and key in items:
        raise EvaluationException(f'"{key}" cannot be evaluated')
    return item


def _decode(kind: Kind, key: str, text: str) -> Any:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise TypeError("not an object")
    item = _MODELS[kind](data)
    if item.key != key:
        raise ValueError(f'its key is "{item.key}"')
    return item


def _parse_context(text: str) -> tuple[Context | None, str]:
    if len(text) > _CONTEXT_LIMIT:
        return None, "CONTEXT_TOO_LONG"
    data = json.loads(text)
    if _longest(data) > TEXT_LIMIT:
        return None, "CONTEXT_TOO_LONG"
    context = Context.from_dict(data)
    return (context, "") if context.valid else (None, "USER_NOT_SPECIFIED")


def _longest(value: object) -> int:
    """Return the length of the longest text in a JSON value, names aside."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return max(map(_longest, value.values()), default=0)
    if isinstance(value, list):
        return max(map(_longest, value), default=0)
    return 0
