"""An edit that asks for less proof is shown; one that asks for more is not."""

# ruff: noqa: E501  one row an edit reads best as one row

from __future__ import annotations

import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from signoff.config import Config, parse
from signoff.config.database_table import DatabaseTable
from signoff.config.logs_table import ExpectTable, NoiseTable, WorkloadLogsTable
from signoff.config.loosening import loosened
from signoff.config.loosens import Loosens, NeverLoosens
from signoff.config.routes_table import IgnoreTable, RoutesTable
from signoff.config.schema import Document, HandoffTable, LogsTable, SourceTable, TargetTable, WorkloadTable
from signoff.config.smoke_table import SmokeTable

BASE = """\
[targets.production]
project = "acme-prod"
regions = ["us-central1", "us-east1"]
branch = "main"
default = true

[targets.staging]
project = "acme-staging"
regions = ["us-central1"]
branch = "next"

[workloads.web]
kind = "service"
inputs = ["web/**", "shared/**", "!**/*.md"]
build = { config = "cloudbuild.yaml" }
url = "https://app.example.com"
critical = true
smoke = [{ path = "/a" }, { path = "/b", expect = "blocked" }, { path = "/c", method = "POST", body = { "day" = 1 }, \
writes = false, status = [200, 204], content_type = "application/json", contains = "North", json_values = { count = 3, \
next = { type = "null" } } }]

[workloads.extractor]
kind = "job"
after = ["web"]
deploy = "ci"
logs.expect = [{ text = "done", at_least = 3 }]
logs.noise = [{ text = "flaky", why = "theirs", until = 2026-12-31 }]
schema = { database = "main" }

[databases.main]
dsn_env = "URL"
expected = { dsn_env = "WANTED" }
role = "app"
"""
EXTRACTOR = BASE[BASE.index("[workloads.extractor]") : BASE.index("[databases.main]")]
STAGING = BASE[BASE.index("[targets.staging]") : BASE.index("[workloads.web]")]


def config(toml: str, folder: Path) -> Config:
    return parse(toml.encode(), folder / "signoff.toml")


