"""Which of the missing commits touch which workload's inputs, read once for all workloads."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from signoff.systems.git.drift_router import Router, bits_of
from signoff.systems.git.drift_types import Missing
from signoff.systems.git.drift_walk import Walk, as_lines
from signoff.systems.git.inputs import are_few
from signoff.systems.git.process import Children
from signoff.systems.git.stream import Touched, commits, diff_commits


class MissingCommits:
    """The missing commits of every workload, gathered in passes: plain commits, then merges as far as needed.

    ``files[i]`` are the files in which workload i differs, ``paths`` cover everything any router entry can match
    (() for the whole repository).
    """

    def __init__(
        self, children: Children, walk: Walk, router: Router, files: Sequence[Iterable[bytes]], paths: Sequence[bytes]
    ) -> None:
        self._children = children
        self._walk = walk
        self._router = router
        self._paths = paths
        self._found: list[dict[bytes, Missing]] = [{} for _ in files]
        # file -> the workloads that differ in it, as long as no missing commit explains the difference
        self._unexplained: dict[bytes, int] = {}
        for index, names in enumerate(files):
            for name in names:
                self._unexplained[name] = self._unexplained.get(name, 0) | 1 << index

    def any(self, index: int) -> bool:
        """Whether workload index misses a commit, as far as was looked."""
        return bool(self._found[index])

    def newest_first(self) -> list[tuple[Missing, ...]]:
        """For each workload what was found."""
        rank = {commit: index for index, commit in enumerate(self._walk.missing)}
        return [tuple(found[commit] for commit in sorted(found, key=rank.__getitem__)) for found in self._found]

    def plain(self, ids: bytes | Iterator[bytes]) -> None:
        """Look at commits with one parent or none (lines of ids, which the walk may still be finding)."""
        router, missing, unexplained = self._router.mask, self._walk.missing, self._unexplained
        for touched in self._touched(ids, _worth(self._paths), "--root"):
            lacking = missing[touched.commit]
            bits = 0
            for path in touched.paths:
                bits |= router(path)
                if path in unexplained:
                    unexplained[path] &= ~lacking
            self._add(touched, bits & lacking)

    def merges(self) -> None:
        """Look at merges as far as the plain commits leave differences unexplained."""
        self._resolving_merges()
        self._discarding_merges()

    def _resolving_merges(self) -> None:
        """Merges whose result is none of their parents' (conflicts, evil merges), for what is unexplained."""
        left = self._left()
        ids = self._merges(_union(left))
        for touched in self._touched(as_lines(ids), _worth(left), "-c"):
            lacking, bits = self._walk.missing[touched.commit], 0
            for path in touched.paths:
                bits |= left.get(path, 0) & lacking
                if path in left:
                    self._unexplained[path] &= ~lacking
            self._add(touched, bits)

    def _discarding_merges(self) -> None:
        """Merges that threw the deployed content away (-s ours): they equal one parent, and -c does not show them.

        On the way from the deployed commit to head the content changed somewhere; if in no plain commit, then between
        a merge and a parent that is, or descends from, the deployed commit.
        """
        left = self._left()
        edges: dict[bytes, int] = {}
        on_top = self._walk.on_top() if left else {}
        for merge in self._merges(_union(left)):
            for parent in self._walk.parents[merge]:
                bits = on_top.get(parent, 0) | self._walk.deployed.get(parent, 0)
                if bits & self._walk.missing[merge]:
                    edges[b"%s %s" % (merge, parent)] = bits
        for touched in self._touched(as_lines(edges), _worth(left)):
            bits = 0
            for path in touched.paths:
                bits |= left.get(path, 0)
            edge = edges[b"%s %s" % (touched.commit, touched.parents[0])]
            self._add(touched, bits & edge & self._walk.missing[touched.commit])

    def _left(self) -> dict[bytes, int]:
        return {path: bits for path, bits in self._unexplained.items() if bits}

    def _merges(self, bits: int) -> list[bytes]:
        parents = self._walk.parents
        return [commit for commit, lacking in self._walk.missing.items() if lacking & bits and len(parents[commit]) > 1]

    def _touched(self, ids: bytes | Iterator[bytes], paths: Sequence[bytes], *options: str) -> Iterable[Touched]:
        if not ids:
            return
        with diff_commits(self._children, ids, paths, *options) as child:
            yield from commits(child.out)

    def _add(self, touched: Touched, bits: int) -> None:
        if not bits:
            return
        landed_at, landed_time = self._walk.landed(touched.commit)
        missing = Missing(
            touched.commit.decode(), touched.author, touched.time, landed_at, landed_time, touched.subject
        )
        for index in bits_of(bits):
            self._found[index][touched.commit] = missing


def _union(files: dict[bytes, int]) -> int:
    bits = 0
    for more in files.values():
        bits |= more
    return bits


def _worth(paths: Collection[bytes]) -> tuple[bytes, ...]:
    """The paths if git is faster with them; () for all."""
    return tuple(paths) if are_few(paths) else ()
