"""A service as it is looked at for link `reachable`: its facts, their judgement, and what the log has of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from signoff.boundary import Fault, Question
from signoff.checks.reachable import CODES, judge
from signoff.gather.arrival import arrival
from signoff.model.arrival import Arrivals
from signoff.model.facts import Unknown
from signoff.model.judgement import Judgement
from signoff.model.subject import Candidate, Commit, Subject, Target, Workload
from signoff.survey import Survey
from signoff.systems import Systems
from support.sandbox import Sandbox

LAG = timedelta(0)
"""The sandbox logs at once."""
PLACE = "projects/demo/locations/us-central1/services"


@dataclass
class Site:
    """The service web as it runs, and how it is looked at. `plant`: breaks calls."""

    sandbox: Sandbox
    systems: Systems
    workload: Workload
    url: str

    async def facts(self, lag: timedelta = LAG, candidate: Candidate | None = None, **over: Any) -> Arrivals | Unknown:
        workload = replace(self.workload, **over)
        subject = Subject(
            Commit("a" * 40),
            None,
            Target("production", "demo", ("us-central1",), "main"),
            (workload,),
            candidate={workload.name: candidate} if candidate else {},
            log_lag=lag,
        )
        async with Survey(subject, self.systems, datetime.now(UTC)) as survey:
            return await arrival(survey, workload)

    @property
    def revision(self) -> str:
        return f"{self.workload.resource}-00002-new"

    def of(self, resource: str) -> Site:
        """Another service of the same project, which is only on record."""
        return replace(self, workload=replace(self.workload, resource=resource))

    def plant(self, **fields: Any) -> None:
        """The service with one revision that serves."""
        name = f"{PLACE}/{self.workload.resource}"
        share = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "revision": self.revision, "percent": 100}
        self.sandbox.plant(
            {
                "services": [
                    {
                        "name": name,
                        "updateTime": stamp(600),
                        "template": {
                            "containers": [{"image": f"us-central1-docker.pkg.dev/demo/x/y@sha256:{'a' * 64}"}]
                        },
                        "latestReadyRevision": f"{name}/revisions/{self.revision}",
                        "trafficStatuses": [share],
                        **fields,
                    }
                ]
            }
        )

    def log(
        self, status: int, *, ago: float = 100, revision: str = "", host: str = "quiet.example.com",
        agent: str = "Mozilla/5.0", answered: bool = True,
    ) -> None:  # fmt: skip
        """One entry of the request log."""
        labels = {
            "service_name": self.workload.resource,
            "revision_name": revision or self.revision,
            "location": "us-central1",
        }
        request = {
            "requestMethod": "GET",
            "requestUrl": f"https://{host}/report",
            "status": status,
            "userAgent": agent,
        }
        entry = {
            "logName": "projects/demo/logs/run.googleapis.com%2Frequests",
            "resource": {"type": "cloud_run_revision", "labels": labels},
            "timestamp": stamp(ago),
            "receiveTimestamp": stamp(ago),
            "insertId": uuid4().hex,
            "httpRequest": request,
            "labels": {"instanceId": "0001"} if answered else {},
        }
        self.sandbox.plant({"logEntries": [entry]})

    async def judged(self, lag: timedelta = LAG, candidate: Candidate | None = None, **over: Any) -> Judgement:
        facts = await self.facts(lag, candidate, **over)
        assert isinstance(facts, Arrivals), facts
        return judge(replace(self.workload, **over), facts)


def codes(judgement: Judgement) -> set[str]:
    found = {finding.code for finding in judgement.findings}
    assert found <= CODES.keys()
    return found


def said(judgement: Judgement) -> str:
    texts = [judgement.reason, *(finding.message for finding in judgement.findings)]
    parts = [part for one in texts if one for part in (*one.parts, " ")]
    return "".join(part if isinstance(part, str) else part.outside for part in parts)


def planted(site: Site, fault: Fault, *at: tuple[str, str]) -> None:
    def plant(question: Question) -> Fault | None:
        return fault if (question.system, question.operation) in at else None

    site.systems.boundary.plant = plant


def stamp(ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
