"""What runs while an image is built, and what the environment has there: a Dockerfile's RUN lines, in their stages.

https://docs.docker.com/build/building/variables/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from signoff.reading.dockerfile import Copied, Dockerfile, Folder, Run, Setting, Stage
from signoff.reading.env_reads.model import Command, Place
from signoff.reading.errors import Unreadable
from signoff.reading.made_variables import copied, files_made, sourced, written

_VARIABLE = re.compile(r"\\\$|\$(?:\{(?P<braced>\w+)(?P<rest>:?[-+][^}]*)?\}|(?P<plain>\w+))")


@dataclass(frozen=True, slots=True)
class Given:
    """A name and where its value comes from: `ARG`, `--build-arg`, `ENV`, `secret mount`, `env of the step` …

    `value` is None where it is there and not known, "" where it is surely empty. It is never shown.
    """

    name: str
    place: Place
    source: str
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BuildEnvironment:
    """`names`: those with a value. `empty`: those that are set to nothing. `unread`: what can not be told."""

    names: Mapping[str, Given]
    empty: Mapping[str, Given] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One command of a build with the environment that it runs in; both go to `env_reads.scan` and `missing`.

    `kept`: the files that it can have, as patterns of inputs (.dockerignore keeps others from it); none: all.
    """

    command: Command
    environment: BuildEnvironment
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """What the one who builds hands over. `args`: `--build-arg`s by name. `secrets`: by id."""

    args: Mapping[str, Given] = field(default_factory=dict)
    secrets: Mapping[str, Given] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def dockerfile_steps(
    dockerfile: Dockerfile,
    path: str,
    context: str = ".",
    stage: str | None = None,
    passed: Passed | None = None,
    kept: tuple[str, ...] = (),
    committed: Container[str] = (),
) -> tuple[BuildStep, ...]:
    """Every RUN of the stages that the wanted one is built from. Raises Unreadable for an unknown stage.

    `committed`: the paths whose content is known, for dotenv files that are copies of them.
    """
    reading = _Reading(dockerfile, path, context, passed or Passed(), kept, committed)
    wanted = reading.number(stage) if stage is not None else len(dockerfile.stages) - 1
    if wanted is None:
        raise Unreadable(f"has no stage {stage}")
    for at in sorted(reading.needed(wanted)):
        reading.stage(at)
    return tuple(reading.steps)


@dataclass(slots=True)
class _State:
    """What a stage hands on to those built on it.

    https://docs.docker.com/build/building/variables/#scoping: child stages inherit arguments too.
    """

    args: dict[str, Given] = field(default_factory=dict)
    env: dict[str, Given] = field(default_factory=dict)
    folder: str = "/"
    copied: dict[str, str] = field(default_factory=dict)
    """Folder of the image → folder of the repository that it was copied from."""
    made: tuple[str, ...] = ()
    """Sentences on files of variables that were made on the way, of which the content is not known."""
    dotenv: dict[str, str] = field(default_factory=dict)
    """Those that are copies of files of the commit: by path in the repository, the path of the original."""


