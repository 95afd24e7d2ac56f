"""`docker build` of real folders: what lands in the image, what fails, and what the digest covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff_sandbox.runtime.dockerfile import DockerfileError
from signoff_sandbox.runtime.imagebuild import build_image
from signoff_sandbox.runtime.images import Image, ImageStore

DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY main.py .
CMD ["python", "main.py"]
"""


class Kitchen:
    """A build context, an image store and the log of the last build."""

    def __init__(self, folder: Path) -> None:
        self.context = folder / "context"
        self.context.mkdir()
        self.images = ImageStore(folder / "images")
        self.log: list[str] = []

    def file(self, name: str, text: str) -> None:
        path = self.context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def build(self, dockerfile: str = DOCKERFILE, target: str | None = None, **arguments: str) -> Image:
        self.log.clear()
        path = self.context.parent / "Dockerfile"
        path.write_text(dockerfile)
        return build_image(self.images, self.context, path, arguments=arguments, log=self.log.append, target=target)


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    return Kitchen(tmp_path)


def tree(image: Image) -> dict[str, str]:
    return {p.relative_to(image.root).as_posix(): p.read_text() for p in image.root.rglob("*") if p.is_file()}


def test_copied_files_and_the_command_make_the_image(kitchen: Kitchen) -> None:
    kitchen.file("main.py", "print('hi')")
    image = kitchen.build()
    assert tree(image) == {"app/main.py": "print('hi')"}
    assert image.config.cmd == ("python", "main.py")
    assert image.config.workdir == "/app"
    assert kitchen.images.get(image.digest) == image


def test_the_same_content_has_the_same_digest_and_other_content_another(kitchen: Kitchen) -> None:
    kitchen.file("main.py", "print('hi')")
    first = kitchen.build()
    kitchen.file("unrelated.txt", "not copied")
    assert kitchen.build().digest == first.digest
    kitchen.file("main.py", "print('ho')")
    assert kitchen.build().digest != first.digest


@pytest.mark.parametrize(
    "changed",
    [
        DOCKERFILE + 'ENV MODE="x"\n',
        DOCKERFILE + "RUN pip install flask\n",
        DOCKERFILE.replace("3.12", "3.13"),
        DOCKERFILE.replace('"main.py"]', '"main.py", "-v"]'),
    ],
)
def test_a_change_of_the_dockerfile_that_changes_the_image_changes_the_digest(kitchen: Kitchen, changed: str) -> None:
    kitchen.file("main.py", "")
    assert kitchen.build(changed).digest != kitchen.build().digest


def test_a_missing_copy_source_fails_as_with_docker(kitchen: Kitchen) -> None:
    with pytest.raises(DockerfileError, match=r"COPY failed: file not found in build context.*stat main\.py"):
        kitchen.build()


def test_a_source_that_dockerignore_leaves_out_is_missing(kitchen: Kitchen) -> None:
    kitchen.file("main.py", "")
    kitchen.file(".dockerignore", "*.py\n")
    with pytest.raises(DockerfileError, match=r"excluded by \.dockerignore"):
        kitchen.build()


def test_dockerignore_patterns_are_anchored_and_can_be_taken_back(kitchen: Kitchen) -> None:
    for name in ("notes.md", "docs/notes.md", "secret/key", "secret/public", "a/b/cache/x", "main.py"):
        kitchen.file(name, name)
    kitchen.file(".dockerignore", "# comment\n/notes.md\nsecret\n!secret/public\n**/cache\n.dockerignore\n")
    assert set(tree(kitchen.build("FROM scratch\nCOPY . /\n"))) == {"docs/notes.md", "secret/public", "main.py"}


def test_copy_cannot_leave_the_context(kitchen: Kitchen) -> None:
    (kitchen.context.parent / "outside.txt").write_text("secret")
    with pytest.raises(DockerfileError, match="file not found"):
        kitchen.build("FROM scratch\nCOPY ../outside.txt /\n")
    (kitchen.context / "link").symlink_to("../outside.txt")
    with pytest.raises(DockerfileError, match="outside the build context"):
        kitchen.build("FROM scratch\nCOPY link /x\n")


