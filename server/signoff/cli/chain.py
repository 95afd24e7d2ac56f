"""`signoff check`, `signoff smoke`, `signoff logs` and `signoff run`."""

from __future__ import annotations

import argparse
import sys

from signoff.check import Progress
from signoff.cli.output import put, put_json
from signoff.cli.work import claims_of, work
from signoff.commands.context import Context
from signoff.model.judgement import Link
from signoff.model.report import EXIT_CODES, Report


def check(options: argparse.Namespace) -> int:
    """Some links; the exit code is that of their verdict."""
    links = [Link(link) for link in options.links]
    if options.rehearse:  # what is not pushed is not rehearsed, and the report says so
        links = [*dict.fromkeys([Link.PUSHED, Link.BUILDABLE, *links])]
    return _judge(options, links, rehearse=options.rehearse)


def smoke(options: argparse.Namespace) -> int:
    """Real requests to what serves."""
    options.workloads = options.workloads or None
    return _judge(options, [Link.REACHABLE])


def logs(options: argparse.Namespace) -> int:
    """What the logs say of what serves."""
    options.workloads = options.workloads or None
    return _judge(options, [Link.HEALTHY])


def run(options: argparse.Namespace) -> int:
    """The whole chain."""
    return _judge(options, None)


def _judge(options: argparse.Namespace, links: list[Link] | None, *, rehearse: bool = False) -> int:
    async def job(context: Context, progress: Progress) -> Report:
        from signoff.commands.run import run as walk

        claims = claims_of(options)
        return await walk(context, links, options.workloads, progress, claims=claims, rehearse=rehearse)

    report = work(options, job)
    show(report, as_json=options.json, verbose=options.verbose)
    return EXIT_CODES[report.verdict]


def show(report: Report, *, as_json: bool, verbose: bool = False) -> None:
    """JSON, the board on a terminal, or text in a pipe."""
    if as_json:
        from signoff.views.structure import as_json as structure

        put_json(structure(report))
    elif sys.stdout.isatty():
        from rich.console import Console

        from signoff.views.board import show as show_board

        show_board(report, Console(highlight=False), verbose=verbose)
    else:
        from signoff.views.text import as_text

        put(as_text(report))
