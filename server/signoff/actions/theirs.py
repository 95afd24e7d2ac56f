"""Workloads that somebody else deploys: nothing is built or written for them, and it is said who has to do what."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from signoff.actions.plan import Theirs
from signoff.actions.refusal import Refused
from signoff.actions.site import Site
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport, Report
from signoff.model.subject import Workload
from signoff.model.text import Text, text

BEFORE = (Link.PUSHED, Link.MERGED)
RUN = (Link.BUILT, Link.RELEASED, Link.SERVING)
GOOD = frozenset({Status.PASS, Status.SKIPPED})
_SHOWN = 3


async def theirs_of(site: Site, report: Report, workloads: Collection[Workload]) -> tuple[Theirs, ...]:
    """Those of the workloads that signoff does not deploy, as the report has them."""
    others = [workload for workload in workloads if workload.deploy != "signoff"]
    return tuple(await asyncio.gather(*(_one(site, report, workload) for workload in others)))


async def _one(site: Site, report: Report, workload: Workload) -> Theirs:
    name, by = workload.name, workload.deploy
    links = next((w.links for w in report.workloads if w.name == name), {})
    bad = next((link for link in RUN if link not in links or links[link].status not in GOOD), None)
    if bad is None:
        return Theirs(name, by, True, text("{} ({} deploys it): built, released and serving, proven", name, by))
    missing = next((link for link in BEFORE if link in links and links[link].status not in GOOD), None)
    if by == "ci" and missing is not None:
        return Theirs(name, by, False, text("{} waits: ci gets no commit before it has {} passed", name, missing.value))
    how = stands(bad, links[bad]) if bad in links else text("{} was not judged", bad.value)
    if by == "ci":
        return Theirs(name, by, False, text("{} is deployed by ci, and signoff only watches: {}", name, how))
    return Theirs(name, by, False, text("{} is deployed by {}: {} ({})", name, by, await _where(site, workload), how))


def stands(link: Link, found: LinkReport) -> Text:
    """A link's status with its cause."""
    finding = next((f for f in found.findings if f.severity == "error"), None)
    why = finding.message if finding else found.reason
    return text("{} is {}{}{}", link.value, found.status.value, ": " if why else "", why or text(""))


async def _where(site: Site, workload: Workload) -> Text:
    """What a person has to change, and in which file."""
    kind, name = workload.kind, workload.resource
    found = await site.defined_in(workload)
    at = ", ".join(one.at for one in found[:_SHOWN]) + (" and more" if len(found) > _SHOWN else "")
    if found and found[0].certain:
        return text("set its image in {}, and apply it there", at)
    if found:
        return text("no file names the {} {}; {} defines one whose name is a variable: change it there", kind, name, at)
    if workload.deploy == "terraform":
        return text(
            "no *.tf of this repository defines the {} {}: change its image in the repository that holds its Terraform",
            kind, name,
        )  # fmt: skip
    return text("no file of this repository defines the {} {}: change its image where it is deployed from", kind, name)


def not_ours(report: Report, theirs: Sequence[Theirs]) -> Refused:
    """The answer where signoff deploys none of what was asked for."""
    from signoff.views.words import sentence

    says = "; ".join(sentence(one.says) for one in theirs)
    done = all(one.proven for one in theirs)
    fix = "nothing is to be done" if done else "once it is done there, check_drift (signoff check) proves it"
    return Refused(says, report, fix=fix, nothing_to_do=done, theirs=tuple(theirs))
