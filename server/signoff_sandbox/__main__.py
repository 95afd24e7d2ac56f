"""`python -m signoff_sandbox up` runs a sandbox, `… edge` a load balancer, `… env` prints what gcloud needs."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

#: gcloud's names of the services whose endpoint is sent to the sandbox, and their hosts.
GCLOUD_APIS = {
    "RUN": "run",
    "CLOUDBUILD": "cloudbuild",
    "LOGGING": "logging",
    "ARTIFACTREGISTRY": "artifactregistry",
    "CLOUDSCHEDULER": "cloudscheduler",
    "SECRETMANAGER": "secretmanager",
    "STORAGE": "storage",
    "SERVICEUSAGE": "serviceusage",
    "CLOUDRESOURCEMANAGER": "cloudresourcemanager",
    "IAM": "iam",
    "IAMCREDENTIALS": "iamcredentials",
    "CONTAINERANALYSIS": "containeranalysis",
}
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 ended, 1 could not start or save, 2 usage, 3 (edge) nginx is missing, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "edge":
        from signoff_sandbox.edge.command import run

        return run(arguments)
    try:
        if arguments.command == "env":
            trusted = _trusted_certificate(arguments.http_port, arguments.config)
            print(gcloud_environment(arguments.http_port, arguments.project, trusted), end="")  # noqa: T201
            return 0
    except OSError as error:
        where = f"127.0.0.1:{arguments.http_port}"
        print(f"signoff sandbox: no sandbox answers on {where} ({_reason(error)})", file=sys.stderr)  # noqa: T201
        return 1
    try:
        return asyncio.run(_up(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED


def _trusted_certificate(http_port: int, config: Path) -> Path:
    """Keep the running sandbox's certificate in gcloud's configuration; the file. Raises OSError."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=10)
    try:
        connection.request("GET", "/sandbox/certificate", headers={"authorization": "Bearer sandbox"})
        answer = connection.getresponse()
        content = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"it is no sandbox: {error!r}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise OSError(f"it answers {answer.status}")
    config.mkdir(parents=True, exist_ok=True)
    path = config / "sandbox.pem"
    path.write_bytes(content)
    return path


def gcloud_environment(http_port: int, project: str, trusted: Path) -> str:
    """Shell exports that send gcloud to the sandbox, which is its plain-HTTP proxy.

    `trusted` is the file with the sandbox's certificate; its folder is a configuration of its own, so that nothing is
    read from or written to the user's.
    """
    exports = {
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": str(http_port),
        **{
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"http://{host}.googleapis.com/"
            for name, host in GCLOUD_APIS.items()
        },
        "CLOUDSDK_CONFIG": str(trusted.parent),
        # For the log of a build, which is read over https (wire/tunnel.py); no other certificate is believed.
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(trusted),
        "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "sandbox",
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports.items())


async def _up(arguments: argparse.Namespace) -> int:
    from signoff_sandbox.server import serve
    from signoff_sandbox.settings import Settings
    from signoff_sandbox.state import StateError

    settings = Settings(
        project=arguments.project,
        grpc_port=arguments.grpc_port,
        http_port=arguments.http_port,
        state=arguments.state,
        data=arguments.data,
        http_log=arguments.http_log,
        seed=arguments.seed,
        log_lag_seconds=arguments.log_lag,
        reconcile_seconds=arguments.reconcile_seconds,
        traffic_seconds=arguments.traffic_seconds,
        startup_timeout_seconds=arguments.startup_seconds,
        idle_seconds=arguments.idle_seconds,
    )
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    loop.add_signal_handler(signal.SIGTERM, end, 0)
    loop.add_signal_handler(signal.SIGINT, end, INTERRUPTED)
    try:
        sandbox = await serve(settings)
        print(json.dumps({"grpc": sandbox.grpc_address, "http": sandbox.http_address}), flush=True)  # noqa: T201
        if arguments.until_stdin_closes:
            loop.add_reader(sys.stdin.fileno(), _when_closed, end)
        try:
            return await ended
        finally:
            await sandbox.close()
    except (StateError, OSError, RuntimeError) as error:
        print(f"signoff sandbox: {_reason(error)}", file=sys.stderr)  # noqa: T201
        return 1


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _when_closed(end: Callable[[int], None]) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        end(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="signoff-sandbox", description="An embedded Google Cloud on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run in the foreground; prints the addresses as one line of JSON")
    file: dict[str, Any] = {"type": Path, "metavar": "FILE"}
    port: dict[str, Any] = {"type": _port, "metavar": "N"}
    seconds: dict[str, Any] = {"type": _seconds, "metavar": "S"}
    any_free, default = "any free one without", "(default: %(default)s)"
    up.add_argument(
        "--state", **file, help="state: loaded if it is there, kept while it runs, so that a crash loses nothing"
    )
    up.add_argument(
        "--data", type=Path, metavar="FOLDER", help="source trees, images, buckets (default: a temporary folder)"
    )
    up.add_argument("--http-log", **file, help="append what is asked and answered over HTTP, a JSON object a line")
    up.add_argument("--grpc-port", **port, default=0, help=any_free)
    up.add_argument("--http-port", **port, default=0, help=any_free)
    up.add_argument("--project", metavar="ID", default="demo", help=f"the project that it is {default}")
    up.add_argument("--seed", type=int, metavar="N", default=0, help=f"of everything that chance decides {default}")
    up.add_argument("--log-lag", **seconds, default=0.0, help=f"seconds until a log entry can be read {default}")
    up.add_argument("--reconcile-seconds", **seconds, default=0.2, help=f"how long changes take {default}")
    up.add_argument("--traffic-seconds", **seconds, default=0.0, help=f"how much later traffic moves {default}")
    up.add_argument("--startup-seconds", **seconds, default=30.0, help=f"until a container must listen {default}")
    up.add_argument("--idle-seconds", **seconds, default=900.0, help=f"until an idle instance goes {default}")
    up.add_argument("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    edge = commands.add_parser("edge", help="put nginx in front of services as a load balancer; prints its addresses")
    routes = edge.add_mutually_exclusive_group(required=True)
    routes.add_argument("--config", **file, help="routes, logins and caches: TOML, or JSON if it ends in .json")
    routes.add_argument("--service", metavar="NAME", help="send every path to this service")
    edge.add_argument("--sandbox", metavar="HOST:PORT", help="HTTP address of the running sandbox")
    edge.add_argument("--http-port", **port, default=0, help=any_free)
    edge.add_argument("--https-port", **port, default=0, help=any_free)
    edge.add_argument("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    env = commands.add_parser("env", help="print the exports that send gcloud to the sandbox")
    env.add_argument("--http-port", **port, required=True, help="of the running sandbox")
    env.add_argument("--project", metavar="ID", default="demo", help=f"the sandbox's {default}")
    env.add_argument(
        "--config",
        type=Path,
        metavar="FOLDER",
        default=Path(tempfile.gettempdir()) / "signoff-sandbox-gcloud",
        help="folder of gcloud's own configuration there (default: %(default)s)",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: a number up to 65535")
    return int(text)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (seconds := float(text)) < float("inf"):
            return seconds
    raise argparse.ArgumentTypeError(f"{text} is no number of seconds")


if __name__ == "__main__":
    sys.exit(main())
