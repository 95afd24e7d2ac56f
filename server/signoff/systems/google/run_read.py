"""Cloud Run's raw protobuf messages to facts. Values of environment variables end here.

Fields: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services and its siblings.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from signoff.model.images import ImageRef
from signoff.model.quoted import Quoted
from signoff.model.run import (
    Condition,
    Container,
    Execution,
    Hint,
    Ingress,
    Job,
    LatestExecution,
    Outcome,
    Revision,
    Service,
    Template,
    Traffic,
    Variable,
)
from signoff.systems.google.edit import OPERATION

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_COMMIT_KEYS = ("commit-sha", "commit_sha", "git-sha", "git_sha", "git-commit", "git_commit", "revision-sha")
_SETTINGS = ("volumes", "service_account", "vpc_access", "timeout", "execution_environment", "encryption_key")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?")
_INGRESS: Mapping[int, Ingress] = {2: "internal", 3: "load-balancer", 4: "internal"}
"""run.v2 IngressTraffic: INTERNAL_ONLY, INTERNAL_LOAD_BALANCER, NONE; everything else lets all in."""
_OUTCOMES: Mapping[int, Outcome] = {1: "succeeded", 2: "failed", 5: "cancelled"}
"""run.v2 ExecutionReference.CompletionStatus."""
_SALT = os.urandom(16)
_LATEST, _FAILED, _SUCCEEDED = 1, 3, 4
_EPOCH = datetime.fromtimestamp(0, UTC)


def short(name: str) -> str:
    """The last part of a resource name; ValueError where it is no name."""
    last = name.rpartition("/")[2]
    if not _NAME.fullmatch(last):
        raise ValueError("not a resource name")
    return last


def maybe(name: str) -> str:
    return short(name) if name else ""


def parent(name: str) -> str:
    """The short name of what a revision or execution belongs to."""
    return name.split("/")[5]


def moment(message: Any, field: str) -> datetime | None:
    if not message.HasField(field):
        return None
    stamp: datetime = getattr(message, field).ToDatetime(tzinfo=UTC)
    return stamp


def service(message: Any) -> Service:
    return Service(
        name=short(message.name),
        region=message.name.split("/")[3],
        template=template(message.template, message.labels, message.annotations),
        settled=_settled(message),
        updated=moment(message, "update_time") or _EPOCH,
        latest_created=maybe(message.latest_created_revision),
        latest_ready=maybe(message.latest_ready_revision),
        condition=_condition(message.terminal_condition) if message.HasField("terminal_condition") else None,
        wanted=tuple(_traffic(message.traffic)),
        traffic=tuple(_traffic(message.traffic_statuses)),
        urls=tuple(_urls(message)),
        ingress=_INGRESS.get(message.ingress, "all"),
    )


def worker_pool(message: Any) -> Service:
    """A worker pool has no ingress; its instances are split among revisions as traffic is."""
    return Service(
        name=short(message.name),
        region=message.name.split("/")[3],
        template=template(message.template, message.labels, message.annotations),
        settled=_settled(message),
        updated=moment(message, "update_time") or _EPOCH,
        latest_created=maybe(message.latest_created_revision),
        latest_ready=maybe(message.latest_ready_revision),
        condition=_condition(message.terminal_condition) if message.HasField("terminal_condition") else None,
        wanted=tuple(_traffic(message.instance_splits)),
        traffic=tuple(_traffic(message.instance_split_statuses)),
    )


def revision(message: Any) -> Revision:
    return Revision(
        name=short(message.name),
        parent=parent(message.name),
        created=moment(message, "create_time") or _EPOCH,
        template=template(message, message.labels, message.annotations),
        ready=next((_condition(entry) for entry in message.conditions if entry.type_ == "Ready"), None),
        operation=message.labels.get(OPERATION, ""),
    )


def job(message: Any) -> Job:
    latest = message.latest_created_execution if message.HasField("latest_created_execution") else None
    return Job(
        name=short(message.name),
        region=message.name.split("/")[3],
        template=template(message.template.template, message.labels, message.template.labels),
        settled=_settled(message),
        updated=moment(message, "update_time") or _EPOCH,
        condition=_condition(message.terminal_condition) if message.HasField("terminal_condition") else None,
        latest_execution=None
        if latest is None
        else LatestExecution(
            short(latest.name),
            moment(latest, "create_time") or _EPOCH,
            moment(latest, "completion_time"),
            _OUTCOMES.get(latest.completion_status, ""),
        ),
    )


def execution(message: Any) -> Execution:
    return Execution(
        name=short(message.name),
        parent=parent(message.name),
        created=moment(message, "create_time") or _EPOCH,
        completed=moment(message, "completion_time"),
        template=template(message.template, message.labels, message.annotations),
    )


def template(message: Any, *stated: Any) -> Template:
    """Of anything with containers and volumes. `stated`: maps of labels or annotations that may name a commit.

    ValueError where there is no container: nothing runs without one.
    """
    if not message.containers:
        raise ValueError("no container")
    with_port = [index for index, entry in enumerate(message.containers) if entry.ports]
    main = (with_port or [0])[0]
    containers = tuple(_container(entry, index == main) for index, entry in enumerate(message.containers))
    return Template(
        containers=containers,
        hints=tuple(_hints(containers[main].image.tag, *_labels(message), *stated)),
        configuration=_configuration(message),
        mounted=tuple(
            Variable(Quoted(volume.name), f"secret:{_secret(volume.secret.secret)}:{_version(volume.secret)}")
            for volume in message.volumes
            if volume.HasField("secret")
        ),
        cloud_sql=tuple(
            dict.fromkeys(
                instance
                for volume in message.volumes
                if volume.HasField("cloud_sql_instance")
                for instance in volume.cloud_sql_instance.instances
            )
        ),
    )


def _container(message: Any, ingress: bool) -> Container:
    variables = tuple(Variable(Quoted(entry.name), _kind(entry)) for entry in message.env)
    return Container(message.name, ImageRef.parse(message.image), variables, ingress)


def _kind(entry: Any) -> str:
    if not entry.HasField("value_source"):
        return "value"
    reference = entry.value_source.secret_key_ref
    return f"secret:{_secret(reference.secret)}:{_word(reference.version or 'latest')}"


def _secret(name: str) -> str:
    return _word(name.rpartition("/")[2])


def _version(volume: Any) -> str:
    return _word(next((item.version for item in volume.items if item.version), "latest"))


def _word(text: str) -> str:
    return text if _NAME.fullmatch(text) else "?"


def _labels(message: Any) -> Iterator[Any]:
    """A template has labels of its own; a revision's are handed in."""
    for field in ("labels", "annotations"):
        if field in message.DESCRIPTOR.fields_by_name:
            yield getattr(message, field)


