"""Django REST framework: routers, the actions of their viewsets. https://www.django-rest-framework.org/api-guide/routers/"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from signoff.model.routes import Route, Unread
from signoff.model.text import text
from signoff.reading.routes.values import (
    UNCLEAR,
    Call,
    Class,
    External,
    Function,
    Native,
    Thing,
    Value,
    handled_by,
    places_of,
    source_of,
)

_LIST = {"list": "GET", "create": "POST"}
_DETAIL = {"retrieve": "GET", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}
_BASES: Mapping[str, tuple[str, ...]] = {
    "viewsets.ModelViewSet": (*_LIST, *_DETAIL),
    "viewsets.ReadOnlyModelViewSet": ("list", "retrieve"),
    "viewsets.GenericViewSet": (),
    "viewsets.ViewSet": (),
    "viewsets.ViewSetMixin": (),
    "mixins.CreateModelMixin": ("create",),
    "mixins.ListModelMixin": ("list",),
    "mixins.RetrieveModelMixin": ("retrieve",),
    "mixins.UpdateModelMixin": ("update", "partial_update"),
    "mixins.DestroyModelMixin": ("destroy",),
}
"""What the framework's own classes bring along."""
_GENERIC = {
    "List": ("GET",),
    "Retrieve": ("GET",),
    "Create": ("POST",),
    "Update": ("PUT", "PATCH"),
    "Destroy": ("DELETE",),
}
"""By the words in the names of its generic views: `ListCreateAPIView`."""
_VERBS = frozenset({"get", "post", "put", "patch", "delete"})


class Action(Thing):
    """A method of a viewset with `@action`. `methods` None: they can not be told."""

    def __init__(self, call: Call, handler: Function) -> None:
        given = call.get(None, "methods", call.get(0, "methods", ["get"]))
        told = isinstance(given, list) and all(isinstance(one, str) for one in given)
        self.call = call
        self.methods: list[str] | None = [one.upper() for one in given] if told else None
        self.detail = call.get(1, "detail")
        self.path = call.get(2, "url_path") or getattr(handler.node, "name", UNCLEAR)

    def attribute(self, name: str) -> Value:
        if name == "mapping":
            return self
        return self._more(name) if name in _VERBS else UNCLEAR

    def _more(self, verb: str) -> Native:
        """`@published.mapping.delete`."""

        def register(given: Call) -> Value:
            self.methods = None if self.methods is None else [*self.methods, verb.upper()]
            return given.get(0, "func")

        return register


