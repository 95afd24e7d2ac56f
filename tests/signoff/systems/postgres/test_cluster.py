"""The PostgreSQL that the tests use is a real one, with databases and roles of each test's own."""

from __future__ import annotations

import psycopg
import pytest

from support.postgres import Cluster


def test_a_database_is_copied_from_another(postgres: Cluster) -> None:
    template = postgres.database("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)")
    copied = postgres.database(template=template)
    copied.run("INSERT INTO a VALUES (2)")
    assert copied.rows("SELECT id FROM a ORDER BY id") == [(1,), (2,)]
    assert template.rows("SELECT id FROM a") == [(1,)]


def test_a_role_logs_in_with_its_password_alone(postgres: Cluster) -> None:
    database = postgres.database()
    role = postgres.role()
    with psycopg.connect(database.dsn(role)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(database.dsn(role).replace(f":{role}", "").replace(":not-a", ":some-other"))
