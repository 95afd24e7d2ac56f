"""Builds: from exact commits and from uploads, with provenance, digests, failures and their words."""

from __future__ import annotations

import asyncio
import io
import tarfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.devtools.cloudbuild_v1 import Build

from signoff_sandbox import state
from support.builds import log_of, run, step
from support.cloudrun import IMAGE, PROJECT, Lab, app, lab

Status = Build.Status
Failure = Build.FailureInfo.FailureType


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def test_a_build_is_made_from_its_commit_while_the_remote_moves_on(cloud: Lab) -> None:
    first = cloud.repository.commit(app("one"))
    second = cloud.repository.commit(app("two"))
    builds = [await run(cloud, cloud.build_of(commit, f"{IMAGE}:{commit[:7]}")) for commit in (first, second, first)]
    assert [build.status for build in builds] == [Status.SUCCESS] * 3
    assert [b.source_provenance.resolved_git_source.revision for b in builds] == [first, second, first]
    digests = [build.results.images[0].digest for build in builds]
    assert digests[0] == digests[2] != digests[1]
    assert builds[0].results.images[0].name == f"{IMAGE}:{first[:7]}"
    assert builds[0].create_time <= builds[0].start_time <= builds[0].finish_time
    assert {"FETCHSOURCE", "BUILD", "PUSH"} == set(builds[0].timing)


async def test_a_branch_is_resolved_to_the_commit_it_has_now(cloud: Lab) -> None:
    cloud.repository.commit(app("one"))
    head = cloud.repository.commit(app("two"))
    build = await run(cloud, cloud.build_of("main"))
    assert build.source_provenance.resolved_git_source.revision == head
    assert build.source.git_source.revision == "main"


async def test_an_unknown_commit_fails_to_fetch(cloud: Lab) -> None:
    cloud.repository.commit(app("one"))
    build = await run(cloud, cloud.build_of("0" * 40))
    assert (build.status, build.failure_info.type_) == (Status.FAILURE, Failure.FETCH_SOURCE_FAILED)
    assert not build.results.images


