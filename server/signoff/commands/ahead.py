"""Begin to load what takes long, while the command's own modules and the configuration are read."""

from __future__ import annotations


def load_ahead() -> None:
    """Load Google's clients in a thread. For commands that certainly ask Google; whoever asks waits for its end."""
    import threading

    from signoff.systems.google import packages

    threading.Thread(target=packages.load, name="signoff-clients").start()
