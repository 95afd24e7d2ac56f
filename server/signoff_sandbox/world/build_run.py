"""A build on its way: source, steps, push, and the words for what went wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOperationMetadata, TimeSpan
from google.protobuf.message import Message

from signoff_sandbox.runtime.sources import SourceError
from signoff_sandbox.world import build_provenance, build_queue, build_secrets, build_source, identities, operations
from signoff_sandbox.world.build_log import BuildLog
from signoff_sandbox.world.build_steps import run_step
from signoff_sandbox.world.build_workshop import UsageError, Workshop, push
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.planted import strike

Status = Build.Status
Failure = Build.FailureInfo.FailureType
OTHER_FAILURE = Failure.FAILURE_TYPE_UNSPECIFIED


class BuildFailed(Exception):
    """The build ends in FAILURE."""

    def __init__(self, kind: int, detail: str, *, step: bool = False) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.is_step = kind, detail, step


def metadata(build: Any) -> Message:
    """What the operation of a build says about it."""
    made: Message = BuildOperationMetadata.pb()(build=build)
    return made


async def carry_out(cloud: Cloud, name: str, operation: str) -> Any:
    """Run the stored build `name` to its end and return it; ApiError if that end is not SUCCESS."""
    build: Any = cloud.store.get("builds", name)
    identities.speak_for(build.service_account.rpartition("/")[2])
    try:
        async with build_queue.turn(cloud, build):
            build = cloud.store.get("builds", name)  # as it was approved
            await _build(cloud, build, operation)
    except build_queue.Expired:
        build.status = Status.EXPIRED
        _end(cloud, build, operation)
    except ApiError as planted:
        build = cloud.store.get("builds", name)
        if build.status == Status.QUEUED:
            build.status, build.status_detail = Status.INTERNAL_ERROR, planted.message
            _end(cloud, build, operation)
        raise
    if build.status != Status.SUCCESS:
        raise ApiError(grpc.StatusCode.UNKNOWN, "Build failed; check build logs for details")
    build_provenance.record(cloud, build)
    return build


async def _build(cloud: Cloud, build: Any, operation: str) -> None:
    """Work on a build whose turn it is, to whatever end."""
    log = BuildLog(cloud, build)
    folder = cloud.machine.folder / "builds" / build.id
    build.status = Status.WORKING
    build.start_time.CopyFrom(cloud.now())
    _save(cloud, build, operation)
    try:
        async with asyncio.timeout(build.timeout.ToTimedelta().total_seconds()):
            await strike(cloud, "sandbox.Builder/build")
            await _work(cloud, build, folder, log, operation)
        build.status = Status.SUCCESS
        log.line("DONE")
    except BuildFailed as failure:
        build.status = Status.FAILURE
        build.failure_info.type_ = failure.kind
        build.failure_info.detail = f"Build step failure: {failure.detail}" if failure.is_step else failure.detail
        build.status_detail = failure.detail
        log.line("ERROR")
        log.line(f"ERROR: {failure.detail}")
    except ApiError as planted:
        build.status = Status.INTERNAL_ERROR
        build.status_detail = planted.message
    except TimeoutError:
        build.status = Status.TIMEOUT
        log.line("TIMEOUT")
        log.line("ERROR: context deadline exceeded")
    except asyncio.CancelledError:
        build.status = Status.CANCELLED
        log.line("CANCELLED")
        log.line("ERROR: context canceled")
        _end(cloud, build, operation)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _end(cloud, build, operation)


def _end(cloud: Cloud, build: Any, operation: str) -> None:
    for step in build.steps:
        if step.status in (Status.STATUS_UNKNOWN, Status.WORKING) and build.status != Status.SUCCESS:
            step.status = Status.QUEUED if step.status == Status.STATUS_UNKNOWN else build.status
    build.finish_time.CopyFrom(cloud.now())
    _save(cloud, build, operation)


def _save(cloud: Cloud, build: Any, operation: str) -> None:
    cloud.store.put("builds", build.name, build)
    operations.set_metadata(cloud, operation, metadata(build))


async def _work(cloud: Cloud, build: Any, folder: Any, log: BuildLog, operation: str) -> None:
    log.line(f'starting build "{build.id}"')
    home = folder / "home"
    home.mkdir(parents=True)
    has_source = build.source.WhichOneof("source") is not None
    with _timed(cloud, build.timing["FETCHSOURCE"] if has_source else TimeSpan.pb()()):
        try:
            workspace, provenance = await build_source.fetch(cloud, build, folder / "workspace", log.line)
        except SourceError as error:
            log.line(str(error))
            raise BuildFailed(
                Failure.FETCH_SOURCE_FAILED, f"failed to fetch source: {str(error).splitlines()[-1]}"
            ) from error
    build.source_provenance.CopyFrom(provenance)
    _save(cloud, build, operation)
    others = [field.name for field, _ in build.artifacts.ListFields() if field.name != "images"]
    if others:
        raise BuildFailed(OTHER_FAILURE, f"artifacts.{others[0]} is not modelled by the sandbox")
    try:
        shop = Workshop(cloud, build, workspace, home, secrets=build_secrets.read(cloud, build))
    except build_secrets.NoSecret as error:
        raise BuildFailed(OTHER_FAILURE, str(error)) from error
    log.line("BUILD")
    with _timed(cloud, build.timing["BUILD"]):
        for index, step in enumerate(build.steps):
            await _step(shop, index, step, log)
            _save(cloud, build, operation)
    if not build.images:
        return
    log.line("PUSH")
    with _timed(cloud, build.timing["PUSH"]):
        for reference in build.images:
            log.line(f"Pushing {reference}")
            began = cloud.now()
            try:
                image = push(shop, reference, log.line)
            except UsageError as error:
                raise BuildFailed(Failure.PUSH_FAILED, f"failed to push {reference}: {error}") from error
            if image is None:
                raise BuildFailed(
                    Failure.PUSH_IMAGE_NOT_FOUND,
                    f'failed to find one or more images after execution of build steps: ["{reference}"]',
                )
            built = build.results.images.add(name=reference, digest=image.digest)
            built.push_timing.start_time.CopyFrom(began)
            built.push_timing.end_time.CopyFrom(cloud.now())


async def _step(shop: Workshop, index: int, step: Any, log: BuildLog) -> None:
    label = f"Step #{index}" + (f' - "{step.id}"' if step.id else "")
    step.status = Status.WORKING
    several = len(shop.build.steps) > 1
    if several:
        log.line(f"Starting {label}")
    with _timed(shop.cloud, step.timing):
        try:
            async with asyncio.timeout(step.timeout.ToTimedelta().total_seconds() or None):
                code = await run_step(shop, step, lambda text: log.line(text, label))
        except TimeoutError:
            step.status = Status.TIMEOUT
            raise
    step.exit_code = code
    step.status = Status.SUCCESS if code == 0 else Status.FAILURE
    if several:
        log.line(f"Finished {label}")
    if code != 0 and not (step.allow_failure or code in step.allow_exit_codes):
        raise BuildFailed(
            Failure.USER_BUILD_STEP,
            f'build step {index} "{step.name}" failed: step exited with non-zero status: {code}',
            step=True,
        )


@contextmanager
def _timed(cloud: Cloud, span: Any) -> Iterator[None]:
    span.start_time.CopyFrom(cloud.now())
    try:
        yield
    finally:
        span.end_time.CopyFrom(cloud.now())
