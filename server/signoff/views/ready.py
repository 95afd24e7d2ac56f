"""Get ready what outside text is released with."""

from __future__ import annotations


def prepare() -> None:
    """Have the rules for secrets compiled, which takes as long as loading many modules. For a worker thread."""
    from signoff.safety.leaks import prepare as compiled

    compiled()
