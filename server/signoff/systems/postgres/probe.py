"""Production's own planner is asked which unique index an ON CONFLICT target means: nothing is written, nothing locked.

`EXPLAIN INSERT INTO t DEFAULT VALUES ON CONFLICT (…) DO NOTHING` names it. The index is looked for before rights are
looked at, so "permission denied for table" is a match too. All targets go to the server in one block, each in a
subtransaction of its own: on a far server a round trip for each would take minutes.
https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from signoff.boundary import Incomplete
from signoff.model.database import Asked, Probe, ProbeState

if TYPE_CHECKING:
    import asyncpg

_BLOCK = """
DO $signoff$
DECLARE
    ask json; answers text[] := '{}'; plan json; step text;
BEGIN
    FOR ask IN SELECT json_array_elements(current_setting('signoff.ask')::json) LOOP
        step := 'find';
        BEGIN
            IF to_regclass(ask->>'table') IS NULL THEN
                answers := answers || json_build_object('step', CASE WHEN EXISTS (
                    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE NOT has_schema_privilege(n.oid, 'USAGE') AND n.nspname !~ '^pg_'
                      AND c.relname = (parse_ident(ask->>'table'))[array_upper(parse_ident(ask->>'table'), 1)]
                ) THEN 'hidden' ELSE 'missing' END)::text;
            ELSE
                step := 'plan';
                EXECUTE ask->>'statement' INTO plan;
                answers := answers || json_build_object('step', 'planned', 'plan', plan)::text;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            answers := answers || json_build_object('step', step, 'state', SQLSTATE, 'said', SQLERRM)::text;
        END;
    END LOOP;
    PERFORM set_config('signoff.answers', '[' || array_to_string(answers, ',') || ']', true);
END
$signoff$
"""
_STATES: Mapping[str, ProbeState] = {
    "42501": "match",  # for the table: its indexes were looked at before
    "42P10": "no-index",
    "42P01": "no-table",
    "42703": "no-column",
    "42704": "no-constraint",
    "55P03": "locked",
}


def unfit(asked: Asked) -> bool:
    """Whether its text could hold a second statement, so that it is not sent."""
    return any(sign in part for part in (asked.table, *asked.columns, asked.where or "", asked.constraint or "")
               for sign in ";\0")  # fmt: skip


def statement(asked: Asked) -> str:
    """Explained and never run. Names and expressions are SQL as the code writes them (see `unfit`)."""
    if asked.constraint is not None:
        target = f"ON CONSTRAINT {asked.constraint}"
    else:
        target = f"({', '.join(asked.columns)})" + (f" WHERE {asked.where}" if asked.where else "")
    insert = f"INSERT INTO {asked.table} DEFAULT VALUES ON CONFLICT {target} DO NOTHING"  # noqa: S608 (see unfit)
    return f"EXPLAIN (FORMAT JSON, COSTS OFF) {insert}"


async def answers(connection: asyncpg.Connection[Any], asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """One raw answer for each, in a transaction that has begun."""
    asking = [{"table": one.table, "statement": statement(one)} for one in asked if not unfit(one)]
    await connection.fetchval("SELECT set_config('signoff.ask', $1, true)", json.dumps(asking))
    await connection.execute(_BLOCK)
    said = iter(json.loads(await connection.fetchval("SELECT current_setting('signoff.answers')")))
    return [{"step": "unfit"} if unfit(one) else next(said) for one in asked]


def read(raw: Sequence[Mapping[str, Any]], asked: Sequence[Asked]) -> dict[Asked, Probe]:
    """Raises Incomplete where not every target was answered."""
    if len(raw) != len(asked):
        raise Incomplete("not every ON CONFLICT target was answered")
    return {one: _probe(answer) for one, answer in zip(asked, raw, strict=True)}


def _probe(answer: Mapping[str, Any]) -> Probe:
    step = answer["step"]
    if step == "planned":
        used = tuple(answer["plan"][0]["Plan"].get("Conflict Arbiter Indexes", ()))
        return Probe("match", indexes=used) if used else Probe("unclear", "the plan names no index")
    if step in {"hidden", "missing"}:
        return Probe("hidden" if step == "hidden" else "no-table")
    if step == "unfit":
        return Probe("unclear", "it holds a semicolon, so it was not sent")
    state, said = answer["state"], f"{answer['said']} (SQLSTATE {answer['state']})"
    if state == "42501" and step == "find":
        return Probe("hidden", said)
    return Probe(_STATES.get(state, "unclear"), said)
