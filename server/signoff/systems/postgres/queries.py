"""What pg_catalog is asked. Every role may read it, so no right on any table is needed, and nothing is hidden.

Deparsed text depends on `search_path`, which is empty while these run. Of PostgreSQL 15 to 18:
https://www.postgresql.org/docs/current/catalogs.html
"""

# ruff: noqa: S608 (only pieces of this file are put together; what is asked about goes in as parameters)

from __future__ import annotations

BEGIN = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL default_transaction_read_only = on;
SET LOCAL lock_timeout = '500ms';
SET LOCAL statement_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = '30s';
SET LOCAL jit = off;
"""
"""Settings of this transaction alone: behind a pooler, a setting of the session would stay for the application."""

OF_ROLE = """
SELECT replace(coalesce((
    SELECT substr(setting, 13)
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) setting
    WHERE r.rolname = $1 AND setting LIKE 'search_path=%'
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    ORDER BY s.setdatabase DESC LIMIT 1
), current_setting('search_path')), '"$user"', quote_ident($1))
"""
"""Where a role looks for a name without a schema: as ALTER ROLE says, else as this connection does, for the role."""

NO_SEARCH_PATH = "SET LOCAL search_path = ''"

_OURS = r"n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _not_of_an_extension(catalog: str, oid: str) -> str:
    return (
        f"NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = {oid}"
        " AND e.deptype = 'e')"
    )


_RELATIONS = f"""
relations AS (
    SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
      AND {_not_of_an_extension("pg_class", "c.oid")}
)
"""

ABOUT = f"""
SELECT current_setting('server_version_num')::int AS version, current_user::text AS role,
    current_schemas(false)::text[] AS search_path, r.rolsuper AS superuser,
    EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND c.relkind IN ('r', 'p') AND has_schema_privilege(n.oid, 'USAGE')
          AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    ) AS writes,
    ARRAY(
        SELECT n.nspname::text FROM pg_namespace n WHERE {_OURS} AND NOT has_schema_privilege(n.oid, 'USAGE')
    ) AS hidden,
    EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role_exists
FROM pg_roles r WHERE r.rolname = current_user
"""


def _serial(where: str = "") -> str:
    """Whether a table has a serial column. An insert that leaves it out takes USAGE on its sequence; identity does not.

    `where`: what is to be so of its sequence `s` besides.
    """
    return (
        "EXISTS (SELECT FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' WHERE d.deptype = 'a'"
        f" AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid{where})"
    )


TABLES = f"""
WITH {_RELATIONS}
SELECT c.oid, c.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
    c.relispartition AS partition,
    CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'enabled' ELSE '' END AS row_security,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END AS definition,
    CASE WHEN r.oid IS NULL THEN NULL ELSE ARRAY(
        SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p
        WHERE has_schema_privilege(r.oid, c.relnamespace, 'USAGE') AND (
            has_table_privilege(r.oid, c.oid, p)
            OR (p <> 'DELETE' AND has_any_column_privilege(r.oid, c.oid, p))
        )
    ) || CASE WHEN {_serial()} AND NOT {_serial(" AND NOT has_sequence_privilege(r.oid, s.oid, 'USAGE, UPDATE')")}
        THEN ARRAY['USAGE'] ELSE '{{}}' END END AS granted
FROM relations c LEFT JOIN pg_roles r ON r.rolname = $1
"""

COLUMNS = f"""
WITH {_RELATIONS},
owned AS (
    SELECT DISTINCT d.refobjid, d.refobjsubid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
)
SELECT a.attrelid AS table, a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS not_null, pg_get_expr(d.adbin, d.adrelid) AS default, a.attidentity::text AS identity,
    a.attgenerated::text AS generated, o.refobjid IS NOT NULL AS owned,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text ELSE '' END AS collation
