"""Whether an LFS store has objects, by its batch API.

`git lfs push --dry-run` trusts references and misses objects, so the store itself is asked:
https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from signoff.boundary import Malformed
from signoff.model.facts import Why
from signoff.systems.git.process import Git

_MEDIA = "application/vnd.git-lfs+json"


class Refused(Exception):
    """The store answered with a status that is no answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the LFS store answered {status}")
        self.why: Why = "denied" if status in {401, 403, 404} else "throttled" if status == 429 else "unreachable"


def endpoint(remote: str) -> str | None:
    """The store that belongs to a remote's address (docs/api/server-discovery.md); None where it is no web address."""
    base = web(remote)
    return base and f"{base if base.endswith('.git') else base + '.git'}/info/lfs"


def web(address: str) -> str | None:
    """The address, if it is one of the web."""
    return address.rstrip("/") if urlsplit(address).scheme in {"http", "https"} else None


async def ask(git: Git, store: str, objects: Sequence[tuple[str, int]], seconds: float) -> bytes:
    """The store's raw answer about objects (SHA-256 and size). `git` is asked for the person's own credentials."""
    credentials = await _credentials(git, store)
    return await asyncio.to_thread(_post, store, objects, credentials, seconds)


def _post(store: str, objects: Sequence[tuple[str, int]], credentials: tuple[str, str] | None, seconds: float) -> bytes:
    import httpx2

    asked = {
        "operation": "download",
        "transfers": ["basic"],
        "hash_algo": "sha256",
        "objects": [{"oid": oid, "size": size} for oid, size in objects],
    }
    with httpx2.Client(timeout=seconds, auth=credentials, follow_redirects=False) as client:
        answer = client.post(f"{store}/objects/batch", json=asked, headers={"Accept": _MEDIA, "Content-Type": _MEDIA})
    if answer.status_code != 200:
        raise Refused(answer.status_code)
    return bytes(answer.content)


async def _credentials(git: Git, store: str) -> tuple[str, str] | None:
    """What the person's credential helpers say for the store (`git credential fill`); None where they say nothing."""
    from signoff.systems.git.errors import GitError

    parts = urlsplit(store)
    if parts.username and parts.password:
        return None  # the address has them
    asked = f"protocol={parts.scheme}\nhost={parts.netloc.rpartition('@')[2]}\npath={quote(parts.path)}\n\n"
    try:
        told = await git.run("credential", "fill", stdin=asked.encode(), network=True)
    except GitError:
        return None
    fields = dict(line.partition("=")[::2] for line in told.decode("utf-8").splitlines())
    return (fields["username"], fields["password"]) if "username" in fields and "password" in fields else None


def read(raw: bytes, objects: Sequence[tuple[str, int]]) -> dict[str, bool]:
    """Which objects can be downloaded. Malformed where one that was asked for is not spoken of, or fails otherwise."""
    told = {entry["oid"]: entry for entry in json.loads(raw)["objects"]}
    found = {}
    for oid, _ in objects:
        entry = told[oid]
        gone = entry.get("error", {}).get("code") in {404, 410}
        if not gone and "download" not in entry.get("actions", {}):
            raise Malformed("the LFS store says neither that it has an object nor that it has not")
        found[oid] = not gone
    return found


def why(error: Exception) -> Why | None:
    """The reason that an error of the store gives for not knowing."""
    import httpx2

    if isinstance(error, Refused):
        return error.why
    if isinstance(error, httpx2.TimeoutException):
        return "timeout"
    return "unreachable" if isinstance(error, httpx2.HTTPError) else None
