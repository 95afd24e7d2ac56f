"""How git is asked: each question through the boundary, git's errors told apart as reasons why something is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from signoff.boundary import Boundary, Incomplete, Question
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted
from signoff.systems.git.errors import GitError, Kind
from signoff.systems.git.process import Git

T = TypeVar("T")

_WHY: Mapping[Kind, Why] = {
    "git-missing": "incomplete",
    "not-a-repository": "incomplete",
    "dubious-ownership": "denied",
    "unknown-object": "incomplete",
    "auth": "denied",
    "unreachable": "unreachable",
    "timeout": "timeout",
    "failed": "malformed",
}

_SAYS: Mapping[Kind, str] = {
    "git-missing": "the program git is not on the PATH",
    "not-a-repository": "this is not a git repository",
}

_END = b"\0signoff:end"
"""Added once git has ended well: what was cut short on its way is then never taken for the whole."""


class Unanswered(Exception):
    """A GitError in the words that a person needs: git's own, which are outside data."""

    def __init__(self, error: GitError) -> None:
        self.error = error
        said = [line for line in error.stderr.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
        super().__init__(_SAYS.get(error.kind) or " ".join(said[:3]) or str(error))


def why(error: Exception) -> Why | None:
    """The reason that a git error gives for not knowing; None for what is no error of git's."""
    if isinstance(error, Unanswered):
        return _WHY[error.error.kind]
    return "denied" if isinstance(error, OSError) else None


class Asker:
    """Questions about one repository. `look`: the argv prefix with which a person asks the same repository."""

    def __init__(self, boundary: Boundary, git: Git, resource: str, look: tuple[str, ...] = ("git",)) -> None:
        self.boundary = boundary
        self.git = git
        self.resource = resource
        self.look = look

    async def run(
        self,
        operation: str,
        *argv: str,
        read: Callable[[bytes], T],
        look: tuple[str, ...] | None = None,
        stdin: bytes | None = None,
        ok: tuple[int, ...] = (0,),
        network: bool = False,
        seconds: float | None = None,
    ) -> Known[T] | Unknown:
        """`git ARGV`, its whole output handed to `read`. `look`: what a person types after git (left out: argv)."""
        limit = self.boundary.policy.seconds if seconds is None else seconds

        async def fetch() -> bytes:
            return await self.git.run(*argv, stdin=stdin, ok=ok, timeout=limit + 1, network=network)

        return await self.ask(operation, look or argv, fetch, read, seconds=seconds)

    async def ask(
        self,
        operation: str,
        look: tuple[str, ...],
        fetch: Callable[[], Awaitable[bytes]],
        read: Callable[[bytes], T],
        *,
        resource: str | Quoted | None = None,
        seconds: float | None = None,
    ) -> Known[T] | Unknown:
        """Bytes from anywhere in git, read as a whole or not at all."""

        async def whole() -> bytes:
            try:
                return await fetch() + _END
            except GitError as error:
                raise Unanswered(error) from error

        def checked(raw: bytes) -> T:
            if not raw.endswith(_END):
                raise Incomplete("git's answer was cut short")
            return read(raw[: -len(_END)])

        question = Question("git", operation, resource or self.resource, (*self.look, *look))
        return await self.boundary.ask(question, whole, checked, why, seconds=seconds)
