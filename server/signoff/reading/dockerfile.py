"""A Dockerfile: its stages, what they copy from the build's context, and which of it ends up in the image."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from signoff.reading.dockerfile_instructions import Instruction, instructions
from signoff.reading.errors import Unreadable, as_text

_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|[A-Za-z_]\w*)")
_STRICT = re.compile(r"-\w*e\w*|errexit")
"""An option with which a shell ends with the first command that fails."""
_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Another stage (by name or number, as written) or another image that files come from."""

    written: str
    line: int


@dataclass(frozen=True, slots=True)
class Setting:
    """An ARG or ENV line's name. `value` None: an ARG without a default. Values keep their variables, not quotes."""

    kind: Literal["ARG", "ENV"]
    name: str
    value: str | None
    line: int


@dataclass(frozen=True, slots=True)
class SecretMount:
    """`RUN --mount=type=secret`: with `env` the secret is an environment variable, else a file (`target`, where said).

    https://docs.docker.com/reference/dockerfile/#run---mounttypesecret
    """

    id: str
    env: str | None
    required: bool
    target: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One RUN: its shell text (a JSON list's words joined), here-documents included.

    `ends_on_failure`: a SHELL line of the file asks for a shell that ends with the first command that fails.
    """

    command: str
    line: int
    secrets: tuple[SecretMount, ...] = ()
    ends_on_failure: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """WORKDIR: where what follows runs, as written."""

    path: str


@dataclass(frozen=True, slots=True)
class Copied:
    """COPY out of the context; `to` as written."""

    sources: tuple[str, ...]
    to: str


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
    steps: tuple[Setting | Run | Folder | Copied, ...] = ()
    """What sets the environment, where and what runs in it, in order; ONBUILD left out, which acts in other stages."""

    @property
    def args(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.steps if isinstance(one, Setting) and one.kind == "ARG")

    @property
    def envs(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.steps if isinstance(one, Setting) and one.kind == "ENV")


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """`settings`: the ARGs before the first FROM, which FROM lines see, and stages that name them again."""

    stages: tuple[Stage, ...]
    settings: tuple[Setting, ...] = ()

    @property
    def args(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.settings)


@dataclass(frozen=True, slots=True)
class Closure:
    """What of the build's context ends up in one stage. With anything `unread` the sources are not the whole."""

    sources: tuple[str, ...]
    unread: tuple[str, ...]
    remote: tuple[str, ...]


def read(data: bytes) -> Dockerfile:
    """The stages. Raises Unreadable where there is none, or the text is no Dockerfile."""
    building: list[_Building] = []
    settings: list[Setting] = []
    deferred = False
    read = list(instructions(as_text(data)))
    strict = any(one.keyword == "SHELL" and any(map(_STRICT.fullmatch, one.words)) for one in read)
    for instruction in read:
        if instruction.keyword == "FROM" and not deferred:
            building.append(_begin(instruction))
        elif building:
            _take(building[-1], instruction, deferred, strict)
        elif instruction.keyword == "ARG":
            settings += _settings(instruction)
        else:
            raise Unreadable("an instruction before the first FROM", instruction.line)
        deferred = instruction.keyword == "ONBUILD"
    if not building:
        raise Unreadable("has no FROM")
    return Dockerfile(tuple(stage.done() for stage in building), tuple(settings))


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
    steps: list[Setting | Run | Folder | Copied] = field(default_factory=list)

    def done(self) -> Stage:
        return Stage(
            self.base, self.name, self.line, tuple(self.sources), tuple(self.origins), tuple(self.remote),
            tuple(self.unread), tuple(self.steps),
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
    words = instruction.words
    if not words:
        raise Unreadable("FROM without an image", instruction.line)
    name = words[2] if len(words) == 3 and words[1].lower() == "as" else None
    return _Building(words[0], name, instruction.line)


def _take(stage: _Building, instruction: Instruction, deferred: bool, strict: bool) -> None:
    """`deferred`: held by ONBUILD, it runs in a later stage; its copies count here, which is never too little."""
    match instruction.keyword:
        case "COPY" | "ADD":
            _copy(stage, instruction, deferred)
        case "WORKDIR" if not deferred and instruction.words:
            stage.steps.append(Folder(" ".join(instruction.words)))
        case "RUN":
            mounts = [_options(value) for flag, value in instruction.flags if flag == "mount"]
            for mount in mounts:
                _mount(stage, mount, instruction.line)
            if not deferred:
                stage.steps.append(_run(instruction, mounts, strict))
        case "ARG" | "ENV" if not deferred:
            stage.steps += _settings(instruction)
        case _:
            pass


def _copy(stage: _Building, instruction: Instruction, deferred: bool) -> None:
    """`--exclude` is passed over: then more counts than is copied, never less."""
    origin = dict(instruction.flags).get("from")
    if origin is not None:
        stage.origins.append(Origin(origin, instruction.line))
        return
    for source in instruction.words[:-1]:
        if not (instruction.documents and source.startswith("<<")):
            stage.source(source, instruction.line)
    if not deferred and len(instruction.words) > 1:
        stage.steps.append(Copied(tuple(map(_normal, instruction.words[:-1])), instruction.words[-1]))


def _options(mount: str) -> Mapping[str, str]:
    return dict(part.partition("=")[::2] for part in mount.split(","))


def _mount(stage: _Building, options: Mapping[str, str], line: int) -> None:
    """https://docs.docker.com/reference/dockerfile/#run---mount: a bind mount is the default type."""
    if "from" in options:
        stage.origins.append(Origin(options["from"], line))
    elif options.get("type", "bind") == "bind":
        stage.source(options.get("source") or options.get("src") or ".", line)


def _run(instruction: Instruction, mounts: list[Mapping[str, str]], strict: bool) -> Run:
    """A secret without an id is called like its target's last part; `env` without a value is called like its id."""
    secrets = []
    for options in mounts:
        if options.get("type") == "secret":
            target = options.get("target") or options.get("dst") or options.get("destination") or ""
            name = options.get("id") or posixpath.basename(target)
            env = (options["env"] or name) if "env" in options else None
            required = options.get("required", "false") not in {"false", "0"}
            secrets.append(SecretMount(name, env, required, target))
    words = instruction.words
    written = shlex.join(words) if len(words) > 1 else "".join(words)
    command = "\n".join([written, *(text for _name, text in instruction.documents)])
    return Run(command, instruction.line, tuple(secrets), strict)


def _settings(instruction: Instruction) -> list[Setting]:
    """`ARG A B=1`, `ENV A=1 B="x y"` and the old `ENV A words of its value`."""
    words = instruction.words
    if instruction.keyword == "ENV":
        pairs = zip(words[::2], words[1::2], strict=False)
        return [Setting("ENV", name, _unquoted(value), instruction.line) for name, value in pairs]
    found = []
    for word in words:
        name, equals, value = word.partition("=")
        found.append(Setting("ARG", name, _unquoted(value) if equals else None, instruction.line))
    return found


def _unquoted(written: str) -> str:
    """The parser leaves quotes for the build to remove."""
    pieces = re.findall(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\]+|.""", written, re.DOTALL)
    return "".join(
        piece[1:-1] if len(piece) > 1 and piece[0] == piece[-1] and piece[0] in "'\"" else piece for piece in pieces
    )
