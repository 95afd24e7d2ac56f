"""A handoff document back to its report, whatever people have edited below the front matter."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signoff.model.errors import SignoffError
from signoff.views.shapes import ReportJson
from signoff.views.words import name, page, structure

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)


class HandoffError(SignoffError):
    """A handoff document that can not be found or read."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """`report`: None where none could be made then. `final`: it was a sign-off, of that moment's world.

    All of it is released: whoever edited the document, what it says is outside text.
    """

    path: Path
    written: str
    final: bool
    report: ReportJson | None
    body: str


def latest(folder: Path) -> Path:
    """The newest document by its name's date, then by its time of writing. Raises HandoffError where there is none."""
    found = [(path.name[8:18], path.stat().st_mtime_ns, path) for path in folder.glob("handoff-*.md")]
    if not found:
        raise HandoffError("there is no handoff yet", where=str(folder), fix="signoff handoff write")
    return max(found)[2]


def named(folder: Path, name: str) -> Path:
    """A document of the folder by its file name, with or without `.md`."""
    path = folder / (name if name.endswith(".md") else f"{name}.md")
    if path.parent != folder or not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("handoff-*.md"))[-5:]) or "none yet"
        raise HandoffError(f"there is no handoff {name!r}", where=str(folder), fix=f"choose one of: {known}")
    return path


def read(path: Path) -> Handoff:
    """Raises HandoffError naming what is wrong with the document."""
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise HandoffError(
            f"the handoff can not be read: {error.strerror}", where=str(path), fix="check the path"
        ) from None
    except UnicodeDecodeError:
        raise _broken(path, "it is not UTF-8 text") from None
    front = _FRONT.match(text)
    if front is None:
        raise _broken(path, "it has no front matter between two lines of ---")
    fields = _fields(path, front[1])
    report = _report(path, fields.get("report"))
    written, final = fields.get("written"), fields.get("final")
    if written is None or not isinstance(final, bool):
        raise _broken(path, "its front matter has no `written` or no `final`")
    body = page(text[front.end() :].lstrip("\n")) + "\n"
    return Handoff(path, name(str(written)), final, report, body)


def _fields(path: Path, front: str) -> dict[str, Any]:
    import yaml

    try:
        fields = yaml.load(front, Loader=yaml.BaseLoader)  # noqa: S506 (strings, lists and mappings alone)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _broken(path, f"its front matter is no YAML (line {mark.line + 2 if mark else '?'})") from None
    if not isinstance(fields, dict) or fields.get("signoff") != "1":
        raise _broken(path, "its front matter does not say `signoff: 1`")
    return fields | {"final": {"true": True, "false": False}.get(str(fields.get("final")).lower())}


def _report(path: Path, written: Any) -> ReportJson | None:
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(written, str):
        raise _broken(path, "its front matter has no `report`")
    try:
        value = json.loads(written)
        return TypeAdapter(ReportJson | None).validate_python(structure(value))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise _broken(path, f"its report does not have the right form at {place}") from None
    except ValueError:
        raise _broken(path, "its report is no JSON") from None


def _broken(path: Path, what: str) -> HandoffError:
    fix = "restore the front matter from version control, or write a new one: signoff handoff write"
    return HandoffError(f"the handoff can not be read: {what}", where=str(path), fix=fix)
