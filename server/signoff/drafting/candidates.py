"""The workloads that a repository seems to deploy, each with where that was seen."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from signoff.drafting.files import Files
from signoff.model.subject import Deployer, Kind
from signoff.reading.deploy_script import DeployScript
from signoff.reading.gcloud import Deploy, Submit

_SHELL = re.compile(r".+\.(sh|bash)")
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
_NAMEABLE = re.compile(r"[^!\s]")
_IMAGE = re.compile(r"[a-z0-9.-]+(:[0-9]+)?/[^@:\s$]+")


@dataclass(frozen=True, slots=True)
class LiveProject:
    """What runs in a project. Names by region; `complete`: every region that was asked answered."""

    project: str
    workloads: Mapping[Kind, Mapping[str, tuple[str, ...]]]
    complete: bool = True

    def where(self, kind: Kind, name: str) -> tuple[str, ...]:
        """The regions that have it."""
        return tuple(region for region, names in self.workloads.get(kind, {}).items() if name in names)


@dataclass(frozen=True, slots=True)
class Seen:
    """One place that deploys it: `deploy.sh:12`."""

    at: str
    by: Deployer
    deploy: Deploy
    branches: tuple[str, ...] = ()


@dataclass(slots=True)
class Candidate:
    """A workload and everything that was seen of it."""

    kind: Kind
    name: str
    seen: list[Seen] = field(default_factory=list)
    config: str | None = None
    uploads: str | None = None
    """Where the tree is uploaded to build it."""
    submit: tuple[Submit, str] | None = None
    """`gcloud builds submit --tag` of its image, and where: that too sends the tree."""
    script: tuple[tuple[str, ...], str] | None = None
    """The team's own command that builds and deploys it, and where that was seen."""
    dockerfile: str | None = None
    live: tuple[str, ...] = ()

    @property
    def deployer(self) -> Seen | None:
        """Who ships new images: CI before a person's script, Terraform only where nobody else does."""
        order: Mapping[Deployer, int] = {"ci": 0, "signoff": 1, "other": 2, "terraform": 3}
        return min(self.seen, key=lambda one: order[one.by], default=None)

    @property
    def upload(self) -> tuple[str, str] | None:
        """The folder that `gcloud run deploy --source` sends, and where; not one that no pattern can name."""
        sent = ((one.deploy.source, one.at) for one in self.seen)
        return next(((folder, at) for folder, at in sent if folder and _NAMEABLE.match(folder)), None)

    @property
    def image(self) -> tuple[str, str] | None:
        """The image without tag and digest, and where it was seen."""
        for one in self.seen:
            path = _untagged(one.deploy.image or "")
            if _IMAGE.fullmatch(path):
                return path, one.at
        return None


def candidates(files: Files, live: LiveProject | None, fallback: str) -> list[Candidate]:
    """In the order of their names. `fallback` names a workload of which only a Dockerfile at the root is known."""
    found: dict[tuple[Kind, str], Candidate] = {}
    for seen, config in _deploys(files):
        name = seen.deploy.name
        if name and _NAME.fullmatch(name):
            one = found.setdefault((seen.deploy.kind, name), Candidate(seen.deploy.kind, name))
            one.seen.append(seen)
            one.config = one.config or config
    for path, script, deploy in _by_argument(files):
        for kind, name in _guessed(files, live, fallback):
            if kind == deploy.kind:
                one = found.setdefault((kind, name), Candidate(kind, name))
                one.seen.append(Seen(f"{path}:{deploy.line}", script.by, deploy, script.branches))
                one.script = one.script or ((f"./{path}", name), f"{path}:{deploy.line}")
    if not found:
        for kind, name in _guessed(files, live, fallback):
            found.setdefault((kind, name), Candidate(kind, name))
    chosen = [found[key] for key in sorted(found, key=lambda key: (key[1], key[0]))]
    for one in chosen:
        one.config = one.config or _config_of(one, files, alone=len(chosen) == 1)
        one.uploads = _uploaded(one.config, files)
        one.submit = _submitted(one, files) if one.config is None else None
        one.script = one.script or _scripted(one, files)
        one.dockerfile = _dockerfile_of(one, files, alone=len(chosen) == 1, fallback=fallback)
        one.live = live.where(one.kind, one.name) if live else ()
    return chosen


def _deploys(files: Files) -> Iterator[tuple[Seen, str | None]]:
    """Every deploying command with the Cloud Build configuration that holds it, if it is one."""
    for path, script in files.scripts.items():
        for deploy in script.deploys:
            yield Seen(f"{path}:{deploy.line}" if deploy.line else path, script.by, deploy, script.branches), None
    for path, build in files.cloudbuilds.items():
        submitted = _submitting(path, files)
        for deploy in build.deploys:
            at = submitted or (f"{path}:{deploy.line}" if deploy.line else path)
            yield Seen(at, "signoff" if submitted else "ci", deploy), path if build.docker_builds else None


