"""What Cloud Build runs and what it has there: `env`, `secretEnv`, substitutions, `--build-arg`s, buildpacks.

https://cloud.google.com/build/docs/build-config-file-schema · https://cloud.google.com/build/docs/securing-builds/use-secrets
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signoff.reading import cloudbuild, dockerfile, dockerignore
from signoff.reading.build_steps import BuildEnvironment, BuildStep, Given, Passed, dockerfile_steps
from signoff.reading.env_reads.model import Command, Place
from signoff.reading.errors import Unreadable, as_text
from signoff.reading.made_variables import files_made, sourced
from signoff.reading.yaml_text import mapping, read_yaml, texts

_VARIABLE = re.compile(r"\$\$?(?:\{(?P<braced>\w+)\}|(?P<plain>\w+))")
_OWN = frozenset({
    "PROJECT_ID", "PROJECT_NUMBER", "BUILD_ID", "LOCATION", "TRIGGER_NAME", "COMMIT_SHA", "REVISION_ID", "SHORT_SHA",
    "REPO_NAME", "REPO_FULL_NAME", "BRANCH_NAME", "TAG_NAME", "REF_NAME", "TRIGGER_BUILD_CONFIG_PATH",
    "SERVICE_ACCOUNT",
})  # fmt: skip
"""What Cloud Build itself fills in, for builds of a trigger."""
_PACK = "npm run gcp-build\nnpm run build"
"""Google's buildpack for Node.js runs the one or the other: https://cloud.google.com/docs/buildpacks/nodejs"""


def cloudbuild_steps(
    data: bytes, path: str, files: Mapping[str, bytes], trigger: Mapping[str, str] | None = None
) -> tuple[BuildStep, ...]:
    """Every command of the build that may evaluate the project's code, those within docker builds included.

    `files`: the tree, for Dockerfiles. `trigger`: the substitutions of the trigger's settings. Raises Unreadable for
    the configuration itself; a Dockerfile that can not be read is said in `unread` of its step.
    """
    document = read_yaml(as_text(data))
    if not isinstance(document.get("steps"), list):
        raise Unreadable("has no list of steps")
    reading = _Reading(path, files, as_text(data), mapping(document.get("options")))
    for name, value in mapping(document.get("substitutions")).items():
        reading.substitutions[name] = Given(name, reading.place(name), "default of the substitution", str(value))
    for name, value in (trigger or {}).items():
        reading.substitutions[name] = Given(name, Place(path, 1, f"the trigger sets {name}"), "the trigger", value)
    available = mapping(document.get("availableSecrets"))
    for one in [*_mappings(available.get("secretManager")), *_mappings(available.get("inline"))]:
        reading.available |= {*([one["env"]] if isinstance(one.get("env"), str) else ()), *mapping(one.get("envMap"))}
    for one in _mappings(document.get("secrets")):
        reading.available |= set(mapping(one.get("secretEnv")))
    return tuple(found for step in document["steps"] for found in reading.step(mapping(step)))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    for one in value if isinstance(value, list) else []:
        yield mapping(one)


