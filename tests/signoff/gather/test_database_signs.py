"""What shows a database where signoff.toml does not say: files, upserts, and what Cloud Run has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from support.local_chain import codes, project_at, told
from support.repositories import Clone
from support.sandbox import Sandbox, running_sandbox
from support.schema import judged

SECRET = {"name": "URL", "valueSource": {"secretKeyRef": {"secret": "postgres-dsn", "version": "1"}}}
PLACE = "projects/acme-prod/locations/us-central1"


def service(container: dict[str, Any] | None = None, **template: Any) -> dict[str, Any]:
    image = {"image": "us-docker.pkg.dev/acme-prod/r/web"} | (container or {})
    return {"name": f"{PLACE}/services/web", "template": {"containers": [image], **template}}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    return project_at(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox({"services": [service()]}) as running:
        yield running


def looked(clone: Clone, sandbox: Sandbox, **planted: Any) -> LinkReport:
    sandbox.plant({"services": [service(**planted)]})
    return judged(clone, {}, None, sandbox=sandbox.grpc)


@pytest.mark.parametrize(
    ("planted", "says"),
    [
        ({"container": {"env": [{"name": "DATABASE_URL", "value": "x"}]}}, "has the variable «DATABASE_URL»"),
        ({"container": {"env": [SECRET]}}, "has the variable «URL»"),
        (
            {"volumes": [{"name": "cloudsql", "cloudSqlInstance": {"instances": ["acme-prod:us-central1:main"]}}]},
            "is connected to acme-prod:us-central1:main",
        ),
    ],
)
def test_what_cloud_run_has_shows_a_database(
    clone: Clone, sandbox: Sandbox, planted: dict[str, Any], says: str
) -> None:
    link = looked(clone, sandbox, **planted)
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/undeclared"}
    assert says in told(link.findings[0].message)


def test_without_any_sign_there_is_nothing_to_judge(clone: Clone, sandbox: Sandbox) -> None:
    others = [{"name": name, "value": "x"} for name in ("SENTRY_DSN", "REDIS_URL", "MONGO_DB_HOST", "PORT")]
    link = looked(clone, sandbox, container={"env": others})
    assert link.status is Status.SKIPPED
    assert "no migrations, no ON CONFLICT, no driver, no Cloud SQL connection" in told(link.reason)


def test_where_cloud_run_does_not_answer_nothing_is_skipped(clone: Clone, sandbox: Sandbox) -> None:
    sandbox.fault("google.cloud.run.v2.Services/ListServices", code="PERMISSION_DENIED")
    sandbox.fault("google.cloud.run.v2.Services/GetService", code="PERMISSION_DENIED")
    try:
        assert looked(clone, sandbox).status is Status.UNKNOWN
    finally:
        sandbox.clear_faults()


def test_files_of_the_workload_show_it_and_those_of_others_do_not(clone: Clone, sandbox: Sandbox) -> None:
    clone.commit({"job/migrations/001_first.sql": "CREATE TABLE a (id int);"})
    assert looked(clone, sandbox).status is Status.SKIPPED
    clone.commit({"web/migrations/001_first.sql": "CREATE TABLE a (id int);"})
    link = looked(clone, sandbox)
    assert link.status is Status.UNKNOWN
    assert link.findings[0].location is not None
    assert link.findings[0].location.path == "web/migrations/001_first.sql"


def test_a_driver_that_is_installed_shows_it(clone: Clone, sandbox: Sandbox) -> None:
    clone.commit({"web/requirements.txt": "flask\nasyncpg>=0.30\n"})
    link = looked(clone, sandbox)
    assert link.status is Status.UNKNOWN
    assert told(link.findings[0].message) == "asyncpg is installed"
    assert link.findings[0].location is not None
    assert (link.findings[0].location.path, link.findings[0].location.line) == ("web/requirements.txt", 2)
