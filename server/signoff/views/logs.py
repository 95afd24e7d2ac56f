"""The process's own log on stderr: what a crash quotes is outside text as well."""

from __future__ import annotations

import logging

from signoff.views.words import page


class Released(logging.Formatter):
    """The record with its traceback, line by line without secrets and control sequences."""

    def format(self, record: logging.LogRecord) -> str:
        return page(super().format(record))


def to_stderr(level: int) -> None:
    """Where all loggers of this process write, those of the libraries too. To be called before a library does so."""
    handler = logging.StreamHandler()
    handler.setFormatter(Released("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
