"""The document as Markdown, with the front matter that a machine reads."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from signoff.handoff.document import Document
from signoff.views.markdown import code, item, prose, quotation
from signoff.views.words import moment

FORMAT = 1


def render(document: Document) -> str:
    """The whole file. Every value of the template goes through a filter that keeps it inert; a forgotten one fails."""
    from jinja2 import Environment, StrictUndefined

    # Markdown, so no HTML escaping: `finalize` refuses what no filter has made inert.
    environment = Environment(  # noqa: S701
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    for name, made in {"prose": prose, "code": code, "item": item, "quotation": quotation}.items():
        environment.filters[name] = _safe(made)
    environment.filters["moment"] = _safe(moment)
    environment.finalize = _only_safe
    template = environment.from_string(files("signoff_templates").joinpath("handoff.md.j2").read_text("utf-8"))
    return _front_matter(document) + template.render(it=document)


class _Safe(str):
    __slots__ = ()


def _safe(made: Any) -> Any:
    return lambda value: _Safe(made(value))


def _only_safe(value: object) -> object:
    if not isinstance(value, _Safe):
        raise TypeError(f"the template shows {type(value).__name__} without a filter that keeps it inert")
    return value


def _front_matter(document: Document) -> str:
    """YAML. The report stands as one line of JSON in a block, which no YAML reader takes for anything else."""
    import yaml

    report = document.report
    head = {
        "signoff": FORMAT,
        "written": moment(document.written),
        "verdict": report["verdict"] if report else "unverified",
        "final": report is not None and report["verdict"] in {"signed-off", "nothing-to-prove"} and not document.stale,
        "target": report["target"] if report else None,
        "commit": report["commit"] if report else None,
        "sandbox": report["sandbox"] if report else None,
    }
    lines = yaml.safe_dump(head, sort_keys=False, allow_unicode=False)
    return f"---\n{lines}report: |\n  {json.dumps(report)}\n---\n\n"
