"""An image that somebody else builds: the one of the commit, by digest, and none that is not proven to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.model.subject import Commit, ExistingImage
from signoff.views.words import sentence
from support.deploying import WEB, Told, build_finished, builds_of, built_by, deploy, image_now, plan_of, said
from support.world import World

from .conftest import Chain

PATH = "us-central1-docker.pkg.dev/demo/app/web"
THEIRS = ExistingImage(PATH)


def new_code(world: World, note: str) -> str:
    """A commit that makes another image; it is pushed."""
    code = (world.clone / "web/main.py").read_text(encoding="utf-8")
    return world.commit("web/main.py", f"{code}\n# {note}\n")


def theirs(site: Site, chain: Chain, commit: str, **fields: bool) -> Site:
    chain.commit = Commit(commit)
    return built_by(site, THEIRS, commit, **fields)


async def test_the_image_that_somebody_elses_build_made_of_the_commit_is_served(
    world: World, site: Site, chain: Chain
) -> None:
    commit = new_code(world, "by them")
    name = await build_finished(site, world, commit)
    site = theirs(site, chain, commit)
    _, shown = await plan_of(site)
    assert f"use the image {PATH} that build {name.id} makes of {commit[:12]}" in shown
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)
    (build,) = builds_of(world, commit)
    assert image_now(world).endswith(build["results"]["images"][0]["digest"])


async def test_a_build_of_somebody_else_that_runs_is_waited_for(
    world: World, site: Site, chain: Chain, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    step = f"  - {{name: ubuntu, entrypoint: bash, args: [-c, 'while ! test -e {gate}; do sleep 0.05; done']}}"
    config = (world.clone / "cloudbuild.web.yaml").read_text(encoding="utf-8")
    commit = world.commit("cloudbuild.web.yaml", config.replace("steps:\n", f"steps:\n{step}\n"))
    name = await build_finished(site, world, commit, wait=False)
    told = Told(lambda message: gate.touch() if "waiting for build" in message else None)
    done = await deploy(theirs(site, chain, commit), told)
    assert done.outcome == "deployed", said(done)
    assert [build["id"] for build in builds_of(world, commit)] == [name.id]


async def test_where_nobody_built_the_commit_nothing_is_planned(world: World, site: Site, chain: Chain) -> None:
    commit = new_code(world, "not built")
    with pytest.raises(PlanError, match=f"nobody has built web of commit {commit[:12]} yet"):
        await make(theirs(site, chain, commit), WEB)


async def test_a_tag_alone_is_no_proof_of_the_commit(world: World, site: Site, chain: Chain) -> None:
    commit = new_code(world, "only a tag")
    digest = "sha256:" + "7" * 64
    name = f"projects/demo/locations/us-central1/repositories/app/dockerImages/web@{digest}"
    image = {"name": name, "uri": f"{PATH}@{digest}", "tags": [f"main-{commit[:7]}"]}
    world.sandbox.plant({"dockerImages": [image]})
    with pytest.raises(PlanError, match=f"only a tag says that 777777777777 is built from {commit[:12]}"):
        await make(theirs(site, chain, commit), WEB)
    _, shown = await plan_of(theirs(site, chain, commit, accept_labels=True))
    assert f"use {PATH}@{digest}, whose tag says commit {commit[:12]}" in shown


async def test_a_given_image_is_shown_with_the_commit_that_it_is_of(world: World, site: Site, chain: Chain) -> None:
    first = new_code(world, "given")
    await build_finished(site, world, first)
    digest = builds_of(world, first)[0]["results"]["images"][0]["digest"]
    second = new_code(world, "newer than given")
    site = theirs(site, chain, second)
    given = await make(site, replace(WEB, image=f"{PATH}@{digest}"))
    shown = "\n".join(map(sentence, given.lines))
    assert f"that image is of commit {first[:12]} (proven): it does not hold what is wanted" in shown
    strange = await make(site, replace(WEB, image=f"{PATH}@sha256:{'5' * 64}"))
    assert "which commit that image was built from is not proven" in "\n".join(map(sentence, strange.lines))
