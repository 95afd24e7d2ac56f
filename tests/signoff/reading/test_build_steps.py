"""What the environment has where a build runs its commands: Dockerfile stages, and Cloud Build around them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.reading.build_steps import BuildStep, dockerfile_steps
from signoff.reading.cloudbuild_steps import cloudbuild_steps
from signoff.reading.dockerfile import read
from signoff.reading.env_reads import Place
from signoff.reading.errors import Unreadable

DOCKERFILE = """\
ARG OUTER=1
FROM node AS base
ENV SHARED=yes EMPTY=
WORKDIR /app
FROM base AS unused
RUN npm test
FROM base AS build
ARG OUTER
ARG PLAIN
ARG DEFAULTED=d
RUN echo early
COPY web/ ./
ENV FROM_ARG=$PLAIN BOTH=${DEFAULTED}-x LATER=${NOTHING:-z}
WORKDIR src
RUN --mount=type=secret,id=key,env=KEY --mount=type=secret,id=file,target=/run/f npm run build
FROM gcr.io/distroless
COPY --from=build /app/out /
ENV RUN_TIME=1
"""


def of_dockerfile(text: str = DOCKERFILE, stage: str | None = None) -> tuple[BuildStep, ...]:
    return dockerfile_steps(read(text.encode()), "Dockerfile", stage=stage)


def names(step: BuildStep) -> set[str]:
    return set(step.environment.names)


def test_each_run_has_what_its_stage_has_set_before_it() -> None:
    early, build = of_dockerfile()
    assert (early.command.text, build.command.text) == ("echo early", "npm run build")
    assert names(early) == {"SHARED", "OUTER", "DEFAULTED"}
    assert set(early.environment.empty) == {"EMPTY", "PLAIN"}
    assert names(build) == {"SHARED", "OUTER", "DEFAULTED", "BOTH", "LATER"}
    assert set(build.environment.empty) == {"EMPTY", "PLAIN", "FROM_ARG", "KEY"}
    assert build.command.sets == {"SHARED": "yes", "OUTER": "1", "DEFAULTED": "d", "BOTH": "d-x", "LATER": "z"}
    assert build.environment.names["SHARED"].place == Place("Dockerfile", 3, "ENV SHARED")
    assert "yes" not in repr(build.environment)


def test_a_command_runs_in_the_folder_that_was_copied_to_where_it_runs() -> None:
    early, build = of_dockerfile()
    assert (early.command.folder, build.command.folder) == (".", "web/src")


def test_a_wanted_stage_leaves_the_others_out() -> None:
    assert [step.command.text for step in of_dockerfile(stage="unused")] == ["npm test"]
    with pytest.raises(Unreadable, match="no stage other"):
        of_dockerfile(stage="other")


CLOUDBUILD = b"""\
substitutions: {_API: "https://x", _NONE: ""}
options: {env: ["GLOBAL=1"]}
availableSecrets:
  secretManager:
    - {versionName: projects/p/secrets/s/versions/1, env: KEY}
steps:
  - name: gcr.io/cloud-builders/docker
    env: ["PLAIN=from-env"]
    secretEnv: [KEY]
    args: [build, --build-arg, PLAIN, --build-arg=DEFAULTED=$_NONE, --build-arg=UNKNOWN, "--secret=id=key,env=KEY", .]
  - name: node:22
    entrypoint: npm
    dir: web
    args: [run, build]
    env: ["NEXT_PUBLIC_API=$_API", "SHA=$COMMIT_SHA", "GONE=$_GONE"]
"""


def test_cloud_build_hands_over_args_and_secrets_and_has_its_own_environment() -> None:
    early, build, npm = cloudbuild_steps(CLOUDBUILD, "cloudbuild.yaml", {"Dockerfile": DOCKERFILE.encode()})
    assert names(build) >= {"PLAIN", "FROM_ARG", "KEY"}
    assert build.environment.names["PLAIN"].source == "--build-arg from the environment"
    assert build.environment.names["PLAIN"].place.path == "cloudbuild.yaml"
    assert build.environment.names["KEY"].source == "secret mount key"
    assert build.environment.names["KEY"].value is None
    assert set(build.environment.empty) == {"EMPTY", "DEFAULTED"}
    assert "KEY" not in names(early)  # it is mounted for the other RUN alone
    assert (npm.command.text, npm.command.folder) == ("npm run build", "web")
    assert names(npm) == {"GLOBAL", "NEXT_PUBLIC_API", "SHA"}
    assert set(npm.environment.empty) == {"GONE"}


def test_the_triggers_substitutions_come_before_the_defaults() -> None:
    files = {"Dockerfile": DOCKERFILE.encode()}
    found = cloudbuild_steps(CLOUDBUILD, "cloudbuild.yaml", files, {"_NONE": "set", "_GONE": "there"})
    assert "DEFAULTED" in names(found[0])
    assert "GONE" in names(found[-1])


def test_an_argument_without_a_value_takes_nothing_where_the_environment_has_nothing() -> None:
    text = b"steps: [{name: docker, args: [build, --build-arg, PLAIN, .]}]"
    found = cloudbuild_steps(text, "cloudbuild.yaml", {"Dockerfile": DOCKERFILE.encode()})
    assert "PLAIN" in found[0].environment.empty


def test_a_secret_that_the_configuration_does_not_have_is_said() -> None:
    (step,) = cloudbuild_steps(b"steps: [{name: node, entrypoint: npm, args: [ci], secretEnv: [K]}]", "c.yaml", {})
    assert step.environment.unread == ("c.yaml: secretEnv names K, which availableSecrets does not have",)


def test_buildpacks_have_what_pack_is_given() -> None:
    text = b"steps: [{name: gcr.io/k8s-skaffold/pack, args: [build, image, --env, A=1, --env=B], env: [B=2]}]"
    (step,) = cloudbuild_steps(text, "c.yaml", {})
    assert names(step) == {"A", "B"}
    assert "npm run build" in step.command.text


def test_a_dockerfile_that_is_not_there_or_not_readable_is_said() -> None:
    text = b"steps: [{name: docker, args: [build, .]}]"
    (gone,) = cloudbuild_steps(text, "c.yaml", {})
    (torn,) = cloudbuild_steps(text, "c.yaml", {"Dockerfile": b"RUN x"})
    assert gone.environment.unread == ("Dockerfile: is not in the tree",)
    assert torn.environment.unread == ("Dockerfile: line 1: an instruction before the first FROM",)


lines = st.sampled_from(
    ["FROM a AS b", "FROM b", "ARG A", "ARG A=$B", "ENV A=$A B=${A:-x}", "ENV A $A", "RUN x", "COPY a b c/",
     "RUN --mount=type=secret,env=Z x", "WORKDIR $A", "WORKDIR ../..", "COPY . .", "COPY --from=b . /", "ONBUILD RUN y"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(lines, max_size=12).map("\n".join))
def test_any_dockerfile_gives_its_steps_or_is_unreadable(text: str) -> None:
    try:
        of_dockerfile(text)
    except Unreadable as error:
        assert str(error)
