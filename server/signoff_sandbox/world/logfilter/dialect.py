"""What differs between the lists of Google Cloud that are filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from signoff_sandbox.world.logfilter.ast import And, Comparison, Expression, Not, Or


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one list reads its filters.

    `aliases`: other names of top-level fields. `exact`: text is compared as it is written, and `:` asks for equality,
    as in Google's other filters (https://google.aip.dev/160); Logging ignores case, and `:` looks inside of a text.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False


LOGGING = Dialect()


def exactly(expression: Expression) -> Expression:
    """The same expression with comparisons that read text as it is written."""
    if isinstance(expression, Comparison):
        return replace(expression, exact=True)
    if isinstance(expression, Not):
        return Not(exactly(expression.term))
    if isinstance(expression, And | Or):
        return type(expression)(tuple(exactly(term) for term in expression.terms))
    return expression
