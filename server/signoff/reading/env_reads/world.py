"""What is known while code is followed: the way to the present place, on which conditions, and the reads so far.

Two worlds are followed at each condition on a name of the environment: the one where it is missing and the one where it
is there. Where the first ends in an error, the name is required, and what comes after is followed as if it were there,
so that the whole list is found and not only the first name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from signoff.reading.env_reads.model import ALWAYS, EnvRead, Place
from signoff.reading.env_reads.values import PRESENT, UNKNOWN, Choice, Const, Read, Value, choice

_STEPS = 400_000
_DEPTH = 60


class Thrown(Exception):
    """The followed code surely ends here with an error; `kind` is the error's own name where that is told."""

    def __init__(self, why: str, kind: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.kind = kind


class Exhausted(Exception):
    """More code than is followed; what was found until then stands."""


@dataclass(slots=True)
class _Catching:
    catches: Callable[[str], bool]
    trips: list[tuple[Read, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """`sets`: names with a value that the tool or the command itself gives; an empty text means a value unknown."""

    sets: Mapping[str, str] = field(default_factory=dict)
    reads: dict[tuple[str, Place], Read] = field(default_factory=dict)
    unread: dict[str, None] = field(default_factory=dict)
    stack: list[Place] = field(default_factory=list)
    unresolved: set[tuple[str, str]] = field(default_factory=set)
    _assigned: dict[str, Value] = field(default_factory=dict)
    _given: list[Read] = field(default_factory=list)
    _unless: list[Read] = field(default_factory=list)
    _unsure: int = 0
    _catching: list[_Catching] = field(default_factory=list)
    _steps: int = 0

    def step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS:
            raise Exhausted

    def context(self) -> tuple[object, ...]:
        """What a call's outcome may hang on beside its arguments."""
        return (*map(id, self._given), 0, *map(id, self._unless), self._unsure > 0, len(self._catching))

    def surely(self) -> bool:
        return not (self._unsure or self._given or self._unless)

    @property
    def deep(self) -> bool:
        return len(self.stack) > _DEPTH

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        self.stack.append(place)
        try:
            yield
        finally:
            self.stack.pop()

    @contextmanager
    def given(self, read: Read) -> Iterator[None]:
        with _pushed(self._given, read):
            yield

    @contextmanager
    def unless(self, read: Read) -> Iterator[None]:
        with _pushed(self._unless, read):
            yield

    @property
    def missing(self) -> Read | None:
        """The name in whose absence the present place is reached, if there is one."""
        return self._unless[-1] if self._unless else None

    @property
    def guarded(self) -> bool:
        """Within a try whose handlers may catch what ends here."""
        return bool(self._catching)

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        self._unsure += 1
        try:
            yield
        finally:
            self._unsure -= 1

    @contextmanager
    def catching(self, catches: Callable[[str], bool]) -> Iterator[list[tuple[Read, str, str]]]:
        """Errors within are caught (as `catches` says by their name); the list gets the reads that ended in one."""
        self._catching.append(_Catching(catches))
        try:
            yield self._catching[-1].trips
        finally:
            self._catching.pop()

    def assign(self, name: str, value: Value) -> None:
        """The code itself sets the name: on a condition or not, a read after it is not what the build lacks."""
        self._assigned[name] = PRESENT if isinstance(value, Choice) else value

    def assigned(self, name: str) -> Value | None:
        return self._assigned.get(name)

    def reset(self) -> None:
        """Before another entry: conditions of one that was left half-way do not hold for it."""
        self._given.clear()
        self._unless.clear()
        self._catching.clear()
        self._unsure = self._steps = 0

    def read(self, name: str, place: Place, absent: Value | None, why: str = "") -> Value:
        """The name's value; `absent`: its default, None for none (then it is nothing where it is missing)."""
        if name in self._assigned:
            return self._assigned[name]
        if name in self.sets:
            return Const(self.sets[name]) if self.sets[name] else PRESENT
        if name in ALWAYS:
            return UNKNOWN
        place = Place(place.path, place.line, f"reads {name}")
        rank, given, unless = self._rank(name)
        known = self.reads.get((name, place))
        if known is None:
            need = "undefaulted" if absent is None else "optional"
            why = why or ("has no default" if absent is None else "has a default")
            known = Read(name, place, (*self.stack, place), rank, given, unless, need, why)  # type: ignore[arg-type]
            self.reads[name, place] = known
        elif rank > known.rank and known.tripped is None:
            known.chain, known.rank, known.given, known.unless = (*self.stack, place), rank, given, unless
        return Choice(known, Const(None) if absent is None else absent, PRESENT)

    def demand(self, name: str, place: Place, why: str, kind: str = "") -> Value:
        """A read that raises where the name is missing; what comes after it may still refuse an empty value."""
        value = self.read(name, place, None)
        if isinstance(value, Choice):
            self.trip(value.read, why, kind)
            return Choice(value.read, Const(""), PRESENT) if kind == "KeyError" else PRESENT
        return value

    def defaulted(self, value: Value, why: str) -> None:
        """The code goes on with something else where the name is missing."""
        if isinstance(value, Choice) and value.read.need == "undefaulted":
            value.read.need, value.read.why = "optional", why

    def trip(self, read: Read, why: str, kind: str = "") -> None:
        """Without the name the followed code ends in an error here."""
        if any(one.name == read.name for one in self._given):
            return
        read.empty_serves = read.empty_serves and kind == "KeyError"
        for catching in reversed(self._catching):
            if catching.catches(kind):
                catching.trips.append((read, why, kind))
                if read.need == "undefaulted":
                    read.need, read.why = "optional", "its absence is caught"
                return
        rank, given, unless = self._rank(read.name)
        if not rank[0]:
            if read.need != "required":
                read.need, read.why = "undefaulted", f"{why}, on a condition that the text does not tell"
        elif read.tripped is None or rank > read.tripped:
            read.need, read.why, read.tripped = "required", why, rank
            read.given, read.unless = given | read.given, unless | read.unless

    def _rank(self, name: str) -> tuple[tuple[bool, int], frozenset[str], frozenset[str]]:
        given = frozenset(one.name for one in self._given)
        unless = frozenset(one.name for one in self._unless) - {name}
        return (self._unsure == 0, -len(given) - len(unless)), given, unless

    def lift(self, value: Value, act: Callable[[Value], Value]) -> Value:
        """`act` on each value that this one can be; an error of it where a name is missing makes that name required."""
        if not isinstance(value, Choice):
            return act(value)
        absent: Value | None = None
        with self.unless(value.read):
            try:
                absent = self.lift(value.absent, act)
            except Thrown as thrown:
                ended = thrown
        if absent is None:
            self.trip(value.read, ended.why, ended.kind)
            return self.lift(value.present, act)
        with self.given(value.read):
            present = self.lift(value.present, act)
        return choice(value.read, absent, present)

    def tell(self, place: Place, says: str) -> None:
        self.unread[f"{place}: {says}"] = None

    def found(self) -> list[EnvRead]:
        return [_told(one) for one in self.reads.values()]


def _told(one: Read) -> EnvRead:
    serves = one.need == "required" and one.empty_serves
    return EnvRead(one.name, one.place, one.need, one.chain, one.why, one.given, one.unless, serves)


@contextmanager
def _pushed(pile: list[Read], read: Read) -> Iterator[None]:
    pile.append(read)
    try:
        yield
    finally:
        pile.pop()
