"""What a Dockerfile copies, through its stages; here-documents are never read as instructions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.reading.dockerfile import Closure, Run, SecretMount, Setting, closure, read
from signoff.reading.errors import Unreadable


def sources(text: str, stage: str | None = None) -> tuple[str, ...]:
    found = closure(read(text.encode()), stage)
    assert not found.unread
    return found.sources


def test_copies_of_the_last_stage_and_those_it_builds_on() -> None:
    text = """\
FROM node:22 AS deps
COPY package.json package-lock.json ./
FROM deps AS tests
COPY tests tests
FROM deps AS build
COPY --chown=node:node ["my app", "./src/", "/app/"]
FROM nginx
COPY --from=build /out /usr/share/nginx/html
COPY --link ./nginx.conf /etc/nginx/
"""
    assert sources(text) == ("package.json", "package-lock.json", "my app", "src", "nginx.conf")
    assert sources(text, "tests") == ("package.json", "package-lock.json", "tests")
    assert sources(text, "BUILD") == ("package.json", "package-lock.json", "my app", "src")


def test_stages_by_number_and_as_a_source_of_mounts() -> None:
    text = """\
FROM a
COPY one /
FROM b AS two
COPY two /
FROM c
COPY --from=0 /x /x
RUN --mount=type=cache,target=/c --mount=type=bind,from=two,target=/t,source=/y make
RUN --mount=type=bind,source=lib,target=/lib --mount=type=secret,id=k --mount=source=etc,target=/e make
"""
    assert sources(text) == ("one", "two", "lib", "etc")


def test_a_bind_mount_without_a_source_is_the_whole_context() -> None:
    assert sources("FROM a\nRUN --mount=target=/src make\n") == (".",)


def test_text_of_here_documents_is_not_read() -> None:
    text = """\
FROM a
RUN <<EOF bash -e
COPY not-this /
EOF
COPY <<"A" <<-B here /
FROM not-this-either
A
\tCOPY nor this
\tB
RUN echo "<<NOT" 'a' && cat <<X >f
FROM x
X
COPY after /
"""
    assert sources(text) == ("here", "after")


def test_a_here_document_without_its_end_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="BuildKit's parser: unterminated heredoc"):
        read(b"FROM a\nRUN <<EOF\nCOPY x /\n")


def test_continued_lines_comments_and_another_escape_character() -> None:
    text = "# escape=`\n# a comment\nFROM a\nCOPY one `\n# two `\n\n  three `   \n  /app/\nRUN dir C:\\\nCOPY four /\n"
    assert sources(text) == ("one", "three", "four")
    assert sources("FROM a\nCOPY one \\\n  two /app/\n") == ("one", "two")
    assert sources("from a\ncopy\tone /\n") == ("one",)


def test_paths_can_not_leave_the_context() -> None:
    assert sources("FROM a\nCOPY ../x /y/ ./z/../w a[^b].txt /app\n") == ("x", "y", "w", "a[!b].txt")


def test_what_is_known_only_while_building_is_said() -> None:
    found = closure(read(b"FROM a\nARG SRC=web\nCOPY ${SRC}/x known /\nADD https://example.com/x.tgz /x\n"))
    assert found == Closure(
        ("known",), ("line 3 copies ${SRC}/x, which is known only while building",), ("https://example.com/x.tgz",)
    )


def test_a_variable_stands_for_every_stage_that_it_can_name() -> None:
    stages = "FROM a AS dev-base\nCOPY dev /\nFROM a AS prod-base\nCOPY prod /\nFROM a AS other\nCOPY no /\n"
    assert sources(stages + "ARG E\nFROM ${E}-base\n") == ("dev", "prod")
    assert sources("FROM a AS node\nCOPY no /\nFROM node:${V}\nCOPY yes /\n") == ("yes",)


def test_what_runs_in_the_stages_built_on_this_one_counts() -> None:
    assert sources("FROM a AS b\nONBUILD COPY x /\nFROM b\n") == ("x",)


def test_what_sets_the_environment_stands_in_order_with_what_runs_in_it() -> None:
    text = """\
ARG BASE
FROM a
ARG A B="x y"
ENV C="$A" D=e\\ f
RUN --mount=type=secret,id=key,env=KEY --mount=type=secret,target=/run/t,required=true,env \\
  npm run build
ENV LATE=1
RUN <<EOF
npm test
EOF
RUN ["npm", "ci"]
ONBUILD ENV NOT=here
"""
    found = read(text.encode())
    assert found.settings == (Setting("ARG", "BASE", None, 1),)
    assert found.stages[0].steps == (
        Setting("ARG", "A", None, 3),
        Setting("ARG", "B", "x y", 3),
        Setting("ENV", "C", "$A", 4),
        Setting("ENV", "D", "e\\ f", 4),
        Run("npm run build", 5, (SecretMount("key", "KEY", False), SecretMount("t", "t", True, "/run/t"))),
        Setting("ENV", "LATE", "1", 7),
        Run("<<EOF\nnpm test\n", 8),
        Run("npm ci", 11),
    )


def test_a_text_that_the_parser_would_read_in_part_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="zero byte"):
        read(b"FROM a\0\nCOPY x /\n")


def test_arguments_and_environment_are_named() -> None:
    text = 'ARG V=1\nFROM a:$V\nARG A B="x y"\nENV C=1 D="e f=g"\nENV OLD some words\n'
    found = read(text.encode())
    assert found.args == ("V",)
    assert (found.stages[0].args, found.stages[0].envs) == (("A", "B"), ("C", "D", "OLD"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "has no FROM"),
        (b"RUN x", "line 1: an instruction before the first FROM"),
        (b"FROM", "FROM without an image"),
        (b"FROM a\xff", "UTF-8"),
        (b"FROM a" + b"#" * (1 << 20), "larger"),
    ],
)
def test_what_is_no_dockerfile_is_unreadable(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(data)


def test_an_unknown_stage_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no stage nothing"):
        closure(read(b"FROM a"), "nothing")


words = st.sampled_from(
    [
        "FROM", "a", "AS", "b", "COPY", "--from=", "--from=b", "ADD", ".", "x", "\\", "`", "#", "<<EOF", "EOF",
        "<<-'E'", '["a",', '"b"]', "$X", "RUN", "--mount=", "--mount=type=bind,from=0", "ONBUILD", "ENV", "A=1", "ARG",
        "# escape=`", "'", '"',
    ]
)  # fmt: skip
texts = st.lists(st.tuples(words, st.sampled_from([" ", "\n", "\t", ""]))).map(
    lambda parts: "FROM a\n" + "".join(word + gap for word, gap in parts)
)


@settings(deadline=1000)
@given(texts.map(str.encode) | st.binary(max_size=300))
def test_any_bytes_are_read_or_unreadable(data: bytes) -> None:
    try:
        closure(read(data))
    except Unreadable as error:
        assert str(error)
