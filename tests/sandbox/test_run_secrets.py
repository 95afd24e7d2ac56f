"""Secrets in Cloud Run: checked when a revision is made, read when an instance starts, by a service account."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2, secretmanager_v1
from google.cloud.secretmanager_v1.types import Secret
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox.world.identities import default_service_account
from signoff_sandbox.world.projects import number_of
from support.cloudrun import IMAGE, PLACE, Lab, lab

NUMBER = f"projects/{number_of('demo')}"
DEFAULT = default_service_account("demo")
SHOWS = """\
import http.server, os, pathlib
FILE = pathlib.Path("secrets/db")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.environ.get('DB')} {FILE.read_text() if FILE.exists() else None}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
DOCKERFILE = 'FROM python:3.12\nCOPY . .\nCMD ["python", "main.py"]\n'


class SecretLab:
    """A lab with Secret Manager's client and a built image that shows its secrets."""

    def __init__(self, made: Lab) -> None:
        self.lab = made
        self.client = made._client(secretmanager_v1.SecretManagerServiceAsyncClient)

    async def secret(self, *values: str, name: str = "db", to: str = DEFAULT) -> None:
        await self.client.create_secret(
            parent="projects/demo", secret_id=name, secret=Secret(replication={"automatic": {}})
        )
        for value in values:
            await self.add(value, name)
        self.grant(name, to)

    async def add(self, value: str, name: str = "db") -> None:
        await self.client.add_secret_version(parent=f"projects/demo/secrets/{name}", payload={"data": value.encode()})

    def grant(self, name: str, to: str) -> None:
        binding = Binding(role="roles/secretmanager.secretAccessor", members=[f"serviceAccount:{to}"])
        self.lab.cloud.iam_policies[f"projects/demo/secrets/{name}"] = Policy(bindings=[binding])

    async def deploy(self, version: str = "latest", **template: Any) -> run_v2.Service:
        container = {"image": f"{IMAGE}:latest", "env": [variable("DB", "db", version)]}
        return await self.lab.create("", template={"containers": [container], **template})

    async def shown(self) -> str:
        return (await self.lab.http.get((await self.lab.service()).uri)).text


def variable(name: str, secret: str, version: str) -> dict[str, Any]:
    return {"name": name, "value_source": {"secret_key_ref": {"secret": secret, "version": version}}}


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[SecretLab]:
    async with lab(tmp_path) as made:
        await made.build({"Dockerfile": DOCKERFILE, "main.py": SHOWS})
        yield SecretLab(made)


async def test_latest_is_resolved_when_an_instance_starts_and_a_number_stays(cloud: SecretLab) -> None:
    await cloud.secret("one")
    service = await cloud.deploy()
    assert await cloud.shown() == "one None"
    await cloud.add("two")
    assert await cloud.shown() == "one None", "the instance that runs keeps what it was started with"
    cloud.lab.cloud.machine.drain(service.latest_ready_revision)
    assert await cloud.shown() == "two None"
    service.template.containers[0].env[0].value_source.secret_key_ref.version = "1"
    await cloud.lab.update(service)
    assert await cloud.shown() == "one None"


async def test_every_secret_that_is_missing_fails_the_revision_with_googles_reason(cloud: SecretLab) -> None:
    env = [{"name": "A", "value": "b"}, variable("DB", "db", "latest"), variable("KEY", "key", "3")]
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        await cloud.lab.create("", template={"containers": [{"image": f"{IMAGE}:latest", "env": env}]})
    revision = (await cloud.lab.service()).latest_created_revision.rpartition("/")[2]
    where = "spec.template.spec.containers[0].env[{}].value_from.secret_key_ref.name"
    assert refused.value.message == (
        f"Revision '{revision}' is not ready and cannot serve traffic. "
        f"{where.format(1)}: Secret {NUMBER}/secrets/db/versions/latest was not found\n"
        f"{where.format(2)}: Secret {NUMBER}/secrets/key/versions/3 was not found"
    )
    service = await cloud.lab.service()
    assert service.terminal_condition.reason == run_v2.Condition.CommonReason.SECRETS_ACCESS_CHECK_FAILED


async def test_a_disabled_version_fails_the_next_revision_and_the_old_one_serves(cloud: SecretLab) -> None:
    await cloud.secret("one")
    service = await cloud.deploy("1")
    await cloud.client.disable_secret_version(name="projects/demo/secrets/db/versions/1")
    service.template.containers[0].env.append(run_v2.EnvVar(name="X", value="y"))
    with pytest.raises(exceptions.GoogleAPICallError, match=r"/versions/1\] is in DISABLED state"):
        await cloud.lab.update(service)
    assert await cloud.shown() == "one None"


