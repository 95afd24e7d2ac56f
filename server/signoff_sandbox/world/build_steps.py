"""Steps of a build: docker build, tag and push are interpreted, everything else is a process in the workspace."""

from __future__ import annotations

import argparse
import asyncio
import posixpath
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from signoff_sandbox.runtime.containers import PYTHONS
from signoff_sandbox.runtime.dockerfile import DockerfileError
from signoff_sandbox.runtime.imagebuild import build_image
from signoff_sandbox.runtime.images import Image
from signoff_sandbox.runtime.process import base_environment
from signoff_sandbox.world import registry
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import ImageRef, digest_of

DOCKER_STEPS = frozenset({"gcr.io/cloud-builders/docker", "docker"})
CLOUD_BUILDERS = "gcr.io/cloud-builders/"
# What must not run by accident: the tools of whoever owns this machine, with their logins.
GUARDED = ("docker", "gcloud", "kubectl", "gsutil", "terraform", "firebase")
_GUARD = '#!/bin/sh\necho "$(basename "$0") is not modelled in steps of the sandbox" >&2\nexit 127\n'


@dataclass
class Workshop:
    """What the steps of one build share. `images` are those built so far, by tag as `NAME:TAG`."""

    cloud: Cloud
    build: Any
    workspace: Path
    home: Path
    images: dict[str, Image] = field(default_factory=dict)

    def find(self, reference: str) -> Image | None:
        """An image of this build, or one that the registry has and that was built in this sandbox."""
        known = self.images.get(tagged(reference))
        if known is not None:
            return known
        digest = digest_of(self.cloud, reference)
        return None if digest is None else self.cloud.machine.images.get(digest)


class UsageError(Exception):
    """A docker command that the sandbox cannot read."""


def tagged(reference: str) -> str:
    ref = ImageRef.parse(reference)
    return f"{ref.name}@{ref.digest}" if ref.digest else f"{ref.name}:{ref.tag}"


async def run_step(shop: Workshop, step: Any, log: Callable[[str], None]) -> int:
    """Carry out one step; its exit code."""
    if step.name.partition(":")[0] in DOCKER_STEPS and step.entrypoint in ("", "docker") and not step.script:
        try:
            await _docker(shop, step, log)
        except (DockerfileError, UsageError) as error:
            log(str(error))
            return 1
        return 0
    folder = _folder(shop, step)
    argv = _argv(shop, step)
    if not argv:
        log(f"the step has neither entrypoint nor args: what the image {step.name} runs by itself is not modelled")
        return 127
    child = await shop.cloud.machine.processes.start(
        argv,
        environment=_environment(shop, step),
        folder=folder,
        on_line=lambda _, raw: log(raw.decode(errors="replace")),
    )
    return await child.finish()


def push(shop: Workshop, reference: str, log: Callable[[str], None]) -> Image | None:
    """Push an image of this build and move its tag; None if there is no such image. Raises UsageError."""
    image = shop.images.get(tagged(reference))
    if image is None:
        return None
    try:
        registry.record_image(shop.cloud, tagged(reference), image.digest, size_bytes=image.size_bytes)
    except ValueError as error:
        raise UsageError(f"denied: {error}") from error
    log(f"{tagged(reference).rpartition(':')[2]}: digest: {image.digest} size: {image.size_bytes}")
    return image


async def _docker(shop: Workshop, step: Any, log: Callable[[str], None]) -> None:
    command, arguments = (step.args[0], list(step.args[1:])) if step.args else ("", [])
    if command == "buildx" and arguments[:1] == ["build"]:
        command, arguments = "build", arguments[1:]
    if command == "build":
        await _docker_build(shop, step, arguments, log)
    elif command == "push":
        names = [argument for argument in arguments if not argument.startswith("-")]
        if len(names) != 1 or push(shop, names[0], log) is None:
            raise UsageError(f"An image does not exist locally with the tag: {' '.join(names)}")
    elif command == "tag" and len(arguments) == 2:
        image = shop.find(arguments[0])
        if image is None:
            raise UsageError(f"Error response from daemon: No such image: {arguments[0]}")
        shop.images[tagged(arguments[1])] = image
    elif command == "pull":  # only ever a cache: `docker pull IMAGE || exit 0` before a build
        log(f"docker pull {' '.join(arguments)}: nothing to fetch, layers are not modelled")
    else:
        raise UsageError(f"docker {command} is not modelled by the sandbox; build, tag, push and pull are")


