"""`signoff_sandbox edge`: an edge in the foreground, until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from signoff_sandbox.edge.config import ConfigError, EdgeConfig, everything_to, read_config
from signoff_sandbox.edge.nginx import NginxFailed, NginxMissing, find_nginx
from signoff_sandbox.runtime.listeners import Listeners, listen
from signoff_sandbox.settings import Settings

if TYPE_CHECKING:
    from signoff_sandbox.edge.running import Edge

USAGE = 2
MISSING = 3
INTERRUPTED = 130


def run(arguments: argparse.Namespace) -> int:
    """Exit codes: 0 ended, 1 could not start or nginx ended, 2 configuration, 3 nginx is missing, 130 interrupted."""
    try:
        program = find_nginx()
        return asyncio.run(_serve(arguments, program))
    except NginxMissing as error:
        return _fail(str(error), MISSING)
    except ConfigError as error:
        return _fail(str(error), USAGE)
    except NginxFailed as error:
        return _fail(str(error), 1)
    except OSError as error:
        return _fail(error.strerror or str(error), 1)
    except KeyboardInterrupt:
        return INTERRUPTED


async def _serve(arguments: argparse.Namespace, program: Path) -> int:
    from signoff_sandbox.edge import control
    from signoff_sandbox.edge.running import Edge

    def read() -> EdgeConfig:
        return everything_to(arguments.service) if arguments.config is None else read_config(arguments.config)

    config = read()
    token = Settings().token
    async with contextlib.AsyncExitStack() as stack:
        listeners = Listeners()
        stack.push_async_callback(listeners.close_all)
        edge = Edge(program, arguments.sandbox, token)
        stack.push_async_callback(edge.close)  # nginx ends before what it asks
        ended = _signals(edge, read, until_stdin_closes=arguments.until_stdin_closes)
        http, https = [stack.enter_context(_listen(port)) for port in (arguments.http_port, arguments.https_port)]
        gate = listeners.open("gate", edge.gate.application(*control.routes(edge, token, read)))
        gate = gate.removeprefix("http://")
        await edge.start(config, gate, http, https)
        addresses = {"http": edge.http, "https": edge.https, "control": gate, "ca": str(edge.ca)}
        print(json.dumps(addresses), flush=True)  # noqa: T201
        gone = asyncio.create_task(_until_gone(edge))
        done, _ = await asyncio.wait([ended, gone], return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        return done.pop().result()


async def _until_gone(edge: Edge) -> int:
    raise NginxFailed(f"nginx is gone: {await edge.ended()}")


def _signals(edge: Edge, read: Callable[[], EdgeConfig], *, until_stdin_closes: bool) -> asyncio.Future[int]:
    """The exit code, once somebody ends the edge; until then SIGHUP reads the configuration again."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    changes: set[asyncio.Task[None]] = set()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def reload() -> None:
        change = loop.create_task(_reload(edge, read))
        changes.add(change)
        change.add_done_callback(changes.discard)

    def look() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            end(0)

    loop.add_signal_handler(signal.SIGTERM, end, 0)
    loop.add_signal_handler(signal.SIGINT, end, INTERRUPTED)
    loop.add_signal_handler(signal.SIGHUP, reload)
    if until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), look)
    return ended


async def _reload(edge: Edge, read: Callable[[], EdgeConfig]) -> None:
    """Says on standard output that it is done, or on standard error why all stays as it was."""
    try:
        await edge.change(read())
    except (ConfigError, NginxFailed, OSError) as error:
        _fail(f"not changed: {error}", 1)
    else:
        print(json.dumps({"reloaded": True}), flush=True)  # noqa: T201


def _listen(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on 127.0.0.1:{port}: {error.strerror}") from error


def _fail(reason: str, code: int) -> int:
    print(f"signoff sandbox edge: {reason}", file=sys.stderr)  # noqa: T201
    return code
