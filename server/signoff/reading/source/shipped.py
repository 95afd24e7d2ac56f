"""Which files may hold SQL that the deployed code runs."""

from __future__ import annotations

import re

_NOT_SHIPPED = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|specs|e2e|fixtures|node_modules|\.venv|venv|site-packages|dist|\.next|docs?)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py\Z"
    r"|\.(?:test|spec|stories|d)\.[cm]?[jt]sx?\Z|\.min\.js\Z"
)
_MIGRATION = re.compile(
    r"(?:^|/)(?:migrations?|versions|drizzle|db/migrate|flyway|liquibase|changelogs?|supabase/seed[^/]*)/"
    r"|(?:^|/)[VUR]\d*(?:[._]\d+)*__[^/]*\.sql\Z"
    r"|(?:^|/)(?:sql|db|database|ddl|schema)/\d{3,}[_-][^/]*\.sql\Z"
)


def is_shipped(path: str) -> bool:
    """Tests, documentation and what was installed or built beside the code are not what a deploy runs."""
    return _NOT_SHIPPED.search(path) is None


def is_migration(path: str) -> bool:
    """A migration ran once, against the schema of its day: what it asks for need not be there any more."""
    return _MIGRATION.search(path) is not None
