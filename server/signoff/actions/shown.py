"""What a person is shown of a plan before the yes: what happens, what is kept, how it is undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from signoff.actions.plan import Deploy, Item, RollBack, Run
from signoff.actions.traffic_step import shown, shown_now
from signoff.actions.ways.command import CommandBuild
from signoff.ledger.folds import Operation
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.model.subject import Target, Workload, WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.edit import short
from signoff.views.words import moment


def lines_of(item: Item, workload: Workload, target: Target) -> list[Text]:
    """One workload of the plan."""
    regions = ", ".join(target.regions)
    head = text("{}: {} {} in {} ({})", item.workload, item.kind, workload.resource, target.name, regions)
    match item:
        case Deploy():
            lines = [head, *_deploy(item, workload)]
        case RollBack():
            lines = [head, *_roll_back(item)]
        case Run():
            lines = [head, *_run(item)]
    if any(not resource.settled for resource in item.resources):
        lines.append(text("  note: another change of it is on its way right now"))
    return lines


def _deploy(item: Deploy, workload: Workload) -> list[Text]:
    lines = []
    if item.build:
        lines += item.build.lines()
    for resource, before in zip(item.resources, item.before, strict=True):
        lines.append(text("  replace {}", resource.image))
        lines.append(text("  by {}", item.image or "the image of that build, by digest"))
        if item.kind == "service":
            lines.append(text("  traffic: {}; now {}", _steps(item), shown_now(resource)))
            lines.append(text("  to undo: send traffic back to {}, in seconds", shown(before.serving)))
    lines += _cancelled(item)
    if workload.after:
        lines.append(text("  after: {}", ", ".join(workload.after)))
    return [*lines, _kept(item)]


def _steps(item: Deploy) -> str:
    if isinstance(item.build, CommandBuild):
        return "as the command moves it; where it only builds, all of it to the new revision in the end"
    if item.traffic == (100,):
        return "none at first, then all of it to the new revision"
    parts = [f"{percent} % for {item.hold} s" for percent in item.traffic[:-1]]
    return f"none at first, then to the new revision {', '.join(parts)}, then all of it"


def _kept(item: Deploy) -> Text:
    """Keys, never values."""
    variables = sorted({name for resource in item.resources for name in resource.variables})
    secrets = sorted({name for resource in item.resources for name in resource.secrets})
    plain = [name for name in variables if name not in secrets]
    return text(
        "  kept as they are: variables {}; secrets {}; service account, scaling, network, labels, tags",
        ", ".join(plain) or "none",
        ", ".join(secrets) or "none",
    )


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
    return [
        text("note: {} has changes that are not committed; they are not deployed", workload.name)
        for workload in report.workloads
        if workload.name in names
        and Link.COMMITTED in workload.links
        and workload.links[Link.COMMITTED].status not in {Status.PASS, Status.SKIPPED}
    ]
