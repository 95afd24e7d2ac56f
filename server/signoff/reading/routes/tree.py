"""Routers of a framework as a tree: routes hang on them, and they hang on each other under a prefix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Helper, Place, Route, Unread
from signoff.model.text import text
from signoff.reading.routes.paths import joined
from signoff.reading.routes.values import Call, Class, Thing, Value, handled_by, places_of, source_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_OWN = frozenset({"HEAD", "OPTIONS"})
"""Methods that frameworks answer by themselves."""


Asked = tuple[Helper, str]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """`path`: in the framework's notation, without any prefix."""

    methods: tuple[str, ...]
    path: str
    call: Call
    handler: Value


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """`prefix` None: as the framework says (a blueprint has one of its own). `lost`: why it can not be told. `places`:
    where it is made, if more than the prefix is given there to all that hangs on it. `asked`: what that is, as of a
    Route.
    """

    prefix: str | None
    to: Tree
    certain: bool
    lost: str = ""
    places: tuple[Place, ...] = ()
    asked: tuple[Asked, ...] = ()


class Tree(Thing):
    """A router. `root`: it is an application, which answers requests unless another one holds it."""

    def __init__(self, call: Call, prefix: str = "", *, root: bool = False) -> None:
        self.prefix = prefix
        self.root = root
        self.held = False
        self.leaves: list[Leaf] = []
        self.branches: list[Branch] = []
        self.asked: list[Asked] = []
        """Before each of its routes, as of a Route."""
        self.asking: list[Place] = []
        """Where that begins, as far as no route names it."""
        call.project.things.append(self)

    def hold(
        self,
        call: Call,
        prefix: Value,
        other: Tree,
        places: tuple[Place, ...] = (),
        asked: tuple[Asked, ...] = (),
    ) -> None:
        """`prefix` None: as the framework says."""
        other.held = True
        known = prefix is None or isinstance(prefix, str)
        lost = "" if known else "the prefix that it is included under can not be told"
        self.branches.append(Branch(prefix if known else None, other, call.certain, lost, places, asked))

    def hang(self, call: Call, methods: Sequence[str], path: str, handler: Value) -> None:
        self.leaves.append(Leaf(tuple(methods), path, call, handler))

    def normal(self, path: str) -> str:
        """The framework's notation of parameters in ours."""
        return path

    def join(self, prefix: str, path: str) -> str:
        """A prefix and a route's path, as the framework joins them."""
        return joined(prefix, path)

    def below(self, prefix: str, branch: Branch) -> str:
        """The prefix of what hangs on a branch, that router's own one included."""
        own = joined(prefix, branch.prefix) if branch.prefix else prefix
        return joined(own, branch.to.prefix) if branch.to.prefix else own

    def routes(
        self,
        prefix: str = "",
        lost: str = "",
        certain: bool = True,
        above: tuple[Tree, ...] = (),
        through: tuple[Place, ...] = (),
        asked: tuple[Asked, ...] = (),
    ) -> Iterator[Route | Unread]:
        """Every route of it and of what hangs on it. `lost`: why the text does not tell where these are. `through`: the
        places of the branches that lead here. `asked`: before each of them, as of a Route.
        """
        if self in above:
            return
        lost = lost or self.lost
        asked, through = (*asked, *self.asked), (*through, *self.asking)
        for leaf in self.leaves:
            if lost:
                methods = " or ".join(leaf.methods)
                why = text("{} {}: {}", methods, Quoted(leaf.path), lost)
                yield Unread(leaf.call.file, leaf.call.line, why, source_of(leaf.handler, leaf.call))
                continue
            path = self.normal(self.join(prefix, leaf.path)) or "/"
            sure = certain and leaf.call.certain
            handled, places = handled_by(leaf.handler, leaf.call), (*places_of(leaf.handler), *through)
            at = leaf.call.file, leaf.call.line
            for method in leaf.methods:
                yield Route(method, path, *at, handled, sure, places, leaf.call.column, frozenset(asked))
        for branch in self.branches:
            under = lost or branch.lost
            below = "" if under else self.below(prefix, branch)
            sure = certain and branch.certain
            apart = branch.to.root  # an application of its own: nothing of this one is asked before it
            more = () if apart else (*asked, *branch.asked)
            led = () if apart else (*through, *branch.places)
            yield from branch.to.routes(below, under, sure, (*above, self), led, more)


def methods_of(given: Value, default: Sequence[str]) -> tuple[str, ...] | None:
    """`methods=["GET", "POST"]`; None where it can not be told."""
    if given is None:
        return tuple(default)
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return None
    named = [one.upper() for one in given]
    asked = [one for one in named if one not in _OWN]
    return tuple(dict.fromkeys(asked or named))


def methods_of_class(view: Class) -> tuple[str, ...]:
    """The methods that a class-based view has a function for; any where none is seen (a base may have them)."""
    found = [method for method in METHODS if method not in _OWN and view.member(method.lower()) is not None]
    return tuple(found) or (ANY,)
