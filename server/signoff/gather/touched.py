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
    """Whether this worktree's own commits or edits, since the session began, changed inputs of each workload, or its
    deploys and runs the workload itself.

    Work that is still only here counts whenever it was done. Without a known session, and wherever git does not say,
    every workload counts: what is not known is not left out. Needs no network: what was fetched from others is on the
    branches that are remembered of the remote.
    """
    subject = survey.subject
    changed = await survey.get(_changed)
    if changed is None:
        return {workload.name: True for workload in subject.workloads}
    deployed = subject.session.changed if subject.session is not None else frozenset[WorkloadName]()
    return {
        workload.name: workload.name in deployed or any(inputs_of(subject, workload).matches(path) for path in changed)
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
    """The commits that are this worktree's own and that this session answers for; None where git does not say.

    Of those since the session's start: one that HEAD's reflog saw made, or that bears one's address and was made in
    the session (by a forge, for instance); others came with a fetch. And what the remote is not known to have,
    however old: as with an edit that an earlier session left behind, nobody else can push it.
    """
    git, head = survey.systems.git, survey.subject.commit
    remembered = await survey.get(refs)
    since = await git.history().between(session.head, head)
    if isinstance(remembered, Unknown) or isinstance(since, Unknown):
        return None
    prefix = f"{survey.subject.remote}/"
    theirs = [c for name, c in remembered.value.remembered.items() if name.startswith(prefix)]
    local = await git.history().reached([head], theirs)
    if isinstance(local, Unknown):
        return None
    every = tuple(dict.fromkeys((*local.value[0], *since.value)))
    if not every:
        return []
    lines, email, reflog = await git.history().lines(every), await git.email(), await git.made_here()
    if isinstance(lines, Unknown) or isinstance(email, Unknown) or isinstance(reflog, Unknown):
        return None
    made_here = reflog.value.union(local.value[0])
    began = session.began.replace(microsecond=0)  # git keeps whole seconds

    def is_own(line: CommitLine) -> bool:
        return line.id in made_here or email.value is None or (email.value in line.emails and line.at >= began)

    return [line for line in lines.value if is_own(line)]