async def test_the_users_git_configuration_takes_no_part(
    cloud: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = cloud.repository.commit(app("one"))
    (tmp_path / ".gitconfig").write_text('[url "file:///nowhere/"]\n\tinsteadOf = /\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert (await run(cloud, cloud.build_of(head))).status == Status.SUCCESS


async def test_pushing_moves_the_tag(cloud: Lab) -> None:
    one, two = await cloud.build(app("one")), await cloud.build(app("two"))
    tags = {image.uri: list(image.tags) for _, image in cloud.cloud.store.items("dockerImages")}
    assert tags == {f"{IMAGE}@{one}": [], f"{IMAGE}@{two}": ["latest"]}


async def test_a_missing_copy_source_fails_the_build(cloud: Lab) -> None:
    commit = cloud.repository.commit({"Dockerfile": "FROM scratch\nCOPY package.json /\n"})
    build = await run(cloud, cloud.build_of(commit))
    assert (build.status, build.failure_info.type_) == (Status.FAILURE, Failure.USER_BUILD_STEP)
    assert build.status_detail == (
        'build step 0 "gcr.io/cloud-builders/docker" failed: step exited with non-zero status: 1'
    )
    assert build.steps[0].exit_code == 1
    assert any("COPY failed: file not found" in line and "package.json" in line for line in log_of(cloud, build))
    assert not list(cloud.cloud.store.items("dockerImages"))


async def test_steps_are_processes_in_the_workspace_with_only_their_own_environment(
    cloud: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    commit = cloud.repository.commit({"sub/a.txt": "hello"})
    build = cloud.build_of(commit)
    build.images = []
    build.options.env = ["SHARED=yes"]
    build.steps = [
        step("cat a.txt; echo $$OWN $$SHARED [$$DATABASE_URL]; echo kept > b.txt", dir_="sub", env=["OWN=mine"]),
        {"name": "python:3.12", "script": "#!/usr/bin/env python3\nprint(open('sub/b.txt').read())"},
        {"name": "gcr.io/cloud-builders/docker", "args": ["--version"], "allow_failure": True},
    ]
    build = await run(cloud, build)
    assert build.status == Status.SUCCESS
    log = log_of(cloud, build)
    assert "Step #0: hellomine yes []" in log
    assert "Step #1: kept" in log
    assert [s.exit_code for s in build.steps] == [0, 0, 1]


async def test_a_failing_step_stops_the_build_with_its_exit_code(cloud: Lab) -> None:
    build = Build(steps=[step("exit 9", id="test"), step("echo never")])
    build = await run(cloud, build)
    assert (build.status, build.failure_info.type_) == (Status.FAILURE, Failure.USER_BUILD_STEP)
    assert [(s.status, s.exit_code) for s in build.steps] == [(Status.FAILURE, 9), (Status.QUEUED, 0)]
    assert "never" not in " ".join(log_of(cloud, build))


async def test_tools_with_logins_do_not_run_in_steps(cloud: Lab) -> None:
    build = await run(cloud, Build(steps=[step("terraform init || kubectl apply -f x")]))
    assert build.status == Status.FAILURE
    assert "kubectl is not modelled in steps of the sandbox" in log_of(cloud, build)


async def test_an_image_that_no_step_built_is_not_found(cloud: Lab) -> None:
    build = await run(cloud, Build(steps=[step("true")], images=[f"{IMAGE}:x"]))
    assert (build.status, build.failure_info.type_) == (Status.FAILURE, Failure.PUSH_IMAGE_NOT_FOUND)


async def test_a_build_that_takes_too_long_times_out(cloud: Lab) -> None:
    build = await run(cloud, Build(steps=[step("sleep 60")], timeout={"nanos": 200_000_000}))
    assert build.status == Status.TIMEOUT


async def test_a_running_build_can_be_cancelled(cloud: Lab) -> None:
    operation = await cloud.builds.create_build(project_id=PROJECT, build=Build(steps=[step("sleep 60")]))
    name = operation.metadata.build.name
    await cloud.until(lambda: cloud.cloud.store.get("builds", name).status == Status.WORKING)
    cancelled = await cloud.builds.cancel_build(project_id=PROJECT, id=operation.metadata.build.id)
    assert cancelled.status == Status.CANCELLED
    with pytest.raises(exceptions.FailedPrecondition, match="CANCELLED"):
        await cloud.builds.cancel_build(project_id=PROJECT, id=operation.metadata.build.id)
    with pytest.raises(exceptions.GoogleAPICallError):
        await cloud.finish(operation)


async def test_substitutions_are_replaced_and_commit_is_empty_without_a_trigger(cloud: Lab) -> None:
    build = Build(
        steps=[step("echo $_NAME ${PROJECT_ID} [$COMMIT_SHA] $$HOME ${BUILD_ID}")], substitutions={"_NAME": "ada"}
    )
    build = await run(cloud, build)
    assert list(build.steps[0].args)[1] == f"echo ada demo [] $HOME {build.id}"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (Build(steps=[step("echo $NONSENSE")]), '"NONSENSE" is not a valid built-in substitution'),
        (Build(steps=[step("echo $_MISSING")]), '"_MISSING" is not matched in the substitution data'),
        (Build(steps=[step("true")], substitutions={"_UNUSED": "x"}), '"_UNUSED" in the substitution data'),
        (Build(steps=[step("true")], substitutions={"NAME": "x"}), "must begin with an underscore"),
        (Build(steps=[step("true")], images=[f"{IMAGE}:$COMMIT_SHA"]), f'invalid image name "{IMAGE}:"'),
        (Build(), "no build steps"),
    ],
)
async def test_a_build_that_makes_no_sense_is_refused(cloud: Lab, build: Build, message: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="generic::invalid_argument") as refused:
        await cloud.builds.create_build(project_id=PROJECT, build=build)
    assert message in refused.value.message


async def test_loose_substitutions_are_empty(cloud: Lab) -> None:
    build = Build(steps=[step("echo [$_MISSING]")], options={"substitution_option": "ALLOW_LOOSE"})
    assert (await run(cloud, build)).steps[0].args[1] == "echo []"


async def test_builds_are_listed_newest_first_and_filtered(cloud: Lab) -> None:
    good = await run(cloud, Build(steps=[step("true")], tags=["nightly", "a"]))
    bad = await run(cloud, Build(steps=[step("false")], tags=["nightly"]))

    async def listed(text: str) -> list[str]:
        found = await cloud.builds.list_builds(project_id=PROJECT, filter=text)
        return [build.id async for build in found]

    assert await listed("") == [bad.id, good.id]
    assert await listed('status="SUCCESS"') == [good.id]
    assert await listed("status=FAILURE OR status=SUCCESS") == [bad.id, good.id]
    assert await listed('tags="nightly" AND NOT tags="a"') == [bad.id]
    assert await listed(f'create_time>"{good.create_time.rfc3339()}"') == [bad.id]
    assert await listed(f'build_id="{good.id}"') == [good.id]
    with pytest.raises(exceptions.InvalidArgument, match="Unparseable filter"):
        await listed("status=")


async def test_the_log_is_a_file_in_the_logs_bucket_and_entries_unless_asked_otherwise(cloud: Lab) -> None:
    build = await run(cloud, Build(steps=[step("echo hello")], logs_bucket="gs://my-logs/deep"))
    path = cloud.cloud.machine.folder / "storage" / "my-logs" / f"deep%2Flog-{build.id}.txt"
    assert path.read_text().splitlines() == [f'starting build "{build.id}"', "BUILD", "hello", "DONE"]
    assert "hello" in log_of(cloud, build)
    two = await run(cloud, Build(steps=[step("echo hello", id="greet"), step("true")]))
    lines = log_of(cloud, two)
    assert lines.index('Starting Step #0 - "greet"') < lines.index('Step #0 - "greet": hello')
    quiet = await run(cloud, Build(steps=[step("echo hello")], options={"logging": "CLOUD_LOGGING_ONLY"}))
    assert not list((cloud.cloud.machine.folder / "storage").rglob(f"*{quiet.id}*"))


def tar(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


@pytest.mark.parametrize("pack", [tar, zipped])
async def test_an_uploaded_source_is_built_with_its_generation_and_no_commit(cloud: Lab, pack: Any) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    class Token(AnonymousCredentials):
        def apply(self, headers: dict[str, str], token: str | None = None) -> None:
            headers["authorization"] = "Bearer sandbox"

        before_request = lambda self, request, method, url, headers: self.apply(headers)  # noqa: E731

    content = pack(app("up"))

    def upload() -> int:
        client = storage.Client(
            project=PROJECT,
            credentials=Token(),
            client_options={"api_endpoint": f"http://{cloud.sandbox.http_address}"},
        )
        bucket = client.create_bucket("demo_cloudbuild")
        blob = bucket.blob("source/a.tgz")
        blob.upload_from_string(content, content_type="application/gzip")
        large = bucket.blob("large", chunk_size=256 * 1024)
        large.upload_from_file(io.BytesIO(b"\r\n--x" * 200_000))
        assert large.download_as_bytes() == b"\r\n--x" * 200_000
        assert blob.download_as_bytes() == content
        assert client.get_bucket("demo_cloudbuild").get_blob("source/a.tgz").generation == blob.generation
        assert [b.name for b in client.list_blobs("demo_cloudbuild", prefix="source/")] == ["source/a.tgz"]
        client.close()
        return int(blob.generation)

    generation = await asyncio.to_thread(upload)
    build = cloud.build_of("ignored")
    build.source = {"storage_source": {"bucket": "demo_cloudbuild", "object_": "source/a.tgz"}}
    build = await run(cloud, build)
    assert build.status == Status.SUCCESS
    resolved = build.source_provenance.resolved_storage_source
    assert (resolved.bucket, resolved.object_, resolved.generation) == ("demo_cloudbuild", "source/a.tgz", generation)
    assert list(build.source_provenance.file_hashes) == [f"gs://demo_cloudbuild/source/a.tgz#{generation}"]
    assert "COMMIT_SHA" not in build.substitutions
    service = await cloud.create(f"{IMAGE}:latest")
    assert (await cloud.http.get(service.uri)).text.startswith("up ")


async def test_values_may_refer_to_others_where_that_is_asked_for(cloud: Lab) -> None:
    given = {"_HOST": "pkg.dev", "_IMAGE": "${_HOST}/$PROJECT_ID", "_LOOP": "$_LOOP"}
    asked = Build(steps=[step("echo $_IMAGE")], substitutions={key: given[key] for key in ("_HOST", "_IMAGE")})
    asked.options.dynamic_substitutions = True
    assert (await run(cloud, asked)).steps[0].args[1] == "echo pkg.dev/demo"
    asked.substitutions = {"_LOOP": given["_LOOP"]}
    asked.steps[0].args = ["-c", "echo $_LOOP"]
    with pytest.raises(exceptions.InvalidArgument, match="refers to itself"):
        await run(cloud, asked)


async def test_secrets_reach_the_steps_that_name_them_if_the_builder_may_read_them(cloud: Lab) -> None:
    secret = "projects/demo/secrets/token"
    planted = {
        "secrets": [{"name": secret, "replication": {"automatic": {}}}],
        "secretVersions": [{"name": f"{secret}/versions/1", "state": "ENABLED"}],
        "secretPayloads": [{"name": f"{secret}/versions/1", "payload": {"data": "aHVzaA=="}}],
    }
    state.merge(cloud.cloud, planted)
    steps = [step("echo [$$TOKEN]", secret_env=["TOKEN"]), step("echo none [$$TOKEN]")]
    asked = Build(steps=steps, available_secrets={"secret_manager": [{"version_name": f"{secret}/versions/latest"}]})
    asked.available_secrets.secret_manager[0].env = "TOKEN"
    refused = await run(cloud, asked)
    assert refused.status == Status.FAILURE
    assert "failed to access secret version" in refused.status_detail
    assert "secretmanager.versions.access" in refused.status_detail
    account = refused.service_account.rpartition("/")[2]
    reader = {"role": "roles/secretmanager.secretAccessor", "members": [f"serviceAccount:{account}"]}
    state.merge(cloud.cloud, {"iamPolicies": {secret: {"bindings": [reader]}}})
    build = await run(cloud, asked)
    assert build.status == Status.SUCCESS, log_of(cloud, build)
    assert {"Step #0: [hush]", "Step #1: none []"} <= set(log_of(cloud, build))
    asked.steps[1].secret_env = ["OTHER"]
    assert "secretEnv 'OTHER' is defined by none" in (await run(cloud, asked)).status_detail


async def test_artifacts_that_are_no_images_fail_the_build_rather_than_vanish(cloud: Lab) -> None:
    objects = {"location": "gs://out/", "paths": ["*"]}
    build = await run(cloud, Build(steps=[step("true")], artifacts={"objects": objects}))
    assert (build.status, build.status_detail) == (Status.FAILURE, "artifacts.objects is not modelled by the sandbox")


async def test_ids_are_not_given_twice_after_a_restart(cloud: Lab, tmp_path: Path) -> None:
    first = await run(cloud, Build(steps=[step("true")]))
    saved = state.dump(cloud.cloud)
    async with lab(tmp_path / "again") as again:
        state.merge(again.cloud, {"builds": saved["builds"]})
        second = await run(again, Build(steps=[step("true")]))
        assert first.id != second.id
        assert len(list(again.cloud.store.items("builds"))) == 2
