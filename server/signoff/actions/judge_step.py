"""The steps `smoke` and `watch N`: the chain's own checks judge the new revision before more users are sent there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from signoff.actions.plan import Deploy
from signoff.actions.revision_step import deployed
from signoff.actions.site import Site
from signoff.actions.steps import REMEDIES, Act, Made, StepFailed
from signoff.check import Progress
from signoff.fold import waived_links
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport, Report
from signoff.model.subject import Candidate, WorkloadName
from signoff.model.text import Text, listed, text
from signoff.model.unanswered import unanswered
from signoff.systems.google.writer import Writers
from signoff.views.words import sentence

LOOK_SECONDS = 5.0
"""Between two looks at a revision."""

_OF_THE_REPOSITORY = frozenset({"git", "command"})
"""What is asked of the code, for instance which routes are new: it would say nothing of how the revision does."""


def watched(site: Site, item: Deploy, links: frozenset[Link], seconds: int) -> Act:
    """Judge the new revision for `seconds`. A link that fails ends it at once.

    One that could not be asked, since a system did not answer, is asked again until then and once more; then it ends
    the step too, for silence sends no more users there. What was asked and not seen yet holds nothing back: nobody used
    the revision, or the log may be late.
    """

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        loop = asyncio.get_running_loop()
        end, last = loop.time() + seconds, False
        while True:
            reports = [await site.prove([item.workload], links, one, overview=False) for one in candidates(item, made)]
            says = listed([judged(report, item.workload, links) for report in reports])
            silent = next(filter(None, (_unasked(report, item.workload, links) for report in reports)), None)
            left = end - loop.time()
            if left <= 0:
                if silent is None or await _have_all(writers, made):
                    return replace(made, says=says)
                if last:
                    raise StepFailed(silent, changed=True)
                last, left = True, LOOK_SECONDS
            progress(0, None, f"{left:.0f} s left: {sentence(says)}")
            await asyncio.sleep(min(LOOK_SECONDS, left))

    return act


async def _have_all(writers: Writers, made: Made) -> bool:
    """Whether the revisions have all users already, as a command that deploys gives them: then nobody is sent on."""
    now = [(await deployed(writers, "service", resource)).serving for resource, _ in made.revisions]
    return bool(now) and now == [((revision, 100),) for _, revision in made.revisions]


def candidates(item: Deploy, made: Made) -> list[Mapping[WorkloadName, Candidate]]:
    """The revisions under judgement, one a region: a walk judges one of them. Without any, what serves is judged."""
    found = [
        Candidate(revision, url or None, region=resource.split("/")[3])
        for (resource, revision), url in zip(made.revisions, made.urls, strict=False)
    ]
    return [{item.workload: candidate} for candidate in found] or [{}]


def judged(report: Report, name: WorkloadName, links: frozenset[Link]) -> Text:
    """What the chain says of the links. Raises StepFailed where one of them failed, with what it found."""
    found = _links(report, name, links)
    for link, said in found.items():
        if said.status is Status.FAIL:
            raise StepFailed(text("{} of {} failed: {}", link.value, name, _why(said) or "it failed"), changed=True)
    says = [_says(link, said) for link, said in found.items()]
    return text(", ".join("{}" for _ in says), *says) if says else text("nothing judges this yet")


def _links(report: Report, name: WorkloadName, links: frozenset[Link]) -> Mapping[Link, LinkReport]:
    """In the chain's order."""
    found = next((w.links for w in report.workloads if w.name == name), {})
    return {link: found[link] for link in Link if link in links & found.keys()}


def _why(said: LinkReport) -> Text | None:
    finding = next((f for f in said.findings if f.severity == "error"), None)
    return finding.message if finding else said.reason


def _says(link: Link, said: LinkReport) -> Text:
    """With the reason where it is not proven."""
    why = _why(said)
    if why is None or said.status in {Status.PASS, Status.SKIPPED}:
        return text("{} {}", link.value, said.status.value)
    return text("{} {} ({})", link.value, said.status.value, why)


def _unasked(report: Report, name: WorkloadName, links: frozenset[Link]) -> Text | None:
    """What did not answer, so that a link could not be judged, with the remedy. None: everything was looked at, or a
    person waived it.
    """
    for link, said in _links(report, name, links - waived_links(name, report.waivers)).items():
        lost = said.unanswered
        if lost is not None and lost.ref.system not in _OF_THE_REPOSITORY:
            says = "{} of {} could not be judged, and silence is not health: {}{}"
            return text(says, link.value, name, unanswered(lost), _remedy(lost))
    return None


def _remedy(lost: Unknown) -> str:
    if lost.ref.system == "environment":
        return "; set it, then deploy again"
    if lost.ref.system == "signoff":
        return "; this is a bug in signoff"
    return REMEDIES.get(lost.why, "; deploy again once it answers")
