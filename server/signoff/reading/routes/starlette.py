"""Starlette: `Route`, `Mount`, `Router`, nested. https://www.starlette.dev/routing/"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signoff.model.routes import ANY
from signoff.reading.routes.moving import wrap
from signoff.reading.routes.paths import in_braces, joined
from signoff.reading.routes.tree import Branch, Tree, methods_of, methods_of_class
from signoff.reading.routes.values import UNCLEAR, Call, Class, Made, Native, Unclear, Value

_WITHOUT_CODE = ("StaticFiles", "WebSocketRoute")
"""What serves files, or speaks no HTTP: nothing of it is asked."""


class Listed:
    """`Route(…)` or `Mount(…)`, before a router takes it."""

    def __init__(self, call: Call, kind: str) -> None:
        self.call = call
        self.kind = kind


class Router(Tree):
    """`Starlette` (an application) and `Router`, which may be one."""

    framework = "Starlette"

    def __init__(self, call: Call, prefix: str = "") -> None:
        super().__init__(call, prefix, root=True)
        self.listed: list[tuple[Call, Value]] = []

    def attribute(self, name: str) -> Value:
        known: dict[str, Native] = {
            "add_route": lambda call: self._add(call),
            "mount": self.mount,
            "route": self._route,
            "add_middleware": lambda call: wrap(call.get(0, "middleware_class"), [self]),
            "middleware": lambda _call: lambda given: self._asks_first(given.get(0, "func")),
            "host": lambda call: call.unread("routes of a host of its own are not read"),
            "add_websocket_route": lambda _call: None,
            "websocket_route": lambda _call: lambda call: call.get(0, ""),
        }
        if name == "routes":
            return next((value for _, value in self.listed if isinstance(value, list)), UNCLEAR)
        if name == "router":
            return self
        return known.get(name, UNCLEAR)

    def normal(self, path: str) -> str:
        return in_braces(path)

    def join(self, prefix: str, path: str) -> str:
        return prefix + path if prefix else path

    def take(self, call: Call, given: Value) -> None:
        """`routes=[…]`: a list that may still grow, so it is read at the end."""
        if given is not None:
            self.listed.append((call, given))

    def finish(self) -> None:
        """Once everything was read."""
        for call, given in self.listed:
            if isinstance(given, list):
                for one in list(given):
                    self._take_one(call, one)
            else:
                call.unread("the list of these routes can not be told")
        self.listed.clear()

    def _take_one(self, call: Call, one: Value) -> None:
        if isinstance(one, Listed):
            if one.kind == "Mount":
                self.mount(one.call)
            elif one.kind == "Route":
                self._add(one.call)
            else:
                one.call.unread("routes of a host of its own are not read")
        elif not (isinstance(one, Made) and one.name.endswith(_WITHOUT_CODE)):
            call.unread("one of these routes can not be told")

    def mount(self, call: Call) -> None:
        path, app = call.get(0, "path"), call.get(1, "app")
        if app is None and "routes" in call.kwargs:
            inner = Router(call)
            inner.root = False
            inner.take(call, call.kwargs["routes"])
            inner.finish()
            app = inner
        if isinstance(app, Made) and app.name.endswith(_WITHOUT_CODE):
            return
        if isinstance(app, Tree):
            self.hold(call, path.rstrip("/") if isinstance(path, str) else UNCLEAR, app)
        else:
            call.unread("what is mounted here can not be told")

    def _add(self, call: Call, methods: Value = None) -> None:
        path, handler = call.get(0, "path"), call.get(1, "endpoint", call.get(1, "route"))
        self.add(call, path, handler, methods or call.get(2, "methods"))

    def add(self, call: Call, path: Value, handler: Value, methods: Value, default: Iterable[str] = ("GET",)) -> None:
        if isinstance(handler, Class) and methods is None:
            asked: tuple[str, ...] | None = methods_of_class(handler)
        elif isinstance(handler, Unclear | Made) and methods is None:
            asked = (ANY,)
        else:
            asked = methods_of(methods, tuple(default))
        if not isinstance(path, str) or asked is None:
            call.unread("the path or the methods of this route can not be told")
            return
        self.hang(call, asked, path, handler)

    def _route(self, call: Call) -> Native:
        def register(given: Call) -> Value:
            handler = given.get(0, "func")
            self.add(call, call.get(0, "path"), handler, call.get(1, "methods"))
            return handler

        return register

    def _asks_first(self, function: Value) -> Value:
        """`@app.middleware("http")`."""
        wrap(function, [self])
        return function

    def below(self, prefix: str, branch: Branch) -> str:
        own = prefix + (branch.prefix or "")
        return joined(own, branch.to.prefix) if branch.to.prefix else own


def _application(call: Call) -> Router:
    made = Router(call)
    wrap_in_all(made, call.kwargs.get("middleware"))
    made.take(call, call.get(1, "routes"))
    return made


def _router(call: Call) -> Router:
    made = Router(call)
    made.take(call, call.get(0, "routes"))
    return made


def wrap_in_all(made: Router, middleware: Value) -> None:
    """`middleware=[Middleware(…)]`."""
    for one in middleware if isinstance(middleware, list) else ():
        if isinstance(one, Listed):
            wrap(one.call.get(0, "cls"), [made])


def _listed(kind: str) -> Native:
    return lambda call: Listed(call, kind)


EXPORTS: Mapping[str, Native] = {
    "starlette.applications.Starlette": _application,
    "starlette.routing.Router": _router,
    "starlette.routing.Route": _listed("Route"),
    "starlette.routing.Mount": _listed("Mount"),
    "starlette.routing.Host": _listed("Host"),
    "starlette.middleware.Middleware": lambda call: Listed(call, "Middleware"),
}
