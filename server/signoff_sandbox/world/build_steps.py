"""A step of a build: tools that are interpreted by their image, programs in the workspace, images built here.

What an unknown image would do is not known, so a step of one fails and says so.
"""

from __future__ import annotations

import posixpath
import shutil
import sys
from pathlib import Path
from typing import Any

from signoff_sandbox.runtime import containers
from signoff_sandbox.world.build_docker import docker
from signoff_sandbox.world.build_gcloud import gcloud
from signoff_sandbox.world.build_kaniko import kaniko
from signoff_sandbox.world.build_pack import pack
from signoff_sandbox.world.build_tools import on_path
from signoff_sandbox.world.build_workshop import Command, Log, Tool, UsageError, Workshop
from signoff_sandbox.world.image_refs import ImageRef

CLOUD_BUILDERS = "gcr.io/cloud-builders/"
#: Image -> the program that it starts by itself; "" for one that runs its arguments.
ENTRYPOINTS: dict[str, str] = {
    "gcr.io/kaniko-project/executor": "kaniko",
    "gcr.io/k8s-skaffold/pack": "pack",
    "docker": "docker",
    "gcr.io/google.com/cloudsdktool/cloud-sdk": "",
    "gcr.io/google.com/cloudsdktool/google-cloud-cli": "",
    "google/cloud-sdk": "",
    **dict.fromkeys(
        ("alpine", "bash", "busybox", "debian", "ubuntu", "python", "node", "golang", "ruby", "php", "rust"), ""
    ),
}
#: Those among them whose own script puts the program before arguments that begin with a dash.
TAKE_OPTIONS = frozenset({"bash", "node", "php"})
TOOLS: dict[str, Tool] = {"docker": docker, "gcloud": gcloud, "kaniko": kaniko, "pack": pack}
#: Those that a script may call by name.
IN_SCRIPTS: dict[str, Tool] = {"docker": docker, "gcloud": gcloud}
NO_SUCH_PROGRAM = 127


async def run_step(shop: Workshop, step: Any, log: Log) -> int:
    """Carry out one step; its exit code."""
    name = ImageRef.parse(step.name).name.removeprefix("docker.io/").removeprefix("library/")
    own = shop.find(step.name)
    if own is not None:
        return await _in_image(shop, step, own, log)
    entrypoint = ENTRYPOINTS.get(name)
    if entrypoint is None and name.startswith(CLOUD_BUILDERS):
        entrypoint = name.removeprefix(CLOUD_BUILDERS)
    if entrypoint is None:
        log(f"{step.name} is not modelled by the sandbox: what this image does is not known, so the step fails")
        return NO_SUCH_PROGRAM
    if step.script:
        return await _process(shop, step, [str(_script(shop, step))], log)
    starting = step.entrypoint or entrypoint
    argv = [*([starting] if starting else []), *step.args]
    if argv and argv[0].startswith("-") and name in TAKE_OPTIONS:
        argv = [name, *argv]
    if not argv:
        log(f"the step has neither entrypoint nor args: what the image {step.name} runs by itself is not modelled")
        return NO_SUCH_PROGRAM
    tool = TOOLS.get(argv[0])
    if tool is None:
        return await _process(shop, step, argv, log)
    command = Command(tuple(argv[1:]), shop.folder_of(step), shop.environment_of(step), log)
    try:
        return await tool(shop, command)
    except UsageError as error:
        log(str(error))
        return 1


async def _process(shop: Workshop, step: Any, argv: list[str], log: Log) -> int:
    """A program of this machine, in the workspace: a process is no container."""
    if posixpath.basename(argv[0]) in containers.PYTHONS:
        argv = [sys.executable, *argv[1:]]
    return await _run(shop, argv, shop.environment_of(step), shop.folder_of(step), log)


async def _in_image(shop: Workshop, step: Any, image: Any, log: Log) -> int:
    """A step in an image that was built here: it starts as a service of that image would, in the workspace."""
    folder = shop.home / f"image-{len(list(shop.home.iterdir()))}"
    root = containers.unpack_image(image, folder)
    command = [str(_script(shop, step))] if step.script else [word for word in (step.entrypoint,) if word]
    try:
        program = containers.program(
            image, root, command=command, arguments=list(step.args), environment=shop.environment_of(step)
        )
    except containers.NoCommand as error:
        log(f"{step.name}: {error}")
        return NO_SUCH_PROGRAM
    code = await _run(shop, list(program.argv), program.environment, shop.folder_of(step), log)
    shutil.rmtree(folder)
    return code


async def _run(shop: Workshop, argv: list[str], environment: dict[str, str], folder: Path, log: Log) -> int:
    async with on_path(shop, IN_SCRIPTS) as tools:
        child = await shop.cloud.machine.processes.start(
            argv,
            environment={**environment, "PATH": f"{tools}:{environment['PATH']}"},
            folder=folder,
            on_line=lambda _, raw: log(raw.decode(errors="replace")),
        )
        return await child.finish()


def _script(shop: Workshop, step: Any) -> Path:
    script = shop.home / f"script-{len(list(shop.home.iterdir()))}"
    text = step.script if step.script.startswith("#!") else f"#!/bin/sh\nset -e\n{step.script}"
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    return script
