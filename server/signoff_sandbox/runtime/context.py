"""A build context: the folder that COPY and ADD take from, without what .dockerignore leaves out."""

from __future__ import annotations

import os
import posixpath
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pathspec

from signoff_sandbox.runtime.dockerfile import DockerfileError

Patterns = pathspec.PathSpec[pathspec.Pattern]


class Context:
    """`root` is the folder; `ignore` is its .dockerignore, or None where nothing is left out (a build stage)."""

    def __init__(self, root: Path, ignore: Patterns | None = None) -> None:
        self.root = root
        self._ignore = ignore

    @classmethod
    def of_folder(cls, root: Path, dockerfile: Path) -> Context:
        """A folder as the context of a Dockerfile, whose own `NAME.dockerignore` comes before `.dockerignore`."""
        for path in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), root / ".dockerignore"):
            if path.is_file():
                return cls(root, _ignore_spec(path.read_text(encoding="utf-8")))
        return cls(root)

    def find(self, source: str) -> list[Path]:
        """What a source of COPY names: files and folders inside the context, in order; empty if there are none."""
        relative = posixpath.normpath("/" + source).lstrip("/")  # as Docker: `..` does not lead out of the context
        if any(sign in relative for sign in "*?["):
            candidates = sorted(self.root.glob(relative))
        else:
            candidates = [self.root / relative]
        return [path for path in candidates if self._has(path)]

    def copy(self, source: Path, target: Path, root: Path, mode: int | None = None) -> None:
        """Copy a file, or what is in a folder, to `target` below the image's `root`."""
        real = source.resolve()
        if not real.is_relative_to(self.root.resolve()):
            raise DockerfileError(f"COPY failed: forbidden path outside the build context: {source.name}")
        landing = target if real.is_dir() else target.parent  # a file replaces a link, a folder would go through it
        if not target.is_relative_to(root) or (target != root and not landing.resolve().is_relative_to(root.resolve())):
            raise DockerfileError(f"COPY failed: the target {target.name} lies outside the image")
        if real.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            for entry in sorted(source.iterdir()):
                if self._has(entry):
                    self._copy_entry(entry, target / entry.name, root, mode)
        else:
            self._copy_entry(real, target, root, mode)

    def _copy_entry(self, entry: Path, target: Path, root: Path, mode: int | None) -> None:
        if entry.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(entry.readlink())
        elif entry.is_dir():
            self.copy(entry, target, root, mode)
        elif entry.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink():
                target.unlink()
            shutil.copy(entry, target)
            if mode is not None:
                target.chmod(mode)

    def _has(self, path: Path) -> bool:
        """Whether the path exists and is not ignored; a folder counts while anything in it is left."""
        if not os.path.lexists(path):
            return False
        if self._ignore is None or path == self.root:
            return True
        name = path.relative_to(self.root).as_posix()
        if not self._ignore.match_file(name):
            return True
        if path.is_dir() and not path.is_symlink():
            return any(self._has(entry) for entry in path.iterdir())
        return False


def _ignore_spec(text: str) -> Patterns:
    """Docker's patterns are those of gitignore, but anchored at the context's root and without its trailing slash."""
    return pathspec.PathSpec.from_lines("gitignore", _anchored(text.splitlines()))


def _anchored(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        sign = "!" if pattern.startswith("!") else ""
        name = posixpath.normpath(pattern.removeprefix("!").strip()).strip("/")
        if name == ".":
            yield f"{sign}/**"
        else:
            yield f"{sign}/{name}"


def unpack_tar(archive: Path, target: Path, root: Path) -> bool:
    """Unpack a local tar archive below the image's `root` as ADD does; False if it is none."""
    if not archive.is_file() or not tarfile.is_tarfile(archive):
        return False
    if not target.resolve().is_relative_to(root.resolve()):
        raise DockerfileError(f"ADD failed: the target {target.name} lies outside the image")
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return True
