"""Where a repository lies that a build or a trigger names by its public address.

The sandbox clones `https://github.com/acme/shop.git` from that address, unless it was told of another one:
`{"gitRemotes": {"https://github.com/acme/shop": "/srv/git/shop.git"}}` in the state. Repositories that Google names by
a resource (`projects/P/locations/L/connections/C/repositories/R`) have no address of their own and must be told.
"""

from __future__ import annotations

import re

from signoff_sandbox.runtime.sources import SourceError
from signoff_sandbox.world.cloud import Cloud

_USER = re.compile(r"(?<=://)[^/@]+@")


def same(address: str) -> str:
    """One spelling for all of an address: `git+https://x@github.com/acme/shop.git/` -> `https://github.com/acme/shop`."""
    return _USER.sub("", address.removeprefix("git+")).rstrip("/").removesuffix(".git")


def clone_address(cloud: Cloud, address: str) -> str:
    """What to clone for `address`, a URL or the resource name of a repository. Raises SourceError."""
    told = cloud.git_remotes.get(same(address))
    if told is not None:
        return told
    if address.startswith("projects/"):
        raise SourceError(f"{address}: the sandbox was not told where this repository lies (gitRemotes of the state)")
    return address


def tell(cloud: Cloud, address: str, lies_at: str) -> None:
    cloud.git_remotes[same(address)] = lies_at


def source_repository(project: str, name: str) -> str:
    """The address of a repository of Cloud Source Repositories."""
    return f"https://source.developers.google.com/p/{project}/r/{name}"


def github(owner: str, name: str) -> str:
    return f"https://github.com/{owner}/{name}.git"
