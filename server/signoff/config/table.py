"""What every table of signoff.toml has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


def tag_of(written: Any, keys: Sequence[str]) -> str | None:
    """The tag `<key>` of a union whose tables each have one of these keys; None where there is not exactly one."""
    given = [key for key in keys if key in written] if isinstance(written, dict) else []
    if isinstance(written, BaseModel):
        given = [key for key in keys if key in type(written).model_fields]
    return f"<{given[0]}>" if len(given) == 1 else None


class Table(BaseModel):
    """Unknown keys are errors: a misspelled setting that is silently ignored would be a hole in the gate."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, written: Any) -> Any:
        if isinstance(written, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            unknown = [key for key in written if key not in known]
            if unknown:
                raise PydanticCustomError("unknown_keys", "unknown", {"unknown": unknown, "known": known})
        return written
