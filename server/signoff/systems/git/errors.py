"""What can go wrong between signoff and git, as one exception with a kind."""

import re
from collections.abc import Sequence
from typing import Literal

Kind = Literal[
    "git-missing",
    "not-a-repository",
    "dubious-ownership",
    "unknown-object",
    "auth",
    "unreachable",
    "timeout",
    "failed",
]

# Git has no machine-readable errors; its messages are stable under LC_ALL=C. Order decides: an SSH login that was
# refused also says "Could not read from remote repository".
_SIGNS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    ("dubious-ownership", re.compile(rb"detected dubious ownership")),
    ("not-a-repository", re.compile(rb"not a git repository|cannot change to '")),
    (
        "auth",
        re.compile(
            rb"Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied \("
            rb"|Host key verification failed|returned error: 40[13]|HTTP 40[13]|invalid credentials"
        ),
    ),
    (
        "unreachable",
        re.compile(
            rb"unable to access|Could not resolve host|Could not read from remote|Connection (refused|timed out|reset)"
            rb"|unable to connect|does not appear to be a git repository|[Rr]epository .* (not found|does not exist)"
            rb"|early EOF|hung up unexpectedly|transport '.*' not allowed"
        ),
    ),
    (
        "unknown-object",
        re.compile(
            rb"bad (object|revision|tree|commit)|unable to read (tree|object|sha1)|missing (blob|tree|commit|object)"
            rb"|[Cc]ould not (read|parse|get|fetch) [0-9a-f]{40}|not a valid (object|commit|tree)|unknown revision"
            rb"|invalid object name|Not a valid object|could not get object info|failed to (traverse|read)"
            rb"|revision walk setup failed"
        ),
    ),
)
_LAZY_FETCH = re.compile(rb"promisor remote|lazy fetching disabled")


class GitError(Exception):
    """A git command that did not answer.

    ``kind`` tells apart what the caller can say about it; ``code`` is the exit code (None: never started, or timed
    out); ``stderr`` is git's own words, at most 64 KiB, unredacted: data from outside, never to be printed as it is.
    """

    def __init__(self, argv: Sequence[str], code: int | None, stderr: bytes, kind: Kind | None = None) -> None:
        self.argv = tuple(argv)
        self.code = code
        self.stderr = stderr
        self.kind: Kind = kind or kind_of(code, stderr)
        super().__init__(f"git {self.argv[0] if self.argv else ''}: {self.kind} (exit {code})")


def kind_of(code: int | None, stderr: bytes) -> Kind:
    """The kind of trouble that git's exit code and stderr describe."""
    if code == 127:  # `env` or a shell did not find the program
        return "git-missing"
    if _LAZY_FETCH.search(stderr):  # a partial clone wanted an object that it does not have
        return "unknown-object"
    return next((kind for kind, sign in _SIGNS if sign.search(stderr)), "failed")
