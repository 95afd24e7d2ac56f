"""signoff.toml as it is written: one model a table. The JSON Schema is generated from here.

Every setting says in its annotation what loosening it means (`Loosens`); a test holds that none is without.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from signoff.config.data_table import DataTable, asked_less
from signoff.config.database_table import DatabaseTable, SchemaTable, looks_away
from signoff.config.logs_table import WorkloadLogsTable
from signoff.config.loosens import Loosens, NeverLoosens, changed, misses_one
from signoff.config.rehearsal_table import RehearsalTable, rehearsed_less
from signoff.config.routes_table import RoutesTable
from signoff.config.smoke_table import HeaderName, SmokeTable, tried_less
from signoff.config.table import Table, tag_of

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Ref = Annotated[str, Field(pattern=r"^[^-/\s~^:?*\[\\][^\s~^:?*\[\\]*$")]
"""A branch or remote name; no option and no revision expression can hide in it (git check-ref-format)."""
RepositoryPath = Annotated[str, Field(pattern=r"^[^/\\\x00]")]
"""Relative to the repository's root, with `/`; that it stays inside is checked with the place known."""
Pattern = Annotated[str, Field(pattern=r"^!?[^!\s]")]


class SourceTable(Table):
    """Where the source is, and how a change gets on to the branch that is built."""

    remote: Annotated[Ref, Loosens("another remote is asked", changed)] = Field(
        default="origin", description="The git remote that builds are made from."
    )
    flow: Annotated[Literal["push", "pull-request"], Loosens("changes reach the branch another way", changed)] = Field(
        default="push", description="`push`: commits are pushed to the branch; `pull-request`: they are merged by one."
    )


class HandoffTable(Table):
    """Where the handoff documents are written."""

    folder: Annotated[RepositoryPath, Loosens("files of another folder belong to no workload", changed)] = Field(
        default="docs/handoffs",
        description="A folder of the repository; what is in it is never an input of a workload.",
    )


class LogsTable(Table):
    """How logs are judged."""

    lag_seconds: Annotated[
        int, Loosens("entries that come later are not waited for any more", lambda old, new: new < old)
    ] = Field(
        default=30,
        ge=0,
        le=3600,
        description="How late a log entry may come, in seconds: a request counts as judged once it is older.",
    )


class TargetTable(Table):
    """A place that the workloads are deployed to."""

    project: Annotated[str, Loosens("another project is asked", changed)] = Field(
        pattern=r"^([a-z0-9.-]+:)?[a-z][a-z0-9-]*[a-z0-9]$", description="The Google Cloud project's id."
    )
    regions: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)+[0-9]+$")], ...],
        Loosens("a region is not looked at any more", misses_one),
    ] = Field(min_length=1, strict=False, description="The Cloud Run regions that are looked at.")
    branch: Annotated[Ref, Loosens("another branch counts as what is to be deployed", changed)] = Field(
        description="The branch that builds for this target are made from."
    )
    default: Annotated[bool, Loosens("another target is reported on", None)] = Field(
        default=False, description="The one that is meant where no target is named; needed only with several targets."
    )


class CloudBuildTable(Table):
    """Cloud Build runs a configuration of the repository."""

    config: RepositoryPath = Field(description="The Cloud Build configuration, for instance cloudbuild.web.yaml.")
    source: Literal["git", "upload"] = Field(
        default="git",
        description="`git`: from the remote; `upload`: an archive is sent (signoff sends the commit alone).",
    )


class TriggerTable(Table):
    """A trigger of Cloud Build makes the image."""

    trigger: str = Field(min_length=1, description="The trigger's name.")


class CommandTable(Table):
    """The team's own command makes the image; it may also deploy."""

    command: tuple[str, ...] = Field(
        min_length=1, strict=False, description="Program and arguments; no shell reads them."
    )
    source: Literal["git", "upload"] = Field(
        default="git",
        description="`upload`: the command builds from the working tree, so that a push does not matter to it.",
    )


class ImageTable(Table):
    """Somebody else makes the image."""

    image: str = Field(
        pattern=r"^[a-z0-9.-]+(:[0-9]+)?/[^@:\s]+$", description="The image's repository path, without tag or digest."
    )


BUILD_KEYS = ("config", "trigger", "command", "image")


def _build_of(written: Any) -> str | None:
    return tag_of(written, BUILD_KEYS)


BuildTable = Annotated[
    Annotated[CloudBuildTable, Tag("<config>")]
    | Annotated[TriggerTable, Tag("<trigger>")]
    | Annotated[CommandTable, Tag("<command>")]
    | Annotated[ImageTable, Tag("<image>")],
    Discriminator(_build_of, custom_error_type="build_one_of", custom_error_message="one way to build"),
]


class DockerfileInputs(Table):
    """The inputs are what this Dockerfile copies, read anew each time: they follow when it changes."""

    dockerfile: RepositoryPath = Field(description="The Dockerfile, from the repository's root.")
    context: RepositoryPath = Field(
        default=".", description="The folder that the build is given, from the repository's root."
    )
    stage: Name | None = Field(default=None, description="The stage that is built, where it is not the last one.")


def _inputs_of(written: Any) -> str | None:
    if isinstance(written, list | tuple):
        return "<patterns>"
    return "<dockerfile>" if isinstance(written, dict | BaseModel) else None


