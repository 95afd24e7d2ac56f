"""One running git process: its input fed, its errors drained, its end checked."""

import contextlib
import os
import signal
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from signoff.systems.git.errors import GitError

if TYPE_CHECKING:
    import subprocess
    from io import BufferedReader

    import git

_STDERR_KEPT = 64 * 1024


class Child:
    """A git process whose stdout is read through ``out``.

    Leaving the context waits for its end and raises GitError on an exit code that is not in ok; call ``stop`` first
    when what was read is enough.
    """

    def __init__(
        self,
        argv: Sequence[str],
        process: "git.Git.AutoInterrupt",
        stdin: bytes | BinaryIO | None,
        ok: tuple[int, ...],
    ) -> None:
        # GitPython's wrapper would end the process when it is collected; it is kept alive with the child.
        self._wrapper = process
        self._process: subprocess.Popen[bytes] = cast("subprocess.Popen[bytes]", process.proc)
        self.argv = tuple(argv)
        self.out = cast("BufferedReader", self._process.stdout)
        self._ok = ok
        self._stopped = False
        self._stderr = bytearray()
        # Both pipes need a reader and a writer of their own: past 64 KiB one side would wait for the other for ever.
        self._threads = [threading.Thread(target=self._drain, daemon=True)]
        if isinstance(stdin, bytes):
            self._threads.append(threading.Thread(target=self._feed, args=(stdin,), daemon=True))
        elif stdin is not None:
            stdin.close()  # the other child hears of it when this one stops reading
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the process: the rest of its output is not needed, and its exit code says nothing."""
        self._stopped = True
        self.kill()

    def kill(self) -> None:
        """Kill the process and its helpers (its whole group)."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        self.out.close()  # before the wait: an unread pipe would hold the process for ever
        code = self._process.wait()
        for thread in self._threads:
            thread.join()
        if kind is None and not self._stopped and code not in self._ok:
            raise GitError(self.argv, code, bytes(self._stderr))

    def _feed(self, data: bytes) -> None:
        pipe = cast("BinaryIO", self._process.stdin)
        with contextlib.suppress(BrokenPipeError):
            pipe.write(data)
        with contextlib.suppress(BrokenPipeError):
            pipe.close()

    def _drain(self) -> None:
        pipe = cast("BinaryIO", self._process.stderr)
        while chunk := pipe.read(8192):
            self._stderr += chunk[: _STDERR_KEPT - len(self._stderr)]
        pipe.close()
