"""The demo's world in one folder: a bare remote, a clone, a sandbox. Whatever happens, nothing of it stays running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from signal import SIGINT, SIGTERM
from types import TracebackType
from typing import IO, Any

from signoff.model.errors import SignoffError

MARK = ".signoff-demo"
"""Only a folder that carries this file is ever emptied."""


class DemoError(SignoffError):
    """The demo's world could not be made, or a step of it did not do what the story needs."""

    exit_code = 4


class Stage:
    """Use as a context manager. Children get an environment of their own: no credential, no user's git settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.clone = self.folder / "clone"
        self.remote = self.folder / "remote.git"
        self.env = self._environment()
        self._sandbox: subprocess.Popen[str] | None = None

    def _environment(self) -> dict[str, str]:
        inherited = ("PATH", "TERM", "COLUMNS", "LANG", "NO_COLOR", "PYTHONPATH")
        return {name: os.environ[name] for name in inherited if name in os.environ} | {
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "SIGNOFF_STATE": str(self.folder / "state"),
            "PYTHONPYCACHEPREFIX": str(self.folder / "tmp" / "pycache"),
            "PYTHONUNBUFFERED": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
        }

    def __enter__(self) -> Stage:
        self._empty_folder()
        try:
            self._lay_out()
            self._start_sandbox()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _empty_folder(self) -> None:
        if self.folder.exists() and any(self.folder.iterdir()):
            if not (self.folder / MARK).exists():
                raise DemoError(
                    "the demo's folder has files that are not the demo's",
                    where=str(self.folder),
                    fix="name another one: signoff demo --folder DIR",
                )
            shutil.rmtree(self.folder)
        for made in (self.folder, self.folder / "home", self.folder / "tmp"):
            made.mkdir(parents=True, exist_ok=True)
        (self.folder / MARK).touch()

    def _lay_out(self) -> None:
        with as_file(files("signoff_templates") / "demo" / "project") as project:
            shutil.copytree(project, self.clone, ignore=shutil.ignore_patterns("__pycache__"))
        (self.clone / "gitignore").rename(self.clone / ".gitignore")
        self.quiet("git", "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.quiet("git", "init", "--quiet", "--initial-branch=main")
        self.quiet("git", "remote", "add", "origin", str(self.remote))
        self.quiet("git", "add", "--all")
        self.quiet("git", "commit", "--quiet", "--message", "Report, analysis and extractor")
        self.quiet("git", "push", "--quiet", "--set-upstream", "origin", "main")

    def _start_sandbox(self) -> None:
        argv = [sys.executable, "-m", "signoff_sandbox", "up", "--until-stdin-closes"]
        argv += ["--state", str(self.folder / "sandbox.json"), "--data", str(self.folder / "sandbox")]
        with (self.folder / "sandbox.log").open("w", encoding="utf-8") as log, _unbroken():
            self._sandbox = subprocess.Popen(
                argv,
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                # Ctrl-C in the terminal is the demo's to handle: it ends the sandbox in order.
                start_new_session=True,
            )
        line = _stream(self._sandbox.stdout).readline()
        if not line:
            raise DemoError(
                "the sandbox did not start", where=str(self.folder / "sandbox.log"), fix="read its log there"
            )
        self.env["SIGNOFF_SANDBOX"] = json.loads(line)["grpc"]

    def quiet(self, *argv: str) -> None:
        """A step of the world's making: in the clone, without output, and it has to succeed."""
        done = subprocess.run(
            argv,
            env=self.env,
            cwd=self.clone if self.clone.exists() else self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise DemoError(
                f"{' '.join(argv)} failed: {done.stderr.strip()}", where=str(self.folder), fix="run it again"
            )

    def shown(self, argv: Sequence[str]) -> int:
        """A command that the watcher sees, straight on their terminal; its exit code."""
        with self._child(argv) as child:
            return child.wait()

    def told(self, argv: Sequence[str], line: Callable[[str], None]) -> int:
        """A command whose lines the story passes on and reads; its exit code."""
        with self._child(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            for said in _stream(child.stdout):
                line(said.rstrip("\n"))
        return child.returncode

    @contextmanager
    def _child(self, argv: Sequence[str], **streams: Any) -> Iterator[subprocess.Popen[str]]:
        """A command in the clone, which never outlives an interruption of the story."""
        child: subprocess.Popen[str] | None = None
        try:
            with _unbroken():
                child = subprocess.Popen(
                    argv,
                    env=self.env,
                    cwd=self.clone,
                    stdin=subprocess.DEVNULL,
                    text=True,
                    encoding="utf-8",
                    **streams,
                )
            with child:
                yield child
        except BaseException:
            if child is not None:
                child.terminate()
                try:
                    child.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
            raise

    def close(self) -> None:
        """End the sandbox and with it everything that runs in it."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is None:
            return
        _stream(sandbox.stdin).close()
        sandbox.terminate()
        try:
            sandbox.wait(timeout=10)
        except subprocess.TimeoutExpired:
            sandbox.kill()
            sandbox.wait()
        _stream(sandbox.stdout).close()


@contextmanager
def _unbroken() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait while a child is being started: one that nobody knows yet would be ended by nobody."""
    came: list[int] = []
    kept = {one: signal.signal(one, lambda number, _frame: came.append(number)) for one in (SIGINT, SIGTERM)}
    try:
        yield
    finally:
        for one, handler in kept.items():
            signal.signal(one, handler)
    if came:
        raise KeyboardInterrupt


def _stream(stream: IO[str] | None) -> IO[str]:
    """A pipe that was asked for is there."""
    if stream is None:
        raise RuntimeError("the child was started without this pipe")
    return stream
