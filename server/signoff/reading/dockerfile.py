"""A Dockerfile: its stages, what they copy from the build's context, and which of it ends up in the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.reading.dockerfile_lines import Instruction, instructions
from signoff.reading.errors import Unreadable, as_text

_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|[A-Za-z_]\w*)")
_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Another stage (by name or number, as written) or another image that files come from."""

    written: str
    line: int


@dataclass(frozen=True, slots=True)
class Stage:
    """`sources`: paths of the build's context, normalised (`.` is all of it), in order. `origins`: where else from."""

    base: str
    name: str | None
    line: int
    sources: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    remote: tuple[str, ...] = ()
    """What ADD fetches from elsewhere: it changes without a commit."""
    unread: tuple[str, ...] = ()
    """Sentences on sources that can not be told from the text, such as variables."""
    args: tuple[str, ...] = ()
    envs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """`args`: those before the first FROM, which only FROM lines see."""

    stages: tuple[Stage, ...]
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """What of the build's context ends up in one stage. With anything `unread` the sources are not the whole."""

    sources: tuple[str, ...]
    unread: tuple[str, ...]
    remote: tuple[str, ...]


def read(data: bytes) -> Dockerfile:
    """The stages. Raises Unreadable where there is none, or the text is no Dockerfile."""
    building: list[_Building] = []
    global_args: list[str] = []
    for instruction in instructions(as_text(data)):
        if instruction.keyword == "FROM":
            building.append(_begin(instruction))
        elif building:
            _take(building[-1], instruction)
        elif instruction.keyword == "ARG":
            global_args += _names(instruction)
        else:
            raise Unreadable("an instruction before the first FROM", instruction.line)
    if not building:
        raise Unreadable("has no FROM")
    return Dockerfile(tuple(stage.done() for stage in building), tuple(global_args))


def closure(dockerfile: Dockerfile, stage: str | None = None) -> Closure:
    """The paths of the context that the stage needs, through every stage that it builds on. Raises Unreadable.

    Only these are built: https://docs.docker.com/build/building/multi-stage/
    """
    stages = dockerfile.stages
    wanted = {len(stages) - 1} if stage is None else set(_stages_of(stage, stages, len(stages)))
    if not wanted:
        raise Unreadable(f"has no stage {stage}")
    needed: set[int] = set()
    while wanted:
        at = wanted.pop()
        needed.add(at)
        here = stages[at]
        for written in (here.base, *(origin.written for origin in here.origins)):
            wanted |= set(_stages_of(written, stages, at)) - needed
    found = [stages[at] for at in sorted(needed)]
    return Closure(
        tuple(dict.fromkeys(source for one in found for source in one.sources)),
        tuple(dict.fromkeys(says for one in found for says in one.unread)),
        tuple(dict.fromkeys(url for one in found for url in one.remote)),
    )


def _stages_of(written: str, stages: tuple[Stage, ...], before: int) -> Iterator[int]:
    """The earlier stages that a name can mean: a variable can stand for any name; an image's name means none."""
    pieces = _VARIABLE.split(written.lower())
    pattern = re.compile(".*".join(re.escape(piece) for piece in pieces))
    for at, stage in enumerate(stages[:before]):
        if pattern.fullmatch((stage.name or "").lower()) or pattern.fullmatch(str(at)):
            yield at


@dataclass(slots=True)
class _Building:
    base: str
    name: str | None
    line: int
    sources: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    remote: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    args: list[str] = field(default_factory=list)
    envs: list[str] = field(default_factory=list)

    def done(self) -> Stage:
        return Stage(
            self.base, self.name, self.line, tuple(self.sources), tuple(self.origins), tuple(self.remote),
            tuple(self.unread), tuple(self.args), tuple(self.envs),
        )  # fmt: skip

    def source(self, written: str, line: int) -> None:
        if _REMOTE.match(written):
            self.remote.append(written)
        elif "$" in written or "\\" in written or written.startswith("!"):
            self.unread.append(f"line {line} copies {written}, which is known only while building")
        else:
            self.sources.append(_normal(written))


def _normal(source: str) -> str:
    """A source starts from the context's root and can not leave it: `/web/` and `../web` are `web`."""
    return posixpath.normpath("/" + source.strip("\"'")).lstrip("/").replace("[^", "[!") or "."


def _begin(instruction: Instruction) -> _Building:
    words = instruction.rest.split()
    if not words:
        raise Unreadable("FROM without an image", instruction.line)
    name = words[2] if len(words) == 3 and words[1].lower() == "as" else None
    return _Building(words[0], name, instruction.line)


def _take(stage: _Building, instruction: Instruction) -> None:
    match instruction.keyword:
        case "COPY" | "ADD":
            _copy(stage, instruction)
        case "RUN":
            for flag, value in instruction.flags:
                if flag == "mount":
                    _mount(stage, value, instruction.line)
        case "ARG":
            stage.args += _names(instruction)
        case "ENV":
            stage.envs += _names(instruction)
        case "ONBUILD":  # runs in a later stage built on this one; counted here, which is never too little
            for inner in instructions(instruction.rest):
                if inner.keyword != "ONBUILD":
                    _take(stage, inner)
        case _:
            pass


def _copy(stage: _Building, instruction: Instruction) -> None:
    """`--exclude` is passed over: then more counts than is copied, never less."""
    origin = dict(instruction.flags).get("from")
    if origin is not None:
        stage.origins.append(Origin(origin, instruction.line))
        return
    for source in instruction.words()[:-1]:
        if not (instruction.documents and source.startswith("<<")):
            stage.source(source, instruction.line)


def _mount(stage: _Building, value: str, line: int) -> None:
    """https://docs.docker.com/reference/dockerfile/#run---mount: a bind mount is the default type."""
    options = dict(part.partition("=")[::2] for part in value.split(","))
    if "from" in options:
        stage.origins.append(Origin(options["from"], line))
    elif options.get("type", "bind") == "bind":
        stage.source(options.get("source") or options.get("src") or ".", line)


def _names(instruction: Instruction) -> list[str]:
    """`ARG A B=1`, `ENV A=1 B="x y"` and the old `ENV A words of its value`."""
    words = instruction.rest.split()
    if instruction.keyword == "ENV" and words and "=" not in words[0]:
        return words[:1]
    assigned = re.findall(r"""(?:^|\s)([A-Za-z_]\w*)(?=[=\s]|$)(?:=(?:"[^"]*"|'[^']*'|\S)*)?""", instruction.rest)
    return list(dict.fromkeys(assigned))
