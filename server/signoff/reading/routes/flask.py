"""Flask: blueprints in blueprints, `add_url_rule`, class-based views. https://flask.palletsprojects.com/blueprints/"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from signoff.model.routes import ANY, Helper
from signoff.reading.routes.paths import fingerprint, in_angles
from signoff.reading.routes.plain import plain
from signoff.reading.routes.tree import Branch, Tree, methods_of, methods_of_class
from signoff.reading.routes.values import UNCLEAR, Call, Class, Function, Made, Native, Value, places_of

_VERBS = ("get", "post", "put", "patch", "delete")


class Blueprint(Tree):
    """`Flask` (an application) and `Blueprint`; the prefix given where it is registered replaces a blueprint's own."""

    framework = "Flask"

    def attribute(self, name: str) -> Value:
        if name in _VERBS:
            return self._decorator([name.upper()])
        known: dict[str, Native] = {
            "route": self._decorator(None),
            "add_url_rule": self._rule,
            "register_blueprint": self._register,
            "before_request": self._asks_first,
        }
        if name == "wsgi_app":
            return self
        return known.get(name, UNCLEAR)

    def normal(self, path: str) -> str:
        return in_angles(path)

    def join(self, prefix: str, path: str) -> str:
        """As `BlueprintSetupState.add_url_rule` does."""
        if not prefix:
            return path
        return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if path else prefix

    def below(self, prefix: str, branch: Branch) -> str:
        own = branch.to.prefix if branch.prefix is None else branch.prefix
        if prefix and own:
            return f"{prefix.rstrip('/')}/{own.lstrip('/')}"
        return own or prefix

    def _decorator(self, methods: list[str] | None) -> Native:
        def decorator(call: Call) -> Native:
            def register(given: Call) -> Value:
                handler = given.get(0, "f")
                asked = methods if methods is not None else call.get(None, "methods")
                self._add(call, call.get(0, "rule"), handler, asked)
                return handler

            return register

        return decorator

    def _rule(self, call: Call) -> None:
        self._add(call, call.get(0, "rule"), call.get(2, "view_func"), call.get(None, "methods"))

    def _add(self, call: Call, rule: Value, handler: Value, methods: Value) -> None:
        if methods is None and isinstance(handler, Class):
            asked: tuple[str, ...] | None = _methods_of_view(handler)
        elif methods is None and isinstance(handler, Made):
            asked = (ANY,)
        else:
            asked = methods_of(methods, ("GET",))
        if not isinstance(rule, str) or asked is None:
            call.unread("the path or the methods of this route can not be told")
            return
        self.hang(call, asked, rule, handler)

    def _asks_first(self, call: Call) -> Value:
        """https://flask.palletsprojects.com/en/stable/api/#flask.Flask.before_request"""
        function = call.get(0, "f")
        if isinstance(function, Function) and not isinstance(function.node, ast.Lambda):
            helper = Helper(function.node.name, function.scope.path, function.node.lineno)
            self.asked.append((helper, fingerprint(plain(function.node))))
            self.asking += places_of(function)
        return function

    def _register(self, call: Call) -> None:
        other, prefix = call.get(0, "blueprint"), call.get(None, "url_prefix")
        if not isinstance(other, Blueprint):
            call.unread("which blueprint is registered here can not be told")
            return
        self.hold(call, prefix, other)


def _methods_of_view(view: Class) -> tuple[str, ...] | None:
    """https://flask.palletsprojects.com/views/: `methods`, else the verbs that it has; `View` itself answers GET."""
    declared, verbs = view.member("methods"), methods_of_class(view)
    if declared is not None or verbs == (ANY,):
        return methods_of(declared, ("GET",)) if declared is not None or view.member("dispatch_request") else verbs
    return verbs


def _application(call: Call) -> Blueprint:
    return Blueprint(call, root=True)


def _blueprint(call: Call) -> Blueprint:
    prefix = call.get(None, "url_prefix")
    made = Blueprint(call, prefix if isinstance(prefix, str) else "")
    if prefix is not None and not isinstance(prefix, str):
        made.lost = "the prefix of its blueprint can not be told"
    return made


EXPORTS: Mapping[str, Native] = {
    "flask.Flask": _application,
    "flask.app.Flask": _application,
    "flask.Blueprint": _blueprint,
    "flask.blueprints.Blueprint": _blueprint,
    "quart.Quart": _application,
    "quart.Blueprint": _blueprint,
}
