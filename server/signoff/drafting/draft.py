"""The text of a first signoff.toml, each value with a comment that says where it came from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from signoff.drafting.candidates import Candidate, LiveProject, Seen, candidates
from signoff.drafting.database_table import with_database
from signoff.drafting.databases import Shown
from signoff.drafting.files import Files
from signoff.drafting.lines import Line, Table, toml

PLACEHOLDER = "your-project-id"
_REGION = re.compile(r"[a-z]+(-[a-z]+)+[0-9]+")
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]*[a-z0-9]")
_BRANCH = re.compile(r"[^-/\s~^:?*\[\\][^\s~^:?*\[\\]*")


@dataclass(frozen=True, slots=True)
class GitFacts:
    """What git says of the repository; None where it did not answer."""

    remote: str | None
    branch: str | None
    """The branch that the remote has, of those that are usually built."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`text` is valid TOML that signoff loads. `workloads` is empty where nothing was found."""

    text: str
    workloads: tuple[str, ...]
    notes: tuple[str, ...]
    """What a person should look at before committing it."""


def draft(
    root: Path,
    files: Files,
    git: GitFacts,
    live: LiveProject | None,
    *,
    project: str | None = None,
    region: str | None = None,
    shown: Shown | None = None,
    uses: Mapping[str, str] = MappingProxyType({}),
) -> Draft:
    """Pure: what was read in, the text out. `project` and `region`: what a person said, which wins.

    `shown`: the database that the code shows; `uses`: why a workload uses it, by the name of its table.
    """
    found = candidates(files, live, _fallback(root))
    notes = [f"could not be read: {says}" for says in files.unreadable]
    targets = _targets(found, git, live, notes, project, region)
    source = [] if git.remote in {None, "origin"} else [Line("remote", toml(git.remote or ""), "the only remote")]
    names = _names(found)
    tables = [_workload(names[id(one)], one) for one in found]
    if live is not None:
        notes += _only_live(found, live)
    if shown is not None and uses:
        tables = with_database(tables, shown, uses, [table.header.partition(".")[2] for table in targets])
    return Draft(render(source, targets, tables, notes), tuple(names.values()), tuple(notes))


def render(source: Sequence[Line], targets: Sequence[Table], workloads: Sequence[Table], notes: Sequence[str]) -> str:
    """The template filled in."""
    from importlib.resources import files as resources

    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701  TOML, and every value is a TOML literal already
    environment.filters["comment"] = lambda words: re.sub(r"[\x00-\x08\x0a-\x1f\x7f]+", " ", words)
    template = environment.from_string(resources("signoff_templates").joinpath("signoff.toml.j2").read_text("utf-8"))
    return template.render(source=source, tables=[*targets, *workloads], notes=notes)


def minimal() -> str:
    """A file to fill in, for a repository in which nothing was found."""
    target = Table(
        "targets.production",
        (
            Line("project", toml(PLACEHOLDER), "write the project's id"),
            Line("regions", toml(["us-central1"]), "write the regions it is deployed to"),
            Line("branch", toml("main"), "write the branch that is built"),
        ),
    )
    workload = Table(
        "workloads.web",
        (Line("kind", toml("service"), "service, job or worker-pool"),),
        (
            'inputs = ["web/**", "shared/**", "!**/*.md"]   # the files it is made from; left out: everything',
            'build = { config = "cloudbuild.yaml" }         # or trigger, command, image',
        ),
    )
    return render((), (target,), (workload,), ("nothing was found: everything here is an example to fill in",))


def _fallback(root: Path) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", root.name.lower()).strip("-")[:49] or "app"


def _names(found: Sequence[Candidate]) -> dict[int, str]:
    """A service and a job may share a name; their tables may not."""
    counted = [one.name for one in found]
    return {id(one): one.name if counted.count(one.name) == 1 else f"{one.name}-{one.kind}" for one in found}


