"""The process's own log is an output like any other."""

from __future__ import annotations

import logging
import sys

from signoff.views.logs import Released


def test_a_traceback_in_the_log_holds_neither_secrets_nor_control_characters() -> None:
    try:
        int("password=tr0ub4dor")
    except ValueError as error:
        error.add_note("postgres://app:tr0ub4dor@db/app \x1b]0;owned\x07 \u202eevil")
        info = sys.exc_info()
    record = logging.LogRecord("signoff", logging.ERROR, __file__, 1, "it broke with %s", ("password=tr0ub4dor",), info)
    shown = Released("%(levelname)s %(name)s: %(message)s").format(record)
    assert shown.startswith("ERROR signoff: it broke with password=[hidden]\nTraceback (most recent call last):\n")
    assert "tr0ub4dor" not in shown
    assert "\\x1b]0;owned\\x07 \\u202eevil" in shown
