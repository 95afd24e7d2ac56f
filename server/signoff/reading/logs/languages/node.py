"""Stack traces of Node.js: causes, AggregateError, compiled TypeScript and minified bundles.

https://nodejs.org/api/errors.html (`cause`, stack) and util.inspect's `[cause]` and `[errors]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.reading.logs.paths import file_name
from signoff.reading.logs.thrown import LINE, Frame, Thrown

_ERROR = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$.]*(?:Error|Exception|Rejection)(?: \[[\w-]{1,80}\])?(?=:|$|\]| \{)")
_NAME = re.compile(r"[A-Za-z_$][\w$.]*(?=: )")
_MEMBER = re.compile(r"\s+\[?(?:[A-Za-z_$][\w$.]*)?(?:Error|Exception)\b")
_PLACE = re.compile(r":(\d+):(\d+)$")
_SHORT = re.compile(r"(?<![\w$'\"`.])[A-Za-z_$]{1,2}(?=\.[\w$]|\[|\(| is not )|(?<=Cannot access ')\w{1,2}(?=')")
_LIBRARY = (
    "node_modules/",
    "node:",
    "internal/",
    "<anonymous>",
    "native",
    "index ",
    "wasm://",
    "bun:",
    "ext:",
    "evalmachine",
)
_DOTNET = ("System.", "Microsoft.", "lambda_method")
"""A method with its parameters is a frame of .NET: `Acme.Report.Build(String x) in /src/Report.cs:line 12`."""
_MADE = re.compile(r"(b__|d__|DisplayClass|\|)\d+(?:_\d+)?")
"""Numbers that a compiler of .NET gives to closures and state machines."""
_NUMBERED = re.compile(r"^\d+: +")
_WIDE = 300
"""A column from here on, in one of the first lines, is a minified file's."""


@dataclass(slots=True)
class _Part:
    how: str
    kind: str
    message: str
    frames: list[Frame] = field(default_factory=list)
    minified: bool = False

    def thrown(self, causes: tuple[Thrown, ...] = (), members: tuple[Thrown, ...] = ()) -> Thrown:
        message = _SHORT.sub("_", self.message[:2_000]) if self.minified else self.message
        return Thrown(self.kind, message, tuple(self.frames), causes, members)


def read(lines: Sequence[str]) -> Thrown:
    """The error of a trace's lines; the first names it. Of a message of many lines without a first, the last counts."""
    parts = [_part("", lines[0])]
    current = parts[0]
    members = causes = False
    words: list[str] = []
    for line in lines[1:]:
        if line[-1:] == "\n":
            _say(parts[0], words)
            read_frames, minified = _run(line)
            current.frames.extend(read_frames)
            current.minified = current.minified or minified
            continue
        bare = line.strip()
        if bare.startswith("at "):
            _say(parts[0], words)
            frame, minified = _frame(bare[3:LINE].removesuffix("{").rstrip(" ,"))
            current.frames.append(frame)
            current.minified = current.minified or minified
        elif bare.startswith(("[cause]: ", "---> ")):
            current = _part("member" if members else "cause", bare.partition(" ")[2])
            parts.append(current)
        elif bare.startswith("--- End of inner"):
            current = parts[0]
        elif bare == "Caused by:":
            causes = True
        elif causes and bare:
            parts.append(_Part("cause", "", _NUMBERED.sub("", bare)))
        elif bare.startswith("[errors]: ["):
            members = True
        elif members and _MEMBER.match(line[:300]):
            current = _part("member", bare)
            parts.append(current)
        elif bare and not current.frames and len(parts) == 1 and (parts[0].message in ("", "[") or _opens(parts[0])):
            words.append(bare)
    return parts[0].thrown(
        tuple(part.thrown() for part in parts if part.how == "cause"),
        tuple(part.thrown() for part in parts if part.how == "member"),
    )


def _say(part: _Part, words: list[str]) -> None:
    """The first and the last line of a message stand for it, where the error's own line has none."""
    if words and part.message == "[":
        part.message = _issues("[" + " ".join(words))
    elif words and _opens(part):
        part.message += f" {words[0]}"
        words.clear()
    elif words and not part.message:
        part.message = words[0] if len(words) == 1 else f"{words[0]} {words[-1]}"


def _opens(part: _Part) -> bool:
    return part.message.endswith(":")


def _issues(text: str) -> str:
    """A list of issues as JSON, as zod's errors have it (https://zod.dev): each field and what is wrong with it."""
    try:
        issues = json.loads(text)
    except (ValueError, RecursionError):
        return text
    said = []
    for issue in issues:
        if isinstance(issue, dict):
            path = issue.get("path")
            names = [name for name in path if isinstance(name, str)] if isinstance(path, list) else []
            said.append(f"{'.'.join(names)}: {issue.get('message', '')}")
    return "; ".join(said) or text


def _part(how: str, header: str) -> _Part:
    """`Uncaught TypeError: words`, `[AggregateError: words] {`, also behind what a program puts before it."""
    header = header.strip()[:4_000].removesuffix("{").rstrip().rstrip(",")
    if header.startswith("[") and header.endswith("]"):
        header = header[1:-1]
    found = _ERROR.search(header) or _NAME.match(header)
    if not found:
        return _Part(how, "", header)
    return _Part(how, found.group(), header[found.end() :].removeprefix(":").strip())


@lru_cache(maxsize=256)
def _run(run: str) -> tuple[tuple[Frame, ...], bool]:
    lines = (line.strip() for line in run.splitlines())
    read = [_frame(bare[3:LINE].rstrip(" ,")) for bare in lines if bare.startswith("at ")]
    return tuple(frame for frame, _ in read), any(minified for _, minified in read)


@lru_cache(maxsize=4096)
def _frame(said: str) -> tuple[Frame, bool]:
    """`async Store.find (/app/src/store.ts:44:13)` → `store.ts:Store.find`, and whether its file is minified.

    A chunk of a bundle whose name is its hash tells nothing: it is no frame of our own.
    """
    if not _PLACE.search(said.removesuffix(")")) and "(" in said and " (" not in said.partition(" in ")[0]:
        method = said.partition("(")[0]
        return Frame(_MADE.sub(r"\1#", method), not method.startswith(_DOTNET)), False
    name, place = "", said
    if said.endswith(")"):
        name, _, place = said[:-1].rpartition(" (")
    found = _PLACE.search(place)
    place = place[: found.start()] if found else place
    place = place.removeprefix("async ")
    name = name.removeprefix("async ").removeprefix("new ").partition(" [as ")[0]
    name = name.removeprefix("Object.") if name.startswith("Object.") else name
    if name == "<anonymous>":
        name = ""
    own = bool(place) and not any(library in place for library in _LIBRARY)
    if not own:
        file = place.rpartition("node_modules/")[2]
        return Frame(f"{file}:{name}" if name else file, False), False
    file = file_name(place)
    minified = found is not None and int(found[1]) <= 20 and int(found[2]) >= _WIDE
    if minified:
        name = ".".join(part for part in name.split(".") if len(part) > 2)
        own = bool(name) or "#" not in file.rpartition("/")[2]
    return Frame(f"{file}:{name}" if name else file, own), minified
