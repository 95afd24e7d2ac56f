"""An image and what overrides it -> the argv, environment and folder of a process.

The file system of an image is a folder and not a root: absolute paths of the image that appear as words of the
command are pointed into that folder.
"""

from __future__ import annotations

import posixpath
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from signoff_sandbox.runtime.images import Image
from signoff_sandbox.runtime.process import base_environment

PYTHONS = frozenset({"python", "python3"})


class NoCommand(Exception):
    """Neither the image nor the container says what to run."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a process is started with."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    folder: Path


@dataclass(slots=True)
class MountedFile:
    """A file of a volume; `path` is where the container finds it, `target` where that is once it was unpacked.

    `content` is None while the file cannot be read: then it is not there.
    """

    path: str
    content: bytes | None
    mode: int
    target: Path | None = None

    def place(self, root: Path) -> None:
        """Write the file below `root`, unless a link of the image leads out of it."""
        target = inside(root, self.path)
        if target.parent.resolve().is_relative_to(root.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            self.target = target
            self.write()

    def write(self) -> None:
        """Make the file what it holds now; whoever reads it sees the old or the new, never a half."""
        assert self.target is not None
        if self.content is None:
            self.target.unlink(missing_ok=True)
            return
        fresh = self.target.with_name(f".{self.target.name}.new")
        fresh.touch(0o600)
        fresh.write_bytes(self.content)
        fresh.chmod(self.mode)
        fresh.replace(self.target)


def unpack_image(image: Image, folder: Path, mounted: Iterable[MountedFile] = ()) -> Path:
    """A writable copy of the image's file system with the mounted files, as each instance of a container has one."""
    root = folder / "root"
    shutil.copytree(image.root, root, symlinks=True)
    for file in mounted:
        file.place(root)
    return root


def program(
    image: Image,
    root: Path,
    *,
    command: Sequence[str] = (),
    arguments: Sequence[str] = (),
    workdir: str = "",
    environment: Mapping[str, str],
) -> Program:
    """How the container starts in `root`, a copy of its image.

    `command` replaces the entrypoint and drops the image's cmd, `arguments` replace the cmd, as in Kubernetes.
    Raises NoCommand.
    """
    cmd = tuple(arguments) or (() if command else image.config.cmd)
    argv = (*(command or image.config.entrypoint), *cmd)
    if not argv:
        raise NoCommand("the image has no ENTRYPOINT and no CMD")
    folder = inside(root, workdir or image.config.workdir)
    folder.mkdir(parents=True, exist_ok=True)
    home = root / "tmp"
    home.mkdir(exist_ok=True)
    base = base_environment(home)
    values = base | image.config.env | dict(environment)
    values["PATH"] = _search_path(root, values["PATH"], base["PATH"])
    return Program(tuple(_words(root, argv)), values, folder)


def inside(root: Path, path: str) -> Path:
    """Where a path of the image is on this machine."""
    return root / posixpath.normpath("/" + path).lstrip("/")


def _words(root: Path, argv: Sequence[str]) -> list[str]:
    words = [str(inside(root, word)) if word.startswith("/") and inside(root, word).exists() else word for word in argv]
    if posixpath.basename(words[0]) in PYTHONS and not Path(words[0]).is_relative_to(root):
        words[0] = sys.executable
    return words


def _search_path(root: Path, wanted: str, base: str) -> str:
    """The folders of the image's own PATH that exist in it, then those of this machine."""
    own = [str(inside(root, entry)) for entry in wanted.split(":") if entry and inside(root, entry).is_dir()]
    return ":".join([*own, base])
