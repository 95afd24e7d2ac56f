"""Values made by the quick decorator are what the standard library's would be."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from typing import Any, Generic, TypeVar, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model import record

T = TypeVar("T")
quick: Callable[..., Any] = record.dataclass


@quick(frozen=True, slots=True)
class Point(Generic[T]):
    x: int
    y: T
    tags: tuple[str, ...] = ()
    seen: list[int] = field(default_factory=list)
    hidden: str = field(default="s", repr=False)

    @property
    def size(self) -> int:
        return self.x


@dataclasses.dataclass(frozen=True, slots=True)
class Usual(Generic[T]):
    x: int
    y: T
    tags: tuple[str, ...] = ()
    seen: list[int] = field(default_factory=list)
    hidden: str = field(default="s", repr=False)


@quick(frozen=True, slots=True)
class Child(Point[str]):
    more: int = 0


@quick(frozen=True, slots=True)
class Own:
    """With methods of its own, which stay."""

    name: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("no name")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "own"


@quick(frozen=True, slots=True, eq=False)
class Same:
    """Equal to itself alone."""


@quick(frozen=True, slots=True)
class One:
    only: float


@pytest.mark.parametrize("made", [Point, Usual])
def test_its_fields_parameters_and_hints_are_the_standard_ones(made: Any) -> None:
    assert is_dataclass(made)
    assert [one.name for one in fields(made)] == ["x", "y", "tags", "seen", "hidden"]
    assert list(inspect.signature(made).parameters) == ["x", "y", "tags", "seen", "hidden"]
    assert made.__match_args__ == ("x", "y", "tags", "seen", "hidden")
    assert get_type_hints(made.__init__)["tags"] == tuple[str, ...]
    value = made(1, "b")
    assert not hasattr(value, "__dict__")
    assert asdict(value) == {"x": 1, "y": "b", "tags": (), "seen": [], "hidden": "s"}
    assert replace(value, y=3) == made(1, 3)
    assert repr(value) == f"{made.__name__}(x=1, y='b', tags=(), seen=[])"
    assert made(1, 2).seen is not made(1, 2).seen


@given(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))
def test_two_are_equal_where_the_standard_ones_are(a: int, b: int, c: int, d: int) -> None:
    assert (Point(a, b) == Point(c, d)) == (Usual(a, b) == Usual(c, d))
    assert (One(a) == One(b)) == (hash(One(a)) == hash(One(b))) == (a == b)
    assert Point(a, b) != Usual(a, b)
    assert len({One(a), One(a)}) == 1


@pytest.mark.parametrize("made", [Point, Usual])
def test_nothing_of_it_changes(made: Any) -> None:
    value = made(1, 2)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        value.x = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del value.x
    with pytest.raises((AttributeError, TypeError)):
        value.other = 2


@pytest.mark.parametrize("made", [Point, Usual])
def test_arguments_are_asked_for_by_name(made: Any) -> None:
    with pytest.raises(TypeError, match=r"__init__\(\) missing 1 required positional argument: 'y'"):
        made(1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        made(1, 2, z=3)


def test_it_is_copied_and_pickled() -> None:
    for value in (Point(1, "b", seen=[1]), Child(1, "c", more=2)):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == copy.copy(value) == value


def test_a_class_goes_on_with_the_fields_of_another() -> None:
    child = Child(1, "c", more=2)
    assert (child.x, child.more, child.size) == (1, 2, 1)
    assert child != Point(1, "c")
    assert child != Child(1, "c")
    assert repr(child).startswith("Child(x=1")
    match child:
        case Child(x, "c"):
            assert x == 1


def test_what_a_class_does_by_itself_stays() -> None:
    assert Own("a") == Own("b")
    assert (hash(Own("a")), repr(Own("a"))) == (7, "own")
    with pytest.raises(ValueError, match="no name"):
        Own("")


def test_without_comparison_each_is_equal_to_itself_alone() -> None:
    one, other = Same(), Same()
    assert one == one
    assert len({one, other}) == 2


def test_what_it_does_not_know_is_made_by_the_standard_library_or_refused() -> None:
    @quick(frozen=True, slots=True, order=True)
    class Ordered:
        at: int

    @quick(slots=True)
    class Open:
        at: int

    assert Ordered(1) < Ordered(2)
    changed = Open(1)
    changed.at = 2
    assert changed == Open(2)

    class Left:
        at: int = field(default=0, init=False)

    with pytest.raises(TypeError, match="Left: fields that are no plain arguments need"):
        quick(frozen=True, slots=True)(Left)
