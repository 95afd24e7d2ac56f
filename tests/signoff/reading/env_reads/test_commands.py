"""Which of the commands of a build counts, and what it is given by files that no line of the build names."""

from __future__ import annotations

import pytest

from signoff.reading.build_method import of_configuration, of_dockerfile
from signoff.reading.build_steps import BuildStep
from signoff.reading.env_reads.missing import missing
from signoff.reading.env_reads.scan import scan

PAGE = 'if (!process.env.KEY) throw new Error("no KEY")\nexport default () => null\n'
TREE = {"package.json": '{"name": "web", "scripts": {"build": "next build"}}', "app/page.tsx": PAGE}


def told(steps: tuple[BuildStep, ...], files: dict[str, str]) -> dict[str, bool]:
    """The names that stop the build, and whether that is sure."""
    tree = {path: text.encode() for path, text in files.items()}
    return {
        one.name: not step.environment.unread
        for step in steps
        for one in missing(scan(tree, [step.command]), step.environment, ())
    }


def stops(run: str, **files: str) -> dict[str, bool]:
    whole = {**TREE, **files, "Dockerfile": f"FROM node\nWORKDIR /app\nCOPY . .\n{run}\n"}
    return told(of_dockerfile("Dockerfile", ".", {path: text.encode() for path, text in whole.items()}).steps, whole)


@pytest.mark.parametrize(
    "run",
    [
        "RUN --mount=type=secret,id=key KEY=$(cat /run/secrets/key) npm run build",
        "RUN --mount=type=secret,id=key export KEY=$(cat /run/secrets/key) && npm run build",
        "RUN npx dotenv -e .env.ci -- npm run build",
        "RUN npm run build || true",
        "RUN (npm ci && npm run build) || echo 'no static pages'",
        "RUN npm run build ; npm cache clean",
        "RUN npm run build; (cd /app && ls) ; true",
        'RUN ["sh", "-c", "npm run build; true"]',
    ],
)
def test_a_build_that_has_the_value_or_goes_on_without_it_lacks_nothing(run: str) -> None:
    assert stops("RUN npm run build") == {"KEY": True}
    assert stops(run, **{".env.ci": "KEY=1\n"}) == {}


@pytest.mark.parametrize(
    "run",
    [
        "RUN npm ci ; npm run build",
        "RUN set -e; npm run build ; npm cache clean",
        "RUN npm run build || exit 1; npm cache clean",
        "RUN npm ci; if true; then npm ci; fi; cd . && npm run build && npm ci",
        "RUN sh -ec 'npm run build; true'",
        'RUN ["sh", "-ec", "npm run build; true"]',
        'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nRUN npm run build ; npm cache clean',
    ],
)
def test_a_build_that_ends_where_the_value_is_missing_lacks_it(run: str) -> None:
    assert stops(run) == {"KEY": True}


@pytest.mark.parametrize(
    "run",
    [
        "RUN cp .env.absent .env.production && npm run build",
        "COPY .env.absent .env\nRUN npm run build",
        "RUN cp .env.example .env && echo KEY=$ANY > .env && npm run build",
        "RUN cp .env.example .env\nRUN echo KEY=$ANY > .env\nRUN npm run build",
        "RUN cp .env.other .env && echo KEY=$ANY >> .env && npm run build",
        "RUN cp .env.other .env\nRUN echo KEY=$ANY | tee -a .env\nRUN npm run build",
        "RUN npm run other && cp .env.example .env && npm run build",
        "RUN test -f .env || cp .env.example .env\nRUN npm run build",
        'RUN echo "KEY=$ANY" > .env\nRUN npm run build',
        "RUN mv ci.env /app/.env\nRUN npm run build",
        "RUN . ./ci.env && npm run build",
        "RUN export $(cat ci.env | xargs) && npm run build",
        "RUN --mount=type=secret,id=env,target=/app/.env npm run build",
        "RUN --mount=type=secret,id=env cp /run/secrets/env .env && npm run build",
    ],
)
def test_what_a_file_made_in_the_build_holds_is_not_told_for_sure(run: str) -> None:
    assert stops(run, **{".env.example": "KEY=1\n", "ci.env": "KEY=1\n", ".env.other": "A=1"}) == {"KEY": False}


COPIES = [
    "RUN cp .env.example .env && npm run build",
    "RUN npm ci && cp -n ./.env.example ./.env.production && npm run build",
    "RUN cp .env.example .env\nRUN npm run build",
    "COPY .env.example .env\nRUN npm run build",
    "COPY .env.example /app/.env.local\nRUN npm run build",
]


@pytest.mark.parametrize("run", COPIES)
@pytest.mark.parametrize(("held", "lacks"), [("KEY=1\n", {}), ("KEY=\n", {"KEY": True}), ("", {"KEY": True})])
def test_what_a_copy_of_a_committed_file_holds_is_told_for_sure(run: str, held: str, lacks: dict[str, bool]) -> None:
    assert stops(run, **{".env.example": held}) == lacks


def test_what_is_put_behind_a_copy_leaves_its_values_there() -> None:
    run = "RUN cp .env.example .env\nRUN echo OTHER=$ANY >> .env && npm run build"
    assert stops(run, **{".env.example": "KEY=1\n"}) == {}
    assert stops(run, **{".env.example": ""}) == {"KEY": False}


