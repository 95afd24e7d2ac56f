"""The parts of a filter expression."""

from __future__ import annotations

from dataclasses import dataclass


class FilterError(Exception):
    """A filter that cannot be understood; `position` counts characters from 0."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"Unparseable filter: {what} at position {position}")
        self.position = position


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
