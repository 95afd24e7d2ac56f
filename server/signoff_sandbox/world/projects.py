"""Projects: each has an id, which people choose, and a number, which the platform gives."""

from __future__ import annotations

import zlib


def number_of(project: str) -> str:
    """The number of a project: twelve digits, always the same for the same id. A number is its own number."""
    return project if project.isdigit() else f"{100_000_000_000 + zlib.crc32(project.encode())}"


def id_of(text: str, project: str) -> str:
    """The id of the project that `text` names by id or number; `project` is the one whose number is known."""
    return project if text == number_of(project) else text
