"""The files of one commit: `git ls-tree -r`, and the attributes that send some of them to LFS."""

from __future__ import annotations

import configparser
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from signoff.boundary import Malformed

GITLINK = b"160000"
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_SECTION = re.compile(r'^submodule "(.*)"$')


@dataclass(frozen=True, slots=True)
class Entry:
    """One file (symbolic link, submodule) of a tree."""

    mode: bytes
    object_id: str
    path: bytes


def read_tree(raw: bytes) -> tuple[Entry, ...]:
    """The output of `git ls-tree -r -z`."""
    entries = []
    for record in raw.split(b"\0")[:-1]:
        facts, tab, path = record.partition(b"\t")
        mode, _kind, oid = facts.split(b" ")
        if not tab or not path:
            raise Malformed("a tree's entry without a path")
        entries.append(Entry(mode, oid.decode("ascii"), path))
    if raw and not raw.endswith(b"\0"):
        raise Malformed("the last entry has no end")
    return tuple(entries)


def fingerprint(entries: Iterable[Entry], *more: str) -> str:
    """Of files, their contents, and what else decides."""
    digest = hashlib.sha256("\0".join(more).encode("utf-8", "surrogateescape"))
    for entry in sorted(entries, key=lambda one: one.path):
        digest.update(entry.path + b"\0" + entry.object_id.encode() + b"\0")
    return digest.hexdigest()


def read_blobs(raw: bytes) -> tuple[bytes, ...]:
    """The output of `git cat-file --batch` for blobs, in the order in which they were asked for."""
    blobs, rest = [], raw
    while rest:
        header, _, rest = rest.partition(b"\n")
        _oid, kind, size = header.split(b" ")
        if kind != b"blob" or len(rest) <= int(size):
            raise Malformed("no blob")
        blobs.append(rest[: int(size)])
        rest = rest[int(size) + 1 :]
    return tuple(blobs)


@dataclass(frozen=True, slots=True)
class Pointer:
    """An LFS object: its SHA-256 and its size in bytes."""

    oid: str
    size: int


def pointer(blob: bytes) -> Pointer | None:
    """What a pointer file stands for; None for any other file.

    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    found = _POINTER.match(blob)
    return Pointer(found[1].decode("ascii"), int(found[2])) if found else None


def submodule_urls(blob: bytes) -> dict[bytes, str]:
    """The address of each submodule by its path, from `.gitmodules`; a file that is not readable names none."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, interpolation=None)
    try:
        parser.read_string("\n".join(line.strip() for line in blob.decode("utf-8", "surrogateescape").splitlines()))
    except configparser.Error:
        return {}
    return {
        parser[section]["path"].strip('"').encode("utf-8", "surrogateescape"): parser[section]["url"].strip('"')
        for section in parser.sections()
        if _SECTION.match(section) and parser[section].get("path") and parser[section].get("url")
    }
