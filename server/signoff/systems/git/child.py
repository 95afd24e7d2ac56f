"""One running git process: its pipes, and its end checked."""

import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from io import BufferedReader
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

from signoff.systems.git.errors import GitError
from signoff.systems.git.pump import Pump

if TYPE_CHECKING:
    import subprocess

    import git

# Data, data as it is made, or another child's output.
Input = bytes | Iterator[bytes] | BufferedReader | None
_BUFFER = 1 << 16


class Child:
    """A git process whose stdout is read through ``out``.

    Leaving the context waits for its end and raises GitError on an exit code that is not in ok; call ``stop`` first
    when what was read is enough.
    """

    def __init__(
        self,
        argv: Sequence[str],
        process: "git.Git.AutoInterrupt",
        stdin: Input,
        ok: tuple[int, ...],
    ) -> None:
        # GitPython's wrapper would end the process when it is collected; it is kept alive with the child.
        self._wrapper = process
        self._process: subprocess.Popen[bytes] = cast("subprocess.Popen[bytes]", process.proc)
        self.argv = tuple(argv)
        self._ok = ok
        self._stopped = False
        out, err = cast("IO[bytes]", self._process.stdout), cast("IO[bytes]", self._process.stderr)
        source = () if stdin is None or isinstance(stdin, BufferedReader) else stdin
        self._pump = Pump(out, err, self._process.stdin, (source,) if isinstance(source, bytes) else source)
        self.out: BufferedReader = BufferedReader(cast("Any", self._pump), _BUFFER)
        if isinstance(stdin, BufferedReader):
            self._pump.drink(cast("Pump", stdin.raw))

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
        self._pump.finish(lambda: self._process.poll() is not None)
        code = self._process.wait()
        if kind is None and not self._stopped and code not in self._ok:
            raise GitError(self.argv, code, bytes(self._pump.errors))
