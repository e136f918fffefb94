"""The part of LaunchDarkly's SDK that decides flags, without that which asks for them.

The SDK's package imports its client first: HTTP, TLS and threads. No backend of a
database may use these, and to import them costs each connection a tenth of a second. So
in a backend the package is entered without its `__init__`, and the module that its HTTP
headers come from, of which the evaluator uses nothing, is an empty one. A third of what
is left would go to reading the version of the parser of dates, so nobody reads it.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager


def _leave_the_client_out() -> None:
    package = importlib.util.find_spec("ldclient")
    if package is not None:
        sys.modules["ldclient"] = importlib.util.module_from_spec(package)
    http = types.ModuleType("ldclient.impl.http")
    vars(http).update(SYNC_USER_AGENT="", _base_headers=None)
    sys.modules[http.__name__] = http


@contextmanager
def _without_metadata() -> Iterator[None]:
    """Let a package that asks for its own version be told none.

    To read it would import a parser of mails, of ZIP files and of tables.
    """
    name = "importlib.metadata"
    stand_in = types.ModuleType(name)
    vars(stand_in).update(version=lambda _package: "", PackageNotFoundError=KeyError)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


# Only PL/Python's interpreter has it; any other program gets the whole SDK.
if "plpy" in sys.modules and "ldclient" not in sys.modules:
    _leave_the_client_out()
    if "importlib.metadata" not in sys.modules:
        with _without_metadata():
            importlib.import_module("pyrfc3339")

from ldclient.context import Context  # noqa: E402
from ldclient.impl.evaluator import Evaluator  # noqa: E402
from ldclient.impl.evaluator_common import EvaluationException  # noqa: E402
from ldclient.impl.events.types import EventFactory  # noqa: E402
from ldclient.impl.model import Clause, FeatureFlag, Segment  # noqa: E402
from ldclient.impl.model.attribute_ref import AttributeRef  # noqa: E402
from ldclient.impl.model.variation_or_rollout import (  # noqa: E402
    Rollout,
    VariationOrRollout,
)
from ldclient.version import VERSION  # noqa: E402

__all__ = [
    "VERSION",
    "AttributeRef",
    "Clause",
    "Context",
    "EvaluationException",
    "Evaluator",
    "EventFactory",
    "FeatureFlag",
    "Rollout",
    "Segment",
    "VariationOrRollout",
]
