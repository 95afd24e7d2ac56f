"""Edits of Cloud Run's own messages, in place, so that every field that is not edited survives.

All take raw protobuf messages of run.v2: a round trip through types of ours would lose what we do not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

LATEST, REVISION = 1, 2
"""TrafficTargetAllocationType TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST and …_REVISION."""

OPERATION = "signoff-operation"
"""Label of a template: which operation wrote it, so that one that was interrupted finds what it has done already.
Annotation of the service or job: which operation holds it right now."""

_COMMIT = "commit-sha"
_STALE = ("gcb-build-id", "gcb-trigger-id")
"""Labels of a Cloud Build trigger's deploy: they survive a change of the image, and then name another build."""

EditedKind = Literal["service", "job"]


def template_of(kind: EditedKind, message: Any) -> Any:
    """Where the containers are: a job's execution template wraps its task template."""
    return message.template if kind == "service" else message.template.template


def main_container(template: Any) -> Any | None:
    """The container that gets the requests: with sidecars the one that names a port; None without containers."""
    with_port = [container for container in template.containers if len(getattr(container, "ports", ()))]
    return next(iter([*with_port, *template.containers]), None)


def set_image(kind: EditedKind, message: Any, image: str, commit: str | None, operation: str) -> list[str]:
    """Point the main container at `image` and make the labels tell the truth; returns the paths of the mask.

    `commit`: what the image was built from; None where it is not known, and then no label may name one.
    `operation`: whose write it is.
    A pinned revision name is cleared: gcloud's --tag and --no-traffic leave one behind, and writing it again with
    another configuration is refused ("Revision named … already exists").
    """
    container = main_container(template_of(kind, message))
    if container is None:
        raise ValueError("it has no container")
    container.image = image
    if kind == "service":
        message.template.revision = ""
    message.template.labels[OPERATION] = operation
    _state_commit(message.template.labels, commit, add=True)
    paths = ["template"]
    if _state_commit(message.labels, commit, add=False):
        paths.append("labels")
    return paths


Labels = tuple[tuple[str, str], ...]


def stated(labels: Any) -> Labels:
    """Those of the labels that an edit here changes, with their values."""
    return tuple((name, labels[name]) for name in (OPERATION, _COMMIT, *_STALE) if name in labels)


def put_back(job: Any, image: str, labels: Labels, own_labels: Labels) -> list[str]:
    """Undo `set_image` on a job: the image that its template named, and what the labels of template and job said."""
    container = main_container(template_of("job", job))
    if container is None:
        raise ValueError("it has no container")
    container.image = image
    for there, before in ((job.template.labels, labels), (job.labels, own_labels)):
        for name, _ in stated(there):
            del there[name]
        there.update(dict(before))
    return ["template", "labels"]


def _state_commit(labels: Any, commit: str | None, *, add: bool) -> bool:
    """Whether anything changed. `add`: also where no label named a commit so far."""
    before = dict(labels)
    for name in _STALE:
        labels.pop(name, None)
    if commit is None:
        labels.pop(_COMMIT, None)
    elif add or _COMMIT in before:
        labels[_COMMIT] = commit
    return dict(labels) != before


def set_claim(message: Any, claim: str) -> list[str]:
    """Say which operation holds the service or job; empty: none any more."""
    if claim:
        message.annotations[OPERATION] = claim
    else:
        message.annotations.pop(OPERATION, None)
    return ["annotations"]


def set_traffic(service: Any, shares: Sequence[tuple[str, int]], tag: tuple[str, str] | None = None) -> list[str]:
    """Share the traffic between revisions (short) by percent; "" is the latest ready one.

    Tags of others stay where they point, at 0 %. `tag`: name and revision of one that is set; with an empty revision it
    is taken away.
    """
    tagged = [
        (target.type_, target.revision, target.tag)
        for target in service.traffic
        if target.tag and (tag is None or target.tag != tag[0])
    ]
    del service.traffic[:]
    for revision, percent in shares:
        _add(service, REVISION if revision else LATEST, revision, percent, "")
    for kind, revision, name in tagged:
        _add(service, kind, revision, 0, name)
    if tag is not None and tag[1]:
        _add(service, REVISION, tag[1], 0, tag[0])
    return ["traffic"]


def hold_traffic(service: Any, shares: Sequence[tuple[str, int]], tag: str) -> list[str]:
    """Leave the traffic with `shares` while a new revision comes, which `tag` reaches from the moment it is ready.

    As gcloud's --no-traffic --tag does it, with one write: a revision that nothing points to loses its instance, and
    the first request to it would wait for another one.
    """
    paths = set_traffic(service, shares, (tag, ""))
    _add(service, LATEST, "", 0, tag)
    return paths


def _add(service: Any, kind: int, revision: str, percent: int, tag: str) -> None:
    target = service.traffic.add()
    target.type_, target.revision, target.percent, target.tag = kind, revision, percent, tag


def follows_latest(service: Any) -> bool:
    """Whether all traffic goes to the latest ready revision; an empty list means that too."""
    counted = [target for target in service.traffic if target.percent]
    return all(target.type_ == LATEST for target in counted)


def short(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def serving(service: Any) -> tuple[tuple[str, int], ...]:
    """Percent per revision as it is observed, summed; entries of tags alone have 0 % and do not count."""
    sums: dict[str, int] = {}
    for status in service.traffic_statuses:
        revision = short(status.revision) or short(service.latest_ready_revision)
        sums[revision] = sums.get(revision, 0) + status.percent
    return tuple(sorted((revision, percent) for revision, percent in sums.items() if percent))


def tags(service: Any) -> tuple[tuple[str, str, str, bool], ...]:
    """Name, revision (short) and URL of every tag, as it is observed, and whether it follows the latest revision."""
    return tuple(
        (
            status.tag,
            short(status.revision) or short(service.latest_ready_revision),
            status.uri,
            status.type_ == LATEST,
        )
        for status in service.traffic_statuses
        if status.tag
    )


def secrets(template: Any) -> tuple[str, ...]:
    """Names of what is filled from Secret Manager, over all containers."""
    found = {
        variable.name
        for container in template.containers
        for variable in container.env
        if variable.value_source.secret_key_ref.secret
    }
    found |= {f"{volume.name} (volume)" for volume in template.volumes if volume.secret.secret}
    return tuple(sorted(found))
