"""Plain lines that say themselves that they are errors: by a logger's level, or in the words of a shell or client."""

from __future__ import annotations

import re

from signoff.reading.logs.level import level

_STAMP = r"[\[\d\-:.,TZUC/+ \]]{0,60}"
_BETWEEN = r"(?:(?:\[[^\]\n]{1,80}\]|[\w./:-]{1,150}:\d{1,6}:?) ){0,2}"
"""A thread's name or a place in the code, which may stand before the level (logback, gorm, psql)."""
_LEVEL = re.compile(
    # A logger's level in capitals; glog's letter.
    _STAMP + _BETWEEN + r"[\[(]?(?:ERROR|CRITICAL|FATAL|SEVERE|ALERT|EMERGENCY)[\]):|,\s]|[EF]\d{4} \d\d:\d\d:"
    # nginx and zap's console write it small, in brackets or between tabs; logfmt as a field.
    r"|" + _STAMP + r"(?:\[(?:error|crit|alert|emerg|fatal)\] |\t(?:error|d?panic|fatal)\t)"
    r"|(?:[\w.]{1,20}=(?:\"[^\"]{0,60}\"|\S{1,60}) ){0,3}(?:level|lvl|severity)=\"?(?i:error|err|fatal|panic|crit)"
    # Monolog: the channel, a dot and the level.
    r"|" + _STAMP + r"[\w-]{1,40}\.(?:ERROR|CRITICAL|ALERT|EMERGENCY): "
    # Redis: `#` is the loudest level, of warnings too (https://redis.io/docs/latest/operate/oss_and_stack/management/config-file/).
    r"|\d{1,7}:[MSCX] \d\d \w{3} \d{4} [\d:.]{8,15} # (?!WARNING)(?=.{0,60}"
    r"\b(?i:can't|cannot|could not|error|failed|failure|fatal|unable|crashed|out of memory|misconf|bug)\b)"
)
_ERRNO = re.compile(
    r"(?i:connection refused|connection reset by peer|broken pipe|address already in use|no such file or directory"
    r"|permission denied|operation not permitted|no such host|name or service not known|i/o timeout"
    r"|connection timed out|deadline exceeded|network is unreachable|no route to host|no space left on device"
    r"|too many open files|cannot allocate memory|exec format error|not found in \$PATH|authentication failed"
    r"|unexpected EOF|certificate has expired|unknown authority)[.!\"')\]]{0,3}$"
)
"""The operating system's words for what failed, at a line's end (strerror(3), and what resolvers and TLS add)."""
_FATAL = re.compile(
    # PHP's own words, which php-fpm wraps in lines of a quiet level; an exception that Ruby's `inspect` shows.
    r"\bPHP (?:Fatal|Parse|Recoverable fatal) error: |: #<[A-Z][\w:]{0,100}(?:Error|Exception): "
    r"|\bpanic recovered:|^\S{1,200}: No module named "
)
_GOES_ON = (
    r"\b(?i:retry|retrying|ignor(?:ed|ing)|skipp(?:ed|ing)|using (?:the )?default|instead"
    r"|fall(?:s|ing)? back|continuing)\b"
)
"""Something failed, and the program knows what to do without it."""
_PROGRAM = re.compile(r"\d{4}/\d\d/\d\d [\d:.]{8,15} |[\w./-]{1,200}: |exec ")
_KNOWS = re.compile(_GOES_ON)
_WARNS = re.compile(
    r"(?:\(\w{1,20}:\d{1,9}\) )?(?:\[[\w-]{1,20}\] )?\w{0,60}Warning: |[\w./-]{1,300}:\d{1,6}: \w{0,60}Warning: "
)
"""Node.js and Python warn in lines of their own."""
_WRAPPED = r"(?:[a-z][\w .-]{1,60}: ){0,4}"
"""What Go's errors put before the words of the one that they wrap."""
_SAYS = re.compile(
    # Go's standard logger has no levels: what follows its date, and maybe its file and line, are the words.
    r"(?:[^\w\s\"'`([{<]{1,3} )?(?:\d{4}/\d\d/\d\d [\d:.]{8,15} )?(?:[\w./-]{1,80}\.go:\d{1,6}: )?"
    r"(?:\[[^\]\n]{1,80}\] )?"
    r"(?:(?i:error|fatal): "
    r"|" + _WRAPPED + r"(?i:failed to|could not|cannot|can't|unable to) \w+\b(?!.{0,300}" + _GOES_ON + r")"
    r"|" + _WRAPPED + r"(?:required (?:key|variable|environment variable) \S{1,100} missing|missing required )"
    r"|[Ee]rror (?!handling|handler|reporting|logging|tracking|rate)(?:\w+ing|in|on|from|during|when|while|occurred)\b)"
    # bash: https://www.gnu.org/software/bash/manual/bash.html#Invoking-Bash; dash says no "line".
    r"|[\w./-]{1,200}: line \d{1,6}: |[\w./-]{0,200}sh: \d{1,6}: \S"
)
_QUIET = re.compile(
    r"[^\t]{0,60}\t(?:debug|info|warn|DEBUG|INFO|WARN)\t|.{0,80}\blevel=\"?(?:debug|info|warn)", re.ASCII
)
_ENDED = re.compile(
    r"Container called exit\((?!(?:0|143)\))|Container terminated on signal (?!15\b)|Uncaught signal: (?!15\b)"
)
_STATUS = re.compile(r"\bgoogleapi: Error \d{3}\b|\brpc error: code = [A-NP-Z]")
"""What Google's and gRPC's Go clients call an error; the code OK is none."""


def has_level(line: str) -> bool:
    """Whether a logger wrote an error's level at the beginning of the line."""
    stated = level(line)
    return _LEVEL.match(line[:200]) is not None if stated is None else stated


def has_quiet_level(line: str) -> bool:
    """Whether the line says that it is no error; zap may print a stack below a warning, Node.js too."""
    return level(line) is False or _QUIET.match(line[:200]) is not None


def says_error(line: str) -> bool:
    """Whether a line without a level is an error by its words; asked only of standard error."""
    if level(line) is False or warns(line):
        return _FATAL.search(line[:400]) is not None
    if _SAYS.match(line[:400]) or _STATUS.search(line[:1_000]) or _FATAL.search(line[:400]):
        return True
    return (
        _ERRNO.search(line[-200:]) is not None
        and _PROGRAM.match(line[:300]) is not None
        and not _KNOWS.search(line[:1_000])
    )


def ended(line: str) -> bool:
    """Whether Cloud Run says of a container that it ended by itself; after a SIGTERM it ends because it is told to.

    https://cloud.google.com/run/docs/container-contract#instance-shutdown
    """
    return _ENDED.match(line) is not None


def warns(line: str) -> bool:
    """Whether a runtime's own warning begins here."""
    return _WARNS.match(line[:400]) is not None
