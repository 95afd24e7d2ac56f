"""The source files of a workload at one commit, as the readers of routes see them."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.gather.inputs import inputs_of
from signoff.model.facts import Known, Unknown
from signoff.model.subject import Commit, Workload
from signoff.survey import Survey
from signoff.systems.git.history import History
from signoff.systems.git.tree import GITLINK

LARGEST = 1 << 20
"""Bytes; larger files are generated."""
_LINK = b"120000"


async def sources(
    survey: Survey, workload: Workload, history: History, commit: Commit
) -> Known[Mapping[str, str]] | Unknown:
    """The object ids of its own source files, by their paths."""
    from signoff.reading.routes import readers

    own = await _own(survey, workload, history, commit)
    if isinstance(own, Unknown):
        return own
    return Known({path: object_id for path, object_id in own.value.items() if readers.wants(path)}, own.ref)


async def written_in(survey: Survey, workload: Workload, history: History, commit: Commit) -> tuple[str, ...]:
    """The languages of its own files; none where git does not say."""
    from signoff.reading.routes.languages import languages

    own = await _own(survey, workload, history, commit)
    return languages(own.value) if isinstance(own, Known) else ()


async def _own(
    survey: Survey, workload: Workload, history: History, commit: Commit
) -> Known[Mapping[str, str]] | Unknown:
    tree = await history.tree(commit)
    if isinstance(tree, Unknown):
        return tree
    inputs = inputs_of(survey.subject, workload)
    own = (one for one in tree.value if one.mode not in {GITLINK, _LINK} and inputs.matches(one.path))
    return Known({one.path.decode("utf-8", "replace"): one.object_id for one in own}, tree.ref)


async def contents(history: History, files: Mapping[str, str]) -> Known[Mapping[str, bytes]] | Unknown:
    """What stands in them; those that are too large are left out."""
    known = await history.small_blobs(list(files.values()), LARGEST)
    if isinstance(known, Unknown):
        return known
    there = {path: known.value[object_id] for path, object_id in files.items() if object_id in known.value}
    return Known(there, known.ref)
