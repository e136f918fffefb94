"""A sidecar whose clock is wrong: ``python -m tests.chaos.skewed_sidecar SECONDS``."""

from __future__ import annotations

import sys
import time

from sidecar.__main__ import app

if __name__ == "__main__":
    _seconds, _clock = float(sys.argv[1]), time.time
    time.time = lambda: _clock() + _seconds
    app(["work"])
