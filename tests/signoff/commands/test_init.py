"""A first signoff.toml from real layouts: it loads, names what was found, and says where each value came from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from signoff.boundary import Boundary
from signoff.commands.init import InitResult, init
from signoff.config import Config, load, parse
from signoff.drafting.candidates import LiveProject
from signoff.drafting.draft import GitFacts, draft
from signoff.drafting.files import read_files
from signoff.model.errors import SignoffError
from signoff.model.subject import BuildCommand, CloudBuildConfig, ExistingImage, Workload
from signoff.systems import Systems
from signoff.systems.git.inputs import Inputs
from support.repositories import Remote
from support.sandbox import running_sandbox

DOCKER_STEP = (
    "steps:\n- name: gcr.io/cloud-builders/docker\n  args: [build, -t, {tag}, -f, {file}, .]\nimages: [{tag}]\n"
)


def lay(folder: Path, files: dict[str, str]) -> Path:
    (folder / ".git").mkdir(exist_ok=True)
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    return folder


async def made(folder: Path, files: dict[str, str]) -> tuple[InitResult, Config, dict[str, Workload]]:
    result = await init(lay(folder, files))
    config = load(folder)
    return result, config, {one.name: one for one in config.workloads_for(config.target())}


def line(text: str, start: str) -> str:
    return next(found for found in text.splitlines() if found.startswith(start))


async def test_a_monorepo_with_a_configuration_for_each_image(tmp_path: Path) -> None:
    files = {
        "web/Dockerfile": "FROM x\nCOPY shared web /app/\n",
        "extractor/Dockerfile": "FROM x\nCOPY extractor .\n",
        "cloudbuild.web.yaml": DOCKER_STEP.format(tag="gcr.io/$PROJECT_ID/web", file="web/Dockerfile"),
        "cloudbuild.extractor.yaml": DOCKER_STEP.format(tag="gcr.io/$PROJECT_ID/ex", file="extractor/Dockerfile"),
        "scripts/deploy.sh": """\
PROJECT=acme-prod
REGION="europe-west1"
gcloud builds submit --config=cloudbuild.web.yaml .
gcloud run deploy web --image gcr.io/$PROJECT/web --region $REGION --project $PROJECT
gcloud run jobs deploy extractor --image gcr.io/$PROJECT/ex --region $REGION --project $PROJECT
""",
    }
    result, config, workloads = await made(tmp_path, files)
    assert result.written
    assert (config.target().project, config.target().regions) == ("acme-prod", ("europe-west1",))
    assert line(result.text, "project").endswith("# scripts/deploy.sh:5")
    web, extractor = workloads["web"], workloads["extractor"]
    assert (web.kind, extractor.kind) == ("service", "job")
    assert (web.build, extractor.build) == (
        CloudBuildConfig("cloudbuild.web.yaml", "upload"),
        CloudBuildConfig("cloudbuild.extractor.yaml"),
    )
    assert [path for path in (b"web/a", b"shared/b", b"extractor/c") if Inputs(web.inputs).matches(path)] == [
        b"web/a",
        b"shared/b",
    ]


async def test_a_single_service_that_is_uploaded_with_its_dockerfile(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM x\nCOPY . .\n",
        "Makefile": "deploy:\n\tgcloud run deploy api --source . --region us-east1\n",
    }
    result, config, workloads = await made(tmp_path, files)
    api = workloads["api"]
    assert api.build == BuildCommand(
        ("gcloud", "run", "deploy", "api", "--source", ".", "--region=us-east1", "--quiet"), "upload"
    )
    assert api.source == "upload"
    assert Inputs(api.inputs).matches(b"anything")
    assert config.target().project == "your-project-id"
    assert "NOT FOUND" in line(result.text, "project")
    assert any("project" in note for note in result.notes)


async def test_buildpacks_without_a_dockerfile(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"ship": "gcloud run deploy site --source web --project acme --region us-west1"}}'
    }
    _result, config, workloads = await made(tmp_path, files)
    assert workloads["site"].inputs == ("web/**",)
    assert config.target().project == "acme"


async def test_a_job_that_googles_builder_tags(tmp_path: Path) -> None:
    files = {
        "jobs/etl/Dockerfile": "FROM x\nCOPY . .\n",
        "deploy.sh": "gcloud builds submit --tag gcr.io/acme/etl jobs/etl\n"
        "gcloud run jobs update etl --image gcr.io/acme/etl --region us-west1 --project acme\n",
    }
    _result, _config, workloads = await made(tmp_path, files)
    etl = workloads["etl"]
    assert etl.kind == "job"
    assert etl.build == BuildCommand(("gcloud", "builds", "submit", "--tag", "gcr.io/acme/etl", "jobs/etl"), "upload")
    assert etl.inputs == ("jobs/etl", "jobs/etl/Dockerfile")


async def test_nextjs_with_a_dockerfile_and_a_trigger_that_deploys(tmp_path: Path) -> None:
    cloudbuild = DOCKER_STEP.format(tag="us-docker.pkg.dev/p/r/storefront", file="Dockerfile") + ("- name: x\n")
    cloudbuild = cloudbuild.replace(
        "images:",
        "- name: gcr.io/google.com/cloudsdktool/cloud-sdk\n  entrypoint: gcloud\n"
        "  args: [run, deploy, storefront, --image=us-docker.pkg.dev/p/r/storefront, --region=us-central1]\nimages:",
    ).replace("- name: x\n", "")
    files = {
        "Dockerfile": "FROM node AS deps\nCOPY package*.json ./\nFROM node\nCOPY --from=deps /n /n\nCOPY app app\n",
        "package.json": '{"scripts": {"build": "next build"}}',
        "cloudbuild.yaml": cloudbuild,
        "node_modules/x/Dockerfile": "FROM x\n",
    }
    result, _config, workloads = await made(tmp_path, files)
    assert list(workloads) == ["storefront"]
    assert workloads["storefront"].deploy == "ci"
    assert "# cloudbuild.yaml:6 deploys it" in line(result.text, "deploy")
    assert Inputs(workloads["storefront"].inputs).matches(b"package-lock.json")
    assert not Inputs(workloads["storefront"].inputs).matches(b"README.md")


async def test_workflows_only(tmp_path: Path) -> None:
    workflow = """\