def test_a_copy_in_the_folder_of_a_part_gives_its_values_to_that_part_alone() -> None:
    files = {
        **{f"{part}/{path}": text for path, text in TREE.items() for part in ("web", "admin")},
        "admin/.env.example": "KEY=1\n",
        "web/.env.example": "",
    }
    run = "RUN cp admin/.env.example {}/.env\nRUN cd web && npm run build\nRUN cd admin && npm run build"
    whole = {**files, "Dockerfile": f"FROM node\nWORKDIR /app\nCOPY . .\n{run.format('admin')}\n"}
    raw = {path: text.encode() for path, text in whole.items()}
    lacking = [bool(told((step,), whole)) for step in of_dockerfile("Dockerfile", ".", raw).steps]
    assert lacking == [False, True, False]


@pytest.mark.parametrize(
    "run",
    [
        "RUN . venv/bin/activate && npm run build",
        "RUN source /root/.nvm/nvm.sh && npm run build",
        "RUN . ~/.cargo/env && npm run build",
        "RUN cp .env.example /tmp/sample && npm run build",
        "RUN npm run build > build.log",
        "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm run build",
    ],
)
def test_what_only_finds_programs_gives_an_application_nothing(run: str) -> None:
    assert stops(run) == {"KEY": True}


def test_a_file_that_an_earlier_step_of_cloud_build_makes_counts_for_those_after_it() -> None:
    makes = "- name: bash\n  script: echo KEY=$$KEY > .env\n"
    build = "- name: gcr.io/cloud-builders/docker\n  args: [build, -t, x, .]\n"
    for steps, sure in ((build, True), (makes + build, False), (build + makes, True)):
        files = {
            **TREE,
            "Dockerfile": "FROM node\nCOPY . .\nRUN npm run build\n",
            "cloudbuild.yaml": f"steps:\n{steps}",
        }
        runs = of_configuration("cloudbuild.yaml", {path: text.encode() for path, text in files.items()})
        assert told(runs.steps, files) == {"KEY": sure}


def test_an_argument_is_there_for_stages_that_are_built_on_its_own() -> None:
    base = "FROM node AS base\nARG KEY=1\nFROM {}\nWORKDIR /app\nCOPY . .\nRUN npm run build\n"
    for image, wanted in (("base", {}), ("node", {"KEY": True})):
        files = {**TREE, "Dockerfile": base.format(image)}
        runs = of_dockerfile("Dockerfile", ".", {path: text.encode() for path, text in files.items()})
        assert told(runs.steps, files) == wanted


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("#!/bin/sh\nset -e\nnpm run build\necho done\n", {"KEY": True}),
        ("#!/bin/bash -e\nnpm run build\necho done\n", {"KEY": True}),
        ("#!/bin/sh\necho begin\nnpm run build\n", {"KEY": True}),
        ("#!/bin/sh\nnpm run build\necho done\n", {}),
        ("set -e\nexport KEY=placeholder\nnpm run build\n", {}),
        ("set -e\n. ./ci.env\nnpm run build\n", {}),
        ("set -e\nsh build.sh\n", {}),
    ],
)
def test_a_shell_script_is_followed_as_far_as_its_failures_count(script: str, wanted: dict[str, bool]) -> None:
    for run in ("RUN ./build.sh", "RUN sh build.sh"):
        assert stops(run, **{"build.sh": script}) == wanted


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("turbo run build", {"KEY", "SHARED", "OTHER"}),
        ("turbo run build --filter=web", {"KEY", "SHARED"}),
        ("turbo build --filter web...", {"KEY", "SHARED"}),
        ("turbo run build --filter=./apps/other", {"OTHER"}),
        ("turbo run build --filter=[HEAD^1]", {"KEY", "SHARED", "OTHER"}),
        ("nx build web", {"KEY", "SHARED"}),
    ],
)
def test_a_monorepos_runner_builds_what_its_filter_names(command: str, wanted: set[str]) -> None:
    files = {
        "package.json": '{"workspaces": ["apps/*", "packages/*"]}',
        "apps/web/package.json": '{"name": "web", "scripts": {"build": "next build"}, "dependencies": {"shared": "*"}}',
        "apps/web/app/page.tsx": PAGE,
        "apps/other/package.json": '{"name": "other", "scripts": {"build": "next build"}}',
        "apps/other/app/page.tsx": PAGE.replace("KEY", "OTHER"),
        "packages/shared/package.json": '{"name": "shared", "scripts": {"build": "node make.js"}}',
        "packages/shared/make.js": 'if (!process.env.SHARED) throw new Error("no")\n',
    }
    assert stops(f"RUN npx {command}", **{"app/page.tsx": "", **files}).keys() == wanted


def test_a_part_of_nested_settings_gives_them_their_value() -> None:
    code = (
        "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\n"
        "class Store(BaseModel):\n    url: str\n"
        'class All(BaseSettings):\n    store: Store\n    model_config = {"env_nested_delimiter": "__"}\n'
        "settings = All()\n"
    )
    assert stops("RUN python main.py", **{"main.py": code}) == {"STORE": True}
    assert stops("ENV STORE__URL=x\nRUN python main.py", **{"main.py": code}) == {}
