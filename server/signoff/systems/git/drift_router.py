"""Which of many workloads a path belongs to, in one look-up instead of one match per workload."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from signoff.systems.git.inputs import ROOT, Inputs, as_text

# (layer, workloads): what a pattern adds to one layer; see Router.
_Effect = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Folder:
    """What is known of every path in a folder before its own name is looked at."""

    layers: tuple[int, ...]
    globs: tuple[tuple[re.Pattern[str], tuple[_Effect, ...]], ...]
    settled: int  # the answer, where neither a glob nor a literal path says otherwise


class Router:
    """``mask(path)`` has bit i set when path is an input of ``inputs[i]``.

    The patterns of a workload fall into runs of one sign: includes, excludes, includes again. Within a run order does
    not matter, between runs the later wins. So all workloads are answered together, layer by layer, in bit masks.
    """

    def __init__(self, inputs: Sequence[Inputs]) -> None:
        self._literals: dict[bytes, list[_Effect]] = {}
        globs: dict[tuple[bytes, re.Pattern[str]], list[_Effect]] = {}
        depth = 0
        for index, item in enumerate(inputs):
            for layer, (_, run) in enumerate(groupby(item.rules, key=lambda rule: rule.include)):
                depth = max(depth, layer + 1)
                for rule in run:
                    effect = (layer, 1 << index)
                    if rule.glob is None:
                        self._literals.setdefault(rule.prefix, []).append(effect)
                    else:
                        globs.setdefault((rule.prefix, rule.glob), []).append(effect)
        self._literals = {prefix: _merged(effects) for prefix, effects in self._literals.items()}
        self._globs: dict[bytes, list[tuple[re.Pattern[str], tuple[_Effect, ...]]]] = {}
        for (prefix, glob), effects in globs.items():
            self._globs.setdefault(prefix, []).append((glob, tuple(_merged(effects))))
        self._folders = {ROOT: self._folder(ROOT, _Folder((0,) * depth, (), 0))}

    def mask(self, path: bytes) -> int:
        """The workloads that this path is an input of, as bits."""
        parent = path.rpartition(b"/")[0]
        folder = self._folders.get(parent) or self._enter(parent)
        literal = self._literals.get(path)
        if not literal and not folder.globs:
            return folder.settled
        layers = _with(folder.layers, literal or ())
        if folder.globs:
            text = as_text(path)
            for glob, effects in folder.globs:
                if glob.search(text):
                    layers = _with(layers, effects)
        return _settle(layers)

    def _enter(self, path: bytes) -> _Folder:
        known = self._folders.get(path)
        if known is None:
            known = self._folders[path] = self._folder(path, self._enter(path.rpartition(b"/")[0]))
        return known

    def _folder(self, path: bytes, parent: _Folder) -> _Folder:
        literals, globs = self._literals.get(path), self._globs.get(path)
        if not literals and not globs:
            return parent  # most folders: no memory of their own
        layers = _with(parent.layers, literals or ())
        candidates = (*parent.globs, *(globs or ()))
        return _Folder(layers, candidates, _settle(layers))


def bits_of(mask: int) -> Iterator[int]:
    """The positions of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _merged(effects: list[_Effect]) -> list[_Effect]:
    by_layer: dict[int, int] = {}
    for layer, bits in effects:
        by_layer[layer] = by_layer.get(layer, 0) | bits
    return list(by_layer.items())


def _with(layers: tuple[int, ...], effects: Sequence[_Effect]) -> tuple[int, ...]:
    changed = list(layers)
    for layer, bits in effects:
        changed[layer] |= bits
    return tuple(changed)


def _settle(layers: tuple[int, ...]) -> int:
    mask = 0
    for layer, bits in enumerate(layers):
        mask = mask & ~bits if layer % 2 else mask | bits
    return mask
