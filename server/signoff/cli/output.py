"""What the command line prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any, TextIO

from signoff.model.errors import SignoffError
from signoff.views import words


def put(text: str) -> None:
    """A line or a page on stdout; what the terminal's encoding does not have is shown as an escape."""
    _write(sys.stdout, text)


def _write(stream: TextIO, text: str) -> None:
    """A reader that went away (`signoff run | head -1`) is no trouble: the exit code stays the verdict's."""
    encoding = stream.encoding or "utf-8"
    end = "" if text.endswith("\n") else "\n"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + end)
        stream.flush()
    except BrokenPipeError:
        # Also for Python's own last flush at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def put_json(value: Any) -> None:
    put(json.dumps(value, indent=2))


def tell(text: str) -> None:
    """A line beside the result."""
    _write(sys.stderr, text)


def tell_error(error: SignoffError, *, as_json: bool) -> None:
    """What is wrong, where, and what to do."""
    if as_json:
        fields = {"what": error.what, "where": error.where, "fix": error.fix}
        put_json({"schema": 1, "error": {key: value and words.name(value) for key, value in fields.items()}})
    tell(f"signoff: {words.error(error)}")


def tell_bug(error: Exception, *, whole: bool) -> None:
    """One line; an exception's text may hold anything, so that only its kind and place are told. `whole`: all of it."""
    if whole:
        tell(words.page("".join(traceback.format_exception(error))))
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/signoff" in f.filename.replace("\\", "/")]
    place = f" at {frames[-1].filename.replace(chr(92), '/').rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    tell(f"signoff: this is a bug in signoff ({type(error).__name__}{place}). SIGNOFF_DEBUG=1 shows all of it.")
