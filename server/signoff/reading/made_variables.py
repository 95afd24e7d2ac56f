"""Shell texts that make variables which no file of the commit and no line of a build names: dotenv files, `source`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from signoff.reading.shell import commands

_DOTENV = r"[\"']?(?P<{0}>[\w./${{}}-]*(?<![\w-])\.env[\w.-]*)[\"']?"
_WRITES = re.compile(
    rf"(?P<how>>>?|\btee\b(?:\s+-a)?)\s*{_DOTENV.format('written')}"
    rf"|\b(?:cp|mv|ln|install|curl|wget|gsutil)\b[^\n;&|]*\s{_DOTENV.format('copied')}\s*(?=$|[\n;&|)])"
)
_SOURCES = re.compile(r"(?:^|[;&|({]|\bthen\b)\s*(?:\.|source)\s+[\"']?(?P<path>[^\s;&|\"')]+)", re.MULTILINE)
_EXPORTS = re.compile(r"\b(?:export|env|xargs)\b[^\n;&|]*\$\(|\bxargs\b[^\n;&|]*\benv\b|\beval\b")
_OPTIONS = frozenset({"-f", "-n", "-p", "-v", "-a"})
_FIRST = (["mkdir"], ["set"], ["apk"], ["apt-get"], ["corepack"])
_INSTALLS = (["npm", "ci"], ["npm", "install"], ["pnpm", "install"], ["yarn", "install"], ["yarn"])
"""What may stand before a copy: it leads to no code that reads the file that is made."""
_HARMLESS = re.compile(
    r"\bactivate\b|nvm\.sh$|\.cargo/env$|(?:^|/)(?:etc/)?\.?(?:bash|zsh)?(?:rc|_?profile)$|rustup|conda\.sh$"
)
"""They put programs on the search path and nothing that an application reads."""


def files_made(text: str) -> tuple[str, ...]:
    """Dotenv files that a command writes: what they hold is there for all that follows in the same folder."""
    found = (one["written"] or one["copied"] for one in _WRITES.finditer(text))
    return tuple(dict.fromkeys(posixpath.basename(path) for path in found))


def written(text: str) -> Mapping[str, bool]:
    """Of the files that a command makes, those that it prints into, and whether that replaces what they held."""
    found: dict[str, bool] = {}
    for one in _WRITES.finditer(text):
        if one["written"]:
            name = posixpath.basename(one["written"])
            found[name] = found.get(name, False) or one["how"] in {">", "tee"}
    return found


def copied(text: str) -> Mapping[str, str]:
    """Dotenv files that `cp` makes, with what it makes them from: those alone that are there before any program of the
    project runs, and that nothing else in the text replaces.
    """
    if "||" in text or not _WRITES.search(text):
        return {}
    replaced = {name for name, whole in written(text).items() if whole}
    found: dict[str, str] = {}
    for one in commands(text):
        words = [word for word in one.words if word not in _OPTIONS]
        if words[:1] == ["cp"] and len(words) == 3 and not any("$" in word or "*" in word for word in words):
            if posixpath.basename(words[2]).startswith(".env") and posixpath.basename(words[2]) not in replaced:
                found[words[2]] = words[1]
        elif words[:1] not in _FIRST and words[:2] not in _INSTALLS:
            break
    return found


def sourced(text: str) -> tuple[str, ...]:
    """What a command takes variables from for the rest of itself."""
    files = [one["path"] for one in _SOURCES.finditer(text) if not _HARMLESS.search(one["path"])]
    return tuple(dict.fromkeys([*files, *(["what a command prints"] if _EXPORTS.search(text) else [])]))
