"""One walk through history for all workloads: which commits of head are missing in which deployed commit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from signoff.systems.git.process import Children


@dataclass(slots=True)
class Walk:
    """Bits are those of the deployed commits handed to ``walk``."""

    head: bytes
    deployed: dict[bytes, int]
    # The commits of head that at least one deployed commit lacks, newest (children) first, and who lacks them.
    missing: dict[bytes, int] = field(default_factory=dict)
    parents: dict[bytes, list[bytes]] = field(default_factory=dict)
    diverged: int = 0  # deployed commits that are no ancestors of head
    _landed: dict[bytes, int] = field(default_factory=dict)
    _line: list[tuple[str, int]] = field(default_factory=list)

    def landed(self, commit: bytes) -> tuple[str, int] | tuple[None, None]:
        """The commit on head's first-parent line that brought this missing one in, and its time, if known."""
        return self._line[self._landed[commit]] if self._line else (None, None)

    def lacking(self) -> int:
        """The deployed commits that lack any commit of head."""
        bits = 0
        for more in set(self.missing.values()):
            bits |= more
        return bits

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


def walk(children: Children, head: bytes, deployed: Sequence[bytes]) -> Walk:
    """Walk from head and all deployed commits until every deployed commit holds what is left.

    Children come before parents (--topo-order; clocks do not matter), so a commit's bits are complete when it is
    printed. No merge base is asked for.
    """
    result = Walk(head, {})
    for index, commit in enumerate(deployed):
        result.deployed[commit] = result.deployed.get(commit, 0) | 1 << index
    with children.start(
        "rev-list",
        "--topo-order",
        "--parents",
        "--timestamp",
        "--stdin",
        stdin=b"\n".join([head, *result.deployed, b""]),
    ) as child:
        if not _follow(result, child.out, (1 << len(deployed)) - 1):
            child.stop()
    return result


def _follow(result: Walk, lines: Iterable[bytes], everyone: int) -> bool:
    """Fill result; False when it was complete before history's end."""
    in_head = everyone + 1  # one bit more: reachable from head
    all_bits = in_head | everyone
    missing, parents_of, landed, line = result.missing, result.parents, result._landed, result._line
    on_line: bytes | None = result.head
    waiting = dict(result.deployed)  # commits known of and not printed yet: who holds them
    waiting[result.head] = waiting.get(result.head, 0) | in_head
    unsettled = sum(in_head <= bits < all_bits for bits in waiting.values())
    landing: dict[bytes, int] = {}
    for text in lines:
        time, commit, *parents = text.split()
        bits = waiting.pop(commit)
        at = -1
        if in_head <= bits < all_bits:
            unsettled -= 1
            missing[commit] = everyone & ~bits
            parents_of[commit] = parents
            if commit == on_line:
                at = len(line)
                line.append((commit.decode(), int(time)))
                on_line = parents[0] if parents else None
            else:
                at = landing.pop(commit)
            landed[commit] = at
        elif bits < in_head:
            result.diverged |= result.deployed.get(commit, 0)
        for parent in parents:
            known = waiting.get(parent, 0)
            merged = waiting[parent] = known | bits
            unsettled += (in_head <= merged < all_bits) - (in_head <= known < all_bits)
            if at > landing.get(parent, -1):  # the deepest commit of the line that reaches it
                landing[parent] = at
        if not unsettled:
            break
    else:
        return True
    for commit, held in result.deployed.items():
        if waiting.get(commit, in_head) < in_head:
            result.diverged |= held
    return False
