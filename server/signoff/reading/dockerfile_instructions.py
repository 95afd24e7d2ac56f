"""A Dockerfile's instructions, as BuildKit's own parser reads them.

The parser (`dockerfile` on PyPI, a binding of moby/buildkit) is loaded when the first Dockerfile is read.
Grammar: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.reading.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Instruction:
    """`keyword` in capitals; `flags` the leading `--name=value` words; `line` counts from 1.

    `words`: the arguments, with their quotes (a JSON list's without); those of ENV are name, value, name, value; RUN
    has its whole command as one word, unless it is a JSON list. `documents`: name and text of its here-documents.
    """

    keyword: str
    flags: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    line: int
    documents: tuple[tuple[str, str], ...] = ()


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction in order; what ONBUILD holds comes as `ONBUILD` and then by itself. Raises Unreadable."""
    import dockerfile

    if "\0" in text:
        raise Unreadable("holds a zero byte, where the parser would stop")
    if not text.strip():
        return
    try:
        commands = dockerfile.parse_string(text)
    except ValueError as error:
        raise Unreadable(f"is refused by BuildKit's parser: {error}") from None
    for command in commands:
        if not command.cmd:
            raise Unreadable("a line without an instruction", command.start_line)
        keyword = command.cmd.upper()
        flags = tuple(_flag(written) for written in command.flags)
        documents = tuple((one.name, one.content) for one in command.heredocs)
        yield Instruction(keyword, flags, command.value, command.start_line, documents)
        if keyword == "ONBUILD":  # the binding drops the flags of what it holds
            held = command.original.partition("\n")[0].split(None, 1)[1:]
            for inner in instructions("".join(held)) if held else ():
                yield Instruction(inner.keyword, inner.flags, inner.words, command.start_line, inner.documents)


def _flag(written: str) -> tuple[str, str]:
    name, _, value = written.removeprefix("--").partition("=")
    return name, value.strip("\"'")
