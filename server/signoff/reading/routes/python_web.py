"""Routes of the Python frameworks, which may be mounted in each other: one reading for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.model.routes import Found, Route, Unread
from signoff.reading.routes import django, django_rest, fastapi, flask, starlette, wrappers
from signoff.reading.routes.python import Project
from signoff.reading.routes.starlette import Router
from signoff.reading.routes.tree import Tree

_EXPORTS = {
    **starlette.EXPORTS,
    **fastapi.EXPORTS,
    **flask.EXPORTS,
    **django.EXPORTS,
    **django_rest.EXPORTS,
    **wrappers.EXPORTS,
}
_UNHELD = "no application includes its router, as far as the text tells"


def read(files: Mapping[str, bytes]) -> Found:
    """The routes of every FastAPI, Flask, Starlette and Django application of a tree."""
    project = Project(files, _EXPORTS)
    project.read()
    trees: list[Tree] = []
    for thing in project.things:  # grows: what is mounted as a list of routes becomes a router
        if isinstance(thing, Router):
            thing.finish()
        if isinstance(thing, Tree):
            trees.append(thing)
    found: list[Route | Unread] = []
    for tree in trees:
        if not tree.held:
            found.extend(tree.routes(lost="" if tree.root else _UNHELD))
    urls = list(django.routes(project))
    by = {tree.framework for tree in trees} | ({"Django"} if urls else set())
    found += [*urls, *project.unread]
    return Found(
        tuple(dict.fromkeys(one for one in found if isinstance(one, Route))),
        tuple(dict.fromkeys(one for one in found if isinstance(one, Unread))),
        frozenset(by),
    )