LOOSER = {
    "a workload is gone": (EXTRACTOR, "", "workloads.extractor"),
    "a target is gone": (STAGING, "", "targets.staging"),
    "a region is gone": (', "us-east1"', "", "targets.production.regions"),
    "another project": ("acme-prod", "acme-play", "targets.production.project"),
    "another branch": ('"main"', '"quiet"', "targets.production.branch"),
    "another default": ("default = true\n\n[targets.staging]", "\n[targets.staging]\ndefault = true", "targets"),
    "a pattern is gone": ('"shared/**", ', "", "workloads.web.inputs"),
    "a pattern takes more away": ('"!**/*.md"', '"!**/*.md", "!web/secret.py"', "workloads.web.inputs"),
    "patterns in another order": ('"web/**", "shared/**", "!**/*.md"', '"!**/*.md", "web/*"', "workloads.web.inputs"),
    "built otherwise": ('{ config = "cloudbuild.yaml" }', '{ image = "x.example/y" }', "workloads.web.build"),
    "another configuration": ('"cloudbuild.yaml"', '"other.yaml"', "workloads.web.build"),
    "not deployed here any more": ("critical = true", 'critical = true\ndeploy = "other"', "workloads.web.deploy"),
    "another way in": ("app.example", "internal.example", "workloads.web.url"),
    "no way in": ('url = "https://app.example.com"\n', "", "workloads.web.url"),
    "not critical": ("critical = true", "critical = false", "workloads.web.critical"),
    "labels accepted": ("critical = true", "critical = true\naccept_labels = true", "workloads.web.accept_labels"),
    "a smoke is gone": ('{ path = "/a" }, ', "", "workloads.web.smoke"),
    "a smoke expects less": ('"/b", expect = "blocked"', '"/b"', "workloads.web.smoke[1].expect"),
    "any status will do": (", status = [200, 204]", "", "workloads.web.smoke[2].status"),
    "a status more": ("[200, 204]", "[200, 204, 404]", "workloads.web.smoke[2].status"),
    "no content type": (', content_type = "application/json"', "", "workloads.web.smoke[2].content_type"),
    "another text": ('"North"', '"N"', "workloads.web.smoke[2].contains"),
    "a value less": ('count = 3, ', "", "workloads.web.smoke[2].json_values"),
    "a type for a value": ("count = 3", 'count = { type = "integer" }', "workloads.web.smoke[2].json_values"),
    "with an identity": ('{ path = "/a" }', '{ path = "/a", identity = { bearer_env = "T" } }', "workloads.web.smoke[0].identity"),
    "sent once": ("writes = false", "writes = true", "workloads.web.smoke[2].writes"),
    "with another body": ('"day"', '"week"', "workloads.web.smoke[2].body"),
    "with a header": ('{ path = "/a" }', '{ path = "/a", headers = { A = "b" } }', "workloads.web.smoke[0].headers"),
    "another method": ('"/a" }', '"/a", method = "HEAD" }', "workloads.web.smoke"),
    "a header as proof": ("critical = true", 'critical = true\nrevision_header = "X-R"', "workloads.web.revision_header"),
    "a route is ignored": ("critical = true", 'critical = true\nroutes.ignore = [{ path = "/x", reason = "r" }]', "workloads.web.routes.ignore"),
    "new routes are not asked for": ("critical = true", "critical = true\nroutes.probe = false", "workloads.web.routes.probe"),
    "another name": ('kind = "job"', 'kind = "job"\nname = "dummy"', "workloads.extractor.name"),
    "another kind": ('kind = "job"', 'kind = "worker-pool"', "workloads.extractor.kind"),
    "no database any more": ('schema = { database = "main" }', "", "workloads.extractor.schema"),
    "no database, and why": ('{ database = "main" }', '{ none = "it is full" }', "workloads.extractor.schema"),
    "no database for the web": ("critical = true", 'critical = true\nschema = { none = "x" }', "workloads.web.schema"),
    "another database is asked": ('"URL"', '"OTHER"', "databases.main.dsn_env"),
    "compared with another": ('"WANTED"', '"OTHER"', "databases.main.expected"),
    "compared with nothing": ('expected = { dsn_env = "WANTED" }\n', "", "databases.main.expected"),
    "the role's rights": ('role = "app"\n', "", "databases.main.role"),
    "as a superuser": ('role = "app"', 'role = "app"\nallow_superuser = true', "databases.main.allow_superuser"),
    "tables elsewhere": ('role = "app"', 'role = "app"\nsearch_path = ["b"]', "databases.main.search_path"),
    "another remote": ("[targets.production]", '[source]\nremote = "fork"\n[targets.production]', "source.remote"),
    "another flow": ("[targets.production]", '[source]\nflow = "pull-request"\n[targets.production]', "source.flow"),
    "another folder": ("[targets.production]", '[handoff]\nfolder = "web"\n[targets.production]', "handoff.folder"),
    "an entry is not expected": ('[{ text = "done", at_least = 3 }]', "[]", "workloads.extractor.logs.expect"),
    "an entry is expected less often": (", at_least = 3", "", "workloads.extractor.logs.expect"),
    "an entry may come later": ("at_least = 3", "at_least = 3, within_seconds = 900", "workloads.extractor.logs.expect"),
    "another entry": ('"done"', '"d"', "workloads.extractor.logs.expect"),
    "noise for longer": ("2026-12-31", "2027-12-31", "workloads.extractor.logs.noise"),
    "another noise": ('"flaky"', '"f"', "workloads.extractor.logs.noise"),
    "one noise more": ("[{ text = \"flaky\"", "[{ pattern = \"x\", why = \"y\", until = 2026-12-31 }, { text = \"flaky\"", "workloads.extractor.logs.noise"),
    "a shorter lag": ("[targets.production]", "[logs]\nlag_seconds = 5\n[targets.production]", "logs.lag_seconds"),
}  # fmt: skip
NOT_LOOSER = {
    "a region more": ('"us-east1"', '"us-east1", "us-west1"'),
    "a pattern more": ('"web/**"', '"web/**", "lib/**"'),
    "an exclusion less": (', "!**/*.md"', ""),
    "a document of routes more": ("critical = true", 'critical = true\nroutes.openapi = "api.yaml"'),
    "a smoke more": ('{ path = "/a" }', '{ path = "/a" }, { path = "/c" }'),
    "a smoke of the same path": (
        '{ path = "/a" }',
        '{ path = "/a" }, { path = "/a", identity = { bearer_env = "T" } }',
    ),
    "another order of smokes": (
        '{ path = "/a" }, { path = "/b", expect = "blocked" }',
        '{ path = "/b", expect = "blocked" }, { path = "/a" }',
    ),
    "a status less": ("[200, 204]", "200"),
    "a status of those that were accepted": ('{ path = "/a" }', '{ path = "/a", status = 201 }'),
    "an expectation more": ('{ path = "/a" }', '{ path = "/a", contains = "x" }'),
    "deployed here": ('deploy = "ci"', 'deploy = "signoff"'),
    "critical too": ('kind = "job"', 'kind = "job"\ncritical = true'),
    "a default spelled out": ("[targets.production]", '[source]\nflow = "push"\n[targets.production]'),
    "no noise": ('[{ text = "flaky", why = "theirs", until = 2026-12-31 }]', "[]"),
    "noise for shorter": ("2026-12-31", "2026-11-30"),
    "noise for another reason": ('"theirs"', '"ours"'),
    "an entry more often": ("at_least = 3", "at_least = 4"),
    "an entry sooner": ("at_least = 3", "at_least = 3, within_seconds = 60"),
    "an entry more": ("at_least = 3 }", 'at_least = 3 }, { text = "more" }'),
    "a longer lag": ("[targets.production]", "[logs]\nlag_seconds = 90\n[targets.production]"),
    "another order": ('after = ["web"]', "after = []"),
    "a comment": ("[workloads.web]", "# words\n[workloads.web]"),
    "a workload more": ("[workloads.web]", '[workloads.more]\nkind = "service"\n[workloads.web]'),
}