async def test_the_service_account_needs_access_to_the_secret(cloud: SecretLab) -> None:
    app = "app@demo.iam.gserviceaccount.com"
    await cloud.secret("one")
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        await cloud.deploy(service_account=app)
    assert (
        f"Permission denied on secret: {NUMBER}/secrets/db/versions/latest for Revision service account {app}. "
        "The service account used must be granted the 'Secret Manager Secret Accessor' role "
        "(roles/secretmanager.secretAccessor) at the secret, project or higher level."
    ) in refused.value.message
    cloud.grant("db", app)
    service = await cloud.lab.service()
    service.template.service_account = app
    service.template.labels["again"] = "yes"
    await cloud.lab.update(service)
    assert await cloud.shown() == "one None"


async def test_an_instance_that_cannot_read_its_secret_does_not_start(cloud: SecretLab) -> None:
    await cloud.secret("hunter2")
    service = await cloud.deploy("1")
    await cloud.client.destroy_secret_version(name="projects/demo/secrets/db/versions/1")
    cloud.lab.cloud.machine.drain(service.latest_ready_revision)
    assert (await cloud.lab.http.get(service.uri)).status_code == 500
    said = [entry.text_payload for entry in cloud.lab.entries("varlog%2Fsystem")]
    assert any("is in DESTROYED state" in text for text in said)
    assert "hunter2" not in "".join(map(str, cloud.lab.cloud.logbook.everything()))


async def test_a_mounted_secret_is_a_file_and_a_missing_one_fails_the_revision(cloud: SecretLab) -> None:
    await cloud.secret("one", "two")
    volumes = [{"name": "s", "secret": {"secret": "db", "items": [{"path": "db", "version": "1"}]}}]
    container = {"image": f"{IMAGE}:latest", "volume_mounts": [{"name": "s", "mount_path": "/secrets"}]}
    service = await cloud.lab.create("", template={"containers": [container], "volumes": volumes})
    assert await cloud.shown() == "None one"
    service.template.volumes[0].secret.items[0].version = "7"
    field = r"spec\.template\.spec\.volumes\[0\]\.secret\.items\[0\]\.key"
    with pytest.raises(exceptions.GoogleAPICallError, match=rf"{field}: Secret .*/secrets/db/versions/7 was not found"):
        await cloud.lab.update(service)


async def test_a_mounted_secret_always_holds_what_the_secret_holds(cloud: SecretLab) -> None:
    await cloud.secret("one")
    volumes = [{"name": "s", "secret": {"secret": "db"}}]
    container = {"image": f"{IMAGE}:latest", "volume_mounts": [{"name": "s", "mount_path": "/secrets"}]}
    await cloud.lab.create("", template={"containers": [container], "volumes": volumes})
    assert await cloud.shown() == "None one"
    await cloud.add("two")
    assert await cloud.shown() == "None two"
    await cloud.client.disable_secret_version(name="projects/demo/secrets/db/versions/2")
    assert await cloud.shown() == "None None"
    await cloud.client.enable_secret_version(name="projects/demo/secrets/db/versions/2")
    assert await cloud.shown() == "None two"
    ((file, _),) = cloud.lab.cloud.machine.mounts
    assert file.target is not None
    shutil.rmtree(file.target.parent)  # as the folder of an instance goes when that ends
    await cloud.add("three")
    await cloud.lab.create("", "other", template={"containers": [container], "volumes": volumes})
    assert [known.content for known, _ in cloud.lab.cloud.machine.mounts] == [b"three"], "what is gone is forgotten"


async def test_a_volume_without_items_is_the_secrets_own_name_and_latest(cloud: SecretLab) -> None:
    await cloud.secret("one", "two")
    volumes = [{"name": "s", "secret": {"secret": "db"}}]
    container = {"image": f"{IMAGE}:latest", "volume_mounts": [{"name": "s", "mount_path": "/secrets"}]}
    await cloud.lab.create("", template={"containers": [container], "volumes": volumes})
    assert await cloud.shown() == "None two"


async def test_a_value_that_is_no_text_cannot_be_a_variable(cloud: SecretLab) -> None:
    await cloud.secret("a\0b")
    with pytest.raises(exceptions.GoogleAPICallError, match="failed to start"):
        await cloud.deploy()


async def test_a_job_reads_its_secrets_too(cloud: SecretLab) -> None:
    await cloud.lab.build({"Dockerfile": DOCKERFILE, "main.py": "import os\nprint('holds', len(os.environ['DB']))"})
    container = {"image": f"{IMAGE}:latest", "env": [variable("DB", "db", "latest")]}
    job = run_v2.Job(template={"template": {"containers": [container], "max_retries": 0}})
    with pytest.raises(exceptions.GoogleAPICallError, match=r"/secrets/db/versions/latest was not found"):
        await cloud.lab.finish(await cloud.lab.jobs.create_job(parent=PLACE, job=job, job_id="j"))
    await cloud.secret("one")
    await cloud.lab.finish(await cloud.lab.jobs.create_job(parent=PLACE, job=job, job_id="k"))
    await cloud.lab.finish(await cloud.lab.jobs.run_job(name=f"{PLACE}/jobs/k"))
    assert [entry.text_payload for entry in cloud.lab.entries("stdout", job_name="k")] == ["holds 3"]
