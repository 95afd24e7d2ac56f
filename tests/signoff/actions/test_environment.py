"""What a plan says of variables and secrets: compared with what the way of deploying is written to set."""

from __future__ import annotations

from typing import Any

import pytest

from signoff.actions.site import Site
from signoff.model.subject import BuildCommand, BuildTrigger, CloudBuildConfig, Commit
from support.deploying import built_by, plan_of
from support.world import World

from .conftest import Chain
from .test_ways_cloud_build import a_trigger

SCRIPT = """#!/bin/sh
gcloud builds submit --tag "$IMAGE"
gcloud run deploy web --image "$IMAGE" \\
  --set-env-vars "MODE=live,NEW=$VALUE" --update-secrets=KEY=key:latest
gcloud run deploy analysis --image "$IMAGE" --clear-env-vars
"""
NOW = [
    {"name": "MODE", "value": "held-value"},
    {"name": "DATABASE_URL", "value": "held-value"},
    {"name": "TOKEN", "valueSource": {"secretKeyRef": {"secret": "token", "version": "latest"}}},
]


@pytest.fixture
def world(world: World) -> World:
    container = world.service()["template"]["containers"][0] | {"env": NOW}
    world.change(template=world.service()["template"] | {"containers": [container]})
    return world


async def planned(world: World, site: Site, chain: Chain, path: str, content: str, build: Any) -> str:
    commit = world.commit(path, content)
    chain.commit = Commit(commit)
    _, shown = await plan_of(built_by(site, build, commit))
    assert "held-value" not in shown
    return shown


@pytest.mark.parametrize("argv", [("./ship.sh", "web"), ("sh", "ship.sh")])
async def test_what_a_command_of_the_team_is_written_to_set_is_compared_with_what_is_there(
    world: World, site: Site, chain: Chain, argv: tuple[str, ...]
) -> None:
    shown = await planned(world, site, chain, "ship.sh", SCRIPT, BuildCommand(argv))
    assert (
        "ship.sh:3 adds variables NEW; sets again (values are not compared) variables MODE; "
        "REMOVES variables DATABASE_URL; adds secrets KEY\n"
    ) in shown
    assert "there afterwards, by that text: variables MODE, NEW; secrets KEY, TOKEN" in shown
    assert "changes no variable" not in shown


async def test_a_script_that_gets_the_name_is_read_for_this_one(world: World, site: Site, chain: Chain) -> None:
    script = 'gcloud run deploy "$1" --image x --update-env-vars=A=1 $MORE\n'
    shown = await planned(world, site, chain, "ship.sh", script, BuildCommand(("./ship.sh", "web")))
    assert "ship.sh:1 adds variables A; and what is not in its text (variables, files, other containers)" in shown


async def test_a_file_that_replaces_the_whole_service_is_not_called_harmless(
    world: World, site: Site, chain: Chain
) -> None:
    script = "gcloud run services replace service.yaml\n"
    shown = await planned(world, site, chain, "ship.sh", script, BuildCommand(("./ship.sh",)))
    assert "what ship.sh does to its variables and secrets can not be read from it" in shown


async def test_of_a_command_that_is_no_script_nothing_is_promised(world: World, site: Site, chain: Chain) -> None:
    shown = await planned(world, site, chain, "web/page.txt", "no script", BuildCommand(("true",)))
    assert "what true does to its variables and secrets can not be read from it" in shown
    assert "; there now: variables DATABASE_URL, MODE; secrets TOKEN" in shown
    assert "changes no variable" not in shown
    assert "kept too" not in shown


DEPLOYS = """steps:
  - name: gcr.io/google.com/cloudsdktool/cloud-sdk
    entrypoint: gcloud
    args: [run, deploy, web, --image=us-docker.pkg.dev/demo/app/web, "--remove-env-vars=DATABASE_URL"]
images: [us-docker.pkg.dev/demo/app/web]
"""


async def test_a_build_with_a_step_that_deploys_is_compared_too(world: World, site: Site, chain: Chain) -> None:
    shown = await planned(world, site, chain, "ships.yaml", DEPLOYS, CloudBuildConfig("ships.yaml"))
    assert "ships.yaml:4 REMOVES variables DATABASE_URL\n" in shown
    assert "there afterwards, by that text: variables MODE; secrets TOKEN" in shown


async def test_a_trigger_is_read_by_its_file_or_what_it_holds(world: World, site: Site, chain: Chain) -> None:
    a_trigger(world, filename="ships.yaml")
    shown = await planned(world, site, chain, "ships.yaml", DEPLOYS, BuildTrigger("ship-web"))
    assert "ships.yaml:4 REMOVES variables DATABASE_URL\n" in shown
    a_trigger(world)
    shown = await planned(world, site, chain, "web/page.txt", "built alone", BuildTrigger("ship-web"))
    assert "cloudbuild.web.yaml names no gcloud command that changes its variables or secrets; there now" in shown


async def test_where_signoff_alone_writes_nothing_is_changed(world: World, site: Site, chain: Chain) -> None:
    shown = await planned(world, site, chain, "web/page.txt", "plain", CloudBuildConfig("cloudbuild.web.yaml"))
    assert "changes no variable and no secret; kept: variables DATABASE_URL, MODE; secrets TOKEN" in shown
