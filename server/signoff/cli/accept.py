"""`signoff accept`."""

from __future__ import annotations

import argparse

from signoff.cli.asking import asked
from signoff.cli.output import put, put_json
from signoff.cli.progress import Shown
from signoff.cli.work import work
from signoff.commands.accept import accept as accept_it
from signoff.commands.context import Context
from signoff.model.smoke import Smoke
from signoff.views.words import name


def accept(options: argparse.Namespace) -> int:
    """Asks the person at this terminal to type the workload's name."""

    async def job(context: Context, progress: Shown) -> tuple[Smoke, ...]:
        def ask(question: str) -> str:
            return asked("\n".join(name(line) for line in question.splitlines()), progress)

        return await accept_it(context, options.workload, ask)

    accepted = [name(smoke.called) for smoke in work(options, job)]
    if options.json:
        put_json({"schema": 1, "workload": options.workload, "requests": accepted})
    else:
        put(f"Accepted: {', '.join(accepted)} of {name(options.workload)} go out with their identity.")
    return 0
