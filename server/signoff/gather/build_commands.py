"""What the build of a workload runs, and what its environment has there, at the subject's commit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from signoff.gather.build_files import build_files
from signoff.model.facts import Unknown
from signoff.model.subject import BuildCommand, BuildTrigger, CloudBuildConfig, Workload
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.reading.build_method import BuildRuns
    from signoff.systems.google.triggers import Trigger


async def build_runs(survey: Survey, workload: Workload) -> BuildRuns | Unknown:
    """Unknown where git does not answer; a trigger that can not be asked is said in `untold`."""
    from signoff.reading import build_method

    known = await survey.get(build_files)
    if isinstance(known, Unknown):
        return known
    files, build = known.value, workload.build
    match build:
        case CloudBuildConfig(config=path):
            by_hand = workload.deploy != "signoff"
            return await asyncio.to_thread(build_method.of_configuration, path, files, open_ended=by_hand)
        case BuildTrigger(trigger=name):
            found = await survey.get(trigger_of, name)
            if isinstance(found, str):
                return build_method.BuildRuns(untold=(found,), open=True)
            given = dict(found.substitutions)
            if found.document:
                return build_method.of_document(found.document.encode(), f"trigger {name}", files, given)
            if found.config:
                return build_method.of_configuration(found.config, files, given)
            return build_method.of_source(".", files)
        case BuildCommand(command=argv):
            return await asyncio.to_thread(build_method.of_command, argv, files)
        case _:
            return build_method.BuildRuns(
                untold=(f"signoff.toml does not say how the image of {workload.name} is built",)
            )


async def trigger_of(survey: Survey, name: str) -> Trigger | str:
    """The trigger, or a sentence on why it is not known."""
    target = survey.subject.target
    places = dict.fromkeys([*target.regions, "global"])
    asked = (survey.systems.triggers.find(target.project, place, name) for place in places)
    answers = await asyncio.gather(*asked)
    found = next((one.value for one in answers if not isinstance(one, Unknown) and one.value is not None), None)
    if found is not None:
        return found
    if any(isinstance(one, Unknown) for one in answers):
        return f"Cloud Build does not say what the trigger {name} is set to"
    return f"there is no trigger {name}"
