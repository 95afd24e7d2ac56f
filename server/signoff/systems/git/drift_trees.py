"""Do the trees of what is deployed and of head differ on a workload's inputs, and in which files?

Object ids first: most workloads are answered by two equal tree ids. Only differing subtrees are compared, each pair
once for all workloads.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from signoff.systems.git.child import Child
from signoff.systems.git.drift_objects import Objects, above, commit_of, in_one_line, tree_at
from signoff.systems.git.drift_router import Router, bits_of
from signoff.systems.git.drift_types import Question
from signoff.systems.git.errors import GitError
from signoff.systems.git.inputs import ROOT
from signoff.systems.git.process import Children, is_object_id
from signoff.systems.git.stream import ABSENT, TREE, Entry, tree_pairs

# The empty tree is known to git without being stored; its id follows from the repository's hash.
_EMPTY = {
    40: b"4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: b"6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_NOT_HERE = "trees to compare are not in this clone (partial clone or damaged repository)"


@dataclass(frozen=True, slots=True)
class Compared:
    """The commits that the deployed id and head name, and the input files in which their trees differ."""

    commit: bytes
    head: bytes
    files: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Incomparable:
    """Why a comparison was not possible."""

    why: str


Answer = Compared | Incomparable
_Asked = Sequence[tuple[int, Question]]  # with the bit that the question has in the router's masks


def compare(children: Children, head: str, questions: Sequence[Question], router: Router) -> list[Answer]:
    """One answer per question, in order; router's bit i is question i.

    An object that is not there spoils only the questions that need it. Other troubles raise GitError.
    """
    answers = _compare(children, head, list(enumerate(questions)), router)
    return [answers[index] for index in range(len(questions))]


def _compare(children: Children, head: str, asked: _Asked, router: Router) -> dict[int, Answer]:
    try:
        return _Comparison(children, head, router).answers(asked)
    except GitError as error:
        if error.kind != "unknown-object":
            raise
    if len(asked) == 1:
        return {asked[0][0]: Incomparable(_NOT_HERE)}
    half = len(asked) // 2  # git does not say whose object it missed: halve until that is clear
    return _compare(children, head, asked[:half], router) | _compare(children, head, asked[half:], router)


class _Pairs:
    """Pairs of tree ids to compare; for each the places (folders) where it stands, and for whom."""

    def __init__(self) -> None:
        self._places: dict[bytes, dict[bytes, int]] = {}

    def add(self, old: bytes, new: bytes, place: bytes, bits: int) -> None:
        if old != new:
            places = self._places.setdefault(b"%s %s" % (old, new), {})
            places[place] = places.get(place, 0) | bits

    def differences(self, children: Children, *options: str) -> Iterator[tuple[bytes, int, Entry]]:
        """(path from the repository's root, for whom, difference), from one process."""
        if not self._places:
            return
        unanswered = set(self._places)  # two different trees have a difference
        with _diff_trees(children, self._places, *options) as child:
            for pair, entry in tree_pairs(child.out, unanswered):
                for place, bits in self._places[pair].items():
                    yield (place + b"/" + entry.path if place else entry.path), bits, entry
        if unanswered:
            raise GitError(child.argv, 0, b"unreadable trees: " + b", ".join(unanswered), "unknown-object")


class _Comparison:
    def __init__(self, children: Children, head: str, router: Router) -> None:
        self._children = children
        self._head = head
        self._router = router
        self._objects = Objects(children)
        self._files: dict[int, set[bytes]] = {}

    def answers(self, asked: _Asked) -> dict[int, Answer]:
        self._objects.look_up(self._names(asked))
        roots = {index: self._root(question) for index, question in asked}
        self._differ([(index, question) for index, question in asked if isinstance(roots[index], bytes)])
        head = self._objects.id_of(commit_of(self._head)) or b""
        return {
            index: root if isinstance(root, Incomparable) else Compared(root, head, self._changed(index))
            for index, root in roots.items()
        }

    def _changed(self, index: int) -> frozenset[bytes]:
        return frozenset(self._files.get(index, ()))

    def _names(self, asked: _Asked) -> Iterator[bytes]:
        yield commit_of(self._head)
        yield tree_at(self._head, ROOT)
        for _, question in asked:
            if is_object_id(question.deployed):
                for commit in (question.deployed, self._head):
                    yield commit_of(commit)
                    yield tree_at(commit, ROOT)
                    for prefix in _prefixes(question):
                        yield tree_at(commit, prefix)

    def _root(self, question: Question) -> bytes | Incomparable:
        """The deployed commit's id, if its tree and head's are there."""
        if not is_object_id(question.deployed):
            return Incomparable("what is deployed is not named by a full commit id")
        if self._objects.id_of(commit_of(self._head)) is None:
            return Incomparable("head commit not in the repository")
        deployed = self._objects.id_of(commit_of(question.deployed))
        if deployed is None:
            return Incomparable("deployed commit not in the repository")
        if any(self._objects.tree(commit, ROOT) is None for commit in (self._head, question.deployed)):
            return Incomparable(_NOT_HERE)
        return deployed

    def _differ(self, asked: _Asked) -> None:
        whole, level = _Pairs(), _Pairs()
        sought: dict[bytes, int] = {}
        for index, old_commit, path in self._pair(asked, whole):
            # No tree on both sides: a file, nothing, a submodule (whose commit is no object here), or an object that
            # is missing. Ids can not tell these apart, and say nothing of a file's mode; its entry in a folder does.
            for folder in above(path):
                old, new = self._objects.tree(old_commit, folder), self._objects.tree(self._head, folder)
                if old is not None and new is not None:
                    level.add(old, new, folder, 1 << index)
                    end = path.find(b"/", len(folder) + 1)
                    entry_path = path if end < 0 else path[:end]
                    sought[entry_path] = sought.get(entry_path, 0) | 1 << index
                    break
        for path, bits, entry in level.differences(self._children):
            bits &= sought.get(path, 0)
            if not bits:
                continue
            sides = ((entry.old_mode, entry.old_id), (entry.new_mode, entry.new_id))
            if any(mode not in (TREE, ABSENT) for mode, _ in sides):
                self._found(path, bits)
            old, new = (oid if mode == TREE else _EMPTY[len(oid)] for mode, oid in sides)
            whole.add(old, new, path, bits)
        for path, bits, _ in whole.differences(self._children, "-r"):
            self._found(path, bits)

    def _pair(self, asked: _Asked, whole: _Pairs) -> list[tuple[int, str, bytes]]:
        """Hand over what is a tree on both sides; return the rest, with the folders above looked up."""
        rest: list[tuple[int, str, bytes]] = []
        for index, question in asked:
            for prefix in _prefixes(question):
                old, new = self._objects.tree(question.deployed, prefix), self._objects.tree(self._head, prefix)
                if old is None or new is None:
                    rest.append((index, question.deployed, prefix))
                else:
                    whole.add(old, new, prefix, 1 << index)
        self._objects.look_up(
            tree_at(commit, folder) for _, old, path in rest for folder in above(path) for commit in (old, self._head)
        )
        return rest

    def _found(self, path: bytes, bits: int) -> None:
        for index in bits_of(bits & self._router.mask(path)):
            self._files.setdefault(index, set()).add(path)


def _prefixes(question: Question) -> set[bytes]:
    return {in_one_line(prefix) for prefix in question.inputs.prefixes()} or {ROOT}


def _diff_trees(children: Children, pairs: Iterable[bytes], *options: str) -> Child:
    return children.start(
        "diff-tree",
        "--stdin",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--ignore-submodules=none",
        *options,
        stdin=b"\n".join([*pairs, b""]),
    )
