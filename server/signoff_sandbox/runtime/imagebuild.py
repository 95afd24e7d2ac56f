"""`docker build` without containers: instructions and a context become an image folder.

RUN is not executed and base images have no content here: a process is not a container. The log says so, and both
go into the digest. Only the stages that the last one needs are built, as BuildKit does.
"""

from __future__ import annotations

import posixpath
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from signoff_sandbox.runtime import context as contexts
from signoff_sandbox.runtime.context import Context
from signoff_sandbox.runtime.dockerfile import DockerfileError, Instruction, parse
from signoff_sandbox.runtime.images import Image, ImageConfig, ImageStore
from signoff_sandbox.runtime.variables import expand

#: What an official base image sets; `ENV PATH=/app/bin:$PATH` must not lose the rest.
BASE_ENV = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
PLATFORM_ARGS = {"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64"}
NOT_MODELLED = frozenset({"HEALTHCHECK", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "MAINTAINER"})
NO_PLACEHOLDERS = frozenset({"CMD", "ENTRYPOINT", "RUN", "SHELL", "HEALTHCHECK", "ONBUILD", "MAINTAINER"})


@dataclass
class _Stage:
    """A stage in the making; `incomplete` says why files that a real build has may be missing here."""

    root: Path
    config: ImageConfig
    arguments: dict[str, str] = field(default_factory=dict)
    shell: list[str] = field(default_factory=lambda: ["/bin/sh", "-c"])
    incomplete: str | None = None

    def variables(self) -> dict[str, str]:
        return {**self.arguments, **self.config.env}

    def configure(self, **changes: object) -> None:
        self.config = replace(self.config, **changes)  # type: ignore[arg-type]

    def inside(self, path: str) -> str:
        return posixpath.normpath(posixpath.join("/", self.config.workdir, path))

    def target(self, path: str) -> Path:
        return self.root / self.inside(path).lstrip("/")


def build_image(
    store: ImageStore,
    context: Path,
    dockerfile: Path,
    *,
    arguments: Mapping[str, str],
    log: Callable[[str], None],
    base: Callable[[str], Image | None] = lambda _: None,
    target: str | None = None,
) -> Image:
    """Build the image of `dockerfile` from the folder `context`.

    `arguments` are --build-arg; `base` finds images that were built here by their reference; `log` takes one line.
    Raises DockerfileError where Docker would fail.
    """
    if not dockerfile.is_file():
        raise DockerfileError(
            f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {dockerfile.name}: "
            "no such file or directory"
        )
    instructions = parse(dockerfile.read_text(encoding="utf-8"))
    with ExitStack() as cleanup:
        build = _Build(store, Context.of_folder(context, dockerfile), dict(arguments), log, base, cleanup)
        return build.run(instructions, target)


