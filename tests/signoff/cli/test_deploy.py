"""`signoff deploy` and `signoff approve` as processes at a real terminal: real builds, real traffic, a real job."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from support.terminal import at_a_terminal, piped
from support.world import JOB, World, a_world

LISTING = """
import atexit, runpy, sys
atexit.register(lambda: print("LOADED", *sorted(sys.modules), sep="\\n"))
runpy.run_module("signoff", run_name="__main__")
"""
READERS = (
    "checks.schema_declared", "reading.due", "reading.env_reads.scan", "reading.env_reads.script_machine",
    "reading.migrations", "reading.orm", "reading.routes.express", "reading.routes.nextjs", "reading.routes.python_web",
    "reading.source.project", "reading.sql_needs", "reading.sql_targets.of_files", "systems.google.bigquery",
    "systems.postgres", "systems.tables",
)  # fmt: skip
"""Of databases, web frameworks, schedules and code that a build evaluates, of which the demo's project has none."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world"), "web", "analysis", "extractor") as made:
        yield made


def job_image(world: World) -> str:
    job = next(entry for entry in world.sandbox.state()["jobs"] if entry["name"] == JOB)
    return str(job["template"]["template"]["containers"][0]["image"])


def a_change(world: World, name: str) -> str:
    return world.commit("shared/mapper.py", f"def mapped(row):\n    return {name!r}\n")


def test_a_yes_typed_at_the_terminal_deploys_and_says_so(running: World) -> None:
    before, commit = running.service()["latestReadyRevision"], a_change(running, "typed")
    code, shown = at_a_terminal(running, "deploy", "web", typed="yes")
    assert code == 0, shown
    assert "Deployed: web: built, released and serving" in shown
    after = running.service()
    assert after["latestReadyRevision"] != before
    assert after["template"]["labels"]["commit-sha"] == commit


def test_a_deploy_loads_no_reader_that_has_nothing_to_read(running: World) -> None:
    a_change(running, "listed")
    running.ship("web")
    image = str(running.service()["template"]["containers"][0]["image"])
    running.change(template=running.service()["template"] | {"labels": {"changed": "by-hand"}})
    code, shown = at_a_terminal(
        running, "deploy", "web", "--image", image, typed="yes", command=(sys.executable, "-c", LISTING)
    )
    shown, _, listed = shown.partition("LOADED")
    assert code in {0, 5}, shown
    assert "Deployed: web" in shown
    assert all(find_spec(f"signoff.{reader}") for reader in READERS)
    loaded = {name.removeprefix("signoff.") for name in listed.split() if name.startswith("signoff.")}
    walked = {"gather.schema", "reading.sql_targets", "gather.routes", "reading.routes.readers", "gather.data"}
    assert walked <= loaded
    assert not [name for name in loaded for reader in READERS if name == reader or name.startswith(f"{reader}.")]


def test_anything_else_deploys_nothing(running: World) -> None:
    before = running.service()
    code, shown = at_a_terminal(running, "deploy", "web", typed="yes please")
    assert code == 2, shown
    assert "not approved, and nothing was changed" in shown
    assert running.service() == before


def test_interrupted_at_the_question_it_ends_at_once_and_changes_nothing(running: World) -> None:
    before = running.service()
    code, shown = at_a_terminal(running, "deploy", "web", typed=None, interrupt_when=lambda: True)
    assert code == 130, shown
    assert shown.endswith("to do it: \r\nStopped before anything was begun: nothing was changed.\r\n")
    assert running.service() == before


def test_nothing_moves_on_the_terminal_while_a_person_reads_and_types(running: World) -> None:
    running.sandbox.fault("google.cloud.run.v2.Services/*", latencySeconds=2.5)
    try:
        _, shown = at_a_terminal(running, "deploy", "web", typed="no", TERM="xterm")
    finally:
        running.sandbox.clear_faults()
    progress, _, plan = shown.partition("Plan plan-")
    assert "0/?" in progress
    assert "\x1b" not in plan
    plan, _, answer = plan.partition("to do it: ")
    assert f"  replace {running.service()['template']['containers'][0]['image']}\r\n" in plan
    assert answer.startswith("no\r\nsignoff: not approved, and nothing was changed\r\n")


def test_without_a_terminal_the_plan_waits_and_approving_it_deploys(running: World) -> None:
    a_change(running, "approved")
    before = running.service()
    planned = piped(running, "deploy", "web", "--json")
    assert planned.returncode == 5, planned.stdout + planned.stderr
    answer = json.loads(planned.stdout)
    assert answer["outcome"] == "needs-approval"
    assert running.service() == before
    refused = piped(running, "approve", answer["plan"]["id"])
    assert refused.returncode == 2
    assert "needs a terminal" in refused.stderr
    assert running.service() == before
    code, shown = at_a_terminal(running, *answer["approve"][1:], typed=answer["plan"]["id"][-4:])
    assert code == 0, shown
    assert "Deployed: web" in shown


