"""The text of the subject's code, as it is committed."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.gather.inputs import inputs_of
from signoff.gather.parts import files
from signoff.model.database_use import Database, Dump, Migrations, Replayed
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.reading.database_signs import defines
from signoff.reading.source.shipped import is_migration, is_shipped
from signoff.survey import Survey
from signoff.systems.git.tree import GITLINK

LARGEST = 1024 * 1024
"""Bytes; nobody writes longer files of code by hand."""
SUFFIXES = (
    ".py", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".sql", ".psql", ".pgsql",
    ".prisma", ".graphql", ".rb", ".go", ".java", ".kt", ".kts", ".scala", ".php", ".cs", ".fs", ".rs", ".ex", ".exs",
    ".clj", ".swift", ".dart", ".lua", ".pl", ".r", ".sh", ".j2", ".jinja", ".tmpl",
)  # fmt: skip


async def code(survey: Survey) -> Known[Mapping[str, bytes]] | Unknown:
    """Every file of code of the subject's commit, by path. Unknown where the commit has no file at all."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    if not known.value:
        return Unknown("incomplete", known.ref, Quoted("the commit has no files"))
    wanted = {
        entry.path.decode("utf-8", "surrogateescape"): entry.object_id
        for entry in known.value
        if entry.mode != GITLINK and entry.path.decode("utf-8", "surrogateescape").lower().endswith(SUFFIXES)
    }
    texts = await survey.systems.git.history().small_blobs(list(wanted.values()), LARGEST)
    if isinstance(texts, Unknown):
        return texts
    read = {path: texts.value[oid] for path, oid in wanted.items() if oid in texts.value}
    return Known(read, texts.ref)


async def code_of(survey: Survey, workload: Workload) -> Known[Mapping[str, bytes]] | Unknown:
    """That of a workload's inputs."""
    known = await survey.get(code)
    if isinstance(known, Unknown):
        return known
    inputs = inputs_of(survey.subject, workload)
    mine = {path: data for path, data in known.value.items() if inputs.matches(path.encode("utf-8", "surrogateescape"))}
    return Known(mine, known.ref)


async def statements_of(survey: Survey, workload: Workload) -> Known[Mapping[str, bytes]] | Unknown:
    """That of a workload's inputs, without the scripts that `expected` says its database is made from, whatever their
    folder is called: a migration ran once, against the schema of its day.
    """
    known, database = await survey.get(code_of, workload), workload.database
    made = database.expected.how if isinstance(database, Database) and isinstance(database.expected, Replayed) else None
    if isinstance(known, Unknown) or not isinstance(made, Migrations | Dump):
        return known
    return Known({path: data for path, data in known.value.items() if not made.holds(path)}, known.ref)


def that_uses(code: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Without what only says what a database is to be: migrations and dumps, and without tests and documentation."""
    return {
        path: data for path, data in code.items() if is_shipped(path) and not is_migration(path) and not defines(path)
    }
