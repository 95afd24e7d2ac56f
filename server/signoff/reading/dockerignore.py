"""A .dockerignore file as path patterns. https://docs.docker.com/build/concepts/context/#dockerignore-files"""

from __future__ import annotations

import posixpath

from signoff.reading.errors import as_text


def patterns(data: bytes) -> tuple[str, ...]:
    """What the build does not see, from the context's root; later ones override, `!` takes back. Raises Unreadable.

    In its own syntax and order; a pattern also means everything below what it matches.
    """
    found: list[str] = []
    for line in as_text(data).split("\n"):
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        back = "!" if written.startswith("!") else ""
        normal = posixpath.normpath("/" + written.removeprefix("!").strip()).lstrip("/")
        if normal:
            found.append(back + normal.replace("[^", "[!"))
    return tuple(found)
