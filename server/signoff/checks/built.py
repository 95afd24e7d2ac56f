"""Link `built`: a successful build made an image from a commit that holds the change, on this workload's inputs.

Trees decide: newer commits that touch no input, and reverted changes, are no drift. A commit that only a label
states passes only where the configuration accepts that (incident C2).
"""

from __future__ import annotations

from collections.abc import Mapping

from signoff.checks.deployer import deployed_anew
from signoff.checks.wording import files_says, made_from, missing_says, named
from signoff.model.builds import Build
from signoff.model.evidence import Evidence
from signoff.model.finding import Advice, Command, Finding, Severity
from signoff.model.images import short
from signoff.model.judgement import Judgement, failed, passed, unknown, waiting
from signoff.model.lineage import Content, Lineage, Standing, Trace
from signoff.model.source import Reference
from signoff.model.subject import Workload
from signoff.model.text import text

BEHIND = "built/behind"
DIVERGED = "built/diverged"
DIFFERS = "built/upload-differs"
FAILED = "built/failed"
UNPROVEN = "built/unproven"
UNKNOWN_COMMIT = "built/unknown-commit"
STATED = "built/only-stated"
LEFT_OUT = "built/upload-left-out"

CODES: Mapping[str, str] = {
    BEHIND: "the newest build was made from a commit that lacks commits which touch the workload's inputs",
    DIVERGED: "the newest build was made from a commit that is not on the branch, and its inputs differ",
    DIFFERS: "the newest build was made from an upload whose files are those of no recent commit",
    FAILED: "the newest build failed, and no other one holds the change",
    UNPROVEN: "nothing ties the image to a commit: no build, no kept proof, no accepted label",
    UNKNOWN_COMMIT: "the commit that was built is not in this clone",
    STATED: "only a label says which commit was built",
    LEFT_OUT: "an ignore file kept inputs of the workload out of the upload",
}


def judge(workload: Workload, facts: Standing) -> Judgement:
    """A good image is enough, whether it is deployed yet or not: `released` asks that."""
    trace, known = facts.trace, facts.reference
    if trace is None or known is None:
        return unknown(text("the builds are not known"))
    good = [one for one in _candidates(facts, trace) if one.holds(workload.accept_labels)]
    if good:
        best = good[0]
        return passed(*best.evidence, says=made_from(best), notes=tuple(_notes(workload, best)))
    return _without_good(workload, facts, trace, known)


def _candidates(facts: Standing, trace: Trace) -> list[Lineage]:
    """What is deployed first, since that is what the other links speak of; then recent builds, newest first."""
    newest = [p.newest.template.main.image.digest for p in facts.placements if p.newest is not None]
    deployed = [trace.lineages[digest] for digest in newest if digest in trace.lineages]
    return list(dict.fromkeys([*deployed, *trace.built, *trace.lineages.values()]))


def _without_good(workload: Workload, facts: Standing, trace: Trace, known: Reference) -> Judgement:
    # A build that was to hold the change decides; one of another commit, a branch's for instance, explains nothing.
    if trace.under_way is not None and trace.under_way[1].state in {"holds", "unknown"}:
        running = trace.under_way[0]
        reason = text(
            "build {} is {} since {}", running.id[:8], running.status, running.created.isoformat(timespec="seconds")
        )
        return waiting("time", reason, evidence=(_of_build(facts, running),))
    if trace.failure is not None:
        return failed(_failed(facts, trace.failure))
    newest = next(iter(_candidates_by_age(trace)), None)
    if newest is None:
        if trace.read_back_to is not None:
            return unknown(text("none of the builds since {} made an image of it", trace.read_back_to.isoformat()))
        return unknown(text("no build on record made an image of {}", workload.name), _unproven(workload, None))
    if newest.content.state == "unknown" or newest.how == "none":
        return _not_known(workload, newest)
    if newest.content.state == "holds":
        return unknown(text("only a label states the commit of {}", short(newest.digest)), _stated(newest, "warning"))
    if trace.read_back_to is not None and _may_be_older(newest, trace):
        reason = text("builds before {} were not read, and one of them may hold it", trace.read_back_to.isoformat())
        return unknown(reason)
    return failed(_lacking(workload, newest, known))


def _candidates_by_age(trace: Trace) -> list[Lineage]:
    """Recent builds newest first, those of other branches last; without any, what is deployed."""
    made = sorted(trace.built, key=lambda one: one.content.state == "diverged")
    return made or list(trace.lineages.values())


