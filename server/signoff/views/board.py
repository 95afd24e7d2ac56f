"""The board of a terminal: workloads down, links across, what is wrong under it with the command that mends it.

Colour is never alone: each status has its symbol. Rich leaves colour out for NO_COLOR and where there is no terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from signoff.model.report import Report
from signoff.views.marks import LEGEND, SYMBOLS, Shown, shown, verdict_says, verdict_word
from signoff.views.shapes import LinkName, ReportJson, VerdictName
from signoff.views.structure import as_json
from signoff.views.text import rests_on, told_and_counted, whom_line
from signoff.views.troubles import Trouble, fix_line, troubles

MOST_WORKLOADS = 30
MOST_TROUBLES = 20

_STYLES: dict[Shown, str] = {
    "pass": "green",
    "fail": "bold red",
    "unknown": "yellow",
    "waiting": "cyan",
    "blocked": "magenta",
    "skipped": "dim",
    "waived": "blue",
}
_VERDICTS: dict[VerdictName, str] = {
    "signed-off": "bold green",
    "pending": "bold cyan",
    "unverified": "bold yellow",
    "refused": "bold red",
    "nothing-to-prove": "bold",
}


def show(report: Report | ReportJson, console: Console, *, verbose: bool = False) -> None:
    """Print the board. `verbose`: notes too, and under each cause the commands with which a person can look."""
    if isinstance(report, Report):
        report = as_json(report)
    console.print(board(report, console.width, verbose=verbose))


def board(report: ReportJson, width: int, *, verbose: bool = False) -> RenderableType:
    """All of it, for a terminal of that width."""
    parts: list[RenderableType] = [_head(report)]
    if report["workloads"]:
        parts += ["", *_links(report, width), Text(LEGEND, "dim")]
        told = told_and_counted(report, MOST_WORKLOADS)[0]
        parts += [Text(f"{label} {said}", "dim") for label in told if (said := rests_on(report, label))]
    found = [trouble for trouble in troubles(report) if verbose or trouble.weight != "note"]
    mine = [trouble for trouble in found if trouble.mine]
    others = [trouble for trouble in found if not trouble.mine]
    parts += _causes(report, mine, verbose=verbose)
    if others:
        parts += ["", Text("Not this session's:", "bold")]
        parts += _causes(report, others, verbose=verbose)
    parts += _people(report)
    return Group(*parts)


def _head(report: ReportJson) -> Text:
    head = Text()
    head.append(verdict_word(report), _VERDICTS[report["verdict"]])
    head.append(f"  {verdict_says(report)}\n")
    head.append(f"{report['target']}", "bold")
    if report["sandbox"]:
        head.append(" [sandbox]", "reverse")
    head.append(f"  commit {report['commit'][:12]}  {report['at']}", "dim")
    if report["not_judged"]:
        head.append(f"\nnot judged: {', '.join(report['not_judged'])}", "dim")
    return head


def _links(report: ReportJson, width: int) -> Iterator[RenderableType]:
    told, rest = told_and_counted(report, MOST_WORKLOADS)
    links = list(dict.fromkeys(link for label in told for link in report["workloads"][label]["links"]))
    names = {label: label if report["workloads"][label]["touched"] else f"({label})" for label in told}
    need = 2 + max(map(len, names.values()), default=0) + sum(len(link) + 2 for link in links)
    if not told:
        pass
    elif need <= width:
        yield _table(report, names, links)
    else:
        yield from (_line(report, label, name, width) for label, name in names.items())
    if any(not report["workloads"][label]["touched"] for label in told):
        yield Text("(in brackets: not touched by this session, not counted)", "dim")
    if rest:
        yield Text(rest, "dim")


def _table(report: ReportJson, names: dict[str, str], links: list[LinkName]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("", no_wrap=True)
    for link in links:
        table.add_column(link, justify="center", no_wrap=True)
    for label, name in names.items():
        cells = [
            _mark(shown(report, label, link)) if link in report["workloads"][label]["links"] else Text("")
            for link in links
        ]
        table.add_row(Text(name, "" if report["workloads"][label]["touched"] else "dim"), *cells)
    return table


def _line(report: ReportJson, label: str, name: str, width: int) -> RenderableType:
    """A narrow terminal: the links of a workload one after the other, a symbol never apart from its word."""
    lines = [Text(name, "bold"), Text(" ")]
    for link in report["workloads"][label]["links"]:
        status = shown(report, label, link)
        words = f"{SYMBOLS[status]} {link}"
        if lines[-1].cell_len + len(words) + 2 > width:
            lines.append(Text(" "))
        lines[-1].append(" ").append(words, _STYLES[status]).append(" ")
    return Group(*lines)


def _mark(status: Shown) -> Text:
    return Text(SYMBOLS[status], _STYLES[status])


def _causes(report: ReportJson, found: list[Trouble], *, verbose: bool) -> Iterator[RenderableType]:
    for trouble in found[:MOST_TROUBLES]:
        yield ""
        head = Text()
        head.append(f"{SYMBOLS[trouble.status]} {trouble.head}", _STYLES[trouble.status])
        if trouble.workloads:
            head.append(f"  {whom_line(trouble)}", "bold")
        if trouble.weight in {"warning", "note"}:
            head.append(f"  ({trouble.weight})", "dim")
        yield head
        yield Padding(Text(trouble.message), (0, 0, 0, 2), expand=False)
        if trouble.place:
            yield _labelled("at", Text(trouble.place))
        if trouble.fix:
            yield _labelled("fix", Text(fix_line(trouble.fix, "terminal"), "bold"))
        if verbose:
            yield from _looks(report, trouble)
    if len(found) > MOST_TROUBLES:
        yield Text(f"\nand {len(found) - MOST_TROUBLES} more causes: signoff run --json has them all", "dim")


def _looks(report: ReportJson, trouble: Trouble) -> Iterator[RenderableType]:
    for number in trouble.evidence:
        evidence = report["evidence"][number]
        yield _labelled("seen", Text(f"{evidence['field']}: {evidence['value']} ({evidence['strength']})", "dim"))
        if evidence["look"]:
            yield _labelled("look", Text(evidence["look"], "dim"))


def _labelled(label: str, what: Text) -> Table:
    """A label and what may fold beside it."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=6, justify="right", style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(label, what)
    return grid


def _people(report: ReportJson) -> Iterator[RenderableType]:
    lines = [
        Text(f"{SYMBOLS['waived']} waived by {waiver['by']}: {waiver['workload']} {waiver['link']}: {waiver['reason']}")
        for waiver in report["waivers"]
    ]
    for claim in report["claims"]:
        word = {"pass": "proven", "fail": "refuted"}.get(claim["status"], "unverified")
        lines.append(Text(f"{SYMBOLS[claim['status']]} claim {word}: {claim['gone']} ({claim['reason']})"))
    if lines:
        yield ""
        yield from lines
