"""Images: folders in the sandbox's data, named by the digest of what is in them.

A digest covers the tree (paths, contents, executable bits, links) and the configuration, and nothing that changes
from build to build, so the same commit makes the same digest and any other content another one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

PREFIX = "sha256:"


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What a container is started with. Paths are those inside the image.

    `base` and `history` hold what is not modelled (the base image, RUN instructions): a change there is another
    image, although its folder is the same.
    """

    env: dict[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    workdir: str = "/"
    exposed: tuple[int, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    base: str = "scratch"
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the store; `root` is its file system, to be copied and never written to."""

    digest: str
    root: Path
    config: ImageConfig
    size_bytes: int


class ImageStore:
    """The images that were built in this sandbox."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, digest: str) -> Image | None:
        """The image of that digest, or None if it was not built here."""
        folder = self._folder / digest.removeprefix(PREFIX)
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        raw = manifest["config"]
        lists = {key: tuple(raw[key]) for key in ("entrypoint", "cmd", "exposed", "history")}
        return Image(digest, folder / "root", ImageConfig(**raw | lists), manifest["sizeBytes"])

    def draft(self) -> Path:
        """A new empty folder on the store's file system, to be filled and given to `add`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="draft-", dir=self._folder))

    def add(self, root: Path, config: ImageConfig) -> Image:
        """Take in a file system as an image; the folder `root` is moved away."""
        settings = json.dumps(asdict(config), sort_keys=True)
        tree, size = _hash_tree(root)
        digest = PREFIX + hashlib.sha256(f"{tree}\n{settings}".encode()).hexdigest()
        known = self.get(digest)
        if known is not None:
            shutil.rmtree(root)
            return known
        whole = self.draft()
        root.rename(whole / "root")
        manifest = {"digest": digest, "config": asdict(config), "sizeBytes": size}
        (whole / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        whole.rename(self._folder / digest.removeprefix(PREFIX))
        return Image(digest, self._folder / digest.removeprefix(PREFIX) / "root", config, size)


def _hash_tree(root: Path) -> tuple[str, int]:
    """The digest of a tree and the bytes in its files."""
    whole, size = hashlib.sha256(), 0
    for path in sorted(root.rglob("*")):
        info = path.lstat()
        name = os.fsencode(path.relative_to(root))
        if stat.S_ISLNK(info.st_mode):
            kind, content = b"link", os.fsencode(path.readlink())
        elif stat.S_ISDIR(info.st_mode):
            kind, content = b"folder", b""
        else:
            kind = b"program" if info.st_mode & stat.S_IXUSR else b"file"
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").digest()
            size += info.st_size
        for part in (kind, name, content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest(), size
