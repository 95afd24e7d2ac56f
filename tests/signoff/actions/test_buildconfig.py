"""A Cloud Build configuration is read at a commit, and filled in as a trigger would have."""

from __future__ import annotations

import pytest

from signoff.actions.buildconfig import read_build_config, trigger_values
from signoff.actions.plan_error import PlanError
from support.samples import HEAD


def test_numbers_among_the_substitutions_become_strings() -> None:
    config = read_build_config(b"steps: [{name: x}]\nsubstitutions: {_PORT: 8080}\n", "cloudbuild.yaml")
    assert config["substitutions"] == {"_PORT": "8080"}


@pytest.mark.parametrize("raw", [b"", b"- a\n", b"images: [x]\n", b"steps: [\n", b"\xff\xfe: [\n"])
def test_what_is_no_configuration_is_named_with_its_file(raw: bytes) -> None:
    with pytest.raises(PlanError, match=r"cloudbuild\.web\.yaml"):
        read_build_config(raw, "cloudbuild.web.yaml")


def test_only_what_the_configuration_asks_for_is_filled_in() -> None:
    config = {
        "steps": [{"name": "docker", "args": ["build", "-t", "web:$SHORT_SHA", "$$REVISION_ID", "${COMMIT_SHA}"]}]
    }
    assert trigger_values(config, HEAD, "main") == {"COMMIT_SHA": HEAD, "SHORT_SHA": HEAD[:7]}
    assert trigger_values({"steps": []}, HEAD, "main") == {}
