"""What a remote says of itself, asked live: its branches and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from signoff.boundary import Malformed
from signoff.model.subject import Commit
from signoff.systems.git.process import is_object_id


@dataclass(frozen=True, slots=True)
class RemoteRefs:
    """Names without `refs/heads/` and `refs/tags/`. A tag is the commit that it names in the end."""

    heads: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, Commit] = field(default_factory=dict)


def read_refs(raw: bytes) -> RemoteRefs:
    """The output of `git ls-remote --heads --tags`; Malformed where a line is no reference."""
    refs = RemoteRefs()
    for line in raw.decode("utf-8", "surrogateescape").split("\n"):
        if not line:
            continue
        oid, tab, name = line.partition("\t")
        if not tab or not is_object_id(oid):
            raise Malformed("a line that names no reference")
        if name.startswith("refs/heads/"):
            refs.heads[name.removeprefix("refs/heads/")] = Commit(oid)
        elif name.startswith("refs/tags/"):
            refs.tags[name.removeprefix("refs/tags/").removesuffix("^{}")] = Commit(oid)
        elif name != "HEAD":
            raise Malformed("a reference that is neither a branch nor a tag")
    return refs


def absolute(url: str, top: Path) -> str:
    """The address as it can be used from any directory: a path counts from the top of the working tree."""
    if "://" not in url and not Path(url).is_absolute() and (top / url).exists():
        return str((top / url).resolve())
    return url


def without_login(url: str) -> str:
    """The address as it may be shown: a name and password in it are left out."""
    split = urlsplit(url)
    return split._replace(netloc=split.netloc.rpartition("@")[2]).geturl() if split.scheme and split.netloc else url
