"""signoff as a process in a world: at a real terminal where a person types, or piped."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from threading import Thread

from support.interrupts import heeded
from support.server import environment
from support.world import World

SIGNOFF = (sys.executable, "-m", "signoff")
AGENTS = ("CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX")


def surroundings(world: World, **more: str) -> dict[str, str]:
    """Of a person: no agent's mark, no colours."""
    kept = {name: value for name, value in environment(**world.environment).items() if name not in AGENTS}
    return kept | {"NO_COLOR": "1", "TERM": "dumb"} | more


def at_a_terminal(
    world: World,
    *arguments: str,
    typed: str | None,
    command: Sequence[str] = SIGNOFF,
    interrupt_when: Callable[[], bool] | None = None,
    interrupt_again_at: str | None = None,
    **more: str,
) -> tuple[int, str]:
    """Type a line (None: nothing) once the command asks for it; its exit code, and what the terminal showed.

    `interrupt_when`: after that it is interrupted (Ctrl-C) as soon as this is true;
    `interrupt_again_at`: and once more when these words are shown.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command, *arguments],
        cwd=world.clone,
        env=surroundings(world, **more),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=heeded,
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            asked_before, shown = b"to do it: " in shown, shown + chunk
            if b"to do it: " in shown and not asked_before:
                if typed is not None:
                    os.write(ours, typed.encode() + b"\n")
                if interrupt_when is not None:
                    Thread(target=_interrupt, args=(process, interrupt_when)).start()
            if interrupt_again_at is not None and interrupt_again_at.encode() in shown:
                interrupt_again_at = None
                process.send_signal(signal.SIGINT)
        os.close(ours)
        return process.wait(timeout=60), shown.decode()


def _interrupt(process: subprocess.Popen[bytes], when: Callable[[], bool]) -> None:
    while process.poll() is None:
        if when():
            process.send_signal(signal.SIGINT)
            return


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux: the other end was closed
        return b""


def piped(world: World, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """As a script runs it: nobody is at a terminal. `more`: variables of its environment."""
    return subprocess.run(
        [*SIGNOFF, *arguments],
        cwd=world.clone,
        env=surroundings(world, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
