"""A child's three pipes, moved by whoever reads its output.

Writing all input first, or reading all output first, waits for ever once a pipe is full (64 KiB on Linux); and threads
of their own for input and errors cost more time than starting git does.
"""

import contextlib
import io
import os
import selectors
from collections.abc import Callable, Iterable
from typing import IO, Any, cast

_CHUNK = 1 << 16
_STDERR_KEPT = 64 * 1024
_LINGER = 0.05


class Pump(io.RawIOBase):
    """The child's output as a raw stream; each read also feeds its input and drains its errors.

    ``errors`` holds what it said on stderr, at most 64 KiB.
    """

    def __init__(self, out: IO[bytes], err: IO[bytes], into: IO[bytes] | None, source: Iterable[bytes]) -> None:
        super().__init__()
        self.errors = bytearray()
        self._out = out
        self._err = err
        self._in = into
        self._source = iter(source)
        self._piece = memoryview(b"")
        # epoll and kqueue would cost a descriptor and more calls than poll does.
        self._selector: selectors.BaseSelector = getattr(selectors, "PollSelector", selectors.SelectSelector)()
        self._selector.register(out, selectors.EVENT_READ, self)
        self._watch(self._selector)

    def drink(self, upstream: "Pump") -> None:
        """The upstream child writes straight into this one: its other pipes are moved along with this one's."""
        upstream._drop(upstream._out, self._selector)
        upstream._watch(self._selector)

    def readable(self) -> bool:
        """For io.BufferedReader."""
        return True

    def fileno(self) -> int:
        """The output's descriptor, to be another child's input."""
        return self._out.fileno()

    def readinto(self, buffer: Any) -> int:
        """The next piece of output; 0 at its end."""
        while not self._turn():
            pass
        return os.readv(self._out.fileno(), [buffer])

    def readall(self) -> bytes:
        """All the output that is left."""
        pieces = []
        while piece := self.read(_CHUNK):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close output and input; errors can still come."""
        for pipe in (self._out, self._in):
            if pipe is not None:
                self._drop(pipe, self._selector)
        super().close()

    def finish(self, ended: Callable[[], bool]) -> None:
        """Close all; errors when they end, or when the child has.

        A helper that lives on (ssh with ControlPersist) may hold them open for ever.
        """
        self.close()
        while not self._err.closed and not ended():
            self._turn(_LINGER)
        while not self._err.closed and self._selector.select(0):
            self._turn(0)
        self._drop(self._err, self._selector)
        self._selector.close()

    def _watch(self, selector: selectors.BaseSelector) -> None:
        if not self._err.closed:
            selector.register(self._err, selectors.EVENT_READ, self)
        if self._in is not None and not self._in.closed:
            os.set_blocking(self._in.fileno(), False)
            selector.register(self._in, selectors.EVENT_WRITE, self)

    def _turn(self, timeout: float | None = None) -> bool:
        """Wait until a pipe moves, and move input and errors; True when there is output, or its end."""
        ready = False
        for key, _ in self._selector.select(timeout):
            pump = cast("Pump", key.data)
            if key.fileobj is self._out:
                ready = True
            elif key.fileobj is pump._in:
                pump._feed(self._selector)
            else:
                pump._drain(self._selector)
        return ready

    def _feed(self, selector: selectors.BaseSelector) -> None:
        into = cast("IO[bytes]", self._in)
        if not self._piece:
            # May wait for another child, while this one works on what it has.
            piece = next(self._source, None)
            if piece is None:
                self._drop(into, selector)
                return
            self._piece = memoryview(piece)
        try:
            self._piece = self._piece[os.write(into.fileno(), self._piece[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it ended, or needs no more
            self._drop(into, selector)

    def _drain(self, selector: selectors.BaseSelector) -> None:
        chunk = os.read(self._err.fileno(), _CHUNK)
        self.errors += chunk[: _STDERR_KEPT - len(self.errors)]
        if not chunk:
            self._drop(self._err, selector)

    def _drop(self, pipe: IO[bytes], selector: selectors.BaseSelector) -> None:
        if pipe.closed:
            return
        for one in (self._selector, selector):
            with contextlib.suppress(KeyError):
                one.unregister(pipe)
        pipe.close()
