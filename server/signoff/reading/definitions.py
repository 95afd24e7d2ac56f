"""Where a repository's files define a Cloud Run workload: Terraform, Knative YAML, Pulumi, CI and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.model.subject import Kind
from signoff.reading.deploy_script import read as read_script
from signoff.reading.deploy_script import terraform_resources
from signoff.reading.errors import as_text

_MODULE = re.compile(r'^\s*module\s+"[^"]*"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_MODULE_SOURCE = re.compile(r'^\s*source\s*=\s*"[^"]*cloud[-_]run[^"]*"', re.MULTILINE)
_MODULE_NAME = re.compile(r'^\s*(?:service_|job_)?name\s*=\s*(?:"([^"]+)"|.)', re.MULTILINE)
_KNATIVE = re.compile(r"^apiVersion:\s*[\"']?(?:serving\.knative\.dev|run\.googleapis\.com)/", re.MULTILINE)
_YAML_NAME = re.compile(r"^metadata:[ \t]*\n(?=([ \t]+)\S)(?:[ \t]+.*\n)*?\1name:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
"""The name that stands directly below `metadata`, as deep as its first line."""
_PULUMI = re.compile(r"\bcloudrun(?:v2)?\.(?:New)?(Service|Job|WorkerPool)\s*\(")
_PULUMI_KINDS: dict[str, Kind] = {"Service": "service", "Job": "job", "WorkerPool": "worker-pool"}
_CALL = 600
"""Characters after a call's name in which its arguments are looked for."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`at`: `infra/run.tf:12`. `certain`: it has the workload's name; else its name is known only where it is run."""

    at: str
    certain: bool


def definitions(path: str, data: bytes, kind: Kind, name: str) -> Iterator[Definition]:
    """Every place of one file that defines the workload, or may. Raises Unreadable.

    Terraform: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service
    """
    text = as_text(data)
    suffix = path.rpartition(".")[2]
    if suffix == "tf":
        found = [(one.line, one.name) for one in terraform_resources(text) if one.kind == kind]
        found += list(_modules(text))
    elif suffix in {"ts", "js", "py", "go"}:
        found = list(_pulumi(text, kind, name))
    elif suffix in {"yaml", "yml"} and _KNATIVE.search(text):
        found = list(_knative(text)) if kind == "service" else []
    else:
        found = [(one.line, one.name) for one in read_script(path, data).deploys if one.kind == kind and one.name]
    for line, named in found:
        if named is None or named == name:
            yield Definition(f"{path}:{line}", certain=named == name)


def _modules(text: str) -> Iterator[tuple[int, str | None]]:
    """Modules for Cloud Run, of whatever author: one whose name is a literal says it."""
    for block in _MODULE.finditer(text):
        named = _MODULE_NAME.search(block[1])
        if _MODULE_SOURCE.search(block[1]) and named is not None:
            yield _line(text, text.index("module", block.start())), named[1]


def _knative(text: str) -> Iterator[tuple[int, str | None]]:
    """What `gcloud run services replace` takes; a name that a template fills in is not known."""
    for found in _YAML_NAME.finditer(text):
        named = found[2].split(" #")[0].strip().strip("\"'")
        yield _line(text, found.start(2)), None if "{{" in named or "$" in named else named


def _pulumi(text: str, kind: Kind, name: str) -> Iterator[tuple[int, str | None]]:
    for call in _PULUMI.finditer(text):
        if _PULUMI_KINDS[call[1]] == kind:
            arguments = text[call.end() : call.end() + _CALL]
            yield _line(text, call.start()), name if re.search(rf"[\"'`]{re.escape(name)}[\"'`]", arguments) else None


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