def _by_argument(files: Files) -> Iterator[tuple[str, DeployScript, Deploy]]:
    """Scripts of people that deploy what their first argument names."""
    for path, script in files.scripts.items():
        if script.by == "signoff" and _SHELL.fullmatch(path):
            for deploy in script.deploys:
                if deploy.argument:
                    yield path, script, deploy


def _scripted(one: Candidate, files: Files) -> tuple[tuple[str, ...], str] | None:
    """The script of people that deploys it, where nothing else says how it is built: the script does it all."""
    deployer = one.deployer
    if deployer is None or deployer.by != "signoff" or one.upload is not None or one.submit is not None:
        return None
    path = deployer.at.rpartition(":")[0]
    script = files.scripts.get(path)
    if script is None or not _SHELL.fullmatch(path):
        return None
    by_itself = script.builds and one.config is None
    through_build = one.config is not None and bool(files.cloudbuilds[one.config].deploys)
    return ((f"./{path}",), deployer.at) if by_itself or through_build else None


def _guessed(files: Files, live: LiveProject | None, fallback: str) -> Iterator[tuple[Kind, str]]:
    """Nothing deploys by name: what a Dockerfile lies beside, or an image is called, as it runs in the project."""
    names = [_folder_name(path, fallback) for path in files.dockerfiles]
    for build in files.cloudbuilds.values():
        names += [_last(tag) for step in build.docker_builds for tag in step.tags]
    for name in dict.fromkeys(names):
        if _NAME.fullmatch(name):
            kinds: list[Kind] = [kind for kind in live.workloads if live.where(kind, name)] if live else []
            for kind in kinds or ["service"]:
                if kinds or name in (_folder_name(path, fallback) for path in files.dockerfiles):
                    yield kind, name


def _folder_name(path: str, fallback: str) -> str:
    """`services/web/Dockerfile` is web's, `Dockerfile.web` and `web.Dockerfile` too, `Dockerfile` the repository's."""
    folder, _, name = path.rpartition("/")
    marked = name.removeprefix("Dockerfile").removesuffix("Dockerfile").strip(".")
    return re.sub(r"[^a-z0-9-]+", "-", (marked or folder.rpartition("/")[2] or fallback).lower()).strip("-")


def _last(image: str) -> str:
    return _untagged(image).rpartition("/")[2]


def _untagged(image: str) -> str:
    head, slash, last = image.partition("@")[0].rpartition("/")
    return head + slash + last.partition(":")[0]


def _config_of(one: Candidate, files: Files, *, alone: bool) -> str | None:
    """The configuration that builds its image: by the image's name, else by the file's, else the only one."""
    names = _image_names(one)
    building = {path: build for path, build in files.cloudbuilds.items() if build.docker_builds or build.images}
    for path, build in building.items():
        made = {_last(tag) for step in build.docker_builds for tag in step.tags} | {
            _last(name) for name in build.images
        }
        if made & names:
            return path
    for path in building:
        if one.name in re.split(r"[._]", posixpath.basename(path)) or posixpath.dirname(path).endswith(one.name):
            return path
    return next(iter(building)) if alone and len(building) == 1 else None


def _uploaded(config: str | None, files: Files) -> str | None:
    """A person's script that submits this configuration sends the working tree; CI sends a clean checkout."""
    return _submitting(config, files) if config is not None else None


def _submitting(config: str, files: Files) -> str | None:
    for path, script in files.scripts.items():
        for submit in script.submits:
            if script.by == "signoff" and posixpath.normpath(submit.config or "cloudbuild.yaml") == config:
                return f"{path}:{submit.line}"
    return None


def _submitted(one: Candidate, files: Files) -> tuple[Submit, str] | None:
    names = _image_names(one)
    for path, script in files.scripts.items():
        for submit in script.submits:
            if script.by == "signoff" and submit.tag and _last(submit.tag) in names:
                return submit, f"{path}:{submit.line}"
    return None


def _image_names(one: Candidate) -> set[str]:
    return {one.name, *(_last(seen.deploy.image) for seen in one.seen if seen.deploy.image)}


def _dockerfile_of(one: Candidate, files: Files, *, alone: bool, fallback: str) -> str | None:
    sent = one.upload[0] if one.upload else one.submit[0].source or "." if one.submit else None
    if sent is not None:
        path = posixpath.normpath(posixpath.join(sent, "Dockerfile"))
        return path if path in files.dockerfiles else None
    named = [path for path in files.dockerfiles if _folder_name(path, fallback) == one.name]
    if len(named) == 1:
        return named[0]
    return files.dockerfiles[0] if alone and len(files.dockerfiles) == 1 else None
