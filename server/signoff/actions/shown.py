"""What a person is shown of a plan before the yes: what happens, what is kept, how it is undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from signoff.actions.plan import Before, Deploy, Item, RollBack, Run, Theirs
from signoff.actions.traffic_step import shown, shown_now
from signoff.actions.ways.builds import CommandBuild
from signoff.ledger.folds import Operation
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.model.subject import Target, Workload, WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.edit import short
from signoff.views.words import moment

_GOES_BACK = "a failure, or a system that does not answer, sends traffic back; that nobody used it yet does not"


def lines_of(item: Item, workload: Workload, target: Target) -> list[Text]:
    """One workload of the plan."""
    regions = ", ".join(target.regions)
    head = text("{}: {} {} in {} ({})", item.workload, item.kind, workload.resource, target.name, regions)
    match item:
        case Deploy():
            return [head, *_deploy(item)]
        case RollBack():
            return [head, *_roll_back(item)]
        case Run():
            return [head, *_run(item)]


def order(workload: Workload, asked: Sequence[Workload], theirs: Sequence[Theirs]) -> list[Text]:
    """What runs before and after it, of what was asked for; and what it comes after that this plan does not touch."""
    here = {other.name for other in asked} - {one.workload for one in theirs}
    unproven = {one.workload: one.by for one in theirs if not one.proven}
    before = [name for name in workload.after if name in here]
    after = [other.name for other in asked if workload.name in other.after and other.name in here]
    lines = []
    if before:
        lines.append(text("  begins after: {}; it is not begun where one of them fails", ", ".join(before)))
    if after:
        lines.append(text("  goes before: {}", ", ".join(after)))
    for name in workload.after:
        if name in unproven:
            lines.append(text("  note: it comes after {}, which {} has not deployed yet", name, unproven[name]))
        elif name not in here:
            lines.append(text("  comes after {}, which is not part of this plan", name))
    return lines


def _deploy(item: Deploy) -> list[Text]:
    lines = []
    if item.build:
        lines += item.build.lines()
    for resource, before in zip(item.resources, item.before, strict=True):
        lines.append(text("  replace {}", resource.image))
        lines.append(text("  by {}", item.image or "the image of that build, by digest"))
        if item.kind == "service":
            lines.append(text("  traffic: {}; now {}", _steps(item), shown_now(resource)))
            lines.append(text("  judged before each step: {}", _GOES_BACK))
        lines.append(_undo(item, before))
        if before.serving != resource.serving:
            says = "  note: an earlier operation left it at {}; a failure goes back to what served before that one"
            lines.append(text(says, shown(resource.serving)))
    return [*lines, *_cancelled(item)]


def _undo(item: Deploy, before: Before) -> Text:
    """What it costs to go back; what the new code wrote meanwhile is never undone by that."""
    if item.kind != "service":
        stays = "what its runs wrote meanwhile stays"
        return text("  to undo: deploy {} again, without a build; {}", before.image, stays)
    if not before.serving:
        return text("  to undo: nothing served before, so there is nothing to go back to")
    return text("  to undo: send traffic back to {}, in seconds and without a build", shown(before.serving))


def _steps(item: Deploy) -> str:
    if isinstance(item.build, CommandBuild):
        return "as the command moves it; where it only builds, all of it to the new revision in the end"
    if item.traffic == (100,):
        return "none at first, then all of it to the new revision"
    parts = [f"{percent} % for {item.hold} s" for percent in item.traffic[:-1]]
    return f"none at first, then to the new revision {', '.join(parts)}, then all of it"


def kept(item: Deploy) -> list[Text]:
    """What signoff leaves as it is beside the environment; of what a command does nobody knows that before."""
    if isinstance(item.build, CommandBuild):
        return []
    tags = ", scaling, traffic tags of others" if item.kind == "service" else ""
    return [text("  kept too: service account, limits, network, labels, annotations{}", tags)]


def _roll_back(item: RollBack) -> list[Text]:
    lines = []
    for resource, revision in zip(item.resources, item.revisions, strict=True):
        lines.append(text("  traffic: all of it to {}; now {}", revision, shown_now(resource)))
        lines.append(text("  to undo: send traffic back to {}", shown(resource.serving)))
    return [*lines, text("  nothing is built; {} is pinned there until the next deploy", item.workload)]


def _run(item: Run) -> list[Text]:
    lines = [text("  run it once with {}, and wait for its end", resource.image) for resource in item.resources]
    return [*_cancelled(item), *lines, text("  it can not be undone: what it writes stays")]


def _cancelled(item: Deploy | Run) -> list[Text]:
    return [text("  cancel execution {}, which runs an older image", short(name)) for name in item.stale]


def goes_on(operation: Operation) -> list[Text]:
    """What an operation that died had done, when this plan goes on with it."""
    began = operation.began
    done = [step.step for step in operation.steps if step.outcome == "done"]
    last = operation.steps[-1] if operation.steps else None
    where = text(" and died in {}", last.step) if last is not None and last.outcome == "began" else text("")
    return [
        text(
            "goes on with {} (begun {} by {}), which did {}{}", began.operation, moment(began.at), began.by,
            ", ".join(done) or "nothing", where,
        )
    ]  # fmt: skip


def left_behind(report: Report, names: Collection[WorkloadName]) -> Sequence[Text]:
    """Work that is only in the working tree does not take part: said before the yes, not after."""
    lines = []
    for workload in report.workloads:
        link = workload.links.get(Link.COMMITTED)
        if workload.name not in names or link is None or link.status in {Status.PASS, Status.SKIPPED}:
            continue
        if link.status is Status.FAIL:
            lines.append(text("note: {} has changes that are not committed; they are not deployed", workload.name))
        else:
            says = "note: whether {} has changes that are not committed is not known; they would not be deployed"
            lines.append(text(says, workload.name))
    return lines
