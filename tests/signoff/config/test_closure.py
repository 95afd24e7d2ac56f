"""Inputs left out follow the Dockerfile; what can not be followed makes everything count, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.config import Inputs, parse
from signoff.model.subject import WorkloadName
from signoff.systems.git.inputs import Inputs as Patterns

HEAD = '[targets.p]\nproject = "acme"\nregions = ["us-central1"]\nbranch = "main"\n[workloads.web]\nkind = "service"\n'
BUILD = 'build = { config = "cloudbuild.yaml" }\n'
CLOUDBUILD = "steps:\n- name: gcr.io/cloud-builders/docker\n  args: [build, -t, x, -f, web/Dockerfile, .]\n"


def inputs(folder: Path, files: dict[str, str], toml: str = BUILD) -> Inputs:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    return parse((HEAD + toml).encode(), folder / "signoff.toml").inputs[WorkloadName("web")]


def taken(found: Inputs, *paths: str) -> list[str]:
    return [path for path in paths if Patterns(found.patterns).matches(path.encode())]


def test_what_the_dockerfile_of_the_build_copies_counts_and_nothing_else(tmp_path: Path) -> None:
    found = inputs(tmp_path, {"cloudbuild.yaml": CLOUDBUILD, "web/Dockerfile": "FROM x\nCOPY web/src shared/ /app/\n"})
    assert found.origin == "dockerfile"
    assert "web/Dockerfile" in found.says
    assert taken(found, "web/src/a.py", "shared/b/c.py", "web/Dockerfile", "cloudbuild.yaml", "web/x", "README.md") == [
        "web/src/a.py",
        "shared/b/c.py",
        "web/Dockerfile",
        "cloudbuild.yaml",
    ]


def test_a_context_in_a_folder_moves_the_paths_there(tmp_path: Path) -> None:
    files = {"web/Dockerfile": "FROM x\nCOPY . .\n", "web/.dockerignore": "*.md\n**/test\n!keep.md\n"}
    found = inputs(tmp_path, files, 'inputs = { dockerfile = "web/Dockerfile", context = "web" }\n')
    assert taken(found, "web/a", "web/a.md", "web/d/a.md", "web/d/test/x", "web/keep.md", "b", "web/Dockerfile") == [
        "web/a",
        "web/d/a.md",
        "web/keep.md",
        "web/Dockerfile",
    ]
    assert taken(found, "web/.dockerignore") == ["web/.dockerignore"]


def test_an_ignore_file_that_allows_a_few(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM x\nCOPY . .\n", ".dockerignore": "*\n!src\n!package.json\nsrc/secret\n"}
    found = inputs(tmp_path, files, 'inputs = { dockerfile = "Dockerfile" }\n')
    assert taken(found, "src/a/b", "src/secret", "package.json", "web/package.json", "other") == [
        "src/a/b",
        "package.json",
    ]


def test_an_exception_elsewhere_brings_nothing_in(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM x\nCOPY src .\n", ".dockerignore": "**/*.md\n!docs/README.md\n!src/KEEP.md\n"}
    found = inputs(tmp_path, files, 'inputs = { dockerfile = "Dockerfile" }\n')
    assert taken(found, "docs/README.md", "src/KEEP.md", "src/x.md") == ["src/KEEP.md"]


def test_the_dockerfiles_own_ignore_file_wins(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM x\nCOPY . .\n", ".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n"}
    found = inputs(tmp_path, files, 'inputs = { dockerfile = "Dockerfile" }\n')
    assert taken(found, "a", "b") == ["a"]


def test_a_configuration_of_several_images_counts_them_together(tmp_path: Path) -> None:
    two = CLOUDBUILD + "- name: docker\n  args: [build, jobs]\n"
    files = {
        "cloudbuild.yaml": two,
        "web/Dockerfile": "FROM x\nCOPY web .\n",
        "jobs/Dockerfile": "FROM x\nCOPY . .\n",
        ".dockerignore": "jobs\n",
    }
    assert taken(inputs(tmp_path, files), "web/a", "jobs/a", "other") == ["web/a", "jobs/a"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "cloudbuild.yaml can not be read (No such file or directory)"),
        ({"cloudbuild.yaml": "steps: ["}, "cloudbuild.yaml line"),
        ({"cloudbuild.yaml": "steps: []"}, "no docker build step"),
        ({"cloudbuild.yaml": CLOUDBUILD}, "web/Dockerfile can not be read"),
        ({"cloudbuild.yaml": CLOUDBUILD.replace("web/Docker", "$_X/Docker")}, "known only while building"),
        ({"cloudbuild.yaml": CLOUDBUILD, "web/Dockerfile": "FROM x\nCOPY $SRC .\n"}, "line 2 copies $SRC"),
        ({"cloudbuild.yaml": CLOUDBUILD, "web/Dockerfile": "FROM x\n"}, "copies nothing of the repository"),
        ({"cloudbuild.yaml": CLOUDBUILD, "web/Dockerfile": "RUN x\n"}, "before the first FROM"),
    ],
)
def test_what_can_not_be_followed_makes_everything_count(files: dict[str, str], reason: str, tmp_path: Path) -> None:
    found = inputs(tmp_path, files)
    assert (found.patterns, found.origin) == ((), "everything")
    assert reason in found.says


def test_a_link_on_the_way_makes_everything_count(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "web").symlink_to("real")
    found = inputs(
        tmp_path,
        {"Dockerfile": "FROM x\nCOPY web/src .\n"},
        'inputs = { dockerfile = "Dockerfile" }\n',
    )
    assert found.origin == "everything"
    assert "link" in found.says
