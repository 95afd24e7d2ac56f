"""FastAPI: routers included in each other under prefixes, mounted sub-applications.

https://fastapi.tiangolo.com/tutorial/bigger-applications/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from signoff.model.routes import Helper, Place
from signoff.reading.routes.paths import fingerprint, in_braces
from signoff.reading.routes.plain import plain
from signoff.reading.routes.starlette import Router, wrap_in_all
from signoff.reading.routes.tree import Asked, Branch, Tree
from signoff.reading.routes.values import UNCLEAR, Call, Native, Value

_VERBS = ("get", "post", "put", "patch", "delete", "options", "head", "trace")


class ApiRouter(Router):
    """`FastAPI` (an application) and `APIRouter`; the path is a prefix and a path as they are written."""

    framework = "FastAPI"

    def __init__(self, call: Call, prefix: str = "", *, root: bool) -> None:
        super().__init__(call, prefix)
        self.root = root

    def attribute(self, name: str) -> Value:
        if name in _VERBS:
            return self._decorator([name.upper()])
        known: dict[str, Native] = {
            "api_route": self._decorator(None),
            "add_api_route": lambda call: self.add(
                call, call.get(0, "path"), call.get(1, "endpoint"), call.kwargs.get("methods")
            ),
            "include_router": self._include,
            "websocket": lambda _call: lambda call: call.get(0, ""),
            "add_api_websocket_route": lambda _call: None,
        }
        found = known.get(name)
        return found if found is not None else super().attribute(name)

    def _decorator(self, methods: list[str] | None) -> Native:
        def decorator(call: Call) -> Native:
            def register(given: Call) -> Value:
                handler = given.get(0, "func")
                asked = methods if methods is not None else call.kwargs.get("methods", None if call.whole else UNCLEAR)
                self.add(call, call.get(0, "path"), handler, asked)
                return handler

            return register

        return decorator

    def _include(self, call: Call) -> None:
        other, prefix = call.get(0, "router"), call.get(None, "prefix", "")
        if isinstance(other, Tree):
            self.hold(call, prefix, other, (Place(call.file, call.line),), tuple(_dependencies(call)))
        else:
            call.unread("which router is included here can not be told")

    def join(self, prefix: str, path: str) -> str:
        return prefix + path

    def below(self, prefix: str, branch: Branch) -> str:
        return prefix + (branch.prefix or "") + (branch.to.prefix if isinstance(branch.to, ApiRouter) else "")

    def normal(self, path: str) -> str:
        return in_braces(path)


def _dependencies(call: Call) -> Iterator[Asked]:
    """https://fastapi.tiangolo.com/tutorial/bigger-applications/#dependencies"""
    for keyword in call.node.keywords if isinstance(call.node, ast.Call) else ():
        if keyword.arg == "dependencies":
            given = keyword.value.elts if isinstance(keyword.value, ast.List | ast.Tuple) else [keyword.value]
            yield from ((Helper("dependencies", call.file, call.line), fingerprint(plain(one))) for one in given)


def _application(call: Call) -> ApiRouter:
    made = ApiRouter(call, root=True)
    made.asked += _dependencies(call)
    made.take(call, call.kwargs.get("routes"))
    wrap_in_all(made, call.kwargs.get("middleware"))
    if call.kwargs.get("root_path", "") not in ("", "/", None):
        made.lost = "where users ask for it depends on the root_path of its application"
    return made


def _router(call: Call) -> ApiRouter:
    prefix = call.get(None, "prefix", "")
    made = ApiRouter(call, prefix if isinstance(prefix, str) else "", root=False)
    made.asked += _dependencies(call)
    if not isinstance(prefix, str):
        made.lost = "the prefix of its router can not be told"
    made.take(call, call.kwargs.get("routes"))
    return made


EXPORTS: Mapping[str, Native] = {
    "fastapi.FastAPI": _application,
    "fastapi.applications.FastAPI": _application,
    "fastapi.APIRouter": _router,
    "fastapi.routing.APIRouter": _router,
}
