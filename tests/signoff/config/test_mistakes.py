"""Each mistake in signoff.toml is told with its line, its key and what to do."""

# ruff: noqa: E501  one row a mistake reads best as one row

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signoff.config import ConfigError, parse

GOOD = """\
[targets.production]
project = "acme-prod"
regions = ["us-central1"]
branch = "main"

[workloads.web]
kind = "service"

[workloads.extractor]
kind = "job"
"""

CASES = {
    "unknown key": ("regions =", "regiosn =", 3, "targets.production.regiosn", "unknown key", "did you mean regions?"),
    "key nowhere near": ("branch =", "zzz = 1\nbranch =", 4, "targets.production.zzz", "unknown", "known here: proj"),
    "unknown table": ("[workloads.web]", "[sorce]\n[workloads.web]", 6, "sorce", "unknown key", "source?"),
    "wrong type": ('kind = "service"', 'kind = "service"\ncritical = "yes"', 8, "workloads.web.critical", "true", "wr"),
    "text for a list": ('["us-central1"]', '"us-central1"', 3, "targets.production.regions", "a list", "regions = ["),
    "number for text": ('"acme-prod"', "7", 2, "targets.production.project", "text in quotes", "project ="),
    "missing": ('branch = "main"\n', "", 1, "targets.production.branch", "missing", 'branch = "main"'),
    "empty regions": ('["us-central1"]', "[]", 3, "targets.production.regions", "empty", "regions = ["),
    "no region": ('"us-central1"', '"-"', 3, "targets.production.regions[0]", "form", "us-central1"),
    "misspelled choice": ('"job"', '"jop"', 10, "workloads.extractor.kind", "must be", 'did you mean "job"?'),
    "unknown after": ('"job"', '"job"\nafter = [\n"wep",\n]', 12, "workloads.extractor.after[0]", "no workload", "web?"),
    "after itself": ('"job"', '"job"\nafter = ["extractor"]', 11, "workloads.extractor.after", "circle", "take"),
    "two ways to build": (
        '"job"', '"job"\nbuild = { config = "a.yaml", image = "x/y" }', 11, "workloads.extractor.build", "one way", "one of"
    ),
    "no way to build": ('"job"', '"job"\nbuild = {}', 11, "workloads.extractor.build", "exactly one way", "one of"),
    "unknown in build": (
        '"job"', '"job"\nbuild = { config = "a", sorce = "git" }', 11, "workloads.extractor.build.sorce", "unkn", "source?"
    ),
    "outside": (
        '"job"', '"job"\nbuild = { config = "../a.yaml" }', 11, "workloads.extractor.build.config", "outside", "below"
    ),
    "pattern outside": (
        '"job"', '"job"\ninputs = ["a/../../b"]', 11, "workloads.extractor.inputs[0]", "leaves", "repository's root"
    ),
    "inputs of another type": ('"job"', '"job"\ninputs = "web"', 11, "workloads.extractor.inputs", "list of", "inputs ="),
    "only exclusions": ('"job"', '"job"\ninputs = ["!a"]', 11, "workloads.extractor.inputs", "takes files away", "**"),
    "no inputs": ('"job"', '"job"\ninputs = []', 11, "workloads.extractor.inputs", "empty", "inputs ="),
    "same resource": (
        '"job"', '"service"\nname = "web"', 11, "workloads.extractor.name", "same service web as web", "keep one"
    ),
    "no name on Cloud Run": ("[workloads.web]", "[workloads.Web_App]", 6, "workloads.Web_App.name", "no name", "small"),
    "smoke on a job": (
        '"job"', '"job"\n[[workloads.extractor.smoke]]\npath = "/"', 11, "workloads.extractor.smoke", "no requests", "out"
    ),
    "bad smoke path": (
        '"job"', '"job"\n[[workloads.web.smoke]]\n[[workloads.web.smoke]]\npath = "x"', 13, "workloads.web.smoke[1].path",
        "form", "path =",
    ),
    "a smoke path that was pasted as it came": (
        '"job"', '"job"\n[[workloads.web.smoke]]\npath = "/orders/{order_id}"', 12, "workloads.web.smoke[0].path",
        "placeholder", "/orders/7",
    ),
    "a smoke that may write": (
        '"service"', '"service"\n[[workloads.web.smoke]]\npath = "/"\nmethod = "POST"', 8, "workloads.web.smoke[0].writes",
        "may change", "writes = true",
    ),
    "a status that is none": (
        '"service"', '"service"\nsmoke = [{ path = "/", status = "ok" }]', 8, "workloads.web.smoke[0].status", "a list", "status ="
    ),
    "blocked with a body": (
        '"service"', '"service"\nsmoke = [{ path = "/", expect = "blocked", contains = "x" }]', 8,
        "workloads.web.smoke[0].contains", "nobody gets through", "take contains out",
    ),
    "two identities": (
        '"service"', '"service"\nsmoke = [{ path = "/", identity = { bearer_env = "A", id_token_audience = "b" } }]', 8,
        "workloads.web.smoke[0].identity", "exactly one", "bearer_env",
    ),
    "a header that lets through": (
        '"service"', '"service"\nsmoke = [{ path = "/", headers = { X-Bypass-Edge = "1" } }]', 8,
        "workloads.web.smoke[0].headers.X-Bypass-Edge", "users could not send", "identity",
    ),
    "a header of ours": (
        '"service"', '"service"\nsmoke = [{ path = "/", headers = { Host = "x" } }]', 8,
        "workloads.web.smoke[0].headers.Host", "writes itself", "take Host out",
    ),
    "a value of JSON that is a list": (
        '"service"', '"service"\nsmoke = [{ path = "/", json_values = { a = [1] } }]', 8,
        "workloads.web.smoke[0].json_values.a", "name a type", "type =",
    ),
    "a body that is a number": (
        '"service"', '"service"\nsmoke = [{ path = "/", body = 7 }]', 8, "workloads.web.smoke[0].body", "a text", "body ="
    ),
    "noise without an end": (
        '"service"', '"service"\nlogs.noise = [{ text = "x", why = "y" }]', 8,
        "workloads.web.logs.noise[0].until", "missing", "until = 2026-12-31"
    ),
    "noise without a reason": (
        '"service"', '"service"\nlogs.noise = [{ text = "x", until = 2026-12-31 }]', 8,
        "workloads.web.logs.noise[0].why", "missing", "why ="
    ),
    "an end that is no day": (
        '"service"', '"service"\nlogs.noise = [{ text = "x", why = "y", until = "soon" }]', 8,
        "workloads.web.logs.noise[0].until", "must be a day", "without quotes"
    ),
    "noise by a broken pattern": (
        '"service"', '"service"\nlogs.noise = [{ pattern = "[", why = "y", until = 2026-12-31 }]', 8,
        "workloads.web.logs.noise[0].pattern", "no regular expression", "Python"
    ),
    "noise by text and pattern": (
        '"service"', '"service"\nlogs.noise = [{ text = "x", pattern = "x", why = "y", until = 2026-12-31 }]', 8,
        "workloads.web.logs.noise[0]", "a text or by a pattern", "text ="
    ),
    "an entry that never appears": (
        '"service"', '"service"\nlogs.expect = [{ text = "x", at_least = 0 }]', 8,
        "workloads.web.logs.expect[0].at_least", "greater than or equal to 1", "at_least = 3"
    ),
    "login in the url": (
        '"service"', '"service"\nurl = "https://me:secret@a.example"', 8, "workloads.web.url", "form", "no login"
    ),
    "option as a branch": ('"main"', '"--all"', 4, "targets.production.branch", "form", "branch ="),
    "two defaults": (
        "[workloads.web]",
        'default = true\n[targets.b]\nproject = "bb"\nregions = ["us-east1"]\nbranch = "b"\ndefault = true\n[workloads.web]',
        11, "targets.b.default", "default already", "one target",
    ),
    "handoff everywhere": ("[workloads.web]", '[handoff]\nfolder = "."\n[workloads.web]', 7, "handoff.folder", "whole", "wr"),
    "bad name": ("[workloads.web]", '[workloads."a b"]', 6, "workloads.a b", "can not be used", "letters"),
    "not closed": ('"us-central1"]', '"us-central1"', 4, "", "is not TOML", "toml.io"),
    "twice": ('"job"', '"job"\nkind = "job"', 11, "", "is not TOML", "toml.io"),
}  # fmt: skip