FROM relations c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN owned o ON o.refobjid = a.attrelid AND o.refobjsubid = a.attnum
ORDER BY a.attrelid, a.attnum
"""

# 18 keeps NOT NULL as constraints of kind n; the columns say it.
CONSTRAINTS = f"""
WITH {_RELATIONS}
SELECT k.conrelid AS table, k.conname::text AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition
FROM relations c JOIN pg_constraint k ON k.conrelid = c.oid
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')
ORDER BY k.conrelid, k.conname
"""

INDEXES = f"""
WITH {_RELATIONS},
busy AS (
    SELECT DISTINCT relation FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'ShareUpdateExclusiveLock' AND granted AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT i.indrelid AS table, x.relname::text AS name, pg_get_indexdef(i.indexrelid) AS definition,
    i.indisunique AS unique, i.indisvalid AND i.indisready AND i.indislive AS valid, b.relation IS NOT NULL AS busy,
    pg_get_expr(i.indpred, i.indrelid) AS predicate, k.oid IS NOT NULL AS constraint, NOT i.indimmediate AS deferrable,
    ARRAY(
        SELECT CASE WHEN i.indkey[at] = 0 THEN pg_get_indexdef(i.indexrelid, at + 1, false) ELSE (
            SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[at]
        ) END FROM generate_series(0, i.indnkeyatts - 1) at
    ) AS columns
FROM relations c
JOIN pg_index i ON i.indrelid = c.oid AND NOT i.indisexclusion
JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
LEFT JOIN busy b ON b.relation = i.indrelid
ORDER BY i.indrelid, x.relname
"""

TRIGGERS = f"""
WITH {_RELATIONS}
SELECT t.tgrelid AS table, t.tgname::text AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS enabled
FROM relations c JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
ORDER BY t.tgrelid, t.tgname
"""

POLICIES = f"""
WITH {_RELATIONS}
SELECT p.polrelid AS table, p.polname::text AS name, concat_ws(' ',
    CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for', p.polcmd::text,
    'to', ARRAY(SELECT coalesce(r.rolname::text, 'public') FROM unnest(p.polroles) o LEFT JOIN pg_roles r ON r.oid = o
        ORDER BY 1)::text,
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) AS definition
FROM relations c JOIN pg_policy p ON p.polrelid = c.oid
ORDER BY p.polrelid, p.polname
"""

TYPES = f"""
SELECT n.nspname::text AS schema, t.typname::text AS name, t.typtype::text AS kind,
    ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
    CASE WHEN t.typtype = 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
        CASE WHEN t.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || t.typdefault,
        (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY pg_get_constraintdef(k.oid)) FROM pg_constraint k
         WHERE k.contypid = t.oid AND k.contype = 'c')) END AS definition
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {_OURS} AND t.typtype IN ('e', 'd') AND {_not_of_an_extension("pg_type", "t.oid")}
"""

# A function's text can hold anything: only its digest leaves the server.
FUNCTIONS = f"""
SELECT n.nspname::text AS schema, p.proname::text AS name, pg_get_function_identity_arguments(p.oid) AS arguments,
    concat_ws(' ', p.prokind::text, pg_get_function_result(p.oid), l.lanname::text, p.provolatile::text,
        CASE WHEN p.prosecdef THEN 'security definer' END, CASE WHEN p.proisstrict THEN 'strict' END,
        CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE md5(pg_get_functiondef(p.oid)) END) AS definition
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE {_OURS} AND {_not_of_an_extension("pg_proc", "p.oid")}
"""

SEQUENCES = f"""
SELECT n.nspname::text AS schema, c.relname::text AS name, concat_ws(' ', format_type(s.seqtypid, NULL),
    'start', s.seqstart, 'by', s.seqincrement, 'from', s.seqmin, 'to', s.seqmax,
    CASE WHEN s.seqcycle THEN 'cycle' END) AS definition
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_not_of_an_extension("pg_class", "c.oid")} AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
)
"""

EXTENSIONS = "SELECT extname::text AS name, extversion AS version FROM pg_extension WHERE extname <> 'plpgsql'"

# What definitions name of extensions: types, functions, operator classes. plpgsql is everywhere.
MEMBERS = """
SELECT n.nspname::text AS schema, m.name::text AS name FROM (
    SELECT t.typnamespace AS namespace, t.typname AS name FROM pg_depend d
    JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid WHERE d.deptype = 'e'
    UNION SELECT p.pronamespace, p.proname FROM pg_depend d
    JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid WHERE d.deptype = 'e'
    UNION SELECT o.opcnamespace, o.opcname FROM pg_depend d
    JOIN pg_opclass o ON d.classid = 'pg_opclass'::regclass AND o.oid = d.objid WHERE d.deptype = 'e'
) m JOIN pg_namespace n ON n.oid = m.namespace WHERE n.nspname <> 'pg_catalog'
"""
