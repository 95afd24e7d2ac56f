"""Check `routes` of link `reachable`: what is new in the code can be reached, or somebody is told that nobody tried.

Incident H1: path-scoped auth that misses new routes; every test was green and no request of users ever arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from signoff.checks import reachable
from signoff.checks.new_route import GUARDED, MISSING, OPEN, UNTESTED, judged_new, location, shown, untested
from signoff.checks.routes_through import COMMON, UNFOLLOWED, followed, untested_since, untested_through
from signoff.checks.told import count
from signoff.model.finding import Advice, Finding, Location
from signoff.model.judgement import Judgement, Status, badness, failed, passed, skipped
from signoff.model.quoted import Quoted
from signoff.model.routes import Change, NewRoutes
from signoff.model.smoke import AS_FOUND
from signoff.model.subject import Workload
from signoff.model.text import Text, text

UNREAD = "reachable/new-route-unread"
UNTOLD = "reachable/new-routes-untold"
IGNORED = "reachable/new-route-ignored"
UNKNOWN_CODE = "reachable/routes-not-found"
READ = "FastAPI, Starlette, Flask, Django, Express and Next.js"
MOST = 10
"""Findings of one kind that are shown one by one."""

CODES: Mapping[str, str] = {
    **reachable.CODES,
    UNTESTED: "warning: no request was sent to a new or changed route; the lines for signoff.toml are with it",
    MISSING: "the application answers a new route with 404",
    GUARDED: "warning: a new route wants an identity, so whether it works is not known",
    OPEN: "warning: a new route is open, and those beside it have to be blocked",
    COMMON: "note: something changed that most routes lead to, so that none of them counts as changed for it",
    UNFOLLOWED: "note: code changed, and a handler calls what only a run tells, so which routes changed is not known",
    UNREAD: "warning: a route is made in a way that the source alone does not tell",
    UNKNOWN_CODE: "note: no route was found in the code: what is read, and the lines that tell signoff of others",
    UNTOLD: "note: which routes are new can not be told",
    IGNORED: "note: signoff.toml says that a new route need not be covered",
}

_ORDER = list(Status)


def judge(workload: Workload, facts: NewRoutes) -> Judgement:
    """Each new or changed route was asked for, or is named with what to do."""
    if not facts.found.by and not facts.found.unread and not facts.changes and not facts.used:
        return _nothing_found(workload, facts)
    if facts.untold is not None and not facts.changes and not facts.used:
        why = text("which routes of {} are new can not be told: {}", workload.name, facts.untold)
        return skipped(why, Finding(UNTOLD, why, severity="note"))
    parts, silent = _sent(workload, facts)
    parts.append(passed(facts.proof, says=_says(workload, facts)))
    notes = _notes(workload, facts, silent)
    if facts.untold is not None:
        why = text("which routes of {} are new can not be told: {}", workload.name, facts.untold)
        notes.append(Finding(UNTOLD, why, severity="note"))
    return _together(parts, notes)


def _nothing_found(workload: Workload, facts: NewRoutes) -> Judgement:
    """What is read, and the lines of signoff.toml for everything else."""
    if not facts.languages:
        return skipped(text("no route was found in the code of {}", workload.name))
    says = text(
        "no route was found in the code of {} ({}), so new ones are not looked for: routes of {} are read, others come "
        "from an OpenAPI document or a command",
        workload.name,
        ", ".join(facts.languages),
        READ,
    )
    line = 'openapi = "openapi.yaml"  # of the repository; or command = ["bin/routes"], which prints lines "GET /path"'
    table = f"[workloads.{workload.name}.routes]"
    there = workload.routes != AS_FOUND
    does = text("add below {} in signoff.toml:", table) if there else text("add to signoff.toml, for instance:")
    fix = Advice(does, (line,) if there else (table, line))
    return skipped(says, Finding(UNKNOWN_CODE, says, (facts.proof,), fix, "note"))


def _sent(workload: Workload, facts: NewRoutes) -> tuple[list[Judgement], list[Change]]:
    """What each request proved, and the routes of those that proved nothing."""
    parts, silent = list[Judgement](), dict[Change, None]()
    if facts.arrivals is None:
        return parts, []
    by_smoke = {smoke: change for change, smoke in facts.smokes}
    control = [probe for probe in facts.arrivals.probes if probe.sent.smoke == facts.control]
    for probe in facts.arrivals.probes:
        change = by_smoke.get(probe.sent.smoke)
        if change is not None:
            part = judged_new(workload, facts.arrivals, facts.proof, change, probe, control)
            if part is None:
                silent[change] = None
            else:
                parts.append(part)
    return parts, list(silent)


def _together(parts: Sequence[Judgement], notes: Sequence[Finding]) -> Judgement:
    """The worst of them, with every finding."""
    worst = max(parts, key=badness)
    found = (*(finding for part in parts for finding in part.findings), *notes)
    if worst.status is Status.FAIL:
        errors = [finding for finding in found if finding.severity == "error"]
        return failed(*errors, *(finding for finding in found if finding.severity != "error"))
    if worst.status is not Status.PASS:
        return replace(worst, findings=found)
    evidence = [entry for part in parts for entry in part.evidence]
    return passed(evidence[0], *evidence[1:], says=parts[-1].reason, notes=found)


def _notes(workload: Workload, facts: NewRoutes, silent: Sequence[Change]) -> list[Finding]:
    whys = {change.route.key: why for change, why in facts.unsent}
    sent = {change.route.key for change, _ in facts.smokes}
    unsent = [change for change in facts.changes if change.route.key not in sent]
    open_ones = [change for change in unsent if not change.through and not change.earlier]
    led = [*silent, *(change for change in unsent if change.through)]
    found = [
        untested(workload, change, whys.get(change.route.key), facts.proof)
        for change in open_ones[:MOST]
    ]  # fmt: skip
    if len(open_ones) > MOST:
        rest = text("and {} more routes are new or changed, and no request was sent to them", len(open_ones) - MOST)
        found.append(Finding(UNTESTED, rest, (facts.proof,), severity="warning"))
    found += [untested_through(workload, led, facts.proof)] if led else []
    awaited = [change for change in unsent if change.earlier]
    found += [untested_since(workload, awaited, facts.proof)] if awaited else []
    found += followed(facts)
    for one in facts.unread[:MOST]:
        says = text("routes are new here that the source does not tell: {}", one.why)
        advice = Advice(
            text("name a document or a command that tells them in [workloads.{}.routes] of signoff.toml", workload.name)
        )
        found.append(Finding(UNREAD, says, (facts.proof,), advice, "warning", Location(one.file, one.line)))
    if len(facts.unread) > MOST:
        rest = text("and {} more places with routes that the source does not tell", len(facts.unread) - MOST)
        found.append(Finding(UNREAD, rest, (facts.proof,), severity="warning"))
    for change, reason in [one for one in facts.ignored if not one[0].through][:MOST]:
        says = text("the {} route {} is ignored: {}", change.kind, shown(change.route), Quoted(reason))
        found.append(Finding(IGNORED, says, severity="note", location=location(change.route)))
    return found


def _says(workload: Workload, facts: NewRoutes) -> Text:
    number = len(facts.changes) + len(facts.covered) + len(facts.ignored) + len(facts.used)
    if not number:
        says = text("no route is new or changed, of {} in the code", len(facts.found.routes))
        told = workload.routes.openapi is not None or workload.routes.command
        left = 0 if told else len(facts.found.unread)
        return text("{}, besides {} with routes that are not read", says, count(left, "place")) if left else says
    tried = len(facts.covered) + len(facts.smokes) + len(facts.used)
    return text("{} routes are new or changed, and {} of them were asked for", number, tried)
