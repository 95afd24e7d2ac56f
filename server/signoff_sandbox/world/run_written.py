"""What services, jobs and worker pools have in common when they are written: whose a field is, and what is new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_names import refuse_reserved, short
from signoff_sandbox.world.store import copy_of


def clear(message: Any, fields: Iterable[str]) -> None:
    """Without these fields, in place."""
    for field in fields:
        message.ClearField(field)


def keep_output(written: Any, current: Any, output: tuple[str, ...]) -> None:
    """What only the platform writes is as it was, whatever the request says about it; in place."""
    clear(written, output)
    kept = copy_of(current)
    clear(kept, [field.name for field in current.DESCRIPTOR.fields if field.name not in output])
    written.MergeFrom(kept)


def without(message: Any, *fields: str) -> Any:
    """A copy without these fields: what is left, compared, says whether there is something to do."""
    left = copy_of(message)
    clear(left, fields)
    return left


def refuse_reserved_keys(kind: str, wanted: Any, held: Any) -> None:
    """INVALID_ARGUMENT for reserved labels and annotations of a resource and its template.

    `held` is the resource as it is, or an empty one: what v1 clients wrote there may stay.
    """
    refuse_reserved(f"{kind}.labels", wanted.labels, wanted.annotations, held=(held.labels, held.annotations))
    template, before = wanted.template, held.template
    refuse_reserved(
        f"{kind}.template.labels", template.labels, template.annotations, held=(before.labels, before.annotations)
    )


def new_revision_name(cloud: Cloud, owner: Any) -> str:
    """NAME-00007-abc: the generation of the service or worker pool and three random characters."""
    while True:
        name = f"{short(owner.name)}-{owner.generation:05d}-{cloud.machine.suffix()}"
        if cloud.store.get("revisions", f"{owner.name}/revisions/{name}") is None:
            return name


def take_fields(revision: Any, template: Any, fields: Iterable[str]) -> None:
    """Copy fields that a template and its revision have with the same name and type; in place."""
    for field in fields:
        value, descriptor = getattr(template, field), template.DESCRIPTOR.fields_by_name[field]
        if descriptor.is_repeated:
            getattr(revision, field).MergeFrom(value)
        elif descriptor.message_type is None:
            setattr(revision, field, value)
        elif template.HasField(field):
            getattr(revision, field).CopyFrom(value)
