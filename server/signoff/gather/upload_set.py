"""What an upload of the tree leaves out: `.gcloudignore`, as `gcloud builds submit` reads it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from signoff.gather.meeting import layout
from signoff.gather.parts import files
from signoff.model.facts import Known, Unknown
from signoff.survey import Survey

_INCLUDE = "#!include:"


async def left_out(survey: Survey) -> Known[frozenset[bytes]] | Unknown:
    """The tracked files that an upload would not hold.

    The syntax is gitignore's, and `#!include:FILE` takes another file in; without a `.gcloudignore` gcloud leaves out
    what `.gitignore` names, where there is one: https://cloud.google.com/sdk/gcloud/reference/topic/gcloudignore
    """
    at, known = await survey.get(layout), await survey.get(files)
    if isinstance(at, Unknown):
        return at
    if isinstance(known, Unknown):
        return known
    lines = await asyncio.to_thread(_lines, at.value.top)
    paths = [entry.path for entry in known.value]
    return Known(await asyncio.to_thread(_ignored, lines, paths), known.ref)


def _lines(top: Path) -> list[str]:
    own = top / ".gcloudignore"
    if not own.is_file():
        return _read(top / ".gitignore") if (top / ".gitignore").is_file() else []
    found: list[str] = []
    for line in _read(own):
        if line.startswith(_INCLUDE):
            other = top / line.removeprefix(_INCLUDE).strip()
            found.extend(_read(other) if other.is_file() else [])
        else:
            found.append(line)
    return found


def _read(file: Path) -> list[str]:
    return file.read_text("utf-8", "surrogateescape").splitlines()


def _ignored(lines: list[str], paths: list[bytes]) -> frozenset[bytes]:
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(lines)
    return frozenset(path for path in paths if spec.match_file(path.decode("utf-8", "surrogateescape")))