on: {push: {branches: [release]}}
jobs:
  d:
    steps:
      - uses: google-github-actions/deploy-cloudrun@v2
        with: {service: api, region: us-central1, project_id: acme-prod, image: us-docker.pkg.dev/acme-prod/r/api:v1}
"""
    result, config, workloads = await made(tmp_path, {".github/workflows/deploy.yml": workflow})
    assert config.target().branch == "release"
    assert "deploy.yml" in line(result.text, "branch")
    assert workloads["api"].deploy == "ci"
    assert workloads["api"].build == ExistingImage("us-docker.pkg.dev/acme-prod/r/api")


async def test_terraform(tmp_path: Path) -> None:
    terraform = (
        'resource "google_cloud_run_v2_service" "a" {\n  name = "api"\n  location = "us-east4"\n  project = "acme"\n}\n'
    )
    _result, config, workloads = await made(tmp_path, {"infra/run.tf": terraform})
    assert (workloads["api"].deploy, config.target().regions) == ("terraform", ("us-east4",))


async def test_who_deploys_is_said_with_the_file_and_line_it_was_concluded_from(tmp_path: Path) -> None:
    files = {
        "run.tf": '# infra\nresource "google_cloud_run_v2_service" "a" {\n  name = "api"\n  location = "us-east4"\n}\n'
        'resource "google_cloud_run_v2_job" "e" {\n  name = "etl"\n  location = "us-east4"\n}\n',
        ".github/workflows/ship.yml": "on: {push: {branches: [main]}}\njobs:\n  d:\n    steps:\n"
        "      - run: gcloud run deploy api --image x/api --region us-east4\n",
        "bin/web.sh": "#!/bin/sh\ngcloud run deploy web --image gcr.io/p/web --region us-east4\n",
    }
    result, _config, workloads = await made(tmp_path, files)
    assert {name: one.deploy for name, one in workloads.items()} == {"api": "ci", "etl": "terraform", "web": "signoff"}
    said = [one.partition("# ")[2] for one in result.text.splitlines() if one.startswith("deploy =")]
    assert said == [
        ".github/workflows/ship.yml:5 deploys it; run.tf:2 names it too",
        "run.tf:6 deploys it",
        "bin/web.sh:2 deploys it, which a person starts: no CI and no Terraform of this repository does",
    ]


async def test_a_script_that_builds_by_itself_is_the_teams_command(tmp_path: Path) -> None:
    script = """\
