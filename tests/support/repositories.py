"""Real repositories for tests: a bare remote and clones of it, with a clock of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signoff.model.subject import Commit

START = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of the first commit; each later one of the same `Remote` is a minute younger."""

_CONFIGURATION = """\
[user]
\tname = Ada
\temail = ada@example.com
[init]
\tdefaultBranch = main
[protocol "file"]
\tallow = always
[advice]
\tdetachedHead = false
"""


class Clone:
    """A working tree. `git(...)` gives the output, stripped; everything raises CalledProcessError on failure."""

    def __init__(self, path: Path, remote: Remote) -> None:
        self.path = path
        self.remote = remote

    def git(self, *argv: str, env: Mapping[str, str] | None = None) -> str:
        return self.remote.run(*argv, cwd=self.path, env=env)

    def write(self, files: Mapping[str, str | None]) -> None:
        """Write files in the working tree; None deletes one."""
        for name, content in files.items():
            file = self.path / name
            if content is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")

    def commit(
        self, files: Mapping[str, str | None], message: str = "Change", *, author: str = "Ada <ada@example.com>"
    ) -> Commit:
        """Write, add and commit exactly these files (also without any); the new commit."""
        self.write(files)
        if files:
            self.git("add", "--all", "--force", "--", *files)
        name, _, email = author.removesuffix(">").partition(" <")
        at = self.remote.tick().strftime("%Y-%m-%dT%H:%M:%SZ")
        env = {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": at,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_COMMITTER_DATE": at,
        }
        self.git("commit", "--quiet", "--allow-empty", "--message", message, env=env)
        return self.head()

    def head(self, revision: str = "HEAD") -> Commit:
        return Commit(self.git("rev-parse", "--verify", f"{revision}^{{commit}}"))

    def push(self, *refspecs: str, force: bool = False) -> None:
        """Push to the remote: the current branch where no refspec is given."""
        forced = ["--force"] if force else []
        self.git("push", "--quiet", *forced, "origin", *(refspecs or (self.branch(),)))

    def branch(self) -> str:
        return self.git("symbolic-ref", "--short", "HEAD")

    def switch(self, branch: str, *, new: bool = False, at: str | None = None) -> None:
        self.git("checkout", "--quiet", *(["-b"] if new else []), branch, *([at] if at else []))

    def pull(self) -> None:
        self.git("pull", "--quiet", "--rebase", "origin", self.branch())

    def merge(self, branch: str, message: str = "Merge") -> Commit:
        """A merge commit, also where the branch could be fast-forwarded."""
        self.git("merge", "--quiet", "--no-ff", "-m", message, branch, env=self.remote.dates())
        return self.head()

    def squash(self, branch: str, message: str = "Squash") -> Commit:
        """What a forge's squash merge makes: one commit with the branch's whole content."""
        self.git("merge", "--quiet", "--squash", branch)
        self.git("commit", "--quiet", "--message", message, env=self.remote.dates())
        return self.head()

    def revert(self, commit: str, *options: str) -> Commit:
        self.git("revert", "--no-edit", *options, commit, env=self.remote.dates())
        return self.head()


class Remote:
    """A bare repository at `path`, with branch main as its default, and the clock of all its clones."""

    def __init__(self, folder: Path, *, object_format: str = "sha1") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "remote.git"
        self._now = START
        (folder / "gitconfig").write_text(_CONFIGURATION, encoding="utf-8")
        self.run("init", "--quiet", "--bare", f"--object-format={object_format}", str(self.path), cwd=folder)

    def tick(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        self._now += by
        return self._now

    def dates(self) -> dict[str, str]:
        at = self.tick().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}

    def clone(self, name: str = "clone", *options: str) -> Clone:
        """A clone with the remote `origin`. `--depth` needs the address of the transport: `file://` is used."""
        path = self.folder / name
        self.run("clone", "--quiet", *options, f"file://{self.path}", str(path), cwd=self.folder)
        return Clone(path, self)

    def head(self, branch: str = "main") -> Commit:
        return Commit(self.run("rev-parse", "--verify", f"refs/heads/{branch}", cwd=self.path))

    def run(self, *argv: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        own = {
            "GIT_CONFIG_GLOBAL": str(self.folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true",
            "LC_ALL": "C",
        }
        done = subprocess.run(
            ["git", *argv],
            cwd=cwd,
            env={**clean, **own, **(env or {})},
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()


def project(folder: Path, files: Mapping[str, str] | None = None) -> Clone:
    """A remote with one pushed commit on main, and a clone of it: a web service, a job, a shared folder, docs."""
    clone = Remote(folder).clone()
    clone.commit(
        files
        or {
            "web/app.py": "print('web')\n",
            "job/main.py": "print('job')\n",
            "shared/util.py": "x = 1\n",
            "docs/readme.md": "docs\n",
        },
        "First",
    )
    clone.push("main")
    clone.git("branch", "--quiet", "--set-upstream-to=origin/main", "main")
    return clone
