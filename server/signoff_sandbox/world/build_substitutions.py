"""Substitutions in builds: $NAME and ${NAME} in what a build says, `$$` for a dollar.

https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import BuildOptions

from signoff_sandbox.world.errors import invalid_argument

#: Known everywhere; those of a commit have a value only in builds that a trigger ran, and are empty in others.
BUILT_IN = frozenset(
    {
        "PROJECT_ID",
        "PROJECT_NUMBER",
        "BUILD_ID",
        "LOCATION",
        "TRIGGER_NAME",
        "TRIGGER_BUILD_CONFIG_PATH",
        "COMMIT_SHA",
        "REVISION_ID",
        "SHORT_SHA",
        "REPO_NAME",
        "REPO_FULL_NAME",
        "BRANCH_NAME",
        "TAG_NAME",
        "REF_NAME",
        "SERVICE_ACCOUNT",
        "SERVICE_ACCOUNT_EMAIL",
    }
)
LOOSE = BuildOptions.SubstitutionOption.ALLOW_LOOSE
_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<plain>[A-Z_][A-Z0-9_]*)|\{(?P<braced>[A-Z_][A-Z0-9_]*)\})")
_USER_KEY = re.compile(r"_[A-Z0-9_]+")


def substitute(build: Any, built_in: Mapping[str, str], *, of_trigger: bool) -> None:
    """Replace the references in the build's steps, images, tags, options and artifacts, in place.

    `built_in` are the values that Cloud Build knows; the build's own substitutions may override them. INVALID_ARGUMENT
    for a reference that nobody knows and, unless a trigger runs the build or it says ALLOW_LOOSE, for a value that
    nobody refers to. In builds of triggers, and with `dynamicSubstitutions`, values may refer to others.
    """
    loose = of_trigger or build.options.substitution_option == LOOSE
    dynamic = of_trigger or build.options.dynamic_substitutions
    given = dict(build.substitutions)
    for key in given:
        if _USER_KEY.fullmatch(key) is None and key not in BUILT_IN:
            raise _invalid(f'substitution key "{key}" must begin with an underscore')
    values: dict[str, str] = {**dict.fromkeys(BUILT_IN, ""), **built_in, **given}
    used: set[str] = set()

    def replace(match: re.Match[str], above: tuple[str, ...] = ()) -> str:
        if match["dollar"]:
            return "$"
        key = match["plain"] or match["braced"]
        used.add(key)
        if key in above:
            raise _invalid(f'"{key}" refers to itself')
        if dynamic and key in given:
            return _REFERENCE.sub(lambda inner: replace(inner, (*above, key)), values[key])
        if key in values:
            return values[key]
        if not key.startswith("_"):
            raise _invalid(f'key in the template "{key}" is not a valid built-in substitution')
        if not loose:
            raise _invalid(f'key in the template "{key}" is not matched in the substitution data')
        return ""

    for holder, field in _templates(build):
        descriptor = holder.DESCRIPTOR.fields_by_name[field]
        if descriptor.is_repeated:
            texts = getattr(holder, field)
            texts[:] = [_REFERENCE.sub(replace, text) for text in texts]
        else:
            setattr(holder, field, _REFERENCE.sub(replace, getattr(holder, field)))
    unused = sorted(key for key in given if key.startswith("_") and key not in used)
    if unused and not loose:
        raise _invalid(f'key "{unused[0]}" in the substitution data is not matched in the template')


def _templates(build: Any) -> Iterator[tuple[Any, str]]:
    """Every text or list of texts in which references are replaced."""
    for step in build.steps:
        for field in ("name", "args", "env", "dir_", "id", "entrypoint", "secret_env", "wait_for"):
            yield step, field
    yield build, "images"
    yield build, "tags"
    yield build, "logs_bucket"
    yield build, "service_account"
    if build.HasField("options"):
        yield build.options, "env"
    if build.HasField("artifacts"):
        yield build.artifacts, "images"


def _invalid(text: str) -> Exception:
    return invalid_argument(f"generic::invalid_argument: invalid value for 'build.substitutions': {text}")
