"""A Cloud Build configuration of the repository, read at one commit, made ready for a build without a trigger."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from signoff.actions.plan_error import PlanError
from signoff.model.subject import Commit

_BUILT_IN = re.compile(r"(?<!\$)\$\{?(COMMIT_SHA|REVISION_ID|SHORT_SHA|BRANCH_NAME)\b")
"""Cloud Build fills these in for builds that a trigger ran, and only for those
(https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values)."""


def read_build_config(raw: bytes, where: str) -> dict[str, Any]:
    """The configuration as data. Values of `substitutions` become strings, as gcloud makes them.

    Raises PlanError where it is no YAML mapping with steps.
    """
    import yaml

    try:
        config = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        raise PlanError("the build configuration is not YAML", where=where, fix="mend the file") from error
    if not isinstance(config, dict) or not config.get("steps"):
        raise PlanError("the build configuration has no steps", where=where, fix="see cloud.google.com/build/docs")
    given = config.get("substitutions")
    if isinstance(given, dict):
        config["substitutions"] = {name: str(value) for name, value in given.items()}
    return config


def trigger_values(config: Mapping[str, Any], commit: Commit, branch: str) -> dict[str, str]:
    """What a trigger would have filled in, of what the configuration asks for: Cloud Build refuses the others."""
    values = {"COMMIT_SHA": commit, "REVISION_ID": commit, "SHORT_SHA": commit[:7], "BRANCH_NAME": branch}
    asked = set(_BUILT_IN.findall(json.dumps(config, default=str)))
    return {name: value for name, value in values.items() if name in asked}
