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

    `forgiven`: what follows it after `||` lets the script go on where it fails.
    """

    words: tuple[str, ...]
    line: int
    forgiven: bool = False


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
        for words, forgiven in _split(logical):
            yield Command(tuple(words), line, forgiven)
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


def _split(logical: str) -> Iterator[tuple[list[str], bool]]:
    """The words of each command, what `$(…)` runs before what takes it, and whether its failure is forgiven."""
    lexer = shlex.shlex(logical.strip().lstrip("@-"), posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    found: list[tuple[list[str], bool]] = []
    words: list[str] = []
    around: list[list[str]] = []
    groups: list[int] = []
    first, alternative = 0, False

    def end() -> None:
        nonlocal words, alternative, first
        if words:
            if alternative and words[0] in _FORGIVING:
                found[first:] = [(one, True) for one, _ in found[first:]]
            found.append((words, False))
            words, alternative = [], False

    try:
        for word in lexer:
            if not _ENDS.fullmatch(word):
                words.append(word)
            elif word.startswith("(") and words and words[-1].endswith("$"):
                around.append(words)
                words = []
            else:
                end()
                closes = word[: len(word) - len(word.lstrip(")"))]
                for _ in zip(closes, range(len(around)), strict=False):
                    end()
                    words = around.pop()
                if not (closes and words) or word != closes:
                    end()
                    alternative = "||" in word
                    for sign in word:
                        if sign == ")" and groups:
                            first = groups.pop()
                        elif sign in "(;":
                            groups += [first] if sign == "(" else []
                            first = len(found)
    except ValueError:  # a quotation that goes on in the next line
        words = logical.split()
    end()
    return iter(found)
