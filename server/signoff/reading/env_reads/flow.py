"""Conditions, blocks and returns, alike for both languages: what runs in which world, and what a call gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal

from signoff.reading.env_reads.values import (
    NOTHING,
    UNKNOWN,
    Choice,
    Read,
    Scope,
    Value,
    choice,
    either,
    settled,
    truth,
)
from signoff.reading.env_reads.world import Thrown, World


@dataclass(slots=True)
class Frame:
    """One call, or one module's own code. `wraps`: returns on a condition that the rest of the call did not take."""

    module: Any
    scope: Scope
    this: Value | None = None
    returns: list[Value] = field(default_factory=list)
    wraps: list[tuple[Read, Value, bool]] = field(default_factory=list)

    def inner(self, scope: Scope) -> Frame:
        """The same call with names of its own, as in a block."""
        return Frame(self.module, scope, self.this, self.returns, self.wraps)

    def result(self) -> Value:
        value = reduce(either, self.returns) if self.returns else NOTHING
        for read, other, absent in reversed(self.wraps):
            value = choice(read, other, value) if absent else choice(read, value, other)
        return value


@dataclass(frozen=True, slots=True)
class Guard:
    """What the statements that follow hang on, since another way has left by return."""

    kind: Literal["given", "unless", "perhaps"]
    read: Read | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """`ends`: what follows in the block is not reached (by return, break or continue; errors are Thrown)."""

    ends: bool = False
    guards: tuple[Guard, ...] = ()


FALLS = Flow()
ENDS = Flow(ends=True)
Act = Callable[[], Flow]


def run(world: World, steps: Iterable[Act]) -> Flow:
    """The statements in order, each under the guards of those before."""
    guards: list[Guard] = []
    with ExitStack() as entered:
        for step in steps:
            try:
                flow = step()
            except Thrown as thrown:
                if not guards:
                    raise
                _thrown_under(world, guards, thrown)
                return ENDS
            if flow.ends:
                return ENDS
            for guard in flow.guards:
                entered.enter_context(_entered(world, guard))
            guards += flow.guards
    return Flow(guards=tuple(guards))


def _thrown_under(world: World, guards: list[Guard], thrown: Thrown) -> None:
    """`if (X) return X; throw …`: the error is what remains where X is missing."""
    last = guards[-1]
    if last.kind == "unless" and last.read is not None and all(guard.kind != "perhaps" for guard in guards):
        world.trip(last.read, thrown.why, thrown.kind)


@contextmanager
def _entered(world: World, guard: Guard) -> Iterator[None]:
    if guard.read is None:
        with world.perhaps():
            yield
    elif guard.kind == "given":
        with world.given(guard.read):
            yield
    else:
        with world.unless(guard.read):
            yield


def decide(world: World, frame: Frame, value: Value, then: Act, other: Act) -> Flow:
    """`then` where the value is true, `other` where it is not, both where that is not known."""
    value = settled(value)
    if isinstance(value, Choice):
        return _decide_choice(world, frame, value, then, other)
    known = truth(value)
    if known is not None:
        return then() if known else other()
    before, count = _snapshot(frame.scope), len(frame.returns)
    first, first_threw = _perhaps(world, then)
    left = _snapshot(frame.scope)
    _restore(before)
    second, second_threw = _perhaps(world, other)
    if first_threw is not None and second_threw is not None:
        raise first_threw
    if second is None:
        _restore(left)
    elif first is not None and not first.ends and not second.ends:
        _merge(left, either)
    elif second.ends:
        _restore(left)
    ends = [flow is None or flow.ends for flow in (first, second)]
    if all(ends):
        return ENDS
    # An error on one of two unknown ways says nothing of the other; a return there may be taken.
    return Flow(guards=(Guard("perhaps"),)) if len(frame.returns) > count else FALLS


def _perhaps(world: World, act: Act) -> tuple[Flow | None, Thrown | None]:
    with world.perhaps():
        try:
            return act(), None
        except Thrown as thrown:
            return None, thrown


