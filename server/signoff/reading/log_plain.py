"""Plain lines that say themselves that they are errors: by a logger's level, or in the words of a shell or client."""

from __future__ import annotations

import re

_STAMP = r"[\[\d\-:.,TZUC/+ \]]{0,60}"
_BETWEEN = r"(?:(?:\[[^\]\n]{1,80}\]|[\w./:-]{1,150}:\d{1,6}:?) ){0,2}"
"""A thread's name or a place in the code, which may stand before the level (logback, gorm, psql)."""
_LEVEL = re.compile(
    # A logger's level in capitals; glog's letter.
    _STAMP + _BETWEEN + r"[\[(]?(?:ERROR|CRITICAL|FATAL|SEVERE|ALERT|EMERGENCY)[\]):|,\s]|[EF]\d{4} \d\d:\d\d:"
    # nginx and zap's console write it small, in brackets or between tabs; logfmt as a field.
    r"|" + _STAMP + r"(?:\[(?:error|crit|alert|emerg|fatal)\] |\t(?:error|d?panic|fatal)\t)"
    r"|(?:[\w.]{1,20}=(?:\"[^\"]{0,60}\"|\S{1,60}) ){0,3}(?:level|lvl|severity)=\"?(?:error|err|fatal|panic|crit)"
)
_SAYS = re.compile(
    # Go's standard logger has no levels: what follows its date, and maybe its file and line, are the words.
    r"(?:\d{4}/\d\d/\d\d [\d:.]{8,15} )?(?:[\w./-]{1,80}\.go:\d{1,6}: )?(?:(?i:error|fatal): "
    r"|[Ee]rror (?!handling|handler|reporting|logging|tracking|rate)(?:\w+ing|in|on|from|during|when|while|occurred)\b)"
    # bash: https://www.gnu.org/software/bash/manual/bash.html#Invoking-Bash; dash says no "line".
    r"|[\w./-]{1,200}: line \d{1,6}: |[\w./-]{0,200}sh: \d{1,6}: \S"
)
_QUIET = re.compile(
    r"[^\t]{0,60}\t(?:debug|info|warn|DEBUG|INFO|WARN)\t|.{0,80}\blevel=\"?(?:debug|info|warn)", re.ASCII
)
_STATUS = re.compile(r"\bgoogleapi: Error \d{3}\b|\brpc error: code = [A-NP-Z]")
"""What Google's and gRPC's Go clients call an error; the code OK is none."""


def has_level(line: str) -> bool:
    """Whether a logger wrote an error's level at the beginning of the line."""
    return _LEVEL.match(line[:200]) is not None


def has_quiet_level(line: str) -> bool:
    """Whether zap's console or logfmt says that it is no error; zap may print a stack below a warning."""
    return _QUIET.match(line[:200]) is not None


def says_error(line: str) -> bool:
    """Whether a line without a level is an error by its words; asked only of standard error."""
    return _SAYS.match(line[:400]) is not None or _STATUS.search(line[:1_000]) is not None
