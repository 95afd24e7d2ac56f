"""Every command with its arguments. Only argparse is imported: `signoff --help` is measured.

A command names its handler as `module:function`, which `signoff.cli.main` imports once it is chosen.
"""

from __future__ import annotations

import argparse
import os

from signoff import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any, NoReturn

    Subparsers = argparse._SubParsersAction[Any]
    Fill = Callable[[argparse.ArgumentParser], None]

LINKS = (
    "committed", "pushed", "merged", "buildable", "schema", "built", "released", "serving", "reachable", "healthy",
    "fresh",
)  # fmt: skip
"""As `model.judgement.Link` has them; that module costs more to import than all of this."""

EXIT_CODES = """\
exit codes:
  0 signed off, or nothing to prove    3 unverified
  1 refused                            4 a bug in signoff
  2 usage or configuration             5 pending        130 interrupted
"""


class Parser(argparse.ArgumentParser):
    """What was typed wrongly may be a secret, or a control sequence out of somebody's script."""

    def error(self, message: str) -> NoReturn:
        from signoff.views.words import name

        super().error(name(message))


class Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse asks shutil for the width, which imports every compression there is."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, max_help_position=26, width=_width(), **options)


def _width() -> int:
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(1).columns
    except (ValueError, OSError):
        columns = 80
    return min(max(columns, 40), 100) - 2


def make_parser(wanted: Container[str] | None = None) -> argparse.ArgumentParser:
    """`wanted`: only these commands get their arguments (None: all); making them all is what takes time."""
    parser = Parser(
        prog="signoff",
        description="An AI coding session cannot sign off until production agrees.",
        epilog=EXIT_CODES,
        formatter_class=Formatter,
    )
    parser.add_argument("--version", action="version", version=f"signoff {__version__}")
    parser.add_argument("-C", dest="directory", metavar="DIRECTORY", default=".", help="run as if started there")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, says, fill in COMMANDS:
        if wanted is None or name in wanted:
            fill(_command(commands, name, says))
        else:
            commands.add_parser(name, help=says, add_help=False, formatter_class=Formatter)
    return parser


def parse(argv: list[str]) -> argparse.Namespace:
    """Exits with 2 on a usage error, and with 0 after --help and --version."""
    place = 2 if argv[:1] == ["-C"] else 0
    if argv[place : place + 1] == ["sandbox"]:  # what follows is the sandbox's own, options included
        argv = [*argv[: place + 1], "--", *argv[place + 1 :]]
    return make_parser(argv).parse_args(argv)


def _command(commands: Subparsers, name: str, says: str) -> argparse.ArgumentParser:
    description = f"{says[0].upper()}{says[1:]}."
    help_too = name != "sandbox"  # its arguments, --help among them, are the sandbox's own
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=says, description=description, formatter_class=Formatter, add_help=help_too
    )
    return made


def _common(parser: argparse.ArgumentParser, handler: str, *, target: bool = True) -> None:
    """What every command has. `target`: it is about a target, and gives a result."""
    parser.set_defaults(handler=handler)
    # The same as before the command; left out there, it does not undo what stood before.
    parser.add_argument(
        "-C", dest="directory", metavar="DIRECTORY", default=argparse.SUPPRESS, help="run as if started there"
    )
    if target:
        parser.add_argument("--target", metavar="NAME", help="a target of signoff.toml (default: its default)")
        parser.add_argument("--json", action="store_true", help="print JSON")


def _workloads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workload", dest="workloads", action="append", metavar="NAME", help="only this (repeatable)")
    _gone(parser)


def _gone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gone",
        action="append",
        metavar="ERROR",
        help="claim that this error is gone: a text of it, /a regular expression/ or its traceback (repeatable)",
    )


def _init(parser: argparse.ArgumentParser) -> None:
    _common(parser, "setup:init", target=False)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--force", action="store_true", help="replace a signoff.toml that is there")
    parser.add_argument("--dry-run", action="store_true", help="print it and write nothing")
    parser.add_argument("--minimal", action="store_true", help="where nothing is found: a small one to fill in")
    parser.add_argument("--offline", action="store_true", help="ask neither git nor the live project")
    parser.add_argument("--project", metavar="ID", help="the Google Cloud project (default: what the files name)")
    parser.add_argument("--region", metavar="NAME", help="its region (default: what the files name)")


def _doctor(parser: argparse.ArgumentParser) -> None:
    _common(parser, "setup:doctor")


def _check(parser: argparse.ArgumentParser) -> None:
    _common(parser, "chain:check")
    parser.add_argument("links", nargs="+", choices=LINKS, metavar="LINK", help=", ".join(LINKS))
    rehearse = "with buildable: run the build's commands in a clean clone of the pushed commit"
    parser.add_argument("--rehearse", action="store_true", help=rehearse)
    _workloads(parser)
    _verbose(parser)


def _smoke(parser: argparse.ArgumentParser) -> None:
    _common(parser, "chain:smoke")
    parser.set_defaults(gone=None)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="default: every service")
    _verbose(parser)


def _logs(parser: argparse.ArgumentParser) -> None:
    _common(parser, "chain:logs")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="default: all")
    _gone(parser)
    _verbose(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    _common(parser, "chain:run")
    _workloads(parser)
    _verbose(parser)


def _verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "--verbose", action="store_true", help="notes too, and how a person can look")


