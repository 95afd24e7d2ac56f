"""Which handlers lead to something that differs between two trees, by the names that their code uses.

Names are followed, not runs: a function that is named is one that may be called. What is called through an object whose
class the text does not name is not seen; where code chooses what to call at run time, that is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from signoff.model.routes import Helper, Place, Reached, Unread
from signoff.model.text import text

MOST_SYMBOLS = 20_000
"""Names beyond which a repository is not followed to its end."""


WHOLE = "*"
"""The name of a file as a whole."""
APPLICATIONS = frozenset({"app", "application", "router", "bp", "blueprint"})
"""Names of what routes hang on. They lead nowhere by it: what it is made with concerns every route."""


class Symbol(NamedTuple):
    """A name of a file. Of one that stands in a function, `name` is dotted: `create_app.helper`."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Uses:
    """The names that some code uses, and the places in it where only a run tells what is called."""

    symbols: frozenset[Symbol] = frozenset()
    blind: tuple[Unread, ...] = ()


Span = tuple[tuple[int, int], tuple[int, int]]
"""From where to where, each as line and column."""


class Tree(Protocol):
    """The source files of one language at one commit."""

    def symbols(self, path: str) -> Iterable[Symbol]:
        """Every name that the file gives a meaning."""

    def meaning(self, symbol: Symbol) -> str:
        """A fingerprint of what stands for the name: comments, layout and where it stands do not count."""

    def line(self, symbol: Symbol) -> int: ...

    def span(self, symbol: Symbol) -> Span:
        """Where it stands in its file, in any order-keeping unit."""

    def uses(self, symbol: Symbol) -> Uses: ...

    def begins(self, place: Place) -> Uses:
        """What the code uses that stands at a route's place, or at its handler's."""


class Read(Protocol):
    """A tree of what is its own among these files."""

    def __call__(self, files: Mapping[str, bytes]) -> Tree: ...


def reached(
    read: Read, new: Mapping[str, bytes], olds: Sequence[Mapping[str, bytes]], routes: Collection[tuple[Place, ...]]
) -> Reached:
    """What differs from any of the older trees, for each route (its place in the new tree, and its handlers')."""
    if all(new == old for old in olds):
        return Reached({})
    tree = read(new)
    changed = frozenset(symbol for old in olds for symbol in _changed(tree, new, read(old), old))
    if not changed:
        return Reached({})
    walk = _Walk(tree)
    by, met, blind = dict[tuple[Place, ...], tuple[Helper, ...]](), set[Symbol](), dict[Unread, None]()
    for places in routes:
        seen, unclear = walk.everything(places)
        found = changed & seen
        met |= found
        outer = [one for one in found if not _within(tree, one, found) and not walk.hands_on(one, found)]
        if outer:
            by[places] = tuple(sorted(Helper(_shown(one), one.path, tree.line(one)) for one in outer))
        else:
            blind |= dict.fromkeys(unclear)
    unmet = {symbol for symbol in changed - met if "." not in symbol.name and symbol.name != WHOLE}
    return Reached(by, tuple(blind) if unmet else ())


def _changed(tree: Tree, new: Mapping[str, bytes], before: Tree, old: Mapping[str, bytes]) -> set[Symbol]:
    """Names that mean something else than before; one that only moved to another file is none."""
    now = [path for path, raw in new.items() if old.get(path) != raw]
    was = [path for path, raw in old.items() if new.get(path) != raw]
    meant = {(_last(symbol), before.meaning(symbol)) for path in was for symbol in before.symbols(path)}
    found = {symbol for path in now for symbol in tree.symbols(path)}
    return {symbol for symbol in found if (_last(symbol), tree.meaning(symbol)) not in meant}


class _Walk:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._uses: dict[Symbol, Uses] = {}
        self._begins: dict[Place, Uses] = {}

    def everything(self, places: Iterable[Place]) -> tuple[set[Symbol], list[Unread]]:
        """All that is led to from there, however far."""
        first = [self._at(place) for place in places]
        blind = [one for uses in first for one in uses.blind]
        seen: set[Symbol] = set()
        waiting = [symbol for uses in first for symbol in uses.symbols]
        while waiting:
            symbol = waiting.pop()
            if symbol in seen:
                continue
            seen.add(symbol)
            uses = self._of(symbol)
            blind += uses.blind
            waiting += uses.symbols
        return seen, blind

    def hands_on(self, symbol: Symbol, others: Collection[Symbol]) -> bool:
        """Whether it is an import of one of the others: that one is the change."""
        means = self._tree.meaning(symbol)
        led = (other for other in self._of(symbol).symbols if other != symbol and other in others)
        return any(self._tree.meaning(other) == means for other in led)

    def _at(self, place: Place) -> Uses:
        if place not in self._begins:
            self._begins[place] = self._tree.begins(place)
        return self._begins[place]

    def _of(self, symbol: Symbol) -> Uses:
        if symbol not in self._uses:
            if len(self._uses) >= MOST_SYMBOLS:
                return Uses(blind=(Unread(symbol.path, 1, text("there is more source text here than is read")),))
            self._uses[symbol] = self._tree.uses(symbol)
        return self._uses[symbol]


def _within(tree: Tree, symbol: Symbol, others: Collection[Symbol]) -> bool:
    """Whether what it stands in is among them: then it is a part of that one's change."""
    first, last = tree.span(symbol)
    for other in others:
        if other.path == symbol.path and other != symbol:
            start, end = tree.span(other)
            if start <= first and last <= end and (start, end) != (first, last):
                return True
    return False


def _last(symbol: Symbol) -> str:
    return symbol.name.rpartition(".")[2]


def _shown(symbol: Symbol) -> str:
    return symbol.path.rpartition("/")[2] if symbol.name == WHOLE else _last(symbol)
