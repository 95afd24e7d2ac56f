"""Dockerfile text -> instructions. https://docs.docker.com/reference/dockerfile/"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

KEYWORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_DIRECTIVE = re.compile(r"#\s*(?P<key>\w+)\s*=\s*(?P<value>\S+)\s*$")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(?P<end>[A-Za-z_]\w*)\1")
_FLAG = re.compile(r"--(?P<key>[a-z-]+)(?:=(?P<value>\S*))?\s*")


class DockerfileError(Exception):
    """The build cannot go on; the message is what Docker would print."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `COPY --from=build /a /b` has keyword COPY, flags {"from": ["build"]}, text "/a /b"."""

    line: int
    keyword: str
    text: str
    flags: dict[str, list[str]]
    heredocs: dict[str, str]

    def flag(self, name: str) -> str | None:
        """The last value of a flag, or None if it was not given."""
        return self.flags[name][-1] if name in self.flags else None

    def words(self) -> list[str]:
        """The arguments: a JSON array, or words as the shell would split them."""
        array = self.array()
        if array is not None:
            return array
        try:
            return shlex.split(self.text)
        except ValueError as error:
            raise DockerfileError(f"Dockerfile parse error line {self.line}: {error}") from None

    def array(self) -> list[str] | None:
        """The arguments of the exec form (a JSON array of strings), or None: then it is the shell form."""
        if not self.text.startswith("["):
            return None
        try:
            value = json.loads(self.text)
        except ValueError:
            return None
        return value if all(isinstance(item, str) for item in value) else None


def parse(text: str) -> list[Instruction]:
    """All instructions of a Dockerfile; DockerfileError names the line that cannot be read."""
    lines = text.splitlines()
    escape = _escape_character(lines)
    instructions: list[Instruction] = []
    position = 0
    while position < len(lines):
        start, joined, position = position, *_logical_line(lines, position, escape)
        if not joined:
            continue
        keyword, _, rest = joined.partition(" ")
        keyword = keyword.upper()
        if keyword not in KEYWORDS:
            raise DockerfileError(f"Dockerfile parse error line {start + 1}: unknown instruction: {keyword}")
        flags, rest = _flags(rest.strip()) if keyword in ("FROM", "COPY", "ADD", "RUN") else ({}, rest.strip())
        heredocs: dict[str, str] = {}
        if keyword in ("COPY", "ADD", "RUN"):
            for match in _HEREDOC.finditer(rest):
                heredocs[match["end"]], position = _heredoc(lines, position, match["end"])
        if not rest:
            raise DockerfileError(f"Dockerfile parse error line {start + 1}: {keyword} requires at least one argument")
        instructions.append(Instruction(start + 1, keyword, rest, flags, heredocs))
    return instructions


def _escape_character(lines: list[str]) -> str:
    """Backslash, unless a parser directive at the very top says otherwise."""
    for line in lines:
        match = _DIRECTIVE.match(line)
        if match is None:
            return "\\"
        if match["key"].lower() == "escape":
            return match["value"]
    return "\\"


def _logical_line(lines: list[str], position: int, escape: str) -> tuple[str, int]:
    """The instruction that starts at `position` with its continuation lines, and where the next one starts."""
    parts: list[str] = []
    while position < len(lines):
        line = lines[position].strip()
        position += 1
        if line.startswith("#") or (parts and not line):
            continue  # comments and empty lines do not end an instruction that goes on
        if not line.endswith(escape):
            parts.append(line)
            break
        parts.append(line[: -len(escape)].rstrip())
    return re.sub(r"^(\w+)\s+", r"\1 ", " ".join(part for part in parts if part)), position


def _flags(rest: str) -> tuple[dict[str, list[str]], str]:
    flags: dict[str, list[str]] = {}
    while match := _FLAG.match(rest):
        flags.setdefault(match["key"], []).append(match["value"] or "")
        rest = rest[match.end() :]
    return flags, rest


def _heredoc(lines: list[str], position: int, end: str) -> tuple[str, int]:
    body: list[str] = []
    while position < len(lines):
        line = lines[position]
        position += 1
        if line.strip() == end:
            return "".join(f"{part}\n" for part in body), position
        body.append(line)
    raise DockerfileError(f"Dockerfile parse error: unterminated heredoc {end}")
