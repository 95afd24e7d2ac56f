"""What a commit only names and another store has to have: submodules' commits, and the objects of LFS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from signoff.gather.inputs import inputs_of
from signoff.gather.meeting import layout, live
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import Part
from signoff.model.subject import Commit, Workload
from signoff.survey import Survey
from signoff.systems.git.remote import absolute
from signoff.systems.git.tree import GITLINK, Entry, Pointer, pointer, submodule_urls


async def files(survey: Survey) -> Known[tuple[Entry, ...]] | Unknown:
    """All files of the subject's commit."""
    return await survey.systems.git.history().tree(survey.subject.commit)


async def parts(survey: Survey, workload: Workload) -> tuple[Part, ...] | Unknown:
    """The submodules and LFS objects among a workload's inputs, each with whether its own store has it."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    inputs = inputs_of(survey.subject, workload)
    links = [entry for entry in known.value if entry.mode == GITLINK and inputs.matches(entry.path)]
    there = await asyncio.gather(*(survey.get(_submodule, entry) for entry in links))
    modules = [Part("submodule", e.path, e.object_id, t) for e, t in zip(links, there, strict=True)]
    pointers = await survey.get(_pointers)
    if isinstance(pointers, Unknown):
        return pointers
    mine = {path: found for path, found in pointers.items() if inputs.matches(path)}
    if not mine:
        return tuple(modules)
    stored = await survey.get(_stored)
    objects = (
        Part("lfs", path, one.oid, stored if isinstance(stored, Unknown) else Known(stored.value[one.oid], stored.ref))
        for path, one in mine.items()
    )
    return (*modules, *objects)


async def _submodule(survey: Survey, entry: Entry) -> Known[bool] | Unknown:
    git = survey.systems.git
    asked, url = await survey.get(live), await survey.get(_url)
    if isinstance(asked, Unknown):
        return asked
    if isinstance(url, Unknown):
        return url
    addresses = await survey.get(_addresses)
    if isinstance(addresses, Unknown):
        return addresses
    address, at = addresses.get(entry.path), await survey.get(layout)
    if address is None or asked.value.private is None or isinstance(at, Unknown):
        return _unknown(asked.ref, ".gitmodules names no address for it")
    whole = absolute(_resolved(address, url.value or ""), at.value.top)
    return await git.has(asked.value.private, whole, Commit(entry.object_id))


async def _url(survey: Survey) -> Known[str | None] | Unknown:
    return await survey.systems.git.url(survey.subject.remote)


async def _addresses(survey: Survey) -> Mapping[bytes, str] | Unknown:
    """The addresses of the submodules, from the commit's `.gitmodules`."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    listed = [entry.object_id for entry in known.value if entry.path == b".gitmodules"]
    if not listed:
        return {}
    blobs = await survey.systems.git.history().blobs(listed)
    return blobs if isinstance(blobs, Unknown) else submodule_urls(blobs.value[0])


def _resolved(address: str, of: str) -> str:
    """A submodule's address that begins with ./ or ../ counts from its repository's one (git-submodule(1))."""
    if not address.startswith(("./", "../")):
        return address
    base = of.rstrip("/") + "/"
    if "://" in base:
        split = urlsplit(base)
        return split._replace(path=urljoin(split.path, address)).geturl()
    host, colon, path = base.rpartition(":")  # host:path of ssh, or a path alone
    joined = urljoin("/" + path.lstrip("/"), address)
    return f"{host}{colon}{joined if path.startswith('/') else joined.lstrip('/')}"


async def _pointers(survey: Survey) -> Mapping[bytes, Pointer] | Unknown:
    """The LFS pointers of the commit by path. Only where an attribute file speaks of LFS are files looked into."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    history = survey.systems.git.history()
    attributes = [e.object_id for e in known.value if e.path.rpartition(b"/")[2] == b".gitattributes"]
    told = await history.blobs(attributes)
    if isinstance(told, Unknown):
        return told
    if not any(b"filter=lfs" in blob for blob in told.value):
        return {}
    plain = [entry for entry in known.value if entry.mode != GITLINK]
    small = await history.small_blobs([entry.object_id for entry in plain])
    if isinstance(small, Unknown):
        return small
    read = ((entry.path, pointer(small.value.get(entry.object_id, b""))) for entry in plain)
    return {path: found for path, found in read if found}


async def _stored(survey: Survey) -> Known[Mapping[str, bool]] | Unknown:
    """Which LFS objects the remote's store has, asked once for all."""
    git, asked, known, pointers = (
        survey.systems.git,
        await survey.get(live),
        await survey.get(files),
        await survey.get(_pointers),
    )
    if isinstance(asked, Unknown):
        return asked
    if isinstance(known, Unknown):
        return known
    if isinstance(pointers, Unknown):
        return pointers
    if asked.value.private is None:
        return _unknown(asked.ref, "there is no such remote")
    settings = next((entry.object_id for entry in known.value if entry.path == b".lfsconfig"), None)
    store = await git.lfs_store(survey.subject.remote, settings)
    if isinstance(store, Unknown):
        return store
    if store.value is None:
        return _unknown(store.ref, "only LFS stores at web addresses can be asked")
    objects = tuple(dict.fromkeys((one.oid, one.size) for one in pointers.values()))
    return await git.lfs_has(asked.value.private, store.value, objects)


def _unknown(ref: Ref, says: str) -> Unknown:
    return Unknown("incomplete", ref, Quoted(says))
