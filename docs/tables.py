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


def sandbox_methods() -> str:
    from signoff_sandbox.server import PATHS
    from signoff_sandbox.wire.modelled import Method, methods

    apis: dict[str, list[Method]] = {}
    for method in methods(PATHS):
        apis.setdefault(method.api, []).append(method)
    counts, chapters = [], []
    for api, found in sorted(apis.items()):
        served = [method for method in found if method.missing is not None]
        whole = [method for method in served if not method.missing]
        missing = [method.name for method in found if method.missing is None]
        counts.append((api, str(len(whole)), str(len(served) - len(whole)), str(len(missing))))
        if served:
            rows = ((f"`{_shown(one.name)}`", "partly" if one.missing else "modelled", one.missing) for one in served)
            chapters.append(f"\n## {api}\n\n{table(('method', '', 'what is missing'), rows)}")
            if missing:
                chapters.append(f"\nNot modelled: {_grouped(missing)}.\n")
    return table(("API", "modelled", "partly", "not"), counts) + "".join(chapters)


def _shown(method: str) -> str:
    """`google.cloud.run.v2.Services/ListServices` -> `Services/ListServices`."""
    return method.rpartition("/")[0].rpartition(".")[2] + "/" + method.rpartition("/")[2] if "/" in method else method


def _grouped(names: Iterable[str]) -> str:
    """`Services/` A, B; `run.projects.jobs.` get. Those that are not of projects are counted."""
    groups: dict[str, list[str]] = {}
    others = 0
    for name in sorted(map(_shown, names)):
        group, sign, last = name.rpartition("/" if "/" in name else ".")
        if any(f".{parent}." in name for parent in ("folders", "organizations", "billingAccounts")):
            others += 1
        else:
            groups.setdefault(group + sign, []).append(last)
    listed = "; ".join(f"`{group}` " + ", ".join(lasts) for group, lasts in groups.items())
    return f"{listed}; {others} of folders, organizations and billing accounts" if others else listed


TABLES: Mapping[str, Callable[[], str]] = {
    "checks": checks,
    "findings": findings,
    "tools": tools,
    "settings": settings,
    "sandbox-methods": sandbox_methods,
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
