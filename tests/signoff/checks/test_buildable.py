"""The link `buildable` over a real repository and the records of a sandbox (incidents B7, B8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signoff.boundary import Boundary, Question
from signoff.checks import buildable
from signoff.model.finding import Location
from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from signoff.model.subject import BuildCommand, BuildTrigger, CloudBuildConfig
from support.buildable import BROWSER, CONFIG, DOCKERFILE, EAGER, LAZY, SERVER, WEB, application, look
from support.estate import Estate, codes, variables, words


def errors(link: LinkReport) -> list[str]:
    return [finding.code for finding in link.findings if finding.severity == "error"]


def running(estate: Estate, *names: str, commit: str | None = None, **secrets: str) -> None:
    """The service of an earlier commit, with these names in its environment."""
    made = estate.build(commit or estate.clone.head("HEAD~1"), 5)
    estate.deployed(made, 6, env=variables(*names, **secrets))


async def test_a_secret_of_run_time_that_the_build_stops_without_is_named_with_the_way_to_it(estate: Estate) -> None:
    application(estate)
    running(estate, AUTH_SECRET="auth-secret")
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.FAIL, [buildable.RUN_TIME_ONLY])
    finding = link.findings[0]
    assert finding.location == Location("web/lib/auth.ts", 2)
    said = words(link)
    for part in ("AUTH_SECRET", "exists only at run time", "web/app/api/route.ts:1", "calls requireEnv"):
        assert part in said
    assert {one.system for one in finding.evidence} == {"git", "run"}


async def test_a_name_that_nothing_gives_is_missing(estate: Estate) -> None:
    application(estate)
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.FAIL, [buildable.MISSING])


async def test_a_clean_scan_alone_is_unknown(estate: Estate) -> None:
    application(estate, {"web/lib/auth.ts": LAZY})
    running(estate, AUTH_SECRET="auth-secret")
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.UNKNOWN, [])
    assert "no build of the same inputs went well yet" in words(link)


async def test_a_successful_build_of_the_same_inputs_proves_it_and_overrules_the_scan(estate: Estate) -> None:
    commit = application(estate)
    running(estate, commit=commit, AUTH_SECRET="auth-secret")
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.PASS, [])
    assert {one.system for one in link.evidence} >= {"build"}
    assert [one.severity for one in link.findings if one.code == buildable.RUN_TIME_ONLY] == ["note"]


async def test_a_build_of_other_inputs_proves_nothing_of_a_commit_that_is_not_pushed(estate: Estate) -> None:
    commit = application(estate, {"web/lib/auth.ts": LAZY})
    running(estate, commit=commit, AUTH_SECRET="auth-secret")
    assert (await look(estate)).status is Status.PASS
    application(estate, {"web/lib/auth.ts": EAGER}, push=False)
    assert errors(await look(estate)) == [buildable.RUN_TIME_ONLY]
    application(estate, {"web/lib/auth.ts": LAZY, "web/more.ts": "export {};\n"}, push=False)
    assert (await look(estate)).status is Status.UNKNOWN


async def test_a_failed_build_is_told_and_one_that_went_well_after_it_passes(estate: Estate) -> None:
    commit = application(estate, {"web/lib/auth.ts": LAZY})
    estate.build(commit, 7, status="FAILURE", failureInfo={"detail": "Failed to collect page data"})
    running(estate)
    link = await look(estate)
    assert link.status is Status.UNKNOWN
    assert buildable.BUILD_FAILED in codes(link)
    assert "Failed to collect page data" in words(link)
    estate.build(commit, 9)
    assert (await look(estate)).status is Status.PASS


async def test_a_build_under_way_is_waited_for(estate: Estate) -> None:
    commit = application(estate, {"web/lib/auth.ts": LAZY})
    running(estate)
    estate.build(commit, 7, status="WORKING")
    link = await look(estate)
    assert (link.status, link.waits_on) == (Status.WAITING, "time")


@pytest.mark.parametrize(
    "given",
    [
        {"web/Dockerfile": DOCKERFILE.replace("RUN npm ci", "ENV AUTH_SECRET=placeholder\nRUN npm ci")},
        {
            "web/Dockerfile": DOCKERFILE.replace("RUN npm ci", "ARG AUTH_SECRET\nRUN npm ci"),
            "cloudbuild.yaml": CONFIG.replace("build, -t", "build, --build-arg, AUTH_SECRET=x, -t"),
        },
        {"web/lib/auth.ts": EAGER.replace('requireEnv("AUTH_SECRET")', 'process.env.AUTH_SECRET ?? ""')},
        {"web/.env.production": "AUTH_SECRET=made-for-the-build\n"},
    ],
    ids=["ENV", "--build-arg", "a default", "a committed dotenv file"],
)
async def test_what_the_build_has_or_does_not_need_is_no_finding(estate: Estate, given: dict[str, str]) -> None:
    application(estate, given)
    running(estate, AUTH_SECRET="auth-secret")
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.UNKNOWN, [])


async def test_a_public_name_that_exists_only_at_run_time_is_baked_empty_however_well_the_build_went(
    estate: Estate,
) -> None:
    commit = application(estate, {"web/lib/auth.ts": LAZY, "web/app/page.tsx": BROWSER})
    running(estate, "NEXT_PUBLIC_API", commit=commit)
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.FAIL, [buildable.BAKED_EMPTY])
    assert "NEXT_PUBLIC_API" in words(link)


async def test_a_public_name_of_a_committed_dotenv_file_is_baked_with_its_value(estate: Estate) -> None:
    files = {"web/lib/auth.ts": LAZY, "web/app/page.tsx": BROWSER, "web/.env": "NEXT_PUBLIC_API=https://example.com\n"}
    commit = application(estate, files)
    running(estate, "NEXT_PUBLIC_API", commit=commit)
    assert (await look(estate)).status is Status.PASS


@pytest.mark.parametrize(
    ("held", "status"), [("https://example.com", Status.PASS), ("", Status.FAIL), ('""', Status.FAIL)]
)
async def test_a_public_name_of_a_file_that_the_build_copies_is_baked_with_what_is_committed(
    held: str, status: Status, estate: Estate
) -> None:
    made = DOCKERFILE.replace("RUN npm run build", "RUN cp .env.example .env\nRUN npm run build")
    files = {"web/Dockerfile": made, "web/lib/auth.ts": LAZY, "web/app/page.tsx": BROWSER}
    commit = application(estate, {**files, "web/.env.example": f"NEXT_PUBLIC_API={held}\n"})
    running(estate, "NEXT_PUBLIC_API", commit=commit)
    link = await look(estate)
    assert link.status is status
    assert errors(link) == ([buildable.BAKED_EMPTY] if status is Status.FAIL else [])


async def test_a_name_that_a_dotenv_file_leaves_empty_is_still_missing(estate: Estate) -> None:
    application(estate, {"web/.env": "AUTH_SECRET=\n", "web/.env.development": "AUTH_SECRET=x\n"})
    running(estate, AUTH_SECRET="auth-secret")
    assert errors(await look(estate)) == [buildable.RUN_TIME_ONLY]


IGNORED = {
    "a folder": {".dockerignore": "web/app/api\n"},
    "everything but what is taken back": {
        ".dockerignore": "*\n!web/package.json\n!web/app/page.tsx\n", "web/app/page.tsx": SERVER,
    },
    "a file anywhere": {".dockerignore": "**/route.ts\n"},
    "the Dockerfile's own ignore file before the context's": {
        ".dockerignore": "docs\n", "web/Dockerfile.dockerignore": "web/app\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("files", IGNORED.values(), ids=IGNORED.keys())
async def test_a_file_that_does_not_reach_the_build_gives_no_finding(estate: Estate, files: dict[str, str]) -> None:
    application(estate, files)
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.UNKNOWN, [])


NOT_IGNORED = {
    "taken back": {".dockerignore": "web/app\n!web/app/api/route.ts\n"},
    "another folder": {".dockerignore": "app/api\nauth.ts\n"},
    "of the context's file, where the Dockerfile has its own": {
        ".dockerignore": "web/app\n", "web/Dockerfile.dockerignore": "docs\n",
    },
    "of a file that is no context's": {"web/.dockerignore": "app\n"},
}  # fmt: skip


@pytest.mark.parametrize("files", NOT_IGNORED.values(), ids=NOT_IGNORED.keys())
async def test_what_an_ignore_file_lets_through_is_still_found(estate: Estate, files: dict[str, str]) -> None:
    application(estate, files)
    assert errors(await look(estate)) == [buildable.MISSING]


async def test_a_dotenv_file_that_is_kept_out_of_the_build_gives_it_nothing(estate: Estate) -> None:
    files = {"web/lib/auth.ts": LAZY, "web/app/page.tsx": BROWSER, "web/.env.production": "NEXT_PUBLIC_API=x\n"}
    application(estate, files)
    running(estate, "NEXT_PUBLIC_API")
    assert errors(await look(estate)) == []
    application(estate, {**files, ".dockerignore": "**/.env*\n"})
    assert errors(await look(estate)) == [buildable.BAKED_EMPTY]


async def test_what_an_upload_leaves_out_gives_no_finding(estate: Estate) -> None:
    application(estate, {".gcloudignore": "web/app/api\n"})
    assert errors(await look(estate)) == [buildable.MISSING]  # a build from git has it
    upload = replace(WEB, build=CloudBuildConfig("cloudbuild.yaml", "upload"))
    assert errors(await look(estate, upload)) == []


async def test_a_public_name_that_only_the_server_reads_is_not_baked(estate: Estate) -> None:
    commit = application(estate, {"web/lib/auth.ts": LAZY, "web/app/page.tsx": SERVER})
    running(estate, "NEXT_PUBLIC_API", commit=commit)
    assert (await look(estate)).status is Status.PASS


async def test_a_public_name_with_a_default_is_a_warning(estate: Estate) -> None:
    page = BROWSER.replace("NEXT_PUBLIC_API", 'NEXT_PUBLIC_API ?? "https://example.com"')
    commit = application(estate, {"web/lib/auth.ts": LAZY, "web/app/page.tsx": page})
    running(estate, "NEXT_PUBLIC_API", commit=commit)
    link = await look(estate)
    assert (link.status, errors(link)) == (Status.PASS, [])
    assert [one.severity for one in link.findings if one.code == buildable.BAKED_EMPTY] == ["warning"]


async def test_where_cloud_run_does_not_say_what_exists_a_public_name_is_no_pass(estate: Estate) -> None:
    commit = application(estate, {"web/lib/auth.ts": LAZY, "web/app/page.tsx": BROWSER})
    running(estate, "NEXT_PUBLIC_API", commit=commit)

    def plant(question: Question) -> str | None:
        return "denied" if question.system == "run" else None

    boundary = Boundary(plant=plant)  # type: ignore[arg-type]
    assert (await look(estate, boundary=boundary)).status is Status.UNKNOWN


TRIGGER = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"


async def test_a_trigger_gives_the_build_its_substitutions(estate: Estate) -> None:
    config = CONFIG.replace("build, -t", "build, --build-arg, 'AUTH_SECRET=${_SECRET}', -t")
    dockerfile = DOCKERFILE.replace("RUN npm ci", "ARG AUTH_SECRET\nRUN npm ci")
    application(estate, {"cloudbuild.yaml": config, "web/Dockerfile": dockerfile})
    running(estate, AUTH_SECRET="auth-secret")
    workload = replace(WEB, build=BuildTrigger("deploy-web"))
    trigger = {"name": "deploy-web", "id": TRIGGER, "filename": "cloudbuild.yaml", "resourceName":
               f"{estate.place('global')}/triggers/{TRIGGER}"}  # fmt: skip
    assert "there is no trigger deploy-web" in words(await look(estate, workload))
    estate.plant(buildTriggers=[trigger])
    link = await look(estate, workload)
    assert errors(link) == [buildable.RUN_TIME_ONLY]
    assert "the build sets it to nothing" in words(link)
    estate.plant(buildTriggers=[trigger | {"substitutions": {"_SECRET": "given"}}])
    assert errors(await look(estate, workload)) == []


async def test_a_trigger_that_holds_its_configuration_itself_is_read_as_well(estate: Estate) -> None:
    application(estate)
    running(estate, AUTH_SECRET="auth-secret")
    docker = {"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", "image", "-f", "web/Dockerfile", "."]}
    named = {"name": "deploy-web", "id": TRIGGER, "resourceName": f"{estate.place('global')}/triggers/{TRIGGER}"}
    workload = replace(WEB, build=BuildTrigger("deploy-web"))
    estate.plant(buildTriggers=[named | {"build": {"steps": [docker]}}])
    assert errors(await look(estate, workload)) == [buildable.RUN_TIME_ONLY]
    with_env = {"name": "node", "entrypoint": "npm", "args": ["run", "build"], "dir": "web", "env": ["AUTH_SECRET=x"]}
    estate.plant(buildTriggers=[named | {"build": {"steps": [with_env]}}])
    assert errors(await look(estate, workload)) == []


async def test_what_a_command_of_the_team_hands_over_is_not_known_and_never_an_error(estate: Estate) -> None:
    dockerfile = DOCKERFILE.replace("RUN npm ci", "ARG AUTH_SECRET\nRUN npm ci")
    script = 'docker build -f web/Dockerfile --build-arg AUTH_SECRET="$AUTH" .\n'
    application(estate, {"web/Dockerfile": dockerfile, "build.sh": script})
    running(estate, AUTH_SECRET="auth-secret")
    link = await look(estate, replace(WEB, build=BuildCommand(("./build.sh",))))
    assert (link.status, errors(link)) == (Status.UNKNOWN, [])
    assert [one.severity for one in link.findings if one.code == buildable.RUN_TIME_ONLY] == ["warning"]


async def test_without_a_way_to_build_it_says_what_is_not_told(estate: Estate) -> None:
    application(estate)
    link = await look(estate, replace(WEB, build=None))
    assert link.status is Status.UNKNOWN
    assert "nothing tells what the build of web runs" in words(link)
