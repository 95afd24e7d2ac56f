from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_tables_of_a_page_are_as_the_code_has_them(page: Path) -> None:
    written = page.read_text("utf-8")
    assert tables().renewed(written) == written, "renew it with: make docs"


def test_a_table_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        tables().renewed("<!-- table: nowhere -->\n<!-- end -->")
