"""Renew the tables in these pages and the schema of signoff.toml from the code: `make docs`.

A test fails while a page is older than the code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def checks() -> str:
    from signoff.chain import CHECKS
    from signoff.fold import REQUIRES

    rows = (
        (
            f"`{check.link.value}`",
            check.name,
            "active" if check.active else "passive",
            ", ".join(f"`{link.value}`" for link in REQUIRES.get(check.link, ())) or "–",
        )
        for check in CHECKS
    )
    return table(("link", "check", "kind", "requires"), rows)


def findings() -> str:
    from signoff.chain import CHECKS
    from signoff.walk import CODES

    codes = dict(CODES)
    for check in CHECKS:
        codes |= check.codes
    return table(("code", "what it says"), ((f"`{code}`", meaning) for code, meaning in codes.items()))


def tools() -> str:
    from signoff.mcp.desk import Desk
    from signoff.mcp.tools import all_tools

    def changes(hints: Any) -> str:
        if hints.read_only_hint:
            return "nothing"
        return "production, after a yes" if hints.destructive_hint else "writes a file"

    made = all_tools(Desk(PAGES))
    return table(
        ("tool", "what it does", "changes"),
        ((f"`{tool.name}`", " ".join((tool.description or "").split()), changes(tool.annotations)) for tool in made),
    )


def settings() -> str:
    from signoff.config.json_schema import json_schema

    schema = json_schema()
    rows = []
    for name, one in {"(top)": schema, **schema["$defs"]}.items():
        title = name.removesuffix("Table")
        for key, value in one.get("properties", {}).items():
            if described := value.get("description"):
                default = value.get("default")
                rows.append((title, f"`{key}`", described, f"`{json.dumps(default)}`" if default is not None else ""))
    return table(("table", "key", "what it is", "default"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "checks": checks,
    "findings": findings,
    "tools": tools,
    "settings": settings,
}


def renewed(page: str) -> str:
    """The page with its tables made anew; KeyError for a table that nobody makes."""
    return _BLOCK.sub(lambda found: found[1] + TABLES[found["name"]]() + found[3], page)


def main() -> None:
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(renewed(path.read_text("utf-8")), "utf-8")
    from signoff.config.json_schema import json_schema

    (PAGES / "signoff.schema.json").write_text(json.dumps(json_schema(), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
