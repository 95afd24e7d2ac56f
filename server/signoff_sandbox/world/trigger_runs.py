"""A trigger runs: its configuration is read from the commit, and a build of that commit begins."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from google.cloud.devtools.cloudbuild_v1.types import Build
from google.protobuf import json_format

from signoff_sandbox.runtime.sources import SourceError, fetch_commit
from signoff_sandbox.world import build_making, git_remotes
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import failed_precondition, invalid_argument
from signoff_sandbox.world.store import copy_of
from signoff_sandbox.world.trigger_source import HEADS, TAGS, branch_to_build, repository_of, write_source

_COMMIT = re.compile(r"[0-9a-f]{40}")


async def run(
    cloud: Cloud, trigger: Any, revision: str, names: Mapping[str, str], substitutions: Mapping[str, str]
) -> Any:
    """Build a revision of the trigger's repository; the build's operation.

    `revision` is a ref or a commit id, "" for the repository's HEAD; `names` are the substitutions that name it;
    `substitutions` are those of this run.
    """
    if trigger.disabled:
        raise failed_precondition(f"generic::failed_precondition: trigger {trigger.name} is disabled")
    address = repository_of(trigger)
    scratch = Path(tempfile.mkdtemp(prefix="trigger-", dir=cloud.machine.folder))
    try:
        commit = await fetch_commit(
            cloud.machine.processes,
            git_remotes.clone_address(cloud, address),
            revision,
            scratch / "tree",
            home=scratch / "home",
            log=lambda _: None,
        )
        build = _build(trigger, scratch / "tree")
    except SourceError as error:
        raise failed_precondition(
            f"generic::failed_precondition: could not resolve {revision or 'HEAD'} of {address}: {error}"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    write_source(build, trigger, commit)
    for key, value in {**trigger.substitutions, **substitutions}.items():
        build.substitutions[key] = value
    build.tags.extend([*trigger.tags, f"trigger-{trigger.id}"])
    build.service_account = build.service_account or trigger.service_account
    return build_making.start(
        cloud,
        trigger.resource_name.partition("/triggers/")[0],
        build,
        trigger_id=trigger.id,
        built_in=_built_in(trigger, address, commit, names),
        approval_required=trigger.approval_config.approval_required,
    )


def _built_in(trigger: Any, address: str, commit: str, names: Mapping[str, str]) -> dict[str, str]:
    """https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values#using_default_substitutions"""
    path = git_remotes.same(address)
    return {
        **names,
        "COMMIT_SHA": commit,
        "REVISION_ID": commit,
        "SHORT_SHA": commit[:7],
        "REPO_NAME": path.rpartition("/")[2],
        "REPO_FULL_NAME": "/".join(path.split("/")[-2:]),
        "TRIGGER_NAME": trigger.name,
        "TRIGGER_BUILD_CONFIG_PATH": "" if trigger.HasField("build") else _config_path(trigger),
    }


def asked(trigger: Any, source: Any) -> tuple[str, dict[str, str]]:
    """What a RepoSource asks for, else the ref that the trigger watches, and the substitutions that name it."""
    if source.commit_sha:
        return source.commit_sha, {}
    if source.tag_name:
        return named(f"{TAGS}{source.tag_name}")
    branch = (source.branch_name or branch_to_build(trigger)).removeprefix(HEADS)
    if not branch or _COMMIT.fullmatch(branch):
        return branch, {}
    return named(branch if branch.startswith(TAGS) else f"{HEADS}{branch}")


def named(ref: str) -> tuple[str, dict[str, str]]:
    """A ref of a branch or of a tag, and the substitutions that name it."""
    if ref.startswith(TAGS):
        name = ref.removeprefix(TAGS)
        return ref, {"TAG_NAME": name, "REF_NAME": name}
    name = ref.removeprefix(HEADS)
    return ref, {"BRANCH_NAME": name, "REF_NAME": name}


def _config_path(trigger: Any) -> str:
    return str(trigger.filename or trigger.git_file_source.path or "cloudbuild.yaml")


def _build(trigger: Any, tree: Path) -> Any:
    """The trigger's own build, or the one of its file at that commit."""
    if trigger.HasField("build"):
        return copy_of(trigger.build)
    path = (tree / _config_path(trigger)).resolve()
    if not path.is_relative_to(tree.resolve()) or not path.is_file():
        raise failed_precondition(f"generic::failed_precondition: {_config_path(trigger)} is not in the repository")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return json_format.ParseDict(content or {}, Build.pb()())
    except (yaml.YAMLError, json_format.ParseError) as error:
        raise invalid_argument(f"{_config_path(trigger)} is no build: {error}", filename="unreadable") from error
