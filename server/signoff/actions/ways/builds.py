"""How an image will be made, as a plan holds it and shows it: which way, of which commit, with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from signoff.model.subject import Commit
from signoff.model.text import Text, text
from signoff.systems.google.triggers import Trigger
from signoff.views.words import command as shown


@dataclass(frozen=True, slots=True)
class ConfigBuild:
    """`config`: the file's path in the repository; `remote`: what the build clones."""

    config: str
    remote: str
    commit: Commit
    way: Literal["config"] = "config"

    def lines(self) -> list[Text]:
        return [text("  build commit {} with {} in Cloud Build", self.commit[:12], self.config)]


@dataclass(frozen=True, slots=True)
class TriggerBuild:
    """A trigger may deploy too, by a step of its own: then what it did is proven, and nothing is written."""

    trigger: Trigger
    commit: Commit
    way: Literal["trigger"] = "trigger"

    def lines(self) -> list[Text]:
        lines = [
            text("  build commit {} by the trigger {} ({})", self.commit[:12], self.trigger.name, self.trigger.location)
        ]
        if self.trigger.approved:
            lines.append(text("  each build of it waits until somebody approves it in Cloud Build"))
        return lines


@dataclass(frozen=True, slots=True)
class UploadBuild:
    """`config`: the file's path in the repository; `bucket`: where the archive goes."""

    config: str
    bucket: str
    commit: Commit
    way: Literal["upload"] = "upload"

    def lines(self) -> list[Text]:
        what = text("  upload a clean export of commit {} to gs://{}", self.commit[:12], self.bucket)
        return [what, text("  build it with {} in Cloud Build", self.config)]


@dataclass(frozen=True, slots=True)
class CommandBuild:
    """`argv`: run without a shell, in a clean checkout of the commit."""

    argv: tuple[str, ...]
    commit: Commit
    way: Literal["command"] = "command"

    def lines(self) -> list[Text]:
        return [
            text("  run {} in a clean checkout of commit {}", shown(self.argv), self.commit[:12]),
            text("  it acts by itself: what it deploys, and how it moves traffic, is not in signoff's hands;"),
            text("  signoff watches, and calls it deployed only where the target is proven to run that commit"),
        ]


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """`path`: of the image; `commit`: what it is built from, which holds what is wanted.

    `build`: the id of the one that makes it; else `image`: by digest, as a tag names it.
    """

    path: str
    commit: Commit
    build: str | None = None
    image: str | None = None
    way: Literal["image"] = "image"

    def lines(self) -> list[Text]:
        if self.build is not None:
            return [text("  use the image {} that build {} makes of {}", self.path, self.build, self.commit[:12])]
        return [text("  use {}, whose tag says commit {}", self.image or self.path, self.commit[:12])]


Way = ConfigBuild | TriggerBuild | UploadBuild | CommandBuild | ImageBuild


def may_deploy(way: Way | None) -> bool:
    """Whether it may deploy by itself: a command as it likes, a trigger by a step of its build."""
    return isinstance(way, CommandBuild | TriggerBuild)
