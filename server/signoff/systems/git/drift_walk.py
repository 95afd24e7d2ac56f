"""One walk through history for all workloads: which commits of head are missing in which deployed commit."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from signoff.systems.git.child import Child
from signoff.systems.git.process import Children

# Small, so that whoever reads them starts early.
_BATCH = 64


class Walk:
    """The walk from head and all deployed commits, until every deployed commit holds what is left.

    Bits are those of the deployed commits, in the order they are handed over. Children come before parents
    (--topo-order; clocks do not matter), so a commit's bits are complete when it is printed. No merge base is needed.
    """

    def __init__(self, head: bytes, deployed: Sequence[bytes]) -> None:
        self.head = head
        self.deployed: dict[bytes, int] = {}
        for index, commit in enumerate(deployed):
            self.deployed[commit] = self.deployed.get(commit, 0) | 1 << index
        # The commits of head that at least one deployed commit lacks, newest (children) first, and who lacks them.
        self.missing: dict[bytes, int] = {}
        self.parents: dict[bytes, list[bytes]] = {}
        self.diverged = 0  # deployed commits that are no ancestors of head
        self._everyone = (1 << len(deployed)) - 1
        self._landed: dict[bytes, int] = {}
        self._line: list[tuple[str, int]] = []

    def steps(self, children: Children) -> Generator[bytes, None, None]:
        """Walk; along the way the missing commits with one parent or none, as lines."""
        with children.start(
            "rev-list",
            "--topo-order",
            "--parents",
            "--timestamp",
            "--stdin",
            stdin=as_lines([self.head, *self.deployed]),
        ) as child:
            found = self._follow(child)
            while batch := list(islice(found, _BATCH)):
                yield as_lines(batch)

    def plain(self) -> bytes:
        """The missing commits with one parent or none, as lines, once the walk is over."""
        return as_lines(commit for commit, bits in self.missing.items() if bits and len(self.parents[commit]) < 2)

    def landed(self, commit: bytes) -> tuple[str, int] | tuple[None, None]:
        """The commit on head's first-parent line that brought this missing one in, and its time, if known."""
        return self._line[self._landed[commit]] if self._line else (None, None)

    def drop(self, held: Mapping[bytes, int]) -> None:
        """These commits are not missing in these deployed ones after all."""
        for commit, bits in held.items():
            self.missing[commit] &= ~bits

    def keep_proven(self) -> None:
        """Keep what holds in a shallow clone, whose oldest commits hide their parents.

        A commit is certainly missing in a deployed one that it descends from; any other may be behind the cut. So may
        be the way from head to the deployed commit, and the merge that brought a commit in.
        """
        self.missing = self.on_top()
        self.diverged = 0
        self._line.clear()

    def on_top(self) -> dict[bytes, int]:
        """Of the missing commits, those that descend from deployed commits, and from which (themselves not)."""
        found: dict[bytes, int] = {}
        for commit, lacking in reversed(self.missing.items()):
            bits = 0
            for parent in self.parents[commit]:
                bits |= found.get(parent, 0) | self.deployed.get(parent, 0)
            found[commit] = bits & lacking
        return dict(reversed(found.items()))

    def _follow(self, child: Child) -> Iterator[bytes]:
        in_head = self._everyone + 1  # one bit more: reachable from head
        all_bits = in_head | self._everyone
        on_line: bytes | None = self.head
        waiting = dict(self.deployed)  # commits known of and not printed yet: who holds them
        waiting[self.head] = waiting.get(self.head, 0) | in_head
        unsettled = sum(in_head <= bits < all_bits for bits in waiting.values())
        landing: dict[bytes, int] = {}
        for text in child.out:
            time, commit, *parents = text.split()
            bits = waiting.pop(commit)
            at = -1
            if in_head <= bits < all_bits:
                unsettled -= 1
                self.missing[commit] = self._everyone & ~bits
                self.parents[commit] = parents
                if commit == on_line:
                    at = len(self._line)
                    self._line.append((commit.decode(), int(time)))
                    on_line = parents[0] if parents else None
                else:
                    at = landing.pop(commit)
                self._landed[commit] = at
                if len(parents) < 2:
                    yield commit
            elif bits < in_head:
                self.diverged |= self.deployed.get(commit, 0)
            for parent in parents:
                known = waiting.get(parent, 0)
                merged = waiting[parent] = known | bits
                unsettled += (in_head <= merged < all_bits) - (in_head <= known < all_bits)
                if at > landing.get(parent, -1):  # the deepest commit of the line that reaches it
                    landing[parent] = at
            if not unsettled:
                child.stop()
                break
        for commit, held in self.deployed.items():
            if waiting.get(commit, in_head) < in_head:
                self.diverged |= held


def as_lines(ids: Iterable[bytes]) -> bytes:
    """What git reads with --stdin."""
    return b"".join(b"%s\n" % one for one in ids)
