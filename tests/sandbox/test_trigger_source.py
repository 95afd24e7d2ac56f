"""Which pushes fire a trigger: branches and tags, files included and ignored, and what is not modelled."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud.devtools.cloudbuild_v1 import Build, BuildTrigger
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.trigger_source import Push, glob_matches, repository_of, why_not, write_source

NAME = "projects/demo/locations/global/triggers/1"


def trigger(push: dict[str, Any] | None = None, **fields: Any) -> Any:
    github = {"owner": "acme", "name": "shop", "push": {"branch": "^main$"} if push is None else push}
    return BuildTrigger.pb(BuildTrigger({"resource_name": NAME, "name": "web", "github": github, **fields}))


def push(ref: str = "refs/heads/main", message: str = "fix", files: tuple[str, ...] = ("web/main.py",)) -> Push:
    return Push(ref, "c" * 40, message, files)


@pytest.mark.parametrize(
    ("filters", "ref", "why"),
    [
        ({"branch": "^main$"}, "refs/heads/main", None),
        ({"branch": "main"}, "refs/heads/not-main-really", None),  # a search, as gcloud's help says
        ({"branch": "^main$"}, "refs/heads/dev", "branch 'dev' does not match '^main$'"),
        ({"branch": "^main$", "invert_regex": True}, "refs/heads/dev", None),
        ({"branch": "^main$", "invert_regex": True}, "refs/heads/main", "branch 'main' matches '^main$'"),
        ({"branch": "^feature/.+"}, "refs/heads/feature/a", None),
        ({"tag": r"^v\d+"}, "refs/tags/v12", None),
        ({"tag": r"^v\d+"}, "refs/heads/v12", "it waits for no branch"),
        ({"branch": ".*"}, "refs/tags/v1", "it waits for no tag"),
    ],
)
def test_branch_and_tag_patterns_decide(filters: dict[str, Any], ref: str, why: str | None) -> None:
    assert why_not(trigger(filters), push(ref)) == why


@pytest.mark.parametrize(
    ("included", "ignored", "files", "why"),
    [
        ([], [], (), None),
        (["web/**"], [], ("web/a/b.py",), None),
        (["web/**"], [], ("shared/mapper.py",), "no changed file is included (web/**)"),
        ([], ["docs/**", "*.md"], ("docs/a.txt", "README.md"), "every changed file is ignored (docs/**, *.md)"),
        ([], ["docs/**"], ("docs/a.txt", "web/a.py"), None),
        (["web/**"], ["web/**/*.md"], ("web/a/README.md",), "every changed file is ignored (web/**/*.md)"),
        (["web/**"], ["web/*.md"], ("web/x.md", "other/a.py"), "no changed file is included (web/**)"),
    ],
)
def test_included_and_ignored_files_decide(
    included: list[str], ignored: list[str], files: tuple[str, ...], why: str | None
) -> None:
    assert why_not(trigger(included_files=included, ignored_files=ignored), push(files=files)) == why


def test_what_fires_no_build_says_why() -> None:
    assert why_not(trigger(disabled=True), push()) == "it is disabled"
    assert why_not(trigger(), push(message="Squash\n\n* one [skip ci]")) == "the commit message skips it"
    assert why_not(trigger({}), push()) == "it waits for no branch"
    pull = BuildTrigger(name="pr", github={"owner": "a", "name": "b", "pull_request": {"branch": ".*"}})
    assert why_not(BuildTrigger.pb(pull), push()) == "pushes do not fire it"
    assert "not modelled" in str(why_not(trigger(filter="_A == 'b'"), push()))


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("**/*.md", "README.md", True),
        ("**/*.md", "a/b/README.md", True),
        ("web/**", "web/a/b.py", True),
        ("web/**", "webber/a.py", False),
        ("web/*", "web/a/b.py", False),
        ("w?b/[a-c]*.py", "web/b1.py", True),
        ("w?b/[^a-c]*.py", "web/b1.py", False),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("[z-a]", "b", False),
        ("[[--]", "-", False),
        ("a+(b)", "a+(b)", True),
        ("[", "[", True),
    ],
)
def test_globs_are_those_of_go_with_double_stars(glob: str, path: str, matches: bool) -> None:
    assert glob_matches(glob, path) is matches


@given(st.text(alphabet="ab/*?[]^-\\.+(){}|$", max_size=12), st.text(alphabet="ab/.", max_size=8))
def test_no_glob_breaks_the_match(glob: str, path: str) -> None:
    glob_matches(glob, path)
    assert glob_matches("**", path)


@pytest.mark.parametrize(
    ("fields", "address", "source"),
    [
        ({"github": {"owner": "acme", "name": "shop"}}, "https://github.com/acme/shop.git", "git_source"),
        ({"source_to_build": {"uri": "/srv/shop.git"}}, "/srv/shop.git", "git_source"),
        (
            {"repository_event_config": {"repository": "projects/p/locations/l/connections/c/repositories/r"}},
            "projects/p/locations/l/connections/c/repositories/r",
            "connected_repository",
        ),
        (
            {"trigger_template": {"repo_name": "shop", "branch_name": "main"}},
            "https://source.developers.google.com/p/demo/r/shop",
            "repo_source",
        ),
    ],
)
def test_each_kind_of_trigger_builds_from_its_kind_of_source(fields: dict[str, Any], address: str, source: str) -> None:
    made = BuildTrigger.pb(BuildTrigger({"resource_name": NAME, **fields}))
    assert repository_of(made) == address
    build = Build.pb()()
    write_source(build, made, "c" * 40)
    assert build.source.WhichOneof("source") == source
    assert "c" * 40 in str(build.source)


def test_a_trigger_without_a_repository_is_refused() -> None:
    with pytest.raises(ApiError, match="has no repository"):
        repository_of(BuildTrigger.pb()(name="x"))