#!/bin/sh
set -e
docker build -t gcr.io/acme/api .
docker push gcr.io/acme/api
gcloud run deploy api --image gcr.io/acme/api --region us-east1 --project acme
"""
    result, _config, workloads = await made(tmp_path, {"bin/ship.sh": script, "Dockerfile": "FROM x\nCOPY . .\n"})
    assert workloads["api"].build == BuildCommand(("./bin/ship.sh",), "upload")
    assert workloads["api"].deploy == "signoff"
    assert "# bin/ship.sh:5 builds and deploys" in line(result.text, "build")


async def test_a_script_that_takes_the_service_as_its_argument_is_the_command_of_each(tmp_path: Path) -> None:
    script = """\
#!/bin/bash
SERVICE="$1"
gcloud builds submit --tag "gcr.io/acme/$SERVICE" "$SERVICE"
gcloud run deploy "$SERVICE" --image "gcr.io/acme/$SERVICE" --region us-east1 --project acme
"""
    files = {
        "bin/deploy-service.sh": script,
        "web/Dockerfile": "FROM x\nCOPY . .\n",
        "analysis/Dockerfile": "FROM x\nCOPY . .\n",
    }
    _result, _config, workloads = await made(tmp_path, files)
    assert {name: one.build for name, one in workloads.items()} == {
        name: BuildCommand(("./bin/deploy-service.sh", name), "upload") for name in ("analysis", "web")
    }


async def test_a_configuration_that_a_person_submits_and_that_deploys_is_no_ci(tmp_path: Path) -> None:
    step = "- name: gcr.io/google.com/cloudsdktool/cloud-sdk\n  args:\n  - gcloud\n  - run\n  - deploy\n  - api\n"
    config = DOCKER_STEP.format(tag="gcr.io/p/api", file="Dockerfile").replace("images:", step + "images:")
    files = {"Dockerfile": "FROM x\nCOPY . .\n", "cloudbuild.yaml": config}
    _result, _config, workloads = await made(tmp_path, files)
    assert workloads["api"].deploy == "ci"
    (tmp_path / "signoff.toml").unlink()
    files["ship.sh"] = "gcloud builds submit --config cloudbuild.yaml --region us-east1\n"
    result, _config, workloads = await made(tmp_path, files)
    assert workloads["api"].deploy == "signoff"
    assert workloads["api"].build == BuildCommand(("./ship.sh",), "upload")
    assert "# ship.sh:1 deploys it" in line(result.text, "deploy")


async def test_two_projects_become_two_targets(tmp_path: Path) -> None:
    files = {
        "staging.sh": "gcloud run deploy web --source . --region us-east1 --project acme-staging\n",
        "prod.sh": "gcloud run deploy web --source . --region us-west1 --project acme-prod\n",
    }
    _result, config, _workloads = await made(tmp_path, files)
    assert {name: (one.project, one.regions) for name, one in config.targets.items()} == {
        "production": ("acme-prod", ("us-west1",)),
        "staging": ("acme-staging", ("us-east1",)),
    }
    assert config.target().name == "production"


async def test_a_service_and_a_job_of_one_name(tmp_path: Path) -> None:
    script = "gcloud run deploy sync --source a\ngcloud run jobs deploy sync --source b --region us-east1\n"
    _result, _config, workloads = await made(tmp_path, {"d.sh": script})
    assert {(one.kind, one.resource) for one in workloads.values()} == {("service", "sync"), ("job", "sync")}


async def test_one_that_is_there_is_never_overwritten_without_being_told(tmp_path: Path) -> None:
    lay(tmp_path, {"Dockerfile": "FROM x\nCOPY . .\n", "signoff.toml": "mine"})
    with pytest.raises(SignoffError, match="already") as caught:
        await init(tmp_path)
    assert "--force" in caught.value.fix
    assert (tmp_path / "signoff.toml").read_text("utf-8") == "mine"
    shown = await init(tmp_path, write=False)
    assert not shown.written
    assert (tmp_path / "signoff.toml").read_text("utf-8") == "mine"
    assert (await init(tmp_path, force=True)).written
    assert (tmp_path / "signoff.toml").read_text("utf-8") == shown.text
    assert sorted(os.listdir(tmp_path)) == [".git", "Dockerfile", "signoff.toml"]


async def test_it_is_written_in_the_repositorys_root(tmp_path: Path) -> None:
    below = lay(tmp_path, {"web/Dockerfile": "FROM x\nCOPY . .\n"}) / "web"
    assert (await init(below)).path == tmp_path / "signoff.toml"


async def test_where_nothing_is_found_it_says_what_was_looked_for(tmp_path: Path) -> None:
    lay(tmp_path, {"README.md": "gcloud run deploy web"})
    with pytest.raises(SignoffError, match="Dockerfile") as caught:
        await init(tmp_path)
    assert "--minimal" in caught.value.fix
    assert not (tmp_path / "signoff.toml").exists()
    assert (await init(tmp_path, minimal_if_nothing=True)).workloads == ()
    assert load(tmp_path).target().project == "your-project-id"


async def test_what_can_not_be_read_is_noted_in_the_file(tmp_path: Path) -> None:
    result, _config, _workloads = await made(
        tmp_path, {"Dockerfile": "FROM x\nCOPY . .\n", "cloudbuild.yaml": "steps: ["}
    )
    assert any("cloudbuild.yaml" in note for note in result.notes)
    assert "# NOTE: could not be read: cloudbuild.yaml" in result.text


async def test_the_live_project_tells_kinds_and_what_else_runs(tmp_path: Path) -> None:
    lay(tmp_path, {"etl/Dockerfile": "FROM x\nCOPY . .\n", "web/Dockerfile": "FROM x\nCOPY . .\n"})
    parent = "projects/demo/locations/us-central1"
    template = {"containers": [{"image": "us-docker.pkg.dev/demo/r/i"}]}
    state = {
        "services": [{"name": f"{parent}/services/{name}", "template": template} for name in ("web", "unrelated")],
        "jobs": [{"name": f"{parent}/jobs/etl", "template": {"template": template}}],
    }
    with running_sandbox(state) as sandbox:
        systems = Systems(Boundary(), tmp_path, sandbox=sandbox.grpc)
        try:
            result = await init(tmp_path, systems=systems, project="demo", region="us-central1")
        finally:
            await systems.close()
    config = load(tmp_path)
    assert {one.name: one.kind for one in config.workloads_for(config.target())} == {"web": "service", "etl": "job"}
    assert "runs in us-central1" in result.text
    assert "demo also runs the services unrelated, which nothing here deploys by name" in result.notes


async def test_the_branch_is_one_that_the_remote_has(tmp_path: Path) -> None:
    remote = Remote(tmp_path)
    clone = remote.clone("work")
    clone.commit({"Dockerfile": "FROM x\nCOPY . .\n"})
    clone.git("branch", "-m", "trunk")
    clone.push()
    systems = Systems(Boundary(), clone.path)
    try:
        result = await init(clone.path, systems=systems)
    finally:
        await systems.close()
    assert load(clone.path).target().branch == "trunk"
    assert "a branch of origin" in line(result.text, "branch")


names = st.text(max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, image=names, region=names, project=names, branch=names, folder=names)
@example(name="a", image="", region="", project="", branch="", folder=" ")
@example(name="a", image="", region="", project="", branch="", folder="\r0")
@example(name="a", image="", region="", project="", branch="", folder="!a")
def test_whatever_a_script_says_the_draft_loads(
    name: str, image: str, region: str, project: str, branch: str, folder: str, tmp_path: Path
) -> None:
    def quoted(word: str) -> str:
        return "'" + word.replace("'", "").replace("\n", " ") + "'"

    script = f"gcloud run deploy web --image {quoted(image)} --region {quoted(region)} --project {quoted(project)}\n"
    script += f"gcloud run jobs deploy {quoted(name)} --source {quoted(folder)}\n"
    lay(tmp_path, {"deploy.sh": script.encode("utf-8", "replace").decode(), "Dockerfile": "FROM x\nCOPY . .\n"})
    live = LiveProject("acme", {"service": {"us-east1": ("web",)}})
    found = draft(tmp_path, read_files(tmp_path), GitFacts("origin", branch), live)
    assert "web" in found.workloads
    assert parse(found.text.encode("utf-8"), tmp_path / "signoff.toml")
