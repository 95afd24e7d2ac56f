"""What `signoff doctor` says of what it found: pure, facts in and rows out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from signoff.commands.doctor_uses import Use
from signoff.config.errors import ConfigError
from signoff.config.resolved import Config
from signoff.drafting.draft import PLACEHOLDER
from signoff.model.database import Snapshot
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Advice, Command, Fix, Location
from signoff.model.quoted import Quoted
from signoff.model.subject import Kind, Target, Workload
from signoff.model.text import Text, text
from signoff.model.unanswered import unanswered
from signoff.systems.google.permissions import ACTING, READING, Need
from signoff.walk import EXPIRED

Status = Literal["ok", "trouble", "unknown"]
OLDEST_GIT = (2, 31)
"""`git rev-parse --path-format` is of this version: https://github.com/git/git/blob/master/Documentation/RelNotes/2.31.0.txt"""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at. What is not `ok` has its cure, where there is one."""

    name: str
    status: Status
    says: Text
    fix: Fix | None = None
    code: str | None = None
    """`identity/expired`, as the chain's reports say it."""
    location: Location | None = None


@dataclass(frozen=True)
class RemoteSide:
    """`heads`: the branches, asked live; None where no such remote is configured."""

    remotes: Known[tuple[str, ...]] | Unknown
    heads: Known[frozenset[str]] | Unknown | None = None


@dataclass(frozen=True)
class GoogleSide:
    """Without a login only `account` was asked."""

    account: Known[str | None] | Unknown
    granted: Known[frozenset[str]] | Unknown | None = None
    builds: Known[None] | Unknown | None = None
    regions: Mapping[str, Known[frozenset[tuple[Kind, str]]] | Unknown] = field(default_factory=dict)
    """Kind and name of the configured workloads that are there."""
    declared: Mapping[Use, Known[frozenset[str]] | Unknown] = field(default_factory=dict)
    """What is granted on the project of each system that signoff.toml declares the use of."""


@dataclass(frozen=True)
class Found:
    """Everything that was asked; the parts from `target` on need a valid signoff.toml."""

    version: Known[str] | Unknown
    shallow: Known[bool] | Unknown
    config: Config | ConfigError
    sandbox: bool = False
    target: Target | None = None
    workloads: tuple[Workload, ...] = ()
    remote: RemoteSide | None = None
    google: GoogleSide | None = None
    databases: Mapping[str, Known[Snapshot] | Unknown] = field(default_factory=dict)
    shadows: Mapping[str, Known[int] | Unknown] = field(default_factory=dict)
    """The major version of the server that a schema is replayed into, by the name of its database."""


def rows(found: Found) -> tuple[Row, ...]:
    """In the order in which a person cures them."""
    return (*_git(found), *_config(found), *_remote(found), *_google(found), *_databases(found))


def _git(found: Found) -> Iterator[Row]:
    if isinstance(found.version, Known):
        numbers = tuple(int(part) for part in found.version.value.split(".")[:2] if part.isdigit())
        if numbers < OLDEST_GIT:
            fix = Advice(text("install git {} or newer: https://git-scm.com/downloads", _dotted(OLDEST_GIT)))
            yield Row("git", "trouble", text("git {} is too old", Quoted(found.version.value)), fix)
        else:
            yield Row("git", "ok", text("git {}", Quoted(found.version.value)))
    elif found.version.detail.contains("not on the PATH"):
        fix = Advice(text("install git: https://git-scm.com/downloads"))
        yield Row("git", "trouble", text("the program git was not found"), fix)
        return
    elif isinstance(
        found.shallow, Known
    ):  # outside of a repository git's version can not be asked, and does not matter
        yield Row("git", "unknown", unanswered(found.version))
    if isinstance(found.shallow, Unknown):
        status: Status = "trouble" if found.shallow.detail.contains("not a git repository") else "unknown"
        fix = Advice(text("go to the repository's folder, or make one with git init"))
        yield Row("repository", status, unanswered(found.shallow), fix)
    elif found.shallow.value:
        says = text("the clone is shallow: missing commits are only counted as far as it goes")
        yield Row("repository", "ok", says, Command(("git", "fetch", "--unshallow")))
    else:
        yield Row("repository", "ok", text("a git repository with its whole history"))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in numbers)


