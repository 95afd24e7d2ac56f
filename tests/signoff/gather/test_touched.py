from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signoff.gather.touched import touched
from support.local_chain import JOB, WEB, project_at, session, survey
from support.repositories import Clone

NONE = {"web": False, "job": False}
ALL = {"web": True, "job": True}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    return project_at(tmp_path, monkeypatch)


async def asked(clone: Clone, **over: object) -> dict[str, bool]:
    world = survey(clone, WEB, JOB, **over)
    async with world:
        found = await world.get(touched)
    await world.systems.close()
    return {str(name): mine for name, mine in found.items()}


def colleague(clone: Clone) -> Clone:
    return clone.remote.clone("colleague")


BOB = "Bob <bob@example.com>"


async def test_without_a_session_every_workload_counts(clone: Clone) -> None:
    assert await asked(clone) == ALL


async def test_a_session_that_changed_nothing_touched_nothing(clone: Clone) -> None:
    assert await asked(clone, session=session(clone)) == NONE


async def test_what_the_session_deployed_is_touched(clone: Clone) -> None:
    deployed = replace(session(clone), changed=frozenset([WEB.name]))
    assert await asked(clone, session=deployed) == {"web": True, "job": False}


async def test_an_own_commit_touches_the_workloads_that_it_changes(clone: Clone) -> None:
    began = session(clone)
    clone.commit({"web/app.py": "1\n"})
    assert await asked(clone, session=began) == {"web": True, "job": False}


async def test_a_commit_of_a_shared_folder_touches_both(clone: Clone) -> None:
    began = session(clone)
    clone.commit({"shared/util.py": "x = 2\n"})
    clone.push()
    assert await asked(clone, session=began) == ALL


async def test_edits_that_are_not_committed_count(clone: Clone) -> None:
    began = session(clone)
    clone.write({"job/new.py": "new\n"})
    assert await asked(clone, session=began) == {"web": False, "job": True}


async def test_fetched_commits_of_others_do_not_count(clone: Clone) -> None:
    began = session(clone)
    other = colleague(clone)
    other.commit({"job/main.py": "theirs\n"}, author=BOB)
    other.push()
    clone.git("pull", "--quiet", "--ff-only", "origin", "main")
    assert await asked(clone, session=began) == NONE
    clone.commit({"web/app.py": "mine\n"})
    clone.push()
    assert await asked(clone, session=began) == {"web": True, "job": False}


async def test_an_own_commit_from_before_the_session_does_not_count_when_it_is_fetched(clone: Clone) -> None:
    other = colleague(clone)
    other.commit({"job/main.py": "last week\n"})
    other.push()
    began = session(clone)
    clone.git("pull", "--quiet", "--ff-only", "origin", "main")
    assert await asked(clone, session=began) == NONE


async def test_a_squash_that_the_forge_made_of_own_work_counts(clone: Clone) -> None:
    began = session(clone)
    clone.remote.tick()
    other = colleague(clone)
    other.commit({"web/app.py": "squashed by the forge\n"}, author="Ada <ada@example.com>")
    other.push()
    clone.git("pull", "--quiet", "--ff-only", "origin", "main")
    assert await asked(clone, session=began) == {"web": True, "job": False}


async def test_pushed_work_under_another_identity_counts_where_it_was_made_here(clone: Clone) -> None:
    began = session(clone)
    clone.commit({"web/app.py": "1\n"}, author="Robot <robot@example.com>")
    clone.push()
    assert await asked(clone, session=began) == {"web": True, "job": False}


async def test_someone_elses_commit_that_was_picked_by_hand_counts(clone: Clone) -> None:
    began = session(clone)
    clone.commit({"web/app.py": "their patch\n"}, author=BOB)
    assert await asked(clone, session=began) == {"web": True, "job": False}


async def test_unpushed_work_of_an_earlier_session_is_still_this_worktrees_to_push(clone: Clone) -> None:
    clone.commit({"web/app.py": "left behind\n"})
    began = session(clone)
    assert await asked(clone, session=began) == {"web": True, "job": False}
    clone.push()
    assert await asked(clone, session=began) == NONE


async def test_the_handoff_and_the_configuration_are_no_work(clone: Clone) -> None:
    began = session(clone)
    clone.commit({"docs/handoffs/today.md": "x\n", "signoff.toml": "x\n"})
    assert await asked(clone, session=began) == NONE


async def test_a_session_whose_start_is_not_known_to_git_counts_all(clone: Clone) -> None:
    from dataclasses import replace

    from signoff.model.subject import Commit

    assert await asked(clone, session=replace(session(clone), head=Commit("a" * 40))) == ALL