@dataclass(slots=True)
class _Reading:
    path: str
    files: Mapping[str, bytes]
    text: str
    options: Mapping[str, Any]
    substitutions: dict[str, Given] = field(default_factory=dict)
    available: set[str] = field(default_factory=set)
    made: tuple[str, ...] = ()
    """Sentences on files of variables that steps made in the workspace, which all steps share."""

    def place(self, written: str) -> Place:
        """The line on which it first stands; the YAML reader keeps none."""
        at = self.text.find(written)
        return Place(self.path, self.text.count("\n", 0, at) + 1 if at >= 0 else 1, written.partition("=")[0])

    def step(self, step: Mapping[str, Any]) -> Iterator[BuildStep]:
        known, unread = self._environment(step)
        unread += self.made
        texts_of = {name: one.value for name, one in self.substitutions.items() if one.value}
        try:
            builds = list(cloudbuild.docker_builds(step, texts_of))
        except Unreadable as error:
            yield self._bare("", ".", known, (*unread, f"{self.path}: {error}"))
            return
        text, folder = cloudbuild.as_shell(step), step.get("dir")
        made = tuple(f"{self.path}: a step makes {name}" for name in files_made(text))
        self.made += made
        unread += made + tuple(f"{self.path}: a step takes variables from {name}" for name in sourced(text))
        for build in builds:
            yield from self._docker(build, known, unread)
        if builds:
            return
        if "pack" in str(step.get("name")).rpartition("/")[2] and "build" in texts(step.get("args")):
            text = _PACK
            known |= self._pack_environment(texts(step.get("args")), known)
        elif not isinstance(step.get("entrypoint"), str) and not step.get("script"):
            text = f"{_program(str(step.get('name')))} {text}"
        yield self._bare(text, folder if isinstance(folder, str) else ".", known, unread)

    def _environment(self, step: Mapping[str, Any]) -> tuple[dict[str, Given], tuple[str, ...]]:
        known: dict[str, Given] = {}
        unread: list[str] = []
        automap = str(step.get("automapSubstitutions") or self.options.get("automapSubstitutions")).lower() == "true"
        if step.get("script") and automap:
            known |= self.substitutions
        for written in (*texts(self.options.get("env")), *texts(step.get("env"))):
            name, _, value = written.partition("=")
            known[name] = Given(name, self.place(written), "env of the step", self._filled(value, {}))
        for name in (*texts(self.options.get("secretEnv")), *texts(step.get("secretEnv"))):
            known[name] = Given(name, self.place(name), "secretEnv of the step")
            if name not in self.available:
                unread.append(f"{self.path}: secretEnv names {name}, which availableSecrets does not have")
        return known, tuple(unread)

    def _filled(self, written: str, known: Mapping[str, Given]) -> str | None:
        """With substitutions and the step's own environment; None where a part is there and not known."""
        untold = False

        def value(found: re.Match[str]) -> str:
            nonlocal untold
            name = found["braced"] or found["plain"]
            given = known.get(name) or self.substitutions.get(name)
            if given is None or given.value is None:
                untold = untold or given is not None or name in _OWN
                return ""
            return given.value

        text = _VARIABLE.sub(value, written)
        return None if untold else text

    def _docker(
        self, build: cloudbuild.DockerBuild, known: Mapping[str, Given], unread: tuple[str, ...]
    ) -> Iterator[BuildStep]:
        args: dict[str, Given] = {}
        for written in build.args:
            name, equals, value = written.partition("=")
            if equals:
                args[name] = Given(name, self.place(written), "--build-arg", self._filled(value, known))
            elif name in known:  # without a value it is taken from the environment
                args[name] = Given(name, self.place(name), "--build-arg from the environment", known[name].value)
            else:
                args[name] = Given(name, self.place(name), "--build-arg of what is not set", "")
        secrets: dict[str, Given] = {}
        for written in build.secrets:
            options = dict(part.partition("=")[::2] for part in written.split(","))
            name = options.get("env", "")
            there = known.get(name) if name else Given(name, self.place(written), "--secret of a file")
            identity = options.get("id", name)
            secrets[identity] = there or Given(name, self.place(written), "--secret of what is not set", "")
        passed = Passed(args, secrets, unread)
        try:
            read = dockerfile.read(self.files[build.dockerfile_path])
            kept = dockerignore.kept_of(self.files, build.dockerfile_path, build.context)
            yield from dockerfile_steps(
                read, build.dockerfile_path, build.context, build.stage, passed, kept, self.files
            )
        except KeyError:
            yield self._bare("", build.context, known, (*unread, f"{build.dockerfile_path}: is not in the tree"))
        except Unreadable as error:
            yield self._bare("", build.context, known, (*unread, f"{build.dockerfile_path}: {error}"))

    def _pack_environment(self, args: tuple[str, ...], known: Mapping[str, Given]) -> dict[str, Given]:
        found: dict[str, Given] = {}
        for flag, value in zip(args, (*args[1:], ""), strict=True):
            written = (
                value if flag in {"--env", "-e"} else flag.removeprefix("--env=") if flag.startswith("--env=") else ""
            )
            name, equals, text = written.partition("=")
            if name:
                held = self._filled(text, known) if equals else (known[name].value if name in known else "")
                found[name] = Given(name, self.place(written), "--env of pack", held)
        return found

    def _bare(self, text: str, folder: str, known: Mapping[str, Given], unread: tuple[str, ...]) -> BuildStep:
        names = {name: one for name, one in known.items() if one.value != ""}
        empty = {name: one for name, one in known.items() if one.value == ""}
        sets = {name: one.value or "" for name, one in names.items()}
        first = text.split("\n")[0].strip()
        return BuildStep(Command(text, folder, self.place(first) if first else Place(self.path, 1), sets),
                         BuildEnvironment(names, empty, unread))  # fmt: skip


def _program(image: str) -> str:
    """A step without an entrypoint runs its image's own: node, npm, yarn, python."""
    name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    return name if name in {"npm", "yarn", "pnpm", "node", "python"} else ""
