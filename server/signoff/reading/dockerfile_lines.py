"""A Dockerfile's text as instructions: comments, continued lines and here-documents as BuildKit reads them.

An own reader, because what exists does not serve: the binding of BuildKit's parser (`dockerfile` on PyPI) has no wheel
for Linux on ARM and needs Go to be built there, `dockerfile-parse` reads the lines of here-documents as instructions.
Grammar: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.reading.errors import Unreadable

_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_PIECE = re.compile(r"""\s+|\\.|'[^']*'|"(?:\\.|[^"\\])*"|.""", re.DOTALL)
_DIRECTIVE = re.compile(r"#\s*([a-z]+)\s*=\s*(\S+)\s*", re.IGNORECASE)
_WITH_HEREDOCS = {"ADD", "COPY", "RUN"}


@dataclass(frozen=True, slots=True)
class Instruction:
    """`keyword` in capitals; `flags` the leading `--name=value` words; `rest` what follows on the line.

    `documents`: the names of its here-documents (their text is left out), which stand in `rest` as `<<NAME`.
    """

    keyword: str
    flags: tuple[tuple[str, str], ...]
    rest: str
    line: int
    documents: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """The arguments of COPY and ADD: a JSON list, or words between blanks."""
        if self.rest.startswith("["):
            try:
                listed = json.loads(self.rest)
            except (ValueError, RecursionError):
                listed = None
            if isinstance(listed, list) and all(isinstance(word, str) for word in listed):
                return tuple(listed)
        return tuple(self.rest.split())


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction in order. Raises Unreadable for a here-document without its end."""
    lines = text.split("\n")
    escape, at = _directives(lines)
    continued = re.compile(rf"(?:[^{re.escape(escape)}]|^){re.escape(escape)}[ \t]*$")
    while at < len(lines):
        logical, began = "", 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if not line.strip() or line.lstrip().startswith("#"):
                continue  # comments and empty lines do not end a continued instruction either
            began = began or at
            if not continued.search(line):
                logical += line
                break
            logical += line.rstrip(" \t")[:-1]
        if logical.strip():
            instruction, endings = _instruction(logical.strip(), began)
            at = _past_documents(lines, at, endings, instruction.line)
            yield instruction


def _directives(lines: list[str]) -> tuple[str, int]:
    """The escape character, and the first line after the parser directives."""
    escape, at = "\\", 0
    while at < len(lines) and (found := _DIRECTIVE.fullmatch(lines[at])):
        if found[1].lower() == "escape" and found[2] in {"\\", "`"}:
            escape = found[2]
        at += 1
    return escape, at


def _instruction(logical: str, line: int) -> tuple[Instruction, list[tuple[str, bool]]]:
    keyword, rest = _first_word(logical)
    keyword = keyword.upper()
    flags: list[tuple[str, str]] = []
    while rest.startswith("--"):
        word, rest = _first_word(rest)
        name, _, value = word[2:].partition("=")
        flags.append((name, value.strip("\"'")))
    endings = list(_endings(rest)) if keyword in _WITH_HEREDOCS else []
    return Instruction(keyword, tuple(flags), rest, line, tuple(name for name, _tabs in endings)), endings


def _first_word(written: str) -> tuple[str, str]:
    first, *rest = written.split(None, 1)
    return first, rest[0] if rest else ""


def _endings(rest: str) -> Iterator[tuple[str, bool]]:
    """The here-documents that an instruction opens: the ending word, and whether leading tabs are dropped."""
    if "<<" not in rest:
        return
    for word in _shell_words(rest):
        found = _HEREDOC.fullmatch(word)
        if found:
            name = found[2].strip("\"'")
            if name:
                yield name, bool(found[1])


def _shell_words(rest: str) -> list[str]:
    """Words with their quotes kept, so that `"<<EOF"` within quotes is not taken for a here-document.

    With a quote that is not closed on its line there are none, as in BuildKit.
    """
    words = [""]
    for piece in _PIECE.finditer(rest):
        if piece.group() in {"'", '"'}:
            return []
        if piece.group().isspace():
            words.append("")
        else:
            words[-1] += piece.group()
    return words


def _past_documents(lines: list[str], at: int, endings: list[tuple[str, bool]], line: int) -> int:
    for name, tabs in endings:
        while at < len(lines) and (lines[at].lstrip("\t") if tabs else lines[at]) != name:
            at += 1
        if at == len(lines):
            raise Unreadable(f"the here-document {name} does not end", line)
        at += 1
    return at
