"""`pushed` over HTTP: LFS objects, asked of a store that speaks the batch API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from support.lfs_store import Store, serving
from support.local_chain import JOB, codes, judged, project_at, told
from support.repositories import Clone

CONTENT = b"a model\n"
OID = hashlib.sha256(CONTENT).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize {len(CONTENT)}\n"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A pushed pointer to an object that only the store can have."""
    clone = project_at(tmp_path, monkeypatch)
    clone.commit({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "web/model.bin": POINTER})
    clone.push()
    return clone


@pytest.fixture
def store(clone: Clone) -> Iterator[Store]:
    with serving(clone.remote.folder) as store:
        clone.git("remote", "set-url", "origin", f"{store.url}/remote.git")
        yield store


async def pushed(clone: Clone, **over: object) -> LinkReport:
    return (await judged(clone, **over))[Link.PUSHED]  # type: ignore[arg-type]


async def test_an_object_that_the_store_has_passes(clone: Clone, store: Store) -> None:
    store.objects.add(OID)
    assert (await pushed(clone)).status is Status.PASS


async def test_an_object_that_was_never_uploaded_fails(clone: Clone, store: Store) -> None:
    link = await pushed(clone)
    assert codes(link) == {"pushed/lfs"}
    assert "«web/model.bin»" in told(link.findings[0].message)


async def test_an_object_of_another_workload_is_not_asked_for(clone: Clone, store: Store) -> None:
    store.status = 500
    assert (await pushed(clone, workload=JOB)).status is Status.PASS


async def test_the_store_that_the_repository_names_is_asked_instead_of_the_remotes(clone: Clone, store: Store) -> None:
    store.objects.add(OID)
    clone.git("remote", "set-url", "origin", f"file://{clone.remote.path}")
    clone.commit({".lfsconfig": f"[lfs]\n\turl = {store.url}/elsewhere/info/lfs\n"})
    clone.push()
    assert (await pushed(clone)).status is Status.PASS


@pytest.mark.parametrize("status", [401, 500])
async def test_a_store_that_does_not_answer_is_unknown(clone: Clone, store: Store, status: int) -> None:
    store.status = status
    link = await pushed(clone)
    assert link.status is Status.UNKNOWN
    assert f"the LFS store answered {status}" in told(link.reason)


async def test_a_remote_without_a_store_that_can_be_asked_is_unknown(clone: Clone) -> None:
    link = await pushed(clone)
    assert link.status is Status.UNKNOWN
    assert "only LFS stores at web addresses can be asked" in told(link.reason)


async def test_a_pointer_in_a_repository_without_lfs_is_a_file_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = project_at(tmp_path, monkeypatch)
    plain.commit({"web/model.bin": POINTER})
    plain.push()
    assert (await pushed(plain)).status is Status.PASS


async def test_unpushed_commits_are_found_over_http_too(clone: Clone, store: Store) -> None:
    store.objects.add(OID)
    other = clone.remote.clone("colleague")
    other.commit({"job/main.py": "newer\n"})
    other.push()
    clone.commit({"web/app.py": "mine\n"})
    assert codes(await pushed(clone)) == {"pushed/diverged"}