def _hints(tag: str, *stated: Any) -> Iterable[Hint]:
    found: dict[Hint, None] = {}
    for labels in stated:
        for key in _COMMIT_KEYS:
            if _COMMIT.fullmatch(labels.get(key, "")):
                found[Hint(f"label {key}", labels[key])] = None
    if _COMMIT.fullmatch(tag) and not tag.isdigit() and (len(tag) <= 12 or len(tag) in {40, 64}):
        found[Hint("image tag", tag)] = None
    return found


def _configuration(message: Any) -> str:
    """See Template.configuration. Images differ from build to build, and labels configure nothing."""
    digest = hashlib.blake2b(key=_SALT, digest_size=16)
    for entry in message.containers:
        copied = type(entry)()
        copied.CopyFrom(entry)
        for field in ("image", "build_info"):
            copied.ClearField(field)
        digest.update(b"\0container" + copied.SerializeToString(deterministic=True))
    for field in _SETTINGS:
        digest.update(b"\0" + field.encode() + str(getattr(message, field, "")).encode())
    return digest.hexdigest()


def _condition(message: Any) -> Condition:
    which = message.WhichOneof("reasons")
    reason = ""
    if which:
        values = message.DESCRIPTOR.fields_by_name[which].enum_type.values_by_number
        reason = values[getattr(message, which)].name if getattr(message, which) in values else ""
    state = message.state
    return Condition(
        type=_word(message.type_),
        state="succeeded" if state == _SUCCEEDED else "failed" if state == _FAILED else "pending",
        reason="" if reason.endswith("_UNDEFINED") else reason,
        message=Quoted(message.message),
        at=moment(message, "last_transition_time"),
    )


def _traffic(entries: Any) -> Iterator[Traffic]:
    for entry in entries:
        tag = getattr(entry, "tag", "")
        url = _url(getattr(entry, "uri", ""))
        yield Traffic(maybe(entry.revision), entry.percent, entry.type_ == _LATEST, _word(tag) if tag else "", url)


def _urls(message: Any) -> Iterator[str]:
    """None where the default URL is switched off: nobody answers there."""
    if message.default_uri_disabled:
        return
    yield from dict.fromkeys(url for one in (message.uri, *message.urls) if (url := _url(one)))


def _url(text: str) -> str:
    return text if _URL.fullmatch(text) else ""


def _settled(message: Any) -> bool:
    return not message.reconciling and message.observed_generation == message.generation
