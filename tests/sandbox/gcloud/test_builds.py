"""`gcloud builds …` on the sandbox."""

from __future__ import annotations

from support.gcloud import Gcloud


def test_a_list_of_no_builds_is_empty(gcloud: Gcloud) -> None:
    assert gcloud.json("builds", "list") == []
