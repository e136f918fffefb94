"""Where recorded Duffel responses are kept, if they are on this machine at all."""

from __future__ import annotations

import os
from pathlib import Path


def find_recordings() -> Path | None:
    """Return ``SKYLATCH_RECORDINGS``, else ``../shared/data/duffel`` if it exists."""
    named = os.environ.get("SKYLATCH_RECORDINGS")
    path = (
        Path(named)
        if named
        else Path(__file__).resolve().parents[2].parent / "shared" / "data" / "duffel"
    )
    return path if path.is_dir() else None
