"""Link `schema`: the database has what the code asks of it (incidents G1, G2, G7)."""

from __future__ import annotations

from signoff.checks import schema_codes as codes
from signoff.model.database_use import NoDatabase
from signoff.model.facts import Unknown
from signoff.model.finding import Advice, Finding
from signoff.model.judgement import Judgement, skipped, unknown
from signoff.model.quoted import Quoted
from signoff.model.schema_facts import SchemaFacts
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.model.unanswered import unanswered

CODES = codes.CODES


def declared_none(workload: Workload) -> Text | None:
    """Why there is no database to look at, where a person says so."""
    if isinstance(workload.database, NoDatabase):
        return text("signoff.toml says that {} has no database: {}", workload.name, Quoted(workload.database.why))
    return None


def judge(workload: Workload, facts: SchemaFacts) -> Judgement:
    """Only what the shipped code needs can fail; every other difference is told."""
    if facts.database is None:
        return _undeclared(workload, facts)
    if facts.live is None or isinstance(facts.live, Unknown):
        return unknown(text("the database was not asked") if facts.live is None else unanswered(facts.live))
    from signoff.checks.schema_declared import declared  # most workloads declare no database

    return declared(facts, facts.database, facts.live)


def _undeclared(workload: Workload, facts: SchemaFacts) -> Judgement:
    if not facts.signs:
        return skipped(
            text(
                "{} shows no database: no migrations, no ON CONFLICT, no driver, no Cloud SQL connection, no variable"
                " that names one",
                workload.name,
            )
        )
    line = f'add schema = {{ database = "main" }} to [workloads.{workload.name}], with dsn_env in [databases.main]; or'
    fix = Advice(text('{} schema = { none = "why" }', line))
    seen = tuple(Finding(codes.UNDECLARED, one.says, (), fix, "warning", one.location) for one in facts.signs)
    return unknown(text("{} uses a database, and signoff.toml names none", workload.name), *seen)
