"""`signoff serve`, `demo`, `sandbox` and `completion`: what starts something else."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from signoff.model.errors import SignoffError


def serve(options: argparse.Namespace) -> int:
    """Until the client closes the connection. stdout belongs to the protocol."""
    from signoff.mcp.server import serve as serve_it

    serve_it(Path(options.directory), read_only=options.read_only, transport=options.transport, port=options.port)
    return 0


def demo(options: argparse.Namespace) -> int:
    from signoff.cli.demo import play

    return play(Path(options.directory) / options.folder, fast=options.fast)


def sandbox(options: argparse.Namespace) -> int:
    """The sandbox is a process of its own, in place of this one: nothing of it is imported here."""
    argv = [sys.executable, "-m", "signoff_sandbox", *(options.arguments or ["--help"])]
    try:
        os.chdir(options.directory)
        os.execv(argv[0], argv)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        raise SignoffError(f"the sandbox can not be started: {error.strerror}", fix="install signoff again") from error


def completion(options: argparse.Namespace) -> int:
    """`eval "$(signoff completion bash)"`"""
    import shtab

    from signoff.cli.output import put
    from signoff.cli.parser import make_parser

    put(shtab.complete(make_parser(), options.shell))
    return 0
