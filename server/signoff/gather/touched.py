"""Which workloads a session changed."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.gather.inputs import inputs_of
from signoff.gather.meeting import status
from signoff.gather.published import refs
from signoff.model.facts import Unknown
from signoff.model.source import CommitLine
from signoff.model.subject import Session, WorkloadName
from signoff.survey import Survey


async def touched(survey: Survey) -> Mapping[WorkloadName, bool]:
    """Whether this worktree's own commits or edits changed inputs of each workload since the session began.

    Without a known session, and wherever git does not say, every workload counts: what is not known is not left out.
    Needs no network: what was fetched from others is on the branches that are remembered of the remote.
    """
    subject = survey.subject
    changed = await survey.get(_changed)
    if changed is None:
        return {workload.name: True for workload in subject.workloads}
    return {
        workload.name: any(inputs_of(subject, workload).matches(path) for path in changed)
        for workload in subject.workloads
    }


async def _changed(survey: Survey) -> frozenset[bytes] | None:
    """The paths that the session changed; None where that is not known."""
    session, tree = survey.subject.session, await survey.get(status)
    if session is None or isinstance(tree, Unknown):
        return None
    lines = await _commits(survey, session)
    if lines is None:
        return None
    edits = {change.path for change in tree.value.changes} if tree else set[bytes]()
    return frozenset(edits.union(*(line.paths for line in lines)))


async def _commits(survey: Survey, session: Session) -> list[CommitLine] | None:
    """The commits since the session's start that are this worktree's own.

    One that the remote is not known to have was made here. One that it has is one's own if HEAD's reflog saw it made,
    or if one's address is on it and it was made in the session (by a forge, for instance): others came with a fetch.
    """
    git, head = survey.systems.git, survey.subject.commit
    if session.head == head:
        return []
    since = await git.history().between(session.head, head)
    remembered, email = await survey.get(refs), await git.email()
    if isinstance(since, Unknown) or isinstance(remembered, Unknown) or isinstance(email, Unknown):
        return None
    if not since.value:
        return []
    prefix = f"{survey.subject.remote}/"
    theirs = [c for name, c in remembered.value.remembered.items() if name.startswith(prefix)]
    local = await git.history().reached([head], [session.head, *theirs])
    lines = await git.history().lines(since.value)
    if isinstance(local, Unknown) or isinstance(lines, Unknown):
        return None
    reflog = await git.made_here()
    made_here = frozenset(local.value[0]) | (frozenset() if isinstance(reflog, Unknown) else reflog.value)

    def is_own(line: CommitLine) -> bool:
        if line.id in made_here or email.value is None:
            return True
        return email.value in line.emails and line.at >= session.began.replace(microsecond=0)

    return [line for line in lines.value if is_own(line)]
