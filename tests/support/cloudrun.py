"""Helpers for tests that build and deploy: a sandbox in the test's own loop, Google's clients, repositories, apps."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx2
from google.cloud import run_v2
from google.cloud.devtools import cloudbuild_v1
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox.runtime.pace import Pace
from signoff_sandbox.server import RunningSandbox, serve
from signoff_sandbox.settings import Settings
from signoff_sandbox.world import run_instances
from signoff_sandbox.world.cloud import Cloud
from support.pace import until

PROJECT = "demo"
PLACE = f"projects/{PROJECT}/locations/us-central1"
IMAGE = f"us-central1-docker.pkg.dev/{PROJECT}/apps/web"

DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n'
APP = """\
import http.server, os, sys
VERSION = {version!r}
class Handler(http.server.BaseHTTPRequestHandler):
    wbufsize = -1
    def do_GET(self):
        body = f"{{VERSION}} {{os.environ['K_REVISION']}} {{self.path}}".encode()
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))[::-1]
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class _Token(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, token: str) -> None:
        self._header = ("authorization", f"Bearer {token}")

    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        metadata = [*(details.metadata or ()), self._header]
        return await continuation(details._replace(metadata=metadata), request)


class Repository:
    """A real git repository with one branch, `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch=main")

    def commit(self, files: dict[str, str], message: str = "change") -> str:
        """Write files, commit everything, and answer the commit id."""
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        self._git("add", "--all")
        self._git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", message)
        return self._git("rev-parse", "HEAD").strip()

    def tag(self, name: str) -> None:
        self._git("tag", name)

    def _git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True, encoding="utf-8"
        ).stdout


def app(version: str) -> dict[str, str]:
    """The files of a small web application that answers `VERSION REVISION PATH`."""
    return {"Dockerfile": DOCKERFILE, "main.py": APP.format(version=version)}


class Lab:
    """A running sandbox with the clients of Cloud Run and Cloud Build."""

    def __init__(self, sandbox: RunningSandbox, channel: grpc.aio.Channel, folder: Path) -> None:
        self.sandbox = sandbox
        self.cloud: Cloud = sandbox.cloud
        self._channel = channel
        self.services = self._client(run_v2.ServicesAsyncClient)
        self.revisions = self._client(run_v2.RevisionsAsyncClient)
        self.jobs = self._client(run_v2.JobsAsyncClient)
        self.executions = self._client(run_v2.ExecutionsAsyncClient)
        self.tasks = self._client(run_v2.TasksAsyncClient)
        self.worker_pools = self._client(run_v2.WorkerPoolsAsyncClient)
        self.builds = self._client(cloudbuild_v1.CloudBuildAsyncClient)
        self.repository = Repository(folder / "repository")
        self.http = httpx2.AsyncClient(trust_env=False, timeout=20)

    def _client(self, kind: Any) -> Any:
        return kind(transport=kind.get_transport_class("grpc_asyncio")(channel=self._channel))

    def build_of(self, revision: str, image: str = f"{IMAGE}:latest", **extra: Any) -> cloudbuild_v1.Build:
        """The description of a docker build of this repository at a revision."""
        step = {"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, "."]}
        source = {"git_source": {"url": str(self.repository.folder), "revision": revision}}
        return cloudbuild_v1.Build({"source": source, "steps": [step], "images": [image], **extra})

    async def build(self, files: dict[str, str], image: str = f"{IMAGE}:latest") -> str:
        """Commit files and build them; the digest of the image."""
        commit = self.repository.commit(files)
        operation = await self.builds.create_build(project_id=PROJECT, build=self.build_of(commit, image))
        build = await self.finish(operation)
        return str(build.results.images[0].digest)

    async def create(self, image: str, name: str = "web", *, public: bool = True, **fields: Any) -> run_v2.Service:
        """Create a service and wait for it; everybody may invoke it unless `public` is false."""
        service = run_v2.Service({"template": {"containers": [{"image": image}]}, **fields})
        if public:
            self.open(name)
        operation = await self.services.create_service(parent=PLACE, service=service, service_id=name)
        return await self.finish(operation)

    async def update(self, service: run_v2.Service, paths: list[str] | None = None) -> run_v2.Service:
        request = run_v2.UpdateServiceRequest(service=service, update_mask={"paths": paths} if paths else None)
        return await self.finish(await self.services.update_service(request))

    async def finish(self, operation: Any) -> Any:
        """The operation's result, without the second that the clients wait before they look again."""
        name = operation.operation.name
        await self.until(lambda: self.cloud.store.get("operations", name).done)
        return await operation.result(timeout=20)

    def open(self, name: str) -> None:
        """Let allUsers invoke a service."""
        self.cloud.iam_policies[f"{PLACE}/services/{name}"] = Policy(
            bindings=[Binding(role="roles/run.invoker", members=["allUsers"])]
        )

    async def service(self, name: str = "web") -> run_v2.Service:
        return await self.services.get_service(name=f"{PLACE}/services/{name}")

    def running(self, revision: str) -> int:
        """How many instances of a revision (full name) take requests."""
        return run_instances.running(self.cloud, revision)

    def entries(self, log: str, **labels: str) -> list[Any]:
        """Log entries of run.googleapis.com/LOG whose resource has these labels."""
        return [
            entry
            for entry in self.cloud.logbook.everything()
            if entry.log_name.endswith(f"/run.googleapis.com%2F{log}")
            and all(entry.resource.labels[key] == value for key, value in labels.items())
        ]

    async def until_logged(self, log: str, text: str) -> None:
        """Wait for an entry of run.googleapis.com/LOG that has this text."""
        await self.until_true(lambda: any(text in entry.text_payload for entry in self.entries(log)))

    async def until_true(self, holds: Callable[[], bool]) -> None:
        """Wait for what only processes bring about; fails after 20 seconds."""
        await until(holds)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that is written into store or log; fails after 20 seconds."""
        assert await self.cloud.store.wait_until(holds, 20), "it did not come to hold"


@asynccontextmanager
async def lab(folder: Path, pace: Pace | None = None, **settings: Any) -> AsyncIterator[Lab]:
    """A sandbox that reconciles at once, with its data in `folder`; `pace` moves its time."""
    chosen = Settings(**{"reconcile_seconds": 0, "instance_grace_seconds": 0.2, "data": folder / "data", **settings})
    sandbox = await serve(chosen, pace)
    try:
        async with grpc.aio.insecure_channel(
            sandbox.grpc_address, interceptors=[_Token(sandbox.cloud.settings.token)]
        ) as channel:
            made = Lab(sandbox, channel, folder)
            try:
                yield made
            finally:
                await made.http.aclose()
    finally:
        await sandbox.close()
