"""How a configuration asks for less proof than another one did: the gate can not be loosened quietly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from signoff.config.loosens import Loosens
from signoff.config.mistakes import key_of
from signoff.config.narrowing import narrowed
from signoff.config.resolved import Config
from signoff.model.subject import WorkloadName

if TYPE_CHECKING:
    from signoff.config.data_table import DataTable
    from signoff.config.smoke_table import SmokeTable


@dataclass(frozen=True, slots=True)
class Loosening:
    """`key` as it is written in signoff.toml; `says` what became looser there."""

    key: str
    says: str


def loosened(old: Config, new: Config) -> tuple[Loosening, ...]:
    """Every setting that asks for less in `new`, in the order of the schema; empty: as strict as before, or stricter.

    Pure. Where it can not be told whether less is asked (inputs by other patterns), it counts as loosened.
    """
    found = list(_tables((), old.written, new.written))
    if old.default_target is not None and old.default_target != new.default_target:
        found.append(Loosening("targets", f"{old.default_target} is not the default any more"))
    return tuple(dict.fromkeys([*found, *_inputs(old, new)]))


def _tables(place: tuple[str, ...], old: BaseModel, new: BaseModel) -> Iterator[Loosening]:
    """Compare each setting of two tables of one kind by what it declares."""
    for name, field in type(old).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        here = (*place, field.alias or name)
        if isinstance(before, BaseModel) and isinstance(after, BaseModel) and type(before) is type(after):
            yield from _tables(here, before, after)
        if name in {"smoke", "data"}:
            yield from _entries(here, before, after)
        for rule in field.metadata:
            if not isinstance(rule, Loosens):
                continue
            if isinstance(before, Mapping) and rule.when is None:
                yield from _rows(here, before, after, rule)
            elif rule.when is not None and rule.when(before, after):
                yield Loosening(key_of(here), rule.means)


def _rows(
    place: tuple[str, ...], old: Mapping[str, BaseModel], new: Mapping[str, BaseModel], rule: Loosens
) -> Iterator[Loosening]:
    for name, before in old.items():
        if name in new:
            yield from _tables((*place, name), before, new[name])
        else:
            yield Loosening(key_of((*place, name)), rule.means)


def _entries(
    place: tuple[str, ...], old: Sequence[SmokeTable | DataTable], new: Sequence[SmokeTable | DataTable]
) -> Iterator[Loosening]:
    """Each entry that is still there against the one of the same place (`place`) that asks nearest to it."""
    for before in old:
        same = [(at, after) for at, after in enumerate(new) if after.place == before.place]
        found = [list(_tables((*place[:-1], f"{place[-1]}[{at}]"), before, after)) for at, after in same]
        yield from min(found, key=len, default=[])


def _inputs(old: Config, new: Config) -> Iterator[Loosening]:
    """Of the workloads that are in both: by what their patterns come to, however they are given."""
    for name, before in old.inputs.items():
        after = new.inputs.get(WorkloadName(name))
        if after is not None and narrowed(before.patterns, after.patterns):
            yield Loosening(key_of(("workloads", name, "inputs")), "fewer files may belong to it")
