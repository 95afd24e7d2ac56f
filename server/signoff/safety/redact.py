"""Hide secrets in text: values that this process holds, and what looks like a secret by its context or shape.

Pure: the environment is given. A hidden secret leaves `[hidden]`, so that a reader sees that something was there.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlsplit

from signoff.safety.leaks import tokens
from signoff.safety.rules import HIDDEN, rules_for

_SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:\w*(?:password|passwd|passphrase|secret|token|credential)s?|pwd|pat|dsn|auth|(?:api|access|private|"
    r"signing|encryption|service|account|auth|session)_?key|apikey|(?:database|db|redis|mongo|postgres|amqp|broker)_ur[il]|"
    r"webhook_url|connection_string)(?:_[0-9]+|_base64|_b64|_json)?$"
)
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\)[^\n]*")
_PLAIN_WORD = re.compile(r"[a-z]{1,11}|[A-Z]{1,11}|[0-9]{1,11}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

SHORTEST = 8
"""Shorter values are hidden only where their context says so: hiding every "test1" would make a report unreadable."""


@dataclass(frozen=True, slots=True)
class Held:
    """Exact values to hide, in every spelling in which they travel. Made once by `held_in`."""

    pattern: re.Pattern[str] | None


def held_in(environment: Mapping[str, str], secrets: Iterable[str] = ()) -> Held:
    """The values of secret-named variables, and what is known to be a secret whatever it looks like.

    A variable that holds a path to a secret, or a plain short word, is not hidden as such.
    """
    spellings = {spelling for value in secrets if len(value) >= SHORTEST for spelling in _spellings(value)}
    for name, value in environment.items():
        if _SECRET_NAME.search(name):
            for part in _parts(value):
                spellings.update(_spellings(part))
    longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
    return Held(re.compile("|".join(map(re.escape, longest_first))) if longest_first else None)


def is_secret_name(name: str) -> bool:
    """Whether a variable or field of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def redacted(text: str, held: Held) -> str:
    """The text without its secrets; what was hidden once stays as it is when hidden again."""
    if held.pattern is not None and held.pattern.search(text):
        text = _without_held(text, held.pattern)
    for rule in rules_for(text.lower()):
        text = rule.hide(text)
    for token in tokens(text):
        text = text.replace(token, HIDDEN)
    return text


def _without_held(text: str, pattern: re.Pattern[str]) -> str:
    """A held value may stand inside a longer secret: what that looks like is told by the text as it was."""
    longer = {value for rule in rules_for(text.lower()) for value in rule.values(text)} | set(tokens(text))
    text = pattern.sub(HIDDEN, text)
    for left in sorted((pattern.sub(HIDDEN, value) for value in longer), key=len, reverse=True):
        if HIDDEN in left:
            text = text.replace(left, HIDDEN)
    return text


def _parts(value: str) -> Iterator[str]:
    """The value; the password inside it, where it is a URL; its lines, since logs cut a key into lines."""
    if _worth_hiding(value.strip()):
        yield value.strip()
    lines = value.split("\n")
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= 2 * SHORTEST and "-----" not in line)
    if "://" in value:
        try:
            password = urlsplit(value.strip()).password
        except ValueError:
            return
        if password is not None and _worth_hiding(password):
            yield password


def _worth_hiding(value: str) -> bool:
    return len(value) >= SHORTEST and not _PATH.fullmatch(value) and not _PLAIN_WORD.fullmatch(value)


def _spellings(value: str) -> Iterator[str]:
    """As it is, in a URL (either case of the escapes), in JSON, and inside base64 at each of the three alignments."""
    raw = value.encode("utf-8", "surrogateescape")
    yield value
    for encoded in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), encoded)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode("ascii").rstrip("=")
        # Characters at the edges also hold bits of the neighbours: only the inner ones are the value's own.
        first = (offset * 8 + 5) // 6
        inner = encoded[first : (offset + len(raw)) * 8 // 6]
        if len(inner) >= SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
