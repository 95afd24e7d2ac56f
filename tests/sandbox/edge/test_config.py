"""What a configuration file may say; the page of the edge says the same."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from signoff_sandbox.edge.config import Certificate, LoginKind, parse_config, read_config
from signoff_sandbox.edge.walls import WALLS

PAGE = (Path(__file__).parents[3] / "docs" / "edge.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with a single-page app in `dist`."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("app")
    return tmp_path


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_of_the_page_is_a_configuration(app: Path, example: str) -> None:
    content = {"routes": [{"path": "/*", "service": "web"}], **tomllib.loads(example)}
    assert parse_config(content, "example", app).routes


def test_the_page_has_a_row_for_each_login_and_names_each_certificate() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)
    assert rows == list(get_args(LoginKind)) == list(WALLS)
    assert all(kind in PAGE for kind in get_args(Certificate))


def test_folders_are_looked_for_beside_the_file(app: Path) -> None:
    path = app / "edge.json"
    path.write_text(json.dumps({"routes": [{"path": "/*", "spa": "dist"}]}))
    assert read_config(path).routes[0].spa == str(app / "dist")
