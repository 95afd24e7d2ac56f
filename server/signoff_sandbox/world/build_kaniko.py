"""Kaniko in steps, interpreted: it builds and pushes by itself, so Cloud Build's results do not name its images.

https://github.com/GoogleContainerTools/kaniko#additional-flags
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from signoff_sandbox.world.build_docker import make_image
from signoff_sandbox.world.build_workshop import Command, UsageError, Workshop, push, tagged

VALUES = ("--cache-ttl", "--cache-dir", "--cache-repo", "--snapshot-mode", "--snapshotMode", "--verbosity", "--label")
SWITCHES = ("--reproducible", "--single-snapshot", "--use-new-run", "--cleanup", "--compressed-caching", "--force")


async def kaniko(shop: Workshop, command: Command) -> int:
    options = _options().parse_args(_with_values(list(command.arguments)))
    context = _inside(shop, command.folder, options.context)
    if not context.is_dir():
        raise UsageError(f"error resolving source context: {options.context} is no folder of the workspace")
    dockerfile = _inside(shop, context, options.dockerfile)
    if not dockerfile.is_file():
        raise UsageError("error resolving dockerfile path: please provide a valid path to a Dockerfile")
    given = {}
    for text in options.build_arg:
        name, equals, value = text.partition("=")
        given[name] = value if equals else command.environment.get(name, "")
    image = await make_image(shop, command, context, dockerfile, given, options.target)
    if not options.no_push:
        for reference in options.destination:
            shop.images[tagged(reference)] = image
            push(shop, reference, command.log)
    return 0


def _inside(shop: Workshop, base: Path, path: str) -> Path:
    """A path of the command; kaniko writes those of the workspace as /workspace/…, or with dir://."""
    path = path.removeprefix("dir://")
    if path == "/workspace" or path.startswith("/workspace/"):
        return (shop.workspace / path.removeprefix("/workspace").lstrip("/")).resolve()
    return (base / path).resolve()


def _with_values(arguments: list[str]) -> list[str]:
    """`--cache` and `--cache=true` are both written."""
    return ["--cache=true" if argument == "--cache" else argument for argument in arguments]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"kaniko: {message} (or not modelled by the sandbox)")


def _options() -> Any:
    parser = _Parser(prog="executor", add_help=False, allow_abbrev=False)
    parser.add_argument("-d", "--destination", action="append", default=[])
    parser.add_argument("-c", "--context", default="/workspace")
    parser.add_argument("-f", "--dockerfile", default="Dockerfile")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--target")
    parser.add_argument("--cache")
    parser.add_argument("--no-push", action="store_true")
    for option in VALUES:
        parser.add_argument(option, action="append")
    for option in SWITCHES:
        parser.add_argument(option, action="store_true")
    return parser
