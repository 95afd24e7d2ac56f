"""Where a build takes its files from: an exact commit of a git remote, or an uploaded archive."""

from __future__ import annotations

import asyncio
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from signoff_sandbox.runtime.process import Processes, base_environment


class SourceError(Exception):
    """The source could not be fetched; the message is what the tool said."""


# The sandbox's own git configuration, and the only one that git reads here: no user's aliases, filters or credentials
# take part. Cloud Build fetches one commit, without submodules and without LFS content.
GIT_CONFIG = """\
[safe]
\tdirectory = *
[protocol "file"]
\tallow = always
[uploadpack]
\tallowAnySHA1InWant = true
[advice]
\tdetachedHead = false
[core]
\tquotePath = false
"""


class _Git:
    """git in one folder, which is made; raises SourceError with what it said."""

    def __init__(self, processes: Processes, folder: Path, home: Path) -> None:
        self._processes, self._folder = processes, folder
        config = home / "gitconfig"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(GIT_CONFIG, encoding="utf-8")
        self._environment = base_environment(home) | {
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CEILING_DIRECTORIES": str(folder.parent),
            "LC_ALL": "C.UTF-8",
        }
        folder.mkdir(parents=True, exist_ok=True)

    async def __call__(self, *arguments: str) -> list[str]:
        """The lines of its output."""
        output: list[str] = []

        def keep(_: str, line: bytes) -> None:
            output.append(line.decode(errors="replace"))

        child = await self._processes.start(
            ["git", *arguments], environment=self._environment, folder=self._folder, on_line=keep
        )
        code = await child.finish()
        if code != 0:
            said = "\n".join(output) or f"git {arguments[0]} ended with exit code {code}"
            raise SourceError(said)
        return output

    async def fetch(self, url: str, revision: str, depth: int) -> str:
        """The commit id of what was fetched."""
        await self("fetch", "--quiet", "--no-tags", f"--depth={depth}", "--", url.removeprefix("git+"), revision)
        return (await self("rev-parse", "--verify", "FETCH_HEAD^{commit}"))[-1].strip()


async def fetch_commit(
    processes: Processes, url: str, revision: str, folder: Path, *, home: Path, log: Callable[[str], None]
) -> str:
    """Put the files of `revision` (branch, tag or full commit id; empty: the remote's HEAD) into `folder`.

    Returns the commit id. The folder has no .git: a build sees files. Raises SourceError.
    """
    git = await asyncio.to_thread(_Git, processes, folder, home)
    await git("init", "--quiet")
    log(f"Fetching {revision or 'HEAD'} of {url}")
    commit = await git.fetch(url, revision or "HEAD", 1)
    await git("checkout", "--quiet", "--detach", commit)
    await asyncio.to_thread(shutil.rmtree, folder / ".git")
    log(f"HEAD is now at {commit}")
    return commit


async def fetch_change(
    processes: Processes, url: str, before: str, after: str, folder: Path, *, home: Path
) -> tuple[str, str, tuple[str, ...]]:
    """Commit id, message and changed files of a push that moved a ref from `before` to `after` (a commit id or ref).

    An empty `before` is the first parent of the commit; one of zeros, as a hook has it for a ref that is new, makes
    every file a changed one, as Cloud Build has it. Raises SourceError.
    """
    git = await asyncio.to_thread(_Git, processes, folder, home)
    await git("init", "--quiet")
    commit = await git.fetch(url, after, 2)
    parents = (await git("rev-list", "--parents", "--max-count=1", commit))[-1].split()[1:]
    start = before if before else (parents or [""])[0]
    if start.strip("0"):
        if start not in parents:
            await git.fetch(url, start, 1)
        changed = await git("diff", "--name-only", "--no-renames", start, commit)
    else:
        changed = await git("ls-tree", "-r", "--name-only", commit)
    message = await git("log", "--max-count=1", "--format=%B", commit)
    return commit, "\n".join(message).strip(), tuple(file for file in changed if file)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an uploaded .tar.gz or .zip into `folder`; nothing lands outside of it. Raises SourceError."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                for entry in opened.infolist():
                    opened.extract(entry, folder)  # zipfile drops absolute roots and `..` itself
                    mode = entry.external_attr >> 16
                    if mode & 0o111 and not entry.is_dir():
                        (folder / entry.filename).chmod(0o755)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise SourceError(f"the source archive cannot be unpacked: {error}") from error
