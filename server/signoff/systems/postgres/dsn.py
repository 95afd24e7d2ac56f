"""A connection URL as asyncpg takes it: without what other drivers put into it, and never part of an error."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from signoff.model.secret import Secret

_KNOWN = frozenset(
    (
        "host", "port", "user", "password", "dbname", "database", "passfile", "sslmode", "sslcert", "sslkey",
        "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation", "ssl_min_protocol_version",
        "ssl_max_protocol_version", "target_session_attrs", "krbsrvname", "gsslib", "service", "servicefile",
    )
)  # fmt: skip
"""What asyncpg understands; it hands anything else to the server as a setting, which refuses it.
https://magicstack.github.io/asyncpg/current/api/index.html#connection"""


class UnfitDsn(ValueError):
    """The URL can not be used. Its text never holds any of the URL."""


@dataclass(frozen=True, slots=True)
class Dsn:
    """`url` for asyncpg; `search_path`: the schema that Prisma's `?schema=` names."""

    url: Secret
    search_path: tuple[str, ...] = ()


def parse(written: str) -> Dsn:
    """`postgresql://…` and its spellings (`postgres://`, `postgresql+psycopg://`). Raises UnfitDsn."""
    Secret(written)  # hidden from here on, wherever it turns up
    try:
        parts = urlsplit(written.strip())
        options = parse_qsl(parts.query, keep_blank_values=True)
        password = parts.password or next((value for key, value in options if key == "password"), "")
        _ = parts.port
    except ValueError:
        raise UnfitDsn("it is no URL") from None
    scheme = parts.scheme.partition("+")[0]
    if scheme not in {"postgres", "postgresql"}:
        raise UnfitDsn("it is no postgresql:// URL")
    for form in {password, unquote(password)} - {""}:
        Secret(form)
    if any(value.startswith("/cloudsql/") for key, value in options if key == "host"):
        raise UnfitDsn("it goes over Cloud Run's own socket /cloudsql/…, which is not here: use cloudsql instead")
    kept = [(key, value) for key, value in options if key in _KNOWN]
    schema = tuple(value for key, value in options if key == "schema" and value)
    url = urlunsplit((scheme, parts.netloc, parts.path, urlencode(kept), ""))
    return Dsn(Secret(url), schema)
