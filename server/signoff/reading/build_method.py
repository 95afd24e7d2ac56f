"""What a build runs, by the way in which it is started: a configuration, a Dockerfile, a command of the team's."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signoff.reading import dockerfile, dockerignore
from signoff.reading.build_steps import BuildStep, dockerfile_steps
from signoff.reading.cloudbuild_steps import cloudbuild_steps
from signoff.reading.errors import Unreadable, as_text
from signoff.reading.gcloud import submits_in
from signoff.reading.yaml_text import mapping, read_yaml

_SUBSTITUTION = re.compile(r"\$\{?(_[A-Z0-9_]+)")
_SHELLS = frozenset({"sh", "bash", "zsh"})
_GIVEN = "given by whoever starts the build"


@dataclass(frozen=True, slots=True)
class BuildRuns:
    """`untold`: sentences on what could not be told. `open`: whoever starts it may hand over more values."""

    steps: tuple[BuildStep, ...] = ()
    untold: tuple[str, ...] = ()
    open: bool = False

    def __add__(self, other: BuildRuns) -> BuildRuns:
        return BuildRuns(self.steps + other.steps, self.untold + other.untold, self.open or other.open)


def of_configuration(
    path: str, files: Mapping[str, bytes], trigger: Mapping[str, str] | None = None, *, open_ended: bool = False
) -> BuildRuns:
    """A Cloud Build configuration of the repository. `open_ended`: its substitutions may be given by hand."""
    if path not in files:
        return BuildRuns(untold=(f"{path} is not in the commit",), open=open_ended)
    return of_document(files[path], path, files, trigger, open_ended=open_ended)


def of_document(
    data: bytes,
    path: str,
    files: Mapping[str, bytes],
    trigger: Mapping[str, str] | None = None,
    *,
    open_ended: bool = False,
) -> BuildRuns:
    """A configuration as it stands, for instance the one that a trigger holds."""
    try:
        values = _with_given(data, trigger or {}) if open_ended else dict(trigger or {})
        return BuildRuns(cloudbuild_steps(data, path, files, values), open=open_ended)
    except Unreadable as error:
        return BuildRuns(untold=(f"{path} {error}",), open=open_ended)


def _with_given(data: bytes, known: Mapping[str, str]) -> dict[str, str]:
    """Substitutions without a default are there: Cloud Build refuses a build that lacks one."""
    text = as_text(data)
    asked = dict.fromkeys(_SUBSTITUTION.findall(text), _GIVEN)
    return {**asked, **_defaults(text), **known}


def _defaults(text: str) -> dict[str, str]:
    return {name: str(value) for name, value in mapping(read_yaml(text).get("substitutions")).items()}


def of_dockerfile(path: str, context: str, files: Mapping[str, bytes], *, open_ended: bool = False) -> BuildRuns:
    """A docker build without arguments."""
    if path not in files:
        return BuildRuns(untold=(f"{path} is not in the commit",), open=open_ended)
    try:
        kept = dockerignore.kept_of(files, path, context)
        steps = dockerfile_steps(dockerfile.read(files[path]), path, context, kept=kept, committed=files)
        return BuildRuns(steps, open=open_ended)
    except Unreadable as error:
        return BuildRuns(untold=(f"{path} {error}",), open=open_ended)


def of_source(folder: str, files: Mapping[str, bytes]) -> BuildRuns:
    """What `gcloud builds submit`, or a trigger that finds out by itself, takes: cloudbuild.yaml, or a Dockerfile."""
    for name in ("cloudbuild.yaml", "cloudbuild.yml", "cloudbuild.json"):
        path = posixpath.normpath(posixpath.join(folder, name))
        if path in files:
            return of_configuration(path, files, open_ended=True)
    return of_dockerfile(posixpath.normpath(posixpath.join(folder, "Dockerfile")), folder, files, open_ended=True)


def of_command(argv: Sequence[str], files: Mapping[str, bytes]) -> BuildRuns:
    """The team's own command, with the script that it starts where that is in the repository."""
    script = next((path for path in _paths(argv) if path in files), None)
    try:
        text = as_text(files[script]) if script is not None else shlex.join(argv)
    except Unreadable as error:
        return BuildRuns(untold=(f"{script} {error}",), open=True)
    found = BuildRuns(open=True)
    for submit in submits_in(text):
        folder = submit.source or "."
        if submit.config is not None:
            found += of_configuration(posixpath.normpath(submit.config), files, open_ended=True)
        elif submit.tag is not None:
            found += of_dockerfile(posixpath.normpath(posixpath.join(folder, "Dockerfile")), folder, files)
        else:
            found += of_source(folder, files)
    if not found.steps:
        document = json.dumps({"steps": [{"name": "command", "entrypoint": "sh", "script": text}]})
        found += of_document(document.encode(), script or "the build command", files, open_ended=True)
    return BuildRuns(found.steps, found.untold, open=True)


def _paths(argv: Sequence[str]) -> list[str]:
    words = argv[1:] if posixpath.basename(argv[0]) in _SHELLS else argv[:1]
    return [posixpath.normpath(word) for word in words if not word.startswith("-")]
