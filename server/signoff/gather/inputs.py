"""Which paths belong to a workload."""

from __future__ import annotations

from signoff.model.subject import Subject, Workload
from signoff.systems.git.inputs import Inputs


def inputs_of(subject: Subject, workload: Workload) -> Inputs:
    """The workload's inputs; signoff.toml and the handoff folder never count: writing them is no change to ship."""
    return Inputs((*workload.inputs, f"!{subject.handoff_folder}", "!signoff.toml"))
