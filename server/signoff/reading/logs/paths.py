"""Paths of source files as they stay from one build to the next: without the image's root, hashes and query."""

from __future__ import annotations

import re
from functools import lru_cache

_SCHEMES = ("file://", "webpack-internal:///", "webpack:///", "app:///")
_ROOT = re.compile(
    r"/(?:app|workspace|code|build|src|project|work|function|tmp/[^/]+|home/runner/work/[^/]+/[^/]+|var/www/html|var/www"
    r"|(?:(?:srv|opt|root|usr/src|usr/local|data|mnt|www|service|var|var/task|home|home/[^/]+)/)?(?:app|src|code|current)"
    r"|srv|opt|usr/src|root|data|var/task|home/[^/]+)/"
)
"""Where images and builders keep a program."""
_UNKNOWN_ROOT = re.compile(r"/[^/]+/(?=[^/])")
"""No program lies in `/` itself, so that the first folder is the root at least."""
_BUILT = re.compile(r"\.(?:min\.)?(?:[cm]?jsx?|[cm]?tsx?|css|map|wasm|json|woff2?|html)$")
"""What builders put a hash before."""
_HASH = 72
"""Characters that a hash has at most."""
_NUMBERED = re.compile(r"[A-Za-z]+[-_]\d+")
"""A word and a number (`acc_1029`) is an id of something that has a name."""
_LONGEST = 1_000
_KEPT = 3
"""So many parts of a path are told apart: the root may be one that nobody knows."""


@lru_cache(maxsize=4096)
def file_name(path: str) -> str:
    """`/workspace/dist/chunks/main-1a2b3c4d.js` → `dist/chunks/main-#.js`."""
    for scheme in _SCHEMES:
        if path.startswith(scheme):
            path = path.removeprefix(scheme)
            path = path.split("/", 1)[-1] if path.startswith("(") else path
            break
    path = path[-_LONGEST:].replace("\\", "/").split("?", 1)[0]
    if path[1:3] == ":/":
        path = path[2:]
    path = path.removeprefix("./")
    if root := _ROOT.match(path) or _UNKNOWN_ROOT.match(path):
        path = path[root.end() :]
    path = path.removeprefix("src/")
    kept = [part for part in path.split("/") if part and part != "."][-_KEPT:]
    return "/".join([*(_folder(part) for part in kept[:-1]), _base(kept[-1])]) if kept else ""


def _folder(part: str) -> str:
    return "#" if is_hash(part) or part.isdigit() else part


def _base(name: str) -> str:
    """Without a build's hash, or a chunk's number."""
    stem, dot, rest = name.partition(".")
    if stem.isdigit() or is_hash(stem):
        return f"#{dot}{_unhashed(rest)}"
    return _unhashed(name)


def _unhashed(name: str) -> str:
    built = _BUILT.search(name)
    if not built:
        return name
    end = built.start()
    # The shortest that is one: there may be words before it (`vendor-a1b2c3d4`), or a dash of its own (base64url).
    for start in range(end - 1, max(end - _HASH, 0), -1):
        if name[start - 1] in "-_." and is_hash(name[start:end]):
            return f"{name[:start]}#{name[end:]}"
    return name


def is_hash(part: str) -> bool:
    """A build's hash: hexadecimal with a digit, or eight and more letters and digits of no word."""
    if len(part) < 6 or not part.isascii():
        return False
    digits = sum(letter.isdigit() for letter in part)
    if digits and all(letter in "0123456789abcdef" for letter in part):
        return True
    if len(part) < 8 or _NUMBERED.fullmatch(part) or not part.replace("-", "").replace("_", "").isalnum():
        return False
    lower = any(letter.islower() for letter in part)
    inner = sum(letter.isupper() for letter in part[1:])
    if len(part) == 8:
        return bool(digits and (inner or not lower or part[0].isupper())) or (lower and inner >= 3) or digits >= 3
    return digits >= 2 and inner >= 2
