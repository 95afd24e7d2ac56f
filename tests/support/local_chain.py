"""Walk the local half of the chain over a real clone: committed, pushed, merged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from signoff.boundary import Boundary
from signoff.chain import CHECKS
from signoff.gather.touched import touched
from signoff.model.judgement import Link
from signoff.model.report import LinkReport, Report
from signoff.model.subject import (
    CloudBuildConfig,
    Session,
    Subject,
    Target,
    Workload,
    WorkloadName,
)
from signoff.model.text import Text
from signoff.survey import Survey
from signoff.systems import Systems
from signoff.walk import Overview, walk
from support.repositories import START, Clone, project

WEB = Workload(WorkloadName("web"), "service", "web", ("web/**", "shared/**", "!**/*.md"))
JOB = Workload(WorkloadName("job"), "job", "job", ("job/**", "shared/**"))
UPLOADED = Workload(
    WorkloadName("web"), "service", "web", ("web/**", "shared/**"), CloudBuildConfig("cloudbuild.yaml", "upload")
)
TARGET = Target("production", "acme-prod", ("us-central1",), "main")
LOCAL = (Link.COMMITTED, Link.PUSHED, Link.MERGED)
NOW = START + timedelta(hours=3)


def subject(clone: Clone, *workloads: Workload, commit: str = "HEAD", **over: Any) -> Subject:
    return Subject(clone.head(commit), over.pop("tree", clone.path), TARGET, workloads or (WEB,), **over)


def survey(clone: Clone, *workloads: Workload, boundary: Boundary | None = None, **over: Any) -> Survey:
    """A survey whose systems end with the test: close `survey.systems`."""
    return Survey(subject(clone, *workloads, **over), Systems(boundary or Boundary(), clone.path), NOW)


async def report(clone: Clone, *workloads: Workload, boundary: Boundary | None = None, **over: Any) -> Report:
    """The walk of committed, pushed and merged alone."""

    async def overviews(asked: Survey) -> Mapping[WorkloadName, Overview]:
        return {name: Overview(mine) for name, mine in (await touched(asked)).items()}

    asked = survey(clone, *workloads, boundary=boundary, **over)
    try:
        async with asked:
            return await walk(asked, [check for check in CHECKS if check.link in LOCAL], overviews)
    finally:
        await asked.systems.close()


async def judged(clone: Clone, workload: Workload = WEB, **over: Any) -> Mapping[Link, LinkReport]:
    return (await report(clone, workload, **over)).workloads[0].links


def told(said: Text | None) -> str:
    """A sentence with its quoted parts set apart, for looking at in a test."""
    return "".join(part if isinstance(part, str) else f"«{part.outside}»" for part in said.parts) if said else ""


def codes(link: LinkReport) -> set[str]:
    """The findings that are no notes."""
    return {finding.code for finding in link.findings if finding.severity != "note"}


def notes(link: LinkReport) -> set[str]:
    return {finding.code for finding in link.findings if finding.severity == "note"}


def session(clone: Clone) -> Session:
    """A session that begins now, at what is checked out."""
    return Session(clone.head(), clone.remote.tick())


def project_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A project with a remote, and an environment in which signoff and git see nothing of this machine's."""
    made = project(folder)
    monkeypatch.setenv("SIGNOFF_STATE", str(folder / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return made
