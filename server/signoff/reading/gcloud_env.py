"""Which environment variables and secrets a deploying gcloud command sets or takes away: names, never what they hold.

https://cloud.google.com/sdk/gcloud/reference/run/deploy#--set-env-vars (and `gcloud topic escaping`)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

_FILE = "--env-vars-file"


@dataclass(frozen=True, slots=True)
class Changes:
    """`others`: everything of its kind that is not set here is taken away (`--set-…`, `--clear-…`)."""

    names: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    others: bool = False

    def gone(self, now: Collection[str]) -> list[str]:
        """Of the names that are there now, those that are not any more."""
        return sorted(name for name in now if name not in self.names and (self.others or name in self.removed))


@dataclass(frozen=True, slots=True)
class Environment:
    """`whole`: every flag is known from the text; else there may be more."""

    variables: Changes = Changes()
    secrets: Changes = Changes()
    whole: bool = True


def environment_of(flags: Mapping[str, Sequence[str]], places: Iterable[str]) -> Environment:
    """What the flags of one command do. Words that are variables, a file of variables and other containers' flags are
    not followed: then it is not the whole."""
    variables, all_of_them = _changes(flags, "env-vars")
    secrets, all_of_these = _changes(flags, "secrets")
    followed = _FILE not in flags and "--container" not in flags and "--flags-file" not in flags
    plain = not any("$" in word for word in (*flags, *places))
    return Environment(variables, secrets, all_of_them and all_of_these and followed and plain)


def _changes(flags: Mapping[str, Sequence[str]], of: str) -> tuple[Changes, bool]:
    given = [*flags.get(f"--set-{of}", ()), *flags.get(f"--update-{of}", ())]
    names = [entry.partition("=")[0].strip() for value in given for entry in _entries(value)]
    removed = [entry.strip() for value in flags.get(f"--remove-{of}", ()) for entry in _entries(value)]
    others = f"--set-{of}" in flags or f"--clear-{of}" in flags
    known = [name for name in (*names, *removed) if name and "$" not in name]
    changes = Changes(frozenset(known) - frozenset(removed), frozenset(removed) & frozenset(known), others)
    return changes, len(known) == len([*names, *removed])


def _entries(value: str) -> list[str]:
    """`A=1,B=2`, or `^:^A=1:B=2` with a delimiter of its own."""
    delimiter = ","
    if value.startswith("^") and "^" in value[1:]:
        delimiter, _, value = value[1:].partition("^")
    return [entry for entry in value.split(delimiter or ",") if entry.strip()]
