"""The door to git, with real processes behind it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.systems.git.errors import GitError
from signoff.systems.git.process import Children, Git, is_object_id, object_id

from .repository import Repository

MEGABYTE = 1_000_000


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "r")
    repository.branch("main", repository.commit({b"web": b"one\n"}))
    return repository


def alias(repository: Repository, name: str, script: str) -> None:
    """Make ``git NAME`` run a script."""
    repository.git("config", f"alias.{name}", f"!{script}")


async def test_output_comes_back_and_calls_are_counted(repository: Repository) -> None:
    async with Git(repository.path) as git:
        assert await git.run("rev-parse", "main") == repository.git("rev-parse", "main").encode() + b"\n"
        assert await git.run("cat-file", "--batch-check", stdin=b"main:web\n") != b""
        assert git.calls == {"rev-parse": 1, "cat-file": 1}


async def test_input_and_output_larger_than_a_pipe_do_not_wait_for_each_other(repository: Repository) -> None:
    alias(repository, "echo-back", "cat")
    async with Git(repository.path) as git:
        data = os.urandom(5 * MEGABYTE)
        assert await git.run("echo-back", stdin=data) == data


async def test_errors_larger_than_a_pipe_do_not_stop_the_output_and_are_kept_in_part(repository: Repository) -> None:
    alias(repository, "flood", f"head -c {MEGABYTE} /dev/zero | tr '\\0' e >&2; echo out; false")
    async with Git(repository.path) as git:
        assert await git.run("flood", ok=(1,)) == b"out\n"
        with pytest.raises(GitError) as caught:
            await git.run("flood")
    assert (caught.value.code, caught.value.kind, caught.value.stderr) == (1, "failed", b"e" * 65536)


async def test_input_that_nobody_reads_is_no_trouble(repository: Repository) -> None:
    async with Git(repository.path) as git:
        assert await git.run("rev-parse", "--git-dir", stdin=b"x" * MEGABYTE) != b""


async def test_input_can_be_made_from_what_another_child_says(repository: Repository) -> None:
    alias(repository, "numbers", "seq 100000; seq 100000 >&2")
    alias(repository, "count", "wc -l")

    def job(children: Children) -> tuple[int, int]:
        with children.start("numbers") as source:
            lines = (line for line in source.out if line.strip().endswith(b"0"))
            with children.start("count", stdin=lines) as child:
                made = int(child.out.read())
        with children.start("numbers") as source, children.start("count", stdin=source.out) as child:
            straight = int(child.out.read())
        return made, straight

    async with Git(repository.path) as git:
        assert await git.work(job) == (10_000, 100_000)


async def test_a_child_in_a_chain_that_fails_is_heard(repository: Repository) -> None:
    def job(children: Children) -> bytes:
        with (
            children.start("rev-list", "1" * 40) as source,
            children.start("diff-tree", "--stdin", stdin=source.out) as child,
        ):
            return child.out.read()

    async with Git(repository.path) as git:
        with pytest.raises(GitError) as caught:
            await git.work(job)
    assert (caught.value.argv[0], caught.value.kind) == ("rev-list", "unknown-object")


async def test_output_left_unread_without_saying_so_is_an_error(repository: Repository) -> None:
    alias(repository, "endless", "yes")

    def read_some(children: Children, stop: bool) -> bytes:
        with children.start("endless") as child:
            some = child.out.read(4)
            if stop:
                child.stop()
            return some

    async with Git(repository.path) as git:
        with pytest.raises(GitError):
            await git.work(lambda children: read_some(children, False))
        assert await git.work(lambda children: read_some(children, True)) == b"y\ny\n"


async def test_cancelling_ends_the_child_and_its_helpers(repository: Repository, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    alias(repository, "slow", f"exec 3>{alive}; echo running >&3; sleep 600 & sleep 600")
    async with Git(repository.path) as git:
        task = asyncio.create_task(git.run("slow"))
        pipe = await asyncio.to_thread(alive.open)
        assert await asyncio.to_thread(pipe.readline) == "running\n"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(pipe.read) == ""  # ends when nobody holds it open any more
        pipe.close()
        assert await git.run("rev-parse", "--git-dir") != b""


async def test_too_long_is_a_timeout_and_the_child_is_gone(repository: Repository, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    alias(repository, "slow", f"exec 3>{alive}; sleep 600")
    async with Git(repository.path) as git:
        reading = asyncio.create_task(asyncio.to_thread(alive.read_bytes))
        with pytest.raises(GitError) as caught:
            await git.run("slow", timeout=0.5)
        assert caught.value.kind == "timeout"
        assert await reading == b""


async def test_a_helper_that_lives_on_with_the_error_pipe_is_not_waited_for(
    repository: Repository, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    os.mkfifo(release)
    script = "import os, sys; os.setsid() if os.fork() == 0 else os._exit(0); sys.stdout.close(); os.close(1)"
    (tmp_path / "linger.py").write_text(f"{script}\nopen({str(release)!r}).read()\n")
    alias(repository, "linger", f"{sys.executable} {tmp_path / 'linger.py'}")
    async with Git(repository.path) as git:
        assert await git.run("linger", timeout=20) == b""
    release.write_bytes(b"")  # the helper was still there to read this


async def test_the_environment_of_a_hook_does_not_lead_astray(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    alias(repository, "see", "env")
    for name in ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -i key")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    async with Git(repository.path) as git:
        seen = dict(line.split("=", 1) for line in (await git.run("see")).decode().splitlines() if "=" in line)
        assert await git.run("rev-parse", "main") == repository.git("rev-parse", "main").encode() + b"\n"
        assert not await asyncio.to_thread(git.is_shallow)
    assert (seen["GIT_SSH_COMMAND"], seen["SSH_AUTH_SOCK"]) == ("ssh -i key", "/agent")
    assert seen["GIT_NO_REPLACE_OBJECTS"] == seen["GIT_LITERAL_PATHSPECS"] == "1"
    assert seen["GIT_OPTIONAL_LOCKS"] == seen["GIT_TERMINAL_PROMPT"] == "0"
    assert "GIT_INDEX_FILE" not in seen


async def test_a_hostile_repository_runs_nothing(repository: Repository, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    hostile.write_text(f"#!/bin/sh\ntouch {tmp_path / 'executed'}\n")
    hostile.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-index-change").symlink_to(hostile)
    repository.git("config", "core.fsmonitor", str(hostile))
    repository.git("config", "core.hooksPath", str(hooks))
    async with Git(repository.path) as git:
        await git.run("status", "--porcelain")
        await git.run("update-index", "--refresh", "-q", ok=(0, 1))
    assert not (tmp_path / "executed").exists()


async def test_without_leave_no_transport_is_used(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    async with Git(repository.path) as git:
        with pytest.raises(GitError) as caught:
            await git.run("ls-remote", f"file://{other.path}")
        assert caught.value.kind == "unreachable"
        assert await git.run("ls-remote", f"file://{other.path}", network=True) == b""


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (("cat-file", "-t", "1" * 40), "unknown-object"),
        (("rev-list", "1" * 40), "unknown-object"),
        (("ls-remote", "https://127.0.0.1:1/x"), "unreachable"),
        (("ls-remote", "/not/there"), "unreachable"),
        (("no-such-command",), "failed"),
    ],
)
async def test_errors_have_a_kind(repository: Repository, argv: tuple[str, ...], kind: str) -> None:
    async with Git(repository.path) as git:
        with pytest.raises(GitError) as caught:
            await git.run(*argv, network=True)
    assert caught.value.kind == kind


async def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "not-there"):
        async with Git(path) as git:
            with pytest.raises(GitError) as caught:
                await git.run("rev-parse", "HEAD")
        assert caught.value.kind == "not-a-repository"


def test_a_machine_without_git_says_so(repository: Repository, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from signoff.systems.git.process import Git\n"
        "from signoff.systems.git.errors import GitError\n"
        "assert 'git' not in sys.modules\n"
        "try: asyncio.run(Git(pathlib.Path(sys.argv[1])).run('status'))\n"
        "except GitError as error: print(error.kind)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(repository.path)],
        env={"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("git-missing\n", "")


def test_only_full_object_ids_pass() -> None:
    assert object_id("a" * 40) == "a" * 40
    assert is_object_id("0" * 64)
    for text in ("", "main", "-" * 40, "A" * 40, "a" * 39, "a" * 40 + "\n", "--output=x"):
        with pytest.raises(ValueError, match="not a full object id"):
            object_id(text)
