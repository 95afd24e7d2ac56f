"""A Cloud Build configuration: which images it makes, from what, and what it deploys.

https://cloud.google.com/build/docs/build-config-file-schema
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from signoff.reading.errors import Unreadable, as_text
from signoff.reading.gcloud import Deploy, deploys_in, flags_of
from signoff.reading.yaml_text import mapping, read_yaml, texts

_DOCKER = re.compile(r"(.*/)?docker(:.*)?")
_DEPLOYING = re.compile(
    r"\brun\b[\W]+(?:(?:jobs|services|worker-pools)\b[\W]+)?(?:deploy|update|create)(?![\w-])", re.IGNORECASE
)
"""A deploying command of gcloud, however YAML writes its words: `run, deploy` and `- run` above `- deploy`."""
_VALUED = {
    "-t", "--tag", "-f", "--file", "--build-arg", "--target", "--cache-from", "--cache-to", "--platform", "--network",
    "--secret", "--ssh", "--label", "--progress", "--output", "-o", "--build-context", "--builder", "--add-host",
    "--iidfile", "--metadata-file", "--shm-size", "--ulimit", "-m", "--memory", "--cgroup-parent", "--annotation",
    "--attest", "--allow", "--cpu-shares", "-c", "--cpuset-cpus", "--isolation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DockerBuild:
    """One `docker build`. Paths are from the root of what the build is given."""

    dockerfile_path: str
    context: str
    tags: tuple[str, ...]
    stage: str | None
    args: tuple[str, ...]
    """Its `--build-arg`s as written: `X=1`, or `X` for what it takes from the environment."""
    secrets: tuple[str, ...] = ()
    """Its `--secret`s as written: `id=key,env=KEY`."""


@dataclass(frozen=True, slots=True)
class CloudBuild:
    images: tuple[str, ...]
    """As written, substitutions not filled in."""
    docker_builds: tuple[DockerBuild, ...]
    deploys: tuple[Deploy, ...]
    substitutions: Mapping[str, str]


def read(data: bytes) -> CloudBuild:
    """A configuration in YAML or JSON. Raises Unreadable, also where a docker build's files can not be told."""
    text = as_text(data)
    document = read_yaml(text)
    steps = document.get("steps")
    if not isinstance(steps, list):
        raise Unreadable("has no list of steps")
    substitutions = {key: value for key, value in mapping(document.get("substitutions")).items() if _is_text(value)}
    builds: list[DockerBuild] = []
    deploys: list[Deploy] = []
    for step in steps:
        one = mapping(step)
        builds += docker_builds(one, substitutions)
        deploys += deploys_in(as_shell(one), substitutions)
    lines = [text.count("\n", 0, found.start()) + 1 for found in _DEPLOYING.finditer(text)]
    if len(lines) == len(deploys):  # else a line that is told would be a guess
        deploys = [replace(deploy, line=line) for deploy, line in zip(deploys, lines, strict=True)]
    else:
        deploys = [replace(deploy, line=0) for deploy in deploys]
    return CloudBuild(texts(document.get("images")), tuple(builds), tuple(deploys), substitutions)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def docker_builds(step: Mapping[str, Any], substitutions: Mapping[str, str]) -> Iterator[DockerBuild]:
    folder = _filled(step.get("dir") or ".", substitutions)
    name = step.get("name")
    if not isinstance(name, str):
        return
    args = list(texts(step.get("args")))
    entrypoint = step.get("entrypoint")
    if "kaniko" in name:
        yield _kaniko(args, folder, substitutions)
    elif _DOCKER.fullmatch(name) and (not isinstance(entrypoint, str) or entrypoint in {"", "docker"}):
        build = _arguments_of_build(args)
        if build is not None:
            yield docker_build(build, folder, substitutions)
    else:
        for words in _docker_lines(as_shell(step)):
            yield docker_build(words, folder, substitutions)


def as_shell(step: Mapping[str, Any]) -> str:
    """The step as one shell text: its script, or its arguments (`bash -c "…"` gives the text itself)."""
    script = step.get("script")
    if isinstance(script, str) and script:
        return script
    args = texts(step.get("args"))
    shell = [word for word in args if "\n" in word or " " in word]
    if shell:
        return "\n".join(shell)
    entrypoint = step.get("entrypoint")
    program = [entrypoint] if isinstance(entrypoint, str) and entrypoint else []
    if not program and args[:1] != ("gcloud",) and "cloud-sdk" in str(step.get("name")):
        program = ["gcloud"]
    return " ".join(json.dumps(word, ensure_ascii=False) if " " in word else word for word in (*program, *args))