def _config(found: Found) -> Iterator[Row]:
    if isinstance(found.config, ConfigError):
        for one in found.config.troubles:
            says = text("{}: {}", one.key, one.says) if one.key else text("{}", one.says)
            place = Location(str(found.config.path), one.line)
            yield Row("signoff.toml", "trouble", says, Advice(text("{}", one.fix)), location=place)
        return
    names = ", ".join(str(workload.name) for workload in found.workloads)
    target = found.target.name if found.target else ""
    yield Row(
        "signoff.toml", "ok", text("{} for the target {}", names, target), location=Location(str(found.config.path))
    )
    if found.target is not None and found.target.project == PLACEHOLDER:
        fix = Advice(text("write the project's id into targets.{}", target))
        yield Row("project", "trouble", text("{} is a placeholder", PLACEHOLDER), fix)
    for name, inputs in found.config.inputs.items():
        if inputs.origin == "everything":
            fix = Advice(text("write inputs for {}, or name its Dockerfile", name))
            yield Row(f"inputs of {name}", "ok", text("{}", inputs.says), fix)


def _remote(found: Found) -> Iterator[Row]:
    side, target = found.remote, found.target
    if not isinstance(found.config, Config) or side is None or target is None:
        return
    remote = found.config.source.remote
    if isinstance(side.remotes, Unknown):
        yield Row("remote", "unknown", unanswered(side.remotes))
    elif side.heads is None:
        yield Row("remote", "trouble", text("there is no remote {}", remote), _add_or_name(side.remotes.value, remote))
    elif isinstance(side.heads, Unknown):
        refused = side.heads.why in {"denied", "unreachable"}
        fix = Command(("git", "ls-remote", "--heads", remote))
        yield Row("remote", "trouble" if refused else "unknown", unanswered(side.heads), fix)
    else:
        yield Row("remote", "ok", text("{} answers", remote))
        if target.branch in side.heads.value:
            yield Row("branch", "ok", text("{} has {}", remote, target.branch))
        else:
            advice = Advice(text("push {}, or correct branch in targets.{}", target.branch, target.name))
            yield Row("branch", "trouble", text("{} has no branch {}", remote, target.branch), advice)


def _add_or_name(remotes: tuple[str, ...], remote: str) -> Fix:
    if not remotes:
        return Advice(text("add it: git remote add {} URL", remote))
    return Advice(text("write remote = one of {} into [source]", Quoted(", ".join(remotes))))


def _google(found: Found) -> Iterator[Row]:
    side, target = found.google, found.target
    if side is None or target is None:
        return
    asked = [side.account, side.granted, side.builds, *side.declared.values(), *side.regions.values()]
    expired = next((one for one in asked if isinstance(one, Unknown) and one.why == "expired"), None)
    if expired is not None:  # said once; nothing else of Google Cloud can be told without a login
        fix = Command(("gcloud", "auth", "application-default", "login"))
        says = text("Google Cloud does not accept the login ({})", expired.detail)
        yield Row("login", "trouble", says, fix, EXPIRED)
        return
    yield _login(side.account, found.sandbox)
    if side.builds is not None:
        yield _api("Cloud Build", side.builds, "cloudbuild.googleapis.com", target)
    for region, runs in side.regions.items():
        yield _api(f"Cloud Run in {region}", runs, "run.googleapis.com", target)
    if side.granted is not None:
        yield from _permissions(side.granted, found.workloads, target)
    for use, granted in side.declared.items():
        elsewhere = f" in {use.project}" if use.project != target.project else ""
        yield _needs(f"permissions for {use.system}{elsewhere}", use.needs, granted, use.project)
    if side.regions:
        yield from _workloads(side.regions, found.workloads, target)


def _login(account: Known[str | None] | Unknown, sandbox: bool) -> Row:
    if isinstance(account, Unknown):
        return Row("login", "unknown", unanswered(account), Command(account.ref.look))
    if sandbox:
        return Row("login", "ok", text("the sandbox's token"))
    who = Quoted(account.value) if account.value else "an account that it does not name"
    return Row("login", "ok", text("Application Default Credentials of {}", who))


