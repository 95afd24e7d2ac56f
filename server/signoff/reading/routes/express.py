"""Express: applications and routers that use each other under prefixes, across files.

https://expressjs.com/en/guide/routing.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Found, Helper, Place, Route, Unread
from signoff.model.text import text
from signoff.reading.routes.express_files import Files
from signoff.reading.routes.express_values import Function, Guard, Router
from signoff.reading.routes.paths import fingerprint, joined
from signoff.reading.routes.script import column_of, is_script, line, source, tokens

if TYPE_CHECKING:
    from tree_sitter import Node

_MARK = re.compile(rb"""['"]express['"]""")
_PARAMETER = re.compile(r":(\w+)(\([^)]*\))?([?*+]?)")
_SPLAT = re.compile(r"/\{?/?\*(\w*)\}?")
_OPTIONAL = re.compile(r"\{[^{}]*:[^{}]*\}")
_LOST = "no application uses its router, as far as the text tells"


def read(files: Mapping[str, bytes]) -> Found:
    """The routes of every Express application of a tree."""
    own = [path for path, raw in files.items() if is_script(path) and _MARK.search(raw)]
    if not own:
        return Found()
    project = Files(files)
    project.read(own)
    found: list[Route | Unread] = []
    for router in project.routers:
        if not router.held:
            found.extend(_routes(router, "", "" if router.root else _LOST, ()))
    found.extend(project.unread)
    return Found(
        tuple(dict.fromkeys(one for one in found if isinstance(one, Route))),
        tuple(dict.fromkeys(one for one in found if isinstance(one, Unread))),
        frozenset({"Express"} if project.routers else ()),
    )


def _routes(
    router: Router, prefix: str, lost: str, above: tuple[Router, ...], before: tuple[Guard, ...] = ()
) -> Iterator[Route | Unread]:
    if router in above:
        return
    for leaf in router.leaves:
        method, path, node, handlers = leaf.method, leaf.path, leaf.node, leaf.handlers
        handled = _fingerprint(leaf.given, handlers)
        written = joined(prefix, path.lstrip("/")) if prefix else path
        asked = [one for below, one in (*before, *_below(prefix, leaf.before)) if f"{written}/".startswith(below)]
        places = tuple(dict.fromkeys(map(_place, (*handlers, *asked))))
        whole = normal(written)
        if lost or whole is None:
            why = lost or "its path is a pattern"
            says = text("{} {}: {}", "any method" if method == ANY else method, Quoted(path), why)
            yield Unread(leaf.file, leaf.line, says, fingerprint(tokens(node), handled))
        else:
            for one in whole:
                yield Route(
                    method,
                    one,
                    leaf.file,
                    leaf.line,
                    handled,
                    leaf.certain,
                    places,
                    column_of(node),
                    frozenset(map(_asked, asked)),
                )
    for branch in router.branches:
        under = joined(prefix, branch.prefix) if branch.prefix not in {"", "/"} else prefix
        why = lost or ("its prefix can not be told" if branch.lost else "")
        yield from _routes(branch.to, under, why, (*above, router), (*before, *_below(prefix, branch.before)))


def _below(prefix: str, guards: tuple[Guard, ...]) -> Iterator[Guard]:
    """With the whole path that each is asked below."""
    for path, function in guards:
        yield (f"{joined(prefix, path).rstrip('/')}/" if path not in {"", "/"} else ""), function


def _place(function: Function) -> Place:
    return Place(function.scope.path, line(function.node), function.node.start_point.column + 1)


def _asked(middleware: Function) -> tuple[Helper, str]:
    """With its text where it stands in the call of `use`; what a name stands for is followed."""
    node, at = middleware.node, line(middleware.node)
    name = source(node.child_by_field_name("name") or (node.parent and node.parent.child_by_field_name("name")))
    helper = Helper(name or "middleware", middleware.scope.path, at)
    return helper, (fingerprint(name) if name else tokens(node))


def _fingerprint(given: tuple[Node, ...], handlers: tuple[Function, ...]) -> str:
    """Of what is handed over but for the path, not of the chain that the call may stand in."""
    return "-".join(dict.fromkeys([tokens(*given), *(tokens(handler.node) for handler in handlers)]))


def normal(path: str) -> tuple[str, ...] | None:
    """Express's notation in ours: `/a/:id` → `/a/{id}`; an optional end gives two; None for other patterns."""
    if not path.startswith("/"):
        return None
    optional = re.fullmatch(r"(.*)/:(\w+)\?", path) or re.fullmatch(r"(.*)\{/:(\w+)\}", path)
    if optional:
        short, more = normal(optional[1] or "/"), normal(f"{optional[1]}/:{optional[2]}")
        return None if short is None or more is None else (*short, *more)
    plain = _SPLAT.sub(lambda found: f"/{{{found[1] or 'rest'}...}}", path) if "*" in path else path
    plain = _PARAMETER.sub(lambda found: f"{{{found[1]}{'...' if found[3] in {'*', '+'} else ''}}}", plain)
    outside = re.sub(r"\{\w+(\.\.\.)?\}", "", plain)
    return None if re.search(r"[*?+()\[\]{}|]", outside) else (plain,)
