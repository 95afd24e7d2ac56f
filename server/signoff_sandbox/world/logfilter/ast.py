"""The parts of a filter expression."""

from __future__ import annotations

from dataclasses import dataclass


class FilterError(Exception):
    """A filter that cannot be understood; `position` counts characters from 0.

    `token`: what stands there, where that is the mistake. Its words are then Google's, which count lines and columns.
    """

    def __init__(self, position: int, what: str, token: str | None = None) -> None:
        super().__init__(f"{what} at position {position}")
        self.position, self.what, self.token = position, what, token

    def said(self, text: str) -> str:
        """The error as Cloud Logging says it of the filter `text`."""
        before = text[: self.position]
        place = f"line {before.count(chr(10)) + 1}, column {self.position - before.rfind(chr(10))}"
        if self.token is not None:
            return f"Unparseable filter: syntax error at {place}, token '{self.token}'"
        return f"Unparseable filter: {self.what} at {place}"


class NotModelled(FilterError):
    """A function of the language that nobody has made here."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as written. Quotes matter: `*` unquoted asks for presence, `NULL_VALUE` unquoted is null."""

    text: str
    quoted: bool
    position: int


@dataclass(frozen=True, slots=True)
class Anywhere:
    """A bare term: it may stand in any field."""

    value: Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path OP value`; the path's segments come without quotes. `exact`: text is compared as it is written."""

    path: tuple[str, ...]
    operator: str
    value: Value
    position: int
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language, such as `log_id("stdout")`."""

    name: str
    arguments: tuple[Value, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    term: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of them; none at all matches everything."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Expression, ...]


Expression = Anywhere | Comparison | Call | Not | And | Or
