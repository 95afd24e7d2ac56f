"""Which file of a repository a Python import means."""

from __future__ import annotations

from collections.abc import Iterable

Parts = tuple[str, ...]


def parts_of(path: str) -> Parts:
    """`web/app/__init__.py` → ("web", "app"); `web/app/main.py` → ("web", "app", "main")."""
    parts = tuple(path.removesuffix(".py").split("/"))
    return parts[:-1] if parts[-1] == "__init__" else parts


class Modules:
    """The modules of a repository. Where the root of a package lies is not written anywhere: it is concluded from
    who imports it, as an ancestor of the importing file; else from the name alone, where that has several parts.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.files: dict[Parts, str] = {}
        self._by_last: dict[str, list[Parts]] = {}
        folders: set[Parts] = set()
        for path in sorted(paths):
            parts = parts_of(path)
            if not parts:
                continue
            self.files[parts] = path
            at = path.count("/")
            folders.update(tuple(path.split("/")[:depth]) for depth in range(1, at + 1))
        self._packages = folders
        for parts in {*self.files, *folders}:
            self._by_last.setdefault(parts[-1], []).append(parts)

    def resolve(self, dotted: str, importer: str, level: int = 0) -> Parts | None:
        """The module or package (perhaps a folder without an `__init__.py`) that `importer` means; None: external."""
        wanted = tuple(dotted.split(".")) if dotted else ()
        if level:
            folder = tuple(importer.split("/")[:-1])
            if level - 1 > len(folder):
                return None
            found = (*folder[: len(folder) - (level - 1)], *wanted)
            return found if self.known(found) else None
        if not wanted:
            return None
        home = tuple(importer.split("/")[:-1])
        ends = [parts for parts in self._by_last.get(wanted[-1], ()) if parts[-len(wanted) :] == wanted]
        roots = {parts[: -len(wanted)]: parts for parts in ends}
        above = [root for root in roots if home[: len(root)] == root]
        if above:
            return roots[max(above, key=len)]
        if len(wanted) < 2 or not roots:
            return None
        return roots[max(roots, key=lambda root: (_shared(root, home), -len(root), root))]

    def known(self, parts: Parts) -> bool:
        return parts in self.files or parts in self._packages


def _shared(one: Parts, other: Parts) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
