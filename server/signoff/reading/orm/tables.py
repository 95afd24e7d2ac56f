"""What a model says of its table, in the database's own names."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.model.sql_use import Place


@dataclass(frozen=True, slots=True)
class ColumnModel:
    """`attribute`: its name in the code. `type` as the code writes it; None, like `nullable`, where it does not say."""

    attribute: str
    column: str
    place: Place
    type: str | None = None
    nullable: bool | None = None
    primary_key: bool = False


@dataclass(frozen=True, slots=True)
class TableModel:
    """`table` and `schema` unquoted, as the database has them."""

    place: Place
    table: str
    schema: str | None
    columns: tuple[ColumnModel, ...]

    def column(self, attribute: str) -> ColumnModel | None:
        return next((one for one in self.columns if one.attribute == attribute), None)

    def named(self, column: str) -> ColumnModel | None:
        return next((one for one in self.columns if one.column == column), None)
