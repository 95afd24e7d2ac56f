"""Begin to load what takes long, while the command's own modules and the configuration are read."""

from __future__ import annotations


def load_ahead() -> None:
    """Load Google's clients and git's, and get ready what their answers are shown with, each in a thread.

    For commands that certainly ask Google; whoever needs one of them waits for its end.
    """
    import threading

    from signoff.views import ready

    threading.Thread(target=ready.prepare, name="signoff-ready").start()
    from signoff.systems.git import process
    from signoff.systems.google import packages

    threading.Thread(target=packages.load, name="signoff-clients").start()
    threading.Thread(target=process.load, name="signoff-git").start()
