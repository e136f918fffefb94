"""The payments sandbox for those clients' tests that bring none of their own."""

from tests.sandbox.conftest import api, sandbox, url

__all__ = ["api", "sandbox", "url"]
