"""Django: `urlpatterns` with `path`, `re_path` and `include`. https://docs.djangoproject.com/en/stable/topics/http/urls/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Route, Unread
from signoff.model.text import text
from signoff.reading.routes import django_rest
from signoff.reading.routes.paths import in_angles
from signoff.reading.routes.python import Project
from signoff.reading.routes.tree import methods_of_class
from signoff.reading.routes.values import (
    Call,
    Class,
    External,
    Function,
    Made,
    ModuleOf,
    Native,
    Value,
    handled_by,
    places_of,
    source_of,
)

_ANCHORS = re.compile(r"^\^|\\Z$|\$$")
_GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()\\]|\\.|\[[^\]]*\])*)\)")
_REGEX = re.compile(r"[\\^$.|?*+()\[\]]")
_ADMIN = "django.contrib.admin"


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """`path(…)` or `re_path(…)`."""

    call: Call
    regex: bool


@dataclass(frozen=True, slots=True, eq=False)
class Included:
    """`include(…)`: of a module by name, or of a list."""

    call: Call
    what: Value


@dataclass(frozen=True, slots=True, eq=False)
class Translated:
    """`i18n_patterns(…)`: their prefix is a language."""

    call: Call


def _include(call: Call) -> Included:
    what = call.get(0, "arg")
    if isinstance(what, list) and what and isinstance(what[0], list | str | ModuleOf):
        what = what[0]  # (patterns, app_name)
    return Included(call, what)


EXPORTS: Mapping[str, Native] = {
    "django.urls.path": lambda call: Pattern(call, regex=False),
    "django.urls.re_path": lambda call: Pattern(call, regex=True),
    "django.urls.conf.path": lambda call: Pattern(call, regex=False),
    "django.urls.conf.re_path": lambda call: Pattern(call, regex=True),
    "django.conf.urls.url": lambda call: Pattern(call, regex=True),
    "django.urls.include": _include,
    "django.urls.conf.include": _include,
    "django.conf.urls.include": _include,
    "django.conf.urls.i18n.i18n_patterns": lambda call: [Translated(call)],
    "django.conf.urls.static.static": lambda _call: [],
    "django.contrib.staticfiles.urls.staticfiles_urlpatterns": lambda _call: [],
}


def routes(project: Project) -> Iterator[Route | Unread]:
    """From the root configuration that settings name, else from every `urlpatterns` that no other includes."""
    patterns = {
        parts: scope.names["urlpatterns"]
        for parts, scope in project.scopes.items()
        if "urlpatterns" in scope.names and not isinstance(scope.names["urlpatterns"], External)
    }
    named = [
        (scope.names["ROOT_URLCONF"], scope.path)
        for scope in project.scopes.values()
        if isinstance(scope.names.get("ROOT_URLCONF"), str)
    ]
    roots = [found for dotted, path in named if (found := project.modules.resolve(dotted, path)) in patterns]
    walk = _Walk(project)
    if not roots:
        included = {found for parts in patterns for found in walk.included(patterns[parts], project.scopes[parts].path)}
        roots = [parts for parts in patterns if parts not in included]
    for parts in dict.fromkeys(roots):
        yield from walk.patterns(patterns[parts], project.scopes[parts].path, "/", True, (parts,))


class _Walk:
    def __init__(self, project: Project) -> None:
        self._project = project

    def included(self, value: Value, path: str) -> Iterator[tuple[str, ...]]:
        """The modules that a list of patterns includes."""
        for one in value if isinstance(value, list) else []:
            view = one.call.get(1, "view") if isinstance(one, Pattern) else None
            if isinstance(view, Included):
                found = self._module(view.what, path)
                if found:
                    yield found
                elif isinstance(view.what, list):
                    yield from self.included(view.what, path)
            elif isinstance(one, Translated):
                yield from self.included(one.call.args, path)

    def _module(self, what: Value, path: str) -> tuple[str, ...] | None:
        if isinstance(what, ModuleOf):
            return what.parts
        return self._project.modules.resolve(what, path) if isinstance(what, str) else None

    def patterns(
        self, value: Value, path: str, prefix: str, certain: bool, above: Sequence[tuple[str, ...]]
    ) -> Iterator[Route | Unread]:
        if not isinstance(value, list):
            yield Unread(path, 1, text("the list of these routes can not be told"))
            return
        for one in value:
            if isinstance(one, Pattern):
                yield from self._pattern(one, path, prefix, certain, above)
            elif isinstance(one, Translated):
                yield from self._translated(one, path, above)
            elif isinstance(one, django_rest.Router):
                yield from one.routes(prefix, certain)
            else:
                yield Unread(path, 1, text("one of the patterns of this list can not be told"))

    def _pattern(
        self, one: Pattern, path: str, prefix: str, certain: bool, above: Sequence[tuple[str, ...]]
    ) -> Iterator[Route | Unread]:
        call, view = one.call, one.call.get(1, "view")
        own = _path(call.get(0, "regex" if one.regex else "route"), one.regex)
        certain = certain and call.certain
        source = source_of(view, call)
        if own is None:
            yield Unread(call.file, call.line, text("the path of this route can not be told"), source)
        elif isinstance(view, Included):
            yield from self._included(view, path, prefix + own, certain, above)
        elif isinstance(view, External) and view.name.startswith(_ADMIN):
            return  # Django's own pages
        elif isinstance(view, External) and view.name.endswith(").urls"):
            yield Unread(call.file, call.line, text("the routes that are included here are made at run time"), source)
        elif isinstance(view, list):
            yield from self.patterns(view, path, prefix + own, certain, above)
        else:
            methods = _methods_of_class(view) if isinstance(view, Class) else _methods(view)
            for method in methods:
                handled, at = handled_by(view, call), (call.file, call.line)
                yield Route(method, prefix + own, *at, handled, certain, places_of(view), call.column)

    def _included(
        self, view: Included, path: str, prefix: str, certain: bool, above: Sequence[tuple[str, ...]]
    ) -> Iterator[Route | Unread]:
        what, call = view.what, view.call
        if isinstance(what, list):
            yield from self.patterns(what, path, prefix, certain, above)
            return
        found = self._module(what, path)
        if found is None or found in above:
            if (isinstance(what, str) and what.startswith("django.")) or found in above:
                return  # Django's own pages (django.contrib.auth.urls)
            why = text("what is included under {} can not be told", Quoted(prefix))
            yield Unread(call.file, call.line, why, call.source)
            return
        scope = self._project.module(found)
        if scope is None or "urlpatterns" not in scope.names:
            yield Unread(call.file, call.line, text("what is included here has no urlpatterns"), call.source)
            return
        yield from self.patterns(scope.names["urlpatterns"], scope.path, prefix, certain, (*above, found))

    def _translated(self, one: Translated, path: str, above: Sequence[tuple[str, ...]]) -> Iterator[Unread]:
        for found in self.patterns(one.call.args, path, "/", True, above):
            if isinstance(found, Unread):
                yield found
            else:
                why = text("{}: its prefix is a language (i18n_patterns)", Quoted(found.path))
                yield Unread(found.file, found.line, why, found.source)


def _methods_of_class(view: Class) -> tuple[str, ...]:
    generic, own = django_rest.generic_methods(view), methods_of_class(view)
    return tuple(dict.fromkeys((*generic, *(one for one in own if one != ANY)))) if generic else own


def _methods(view: Value) -> tuple[str, ...]:
    """What decorators of a view allow; any where none does."""
    if isinstance(view, Function):
        import ast

        for decorator in getattr(view.node, "decorator_list", []):
            said = ast.unparse(decorator)
            if said.startswith("api_view"):  # of Django REST framework
                return tuple(dict.fromkeys(re.findall(r"'([A-Za-z]+)'", said.upper()))) or ("GET",)
            if said.startswith("require_"):
                named = re.findall(r"'([A-Z]+)'", said) or {
                    "require_GET": ["GET"],
                    "require_POST": ["POST"],
                    "require_safe": ["GET"],
                }.get(said, [])
                if named:
                    return tuple(dict.fromkeys(one for one in named if one != "HEAD"))
    if isinstance(view, Made) and view.call.args and isinstance(view.call.args[0], Class | Function):
        inner = view.call.args[0]
        return _methods_of_class(inner) if isinstance(inner, Class) else _methods(inner)
    return (ANY,)


def _path(written: Value, regex: bool) -> str | None:
    if isinstance(written, Made) and written.name.rpartition(".")[2].startswith("gettext"):
        return None
    if not isinstance(written, str):
        return None
    if not regex:
        return in_angles(written)
    plain = _GROUP.sub(lambda found: f"{{{found[1]}}}", _ANCHORS.sub("", _ANCHORS.sub("", written)))
    plain = re.sub(r"/\?$", "/", plain)
    outside = re.sub(r"\{\w+\}", "", plain)
    if _REGEX.search(outside.replace("\\.", "").replace("\\-", "").replace("\\/", "").replace(".", "")):
        return None
    return plain.replace("\\.", ".").replace("\\-", "-").replace("\\/", "/")
