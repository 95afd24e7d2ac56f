"""For many workloads at once: is what is deployed behind, and by which commits? (Definitions: drift_types.)

The steps: compare trees by object id (drift_trees); for what differs, one walk through history for all (drift_walk);
one diff of the commits found missing (drift_commits); for diverged deployments, drop cherry-picked twins (drift_twins).
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from signoff.systems.git.drift_commits import MissingCommits
from signoff.systems.git.drift_router import Router, bits_of
from signoff.systems.git.drift_trees import Answer, Compared, compare
from signoff.systems.git.drift_twins import twins
from signoff.systems.git.drift_types import Drift, Missing, Question
from signoff.systems.git.drift_walk import Walk
from signoff.systems.git.errors import GitError
from signoff.systems.git.inputs import common_paths
from signoff.systems.git.process import Children, Git, object_id

_SHALLOW = "shallow clone: at least these commits are missing"
_NO_HISTORY = "commits in between are not whole in this clone: which are missing is not known"
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
    answers = await git.work(lambda children: _drift(children, head, questions, git.is_shallow), timeout)
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


def _drift(children: Children, head: str, questions: Sequence[Question], is_shallow: Callable[[], bool]) -> list[Drift]:
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
        return done + _missing(children, behind, is_shallow())
    except GitError as error:
        if error.kind != "unknown-object":
            raise
    return done + [_drifted(one, why=_NO_HISTORY) for one in behind]


def _missing(children: Children, behind: Sequence[_Behind], shallow: bool) -> list[Drift]:
    history = Walk(behind[0].compared.head, [one.compared.commit for one in behind])
    router = Router([one.question.inputs for one in behind])
    files = [one.compared.files for one in behind]
    paths = common_paths(one.question.inputs for one in behind)

    def plain(ids: bytes | Iterator[bytes]) -> MissingCommits:
        found = MissingCommits(children, history, router, files, paths)
        found.plain(ids)
        return found

    why: dict[int, str] = {}
    with closing(history.steps(children)) as steps:
        if shallow:
            deque(steps, maxlen=0)  # what is proven is known at the end
            history.keep_proven()
            found = plain(history.plain())
            why = dict.fromkeys(range(len(behind)), _SHALLOW)
        else:
            found = plain(steps)  # one git walks while the other compares
            held, failed = _twins(children, history, behind, found)
            why = dict.fromkeys(failed, _NO_CONTENT)
            if held:
                history.drop(held)
                found = plain(history.plain())
    found.merges()
    return [
        _drifted(one, commits, why.get(index), bool(history.diverged >> index & 1))
        for index, (one, commits) in enumerate(zip(behind, found.newest_first(), strict=True))
    ]


def _twins(
    children: Children, history: Walk, behind: Sequence[_Behind], found: MissingCommits
) -> tuple[dict[bytes, int], list[int]]:
    """The commits of which diverged deployments hold a twin, and which do; and those that it can not be said of."""
    groups: dict[tuple[bytes, tuple[bytes, ...]], list[int]] = {}
    for index in bits_of(history.diverged):
        if found.any(index):
            one = behind[index]
            groups.setdefault((one.compared.commit, one.question.inputs.prefixes()), []).append(index)
    held: dict[bytes, int] = {}
    failed: list[int] = []
    for (commit, paths), indexes in groups.items():
        try:
            for twin in twins(children, history.head.decode(), commit.decode(), paths):
                held[twin] = held.get(twin, 0) | sum(1 << index for index in indexes)
        except GitError as error:
            if error.kind != "unknown-object":
                raise
            failed += indexes
    return held, failed


def _drifted(one: _Behind, commits: tuple[Missing, ...] = (), why: str | None = None, diverged: bool = False) -> Drift:
    files = tuple(sorted(one.compared.files))
    return Drift(one.question.key, "drifted", why, files, commits, exact=why is None, diverged=diverged)
