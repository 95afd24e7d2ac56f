"""The one door to the git program: children with a clean environment, read in worker threads, ended on cancel.

Parsing a long git output takes as long as git takes to make it, so it happens in the worker thread that reads the
pipe; the event loop stays free.
"""

import asyncio
import contextlib
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar, cast

from signoff.systems.git.child import Child, Input
from signoff.systems.git.errors import GitError

if TYPE_CHECKING:
    import git

T = TypeVar("T")

# Git sets GIT_DIR, GIT_INDEX_FILE and others for its hooks, and they would point every call at another repository
# (https://git-scm.com/docs/githooks). Only what names identity, transport and configuration of the person is kept.
_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_.*|HTTP_.*|PROXY_.*|EXEC_PATH|CEILING_DIRECTORIES|ALLOW_PROTOCOL"
    r"|CONFIG_(COUNT|KEY_\d+|VALUE_\d+|GLOBAL|SYSTEM|NOSYSTEM)|PYTHON_.*)"
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",  # `status` does not rewrite the user's index
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_FLUSH": "0",  # whole buffers down the pipe, not a write for every commit
    "GIT_NO_REPLACE_OBJECTS": "1",  # what was built is the real commit, not its replacement
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",  # git >= 2.45; older ones are kept offline by GIT_ALLOW_PROTOCOL
    "LC_ALL": "C",
}
# A repository's own configuration can name programs; none of them runs because somebody asked for a report.
_OPTIONS = (
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    # Our private repositories are bare ones that we name ourselves: the person's own setting is about others.
    *("-c", "safe.bareRepository=all", "--literal-pathspecs"),
)
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PARALLEL = 8


def load() -> None:
    """Load GitPython, which waits for git's version meanwhile. For a worker thread; what is amiss is told at a use."""
    with contextlib.suppress(ImportError):
        import git  # noqa: F401


def is_object_id(text: str) -> bool:
    """Whether text is a full object id (40 hex digits, or 64 in a SHA-256 repository)."""
    return _HEX.fullmatch(text) is not None


def object_id(text: str) -> str:
    """Text, if it is a full object id; ValueError otherwise. What reaches git's argv as an id goes through here."""
    if not is_object_id(text):
        raise ValueError(f"not a full object id: {text!r}")
    return text


class Children:
    """Starts the git processes of one piece of work, and ends all of them at once."""

    def __init__(
        self, start: Callable[[Sequence[str], int | BufferedReader | None, bool], "git.Git.AutoInterrupt"]
    ) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._running: list[Child] = []
        self._ended = False

    def start(
        self,
        *argv: str,
        stdin: Input = None,
        ok: tuple[int, ...] = (0,),
        network: bool = False,
    ) -> Child:
        """Start ``git ARGV``; use it as a context manager. stdin: see Input; another child's is its ``out``."""
        source = stdin if stdin is None or isinstance(stdin, BufferedReader) else subprocess.PIPE
        child = Child(argv, self._start(argv, source, network), stdin, ok)
        with self._lock:
            self._running.append(child)
            if self._ended:  # in the meantime: the one who ended the others did not see this one
                child.kill()
        return child

    def end(self) -> None:
        """Kill what still runs; nothing more can be started."""
        with self._lock:
            self._ended = True
            for child in self._running:
                child.kill()


class Git:
    """One repository, asked through the git program.

    Opened at the first call (GitPython costs its import only then). ``calls`` counts the processes by subcommand.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: Counter[str] = Counter()
        self._repo: git.Repo | None = None
        self._opening = threading.Lock()
        self._pool = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="signoff-git")

    async def run(
        self,
        *argv: str,
        stdin: bytes | None = None,
        ok: tuple[int, ...] = (0,),
        timeout: float = 60.0,  # noqa: ASYNC109  children are killed on timeout, which asyncio.timeout() alone cannot
        network: bool = False,
    ) -> bytes:
        """The stdout of ``git ARGV``. GitError on an exit code that is not in ok, or after timeout seconds.

        network: the command may talk to a remote; without it every transport is refused, also the silent fetch of
        a partial clone.
        """

        def whole(children: Children) -> bytes:
            with children.start(*argv, stdin=stdin, ok=ok, network=network) as child:
                return child.out.read()

        return await self.work(whole, timeout)

    async def work(self, job: Callable[[Children], T], timeout: float = 60.0) -> T:  # noqa: ASYNC109  as in run
        """Run job in a worker thread; its children die on cancel and after timeout seconds (GitError)."""
        children = Children(self._start)
        submitted = self._pool.submit(job, children)
        future = asyncio.wrap_future(submitted)
        try:
            done, _ = await asyncio.wait([future], timeout=timeout)
        except asyncio.CancelledError:
            await _end(children, submitted, future)
            raise
        if done:
            return future.result()
        await _end(children, submitted, future)
        raise GitError(("(all)",), None, f"no answer in {timeout:g} s".encode(), "timeout")

    def is_shallow(self) -> bool:
        """Whether this clone's history is cut. To be called in a worker thread: it opens the repository."""
        folder = Path(self._open().git_dir)
        with contextlib.suppress(FileNotFoundError):  # a linked worktree says where the shared part is
            folder /= os.fsdecode((folder / "commondir").read_bytes().rstrip(b"\r\n"))
        with contextlib.suppress(FileNotFoundError):  # the file that git itself goes by; it may be left empty
            return (folder / "shallow").stat().st_size > 0
        return False

    def close(self) -> None:
        """Close the repository; running work is awaited."""
        self._pool.shutdown()
        if self._repo is not None:
            self._repo.close()
            self._repo = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _start(self, argv: Sequence[str], stdin: int | BufferedReader | None, network: bool) -> "git.Git.AutoInterrupt":
        repo = self._open()
        from git.exc import GitCommandNotFound

        unset = [name for name in os.environ if name.startswith("GIT_") and not _KEPT.fullmatch(name)]
        # GitPython hands its own environment down and can only add to it.
        prefix = ["env", *(part for name in unset for part in ("-u", name))] if unset else []
        local = {} if network else {"GIT_ALLOW_PROTOCOL": "none"}
        self.calls[argv[0]] += 1
        try:
            return repo.git.execute(
                [*prefix, repo.git.GIT_PYTHON_GIT_EXECUTABLE or "git", *_OPTIONS, *argv],
                istream=cast("BinaryIO", stdin),
                as_process=True,
                env=_ENVIRONMENT | local,
                shell=False,
                start_new_session=True,  # helpers (ssh, remote-https) end with it, and find no terminal to ask at
            )
        except GitCommandNotFound as error:
            raise GitError(argv, None, str(error).encode(), "git-missing") from error

    def _open(self) -> "git.Repo":
        with self._opening:
            if self._repo is None:
                try:
                    import git
                except ImportError as error:  # GitPython's answer to a PATH without git
                    raise GitError((), None, str(error).encode(), "git-missing") from error
                try:
                    self._repo = git.Repo(self.path, search_parent_directories=True)
                except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
                    raise GitError((), None, str(error).encode(), "not-a-repository") from error
            return self._repo


async def _end(children: Children, submitted: "Future[T]", future: "asyncio.Future[T]") -> None:
    """Kill the children, then wait until their thread has seen it; what it raises about that is of no interest."""
    if submitted.cancel():  # it was still in the queue
        return
    children.end()
    await asyncio.wait([future])
    future.exception()
