"""Triggers: kept, run by hand, fired by pushes, deploying with the labels that a console-made trigger sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.api_core import exceptions
from google.cloud.devtools import cloudbuild_v1
from google.cloud.devtools.cloudbuild_v1 import Build, BuildTrigger

from signoff_sandbox import state
from support.builds import built, finished, log_of, step
from support.cloudrun import IMAGE, PROJECT, Lab, app, lab

Status = Build.Status
GITHUB = {"owner": "acme", "name": "shop", "push": {"branch": "^main$"}}
PUBLIC = "https://github.com/acme/shop.git"
CONFIG = (
    "steps:\n- name: gcr.io/cloud-builders/docker\n"
    f"  args: [build, -t, '{IMAGE}:$COMMIT_SHA', --build-arg, SHORT=$SHORT_SHA, .]\n"
    f"images: ['{IMAGE}:$COMMIT_SHA']\n"
)
# The third step of what the console makes: https://cloud.google.com/run/docs/continuous-deployment-with-cloud-build
DEPLOY = (
    "- name: gcr.io/google.com/cloudsdktool/cloud-sdk:slim\n  id: Deploy\n  entrypoint: gcloud\n"
    f"  args: [run, services, update, $_SERVICE_NAME, --platform=managed, '--image={IMAGE}:$COMMIT_SHA',\n"
    "    '--labels=managed-by=gcp-cloud-build-deploy-cloud-run,commit-sha=$COMMIT_SHA,"
    "gcb-build-id=$BUILD_ID,gcb-trigger-id=$_TRIGGER_ID', --region=us-central1, --quiet]\n"
)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        state.merge(made.cloud, {"gitRemotes": {PUBLIC: str(made.repository.folder)}})
        yield made


async def create(cloud: Lab, name: str = "web", **fields: Any) -> BuildTrigger:
    trigger = BuildTrigger(name=name, **fields)
    return await cloud.builds.create_build_trigger(project_id=PROJECT, trigger=trigger)


async def push(cloud: Lab, ref: str = "refs/heads/main", **fields: str) -> dict[str, Any]:
    """A push to the repository, told as its hook would."""
    content = {"repository": str(cloud.repository.folder), "ref": ref, **fields}
    return (await told(cloud, content)).json()


async def told(cloud: Lab, content: Any) -> httpx2.Response:
    address = f"http://{cloud.sandbox.http_address}/sandbox/push"
    return await cloud.http.post(address, json=content, headers={"authorization": "Bearer sandbox"})


async def test_a_trigger_builds_its_branch_with_the_commit_as_substitution(cloud: Lab) -> None:
    cloud.repository.commit({**app("one"), "ci/build.yaml": CONFIG})
    cloud.repository.tag("v1")
    head = cloud.repository.commit({"other.txt": ""})
    source = {"uri": str(cloud.repository.folder), "ref": "refs/heads/main"}
    made = await create(cloud, filename="ci/build.yaml", source_to_build=source)
    assert [t.id async for t in await cloud.builds.list_build_triggers(project_id=PROJECT)] == [made.id]
    build = await finished(cloud, await cloud.builds.run_build_trigger(project_id=PROJECT, trigger_id="web"))
    assert build.status == Status.SUCCESS
    assert build.build_trigger_id == made.id
    assert build.source_provenance.resolved_git_source.revision == head
    wanted = {"COMMIT_SHA": head, "REVISION_ID": head, "SHORT_SHA": head[:7], "BRANCH_NAME": "main"}
    assert wanted.items() <= dict(build.substitutions).items()
    assert build.results.images[0].name == f"{IMAGE}:{head}"
    tag = cloudbuild_v1.RepoSource(tag_name="v1")
    operation = await cloud.builds.run_build_trigger(project_id=PROJECT, trigger_id=made.id, source=tag)
    tagged = await finished(cloud, operation)
    assert tagged.substitutions["TAG_NAME"] == "v1"
    assert tagged.substitutions["COMMIT_SHA"] != head


async def test_a_disabled_trigger_does_not_run(cloud: Lab) -> None:
    await create(cloud, disabled=True, build=Build(steps=[step("true")]))
    with pytest.raises(exceptions.FailedPrecondition, match="disabled"):
        await cloud.builds.run_build_trigger(project_id=PROJECT, trigger_id="web")


async def test_a_trigger_is_changed_and_deleted_by_its_name(cloud: Lab) -> None:
    made = await create(cloud, filename="a.yaml", github=GITHUB)
    made.filename, made.disabled = "b.yaml", True
    await cloud.builds.update_build_trigger(project_id=PROJECT, trigger_id="web", trigger=made)
    kept = await cloud.builds.get_build_trigger(project_id=PROJECT, trigger_id="web")
    assert (kept.filename, kept.disabled, kept.id) == ("b.yaml", True, made.id)
    await cloud.builds.delete_build_trigger(project_id=PROJECT, trigger_id="web")
    with pytest.raises(exceptions.NotFound):
        await cloud.builds.get_build_trigger(project_id=PROJECT, trigger_id="web")


async def test_a_push_fires_the_triggers_that_watch_for_it_and_says_why_others_do_not(cloud: Lab) -> None:
    await create(cloud, "web", filename="cloudbuild.yaml", github=GITHUB, included_files=["main.py"])
    await create(cloud, "docs", filename="cloudbuild.yaml", github=GITHUB, included_files=["docs/**"])
    await create(cloud, "other", filename="cloudbuild.yaml", github={**GITHUB, "name": "other"})
    before = cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    after = cloud.repository.commit({"main.py": app("two")["main.py"]})
    fired = await push(cloud, before=before, after=after)
    (one,) = fired["builds"]
    assert (fired["commit"], one["trigger"]) == (after, "web")
    assert fired["skipped"] == [{"trigger": "docs", "why": "no changed file is included (docs/**)"}]
    build = await built(cloud, one["build"])
    assert build.source_provenance.resolved_git_source == cloudbuild_v1.GitSource(url=PUBLIC, revision=after)
    assert (build.substitutions["BRANCH_NAME"], build.substitutions["REPO_FULL_NAME"]) == ("main", "acme/shop")


async def test_what_a_push_changed_is_what_lies_between_its_ends(cloud: Lab) -> None:
    await create(cloud, filename="cloudbuild.yaml", github={**GITHUB, "push": {"branch": ".*"}}, included_files=["a"])
    first = cloud.repository.commit({"a": "1", "cloudbuild.yaml": CONFIG})
    second = cloud.repository.commit({"a": "2"})
    third = cloud.repository.commit({"b": "1"})
    assert (await push(cloud, before=second, after=third))["builds"] == []
    assert len((await push(cloud, before=first, after=third))["builds"]) == 1
    assert (await push(cloud))["builds"] == []  # its parent is the commit before
    new_branch = await push(cloud, "refs/heads/new", before="0" * 40, after=third)
    assert len(new_branch["builds"]) == 1  # every file of a new branch counts as changed
    gone = await push(cloud, before=third, after="0" * 40)
    assert gone["skipped"] == [{"trigger": "web", "why": "the ref was deleted"}]


async def test_a_push_is_built_at_its_commit_although_the_branch_moved_on(cloud: Lab) -> None:
    await create(cloud, filename="cloudbuild.yaml", github=GITHUB)
    before = cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    after = cloud.repository.commit({"x": "1"})
    cloud.repository.commit({"x": "2"})
    (one,) = (await push(cloud, before=before, after=after))["builds"]
    assert (await built(cloud, one["build"])).substitutions["COMMIT_SHA"] == after


async def test_a_message_that_skips_and_an_unreadable_configuration_make_no_build(cloud: Lab) -> None:
    await create(cloud, filename="cloudbuild.yaml", github=GITHUB)
    cloud.repository.commit({"cloudbuild.yaml": "steps: 5"}, "fix\n\n[skip ci]")
    assert (await push(cloud))["skipped"][0]["why"] == "the commit message skips it"
    cloud.repository.commit({"x": ""})
    assert "cloudbuild.yaml is no build" in (await push(cloud))["skipped"][0]["why"]


@pytest.mark.parametrize("content", [[], {}, {"repository": "x", "ref": "main"}, {"ref": "refs/heads/main"}, {"a": 1}])
async def test_a_push_that_says_too_little_is_refused(cloud: Lab, content: Any) -> None:
    answer = await told(cloud, content)
    assert answer.status_code == 400
    assert "A push is" in answer.json()["error"]["message"]
    nowhere = await told(cloud, {"repository": "/nowhere", "ref": "refs/heads/main"})
    assert "cannot be read" in nowhere.json()["error"]["message"]


async def test_a_deploying_step_changes_the_service_as_the_builder_and_labels_it(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    made = await create(cloud, filename="cloudbuild.yaml", github=GITHUB, substitutions={"_SERVICE_NAME": "web"})
    made.substitutions["_TRIGGER_ID"] = made.id
    await cloud.builds.update_build_trigger(project_id=PROJECT, trigger_id=made.id, trigger=made)
    head = cloud.repository.commit({**app("two"), "cloudbuild.yaml": CONFIG.replace("images:", f"{DEPLOY}images:")})
    (one,) = (await push(cloud))["builds"]
    failed = await built(cloud, one["build"])
    # The image is pushed at the end of a build, so the deploying step does not find it: a push must come before.
    assert failed.status == Status.FAILURE
    assert any("not found" in line for line in log_of(cloud, failed)), log_of(cloud, failed)
    pushing = f"- name: gcr.io/cloud-builders/docker\n  args: [push, '{IMAGE}:$COMMIT_SHA']\n{DEPLOY}"
    head = cloud.repository.commit({"cloudbuild.yaml": CONFIG.replace("images:", f"{pushing}images:")})
    (one,) = (await push(cloud))["builds"]
    build = await built(cloud, one["build"])
    assert build.status == Status.SUCCESS, log_of(cloud, build)
    assert (await cloud.http.get(service.uri)).text.startswith("two ")
    deployed = await cloud.service()
    assert dict(deployed.labels) == {
        "managed-by": "gcp-cloud-build-deploy-cloud-run",
        "commit-sha": head,
        "gcb-build-id": build.id,
        "gcb-trigger-id": made.id,
    }
    assert deployed.labels.items() <= dict(deployed.template.labels).items()
    assert deployed.last_modifier.endswith("-compute@developer.gserviceaccount.com")
    assert (deployed.creator, deployed.client) == ("you@example.com", "gcloud")
    assert 'Step #2 - "Deploy": Service URL: ' + deployed.uri in log_of(cloud, build)


async def test_a_trigger_that_asks_for_approval_waits_for_a_person(cloud: Lab) -> None:
    cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    await create(cloud, filename="cloudbuild.yaml", github=GITHUB, approval_config={"approval_required": True})
    (one,) = (await push(cloud))["builds"]
    waiting = await cloud.builds.get_build(request={"name": one["build"]})
    assert (waiting.status, waiting.approval.state.name) == (Status.PENDING, "PENDING")
    approved = {"name": one["build"], "approval_result": {"decision": "APPROVED", "comment": "fine"}}
    build = await finished(cloud, await cloud.builds.approve_build(approved))
    assert build.status == Status.SUCCESS
    assert (build.approval.state.name, build.approval.result.approver_account) == ("APPROVED", "you@example.com")
    with pytest.raises(exceptions.FailedPrecondition, match="waits for no approval"):
        await cloud.builds.approve_build(approved)


async def test_a_rejected_build_never_works(cloud: Lab) -> None:
    cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    await create(cloud, filename="cloudbuild.yaml", github=GITHUB, approval_config={"approval_required": True})
    (one,) = (await push(cloud))["builds"]
    await cloud.builds.approve_build({"name": one["build"], "approval_result": {"decision": "REJECTED"}})
    build = await built(cloud, one["build"])
    assert (build.status, build.approval.state.name) == (Status.CANCELLED, "REJECTED")
    assert log_of(cloud, build) == []


async def test_repositories_that_google_names_are_told_where_they_lie(cloud: Lab) -> None:
    resource = "projects/demo/locations/us-central1/connections/hub/repositories/shop"
    cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    event = {"repository": resource, "push": {"branch": "^main$"}}
    await create(cloud, filename="cloudbuild.yaml", repository_event_config=event)
    with pytest.raises(exceptions.FailedPrecondition, match="was not told where this repository lies"):
        await cloud.builds.run_build_trigger(project_id=PROJECT, trigger_id="web")
    state.merge(cloud.cloud, {"gitRemotes": {resource: str(cloud.repository.folder)}})
    (one,) = (await push(cloud))["builds"]
    build = await built(cloud, one["build"])
    assert build.status == Status.SUCCESS
    assert build.source_provenance.resolved_connected_repository.revision == build.substitutions["COMMIT_SHA"]
    csr = "https://source.developers.google.com/p/demo/r/shop"
    state.merge(cloud.cloud, {"gitRemotes": {csr: str(cloud.repository.folder)}})
    template = {"repo_name": "shop", "branch_name": "^main$"}
    await create(cloud, "csr", filename="cloudbuild.yaml", trigger_template=template)
    build = await finished(cloud, await cloud.builds.run_build_trigger(project_id=PROJECT, trigger_id="csr"))
    assert build.source_provenance.resolved_repo_source.commit_sha == build.substitutions["COMMIT_SHA"]
    assert state.dump(cloud.cloud)["gitRemotes"][csr] == str(cloud.repository.folder)


async def test_a_retried_build_has_the_commit_of_the_first(cloud: Lab) -> None:
    head = cloud.repository.commit({**app("one"), "cloudbuild.yaml": CONFIG.replace("build, ", "build, --nope, ")})
    await create(cloud, filename="cloudbuild.yaml", github=GITHUB)
    (one,) = (await push(cloud))["builds"]
    first = await built(cloud, one["build"])
    cloud.repository.commit({"x": ""})
    again = await finished(cloud, await cloud.builds.retry_build(project_id=PROJECT, id=first.id))
    assert first.status == again.status == Status.FAILURE
    assert first.id != again.id
    assert again.source_provenance.resolved_git_source.revision == head
    assert again.build_trigger_id == first.build_trigger_id
