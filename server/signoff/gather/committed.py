"""The facts of `committed`: which of a workload's inputs are only in the working tree."""

from __future__ import annotations

from signoff.gather.inputs import inputs_of
from signoff.gather.meeting import layout, status
from signoff.gather.parts import files
from signoff.gather.upload_set import left_out
from signoff.model.facts import Unknown
from signoff.model.source import CommittedFacts, PathChange
from signoff.model.subject import Workload
from signoff.survey import Survey
from signoff.systems.git.repository import Repository
from signoff.systems.git.tree import GITLINK


async def committed(survey: Survey, workload: Workload) -> CommittedFacts | Unknown:
    """Changes inside the workload's inputs (in submodules too), and what an upload would leave out."""
    tree = await survey.get(status)
    if tree is None:
        return CommittedFacts(None)
    if isinstance(tree, Unknown):
        return tree
    inner = await survey.get(_in_submodules)
    if isinstance(inner, Unknown):
        return inner
    inputs = inputs_of(survey.subject, workload)
    changes = (*tree.value.changes, *inner)
    inside = tuple(change for change in changes if inputs.matches(change.path))
    dropped: tuple[bytes, ...] = ()
    if workload.source == "upload" and workload.inputs:
        ignored = await survey.get(left_out)
        if isinstance(ignored, Unknown):
            return ignored
        dropped = tuple(sorted(path for path in ignored.value if inputs.matches(path)))
    return CommittedFacts(tree, inside, len(changes) - len(inside), dropped)


async def _in_submodules(survey: Survey) -> tuple[PathChange, ...] | Unknown:
    """Changes inside the checked-out submodules, asked on their own so that nothing they configure runs."""
    at, known = await survey.get(layout), await survey.get(files)
    if isinstance(at, Unknown):
        return at
    if isinstance(known, Unknown):
        return known
    found: list[PathChange] = []
    for entry in (entry for entry in known.value if entry.mode == GITLINK):
        path = at.value.top / entry.path.decode("utf-8", "surrogateescape")
        if not (path / ".git").exists():
            continue  # not checked out: nothing can be changed in it
        inner = Repository(survey.systems.boundary, path)
        try:
            there = await inner.layout()
            tree = there if isinstance(there, Unknown) else await inner.status(there.value)
        finally:
            await inner.close()
        if isinstance(tree, Unknown):
            return tree
        found.extend(PathChange(entry.path + b"/" + c.path, c.state) for c in tree.value.changes)
    return tuple(found)
