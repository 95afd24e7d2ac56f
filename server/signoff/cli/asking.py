"""Ask the person at this terminal, while nothing else moves on it; and heed what they interrupt."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from signoff.cli.output import tell
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


@contextmanager
def stopping_once(progress: Shown) -> Iterator[None]:
    """Ctrl-C stops what runs, at a safe point; pressed again it does not break off the way back to there.

    The loop's own handler would end everything at the second one (asyncio.Runner), and leave traffic where it is.
    """
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
    asked_before = False

    def say(words: str) -> None:
        progress.hide()
        tell(f"\n{words}")

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked_before
        if asked_before:
            loop.call_soon_threadsafe(say, "Still stopping: what is under way is ended, and what failed is undone.")
            return
        asked_before = True
        loop.call_soon_threadsafe(say, "Stopping at a safe point.")
        if callable(before):
            before(number, frame)

    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
