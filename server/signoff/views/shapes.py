"""The shapes of the report as JSON: the contract that programs hold on to. Fields may be added, never renamed.

`report.schema.json` is generated from these types (`python -m signoff.views.schema`).
"""

from __future__ import annotations

from typing import Literal, NotRequired, final

from typing_extensions import (
    TypeAliasType,
    TypedDict,
)  # pydantic, which makes the schema, asks for it before Python 3.12

from signoff.model.evidence import Strength
from signoff.model.finding import Severity
from signoff.model.judgement import WaitsOn
from signoff.model.subject import Kind

VerdictName = Literal["signed-off", "pending", "unverified", "refused", "nothing-to-prove"]
StatusName = Literal["skipped", "pass", "blocked", "waiting", "unknown", "fail"]
LinkName = Literal[
    "committed",
    "pushed",
    "merged",
    "buildable",
    "schema",
    "built",
    "released",
    "serving",
    "reachable",
    "healthy",
    "fresh",
]
Plain = TypeAliasType("Plain", "str | int | float | bool | list[Plain] | None")


class EvidenceJson(TypedDict):
    """What a system of record said; `look` is the command with which a person looks at the same thing."""

    system: str
    resource: str
    field: str
    value: Plain
    at: str
    strength: Strength
    look: str | None


@final
class CommandJson(TypedDict):
    """A fix that is typed."""

    argv: list[str]


@final
class ActionJson(TypedDict):
    """A fix that signoff does itself after a person's yes."""

    action: Literal["deploy", "run"]
    workloads: list[str]


@final
class AdviceJson(TypedDict):
    """A fix that nobody can type for the person. `paste`: lines for signoff.toml."""

    advice: str
    paste: NotRequired[list[str]]


FixJson = CommandJson | ActionJson | AdviceJson


class LocationJson(TypedDict):
    """A place in the repository; `line` counts from 1."""

    path: str
    line: int | None


class FindingJson(TypedDict):
    """`link` and `workload` are null for what belongs to no workload; `evidence` holds indices."""

    code: str
    link: LinkName | None
    workload: str | None
    location: LocationJson | None
    severity: Severity
    message: str
    evidence: list[int]
    fix: FixJson | None


class LinkJson(TypedDict):
    """`evidence` and `findings` hold indices into the report's lists."""

    status: StatusName
    at: str
    evidence: list[int]
    findings: list[int]
    reason: str | None
    waits_on: WaitsOn | None
    ask_again_at: str | None
    blocked_by: LinkName | None


class WorkloadJson(TypedDict):
    """`wanted`: the newest commit that touches its inputs; `serving`: the commit that the target runs, if known."""

    kind: Kind
    touched: bool
    wanted: str | None
    serving: str | None
    links: dict[LinkName, LinkJson]


class WaiverJson(TypedDict):
    """A person's word that a link does not count."""

    workload: str
    link: LinkName
    reason: str
    by: str
    at: str


class ClaimJson(TypedDict):
    """`pass`: proven; `fail`: refuted; everything else: unverified."""

    workload: str | None
    gone: str
    status: StatusName
    reason: str


class ReportJson(TypedDict):
    """One walk of the chain. `not_judged`: links that were not asked for, of which the verdict does not speak."""

    schema: Literal[1]
    verdict: VerdictName
    target: str
    sandbox: bool
    at: str
    commit: str
    evidence: list[EvidenceJson]
    workloads: dict[str, WorkloadJson]
    findings: list[FindingJson]
    waivers: list[WaiverJson]
    claims: list[ClaimJson]
    not_judged: list[LinkName]
