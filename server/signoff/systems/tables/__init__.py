"""Tables, read: what rows a declared query has, in PostgreSQL, SQLite and BigQuery. SQLAlchemy is loaded on first use."""
