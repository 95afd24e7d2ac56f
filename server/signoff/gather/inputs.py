"""Which paths belong to a workload."""

from __future__ import annotations

from signoff.model.subject import Subject, Workload
from signoff.systems.git.inputs import Inputs


def inputs_of(subject: Subject, workload: Workload) -> Inputs:
    """The workload's inputs; signoff.toml and the handoff folder never count: writing them is no change to ship."""
    folder = subject.handoff_folder.strip("/")
    never = ("!**/signoff.toml", f"!{folder}/**") if folder not in {"", "."} else ("!**/signoff.toml",)
    return Inputs((*(workload.inputs or ("**",)), *never))


def is_work(subject: Subject, path: bytes) -> bool:
    """Whether a path can be an input of anything."""
    return Inputs(("**", *inputs_of(subject, _ANY).patterns[1:])).matches(path)


_ANY = Workload("", "service", "", ())  # type: ignore[arg-type]
