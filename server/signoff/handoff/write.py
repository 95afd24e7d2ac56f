"""Put a document into its folder: whole or not at all, and never over another one."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import date
from pathlib import Path

from signoff.model.errors import SignoffError
from signoff.views.words import name

_SLUG = 40


def write(folder: Path, day: date, title: str, document: str) -> Path:
    """The new file's path: `handoff-YYYY-MM-DD-<slug>.md`, numbered where that name is taken."""
    stem = f"handoff-{day.isoformat()}-{slug(title)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(prefix=".handoff-", suffix=".tmp", dir=folder)
        temporary = Path(made)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            return _placed(temporary, folder, stem)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        fix = "make the folder writable, or name another one as [handoff] folder in signoff.toml"
        raise SignoffError(f"the handoff can not be written: {error.strerror}", where=str(folder), fix=fix) from error


def _placed(temporary: Path, folder: Path, stem: str) -> Path:
    """A hard link fails where the name is taken, also for two writers at the same moment."""
    number = 1
    while True:
        path = folder / (f"{stem}.md" if number == 1 else f"{stem}-{number}.md")
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            number += 1
        else:
            return path


def slug(title: str) -> str:
    """A few plain words of a title, redacted first: `fixed-the-mapper`."""
    line = "".join(character if character.isprintable() else " " for character in title[:500])
    words = re.findall(r"[a-z0-9]+", name(line).lower())
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word
        if len(longer) > _SLUG:
            break
        kept = longer
    return kept or "session"
