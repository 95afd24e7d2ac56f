"""Tokens -> an expression, by recursive descent.

expression = [ factor { ["AND"] factor } ]      NOT binds tightest, then OR, then AND
factor     = term { "OR" term }
term       = [ "NOT" | "-" ] ( "(" expression ")" | comparison | call | value )
comparison = path operator ( value | "(" expression of values ")" )
"""

from __future__ import annotations

from dataclasses import dataclass

from signoff_sandbox.world.logfilter.ast import (
    And,
    Anywhere,
    Call,
    Comparison,
    Expression,
    FilterError,
    Not,
    Or,
    Value,
)
from signoff_sandbox.world.logfilter.lexer import Token, tokens, unescaped

LONGEST = 20_000  # characters; Google's limit
DEEPEST = 100
RESERVED = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Head:
    """The left side of a comparison, for each value of a list on its right."""

    path: tuple[str, ...]
    operator: str
    position: int


def parse(text: str) -> Expression:
    """The expression of a filter; an empty one matches everything. Raises FilterError."""
    if len(text) > LONGEST:
        raise FilterError(LONGEST, f"longer than {LONGEST} characters")
    parser = Parser(tokens(text))
    expression = parser.expression(None)
    parser.expect("end")
    return expression


class Parser:
    """Reads tokens from left to right. A `head` turns bare values into comparisons with it."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def expect(self, kind: str) -> Token:
        if self._next.kind != kind:
            raise self._unexpected(f"expected {kind!r}" if kind != "end" else "")
        return self._take()

    def _unexpected(self, hint: str = "") -> FilterError:
        token = self._next
        what = "unexpected end" if token.kind == "end" else f"unexpected {token.raw!r}"
        return FilterError(token.position, f"{what}, {hint}" if hint else what, token.raw)

    def _keyword(self, name: str) -> bool:
        return self._next.kind == "word" and self._next.raw == name

    def expression(self, head: Head | None) -> Expression:
        factors: list[Expression] = []
        while self._next.kind not in ("end", ")"):
            if factors and self._keyword("AND"):
                self._take()
            factors.append(self._factor(head))
        return factors[0] if len(factors) == 1 else And(tuple(factors))

    def _factor(self, head: Head | None) -> Expression:
        terms = [self._term(head)]
        while self._keyword("OR"):
            self._take()
            terms.append(self._term(head))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _term(self, head: Head | None) -> Expression:
        if self._keyword("NOT"):
            self._take()
            return Not(self._nested(head))
        if self._next.kind == "-":
            self._take()
            return Not(self._nested(head))
        if self._next.kind == "word" and self._next.raw.startswith("-") and head is None:
            token = self._next
            self._tokens[self._at] = Token("word", token.text[1:], token.raw[1:], token.position + 1, True)
            return Not(self._simple(head))
        return self._simple(head)

    def _nested(self, head: Head | None) -> Expression:
        """A term inside another one, at most `DEEPEST` deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError(self._next.position, "too deeply nested")
        term = self._term(head)
        self._depth -= 1
        return term

    def _parenthesised(self, head: Head | None) -> Expression:
        opening = self.expect("(")
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError(opening.position, "too deeply nested")
        if self._next.kind == ")":
            raise self._unexpected("expected an expression")
        inside = self.expression(head)
        self.expect(")")
        self._depth -= 1
        return inside

    def _simple(self, head: Head | None) -> Expression:
        token = self._next
        if token.kind == "(":
            return self._parenthesised(head)
        if token.kind not in ("word", "string") or (token.kind == "word" and token.raw in RESERVED):
            raise self._unexpected("expected a value" if head else "expected a comparison or a term")
        if head is not None:
            return Comparison(head.path, head.operator, self._value(), head.position)
        start = self._at
        path = self._path()
        if self._next.kind == "operator":
            return self._comparison(Head(path, self._take().raw, token.position))
        self._at = start
        if token.kind == "word" and self._tokens[start + 1].kind == "(" and self._tokens[start + 1].glued:
            return self._call()
        return Anywhere(self._value())

    def _comparison(self, head: Head) -> Expression:
        if self._next.kind == "(":
            return self._parenthesised(head)
        if self._next.kind not in ("word", "string") or self._keyword("AND") or self._keyword("OR"):
            raise self._unexpected("expected a value")
        return Comparison(head.path, head.operator, self._value(), head.position)

    def _value(self) -> Value:
        token = self._take()
        text = token.text if token.kind == "string" else unescaped(token.text)
        return Value(text, token.kind == "string", token.position)

    def _path(self) -> tuple[str, ...]:
        """A dotted path whose segments may be quoted: labels."run.googleapis.com/execution_name"."""
        segments: list[str] = []
        open_end = True  # whether a segment may follow here
        while self._next.kind in ("word", "string"):
            token = self._next
            if segments and not token.glued:
                break
            if token.kind == "string":
                if not open_end:
                    break
                segments.append(token.text)
                open_end = False
            else:
                text = token.raw
                if segments and not open_end:
                    if not text.startswith("."):
                        break
                    text = text[1:]
                open_end = token.raw.endswith(".")
                segments.extend(unescaped(segment) for segment in text.removesuffix(".").split(".") if text)
            self._take()
        return tuple(segments)

    def _call(self) -> Call:
        name = self.expect("word")
        self.expect("(")
        arguments: list[Value] = []
        while self._next.kind != ")":
            if arguments:
                self.expect(",")
            if self._next.kind not in ("word", "string"):
                raise self._unexpected("expected a value")
            arguments.append(self._value())
        self.expect(")")
        return Call(name.raw, tuple(arguments), name.position)
