"""`built` against a real repository and Google's wire: each situation, its fault and its near-miss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from signoff.checks import built
from signoff.gather.standing import standing
from signoff.model.facts import Unknown
from signoff.model.judgement import Link
from signoff.model.lineage import KeptInMemory, Proof
from signoff.model.report import LinkReport
from support.estate import WEB, Estate, codes, digest, git_source, statuses, words
from support.uploads import archive


async def look(estate: Estate, **options: Any) -> LinkReport:
    return (await estate.links(**options))[Link.BUILT]


def change(estate: Estate, path: str = "web/app.py", content: str = "print('changed')\n", **options: Any) -> str:
    """Commit and push one changed file."""
    commit = estate.clone.commit({path: content}, **options)
    estate.clone.push()
    return commit


async def test_a_build_of_the_commit_passes_and_says_what_it_made(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass")
    assert f"was made from {estate.clone.head()[:7]}" in words(links[Link.BUILT])
    assert links[Link.BUILT].evidence[1].value == estate.clone.head()
    assert links[Link.BUILT].evidence[1].look[:3] == ("gcloud", "builds", "describe")


async def test_missing_commits_are_counted_with_their_authors_and_age(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    change(estate, content="1\n", author="Grace <grace@example.com>")
    change(estate, content="2\n")
    links = await estate.links()
    assert statuses(links) == ("fail", "blocked", "blocked")
    assert codes(links[Link.BUILT]) == [built.BEHIND]
    assert "lacks 2 commits by Ada, Grace, the oldest of 2026-01-01T00:02" in words(links[Link.BUILT])


@pytest.mark.parametrize("path", ["docs/readme.md", "job/main.py", "signoff.toml", "docs/handoffs/1.md"])
async def test_newer_commits_outside_the_inputs_are_not_drift(estate: Estate, path: str) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    change(estate, path)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_shared_folder_is_an_input(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    change(estate, "shared/util.py")
    assert codes(await look(estate)) == [built.BEHIND]


async def test_a_reverted_change_is_not_drift(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.clone.revert(change(estate))
    estate.clone.push()
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_unpushed_commits_are_no_fault_of_the_build(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.clone.commit({"web/app.py": "print('only here')\n"})
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_newer_deployed_commit_of_the_branch_holds_an_older_one(estate: Estate) -> None:
    first = change(estate)
    newer = change(estate, content="print('newer')\n")
    estate.deployed(estate.build(newer, 5), 6)
    assert statuses(await estate.links(commit=first)) == ("pass", "pass", "pass")


async def test_a_commit_that_the_clone_does_not_know_is_unknown_and_never_a_pass(estate: Estate) -> None:
    estate.deployed(estate.build("0123456789abcdef" * 2 + "01234567", 5), 6)
    links = await estate.links()
    assert statuses(links)[0] == "unknown"
    assert codes(links[Link.BUILT]) == [built.UNKNOWN_COMMIT]
    assert "pass" not in statuses(links)[1:]


async def test_a_commit_that_is_not_on_the_branch_is_said_to_be_so(estate: Estate) -> None:
    estate.clone.switch("hotfix", new=True)
    hotfix = estate.clone.commit({"web/app.py": "print('hotfix')\n"})
    estate.clone.switch("main")
    estate.deployed(estate.build(hotfix, 5), 6)
    found = await look(estate)
    assert codes(found) == [built.DIVERGED]
    assert "which is not on the branch" in words(found)
    assert "web/app.py" in words(found)


async def test_a_squash_merge_with_the_same_content_is_not_drift(estate: Estate) -> None:
    estate.clone.switch("feature", new=True)
    feature = estate.clone.commit({"web/app.py": "print('feature')\n"})
    estate.clone.switch("main")
    estate.clone.squash("feature")
    estate.clone.push()
    estate.deployed(estate.build(feature, 5), 6)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


@pytest.mark.parametrize("status", ["QUEUED", "WORKING", "PENDING"])
async def test_a_build_under_way_is_waited_for(estate: Estate, status: str) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.build(change(estate), 9, status=status)
    links = await estate.links()
    assert statuses(links) == ("waiting", "blocked", "blocked")
    assert links[Link.BUILT].waits_on == "time"


async def test_builds_of_the_regions_count_as_well(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5, location="us-central1"), 6)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


SOURCES: list[dict[str, Any]] = [
    {"sourceProvenance": {"resolvedRepoSource": {"repoName": "app", "commitSha": "{commit}"}}},
    {"sourceProvenance": {"resolvedConnectedRepository": {"repository": "app", "revision": "{commit}"}}},
    {"source": {"repoSource": {"repoName": "app", "commitSha": "{commit}"}}},
    {"source": {"gitSource": {"url": "https://example.com/a.git", "revision": "{commit}"}}},
    {"buildTriggerId": "trigger-1", "substitutions": {"COMMIT_SHA": "{commit}"}},
]


@pytest.mark.parametrize("source", SOURCES)
async def test_every_way_in_which_cloud_build_names_the_commit_counts(estate: Estate, source: Any) -> None:
    estate.deployed(estate.build(None, 5, **_filled(source, estate.clone.head())), 6)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


def _filled(value: Any, commit: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, commit) for key, one in value.items()}
    return value.format(commit=commit)


async def test_a_commit_that_the_submitter_states_is_no_proof(estate: Estate) -> None:
    fields = {"substitutions": {"COMMIT_SHA": estate.clone.head()}}
    estate.deployed(estate.build(None, 5, **fields), 6)
    found = await look(estate)
    assert found.status == "unknown"
    assert codes(found) == [built.STATED]
    accepted = await look(estate, workload=replace(WEB, accept_labels=True))
    assert accepted.status == "pass"
    assert codes(accepted) == [built.STATED]
    assert {entry.strength for entry in accepted.evidence} == {"proven", "stated"}


async def test_a_label_alone_is_stated_and_counts_only_where_that_is_accepted(estate: Estate) -> None:
    estate.deployed(digest("made elsewhere"), 6, labels={"commit-sha": estate.clone.head()})
    assert statuses(await estate.links()) == ("unknown", "unknown", "blocked")
    links = await estate.links(replace(WEB, accept_labels=True))
    assert statuses(links) == ("pass", "pass", "pass")
    assert codes(links[Link.BUILT]) == [built.STATED]


async def test_an_image_that_nothing_ties_to_a_commit_is_unknown(estate: Estate) -> None:
    estate.deployed(digest("made elsewhere"), 6)
    links = await estate.links()
    assert statuses(links) == ("unknown", "unknown", "blocked")
    assert codes(links[Link.BUILT]) == [built.UNPROVEN]


async def test_a_platform_image_of_a_built_index_is_proven_by_the_index(estate: Estate) -> None:
    child = digest("child")
    index = estate.build(estate.clone.head(), 5)
    estate.image(index, children=[child, digest("arm")])
    estate.deployed(child, 6)
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass")
    assert "as part of index" in words(links[Link.BUILT])


async def test_an_image_promoted_by_copy_keeps_its_lineage(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5, name="web-staging")
    estate.deployed(made, 6)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_two_builds_of_one_digest_prove_what_the_better_one_holds(estate: Estate) -> None:
    first = estate.clone.head()
    newest = change(estate)
    same = estate.build(newest, 5)
    estate.build(first, 8, image=same)
    estate.deployed(same, 9)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_proof_is_kept_when_the_build_record_vanishes(estate: Estate) -> None:
    made = digest("vanished")
    estate.deployed(made, 6)
    async with estate.survey() as survey:
        kept = KeptInMemory()
        kept.put(Proof(made, estate.clone.head(), "proven", "projects/p/locations/global/builds/1"))
        survey.systems.proofs = kept
        facts = await standing(survey, WEB)
        assert not isinstance(facts, Unknown)
        assert built.judge(WEB, facts).status == "pass"


async def test_what_a_build_proves_is_kept_and_what_is_stated_is_not(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    stated = estate.build(None, 5, name="other", substitutions={"COMMIT_SHA": estate.clone.head()})
    estate.service(estate.revision(1, stated, 6), estate.revision(2, made, 7), shares={0: 50, 1: 50}, pinned=True)
    async with estate.survey() as survey:
        await standing(survey, WEB)
        proof = survey.systems.proofs.get(made)
        assert proof is not None
        assert (proof.commit, proof.strength) == (estate.clone.head(), "proven")
        assert proof.source.endswith(f"builds/{proof.source.rpartition('/')[2]}")
        assert survey.systems.proofs.get(stated) is None


async def test_a_stated_commit_never_outweighs_a_proven_one_of_the_same_digest(estate: Estate) -> None:
    first = estate.clone.head()
    newest = change(estate)
    same = estate.build(first, 5)
    estate.build(None, 8, image=same, substitutions={"COMMIT_SHA": newest})
    estate.deployed(same, 9)
    assert (await look(estate, workload=replace(WEB, accept_labels=True))).status == "fail"


async def test_a_build_of_another_branch_does_not_hide_how_far_the_branch_is_behind(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.clone.switch("other", new=True)
    other = estate.clone.commit({"web/other.py": "1\n"})
    estate.clone.switch("main")
    change(estate)
    estate.build(other, 9, tag="pr-1")
    links = await estate.links()
    assert codes(links[Link.BUILT]) == [built.BEHIND]
    assert statuses(links) == ("fail", "blocked", "blocked")


async def test_denied_builds_are_unknown_and_traffic_is_still_judged(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.sandbox.fault("google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", code="PERMISSION_DENIED")
    assert statuses(await estate.links()) == ("unknown", "unknown", "blocked")


async def test_a_login_that_is_not_accepted_is_one_finding(estate: Estate) -> None:
    estate.deployed(estate.build(estate.clone.head(), 5), 6)
    estate.sandbox.fault("google.*", code="UNAUTHENTICATED")
    report = await estate.report()
    assert [finding.code for finding in report.general] == ["identity/expired"]
    assert report.verdict == "unverified"


# Uploaded sources: the archive decides.


@pytest.mark.parametrize("options", [{}, {"folder": "web/"}, {"line_end": "\r\n"}])
async def test_an_upload_with_the_files_of_the_commit_is_proven_file_by_file(estate: Estate, options: Any) -> None:
    estate.deployed(estate.build(None, 5, **archive(estate, **options)), 6)
    links = await estate.links()
    assert statuses(links) == ("pass", "pass", "pass"), words(links[Link.BUILT])
    assert "source files" in [entry.field for entry in links[Link.BUILT].evidence]


@pytest.mark.parametrize("changes", [{"web/app.py": "dirty\n"}, {"web/new.py": "untracked\n"}, {"web/app.py": None}])
async def test_an_upload_of_a_dirty_tree_is_named_with_its_files(estate: Estate, changes: Any) -> None:
    change(estate, "web/second.py")
    estate.deployed(estate.build(None, 5, **archive(estate, changes)), 6)
    links = await estate.links()
    assert statuses(links) == ("fail", "blocked", "blocked")
    assert codes(links[Link.BUILT]) == [built.DIFFERS]
    assert next(iter(changes)) in words(links[Link.BUILT])


async def test_dirty_files_outside_the_inputs_do_not_matter(estate: Estate) -> None:
    estate.deployed(estate.build(None, 5, **archive(estate, {"docs/readme.md": "dirty\n", "notes.txt": "x\n"})), 6)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_an_older_upload_is_behind_by_the_commits_that_it_lacks(estate: Estate) -> None:
    fields = archive(estate)
    change(estate)
    estate.deployed(estate.build(None, 5, **fields), 6)
    found = await look(estate)
    assert codes(found) == [built.BEHIND]
    assert "lacks 1 commit" in words(found)


async def test_what_an_ignore_file_keeps_out_of_the_upload_is_told(estate: Estate) -> None:
    change(estate, "web/tests/test_app.py")
    change(estate, ".gcloudignore", "tests/\n")
    estate.deployed(estate.build(None, 5, **archive(estate, {"web/tests/test_app.py": None})), 6)
    found = await look(estate)
    assert found.status == "pass"
    assert codes(found) == [built.LEFT_OUT]
    assert found.findings[0].severity == "note"


async def test_an_archive_that_is_gone_is_unknown(estate: Estate) -> None:
    source = {"bucket": "gone", "object": "source/1.tgz", "generation": "1"}
    estate.deployed(estate.build(None, 5, source={"storageSource": source}), 6)
    assert statuses(await estate.links())[0] == "unknown"


async def test_a_source_that_only_names_a_branch_is_not_resolved_by_guessing(estate: Estate) -> None:
    fields = git_source(estate.clone.head()) | {"sourceProvenance": {}}
    estate.deployed(estate.build(None, 5, **fields), 6)
    assert statuses(await estate.links())[0] == "unknown"