def _deploy(parser: argparse.ArgumentParser) -> None:
    _common(parser, "deploy:deploy")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="default: this session's that are stale")
    parser.add_argument("--image", metavar="DIGEST", help="instead of building: an image by digest, for one workload")
    parser.add_argument(
        "--status",
        nargs="?",
        const="",
        metavar="OPERATION",
        help="deploy nothing: where an operation is (the last one)",
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        metavar="SECONDS",
        help="how long to watch what a pipeline deploys (default: 600)",
    )


def _seconds(written: str) -> float:
    seconds = float(written)
    if not 0 <= seconds <= 86_400:  # nor what is no number
        raise argparse.ArgumentTypeError("has to be from 0 to 86400 seconds")
    return seconds


def _rollback(parser: argparse.ArgumentParser) -> None:
    _common(parser, "deploy:rollback")
    parser.add_argument("workloads", nargs="+", metavar="WORKLOAD", help="services whose traffic goes back")
    parser.add_argument("--to", dest="revision", metavar="REVISION", help="default: the last one that was proven good")


def _job(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    run = _command(actions, "run", "plan to run jobs, and prove their runs")
    _common(run, "deploy:run_job")
    run.add_argument("jobs", nargs="*", metavar="JOB", help="default: this session's that wait for a run")


def _approve(parser: argparse.ArgumentParser) -> None:
    _common(parser, "deploy:approve")
    parser.add_argument("plan", metavar="PLAN", help="the id that deploy showed")


def _handoff(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    write = _command(actions, "write", "walk the chain and write the document; prints its path")
    _common(write, "handoff:write")
    for name, what in (
        ("summary", "what was done"),
        ("problem", "what was wrong"),
        ("root-cause", "why"),
        ("fix", "what mends it"),
    ):
        write.add_argument(f"--{name}", metavar="WORDS", default="", help=f"{what}, in the session's own words")
    write.add_argument("--next", dest="next_steps", metavar="WORDS", action="append", help="a next step (repeatable)")
    _workloads(write)
    read = _command(actions, "read", "show a handoff document")
    _common(read, "handoff:read")
    read.add_argument("name", nargs="?", metavar="NAME", help="default: the latest")


def _record(parser: argparse.ArgumentParser) -> None:
    _common(parser, "record:record")
    parser.add_argument(
        "--output", metavar="FILE", default="signoff-recording.json", help="(default: signoff-recording.json)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_argument("--mask-commits", action="store_true", help="mask commit ids too: git can not follow them then")


def _waive(parser: argparse.ArgumentParser) -> None:
    _common(parser, "waive:waive")
    parser.add_argument("workload", metavar="WORKLOAD")
    parser.add_argument("link", choices=LINKS, metavar="LINK", help=", ".join(LINKS))
    parser.add_argument("--reason", required=True, metavar="WORDS", help="why; it stands in every report")


def _accept(parser: argparse.ArgumentParser) -> None:
    _common(parser, "accept:accept")
    parser.add_argument("workload", metavar="WORKLOAD")


def _serve(parser: argparse.ArgumentParser) -> None:
    _common(parser, "serve:serve", target=False)
    parser.add_argument("--read-only", action="store_true", help="offer no tool that changes a target")
    parser.add_argument("--transport", choices=("stdio", "http"), default="stdio", help="http: on loopback, at /mcp")
    parser.add_argument("--port", type=int, default=8765, metavar="N", help="of http (default: 8765)")


def _demo(parser: argparse.ArgumentParser) -> None:
    _common(parser, "serve:demo", target=False)
    parser.add_argument("--folder", default=".demo", metavar="DIR", help="where all of it happens (default: .demo)")
    parser.add_argument("--fast", action="store_true", help="without the pauses for a person")


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler="serve:sandbox")
    parser.add_argument("arguments", nargs="*", metavar="up|edge|env …")


def _completion(parser: argparse.ArgumentParser) -> None:
    _common(parser, "serve:completion", target=False)
    parser.add_argument("shell", choices=("bash", "zsh"))


COMMANDS: tuple[tuple[str, str, Fill], ...] = (
    ("init", "write signoff.toml from what is found here", _init),
    ("doctor", "git, remote, login, permissions: each trouble with its cure", _doctor),
    ("check", "judge some links of the chain", _check),
    ("run", "judge the whole chain; 0 only when it is signed off", _run),
    ("smoke", "send real requests through the real edge, and prove where they land", _smoke),
    ("logs", "judge the logs of what serves: errors, what must appear, what the session says is gone", _logs),
    ("deploy", "plan a deploy; a person at a terminal says yes", _deploy),
    ("job", "run a job after a yes, and prove its run", _job),
    ("rollback", "plan to send traffic back to a revision that was proven good", _rollback),
    ("approve", "read a plan, say yes, and carry it out", _approve),
    ("handoff", "write or read the handoff document", _handoff),
    ("waive", "say as a person that a link does not count for this commit", _waive),
    ("accept", "say as a person that tokens of smoke requests go where signoff.toml says", _accept),
    ("record", "write what the project is like, masked, as a state for the sandbox", _record),
    ("serve", "be an MCP server", _serve),
    ("demo", "play the story on an embedded Google Cloud", _demo),
    ("sandbox", "run the embedded Google Cloud (up), nginx before it (edge), or say how to reach it (env)", _sandbox),
    ("completion", "print the completion script of a shell", _completion),
)
