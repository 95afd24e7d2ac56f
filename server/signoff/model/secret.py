"""A value that no output may show: a type of its own, and a list of those that this process holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Deliberately no `str`: only the adapter that sends it reads `value`. Making one has it hidden everywhere."""

    value: str

    def __post_init__(self) -> None:
        _HELD[self.value] = None

    def __repr__(self) -> str:
        return "Secret()"

    def __str__(self) -> str:
        raise TypeError("a secret is not shown")

    def __format__(self, spec: str) -> str:
        raise TypeError("a secret is not shown")


def held() -> tuple[str, ...]:
    """Every secret that this process made; `safety` hides them wherever they turn up."""
    return tuple(_HELD)


_HELD: dict[str, None] = {}
