"""Routes that hang on something of which the text does not tell where it answers."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from signoff.model.routes import Unread
from signoff.model.text import text
from signoff.reading.routes import unread_frameworks
from signoff.reading.routes.paths import fingerprint
from signoff.reading.routes.values import External, Made, Unclear, Value

REGISTERING = frozenset(
    {"include_router", "register_blueprint", "add_url_rule", "add_api_route", "add_resource", "add_namespace"}
)
"""Methods of frameworks that nothing else has: on an unclear object they are routes that can not be told."""


def why_unread(owner: Value, node: ast.expr, file: str, files: Mapping[str, bytes]) -> Unread | None:
    """Also of a router of a package that is not known (`InferringRouter`). Of a framework that is not read it is one
    place a file, and none where the file itself names the framework: then it is said already.
    """
    package = owner.name.partition(".")[0] if isinstance(owner, External | Made) else ""
    framework = unread_frameworks.PACKAGES.get(package)
    raw = files.get(file, b"")
    if framework is not None:
        why = text("routes of {} are not read", framework)
        return None if unread_frameworks.names(file, raw) else Unread(file, node.lineno, why, fingerprint(raw))
    if not isinstance(owner, Unclear) and not package:
        return None
    why = text("what this route is attached to can not be told")
    return Unread(file, node.lineno, why, fingerprint(ast.dump(node)))