def _decide_choice(world: World, frame: Frame, value: Choice, then: Act, other: Act) -> Flow:
    read, before, count = value.read, _snapshot(frame.scope), len(frame.returns)
    with world.unless(read):
        try:
            absent = decide(world, frame, value.absent, then, other)
        except Thrown as thrown:
            ended: Thrown | None = thrown
        else:
            ended = None
    if ended is not None:
        world.trip(read, ended.why, ended.kind)
        _restore(before)
        return decide(world, frame, value.present, then, other)
    world.defaulted(value, "it is asked about first")
    gone = _taken(frame, count)
    left = _snapshot(frame.scope)
    _restore(before)
    with world.given(read):
        try:
            present = decide(world, frame, value.present, then, other)
        except Thrown:  # only where the name is there: the build that lacks it goes the other way
            _restore(left)
            frame.returns += gone
            return absent
    here = _taken(frame, count)
    if absent.ends and present.ends:
        if gone or here:
            frame.returns.append(choice(read, reduce(either, gone, *_first(gone)), reduce(either, here, *_first(here))))
        return ENDS
    if absent.ends:
        if gone:
            frame.wraps.append((read, reduce(either, gone), True))
        frame.returns += here
        return Flow(guards=(Guard("given", read), *present.guards))
    if present.ends:
        _restore(left)
        if here:
            frame.wraps.append((read, reduce(either, here), False))
        frame.returns += gone
        return Flow(guards=(Guard("unless", read), *absent.guards))
    _merge(left, lambda one, two: choice(read, one, two))
    frame.returns += [*gone, *here]
    return Flow(guards=(Guard("perhaps"),)) if gone or here else FALLS


def _first(values: list[Value]) -> tuple[Value, ...]:
    return () if values else (UNKNOWN,)


def _taken(frame: Frame, count: int) -> list[Value]:
    taken = frame.returns[count:]
    del frame.returns[count:]
    return taken


Snapshot = list[tuple[Scope, dict[str, Value]]]


def _snapshot(scope: Scope | None) -> Snapshot:
    found: Snapshot = []
    while scope is not None:
        found.append((scope, dict(scope.names)))
        scope = scope.parent
    return found


def _restore(snapshot: Snapshot) -> None:
    for scope, names in snapshot:
        scope.names.clear()
        scope.names.update(names)


def _merge(left: Snapshot, join: Callable[[Value, Value], Value]) -> None:
    """What the first way left beside what the second has now."""
    for scope, names in left:
        for name, value in names.items():
            now = scope.names.get(name)
            scope.names[name] = value if now is None else (now if now is value else join(value, now))


def attempt(world: World, frame: Frame, body: Act, handlers: Iterable[tuple[Callable[[str], bool], Act]]) -> Flow:
    """A try statement. A read that ends in an error counts where a handler that catches it surely throws again.

    What a handler sets and the body sets otherwise hangs on the first name whose absence leads there.
    """
    named = list(handlers)
    ended: Thrown | None = None
    with world.catching(lambda kind: any(catches(kind) for catches, _act in named)) as trips:
        try:
            flow = body()
        except Thrown as thrown:
            ended, flow = thrown, ENDS
    waiting = list(trips)
    for catches, act in named:
        caught = [trip for trip in waiting if catches(trip[2])]
        waiting = [trip for trip in waiting if trip not in caught]
        hit = ended is not None and catches(ended.kind)
        left, count = _snapshot(frame.scope), len(frame.returns)
        again: Thrown | None = None
        with ExitStack() as entered:
            if caught:
                entered.enter_context(world.unless(caught[0][0]))
            elif not hit:
                entered.enter_context(world.perhaps())
            try:
                after = act()
            except Thrown as thrown:
                again = thrown
        if again is not None:
            for read, why, kind in caught:
                world.trip(read, why, kind)
            if hit:
                raise again
            _restore(left)
        elif hit:
            return after
        elif caught:
            read = caught[0][0]
            _merge(left, lambda body_left, now, read=read: choice(read, now, body_left))  # type: ignore[misc]
            if after.ends and not flow.ends:
                gone = _taken(frame, count)
                frame.wraps += [(read, reduce(either, gone), True)] if gone else []
                flow = Flow(guards=(*flow.guards, Guard("given", read)))
        else:
            _merge(left, either)
    if ended is not None:
        raise ended
    return flow


def conditional(world: World, value: Value, then: Callable[[], Value], other: Callable[[], Value]) -> Value:
    """`then() if value else other()`; where it is not known which, both are tried, and agree or are not known."""

    def decided(held: Value) -> Value:
        known = truth(held)
        if known is not None:
            return then() if known else other()
        results = []
        for act in (then, other):
            with world.perhaps():
                try:
                    results.append(act())
                except Thrown:
                    continue
        return results[0] if len(results) == 2 and results[0] == results[1] else UNKNOWN

    world.defaulted(value, "it is asked about first")
    return world.lift(value, decided)


def once(world: World, frame: Frame, act: Callable[[], Flow], *, sure: bool) -> Flow:
    """One round of a loop; whether there is one may not be known."""
    count, wraps = len(frame.returns), len(frame.wraps)
    if sure:
        act()
    else:
        with world.perhaps():
            try:
                act()
            except Thrown:
                return Flow(guards=(Guard("perhaps"),))
    left = len(frame.returns) > count or len(frame.wraps) > wraps
    return Flow(guards=(Guard("perhaps"),)) if left else FALLS
