"""`signoff record`: a project as a masked state, in which signoff comes to the same verdict."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from signoff.chain import CHECKS
from signoff.cli.main import main
from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.model.judgement import Link
from signoff.model.report import Report
from support.sandbox import running_sandbox
from support.world import SERVICE, World

SETTLED = 40  # looks at a report until nothing in it waits for the log any more


@pytest.fixture(autouse=True)
def as_it_was(world: World) -> Iterator[None]:
    """The tests of this file share the world."""
    before = world.service()
    yield
    world.change(**before)


def judged(folder: Path, environment: Mapping[str, str]) -> Report:
    """What the records say, once the log's lag is over: nobody answers requests in a recording."""
    links = [link for link in dict.fromkeys(check.link for check in CHECKS) if link is not Link.REACHABLE]

    async def whole() -> Report:
        context = Context.open(folder)
        try:
            for _ in range(SETTLED):
                report = await run(context, links)
                if not any(one.waits_on for workload in report.workloads for one in workload.links.values()):
                    break
            return report
        finally:
            await context.close()

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return asyncio.run(whole())


def outcome(report: Report) -> dict[str, dict[str, tuple[str, list[str]]]]:
    """Workload -> link -> status and finding codes."""
    return {
        str(workload.name): {
            link.value: (one.status.value, sorted(finding.code for finding in one.findings))
            for link, one in workload.links.items()
        }
        for workload in report.workloads
    }


def recorded(world: World, folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[Path, Any]:
    """The file, and what the command says about it."""
    path = folder / "recording.json"
    code = main(["-C", str(world.clone), "record", "--output", str(path), "--json", *options])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return path, json.loads(printed.out)


def replayed(world: World, path: Path, said: Any, folder: Path) -> Report:
    """A run against a sandbox that serves the recording, with the names that the command says."""
    copy = folder / "copy"
    shutil.copytree(world.clone, copy)
    settings = copy / "signoff.toml"
    text = settings.read_text("utf-8")
    changes = said["in_signoff_toml"]
    text = text.replace('project = "demo"', f'project = "{changes["targets"]["production"]["project"]}"')
    for name, change in changes["workloads"].items():
        text = text.replace(f"[workloads.{name}]\n", f'[workloads.{name}]\nname = "{change["name"]}"\n')
    settings.write_text(text, "utf-8")
    with running_sandbox(None, "--state", str(path)) as sandbox:
        return judged(copy, {**world.environment, "SIGNOFF_SANDBOX": sandbox.grpc, "SIGNOFF_STATE": str(folder / "s")})


def nothing(_: World) -> None:
    pass


def an_error(world: World) -> None:
    world.request("web", "/report", expected=500)


def pinned_traffic(world: World) -> None:
    """All traffic is on a revision of another image."""
    newest = world.service()["latestReadyRevision"]
    revision = dict(next(one for one in world.sandbox.state()["revisions"] if one["name"] == newest))
    image = revision["containers"][0]["image"].partition("@")[0]
    revision["name"] = f"{SERVICE}/revisions/web-00000-old"
    revision["containers"] = [{"image": f"{image}@sha256:{'0' * 64}"}]
    world.sandbox.plant({"revisions": [revision]})
    target = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "web-00000-old", "percent": 100}
    world.change(traffic=[target], trafficStatuses=[target])


def a_commit_that_is_not_deployed(world: World) -> None:
    world.commit("shared/mapper.py", "# another\n")


def denied_builds(world: World) -> None:
    world.sandbox.fault("google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", code="PERMISSION_DENIED")


def no_logs(world: World) -> None:
    world.sandbox.fault("google.logging.v2.LoggingServiceV2/ListLogEntries", code="UNAVAILABLE")


SITUATIONS: tuple[tuple[Callable[[World], None], str, str], ...] = (
    (nothing, "serving", "pass"),
    (an_error, "healthy", "fail"),
    (pinned_traffic, "serving", "fail"),
    (a_commit_that_is_not_deployed, "built", "fail"),
    (denied_builds, "built", "unknown"),
    (no_logs, "healthy", "unknown"),
)


@pytest.mark.parametrize(("situation", "link", "status"), SITUATIONS, ids=lambda one: getattr(one, "__name__", ""))
def test_signoff_comes_to_the_same_result_on_a_recording(
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    situation: Callable[[World], None],
    link: str,
    status: str,
) -> None:
    situation(world)
    path, said = recorded(world, tmp_path, capsys)
    before = outcome(judged(world.clone, world.environment))
    assert before["web"][link][0] == status
    assert outcome(replayed(world, path, said, tmp_path)) == before


