"""The names that a dotenv file gives a value. https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def names_of(data: bytes) -> tuple[str, ...]:
    """Those with a value that is not empty; values themselves are never kept."""
    found = [found[1].decode() for found in _LINE.finditer(data) if found[2] not in {b"", b'""', b"''"}]
    return tuple(dict.fromkeys(found))


_OF_A_BUILD = (".env", ".env.local", ".env.production", ".env.production.local")


def of_a_build(files: Mapping[str, bytes], folder: str) -> dict[str, str]:
    """The names that Next.js, Vite and their like give a build by themselves, from the dotenv files of its folder that
    are in the commit; each with an empty text, a value unknown.

    https://nextjs.org/docs/app/guides/environment-variables · https://vite.dev/guide/env-and-mode
    """
    start = "" if folder == "." else f"{folder}/"
    found = (files.get(f"{start}{name}", b"") for name in _OF_A_BUILD)
    return {name: "" for data in found for name in names_of(data)}
