"""What loops and comprehensions of Python go over, item by item where the items are told."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from signoff.reading.env_reads.flow import Frame
from signoff.reading.env_reads.values import (
    NOTHING,
    TRUE,
    UNKNOWN,
    Choice,
    Const,
    Keyed,
    Listed,
    Read,
    Scope,
    Value,
    truth,
)  # fmt: skip
from signoff.reading.env_reads.world import Thrown

if TYPE_CHECKING:
    from signoff.reading.env_reads.python_machine import Machine


def items_of(m: Machine, value: Value) -> tuple[list[Value], bool]:
    """What a loop goes over, and whether that is known; a loop over None raises."""
    if isinstance(value, Choice):
        value = m.world.lift(value, lambda held: _none_raises(held))
    match value:
        case Listed(items=items, more=False):
            return list(items), True
        case Keyed(items=held, more=False):
            return [Const(name) for name in held], True
        case Const(value=None):
            raise Thrown("it is gone over in a loop", "TypeError")
        case _:
            return [UNKNOWN], False


def _none_raises(held: Value) -> Value:
    if held == NOTHING:
        raise Thrown("it is gone over in a loop", "TypeError")
    return held


def comprehension(
    m: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> Value:
    """Of one `for`, item by item; of several, once with what is not known."""
    from signoff.reading.env_reads.python_statements import assign

    inner = frame.inner(Scope({}, frame.scope))
    first = node.generators[0]
    over, sure = items_of(m, m.evaluate(first.iter, frame))
    made = Listed([], more=not sure or len(node.generators) > 1)
    keyed: dict[str, Value] = {}

    def element() -> Value:
        for further in node.generators[1:]:
            m.evaluate(further.iter, inner)
            assign(m, further.target, UNKNOWN, inner)
        if isinstance(node, ast.DictComp):
            key, value = m.evaluate(node.key, inner), m.evaluate(node.value, inner)
            if isinstance(key, Const):
                keyed[str(key.value)] = value
            return value
        return m.evaluate(node.elt, inner)

    def chosen(held: Value, hangs: Read | None = None) -> None:
        known = truth(held)
        if known is False:
            return
        if known is None:
            made.more = True
            with m.world.perhaps():
                element()
        elif hangs is not None:
            made.hanging.append(hangs)
            element()
        else:
            made.items.append(element())

    for item in over:
        assign(m, first.target, item, inner)
        if not sure:
            with m.world.perhaps():
                chosen(UNKNOWN)
            continue
        tests = [m.evaluate(test, inner) for test in first.ifs]
        value: Value = TRUE if not tests else (tests[0] if len(tests) == 1 else UNKNOWN)
        if isinstance(value, Choice):
            with m.world.unless(value.read):
                chosen(value.absent, value.read)
            if truth(value.present) is not False:
                made.more = True
        else:
            chosen(value)
    return Keyed(keyed, made.more) if isinstance(node, ast.DictComp) else made
