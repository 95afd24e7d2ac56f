"""`pack build` in steps, interpreted: Google's buildpacks, as far as the source itself says what to start.

https://cloud.google.com/docs/buildpacks/build-run-entrypoints. Dependencies are not installed: nothing is here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any, NoReturn

from signoff_sandbox.runtime.imagebuild import BASE_ENV
from signoff_sandbox.runtime.images import Image, ImageConfig, ImageStore
from signoff_sandbox.world.build_workshop import Command, UsageError, Workshop, pairs, push, tagged

_WEB = re.compile(r"^web\s*:\s*(?P<command>.+)$", re.MULTILINE)


async def pack(shop: Workshop, command: Command) -> int:
    if command.arguments[:2] == ("config", "default-builder"):
        return 0
    if command.arguments[:1] != ("build",):
        raise UsageError(f"pack {' '.join(command.arguments[:1])} is not modelled by the sandbox; build is")
    options = _options().parse_args(command.arguments[1:])
    folder = command.folder / options.path
    values = pairs(options.env)
    start = await asyncio.to_thread(_entrypoint, folder, values)
    if start is None:
        raise UsageError(
            "ERROR: failed to build: what this source starts is not known to the sandbox: it has no Procfile with a "
            "line 'web:', no GOOGLE_ENTRYPOINT and no start script in package.json"
        )
    command.log(f"===> BUILDING with {options.builder or 'the default builder'}")
    command.log(" ---> dependencies are not installed: buildpacks are not modelled")
    image = await asyncio.to_thread(_image, shop.cloud.machine.images, folder, start, options.builder or "")
    shop.images[tagged(options.image)] = image
    command.log(f"Successfully built image '{options.image}'")
    if options.publish:
        push(shop, options.image, command.log)
    return 0


def _entrypoint(folder: Path, values: dict[str, str]) -> str | None:
    """What the image starts, as a line of shell."""
    if "GOOGLE_ENTRYPOINT" in values:
        return values["GOOGLE_ENTRYPOINT"]
    procfile, package = folder / "Procfile", folder / "package.json"
    if procfile.is_file():
        web = _WEB.search(procfile.read_text(encoding="utf-8"))
        return web["command"] if web else None
    if package.is_file():
        try:
            scripts = json.loads(package.read_text(encoding="utf-8")).get("scripts", {})
        except (ValueError, AttributeError) as error:
            raise UsageError(f"package.json cannot be read: {error}") from error
        return "npm start" if "start" in scripts else None
    return None


def _image(store: ImageStore, folder: Path, start: str, builder: str) -> Image:
    root = store.draft()
    shutil.copytree(folder, root / "workspace", symlinks=True)
    config = ImageConfig(
        env=dict(BASE_ENV), entrypoint=("/bin/sh", "-c"), cmd=(f"exec {start}",), workdir="/workspace", base=builder
    )
    return store.add(root, config)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"pack build: {message} (or not modelled by the sandbox)")


def _options() -> Any:
    parser = _Parser(prog="pack build", add_help=False, allow_abbrev=False)
    parser.add_argument("image")
    parser.add_argument("--builder", "-B")
    parser.add_argument("--path", "-p", default=".")
    parser.add_argument("--env", "-e", action="append", default=[])
    parser.add_argument("--publish", action="store_true")
    for option in ("--network", "--cache-image", "--run-image", "--pull-policy"):
        parser.add_argument(option)
    for option in ("--trust-builder", "--clear-cache", "--verbose", "-v"):
        parser.add_argument(option, action="store_true")
    return parser
