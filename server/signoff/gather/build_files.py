"""The files of the subject's commit that tell what a build reads: code, and what configures its build."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.gather.code import LARGEST, code
from signoff.gather.parts import files
from signoff.model.facts import Known, Unknown
from signoff.survey import Survey
from signoff.systems.git.tree import GITLINK

_SUFFIXES = (".yaml", ".yml", ".toml", ".cfg", ".ini", ".astro", ".mdx", ".html")
_NAMES = ("package.json", "tsconfig", "jsconfig", "dockerfile", "containerfile", ".env", "makefile", "procfile")
"""Beginnings of a file's name, in lower case; those of packages and projects are JSON, as caches and data are too."""
_ENDS = ("package.json", ".dockerfile", ".dockerignore", "project.json", "workspace.json")


async def build_files(survey: Survey) -> Known[Mapping[str, bytes]] | Unknown:
    """By path. Unknown where git does not give every one."""
    known, read = await survey.get(files), await survey.get(code)
    if isinstance(known, Unknown):
        return known
    if isinstance(read, Unknown):
        return read
    named = ((entry.path.decode("utf-8", "surrogateescape"), entry) for entry in known.value if entry.mode != GITLINK)
    wanted = {path: entry.object_id for path, entry in named if path not in read.value and _tells(path)}
    if not wanted:
        return read
    texts = await survey.systems.git.history().small_blobs(list(wanted.values()), LARGEST)
    if isinstance(texts, Unknown):
        return texts
    more = {path: texts.value[oid] for path, oid in wanted.items() if oid in texts.value}
    return Known({**read.value, **more}, read.ref)


def _tells(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith((*_SUFFIXES, *_ENDS)) or name.startswith(_NAMES)
