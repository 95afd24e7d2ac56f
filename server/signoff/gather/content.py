"""What deployed commits hold of the reference, on each workload's inputs: one question to git for all of them.

The definitions are git's drift engine's (`systems/git/drift_types.py`): trees decide, history explains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signoff.gather.inputs import inputs_of
from signoff.model.facts import Known, Unknown
from signoff.model.lineage import Content, Missing
from signoff.model.quoted import Quoted
from signoff.model.source import Reference
from signoff.model.subject import Commit, WorkloadName
from signoff.model.text import text
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.systems.git.drift_types import Drift

SHOWN = 5
"""Differing files that a finding names."""

Pair = tuple[WorkloadName, Commit]


async def contents(survey: Survey, reference: Reference, pairs: Iterable[Pair]) -> Mapping[Pair, Content] | Unknown:
    """What each commit holds for its workload."""
    asked = list(dict.fromkeys(pairs))
    if not asked:
        return {}
    against = await _drifts(survey, reference, reference.commit, asked)
    if isinstance(against, Unknown):
        return against
    found = {pair: _content(drift) for pair, drift in against.value.items()}
    # What misses nothing of the reference, and yet differs, may just be newer: on the branch, up to its head.
    ahead = [pair for pair, drift in against.value.items() if drift.state == "drifted" and not drift.commits]
    if ahead and reference.commit != reference.branch_head:
        newer = await _drifts(survey, reference, reference.branch_head, ahead)
        if isinstance(newer, Unknown):
            return newer
        for pair, drift in newer.value.items():
            on_branch = drift.state == "same" or (drift.state == "drifted" and not drift.diverged)
            if on_branch and against.value[pair].exact:
                found[pair] = Content("holds")
    return found


async def _drifts(
    survey: Survey, reference: Reference, head: Commit, pairs: Sequence[Pair]
) -> Known[dict[Pair, Drift]] | Unknown:
    from signoff.boundary import Incomplete, Question
    from signoff.systems.git.answers import Unanswered, why
    from signoff.systems.git.drift import drift
    from signoff.systems.git.drift_types import Question as Asked
    from signoff.systems.git.errors import GitError

    git = survey.systems.git.history(reference.objects).ask
    inputs = {workload.name: inputs_of(survey.subject, workload) for workload in survey.subject.workloads}
    keys = {f"{name} {commit}": (name, commit) for name, commit in pairs}
    look = ("git", "log", "--oneline", *(f"{commit}..{head}" for _, commit in pairs[:1]))

    async def fetch() -> dict[str, Drift]:
        questions = [Asked(key, commit, inputs[name]) for key, (name, commit) in keys.items()]
        try:
            return await drift(git.git, head, questions)
        except GitError as error:
            raise Unanswered(error) from error

    def read(answers: dict[str, Drift]) -> dict[Pair, Drift]:
        if answers.keys() != keys.keys():
            raise Incomplete("not every workload was compared")
        return {keys[key]: answer for key, answer in answers.items()}

    question = Question("git", "drift", git.resource, look)
    return await git.boundary.ask(question, fetch, read, why, seconds=_SECONDS)


_SECONDS = 120.0


def _content(drift: Drift) -> Content:
    if drift.state == "unknown":
        return Content("unknown", why=text("{}", drift.why or "git does not say"))
    if drift.state == "same":
        return Content("holds")
    files = tuple(Quoted.of(path) for path in drift.files[:SHOWN])
    if drift.diverged and not drift.commits:
        return Content("diverged", files=files, differing=len(drift.files))
    times = sorted(missing.time for missing in drift.commits)
    missing = Missing(
        count=len(drift.commits),
        exact=drift.exact,
        oldest=_at(times[0]) if times else None,
        newest=_at(times[-1]) if times else None,
        authors=tuple(dict.fromkeys(Quoted.of(missing.author) for missing in drift.commits)),
    )
    return Content("diverged" if drift.diverged else "behind", missing, files, len(drift.files))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
