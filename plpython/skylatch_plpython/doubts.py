"""Says what in a flag or segment LaunchDarkly's evaluator passes over in silence.

The evaluator never fails over data that it half understands: an operator it does not
know never matches, a prerequisite that does not exist counts as one that is off, and a
percentage that does not add up goes to the last variation. For a flag that decides
about money such an answer is a guess. A doubt is the first such thing in an item; an
answer carries the doubts of every item that was read for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from skylatch_plpython.sdk import (
    AttributeRef,
    Clause,
    FeatureFlag,
    Rollout,
    Segment,
    VariationOrRollout,
)

FindFlag = Callable[[str], FeatureFlag | None]

_WHOLE = 100_000  # thousandths of a percent
_TEXT = frozenset({"startsWith", "endsWith", "contains"})
_NUMBER = frozenset(
    {"lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"}
)
_PARSED = {
    "matches": "as_regex",
    "before": "as_time",
    "after": "as_time",
    "semVerEqual": "as_semver",
    "semVerLessThan": "as_semver",
    "semVerGreaterThan": "as_semver",
}
_KNOWN = _TEXT | _NUMBER | _PARSED.keys() | {"in", "segmentMatch"}


def flag_doubt(flag: FeatureFlag, find_flag: FindFlag) -> str | None:
    """Say what in `flag` is not as LaunchDarkly writes it; None when all of it is.

    Of a flag that is off only the off variation counts. `find_flag` returns another
    flag, or None when there is none.
    """
    return next(_flag_doubts(flag, find_flag), None)


def segment_doubt(segment: Segment) -> str | None:
    """Say what in `segment` is not as LaunchDarkly writes it, or None."""
    return next(_segment_doubts(segment), None)


def _flag_doubts(flag: FeatureFlag, find_flag: FindFlag) -> Iterator[str]:
    count = len(flag.variations)
    off = flag.off_variation
    if off is not None:
        yield from _variation_doubts(off, count)
    if not flag.on:
        return
    for prerequisite in flag.prerequisites:
        other = find_flag(prerequisite.key)
        if other is None:
            yield f'its prerequisite "{prerequisite.key}" is missing'
        else:
            yield from _variation_doubts(prerequisite.variation, len(other.variations))
    for target in [*flag.targets, *flag.context_targets]:
        yield from _variation_doubts(target.variation, count)
    for rule in flag.rules:
        yield from _clause_doubts(rule.clauses)
        yield from _served_doubts(rule.variation_or_rollout, count)
    yield from _served_doubts(flag.fallthrough, count)


def _segment_doubts(segment: Segment) -> Iterator[str]:
    for rule in segment.rules:
        yield from _clause_doubts(rule.clauses)
        yield from _reference_doubts(rule.bucket_by)
        weight = rule.weight
        if weight is not None and not (_is_index(weight) and 0 <= weight <= _WHOLE):
            yield "a weight is not a percentage"


def _served_doubts(served: VariationOrRollout, count: int) -> Iterator[str]:
    if served.variation is not None:
        yield from _variation_doubts(served.variation, count)
    elif served.rollout is None:
        yield "it serves no variation"
    else:
        yield from _rollout_doubts(served.rollout, count)


def _rollout_doubts(rollout: Rollout, count: int) -> Iterator[str]:
    yield from _reference_doubts(rollout.bucket_by)
    for weighted in rollout.variations:
        yield from _variation_doubts(weighted.variation, count)
        if not _is_index(weighted.weight):
            yield "a weight is not a percentage"
    if sum(weighted.weight for weighted in rollout.variations) != _WHOLE:
        yield "the weights of a rollout do not add up"


def _variation_doubts(variation: int, count: int) -> Iterator[str]:
    if not _is_index(variation) or variation >= count:
        yield f"there is no variation {variation}"


def _is_index(number: int) -> bool:
    """Tell whether it counts something: in Python a boolean is a number too."""
    return not isinstance(number, bool) and number >= 0


def _reference_doubts(reference: AttributeRef | None) -> Iterator[str]:
    if reference is not None and not reference.valid:
        yield f"a reference to an attribute is wrong: {reference.error}"


def _clause_doubts(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        if clause.op not in _KNOWN:
            yield f'the operator "{clause.op}" is unknown'
        if clause.op != "segmentMatch":
            yield from _reference_doubts(clause.attribute)
        if not all(_fits(clause, number) for number in range(len(clause.values))):
            yield f'a value cannot be compared by "{clause.op}"'


def _fits(clause: Clause, number: int) -> bool:
    """Tell whether the operator can use one of the clause's values at all."""
    op, value = clause.op, clause.values[number]
    if op in _PARSED:
        parsed = clause.values_preprocessed
        return parsed is not None and getattr(parsed[number], _PARSED[op]) is not None
    if op in _TEXT or op == "segmentMatch":
        return isinstance(value, str)
    if op in _NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True
