"""The tables and columns that the code uses: statements in its texts, and the models of ORMs."""

from signoff.reading.sql_needs.needs import needs_of

__all__ = ["needs_of"]