def _targets(
    found: Sequence[Candidate],
    git: GitFacts,
    live: LiveProject | None,
    notes: list[str],
    said_project: str | None,
    said_region: str | None,
) -> list[Table]:
    """One target a project that is deployed to; they are named by what their project is called."""
    by_project: dict[str, list[tuple[Candidate, int]]] = {}
    for one in found:
        for at, seen in enumerate(one.seen):
            project = seen.deploy.project
            if project and _PROJECT.fullmatch(project):
                by_project.setdefault(project, []).append((one, at))
    origin = {project: seen[0][0].seen[seen[0][1]].at for project, seen in by_project.items()}
    if said_project is not None:
        origin = {said_project: "as said when this was written"}
    if not origin:
        notes.append("no project was found: write its id into the target")
        origin = {PLACEHOLDER: "NOT FOUND: write the project's id here"}
    names = _target_names(list(origin))
    default = next((project for project in origin if names[project] == "production"), next(iter(origin)))
    tables = []
    for project, where in origin.items():
        seen_here = [
            seen for one in found for seen in one.seen if len(origin) == 1 or seen.deploy.project in {project, None}
        ]
        lines = [
            Line("project", toml(project), where),
            Line("regions", toml([said_region]), "as said when this was written")
            if said_region is not None
            else _regions([(seen.deploy.region, seen.at) for seen in seen_here], found, live, notes),
            _branch([(branch, seen.at) for seen in seen_here for branch in seen.branches], git, notes),
        ]
        if len(origin) > 1 and project == default:
            lines.append(Line("default", "true", "meant where no --target is given"))
        tables.append(Table(f"targets.{names[project]}", tuple(lines)))
    return tables


def _target_names(projects: Sequence[str]) -> dict[str, str]:
    if len(projects) == 1:
        return {projects[0]: "production"}
    names: dict[str, str] = {}
    for project in projects:
        said = next((name for sign, name in _STAGES.items() if sign in project), None)
        names[project] = said if said and said not in names.values() else re.sub(r"[^A-Za-z0-9-]", "-", project)
    return names


_STAGES = {"prod": "production", "stag": "staging", "dev": "development", "test": "test"}


def _regions(
    seen: Sequence[tuple[str | None, str]], found: Sequence[Candidate], live: LiveProject | None, notes: list[str]
) -> Line:
    written = {region: at for region, at in reversed(seen) if region and _REGION.fullmatch(region)}
    if written:
        regions = list(dict.fromkeys(region for region, _at in seen if region in written))
        return Line("regions", toml(regions), ", ".join(dict.fromkeys(written[region] for region in regions)))
    running = list(dict.fromkeys(region for one in found for region in one.live))
    if running and live is not None:
        return Line("regions", toml(running), f"where they run in {live.project}")
    says = "no region was found: us-central1 is an assumption"
    if says not in notes:
        notes.append(says)
    return Line("regions", toml(["us-central1"]), "ASSUMED: nothing names a region")


def _branch(seen: Sequence[tuple[str, str]], git: GitFacts, notes: list[str]) -> Line:
    for branch, at in seen:
        if _BRANCH.fullmatch(branch):
            return Line("branch", toml(branch), f"pushes to it start {at.partition(':')[0]}")
    if git.branch is not None and _BRANCH.fullmatch(git.branch):
        return Line("branch", toml(git.branch), f"a branch of {git.remote or 'the remote'}")
    says = "the remote did not say its branches: main is an assumption"
    if says not in notes:
        notes.append(says)
    return Line("branch", toml("main"), "ASSUMED: the remote did not say its branches")


def _workload(name: str, one: Candidate) -> Table:
    deployer = one.deployer
    live = f", runs in {', '.join(one.live)}" if one.live else ""
    if deployer is not None:
        kind_origin = deployer.at + live
    elif one.live:
        kind_origin = live.removeprefix(", ")
    else:
        kind_origin = f"ASSUMED: {one.dockerfile or one.config} does not say"
    lines = [Line("kind", toml(one.kind), kind_origin)]
    if name != one.name:
        lines.append(Line("name", toml(one.name), "a service and a job have the same name"))
    lines += _inputs(one)
    lines += _build(one)
    if deployer is not None:
        lines.append(Line("deploy", toml(deployer.by), _who(one, deployer)))
    return Table(f"workloads.{name}", tuple(lines), () if lines[1:] else ("inputs: not known, so everything counts",))


