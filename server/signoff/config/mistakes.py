"""pydantic's errors as sentences about signoff.toml, each with its line and a remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from signoff.config.errors import Trouble
from signoff.config.lines import Place, line_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WRITE: Mapping[str, str] = {
    "targets": '[targets.production] with project, regions and branch',
    "workloads": '[workloads.web] with kind = "service"',
    "project": 'project = "my-project-id"',
    "regions": 'regions = ["us-central1"]',
    "branch": 'branch = "main"',
    "remote": 'remote = "origin"',
    "folder": 'folder = "docs/handoffs"',
    "kind": 'kind = "service" (or "job", "worker-pool")',
    "name": 'name = "web" or name = "web-{target}" (small letters, digits, hyphens)',
    "inputs": 'inputs = ["web/**", "!**/*.md"]',
    "config": 'config = "cloudbuild.yaml"',
    "dockerfile": 'dockerfile = "web/Dockerfile"',
    "context": 'context = "web"',
    "trigger": 'trigger = "name-of-the-trigger"',
    "command": 'command = ["make", "image"]',
    "image": 'image = "us-docker.pkg.dev/project/repository/name" (no tag, no digest)',
    "url": 'url = "https://app.example.com" (no login, query or fragment in it)',
    "after": 'after = ["extractor"]',
    "smoke": '[[workloads.web.smoke]] with a path',
    "path": 'path = "/api/reports"',
    "method": 'method = "POST"',
    "status": 'status = 200 or status = [200, 204]',
    "content_type": 'content_type = "application/json"',
    "contains": 'contains = "a text of the page"',
    "json_values": 'json_values = { "items.0.name" = "North", count = { type = "integer" } }',
    "headers": 'headers = { Accept-Language = "en" }',
    "body": 'body = "text" or body = { day = "2026-01-01" } (sent as JSON)',
    "writes": 'writes = true (it changes something: sent once a revision) or writes = false',
    "schema": 'schema = { database = "main" } with [databases.main], or schema = { none = "why" }',
    "none": 'none = "it only serves files"',
    "dsn_env": 'dsn_env = "DATABASE_URL"',
    "dsn_secret": 'dsn_secret = "database-url" (its name in the target\'s project)',
    "instance": 'instance = "project:region:instance"',
    "password_env": 'password_env = "PGPASSWORD"',
    "search_path": 'search_path = ["app", "public"]',
    "logs": '[[workloads.web.logs.expect]] with a text, or [[workloads.web.logs.noise]]',
    "expect": '[[workloads.web.logs.expect]] with a text (of a route: expect = "reach" or "blocked")',
    "noise": '[[workloads.web.logs.noise]] with text, why and until',
    "text": 'text = "a text of the log entry"',
    "pattern": "pattern = 'a regular expression'",
    "why": 'why = "the reason, for people"',
    "until": 'until = 2026-12-31 (a day, without quotes)',
    "at_least": 'at_least = 3',
    "within_seconds": 'within_seconds = 300',
    "data": '[[workloads.extractor.data]] with name, database, table, time and max_age_hours',
    "time": 'time = "processed_at"',
    "max_age_hours": "max_age_hours = 26",
    "cron": 'cron = "0 7 * * *"',
    "due": 'due = { cron = "0 7 * * *", grace_hours = 2 }',
    "off": 'off = ["2026-12-25", "2026-12-24/2027-01-02"]',
    "seasons": 'seasons = ["10-20/06-20"]',
    "table": 'table = "reports"',
    "query": 'query = "SELECT …"',
    "groups": 'groups = ["north", "south"] and per = "the column that makes them"',
    "tracker": 'tracker = { firestore = "runs/{date}", complete = { status = "complete" } }',
    "firestore": 'firestore = "collection/document"',
    "complete": 'complete = { status = "complete" }',
    "revision_header": 'revision_header = "X-Revision"',
}  # fmt: skip

_TYPES: Mapping[str, str] = {
    "string_type": "text in quotes",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table",
    "int_type": "a whole number",
    "date_type": "a day",
    "date_parsing": "a day",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_OWN: Mapping[str, tuple[str, str]] = {
    "build_one_of": (
        "must say in exactly one way how the image is made",
        'write one of { config = "cloudbuild.yaml" }, { trigger = "name" }, { command = ["make", "image"] },'
        ' { image = "region-docker.pkg.dev/project/repository/name" }',
    ),
    "identity_one_of": (
        "must name exactly one identity",
        'write { id_token_audience = "https://…" } or { bearer_env = "NAME_OF_A_VARIABLE" }',
    ),
    "schema_one_of": (
        "must name a database, or say why there is none",
        'write { database = "main" } with [databases.main], or { none = "it only serves files" }',
    ),
    "json_one_of": (
        "must be a text, number or boolean, or name a type",
        'write a value, or { type = "string" }',
    ),
    "path_placeholder": (
        "has a placeholder where users send a value",
        "write a value that exists there, as in /orders/7 for /orders/{id}",
    ),
    "body_type": ("must be a text, a table or a list", 'write body = "text" or body = { day = "2026-01-01" }'),
    "inputs_one_of": (
        "must be a list of patterns, or name a Dockerfile",
        'write inputs = ["web/**", "!**/*.md"] or inputs = { dockerfile = "web/Dockerfile" }',
    ),
}
_TABLES = {"targets", "workloads", "smoke"}


def key_of(place: Sequence[str | int]) -> str:
    """`("workloads", "web", "smoke", 0, "path")` as `workloads.web.smoke[0].path`."""
    key = ""
    for part in place:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def trouble(place: Place, lines: Mapping[Place, int], says: str, fix: str) -> Trouble:
    return Trouble(key_of(place), says, fix, line_of(lines, place))


def troubles_of(errors: Iterable[ErrorDetails], lines: Mapping[Place, int]) -> list[Trouble]:
    """Each error of pydantic; an error of unknown keys becomes one trouble a key."""
    found: list[Trouble] = []
    for error in errors:
        # Neither the tags of unions (`Tag("<…>")` in schema.py) nor pydantic's "[key]" are part of what is written.
        place = tuple(part for part in error["loc"] if not (isinstance(part, str) and part[:1] in {"<", "["}))
        context = error.get("ctx", {})
        if error["type"] == "unknown_keys":
            found += [_unknown((*place, key), context["known"], lines) for key in context["unknown"]]
        else:
            found.append(trouble(place, lines, *_sentence(error, place)))
    return found


def _unknown(place: Place, known: Sequence[str], lines: Mapping[Place, int]) -> Trouble:
    key = str(place[-1])
    near = difflib.get_close_matches(key, known, n=1)
    fix = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    return trouble(place, lines, "unknown key", fix)


def _sentence(error: ErrorDetails, place: Place) -> tuple[str, str]:
    context = error.get("ctx", {})
    named = [part for part in place if isinstance(part, str)]
    if "[key]" in error["loc"]:
        return "this name can not be used", "use letters, digits, hyphens and underscores, a letter or digit first"
    key = named[-1] if named else ""
    write = f"write {_WRITE[key]}" if key in _WRITE else "see docs/signoff.schema.json"
    kind = error["type"]
    if kind == "missing":
        return "missing", ("add " if key in _TABLES else "add the line ") + _WRITE.get(key, key)
    if kind == "bool_type":
        return "must be true or false", "write true or false, without quotes"
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}", write
    if kind == "literal_error":
        given = error["input"]
        near = difflib.get_close_matches(given, _words(context["expected"]), n=1) if isinstance(given, str) else []
        expected = context["expected"].replace("'", '"')
        return f"must be {expected}", f'did you mean "{near[0]}"?' if near else f"write {expected}"
    if kind in _OWN:
        return _OWN[kind]
    if kind == "too_short":
        return "is empty", write
    if kind in {"string_pattern_mismatch", "string_too_short"}:
        return "does not have the form that it needs", write
    return error["msg"], write


def _words(expected: str) -> list[str]:
    """pydantic says `'push' or 'pull-request'`."""
    return expected.split("'")[1::2]