class _Build:
    def __init__(
        self,
        store: ImageStore,
        context: Context,
        arguments: dict[str, str],
        log: Callable[[str], None],
        base: Callable[[str], Image | None],
        cleanup: ExitStack,
    ) -> None:
        self._store, self._context, self._given, self._log = store, context, arguments, log
        self._base, self._cleanup = base, cleanup
        self._global: dict[str, str] = dict(PLATFORM_ARGS)
        self._numbers: dict[int, str] = {}  # `2/5` of each instruction, by its line
        self._stages: list[list[Instruction]] = []
        self._names: dict[str, int] = {}
        self._done: dict[int, _Stage] = {}

    def run(self, instructions: list[Instruction], target: str | None) -> Image:
        self._numbers = {one.line: f"{number}/{len(instructions)}" for number, one in enumerate(instructions, 1)}
        for instruction in instructions:
            if instruction.keyword == "FROM":
                self._open_stage(instruction)
            elif self._stages:
                self._stages[-1].append(instruction)
            elif instruction.keyword == "ARG":
                self._global.update(self._argument(instruction, self._global, {}))
            else:
                raise DockerfileError(
                    f"Dockerfile parse error line {instruction.line}: no build stage in current context"
                )
        if not self._stages:
            raise DockerfileError("the Dockerfile has no FROM instruction")
        index = len(self._stages) - 1
        if target is not None:
            if target.lower() not in self._names:
                raise DockerfileError(f"failed to reach build target {target} in Dockerfile")
            index = self._names[target.lower()]
        stage = self._stage(index)
        return self._store.add(stage.root, stage.config)

    def _open_stage(self, instruction: Instruction) -> None:
        words = expand(instruction.text, self._global).split()
        if len(words) == 3 and words[1].lower() == "as":
            self._names[words[2].lower()] = len(self._stages)
        elif len(words) != 1:
            raise DockerfileError(
                f"Dockerfile parse error line {instruction.line}: FROM requires one or three arguments"
            )
        self._stages.append([replace(instruction, text=words[0])])

    def _stage(self, index: int) -> _Stage:
        """The finished stage, built when it is first asked for."""
        if index not in self._done:
            start, *others = self._stages[index]
            self._tell(start)
            stage = self._start(start.text, index)
            for instruction in others:
                self._tell(instruction)
                self._carry_out(stage, instruction)
            self._done[index] = stage
        return self._done[index]

    def _tell(self, instruction: Instruction) -> None:
        self._log(f"Step {self._numbers[instruction.line]} : {instruction.keyword} {instruction.text}")

    def _start(self, reference: str, index: int) -> _Stage:
        root = self._store.draft()
        self._cleanup.callback(shutil.rmtree, root, ignore_errors=True)
        earlier = self._names.get(reference.lower())
        if earlier is not None and earlier < index:
            before = self._stage(earlier)
            shutil.copytree(before.root, root, symlinks=True, dirs_exist_ok=True)
            return _Stage(root, before.config, shell=list(before.shell), incomplete=before.incomplete)
        if reference == "scratch":
            return _Stage(root, ImageConfig())
        known = self._base(reference)
        if known is not None:
            shutil.copytree(known.root, root, symlinks=True, dirs_exist_ok=True)
            return _Stage(root, known.config)
        self._log(f" ---> the content of {reference} is not modelled; the image starts empty")
        config = ImageConfig(env=dict(BASE_ENV), base=reference)
        return _Stage(root, config, incomplete=f"{reference} is not modelled")

    def _carry_out(self, stage: _Stage, instruction: Instruction) -> None:
        keyword = instruction.keyword
        if keyword not in NO_PLACEHOLDERS:
            instruction = replace(instruction, text=expand(instruction.text, stage.variables()))
        if keyword == "ARG":
            stage.arguments.update(self._argument(instruction, self._given, self._global))
        elif keyword == "ENV":
            stage.configure(env={**stage.config.env, **_pairs(instruction)})
        elif keyword == "LABEL":
            stage.configure(labels={**stage.config.labels, **_pairs(instruction)})
        elif keyword == "WORKDIR":
            stage.configure(workdir=stage.inside(instruction.words()[0]))
            stage.target(".").mkdir(parents=True, exist_ok=True)
        elif keyword in ("COPY", "ADD"):
            self._copy(stage, instruction)
        elif keyword == "CMD":
            stage.configure(cmd=tuple(_command(instruction, stage.shell)))
        elif keyword == "ENTRYPOINT":  # Docker drops the CMD of a base image when a new ENTRYPOINT is set
            stage.configure(entrypoint=tuple(_command(instruction, stage.shell)), cmd=())
        elif keyword == "SHELL":
            stage.shell = instruction.words()
        elif keyword == "EXPOSE":
            ports = [int(word.partition("/")[0]) for word in instruction.words() if word.partition("/")[0].isdigit()]
            stage.configure(exposed=(*stage.config.exposed, *ports))
        elif keyword == "RUN":
            known = " ".join(f"{key}={value}" for key, value in sorted(stage.arguments.items()))
            body = "".join(instruction.heredocs.values())
            stage.configure(history=(*stage.config.history, f"RUN |{known}| {instruction.text}{body}"))
            stage.incomplete = "RUN is not modelled"
            self._log(" ---> RUN is not modelled: nothing was executed")
        elif keyword in NOT_MODELLED:
            self._log(f" ---> {keyword} is not modelled: ignored")

    def _argument(
        self, instruction: Instruction, given: Mapping[str, str], defaults: Mapping[str, str]
    ) -> dict[str, str]:
        """ARG NAME[=default] ...: what was given on the command line wins, then the global default, then its own."""
        values: dict[str, str] = {}
        for word in instruction.words():
            name, equals, default = word.partition("=")
            if name in self._given:
                values[name] = self._given[name]
            elif name in given:
                values[name] = given[name]
            elif equals:
                values[name] = default
            elif name in defaults:
                values[name] = defaults[name]
        return values

    def _copy(self, stage: _Stage, instruction: Instruction) -> None:
        *sources, destination = instruction.words()
        if not sources:
            raise DockerfileError(
                f"Dockerfile parse error line {instruction.line}: {instruction.keyword} requires at least two arguments"
            )
        context, excuse = self._origin(instruction)
        mode = instruction.flag("chmod")
        into_folder = destination.endswith("/") or destination in (".", "..") or len(sources) > 1
        for source in sources:
            heredoc = source.lstrip("<-").strip("'\"") if source.startswith("<<") else None
            if heredoc is not None and heredoc in instruction.heredocs:
                self._write_heredoc(stage, destination, heredoc, instruction.heredocs[heredoc], into_folder)
                continue
            if instruction.keyword == "ADD" and ("://" in source or source.startswith("git@")):
                raise DockerfileError(f"ADD of {source}: remote sources are not modelled by the sandbox")
            found = context.find(source)
            if not found:
                if excuse is None:
                    raise DockerfileError(
                        f"{instruction.keyword} failed: file not found in build context or excluded by .dockerignore: "
                        f"stat {source}: file does not exist"
                    )
                self._log(f" ---> {source} is not there ({excuse}): nothing was copied")
            for path in found:
                target = stage.target(destination)
                if not path.is_dir() and (into_folder or target.is_dir()):
                    target = target / path.name
                if instruction.keyword == "ADD" and contexts.unpack_tar(path, stage.target(destination), stage.root):
                    continue
                context.copy(path, target, stage.root, int(mode, 8) if mode and mode.isdigit() else None)

    def _write_heredoc(self, stage: _Stage, destination: str, name: str, body: str, into_folder: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_text(body, encoding="utf-8")
            target = stage.target(destination)
            Context(Path(folder)).copy(path, target / name if into_folder else target, stage.root)

    def _origin(self, instruction: Instruction) -> tuple[Context, str | None]:
        """Where COPY takes from, and why something may rightly be missing there."""
        name = instruction.flag("from")
        if name is None:
            return self._context, None
        index = self._names.get(name.lower(), int(name) if name.isdigit() else None)
        if index is not None and index < len(self._stages):
            stage = self._stage(index)
            return Context(stage.root), stage.incomplete
        known = self._base(name)
        if known is not None:
            return Context(known.root), None
        empty = self._store.draft()
        self._cleanup.callback(shutil.rmtree, empty, ignore_errors=True)
        return Context(empty), f"the content of {name} is not modelled"


def _command(instruction: Instruction, shell: list[str]) -> list[str]:
    array = instruction.array()
    return [*shell, instruction.text] if array is None else array


def _pairs(instruction: Instruction) -> dict[str, str]:
    """KEY=value ..., or the old form `KEY the whole rest`."""
    first = instruction.text.split(maxsplit=1)
    if "=" not in first[0]:
        return {first[0]: first[1] if len(first) > 1 else ""}
    return dict(word.partition("=")[::2] for word in instruction.words())
