"""The facts of `schema`: what the code asks of its database, what it is expected to hold, and what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from signoff.gather.code import statements_of, that_uses
from signoff.gather.database_signs import definitions, signs
from signoff.gather.expected_schema import expected
from signoff.gather.live_schema import live
from signoff.model.database_use import Database
from signoff.model.facts import Known, Unknown
from signoff.model.schema_facts import SchemaFacts, asked_of
from signoff.model.sql_use import ConflictTarget, Needs, Upsert
from signoff.model.subject import Workload
from signoff.reading.mentions import Mentions
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.model.database import Asked, Probe, Snapshot
    from signoff.model.replay import Replay


async def schema(survey: Survey, workload: Workload) -> SchemaFacts | Unknown:
    """Unknown where git does not answer; what a database does not answer is in the facts."""
    known = await survey.get(statements_of, workload)
    if isinstance(known, Unknown):
        return known
    asked_for = await survey.get(upserts, workload)
    if isinstance(asked_for, Unknown):
        return asked_for
    database = workload.database
    if not isinstance(database, Database):
        found = await signs(survey, workload, asked_for)
        return found if isinstance(found, Unknown) else SchemaFacts(None, found, asked_for)
    from signoff.gather.migration_state import migration_state

    there, answers, wanted, migrations = await asyncio.gather(
        survey.get(live, database),
        survey.get(probes, database),
        survey.get(expected, database),
        survey.get(migration_state, workload, database),
    )
    defined = await definitions(survey, workload)
    if isinstance(defined, Unknown):
        return defined
    uses, named = Mentions(that_uses(known.value)), await survey.get(needs, workload)
    if isinstance(named, Unknown):
        return named
    return SchemaFacts(database, defined, asked_for, there, answers, *_parts(wanted), migrations, uses, named)


def _parts(
    wanted: Known[Snapshot] | Known[Replay] | Unknown | None,
) -> tuple[Known[Snapshot] | Unknown | None, Replay | None]:
    """What is expected, and how it was made where it was."""
    if not isinstance(wanted, Known):
        return wanted, None
    from signoff.model.replay import Replay

    if isinstance(wanted.value, Replay):
        return Known(wanted.value.snapshot, wanted.ref), wanted.value
    return Known(wanted.value, wanted.ref), None


async def upserts(survey: Survey, workload: Workload) -> tuple[Upsert, ...] | Unknown:
    """Every ON CONFLICT of the workload's code; read in a thread, since parsing takes its time."""
    from signoff.reading.sql_targets import conflict_targets_of

    known = await survey.get(statements_of, workload)
    if isinstance(known, Unknown):
        return known
    return await asyncio.to_thread(conflict_targets_of, known.value)


async def needs(survey: Survey, workload: Workload) -> Needs | Unknown:
    """Every table and column that the workload's code names."""
    from signoff.reading.sql_needs import needs_of

    known = await survey.get(statements_of, workload)
    return known if isinstance(known, Unknown) else await asyncio.to_thread(needs_of, known.value)


async def probes(survey: Survey, database: Database) -> Known[Mapping[Asked, Probe]] | Unknown | None:
    """What the planner says of every ON CONFLICT target of the workloads that use this database, asked at once."""
    asked: dict[Asked, None] = {}
    for workload in survey.subject.workloads:
        if workload.database == database:
            found = await survey.get(upserts, workload)
            if isinstance(found, Unknown):
                return found
            asked.update({asked_of(one): None for one in found if isinstance(one, ConflictTarget)})
    if not asked:
        return None
    return await survey.systems.postgres.probe(database, tuple(asked))
