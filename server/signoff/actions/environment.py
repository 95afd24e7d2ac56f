"""What a plan says of environment variables and secrets: names, never what they hold.

signoff itself changes the image alone. A command, a trigger or a build of the team may deploy as well, and set what it
likes: what its file in the commit says of that is compared with what the target has now.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.actions.plan import Deploy
from signoff.actions.site import Site
from signoff.actions.ways.builds import CommandBuild, ConfigBuild, TriggerBuild, UploadBuild
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.reading.errors import Unreadable, as_text

if TYPE_CHECKING:
    from signoff.reading.gcloud import Deploy as Command
    from signoff.reading.gcloud_env import Changes

_SHELLS = {"sh", "bash", "dash", "zsh"}
_REPLACES = re.compile(rb"\brun\W+(?:services|jobs|worker-pools)\W+replace\b")
"""The whole resource by a file of YAML, however the words are written: that file is not read here."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The commands of a file that deploy the workload. `told`: whether the file could be read for them at all."""

    path: str
    commands: Sequence[Command] = ()
    told: bool = True


async def environment(site: Site, item: Deploy, workload: Workload) -> list[Text]:
    """The lines of one workload: what is added, set and removed, and what is kept."""
    names = {name for resource in item.resources for name in resource.variables}
    secrets = {name for resource in item.resources for name in resource.secrets}
    variables = names - secrets
    read = await _read(site, item, workload)
    if read is None:
        return [text("  changes no variable and no secret; kept: {}", _there(variables, secrets))]
    if not read.commands:
        what = "  {} names no gcloud command that changes its variables or secrets; there now: {}"
        if not read.told:
            what = "  what {} does to its variables and secrets can not be read from it; there now: {}"
        return [text(what, read.path, _there(variables, secrets))]
    lines = []
    for command in read.commands:
        done = command.environment
        at = f"{read.path}:{command.line}" if command.line else read.path
        says = [*_said("variables", done.variables, variables), *_said("secrets", done.secrets, secrets)]
        more = "" if done.whole else "; and what is not in its text (variables, files, other containers)"
        lines.append(text("  {} {}{}", at, "; ".join(says) or "changes no variable and no secret", more))
        variables = variables.union(done.variables.names).difference(done.variables.gone(variables))
        secrets = secrets.union(done.secrets.names).difference(done.secrets.gone(secrets))
    return [*lines, text("  there afterwards, by that text: {}", _there(variables, secrets))]


def _said(kind: str, changes: Changes, now: Collection[str]) -> list[str]:
    found = {
        "adds": sorted(changes.names.difference(now)),
        "sets again (values are not compared)": sorted(changes.names.intersection(now)),
        "REMOVES": changes.gone(now),
    }
    return [f"{verb} {kind} {', '.join(names)}" for verb, names in found.items() if names]


def _there(variables: Collection[str], secrets: Collection[str]) -> str:
    return f"variables {', '.join(sorted(variables)) or 'none'}; secrets {', '.join(sorted(secrets)) or 'none'}"


async def _read(site: Site, item: Deploy, workload: Workload) -> _Read | None:
    """The file that the way runs; None where it deploys nothing, so that signoff alone writes."""
    match item.build:
        case CommandBuild(argv=argv):
            words = argv[1:] if argv[0] in _SHELLS and len(argv) > 1 else argv
            path, arguments = words[0], words[1:]
            found = await _commands(site, item, path, workload, arguments)
            return found or _Read(path, told=False)
        case TriggerBuild(trigger=trigger):
            if trigger.config:
                found = await _commands(site, item, trigger.config, workload)
            else:
                found = _of_build(trigger.document.encode(), workload, f"the trigger {trigger.name}")
            return found or _Read(f"the trigger {trigger.name}")
        case ConfigBuild(config=path) | UploadBuild(config=path):
            found = await _commands(site, item, path, workload)
            return found if found is not None and found.commands else None
    return None


async def _commands(
    site: Site, item: Deploy, path: str, workload: Workload, arguments: Sequence[str] | None = None
) -> _Read | None:
    """`arguments`: those of a script; None: it is a configuration of Cloud Build. None: it is no file of the commit."""
    path = posixpath.normpath(path)
    if item.build is None or posixpath.isabs(path) or path.startswith(("../", "-")):
        return None
    data = await site.file_at(item.build.commit, path)
    if data is None:
        return None
    if _REPLACES.search(data):
        return _Read(path, told=False)
    if arguments is None:
        return _of_build(data, workload, path)
    from signoff.reading.gcloud import deploys_in

    try:
        found = deploys_in(as_text(data))
    except Unreadable:
        return _Read(path, told=False)
    return _Read(path, [one for one in found if _is_of(one, workload, arguments)])


def _of_build(data: bytes, workload: Workload, path: str) -> _Read:
    from signoff.reading import cloudbuild

    try:
        found = cloudbuild.read(data).deploys
    except (Unreadable, json.JSONDecodeError):
        return _Read(path, told=False)
    return _Read(path, [one for one in found if _is_of(one, workload, ())])


def _is_of(command: Command, workload: Workload, arguments: Sequence[str]) -> bool:
    """By its name; a script's first argument may be it. A name that is a variable says nothing."""
    name = arguments[0] if command.argument and arguments else command.name
    return command.kind == workload.kind and name == workload.resource
