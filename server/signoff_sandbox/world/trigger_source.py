"""What a trigger watches and builds: its repository, the pushes that fire it, and the source of its builds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from signoff_sandbox.world import git_remotes
from signoff_sandbox.world.errors import failed_precondition

HEADS, TAGS = "refs/heads/", "refs/tags/"
SKIP = ("[skip ci]", "[ci skip]")


@dataclass(frozen=True, slots=True)
class Push:
    """A ref that moved: `files` are those that changed with it, `message` is that of its newest commit."""

    ref: str
    commit: str
    message: str
    files: tuple[str, ...]


def repository_of(trigger: Any) -> str:
    """URL, or resource name, of the repository whose events a trigger watches, else of the one that it builds."""
    if trigger.github.name:
        return git_remotes.github(trigger.github.owner, trigger.github.name)
    if trigger.repository_event_config.repository:
        return str(trigger.repository_event_config.repository)
    if trigger.trigger_template.repo_name:
        template = trigger.trigger_template
        return git_remotes.source_repository(template.project_id or _project(trigger), template.repo_name)
    for source in (trigger.source_to_build, trigger.git_file_source):
        if source.uri or source.repository:
            return str(source.uri or source.repository)
    raise failed_precondition(f"generic::failed_precondition: trigger {trigger.name} has no repository to build")


def write_source(build: Any, trigger: Any, commit: str) -> None:
    """Give a build the trigger's repository at a commit, in the field that Cloud Build uses for that kind."""
    address = repository_of(trigger)
    if trigger.trigger_template.repo_name and not trigger.github.name:
        template = trigger.trigger_template
        build.source.repo_source.project_id = template.project_id or _project(trigger)
        build.source.repo_source.repo_name = template.repo_name
        build.source.repo_source.dir_ = template.dir_
        build.source.repo_source.commit_sha = commit
    elif address.startswith("projects/"):
        build.source.connected_repository.repository = address
        build.source.connected_repository.revision = commit
    else:
        build.source.git_source.url = address
        build.source.git_source.revision = commit


def branch_to_build(trigger: Any) -> str:
    """The ref, or branch, that a trigger builds when nobody says; "" for none in particular."""
    ref = str(trigger.source_to_build.ref)
    filters = _push_filter(trigger)
    # A filter such as `^main$` names just one branch.
    plain = filters[0].removeprefix("^").removesuffix("$") if filters else ""
    return ref or (plain if re.fullmatch(r"[\w./-]+", plain) else "")


def why_not(trigger: Any, push: Push) -> str | None:
    """Why a push to its repository does not fire this trigger; None if it does.

    https://cloud.google.com/build/docs/automating-builds/create-manage-triggers
    """
    filters = _push_filter(trigger)
    if trigger.disabled:
        return "it is disabled"
    if filters is None:
        return "pushes do not fire it"
    if trigger.filter:
        return f"its filter is not modelled by the sandbox: {trigger.filter}"
    branch, tag, inverted = filters
    is_tag = push.ref.startswith(TAGS)
    pattern, kind = (tag, "tag") if is_tag else (branch, "branch")
    name = push.ref.removeprefix(TAGS if is_tag else HEADS)
    if not pattern:
        return f"it waits for no {kind}"
    if (re.search(pattern, name) is not None) == inverted:
        return f"{kind} '{name}' {'matches' if inverted else 'does not match'} '{pattern}'"
    if any(sign in push.message for sign in SKIP):
        return "the commit message skips it"
    return _why_not_files(trigger, push.files)


def _why_not_files(trigger: Any, files: Iterable[str]) -> str | None:
    left = [file for file in files if not any(glob_matches(glob, file) for glob in trigger.ignored_files)]
    if trigger.ignored_files and not left:
        return f"every changed file is ignored ({', '.join(trigger.ignored_files)})"
    included = list(trigger.included_files)
    if included and not any(glob_matches(glob, file) for glob in included for file in left):
        return f"no changed file is included ({', '.join(included)})"
    return None


def _push_filter(trigger: Any) -> tuple[str, str, bool] | None:
    """Branch pattern, tag pattern, and whether they are inverted; None for a trigger that pushes do not fire."""
    for config in (trigger.github, trigger.repository_event_config):
        if config.HasField("push"):
            return config.push.branch, config.push.tag, config.push.invert_regex
    template = trigger.trigger_template
    if template.repo_name:
        return template.branch_name, template.tag_name, template.invert_regex
    return None


def glob_matches(glob: str, path: str) -> bool:
    """Go's filepath.Match extended with `**`: `*` and `?` do not cross a slash, `**` does."""
    pattern, position = "", 0
    while position < len(glob):
        rest = glob[position:]
        part = _GLOB.match(rest)
        if part is None:
            pattern += re.escape(rest[0])
            position += 1
            continue
        text = part.group()
        if text in _SIGNS:
            pattern += _SIGNS[text]
        elif text.startswith("\\"):
            pattern += re.escape(text[1])
        else:
            pattern += _one_of(text[1:-1])
        position += len(text)
    return re.fullmatch(pattern, path, re.DOTALL) is not None


def _one_of(content: str) -> str:
    """The inside of a character class, `a-z_` or `^a-z_`, as a regular expression."""
    inverted, content = content.startswith("^"), content.removeprefix("^")
    parts = ""
    for first, last, single in _RANGE.findall(content):
        if single:
            parts += re.escape(single)
        elif first <= last:  # no character lies in z-a
            parts += f"{re.escape(first)}-{re.escape(last)}"
    return f"[{'^' if inverted else ''}{parts}]" if parts else "(?!)"


_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\\.|\[\^?[^\]]+\]")
_SIGNS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _project(trigger: Any) -> str:
    return str(trigger.resource_name.split("/")[1])
