"""What loosening a setting means, declared beside the setting (see schema.py).

The gate can not be loosened quietly: an edit of signoff.toml that asks for less proof than before is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class Loosens:
    """An annotation of a setting: `means` says what loosening it is, `when(old, new)` whether that happened.

    `when=None`: the values as written can not tell, `loosened` compares what they resolve to.
    """

    means: str
    when: Callable[[Any, Any], bool] | None

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "x-loosening": self.means}


@dataclass(frozen=True, slots=True)
class NeverLoosens:
    """An annotation of a setting that no verdict depends on, with the reason."""

    because: str


def changed(old: object, new: object) -> bool:
    return old != new


def dropped(old: object, new: object) -> bool:
    """What was asked for is not any more, or is another."""
    return old is not None and old != new


def misses_one(old: Any, new: Any) -> bool:
    return bool(set(old) - set(new))
