"""Keeps one empty PostgreSQL as long as somebody holds its input, and leaves nothing behind.

A program of its own, of the standard library alone: `python keeper.py MAJOR FOLDER…`, the folders with `postgres` and
`initdb`, best first; MAJOR 0: any. It says one line of JSON (`port`, `password`, `folder`, or `error`) and waits until
its input ends: that comes however the process ends that started it, also where that one is killed. PostgreSQL refuses
root, so root starts it as another user. It listens on loopback alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

OLDEST = 15
_SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=40", "lc_messages=C",
    "logging_collector=on", "log_destination=jsonlog", "log_filename=log", "log_rotation_age=0", "log_rotation_size=0",
    "log_min_messages=notice",
    "log_min_error_statement=notice", "log_statement=ddl", "max_locks_per_transaction=1024",
)  # fmt: skip
_START_SECONDS = 30.0


class Impossible(Exception):
    """Why there can be none; the text is for people."""


def other_user() -> dict[str, Any]:
    """How a child is started that refuses root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Impossible("PostgreSQL refuses to run as root, and there is no user postgres or nobody to start it as")


def chosen(major: int, folders: list[str]) -> Path:
    """Programs of this major version, else of the newest."""
    found: dict[int, Path] = {}
    for folder in folders:
        with contextlib.suppress(OSError, ValueError, IndexError):
            said = subprocess.run(
                [f"{folder}/postgres", "--version"], capture_output=True, text=True, check=True, cwd="/", **other_user()
            )
            version = said.stdout.split()[2].partition(".")[0]
            found.setdefault(int(version), Path(folder))
    able = [one for one in found if one >= OLDEST]
    if not able:
        raise Impossible(f"there is no PostgreSQL {OLDEST} or newer on this machine")
    return found[major if major in able else max(able)]


def started(programs: Path, folder: Path, port: int, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Once it answers. Raises Impossible with its last words."""
    options = [word for setting in _SETTINGS for word in ("-c", setting)]
    place = ("-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", "")
    with (folder / "words").open("wb") as words:
        server = subprocess.Popen(
            [str(programs / "postgres"), *place, *options],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=words, stderr=words, **user,
        )  # fmt: skip
    try:
        _until_ready(server, folder)
    except BaseException:
        end(server)
        raise
    return server


def _until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    """As the last line of the postmaster's own file says it."""
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if (folder / "data" / "postmaster.pid").read_text("utf-8").rstrip().endswith("ready"):
                return
        if select.select([0], [], [], 0.02)[0]:
            raise Impossible("nobody waits for it any more")
    said = (folder / "words").read_text("utf-8", "replace").strip().splitlines()
    raise Impossible(f"PostgreSQL did not start: {said[-1] if said else 'it said nothing'}")


def end(server: subprocess.Popen[bytes]) -> None:
    """At once: nothing of it is kept."""
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def keep(major: int, folders: list[str]) -> None:
    programs, user = chosen(major, folders), other_user()
    # not below a folder of root's own, which the other user could not enter
    folder = Path(tempfile.mkdtemp(prefix="signoff-shadow-", dir="/tmp" if user else None))  # noqa: S108
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        password = secrets.token_urlsafe(24)
        secret = folder / "password"
        secret.touch(0o600)
        secret.write_text(password, "utf-8")
        if user:
            os.chown(secret, user["user"], user["group"])
        subprocess.run(
            [
                *(str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", "postgres", "--no-sync"),
                *("--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8", "--locale", "C"),
            ],
            check=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **user,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = started(programs, folder, port, user)
        try:
            say({"port": port, "password": password, "folder": str(folder)})
            while not select.select([0], [], [], 1.0)[0] and server.poll() is None:
                pass
        finally:
            end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        keep(int(sys.argv[1]), sys.argv[2:])
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        say({"error": f"{Path(error.cmd[0]).name} failed: {said[-1] if said else error.returncode}"})
    except (Impossible, OSError) as error:
        say({"error": str(error)})


if __name__ == "__main__":
    main()