def broken(raw: bytes, folder: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(raw, folder / "signoff.toml")
    return caught.value


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_names_line_key_and_remedy(name: str, tmp_path: Path) -> None:
    good, bad, line, key, says, fix = CASES[name]
    assert good in GOOD
    first, *others = broken(GOOD.replace(good, bad, 1).encode(), tmp_path).troubles
    found = [trouble for trouble in (first, *others) if trouble.key == key]
    assert found, (first, *others)
    assert found[0].line == line
    assert says in found[0].says
    assert fix in found[0].fix


def test_the_good_one_is_good(tmp_path: Path) -> None:
    assert parse(GOOD.encode(), tmp_path / "signoff.toml").target().name == "production"


def test_a_circle_of_several_is_named_whole(tmp_path: Path) -> None:
    circle = GOOD.replace('"service"', '"service"\nafter = ["extractor"]').replace('"job"', '"job"\nafter = ["web"]')
    says = broken(circle.encode(), tmp_path).what
    assert says.endswith(("web after extractor after web", "extractor after web after extractor"))


def test_all_mistakes_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    error = broken(GOOD.replace("project", "projekt").replace('"job"', '"jop"').encode(), tmp_path)
    assert [trouble.line for trouble in error.troubles] == [2, 10]
    assert "and 1 more mistake)" in str(error)


def test_what_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    error = broken(GOOD.encode().replace(b"main", b"m\xe4in"), tmp_path)
    assert (error.line, "UTF-8" in error.what) == (4, True)


def test_a_half_written_file_says_that_it_may_be_one(tmp_path: Path) -> None:
    error = broken(GOOD[: GOOD.index("regions") + len('regions = ["us')].encode(), tmp_path)
    assert error.line == 3
    half = broken(b'[targets.production]\nregions = ["us-central1",\n', tmp_path)
    assert "half written" in half.what


def test_a_folder_that_a_link_leads_out_of_is_outside(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "out").symlink_to(tmp_path.parent)
    error = broken((GOOD + 'build = { config = "out/cloudbuild.yaml" }\n').encode(), tmp_path)
    assert error.key == "workloads.extractor.build.config"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(GOOD)), junk=st.binary(max_size=12))
def test_any_damage_is_an_error_of_the_configuration_or_none(cut: int, junk: bytes, tmp_path: Path) -> None:
    raw = GOOD.encode()[:cut] + junk + GOOD.encode()[cut + len(junk) :]
    try:
        parse(raw, tmp_path / "signoff.toml")
    except ConfigError as error:
        assert error.fix
        assert all(trouble.says for trouble in error.troubles)
