"""What a repository's own scripts and CI deploy to Cloud Run: shell, make, package.json, workflows, Terraform."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from signoff.model.subject import Deployer, Kind
from signoff.reading.errors import Unreadable, as_text
from signoff.reading.gcloud import Deploy, Submit, deploys_in, submits_in
from signoff.reading.shell import assignments, commands, filled
from signoff.reading.yaml_text import mapping, read_yaml, texts

_RESOURCE = re.compile(
    r'^\s*resource\s+"google_cloud_run_(?:v2_)?(service|job|worker_pool)"\s+"[^"]*"\s*\{(.*?)^\}',
    re.MULTILINE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r'^\s{1,4}(name|location|project)\s*=\s*"([^"$]+)"', re.MULTILINE)
_TERRAFORM_KINDS: dict[str, Kind] = {"service": "service", "job": "job", "worker_pool": "worker-pool"}
_ACTION = "google-github-actions/deploy-cloudrun@"


@dataclass(frozen=True, slots=True)
class DeployScript:
    """`by`: who runs it. `branches`: those whose pushes start it, where it says so. `builds`: itself, with Docker."""

    by: Deployer
    deploys: tuple[Deploy, ...]
    submits: tuple[Submit, ...] = ()
    branches: tuple[str, ...] = ()
    builds: bool = False


def read(path: str, data: bytes) -> DeployScript:
    """By the file's name; lines count from 1. Raises Unreadable."""
    text = as_text(data)
    name = path.rsplit("/", 1)[-1]
    if name.endswith(".tf"):
        return DeployScript("terraform", tuple(terraform_resources(text)))
    if name == "package.json":
        return _package(text)
    if name.endswith((".yml", ".yaml")):
        return _workflow(text)
    return DeployScript("signoff", tuple(deploys_in(text)), tuple(submits_in(text)), builds=_builds(text))


def _builds(text: str) -> bool:
    return any("docker" in one.words and {"build", "push"} & set(one.words) for one in commands(text))


def terraform_resources(text: str) -> Iterator[Deploy]:
    """Cloud Run resources of a Terraform file; one whose name is no literal has none."""
    for block in _RESOURCE.finditer(text):
        said = dict(_ATTRIBUTE.findall(block[2]))
        line = text.count("\n", 0, block.start(1)) + 1
        yield Deploy(_TERRAFORM_KINDS[block[1]], said.get("name"), line, said.get("location"), said.get("project"))


def _package(text: str) -> DeployScript:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("is not JSON") from None
    scripts = mapping(mapping(document).get("scripts"))
    deploys: list[Deploy] = []
    submits: list[Submit] = []
    for name, script in scripts.items():
        if isinstance(script, str):
            line = _line_with(text, json.dumps(name, ensure_ascii=False))
            deploys += [replace(found, line=line) for found in deploys_in(script)]
            submits += [replace(found, line=line) for found in submits_in(script)]
    return DeployScript("signoff", tuple(deploys), tuple(submits))


def _workflow(text: str) -> DeployScript:
    """GitHub's workflows; of another CI's YAML, the commands among its texts."""
    document = read_yaml(text)
    known = assignments(text)
    deploys: list[Deploy] = []
    submits: list[Submit] = []
    for script in _scripts(document, 0):
        line = _line_with(text, "gcloud")
        deploys += [replace(found, line=_line_with(text, found.name) or line) for found in deploys_in(script, known)]
        submits += [replace(found, line=line) for found in submits_in(script)]
    for step in _steps(document):
        uses = step.get("uses")
        if isinstance(uses, str) and uses.startswith(_ACTION):
            deploys.append(_action(step, known, _line_with(text, _ACTION)))
    push = mapping(mapping(document.get("on")).get("push"))
    branches = tuple(branch for branch in texts(push.get("branches")) if not set(branch) & set("*?[!"))
    return DeployScript("ci", tuple(deploys), tuple(submits), branches)


def _scripts(value: Any, depth: int) -> Iterator[str]:
    """Every text that holds a command; a workflow is not nested more deeply than this."""
    if isinstance(value, str) and "gcloud" in value:
        yield value
    elif depth < 10 and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _scripts(item, depth + 1)


def _steps(document: Any) -> Iterator[Any]:
    for job in mapping(document.get("jobs")).values():
        steps = mapping(job).get("steps")
        for step in steps if isinstance(steps, list) else ():
            yield mapping(step)


def _action(step: Any, known: Any, line: int) -> Deploy:
    """https://github.com/google-github-actions/deploy-cloudrun#inputs"""
    given = mapping(step.get("with"))

    def value(name: str) -> str | None:
        written = given.get(name)
        said = filled(written, known) if isinstance(written, str) else ""
        return said if said and "$" not in said else None

    kind: Kind = "job" if given.get("job") else "service"
    name = value("job") if kind == "job" else value("service")
    return Deploy(kind, name, line, value("region"), value("project_id"), value("source"), value("image"))


def _line_with(text: str, needle: str | None) -> int:
    """The first line that holds it, 0 where none does."""
    at = text.find(needle) if needle else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else 0
