"""Each trouble is one row with its cure; what can not be told is unknown, never ok."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.boundary import Fault
from signoff.commands.doctor import doctor
from signoff.config import load
from signoff.model.finding import Advice, Command
from signoff.systems.google.permissions import DECLARED, READING, all_permissions
from support.doctored import STATE, TOML, looked, plain, row
from support.postgres import Cluster
from support.repositories import Clone, Remote
from support.sandbox import Sandbox, running_sandbox


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Remote(tmp_path).clone("work")
    made.commit({"signoff.toml": TOML})
    made.push()
    return made


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(STATE) as running:
        yield running


async def test_where_all_is_well_every_row_says_so(clone: Clone, sandbox: Sandbox) -> None:
    result = await looked(clone.path, sandbox)
    assert result.healthy, [plain(one.says) for one in result.rows if one.status != "ok"]
    assert result.sandbox
    names = [one.name for one in result.rows]
    assert names[:6] == ["git", "repository", "signoff.toml", "remote", "branch", "login"]
    assert {"Cloud Build", "Cloud Run in us-central1", "Cloud Run in us-east1", "service web", "job etl"} < set(names)
    assert {f"permissions for {link.value}" for link in READING} < set(names)
    assert plain(row(result, "service web").says) == "is in us-central1"


async def test_a_folder_without_repository_and_configuration(tmp_path: Path) -> None:
    result = await looked(tmp_path, None)
    assert [(one.name, one.status) for one in result.rows] == [("repository", "trouble"), ("signoff.toml", "trouble")]
    fix = row(result, "signoff.toml").fix
    assert isinstance(fix, Advice)
    assert "signoff init" in plain(fix.says)


async def test_a_missing_git_is_named(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("GIT_PYTHON_GIT_EXECUTABLE", str(tmp_path / "git"))
    result = await looked(clone.path, None, {("identity", "token"): "expired"})
    assert (row(result, "git").status, plain(row(result, "git").says)) == ("trouble", "the program git was not found")


async def test_every_mistake_of_the_configuration_is_a_row_with_its_place(clone: Clone) -> None:
    clone.write({"signoff.toml": TOML.replace("branch", "brunch").replace('"job"', '"jop"')})
    found = [one for one in (await looked(clone.path, None)).rows if one.name == "signoff.toml"]
    assert [(one.status, one.location.line if one.location else None) for one in found] == [
        ("trouble", 4), ("trouble", 9),
    ]  # fmt: skip


async def test_each_declared_database_is_asked_whether_it_answers(clone: Clone, postgres: Cluster) -> None:
    used = TOML.replace('kind = "service"', 'kind = "service"\nschema = { database = "main" }')
    clone.write({"signoff.toml": f'{used}[databases.main]\ndsn_env = "URL"\n'})
    unset = row(await looked(clone.path, None), "database main")
    assert unset.status == "trouble"
    assert "the environment variable URL is not set" in plain(unset.says)
    role = postgres.role()
    answers = row(await looked(clone.path, None, URL=postgres.database().dsn(role)), "database main")
    assert (answers.status, plain(answers.says)) == ("ok", f"PostgreSQL {postgres.major} answers to {role}")


REPLAYED = TOML.replace('kind = "service"', 'kind = "service"\nschema = { database = "main" }') + (
    '[databases.main]\ndsn_env = "URL"\nexpected = { migrations = "db", shadow_env = "SHADOW" }\n'
)


async def test_a_shadow_database_is_tried_where_the_expected_schema_is_replayed(
    clone: Clone, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.write({"signoff.toml": REPLAYED})
    unset = row(await looked(clone.path, None), "shadow of main")
    assert unset.status == "trouble"
    assert "the environment variable SHADOW is not set" in plain(unset.says)
    before = postgres.database().rows("SELECT count(*) FROM pg_database")
    named = row(await looked(clone.path, None, SHADOW=postgres.database().dsn()), "shadow of main")
    says = f"PostgreSQL {postgres.major} is there to replay the expected schema into"
    assert (named.status, plain(named.says)) == ("ok", says)
    assert postgres.database().rows("SELECT count(*) FROM pg_database") == [(before[0][0] + 2,)]
    clone.write({"signoff.toml": REPLAYED.replace(', shadow_env = "SHADOW"', "")})
    own = row(await looked(clone.path, None), "shadow of main")
    assert own.status == "ok"
    monkeypatch.setattr("signoff.systems.postgres.shadow.programs_here", tuple)
    none = row(await looked(clone.path, None), "shadow of main")
    assert none.status == "trouble"
    assert "install PostgreSQL, or signoff[shadow]" in plain(none.says)


@pytest.mark.parametrize("fault", ["denied", "timeout", "unreachable", "throttled", "malformed", "incomplete"])
async def test_a_shadow_that_does_not_answer_is_never_there(fault: Fault, clone: Clone) -> None:
    clone.write({"signoff.toml": REPLAYED})
    found = await looked(clone.path, None, {("postgres", "shadow"): fault}, SHADOW="postgresql://127.0.0.1:1/x")
    assert row(found, "shadow of main").status != "ok"


async def test_without_a_replay_no_shadow_is_tried(clone: Clone) -> None:
    clone.write({"signoff.toml": REPLAYED.replace('expected = { migrations = "db", shadow_env = "SHADOW" }\n', "")})
    assert not [one for one in (await looked(clone.path, None)).rows if one.name.startswith("shadow")]


async def test_a_placeholder_project_is_not_asked(clone: Clone, sandbox: Sandbox) -> None:
    clone.write({"signoff.toml": TOML.replace('"demo"', '"your-project-id"')})
    result = await looked(clone.path, sandbox)
    assert row(result, "project").status == "trouble"
    assert not any("Cloud" in one.name for one in result.rows)


async def test_an_input_that_could_not_be_followed_is_told(clone: Clone, sandbox: Sandbox) -> None:
    clone.write({"signoff.toml": TOML.replace('inputs = ["etl/**"]\n', "")})
    assert "the whole repository" in plain(row(await looked(clone.path, sandbox), "inputs of etl").says)


async def test_a_remote_that_is_not_configured(clone: Clone, sandbox: Sandbox) -> None:
    clone.git("remote", "rename", "origin", "upstream")
    found = row(await looked(clone.path, sandbox), "remote")
    assert found.status == "trouble"
    assert isinstance(found.fix, Advice)
    assert "upstream" in plain(found.fix.says)


async def test_a_remote_that_does_not_answer(clone: Clone, sandbox: Sandbox) -> None:
    clone.git("remote", "set-url", "origin", str(clone.path.parent / "gone.git"))
    found = row(await looked(clone.path, sandbox), "remote")
    assert found.status != "ok"
    assert found.fix == Command(("git", "ls-remote", "--heads", "origin"))


async def test_a_branch_that_the_remote_does_not_have(clone: Clone, sandbox: Sandbox) -> None:
    clone.write({"signoff.toml": TOML.replace('"main"', '"release"')})
    assert row(await looked(clone.path, sandbox), "branch").status == "trouble"


async def test_a_workload_that_is_not_there(clone: Clone, sandbox: Sandbox) -> None:
    clone.write({"signoff.toml": TOML.replace('kind = "job"', 'kind = "service"')})
    result = await looked(clone.path, sandbox)
    assert row(result, "service etl").status == "trouble"
    assert row(result, "service web").status == "ok"


async def test_where_a_region_did_not_answer_a_missing_workload_is_unknown(clone: Clone, sandbox: Sandbox) -> None:
    result = await looked(clone.path, sandbox, {("run", "services.list"): "timeout"})
    assert row(result, "Cloud Run in us-east1").status == "unknown"
    assert row(result, "service web").status == "unknown"


async def test_missing_permissions_name_the_role_and_what_may_lie_on_a_resource_is_unknown(clone: Clone) -> None:
    denied = ["logging.logEntries.list", "storage.objects.get", "run.services.update"]
    with running_sandbox({**STATE, "deniedPermissions": denied}) as limited:
        result = await looked(clone.path, limited)
    assert row(result, "permissions for built").status == "unknown"
    healthy = row(result, "permissions for healthy")
    assert healthy.status == "trouble"
    assert "logging.logEntries.list" in plain(healthy.says)
    assert isinstance(healthy.fix, Advice)
    assert "roles/logging.viewer" in plain(healthy.fix.says)
    assert row(result, "permissions to deploy").status == "trouble"
    assert row(result, "permissions for serving").status == "ok"


async def test_who_does_not_deploy_is_not_asked_for_permissions_to(clone: Clone, sandbox: Sandbox) -> None:
    clone.write({"signoff.toml": TOML.replace("inputs", 'deploy = "ci"\ninputs')})
    assert not any("permissions to" in one.name for one in (await looked(clone.path, sandbox)).rows)


DECLARING = """
schema = { database = "main" }
[[workloads.etl.data]]
name = "games"
bigquery = "{project}"
table = "games.played"
time = "at"
max_age_hours = 26
tracker = { firestore = "runs/{date}", complete = { status = "complete" } }
[[workloads.etl.data]]
name = "shared"
bigquery = "payer"
table = "lake.games.played"
time = "at"
max_age_hours = 26
[databases.main]
cloudsql = { instance = "demo:us-central1:main", database = "app", user = "reader", password_secret = "db-password" }
"""


async def test_what_the_configuration_declares_is_asked_for_the_permissions_of_it(clone: Clone) -> None:
    clone.write({"signoff.toml": TOML.rstrip() + DECLARING})
    denied = ["bigquery.jobs.create", "datastore.entities.get", "secretmanager.versions.access"]
    with running_sandbox({**STATE, "deniedPermissions": denied}) as limited:
        result = await looked(clone.path, limited)
        emulated = await looked(clone.path, limited, FIRESTORE_EMULATOR_HOST="127.0.0.1:1")
    found = {one.name: one for one in result.rows if one.name.startswith("permissions for ") and one.name[16].isupper()}
    assert {name: one.status for name, one in found.items()} == {
        "permissions for Secret Manager": "unknown",  # mostly granted on the one secret
        "permissions for Cloud SQL": "ok",
        "permissions for BigQuery": "trouble",
        "permissions for BigQuery in payer": "trouble",
        "permissions for BigQuery tables": "ok",
        "permissions for BigQuery tables in lake": "ok",
        "permissions for Firestore": "trouble",
    }
    payer = found["permissions for BigQuery in payer"]
    assert plain(payer.says) == "not granted on payer: bigquery.jobs.create"
    assert isinstance(payer.fix, Advice)
    assert plain(payer.fix.says) == "have roles/bigquery.jobUser granted on the project payer"
    assert not any(one.name == "permissions for Firestore" for one in emulated.rows)


async def test_a_project_that_does_not_say_what_is_granted_is_unknown(clone: Clone, sandbox: Sandbox) -> None:
    clone.write({"signoff.toml": TOML.rstrip() + DECLARING})
    result = await looked(clone.path, sandbox, {("iam", "projects.testIamPermissions"): "timeout"})
    assert row(result, "permissions for Firestore").status == "unknown"
    assert row(result, "permissions for BigQuery in payer").status == "unknown"


async def test_an_api_that_is_switched_off_has_the_command_that_switches_it_on(clone: Clone) -> None:
    with running_sandbox(STATE) as limited:
        message = "Cloud Build API has not been used in project demo before or it is disabled."
        limited.fault("google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", code="PERMISSION_DENIED", message=message)
        result = await looked(clone.path, limited)
    found = row(result, "Cloud Build")
    assert found.status == "trouble"
    assert found.fix == Command(("gcloud", "services", "enable", "cloudbuild.googleapis.com", "--project=demo"))


FAULTS: list[Fault] = ["denied", "timeout", "unreachable", "throttled", "malformed", "incomplete"]
GOOGLE = [
    ("iam", "projects.testIamPermissions"),
    ("build", "builds.list"),
    ("run", "services.list"),
    ("run", "jobs.list"),
    ("identity", "token"),
]
GIT = [("git", "version"), ("git", "layout"), ("git", "remotes"), ("git", "remote-url"), ("git", "ls-remote")]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", [*GOOGLE, *GIT])
async def test_no_fault_of_any_call_looks_healthy(
    call: tuple[str, str], fault: Fault, clone: Clone, sandbox: Sandbox
) -> None:
    assert not (await looked(clone.path, sandbox, {call: fault})).healthy


@pytest.mark.parametrize("call", GOOGLE)
async def test_an_expired_login_is_one_row_whichever_call_notices_it(
    call: tuple[str, str], clone: Clone, sandbox: Sandbox
) -> None:
    result = await looked(clone.path, sandbox, {call: "expired"})
    assert [(one.name, one.code) for one in result.rows if one.status != "ok"] == [("login", "identity/expired")]
    assert row(result, "branch").status == "ok"  # what needs no login is still told
    assert row(result, "login").fix == Command(("gcloud", "auth", "application-default", "login"))


def test_each_permission_has_googles_form() -> None:
    declared = [one for needs in DECLARED.values() for need in needs for one in need.permissions]
    assert all(len(permission.split(".")) == 3 for permission in [*all_permissions(), *declared])


async def test_the_sandbox_is_found_through_the_environment(
    clone: Clone, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNOFF_SANDBOX", sandbox.grpc)
    result = await doctor(clone.path)
    assert (result.sandbox, result.healthy) == (True, True)
    assert load(clone.path).target().project == "demo"
