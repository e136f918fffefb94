"""The names of settings: which there are, and what one that is none was meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from sidecar.config import SkylatchSettings

PREFIX = "SKYLATCH_"
# Read by others than the sidecar: by the local stack, docker-compose.yml, the sandbox,
# the tests, and by an application in its own environment (`sidecar local app --env`).
_OTHERS = re.compile(
    r"SECRETS_DIR|STATE_DIR|RECORDINGS|URL|TOKEN|PORT|SANDBOX_\w+|\w+_IMAGE"
    r"|POSTGRES_MAJOR|TEST_SERVER|LD_HARNESS"
)
_NEAR = 0.75


def known() -> set[str]:
    """Return the name of every setting of every command."""
    found, kinds = set(), [SkylatchSettings]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found |= {f"{PREFIX}{field.upper()}" for field in kind.model_fields}
    return found


def unknown(names: Iterable[str]) -> dict[str, str | None]:
    """Return which of `names` are no settings, and the nearest that is one, if any."""
    settings = known()
    found: dict[str, str | None] = {}
    for name in sorted(names):
        bare = name.removeprefix(PREFIX)
        if bare == name or name in settings or _OTHERS.fullmatch(bare):
            continue
        near = difflib.get_close_matches(name, settings, n=1, cutoff=_NEAR)
        found[name] = near[0] if near else None
    return found
