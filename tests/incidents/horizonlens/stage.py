"""The team of HorizonLens: three workloads, each with its own way to be built, and a pipeline that is not signoff."""

from __future__ import annotations

import base64
import json
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.cloudrun import PLACE, PROJECT
from support.deployed import done, finish, until
from support.postgres import Cluster, Database
from support.terminal import at_a_terminal, piped
from support.world import World, a_world

from .packages import APPLICATION

ACCOUNT = f"app@{PROJECT}.iam.gserviceaccount.com"
NOT_A_SECRET = "not-a-secret-5e21"
BUILD_SECONDS = 240
BY_HAND = "CREATE UNIQUE INDEX reports_key ON reports (tenant, source);"
"""Made between the migrations; the migration that wants four columns finds the name taken."""


@dataclass(frozen=True)
class Stage:
    """`database`: production's; signoff asks it as a role without any right on a table."""

    world: World
    database: Database
    reader: str

    def sees(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """A command of signoff with --json: its exit code and its answer."""
        ended = piped(self.world, *arguments, "--json", **self.settings)
        assert ended.stdout, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    def yes(self, *arguments: str) -> tuple[int, str]:
        """A command of signoff at a terminal, where a person says yes."""
        return at_a_terminal(self.world, *arguments, typed="yes", **self.settings)

    @property
    def settings(self) -> dict[str, str]:
        return {"DATABASE_URL_PRODUCTION": self.database.dsn(self.reader)}

    def commit(self, folder: str) -> str:
        """Lay the files of a folder of the application over the clone, commit and push; the commit."""
        shutil.copytree(APPLICATION / folder, self.world.clone, dirs_exist_ok=True)
        for arguments in (("add", "--all"), ("commit", "--quiet", "--message", folder), ("push", "--quiet")):
            self.world.git(*arguments)
        return self.world.git("rev-parse", "HEAD")

    def begin_build(self, name: str) -> dict[str, Any]:
        """The pipeline builds what is pushed; the operation."""
        config = yaml.safe_load((self.world.clone / f"cloudbuild.{name}.yaml").read_text("utf-8"))
        source = {"gitSource": {"url": str(self.world.remote), "revision": self.world.git("rev-parse", "HEAD")}}
        answer = self.world.sandbox.request("POST", f"/v1/projects/{PROJECT}/builds", {"source": source, **config})
        return dict(done(answer))

    def built(self, operation: dict[str, Any]) -> str:
        """The image by digest, once the build is through."""
        finish(self.world.sandbox, "v1", operation, BUILD_SECONDS)
        image = operation["response"]["results"]["images"][0]
        return f"{image['name'].partition(':')[0]}@{image['digest']}"

    def created(self, name: str, image: str, *secrets: str) -> None:
        """A service that everybody may invoke, or the job extractor, with variables of its secrets."""
        container = {"image": image, "env": [variable(secret) for secret in secrets]}
        if name == "extractor":
            task = {"containers": [container], "maxRetries": 3, "serviceAccount": ACCOUNT, "timeout": "3600s"}
            path, content = f"jobs?jobId={name}", {"template": {"template": task}}
        else:
            path = f"services?serviceId={name}"
            template = {"containers": [container], "serviceAccount": ACCOUNT}
            content = {"template": template, "invokerIamDisabled": True}
        finish(self.world.sandbox, "v2", dict(done(self.world.sandbox.request("POST", f"/v2/{PLACE}/{path}", content))))

    def updated_job(self, image: str) -> None:
        """The template alone, as `gcloud run jobs update` does it: what runs goes on running."""
        sandbox, path = self.world.sandbox, f"/v2/{PLACE}/jobs/extractor"
        job = dict(done(sandbox.request("GET", path)))
        job["template"]["template"]["containers"][0]["image"] = image
        finish(sandbox, "v2", dict(done(sandbox.request("PATCH", path, job))))

    def runs_until_it_is_retried(self) -> str:
        """Start the job, which fails; its execution's name once its second attempt has begun."""
        operation = done(self.world.sandbox.request("POST", f"/v2/{PLACE}/jobs/extractor:run", {}))
        name = str(operation["metadata"]["name"])
        until(lambda: self.execution(name).get("retriedCount") == 1, BUILD_SECONDS)
        return name

    def execution(self, name: str) -> Mapping[str, Any]:
        return next(entry for entry in self.world.sandbox.state()["executions"] if entry["name"] == name)


def variable(secret: str) -> dict[str, Any]:
    """`auth-secret` becomes the variable AUTH_SECRET."""
    source = {"secretKeyRef": {"secret": secret, "version": "latest"}}
    return {"name": secret.upper().replace("-", "_"), "valueSource": source}


@contextmanager
def a_stage(folder: Path, cluster: Cluster, node_modules: Path) -> Iterator[Stage]:
    """Everything pushed and deployed, and the migrations applied; nothing changed yet."""
    project = folder / "project"
    shutil.copytree(APPLICATION / "shipped", project)
    # In place of `npm ci`: the same packages, without the network and without a copy of their hundreds of megabytes.
    packages = shlex.quote(str(node_modules))
    (project / "web" / "packages.sh").write_text(
        f"cp -al {packages} node_modules || cp -a {packages} node_modules\n", encoding="utf-8"
    )
    table, key = [path.read_text("utf-8") for path in sorted((project / "migrations").glob("*.sql"))]
    database, app = cluster.database(), cluster.role()
    for script in (table, BY_HAND, key):
        database.run(script)
    database.run(f"GRANT SELECT, INSERT, UPDATE ON reports TO {app}")
    with a_world(folder, project=project) as world:
        world.sandbox.plant(_secrets({"auth-secret": NOT_A_SECRET, "database-url": database.dsn(app)}))
        stage = Stage(world, database, cluster.role())
        begun = {name: stage.begin_build(name) for name in ("web", "analysis", "extractor")}
        images = {name: stage.built(operation) for name, operation in begun.items()}
        stage.created("web", images["web"], "auth-secret")
        stage.created("analysis", images["analysis"], "database-url")
        stage.created("extractor", images["extractor"], "database-url")
        yield stage


def _secrets(values: Mapping[str, str]) -> dict[str, Any]:
    """As the sandbox's state has them: one version each, which the workloads' account may read."""
    reads = {"bindings": [{"role": "roles/secretmanager.secretAccessor", "members": [f"serviceAccount:{ACCOUNT}"]}]}
    names = {name: f"projects/{PROJECT}/secrets/{name}" for name in values}
    return {
        "secrets": [{"name": full, "replication": {"automatic": {}}} for full in names.values()],
        "secretVersions": [{"name": f"{full}/versions/1", "state": "ENABLED"} for full in names.values()],
        "secretPayloads": [
            {"name": f"{names[name]}/versions/1", "payload": {"data": base64.b64encode(value.encode()).decode()}}
            for name, value in values.items()
        ],
        "iamPolicies": dict.fromkeys(names.values(), reads),
    }
