"""Tables, read: which rows there are, in PostgreSQL, SQLite and BigQuery. SQLAlchemy is loaded on first use."""
