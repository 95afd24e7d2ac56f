"""A script of SQL as its statements, as psql splits it: each with the line where it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.model.replay import Statement
from signoff.model.sql_use import Place

_TOKEN = re.compile(
    r"--[^\n]*"
    r"|(?P<comment>/\*)"
    r"|(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'"
    r"|'(?:[^']|'')*'"
    r'|"(?:[^"]|"")*"'
    r"|(?<![\w$])\$(?P<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|)\$.*?\$(?P=tag)\$"
    r"|(?P<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)"
    r"|(?P<sign>[();])"
    r"|(?P<meta>\\[^\n]*)",
    re.DOTALL,
)
_FROM_STDIN = re.compile(r"\s*copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)
_END_OF_DATA = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)
_HARMLESS = ("\\restrict", "\\unrestrict", "\\echo", "\\set", "\\unset", "\\timing", "\\pset", "\\encoding",
             "\\connect", "\\c ", "\\.")  # fmt: skip


class MetaCommand(ValueError):
    """A command of psql that changes what is run, and that nothing but psql understands. Its text is for people."""


def statements(text: str, path: str) -> Iterator[Statement]:
    r"""In order. What psql alone understands is passed over where it changes nothing (`\connect`: the shadow has one
    database; `\restrict`), as the rows after COPY … FROM stdin are. Raises MetaCommand for any other (`\i`, `\copy`).
    """
    at, start, line, counted = 0, 0, 1, 0
    depth, atomic, first, last = 0, 0, "", ""
    begun: int | None = None
    while found := _TOKEN.search(text, at):
        if begun is None and (here := re.compile(r"\S").search(text, at, found.start())):
            begun = here.start()
        at = found.end()
        if found["comment"]:
            at = _after_comment(text, at)
            continue
        if found[0].startswith("--"):
            continue
        if found["meta"]:
            if not (begun is None and found[0].startswith(_HARMLESS)):
                line = 1 + text.count("\n", 0, found.start())
                raise MetaCommand(f"{path}:{line}: psql's own command {found[0].split()[0]} can not be replayed")
            start = at
            continue
        if begun is None and found["sign"] != ";":
            begun = found.start()
        if found["word"]:
            word = found["word"].lower()
            first = first or word
            if first == "create" and ((word == "atomic" and last == "begin") or (atomic and word in {"case", "begin"})):
                atomic += 1
            elif atomic and word == "end":
                atomic -= 1
            last = word
        elif found["sign"] in {"(", ")"}:
            depth += 1 if found["sign"] == "(" else -1
        elif found["sign"] == ";" and depth <= 0 and not atomic:
            if begun is not None:
                line += text.count("\n", counted, begun)
                counted = begun
                sql = text[begun : found.start()]
                if _FROM_STDIN.match(sql):
                    at = end.end() if (end := _END_OF_DATA.search(text, at)) else len(text)
                else:
                    yield Statement(Place(path, line), sql.rstrip())
            start, depth, first, last, begun = at, 0, "", "", None
    rest = re.compile(r"\S").search(text, max(at, start)) if begun is None else None
    begun = begun if begun is not None else (rest.start() if rest else None)
    if begun is not None:
        yield Statement(Place(path, line + text.count("\n", counted, begun)), text[begun:].rstrip())


def _after_comment(text: str, at: int) -> int:
    """Comments nest."""
    depth = 1
    for found in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return len(text)