def test_a_link_in_the_image_does_not_lead_the_copy_out_of_it(kitchen: Kitchen) -> None:
    (kitchen.context / "folder").mkdir()
    (kitchen.context / "folder" / "escape").symlink_to(kitchen.context.parent)
    kitchen.file("file", "x")
    with pytest.raises(DockerfileError, match="outside the image"):
        kitchen.build("FROM scratch\nCOPY folder /\nCOPY file /escape/file\n")
    assert not (kitchen.context.parent / "file").exists()


def test_stages_are_named_and_only_the_needed_ones_are_built(kitchen: Kitchen) -> None:
    kitchen.file("a.txt", "a")
    image = kitchen.build(
        "FROM scratch AS Base\nCOPY a.txt /from/\n"
        "FROM scratch AS broken\nCOPY nowhere /\n"
        "FROM scratch\nCOPY --from=base /from/a.txt /to/b.txt\n"
    )
    assert tree(image) == {"to/b.txt": "a"}


def test_a_target_stage_can_be_chosen(kitchen: Kitchen) -> None:
    kitchen.file("a.txt", "a")
    text = "FROM scratch AS one\nCOPY a.txt /one\nFROM one AS two\nCOPY a.txt /two\n"
    assert set(tree(kitchen.build(text))) == {"one", "two"}
    assert set(tree(kitchen.build(text, target="one"))) == {"one"}
    with pytest.raises(DockerfileError, match="failed to reach build target nope"):
        kitchen.build(text, target="nope")


def test_what_run_would_have_made_is_said_to_be_missing_and_does_not_fail_the_build(kitchen: Kitchen) -> None:
    kitchen.build("FROM node:22 AS build\nRUN npm run build\nFROM nginx\nCOPY --from=build /dist /srv\n")
    assert any("RUN is not modelled" in line for line in kitchen.log)
    assert any("/dist is not there (RUN is not modelled)" in line for line in kitchen.log)


def test_arguments_and_variables_are_expanded_with_defaults(kitchen: Kitchen) -> None:
    kitchen.file("v1.txt", "1")
    text = (
        "ARG TAG=1.0\nFROM base:${TAG}\nARG TAG\nARG WHICH=v0\nENV HOME_DIR=/srv/${WHICH:-none} OTHER='a b'\n"
        "ENV OLD form of it\nWORKDIR $HOME_DIR\nCOPY ${WHICH}.txt ./\n"
    )
    image = kitchen.build(text, WHICH="v1", TAG="2.0")
    assert image.config.base == "base:2.0"
    assert image.config.env["OTHER"] == "a b"
    assert image.config.env["OLD"] == "form of it"
    assert tree(image) == {"srv/v1/v1.txt": "1"}


def test_the_shell_form_runs_in_a_shell_and_a_new_entrypoint_drops_the_old_command(kitchen: Kitchen) -> None:
    image = kitchen.build('FROM scratch AS a\nCMD exec server --port $PORT\nFROM a\nENTRYPOINT ["run"]\n', target="a")
    assert image.config.cmd == ("/bin/sh", "-c", "exec server --port $PORT")
    image = kitchen.build('FROM scratch AS a\nCMD x\nFROM a\nENTRYPOINT ["run"]\n')
    assert (image.config.entrypoint, image.config.cmd) == (("run",), ())


def test_continued_lines_comments_and_heredocs_are_read(kitchen: Kitchen) -> None:
    image = kitchen.build(
        "# syntax=docker/dockerfile:1\nFROM scratch\nENV A=1 \\\n  # a comment inside\n  B=2\n"
        "COPY <<EOF /etc/conf\nline one\nline two\nEOF\nEXPOSE 8080/tcp\n"
    )
    assert image.config.env == {"A": "1", "B": "2"}
    assert tree(image) == {"etc/conf": "line one\nline two\n"}
    assert image.config.exposed == (8080,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FORM scratch\n", "line 1: unknown instruction: FORM"),
        ("COPY a b\n", "no build stage"),
        ("", "no FROM"),
        ("FROM a b\n", "FROM requires"),
        ("FROM scratch\nCOPY a\n", "requires at least two arguments"),
        ("FROM scratch\nCOPY <<EOF /x\nno end\n", "unterminated heredoc EOF"),
    ],
)
def test_a_dockerfile_that_docker_refuses_is_refused(kitchen: Kitchen, text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        kitchen.build(text)
