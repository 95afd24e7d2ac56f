"""A project planted in a sandbox beside a real repository: what builder, registry and Cloud Run have on record.

Entries are Google's own REST JSON. Times count in minutes from START, as the repository's commits do.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from signoff.boundary import Boundary
from signoff.chain import CHECKS
from signoff.gather.overview import overviews
from signoff.model.judgement import Link
from signoff.model.report import LinkReport, Report
from signoff.model.subject import Commit, Subject, Target, Workload, WorkloadName
from signoff.survey import Survey
from signoff.systems import Systems
from signoff.walk import walk
from support.repositories import START, Clone
from support.sandbox import Sandbox

REGION = "us-central1"
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
PINNED = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
MINE = {Link.BUILT, Link.RELEASED, Link.SERVING}

WEB = Workload(WorkloadName("web"), "service", "web", ("web/**", "shared/**"))
JOB = Workload(WorkloadName("job"), "job", "job", ("job/**", "shared/**"))


def digest(seed: str) -> str:
    """A digest of its own for each seed."""
    return f"sha256:{hashlib.sha256(seed.encode()).hexdigest()}"


def at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ready(state: str = "SUCCEEDED", message: str = "", **reason: str) -> dict[str, Any]:
    return {"type": "Ready", "state": f"CONDITION_{state}", "message": message, **reason}


def variables(*names: str, **secrets: str) -> list[dict[str, Any]]:
    """`variables("PORT", KEY="key")`: PORT has a value, KEY comes from the secret `key`."""
    plain: list[dict[str, Any]] = [{"name": name, "value": f"{name}-value"} for name in names]
    return plain + [
        {"name": name, "valueSource": {"secretKeyRef": {"secret": secret, "version": "latest"}}}
        for name, secret in secrets.items()
    ]


@dataclass
class Estate:
    """One project of a sandbox and the clone that it was deployed from. `commit`: the subject's, by default HEAD."""

    sandbox: Sandbox
    project: str
    clone: Clone
    regions: tuple[str, ...] = (REGION,)
    boundary: Boundary = field(default_factory=Boundary)

    def path(self, name: str = "web", repository: str = "apps") -> str:
        return f"{REGION}-docker.pkg.dev/{self.project}/{repository}/{name}"

    def place(self, region: str = REGION) -> str:
        return f"projects/{self.project}/locations/{region}"

    def plant(self, **state: Any) -> None:
        self.sandbox.plant(state)

    def build(
        self,
        commit: str | None,
        minute: float,
        *,
        name: str = "web",
        status: str = "SUCCESS",
        image: str | None = None,
        tag: str = "latest",
        location: str = "global",
        **fields: Any,
    ) -> str:
        """A build of `commit` (None: `fields` say the source), and the digest that it pushed as `name:tag`."""
        made = image or digest(f"{self.project} {name} {commit} {minute}")
        build_id = f"{int(minute * 100):08x}-{hashlib.sha1(made.encode()).hexdigest()[:8]}"
        pushed = f"{self.path(name)}:{tag}"
        results = {"images": [{"name": pushed, "digest": made}]} if status == "SUCCESS" else {}
        source = {} if commit is None else git_source(commit)
        entry = {
            "name": f"{self.place(location)}/builds/{build_id}",
            "id": build_id,
            "projectId": self.project,
            "status": status,
            "createTime": at(minute),
            "images": [pushed],
            "results": results,
            **source,
            **fields,
        }
        if status not in {"WORKING", "QUEUED", "PENDING"}:
            entry["finishTime"] = at(minute + 1)
        self.plant(builds=[entry])
        return made

    def revision(self, number: int, image: str, minute: float, *, name: str = "web", **fields: Any) -> dict[str, Any]:
        """A revision as Cloud Run lists it. `env`, `containers` and the like may be given; `region` as well."""
        region = fields.pop("region", REGION)
        env = fields.pop("env", [])
        containers = fields.pop("containers", [{"image": self.reference(image, name), "env": env}])
        short = f"{name}-{number:05d}-abc"
        return {
            "name": f"{self.place(region)}/services/{name}/revisions/{short}",
            "service": name,
            "createTime": at(minute),
            "containers": containers,
            "conditions": [ready()],
            **fields,
        }

    def reference(self, image: str, name: str = "web") -> str:
        return f"{self.path(name)}@{image}" if image.startswith("sha256:") else image

    def service(
        self,
        *revisions: Mapping[str, Any],
        name: str = "web",
        shares: Mapping[int, int] | None = None,
        pinned: bool = False,
        tags: Mapping[str, int] | None = None,
        region: str = REGION,
        **fields: Any,
    ) -> None:
        """A service with its revisions, oldest first. `shares`: percent by index (the newest has all by default);
        `pinned`: the configured traffic names these revisions. `tags`: tag entries at 0 %, by index.
        """
        names = [str(revision["name"]) for revision in revisions]
        shares = shares or {len(names) - 1: 100}
        observed = [_share(names[index], percent, pinned) for index, percent in shares.items()]
        tagged = [
            {"type": PINNED, "revision": names[index].rpartition("/")[2], "tag": tag}
            for tag, index in (tags or {}).items()
        ]
        newest = revisions[-1]
        template = {"containers": newest["containers"], "labels": newest.get("labels", {})}
        service = {
            "name": f"{self.place(region)}/services/{name}",
            "generation": "3",
            "observedGeneration": "3",
            "createTime": at(0),
            "updateTime": newest["createTime"],
            "template": template,
            "traffic": (observed if pinned else [{"type": LATEST, "percent": 100}]) + tagged,
            "trafficStatuses": observed + tagged,
            "latestCreatedRevision": names[-1],
            "latestReadyRevision": names[-1],
            "terminalCondition": ready(),
            **fields,
        }
        self.plant(services=[service], revisions=[dict(revision) for revision in revisions])

    def deployed(self, image: str, minute: float, *, name: str = "web", **fields: Any) -> None:
        """The plainest service: one revision of the image, ready, with all traffic."""
        self.service(self.revision(1, image, minute, name=name, **fields), name=name)

    def job(self, image: str, updated: float, *executions: Mapping[str, Any], name: str = "job", **fields: Any) -> None:
        """A job whose template has the image since `updated`; executions, oldest first."""
        job: dict[str, Any] = {
            "name": f"{self.place()}/jobs/{name}",
            "generation": "2",
            "observedGeneration": "2",
            "createTime": at(0),
            "updateTime": at(updated),
            "template": {"template": {"containers": [{"image": self.reference(image, name)}]}},
            "terminalCondition": ready(),
            **fields,
        }
        if executions:
            newest = executions[-1]
            times = {key: newest[key] for key in ("createTime", "completionTime") if key in newest}
            ended = {"completionStatus": "EXECUTION_SUCCEEDED"} if "completionTime" in newest else {}
            job["latestCreatedExecution"] = {"name": str(newest["name"]).rpartition("/")[2], **times, **ended}
        self.plant(jobs=[job], executions=[dict(execution) for execution in executions])

    def execution(self, number: int, image: str, minute: float, *, name: str = "job", done: bool = True) -> Any:
        entry: dict[str, Any] = {
            "name": f"{self.place()}/jobs/{name}/executions/{name}-{number}",
            "job": name,
            "createTime": at(minute),
            "template": {"containers": [{"image": self.reference(image, name)}]},
        }
        return entry | ({"completionTime": at(minute + 1), "succeededCount": 1} if done else {"runningCount": 1})

    def image(self, made: str, *, name: str = "web", repository: str = "apps", **fields: Any) -> None:
        """An image of the registry; `children` are the platforms' digests of an index."""
        children = fields.pop("children", ())
        manifests = [{"architecture": "amd64", "os": "linux", "digest": child} for child in children]
        self.plant(
            dockerImages=[
                {
                    "name": f"{self.place()}/repositories/{repository}/dockerImages/{name}@{made}",
                    "uri": f"{self.path(name, repository)}@{made}",
                    "uploadTime": at(0),
                    "imageManifests": manifests,
                    **fields,
                }
            ]
        )

    @asynccontextmanager
    async def survey(self, *workloads: Workload, commit: Commit | None = None) -> AsyncIterator[Survey]:
        """A look at the target now, that is in the year 2026 some days after START."""
        target = Target("production", self.project, self.regions, "main")
        subject = Subject(commit or self.clone.head(), self.clone.path, target, workloads or (WEB,))
        systems = Systems(self.boundary, self.clone.path, sandbox=self.sandbox.grpc)
        try:
            async with Survey(subject, systems, START + timedelta(days=3)) as survey:
                yield survey
        finally:
            await systems.close()

    async def report(self, *workloads: Workload, commit: Commit | None = None, whole: bool = False) -> Report:
        """A walk over `built`, `released` and `serving`, or over the whole chain."""
        async with self.survey(*workloads, commit=commit) as survey:
            return await walk(survey, [check for check in CHECKS if whole or check.link in MINE], overviews)

    async def links(self, workload: Workload = WEB, commit: Commit | None = None) -> Mapping[Link, LinkReport]:
        """The links of one workload."""
        return (await self.report(workload, commit=commit)).workloads[0].links


def git_source(commit: str) -> dict[str, Any]:
    """A build whose source Cloud Build resolved to a commit."""
    url = "https://github.com/acme/app.git"
    return {
        "source": {"gitSource": {"url": url, "revision": "main"}},
        "sourceProvenance": {"resolvedGitSource": {"url": url, "revision": commit}},
    }


def _share(name: str, percent: int, pinned: bool) -> dict[str, Any]:
    return {"type": PINNED if pinned else LATEST, "revision": name.rpartition("/")[2], "percent": percent}


def statuses(links: Mapping[Link, LinkReport]) -> tuple[str, str, str]:
    """built, released, serving."""
    return links[Link.BUILT].status.value, links[Link.RELEASED].status.value, links[Link.SERVING].status.value


def codes(link: LinkReport) -> Sequence[str]:
    return [finding.code for finding in link.findings]


def words(link: LinkReport) -> str:
    """What a link says, its findings after it, as a person reads it."""
    texts = [link.reason, *(finding.message for finding in link.findings)]
    parts = [part for one in texts if one is not None for part in (*one.parts, " ")]
    return "".join(part if isinstance(part, str) else part.outside for part in parts).strip()