def _may_be_older(newest: Lineage, trace: Trace) -> bool:
    """Whether a build that holds what is missing can be among those that were not read: it is younger than that."""
    missing = newest.content.missing
    edge = trace.read_back_to
    return edge is not None and (missing is None or missing.newest is None or missing.newest < edge)


def _not_known(workload: Workload, newest: Lineage) -> Judgement:
    why = newest.content.why or text("nothing says which commit it was built from")
    if newest.commit is None:
        return unknown(why, _unproven(workload, newest))
    reason = text("{} was built from {}: {}", short(newest.digest), newest.commit[:7], why)
    finding = Finding(
        UNKNOWN_COMMIT,
        text("what is built comes from commit {}, and git can not compare it: {}", newest.commit[:7], why),
        newest.evidence,
        fix=Command(("git", "fetch", "--all")),
        severity="warning",
    )
    return unknown(reason, finding)


def _unproven(workload: Workload, newest: Lineage | None) -> Finding:
    label = text("") if workload.accept_labels else text("; or set accept_labels where its labels can be trusted")
    return Finding(
        UNPROVEN,
        text("which commit {} is built from is not on record", workload.name),
        newest.evidence if newest else (),
        fix=Advice(text("build it with Cloud Build from a git source{}", label)),
        severity="warning",
    )


def _failed(facts: Standing, build: Build) -> Finding:
    says = text("build {} ended as {}: {}", build.id[:8], build.status, build.detail)
    return Finding(
        FAILED,
        text("{}; its log: {}", says, facts.failing_line) if facts.failing_line is not None else says,
        (_of_build(facts, build),),
        fix=Command(("gcloud", "builds", "log", build.id, f"--region={build.location}", f"--project={facts.project}")),
    )


def _lacking(workload: Workload, newest: Lineage, known: Reference) -> Finding:
    content = newest.content
    fix = deployed_anew(workload)
    if content.state == "differs":
        message = text(
            "{} was made from uploaded files that no recent commit has: {}", named(newest), files_says(content)
        )
        return Finding(DIFFERS, message, newest.evidence, fix)
    source = newest.commit[:7] if newest.commit else "an upload"
    if content.state == "diverged":
        lacks = text(", which lacks {}", missing_says(content)) if content.missing else text("")
        says = text(
            "{} was made from {}, which is not on the branch{}: {}", named(newest), source, lacks, files_says(content)
        )
        return Finding(DIVERGED, says, newest.evidence, fix)
    message = text("{} was made from {}, which lacks {}", named(newest), source, missing_says(content))
    return Finding(BEHIND, message, (*newest.evidence, _wanted(newest, known)), fix)


def _notes(workload: Workload, lineage: Lineage) -> list[Finding]:
    notes = []
    if lineage.strength == "stated":
        notes.append(_stated(lineage, "note"))
    if lineage.content.left_out:
        files = files_says(Content("holds", files=lineage.content.left_out, differing=len(lineage.content.left_out)))
        message = text("an ignore file kept inputs of {} out of the upload: {}", workload.name, files)
        notes.append(Finding(LEFT_OUT, message, lineage.evidence, severity="note"))
    return notes


def _stated(lineage: Lineage, severity: Severity) -> Finding:
    message = text("only a label says that {} is built from {}", short(lineage.digest), str(lineage.commit)[:7])
    fix = Advice(text("build it with Cloud Build from a git source, or set accept_labels for this workload"))
    return Finding(STATED, message, lineage.evidence, fix, severity)


def _of_build(facts: Standing, build: Build) -> Evidence:
    name = f"projects/{facts.project}/locations/{build.location}/builds/{build.id}"
    look = ("gcloud", "builds", "describe", build.id, f"--region={build.location}", f"--project={facts.project}")
    at = facts.trace.builds.at if facts.trace else facts.now
    return Evidence("build", name, "status", build.status, at, look=look)


def _wanted(lineage: Lineage, known: Reference) -> Evidence:
    look = ("git", "log", "--oneline", f"{lineage.commit}..{known.commit}")
    at = lineage.evidence[0].at if lineage.evidence else None
    if at is None:
        raise ValueError("a lineage that is tied to a commit has evidence")
    missing = lineage.content.missing
    return Evidence("git", known.commit, "commits missing", missing.count if missing else None, at, look=look)
