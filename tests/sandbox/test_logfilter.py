"""The Logging query language: what matches, what does not, and what cannot be understood."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud.devtools.cloudbuild_v1 import Build
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.logfilter import Dialect, FilterError, compiled
from signoff_sandbox.world.logfilter.ast import And, Anywhere, Comparison, Expression, Not, Or, Value
from signoff_sandbox.world.logfilter.parser import parse

ENTRY = json_format.ParseDict(
    {
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "web", "revision_name": "web-00001-abc"}},
        "severity": "ERROR",
        "timestamp": "2026-01-01T10:00:00.5Z",
        "insertId": "i-1",
        "labels": {"run.googleapis.com/execution_name": "x-1", "env": "live"},
        "httpRequest": {"status": 503, "latency": "1.5s", "requestUrl": "/api", "cacheHit": True},
        "jsonPayload": {
            "message": "Mapper failed: KeyError",
            "path": "C:\\tmp",
            "code": 500,
            "text_code": "500",
            "ok": False,
            "nothing": None,
            "rows": [{"id": 1}, {"id": 2}],
            "inner": {"key": "deep"},
        },
    },
    Entry(),
)

MATCHES = [
    "",
    "   -- nothing but a comment",
    "resource.type=cloud_run_revision",
    'resource.type = "CLOUD_run_revision"',
    "resource.type=cloud_run_revision\nresource.labels.service_name=web\n",
    "resource.labels.service_name:WE",
    "resource.labels:service_name",
    "severity=ERROR",
    "severity>=warning",
    "severity<CRITICAL",
    "severity!=INFO",
    "severity=500",
    'labels."run.googleapis.com/execution_name"=x-1',
    'labels."run.googleapis.com/execution_name"="x-1" AND labels.env:*',
    "labels.run.googleapis.com/execution_name=x-1",
    "NOT labels.absent=x",
    "-labels.absent:*",
    "jsonPayload.message:keyerror",
    'jsonPayload.message=~"Key.rror$"',
    r'jsonPayload.message=~"^Mapper\s+\w+:"',
    'jsonPayload.message!~"keyerror"',
    r'jsonPayload.path="C:\\tmp"',
    "jsonPayload.code>=500",
    "jsonPayload.code=5e2",
    'jsonPayload.code="500"',
    "jsonPayload.text_code=500",
    "jsonPayload.ok=false",
    "jsonPayload.nothing=NULL_VALUE",
    "jsonPayload.rows.id=2",
    "jsonPayload.inner.key=deep",
    "jsonPayload.inner:deep",
    "jsonPayload.inner:*",
    "jsonPayload:mapper",
    "json_payload.message:*",
    "httpRequest.status=(500 OR 503)",
    "httpRequest.status=(NOT 200)",
    "http_request.latency>1s",
    "httpRequest.cacheHit=true",
    'httpRequest.remoteIp=""',
    'trace=""',
    'timestamp>="2026-01-01"',
    "timestamp>=2026-01-01",
    'timestamp<"2026-01-01T12:00:00+01:00"',
    'log_id("run.googleapis.com/stderr")',
    'logName="projects/p/logs/run.googleapis.com%2Fstderr"',
    "logName:stderr",
    "mapper",
    '"mapper failed"',
    "NOT absent",
    "-absent",
    '-"absent"',
    "absent OR mapper",
    "mapper AND (absent OR keyerror)",
    # OR binds tighter than AND: (mapper OR absent) AND (absent OR failed)
    "mapper OR absent AND absent OR failed",
    "mapper OR absent failed OR absent",
    "mapper -- a comment\nAND severity=ERROR",
    'resource.labels.service_name="web" AND (severity>=ERROR OR httpRequest.status>=500) AND NOT textPayload:"x"',
]
MISSES = [
    "resource.type=cloud_run_job",
    "resource.type:x_run",
    "severity>=CRITICAL",
    "severity=(INFO OR DEBUG)",
    "severity!=ERROR",
    'labels."absent"!=x',
    "labels:absent",
    "labels.absent:*",
    "jsonPayload.absent!~x",
    'jsonPayload.message=~"keyerror"',
    "jsonPayload.code<500",
    "jsonPayload.code=abc",
    "jsonPayload.nothing=x",
    'jsonPayload.nothing="NULL_VALUE"',
    "jsonPayload.rows.id=3",
    "jsonPayload.message=mapper",
    "jsonPayload.inner=deep",
    "textPayload:*",
    "trace:*",
    "httpRequest.latency>=1.6s",
    'timestamp>"2026-01-01T10:00:00.5Z"',
    'log_id("stdout")',
    "mapper absent",
    "mapper AND absent OR nowhere",
    "NOT (mapper OR absent)",
    '"failed mapper"',
    "protoPayload.serviceName:x",
]
UNREADABLE = [
    ("insertId=abc:def", 12),
    ("severity>=LOUD", 10),
    ("thud=1", 0),
    ("mapper textPayload.thud=1", 7),
    ("operation.thud=1", 0),
    ("resource=x", 0),
    ("labels=x", 0),
    ('severity=~"E"', 0),
    ("httpRequest.status=ok", 19),
    ("httpRequest.cacheHit=1", 21),
    ("timestamp>yesterday", 10),
    ('timestamp>"2026-02-31"', 10),
    ("httpRequest.latency>fast", 20),
    ('jsonPayload.message=~"("', 21),
    ("(a", 2),
    ("a)", 1),
    ("()", 1),
    ('"abc', 0),
    ("severity=", 9),
    ("severity=(", 10),
    ("a AND", 5),
    ("a OR", 4),
    ("AND a", 0),
    ("a AND OR b", 6),
    ("NOT", 3),
    ("severity = AND", 11),
    ("=x", 0),
    ("a ! b", 2),
    ("sample(insertId, 0.1)", 0),
    ("log_id(", 7),
    ("(" * 500, 100),
    ("NOT " * 500 + "a", 404),
    ("a" * 20_001, 20_000),
]


def match(text: str) -> bool:
    return compiled(text, Entry)(ENTRY)


@pytest.mark.parametrize("text", MATCHES)
def test_a_filter_matches(text: str) -> None:
    assert match(text)


@pytest.mark.parametrize("text", MISSES)
def test_a_filter_does_not_match(text: str) -> None:
    assert not match(text)


@pytest.mark.parametrize(("text", "position"), UNREADABLE, ids=[text[:20] for text, _ in UNREADABLE])
def test_an_unreadable_filter_names_the_position(text: str, position: int) -> None:
    with pytest.raises(FilterError) as refused:
        compiled(text, Entry)
    assert refused.value.position == position
    assert refused.value.said(text).startswith("Unparseable filter: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timestamp>=2026-01-01T10:00:00Z", "syntax error at line 1, column 25, token ':'"),
        ("severity=ERROR\n)", "syntax error at line 2, column 1, token ')'"),
        ("severity=", "syntax error at line 1, column 10, token ''"),
        ('a\n  "abc', "syntax error at line 2, column 3, token '\"'"),
        ("a\n severity=loud", "'loud' is no LogSeverity at line 2, column 11"),
    ],
)
def test_a_filter_is_refused_in_the_words_of_cloud_logging(text: str, said: str) -> None:
    with pytest.raises(FilterError) as refused:
        compiled(text, Entry)
    assert refused.value.said(text) == f"Unparseable filter: {said}"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\\\"'"), min_size=1, max_size=12)
values = st.builds(Value, texts, st.just(True), st.just(0))
paths = st.lists(st.sampled_from(["jsonPayload", "a", "run.googleapis.com/x", "b c"]), min_size=1, max_size=3)
operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", ":", "=~", "!~"])
leaves: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Anywhere, values),
    st.builds(lambda path, op, value: Comparison(("labels", *path), op, value, 0), paths, operators, values),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda terms: And(tuple(terms)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda terms: Or(tuple(terms)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


def written(expression: Any) -> str:
    """An expression as text, every part in parentheses."""
    if isinstance(expression, Anywhere):
        return f'"{expression.value.text}"'
    if isinstance(expression, Comparison):
        head, *rest = expression.path
        path = ".".join([head, *(f'"{segment}"' for segment in rest)])
        return f'{path} {expression.operator} "{expression.value.text}"'
    if isinstance(expression, Not):
        return f"NOT ({written(expression.term)})"
    joint = " AND " if isinstance(expression, And) else " OR "
    return joint.join(f"({written(term)})" for term in expression.terms)


def unplaced(expression: Any) -> Any:
    """The expression with every position 0."""
    if isinstance(expression, Anywhere):
        return Anywhere(Value(expression.value.text, expression.value.quoted, 0))
    if isinstance(expression, Comparison):
        value = Value(expression.value.text, expression.value.quoted, 0)
        return Comparison(expression.path, expression.operator, value, 0)
    if isinstance(expression, Not):
        return Not(unplaced(expression.term))
    return type(expression)(tuple(unplaced(term) for term in expression.terms))


@given(expressions)
def test_what_is_written_is_read_back(expression: Expression) -> None:
    assert unplaced(parse(written(expression))) == expression


PIECES = [*"ab <>=!~:().,-\\*'\n", '"', "AND ", "OR ", "NOT ", "severity", "labels.", '"x y"']


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_text_is_read_or_refused_with_a_position_inside(text: str) -> None:
    try:
        compiled(text, Entry)(ENTRY)
    except FilterError as refused:
        assert 0 <= refused.position <= len(text)


@given(st.sampled_from(MATCHES + MISSES), st.sampled_from(MATCHES + MISSES))
def test_and_or_not_are_boolean_algebra(left: str, right: str) -> None:
    left, right = left.partition("--")[0].strip() or "mapper", right.partition("--")[0].strip() or "mapper"
    one, other = match(left), match(right)
    assert match(f"({left}) AND ({right})") == (one and other)
    assert match(f"({left})\n({right})") == (one and other)
    assert match(f"({left}) OR ({right})") == (one or other)
    assert match(f"NOT ({left})") == (not one)
    assert match(f"-({left})") == (not one)


BUILD = json_format.ParseDict(
    {
        "id": "b-1",
        "status": "SUCCESS",
        "createTime": "2026-01-01T10:00:00Z",
        "tags": ["Nightly", "web"],
        "buildTriggerId": "t-1",
        "source": {"storageSource": {"bucket": "b", "object": "source/1.tgz"}},
        "results": {"images": [{"name": "x:1"}, {"name": "y:2"}]},
        "substitutions": {"BRANCH_NAME": "main"},
    },
    Build.pb()(),
)
EXACT = Dialect({"build_id": "id", "trigger_id": "build_trigger_id"}, exact=True)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('build_id="b-1"', True),
        ('build_id="B-1"', False),
        ('triggerId = "t-1"', True),
        ('tags="Nightly"', True),
        ('tags="nightly"', False),
        ('tags:"Night"', False),
        ('tags:"web"', True),
        ("status=success", True),
        ('status="WORKING" OR status="SUCCESS"', True),
        ('(tags="x" OR tags="web") AND create_time>"2026-01-01T09:00:00+00:00"', True),
        ('results.images.name="y:2"', True),
        ('source.storage_source.object="source/1.tgz"', True),
        ('substitutions.BRANCH_NAME="main"', True),
        ('NOT substitutions.BRANCH_NAME="Main"', True),
        ('has_prefix(id, "b-")', True),
        ('has_prefix(build_id, "B-")', False),
    ],
)
def test_another_dialect_compares_text_as_it_is_written(text: str, matches: bool) -> None:
    assert compiled(text, Build.pb(), EXACT)(BUILD) is matches


@pytest.mark.parametrize("text", ['has_prefix(id, "b")', 'log_id("x")', 'colour="red"'])
def test_each_dialect_knows_its_own_functions_and_fields(text: str) -> None:
    with pytest.raises(FilterError):
        compiled(text, Build.pb())
