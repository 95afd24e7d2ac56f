"""From a report, the ledger's events and the session's own words to what the document says. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from signoff.handoff.timeline import Moment
from signoff.views.marks import SYMBOLS, shown, verdict_says, verdict_word
from signoff.views.shapes import EvidenceJson, LinkName, ReportJson
from signoff.views.text import by_trouble, rests_on, whom_line
from signoff.views.troubles import Trouble, fix_line, troubles
from signoff.views.words import count, moment

MOST = 60
"""Lines of one list of the document; what is left out is counted."""

UNVERIFIED = "not verified"


@dataclass(frozen=True, slots=True)
class Words:
    """What the session says, in its own words: never evidence."""

    summary: str
    problem: str = ""
    root_cause: str = ""
    fix: str = ""
    next_steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What the session changed, from git. None: could not be found out (or no session is known)."""

    commits: tuple[tuple[str, str], ...] | None
    """Object id and subject, the newest first."""
    files: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One workload: the commit it should run beside the one it runs."""

    name: str
    kind: str
    wanted: str
    serving: str
    links: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the checklist. `proven` alone checks the box; None: no box, since there is nothing to prove."""

    proven: bool | None
    says: str
    mark: str


@dataclass(frozen=True, slots=True)
class Validation:
    """How a person sees the same thing. `good`: what was seen is what proves the link; else it is what was wrong."""

    command: str
    seen: str
    good: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong. One of `command` and `advice` is set where something can be done."""

    says: str
    mark: str
    command: str | None
    advice: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """All that the template shows. Strings are released, and not escaped for Markdown yet."""

    written: datetime
    words: Words
    report: ReportJson | None
    verdict: str
    says: str
    open: tuple[str, ...]
    """What was not final when this was written."""
    stale: str | None
    timeline: tuple[Moment, ...]
    rows: tuple[Row, ...]
    causes: tuple[Cause, ...]
    validations: tuple[Validation, ...]
    criteria: tuple[Criterion, ...]
    changes: Changes
    again: str = "signoff run"


def document(
    words: Words,
    report: ReportJson | None,
    timeline: Sequence[Moment],
    changes: Changes,
    *,
    written: datetime,
    head: str | None,
) -> Document:
    """`report`: None where none could be made. `head`: the commit checked out now, None where git does not say."""
    if report is None:
        says = "no report could be made, so nothing in this document is verified"
        return Document(written, words, None, "UNVERIFIED", says, (), None, tuple(timeline), (), (), (), (), changes)
    return Document(
        written=written,
        words=words,
        report=report,
        verdict=verdict_word(report),
        says=verdict_says(report),
        open=_cut(_open(report)),
        stale=_stale(report, written, head),
        timeline=tuple(timeline),
        rows=_rows(report),
        causes=tuple(_cause(trouble) for trouble in troubles(report) if trouble.weight != "note")[:MOST],
        validations=_validations(report),
        criteria=_criteria(report),
        changes=changes,
        again=f"signoff run --target {report['target']}",
    )


def _rows(report: ReportJson) -> tuple[Row, ...]:
    """The workloads that count, and then the others, as far as the table goes; the criteria count all."""
    return tuple(
        Row(
            label,
            workload["kind"],
            (workload["wanted"] or "unknown")[:12],
            (workload["serving"] or "unknown")[:12],
            "  ".join(f"{SYMBOLS[shown(report, label, link)]} {link}" for link in workload["links"]),
        )
        for label in by_trouble(report)[:MOST]
        for workload in [report["workloads"][label]]
    )


def _cause(trouble: Trouble) -> Cause:
    whose = "" if trouble.mine else " (not this session's)"
    whom = f" on {whom_line(trouble)}" if trouble.workloads else ""
    fix = " · ".join(map(str.strip, fix_line(trouble.fix, "terminal").splitlines())) if trouble.fix else None
    advice = trouble.fix is not None and "advice" in trouble.fix
    return Cause(
        f"{SYMBOLS[trouble.status]} {trouble.head}{whom}{whose}: {trouble.message}",
        "refuted" if trouble.status == "fail" else UNVERIFIED,
        None if advice else fix,
        fix if advice else None,
    )


def _open(report: ReportJson) -> list[str]:
    found = []
    for label in by_trouble(report):
        workload = report["workloads"][label]
        if workload["touched"]:
            for link, entry in workload["links"].items():
                status = shown(report, label, link)
                if status == "waiting":
                    until = f" until {entry['ask_again_at']}" if entry["ask_again_at"] else ""
                    found.append(f"{label} {link} waits on {entry['waits_on']}{until}")
                elif status in {"fail", "unknown", "blocked"}:
                    found.append(f"{label} {link} is {_WORDS[status]}")
    return found


_WORDS = {"fail": "refuted", "unknown": "not verified", "blocked": "blocked"}


def _stale(report: ReportJson, written: datetime, head: str | None) -> str | None:
    """A document written from an older report names what it does not speak of."""
    made = datetime.fromisoformat(report["at"])
    if head is None:
        return "git did not say which commit is checked out now, so the report may be older than the work"
    if head != report["commit"]:
        return f"the report is about commit {report['commit'][:12]}, and {head[:12]} is checked out now"
    minutes = int((written - made).total_seconds() // 60)
    if minutes >= STALE_MINUTES:
        return f"the report was made {count(minutes, 'minute')} before this document, at {moment(made)}"
    return None


STALE_MINUTES = 10


def _criteria(report: ReportJson) -> tuple[Criterion, ...]:
    found: list[Criterion] = []
    others = 0
    for label in by_trouble(report):
        workload = report["workloads"][label]
        if not workload["touched"]:
            others += 1
            continue
        lines = [_criterion(report, label, link) for link in workload["links"]]
        if lines and all(line.proven is not False for line in lines) and any(line.proven for line in lines):
            proven = [
                _proven(report, label, link) for link, line in zip(workload["links"], lines, strict=True) if line.proven
            ]
            found.append(Criterion(True, f"{label}: {', '.join(proven)}", "proven"))
            lines = [line for line in lines if line.proven is None]
        found.extend(lines)
    if others:
        found.append(Criterion(None, f"{count(others, 'workload')} not touched by this session", "not counted"))
    found.extend(
        Criterion(
            claim["status"] == "pass",
            f"claim: {claim['gone']} is gone ({claim['reason']})",
            {"pass": "proven", "fail": "refuted"}.get(claim["status"], UNVERIFIED),
        )
        for claim in report["claims"]
    )
    if report["not_judged"]:
        found.append(Criterion(False, f"links that were not judged: {', '.join(report['not_judged'])}", UNVERIFIED))
    return _cut_criteria(found)


def _proven(report: ReportJson, label: str, link: LinkName) -> str:
    return (link == "healthy" and rests_on(report, label)) or link


def _criterion(report: ReportJson, label: str, link: LinkName) -> Criterion:
    entry = report["workloads"][label]["links"][link]
    status = shown(report, label, link)
    says = f"{label}: {link}"
    if status == "pass":
        strengths = {report["evidence"][number]["strength"] for number in entry["evidence"]}
        if strengths and strengths <= {"stated"}:
            return Criterion(False, f"{says}, by a label alone", "stated")
        says = f"{label}: {_proven(report, label, link)}"
        return Criterion(True, says, "proven" if "proven" in strengths else "attested")
    if status == "skipped":
        return Criterion(None, f"{says}: {entry['reason'] or 'nothing to prove'}", "skipped")
    if status == "waived":
        by = next(w for w in report["waivers"] if w["workload"] == label and w["link"] == link)
        return Criterion(False, f"{says}: waived by {by['by']} ({by['reason']})", UNVERIFIED)
    found = [report["findings"][number]["message"] for number in entry["findings"]]
    why = found[0] if found else (entry["reason"] or status).removeprefix("but ")
    return Criterion(False, f"{says}: {why}", "refuted" if status == "fail" else UNVERIFIED)


def _validations(report: ReportJson) -> tuple[Validation, ...]:
    """Each command once, with what it showed; what counts for this session first."""
    found: dict[tuple[str, str], Validation] = {}
    for label in by_trouble(report):
        for entry in report["workloads"][label]["links"].values():
            for number in entry["evidence"]:
                evidence = report["evidence"][number]
                if evidence["look"]:
                    good = entry["status"] in {"pass", "blocked", "skipped"}
                    made = Validation(evidence["look"], _seen(evidence), good, evidence["strength"])
                    key = (evidence["look"], made.seen)
                    found[key] = made if key not in found or not good else found[key]
    return tuple(found.values())[:MOST]


def _seen(evidence: EvidenceJson) -> str:
    value = evidence["value"]
    words = ", ".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)
    return f"{evidence['field']}: {words}"


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    rest = len(lines) - MOST
    return (*lines[:MOST], f"and {rest} more") if rest > 0 else tuple(lines)


def _cut_criteria(lines: Sequence[Criterion]) -> tuple[Criterion, ...]:
    rest = [line for line in lines[MOST:] if line.proven is not None]
    if not rest:
        return tuple(lines[:MOST])
    proven = sum(line.proven is True for line in rest)
    last = Criterion(proven == len(rest), f"{count(len(rest), 'more line')}, {proven} of them proven", "see the report")
    return (*lines[:MOST], last)
