"""Link `released`, a second check: the newest revision has the settings of the one before (incident D2)."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.checks.regions import everywhere
from signoff.model.evidence import Evidence, Value
from signoff.model.finding import Advice, Finding, Severity
from signoff.model.judgement import Judgement, failed, passed, skipped, unknown
from signoff.model.lineage import Placement, Standing
from signoff.model.run import Revision
from signoff.model.subject import Workload
from signoff.model.text import Text, text

WIPED = "released/settings-wiped"
NOT_COMPARED = "released/settings-not-compared"

CODES: Mapping[str, str] = {
    WIPED: "environment variables or secrets of the revision before are gone",
    NOT_COMPARED: "the revision before is not among those that were read",
}
_SHOWN = 8


def not_of_a_service(workload: Workload) -> Text | None:
    """Why there is nothing to compare."""
    if workload.kind == "service":
        return None
    return text("a {} keeps no earlier revisions to compare settings with", workload.kind)


def judge(workload: Workload, facts: Standing) -> Judgement:
    """Names alone are compared: a value that became a secret is not lost, and values are never read."""
    there = [placement for placement in facts.placements if placement.resource is not None]
    if not there:
        return skipped(text("{} is not deployed", workload.resource))
    return everywhere([_judge(workload, facts, placement) for placement in there])


def _judge(workload: Workload, facts: Standing, placement: Placement) -> Judgement:
    newest, previous = placement.newest, placement.previous
    if newest is None:
        return unknown(text("the newest revision of {} can not be read", workload.resource))
    proof = _shown(facts, placement, newest, "env and secrets", len(newest.template.variables))
    if not placement.compared:
        message = text("the revision before {} was not read, so its settings are not compared", newest.name)
        return passed(proof, notes=(Finding(NOT_COMPARED, message, (proof,), severity="note"),))
    if previous is None:
        return passed(proof, says=text("{} is the first revision", newest.name))
    if not placement.wiped:
        return passed(proof, says=text("{} has every setting that {} had", newest.name, previous.name))
    finding = _wiped(facts, placement, newest, previous)
    return failed(finding) if finding.severity == "error" else passed(proof, notes=(finding,))


def _wiped(facts: Standing, placement: Placement, newest: Revision, previous: Revision) -> Finding:
    """An error where the code reads what is gone, or where most of it is gone at once."""
    wiped = placement.wiped
    read = [variable for variable in wiped if variable.name not in placement.unread]
    most = len(wiped) > 1 and 2 * len(wiped) >= len(previous.template.variables)
    severity: Severity = "error" if read or most else "warning"
    names = text("")
    for number, variable in enumerate(wiped[:_SHOWN]):
        names = text("{}{}{}", names, ", " if number else "", variable.name)
    more = text(" and {} more", len(wiped) - _SHOWN) if len(wiped) > _SHOWN else text("")
    return Finding(
        WIPED,
        text("revision {} lost {}{}, which {} had", newest.name, names, more, previous.name),
        (
            _shown(facts, placement, previous, "env and secrets", tuple(variable.name for variable in wiped)),
            _shown(facts, placement, newest, "env and secrets", len(newest.template.variables)),
        ),
        Advice(text("set them again with --update-env-vars or --update-secrets, which keep the others")),
        severity,
    )


def _shown(facts: Standing, placement: Placement, revision: Revision, field: str, value: Value) -> Evidence:
    where = (f"--region={placement.region}", f"--project={facts.project}")
    look = ("gcloud", "run", "revisions", "describe", revision.name, *where)
    return Evidence("run", revision.name, field, value, placement.ref.at, look=look)