@pytest.mark.parametrize("name", LOOSER)
def test_asking_for_less_is_named(name: str, tmp_path: Path) -> None:
    before, after, key = LOOSER[name]
    assert before in BASE
    edited = BASE.replace(before, after, 1)
    assert [found.key for found in loosened(config(BASE, tmp_path), config(edited, tmp_path))] == [key]


@pytest.mark.parametrize("name", NOT_LOOSER)
def test_asking_for_as_much_or_more_is_quiet(name: str, tmp_path: Path) -> None:
    before, after = NOT_LOOSER[name]
    assert before in BASE
    assert loosened(config(BASE, tmp_path), config(BASE.replace(before, after, 1), tmp_path)) == ()


def test_an_image_that_copies_less_is_seen_through_inputs_left_out(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY web /web\n", encoding="utf-8")
    followed = BASE.replace('["web/**", "shared/**", "!**/*.md"]', '{ dockerfile = "Dockerfile" }')
    assert [found.key for found in loosened(config(BASE, tmp_path), config(followed, tmp_path))] == [
        "workloads.web.inputs"
    ]


@pytest.mark.parametrize(
    "table",
    [
        *(Document, SourceTable, HandoffTable, LogsTable, TargetTable, WorkloadTable, SmokeTable),
        *(WorkloadLogsTable, ExpectTable, NoiseTable, RoutesTable, IgnoreTable, DatabaseTable),
    ],
)
def test_every_setting_declares_what_loosening_it_means(table: type[BaseModel]) -> None:
    for name, field in table.model_fields.items():
        declared = [rule for rule in field.metadata if isinstance(rule, Loosens | NeverLoosens)]
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        assert declared or nested, f"{table.__name__}.{name}"


def test_every_table_of_the_document_is_held_to_that() -> None:
    held = {SourceTable, HandoffTable, LogsTable, TargetTable, WorkloadTable, DatabaseTable}
    inside = {typing.get_args(field.annotation)[-1] if typing.get_args(field.annotation) else field.annotation
              for field in Document.model_fields.values()}  # fmt: skip
    assert inside == held
