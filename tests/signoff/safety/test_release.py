"""Outside text is inert in every format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import signoff
from signoff.model.quoted import Quoted
from signoff.model.secret import Secret
from signoff.safety import release
from signoff.safety.release import for_json, for_markdown, for_terminal

OUTSIDE = st.text() | st.text("`\\ \n[]()<>*_#-+.!|~&$:/wW@“”\x1b\u202e\ud800")


@given(OUTSIDE)
def test_nothing_unseen_and_no_delimiter_is_left(text: str) -> None:
    for shown in (for_terminal(Quoted(text)), for_json(Quoted(text)), for_markdown(Quoted(text))):
        assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert not set("“”") & set(shown)
        shown.encode("utf-8")


@given(OUTSIDE)
def test_markdown_reads_it_as_one_code_span(text: str) -> None:
    line = for_markdown(Quoted(text))
    blocks = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(f"- said {line} then")
    inline = [block for block in blocks if block.type == "inline"]
    opened = [block.type for block in blocks if block.nesting == 1]
    assert opened == ["bullet_list_open", "list_item_open", "paragraph_open"]
    assert len(inline) == 1
    kinds = [(child.type, child.content) for child in inline[0].children or []]
    assert [kind for kind, _ in kinds] == ["text", "code_inline", "text"]
    assert kinds[1][1].strip(" ") == for_terminal(Quoted(text)).strip(" ")


def test_long_text_is_cut_and_says_so() -> None:
    assert for_terminal(Quoted("x" * 600)) == "x" * 500 + "… (100 more characters)"


def test_a_secret_is_hidden_before_the_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "abcdefgh12345678")
    release._held.cache_clear()
    release._own.cache_clear()
    try:
        shown = for_terminal(Quoted("x" * 495 + "abcdefgh12345678"))
    finally:
        release._held.cache_clear()
        release._own.cache_clear()
    assert "abcde" not in shown


def test_a_secret_that_this_process_made_is_hidden_whatever_it_looks_like() -> None:
    assert for_terminal(Quoted("the word is plainwords")) == "the word is plainwords"
    secret = Secret("plainwords")
    assert for_terminal(Quoted("the word is plainwords")) == "the word is [hidden]"
    assert "plainwords" not in repr(secret)
    for shown in (str, "{}".format):
        with pytest.raises(TypeError):
            shown(secret)


def test_outside_text_is_read_only_to_show_it_to_parse_it_and_to_ask_for_it() -> None:
    """A judge that compares, and a face that shows, does so without holding the string."""
    # `facts.outside` is a number of the link `committed`: changes outside of the workload's inputs.
    readers = {path.as_posix() for path, text in _sources() if re.search(r"(?<!\bfacts)\.outside\b", text)}
    rooms = {reader.partition("/")[0] for reader in readers - ASKS - PARSES}
    assert rooms <= {"model", "safety", "reading"}
    assert {reader for reader in readers if reader.startswith("model/")} == {"model/quoted.py"}


ASKS = {"gather/standing.py", "gather/log_present.py", "systems/patterns.py", "systems/git/history.py"}
"""What is asked with outside text goes out as data: a variable's name to git after `-e`, paths as values of a filter,
and lines on the stdin of the process that searches them."""
PARSES = {
    "gather/routes_at.py", "gather/database_signs.py", "gather/buildable.py", "gather/build_scan.py",
    "gather/rehearsing.py", "gather/migrated.py",
}  # fmt: skip
"""Hands a program's output, and a variable's name, to a parser in `reading/`, or on as outside text again."""


def test_safety_is_imported_by_views_and_ledger_alone() -> None:
    importers = {path.parts[0] for path, text in _sources() if re.search(r"(from|import) signoff\.safety", text)}
    assert importers == {"safety", "views", "ledger"}


def _sources() -> Iterator[tuple[Path, str]]:
    root = Path(signoff.__file__).parent
    for path in root.rglob("*.py"):
        yield path.relative_to(root), path.read_text("utf-8")
