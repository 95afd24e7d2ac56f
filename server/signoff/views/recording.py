"""A recording as the state of a sandbox that strangers may see, and what is told of it here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from signoff.model import secret
from signoff.model.facts import Why
from signoff.model.recording import Recording
from signoff.model.subject import Target, Workload
from signoff.safety.redact import held_in
from signoff.safety.situations import Situation
from signoff.views import words

#: What a call that could not be made answers in the sandbox: silence there would be health.
_CODES: Mapping[Why, str] = {
    "denied": "PERMISSION_DENIED",
    "expired": "UNAUTHENTICATED",
    "timeout": "DEADLINE_EXCEEDED",
    "unreachable": "UNAVAILABLE",
    "throttled": "RESOURCE_EXHAUSTED",
    "malformed": "INTERNAL",
    "incomplete": "UNIMPLEMENTED",
}
_KINDS = {"service": "service", "job": "job", "worker-pool": "worker-pool"}


@dataclass(frozen=True, slots=True)
class Masked:
    """`state`: of a sandbox, with made-up names. `project` and `names` (by workload): what they are called there."""

    state: Mapping[str, Any]
    project: str
    names: Mapping[str, str]


def masked(recording: Recording, workloads: Iterable[Workload], *, commits: bool) -> Masked:
    """The recording as a sandbox's state, with names, addresses and secrets masked; `commits`: commit ids too."""
    situation = Situation(held_in(os.environ, secret.held()), commits=commits)
    situation.learn("project", recording.project)
    for workload in workloads:
        situation.learn(_KINDS[workload.kind], workload.resource)
    state: dict[str, Any] = {
        key: [one.rest for one in resources] for key, resources in sorted(recording.resources.items())
    }
    if recording.policies:
        state["iamPolicies"] = {name: one.rest for name, one in sorted(recording.policies.items())}
    made = situation.masked(state)
    missed = {left.method: _CODES[left.why] for left in recording.left_out if not left.cut}
    if missed:
        made["faults"] = [
            {"method": method, "code": code, "message": "not recorded"} for method, code in sorted(missed.items())
        ]
    names = {str(workload.name): situation.name(workload.resource) for workload in workloads}
    return Masked(made, situation.name(recording.project), names)


def as_json(recording: Recording, made: Masked, target: Target, path: str) -> dict[str, Any]:
    """What was recorded, what was not, and what signoff.toml calls the same things there."""
    return {
        "schema": 1,
        "path": words.name(path),
        "target": target.name,
        "recorded": {key: len(entries) for key, entries in made.state.items() if key != "faults"},
        "left_out": [
            {
                "what": left.key,
                "resource": words.name(left.resource),
                "why": "cut" if left.cut else left.why,
                "detail": words.name(left.detail),
            }
            for left in recording.left_out
        ],
        "in_signoff_toml": {
            "targets": {target.name: {"project": made.project}},
            "workloads": {name: {"name": resource} for name, resource in made.names.items()},
        },
    }


def as_text(recording: Recording, made: Masked, target: Target, path: str) -> str:
    """The same for a person."""
    counts = ", ".join(f"{len(entries)} {key}" for key, entries in made.state.items() if key != "faults")
    lines = [f"{words.name(path)} has {counts or 'nothing'}."]
    for left in recording.left_out:
        reason = "only the newest were read" if left.cut else f"{left.why}: {words.name(left.detail)}"
        lines.append(f"left out: {left.key} of {words.name(left.resource)} ({reason})")
    lines += [
        "",
        "Names, addresses and secrets are masked. Log lines and paths stay: read it before you give it away.",
        "To see it as it was recorded, in a copy of this repository:",
        "",
        f"    signoff sandbox up --state {words.command([path])}",
        "",
        "with these names in signoff.toml:",
        "",
        f"    [targets.{target.name}]",
        f'    project = "{made.project}"',
    ]
    for name, resource in made.names.items():
        lines += [f"    [workloads.{name}]", f'    name = "{resource}"']
    return "\n".join(lines)
