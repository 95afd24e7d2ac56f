"""`docker build|push|tag|pull` and `docker buildx build` in steps, interpreted: there is no daemon."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any, NoReturn

from signoff_sandbox.runtime.dockerfile import DockerfileError
from signoff_sandbox.runtime.imagebuild import build_image
from signoff_sandbox.runtime.images import Image
from signoff_sandbox.world.build_workshop import Command, UsageError, Workshop, push, tagged

#: Options with a value that change nothing here; a platform does (see `_refuse_platforms`).
VALUES = (
    *("--cache-from", "--cache-to", "--progress", "--network", "--label", "--output", "--secret", "--builder"),
    *("--shm-size", "--ssh", "--add-host", "--memory", "--cpus", "--provenance", "--sbom", "--attest"),
)
SWITCHES = ("--no-cache", "--pull", "--quiet", "-q", "--load", "--rm", "--force-rm", "--squash")


async def docker(shop: Workshop, command: Command) -> int:
    name, arguments = (command.arguments[0], list(command.arguments[1:])) if command.arguments else ("", [])
    if name in ("buildx", "image") and arguments[:1] == ["build"]:
        name, arguments = "build", arguments[1:]
    if name == "build":
        await build(shop, command, arguments)
    elif name == "push":
        _push(shop, command, arguments)
    elif name == "tag" and len(arguments) == 2:
        image = shop.find(arguments[0])
        if image is None:
            raise UsageError(f"Error response from daemon: No such image: {arguments[0]}")
        shop.images[tagged(arguments[1])] = image
    elif name == "pull":  # only ever a cache: `docker pull IMAGE || exit 0` before a build
        command.log(f"docker pull {' '.join(arguments)}: nothing to fetch, layers are not modelled")
    elif name == "buildx" and arguments[:1] in (["create"], ["use"], ["inspect"], ["ls"], ["rm"]):
        command.log(f"docker buildx {arguments[0]}: there are no builders to choose from here")
    elif name == "login":
        command.log("Login Succeeded")
    else:
        raise UsageError(f"docker {name} is not modelled by the sandbox; build, tag, push and pull are")
    return 0


async def build(shop: Workshop, command: Command, arguments: list[str]) -> None:
    """`docker build` with these arguments. Raises UsageError."""
    options = _build_options().parse_args(arguments)
    _refuse_platforms(options.platform)
    context = (command.folder / options.context).resolve()
    if not context.is_dir():
        raise UsageError(f'unable to prepare context: path "{options.context}" not found')
    dockerfile = (command.folder / options.file) if options.file else context / "Dockerfile"
    given = {}
    for text in options.build_arg:
        name, equals, value = text.partition("=")
        if equals or name in command.environment:
            given[name] = value if equals else command.environment[name]
    image = await make_image(shop, command, context, dockerfile, given, options.target)
    command.log(f"Successfully built {image.digest.removeprefix('sha256:')[:12]}")
    for tag in options.tag:
        shop.images[tagged(tag)] = image
        command.log(f"Successfully tagged {tagged(tag)}")
        if options.push:
            push(shop, tag, command.log)


async def make_image(
    shop: Workshop, command: Command, context: Path, dockerfile: Path, given: dict[str, str], target: str | None
) -> Image:
    """The image of a Dockerfile, built beside the event loop. Raises UsageError with Docker's words."""
    loop = asyncio.get_running_loop()

    def find(reference: str) -> Image | None:  # asked from the thread; the store belongs to the loop
        return asyncio.run_coroutine_threadsafe(_found(shop, reference), loop).result()

    def tell(text: str) -> None:
        loop.call_soon_threadsafe(command.log, text)

    try:
        return await asyncio.to_thread(
            build_image,
            shop.cloud.machine.images,
            context,
            dockerfile,
            arguments=given,
            log=tell,
            base=find,
            target=target,
        )
    except DockerfileError as error:
        raise UsageError(str(error)) from error


async def _found(shop: Workshop, reference: str) -> Image | None:
    return shop.find(reference)


def _push(shop: Workshop, command: Command, arguments: list[str]) -> None:
    """One tag, or with --all-tags every tag of the name."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    if len(names) == 1 and {"-a", "--all-tags"} & set(arguments):
        every = [tag for tag in shop.images if tag.rpartition(":")[0] == names[0]]
        names = every or names
    elif len(names) != 1:
        raise UsageError('"docker push" requires exactly 1 argument.')
    for name in names:
        if push(shop, name, command.log) is None:
            raise UsageError(f"An image does not exist locally with the tag: {name}")


def _refuse_platforms(platforms: list[str]) -> None:
    asked = {name for text in platforms for name in text.split(",")}
    if len(asked) > 1:
        raise UsageError(f"an image of several platforms ({', '.join(sorted(asked))}) is not modelled by the sandbox")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"docker build: {message}")


def _build_options() -> Any:
    """Options of docker build that matter here, and those that change nothing."""
    parser = _Parser(prog="docker build", add_help=False, allow_abbrev=False)
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-f", "--file")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--target")
    parser.add_argument("--platform", action="append", default=[])
    parser.add_argument("--push", action="store_true")
    parser.add_argument("context")
    for option in VALUES:
        parser.add_argument(option, action="append")
    for option in SWITCHES:
        parser.add_argument(option, action="store_true")
    return parser
