"""The gcloud commands that deploy to Cloud Run, found in shell text.

https://cloud.google.com/sdk/gcloud/reference/run/deploy
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from signoff.model.subject import Kind
from signoff.reading.gcloud_env import Environment, environment_of
from signoff.reading.shell import Command, assignments, commands, filled

_VERBS: Mapping[tuple[str, ...], Kind] = {
    ("run", "deploy"): "service",
    ("run", "services", "update"): "service",
    ("run", "jobs", "deploy"): "job",
    ("run", "jobs", "create"): "job",
    ("run", "jobs", "update"): "job",
    ("run", "worker-pools", "deploy"): "worker-pool",
    ("run", "worker-pools", "update"): "worker-pool",
}
_FIRST = re.compile(r"\$1|\$\{1(:?\?[^}]*)?\}")
_VALUED = {
    "--region", "--project", "--source", "--image", "--config", "--tag", "--service-account", "--memory", "--cpu",
    "--port", "--concurrency", "--timeout", "--max-instances", "--min-instances", "--set-env-vars", "--account",
    "--update-env-vars", "--set-secrets", "--update-secrets", "--labels", "--update-labels", "--command", "--args",
    "--add-cloudsql-instances", "--set-cloudsql-instances", "--vpc-connector", "--ingress", "--platform", "--format",
    "--revision-suffix", "--tasks", "--max-retries", "--task-timeout", "--parallelism", "--substitutions",
    "--machine-type", "--execution-environment", "--env-vars-file", "--verbosity", "--configuration", "--network",
    "--subnet", "--vpc-egress", "--build-service-account", "--git-source-dir", "--git-source-revision",
    "--remove-env-vars", "--remove-secrets", "--container", "--flags-file",
    "--gcs-source-staging-dir", "--worker-pool", "--gcs-log-dir", "--impersonate-service-account",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deploy:
    """One deploying command. A value that is not there or not known from the text is None; `line` from 1.

    `argument`: the name is the script's first argument.
    """

    kind: Kind
    name: str | None
    line: int
    region: str | None = None
    project: str | None = None
    source: str | None = None
    image: str | None = None
    argument: bool = False
    environment: Environment = field(default_factory=Environment)


@dataclass(frozen=True, slots=True)
class Submit:
    """`gcloud builds submit`: it uploads the tree. `config` None: its default, cloudbuild.yaml or a Dockerfile."""

    line: int
    source: str | None = None
    config: str | None = None
    tag: str | None = None


def deploys_in(text: str, values: Mapping[str, str] | None = None) -> list[Deploy]:
    """Every deploying command; `values` are what is known of variables beside what the text itself assigns."""
    known = {**assignments(text), **(values or {})}
    return [deploy for command in commands(text) for deploy in _deploys(command, known)]


def submits_in(text: str) -> list[Submit]:
    known = assignments(text)
    found: list[Submit] = []
    for command in commands(text):
        words = _after_gcloud(command.words)
        if words[:2] == ("builds", "submit"):
            flags, places = flags_of(words[2:], _VALUED)
            source = places[0] if places else "."
            found.append(
                Submit(
                    command.line,
                    _known(filled(source, known)),
                    _last(flags, "--config", known),
                    _last(flags, "--tag", known) or _last(flags, "-t", known),
                )
            )
    return found


def _deploys(command: Command, known: Mapping[str, str]) -> Iterator[Deploy]:
    words = _after_gcloud(command.words)
    for verb, kind in _VERBS.items():
        if words[: len(verb)] == verb:
            flags, places = flags_of(words[len(verb) :], _VALUED)
            name = filled(places[0], known) if places else ""
            yield Deploy(
                kind=kind,
                name=_known(name),
                line=command.line,
                region=_last(flags, "--region", known),
                project=_last(flags, "--project", known),
                source=_last(flags, "--source", known),
                image=_last(flags, "--image", known),
                argument=_FIRST.fullmatch(name) is not None,
                environment=environment_of(flags, places[1:]),
            )


def _after_gcloud(words: tuple[str, ...]) -> tuple[str, ...]:
    """What follows `gcloud`, without its release track and flags before the command."""
    if "gcloud" not in words:
        return ()
    rest = words[words.index("gcloud") + 1 :]
    while rest and (rest[0] in {"alpha", "beta", "preview"} or rest[0].startswith("--")):
        rest = rest[2:] if rest[0] in _VALUED else rest[1:]
    return rest


def flags_of(words: Collection[str], valued: Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Flags with their values (`--a=b`, or `--a b` for those of `valued`; `""` without one), and the other words."""
    flags: dict[str, list[str]] = {}
    places: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            places.append(word)
            continue
        name, equals, value = word.partition("=")
        if not equals and name in valued:
            value = next(rest, "")
        flags.setdefault(name, []).append(value)
    return flags, places


def _last(flags: Mapping[str, list[str]], name: str, known: Mapping[str, str]) -> str | None:
    values = flags.get(name)
    return _known(filled(values[-1], known)) if values else None


def _known(value: str) -> str | None:
    return value if value and "$" not in value else None
