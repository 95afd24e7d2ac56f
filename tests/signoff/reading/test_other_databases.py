"""Files whose statements go to a database of another maker."""

from __future__ import annotations

import pytest

from signoff.reading.other_databases import goes_elsewhere


@pytest.mark.parametrize(
    ("head", "elsewhere", "upserts"),
    [
        ("import sqlite3", True, True),
        ("import duckdb", True, True),
        ("import pymysql", True, False),
        ("from google.cloud import bigquery", True, False),
        ('import Database from "better-sqlite3"', True, True),
        ('const mysql = require("mysql2/promise")', True, False),
        ("import sqlite3, asyncpg", False, False),
        ("from google.cloud import bigquery\nfrom .db import pool", False, False),
        ("from google.cloud import bigquery\nfrom app.database import session", False, False),
        ('import { BigQuery } from "@google-cloud/bigquery";\nimport { pool } from "../lib/db";', False, False),
        ("from .db import pool", False, False),
        ("import os", False, False),
    ],
)
def test_a_file_goes_elsewhere_where_nothing_in_it_may_lead_to_postgresql(
    head: str, elsewhere: bool, upserts: bool
) -> None:
    assert goes_elsewhere(head.encode()) is elsewhere
    assert goes_elsewhere(head.encode(), upserts=True) is upserts
