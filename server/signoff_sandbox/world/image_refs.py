"""Image references: `HOST/PROJECT/REPOSITORY/NAME[:TAG][@DIGEST]` and what the registry makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signoff_sandbox.world.cloud import Cloud


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A reference taken apart; without tag and digest, the tag `latest` is meant."""

    name: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        name, _, digest = text.partition("@")
        folder, slash, last = name.rpartition("/")
        last, _, tag = last.partition(":")
        return cls(f"{folder}{slash}{last}", tag or ("" if digest else "latest"), digest)


def digest_of(cloud: Cloud, image: str) -> str | None:
    """The digest that a reference has in the registry now, or None if there is no such image."""
    wanted = ImageRef.parse(image)
    for _, stored in cloud.store.items("dockerImages"):
        known: Any = stored
        name, _, digest = known.uri.partition("@")
        if name != wanted.name:
            continue
        if digest == wanted.digest or (not wanted.digest and wanted.tag in known.tags):
            return str(digest)
    return None


def resolve(cloud: Cloud, image: str) -> str | None:
    """The reference by digest, `NAME@sha256:…`, or None if there is no such image."""
    digest = digest_of(cloud, image)
    return None if digest is None else f"{ImageRef.parse(image).name}@{digest}"
