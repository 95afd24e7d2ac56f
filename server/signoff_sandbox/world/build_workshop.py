"""What the steps of one build share: the workspace, the images, and the tools that are interpreted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signoff_sandbox.runtime.images import Image
from signoff_sandbox.runtime.process import base_environment
from signoff_sandbox.world import registry
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import ImageRef, digest_of

Log = Callable[[str], None]


class UsageError(Exception):
    """A command that the sandbox cannot read, or that its tool would refuse; the message is for the build's log."""


@dataclass
class Workshop:
    """One build at work. `images` are those built so far, by tag as `NAME:TAG`."""

    cloud: Cloud
    build: Any
    workspace: Path
    home: Path
    images: dict[str, Image] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    def find(self, reference: str) -> Image | None:
        """An image of this build, or one that the registry has and that was built in this sandbox."""
        known = self.images.get(tagged(reference))
        if known is not None:
            return known
        digest = digest_of(self.cloud, reference)
        return None if digest is None else self.cloud.machine.images.get(digest)

    def folder_of(self, step: Any) -> Path:
        """`dir` is relative to the workspace, or absolute below /workspace."""
        folder: Path = (self.workspace / step.dir_.removeprefix("/workspace").lstrip("/")).resolve()
        if not folder.is_relative_to(self.workspace.resolve()):
            folder = self.workspace
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def environment_of(self, step: Any) -> dict[str, str]:
        secrets = {name: self.secrets[name] for name in step.secret_env}
        return base_environment(self.home) | pairs([*self.build.options.env, *step.env]) | secrets


@dataclass(frozen=True, slots=True)
class Command:
    """A tool's arguments (without its name) and what it is called with; `log` takes a line of its output."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    log: Log


#: Carries out a command and answers its exit code; raises UsageError.
Tool = Callable[[Workshop, Command], Awaitable[int]]


def tagged(reference: str) -> str:
    ref = ImageRef.parse(reference)
    return f"{ref.name}@{ref.digest}" if ref.digest else f"{ref.name}:{ref.tag}"


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """NAME=value lines."""
    return dict(line.partition("=")[::2] for line in lines)


def push(shop: Workshop, reference: str, log: Log) -> Image | None:
    """Push an image of this build and move its tag; None if there is no such image. Raises UsageError."""
    image = shop.images.get(tagged(reference))
    if image is None:
        return None
    log(f"The push refers to repository [{ImageRef.parse(reference).name}]")
    try:
        registry.record_image(shop.cloud, tagged(reference), image.digest, size_bytes=image.size_bytes)
    except ValueError as error:
        raise UsageError(f"denied: {error}") from error
    log(f"{tagged(reference).rpartition(':')[2]}: digest: {image.digest} size: {image.size_bytes}")
    return image