@dataclass(slots=True)
class _Reading:
    dockerfile: Dockerfile
    path: str
    context: str
    passed: Passed
    kept: tuple[str, ...] = ()
    committed: Container[str] = ()
    steps: list[BuildStep] = field(default_factory=list)
    _after: dict[int, _State] = field(default_factory=dict)

    def number(self, name: str, before: int | None = None) -> int | None:
        stages = self.dockerfile.stages[:before]
        for at in reversed(range(len(stages))):
            if (stages[at].name or "").lower() == name.lower() or str(at) == name:
                return at
        return None

    def needed(self, wanted: int) -> set[int]:
        found, waiting = set[int](), [wanted]
        while waiting:
            at = waiting.pop()
            found.add(at)
            stage = self.dockerfile.stages[at]
            for name in (stage.base, *(origin.written for origin in stage.origins)):
                other = self.number(name, at)
                if other is not None and other not in found:
                    waiting.append(other)
        return found

    def stage(self, at: int) -> None:
        stage = self.dockerfile.stages[at]
        base = self.number(stage.base, at)
        before = self._after.get(base) if base is not None else None
        state = _State()
        if before is not None:
            state = _State(
                dict(before.args),
                dict(before.env),
                before.folder,
                dict(before.copied),
                before.made,
                dict(before.dotenv),
            )
        for step in stage.steps:
            match step:
                case Setting():
                    self._set(step, state)
                case Folder(path=written):
                    state.folder = posixpath.normpath(posixpath.join(state.folder, written.strip("\"'")))
                case Copied(sources=sources, to=to):
                    self._copied(sources, to, state)
                case Run():
                    self._run(step, state, {**state.args, **state.env}, stage)
        self._after[at] = state

    def _set(self, step: Setting, state: _State) -> None:
        place = Place(self.path, step.line, f"{step.kind} {step.name}")
        args, known = state.args, {**state.args, **state.env}
        if step.kind == "ENV":
            state.env[step.name] = Given(step.name, place, "ENV", _expanded(step.value or "", known))
            return
        passed = self.passed.args.get(step.name)
        if passed is not None:
            args[step.name] = passed
        elif step.value is not None:
            args[step.name] = Given(step.name, place, "ARG", _expanded(step.value, known))
        else:
            outer = [one for one in self.dockerfile.settings if one.name == step.name and one.value is not None]
            value = _expanded(outer[0].value or "", {}) if outer else ""
            args[step.name] = Given(step.name, place, "ARG", value)

    def _copied(self, sources: tuple[str, ...], to: str, state: _State) -> None:
        """A folder's content lands in the target; files do not tell where a project is."""
        target = posixpath.normpath(posixpath.join(state.folder, to.strip("\"'")))
        name = posixpath.basename(target)
        if name.startswith(".env") and name not in {posixpath.basename(one) for one in sources}:
            original = posixpath.normpath(posixpath.join(self.context, sources[0]))
            if len(sources) == 1 and original in self.committed:
                state.dotenv[self._in_repository(to, state)] = original
            else:
                state.made += (f"{self.path}: COPY makes {name}",)
        if len(sources) == 1 and ("." not in posixpath.basename(sources[0]) or sources[0] == "."):
            state.copied[target] = posixpath.normpath(posixpath.join(self.context, sources[0]))

    def _run(self, step: Run, state: _State, known: dict[str, Given], stage: Stage) -> None:
        place = Place(self.path, step.line, "RUN")
        for secret in step.secrets:
            if secret.env is not None:
                known[secret.env] = self._secret(secret.id, secret.env, place)
        names = {name: one for name, one in known.items() if one.value != ""}
        empty = {name: one for name, one in known.items() if one.value == ""}
        base = stage.base if self.number(stage.base) is None and "$" in stage.base else ""
        unread = [f"{self.path}:{stage.line}: the base image {base} is told while building"] if base else []
        self._make(step.command, state, place)
        unread += [*state.made, *(f"{place}: takes variables from {name}" for name in sourced(step.command))]
        unread += [
            f"{place}: the secret {one.id} is a file of variables there"
            for one in step.secrets
            if one.env is None and posixpath.basename(one.target).startswith(".env")
        ]
        sets = {name: one.value or "" for name, one in names.items()}
        dotenv = tuple(sorted(state.dotenv.items()))
        command = Command(step.command, self._folder(state), place, sets, step.ends_on_failure, dotenv)
        self.steps.append(BuildStep(command, BuildEnvironment(names, empty, (*self.passed.unread, *unread)), self.kept))

    def _make(self, text: str, state: _State, place: Place) -> None:
        """Files of variables: a copy of a file of the commit holds what that holds, and of others nothing is known."""
        copies = {
            self._in_repository(to, state): original
            for to, source in copied(text).items()
            if (original := self._in_repository(source, state)) in self.committed
        }
        printed = written(text)
        told = {posixpath.basename(to) for to in copies} - set(printed)
        state.made += tuple(f"{place}: makes {name}" for name in files_made(text) if name not in told)
        kept = {to: one for to, one in state.dotenv.items() if not printed.get(posixpath.basename(to))}
        state.dotenv = {**kept, **copies}

    def _secret(self, identity: str, name: str, place: Place) -> Given:
        handed = self.passed.secrets.get(identity)
        if handed is not None:
            return Given(name, handed.place, f"secret mount {identity}", handed.value)
        return Given(
            name, Place(place.path, place.line, f"mounts the secret {identity}"), "secret that is not handed over", ""
        )

    def _in_repository(self, path: str, state: _State) -> str:
        """The path in the repository of a file of the image."""
        folder, name = posixpath.split(posixpath.normpath(posixpath.join(state.folder, path.strip("\"'"))))
        return posixpath.normpath(posixpath.join(self._folder(state, folder), name))

    def _folder(self, state: _State, folder: str | None = None) -> str:
        """The folder of the repository that lies where the command runs, or at another folder of the image."""
        folder = folder or state.folder
        rest = ""
        while True:
            if folder in state.copied:
                return posixpath.normpath(posixpath.join(state.copied[folder], rest))
            if folder == "/":
                return self.context
            rest = posixpath.join(posixpath.basename(folder), rest) if rest else posixpath.basename(folder)
            folder = posixpath.dirname(folder)


def _expanded(written: str, known: Mapping[str, Given]) -> str | None:
    """With its variables; None where one of them is there and not known."""
    untold = False

    def value(found: re.Match[str]) -> str:
        nonlocal untold
        name = found["braced"] or found["plain"]
        if name is None:
            return "$"
        given, rest = known.get(name), found["rest"] or ""
        held = given.value if given is not None else ""
        if "+" in rest[:2]:
            return rest.partition("+")[2] if held != "" else ""
        if held == "" and "-" in rest[:2]:
            return rest.partition("-")[2]
        untold = untold or held is None
        return held or ""

    text = _VARIABLE.sub(value, written)
    return None if untold else text
