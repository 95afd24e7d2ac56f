"""HorizonLens in whole: a build that needs a run-time secret, an index that IF NOT EXISTS kept, a run that goes on.

A real Next.js application, a real PostgreSQL, and a job whose first run still retries with the old image.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from signoff.systems.google.edit import short
from support.postgres import Cluster

from .packages import NotInstalled, installed, missing
from .stage import Stage, a_stage

LACKING = missing()
WORKLOADS = {"web", "analysis", "extractor"}


@pytest.fixture
def stage(tmp_path: Path, postgres: Cluster) -> Iterator[Stage]:
    try:
        packages = installed()
    except NotInstalled as trouble:
        pytest.skip(str(trouble))
    with a_stage(tmp_path, postgres, packages) as made:
        yield made


@pytest.mark.timeout(420)
@pytest.mark.skipif(LACKING is not None, reason=LACKING or "")
def test_each_cause_is_named_before_anything_is_deployed_and_with_all_cured_the_chain_is_green(stage: Stage) -> None:
    stale = a_run_is_retried_while_its_job_gets_another_image(stage)
    the_session_pushes_what_builds_on_its_own_machine(stage)
    ddl = all_three_causes_are_named_at_once(stage, stale)
    nothing_is_deployed_while_they_stand(stage)
    the_build_fails_as_was_said(stage)
    for statement in ddl:
        stage.database.run(statement)
    stage.commit("cured")
    everything_is_deployed_after_a_yes(stage, stale)
    it_is_signed_off(stage)
    the_number_is_right(stage)


def a_run_is_retried_while_its_job_gets_another_image(stage: Stage) -> str:
    stale = stage.runs_until_it_is_retried()
    main = stage.world.clone / "extractor" / "main.py"
    stage.world.commit("extractor/main.py", main.read_text("utf-8").replace("SECONDS = 300", "SECONDS = 200"))
    stage.updated_job(stage.built(stage.begin_build("extractor")))
    return stale


def the_session_pushes_what_builds_on_its_own_machine(stage: Stage) -> None:
    """There the git-ignored .env.local has the secret, so nothing looks wrong."""
    (stage.world.clone / "web" / ".env.local").write_text("AUTH_SECRET=of-this-machine\n", encoding="utf-8")
    stage.commit("changed")
    assert ".env.local" not in stage.world.git("ls-files")


def all_three_causes_are_named_at_once(stage: Stage, stale: str) -> list[str]:
    """The SQL that mends the index, one statement each."""
    builds = len(stage.world.sandbox.state()["builds"])
    code, report = stage.sees("run")
    assert (code, report["verdict"]) == (1, "refused")
    assert len(stage.world.sandbox.state()["builds"]) == builds
    secret = of(report, "web", "buildable/run-time-only")
    assert "AUTH_SECRET exists only at run time, and the build stops without it" in plain(secret["message"])
    chain = ("web/app/api/reports/route.ts:1 imports web/lib/auth.ts", "web/lib/auth.ts:9 calls required")
    assert all(place in secret["message"] for place in (*chain, "web/lib/auth.ts:4 reads AUTH_SECRET"))
    index = of(report, "extractor", "schema/no-unique-index")
    assert "ON CONFLICT (tenant, source, metric, day) on reports has no unique index" in plain(index["message"])
    assert "the index reports_key has (tenant, source)" in plain(index["message"])
    assert index["location"] == {"path": "extractor/main.py", "line": 22}
    kept = of(report, "extractor", "schema/kept")
    columns = "exists with (tenant, source), and the migration wants (tenant, source, metric, day)"
    assert f"the unique index reports_key {columns}" in plain(kept["message"])
    assert kept["location"] == {"path": "migrations/0002_reports_key.sql", "line": 1}
    run = of(report, "extractor", "serving/old-run-goes-on")
    assert short(stale) in run["message"]
    assert run["fix"]["argv"][:6] == ["gcloud", "run", "jobs", "executions", "cancel", short(stale)]
    return re.findall(r"(?:CREATE|DROP|ALTER) [^;”]*;", kept["fix"]["advice"])


def nothing_is_deployed_while_they_stand(stage: Stage) -> None:
    before = templates(stage)
    code, answer = stage.sees("deploy", *sorted(WORKLOADS))
    assert (code, answer["outcome"]) == (1, "refused")
    assert "web is not deployed: buildable has not passed" in answer["says"]
    assert "extractor is not deployed: schema has not passed" in answer["says"]
    assert templates(stage) == before


def the_build_fails_as_was_said(stage: Stage) -> None:
    """A real `next build`, in a clone of what was pushed: without .env.local."""
    code, report = stage.sees("check", "buildable", "--rehearse", "--workload", "web")
    assert code == 1
    said = of(report, "web", "buildable/rehearsal-failed")["message"]
    assert "AUTH_SECRET is not set" in said


def everything_is_deployed_after_a_yes(stage: Stage, stale: str) -> None:
    code, shown = stage.yes("deploy", *sorted(WORKLOADS))
    assert f"cancel execution {short(stale)}" in shown
    assert code == 5, shown
    assert "the next run of extractor has to use it" in shown
    reasons = {condition.get("executionReason") for condition in stage.execution(stale)["conditions"]}
    assert "CANCELLED" in reasons
    code, shown = stage.yes("job", "run", "extractor")
    assert code == 0, shown


def it_is_signed_off(stage: Stage) -> None:
    code, report = stage.sees("run")
    while code == 5:  # log entries may still come: signoff says until when
        code, report = stage.sees("run")
    assert (code, report["verdict"]) == (0, "signed-off"), json.dumps(report["findings"], indent=1)
    assert set(report["workloads"]) == WORKLOADS
    assert {statuses(report, name)["buildable"] for name in WORKLOADS} == {"pass"}


def the_number_is_right(stage: Stage) -> None:
    assert asked(stage, "analysis", "/") == {"total": 42, "unit": "events"}
    assert len(str(asked(stage, "web", "/api/reports")["signature"])) == 64


def plain(message: str) -> str:
    """Without the marks around what comes from outside."""
    return message.translate(str.maketrans("", "", "“”"))


def of(report: Mapping[str, Any], workload: str, code: str) -> dict[str, Any]:
    """The one finding of that code."""
    found = [one for one in report["findings"] if (one["workload"], one["code"]) == (workload, code)]
    assert len(found) == 1, [(one["workload"], one["code"], one["message"]) for one in report["findings"]]
    return dict(found[0])


def statuses(report: Mapping[str, Any], workload: str) -> dict[str, str]:
    return {link: judged["status"] for link, judged in report["workloads"][workload]["links"].items()}


def templates(stage: Stage) -> list[Any]:
    """What is deployed, as it is configured."""
    state = stage.world.sandbox.state()
    return [entry["template"] for entry in (*state["services"], *state["jobs"])]


def asked(stage: Stage, service: str, path: str) -> dict[str, Any]:
    """As a user asks it."""
    uri = next(one["uri"] for one in stage.world.sandbox.state()["services"] if one["name"].endswith(f"/{service}"))
    with urllib.request.urlopen(uri + path, timeout=20) as answer:
        return dict(json.load(answer))
