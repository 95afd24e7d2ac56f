"""Paths of all frameworks in one form: parameters as `{name}`, those that take several segments as `{name...}`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

_FLASK = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\([^)]*\))?:)?(?P<name>[a-zA-Z_]\w*)>")
_STARLETTE = re.compile(r"\{(?P<name>[a-zA-Z_]\w*)(?::(?P<converter>[a-zA-Z_]\w*))?\}")
_SEGMENTS = re.compile(r"/+")


def joined(prefix: str, path: str) -> str:
    """`prefix` and `path` with exactly one slash between them; an empty path adds nothing."""
    if not path:
        return prefix or "/"
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}"


def in_angles(path: str) -> str:
    """`/items/<int:id>` (Flask, Django)."""
    return _FLASK.sub(lambda found: _parameter(found["name"], found["converter"] == "path"), path)


def in_braces(path: str) -> str:
    """`/files/{path:path}` (Starlette, FastAPI)."""
    return _STARLETTE.sub(lambda found: _parameter(found["name"], found["converter"] == "path"), path)


def _parameter(name: str, several: bool) -> str:
    return f"{{{name}...}}" if several else f"{{{name}}}"


def covers(template: str, path: str) -> bool:
    """Whether a concrete path, or another template, is what this template stands for: `/a/{id}` covers `/a/1`."""
    return _matches(list(_parts(template)), list(_parts(path.partition("?")[0])))


def _matches(wanted: list[str], given: list[str]) -> bool:
    for at, part in enumerate(wanted):
        if part.startswith("{") and part.endswith("...}"):
            return len(given) > at
        if at >= len(given):
            return False
        if not _fits(part, given[at]):
            return False
    return len(wanted) == len(given)


def _fits(part: str, given: str) -> bool:
    if "{" not in part:
        return part == given
    pieces = re.split(r"\{[^{}]*\}", part)
    return re.fullmatch(".+".join(re.escape(piece) for piece in pieces), given) is not None


def _parts(path: str) -> Iterator[str]:
    """The segments; a slash at the end counts, as servers tell `/a` from `/a/`."""
    yield from _SEGMENTS.split(path)[1:]


def fingerprint(*texts: str | bytes) -> str:
    """Short and stable: equal for equal texts."""
    digest = hashlib.sha256()
    for one in texts:
        digest.update(one if isinstance(one, bytes) else one.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:16]
