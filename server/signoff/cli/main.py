"""The entry: parse, import the chosen handler, and turn whatever happens into an exit code."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

USAGE, BUG, INTERRUPTED = 2, 4, 130


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code. One clear message for what can be expected, one line for a bug, nothing for a closed pipe."""
    from signoff.cli.parser import parse

    try:
        options = parse(sys.argv[1:] if argv is None else list(argv))
        return _handled(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        _flush()


def _handled(options: argparse.Namespace) -> int:
    from importlib import import_module

    from signoff.model.errors import SignoffError

    try:
        module, _, function = options.handler.partition(":")
        handler = getattr(import_module(f"signoff.cli.{module}"), function)
        code: int = handler(options)
    except SignoffError as error:
        from signoff.cli.output import tell_error

        tell_error(error, as_json=getattr(options, "json", False))
        return error.exit_code
    except BrokenPipeError:
        return 0
    except Exception as error:
        from signoff.cli.output import tell_bug

        tell_bug(error, whole=os.environ.get("SIGNOFF_DEBUG") == "1")
        return BUG
    return code


def _flush() -> None:
    """A reader that went away (`signoff run | head -1`) is no trouble of ours, also not at Python's own last flush."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
