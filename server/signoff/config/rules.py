"""What one table alone can not tell: names that refer to each other, and paths that have to stay inside."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.config.data import data_rules
from signoff.config.databases import database_rules
from signoff.config.lines import Place
from signoff.config.resolved import resource_name
from signoff.reading.meant import require_pattern

if TYPE_CHECKING:
    from signoff.config.schema import Document, WorkloadTable

Broken = tuple[Place, str, str]
"""The place, what is wrong there, and the remedy."""

# https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/create, serviceId
_WRITING = ("POST", "PUT", "PATCH", "DELETE")
_RESOURCE = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")


def broken_rules(document: Document, root: Path) -> Iterator[Broken]:
    yield from _defaults(document)
    yield from _after(document.workloads)
    yield from _names(document)
    yield from database_rules(document)
    yield from data_rules(document)
    for name, table in document.workloads.items():
        yield from _only_services(name, table)
        yield from _traffic(name, table)
        yield from _smoke(name, table)
        yield from _patterns(name, table)
        yield from _noise(name, table)
    for place, path in _paths(document):
        if not stays_inside(root, path):
            yield place, f"{path} is outside of the repository", "write a path below the repository's root"
    if posixpath.normpath(document.handoff.folder) == ".":
        says = "the whole repository can not be the handoff's folder: nothing would be an input any more"
        yield ("handoff", "folder"), says, 'write folder = "docs/handoffs"'


def stays_inside(root: Path, path: str) -> bool:
    """Whether a path of the repository stays in it, links followed."""
    normal = posixpath.normpath(path)
    if normal.startswith(("../", "/")) or normal == "..":
        return False
    try:
        return (root / normal).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a null byte
        return False


def _defaults(document: Document) -> Iterator[Broken]:
    defaults = [name for name, target in document.targets.items() if target.default]
    for name in defaults[1:]:
        yield ("targets", name, "default"), f"{defaults[0]} is the default already", "keep default = true in one target"


def _after(workloads: Mapping[str, WorkloadTable]) -> Iterator[Broken]:
    for name, table in workloads.items():
        for position, other in enumerate(table.after):
            if other not in workloads:
                near = difflib.get_close_matches(other, workloads, n=1)
                fix = f"did you mean {near[0]}?" if near else f"choose from: {', '.join(workloads)}"
                yield ("workloads", name, "after", position), f"there is no workload {other}", fix
    try:
        TopologicalSorter({name: table.after for name, table in workloads.items()}).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        says = f"goes in a circle: {' after '.join(circle)}"
        yield ("workloads", circle[0], "after"), says, f"take {circle[1]} out of it, or break the circle elsewhere"


def _names(document: Document) -> Iterator[Broken]:
    for target in document.targets:
        taken: dict[tuple[str, str], str] = {}
        for name, table in document.workloads.items():
            place: Place = ("workloads", name, "name")
            resource = resource_name(name, table, target)
            if not _RESOURCE.fullmatch(resource):
                says = f"{resource} can be no name on Cloud Run (in target {target})"
                yield place, says, "use at most 49 small letters, digits and hyphens, a letter first and no hyphen last"
            first = taken.setdefault((table.kind, resource), name)
            if first != name:
                says = f"is the same {table.kind} {resource} as {first} (in target {target})"
                yield place, says, "keep one of them, or give them different names"


def _only_services(name: str, table: WorkloadTable) -> Iterator[Broken]:
    if table.kind != "service":
        for key in ("url", "smoke", "traffic", "revision_header", "routes"):
            if getattr(table, key) not in (None, (), (100,), type(table).model_fields["routes"].default):
                says = f"a {table.kind} takes no requests"
                yield ("workloads", name, key), says, f'take {key} out, or write kind = "service"'


def _traffic(name: str, table: WorkloadTable) -> Iterator[Broken]:
    steps = table.traffic
    if steps[-1] != 100 or any(first >= second for first, second in pairwise(steps)):
        says = "does not rise step by step to 100"
        yield ("workloads", name, "traffic"), says, "write percentages such as [10, 50, 100]"


_OWN_HEADERS = frozenset(
    ("host", "user-agent", "traceparent", "tracestate", "x-cloud-trace-context", "content-length", "transfer-encoding",
     "connection", "te", "trailer", "upgrade", "expect")
)  # fmt: skip
_PROVING_HEADERS = re.compile(r"(?i)authorization|cookie|secret|token|api-?key|credential|password|bypass|assertion")


def _smoke(name: str, table: WorkloadTable) -> Iterator[Broken]:
    for position, smoke in enumerate(table.smoke):
        place: Place = ("workloads", name, "smoke", position)
        if smoke.method in _WRITING and smoke.writes is None:
            says = f"a {smoke.method} may change something"
            fix = "write writes = true (it is then sent once a revision), or writes = false where it changes nothing"
            yield (*place, "writes"), says, fix
        if smoke.expect == "blocked":
            for key in ("status", "content_type", "contains", "json_values"):
                if getattr(smoke, key):
                    says = "nobody gets through where it is blocked, so nothing is expected of an answer"
                    yield (*place, key), says, f'take {key} out, or write expect = "reach"'
        for header in smoke.headers:
            if header.lower() in _OWN_HEADERS:
                yield (*place, "headers", header), "is a header that signoff writes itself", f"take {header} out"
            elif _PROVING_HEADERS.search(header):
                says = "lets a request through that users could not send, or holds a secret"
                fix = 'take it out; an identity is written as identity = { bearer_env = "NAME" }'
                yield (*place, "headers", header), says, fix
            elif any(ord(character) < 32 or ord(character) > 126 for character in smoke.headers[header]):
                yield (*place, "headers", header), "is no text that a header can hold", "write printable ASCII"


def _noise(name: str, table: WorkloadTable) -> Iterator[Broken]:
    for position, noise in enumerate(table.logs.noise):
        place: Place = ("workloads", name, "logs", "noise", position)
        if (noise.text is None) == (noise.pattern is None):
            yield place, "must say by a text or by a pattern which error is meant", 'write text = "…" or pattern = "…"'
        elif noise.pattern is not None:
            try:
                require_pattern(noise.pattern)
            except ValueError as error:
                fix = "write a regular expression of Python (in '…' its backslashes stay), or text = \"…\""
                yield (*place, "pattern"), f"is {error}", fix


def _patterns(name: str, table: WorkloadTable) -> Iterator[Broken]:
    if not isinstance(table.inputs, tuple):
        return
    if all(pattern.startswith("!") for pattern in table.inputs):
        says = "only takes files away, so that nothing is left"
        yield ("workloads", name, "inputs"), says, 'begin with what belongs to it, for instance "**"'
    for position, pattern in enumerate(table.inputs):
        if ".." in pattern.split("/"):
            says = f"{pattern} leaves the repository"
            yield ("workloads", name, "inputs", position), says, "write patterns from the repository's root"
        elif not _means_something(pattern):
            says = f"{pattern} is no path pattern"
            yield ("workloads", name, "inputs", position), says, "write one such as web/**, *.py or !**/*.md"


def _means_something(pattern: str) -> bool:
    from signoff.systems.git.inputs import Inputs

    try:
        Inputs((pattern,))
    except ValueError:
        return False
    return True


def _paths(document: Document) -> Iterator[tuple[Place, str]]:
    yield ("handoff", "folder"), document.handoff.folder
    for name, table in document.workloads.items():
        config = getattr(table.build, "config", None)
        if config is not None:
            yield ("workloads", name, "build", "config"), config
        for key in ("dockerfile", "context"):
            path = getattr(table.inputs, key, None)
            if path is not None:
                yield ("workloads", name, "inputs", key), path
        if table.routes.openapi is not None:
            yield ("workloads", name, "routes", "openapi"), table.routes.openapi
        if table.rehearsal is not None:
            yield ("workloads", name, "rehearsal", "folder"), table.rehearsal.folder
