"""Ask the person at this terminal, while nothing else moves on it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from signoff.cli.progress import Shown


def asked(question: str, progress: Shown) -> str:
    """The line that was typed; without its end at Ctrl-D. Raises KeyboardInterrupt at Ctrl-C.

    Called from the event loop, which stands still meanwhile: nothing is under way while a person decides.
    """
    progress.hide()
    with _interruptible():
        sys.stdout.write(question)
        sys.stdout.flush()
        line = sys.stdin.readline()
    if not line.endswith("\n"):
        sys.stdout.write("\n")
    return line


@contextmanager
def _interruptible() -> Iterator[None]:
    """The loop's own handler only asks the loop to cancel, and the reading goes on until Enter (PEP 475)."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
