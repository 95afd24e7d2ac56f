"""Link `buildable`: the build needs nothing that exists only at run time (incidents B7, B8).

A rehearsal, or a successful build of the same inputs, proves it; a scan that finds nothing proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from signoff.checks.wording import made_from
from signoff.model.buildable import BuildableFacts, BuildsSeen, Lack, Rehearsed
from signoff.model.evidence import Evidence
from signoff.model.facts import Unknown
from signoff.model.finding import Advice, Finding, Location, Severity
from signoff.model.judgement import Judgement, failed, passed, unknown, waiting
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.model.text import Text, listed, text
from signoff.model.unanswered import unanswered

RUN_TIME_ONLY = "buildable/run-time-only"
MISSING = "buildable/missing"
MAY_STOP = "buildable/may-stop"
BAKED_EMPTY = "buildable/baked-empty"
BUILD_FAILED = "buildable/build-failed"
REHEARSAL_FAILED = "buildable/rehearsal-failed"
STOOD_IN = "buildable/stood-in"
UNREAD = "buildable/unread"

CODES: Mapping[str, str] = {
    RUN_TIME_ONLY: "code that the build evaluates stops without a name that exists only when the workload runs",
    MISSING: "code that the build evaluates stops without a name that nothing gives it",
    MAY_STOP: "code that the build evaluates reads a name, without a default, that exists only at run time",
    BAKED_EMPTY: "what the build puts into its output for good is empty there: the name exists only at run time",
    BUILD_FAILED: "the newest build of the same inputs failed",
    REHEARSAL_FAILED: "the build's commands failed in a clean clone of the pushed commit",
    STOOD_IN: "the rehearsal stood in for values that only the build has",
    UNREAD: "a part of what the build reads, or has, can not be told",
}

SHOWN = 8
"""Places of a chain that a sentence names."""
_UNREAD = 3


def judge(workload: Workload, facts: BuildableFacts) -> Judgement:
    """What is baked empty is no fault of the build's: it fails however well the build ended."""
    builds = facts.builds if isinstance(facts.builds, BuildsSeen) else BuildsSeen(None)
    went_well = _proven(facts)
    found = [_finding(facts, lack, went_well is not None) for lack in facts.scanned.value.lacks]
    found += [*_rehearsal_failed(facts.rehearsed, went_well is not None), *_traced(facts)]
    errors = [one for one in found if one.severity == "error"]
    notes = [one for one in found if one.severity != "error"]
    notes += [*_stood_in(facts.rehearsed), *_unread(facts)]
    if errors:
        return failed(*errors, *notes)
    if went_well is not None:
        if isinstance(facts.run_time, Unknown) and _asks_run_time(facts):
            untold = "what it put into its output is not told, since only Cloud Run says what exists at run time"
            return unknown(text("{}, and {}: {}", went_well, untold, unanswered(facts.run_time)), *notes)
        return _passed(facts, went_well, notes)
    if builds.under_way is not None:
        says = text("build {} of the same inputs is {}", builds.under_way.id[:8], builds.under_way.status)
        return waiting("time", says, *notes, evidence=builds.shown)
    return unknown(_why(facts, workload), *_build_failed(builds), *notes, evidence=builds.shown)


def _proven(facts: BuildableFacts) -> Text | None:
    """What proves that the build goes through."""
    if isinstance(facts.builds, BuildsSeen) and facts.builds.good is not None:
        return text("a build of the same inputs went well: {}", made_from(facts.builds.good))
    known = facts.rehearsed
    if known is not None and known.code == 0:
        return text("{} went well in a clean clone of {}; the image itself was not built",
                    _argv(known), known.commit[:7])  # fmt: skip
    return None


def _asks_run_time(facts: BuildableFacts) -> bool:
    """Whether a name that exists at run time could be baked empty."""
    return facts.scanned.value.public or bool(facts.rehearsed is not None and facts.rehearsed.reads)


def _argv(known: Rehearsed) -> Quoted:
    return Quoted(" ".join(known.command))


def _passed(facts: BuildableFacts, says: Text, notes: list[Finding]) -> Judgement:
    builds, known = facts.builds, facts.rehearsed
    proofs = list(builds.good.evidence) if isinstance(builds, BuildsSeen) and builds.good is not None else []
    if known is not None and known.code == 0:
        proofs.append(_evidence(known))
    if not proofs:
        return unknown(text("nothing is on record of the build that went well"), *notes)
    return passed(*proofs, says=says, notes=tuple(notes))


def _finding(facts: BuildableFacts, lack: Lack, went_well: bool) -> Finding:
    """`went_well`: the same inputs were built, so that what is read there did not stop it."""
    way = text(" → ".join("{}" for _ in _short(lack.chain)), *_short(lack.chain))
    where = text(", though the build sets it to nothing ({})", _at(lack.empty)) if lack.empty else text("")
    severity: Severity = "error" if lack.sure else "warning"
    if went_well and lack.kind != "baked-empty":
        severity = "note"
    if lack.kind == "baked-empty":
        code, says = (
            BAKED_EMPTY,
            "{} exists only at run time{}, and browsers get what it was at build time: nothing ({})",
        )
    elif lack.kind == "may-stop":
        code, says, severity = (
            MAY_STOP,
            "{} exists only at run time{}, and the build reads it without a default: {}",
            "note",
        )
    elif lack.run_time_only:
        code, says = RUN_TIME_ONLY, "{} exists only at run time{}, and the build stops without it: {}"
    else:
        code, says = MISSING, "nothing gives {} to the build{}, and it stops without it: {}"
    message = text(says, lack.name, where, way)
    if lack.kind == "stops":
        message = text("{} ({})", message, lack.why)
    shown = [facts.scanned.shows("names that the build reads and does not have", lack.name)]
    if lack.run_time_only and not isinstance(facts.run_time, Unknown):
        shown.append(facts.run_time.shows("environment of the workload", lack.name))
    return Finding(code, message, tuple(shown), Advice(text("{}", lack.cure)), severity, lack.place)


