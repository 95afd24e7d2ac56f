"""What the command line prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from signoff.model.errors import SignoffError
from signoff.views import words


def put(text: str) -> None:
    """A line or a page on stdout; what the terminal's encoding does not have is shown as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    if not text.endswith("\n"):
        sys.stdout.write("\n")


def put_json(value: Any) -> None:
    put(json.dumps(value, indent=2))


def tell(text: str) -> None:
    """A line beside the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def tell_error(error: SignoffError, *, as_json: bool) -> None:
    """What is wrong, where, and what to do."""
    if as_json:
        fields = {"what": error.what, "where": error.where, "fix": error.fix}
        put_json({"schema": 1, "error": {key: value and words.name(value) for key, value in fields.items()}})
    tell(f"signoff: {words.error(error)}")


def tell_bug(error: Exception, *, whole: bool) -> None:
    """One line; an exception's text may hold anything, so that only its kind and place are told. `whole`: all of it."""
    if whole:
        traceback.print_exception(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/signoff" in f.filename.replace("\\", "/")]
    place = f" at {frames[-1].filename.replace(chr(92), '/').rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    tell(f"signoff: this is a bug in signoff ({type(error).__name__}{place}). SIGNOFF_DEBUG=1 shows all of it.")