def _who(one: Candidate, deployer: Seen) -> str:
    """Why it is theirs, and who else was seen to deploy it."""
    others = list(dict.fromkeys(seen.at for seen in one.seen if seen.by != deployer.by))
    also = f"; {', '.join(others)} names it too" if others else ""
    if deployer.by == "signoff":
        return f"{deployer.at} deploys it, which a person starts: no CI and no Terraform of this repository does"
    return f"{deployer.at} deploys it{also}"


def _inputs(one: Candidate) -> list[Line]:
    if one.upload is not None:
        folder, at = posixpath.normpath(one.upload[0]), one.upload[1]
        if folder.startswith(("/", "..")):
            return []
        if one.dockerfile is None:
            return [Line("inputs", toml(["**" if folder == "." else f"{folder}/**"]), f"{at} sends this folder")]
        context = {} if folder == "." else {"context": folder}
        return [Line("inputs", toml({"dockerfile": one.dockerfile, **context}), f"{at} sends this folder")]
    if one.submit is not None:
        folder = posixpath.normpath(one.submit[0].source or ".")
        context = {} if folder == "." else {"context": folder}
        found = {"dockerfile": one.dockerfile, **context} if one.dockerfile else None
        return [Line("inputs", toml(found), f"{one.submit[1]} sends this folder")] if found else []
    if one.config is not None:
        return []  # the Dockerfiles of the configuration are followed
    if one.dockerfile is not None:
        return [Line("inputs", toml({"dockerfile": one.dockerfile}), "what it copies, from the repository's root")]
    return []


def _build(one: Candidate) -> list[Line]:
    if one.script is not None and one.deployer is not None and one.deployer.by == "signoff":
        command, at = one.script
        value = f'{{ command = {toml(command)}, source = "upload" }}'
        return [Line("build", value, f"{at} builds and deploys, from the working tree as far as is known")]
    if one.config is not None:
        source = {} if one.uploads is None else {"source": "upload"}
        origin = "its inputs are what the Dockerfile in there copies" + (
            f"; {one.uploads} sends the tree" if source else ""
        )
        return [Line("build", toml({"config": one.config, **source}), origin)]
    deployer = one.deployer
    if one.upload is not None and deployer is not None and deployer.by == "signoff":
        deploy = deployer.deploy
        verb = {"service": ("deploy",), "job": ("jobs", "deploy"), "worker-pool": ("worker-pools", "deploy")}[one.kind]
        argv = ["gcloud", "run", *verb, one.name, "--source", one.upload[0]]
        argv += [f"--region={deploy.region}"] if deploy.region else []
        argv += [f"--project={deploy.project}"] if deploy.project else []
        value = f'{{ command = {toml([*argv, "--quiet"])}, source = "upload" }}'
        return [Line("build", value, f"as in {one.upload[1]}: it builds from the working tree, and deploys")]
    if one.submit is not None:
        submit, at = one.submit
        value = toml(["gcloud", "builds", "submit", "--tag", submit.tag or "", submit.source or "."])
        return [Line("build", f'{{ command = {value}, source = "upload" }}', f"as in {at}: it sends the tree")]
    if one.image is not None:
        image, at = one.image
        return [Line("build", toml({"image": image}), at)]
    return []


def _only_live(found: Sequence[Candidate], live: LiveProject) -> list[str]:
    known = {(one.kind, one.name) for one in found}
    notes = [] if live.complete else [f"{live.project} did not answer whole: more may run there"]
    for kind, regions in live.workloads.items():
        others = sorted({name for names in regions.values() for name in names if (kind, name) not in known})
        if others:
            notes.append(
                f"{live.project} also runs the {kind}s {', '.join(others)}, which nothing here deploys by name"
            )
    return notes
