"""Container images: references, and what the registry says of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PATH = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._:-]*(/[a-zA-Z0-9._-]+)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ImageRef:
    """`HOST/PROJECT/REPOSITORY/NAME[:TAG][@sha256:…]`, each part validated; empty where it is not named."""

    path: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, reference: str) -> ImageRef:
        """Raises ValueError on what is no image reference."""
        named, _, digest = reference.partition("@")
        folder, slash, last = named.rpartition("/")
        last, _, tag = last.partition(":")
        path = f"{folder}{slash}{last}"
        if not _PATH.fullmatch(path) or (tag and not _TAG.fullmatch(tag)) or (digest and not _DIGEST.fullmatch(digest)):
            raise ValueError("not an image reference")
        return cls(path, tag, digest)

    @property
    def named(self) -> str:
        """Path and tag, as a push names it; no tag means `latest`."""
        return f"{self.path}:{self.tag or 'latest'}"

    def __str__(self) -> str:
        return f"{self.path}{f':{self.tag}' if self.tag else ''}{f'@{self.digest}' if self.digest else ''}"


def digest(text: str) -> str:
    """The text, if it is a digest; ValueError otherwise."""
    if not _DIGEST.fullmatch(text):
        raise ValueError("not a digest")
    return text


def short(identifier: str) -> str:
    """A digest or commit as people write it in a sentence."""
    return identifier.removeprefix("sha256:")[:12]


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a registry. `children`: digests of the platforms' images, where it is an index."""

    path: str
    digest: str
    tags: tuple[str, ...]
    uploaded: datetime | None
    children: tuple[str, ...] = ()
