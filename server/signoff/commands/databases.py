"""Whether a repository shows a database at all."""

from __future__ import annotations

from signoff.commands.context import Context
from signoff.commands.run import head
from signoff.model.facts import Unknown
from signoff.reading.database_signs import of_path


async def shows_database(context: Context) -> bool:
    """By the files of the commit that is checked out: names alone, and those that hold ON CONFLICT.

    True where git does not answer. Raises SignoffError where there is no commit.
    """
    commit = await head(context)
    history = context.systems.git.history()
    tree = await history.tree(commit)
    if isinstance(tree, Unknown):
        return True
    if any(of_path(entry.path.decode("utf-8", "replace")) for entry in tree.value):
        return True
    argv = ("grep", "--no-textconv", "-l", "-z", "-i", "-E", "-e", r"on[ _]?conflict", commit)
    found = await history.ask.run("grep", *argv, read=bool, ok=(0, 1))
    return isinstance(found, Unknown) or found.value
