"""Children that can be interrupted, also where the tests themselves run in the background with SIGINT ignored."""

from __future__ import annotations

import signal


def heeded() -> None:
    """As `preexec_fn`: a program inherits that a signal is ignored, and Python then never raises KeyboardInterrupt."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
