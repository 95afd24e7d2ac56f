"""The committed JSON Schema is the one that the models give, and it judges as they do."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from signoff.config import ConfigError, parse
from signoff.config.json_schema import json_schema

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "signoff.schema.json"
DEMO = ROOT / "templates" / "signoff_templates" / "demo" / "project" / "signoff.toml"


def test_the_committed_schema_is_current() -> None:
    assert json.loads(COMMITTED.read_text("utf-8")) == json_schema()


def test_it_has_no_generated_titles() -> None:
    def titles(value: object) -> int:
        if isinstance(value, dict):
            return sum(titles(item) for item in value.values()) + isinstance(value.get("title"), str)
        return sum(titles(item) for item in value) if isinstance(value, list) else 0

    assert titles(json_schema()) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("branch", "brunch"),
        ('"service"', '"servant"'),
        ('["us-central1"]', "[]"),
        ('{ config = "cloudbuild.web.yaml" }', "{}"),
        ('["web/**", "shared/**", "cloudbuild.web.yaml"]', '{ dockerfile = "web/Dockerfile" }'),
        ("critical = true", 'critical = "yes"'),
    ],
)
def test_an_editor_that_uses_it_says_what_signoff_says(before: str, after: str, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    toml = DEMO.read_text("utf-8").replace(before, after, 1)
    valid = jsonschema.Draft202012Validator(json_schema()).is_valid(tomllib.loads(toml))
    try:
        parse(toml.encode(), tmp_path / "signoff.toml")
    except ConfigError:
        assert not valid
    else:
        assert valid
