"""`signoff waive`."""

from __future__ import annotations

import argparse

from signoff.cli.asking import asked
from signoff.cli.output import put, put_json
from signoff.cli.progress import Shown
from signoff.cli.work import work
from signoff.commands.context import Context
from signoff.commands.waive import waive as waive_it
from signoff.model.judgement import Link
from signoff.model.report import Waiver
from signoff.views.words import name


def waive(options: argparse.Namespace) -> int:
    """Asks the person at this terminal to type the workload's name."""

    async def job(context: Context, progress: Shown) -> Waiver:
        return await waive_it(
            context, options.workload, Link(options.link), options.reason, lambda question: asked(question, progress)
        )

    waiver = work(options, job)
    if options.json:
        put_json({"schema": 1, "workload": waiver.workload, "link": waiver.link.value, "by": name(waiver.by)})
    else:
        put(f"Waived: {waiver.link} of {waiver.workload}, for the commit that is checked out now.")
    return 0
