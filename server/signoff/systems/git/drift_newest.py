"""The newest commit that touches a workload's inputs, for many workloads in one pass over history."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing

from signoff.systems.git.drift_router import Router, bits_of
from signoff.systems.git.inputs import Inputs, are_few, common_paths
from signoff.systems.git.process import Children, Git, object_id
from signoff.systems.git.stream import Touched, commits, diff_commits

# After so many commits the workloads that change often are answered. What is left starts again from the top: if it is
# little, git skips all but its paths, which is much faster over a long history.
_PATIENCE = 4096


async def newest_touching(
    git: Git,
    head: str,
    inputs_by_key: Mapping[str, Inputs],
    timeout: float = 120.0,  # noqa: ASYNC109  children are killed on timeout, see Git.work
) -> dict[str, str | None]:
    """For each key the newest commit in head's history that touches its inputs.

    Newest: children before parents, else by commit time. A merge counts where its content is none of its parents'.
    None: no commit of this clone does; in a shallow clone one beyond the cut may. GitError as in Git.run.
    """
    object_id(head)
    inputs = list(inputs_by_key.values())
    found = await git.work(lambda children: _newest(children, head, inputs, git.is_shallow()), timeout)
    return {key: found.get(index) for index, key in enumerate(inputs_by_key)}


def _newest(children: Children, head: str, inputs: Sequence[Inputs], shallow: bool) -> dict[int, str]:
    # The oldest commits of a shallow clone look like roots that made every file; what they changed is not known.
    options = ["-c"] if shallow else ["-c", "--root"]
    router = Router(inputs)
    found: dict[int, str] = {}
    for patience in (_PATIENCE, None):
        paths = common_paths(one for index, one in enumerate(inputs) if index not in found)
        few = are_few(paths)
        with closing(_history(children, head, paths if few else (), options)) as history:
            if _search(history, router, found, len(inputs), None if few else patience):
                break
    return found


def _search(
    history: Iterable[Touched], router: Router, found: dict[int, str], wanted: int, patience: int | None
) -> bool:
    """Note the first commit for each workload; True when there is no more to find, False when patience ended."""
    if not wanted:
        return True
    for count, touched in enumerate(history, 1):
        bits = 0
        for path in touched.paths:
            bits |= router.mask(path)
        for index in bits_of(bits):
            found.setdefault(index, touched.commit.decode())
        if len(found) == wanted:
            return True
        if count == patience:
            return False
    return True


def _history(
    children: Children, head: str, paths: Sequence[bytes], options: Sequence[str]
) -> Generator[Touched, None, None]:
    """All commits that changed something at these paths, newest first; closing it early ends git."""
    with (
        children.start("rev-list", "--date-order", object_id(head)) as revisions,
        diff_commits(children, revisions.out, paths, *options) as diffs,
    ):
        yield from commits(diffs.out)
