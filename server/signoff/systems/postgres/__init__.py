"""PostgreSQL, read: asyncpg is loaded when a database is first asked."""
