"""The inputs of a workload: what its configuration says, else what the Dockerfile of its build copies.

Whatever can not be followed makes everything an input: more is compared than needed, never less.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.config.resolved import Inputs
from signoff.config.rules import stays_inside
from signoff.reading.errors import Unreadable

if TYPE_CHECKING:
    from signoff.config.schema import WorkloadTable

_WILD = re.compile(r"[*?\[]")


def inputs_of(root: Path, table: WorkloadTable) -> Inputs:
    """Never raises: what can not be read is said in `Inputs.says`."""
    if isinstance(table.inputs, tuple):
        return Inputs(table.inputs, "configured", "as written in signoff.toml")
    if table.inputs is not None:
        return copied_inputs(root, table.inputs.dockerfile, table.inputs.context, table.inputs.stage)
    config = getattr(table.build, "config", None)
    if config is None:
        return _everything("its build names no Dockerfile: write inputs to narrow it")
    from signoff.reading import cloudbuild

    try:
        steps = cloudbuild.read(_bytes(root, config)).docker_builds
        found = [_copied(root, step.dockerfile_path, step.context, step.stage) for step in steps]
    except Unreadable as error:
        return _everything(f"{config} {error}")
    if not found:
        return _everything(f"{config} has no docker build step")
    patterns = dict.fromkeys(pattern for one in found for pattern in one)
    if len(found) > 1:  # the exclusions of one build must not take away what another copies
        patterns = dict.fromkeys(pattern for pattern in patterns if not pattern.startswith("!"))
    names = ", ".join(dict.fromkeys(step.dockerfile_path for step in steps))
    return Inputs((*patterns, config), "dockerfile", f"what {names} copies ({config})")


def copied_inputs(root: Path, path: str, context: str, stage: str | None) -> Inputs:
    """The inputs by one Dockerfile."""
    try:
        return Inputs(_copied(root, path, context, stage), "dockerfile", f"what {path} copies")
    except Unreadable as error:
        return _everything(str(error))


def _everything(because: str) -> Inputs:
    return Inputs((), "everything", f"the whole repository, since {because}")


def _copied(root: Path, path: str, context: str, stage: str | None) -> tuple[str, ...]:
    """Patterns of the Dockerfile, its .dockerignore and what it copies. Raises Unreadable."""
    from signoff.reading import dockerfile
    from signoff.reading.dockerignore import as_inputs, below

    context = posixpath.normpath(context)
    try:
        found = dockerfile.closure(dockerfile.read(_bytes(root, path)), stage)
    except Unreadable as error:
        raise Unreadable(f"{path} {error}") from None
    if found.unread:
        raise Unreadable(f"{path} {found.unread[0]}")
    if not found.sources:
        raise Unreadable(f"{path} copies nothing of the repository")
    sources = tuple(below(context, source) for source in found.sources)
    for source in sources:
        _no_links(root, source, path)
    ignore, ignored = _ignored(root, path, context)
    exceptions = as_inputs(context, ignored)
    kept = tuple(pattern for pattern in exceptions if pattern.startswith("!") or _may_meet(pattern, sources))
    return (*sources, *kept, path, *ignore)


def _ignored(root: Path, path: str, context: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ignore file beside the Dockerfile wins over the context's: its path, and its patterns."""
    from signoff.reading import dockerignore

    for name in dockerignore.names(path, context):
        if (root / name).is_file():
            return (name,), dockerignore.patterns(_bytes(root, name))
    return (), ()


def _may_meet(pattern: str, sources: tuple[str, ...]) -> bool:
    """Whether an exception of .dockerignore can be below something that is copied, by what is literal in both."""
    return any(_one_holds_the_other(_literal(pattern), _literal(source)) for source in sources)


def _literal(pattern: str) -> tuple[str, ...]:
    parts = pattern.split("/")
    wild = next((at for at, part in enumerate(parts) if _WILD.search(part)), len(parts))
    return tuple(parts[:wild])


def _one_holds_the_other(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _no_links(root: Path, source: str, dockerfile_path: str) -> None:
    """Docker follows a link that a source goes through; git would only see the link itself change."""
    place = root
    for part in _literal(source):
        place = place / part
        if place.is_symlink():
            raise Unreadable(f"{dockerfile_path} copies {source}, which goes through a link")


def _bytes(root: Path, path: str) -> bytes:
    """Raises Unreadable."""
    if not stays_inside(root, path):
        raise Unreadable("is outside of the repository")
    try:
        return (root / path).read_bytes()
    except OSError as error:
        raise Unreadable(f"can not be read ({error.strerror or type(error).__name__})") from None
