"""The filter of ListBuilds: comparisons of fields joined by AND, OR, NOT and parentheses.

https://cloud.google.com/build/docs/view-build-results#filtering_build_results_using_queries and https://google.aip.dev/160
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from signoff_sandbox.world.errors import invalid_argument

Test = Callable[[dict[str, Any]], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>[()])|(?P<operator><=|>=|!=|=|<|>|:)|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<word>[^\s()=<>!:"']+(?::(?=[^\s"'])[^\s()=<>!"']*)*))"""
)
_CAMEL = re.compile(r"_([a-z0-9])")
#: Names that the documentation uses for fields that are called otherwise.
ALIASES = {"build_id": "id", "trigger_id": "build_trigger_id", "images": "images"}
_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ].*")


def compile_filter(text: str) -> Test:
    """A test on a build's JSON. INVALID_ARGUMENT for a filter that cannot be read."""
    if not text.strip():
        return lambda _: True
    parser = _Parser(_tokens(text), text)
    test = parser.any_of()
    if parser.rest:
        raise _unreadable(text, f"unexpected {parser.rest[0][1]!r}")
    return test


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, f"unexpected {text[position]!r}")
        kind = match.lastgroup or ""
        value = match[kind]
        found.append(("value", re.sub(r"\\(.)", r"\1", value)) if kind in ("double", "single") else (kind, value))
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self.rest = tokens
        self._text = text

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._accept("OR"):
            tests.append(self._all_of())
        return lambda build: any(test(build) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self.rest and self.rest[0][1] not in (")", "OR"):
            self._accept("AND")
            tests.append(self._one())
        return lambda build: all(test(build) for test in tests)

    def _one(self) -> Test:
        if self._accept("NOT") or self._accept("-"):
            inverted = self._one()
            return lambda build: not inverted(build)
        if self._accept("("):
            inner = self.any_of()
            if not self._accept(")"):
                raise _unreadable(self._text, "a parenthesis is not closed")
            return inner
        field = self._take("word", "a field")
        negative = field.startswith("-")
        operator = self._take("operator", f"an operator after {field!r}")
        if not self.rest or self.rest[0][0] not in ("word", "value"):
            raise _unreadable(self._text, f"a value is missing after {field!r}")
        value = self.rest.pop(0)[1]
        test = _comparison(field.removeprefix("-"), operator, value)
        return (lambda build: not test(build)) if negative else test

    def _accept(self, word: str) -> bool:
        if self.rest and self.rest[0][0] != "value" and self.rest[0][1] == word:
            self.rest.pop(0)
            return True
        return False

    def _take(self, kind: str, what: str) -> str:
        if not self.rest or self.rest[0][0] != kind:
            raise _unreadable(self._text, f"{what} is missing")
        return self.rest.pop(0)[1]


def _comparison(field: str, operator: str, value: str) -> Test:
    path = [_CAMEL.sub(lambda found: found[1].upper(), part) for part in ALIASES.get(field, field).split(".")]
    if path[0] == "substitutions":
        path = field.split(".")

    def test(build: dict[str, Any]) -> bool:
        found = list(_values(build, path))
        if operator == "!=":
            return all(not _equal(text, value) for text in found)
        if operator in ("=", ":"):
            return any(_equal(text, value) for text in found) or (operator == ":" and value == "*" and bool(found))
        return any(_ordered(text, operator, value) for text in found)

    return test


def _values(node: Any, path: list[str]) -> list[str]:
    """The texts at a path; lists are looked into."""
    if isinstance(node, list):
        return [text for item in node for text in _values(item, path)]
    if not path:
        return [] if isinstance(node, dict) else [str(node)]
    return _values(node[path[0]], path[1:]) if isinstance(node, dict) and path[0] in node else []


def _equal(text: str, value: str) -> bool:
    if _TIMES.fullmatch(text):
        return _ordered(text, "=", value)
    return text.lower() == value.lower() if value.lower() in ("true", "false") else text == value


def _ordered(text: str, operator: str, value: str) -> bool:
    left: Any = text
    right: Any = value
    try:
        left, right = _moment(text), _moment(value)
    except ValueError:
        return False
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "=": left == right}[operator]
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()


def _unreadable(text: str, why: str) -> Exception:
    return invalid_argument(f"Invalid filter {text!r}: {why}.", filter=why)
