"""Migrations read without running them: Alembic, Django, and numbered SQL files."""

from signoff.reading.migrations.order import migration_order

__all__ = ["migration_order"]
