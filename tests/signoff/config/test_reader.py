"""signoff.toml is found, read, and made into targets and workloads."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from signoff.config import ConfigError, find, load, parse
from signoff.model.smoke import IdToken, JsonExpected, Smoke
from signoff.model.subject import (
    BuildCommand,
    BuildTrigger,
    CloudBuildConfig,
    ExistingImage,
    Target,
    WorkloadName,
)

WHOLE = """\
[source]
remote = "upstream"
flow = "pull-request"

[handoff]
folder = "handoffs"

[logs]
lag_seconds = 90

[targets.production]
project = "acme-prod"
regions = ["us-central1", "europe-west1"]
branch = "main"
default = true

[targets.staging]
project = "example.com:acme"
regions = ["us-central1"]
branch = "release/next"

[workloads.web]
kind = "service"
name = "web-{target}"
inputs = ["web/**", "!**/*.md"]
build = { config = "cloudbuild.web.yaml", source = "upload" }
url = "https://app.{target}.example.com"
revision_header = "X-Revision"
critical = true
after = ["extractor"]
accept_labels = true

[[workloads.web.smoke]]
path = "/api/reports"

[[workloads.web.smoke]]
path = "/admin"
expect = "blocked"

[[workloads.web.smoke]]
path = "/api/reports"
method = "POST"
headers = { Accept-Language = "en" }
body = { day = 2026-01-01 }
status = 201
content_type = "application/json"
contains = "North"
json_values = { "items.0.name" = "North", count = { type = "integer" } }
identity = { id_token_audience = "https://app.example.com" }
writes = true

[workloads.extractor]
kind = "job"
build = { trigger = "extractor-main" }
deploy = "ci"

[workloads.pool]
kind = "worker-pool"
build = { command = ["make", "pool"] }
deploy = "terraform"

[workloads.other]
kind = "service"
build = { image = "us-docker.pkg.dev/acme/app/other" }
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "signoff.toml").write_text(WHOLE, encoding="utf-8")
    return tmp_path


def test_every_setting_arrives_in_its_type(repository: Path) -> None:
    config = load(repository)
    production = config.target()
    assert production == Target("production", "acme-prod", ("us-central1", "europe-west1"), "main")
    assert (config.source.remote, config.source.flow, config.handoff.folder) == ("upstream", "pull-request", "handoffs")
    assert config.log_lag == timedelta(seconds=90)
    web, extractor, pool, other = config.workloads_for(production)
    assert web.name == "web"
    assert web.resource == "web-production"
    assert web.inputs == ("web/**", "!**/*.md")
    assert web.build == CloudBuildConfig("cloudbuild.web.yaml", "upload")
    assert web.source == "upload"
    assert (web.url, web.critical, web.after, web.accept_labels) == (
        "https://app.production.example.com",
        True,
        (WorkloadName("extractor"),),
        True,
    )
    assert web.revision_header == "X-Revision"
    assert web.smoke[:2] == (Smoke("/api/reports"), Smoke("/admin", "blocked"))
    assert web.smoke[2] == Smoke(
        "/api/reports",
        method="POST",
        headers=(("Accept-Language", "en"), ("Content-Type", "application/json")),
        body='{"day": "2026-01-01"}',
        status=(201,),
        content_type="application/json",
        contains="North",
        json=(JsonExpected("items.0.name", "North"), JsonExpected("count", type="integer")),
        identity=IdToken("https://app.example.com"),
        writes=True,
    )
    assert (extractor.kind, extractor.build, extractor.deploy) == ("job", BuildTrigger("extractor-main"), "ci")
    assert (pool.kind, pool.build, pool.deploy) == ("worker-pool", BuildCommand(("make", "pool")), "terraform")
    assert other.build == ExistingImage("us-docker.pkg.dev/acme/app/other")
    assert len({web, extractor, pool, other}) == 4  # hashable, so that facts can be shared


def test_a_name_follows_the_target(repository: Path) -> None:
    config = load(repository)
    assert config.workloads_for(config.target("staging"))[0].resource == "web-staging"


def test_it_is_found_from_a_folder_below(repository: Path) -> None:
    below = repository / "web" / "src"
    below.mkdir(parents=True)
    assert find(below) == repository / "signoff.toml"
    assert load(below).root == repository


def test_one_of_another_repository_is_not_taken(repository: Path) -> None:
    inner = repository / "vendor" / "inner"
    inner.mkdir(parents=True)
    (inner / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no signoff\.toml") as caught:
        find(inner)
    assert "signoff init" in caught.value.fix


def test_paths_start_from_the_repositorys_root_wherever_the_file_is(repository: Path) -> None:
    below = repository / "deploy"
    below.mkdir()
    (repository / "signoff.toml").rename(below / "signoff.toml")
    assert load(below).root == repository


def test_windows_line_ends_and_a_byte_order_mark_are_read(repository: Path) -> None:
    raw = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()
    assert parse(raw, repository / "signoff.toml").target().project == "acme-prod"


def test_the_only_target_is_the_default(repository: Path) -> None:
    one = WHOLE.replace("default = true\n", "").replace("[targets.staging]", "[targets.production.x]")
    one = one.replace('[targets.production.x]\nproject = "example.com:acme"\n', "")
    one = one.replace('regions = ["us-central1"]\nbranch = "release/next"\n', "")
    assert parse(one.encode(), repository / "signoff.toml").target().name == "production"


def test_several_targets_without_a_default_have_to_be_named(repository: Path) -> None:
    several = parse(WHOLE.replace("default = true\n", "").encode(), repository / "signoff.toml")
    assert several.target("staging").name == "staging"
    with pytest.raises(ConfigError, match="production, staging") as caught:
        several.target()
    assert "--target" in caught.value.fix


def test_an_unknown_target_names_those_there_are(repository: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(repository).target("prod")
    assert caught.value.fix == "choose one of: production, staging"


def test_without_inputs_and_dockerfile_the_whole_repository_counts_and_the_reason_is_kept(repository: Path) -> None:
    config = load(repository)
    assert config.workloads_for(config.target())[1].inputs == ()
    inputs = config.inputs[WorkloadName("extractor")]
    assert inputs.origin == "everything"
    assert "names no Dockerfile" in inputs.says


def test_an_unreadable_file_is_an_error_with_its_place(tmp_path: Path) -> None:
    missing = tmp_path / "signoff.toml"
    missing.mkdir()
    with pytest.raises(ConfigError):
        load(tmp_path)


def test_naming_the_configuration_costs_no_heavy_import() -> None:
    code = "import signoff.config, sys; print([name for name in ('pydantic', 'yaml', 'git') if name in sys.modules])"
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "[]\n"
