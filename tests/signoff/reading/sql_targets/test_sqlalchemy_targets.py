"""`on_conflict_do_update` of SQLAlchemy, examined by SQLAlchemy itself: it compiles each statement for PostgreSQL."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
from sqlalchemy.dialects import postgresql

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place
from signoff.reading.sql_targets import conflict_targets, conflict_targets_of, sqlalchemy_targets

MODELS = """
import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, and_, func, or_, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Stamped:
    day: Mapped[int]


class Report(Stamped, Base):
    __tablename__ = "reports"
    __table_args__ = (sa.UniqueConstraint("reportKey", "day"), {"schema": "App"})
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column("reportKey", String)
    order: Mapped[int]
    active: Mapped[bool]
    gone: Mapped[str | None]


class Tag(Base):
    __tablename__ = "user"
    a = Column(Integer, primary_key=True)
    b = Column("c", Integer, primary_key=True)


apart = MetaData(schema="n")
notes = Table("notes", apart, Column("id", Integer, primary_key=True), Column("Kind", String, key="kind"))
KEYS = ["reportKey", "day"]
"""

STATEMENTS = [
    "insert(Report).values(id=1).on_conflict_do_update(index_elements=['reportKey', 'day'], set_={'id': 1})",
    "pg_insert(Report).on_conflict_do_update(index_elements=[Report.key, Report.day], set_=dict(id=1))",
    "postgresql.insert(Report).on_conflict_do_nothing(index_elements=KEYS)",
    "insert(Report.__table__).on_conflict_do_nothing(index_elements=(Report.__table__.c.order,))",
    "insert(Report).on_conflict_do_update(constraint='uq_Report_key', set_=dict(id=1))",
    "insert(Report).on_conflict_do_update('uq_report', set_=dict(id=1))",
    "insert(Tag).on_conflict_do_nothing(constraint=Tag.__table__.primary_key)",
    "insert(Tag).on_conflict_do_nothing(index_elements=[Tag.b])",
    "insert(notes).on_conflict_do_nothing(index_elements=[notes.c.id, notes.c.kind, notes.c['kind']])",
    "insert(Report).on_conflict_do_nothing(index_elements=[func.lower(Report.key)])",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=text('gone IS NULL'))",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.gone.is_(None))",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.gone.is_not(None))",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.gone == None)",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.active.is_(True))",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.active)",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.key == \"it's\")",
    "insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=Report.day > 3)",
]


def compiled(source: str) -> tuple[str, str]:
    """What PostgreSQL would be sent: the table, and what stands between ON CONFLICT and DO."""
    space: dict[str, object] = {"__name__": "models"}
    exec(compile(f"{MODELS}\nSTATEMENT = {source}", "models", "exec", dont_inherit=True), space)
    sql = str(space["STATEMENT"].compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[attr-defined]
    found = re.search(r"INSERT INTO (\S+) .*ON CONFLICT (.*) DO ", sql, re.DOTALL)
    assert found is not None, sql
    return found[1], found[2]


def shown(target: ConflictTarget) -> tuple[str, str]:
    if target.constraint:
        return target.table, f"ON CONSTRAINT {target.constraint}"
    where = f" WHERE {target.where}" if target.where else ""
    return target.table, f"({', '.join(target.columns)}){where}"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_target_is_the_one_that_sqlalchemy_compiles(statement: str) -> None:
    files = {
        "app/models.py": MODELS.encode(),
        "app/load.py": f"from app.models import *\nfrom app.models import {NAMES}\nq({statement})".encode(),
    }
    for found in (conflict_targets("m.py", f"{MODELS}\nq({statement})".encode()), conflict_targets_of(files)):
        [target] = found
        assert isinstance(target, ConflictTarget), target
        assert shown(target) == compiled(statement)


NAMES = "Report, Tag, notes, KEYS, insert, pg_insert, postgresql, func, text"


def read(source: str, **others: str) -> list[object]:
    files = {"app/q.py": dedent(source), **{f"app/{name}.py": dedent(text) for name, text in others.items()}}
    found = conflict_targets_of({path: text.encode() for path, text in files.items()})
    return [shown(one) if isinstance(one, ConflictTarget) else one.why for one in found]


def test_a_statement_built_step_by_step_has_the_table_of_its_beginning() -> None:
    source = """
    from sqlalchemy.dialects.postgresql import insert
    from .models import User
    def save(rows):
        stmt = insert(User).values(rows)
        stmt = stmt.on_conflict_do_update(
            index_elements=[User.email],
            set_={"name": stmt.excluded.name},
        )
        return stmt.returning(User.id)
    """
    models = """
    from .base import Base
    class User(Base):
        email = mapped_column(String)
        id = mapped_column(Integer)
    """
    base = """
    from sqlalchemy.orm import DeclarativeBase, declared_attr
    class Base(DeclarativeBase):
        metadata = MetaData(schema="app")
        @declared_attr.directive
        def __tablename__(cls) -> str:
            return f"{cls.__name__.lower()}s"
    """
    assert read(source, models=models, base=base) == [("app.users", "(email)")]


@pytest.mark.parametrize(
    ("base", "body", "table"),
    [
        ("db.Model", "id = db.Column(db.Integer)", "user_name"),
        ("SQLModel, table=True", "id: int = Field(primary_key=True)", "username"),
        ("Base", "__table__ = Table('t', meta, Column('id', Integer))", "t"),
    ],
)
def test_a_table_that_is_named_by_a_convention_is_known(base: str, body: str, table: str) -> None:
    source = (
        f"class UserName({base}):\n    {body}\nq(insert(UserName).on_conflict_do_nothing(index_elements=[UserName.id]))"
    )
    assert read(source) == [(table, "(id)")]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("insert(model).on_conflict_do_nothing(index_elements=['id'])", sqlalchemy_targets.TABLE),
        ("insert(Report).on_conflict_do_nothing(index_elements=keys)", sqlalchemy_targets.ELEMENTS),
        ("insert(Report).on_conflict_do_nothing(index_elements=[k.name for k in ks])", sqlalchemy_targets.ELEMENTS),
        ("insert(Report).on_conflict_do_nothing(index_elements=['id', k])", sqlalchemy_targets.ELEMENTS),
        ("insert(Report).on_conflict_do_nothing(**options)", sqlalchemy_targets.ELEMENTS),
        ("insert(Report).on_conflict_do_update(set_={})", sqlalchemy_targets.ELEMENTS),
        ("insert(Report).on_conflict_do_nothing(constraint=name)", sqlalchemy_targets.CONSTRAINT),
        ("insert(Report).on_conflict_do_nothing(index_elements=['id'], index_where=make())", sqlalchemy_targets.WHERE),
    ],
)
def test_what_is_put_together_at_run_time_is_not_checkable(statement: str, why: str) -> None:
    source = f"{MODELS}\ndef f(model, keys, k, name, options):\n    return {statement}\n"
    [found] = conflict_targets("q.py", source.encode())
    assert isinstance(found, NotCheckable)
    assert found.why.startswith(why.format("on_conflict_do_nothing")[:20])
    assert found.place == Place("q.py", source.count("\n"))


@pytest.mark.parametrize(
    "statement",
    [
        "insert(Report).on_conflict_do_nothing()",
        "insert(Report).on_conflict_do_nothing(index_elements=None)",
        "mysql_insert(Report).on_duplicate_key_update(id=1)",
        "sqlite_insert(Report).on_conflict_do_nothing(index_elements=['id'])",
        "session.merge(Report(id=1))",
    ],
)
def test_what_needs_no_index_in_postgresql_is_quiet(statement: str) -> None:
    source = f"{MODELS}\nfrom sqlalchemy.dialects.sqlite import insert as sqlite_insert\nq({statement})"
    assert conflict_targets("q.py", source.encode()) == ()