def _docker_lines(shell: str) -> Iterator[list[str]]:
    from signoff.reading.shell import commands

    for command in commands(shell):
        words = list(command.words)
        for at, word in enumerate(words):
            if word == "docker" and (build := _arguments_of_build(words[at + 1 :])) is not None:
                yield build
                break


def _arguments_of_build(words: list[str]) -> list[str] | None:
    """What follows `docker build`, `docker buildx build` or `docker image build`."""
    if words[:1] == ["build"]:
        return words[1:]
    if words[:2] in (["buildx", "build"], ["image", "build"]):
        return words[2:]
    return None


def docker_build(words: list[str], folder: str, substitutions: Mapping[str, str]) -> DockerBuild:
    """The arguments of one `docker build`, begun in `folder`. Raises Unreadable where the context can not be told."""
    flags, places = flags_of(words, _VALUED)
    given = [_filled(place, substitutions) for place in places]
    if len(given) != 1 or given[0] == "-" or "://" in given[0]:
        raise Unreadable("has a docker build whose context can not be told")
    if "--build-context" in flags:
        raise Unreadable("has a docker build with further contexts")
    context = _inside(folder, given[0])
    file = (flags.get("-f") or flags.get("--file") or [""])[-1]
    path = _inside(folder, _filled(file, substitutions)) if file else _inside(context, "Dockerfile")
    stage = flags.get("--target")
    tags = tuple(_filled(tag, substitutions, strict=False) for tag in [*flags.get("-t", []), *flags.get("--tag", [])])
    target = _filled(stage[-1], substitutions) if stage else None
    return DockerBuild(
        path, context, tags, target, tuple(flags.get("--build-arg", [])), tuple(flags.get("--secret", []))
    )


def _kaniko(args: list[str], folder: str, substitutions: Mapping[str, str]) -> DockerBuild:
    """https://github.com/GoogleContainerTools/kaniko#additional-flags: the context is /workspace unless said."""
    flags, _places = flags_of(
        args, {"--context", "-c", "--dockerfile", "-f", "--destination", "-d", "--target", "--build-arg"}
    )
    given = (flags.get("--context") or flags.get("-c") or ["."])[-1].removeprefix("dir://")
    context = _inside(
        folder, _filled(given.removeprefix("/workspace/") if given != "/workspace" else ".", substitutions)
    )
    file = (flags.get("--dockerfile") or flags.get("-f") or ["Dockerfile"])[-1]
    stage = flags.get("--target")
    tags = tuple(_filled(tag, substitutions, strict=False) for tag in flags.get("--destination", []))
    path, given_args = _inside(context, _filled(file, substitutions)), tuple(flags.get("--build-arg", []))
    return DockerBuild(path, context, tags, stage[-1] if stage else None, given_args)


def _inside(folder: str, path: str) -> str:
    """A path of the build from its root. Raises Unreadable where it leaves it."""
    if path.startswith("/workspace"):  # where Cloud Build puts the source
        folder, path = ".", path.removeprefix("/workspace").lstrip("/")
    normal = posixpath.normpath(posixpath.join(folder, path))
    if normal.startswith(("/", "../")) or normal == "..":
        raise Unreadable(f"builds from {path}, outside of the repository")
    return normal


_SUBSTITUTION = re.compile(r"\$(?:\{(?P<braced>[A-Z_][A-Z0-9_]*)\}|(?P<plain>[A-Z_][A-Z0-9_]*))")


def _filled(written: Any, substitutions: Mapping[str, str], *, strict: bool = True) -> str:
    """With the configuration's own substitutions. Raises Unreadable for others when `strict`."""
    if not isinstance(written, str):
        raise Unreadable("has a value that is no text where a path is expected")
    filled = _SUBSTITUTION.sub(
        lambda found: substitutions.get(found["braced"] or found["plain"], found.group()), written
    )
    if strict and "$" in filled:
        raise Unreadable(f"builds from {written}, which is known only while building")
    return filled