InputsTable = Annotated[
    Annotated[tuple[Pattern, ...], Field(min_length=1, strict=False), Tag("<patterns>")]
    | Annotated[DockerfileInputs, Tag("<dockerfile>")],
    Discriminator(_inputs_of, custom_error_type="inputs_one_of", custom_error_message="patterns or a table"),
]


class WorkloadTable(Table):
    """A Cloud Run service, job or worker pool that this repository deploys."""

    kind: Annotated[Literal["service", "job", "worker-pool"], Loosens("something else is looked at", changed)] = Field(
        description="What it is on Cloud Run."
    )
    name: Annotated[str | None, Loosens("something else is looked at", changed)] = Field(
        default=None,
        pattern=r"^[a-z{]([a-z0-9{}-]*[a-z0-9}])?$",
        description="Its name on Cloud Run where it differs from the table's; `{target}` becomes the target's name.",
    )
    inputs: Annotated[InputsTable | None, Loosens("fewer files belong to it", None)] = Field(
        default=None,
        description="The files it is made from, as patterns from the repository's root: later ones override, `!` takes"
        " away. Left out: what the Dockerfile of its build configuration copies.",
    )
    build: Annotated[BuildTable | None, Loosens("its image is made another way", changed)] = Field(
        default=None, description="How its image is made."
    )
    deploy: Annotated[
        Literal["signoff", "ci", "terraform", "other"],
        Loosens("signoff no longer deploys it", lambda old, new: old != new and new != "signoff"),
    ] = Field(
        default="signoff", description="Who deploys it; with another than signoff, signoff proves and names who must."
    )
    url: Annotated[str | None, Loosens("requests go another way", lambda old, new: old is not None and old != new)] = (
        Field(
            default=None,
            pattern=r"^https?://[A-Za-z0-9.-]*(\{target\})?[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s?#]*)?$",
            description="The way users come in (a service only); `{target}` becomes the target's name.",
        )
    )
    critical: Annotated[bool, Loosens("it is not critical any more", lambda old, new: old and not new)] = Field(
        default=False, description="When it is stale, nothing after it is trusted."
    )
    after: Annotated[tuple[Name, ...], NeverLoosens("an order of deploying; every link is judged all the same")] = (
        Field(default=(), strict=False, description="Workloads that are deployed before it.")
    )
    traffic: Annotated[
        tuple[Annotated[int, Field(ge=1, le=100)], ...],
        Loosens("its traffic moves in fewer steps", lambda old, new: not set(old) <= set(new)),
    ] = Field(
        default=(100,),
        strict=False,
        min_length=1,
        description="Percent of the traffic that a new revision gets, step by step up to 100 (a service only).",
    )
    traffic_hold_seconds: Annotated[
        int, Loosens("each step of its traffic is watched for a shorter time", lambda old, new: new < old)
    ] = Field(default=60, ge=0, le=86_400, description="How long each step before the last one is watched.")
    accept_labels: Annotated[bool, Loosens("a label is taken for a proof", lambda old, new: new and not old)] = Field(
        default=False,
        description="Whether a commit that only a label states is accepted (visibly) where no build proves it.",
    )
    smoke: Annotated[tuple[SmokeTable, ...], Loosens("a request is not tried any more", tried_less)] = Field(
        default=(),
        strict=False,
        description="Requests that users send (a service only). Left out: a GET of its front page.",
    )
    routes: RoutesTable = Field(
        default=RoutesTable(), description="How new routes are found (a service only), and which need not be covered."
    )
    revision_header: Annotated[
        HeaderName | None, Loosens("a header is taken for a proof", lambda old, new: new is not None and old != new)
    ] = Field(
        default=None,
        description="A response header in which the application names its revision (K_REVISION): accepted (visibly)"
        " where the request log does not show that a request arrived.",
    )
    data: Annotated[tuple[DataTable, ...], Loosens("data is not looked at any more", asked_less)] = Field(
        default=(), strict=False, description="Rows that it has to produce, and when they are due."
    )
    schema_: Annotated[SchemaTable | None, Loosens("its database is not looked at", looks_away)] = Field(
        default=None,
        alias="schema",  # pydantic has a method of that name
        description='The database that it uses: `{ database = "main" }`, or `{ none = "why" }`. Left out: unknown where'
        " the code shows one.",
    )
    rehearsal: Annotated[RehearsalTable | None, Loosens("its build is not rehearsed any more", rehearsed_less)] = Field(
        default=None, description="How its build is tried in a clean clone. Left out: builds alone prove the link."
    )
    logs: WorkloadLogsTable = Field(default=WorkloadLogsTable(), description="How its logs are judged.")


class Document(Table):
    """signoff.toml: what an AI coding session has to prove before it signs off."""

    source: SourceTable = Field(default=SourceTable(), description="Where the source is.")
    handoff: HandoffTable = Field(default=HandoffTable(), description="Where the handoff documents are written.")
    logs: LogsTable = Field(default=LogsTable(), description="How logs are judged.")
    targets: Annotated[dict[Name, TargetTable], Loosens("a target is gone", None)] = Field(
        min_length=1, description="The places that the workloads are deployed to."
    )
    workloads: Annotated[dict[Name, WorkloadTable], Loosens("a workload is not looked at any more", None)] = Field(
        min_length=1, description="What this repository deploys."
    )
    databases: Annotated[dict[Name, DatabaseTable], Loosens("a database is gone", None)] = Field(
        default={}, description="The databases that workloads use."
    )