def _api(name: str, fact: Known[Any] | Unknown, api: str, target: Target) -> Row:
    if isinstance(fact, Known):
        return Row(name, "ok", text("answers in {}", target.project))
    if fact.detail.contains("SERVICE_DISABLED") or fact.detail.contains("has not been used in project"):
        fix = Command(("gcloud", "services", "enable", api, f"--project={target.project}"))
        return Row(name, "trouble", text("the API {} is switched off in {}", api, target.project), fix)
    return Row(name, "trouble" if fact.why == "denied" else "unknown", unanswered(fact), Command(fact.ref.look))


def _permissions(
    granted: Known[frozenset[str]] | Unknown, workloads: tuple[Workload, ...], target: Target
) -> Iterator[Row]:
    if isinstance(granted, Unknown):
        yield Row("permissions", "unknown", unanswered(granted), Command(granted.ref.look))
        return
    for link, needs in READING.items():
        yield _needs(f"permissions for {link.value}", needs, granted, target.project)
    ours = [workload for workload in workloads if workload.deploy == "signoff"]
    if ours:
        yield _needs("permissions to deploy", ACTING["deploy"], granted, target.project)
    if any(workload.kind == "job" for workload in ours):
        yield _needs("permissions to run jobs", ACTING["run-job"], granted, target.project)


def _needs(name: str, needs: tuple[Need, ...], granted: Known[frozenset[str]] | Unknown, project: str) -> Row:
    if isinstance(granted, Unknown):
        return Row(name, "unknown", unanswered(granted), Command(granted.ref.look))
    lacking = [need for need in needs if not granted.value.issuperset(need.permissions)]
    if not lacking:
        return Row(name, "ok", text("granted on {}", project))
    missing = ", ".join(one for need in lacking for one in need.permissions if one not in granted.value)
    roles = " and ".join(dict.fromkeys(role for need in lacking for role in need.roles))
    fix = Advice(text("have {} granted on the project {}", roles, project))
    if all(need.on_resources for need in lacking):
        says = text("not granted on {}, perhaps on the single resource: {}", project, missing)
        return Row(name, "unknown", says, fix)
    return Row(name, "trouble", text("not granted on {}: {}", project, missing), fix)


def _workloads(
    regions: Mapping[str, Known[frozenset[tuple[Kind, str]]] | Unknown], workloads: tuple[Workload, ...], target: Target
) -> Iterator[Row]:
    answered = {region: runs.value for region, runs in regions.items() if isinstance(runs, Known)}
    for workload in workloads:
        name = f"{workload.kind} {workload.resource}"
        places = [region for region, runs in answered.items() if (workload.kind, workload.resource) in runs]
        if places:
            yield Row(name, "ok", text("is in {}", ", ".join(places)))
        elif len(answered) < len(regions):
            yield Row(name, "unknown", text("not every region answered"))
        else:
            fix = Advice(text("deploy it once, or correct its name, the project or the regions in signoff.toml"))
            yield Row(name, "trouble", text("is not in {} ({})", target.project, ", ".join(regions)), fix)


def _databases(found: Found) -> Iterator[Row]:
    for name, answer in found.databases.items():
        if isinstance(answer, Unknown):
            yield Row(f"database {name}", "trouble" if answer.why == "denied" else "unknown", unanswered(answer))
            continue
        asker = answer.value.asker
        rights = text("; it may change rows, one that only reads is better") if asker.writes else text("")
        says = text("PostgreSQL {} answers to {}{}", answer.value.major, Quoted(asker.role), rights)
        yield Row(f"database {name}", "ok", says)
    for name, shadow in found.shadows.items():
        if isinstance(shadow, Unknown):
            yield Row(f"shadow of {name}", "trouble" if shadow.why == "denied" else "unknown", unanswered(shadow))
        else:
            says = text("PostgreSQL {} is there to replay the expected schema into", shadow.value)
            yield Row(f"shadow of {name}", "ok", says)
