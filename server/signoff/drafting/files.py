"""The files of a repository that say how it is built and deployed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from signoff.reading import cloudbuild, deploy_script
from signoff.reading.cloudbuild import CloudBuild
from signoff.reading.deploy_script import DeployScript
from signoff.reading.errors import LIMIT, Unreadable

LOOKED_FOR = (
    "Dockerfile, Dockerfile.*, *.Dockerfile",
    "cloudbuild*.yaml",
    "*.sh, Makefile, justfile and the scripts of package.json with `gcloud run deploy` or `gcloud builds submit`",
    ".github/workflows, .gitlab-ci.yml, bitbucket-pipelines.yml, .circleci/config.yml",
    "*.tf with google_cloud_run resources",
)
"""What is looked for, in words for a person."""

_PASSED_OVER = {"node_modules", "vendor", "third_party", "site-packages", "venv", "__pycache__", "target"}
_DOCKERFILE = re.compile(r"Dockerfile(\.(?!dockerignore$)[\w-]+)?|[\w.-]+\.Dockerfile")
_CLOUDBUILD = re.compile(r"cloudbuild[\w.-]*\.(ya?ml|json)")
SCRIPT = re.compile(r".+\.(sh|bash|mk|tf)|(GNU)?[Mm]akefile|[Jj]ustfile|package\.json")
CI = re.compile(
    r"(.*/)?(\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|bitbucket-pipelines\.yml|\.circleci/config\.yml)"
)
_FILES = 100_000


@dataclass(frozen=True)
class Files:
    """Paths from the root with `/`, sorted. `unreadable`: sentences; what is in there is not known."""

    dockerfiles: tuple[str, ...]
    cloudbuilds: Mapping[str, CloudBuild]
    scripts: Mapping[str, DeployScript]
    """Those that deploy or submit something."""
    unreadable: tuple[str, ...]


def read_files(root: Path) -> Files:
    """Everything of interest below `root`; dependencies, hidden folders (but CI's) and links are passed over."""
    dockerfiles: list[str] = []
    cloudbuilds: dict[str, CloudBuild] = {}
    scripts: dict[str, DeployScript] = {}
    unreadable: list[str] = []
    for path in sorted(paths(root)):
        name = path.rpartition("/")[2]
        try:
            if _DOCKERFILE.fullmatch(name):
                dockerfiles.append(path)
            elif _CLOUDBUILD.fullmatch(name):
                cloudbuilds[path] = cloudbuild.read(bytes_of(root / path))
            elif SCRIPT.fullmatch(name) or CI.fullmatch(path):
                raw = bytes_of(root / path)
                if b"gcloud" in raw or b"deploy-cloudrun" in raw or b"google_cloud_run" in raw:
                    script = deploy_script.read(path, raw)
                    if script.deploys or script.submits:
                        scripts[path] = script
        except Unreadable as error:
            unreadable.append(f"{path} {error}")
    return Files(tuple(dockerfiles), cloudbuilds, scripts, tuple(unreadable))


def paths(root: Path) -> Iterator[str]:
    """Files below `root`, with `/`; dependencies, hidden folders (but CI's) and links are passed over."""
    seen = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if _is_looked_into(name)]
        for name in names:
            seen += 1
            if not (Path(folder) / name).is_symlink():
                yield (Path(folder) / name).relative_to(root).as_posix()
        if seen > _FILES:  # a mistaken start in a home folder or on a root should end
            return


def _is_looked_into(name: str) -> bool:
    return name in {".github", ".circleci"} or not (name.startswith(".") or name in _PASSED_OVER)


def bytes_of(path: Path) -> bytes:
    """As much as a reader takes. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise Unreadable(f"can not be read ({error.strerror or type(error).__name__})") from None
