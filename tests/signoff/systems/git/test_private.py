"""The private repositories, against real remotes and a clone that changes under them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from signoff.boundary import Boundary, Policy
from signoff.model.facts import Known, Unknown
from signoff.systems.git.private import Private, state_folder
from signoff.systems.git.repository import Repository
from support.local_chain import project_at
from support.repositories import Clone


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    return project_at(tmp_path, monkeypatch)


async def opened(clone: Clone) -> tuple[Repository, Private]:
    repository = Repository(Boundary(Policy(tries=1)), clone.path)
    layout = await repository.layout()
    assert isinstance(layout, Known)
    private = await repository.private("origin", layout.value)
    assert isinstance(private, Private)
    return repository, private


def moved_on(clone: Clone) -> str:
    other = clone.remote.clone("colleague")
    commit = other.commit({"web/app.py": "newer\n"})
    other.push()
    return commit


def test_the_state_folder_is_named_by_signoff_then_by_xdg_then_by_the_home(tmp_path: Path) -> None:
    assert state_folder({"SIGNOFF_STATE": "/a", "XDG_STATE_HOME": "/b"}) == Path("/a")
    assert state_folder({"XDG_STATE_HOME": "/b"}) == Path("/b/signoff")
    assert state_folder({}) == Path.home() / ".local/state/signoff"


async def test_what_is_fetched_can_be_read_beside_what_is_only_here(clone: Clone) -> None:
    theirs = moved_on(clone)
    mine = clone.commit({"job/main.py": "mine\n"})
    repository, private = await opened(clone)
    assert isinstance(await repository.fetch("origin", private, ["main"]), Known)
    sides = await repository.history(private.reading).sides(mine, clone.remote.head())
    await repository.close()
    assert isinstance(sides, Known)
    assert (sides.value.missing, sides.value.newer) == ((mine,), (theirs,))


async def test_a_private_repository_that_lost_its_objects_is_made_anew(clone: Clone) -> None:
    moved_on(clone)
    repository, private = await opened(clone)
    assert isinstance(await repository.fetch("origin", private, ["main"]), Known)
    await repository.close()
    for pack in [*private.reading.glob("objects/pack/*"), *private.reading.glob("objects/??")]:
        if pack.is_dir():
            shutil.rmtree(pack)
        else:
            pack.unlink()
    repository, private = await opened(clone)
    fetched = await repository.fetch("origin", private, ["main"])
    present = await repository.history(private.reading).present([clone.remote.head()])
    await repository.close()
    assert isinstance(fetched, Known)
    assert isinstance(present, Known)
    assert present.value == {clone.remote.head()}


async def test_two_who_fetch_at_once_both_get_it(clone: Clone) -> None:
    moved_on(clone)

    async def one() -> bool:
        repository = Repository(Boundary(), clone.path)
        layout = await repository.layout()
        assert isinstance(layout, Known)
        private = await repository.private("origin", layout.value)
        assert isinstance(private, Private)
        fetched = await repository.fetch("origin", private, ["main"])
        present = await repository.history(private.reading).present([clone.remote.head()])
        await repository.close()
        return isinstance(fetched, Known) and isinstance(present, Known) and bool(present.value)

    assert await asyncio.gather(*(one() for _ in range(3))) == [True] * 3


async def test_an_address_that_names_a_program_is_refused(clone: Clone, tmp_path: Path) -> None:
    clone.git("remote", "set-url", "origin", f"ext::sh -c touch% {tmp_path}/sprung")
    clone.git("config", "protocol.ext.allow", "always")
    repository, private = await opened(clone)
    answer = await repository.remote_refs("origin", private)
    await repository.close()
    assert isinstance(answer, Unknown)
    assert not (tmp_path / "sprung").exists()


async def test_an_address_that_looks_like_an_option_is_an_address(clone: Clone, tmp_path: Path) -> None:
    clone.git("config", "remote.origin.url", f"--upload-pack=touch {tmp_path}/sprung")
    repository, private = await opened(clone)
    answer = await repository.remote_refs("origin", private)
    await repository.close()
    assert isinstance(answer, Unknown)
    assert not (tmp_path / "sprung").exists()


async def test_a_state_folder_that_can_not_be_written_is_unknown(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    repository = Repository(Boundary(), clone.path, state=tmp_path / "file")
    layout = await repository.layout()
    assert isinstance(layout, Known)
    private = await repository.private("origin", layout.value)
    assert isinstance(private, Private)
    answer = await repository.remote_refs("origin", private)
    await repository.close()
    assert isinstance(answer, Unknown)
