"""Which files gcloud leaves out of an upload: `.gcloudignore` says it, without one `.gitignore`.

https://cloud.google.com/sdk/gcloud/reference/topic/gcloudignore
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAMES = (".gcloudignore", ".gitignore")
_INCLUDED = "#!include:.gitignore"


def ignored(gcloudignore: bytes | None, gitignore: bytes | None) -> GitIgnoreSpec:
    """What is left out, from the contents of the two files (None: there is none).

    Without a `.gcloudignore` both files are left out too, as in the one that gcloud makes by itself.
    """
    from pathspec import GitIgnoreSpec

    if gcloudignore is None:
        return GitIgnoreSpec.from_lines([".git", *NAMES, *_lines(gitignore)])
    lines: list[str] = [".git"]
    for line in _lines(gcloudignore):
        lines += _lines(gitignore) if line.strip() == _INCLUDED else [line]
    return GitIgnoreSpec.from_lines(lines)


def _lines(raw: bytes | None) -> list[str]:
    return (raw or b"").decode("utf-8", "surrogateescape").splitlines()
