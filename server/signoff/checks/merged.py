"""`merged`: with pull requests, the content is on the branch that is built (a squash counts), and still is."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.checks.told import details, touch
from signoff.model.finding import Advice, Finding
from signoff.model.judgement import Judgement, failed, passed, skipped, waiting
from signoff.model.quoted import Quoted
from signoff.model.source import MergedFacts, SourceFacts
from signoff.model.subject import Workload
from signoff.model.text import text

OPEN = "merged/open"
REVERTED = "merged/reverted"
NO_BRANCH = "merged/no-branch"
CODES: Mapping[str, str] = {
    OPEN: "the content waits for its pull request to be merged",
    REVERTED: "the content was merged, and the branch has gone back to what was there before",
    NO_BRANCH: "the branch that is built does not exist on the remote",
}


def judge(workload: Workload, facts: MergedFacts) -> Judgement:
    """Trees decide: content counts as merged under whichever commits it is on the branch."""
    source = facts.source
    if source is None:
        return skipped(text("the push flow has no pull requests: what is pushed to the branch is built"))
    if workload.source == "upload":
        return skipped(text("{} is built from an upload of the working tree, not from a branch", workload.name))
    where = f"{source.remote}/{source.branch}"
    shown = source.head.shows(f"refs/heads/{source.branch}", source.head.value)
    if not source.has_remote or source.head.value is None:
        says = text("the branch {} does not exist: {} can not be built from it", where, workload.name)
        fix = Advice(text("create it, or correct the branch of the target in signoff.toml"))
        return failed(Finding(NO_BRANCH, says, (shown,), fix))
    if facts.landed and facts.landed.reverted:
        by = facts.landed.by
        says = text("the content of {} came to {} with {} and was reverted there", workload.name, where, by[:7])
        fix = Advice(text("find out why it was reverted; a new pull request brings it again"))
        return failed(Finding(REVERTED, says, (shown, source.head.shows("merged with", by)), fix))
    if facts.landed and not facts.contained:
        says = text("the content is on {}, as of {}", where, facts.landed.by[:7])
        return passed(shown, source.head.shows("landed with", facts.landed.by), says=says)
    if facts.missing:
        return _open(workload, facts, source)
    return passed(shown, says=text("every commit that touches {} is on {}", workload.name, where))


def _open(workload: Workload, facts: MergedFacts, source: SourceFacts) -> Judgement:
    where = f"{source.remote}/{source.branch}"
    told = text("{}{}", touch(facts.missing, workload.name), details(facts.missing, source.now))
    shown = source.head.shows(f"refs/heads/{source.branch}", source.head.value)
    on = text(" (on {})", Quoted(f"{source.remote}/{source.published}")) if source.published else text("")
    fix = Advice(text("open the pull request for {} and have it merged", source.branch))
    finding = Finding(OPEN, text("not merged into {} yet{}: {}", where, on, told), (shown,), fix, "warning")
    return waiting("person", text("until its pull request is merged into {}", where), finding, evidence=(shown,))
