"""What a Cloud Build configuration makes and deploys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.reading.cloudbuild import DockerBuild, read
from signoff.reading.errors import Unreadable
from signoff.reading.gcloud import Deploy

WHOLE = b"""\
substitutions:
  _REGION: europe-west1
  _DIR: web
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, --build-arg, A=1, --build-arg=B, -t, "eu.gcr.io/$PROJECT_ID/web:$SHORT_SHA", -f, "$_DIR/Dockerfile",
           --target=run, .]
  - name: gcr.io/cloud-builders/docker
    dir: jobs
    args: ["build", "--tag=x/jobs", "."]
  - name: gcr.io/kaniko-project/executor:latest
    args: [--destination=x/pool, --context=dir:///workspace/pool]
  - name: gcr.io/google.com/cloudsdktool/cloud-sdk
    entrypoint: gcloud
    args: [run, deploy, web, --image, "eu.gcr.io/$PROJECT_ID/web:$SHORT_SHA", --region, $_REGION]
  - name: gcr.io/google.com/cloudsdktool/cloud-sdk
    entrypoint: bash
    args:
      - -c
      - |
        docker buildx build --push -t x/y -f a/b.Dockerfile a && echo done
        gcloud run jobs update extractor --region=${_REGION} --image x/jobs
images: ["eu.gcr.io/$PROJECT_ID/web:$SHORT_SHA"]
"""


def test_every_way_of_building_and_deploying_is_found() -> None:
    found = read(WHOLE)
    assert found.docker_builds == (
        DockerBuild("web/Dockerfile", ".", ("eu.gcr.io/$PROJECT_ID/web:$SHORT_SHA",), "run", ("A=1", "B")),
        DockerBuild("jobs/Dockerfile", "jobs", ("x/jobs",), None, ()),
        DockerBuild("pool/Dockerfile", "pool", ("x/pool",), None, ()),
        DockerBuild("a/b.Dockerfile", "a", ("x/y",), None, ()),
    )
    assert found.deploys == (
        Deploy("service", "web", 15, "europe-west1"),
        Deploy("job", "extractor", 22, "europe-west1", image="x/jobs"),
    )
    assert found.images == ("eu.gcr.io/$PROJECT_ID/web:$SHORT_SHA",)
    assert found.substitutions == {"_REGION": "europe-west1", "_DIR": "web"}


def test_json_is_read_and_other_steps_do_not_matter() -> None:
    assert read(b'{"steps": [{"name": "node", "args": ["npm", "ci"]}, {"name": "docker", "args": ["push", "x"]}]}') == (
        read(b"steps: [{name: node}]")
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"steps: [", "line"),
        (b"- a", "not a mapping"),
        (b"a: 1", "no list of steps"),
        (b"steps: [{name: docker, args: [build, -t, x]}]", "context can not be told"),
        (b"steps: [{name: docker, args: [build, https://github.com/a/b]}]", "context can not be told"),
        (b"steps: [{name: docker, args: [build, --build-context, a=b, .]}]", "further contexts"),
        (b"steps: [{name: docker, args: [build, $_DIR]}]", "known only while building"),
        (b"steps: [{name: docker, args: [build, ../x]}]", "outside of the repository"),
        (b"x: &x {a: b}\nsteps: [{<<: *x, name: docker}]", "merge keys"),
        (b"a: " + b"[" * 5000, "nested too deeply"),
    ],
)
def test_what_can_not_be_told_is_unreadable(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(data)


words = st.sampled_from(
    ["build", "docker", "-t", "-f", ".", "--target", "gcloud", "run", "deploy", "$_X", "&&", "'", "\\", "a b"]
)
steps = st.dictionaries(
    st.sampled_from(["name", "args", "dir", "entrypoint", "script"]),
    st.lists(words) | words | st.none() | st.integers() | st.dictionaries(words, words),
)


@settings(deadline=1000)
@given(st.lists(steps))
def test_any_steps_are_read_or_unreadable(made: list[object]) -> None:
    import json

    try:
        read(json.dumps({"steps": made}).encode())
    except Unreadable as error:
        assert str(error)


@settings(deadline=1000)
@given(st.binary(max_size=200) | st.text("[]{}:-&*!|>'\"\n <a", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_unreadable(data: bytes) -> None:
    try:
        read(data)
    except Unreadable as error:
        assert str(error)
