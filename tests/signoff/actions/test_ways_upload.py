"""An upload of a clean export: what is not committed is never in it, and its files prove the commit."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from signoff.actions.site import Site
from signoff.actions.ways.upload import archive
from signoff.model.builds import Upload
from signoff.model.facts import Known, Unknown
from signoff.model.subject import CloudBuildConfig
from signoff.systems.google.source_writer import bucket_of
from signoff.views.words import sentence
from support.deploying import builds_of, built_by, deploy, image_now, plan_of, said
from support.world import SERVICE, World

from .conftest import Chain

UPLOAD = CloudBuildConfig("cloudbuild.web.yaml", "upload")


async def test_an_upload_has_the_commit_and_nothing_of_the_working_tree(world: World, site: Site, chain: Chain) -> None:
    commit = world.commit("web/page.txt", "as committed")
    (world.clone / "web/page.txt").write_text("as edited since")
    (world.clone / "web/secret.txt").write_text("never committed")
    site = built_by(site, UPLOAD, commit)
    chain.commit = site.subject.commit
    _, shown = await plan_of(site)
    assert f"upload a clean export of commit {commit[:12]} to gs://demo_cloudbuild" in shown
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)
    (build,) = builds_of(world, commit)
    source = build["source"]["storageSource"]
    files = await site.systems.sources.files(Upload(source["bucket"], source["object"]), "sha1")
    assert isinstance(files, Known)
    assert files.value is not None
    sent = {file.path.decode(): file.ids for file in files.value}
    listed = [line.split(maxsplit=3) for line in world.git("ls-tree", "-r", commit).splitlines()]
    committed = {path: blob for _, _, blob, path in listed if path != ".gitignore"}
    assert sent.keys() == committed.keys()
    assert all(committed[path] in ids for path, ids in sent.items())
    (world.clone / "web/secret.txt").unlink()


async def test_what_an_upload_proves_is_kept_as_attested_and_the_upload_is_not_built_twice(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "kept")
    site = built_by(site, UPLOAD, commit)
    chain.commit = site.subject.commit
    done = await deploy(site)
    step = next(step for step in done.steps if step.name == "build")
    assert f"it is of commit {commit[:12]} (proven)" in sentence(step.says)
    kept = site.systems.proofs.get(image_now(world).partition("@")[2])
    assert kept is not None
    assert (kept.commit, kept.strength) == (commit, "attested")
    assert (await deploy(site)).outcome == "deployed"
    assert len(builds_of(world, commit)) == 1


async def test_an_upload_whose_ignore_file_hides_an_input_that_the_build_needs_fails_by_name(
    world: World, site: Site, chain: Chain
) -> None:
    (world.clone / ".gcloudignore").write_text("web/main.py\n")
    commit = world.commit("web/page.txt", "hidden")
    site = built_by(site, UPLOAD, commit)
    chain.commit = site.subject.commit
    before = image_now(world)
    done = await deploy(site)
    assert done.outcome == "failed", said(done)
    assert image_now(world) == before


async def test_a_bucket_of_that_name_which_is_somebody_elses_gets_nothing(world: World, site: Site) -> None:
    world.sandbox.request("POST", "/storage/v1/b?project=stranger", {"name": "mine_cloudbuild"})
    await site.writers.deployed("service", SERVICE)  # the sandbox says with its first answer where it speaks HTTP
    sent = await site.writers.sources.upload("mine", "source/1.tgz", b"everything")
    assert isinstance(sent, Unknown)
    assert sent.why == "denied"
    assert sent.detail.contains("does not belong to mine")


def test_the_bucket_is_the_one_of_gcloud() -> None:
    assert bucket_of("demo") == "demo_cloudbuild"
    assert bucket_of("google.com:demo") == "elgoog_com_demo_cloudbuild"


def packed(folder: Path) -> dict[str, str]:
    """Names and contents (links: where they point) of the folder's archive."""
    raw = archive(folder)
    if raw is None:
        return {}
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        found = {}
        for entry in tar:
            opened = tar.extractfile(entry) if entry.isreg() else None
            found[entry.name] = opened.read().decode() if opened else entry.linkname
        return found


def test_an_archive_leaves_out_what_gcloud_leaves_out(tmp_path: Path) -> None:
    for name in ("a.txt", "b.log", "docs/c.txt", ".git/config", "sub/.git.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("docs")
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert packed(tmp_path).keys() == {"a.txt", "docs/c.txt", "link", "sub/.git.txt"}
    assert packed(tmp_path)["link"] == "docs"
    (tmp_path / ".gcloudignore").write_text("docs/\n")
    assert packed(tmp_path).keys() == {"a.txt", "b.log", "link", "sub/.git.txt", ".gitignore", ".gcloudignore"}
    (tmp_path / ".gcloudignore").write_text("#!include:.gitignore\n!b.log\n.gcloudignore\n")
    assert packed(tmp_path).keys() == {"a.txt", "b.log", "docs/c.txt", "link", "sub/.git.txt", ".gitignore"}
    (tmp_path / ".gcloudignore").write_text("*\n")
    assert packed(tmp_path) == {}


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.txt").write_text("a")
    subprocess.run(["touch", "-d", "2001-01-01", str(tmp_path / "two/a.txt")], check=True)
    assert archive(tmp_path / "one") == archive(tmp_path / "two")
