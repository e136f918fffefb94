"""Files of a sandbox that are read back after each write.

A row that was changed and not noted would be lost at a restart, and nobody would see it
before. Where a test keeps a sandbox's state here, it fails at that write.
"""

from __future__ import annotations

import json

from tests.sandbox.persistence import SandboxState, Tables


class CheckedState(SandboxState):
    """Raises AssertionError when the files do not say what the tables do."""

    def save(self, tables: Tables) -> None:
        """Write what changed, then read everything back."""
        super().save(tables)
        known = {name: rows.dump() for name, rows in tables.items()}
        kept = self.load()
        assert kept is not None
        # A table without rows need not be in the files.
        for name, rows in json.loads(json.dumps(known)).items():
            assert kept.get(name, {}) == rows, f"{name} was changed and not kept"
