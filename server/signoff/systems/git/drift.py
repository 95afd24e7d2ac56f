"""For many workloads at once: is what is deployed behind, and by which commits? (Definitions: drift_types.)

The steps: compare trees by object id (drift_trees); for what differs, one walk through history for all (drift_walk);
one diff of the commits found missing (drift_commits); for diverged deployments, drop cherry-picked twins (drift_twins).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.systems.git.drift_commits import MissingCommits
from signoff.systems.git.drift_router import Router
from signoff.systems.git.drift_trees import Answer, Compared, compare
from signoff.systems.git.drift_twins import twins
from signoff.systems.git.drift_types import Drift, Missing, Question
from signoff.systems.git.drift_walk import Walk, walk
from signoff.systems.git.errors import GitError
from signoff.systems.git.inputs import common_paths
from signoff.systems.git.process import Children, Git, object_id

_SHALLOW = "shallow clone: at least these commits are missing"
_NO_HISTORY = "the history is not in this clone (partial clone): which commits are missing is not known"
_NO_CONTENT = "file contents are not in this clone (partial clone): cherry-picked twins may be among the commits"


async def drift(
    git: Git,
    head: str,
    questions: Sequence[Question],
    timeout: float = 120.0,  # noqa: ASYNC109  children are killed on timeout, see Git.work
) -> dict[str, Drift]:
    """One answer per question, by its key (keys are unique), measured against the commit head (a full id).

    What can not be found out about one workload is its "unknown" and leaves the others alone. GitError when git itself
    does not answer (its kind is never "unknown-object"); ValueError on a head that is no full id.
    """
    _check(head, questions)
    answers = await git.work(lambda children: _drift(children, head, questions), timeout)
    return {answer.key: answer for answer in answers}


async def compare_trees(
    git: Git,
    head: str,
    questions: Sequence[Question],
    timeout: float = 60.0,  # noqa: ASYNC109  as above
) -> dict[str, Answer]:
    """The first step alone: in which input files do the trees of the deployed commit and of head differ?"""
    _check(head, questions)
    router = Router([question.inputs for question in questions])
    answers = await git.work(lambda children: compare(children, head, questions, router), timeout)
    return {question.key: answer for question, answer in zip(questions, answers, strict=True)}


def _check(head: str, questions: Sequence[Question]) -> None:
    object_id(head)
    if len({question.key for question in questions}) < len(questions):
        raise ValueError("two questions have the same key")


@dataclass(frozen=True, slots=True)
class _Behind:
    question: Question
    compared: Compared


def _drift(children: Children, head: str, questions: Sequence[Question]) -> list[Drift]:
    answers = compare(children, head, questions, Router([question.inputs for question in questions]))
    done: list[Drift] = []
    behind: list[_Behind] = []
    for question, answer in zip(questions, answers, strict=True):
        if not isinstance(answer, Compared):
            done.append(Drift(question.key, "unknown", answer.why, exact=False))
        elif answer.files:
            behind.append(_Behind(question, answer))
        else:
            done.append(Drift(question.key, "same"))
    if not behind:
        return done
    try:
        return done + _missing(children, behind)
    except GitError as error:
        if error.kind != "unknown-object":
            raise
    return done + [_drifted(one, why=_NO_HISTORY) for one in behind]


def _missing(children: Children, behind: Sequence[_Behind]) -> list[Drift]:
    head = behind[0].compared.head
    history = walk(children, head, [one.compared.commit for one in behind])
    with children.start("rev-parse", "--is-shallow-repository") as child:
        shallow = child.out.read().strip() == b"true"
    why = dict.fromkeys(range(len(behind)), _SHALLOW) if shallow else {}
    if shallow:
        history.keep_proven()
    else:
        why |= dict.fromkeys(_drop_twins(children, history, behind), _NO_CONTENT)
    gathered = MissingCommits(
        children,
        history,
        Router([one.question.inputs for one in behind]),
        [one.compared.files for one in behind],
        common_paths(one.question.inputs for one in behind),
    ).gather()
    return [
        _drifted(one, commits, why.get(index), bool(history.diverged >> index & 1))
        for index, (one, commits) in enumerate(zip(behind, gathered, strict=True))
    ]


def _drop_twins(children: Children, history: Walk, behind: Sequence[_Behind]) -> list[int]:
    """Take the twins out of history.missing; the indexes of those for which that could not be done."""
    lacking = history.lacking()
    groups: dict[tuple[bytes, tuple[bytes, ...]], list[int]] = {}
    for index, one in enumerate(behind):
        if history.diverged & lacking & 1 << index:
            groups.setdefault((one.compared.commit, one.question.inputs.prefixes()), []).append(index)
    failed: list[int] = []
    for (commit, paths), indexes in groups.items():
        try:
            for twin in twins(children, history.head.decode(), commit.decode(), paths):
                history.missing[twin] &= ~sum(1 << index for index in indexes)
        except GitError as error:
            if error.kind != "unknown-object":
                raise
            failed += indexes
    return failed


def _drifted(one: _Behind, commits: tuple[Missing, ...] = (), why: str | None = None, diverged: bool = False) -> Drift:
    files = tuple(sorted(one.compared.files))
    return Drift(one.question.key, "drifted", why, files, commits, exact=why is None, diverged=diverged)
