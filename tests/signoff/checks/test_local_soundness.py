"""Every question to git × every fault: what is only here is never taken for pushed, and no check crashes."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.boundary import Boundary, Fault, Policy, Question
from signoff.checks import merged, pushed
from signoff.model.facts import Known, Ref, Unknown, Why
from signoff.model.judgement import Link, Status
from signoff.model.quoted import Quoted
from signoff.model.source import CommitLine, Landing, MergedFacts, Part, PushedFacts, Relation, SourceFacts
from signoff.model.subject import Commit, Flow
from signoff.walk import CRASHED
from support.local_chain import NOW, UPLOADED, WEB, judged, project_at
from support.repositories import Clone, Remote

FAULTS: tuple[Fault, ...] = ("unreachable", "empty", "half")
"""One that takes the answer's place stands for all: the boundary makes an Unknown of each."""
QUICK = Policy(seconds=10.0, tries=1)
OPERATIONS = (
    "layout", "filters", "status", "remote-url", "ls-remote", "cat-file", "fetch", "rev-list", "merge-base",
    "for-each-ref", "worktree", "stash", "reflog", "email", "commits", "diff-tree", "patch-id", "ls-tree", "has",
)  # fmt: skip


def planted(operation: str, fault: Fault) -> Boundary:
    def plant(question: Question) -> Fault | None:
        return fault if question.operation == operation else None

    return Boundary(QUICK, plant=plant)


@pytest.fixture(scope="module")
def unpushed(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Unpushed commits on a pull request's branch, a moved target, a stash, a submodule that is not pushed, an edit."""
    folder = tmp_path_factory.mktemp("unpushed")
    with pytest.MonkeyPatch.context() as patch:
        clone = project_at(folder, patch)
        library = Remote(folder / "library").clone()
        library.commit({"lib.py": "1\n"})
        library.push()
        other = clone.remote.clone("colleague")
        other.commit({"web/other.py": "moved on\n"})
        other.push()
        clone.switch("feature", new=True)
        clone.git("submodule", "--quiet", "add", f"file://{library.remote.path}", "web/lib")
        clone.commit({"web/app.py": "mine\n"})
        clone.write({"web/app.py": "stashed\n"})
        clone.git("stash", "push", "--quiet")
        clone.write({"web/app.py": "edited\n"})
    return clone


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("flow", get_args(Flow))
async def test_no_fault_makes_local_work_look_shipped(
    unpushed: Clone, operation: str, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNOFF_STATE", str(unpushed.remote.folder / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(unpushed.remote.folder / "gitconfig"))
    for fault in FAULTS:
        links = await judged(unpushed, flow=flow, boundary=planted(operation, fault))
        for link in (Link.COMMITTED, Link.PUSHED, Link.MERGED):
            assert links[link].status not in {Status.PASS, Status.SKIPPED} or (link is Link.MERGED and flow == "push")
            assert CRASHED not in {finding.code for finding in links[link].findings}, (operation, fault, link)


async def test_every_operation_that_is_asked_is_in_the_list_of_faults(
    unpushed: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNOFF_STATE", str(unpushed.remote.folder / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(unpushed.remote.folder / "gitconfig"))
    boundary = Boundary()
    await judged(unpushed, flow="pull-request", boundary=boundary)
    assert {operation for _, operation in boundary.calls} <= set(OPERATIONS)


REF = Ref("git", "origin", NOW, ("git", "ls-remote", "origin"))
IDS = st.sampled_from([Commit(letter * 40) for letter in "abcdef"])
LINES = st.builds(
    CommitLine, IDS, st.just(Quoted("subject")), st.just(Quoted("Ada")), st.just(frozenset({"ada@example.com"})),
    st.sampled_from([NOW, NOW - timedelta(hours=5), NOW + timedelta(hours=1)]), st.just(frozenset({b"web/app.py"})),
)  # fmt: skip
SOURCES = st.builds(
    SourceFacts,
    commit=IDS,
    remote=st.just("origin"),
    has_remote=st.booleans(),
    branch=st.just("main"),
    flow=st.sampled_from(get_args(Flow)),
    now=st.just(NOW),
    head=st.builds(Known, st.none() | IDS, st.just(REF)),
    local=st.sampled_from([None, "main", "feature"]),
    detached=st.booleans(),
    counterpart=st.sampled_from([None, "main", "feature"]),
    operation=st.sampled_from([None, "rebase", "merge"]),
    missing=st.lists(LINES, max_size=5).map(tuple),
    unpublished=st.frozensets(IDS),
    newer=st.integers(0, 3),
    relation=st.sampled_from(get_args(Relation)),
    published=st.sampled_from([None, "feature"]),
)
LANDINGS = st.none() | st.builds(Landing, IDS, st.booleans())
THERE = st.builds(Known, st.booleans(), st.just(REF)) | st.builds(
    Unknown, st.sampled_from(get_args(Why)), st.just(REF), st.just(Quoted("no"))
)
PARTS = st.builds(Part, st.sampled_from(["submodule", "lfs"]), st.binary(min_size=1), IDS, THERE)


@given(SOURCES, st.lists(LINES, max_size=5).map(tuple), LANDINGS, st.lists(PARTS, max_size=2).map(tuple))
def test_pushed_passes_exactly_where_nothing_is_missing(
    source: SourceFacts, missing: tuple[CommitLine, ...], landed: Landing | None, parts: tuple[Part, ...]
) -> None:
    facts = PushedFacts(source, missing, landed, (), parts)
    content = landed is not None and not landed.reverted
    lost = [line for line in missing if source.flow == "push" or line.id in source.unpublished]
    nowhere = not source.has_remote or (source.flow == "push" and source.head.value is None)
    complete = all(isinstance(part.there, Known) and part.there.value for part in parts)
    judgement = pushed.judge(WEB, facts)
    assert (judgement.status is Status.PASS) == (not nowhere and (content or not lost) and complete)
    assert {finding.code for finding in judgement.findings} <= set(pushed.CODES)


@given(SOURCES, st.lists(LINES, max_size=5).map(tuple), LANDINGS, st.booleans())
def test_merged_never_passes_while_content_is_missing(
    source: SourceFacts, missing: tuple[CommitLine, ...], landed: Landing | None, contained: bool
) -> None:
    judgement = merged.judge(WEB, MergedFacts(source, missing, contained, landed))
    if judgement.status is Status.PASS:
        assert source.has_remote and source.head.value is not None
        assert not missing or (landed is not None and not landed.reverted)
    assert {finding.code for finding in judgement.findings} <= set(merged.CODES)


def test_an_upload_is_never_judged_by_the_remote() -> None:
    assert pushed.judge(UPLOADED, PushedFacts(None)).status is Status.SKIPPED


def test_a_remote_of_which_nothing_is_known_is_unknown() -> None:
    assert pushed.judge(WEB, PushedFacts(None)).status is Status.UNKNOWN
