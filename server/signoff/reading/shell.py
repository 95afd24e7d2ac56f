"""Commands in a shell text, as far as a reader can know them: nothing is run or expanded.

Good enough for what deploy scripts, make recipes and CI steps hold; a word with a variable keeps its `$`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|readonly\s+|local\s+|declare\s+)?([A-Za-z_]\w*)\s*(?:=|:=|\?=|:\s)\s*"
    r"""("[^"\n]*"|'[^'\n]*'|[^\s#;&|]*)[ \t]*(?:#.*|;.*|&&.*)?$""",
    re.MULTILINE,
)
_VARIABLE = re.compile(
    r"\$\{\{\s*(?:env|vars)\.(?P<action>\w+)\s*\}\}|\$\{(?P<braced>\w+)(?::?-(?P<default>[^}$]*))?\}"
    r"|\$(?P<plain>[A-Za-z_]\w*)"
)
_MAKE_VARIABLE = re.compile(r"\$\((\w+)\)")
_ENDS = re.compile(r"&&|\|\||[;|&()\n]+")
_FORGIVING = frozenset({"true", ":", "echo", "printf"})
"""Commands that succeed: where one of them is what follows `||`, a failure before it ends nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """`words` with quotes removed; `line` is that of its first word, counted from 1.

    `forgiven`: what follows it after `||` lets the script go on where it fails. `ends`: `;` or the line's end follows
    it, outside of parentheses; None where that can not be told.
    """

    words: tuple[str, ...]
    line: int
    forgiven: bool = False
    ends: bool | None = False


def assignments(text: str) -> Mapping[str, str]:
    """Names that are given one value only in the text (`A=b`, make's `A := b`, a workflow's `A: b`)."""
    found: dict[str, set[str]] = {}
    for match in _ASSIGNED.finditer(text):
        value = match[2].strip("\"'")
        own_default = re.fullmatch(rf"\$\{{{match[1]}:?-([^}}$]*)\}}", value)
        found.setdefault(match[1], set()).add(own_default[1] if own_default else value)
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1 and values != {""}}


def filled(word: str, values: Mapping[str, str]) -> str:
    """The word with known variables replaced (a few times, for values made of variables); others keep their `$`."""

    def value(match: re.Match[str]) -> str:
        name = match["action"] or match["braced"] or match["plain"]
        return values.get(name, match["default"] if match["default"] is not None else match.group())

    for _round in range(4):
        word, before = _VARIABLE.sub(value, word)[:4096], word
        if word == before:
            break
    return word


def commands(text: str) -> Iterator[Command]:
    """Each simple command in order; here-documents and comments may give words that are none, which do no harm."""
    line = 1
    text = _MAKE_VARIABLE.sub(r"${\1}", text)
    for logical, lines in _logical_lines(text):
        for words, forgiven, ends in _split(logical):
            yield Command(tuple(words), line, forgiven, ends)
        line += lines


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    pending, count = "", 0
    for line in text.split("\n"):
        count += 1
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1] + " "
            continue
        yield pending + line, count
        pending, count = "", 0
    if pending:
        yield pending, count


class _Line:
    """One logical line, read sign by sign; what `$(…)` runs stands before the command that takes it."""

    def __init__(self) -> None:
        self.found: list[tuple[list[str], bool]] = []
        self.ended = list[int]()
        """How many commands there were at each `;` outside of parentheses."""
        self.words = list[str]()
        self.around = list[list[str]]()  # of each `$(` that is open, the words before it
        self.groups = list[int]()  # of each `(` that is open, the first of the list that it stands in
        self.first = 0  # of the list of commands that `&&` and `||` join
        self.alternative = False

    def command(self) -> None:
        """The words so far are one."""
        if not self.words:
            return
        if self.alternative and self.words[0] in _FORGIVING:
            self.found[self.first :] = [(one, True) for one, _ in self.found[self.first :]]
        self.found.append((self.words, False))
        self.words, self.alternative = [], False

    def sign(self, signs: str) -> None:
        """One or more of `;&|()` that stand together."""
        if signs.startswith("(") and self.words and self.words[-1].endswith("$"):
            self.around.append(self.words)
            self.words = []
            return
        self.command()
        closes = signs[: len(signs) - len(signs.lstrip(")"))]
        for _ in zip(closes, range(len(self.around)), strict=False):
            self.command()
            self.words = self.around.pop()
        if closes and self.words and signs == closes:
            return  # the command that took what `$(…)` says goes on
        self.command()
        self.alternative = "||" in signs
        for one in signs:
            if one == ")" and self.groups:
                self.first = self.groups.pop()
            elif one in "(;":
                self.groups += [self.first] if one == "(" else []
                self.first = len(self.found)
        if ";" in signs and not (self.groups or self.around):
            self.ended.append(len(self.found))


def _split(logical: str) -> Iterator[tuple[list[str], bool, bool | None]]:
    """Words, `forgiven` and `ends` of each command of a logical line."""
    lexer = shlex.shlex(logical.strip().lstrip("@-"), posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    line, last = _Line(), ""
    try:
        for last in lexer:
            if _ENDS.fullmatch(last):
                line.sign(last)
            else:
                line.words.append(last)
    except ValueError:  # a quotation that goes on in the next line
        yield logical.split(), False, None
        return
    line.command()
    goes_on = last in {"&&", "||", "|"}
    for number, (words, forgiven) in enumerate(line.found, 1):
        ends = number in line.ended or (number == len(line.found) and not goes_on)
        yield words, forgiven, None if line.groups else ends
