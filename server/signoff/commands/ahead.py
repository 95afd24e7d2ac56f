"""Begin to load what takes long, while the command's own modules and the configuration are read."""

from __future__ import annotations


def load_ahead() -> None:
    """Load Google's clients, and get the rules for secrets ready, each in a thread. For commands that certainly ask
    Google and show what it said; whoever needs one of them waits for its end.
    """
    import threading

    from signoff.safety import leaks

    threading.Thread(target=leaks.prepare, name="signoff-leaks").start()
    from signoff.systems.google import packages

    threading.Thread(target=packages.load, name="signoff-clients").start()