def test_what_could_not_be_read_is_said_and_is_no_silence_in_the_recording(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied_builds(world)
    path, said = recorded(world, tmp_path, capsys)
    assert [(left["what"], left["why"]) for left in said["left_out"]] == [("builds", "denied")] * 2
    assert json.loads(path.read_text())["faults"] == [
        {
            "method": "google.devtools.cloudbuild.v1.CloudBuild/ListBuilds",
            "code": "PERMISSION_DENIED",
            "message": "not recorded",
        }
    ]


def test_a_job_comes_with_its_runs_and_policies_and_strangers_stay_out(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = SERVICE.rpartition("/services/")[0]
    job, stranger = f"{place}/jobs/extractor", f"{place}/services/somebody-elses"
    runs = [f"{job}/executions/extractor-{number:03}" for number in range(102)]
    template = {"containers": [{"image": "us-central1-docker.pkg.dev/demo/app/extractor"}]}
    times = [f"2026-01-02T03:{number // 60:02}:{number % 60:02}Z" for number in range(102)]
    world.sandbox.plant(
        {
            "jobs": [{"name": job, "template": {"template": template}, "latestCreatedExecution": {"name": runs[-1]}}],
            "executions": [
                {"name": run, "job": "extractor", "createTime": at, "template": template}
                | ({"completionTime": at} if number else {})
                for number, (run, at) in enumerate(zip(runs, times, strict=True))
            ],
            "tasks": [{"name": f"{runs[-1]}/tasks/extractor-101-task0", "job": job}],
            "services": [{"name": stranger, "template": template}],
            "iamPolicies": {job: {"bindings": [{"role": "roles/run.invoker", "members": ["user:ada@acme.io"]}]}},
        }
    )
    path, said = recorded(world, tmp_path, capsys)
    made = json.loads(path.read_text())
    masked = said["in_signoff_toml"]["workloads"]["extractor"]["name"]
    assert [one["name"].rpartition("/")[2] for one in made["jobs"]] == [masked]
    assert [one["name"].rpartition("/")[2] for one in made["tasks"]] == [f"{masked}-101-task0"]
    kept = {one["name"].rpartition("/")[2] for one in made["executions"]}
    assert len(kept) == 101, "the newest 100"
    assert f"{masked}-000" in kept, "and one that still runs"
    assert [member for policy in made["iamPolicies"].values() for member in policy["bindings"][0]["members"]] == [
        "user:user-2@example.com"
    ]
    assert len(made["services"]) == 1
    assert "somebody" not in path.read_text()


def test_it_only_reads(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = world.sandbox.state()
    recorded(world, tmp_path, capsys)
    assert world.sandbox.state() == before
    asked = {call.rpartition("/")[2] for call in world.sandbox.calls()}
    assert asked
    assert all(call.startswith(("List", "Get")) for call in asked)


def test_a_file_that_is_there_is_kept_unless_forced(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = recorded(world, tmp_path, capsys)
    path.write_text("mine")
    world.sandbox.reset_calls()
    assert main(["-C", str(world.clone), "record", "--output", str(path)]) == 2
    assert "there is such a file already" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert world.sandbox.calls() == {}, "nothing is asked in vain"
    recorded(world, tmp_path, capsys, "--force")
    assert json.loads(path.read_text())["services"]
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_a_place_that_can_not_be_written_is_said(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere" / "recording.json"
    assert main(["-C", str(world.clone), "record", "--output", str(path)]) == 2
    assert "it can not be written (No such file or directory)" in capsys.readouterr().err


def test_commits_stay_unless_they_are_to_be_masked(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = world.git("rev-parse", "HEAD")
    path, _ = recorded(world, tmp_path, capsys)
    assert commit in path.read_text()
    path, _ = recorded(world, tmp_path, capsys, "--force", "--mask-commits")
    assert commit not in path.read_text()
    build = json.loads(path.read_text())["builds"][0]
    assert len(build["sourceProvenance"]["resolvedGitSource"]["revision"]) == 40


def test_a_person_is_told_how_to_use_it(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    denied_builds(world)
    path = tmp_path / "recording.json"
    assert main(["-C", str(world.clone), "record", "--output", str(path)]) == 0
    said = capsys.readouterr().out
    assert f"signoff sandbox up --state {path}" in said
    assert "left out: builds of projects/demo/locations/us-central1/builds (denied: " in said
    assert '[targets.production]\n    project = "project-1"' in said
    assert '[workloads.web]\n    name = "service-1"' in said