def test_a_job_is_updated_and_waits_for_the_run_that_proves_it(running: World) -> None:
    before = job_image(running)
    a_change(running, "job")
    code, shown = at_a_terminal(running, "deploy", "extractor", typed="yes")
    assert code == 5, shown
    assert "NOT PROVEN yet: every step was done; the next run of extractor has to use it" in shown
    assert job_image(running) != before
    code, shown = at_a_terminal(running, "job", "run", typed="yes")
    assert code == 0, shown
    assert "Ran: extractor" in shown


def test_a_job_that_only_has_to_run_is_not_built_again(running: World) -> None:
    a_change(running, "once")
    assert at_a_terminal(running, "deploy", "web", "extractor", typed="yes")[0] == 5
    builds = len(running.sandbox.state()["builds"])
    again = piped(running, "deploy")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to deploy: extractor has it already and has not run since" in again.stdout
    assert len(running.sandbox.state()["builds"]) == builds


def test_what_others_deploy_is_watched_or_named_and_never_written(running: World) -> None:
    written = (running.clone / "signoff.toml").read_text("utf-8")
    theirs = written.replace("[workloads.web]\n", '[workloads.web]\ndeploy = "ci"\n')
    theirs = theirs.replace("[workloads.analysis]\n", '[workloads.analysis]\ndeploy = "terraform"\n')
    running.commit("signoff.toml", theirs)
    try:
        running.commit("shared/server.py", (running.clone / "shared/server.py").read_text("utf-8") + "\n# theirs\n")
        before = running.sandbox.state()
        watched = piped(running, "deploy", "web", "analysis", "--wait", "0", "--json")
        assert watched.returncode == 5, watched.stdout + watched.stderr
        answer = json.loads(watched.stdout)
        assert (answer["outcome"], [one["workload"] for one in answer["watched"]]) == ("waiting", ["web"])
        assert [(one["workload"], one["by"]) for one in answer["theirs"]] == [("analysis", "terraform")]
        refused = piped(running, "deploy", "analysis")
        assert refused.returncode == 1, refused.stdout + refused.stderr
        assert "no *.tf of this repository defines the service analysis" in refused.stdout
        after = running.sandbox.state()
        assert [after[kind] for kind in ("services", "builds")] == [before[kind] for kind in ("services", "builds")]
        running.ship("web")
        done = piped(running, "deploy", "web")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "web (ci deploys it): built, released and serving, proven" in done.stdout
    finally:
        running.commit("signoff.toml", written)


def test_interrupted_it_says_at_which_step_and_what_serves(running: World) -> None:
    code = (running.clone / "web/main.py").read_text("utf-8")
    running.commit("web/main.py", f"{code}\n# interrupted\n")
    running.ship("web")
    running.commit("web/main.py", f"{code}\n# interrupted at the next one\n")
    before = running.service()["latestReadyRevision"].rpartition("/")[2]

    def made() -> bool:
        return before not in running.service()["latestCreatedRevision"]

    ended, shown = at_a_terminal(running, "deploy", "web", typed="yes", interrupt_when=made)
    assert ended == 130, shown
    said = (
        rf"STOPPED op-[0-9a-f]+: \S+( 100)? of web stopped: it was cancelled while it ran; {before} 100 % serves again"
    )
    assert re.search(said, " ".join(shown.split())), shown
    assert "signoff deploy --status shows its steps." in shown
    assert "Traceback" not in shown


def test_interrupted_twice_it_still_goes_back_and_says_so(running: World) -> None:
    code = (running.clone / "web/main.py").read_text("utf-8")
    running.commit("web/main.py", f"{code}\n# interrupted twice\n")
    newest = running.service()["latestReadyRevision"].rpartition("/")[2]
    [before] = [one.get("revision", newest) for one in running.service()["trafficStatuses"] if one.get("percent")]

    def made() -> bool:
        if newest in running.service()["latestCreatedRevision"]:
            return False
        running.sandbox.fault("google.cloud.run.v2.Services/UpdateService", latencySeconds=1)
        return True

    stopping = "Stopping at a safe point."
    try:
        ended, shown = at_a_terminal(
            running, "deploy", "web", typed="yes", interrupt_when=made, interrupt_again_at=stopping
        )
    finally:
        running.sandbox.clear_faults()
    assert ended == 130, shown
    assert "Still stopping: " in shown
    assert f"{before} 100 % serves again" in " ".join(shown.split()), shown
    assert [(one["revision"], one["percent"]) for one in running.service()["traffic"] if "percent" in one] == [
        (before, 100)
    ]


def test_at_a_terminal_what_is_to_be_done_next_is_a_command(running: World) -> None:
    code = (running.clone / "web/main.py").read_text("utf-8")
    running.commit("web/main.py", code.replace('{"service": "web"}', "1 / 0"))
    ended, shown = at_a_terminal(running, "deploy", "web", typed="yes")
    running.commit("web/main.py", code)
    assert ended == 1, shown
    assert "fix: signoff deploy web" in shown
    assert "--to-latest" not in shown  # it would bring users to the revision that has just failed