async def _docker_build(shop: Workshop, step: Any, arguments: list[str], log: Callable[[str], None]) -> None:
    options = _build_options().parse_args(arguments)
    folder = _folder(shop, step)
    context = (folder / options.context).resolve()
    if not context.is_dir():
        raise UsageError(f'unable to prepare context: path "{options.context}" not found')
    dockerfile = (folder / options.file) if options.file else context / "Dockerfile"
    environment = _pairs([*shop.build.options.env, *step.env])
    given = {}
    for text in options.build_arg:
        name, equals, value = text.partition("=")
        if equals or name in environment:
            given[name] = value if equals else environment[name]
    loop = asyncio.get_running_loop()

    def find(reference: str) -> Image | None:  # asked from the thread; the store belongs to the loop
        return asyncio.run_coroutine_threadsafe(_found(shop, reference), loop).result()

    def tell(text: str) -> None:
        loop.call_soon_threadsafe(log, text)

    image = await asyncio.to_thread(
        build_image,
        shop.cloud.machine.images,
        context,
        dockerfile,
        arguments=given,
        log=tell,
        base=find,
        target=options.target,
    )
    log(f"Successfully built {image.digest.removeprefix('sha256:')[:12]}")
    for tag in options.tag:
        shop.images[tagged(tag)] = image
        log(f"Successfully tagged {tagged(tag)}")


async def _found(shop: Workshop, reference: str) -> Image | None:
    return shop.find(reference)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"docker build: {message}")


def _build_options() -> argparse.ArgumentParser:
    """Options of docker build that matter here, and those that change nothing."""
    parser = _Parser(prog="docker build", add_help=False, allow_abbrev=False)
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-f", "--file")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--target")
    parser.add_argument("context")
    for option in (
        "--cache-from",
        "--cache-to",
        "--progress",
        "--platform",
        "--network",
        "--label",
        "--output",
        "--secret",
    ):
        parser.add_argument(option, action="append")
    for option in ("--no-cache", "--pull", "--quiet", "-q", "--load", "--rm", "--provenance=false"):
        parser.add_argument(option, action="store_true")
    return parser


def _argv(shop: Workshop, step: Any) -> list[str]:
    if step.script:
        script = shop.home / f"script-{len(list(shop.home.iterdir()))}"
        text = step.script if step.script.startswith("#!") else f"#!/bin/sh\nset -e\n{step.script}"
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)
        return [str(script)]
    builder = step.name.partition(":")[0]
    entrypoint = step.entrypoint or (builder.removeprefix(CLOUD_BUILDERS) if builder.startswith(CLOUD_BUILDERS) else "")
    argv = [entrypoint, *step.args] if entrypoint else list(step.args)
    if argv and posixpath.basename(argv[0]) in PYTHONS:
        argv[0] = sys.executable
    return argv


def _folder(shop: Workshop, step: Any) -> Path:
    """`dir` is relative to the workspace, or absolute below /workspace."""
    folder: Path = (shop.workspace / step.dir_.removeprefix("/workspace").lstrip("/")).resolve()
    if not folder.is_relative_to(shop.workspace.resolve()):
        folder = shop.workspace
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _environment(shop: Workshop, step: Any) -> dict[str, str]:
    guards = shop.home / "guards"
    if not guards.is_dir():
        guards.mkdir()
        for name in GUARDED:
            (guards / name).write_text(_GUARD, encoding="utf-8")
            (guards / name).chmod(0o755)
    base = base_environment(shop.home)
    own = _pairs([*shop.build.options.env, *step.env])
    return {**base, **own, "PATH": f"{guards}:{own.get('PATH', base['PATH'])}"}


def _pairs(lines: list[str]) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in lines)
