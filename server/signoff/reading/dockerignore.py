"""A .dockerignore file as path patterns. https://docs.docker.com/build/concepts/context/#dockerignore-files"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from signoff.reading.errors import Unreadable, as_text


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


def names(dockerfile: str, context: str) -> tuple[str, ...]:
    """Where the file may be, both paths from the repository's root; the first that is there wins."""
    return (f"{dockerfile}.dockerignore", below(context, ".dockerignore"))


def below(context: str, path: str) -> str:
    """A path of the context as a pattern of inputs."""
    if path == ".":
        return "**" if context == "." else context
    joined = path if context == "." else f"{context}/{path}"
    # Docker takes what `*` matches with everything below it; as a pattern of inputs `*` stays in its folder.
    return f"{joined}*" if joined == "*" or joined.endswith("/*") else joined


def as_inputs(context: str, ignored: tuple[str, ...]) -> tuple[str, ...]:
    """As patterns of inputs are written: `!` takes away what is ignored, and what is taken back has none."""
    return tuple(
        below(context, pattern.removeprefix("!")) if pattern.startswith("!") else "!" + below(context, pattern)
        for pattern in ignored
    )


def kept_of(files: Mapping[str, bytes], dockerfile: str, context: str) -> tuple[str, ...]:
    """What a build has of the repository, as patterns of inputs; none at all: everything.

    `files`: by path from the root. A file that can not be read ignores nothing: more is looked at, never less.
    """
    context = posixpath.normpath(context)
    for name in names(dockerfile, context):
        if name in files:
            try:
                found = as_inputs(context, patterns(files[name]))
            except Unreadable:
                return ()
            return ("**", *found) if found else ()
    return ()
