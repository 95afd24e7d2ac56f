"""Link `serving`: what is released carries the traffic; a job's runs use it.

Traffic decides, summed per revision; tag entries at 0 % do not count. "Latest ready" is not "serving" (incident E1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from signoff.checks.regions import everywhere
from signoff.model.evidence import Evidence, Value
from signoff.model.finding import Action, Command, Finding, Fix
from signoff.model.images import short
from signoff.model.judgement import Judgement, Status, failed, passed, unknown, waiting
from signoff.model.lineage import Placement, Standing
from signoff.model.run import DEPLOY_TAG, Execution, Job, Revision, Service
from signoff.model.subject import Workload
from signoff.model.text import Text, text

PINNED = "serving/traffic-pinned"
NO_TRAFFIC = "serving/no-traffic"
SPLIT = "serving/traffic-split"
OLD_RUN = "serving/old-image-ran"
OLD_RUN_GOES_ON = "serving/old-run-goes-on"
NOT_NEWEST = "serving/not-the-newest"

CODES: Mapping[str, str] = {
    PINNED: "traffic is pinned to an older revision, so the newest one gets none",
    NO_TRAFFIC: "the newest revision was left without traffic",
    SPLIT: "only a part of the traffic goes to the newest revision",
    OLD_RUN: "the job's newest execution, begun after its update, used an image that does not hold the change",
    OLD_RUN_GOES_ON: "an execution from before the job's update still runs the old image",
    NOT_NEWEST: "an older revision carries the traffic, and holds the change with the same settings",
}


def judge(workload: Workload, facts: Standing) -> Judgement:
    """Every region that the workload is in has to pass."""
    there = [placement for placement in facts.placements if placement.resource is not None]
    if not there:
        return unknown(text("{} is not deployed, so nothing of it serves", workload.resource))
    return everywhere([_Region(workload, facts, placement).judgement() for placement in there])


@dataclass(frozen=True, slots=True)
class _Region:
    """The workload in one region, where it exists."""

    workload: Workload
    facts: Standing
    placement: Placement

    def judgement(self) -> Judgement:
        resource = self.placement.resource
        if isinstance(resource, Job):
            return self._job(resource)
        if isinstance(resource, Service):
            return self._service(resource)
        raise ValueError("a placement without a resource is not judged")

    def _service(self, service: Service) -> Judgement:
        percent, newest = service.percent(), self.placement.newest
        if newest is None:
            return unknown(text("the newest revision of {} can not be read", service.name))
        if sum(percent.values()) != 100 or "" in percent:
            if not service.settled:
                return waiting("time", text("Cloud Run is still moving the traffic of {}", service.name))
            return unknown(text("Cloud Run does not say where all traffic of {} goes", service.name))
        if percent == {newest.name: 100}:
            return passed(self._proof(service), says=text("revision {} carries 100 % of the traffic", newest.name))
        if self._as_good(service, newest):
            return passed(self._proof(service), says=self._carries(percent), notes=tuple(self._not_newest(newest)))
        if newest.name not in percent and not service.pinned:
            return self._following(service, newest)
        return failed(self._elsewhere(service, newest, percent))

    def _as_good(self, service: Service, newest: Revision) -> bool:
        """Whether all that serves holds the change, and would not be configured otherwise by the newest revision."""
        serving = self.placement.serving
        if len(serving) != len(service.percent()):
            return False
        digests = {revision.template.main.image.digest for revision in serving}
        if not digests <= self.facts.good:
            return False
        if newest.template.main.image.digest not in self.facts.good:
            return True
        return {revision.template.configuration for revision in serving} == {newest.template.configuration}

    def _not_newest(self, newest: Revision) -> list[Finding]:
        if newest.template.main.image.digest not in self.facts.good:
            return []  # staged: `released` says so
        message = text(
            "newer revision {} has the same content and settings, and does not carry all traffic", newest.name
        )
        return [Finding(NOT_NEWEST, message, (), severity="note")]

    def _following(self, service: Service, newest: Revision) -> Judgement:
        """Traffic goes to the latest ready revision by itself: what keeps it back is the newest one's readiness."""
        if not service.settled:
            return waiting("time", text("Cloud Run is still moving traffic to {}", newest.name))
        if service.latest_ready != newest.name:
            reason = text("traffic follows the latest ready revision, and {} is not ready", newest.name)
            return Judgement(Status.BLOCKED, (self._proof(service),), reason=reason)
        return unknown(text("traffic is to follow the latest revision, and {} has none of it", newest.name))

    @property
    def _where(self) -> tuple[str, str]:
        return (f"--region={self.placement.region}", f"--project={self.facts.project}")

    def _elsewhere(self, service: Service, newest: Revision, percent: Mapping[str, int]) -> Finding:
        evidence = (self._proof(service),)
        tags = [entry.tag for entry in service.wanted if entry.revision == newest.name and entry.tag]
        fix: Fix = Command(("gcloud", "run", "services", "update-traffic", service.name, "--to-latest", *self._where))
        if (
            DEPLOY_TAG in tags
            or newest.operation
            or (service.latest_ready != newest.name and self.workload.deploy == "signoff")
        ):
            # It failed, or nobody has judged it to the end: it gets traffic by a deploy, which looks at it first.
            fix = Action("deploy", (self.workload.name,))
        carries = self._carries(percent)
        if newest.name in percent:
            message = text("{}: the newest, {}, has {} %", carries, newest.name, percent[newest.name])
            return Finding(SPLIT, message, evidence, fix)
        if DEPLOY_TAG in tags:
            message = text(
                "a deploy of signoff's left {} without traffic (tag {}), and {}", newest.name, DEPLOY_TAG, carries
            )
            return Finding(NO_TRAFFIC, message, evidence, fix)
        if tags:
            message = text("revision {} was deployed without traffic (tag {}), and {}", newest.name, tags[0], carries)
            return Finding(NO_TRAFFIC, message, evidence, fix)
        message = text("traffic is pinned: {}, and the newest, {}, gets none", carries, newest.name)
        return Finding(PINNED, message, evidence, fix)

    def _carries(self, percent: Mapping[str, int]) -> Text:
        shares = ", ".join(f"{revision} carries {share} %" for revision, share in sorted(percent.items()))
        return text("{}", shares)

    def _proof(self, service: Service) -> Evidence:
        shares = tuple(f"{revision}={share}" for revision, share in sorted(service.percent().items()))
        return self._shown("trafficStatuses", shares)

    def _job(self, job: Job) -> Judgement:
        latest, execution = job.latest_execution, self.placement.execution
        wanted = self.facts.good | ({job.template.main.image.digest} - {""})
        runs = [run for run in (*self.placement.running, execution) if run is not None and run.completed is None]
        stale = [run for run in runs if run.created < job.updated and not self._uses(run, wanted)]
        if stale:
            return failed(*(self._goes_on(run) for run in stale))
        if latest is None:
            return waiting("runs", text("job {} has not run yet", job.name))
        if execution is None:
            return unknown(text("execution {} of job {} can not be read", latest.name, job.name))
        image = execution.template.main.image
        proof = self._shown(f"execution {execution.name}: image", str(image))
        if self._uses(execution, wanted):
            return passed(proof, says=text("execution {} ran {}", execution.name, short(image.digest)))
        if execution.created < job.updated:
            reason = text("job {} has not run since its update; {} used an older image", job.name, execution.name)
            return waiting("runs", reason, evidence=(proof,))
        if not image.digest:
            return unknown(text("execution {} does not say which image {} was", execution.name, image.named))
        message = text("execution {} began after the job's update and ran {}", execution.name, short(image.digest))
        return failed(Finding(OLD_RUN, message, (proof,), Action("run", (self.workload.name,))))

    def _uses(self, run: Execution, wanted: frozenset[str]) -> bool:
        return run.template.main.image.digest in wanted

    def _goes_on(self, run: Execution) -> Finding:
        """Incident F2: what it writes is the old code's."""
        image = run.template.main.image
        return Finding(
            OLD_RUN_GOES_ON,
            text("execution {} still runs the old image {}", run.name, short(image.digest) or image.named),
            (self._shown(f"execution {run.name}: image", str(image)),),
            Command(("gcloud", "run", "jobs", "executions", "cancel", run.name, *self._where)),
        )

    def _shown(self, field: str, value: Value) -> Evidence:
        ref = self.placement.ref
        return Evidence("run", ref.resource, field, value, ref.at, look=ref.look)
