"""Programs that a repository's own configuration names for its files: `git status` would run them.

A clean filter (https://git-scm.com/docs/gitattributes#_filter) runs whenever git has to read a file. What the person
has configured for all repositories may run; what comes with this one may not, except git-lfs as it installs itself.
"""

from __future__ import annotations

from signoff.boundary import Malformed

ARGV = ("config", "--show-scope", "--includes", "-z", "--get-regexp", r"^filter\..*\.(clean|smudge|process)$")
_TRUSTED = ("git-lfs clean -- %f", "git-lfs smudge -- %f", "git-lfs filter-process")


def disarmed(raw: bytes) -> tuple[str, ...]:
    """The options that switch the repository's own filters off, from the output of ARGV."""
    tokens = raw.decode("utf-8", "surrogateescape").split("\0")
    if len(tokens) % 2 == 0:
        raise Malformed("a setting without a scope")
    names = dict.fromkeys(
        key.removeprefix("filter.").rpartition(".")[0]
        for scope, setting in zip(tokens[0:-1:2], tokens[1:-1:2], strict=True)
        for key, _, value in [setting.partition("\n")]
        if scope in {"local", "worktree"} and value not in _TRUSTED
    )
    return tuple(
        part
        for name in names
        for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
        for part in ("-c", f"filter.{name}.{key}={value}")
    )
