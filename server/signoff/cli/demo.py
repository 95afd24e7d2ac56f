"""`signoff demo`: play the story in a terminal, at a pace that a person can follow."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

OWN = """\
Now on your own repository:

  signoff init      writes signoff.toml from what it finds, with the reason for each line
  signoff doctor    git, remote, login, permissions: each trouble with its cure
  signoff run       the chain from your working tree to production
"""


def play(folder: Path, *, fast: bool = False) -> int:
    """The exit code. Ctrl-C and SIGTERM at any point end everything that the demo started."""
    from rich.console import Console
    from rich.rule import Rule

    from signoff.demo.stage import Stage
    from signoff.demo.story import Teller
    from signoff.demo.story import play as played

    console = Console(highlight=False, soft_wrap=True)
    watched = sys.stdin.isatty() and sys.stdout.isatty()
    chapters = iter(range(1, 100))

    def chapter(title: str) -> None:
        console.print()
        console.print(Rule(f"[bold]{next(chapters)}  {title}[/bold]", align="left", style="dim"))

    def pause(seconds: float) -> None:
        if watched and not fast:
            time.sleep(seconds)

    def line(said: str) -> None:
        console.print(f"  {said}", markup=False, style="dim")

    def command(said: str) -> None:
        pause(0.8)
        console.print(f"$ {said}", markup=False, style="bold cyan")
        sys.stdout.flush()

    previous = signal.signal(signal.SIGTERM, _end)
    started = time.monotonic()
    try:
        with Stage(folder) as stage:
            tell = Teller(chapter, lambda said: console.print(said, markup=False), command, line, pause)
            handoff = played(stage, tell)
            console.print(f"\nThe handoff: {handoff}", markup=False, style="bold")
            console.print(f"That took {time.monotonic() - started:.0f} s.\n")
            console.print(OWN, markup=False)
            if watched and not fast:
                _stay(stage.env, stage.folder)
    except KeyboardInterrupt:
        console.print(f"\nStopped. Nothing is left running; {folder} can be deleted.", markup=False)
        return 130
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0


def _end(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _stay(env: dict[str, str], folder: Path) -> None:
    """Keep the world up, so that the watcher can break it by hand and ask signoff again."""
    wanted = {name: env[name] for name in ("SIGNOFF_SANDBOX", "SIGNOFF_STATE")}
    wanted["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in wanted.items()]
    (folder / "env").write_text("".join(lines), encoding="utf-8")
    sys.stdout.write(
        "The demo's world stays up until you press Enter. Break it by hand in another terminal:\n\n"
        f"  cd {shlex.quote(str(folder / 'clone'))} && . ../env\n"
        "  echo '# a fix' >> shared/mapper.py && git commit -am 'not pushed' && signoff run\n\n"
    )
    sys.stdout.flush()
    sys.stdin.readline()
