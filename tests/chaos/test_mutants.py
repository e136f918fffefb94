"""The guards that ``make mutants`` takes away are where it looks for them."""

from __future__ import annotations

import pytest

from tests.chaos.mutants import MUTANTS
from tests.chaos.try_mutants import ROOT


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_changes_a_text_that_is_there_once(name: str) -> None:
    """Code that moved would otherwise leave a guard untried until somebody runs it."""
    mutant = MUTANTS[name]
    assert (ROOT / "sql" / mutant.file).read_text().count(mutant.old) == 1