class Router(Thing):
    """`DefaultRouter` or `SimpleRouter`; its page of links and suffixes such as `.json` are no routes."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.slash = call.get(None, "trailing_slash", True)
        self.regular = call.get(None, "use_regex_path", True)
        self.registry: list[Value] = []

    def attribute(self, name: str) -> Value:
        if name == "urls":
            return [self]  # read at the end: more may be registered
        return {"registry": self.registry, "register": self._register}.get(name, UNCLEAR)

    def is_like(self, other: Value) -> bool:
        same = isinstance(other, Router) and (self.slash, self.regular) == (other.slash, other.regular)
        return same and _known(self.call) and _known(other.call)

    def _register(self, call: Call) -> None:
        self.registry.append(call)

    def routes(self, prefix: str, certain: bool) -> Iterator[Route | Unread]:
        """Everything that is registered, below what it is included under."""
        for call in self.registry:
            if not isinstance(call, Call):
                yield Unread(self.call.file, self.call.line, text("what this router takes over can not be told"))
                continue
            own, view = call.get(0, "prefix"), call.get(1, "viewset")
            why = self._unclear(own, view)
            if why or not isinstance(view, Class):
                yield Unread(call.file, call.line, text("{}", why), source_of(view, call))
                continue
            source, handled, sure = source_of(view, call), handled_by(view, call), certain and call.certain
            for method, path in self._of(own, view):
                if path is None:
                    said = text("where an action of this viewset is can not be told")
                    yield Unread(call.file, call.line, said, source)
                else:
                    at = call.file, call.line
                    yield Route(method, prefix + path, *at, handled, sure, places_of(view), call.column)

    def _unclear(self, own: Value, view: Value) -> str:
        if not _known(self.call):
            return "the routes of a router of its own class are not read"
        if not isinstance(self.slash, bool) or self.regular is not True:
            return "how this router writes its paths is not read"
        if not isinstance(own, str) or set(own) & set("(<[\\"):
            return "the prefix of this viewset can not be told"
        if not isinstance(view, Class) or inherited(view) is None:
            return "what this viewset inherits can not be told"
        allowed = view.member("http_method_names")
        return "" if allowed is None or _texts(allowed) else "which methods this viewset allows can not be told"

    def _of(self, own: str, view: Class) -> Iterator[tuple[str, str | None]]:
        slash = "/" if self.slash else ""
        allowed = view.member("http_method_names")
        has = {*(inherited(view) or ()), *(name for name in (*_LIST, *_DETAIL) if view.member(name) is not None)}
        named = view.member("lookup_url_kwarg") or view.member("lookup_field")
        one = "{" + (named if isinstance(named, str) else "pk") + "}"
        base = f"{own}/" if own else ""
        found: list[tuple[str, str | None]] = [(_LIST[name], own and own + slash) for name in _LIST if name in has]
        found += [(_DETAIL[name], f"{base}{one}{slash}") for name in _DETAIL if name in has]
        for action in _actions(view):
            clear = isinstance(action.path, str) and not set(action.path) & set("(<[\\")
            below = f"{base}{one}/" if action.detail is True else base
            path = f"{below}{action.path}{slash}" if clear and isinstance(action.detail, bool) else None
            found += [(method, path if action.methods else None) for method in action.methods or ("GET",)]
        for method, path in found:
            if allowed is None or method.lower() in allowed:
                yield method, path


def _known(made: Call) -> bool:
    """Whether it is one of the framework's own routers, and no class of theirs."""
    name = getattr(made.node, "func", None)
    return (getattr(name, "attr", None) or getattr(name, "id", "")) in {"DefaultRouter", "SimpleRouter"}


def inherited(view: Class) -> set[str] | None:
    """The actions that a viewset has from the framework; None where a base is of something else."""
    found: set[str] = set()
    for base in view.bases:
        if isinstance(base, Class):
            more = inherited(base)
            if more is None:
                return None
            found |= more
        elif isinstance(base, External) and base.name.removeprefix("rest_framework.") in _BASES:
            found |= set(_BASES[base.name.removeprefix("rest_framework.")])
        else:
            return None
    return found


def generic_methods(view: Class) -> tuple[str, ...]:
    """The methods that a view has from the generic views of the framework."""
    found: dict[str, None] = {}
    for base in view.bases:
        if isinstance(base, Class):
            found |= dict.fromkeys(generic_methods(base))
        elif isinstance(base, External) and base.name.startswith("rest_framework.generics."):
            found |= {method: None for word, methods in _GENERIC.items() if word in base.name for method in methods}
    return tuple(found)


def _actions(view: Class) -> Iterator[Action]:
    yield from (one for one in view.scope.names.values() if isinstance(one, Action))
    for base in view.bases:
        if isinstance(base, Class):
            yield from (one for one in _actions(base))


def _texts(value: Value) -> bool:
    return isinstance(value, Sequence) and all(isinstance(one, str) for one in value)


def _action(call: Call) -> Native:
    def register(given: Call) -> Value:
        handler = given.get(0, "func")
        return Action(call, handler) if isinstance(handler, Function) else handler

    return register


EXPORTS: Mapping[str, Native] = {
    "rest_framework.routers.DefaultRouter": Router,
    "rest_framework.routers.SimpleRouter": Router,
    "rest_framework.decorators.action": _action,
}
