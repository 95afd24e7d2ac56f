"""With what a workload's build is rehearsed, and what is on record of a rehearsal of the same inputs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signoff.gather.build_commands import build_runs
from signoff.gather.inputs import inputs_of
from signoff.gather.parts import files
from signoff.model.buildable import Rehearsed
from signoff.model.facts import Unknown
from signoff.model.rehearsal import Rehearsal
from signoff.model.subject import Workload
from signoff.reading.build_steps import BuildStep, Given
from signoff.reading.env_reads.model import ALWAYS
from signoff.reading.routes.paths import fingerprint
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.reading.build_steps import BuildStep, Given

PLACEHOLDER = "signoff-placeholder"
"""In place of a value that the build has and that is not known here, such as a secret's."""


@dataclass(frozen=True, slots=True)
class Planned:
    """`key`: equal where inputs, commands and environment are. `install` and `build`: the environment of each."""

    rehearsal: Rehearsal
    key: str
    install: Mapping[str, str] = field(repr=False)
    build: Mapping[str, str] = field(repr=False)
    placeholders: tuple[str, ...] = ()


async def planned(survey: Survey, workload: Workload, rehearsal: Rehearsal) -> Planned | Unknown:
    """Unknown where git does not say what the inputs are."""
    known, runs = await survey.get(files), await survey.get(build_runs, workload)
    if isinstance(known, Unknown):
        return known
    if isinstance(runs, Unknown):
        return runs
    inputs = inputs_of(survey.subject, workload)
    tree = [part for entry in known.value if inputs.matches(entry.path) for part in (entry.path, entry.object_id)]
    install, build = (_given(runs.steps, argv) for argv in (rehearsal.install, rehearsal.command))
    mine = dict(rehearsal.env)
    stood_in = sorted(name for name, one in {**install, **build}.items() if one.value is None and name not in mine)
    environments = [{**_values(given), **mine} for given in (install, build)]
    shape = (rehearsal.folder, shlex.join(rehearsal.install), shlex.join(rehearsal.command))
    values = (f"{at}{name}={value}" for at, one in enumerate(environments) for name, value in sorted(one.items()))
    key = fingerprint("rehearsal", *tree, "", *shape, *values)
    return Planned(rehearsal, key, environments[0], environments[1], tuple(stood_in))


async def rehearsed(survey: Survey, workload: Workload) -> Rehearsed | Unknown | None:
    """The rehearsal that is kept of these inputs; None without one."""
    if workload.rehearsal is None:
        return None
    known = await planned(survey, workload, workload.rehearsal)
    return known if isinstance(known, Unknown) else survey.systems.rehearsals.get(known.key)


def _given(steps: Sequence[BuildStep], argv: Sequence[str]) -> Mapping[str, Given]:
    """What the build's own step has that runs this command; where none does, what all of them have."""
    for words in (argv, argv[:2]):
        same = [step for step in steps if words and shlex.join(words) in step.command.text]
        if same:
            return _union(same)
    return _union(steps)


def _union(steps: Iterable[BuildStep]) -> dict[str, Given]:

    found: dict[str, Given] = {}
    for step in steps:
        found |= {name: one for name, one in step.environment.names.items() if name not in ALWAYS}
    return found


def _values(given: Mapping[str, Given]) -> dict[str, str]:
    return {name: PLACEHOLDER if one.value is None else one.value for name, one in given.items()}
