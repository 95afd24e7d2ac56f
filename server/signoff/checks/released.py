"""Link `released`: the newest revision (job template) uses the image that holds the change, and is ready.

"Latest ready" is not "latest": a deploy that failed leaves the old revision in place (incident D1). A revision that
was staged without traffic is not what users get, so it is judged by what serves where that holds the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from signoff.checks.deployer import deployed_anew
from signoff.checks.regions import everywhere
from signoff.checks.wording import made_from, missing_says, named
from signoff.model.evidence import Evidence, Value
from signoff.model.finding import Advice, Command, Finding, Fix
from signoff.model.images import ImageRef, short
from signoff.model.judgement import Judgement, failed, passed, unknown, waiting
from signoff.model.lineage import Lineage, Placement, Standing, Trace
from signoff.model.quoted import Quoted
from signoff.model.run import Job, Revision, Service, Template
from signoff.model.subject import Workload
from signoff.model.text import Text, text

NOT_DEPLOYED = "released/not-deployed"
NOT_IN_REGION = "released/not-in-region"
NEVER_READY = "released/never-ready"
OLD_IMAGE = "released/old-image"
OTHER_IMAGE = "released/other-image"
TAG_MOVED = "released/tag-moved"
BY_TAG = "released/by-tag"
LABEL_DISAGREES = "released/label-disagrees"
STAGED = "released/staged"

CODES: Mapping[str, str] = {
    NOT_DEPLOYED: "the workload does not exist in any region of the target",
    NOT_IN_REGION: "the workload does not exist in one of the target's regions",
    NEVER_READY: "the newest revision never became ready, so the one before goes on serving",
    OLD_IMAGE: "the newest revision, or the job, uses an image that does not hold the change",
    OTHER_IMAGE: "the newest revision, or the job, uses an image that no build on record made",
    TAG_MOVED: "the image's tag moved to a newer build, and no revision was made since",
    BY_TAG: "an image is named by tag alone, so what runs is not on record",
    LABEL_DISAGREES: "a label names another commit than the one that the image was built from",
    STAGED: "a newer revision is staged without traffic",
}


def judge(workload: Workload, facts: Standing) -> Judgement:
    """Every region that the workload is in has to pass."""
    trace = facts.trace
    if trace is None:
        return unknown(text("what the images hold is not known"))
    there = [placement for placement in facts.placements if placement.resource is not None]
    if not there:
        regions = ", ".join(placement.region for placement in facts.placements)
        message = text("{} {} does not exist in {} of {}", workload.kind, workload.resource, regions, facts.project)
        evidence = tuple(_shown(placement, "name", None) for placement in facts.placements)
        return failed(Finding(NOT_DEPLOYED, message, evidence, fix=deployed_anew(workload)))
    absent = [_absent(workload, placement) for placement in facts.placements if placement.resource is None]
    return everywhere([_Region(workload, facts, trace, placement).judgement() for placement in there], absent)


@dataclass(frozen=True, slots=True)
class _Region:
    """The workload in one region, where it exists."""

    workload: Workload
    facts: Standing
    trace: Trace
    placement: Placement

    def judgement(self) -> Judgement:
        resource = self.placement.resource
        if isinstance(resource, Job):
            return self._job(resource)
        newest = self.placement.newest
        if not isinstance(resource, Service) or newest is None:
            return unknown(text("the newest revision of {} can not be read", self.workload.resource))
        troubled = self._readiness(resource, newest)
        if troubled is not None:
            return troubled
        wrong = self._image(newest.template, newest.name)
        if wrong is not None:
            staged = self._staged(newest)
            if staged is None:
                return wrong
            return passed(self._uses(newest), says=self._says(self.placement.serving[0]), notes=(staged,))
        notes = tuple(self._labels(newest.template))
        return passed(self._uses(newest), *self._ready(newest), says=self._says(newest), notes=notes)

    def _readiness(self, service: Service, newest: Revision) -> Judgement | None:
        """Its own word decides, not whether it is the latest ready one: a staged revision is not (incident D1)."""
        ready = newest.ready
        if ready is not None and ready.state == "failed" and ready.reason != "RETIRED":
            why = text("{}{}{}", ready.reason or "it is not ready", ": " if ready.reason else " — ", ready.message)
            message = text("revision {} never became ready: {}", newest.name, why)
            look = _describe(self.placement, newest.name, self.facts.project)
            fix = Command(("gcloud", "run", "revisions", "logs", "read", newest.name, *look[-2:]))
            return failed(Finding(NEVER_READY, message, (self._of(newest, "conditions.Ready", ready.message),), fix))
        is_ready = ready.state == "succeeded" if ready is not None else newest.name == service.latest_ready
        if not is_ready or not service.settled:
            return waiting(
                "time",
                text("Cloud Run is still making revision {} of {} ready", newest.name, service.name),
                evidence=(self._of(newest, "conditions.Ready", ready.state if ready else None),),
            )
        return None

    def _job(self, job: Job) -> Judgement:
        if not job.settled:
            return waiting("time", text("Cloud Run is still updating job {}", job.name))
        wrong = self._image(job.template, f"job {job.name}")
        if wrong is not None:
            return wrong
        image = job.template.main.image
        proof = self._lineage(image)
        says = (
            text("job {} uses its image; {}", job.name, made_from(proof))
            if proof
            else text("job {} uses {}", job.name, image.path)
        )
        notes = tuple(self._labels(job.template))
        return passed(_shown(self.placement, "template.image", str(image)), says=says, notes=notes)

    def _image(self, template: Template, where: str) -> Judgement | None:
        """None where the image is the right one."""
        image = template.main.image
        if not image.digest:
            return self._by_tag(image, where)
        if image.digest in self.facts.good:
            return None
        wanted, lineage = self._wanted(), self._lineage(image)
        # Where nothing that holds the change was built, that is the fault of `built`. Here: is the newest build out?
        if wanted is not None and not self.facts.good and image.digest in self._same(wanted.digest):
            return None
        known = lineage is not None and (lineage.content.state != "unknown" or (lineage.foreign and wanted is not None))
        if wanted is None or not known:
            why = lineage.content.why if lineage is not None else None
            reason = text("{} uses {}: {}", where, short(image.digest), why or text("what it holds is not known"))
            return unknown(reason, *self._labels(template), evidence=lineage.evidence if lineage else ())
        return failed(self._old(image, lineage, wanted, where), *self._labels(template))

    def _same(self, digest: str) -> set[str]:
        """The digests under which an image runs that was pushed as `digest`: itself and its platforms' images."""
        return {one.digest for one in self.trace.lineages.values() if digest in {one.digest, one.index}}

    def _old(self, image: ImageRef, lineage: Lineage | None, wanted: Lineage, where: str) -> Finding:
        evidence = (_shown(self.placement, f"{where}: image", str(image)), *(lineage.evidence if lineage else ()))
        lacks = text("")
        if lineage is not None and lineage.commit is not None:
            lacks = text(", made from {}", lineage.commit[:7])
            if lineage.content.missing is not None:
                lacks = text("{}, which lacks {}", lacks, missing_says(lineage.content))
        uses = text("uses image {}{}", short(image.digest), lacks)
        tag = self._moved_tag(wanted)
        if tag is not None:
            message = text("tag {} moved to {}, but {} still {}", tag, named(wanted), where, uses)
            return Finding(TAG_MOVED, message, evidence, self._fix(wanted))
        code = OTHER_IMAGE if lineage is not None and lineage.foreign else OLD_IMAGE
        return Finding(code, text("{} {}; {}", where, uses, made_from(wanted)), evidence, self._fix(wanted))

    def _wanted(self) -> Lineage | None:
        """What should be out: an image that holds the change; without any, the newest build that is on the branch."""
        candidates = [*self.trace.built, *self.trace.lineages.values()]
        good = (one for one in candidates if one.digest in self.facts.good)
        on_branch = (one for one in self.trace.built if one.content.state != "diverged")
        return next((one for found in (good, on_branch, self.trace.built) for one in found), None)

    def _moved_tag(self, newest: Lineage) -> str | None:
        """The tag of the template, where a newer build pushed another image under it (incident C1)."""
        resource = self.placement.resource
        if resource is None or newest.build is None:
            return None
        named = resource.template.main.image
        if named.digest:
            return None
        pushed = {image.named for image in newest.build.images if image.digest == newest.digest}
        return named.named.rpartition("/")[2] if named.named in pushed else None

    def _fix(self, newest: Lineage | None) -> Fix:
        pushed = (
            [image for image in newest.build.images if image.digest == newest.digest] if newest and newest.build else []
        )
        if self.workload.kind == "job" and self.workload.deploy == "signoff" and pushed:
            image = f"{pushed[0].path}@{pushed[0].digest}"
            where = (f"--region={self.placement.region}", f"--project={self.facts.project}")
            return Command(("gcloud", "run", "jobs", "update", self.workload.resource, f"--image={image}", *where))
        return deployed_anew(self.workload)

    def _by_tag(self, image: ImageRef, where: str) -> Judgement:
        """A job keeps the digest that its tag had when it was updated, and does not say which; its runs do."""
        execution = self.placement.execution
        resource = self.placement.resource
        if isinstance(resource, Job) and execution is not None and execution.created >= resource.updated:
            used = execution.template.main.image
            if used.digest:
                return self._image(execution.template, f"execution {execution.name}") or passed(
                    _shown(self.placement, f"execution {execution.name}: image", str(used)),
                    says=text("the job names {}, and its run used {}", image.named, short(used.digest)),
                )
        message = text("{} names its image as {}, which does not say what runs", where, image.named)
        return unknown(
            message,
            Finding(
                BY_TAG,
                message,
                (_shown(self.placement, f"{where}: image", str(image)),),
                fix=self._fix(self._wanted()),
                severity="warning",
            ),
        )

    def _staged(self, newest: Revision) -> Finding | None:
        """A newer revision without traffic does no harm while all that serves holds the change."""
        serving = self.placement.serving
        service = self.placement.resource
        if not serving or not isinstance(service, Service) or newest.name in service.percent():
            return None
        if len(serving) < len(service.percent()):
            return None
        if any(revision.template.main.image.digest not in self.facts.good for revision in serving):
            return None
        message = text("revision {} is newer, holds something else and has no traffic", newest.name)
        return Finding(STAGED, message, (self._uses(newest),), severity="warning")

    def _labels(self, template: Template) -> list[Finding]:
        """Labels survive a change of the image by hand: the digest wins (incident C2)."""
        lineage = self._lineage(template.main.image)
        if lineage is None or lineage.commit is None or lineage.strength == "stated":
            return []
        wrong = [hint for hint in template.hints if not lineage.commit.startswith(hint.commit)]
        return [
            Finding(
                LABEL_DISAGREES,
                text("{} says {}, but {}", hint.source, hint.commit[:7], made_from(lineage)),
                (_shown(self.placement, hint.source, hint.commit, "stated"), *lineage.evidence),
                fix=Advice(text("trust the image; the next deploy that sets the label puts it right")),
                severity="warning",
            )
            for hint in wrong
        ]

    def _lineage(self, image: ImageRef) -> Lineage | None:
        return self.trace.lineages.get(image.digest)

    def _says(self, revision: Revision) -> Text:
        lineage = self._lineage(revision.template.main.image)
        uses = (
            made_from(lineage) if lineage is not None and lineage.commit else text("its image is not tied to a commit")
        )
        return text("revision {} is ready; {}", revision.name, uses)

    def _uses(self, revision: Revision) -> Evidence:
        return self._of(revision, "containers.image", str(revision.template.main.image))

    def _ready(self, revision: Revision) -> tuple[Evidence, ...]:
        return (self._of(revision, "conditions.Ready", revision.ready.state),) if revision.ready else ()

    def _of(self, revision: Revision, field: str, value: Value) -> Evidence:
        ref = self.placement.ref
        look = _describe(self.placement, revision.name, self.facts.project)
        resource = ref.resource if isinstance(ref.resource, Quoted) else f"{ref.resource}/revisions/{revision.name}"
        return Evidence("run", resource, field, value, ref.at, look=look)


def _describe(placement: Placement, revision: str, project: str) -> tuple[str, ...]:
    return ("gcloud", "run", "revisions", "describe", revision, f"--region={placement.region}", f"--project={project}")


def _absent(workload: Workload, placement: Placement) -> Finding:
    message = text("{} {} does not exist in {}", workload.kind, workload.resource, placement.region)
    return Finding(NOT_IN_REGION, message, (_shown(placement, "name", None),), severity="warning")


def _shown(placement: Placement, field: str, value: Value, strength: str = "proven") -> Evidence:
    ref = placement.ref
    return Evidence("run", ref.resource, field, value, ref.at, "stated" if strength == "stated" else "proven", ref.look)
