"""Why commits are not on the remote, and what to do: one cause for each way of standing apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signoff.checks.told import count, details, touch
from signoff.model.finding import Advice, Command, Finding, Fix
from signoff.model.quoted import Quoted
from signoff.model.source import CommitLine, SourceFacts
from signoff.model.subject import Workload
from signoff.model.text import Text, text

AHEAD = "pushed/ahead"
OTHER_BRANCH = "pushed/other-branch"
NO_UPSTREAM = "pushed/no-upstream"
DETACHED = "pushed/detached"
DIVERGED = "pushed/diverged"
REWRITTEN = "pushed/rewritten"
REMOTE_REWRITTEN = "pushed/remote-rewritten"
UNRELATED = "pushed/unrelated"
NO_BRANCH = "pushed/no-branch"
NO_REMOTE = "pushed/no-remote"
CODES: Mapping[str, str] = {
    AHEAD: "commits that touch the workload were never pushed",
    OTHER_BRANCH: "commits that touch the workload are on another branch than the one that is built",
    NO_UPSTREAM: "the branch was never pushed, and its commits touch the workload",
    DETACHED: "HEAD is detached, and commits on it are on no branch that is built",
    DIVERGED: "the branch has commits here and others on the remote",
    REWRITTEN: "the branch was rewritten here after it was pushed (rebase, amend, reset)",
    REMOTE_REWRITTEN: "the branch was rewritten on the remote (a forced push)",
    UNRELATED: "the branch here and the one on the remote share no commit",
    NO_BRANCH: "the branch that is built does not exist on the remote",
    NO_REMOTE: "the configured remote does not exist in this clone",
}


def cause(workload: Workload, source: SourceFacts, commits: Sequence[CommitLine]) -> Finding:
    """The finding for commits (newest first; none where a whole branch or remote is missing) that are not there."""
    code, says, fix = _cause(source)
    shown = source.head.shows(f"refs/heads/{source.branch}", source.head.value)
    if not commits:
        return Finding(code, text("{}: {} can not be built from it", says, workload.name), (shown,), fix)
    many = touch(commits, workload.name)
    verb = "is" if len(commits) == 1 else "are"
    told = text("{} {} not on {}{}", many, verb, _place(source), details(commits, source.now))
    whole = told if code == AHEAD else text("{}. {}", told, says)
    missing = source.head.shows(f"commits not on {_place(source)}", tuple(commit.id for commit in commits))
    return Finding(code, whole, (shown, missing), fix)


def _place(source: SourceFacts) -> str:
    if source.flow == "push":
        return f"{source.remote}/{source.branch}"
    return source.remote


def _cause(source: SourceFacts) -> tuple[str, Text, Fix]:
    built = f"{source.remote}/{source.branch}"
    if not source.has_remote:
        fix: Fix = Advice(text("git remote add {} with the address of the repository that is built", source.remote))
        return NO_REMOTE, text("this clone has no remote {}", source.remote), fix
    if source.flow == "push" and source.head.value is None:
        return NO_BRANCH, text("the branch {} does not exist", built), _push_to(source)
    if source.detached:
        return DETACHED, _detached(source), _out_of_detached(source)
    if source.flow == "push" and source.local not in {None, source.branch}:
        return OTHER_BRANCH, _other_branch(source), _bring_over(source)
    if source.flow == "pull-request" and source.counterpart is None:
        local = source.local or str(source.commit)
        says = text("The branch {} was never pushed to {}", Quoted(local), source.remote)
        return NO_UPSTREAM, says, Command(("git", "push", "--set-upstream", source.remote, local))
    return _apart(source)


def _apart(source: SourceFacts) -> tuple[str, Text, Fix]:
    """The checked-out branch and its counterpart on the remote are not what they were to each other."""
    there = source.counterpart or source.branch
    name = Quoted(f"{source.remote}/{there}")
    if source.relation == "rewritten here":
        says = text("{} was rewritten here after it was pushed, so a plain push is refused", Quoted(there))
        advice = (
            "look at git log of {} for what would be lost; if nothing of it is to be kept, a push with "
            "--force-with-lease replaces it, else git pull --rebase"
        )
        fix = Advice(text(advice, name))
        return REWRITTEN, says, fix
    if source.relation == "rewritten there":
        says = text("{} was rewritten on the remote since the last fetch: commits that this clone knows are gone", name)
        fix = Advice(text("git fetch {}, see what was taken out and why, then rebase onto it", source.remote))
        return REMOTE_REWRITTEN, says, fix
    if source.relation == "unrelated":
        return UNRELATED, text("{} has another history altogether", name), Advice(text("check the configured remote"))
    if source.relation == "diverged":
        newer = text("{} has commits that are not here", name)
        return DIVERGED, newer, Command(("git", "pull", "--rebase", source.remote, there))
    return AHEAD, text(""), _push_to(source)


def _push_to(source: SourceFacts) -> Command:
    """A plain push of what is asked about to where it belongs."""
    there = source.counterpart or source.branch
    if source.local == there:
        return Command(("git", "push", source.remote, there))
    here = "HEAD" if source.local or source.detached else source.commit
    # The whole name: git refuses to guess what a new branch is meant to be.
    full = there if source.counterpart else f"refs/heads/{there}"
    return Command(("git", "push", source.remote, f"{here}:{full}"))


def _detached(source: SourceFacts) -> Text:
    during = text(" (a {} is in progress)", source.operation) if source.operation else text("")
    return text("HEAD is detached{}: they are on no branch", during)


def _out_of_detached(source: SourceFacts) -> Fix:
    if source.operation == "rebase":
        return Command(("git", "rebase", "--continue"))
    if source.flow == "push" and source.relation == "ahead":
        return _push_to(source)
    return Advice(text("git switch --create a branch at this commit, then push or merge it"))


def _other_branch(source: SourceFacts) -> Text:
    pushed = (
        text("pushed to {}", Quoted(f"{source.remote}/{source.published}")) if source.published else text("not pushed")
    )
    return text(
        "The work is on the branch {} ({}), and builds are made from {}",
        Quoted(source.local or ""), pushed, source.branch,
    )  # fmt: skip


def _bring_over(source: SourceFacts) -> Fix:
    if source.relation == "ahead":
        return _push_to(source)
    says = text("merge {} into {}, then push {}", Quoted(source.local or ""), source.branch, source.branch)
    return Advice(text("{} ({} there first)", says, count(source.newer, "newer commit")))
