"""What each route leads to and that differs between trees, whatever the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signoff.model.routes import Helper, Place, Reached, Route, Unread
from signoff.reading.reached.graph import reached
from signoff.reading.routes.script import SUFFIXES


def changed(new: Mapping[str, bytes], olds: Sequence[Mapping[str, bytes]], routes: Sequence[Route]) -> Reached:
    """For the places of each route that was read from source: what changed of that which it leads to.

    `new`, `olds`: source files by their paths, of the tree that the routes are of and of the older ones.
    """
    by: dict[tuple[Place, ...], tuple[Helper, ...]] = {}
    blind: tuple[Unread, ...] = ()
    for suffixes in ((".py",), SUFFIXES):
        places = {route.places for route in routes if route.file.endswith(suffixes)}
        if not places:
            continue
        if suffixes == SUFFIXES:
            from signoff.reading.reached.script import ScriptTree

            found = reached(ScriptTree, new, olds, places)
        else:
            from signoff.reading.reached.python import PythonTree

            found = reached(PythonTree, new, olds, places)
        by |= found.by
        blind += found.blind
    return Reached(by, blind)
