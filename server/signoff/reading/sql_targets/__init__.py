"""The unique indexes that upserts in the code ask for: `ON CONFLICT` targets, one file a kind of source."""

from signoff.reading.sql_targets.targets import conflict_targets, conflict_targets_of

__all__ = ["conflict_targets", "conflict_targets_of"]
