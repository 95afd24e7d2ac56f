"""What `signoff doctor` found, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from signoff.views.structure import fix_json, location_json
from signoff.views.troubles import fix_line
from signoff.views.words import sentence

if TYPE_CHECKING:
    from signoff.commands.doctor import DoctorResult

SYMBOLS = {"ok": "✓", "trouble": "✗", "unknown": "?"}


def doctor_text(found: DoctorResult) -> str:
    """A line for each thing that was looked at, and under a trouble its cure."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: DoctorResult) -> Iterator[str]:
    if found.sandbox:
        yield "(sandbox)"
    width = max((len(row.name) for row in found.rows), default=0)
    for row in found.rows:
        yield f"{SYMBOLS[row.status]} {row.name:<{width}}  {sentence(row.says)}"
        place = location_json(row.location)
        if place:
            yield f"    at:  {place['path']}" + (f":{place['line']}" if place["line"] is not None else "")
        fix = fix_json(row.fix)
        if fix:
            yield f"    fix: {fix_line(fix, 'terminal')}"


def doctor_json(found: DoctorResult) -> dict[str, Any]:
    return {
        "schema": 1,
        "healthy": found.healthy,
        "sandbox": found.sandbox,
        "rows": [
            {
                "name": row.name,
                "status": row.status,
                "says": sentence(row.says),
                "code": row.code,
                "location": location_json(row.location),
                "fix": fix_json(row.fix),
            }
            for row in found.rows
        ],
    }
