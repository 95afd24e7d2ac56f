"""The entry: parse, import the chosen handler, and turn whatever happens into an exit code."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

USAGE, BUG, INTERRUPTED = 2, 4, 130
ASK_GOOGLE = frozenset({"deploy:deploy", "deploy:rollback", "deploy:run_job", "deploy:approve"})
"""Handlers whose every call asks Google, whatever it finds."""


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code. One clear message for what can be expected, one line for a bug."""
    from signoff.cli.parser import parse

    if argv is None:
        _short_lived()
    try:
        options = parse(sys.argv[1:] if argv is None else list(argv))
        return _handled(options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _short_lived() -> None:
    """A command ends soon: what it made is given back with the process, not looked through for cycles object by object.

    That took a tenth of the start, while modules are loaded, and a quarter of a second at the end.
    """
    import atexit
    import gc

    gc.set_threshold(500_000)
    atexit.register(gc.freeze)


def _handled(options: argparse.Namespace) -> int:
    from importlib import import_module

    from signoff.model.errors import SignoffError

    try:
        if options.handler in ASK_GOOGLE and getattr(options, "status", None) is None:
            from signoff.commands.ahead import load_ahead

            load_ahead()
        module, _, function = options.handler.partition(":")
        handler = getattr(import_module(f"signoff.cli.{module}"), function)
        code: int = handler(options)
    except SignoffError as error:
        from signoff.cli.output import tell_error

        tell_error(error, as_json=getattr(options, "json", False))
        return error.exit_code
    except Exception as error:
        from signoff.cli.output import tell_bug

        tell_bug(error, whole=os.environ.get("SIGNOFF_DEBUG") == "1")
        return BUG
    return code