def _short(chain: tuple[Quoted, ...]) -> tuple[Quoted | str, ...]:
    return chain if len(chain) <= SHOWN else (*chain[:2], "…", *chain[-(SHOWN - 3) :])


def _at(place: Location) -> Quoted:
    return Quoted(f"{place.path}:{place.line}")


def _evidence(known: Rehearsed) -> Evidence:
    """Of this machine, and of the commands alone: the image was not built."""
    field = f"exit code in a clean clone of {known.commit}"
    return Evidence("rehearsal", _argv(known), field, known.code, known.at, "attested", known.command)


def _rehearsal_failed(known: Rehearsed | None, went_well: bool) -> list[Finding]:
    """A build of the same inputs that went well is the better proof. What did not end in time tells nothing."""
    if known is None or known.code == 0:
        return []
    ended = text("did not end within {} s", known.seconds) if known.code is None else text("ended with {}", known.code)
    lines = text(": {}", listed([text("{}", line) for line in known.lines])) if known.lines else text("")
    says = text("{} {} in a clean clone of {}{}", _argv(known), ended, known.commit[:7], lines)
    fix = Advice(text("mend the build; what is only in the working tree, such as an ignored .env, takes no part in it"))
    return [
        Finding(
            REHEARSAL_FAILED,
            says,
            (_evidence(known),),
            fix,
            "error" if known.code is not None and not went_well else "warning",
        )
    ]


def _traced(facts: BuildableFacts) -> list[Finding]:
    """Names that the build's own programs asked for, and did not get, while they made what is served."""
    known = facts.rehearsed
    if known is None or known.code != 0 or isinstance(facts.run_time, Unknown):
        return []
    told = {lack.name for lack in facts.scanned.value.lacks if lack.kind == "baked-empty"}
    found: dict[str, Finding] = {}
    for read in sorted(known.reads, key=lambda one: not one.rendering):
        name = Quoted(read.name)
        if read.name in facts.run_time.value and name not in told and read.name not in found:
            shown = facts.run_time.shows("environment of the workload", name)
            says = text("{} exists only at run time, and the build read it and got nothing: {}", name, read.place)
            fix = Advice(text("hand {} to the build as well, or have what reads it made for each request", name))
            toggles = read.place.contains(".config.")  # what a tool's configuration does with it is not told
            severity: Severity = "note" if not read.rendering else "warning" if toggles else "error"
            code = BAKED_EMPTY if read.rendering else MAY_STOP
            found[read.name] = Finding(code, says, (shown,), fix, severity)
    return list(found.values())


def _stood_in(known: Rehearsed | None) -> list[Finding]:
    if known is None or not known.placeholders:
        return []
    names = listed([text("{}", Quoted(name)) for name in known.placeholders])
    return [Finding(STOOD_IN, text("a placeholder stood in for each of: {}", names), severity="note")]


def _unread(facts: BuildableFacts) -> list[Finding]:
    said = facts.scanned.value.unread
    if not said:
        return []
    more = text("; and {} more", len(said) - _UNREAD) if len(said) > _UNREAD else text("")
    some = listed([text("{}", one) for one in said[:_UNREAD]])
    return [Finding(UNREAD, text("{}{}", some, more), severity="note")]


def _build_failed(builds: BuildsSeen) -> list[Finding]:
    """A warning: `built` says of it what it says of the image, and a build that failed may be begun again."""
    build = builds.failed
    if build is None:
        return []
    says = text("build {} of the same inputs ended as {}: {}", build.id[:8], build.status, build.detail)
    return [Finding(BUILD_FAILED, says, builds.shown, None, "warning")]


def _why(facts: BuildableFacts, workload: Workload) -> Text:
    seen = facts.scanned.value
    if not seen.commands:
        reasons = [text("nothing tells what the build of {} runs", workload.name)]
    elif any(lack.kind != "may-stop" for lack in seen.lacks):
        reasons = [text("whether the build has all that it reads can not be told")]
    else:
        reasons = [text("as far as the text of {} tells, its build has all that it reads", workload.name)]
    if isinstance(facts.builds, Unknown):
        reasons.append(unanswered(facts.builds))
    elif facts.rehearsed is None:
        reasons.append(text("no build of the same inputs went well yet, and no rehearsal is on record"))
    if facts.rehearsed is not None and facts.rehearsed.code is None:
        reasons.append(text("the rehearsal did not end in time"))
    if facts.unrehearsed is not None:
        reasons.append(facts.unrehearsed)
    if isinstance(facts.run_time, Unknown) and not isinstance(facts.builds, Unknown):
        reasons.append(unanswered(facts.run_time))
    return listed(reasons)
