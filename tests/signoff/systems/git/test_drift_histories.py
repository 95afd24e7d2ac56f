"""The drift engine against the slow oracle, on histories that nobody would write by hand."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signoff.systems.git.drift import drift
from signoff.systems.git.drift_newest import newest_touching
from signoff.systems.git.drift_types import Drift, Question
from signoff.systems.git.inputs import Inputs
from signoff.systems.git.process import Git

from .oracle import Oracle
from .repository import FILE, LINK, PROGRAM, SUBMODULE, Content, Node, Repository, changed, merged

PATHS = (
    b"svc/a/main",
    b"svc/a/guide.md",
    b"svc/a/sub",
    b"svc/abc/main",
    b"shared/lib",
    b"Dockerfile",
    b"web",
    b"web/x",
    b"new\nline/\xc3\xa9\xff",
)
INPUTS = (
    [],
    ["svc/a/**"],
    ["svc/abc"],
    ["Dockerfile", "shared/**"],
    ["**", "!**/*.md"],
    ["!svc/**"],
    ["svc/*/main"],
    ["svc/**", "!svc/a/**", "svc/a/guide.md"],
    ["svc/a/sub", "never/was/here"],
    ["svc/a/sub/deep"],
    ["web"],
    ["web/x"],
    ["new\nline/**"],
)
CONTENTS: tuple[Content | None, ...] = (
    b"one\n",
    b"two\n",
    (PROGRAM, b"one\n"),
    (LINK, b"one\n"),
    (SUBMODULE, b"1" * 40),
    (SUBMODULE, b"2" * 40),
    None,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Node]:
    """Commits with none to three parents; their trees merged, taken from one side, reverted, and then edited."""
    nodes = [Node({b"svc/a/main": b"one\n", b"svc/abc/main": b"one\n", b"Dockerfile": (FILE, b"one\n")})]
    for index in range(1, draw(st.integers(3, 14))):
        recent = st.integers(max(0, index - 4), index - 1)
        parents = draw(st.lists(recent, min_size=0 if index > 4 else 1, max_size=3, unique=True))
        tree = nodes[parents[0]].tree if parents else {}
        if len(parents) > 1 and draw(st.booleans()):  # else: -s ours
            base = nodes[max(0, min(parents) - 1)].tree
            for other in parents[1:]:
                tree = merged(tree, nodes[other].tree, base)
        elif draw(st.integers(0, 5)) == 0:
            tree = nodes[draw(st.integers(0, index - 1))].tree  # a revert
        edits = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(CONTENTS), max_size=2)
        times = st.sampled_from((0, 1_600_000_000, 1_800_000_000))  # skewed clocks
        nodes.append(Node(changed(tree, draw(edits)), parents, f"commit {index}", draw(times)))
    return nodes


async def asked(path: Path, head: str, questions: Sequence[Question]) -> dict[str, Drift]:
    async with Git(path) as git:
        return await drift(git, head, questions)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), st.data())
def test_the_engine_agrees_with_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, nodes: list[Node], data: st.DataObject
) -> None:
    repository = Repository(tmp_path_factory.mktemp("history") / "r")
    ids = repository.add(nodes)
    head = ids[-1]
    places = [(commit, patterns) for commit in ids for patterns in INPUTS]
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=12))
    answers = asyncio.run(
        asked(repository.path, head, [Question(str(i), c, Inputs(p)) for i, (c, p) in enumerate(chosen)])
    )
    oracle = Oracle(repository.path)
    for index, (deployed, patterns) in enumerate(chosen):
        answer, opinion = answers[str(index)], oracle.drift(head, deployed, patterns)
        assert (answer.state, frozenset(answer.files)) == (opinion.state, opinion.files)
        assert {missing.commit for missing in answer.commits} == opinion.commits
        assert answer.diverged == opinion.diverged
        assert answer.exact
        for missing in answer.commits:
            assert oracle.landed(head, missing.commit) == missing.landed_at


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_the_newest_touching_commits_have_no_touching_descendants(
    tmp_path_factory: pytest.TempPathFactory, nodes: list[Node]
) -> None:
    repository = Repository(tmp_path_factory.mktemp("history") / "r")
    head = repository.add(nodes)[-1]

    async def newest() -> dict[str, str | None]:
        async with Git(repository.path) as git:
            return await newest_touching(git, head, {str(i): Inputs(p) for i, p in enumerate(INPUTS)})

    answers = asyncio.run(newest())
    oracle = Oracle(repository.path)
    for index, patterns in enumerate(INPUTS):
        answer, opinions = answers[str(index)], oracle.newest_touching(head, patterns)
        assert answer in opinions if opinions else answer is None
