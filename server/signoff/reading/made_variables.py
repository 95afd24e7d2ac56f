"""Shell texts that make variables which no file of the commit and no line of a build names: dotenv files, `source`."""

from __future__ import annotations

import posixpath
import re

_DOTENV = r"[\"']?(?P<{0}>[\w./${{}}-]*(?<![\w-])\.env[\w.-]*)[\"']?"
_WRITES = re.compile(
    rf"(?:>>?|\btee\b(?:\s+-a)?)\s*{_DOTENV.format('written')}"
    rf"|\b(?:cp|mv|ln|install|curl|wget|gsutil)\b[^\n;&|]*\s{_DOTENV.format('copied')}\s*(?=$|[\n;&|)])"
)
_SOURCES = re.compile(r"(?:^|[;&|({]|\bthen\b)\s*(?:\.|source)\s+[\"']?(?P<path>[^\s;&|\"')]+)", re.MULTILINE)
_EXPORTS = re.compile(r"\b(?:export|env|xargs)\b[^\n;&|]*\$\(|\bxargs\b[^\n;&|]*\benv\b|\beval\b")
_HARMLESS = re.compile(
    r"\bactivate\b|nvm\.sh$|\.cargo/env$|(?:^|/)(?:etc/)?\.?(?:bash|zsh)?(?:rc|_?profile)$|rustup|conda\.sh$"
)
"""They put programs on the search path and nothing that an application reads."""


def files_made(text: str) -> tuple[str, ...]:
    """Dotenv files that a command writes: what they hold is there for all that follows in the same folder."""
    found = (one["written"] or one["copied"] for one in _WRITES.finditer(text))
    return tuple(dict.fromkeys(posixpath.basename(path) for path in found))


def sourced(text: str) -> tuple[str, ...]:
    """What a command takes variables from for the rest of itself."""
    files = [one["path"] for one in _SOURCES.finditer(text) if not _HARMLESS.search(one["path"])]
    return tuple(dict.fromkeys([*files, *(["what a command prints"] if _EXPORTS.search(text) else [])]))
