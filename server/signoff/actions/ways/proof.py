"""What was built is proven before anything is released: the digest's lineage on a fresh look at the world."""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.plan_error import PlanError
from signoff.actions.site import Site
from signoff.actions.steps import StepFailed
from signoff.actions.ways.work import Built, Work
from signoff.gather.trace import lineage_of
from signoff.model.facts import Unknown
from signoff.model.images import ImageRef, short
from signoff.model.lineage import Lineage, Proof
from signoff.model.subject import Commit, Workload
from signoff.model.text import Text, text
from signoff.survey import Survey


async def lineage(site: Site, workload: Workload, image: str) -> Lineage | Unknown:
    """How an image is tied to a commit, asked anew."""
    async with Survey(replace(site.subject, workloads=(workload,)), site.systems, site.now()) as survey:
        return await lineage_of(survey, workload, ImageRef.parse(image))


async def proven(work: Work, built: Built, commit: Commit) -> Text:
    """What proves that the image holds the commit's content of the workload's inputs. Raises StepFailed without it.

    An upload has no commit on record; what its files prove is kept, since archive and record may vanish.
    """
    found = await lineage(work.site, work.workload, built.image)
    if isinstance(found, Unknown):
        raise StepFailed(text("what {} was built from is not known: {} ({})", built.image, found.why, found.detail))
    if built.stated and found.how == "none" and work.workload.accept_labels:
        return text("only a tag or label says that it is of commit {}, which accept_labels accepts", short(commit))
    if not found.holds(work.workload.accept_labels):
        raise StepFailed(text("{} is not proven to be built from {}: {}", built.image, commit[:12], why_not(found)))
    if found.how == "upload" and found.commit is not None and found.build is not None:
        name = f"projects/{work.site.subject.target.project}/locations/{found.build.location}/builds/{found.build.id}"
        work.site.systems.proofs.put(Proof(found.digest, found.commit, "attested", name))
    return text("it is of commit {} ({})", short(found.commit or commit), found.strength)


def why_not(found: Lineage) -> Text:
    """Why the lineage is not enough."""
    if found.content.state == "holds":
        return text("only a label or tag states it")
    if found.content.why is not None:
        return found.content.why
    if found.content.state == "differs":
        names = text(", ".join("{}" for _ in found.content.files), *found.content.files)
        return text("{} of its files are not the commit's ({})", found.content.differing, names)
    return text("it is of {}, whose inputs are {}", found.commit or "no commit", found.content.state)


async def known_of(site: Site, workload: Workload, image: str) -> Text:
    """What a plan says of an image that was given."""
    try:
        found = await lineage(site, workload, image)
    except ValueError as error:
        raise PlanError("the image is not a reference", where=image, fix="name it as PATH@sha256:DIGEST") from error
    if isinstance(found, Unknown):
        return text("  what that image was built from is not known ({})", found.why)
    if found.commit is None or found.strength == "stated":
        return text("  note: which commit that image was built from is not proven: {}", why_not(found))
    held = "it holds" if found.content.state == "holds" else "it does not hold"
    return text("  that image is of commit {} ({}): {} what is wanted", short(found.commit), found.strength, held)
